/* cmd_schema.c - vmber schema: finds the verb inside, and what those share. */
#include "tools/cmd_schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct cmd *const verbs[] = {
    &cmd_schema_import, &cmd_schema_export, &cmd_schema_list,
    &cmd_schema_show,   &cmd_schema_check,  &cmd_schema_freeze,
};

/* The word behind "schema ". */
static const char *word_of(const struct cmd *verb)
{
    return verb->name + sizeof("schema");
}

bool cmd_schema_text(const char *path, size_t max, struct buf *out, struct err *err)
{
    struct io_fd fd = {.fd = open(path, O_RDONLY | O_CLOEXEC), .name = path};
    struct io_source source = io_fd_source(&fd);
    size_t got = 1;
    bool ok = true;

    fd.stop = cmd_stop_flag();
    if (fd.fd < 0) {
        return err_set(err, ERR_IO, "cannot open %s: %s", path, strerror(errno));
    }
    while (ok && got > 0 && out->len <= max) {
        ok = buf_reserve(out, 65536, err) &&
             source.read(source.ctx, out->p + out->len, 65536, &got, err);
        out->len += ok ? got : 0;
    }
    (void)close(fd.fd);
    return ok &&
           (out->len <= max || err_set(err, ERR_LIMIT, "%s has more than %zu octets", path, max));
}

bool cmd_schema_write(const char *folder, const char *name, const char *ending, struct span text,
                      struct err *err)
{
    size_t room = strlen(folder) + strlen(name) + strlen(ending) + 2;
    char *path = malloc(room);
    struct iovec iov = {(void *)(uintptr_t)text.p, text.len};
    struct io_file file;
    struct io_sink sink;
    bool ok;

    if (path == NULL) {
        return err_memory(err);
    }
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        free(path);
        return err_set(err, ERR_IO, "cannot make the folder %s: %s", folder, strerror(errno));
    }
    (void)snprintf(path, room, "%s/%s%s", folder, name, ending);
    ok = io_file_create(&file, path, err);
    if (ok) {
        sink = io_fd_sink(&file.io);
        ok = sink.write(sink.ctx, &iov, 1, err);
        if (ok) {
            ok = io_file_commit(&file, err);
        } else {
            io_file_abandon(&file);
        }
    }
    free(path);
    return ok;
}

int cmd_schema_fail(const struct cmd *cmd, const struct asn_diag *diag, const struct err *err)
{
    char text[ERR_PATH_MAX + ERR_TEXT_MAX + 2 * ASN_EXCERPT_MAX + 64];

    if (diag->line == 0) {
        return cmd_fail(cmd, err);
    }
    fprintf(stderr, "vmber %s: %s: %s\n", cmd->name, err_band_name(err->band),
            asn_diag_format(diag, text, sizeof(text)));
    return (int)err->band;
}

static void help(const struct cmd *cmd, FILE *out)
{
    fprintf(out, "usage: vmber %s %s\n%s\n\n", cmd->name, cmd->usage, cmd->summary);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        fprintf(out, "  %-7s %s\n", word_of(verbs[i]), verbs[i]->summary);
    }
    fprintf(out, "\n%s", cmd->options);
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
    if (argc < 2) {
        help(cmd, stderr);
        return ERR_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        help(cmd, stdout);
        return ERR_NONE;
    }
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(argv[1], word_of(verbs[i])) == 0) {
            char name[32];

            (void)snprintf(name, sizeof(name), "vmber %s", verbs[i]->name);
            argv[1] = name; /* what getopt's messages begin with */
            return verbs[i]->run(verbs[i], argc - 1, argv + 1);
        }
    }
    return cmd_misuse(cmd, "no verb '%s' in schema", argv[1]);
}

const struct cmd cmd_schema = {
    "schema",
    "VERB [ARGUMENTS]",
    "make, list, show, check and freeze the modules of devices",
    "`vmber schema VERB --help` and vmber-schema(1) say more.\n",
    run,
};
