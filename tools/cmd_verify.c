/* cmd_verify.c - vmber verify: whether a stream is what it says it is. */
#include "codec/view/view_verify.h"
#include "compat/map_check.h"
#include "tools/cmd_look.h"

static int verify(const struct cmd *cmd, const struct cmd_look_wishes *wishes)
{
    const struct form_type_check check = {map_check_type, NULL};
    struct view_verify_report report = {0};
    struct err err = ERR_INIT;
    struct cmd_look look;
    bool ok;

    ok = cmd_look_open(&look, wishes->name, &err) &&
         view_verify(io_fd_source(&look.in), io_fd_sink(&look.out), wishes->format, &check, &report,
                     &err);
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
    return cmd_look_run(cmd, argc, argv, false, verify);
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
