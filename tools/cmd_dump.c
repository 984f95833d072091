/* cmd_dump.c - vmber dump: a stream by names, types and values. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "codec/view/view_dump.h"
#include "compat/map_view.h"
#include "tools/cmd_look.h"

enum {
    OPT_FORMAT = 256,
    OPT_LEVEL,
    OPT_NO_LIFT,
    OPT_OCTETS,
    OPT_OFFSETS,
    OPT_PATH,
    OPT_RAM,
    OPT_TYPES,
};

static const struct option long_options[] = {
    {"format", required_argument, NULL, OPT_FORMAT}, {"help", no_argument, NULL, 'h'},
    {"level", required_argument, NULL, OPT_LEVEL},   {"no-lift", no_argument, NULL, OPT_NO_LIFT},
    {"octets", required_argument, NULL, OPT_OCTETS}, {"offsets", no_argument, NULL, OPT_OFFSETS},
    {"path", required_argument, NULL, OPT_PATH},     {"ram", no_argument, NULL, OPT_RAM},
    {"types", no_argument, NULL, OPT_TYPES},         {NULL, 0, NULL, 0},
};

/* What the arguments say. */
struct wishes {
    struct view_dump_options options;
    struct view_path paths[VIEW_PATHS_MAX];
    bool octets_set;
    bool no_lift;
    bool help;
};

static bool parse_octets(const char *word, size_t *octets)
{
    char *end;

    if (strcmp(word, "all") == 0) {
        *octets = VIEW_OCTETS_ALL;
        return true;
    }
    errno = 0;
    *octets = strtoul(word, &end, 10);
    return errno == 0 && word[0] >= '0' && word[0] <= '9' && *end == '\0';
}

static bool add_path(struct wishes *wishes, const char *text, struct err *err)
{
    if (wishes->options.path_count == VIEW_PATHS_MAX) {
        return err_set(err, ERR_USAGE, "more than %d paths", VIEW_PATHS_MAX);
    }
    return view_path_parse(&wishes->paths[wishes->options.path_count++], text, err);
}

/* Takes one option; false with err set if its argument is wrong. */
static bool take_option(struct wishes *wishes, int c, struct err *err)
{
    struct view_dump_options *options = &wishes->options;

    switch (c) {
    case 'h':
        wishes->help = true;
        return true;
    case OPT_FORMAT:
        return cmd_look_format(optarg, &options->format) ||
               err_set(err, ERR_USAGE, "--format is text, json or jsonl, found '%s'", optarg);
    case OPT_LEVEL:
        if (strlen(optarg) != 1 || optarg[0] < '0' || optarg[0] > '2') {
            return err_set(err, ERR_USAGE, "--level is 0, 1 or 2, found '%s'", optarg);
        }
        options->detail = (enum view_detail)(optarg[0] - '0');
        return true;
    case OPT_NO_LIFT:
        wishes->no_lift = true;
        return true;
    case OPT_OCTETS:
        wishes->octets_set = true;
        return parse_octets(optarg, &options->octets_max) ||
               err_set(err, ERR_USAGE, "--octets is a number or 'all', found '%s'", optarg);
    case OPT_OFFSETS:
        options->offsets = true;
        return true;
    case OPT_PATH:
        return add_path(wishes, optarg, err);
    case OPT_RAM:
        options->runs = true;
        return true;
    case OPT_TYPES:
        options->types = true;
        return true;
    default:
        return err_set(err, ERR_USAGE, "see `vmber dump --help`");
    }
}

static int dump(const struct cmd *cmd, struct wishes *wishes, const char *name)
{
    struct view_dump_report report = {0};
    struct err err = ERR_INIT;
    struct view_blobs blobs;
    struct map_view maps;
    struct cmd_look look;
    bool ok;

    if (!map_view_init(&maps, !wishes->no_lift, &err)) {
        return cmd_fail(cmd, &err);
    }
    blobs = map_view_hooks(&maps);
    wishes->options.blobs = &blobs;
    ok = cmd_look_open(&look, name, &err);
    wishes->options.file = ok && look.seekable ? &look.random : NULL;
    ok = ok &&
         view_dump(io_fd_source(&look.in), io_fd_sink(&look.out), &wishes->options, &report, &err);
    cmd_look_close(&look);
    map_view_done(&maps);
    if (!ok && err.band == ERR_IO && cmd_look_gone(&look)) {
        return ERR_NONE; /* `| head` has seen enough */
    }
    if (!ok) {
        return cmd_fail(cmd, &err);
    }
    if (wishes->options.path_count > 0 && report.matched == 0) {
        cmd_note(cmd, "nothing in the stream matches");
        return ERR_FINDINGS;
    }
    return ERR_NONE;
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
    struct wishes *wishes = calloc(1, sizeof(*wishes));
    struct err err = ERR_INIT;
    int status;
    int c;

    if (wishes == NULL) {
        err_memory(&err);
        return cmd_fail(cmd, &err);
    }
    wishes->options.detail = VIEW_FIELDS;
    wishes->options.paths = wishes->paths;
    while ((c = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        if (!take_option(wishes, c, &err)) {
            break;
        }
    }
    if (!wishes->octets_set) {
        wishes->options.octets_max =
            wishes->options.format == VIEW_TEXT ? VIEW_OCTETS_SHOWN : VIEW_OCTETS_ALL;
    }
    if (err.band != ERR_NONE) {
        status = cmd_misuse(cmd, "%s", err.text);
    } else if (wishes->help) {
        cmd_help(cmd, stdout);
        status = ERR_NONE;
    } else if (argc - optind > 1) {
        status = cmd_misuse(cmd, "one stream at a time, found '%s' as well", argv[optind + 1]);
    } else if (wishes->options.path_count > 0 && wishes->options.detail == VIEW_REGIONS) {
        status = cmd_misuse(cmd, "--path asks for more than --level 0 shows");
    } else {
        status = dump(cmd, wishes, argv[optind]);
    }
    free(wishes);
    return status;
}

const struct cmd cmd_dump = {
    "dump",
    "[--format text|json|jsonl] [--path PATH]... [--level N] [--no-lift] [--offsets] "
    "[--ram]\n"
    "                  [--types] [--octets N|all] [FILE]",
    "show a migration stream, legacy or BER, by names, types and values",
    "      --format FORMAT  text (default), json: one document, jsonl: one object a line\n"
    "      --path PATH      only what PATH names: 'SECTION > FIELD[INDEX] > ...'; '*' and '?' as "
    "in\n"
    "                       a shell; several times for several places\n"
    "      --level N        0: regions, 1: sections, 2: fields (default)\n"
    "      --no-lift        blobs of other owners as the stream has them, not by layout maps\n"
    "      --offsets        where each thing stands: legacy and BER [start-end)\n"
    "      --octets N|all   octets shown of each octet string (default: 16; JSON: all)\n"
    "      --ram            each run of pages, not only their sums\n"
    "      --types          type descriptions, too\n"
    "  -h, --help           print this\n"
    "Of a damaged stream everything that can be read is shown; then comes where and why not more,\n"
    "and the exit status says it. Status 1: nothing matches PATH.\n",
    run,
};
