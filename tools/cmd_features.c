/* cmd_features.c - vmber features: the registry, for people and for `encode --for FILE`. */
#include <getopt.h>
#include <unistd.h>

#include "codec/stream/form_features.h"
#include "codec/view/view_names.h"
#include "tools/cmd_look.h"

enum { OPT_FORMAT = 256, OPT_JSON };

static const struct option long_options[] = {
    {"format", required_argument, NULL, OPT_FORMAT},
    {"help", no_argument, NULL, 'h'},
    {"json", no_argument, NULL, OPT_JSON},
    {NULL, 0, NULL, 0},
};

static void show_feature(struct view_out *o, const struct form_feature *feature)
{
    char machines[32] = "all";

    if (feature->major > 0) {
        (void)snprintf(machines, sizeof(machines), "from %u.%u on", feature->major, feature->minor);
    }
    view_item_begin(o, "feature", &VIEW_NOWHERE);
    view_attr_name(o, "name", span_str(feature->name));
    view_attr_str(o, "class",
                  view_enum_name(&wire_feature_class_type, (int32_t)feature->feature_class));
    view_attr_str(o, "machine_types", machines);
    view_attr_str(o, "owner", feature->owner);
    view_attr_str(o, "meaning", feature->meaning);
    view_item_end(o);
}

static void show_all(struct view_out *o)
{
    view_doc_begin(o);
    view_doc_item_begin(o, "reader", &VIEW_NOWHERE);
    view_attr_str(o, "producer", CMD_PRODUCER);
    view_item_end(o);
    view_doc_list_begin(o, "features");
    for (unsigned id = 0; id < FORM_FEATURES; id++) {
        show_feature(o, &form_features[id]);
    }
    view_doc_list_end(o);
    view_doc_list_begin(o, "retired");
    for (const struct form_retired *r = form_retired; r->name != NULL; r++) {
        view_item_begin(o, "retired", &VIEW_NOWHERE);
        view_attr_name(o, "name", span_str(r->name));
        view_attr_str(o, "meaning", r->meaning);
        view_item_end(o);
    }
    view_doc_list_end(o);
    view_doc_end(o);
}

static int print(const struct cmd *cmd, enum view_format format)
{
    struct cmd_look look = {
        .out = {.fd = STDOUT_FILENO, .name = "standard output", .stop = cmd_stop_flag()}};
    struct err err = ERR_INIT;
    struct view_out o;
    bool ok;

    if (!view_out_init(&o, io_fd_sink(&look.out), format, &err)) {
        return cmd_fail(cmd, &err);
    }
    show_all(&o);
    ok = view_out_finish(&o, &err);
    view_out_done(&o);
    return ok || cmd_look_gone(&look) ? ERR_NONE : cmd_fail(cmd, &err);
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
    enum view_format format = VIEW_TEXT;
    int c;

    while ((c = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        switch (c) {
        case 'h':
            cmd_help(cmd, stdout);
            return ERR_NONE;
        case OPT_JSON:
            format = VIEW_JSON;
            break;
        case OPT_FORMAT:
            if (!cmd_look_format(optarg, &format)) {
                return cmd_misuse(cmd, "--format is text, json or jsonl, found '%s'", optarg);
            }
            break;
        default:
            return cmd_misuse(cmd, "see `vmber %s --help`", cmd->name);
        }
    }
    if (optind < argc) {
        return cmd_misuse(cmd, "no argument expected, found '%s'", argv[optind]);
    }
    return print(cmd, format);
}

const struct cmd cmd_features = {
    "features",
    "[--format FORMAT | --json]",
    "list the features that this program has, for people and for encode --for",
    "      --format FORMAT  text (default), json or jsonl\n"
    "      --json    the same as --format json\n"
    "  -h, --help    print this\n",
    run,
};
