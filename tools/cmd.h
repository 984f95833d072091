/*
 * cmd.h - what the verbs of vmber share: the table of verbs, opening files, messages, progress.
 *
 * Everything that prints is in tools/.
 */
#ifndef VMBER_TOOLS_CMD_H
#define VMBER_TOOLS_CMD_H

#include <stdbool.h>
#include <stdio.h>

#include "codec/base/err.h"
#include "codec/base/io_fd.h"

struct cmd {
    const char *name;
    const char *usage;   /* arguments, as in the manual */
    const char *summary; /* one line */
    const char *options; /* lines of "  -x, --long  what it does" */
    int (*run)(const struct cmd *cmd, int argc, char **argv); /* returns the exit status */
};

extern const struct cmd cmd_encode;
extern const struct cmd cmd_decode;
extern const struct cmd cmd_convert;
extern const struct cmd cmd_dump;
extern const struct cmd cmd_verify;
extern const struct cmd cmd_stats;
extern const struct cmd cmd_proxy;
extern const struct cmd cmd_codec; /* for the proxy, not for people */
extern const struct cmd cmd_schema;
extern const struct cmd cmd_features;
extern const struct cmd cmd_lift;
extern const struct cmd cmd_lower;

/* "vmber 0.1.0" */
#define CMD_PRODUCER "vmber " VMBER_VERSION

/* cmd_help prints usage and options of a verb to out. */
void cmd_help(const struct cmd *cmd, FILE *out);

/* cmd_misuse prints a line about a wrong argument, and returns ERR_USAGE. */
int cmd_misuse(const struct cmd *cmd, const char *fmt, ...) CC_PRINTF(2, 3);

/* cmd_fail prints an error as one line and returns its band as exit status. */
int cmd_fail(const struct cmd *cmd, const struct err *err);

/* cmd_note prints a line that is no error. */
void cmd_note(const struct cmd *cmd, const char *fmt, ...) CC_PRINTF(2, 3);

/* cmd_stop_flag becomes non-zero when SIGINT, SIGTERM or SIGHUP arrives; installs the handler. */
const volatile int *cmd_stop_flag(void);

/* One line about a running transfer, on a terminal only: octets, rate, stage, time left. */
struct cmd_progress {
    bool on;
    uint64_t size; /* of the input, 0 if unknown */
    double began;
    double shown;
    const char *stage;
};

/* An input and an output, each a file or a standard stream. */
struct cmd_files {
    struct io_fd in;
    struct io_fd standard_out;
    struct io_file file; /* used when out is a named file */
    struct io_sink sink;
    bool has_file;
    bool seekable; /* the output is a regular file that we create */
    struct cmd_progress progress;
};

/*
 * cmd_open opens in (NULL or "-": standard input) and out (NULL or "-": standard output). BER or a
 * migration stream is never written to a terminal.
 */
bool cmd_open(struct cmd_files *files, const char *in, const char *out, struct err *err);

/* cmd_close commits the output if ok, else abandons it; clears the progress line. */
bool cmd_close(struct cmd_files *files, bool ok, struct err *err);

#endif
