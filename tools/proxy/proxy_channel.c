/* proxy_channel.c - see proxy_channel.h. */
#define _GNU_SOURCE
#include "tools/proxy/proxy_channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/proxy/proxy_return.h"
#include "tools/proxy/proxy_socket.h"

enum {
    LEGACY_FIRST = 'Q', /* of "QEVM" */
    BER_FIRST = 0x30,   /* SEQUENCE */
};

bool proxy_channel_write(int fd, struct buf *buf)
{
    while (buf->len > 0) {
        ssize_t n = send(fd, buf->p, buf->len, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n < 0 && errno == ENOTSOCK) {
            n = write(fd, buf->p, buf->len); /* a pipe, made not to block */
        }
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return errno == EAGAIN;
        }
        memmove(buf->p, buf->p + n, buf->len - (size_t)n);
        buf->len -= (size_t)n;
    }
    return true;
}

static void on_writable(void *ctx, short revents);

static void flush(struct proxy_job *job)
{
    if (job->out_fd < 0) {
        buf_clear(&job->to_peer);
        return;
    }
    if (!proxy_channel_write(job->out_fd, &job->to_peer)) {
        buf_clear(&job->to_peer);
        job->mute = true;
        if (job->direction == PROXY_INCOMING) {
            proxy_loop_drop(job->loop, &job->out_watch);
            return; /* who does not listen may have sent all there is: the codec knows */
        }
        proxy_job_fail(job, "cannot write to the other end: %s", strerror(errno));
        return;
    }
    if (job->to_peer.len > 0 && job->out_watch == PROXY_NO_WATCH) {
        job->out_watch = proxy_loop_watch(job->loop, job->out_fd, POLLOUT, on_writable, job);
    } else if (job->to_peer.len == 0) {
        proxy_loop_drop(job->loop, &job->out_watch);
    }
}

static void on_writable(void *ctx, short revents)
{
    (void)revents;
    flush(ctx);
}

void proxy_channel_send(struct proxy_job *job, enum proxy_kind kind, struct span contents)
{
    struct err err = ERR_INIT;

    if (!proxy_frame_put(&job->to_peer, kind, contents, &err)) {
        proxy_job_fail(job, "the other end does not read: %s", err.text);
        return;
    }
    flush(job);
}

void proxy_channel_back(struct proxy_job *job, struct span octets)
{
    if (job->two_way) {
        proxy_channel_send(job, PROXY_RETURN, octets);
    } else if (!buf_put(&job->to_peer, octets.p, octets.len, NULL)) {
        proxy_job_fail(job, "the other end does not read the return path");
    } else {
        flush(job);
    }
}

void proxy_channel_last_word(struct proxy_job *job, const char *why)
{
    struct buf *buf = &job->to_peer;

    /* If a frame is on its way, the end of the channel must do. */
    if (buf->len == 0 && proxy_frame_put(buf, PROXY_FAILED, span_str(why), NULL)) {
        (void)send(job->out_fd, buf->p, buf->len, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
}

/* From the other end */

/* Whether the features of both ends go together. */
static bool settle(struct proxy_job *job)
{
    for (unsigned i = 0; i < job->rule.required_count; i++) {
        if (!proxy_features_have(&job->peer, job->rule.required[i])) {
            proxy_job_fail(job, "the other end (%s) does not have feature %s", job->peer_name,
                           job->rule.required[i]);
            return false;
        }
    }
    return true;
}

static void say_hello(struct proxy_job *job)
{
    struct err err = ERR_INIT;
    struct buf hello;

    buf_init(&hello, PROXY_MESSAGE_MAX);
    if (!proxy_hello_write(&hello, job->options->producer, FORM_FEATURES_ALL & ~job->options->lacks,
                           &err)) {
        proxy_job_fail(job, "%s", err.text);
    } else {
        proxy_channel_send(job, PROXY_HELLO, buf_span(&hello));
    }
    buf_done(&hello);
}

static void on_hello(struct proxy_job *job, struct span contents)
{
    struct err err = ERR_INIT;

    if (job->state != PROXY_JOB_CONNECTING) {
        proxy_job_fail(job, "the other end said HELLO twice");
        return;
    }
    if (!proxy_hello_read(contents, job->peer_name, sizeof(job->peer_name), &job->peer, &err)) {
        proxy_job_fail(job, "the HELLO of the other end: %s", err.text);
        return;
    }
    proxy_loop_drop(job->loop, &job->timer);
    proxy_say(job->log, PROXY_LOG_DEBUG, "the other end is %s, %u features", job->peer_name,
              (unsigned)job->peer.count);
    if (job->direction == PROXY_INCOMING) {
        proxy_loop_drop(job->loop, &job->in_watch); /* the rest is the codec's to read */
        say_hello(job);
    }
    if (job->state == PROXY_JOB_CONNECTING && settle(job)) {
        proxy_job_run_codec(job);
    }
}

static void on_failed(struct proxy_job *job, struct span contents)
{
    char text[ERR_TEXT_MAX];

    proxy_printable(text, sizeof(text), contents);
    job->mute = true;
    proxy_job_fail(job, "the %s: %s", job->direction == PROXY_OUTGOING ? "destination" : "source",
                   text);
}

static void on_frame(struct proxy_job *job, enum proxy_kind kind)
{
    struct span contents = buf_span(&job->frame);
    struct err err = ERR_INIT;

    if (!proxy_frame_take(&contents, &err)) {
        proxy_job_fail(job, "the other end: %s", err.text);
        return;
    }
    switch (kind) {
    case PROXY_HELLO:
        on_hello(job, contents);
        return;
    case PROXY_FAILED:
        on_failed(job, contents);
        return;
    case PROXY_RETURN:
        /* Only a source has a QEMU that reads it; a destination's reads what has been decoded. */
        if (job->direction == PROXY_OUTGOING && job->state != PROXY_JOB_CONNECTING) {
            proxy_return_put(job, contents);
            return;
        }
        break;
    case PROXY_READY:
        if (job->state == PROXY_JOB_ENDING && !job->asked) {
            proxy_job_ask(job);
            return;
        }
        break;
    case PROXY_DATA:
    case PROXY_END:
    case PROXY_GO:
        break;
    }
    proxy_job_fail(job, "the other end sent a frame of kind 0x%02x out of place", (unsigned)kind);
}

/* Reads up to len octets of a frame; the result as of recv, 0 also for a broken channel. */
static ssize_t receive(struct proxy_job *job, uint8_t *p, size_t len)
{
    ssize_t n = recv(job->in_fd, p, len, MSG_DONTWAIT);

    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        proxy_job_peer_gone(job, n < 0 ? errno : 0);
        return 0;
    }
    return n;
}

/* Reads one frame, or what is there of it; false if there is nothing more for now. */
static bool read_frame(struct proxy_job *job)
{
    struct err err = ERR_INIT;
    struct proxy_head head;
    ssize_t n;

    if (job->head_len < sizeof(job->head)) {
        n = receive(job, job->head + job->head_len, sizeof(job->head) - job->head_len);
        if (n <= 0) {
            return false;
        }
        job->head_len += (size_t)n;
        buf_clear(&job->frame);
    }
    if (job->head_len < sizeof(job->head)) {
        return true;
    }
    if (!proxy_head_read(job->head, &head, &err) || head.kind == PROXY_DATA) {
        job->mute = true;
        proxy_job_fail(job, "the other end: %s",
                       err.band != ERR_NONE ? err.text : "unexpected BER");
        return false;
    }
    if (job->frame.len < head.len) {
        if (!buf_reserve(&job->frame, head.len - job->frame.len, &err)) {
            proxy_job_fail(job, "%s", err.text);
            return false;
        }
        n = receive(job, job->frame.p + job->frame.len, head.len - job->frame.len);
        if (n <= 0) {
            return false;
        }
        job->frame.len += (size_t)n;
    }
    if (job->frame.len == head.len) {
        job->head_len = 0;
        on_frame(job, head.kind);
    }
    return job->in_fd >= 0;
}

/* Incoming: what kind of stream this is, by its first octet, which stays unread. */
static bool look_at_first(struct proxy_job *job)
{
    uint8_t first = 0;
    ssize_t n = recv(job->in_fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    if (n <= 0) {
        job->mute = true;
        proxy_job_fail(job, "the source closed the channel before it said anything");
        return false;
    }
    if (first == LEGACY_FIRST && !job->any) {
        job->mute = true;
        proxy_job_fail(job,
                       "a legacy migration stream has arrived, but capability 'ber' is on here");
        return false;
    }
    if (first == LEGACY_FIRST || first == BER_FIRST) {
        job->two_way = false;
        proxy_loop_drop(job->loop, &job->timer);
        proxy_loop_drop(job->loop, &job->in_watch);
        proxy_job_run_codec(job);
        return false;
    }
    return true;
}

static void on_in(void *ctx, short revents)
{
    struct proxy_job *job = ctx;

    (void)revents;
    if (job->direction == PROXY_INCOMING && job->head_len == 0 && !look_at_first(job)) {
        return;
    }
    while (job->in_watch != PROXY_NO_WATCH && read_frame(job)) {
    }
}

static void on_hello_missing(void *ctx, short revents)
{
    struct proxy_job *job = ctx;

    (void)revents;
    job->timer = PROXY_NO_WATCH;
    proxy_job_fail(job, "no HELLO from the other end within %u s: is capability 'ber' on there?",
                   job->options->hello_seconds);
}

void proxy_channel_begin(struct proxy_job *job)
{
    proxy_socket_patience(job->out_fd, job->options->network_seconds);
    job->in_watch = proxy_loop_watch(job->loop, job->in_fd, POLLIN, on_in, job);
    /* A descriptor that a migration is to come in by may be there long before it comes. */
    if (job->direction == PROXY_OUTGOING || job->target.transport != PROXY_FD) {
        job->timer = proxy_loop_after(job->loop, (uint64_t)job->options->hello_seconds * 1000,
                                      on_hello_missing, job);
    }
    if (job->direction == PROXY_OUTGOING) {
        say_hello(job);
    }
}

bool proxy_channel_hear_out(struct proxy_job *job, int ms)
{
    uint64_t end = proxy_now() + (uint64_t)ms;

    while (job->in_fd >= 0 && job->state != PROXY_JOB_FAILED) {
        struct pollfd wait = {job->in_fd, POLLIN, 0};
        uint64_t now = proxy_now();

        if (now >= end || poll(&wait, 1, (int)(end - now)) <= 0) {
            return false;
        }
        if (recv(job->in_fd, &(uint8_t){0}, 1, MSG_PEEK | MSG_DONTWAIT) <= 0) {
            return false; /* it says nothing more: our own sentence it is */
        }
        (void)read_frame(job);
    }
    return job->state == PROXY_JOB_FAILED;
}

/* The codec's reports */

static void on_report(struct proxy_job *job, struct proxy_report *report)
{
    job->counts = report->counts;
    switch (report->word) {
    case PROXY_ASKS_TO_END:
        proxy_job_ask(job);
        break;
    case PROXY_SAYS_READY:
        proxy_channel_send(job, PROXY_READY, span_of(NULL, 0));
        break;
    case PROXY_SAYS_GO:
        job->go = true;
        break;
    case PROXY_SAYS_DONE:
        job->codec_done = true;
        job->copied = report->copied != 0;
        break;
    case PROXY_SAYS_FAILED:
        proxy_printable(job->why, sizeof(job->why),
                        span_of(report->text, strnlen(report->text, sizeof(report->text))));
        job->of_qemu = report->cut != 0;
        break;
    default:
        break; /* progress */
    }
}

void proxy_channel_reports(struct proxy_job *job)
{
    struct proxy_report report;

    while (job->codec.control >= 0) {
        ssize_t n = recv(job->codec.control, &report, sizeof(report), MSG_DONTWAIT);

        if (n == (ssize_t)sizeof(report)) {
            on_report(job, &report);
        } else if (n >= 0 || (errno != EINTR && errno != EAGAIN)) {
            proxy_loop_drop(job->loop, &job->control_watch);
            return;
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

void proxy_channel_say_yes(struct proxy_job *job)
{
    uint8_t yes = PROXY_SAYS_YES;

    (void)send(job->codec.control, &yes, 1, MSG_NOSIGNAL);
}
