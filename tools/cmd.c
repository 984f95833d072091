/* cmd.c - see cmd.h. */
#include "tools/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tools/cmd_container.h"

static volatile int stop_flag; /* the one global: a signal handler reaches nothing else */

static void on_signal(int number)
{
    stop_flag = number;
}

const volatile int *cmd_stop_flag(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = on_signal; /* no SA_RESTART: a blocked read comes back */
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        struct sigaction before;

        /* What nohup or a shell has us ignore stays ignored. */
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
            (void)sigaction(signals[i], &action, NULL);
        }
    }
    (void)signal(SIGPIPE, SIG_IGN); /* EPIPE and EFBIG are errors with a sentence */
    (void)signal(SIGXFSZ, SIG_IGN);
    return &stop_flag;
}

void cmd_help(const struct cmd *cmd, FILE *out)
{
    fprintf(out, "usage: vmber %s %s\n%s\n\n%s", cmd->name, cmd->usage, cmd->summary, cmd->options);
}

int cmd_misuse(const struct cmd *cmd, const char *fmt, ...)
{
    va_list ap;

    fprintf(stderr, "vmber %s: ", cmd->name);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fprintf(stderr, "\nusage: vmber %s %s\n", cmd->name, cmd->usage);
    return ERR_USAGE;
}

int cmd_fail(const struct cmd *cmd, const struct err *err)
{
    char line[ERR_PATH_MAX + ERR_TEXT_MAX + 128];

    fprintf(stderr, "vmber %s: %s: %s\n", cmd->name, err_band_name(err->band),
            err_format(err, line, sizeof(line)));
    return (int)err->band;
}

void cmd_note(const struct cmd *cmd, const char *fmt, ...)
{
    va_list ap;

    /* A progress line may stand there. */
    fprintf(stderr, "%svmber %s: note: ", isatty(STDERR_FILENO) ? "\r\033[K" : "", cmd->name);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
}

static double now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void show_progress(void *ctx, uint64_t octets)
{
    struct cmd_progress *progress = ctx;
    double t = now();
    double rate;

    if (t - progress->shown < 0.2) {
        return;
    }
    progress->shown = t;
    rate = (double)octets / (t - progress->began + 1e-9);
    fprintf(stderr, "\r%s: %" PRIu64 " MiB, %.0f MiB/s", progress->stage, octets >> 20,
            rate / (1 << 20));
    if (progress->size > octets && rate > 0) {
        fprintf(stderr, ", %.0f s left", (double)(progress->size - octets) / rate);
    }
    fprintf(stderr, "\033[K");
}

static bool open_in(struct cmd_files *files, const char *name, struct err *err)
{
    struct stat st;

    files->in.name = "standard input";
    files->in.fd = STDIN_FILENO;
    if (name != NULL && strcmp(name, "-") != 0) {
        files->in.name = name;
        files->in.fd = open(name, O_RDONLY | O_CLOEXEC);
        if (files->in.fd < 0) {
            return err_set(err, ERR_IO, "cannot open %s: %s", name, strerror(errno));
        }
    } else if (isatty(STDIN_FILENO)) {
        return err_set(err, ERR_USAGE, "standard input is a terminal: name a file or use a pipe");
    }
    if (fstat(files->in.fd, &st) == 0) {
        if (S_ISDIR(st.st_mode)) {
            return err_set(err, ERR_IO, "cannot read %s: it is a directory", files->in.name);
        }
        files->progress.size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
        if (S_ISREG(st.st_mode) && lseek(files->in.fd, 0, SEEK_CUR) == 0) {
            (void)cmd_container_skip(files->in.fd);
        }
    }
    return true;
}

static bool open_out(struct cmd_files *files, const char *name, struct err *err)
{
    if (name != NULL && strcmp(name, "-") != 0) {
        if (!io_file_create(&files->file, name, err)) {
            return false;
        }
        files->has_file = true;
        files->seekable = files->file.temporary != NULL;
        files->sink = io_fd_sink(&files->file.io);
        return true;
    }
    if (isatty(STDOUT_FILENO)) {
        return err_set(err, ERR_USAGE, "standard output is a terminal: use -o or a pipe");
    }
    files->standard_out.fd = STDOUT_FILENO;
    files->standard_out.name = "standard output";
    files->sink = io_fd_sink(&files->standard_out);
    return true;
}

bool cmd_open(struct cmd_files *files, const char *in, const char *out, struct err *err)
{
    const volatile int *stop = cmd_stop_flag();

    memset(files, 0, sizeof(*files));
    files->in.fd = -1;
    if (!open_in(files, in, err) || !open_out(files, out, err)) {
        return false;
    }
    files->in.stop = stop;
    files->standard_out.stop = stop;
    files->file.io.stop = stop;
    io_fd_widen(files->in.fd);
    io_fd_widen(files->has_file ? files->file.io.fd : files->standard_out.fd);
    files->progress.on = isatty(STDERR_FILENO) != 0;
    files->progress.began = now();
    files->progress.shown = files->progress.began;
    files->progress.stage = "read";
    if (files->progress.on) {
        files->in.progress = show_progress;
        files->in.progress_ctx = &files->progress;
    }
    return true;
}

bool cmd_close(struct cmd_files *files, bool ok, struct err *err)
{
    if (files->progress.on && files->progress.shown > files->progress.began) {
        fprintf(stderr, "\r\033[K");
    }
    if (files->in.fd > STDERR_FILENO) {
        (void)close(files->in.fd);
    }
    if (!files->has_file) {
        return ok;
    }
    if (ok) {
        return io_file_commit(&files->file, err);
    }
    io_file_abandon(&files->file);
    return false;
}
