/*
 * main.c - vmber: finds the verb and hands over. Exit statuses are the bands of err.h, the same for
 * every verb (docs/errors.md).
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tools/cmd.h"

static const struct cmd *const verbs[] = {
    &cmd_encode, &cmd_decode, &cmd_convert, &cmd_dump, &cmd_verify, &cmd_stats,
    &cmd_proxy,  &cmd_codec,  &cmd_schema,  &cmd_lift, &cmd_lower,  &cmd_features,
};

static void usage(FILE *out)
{
    fprintf(out, "usage: vmber VERB [ARGUMENTS]\n"
                 "QEMU migration streams as self-describing BER, and back, octet for octet.\n\n");
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (verbs[i] != &cmd_codec) {
            fprintf(out, "  %-8s %s\n", verbs[i]->name, verbs[i]->summary);
        }
    }
    fprintf(out, "\n`vmber VERB --help` and vmber-VERB(1) say more.\n"
                 "Exit status: 0 good, 1 findings, 2 usage, 3 i/o, 4 truncated, 5 malformed,\n"
                 "6 unsupported, 7 limit, 8 internal.\n");
}

/*
 * Standard streams that are closed get a descriptor that refuses: else the next file opened would
 * take their number, and our own messages would go into OUT.
 */
static bool fill_standard_streams(void)
{
    static const int refusing[] = {O_WRONLY, O_RDONLY, O_RDONLY};

    for (int fd = 0; fd < 3; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", refusing[fd]) != fd) {
            return false;
        }
    }
    return true;
}

static int run(int argc, char **argv)
{
    (void)setlocale(LC_CTYPE, "");
    if (argc < 2) {
        usage(stderr);
        return ERR_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return ERR_NONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("%s\n", CMD_PRODUCER);
        return ERR_NONE;
    }
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(argv[1], verbs[i]->name) == 0) {
            char name[32];

            (void)snprintf(name, sizeof(name), "vmber %s", verbs[i]->name);
            argv[1] = name; /* what getopt's messages begin with */
            return verbs[i]->run(verbs[i], argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "vmber: no verb '%s'; `vmber --help` lists them\n", argv[1]);
    return ERR_USAGE;
}

int main(int argc, char **argv)
{
    int status = fill_standard_streams() ? run(argc, argv) : ERR_IO;

    if (fflush(stdout) != 0 && status == ERR_NONE) {
        perror("vmber: cannot write standard output");
        return ERR_IO;
    }
    return status;
}
