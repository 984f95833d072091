/*
 * cmd_look.h - what dump, verify and stats share: one input that is only read, text on standard
 * output.
 */
#ifndef VMBER_TOOLS_CMD_LOOK_H
#define VMBER_TOOLS_CMD_LOOK_H

#include "codec/stream/form_pick.h"
#include "codec/view/view_out.h"
#include "tools/cmd.h"

struct cmd_look {
    struct io_fd in;
    struct io_fd out;
    bool seekable; /* the input is a regular file: random can be used */
    struct form_random random;
};

/* cmd_look_open opens name (NULL or "-": standard input). */
bool cmd_look_open(struct cmd_look *look, const char *name, struct err *err);
void cmd_look_close(struct cmd_look *look);

/*
 * cmd_look_gone tells whether err is the reader of our output having gone away: no error for those
 * who read the first lines only.
 */
bool cmd_look_gone(const struct cmd_look *look);

/* cmd_look_format reads the argument of --format. */
bool cmd_look_format(const char *word, enum view_format *format);

/* What the arguments of a verb ask for that has no others. */
struct cmd_look_wishes {
    enum view_format format;
    bool no_lift;
    const char *name; /* of the input; NULL: standard input */
};

/* Looks at the input; returns the exit status. */
typedef int (*cmd_look_fn)(const struct cmd *cmd, const struct cmd_look_wishes *wishes);

/*
 * cmd_look_run reads the arguments of a verb that has --format, --help and one input; if it lifts,
 * --no-lift as well.
 */
int cmd_look_run(const struct cmd *cmd, int argc, char **argv, bool lifts, cmd_look_fn look);

#endif
