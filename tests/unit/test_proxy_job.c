/* test_proxy_job.c - tools/proxy: what comes over the channel, and what a job does with it. */
#define _GNU_SOURCE
#include <check.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "codec/base/err.h"
#include "tools/proxy/proxy_channel.h"
#include "tools/proxy/proxy_return.h"

static void nobody(void *ctx)
{
    (void)ctx;
}

/* A job with a channel that has two directions, and a QEMU; the test has the far ends, [1]. */
static struct proxy_job *make_job(struct proxy_loop *loop, int channel[2], int ends[2])
{
    static const struct proxy_log log = {.name = "test", .most = PROXY_LOG_ERROR};
    static const struct proxy_job_options options = {.producer = "test", .hello_seconds = 10};
    const struct proxy_job_host host = {NULL, nobody, nobody};
    struct proxy_job *job = malloc(sizeof(*job));

    ck_assert_ptr_nonnull(job);
    proxy_loop_init(loop);
    proxy_job_init(job, loop, &log, &options, &host);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, channel), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    job->two_way = true;
    job->out_fd = channel[0];
    job->qemu_fd = ends[0];
    return job;
}

/* RETURN frames reach QEMU from a destination that has said HELLO, and from nobody else. */
START_TEST(only_a_destination_has_a_return_path)
{
    static const struct {
        enum proxy_direction direction;
        enum proxy_job_state state;
        bool passes;
    } cases[] = {{PROXY_INCOMING, PROXY_JOB_CONNECTING, false},
                 {PROXY_OUTGOING, PROXY_JOB_CONNECTING, false},
                 {PROXY_OUTGOING, PROXY_JOB_RUNNING, true}};
    /* To one who reads it as messages, "QEVM" is the head of one of 22093 octets. */
    static const char octets[4 + 0x564d] = "QEVM\0\0\0\3";
    static const char pong[] = "\0\2\0\4\0\0\0\1";
    struct span contents = cases[_i].passes ? span_of(pong, 8) : span_of(octets, sizeof(octets));
    struct err err = ERR_INIT;
    struct proxy_loop loop;
    uint8_t got[64];
    struct buf frame;
    int channel[2];
    int ends[2];
    struct proxy_job *job = make_job(&loop, channel, ends);

    job->direction = cases[_i].direction;
    job->state = cases[_i].state;
    job->in_fd = channel[0];
    buf_init(&frame, PROXY_MESSAGE_MAX);
    ck_assert(proxy_frame_put(&frame, PROXY_RETURN, contents, &err));
    ck_assert_int_eq(send(channel[1], frame.p, frame.len, 0), (ssize_t)frame.len);
    proxy_channel_begin(job);
    ck_assert(proxy_loop_once(&loop));
    if (cases[_i].passes) {
        ck_assert_int_eq(job->state, cases[_i].state);
        ck_assert_int_eq(recv(ends[1], got, sizeof(got), 0), 8);
    } else {
        ck_assert_int_eq(job->state, PROXY_JOB_FAILED);
        ck_assert_ptr_nonnull(strstr(job->why, "0xa7 out of place"));
        ck_assert_int_eq(recv(ends[1], got, sizeof(got), 0), 0);
    }
    proxy_job_reset(job);
    (void)close(channel[1]);
    (void)close(ends[1]);
    buf_done(&frame);
    free(job);
}
END_TEST

/* Behind GO, QEMU closes its end before the codec has ended: the codec's end tells which it was. */
START_TEST(behind_go_the_codec_tells_whether_all_was_written)
{
    static const char pong[] = "\0\2\0\4\0\0\0\1";
    bool good = _i == 0;
    struct proxy_loop loop;
    uint8_t got[256];
    int channel[2];
    int ends[2];
    ssize_t n;
    struct proxy_job *job = make_job(&loop, channel, ends);

    job->direction = PROXY_INCOMING;
    job->state = PROXY_JOB_RUNNING;
    job->go = true;
    job->codec_done = good;
    job->codec.pid = fork();
    ck_assert_int_ge(job->codec.pid, 0);
    if (job->codec.pid == 0) {
        (void)close(ends[1]);     /* QEMU's alone */
        (void)usleep(400 * 1000); /* one that has to wait for a processor */
        _exit(good ? 0 : 5);
    }
    job->codec.pidfd = (int)syscall(SYS_pidfd_open, job->codec.pid, 0U);
    ck_assert_int_ge(job->codec.pidfd, 0);
    /* QEMU has read all, answers, and closes. */
    proxy_return_watch(job);
    ck_assert_int_eq(write(ends[1], pong, 8), 8);
    (void)close(ends[1]);
    ck_assert(proxy_loop_once(&loop));
    ck_assert(proxy_loop_once(&loop));
    ck_assert_int_eq(job->state, PROXY_JOB_RUNNING);
    for (int i = 0; i < 10 && job->state == PROXY_JOB_RUNNING; i++) {
        proxy_job_settle(job);
    }
    ck_assert_int_eq(job->state, good ? PROXY_JOB_DONE : PROXY_JOB_FAILED);
    /* Either way the source hears PONG, and then that its guest does not run here. */
    n = recv(channel[1], got, sizeof(got), 0);
    ck_assert_int_ge(n, 2 * (PROXY_HEAD_LEN + 8 + 16));
    ck_assert_mem_eq(got + PROXY_HEAD_LEN, pong, 8);
    ck_assert_int_eq(got[PROXY_HEAD_LEN + 8 + 16], PROXY_RETURN);
    ck_assert_mem_eq(got + 2 * PROXY_HEAD_LEN + 8 + 16, "\0\1\0\4\0\0\0\1", 8);
    proxy_job_reset(job);
    (void)close(channel[1]);
    free(job);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("proxy_job");
    TCase *all = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, only_a_destination_has_a_return_path, 0, 3);
    tcase_add_loop_test(all, behind_go_the_codec_tells_whether_all_was_written, 0, 2);
    suite_add_tcase(suite, all);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
