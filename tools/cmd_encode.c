/* cmd_encode.c - vmber encode: a legacy stream to BER. */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "codec/stream/form_encode.h"
#include "tools/cmd.h"

enum { OPT_STRICT = 256, OPT_SALVAGE, OPT_NO_INDEX };

static const struct option long_options[] = {
    {"help", no_argument, NULL, 'h'},
    {"no-index", no_argument, NULL, OPT_NO_INDEX},
    {"output", required_argument, NULL, 'o'},
    {"quiet", no_argument, NULL, 'q'},
    {"salvage", no_argument, NULL, OPT_SALVAGE},
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

static int run(const struct cmd *cmd, int argc, char **argv)
{
    struct form_encode_options options;
    struct form_encode_report report;
    struct err err = ERR_INIT;
    struct notes notes = {cmd, ""};
    struct cmd_files files;
    const char *output = NULL;
    bool index = true;
    bool quiet = false;
    bool ok;
    int c;

    memset(&options, 0, sizeof(options));
    options.producer = CMD_PRODUCER;
    while ((c = getopt_long(argc, argv, "ho:q", long_options, NULL)) != -1) {
        switch (c) {
        case 'h':
            cmd_help(cmd, stdout);
            return ERR_NONE;
        case 'o':
            output = optarg;
            break;
        case 'q':
            quiet = true;
            break;
        case OPT_STRICT:
            options.stream.strict = true;
            break;
        case OPT_SALVAGE:
            options.stream.salvage = true;
            break;
        case OPT_NO_INDEX:
            index = false;
            break;
        default:
            return cmd_misuse(cmd, "see `vmber %s --help`", cmd->name);
        }
    }
    if (argc - optind > 1) {
        return cmd_misuse(cmd, "one input at a time, found '%s' as well", argv[optind + 1]);
    }
    if (options.stream.strict && options.stream.salvage) {
        return cmd_misuse(cmd, "--strict and --salvage exclude each other");
    }
    ok = cmd_open(&files, argv[optind], output, &err);
    if (ok) {
        options.index = index && files.seekable;
        if (!quiet) {
            options.descent = note_descent;
            options.descent_ctx = &notes;
        }
        ok = form_encode(io_fd_source(&files.in), files.sink, &options, &report, &err);
    }
    ok = cmd_close(&files, ok, &err);
    return ok ? ERR_NONE : cmd_fail(cmd, &err);
}

const struct cmd cmd_encode = {
    "encode",
    "[-q] [-o OUT] [--strict | --salvage] [--no-index] [IN]",
    "turn a migration stream into self-describing BER",
    "  -o, --output OUT  write to OUT, which appears when it is complete (default: standard "
    "output)\n"
    "  -q, --quiet       say nothing of regions that stay bytes\n"
    "      --strict      fail when any region cannot be described\n"
    "      --salvage     take input that is cut short, or no migration stream\n"
    "      --no-index    write no index, though OUT is a regular file\n"
    "  -h, --help        print this\n",
    run,
};
