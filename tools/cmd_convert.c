/* cmd_convert.c - vmber convert: a BER stream for another reader. */
#include <getopt.h>
#include <string.h>

#include "codec/stream/form_convert.h"
#include "compat/map_check.h"
#include "tools/cmd_choice.h"

enum { OPT_NO_INDEX = 256, OPT_STRICT };

static const struct option long_options[] = {
    CMD_CHOICE_OPTIONS,
    {"help", no_argument, NULL, 'h'},
    {"no-index", no_argument, NULL, OPT_NO_INDEX},
    {"output", required_argument, NULL, 'o'},
    {"quiet", no_argument, NULL, 'q'},
    {"strict", no_argument, NULL, OPT_STRICT},
    {NULL, 0, NULL, 0},
};

/* What the arguments ask for. */
struct wishes {
    struct form_convert_options options;
    const char *output;
    bool no_index;
    bool strict;
    bool quiet;
};

/* Reads the arguments; -1: go on, else the exit status. */
static int read_arguments(const struct cmd *cmd, int argc, char **argv, struct wishes *wishes)
{
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
        case OPT_NO_INDEX:
            wishes->no_index = true;
            break;
        case OPT_STRICT:
            wishes->strict = true;
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
    return -1;
}

static int convert(const struct cmd *cmd, struct wishes *wishes, const char *input)
{
    struct lay_modules modules = {.lift = map_lift_section};
    struct form_convert_report report;
    struct err err = ERR_INIT;
    struct map_lifter lifter;
    struct cmd_files files;
    bool ok;

    if (!map_lifter_init(&lifter, NULL, &err)) {
        return cmd_fail(cmd, &err);
    }
    lifter.strict = wishes->strict;
    modules.lift_ctx = &lifter;
    wishes->options.producer = CMD_PRODUCER;
    wishes->options.modules = &modules;
    wishes->options.check.check = map_check_type;
    wishes->options.choice.chosen = &lifter.features;
    ok = cmd_open(&files, input, wishes->output, &err);
    if (ok) {
        cmd_choice_output(&wishes->options.choice, &files, !wishes->no_index);
        ok = form_convert(io_fd_source(&files.in), files.sink, &wishes->options, &report, &err);
    }
    ok = cmd_close(&files, ok, &err);
    if (!wishes->quiet) {
        cmd_choice_missed(cmd, &lifter);
    }
    map_lifter_done(&lifter);
    return ok ? ERR_NONE : cmd_fail(cmd, &err);
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
    struct wishes wishes;
    int status;

    memset(&wishes, 0, sizeof(wishes));
    status = read_arguments(cmd, argc, argv, &wishes);
    return status >= 0 ? status : convert(cmd, &wishes, argv[optind]);
}

const struct cmd cmd_convert = {
    "convert",
    "[-q] [-o OUT] [--strict] [--for MACHINE-TYPE] [--for FILE] [--lift] [--with NAME]... "
    "[--without NAME]... [--no-index] [IN]",
    "rewrite a BER stream for another reader",
    "  -o, --output OUT  write to OUT, which appears when it is complete (default: standard "
    "output)\n"
    "  -q, --quiet       say nothing of blobs that stay blobs\n"
    "      --strict      fail when a map does not fit a blob\n" CMD_CHOICE_HELP
    "      --no-index    write no index, though OUT is a regular file\n"
    "  -h, --help        print this\n",
    run,
};
