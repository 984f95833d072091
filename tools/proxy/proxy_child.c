/* proxy_child.c - see proxy_child.h. */
#define _GNU_SOURCE /* SYS_pidfd_open */
#include "tools/proxy/proxy_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "codec/base/err.h"
#include "tools/proxy/proxy_report.h"

/* Words: program, verb, what, options and arguments, all features twice, the end. */
enum { FREE_FD = 16, STATUS_NO_EXEC = 127, WORDS_MAX = 16 + 4 * FORM_FEATURES };

void proxy_child_init(struct proxy_child *child)
{
    child->pid = 0;
    child->pidfd = -1;
    child->control = -1;
}

static void close_from(int first)
{
#ifdef SYS_close_range
    if (syscall(SYS_close_range, (unsigned)first, ~0U, 0U) == 0) {
        return;
    }
#endif
    for (int fd = first; fd < 1024; fd++) {
        (void)close(fd);
    }
}

/* In the child: gives it its descriptors and nothing else, and becomes the program. */
static void become(const char *path, char *const *words, int in, int out, int control, pid_t parent)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ};
    int from[3];
    sigset_t none;

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        (void)signal(signals[i], SIG_DFL);
    }
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    from[0] = fcntl(in, F_DUPFD, FREE_FD);
    from[1] = fcntl(out, F_DUPFD, FREE_FD);
    from[2] = control >= 0 ? fcntl(control, F_DUPFD, FREE_FD) : -1;
    if (from[0] < 0 || from[1] < 0 || dup2(from[0], 0) < 0 || dup2(from[1], 1) < 0 ||
        (control >= 0 && dup2(from[2], PROXY_REPORT_FD) < 0)) {
        _exit(STATUS_NO_EXEC);
    }
    close_from(control >= 0 ? PROXY_REPORT_FD + 1 : PROXY_REPORT_FD);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent) {
        _exit(STATUS_NO_EXEC); /* it has ended before it could be heard of */
    }
    (void)execv(path, words);
    _exit(STATUS_NO_EXEC);
}

static bool start(struct proxy_child *child, const char *path, char *const *words, int in, int out,
                  int control, struct err *err)
{
    pid_t parent = getpid();
    pid_t pid = fork();

    if (pid < 0) {
        return err_set(err, ERR_IO, "cannot start %s: %s", words[0], strerror(errno));
    }
    if (pid == 0) {
        become(path, words, in, out, control, parent);
    }
    child->pid = pid;
    child->pidfd = (int)syscall(SYS_pidfd_open, pid, 0U);
    if (child->pidfd < 0) {
        (void)err_set(err, ERR_IO, "cannot watch %s: %s", words[0], strerror(errno));
        proxy_child_kill(child);
        return false;
    }
    (void)fcntl(child->pidfd, F_SETFD, FD_CLOEXEC);
    return true;
}

/* Appends option and name for each feature of set. */
static void add_features(char **words, size_t *n, const char *option, form_feature_set set)
{
    for (unsigned id = 0; id < FORM_FEATURES; id++) {
        if ((set & FORM_FEATURE_BIT(id)) != 0) {
            words[(*n)++] = (char *)(uintptr_t)option;
            words[(*n)++] = (char *)(uintptr_t)form_features[id].name;
        }
    }
}

bool proxy_child_codec(struct proxy_child *child, const struct proxy_codec *codec, int in, int out,
                       struct err *err)
{
    static char program[] = "vmber";
    static char verb[] = "codec";
    static char decode[] = "decode";
    static char encode[] = "encode";
    static char any[] = "--any";
    static char channel[] = "--channel";
    static char file[] = "--file";
    static char grease[] = "--grease";
    static char machine[] = "--for";
    char number[16];
    static char return_path[] = "--return-path";
    static char sync_word[] = "--sync";
    const struct {
        bool wanted;
        char *word;
    } options[] = {
        {codec->any, any},        {codec->channel, channel},
        {codec->file, file},      {codec->return_path, return_path},
        {codec->sync, sync_word},
    };
    char *words[WORDS_MAX] = {program, verb};
    size_t n = 2;
    int ends[2];
    bool ok;

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (options[i].wanted) {
            words[n++] = options[i].word;
        }
    }
    if (codec->choice.machine != NULL) {
        words[n++] = machine;
        words[n++] = (char *)(uintptr_t)codec->choice.machine;
    }
    if (codec->choice.grease != 0) {
        (void)snprintf(number, sizeof(number), "%u", (unsigned)codec->choice.grease);
        words[n++] = grease;
        words[n++] = number;
    }
    add_features(words, &n, "--with", codec->choice.with);
    add_features(words, &n, "--without", codec->choice.without);
    words[n++] = codec->decode ? decode : encode;
    words[n] = NULL;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return err_set(err, ERR_IO, "cannot make a socket pair: %s", strerror(errno));
    }
    ok = start(child, "/proc/self/exe", words, in, out, ends[1], err);
    (void)close(ends[1]);
    if (!ok) {
        (void)close(ends[0]);
        return false;
    }
    child->control = ends[0];
    return true;
}

bool proxy_child_command(struct proxy_child *child, const char *line, char *const *words, int in,
                         int out, struct err *err)
{
    static char shell[] = "/bin/sh";
    static char option[] = "-c";
    char *const shell_words[] = {shell, option, (char *)(uintptr_t)line, NULL};

    if (words != NULL && words[0] != NULL) {
        return start(child, words[0], words, in, out, -1, err);
    }
    return start(child, shell, shell_words, in, out, -1, err);
}

int proxy_child_wait(struct proxy_child *child)
{
    int status = -1;

    while (child->pid > 0 && waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (child->pidfd >= 0) {
        (void)close(child->pidfd);
    }
    if (child->control >= 0) {
        (void)close(child->control);
    }
    proxy_child_init(child);
    return status;
}

void proxy_child_kill(struct proxy_child *child)
{
    if (child->pid > 0) {
        (void)kill(child->pid, SIGKILL);
        (void)proxy_child_wait(child);
    }
}
