/*
 * fuzz_peer_says_anything.c - whatever the other end of a channel sends, a migration ends, QEMU
 * gets whole messages of its return path and nothing else, and a guest that has been given up is
 * never told to run again.
 *
 * The input's first octet says where the migration stands and whether QEMU has given the guest up;
 * then frames follow: a kind, a length (2) and contents, which get their checks here. An odd first
 * octet sends all of it as it is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "codec/base/err.h"
#include "tools/proxy/proxy_channel.h"
#include "tools/proxy/proxy_return.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SENT_MAX = 64 * 1024, HEAD_LEN = 3, RAW = 1, GIVEN_UP = 2, COMMITTED = 4, RETURN_PATH = 8 };

struct peer {
    struct proxy_loop loop;
    struct proxy_job job;
    bool given_up;
};

static void demand(bool good, const char *what)
{
    if (!good) {
        (void)fprintf(stderr, "%s\n", what);
        abort();
    }
}

static void on_ask(void *ctx)
{
    struct peer *peer = ctx;

    proxy_job_answer(&peer->job, peer->given_up, "the guest runs");
}

static void on_changed(void *ctx)
{
    (void)ctx;
}

/* The frames that the input stands for. */
static void make_frames(struct span in, struct buf *out)
{
    while (in.len >= HEAD_LEN) {
        size_t len = (size_t)in.p[1] << 8 | in.p[2];
        enum proxy_kind kind = (enum proxy_kind)in.p[0];

        in = span_from(in, HEAD_LEN);
        len = len < in.len ? len : in.len;
        if (!proxy_frame_put(out, kind, span_of(in.p, len), NULL)) {
            return;
        }
        in = span_from(in, len);
    }
}

/* QEMU has read whole messages, and SHUT as the last if the guest belongs to the other end. */
static void check_return(const struct proxy_job *job, int fd, bool committed)
{
    static uint8_t got[2 * SENT_MAX];
    static const uint8_t shut[] = {0, 1};
    size_t last = 0;
    size_t at = 0;
    size_t len = 0;
    ssize_t n;

    while ((n = recv(fd, got + len, sizeof(got) - len, MSG_DONTWAIT)) > 0) {
        len += (size_t)n;
    }
    while (len - at >= 4) {
        last = at;
        at += 4 + ((size_t)got[at + 2] << 8 | got[at + 3]);
        demand(at <= len, "QEMU has got half a message");
    }
    demand(at == len, "QEMU has got half a head");
    demand(!committed || (len > 0 && memcmp(got + last, shut, sizeof(shut)) == 0) || job->shut,
           "a QEMU that has given its guest up sees the end of its return path");
}

static void run(struct peer *peer, uint8_t how, struct span sent)
{
    const struct proxy_log log = {.name = "peer", .most = 0};
    const struct proxy_job_options options = {.producer = "fuzz", .hello_seconds = 10};
    const struct proxy_job_host host = {peer, on_ask, on_changed};
    struct proxy_job *job = &peer->job;
    bool committed = false;
    int channel[2];
    int pair[2];

    proxy_loop_init(&peer->loop);
    proxy_job_init(job, &peer->loop, &log, &options, &host);
    demand(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) == 0 &&
               socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0,
           "no descriptors");
    peer->given_up = (how & GIVEN_UP) != 0;
    job->two_way = true;
    job->out_fd = channel[0];
    job->in_fd = channel[0];
    job->qemu_fd = pair[0];
    job->return_path = (how & RETURN_PATH) != 0;
    job->state = (how & COMMITTED) != 0 ? PROXY_JOB_COMMITTED : PROXY_JOB_ENDING;
    /* With HELLO a codec would begin. */
    demand(send(channel[1], sent.p, sent.len, MSG_DONTWAIT) == (ssize_t)sent.len, "no room");
    demand(shutdown(channel[1], SHUT_WR) == 0, "no end");
    proxy_channel_begin(job);
    proxy_loop_drop(&peer->loop, &job->timer);
    for (int i = 0; i < 1000000 && !proxy_job_is_over(job); i++) {
        committed = committed || job->state == PROXY_JOB_COMMITTED;
        demand(proxy_loop_once(&peer->loop), "poll");
    }
    demand(proxy_job_is_over(job), "a migration without an end");
    demand(!committed || job->state == PROXY_JOB_DONE || job->shut_bad,
           "a guest that has been given up, and a migration that failed");
    committed = committed && job->return_path;
    check_return(job, pair[1], committed);
    proxy_job_reset(job);
    (void)close(channel[1]);
    (void)close(pair[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct peer *peer;
    struct buf frames;

    if (size == 0 || size > SENT_MAX / 4) {
        return 0;
    }
    peer = malloc(sizeof(*peer));
    demand(peer != NULL, "no memory");
    buf_init(&frames, SENT_MAX);
    if ((data[0] & RAW) != 0) {
        run(peer, data[0], span_of(data + 1, size - 1));
    } else {
        make_frames(span_of(data + 1, size - 1), &frames);
        run(peer, data[0], buf_span(&frames));
    }
    buf_done(&frames);
    free(peer);
    return 0;
}
