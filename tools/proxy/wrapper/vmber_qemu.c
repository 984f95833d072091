/*
 * vmber_qemu.c - vmber-qemu: takes QEMU's place in a command line, and puts `vmber proxy` between
 * its QMP monitor and whoever connects to it.
 *
 *     libvirt --- monitor.sock --- vmber proxy --- monitor.sock.vmber --- QEMU
 *
 * QEMU keeps this process's number, so that who started it supervises QEMU. The proxy ends with it.
 * A command line without a QMP monitor on a socket (a probe, --version) is passed on unchanged.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { FDS_MAX = 4096, WORD_MAX = 1024, INHERITED_MAX = 64, FD_TEXT = 16, BACKLOG = 1 };

static const char suffix[] = ".vmber";

struct wrapper {
    char **words; /* QEMU's command line, NULL behind the last */
    int count;
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* the client's socket */
    char behind[sizeof(((struct sockaddr_un *)0)->sun_path)];
    int listen_fd; /* what QEMU was given to listen on, or -1 */
    bool incoming; /* QEMU waits for migrate-incoming */
    char inherited[INHERITED_MAX * FD_TEXT];
};

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "vmber-qemu: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static const char *from_environment(const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : otherwise;
}

/* The program this one stands for: vmber-qemu-system-x86_64 is qemu-system-x86_64. */
static const char *real_qemu(const char *own_name)
{
    static char path[WORD_MAX];
    const char *slash = strrchr(own_name, '/');
    const char *name = slash != NULL ? slash + 1 : own_name;
    static const char prefix[] = "vmber-";
    const char *set = getenv("VMBER_QEMU");

    if (set != NULL && set[0] != '\0') {
        return set;
    }
    if (strncmp(name, prefix, sizeof(prefix) - 1) != 0 || strcmp(name, "vmber-qemu") == 0) {
        return "/usr/bin/qemu-system-x86_64";
    }
    (void)snprintf(path, sizeof(path), "/usr/bin/%s", name + sizeof(prefix) - 1);
    return path;
}

/* The value of key in "a,key=value,b", or NULL; in a buffer of its own. */
static const char *option(const char *word, const char *key, char *room, size_t cap)
{
    size_t len = strlen(key);

    for (const char *at = word; at != NULL && *at != '\0';) {
        const char *comma = strchr(at, ',');
        size_t n = comma != NULL ? (size_t)(comma - at) : strlen(at);

        if (n > len && strncmp(at, key, len) == 0 && at[len] == '=' && n - len - 1 < cap) {
            memcpy(room, at + len + 1, n - len - 1);
            room[n - len - 1] = '\0';
            return room;
        }
        at = comma != NULL ? comma + 1 : NULL;
    }
    return NULL;
}

static const char *argument(const struct wrapper *w, const char *name, int *at)
{
    for (int i = *at; i + 1 < w->count; i++) {
        if (strcmp(w->words[i], name) == 0) {
            *at = i + 1;
            return w->words[i + 1];
        }
    }
    return NULL;
}

static bool has_word(const struct wrapper *w, const char *word)
{
    for (int i = 1; i < w->count; i++) {
        if (strcmp(w->words[i], word) == 0) {
            return true;
        }
    }
    return false;
}

/* "server", "server=on", as QEMU reads them; a path in which a comma stands for itself is none we
 * know. */
static bool listens(const char *word)
{
    char value[WORD_MAX];
    const char *server = option(word, "server", value, sizeof(value));

    if (strstr(word, ",,") != NULL) {
        return false;
    }
    if (server != NULL) {
        return strcmp(server, "on") == 0 || strcmp(server, "yes") == 0 ||
               strcmp(server, "true") == 0 || strcmp(server, "y") == 0;
    }
    for (const char *at = strstr(word, ",server"); at != NULL; at = strstr(at + 1, ",server")) {
        if (at[7] == '\0' || at[7] == ',') {
            return true;
        }
    }
    return false;
}

static bool set_path(struct wrapper *w, const char *path)
{
    if (strlen(path) + sizeof(suffix) > sizeof(w->path)) {
        return false;
    }
    memcpy(w->path, path, strlen(path) + 1);
    (void)snprintf(w->behind, sizeof(w->behind), "%.*s%s",
                   (int)(sizeof(w->behind) - sizeof(suffix)), path, suffix);
    return true;
}

/* A socket for QEMU to listen on, at w->behind, which only this user can reach. */
static int listen_behind(const struct wrapper *w)
{
    struct sockaddr_un address;
    mode_t mask = umask(0177);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memset(&address, 0, sizeof(address));
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, w->behind, sizeof(address.sun_path));
    (void)unlink(w->behind);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(fd, BACKLOG) != 0) {
        fail(w->behind, strerror(errno));
    }
    (void)umask(mask);
    return fd;
}

/* -chardev socket,id=X,fd=N,server=on and -mon chardev=X,mode=control, as libvirt writes them. */
static bool find_chardev(struct wrapper *w)
{
    char id[WORD_MAX];
    char chardev[WORD_MAX];
    char value[WORD_MAX];
    const char *mon;

    for (int at = 1; (mon = argument(w, "-mon", &at)) != NULL;) {
        const char *dev;

        if (option(mon, "mode", value, sizeof(value)) == NULL || strcmp(value, "control") != 0 ||
            option(mon, "chardev", id, sizeof(id)) == NULL) {
            continue;
        }
        for (int i = 1; (dev = argument(w, "-chardev", &i)) != NULL;) {
            struct sockaddr_un address;
            socklen_t len = sizeof(address);

            if (strncmp(dev, "socket,", 7) != 0 ||
                option(dev, "id", chardev, sizeof(chardev)) == NULL || strcmp(id, chardev) != 0) {
                continue;
            }
            memset(&address, 0, sizeof(address));
            if (option(dev, "fd", value, sizeof(value)) != NULL) {
                w->listen_fd = atoi(value);
                return getsockname(w->listen_fd, (struct sockaddr *)&address, &len) == 0 &&
                       address.sun_family == AF_UNIX && set_path(w, address.sun_path);
            }
            if (listens(dev) && option(dev, "path", value, sizeof(value)) != NULL) {
                char *changed = malloc(strlen(dev) + sizeof(suffix) + 1);
                const char *path = strstr(dev, "path=") + 5;
                size_t head = (size_t)(path - dev) + strlen(value);

                if (changed == NULL || !set_path(w, value)) {
                    return false;
                }
                (void)sprintf(changed, "%.*s%s%s", (int)head, dev, suffix, dev + head);
                w->words[i] = changed;
                return true;
            }
        }
    }
    return false;
}

/* -qmp unix:PATH,server=on */
static bool find_qmp(struct wrapper *w)
{
    const char *qmp;

    for (int at = 1; (qmp = argument(w, "-qmp", &at)) != NULL;) {
        size_t head = strcspn(qmp, ",");
        char *changed;
        char path[WORD_MAX];

        if (strncmp(qmp, "unix:", 5) != 0 || !listens(qmp) || head - 5 >= sizeof(path)) {
            continue;
        }
        (void)snprintf(path, sizeof(path), "%.*s", (int)(head - 5), qmp + 5);
        changed = malloc(strlen(qmp) + sizeof(suffix) + 1);
        if (changed == NULL || !set_path(w, path)) {
            return false;
        }
        (void)sprintf(changed, "%.*s%s%s", (int)head, qmp, suffix, qmp + head);
        w->words[at] = changed;
        return true;
    }
    return false;
}

/* Whether word has a descriptor at at: behind fd=, "fd":", vhostfds=26: or fd:, say. */
static bool is_descriptor(const char *word, const char *at)
{
    const char *key = at;

    while (key > word && strchr("0123456789:=\" ", key[-1]) != NULL) {
        key--;
    }
    if (key == at || (at[-1] >= '0' && at[-1] <= '9')) {
        return false;
    }
    key -= key > word && key[-1] == 's';
    return key - word >= 2 && key[-2] == 'f' && key[-1] == 'd';
}

static bool is_mentioned(const struct wrapper *w, int fd)
{
    char text[FD_TEXT];
    size_t len = (size_t)snprintf(text, sizeof(text), "%d", fd);

    for (int i = 1; i < w->count; i++) {
        const char *at = w->words[i];

        while ((at = strstr(at, text)) != NULL) {
            if ((at[len] < '0' || at[len] > '9') && is_descriptor(w->words[i], at)) {
                return true;
            }
            at++;
        }
    }
    return false;
}

/*
 * Descriptors that the command line does not mention may be those that migrate-incoming will name;
 * the proxy keeps them, as many as it takes. All others it must not hold open.
 */
static void sort_descriptors(struct wrapper *w)
{
    int count = 0;
    size_t len = 0;

    for (int fd = 3; fd < FDS_MAX; fd++) {
        int flags = fcntl(fd, F_GETFD);

        if (flags < 0) {
            continue;
        }
        if (w->incoming && (flags & FD_CLOEXEC) == 0 && !is_mentioned(w, fd) &&
            count < INHERITED_MAX) {
            len += (size_t)snprintf(w->inherited + len, sizeof(w->inherited) - len, "%s%d",
                                    count++ > 0 ? "," : "", fd);
        } else if (fd != w->listen_fd) {
            (void)close(fd);
        }
    }
}

static const char *program_file(void)
{
    return from_environment("VMBER", "/usr/bin/vmber");
}

/* The one that was asked for, or the usual one if there is one; NULL: none. */
static const char *config_file(void)
{
    static const char usual[] = "/etc/vmber/proxy.conf";
    const char *set = from_environment("VMBER_PROXY_CONFIG", "");

    return set[0] != '\0' ? set : access(usual, R_OK) == 0 ? usual : NULL;
}

/* In the child: becomes the proxy of the process qemu. */
static _Noreturn void become_proxy(struct wrapper *w, pid_t qemu)
{
    const char *config = config_file();
    const char *program = program_file();
    char pid[FD_TEXT];
    char fd[FD_TEXT];
    const char *words[24] = {"vmber", "proxy", "--qemu", w->behind,
                             "--pid", pid,     "--name", w->path};
    int n = 8;

    sort_descriptors(w);
    (void)snprintf(pid, sizeof(pid), "%ld", (long)qemu);
    if (w->listen_fd >= 0) {
        (void)snprintf(fd, sizeof(fd), "%d", w->listen_fd);
        words[n++] = "--listen-fd";
        words[n++] = fd;
    } else {
        words[n++] = "--listen";
        words[n++] = w->path;
    }
    if (config != NULL) {
        words[n++] = "--config";
        words[n++] = config;
    }
    if (w->inherited[0] != '\0') {
        words[n++] = "--inherited";
        words[n++] = w->inherited;
    }
    words[n] = NULL;
    (void)execv(program, (char *const *)(uintptr_t)words);
    fail(program, strerror(errno));
}

static void put_proxy_between(struct wrapper *w)
{
    int at = 1;
    const char *incoming = argument(w, "-incoming", &at);
    pid_t qemu = getpid();
    int behind = -1;
    pid_t child;

    /* Without its proxy QEMU would run, and nobody could reach its monitor. */
    if (access(program_file(), X_OK) != 0) {
        fail(program_file(), strerror(errno));
    }
    if (config_file() != NULL && access(config_file(), R_OK) != 0) {
        fail(config_file(), strerror(errno));
    }
    w->incoming = incoming != NULL && strcmp(incoming, "defer") == 0;
    if (w->listen_fd >= 0) {
        behind = listen_behind(w);
    }
    child = fork();
    if (child < 0) {
        fail("fork", strerror(errno));
    }
    if (child == 0) {
        if (behind >= 0) {
            (void)close(behind);
        }
        become_proxy(w, qemu);
    }
    /* QEMU finds its socket under the number it was told. */
    if (behind >= 0 && dup2(behind, w->listen_fd) < 0) {
        fail("dup2", strerror(errno));
    }
}

int main(int argc, char **argv)
{
    struct wrapper w;
    const char *qemu = real_qemu(argv[0]);

    memset(&w, 0, sizeof(w));
    w.words = argv;
    w.count = argc;
    w.listen_fd = -1;
    if (!has_word(&w, "-daemonize") && !has_word(&w, "--daemonize") &&
        (find_chardev(&w) || find_qmp(&w))) {
        put_proxy_between(&w);
    }
    argv[0] = (char *)(uintptr_t)qemu;
    (void)execv(qemu, argv);
    fail(qemu, strerror(errno));
}
