/* cmd_look.c - see cmd_look.h. */
#include "tools/cmd_look.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/cmd_container.h"

static bool read_at(void *ctx, uint64_t offset, void *p, size_t cap, size_t *got, struct err *err)
{
    const struct io_fd *in = ctx;

    for (;;) {
        ssize_t n = pread(in->fd, p, cap, (off_t)offset);

        if (n >= 0) {
            *got = (size_t)n;
            return true;
        }
        if (errno != EINTR || *in->stop != 0) {
            return err_set(err, ERR_IO, "cannot read %s: %s", in->name, strerror(errno));
        }
    }
}

bool cmd_look_open(struct cmd_look *look, const char *name, struct err *err)
{
    struct stat st;

    memset(look, 0, sizeof(*look));
    look->out.fd = STDOUT_FILENO;
    look->out.name = "standard output";
    look->out.stop = cmd_stop_flag();
    look->in.fd = STDIN_FILENO;
    look->in.name = "standard input";
    look->in.stop = look->out.stop;
    if (name != NULL && strcmp(name, "-") != 0) {
        look->in.name = name;
        look->in.fd = open(name, O_RDONLY | O_CLOEXEC);
        if (look->in.fd < 0) {
            return err_set(err, ERR_IO, "cannot open %s: %s", name, strerror(errno));
        }
    } else if (isatty(STDIN_FILENO)) {
        return err_set(err, ERR_USAGE, "standard input is a terminal: name a file or use a pipe");
    }
    if (fstat(look->in.fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        return err_set(err, ERR_IO, "cannot read %s: it is a directory", look->in.name);
    }
    if (look->in.fd != STDIN_FILENO && fstat(look->in.fd, &st) == 0 && S_ISREG(st.st_mode) &&
        !cmd_container_skip(look->in.fd)) {
        look->seekable = true;
        look->random.read_at = read_at;
        look->random.ctx = &look->in;
        look->random.size = (uint64_t)st.st_size;
    }
    io_fd_widen(look->in.fd);
    return true;
}

void cmd_look_close(struct cmd_look *look)
{
    if (look->in.fd > STDERR_FILENO) {
        (void)close(look->in.fd);
    }
}

bool cmd_look_gone(const struct cmd_look *look)
{
    struct pollfd fd = {look->out.fd, POLLOUT, 0};

    /* A pipe that nobody reads any more polls as an error. */
    return poll(&fd, 1, 0) == 1 && (fd.revents & (POLLERR | POLLHUP)) != 0;
}

bool cmd_look_format(const char *word, enum view_format *format)
{
    static const char *const words[] = {
        [VIEW_TEXT] = "text",
        [VIEW_JSON] = "json",
        [VIEW_JSONL] = "jsonl",
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(word, words[i]) == 0) {
            *format = (enum view_format)i;
            return true;
        }
    }
    return false;
}

enum { OPT_FORMAT = 256, OPT_NO_LIFT };

static const struct option long_options[] = {
    {"no-lift", no_argument, NULL, OPT_NO_LIFT}, /* of verbs that lift */
    {"format", required_argument, NULL, OPT_FORMAT},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

int cmd_look_run(const struct cmd *cmd, int argc, char **argv, bool lifts, cmd_look_fn look)
{
    struct cmd_look_wishes wishes = {VIEW_TEXT, false, NULL};
    int c;

    while ((c = getopt_long(argc, argv, "h", long_options + !lifts, NULL)) != -1) {
        switch (c) {
        case 'h':
            cmd_help(cmd, stdout);
            return ERR_NONE;
        case OPT_FORMAT:
            if (!cmd_look_format(optarg, &wishes.format)) {
                return cmd_misuse(cmd, "--format is text, json or jsonl, found '%s'", optarg);
            }
            break;
        case OPT_NO_LIFT:
            wishes.no_lift = true;
            break;
        default:
            return cmd_misuse(cmd, "see `vmber %s --help`", cmd->name);
        }
    }
    if (argc - optind > 1) {
        return cmd_misuse(cmd, "one stream at a time, found '%s' as well", argv[optind + 1]);
    }
    wishes.name = argv[optind];
    return look(cmd, &wishes);
}
