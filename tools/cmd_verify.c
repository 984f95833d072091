/* cmd_verify.c - vmber verify: whether a stream is what it says it is. */
#include <getopt.h>

#include "codec/view/view_verify.h"
#include "tools/cmd_look.h"

enum { OPT_FORMAT = 256 };

static const struct option long_options[] = {
    {"format", required_argument, NULL, OPT_FORMAT},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int verify(const struct cmd *cmd, enum view_format format, const char *name)
{
    struct view_verify_report report = {0};
    struct err err = ERR_INIT;
    struct cmd_look look;
    bool ok;

    ok = cmd_look_open(&look, name, &err) &&
         view_verify(io_fd_source(&look.in), io_fd_sink(&look.out), format, &report, &err);
    cmd_look_close(&look);
    if (!ok && err.band == ERR_IO && cmd_look_gone(&look)) {
        return ERR_IO; /* `| head` has seen enough, but the stream has not been checked */
    }
    if (!ok) {
        return cmd_fail(cmd, &err);
    }
    return report.errors > 0 ? ERR_FINDINGS : ERR_NONE;
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
        case OPT_FORMAT:
            if (!cmd_look_format(optarg, &format)) {
                return cmd_misuse(cmd, "--format is text, json or jsonl, found '%s'", optarg);
            }
            break;
        default:
            return cmd_misuse(cmd, "see `vmber %s --help`", cmd->name);
        }
    }
    if (argc - optind > 1) {
        return cmd_misuse(cmd, "one stream at a time, found '%s' as well", argv[optind + 1]);
    }
    return verify(cmd, format, argv[optind]);
}

const struct cmd cmd_verify = {
    "verify",
    "[--format text|json|jsonl] [FILE]",
    "check a migration stream, legacy or BER, and say what is wrong with it",
    "      --format FORMAT  text (default), json: one document, jsonl: one object a line\n"
    "  -h, --help           print this\n"
    "A finding is a line: severity, id, record, path, what was expected and found, offsets. Exit\n"
    "status: 0 nothing found but warnings, 1 errors found; others only if FILE cannot be read, or\n"
    "is no migration stream at all.\n",
    run,
};
