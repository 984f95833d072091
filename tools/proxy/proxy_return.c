/* proxy_return.c - see proxy_return.h. */
#define _GNU_SOURCE
#include "tools/proxy/proxy_return.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/proxy/proxy_channel.h"
#include "tools/proxy/proxy_socket.h"

enum {
    PIECE = 16 * 1024,
    HEAD_LEN = 4,  /* of a message: type (2), length of its contents (2) */
    SHUT = 1,      /* MIG_RP_MSG_SHUT, migration/migration.h; contents: 0, or an error (4) */
    END_MS = 5000, /* QEMU reads its return path as long as it runs */
};

static const uint8_t shut_good[] = {0, SHUT, 0, 4, 0, 0, 0, 0};
static const uint8_t shut_bad[] = {0, SHUT, 0, 4, 0, 0, 0, 1};

/* Puts octets behind those that wait; *whole are the messages that are complete now. */
static bool take(struct proxy_job *job, struct span octets, struct span *whole)
{
    struct buf *waiting = &job->return_octets;
    struct err err = ERR_INIT;
    size_t at = 0;

    if (!buf_put(waiting, octets.p, octets.len, &err)) {
        proxy_job_fail(job, "the return path: %s", err.text);
        return false;
    }
    while (waiting->len - at >= HEAD_LEN) {
        const uint8_t *p = waiting->p + at;
        size_t len = HEAD_LEN + ((size_t)p[2] << 8 | p[3]);

        if (waiting->len - at < len) {
            break;
        }
        if (p[0] == 0 && p[1] == SHUT) {
            job->shut = true;
            job->shut_bad = len < sizeof(shut_good) || memcmp(p, shut_good, sizeof(shut_good)) != 0;
        }
        at += len;
    }
    *whole = span_of(waiting->p, at);
    job->returned = job->returned || at > 0;
    return true;
}

/* Takes off the messages that have been passed on, unless that has failed and nothing is left. */
static void taken(struct proxy_job *job, size_t len)
{
    struct buf *waiting = &job->return_octets;

    if (len > waiting->len) {
        return;
    }
    memmove(waiting->p, waiting->p + len, waiting->len - len);
    waiting->len -= len;
}

/* Towards the source's QEMU */

static void on_writable(void *ctx, short revents);

static void flush(struct proxy_job *job)
{
    if (!proxy_channel_write(job->qemu_fd, &job->to_qemu)) {
        buf_clear(&job->to_qemu); /* QEMU has closed its end: its own verdict counts */
    }
    if (job->to_qemu.len > 0 && job->qemu_out_watch == PROXY_NO_WATCH) {
        job->qemu_out_watch = proxy_loop_watch(job->loop, job->qemu_fd, POLLOUT, on_writable, job);
    } else if (job->to_qemu.len == 0) {
        proxy_loop_drop(job->loop, &job->qemu_out_watch);
    }
}

static void on_writable(void *ctx, short revents)
{
    (void)revents;
    flush(ctx);
}

void proxy_return_put(struct proxy_job *job, struct span octets)
{
    struct err err = ERR_INIT;
    struct span whole;

    if (job->qemu_fd < 0 || octets.len == 0 || !take(job, octets, &whole)) {
        return; /* nobody has asked for a return path; or it has failed */
    }
    if (!buf_put(&job->to_qemu, whole.p, whole.len, &err)) {
        proxy_job_fail(job, "QEMU does not read its return path: %s", err.text);
        return;
    }
    taken(job, whole.len);
    flush(job);
    if (job->shut_bad && job->state == PROXY_JOB_COMMITTED) {
        proxy_job_peer_gone(job, 0); /* nothing else is to come */
    }
}

void proxy_return_end(struct proxy_job *job)
{
    uint64_t end = proxy_now() + END_MS;

    if (!job->return_path || job->qemu_fd < 0) {
        return;
    }
    if (!job->shut) {
        buf_clear(&job->return_octets);
        proxy_return_put(job, span_of(shut_good, sizeof(shut_good)));
    }
    while (job->qemu_fd >= 0 && job->to_qemu.len > 0 && proxy_now() < end) {
        struct pollfd wait = {job->qemu_fd, POLLOUT, 0};

        (void)poll(&wait, 1, END_MS);
        flush(job);
    }
}

/* The output of a command, which is QEMU's return path. */
static bool pass_back(struct proxy_job *job)
{
    uint8_t piece[PIECE];
    ssize_t n = read(job->in_fd, piece, sizeof(piece));

    if (n <= 0) {
        return n < 0 && errno == EINTR;
    }
    proxy_return_put(job, span_of(piece, (size_t)n));
    return job->in_fd >= 0;
}

static void on_command_output(void *ctx, short revents)
{
    struct proxy_job *job = ctx;

    (void)revents;
    if (!pass_back(job)) {
        proxy_loop_drop(job->loop, &job->in_watch);
    }
}

void proxy_return_watch_command(struct proxy_job *job)
{
    job->in_watch = proxy_loop_watch(job->loop, job->in_fd, POLLIN, on_command_output, job);
}

void proxy_return_drain(struct proxy_job *job)
{
    if (job->direction == PROXY_OUTGOING && job->in_watch != PROXY_NO_WATCH) {
        (void)fcntl(job->in_fd, F_SETFL, fcntl(job->in_fd, F_GETFL) | O_NONBLOCK);
        while (pass_back(job)) {
        }
        proxy_loop_drop(job->loop, &job->in_watch);
    }
}

/* From the destination's QEMU */

/* QEMU has closed its end of the pair. */
static void qemu_ended(struct proxy_job *job)
{
    if (job->state == PROXY_JOB_RUNNING && job->two_way) {
        proxy_channel_reports(job);
        if (job->go && job->state == PROXY_JOB_RUNNING) {
            /* QEMU may have had everything: the codec only writes now, and its end tells. */
            proxy_loop_drop(job->loop, &job->qemu_watch);
            return;
        }
    }
    if (job->state == PROXY_JOB_DONE) {
        proxy_return_unloaded(job);
        proxy_job_close_channel(job);
        proxy_job_close_qemu(job);
    } else if (job->state == PROXY_JOB_RUNNING && job->two_way) {
        job->of_qemu = true;
        proxy_job_fail(job, "QEMU has closed its end of the stream");
    } else {
        proxy_loop_drop(job->loop, &job->qemu_watch); /* the codec will find out */
    }
}

static void on_qemu(void *ctx, short revents)
{
    struct proxy_job *job = ctx;
    uint8_t piece[PIECE];
    struct span whole;
    ssize_t n;

    (void)revents;
    n = recv(job->qemu_fd, piece, sizeof(piece), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n <= 0) {
        qemu_ended(job);
        return;
    }
    if (!take(job, span_of(piece, (size_t)n), &whole) || whole.len == 0) {
        return;
    }
    proxy_channel_back(job, whole);
    taken(job, whole.len);
}

void proxy_return_watch(struct proxy_job *job)
{
    if (job->target.transport == PROXY_EXEC) {
        (void)fcntl(job->out_fd, F_SETFL, fcntl(job->out_fd, F_GETFL) | O_NONBLOCK);
    } else if (!proxy_socket_is(job->out_fd)) {
        return; /* a file has no way back */
    }
    job->qemu_watch = proxy_loop_watch(job->loop, job->qemu_fd, POLLIN, on_qemu, job);
}

void proxy_return_unloaded(struct proxy_job *job)
{
    struct pollfd wait = {job->qemu_fd, 0, 0};

    if (job->direction == PROXY_INCOMING && job->two_way && job->returned && !job->shut &&
        job->qemu_fd >= 0 && poll(&wait, 1, 0) > 0 && (wait.revents & POLLHUP) != 0) {
        job->shut = true;
        proxy_channel_send(job, PROXY_RETURN, span_of(shut_bad, sizeof(shut_bad)));
    }
}
