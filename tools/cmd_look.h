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

/* Looks at the input called name (NULL: standard input); returns the exit status. */
typedef int (*cmd_look_fn)(const struct cmd *cmd, enum view_format format, const char *name);

/* cmd_look_run reads the arguments of a verb that has --format, --help and one input. */
int cmd_look_run(const struct cmd *cmd, int argc, char **argv, cmd_look_fn look);

#endif
