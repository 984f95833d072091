/* proxy.c - see proxy.h: sockets, clients that come and go, the end. */
#define _GNU_SOURCE /* struct ucred, SYS_pidfd_open */
#include "tools/proxy/proxy.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    BACKLOG = 4,
    CONNECT_TRIES =
        20, /* a QEMU that has just begun has bound its socket a moment before it listens */
    CONNECT_TRIES_OWN = 100, /* one that has been started together with this proxy */
    CONNECT_WAIT_MS = 50,
    LAST_WRITE_MS = 1000, /* a client that does not read its last reply gets no more */
};

static void watch_links(struct proxy *proxy)
{
    short client = 0;
    short qemu = 0;

    if (qmp_link_pending(&proxy->client) > 0) {
        client |= POLLOUT;
    }
    if (qmp_link_pending(&proxy->qemu) < QMP_PENDING_MAX && proxy->held_count < QMP_HELD_MAX) {
        client |= POLLIN;
    }
    if (qmp_link_pending(&proxy->qemu) > 0) {
        qemu |= POLLOUT;
    }
    /* A client that does not read does not hold up a switchover. */
    if (qmp_link_pending(&proxy->client) < QMP_PENDING_MAX || proxy->asking) {
        qemu |= POLLIN;
    }
    proxy_loop_events(&proxy->loop, proxy->client_watch, client);
    proxy_loop_events(&proxy->loop, proxy->qemu_watch, qemu);
    proxy_loop_events(&proxy->loop, proxy->listen_watch,
                      qmp_link_is_open(&proxy->client) ? 0 : POLLIN);
}

/* QEMU */

static void forget_qemu(struct proxy *proxy)
{
    proxy->chosen = false;
    proxy->ber = false;
    proxy->machine[0] = '\0';
    proxy_job_reset(&proxy->job);
    buf_clear(&proxy->held_event);
}

static void close_qemu(struct proxy *proxy)
{
    proxy_loop_drop(&proxy->loop, &proxy->qemu_watch);
    qmp_link_close(&proxy->qemu);
    proxy_forget(proxy);
    proxy_op_end(proxy);
    if (proxy->job.state == PROXY_JOB_STARTING) {
        proxy_job_reset(&proxy->job); /* nobody will hear whether QEMU has begun; now it fails */
    }
    proxy->ready = false;
    proxy->oob = false;
}

static void drop_held(struct proxy *proxy)
{
    while (proxy->held != NULL) {
        struct qmp_message *message = proxy->held;

        proxy->held = message->next;
        qmp_message_free(message);
    }
    proxy->held_count = 0;
}

/* Whether a migration still needs QEMU, though no client does. */
static bool migration_needs_qemu(const struct proxy *proxy)
{
    return proxy->op.message != NULL ||
           (!proxy_job_is_over(&proxy->job) && proxy->job.state != PROXY_JOB_COMMITTED);
}

/* Or the last words of a client, until QEMU has answered them. */
static bool needs_qemu(const struct proxy *proxy)
{
    return migration_needs_qemu(proxy) || proxy->unanswered_count > 0;
}

static void close_client(struct proxy *proxy)
{
    if (!qmp_link_is_open(&proxy->client)) {
        return;
    }
    proxy_loop_drop(&proxy->loop, &proxy->client_watch);
    qmp_link_close(&proxy->client);
    drop_held(proxy);
    for (unsigned i = 0; i < proxy->unanswered_count; i++) {
        proxy->unanswered[i].of_client = false;
    }
    proxy_named_clear(&proxy->named);
    buf_clear(&proxy->held_event);
    proxy_say(&proxy->options->log, PROXY_LOG_DEBUG, "the client has gone");
}

static void qemu_gone(struct proxy *proxy)
{
    struct qmp_message *rest = NULL;
    uint64_t end = proxy_now() + LAST_WRITE_MS;
    struct err err = ERR_INIT;

    if (qmp_link_rest(&proxy->qemu, &rest, &err) && rest != NULL) {
        proxy_to_client(proxy, span_of(rest->text, rest->len), &rest->fds);
        qmp_message_free(rest);
    }
    close_qemu(proxy);
    proxy_say(&proxy->options->log, PROXY_LOG_NOTICE, "QEMU has closed its socket");
    proxy_job_cancel(&proxy->job, "QEMU has gone", false);
    proxy->asking = false;
    while (qmp_link_is_open(&proxy->client) && qmp_link_pending(&proxy->client) > 0 &&
           proxy_now() < end) {
        struct pollfd wait = {proxy->client.fd, POLLOUT, 0};

        if (poll(&wait, 1, LAST_WRITE_MS) <= 0 || !qmp_link_write(&proxy->client, &err)) {
            break;
        }
    }
    close_client(proxy);
    forget_qemu(proxy);
    if (proxy->options->once) {
        proxy->stop = true;
    }
}

static void on_qemu(void *ctx, short revents)
{
    struct proxy *proxy = ctx;
    struct qmp_message *message;
    struct err err = ERR_INIT;
    bool ok = true;

    if ((revents & POLLOUT) != 0) {
        ok = qmp_link_write(&proxy->qemu, &err);
    }
    if (ok && (revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
        ok = qmp_link_read(&proxy->qemu, &err);
    }
    while (ok && qmp_link_is_open(&proxy->qemu)) {
        ok = qmp_link_message(&proxy->qemu, &message, &err);
        if (!ok || message == NULL) {
            break;
        }
        proxy_on_reply(proxy, message);
    }
    if (!ok || proxy->qemu.ended) {
        qemu_gone(proxy);
        return;
    }
    proxy_pump(proxy);
}

/* Returns a connection to QEMU; -1: *why is errno. */
static int reach_qemu(const struct proxy *proxy, int *why)
{
    struct sockaddr_un path;
    /* Not to wait for a QEMU whose queue is full; the caller tries again. */
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    memset(&path, 0, sizeof(path));
    path.sun_family = AF_UNIX;
    (void)snprintf(path.sun_path, sizeof(path.sun_path), "%s", proxy->options->qemu_path);
    if (fd < 0 || connect(fd, (struct sockaddr *)&path, sizeof(path)) != 0) {
        *why = errno;
        if (fd >= 0) {
            (void)close(fd);
        }
        return -1;
    }
    return fd;
}

static void take_qemu(struct proxy *proxy, int fd)
{
    struct ucred peer = {0, 0, 0};
    socklen_t len = sizeof(peer);

    (void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
    if (peer.pid != proxy->qemu_pid) {
        forget_qemu(proxy);
        proxy->qemu_pid = peer.pid;
    }
    qmp_link_open(&proxy->qemu, fd);
    proxy->qemu_watch = proxy_loop_watch(&proxy->loop, fd, POLLIN, on_qemu, proxy);
}

/* Without a client, the proxy itself makes QEMU listen to it. */
static void on_own_negotiation(struct proxy *proxy, struct qmp_doc *reply)
{
    /* An error if the client's own, before it left, has got there first. */
    proxy->ready = proxy->ready || qmp_member(reply, 0, "return") != QMP_NONE;
    proxy->busy = false;
    if (proxy->asking) {
        proxy_ask_job_question(proxy);
    }
}

/* The client */

void proxy_client_gone(struct proxy *proxy)
{
    close_client(proxy);
    if (!needs_qemu(proxy)) {
        close_qemu(proxy);
    } else if (!proxy->ready && migration_needs_qemu(proxy)) {
        proxy_ask(proxy, on_own_negotiation, -1, "\"execute\": \"qmp_capabilities\"");
    }
}

static void hold(struct proxy *proxy, struct qmp_message *message)
{
    struct qmp_message **at = &proxy->held;

    while (*at != NULL) {
        at = &(*at)->next;
    }
    *at = message;
    proxy->held_count++;
}

static void on_client(void *ctx, short revents)
{
    struct proxy *proxy = ctx;
    struct qmp_message *message;
    struct err err = ERR_INIT;
    bool ok = true;

    if ((revents & POLLOUT) != 0) {
        ok = qmp_link_write(&proxy->client, &err);
    }
    if (ok && (revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
        ok = qmp_link_read(&proxy->client, &err);
    }
    while (ok) {
        ok = qmp_link_message(&proxy->client, &message, &err);
        if (!ok || message == NULL) {
            break;
        }
        hold(proxy, message);
    }
    if (ok) {
        proxy_pump(proxy);
    }
    if (!ok || proxy->client.ended) {
        if (!ok) {
            proxy_say(&proxy->options->log, PROXY_LOG_DEBUG, "the client: %s", err.text);
        }
        proxy_client_gone(proxy);
    }
}

static void on_listen(void *ctx, short revents)
{
    struct proxy *proxy = ctx;
    int why = 0;
    int qemu;
    int fd = accept4(proxy->listen_fd, NULL, NULL, SOCK_CLOEXEC);

    (void)revents;
    if (fd < 0) {
        return;
    }
    for (int i = 0; (qemu = reach_qemu(proxy, &why)) < 0; i++) {
        if (i == (proxy->options->qemu_pid > 0 ? CONNECT_TRIES_OWN : CONNECT_TRIES)) {
            bool nobody = why == ECONNREFUSED || why == ENOENT; /* listens any more */

            proxy->stop |= nobody && proxy->options->once && proxy->qemu_pid != 0;
            proxy_say(&proxy->options->log, PROXY_LOG_ERROR, "cannot connect to QEMU at %s: %s",
                      proxy->options->qemu_path, strerror(why));
            (void)close(fd);
            return;
        }
        (void)poll(NULL, 0, CONNECT_WAIT_MS);
    }
    if (qmp_link_is_open(&proxy->qemu)) {
        close_qemu(proxy); /* it was kept for a migration; this client gets a session of its own */
    }
    take_qemu(proxy, qemu);
    qmp_link_open(&proxy->client, fd);
    proxy->client.exact = true;
    proxy->client_watch = proxy_loop_watch(&proxy->loop, fd, POLLIN, on_client, proxy);
    proxy->busy = false;
    proxy_say(&proxy->options->log, PROXY_LOG_DEBUG, "a client has come");
    if (proxy->asking) {
        proxy_ask_job_question(proxy); /* again: what the old link was asked is forgotten */
    }
}

static bool listen_at(struct proxy *proxy, struct err *err)
{
    const struct proxy_options *options = proxy->options;
    struct sockaddr_un path;
    struct stat there;
    mode_t mask;
    int result;

    if (options->listen_fd >= 0) {
        proxy->listen_fd = options->listen_fd;
        return fcntl(proxy->listen_fd, F_SETFL, O_NONBLOCK) == 0 ||
               err_set(err, ERR_IO, "cannot listen at descriptor %d: %s", proxy->listen_fd,
                       strerror(errno));
    }
    memset(&path, 0, sizeof(path));
    path.sun_family = AF_UNIX;
    if (strlen(options->listen_path) >= sizeof(path.sun_path)) {
        return err_set(err, ERR_USAGE, "the path %s is too long for a socket",
                       options->listen_path);
    }
    memcpy(path.sun_path, options->listen_path, strlen(options->listen_path));
    proxy->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (lstat(options->listen_path, &there) == 0 && !S_ISSOCK(there.st_mode)) {
        return err_set(err, ERR_IO, "cannot listen at %s: it is there, and no socket",
                       options->listen_path);
    }
    (void)unlink(options->listen_path);
    /* Nobody else gets in between bind and chmod. */
    mask = umask(0177);
    result =
        proxy->listen_fd < 0 ? -1 : bind(proxy->listen_fd, (struct sockaddr *)&path, sizeof(path));
    (void)umask(mask);
    if (result != 0 ||
        ((options->owner != (uid_t)-1 || options->group != (gid_t)-1) &&
         chown(options->listen_path, options->owner, options->group) != 0) ||
        chmod(options->listen_path, options->mode) != 0 ||
        lstat(options->listen_path, &proxy->listen_stat) != 0 ||
        listen(proxy->listen_fd, BACKLOG) != 0) {
        return err_set(err, ERR_IO, "cannot listen at %s: %s", options->listen_path,
                       strerror(errno));
    }
    return true;
}

static void on_pid(void *ctx, short revents)
{
    struct proxy *proxy = ctx;

    (void)revents;
    proxy->stop = true;
}

static bool begin(struct proxy *proxy, struct err *err)
{
    const struct proxy_options *options = proxy->options;

    if (options->config_path != NULL &&
        !proxy_rules_load(&proxy->rules, options->config_path, err)) {
        return false;
    }
    if (options->qemu_pid > 0) {
        proxy->pidfd = (int)syscall(SYS_pidfd_open, options->qemu_pid, 0U);
        if (proxy->pidfd < 0) {
            return err_set(err, ERR_IO, "cannot watch process %ld: %s", (long)options->qemu_pid,
                           strerror(errno));
        }
        proxy->pid_watch = proxy_loop_watch(&proxy->loop, proxy->pidfd, POLLIN, on_pid, proxy);
    }
    if (!listen_at(proxy, err)) {
        return false;
    }
    proxy->listen_watch =
        proxy_loop_watch(&proxy->loop, proxy->listen_fd, POLLIN, on_listen, proxy);
    return true;
}

/* Removes the socket unless it is another proxy's by now. */
static void unlink_own(const struct proxy *proxy)
{
    const char *path = proxy->options->listen_path;
    struct stat now;

    if (lstat(path, &now) == 0 && now.st_ino == proxy->listen_stat.st_ino &&
        now.st_dev == proxy->listen_stat.st_dev) {
        (void)unlink(path);
    }
}

static void end(struct proxy *proxy)
{
    proxy_job_cancel(&proxy->job, "the proxy ends", false);
    proxy_job_reset(&proxy->job);
    close_client(proxy);
    close_qemu(proxy);
    proxy_forget_inherited(proxy);
    if (proxy->listen_fd >= 0) {
        (void)close(proxy->listen_fd);
        if (proxy->options->listen_fd < 0) {
            unlink_own(proxy);
        }
    }
    if (proxy->pidfd >= 0) {
        (void)close(proxy->pidfd);
    }
    qmp_doc_done(&proxy->command);
    qmp_doc_done(&proxy->reply);
    buf_done(&proxy->held_event);
    free(proxy->unanswered);
}

/* A signal comes while the loop waits, and at no other time: none is missed between two rounds. */
static void hold_signals(sigset_t *before)
{
    sigset_t held;

    (void)sigemptyset(&held);
    (void)sigaddset(&held, SIGINT);
    (void)sigaddset(&held, SIGTERM);
    (void)sigaddset(&held, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &held, before);
}

bool proxy_run(const struct proxy_options *options, const volatile int *stop, struct err *err)
{
    struct proxy *proxy = calloc(1, sizeof(*proxy));
    struct proxy_job_host host = {proxy, proxy_on_job_asks, proxy_on_job_changed};
    sigset_t mask;
    bool ok;

    if (proxy == NULL) {
        return err_memory(err);
    }
    hold_signals(&mask);
    proxy->options = options;
    proxy->inherited_count = options->inherited_count;
    proxy->listen_fd = -1;
    proxy->pidfd = -1;
    proxy->listen_watch = PROXY_NO_WATCH;
    proxy->client_watch = PROXY_NO_WATCH;
    proxy->qemu_watch = PROXY_NO_WATCH;
    proxy->pid_watch = PROXY_NO_WATCH;
    proxy->ask_timer = PROXY_NO_WATCH;
    proxy->look_timer = PROXY_NO_WATCH;
    proxy_loop_init(&proxy->loop);
    proxy->loop.mask = &mask;
    qmp_link_init(&proxy->client);
    qmp_link_init(&proxy->qemu);
    qmp_doc_init(&proxy->command);
    qmp_doc_init(&proxy->reply);
    buf_init(&proxy->held_event, QMP_MESSAGE_MAX);
    proxy_job_init(&proxy->job, &proxy->loop, &options->log, &options->job, &host);
    ok = begin(proxy, err);
    if (ok) {
        proxy_say(&options->log, PROXY_LOG_NOTICE, "ready, QEMU at %s", options->qemu_path);
    }
    while (ok && *stop == 0 && !proxy->stop) {
        watch_links(proxy);
        ok = proxy_loop_once(&proxy->loop) || err_set(err, ERR_IO, "poll: %s", strerror(errno));
        if (proxy->verdict) {
            proxy_release_event(proxy);
        }
        if (proxy->client.ended) {
            proxy_client_gone(proxy);
        }
        if (!qmp_link_is_open(&proxy->client) && qmp_link_is_open(&proxy->qemu) &&
            !needs_qemu(proxy)) {
            close_qemu(proxy);
        }
    }
    end(proxy);
    free(proxy);
    (void)sigprocmask(SIG_SETMASK, &mask, NULL);
    return ok;
}
