/* cmd_stats.c - vmber stats: where the octets of a stream go. */
#include "codec/view/view_stats.h"
#include "compat/map_view.h"
#include "tools/cmd_look.h"

static int stats(const struct cmd *cmd, const struct cmd_look_wishes *wishes)
{
    struct view_stats sums;
    struct view_blobs blobs;
    struct map_view maps;
    struct err why = ERR_INIT;
    struct err err = ERR_INIT;
    struct cmd_look look;
    int status = ERR_NONE;
    bool ok;

    if (!map_view_init(&maps, !wishes->no_lift, &err)) {
        return cmd_fail(cmd, &err);
    }
    blobs = map_view_hooks(&maps);
    if (!cmd_look_open(&look, wishes->name, &err)) {
        cmd_look_close(&look);
        map_view_done(&maps);
        return cmd_fail(cmd, &err);
    }
    ok = view_stats_gather(&sums, io_fd_source(&look.in), &blobs, &why);
    if ((ok || sums.legacy > 0) &&
        !view_stats_show(&sums, io_fd_sink(&look.out), wishes->format, ok ? NULL : &why, &err)) {
        status = err.band == ERR_IO && cmd_look_gone(&look) ? ERR_NONE : cmd_fail(cmd, &err);
    } else if (!ok) {
        status = cmd_fail(cmd, &why);
    }
    view_stats_done(&sums);
    map_view_done(&maps);
    cmd_look_close(&look);
    return status;
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
    return cmd_look_run(cmd, argc, argv, true, stats);
}

const struct cmd cmd_stats = {
    "stats",
    "[--format text|json|jsonl] [--no-lift] [FILE]",
    "say where the octets of a migration stream go, by section, level, block and type",
    "      --format FORMAT  text (default: tables), json, jsonl: one object\n"
    "      --no-lift        blobs of other owners as the stream has them, not by layout maps\n"
    "  -h, --help           print this\n"
    "Of a damaged stream what can be read is counted; the exit status says that there is more.\n",
    run,
};
