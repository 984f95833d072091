/* cmd_encode.c - vmber encode: a legacy stream to BER. */
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "codec/base/heap.h"
#include "codec/device/mod_library.h"
#include "codec/stream/form_encode.h"
#include "compat/map_section.h"
#include "tools/cmd_choice.h"
#include "tools/cmd_schema.h"
#include "tools/cmd_scrub.h"

enum { OPT_STRICT = 256, OPT_SALVAGE, OPT_NO_INDEX, OPT_SCHEMA, OPT_MODULES, OPT_SCRUB };

static const struct option long_options[] = {
    CMD_CHOICE_OPTIONS,
    {"help", no_argument, NULL, 'h'},
    {"modules", required_argument, NULL, OPT_MODULES},
    {"no-index", no_argument, NULL, OPT_NO_INDEX},
    {"output", required_argument, NULL, 'o'},
    {"quiet", no_argument, NULL, 'q'},
    {"salvage", no_argument, NULL, OPT_SALVAGE},
    {"schema", required_argument, NULL, OPT_SCHEMA},
    {"scrub", no_argument, NULL, OPT_SCRUB},
    {"strict", no_argument, NULL, OPT_STRICT},
    {NULL, 0, NULL, 0},
};

/* What has been said of regions that stay octets. */
struct notes {
    const struct cmd *cmd;
    char last[ERR_PATH_MAX + ERR_TEXT_MAX + 128];
};

static void note_descent(void *ctx, const struct leg_told *told)
{
    struct notes *notes = ctx;
    char line[sizeof(notes->last)];

    /* A region comes in pieces, all for one reason, which is said once. */
    if (strcmp(err_format(told->why, line, sizeof(line)), notes->last) != 0) {
        cmd_note(notes->cmd, "%s", line);
        memcpy(notes->last, line, sizeof(line));
    }
}

/* What the arguments ask for. */
struct wishes {
    struct form_encode_options options;
    struct mod_library library;
    const char *input;
    const char *output;
    bool index;
    bool quiet;
};

static bool read_schema(const char *word, enum lay_schema *schema)
{
    static const char *const words[] = {"off", "auto", "strict"}; /* as in lay_schema */

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(word, words[i]) == 0) {
            *schema = (enum lay_schema)i;
            return true;
        }
    }
    return false;
}

/* Reads the arguments; -1: go on, else the exit status. */
static int read_arguments(const struct cmd *cmd, int argc, char **argv, struct wishes *wishes)
{
    struct leg_stream_options *stream = &wishes->options.stream;
    struct err err = ERR_INIT;
    int status;
    int c;

    while ((c = getopt_long(argc, argv, "ho:q", long_options, NULL)) != -1) {
        switch (c) {
        case 'h':
            cmd_help(cmd, stdout);
            return ERR_NONE;
        case 'o':
            wishes->output = optarg;
            break;
        case 'q':
            wishes->quiet = true;
            break;
        case OPT_STRICT:
            stream->strict = true;
            break;
        case OPT_SALVAGE:
            stream->salvage = true;
            break;
        case OPT_NO_INDEX:
            wishes->index = false;
            break;
        case OPT_SCHEMA:
            if (!read_schema(optarg, &stream->schema)) {
                return cmd_misuse(cmd, "--schema is off, auto or strict, found '%s'", optarg);
            }
            break;
        case OPT_MODULES:
            if (!mod_library_add_path(&wishes->library, optarg, &err)) {
                return cmd_schema_fail(cmd, &wishes->library.diag, &err);
            }
            break;
        case OPT_SCRUB:
            wishes->options.choice.scrubbed = true;
            break;
        default:
            status = cmd_choice_take(cmd, c, optarg, &wishes->options.choice);
            if (status >= 0) {
                return status;
            }
        }
    }
    if (argc - optind > 1) {
        return cmd_misuse(cmd, "one input at a time, found '%s' as well", argv[optind + 1]);
    }
    if (wishes->options.choice.scrubbed &&
        (wishes->options.choice.without & FORM_FEATURE_BIT(FORM_FEATURE_STREAM_SCRUBBED)) != 0) {
        return cmd_misuse(cmd, "--scrub excludes --without stream.scrubbed");
    }
    if (stream->salvage && (stream->strict || stream->schema == LAY_SCHEMA_STRICT)) {
        return cmd_misuse(cmd, "--salvage excludes --strict and --schema strict");
    }
    wishes->input = argv[optind];
    return -1;
}

static int encode(const struct cmd *cmd, struct wishes *wishes)
{
    struct lay_modules modules = mod_library_hooks(&wishes->library);
    struct form_encode_report report;
    struct err err = ERR_INIT;
    struct notes notes = {cmd, ""};
    struct map_lifter lifter;
    struct cmd_files files;
    bool ok;

    if (!map_lifter_init(&lifter, NULL, &err)) {
        return cmd_fail(cmd, &err);
    }
    lifter.strict = wishes->options.stream.strict;
    modules.lift = map_lift_section;
    modules.scrub = wishes->options.choice.scrubbed ? map_scrub_section : NULL;
    modules.lift_ctx = &lifter;
    wishes->options.choice.chosen = &lifter.features;
    wishes->options.producer = CMD_PRODUCER;
    wishes->options.stream.modules = &modules;
    heap_warm();
    if (wishes->options.stream.schema != LAY_SCHEMA_OFF) {
        mod_library_warm(&wishes->library);
    }
    ok = cmd_open(&files, wishes->input, wishes->output, &err);
    if (ok) {
        cmd_choice_output(&wishes->options.choice, &files, wishes->index);
        if (!wishes->quiet) {
            wishes->options.descent = note_descent;
            wishes->options.descent_ctx = &notes;
        }
        ok = form_encode(io_fd_source(&files.in), files.sink, &wishes->options, &report, &err);
    }
    ok = cmd_close(&files, ok, &err);
    if (!wishes->quiet) {
        cmd_choice_missed(cmd, &lifter);
        cmd_scrub_report(cmd, &lifter);
    }
    map_lifter_done(&lifter);
    return ok ? ERR_NONE : cmd_fail(cmd, &err);
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
    struct wishes wishes;
    int status;

    memset(&wishes, 0, sizeof(wishes));
    wishes.index = true;
    wishes.options.stream.schema = LAY_SCHEMA_AUTO;
    mod_library_init(&wishes.library);
    status = read_arguments(cmd, argc, argv, &wishes);
    if (status < 0) {
        status = encode(cmd, &wishes);
    }
    mod_library_done(&wishes.library);
    return status;
}

const struct cmd cmd_encode = {
    "encode",
    "[-q] [-o OUT] [--strict | --salvage] [--schema WHAT] [--modules PATH]... "
    "[--for MACHINE-TYPE] [--for FILE] [--lift] [--with NAME]... [--without NAME]... [--scrub] "
    "[--no-index] [IN]",
    "turn a migration stream into self-describing BER",
    "  -o, --output OUT  write to OUT, which appears when it is complete (default: standard "
    "output)\n"
    "  -q, --quiet       say nothing of regions that stay bytes\n"
    "      --strict      fail when any region cannot be described\n"
    "      --salvage     take input that is cut short, or no migration stream\n"
    "      --schema WHAT off: ask no device modules; auto (default): sections that conform to one "
    "say so;\n"
    "                    strict: fail when a section does not conform\n"
    "      --modules PATH  a module, or a folder of them, to ask before the built-in "
    "ones\n" CMD_CHOICE_HELP
    "      --scrub       zeros for octets of blobs that mean nothing, and may be of the host's "
    "memory;\n"
    "                    a decoder gives those zeros\n"
    "      --no-index    write no index, though OUT is a regular file\n"
    "  -h, --help        print this\n",
    run,
};
