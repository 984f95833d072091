/* test_proxy.c - tools/proxy: frames, features, rules, confinement, the loop. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "codec/base/err.h"
#include "codec/base/io_fd.h"
#include "tools/proxy/proxy_confine.h"
#include "tools/proxy/proxy_frame.h"
#include "tools/proxy/proxy_return.h"
#include "tools/proxy/proxy_rules.h"

START_TEST(the_last_rule_that_fits_decides)
{
    static const char text[] = "# a comment\n"
                               "outgoing file    *              on\n"
                               "outgoing network pc-q35 >= 8.0  on require device.x require b "
                               "without device.pci.structured with stream.index\n"
                               "outgoing any     pc-q35-9.0     off # this one\n"
                               "\n"
                               "incoming any     *              auto";
    struct proxy_rules rules;
    const struct proxy_rule *rule;
    struct err err = ERR_INIT;

    ck_assert(proxy_rules_read(&rules, span_str(text), &err));
    ck_assert_uint_eq(rules.count, 4);
    ck_assert_int_eq(proxy_rules_find(&rules, PROXY_OUTGOING, PROXY_FILES, "pc")->ber,
                     PROXY_BER_ON);
    ck_assert_ptr_null(proxy_rules_find(&rules, PROXY_OUTGOING, PROXY_NETWORK, "pc-q35-7.2"));
    rule = proxy_rules_find(&rules, PROXY_OUTGOING, PROXY_NETWORK, "pc-q35-10.0");
    ck_assert_uint_eq(rule->required_count, 2);
    ck_assert_str_eq(rule->required[1], "b");
    ck_assert_uint_eq(rule->without, FORM_FEATURE_BIT(FORM_FEATURE_DEVICE_PCI));
    ck_assert_uint_eq(rule->with, FORM_FEATURE_BIT(FORM_FEATURE_STREAM_INDEX));
    ck_assert_int_eq(proxy_rules_find(&rules, PROXY_OUTGOING, PROXY_FILES, "pc-q35-9.0")->ber,
                     PROXY_BER_OFF);
    ck_assert_int_eq(proxy_rules_find(&rules, PROXY_INCOMING, PROXY_NETWORK, "virt")->ber,
                     PROXY_BER_AUTO);
}
END_TEST

static const char *const bad_rules[] = {
    "sideways any * on",          "outgoing all * on",           "outgoing any",
    "outgoing any * auto",        "outgoing any pc >= eight on", "incoming any * maybe",
    "outgoing any * on without",  "outgoing any * on require",   "outgoing any * on with device.no",
    "outgoing any * on beside x",
};

START_TEST(wrong_rules_are_refused_with_their_line)
{
    struct proxy_rules rules;
    struct err err = ERR_INIT;
    char text[128];

    (void)snprintf(text, sizeof(text), "# first\n%s\n", bad_rules[_i]);
    ck_assert(!proxy_rules_read(&rules, span_str(text), &err));
    ck_assert_msg(strncmp(err.text, "line 2: expected", 16) == 0, "%s", err.text);
}
END_TEST

START_TEST(a_line_of_too_many_words_is_refused)
{
    struct proxy_rules rules;
    struct err err = ERR_INIT;
    char text[512] = "\noutgoing any * on";

    for (int words = 4; words < 32; words += 2) {
        (void)strcat(text, " without stream.index");
    }
    (void)strcat(text, " # 32\n");
    ck_assert(proxy_rules_read(&rules, span_str(text), &err));
    *strchr(text, '#') = 'x';
    ck_assert(!proxy_rules_read(&rules, span_str(text), &err));
    ck_assert_str_eq(err.text, "line 2: more than 32 words");
}
END_TEST

START_TEST(every_flipped_bit_of_a_frame_head_is_found)
{
    static const enum proxy_kind kinds[] = {PROXY_DATA, PROXY_GO, PROXY_HELLO};
    uint8_t head[PROXY_HEAD_LEN];
    struct proxy_head read;
    struct err err = ERR_INIT;

    for (uint32_t len = 0; len < 60000; len = len * 3 + 1) {
        proxy_head_write(head, kinds[_i], len);
        ck_assert(proxy_head_read(head, &read, &err));
        ck_assert_int_eq(read.kind, kinds[_i]);
        ck_assert_uint_eq(read.len, len);
        for (int bit = 0; bit < PROXY_HEAD_LEN * 8; bit++) {
            head[bit / 8] ^= (uint8_t)(1 << (bit & 7));
            ck_assert(!proxy_head_read(head, &read, NULL));
            head[bit / 8] ^= (uint8_t)(1 << (bit & 7));
        }
    }
}
END_TEST

START_TEST(every_flipped_bit_of_a_sentence_is_found)
{
    static const char why[] = "the disk is full";
    struct err err = ERR_INIT;
    struct proxy_head head;
    struct span contents;
    struct buf octets;

    buf_init(&octets, PROXY_MESSAGE_MAX);
    ck_assert(proxy_frame_put(&octets, PROXY_FAILED, span_str(why), &err));
    ck_assert(proxy_head_read(octets.p, &head, &err));
    ck_assert_uint_eq(head.len, octets.len - PROXY_HEAD_LEN);
    contents = span_from(buf_span(&octets), PROXY_HEAD_LEN);
    ck_assert(proxy_frame_take(&contents, &err));
    ck_assert(span_eq_str(contents, why));
    for (size_t bit = PROXY_HEAD_LEN * 8; bit < octets.len * 8; bit++) {
        octets.p[bit / 8] ^= (uint8_t)(1 << (bit & 7));
        contents = span_from(buf_span(&octets), PROXY_HEAD_LEN);
        ck_assert(!proxy_frame_take(&contents, NULL));
        octets.p[bit / 8] ^= (uint8_t)(1 << (bit & 7));
    }
    contents = span_of(octets.p, 16);
    ck_assert(!proxy_frame_take(&contents, &err));
    ck_assert_int_eq(err.band, ERR_MALFORMED);
    buf_done(&octets);
}
END_TEST

START_TEST(hello_comes_back)
{
    struct proxy_features *theirs = malloc(sizeof(*theirs));
    form_feature_set mine = FORM_FEATURES_ALL & ~FORM_FEATURE_BIT(FORM_FEATURE_DEVICE_VIRTIO);
    struct err err = ERR_INIT;
    char producer[32];
    struct buf octets;

    ck_assert_ptr_nonnull(theirs);
    buf_init(&octets, PROXY_MESSAGE_MAX);
    ck_assert(proxy_hello_write(&octets, "vmber 1", mine, &err));
    ck_assert(proxy_hello_read(buf_span(&octets), producer, sizeof(producer), theirs, &err));
    ck_assert_str_eq(producer, "vmber 1");
    ck_assert_uint_eq(theirs->count, FORM_FEATURES - 1);
    for (uint32_t i = 1; i < theirs->count; i++) {
        ck_assert_int_lt(strcmp(theirs->names[i - 1], theirs->names[i]), 0);
    }
    ck_assert(proxy_features_have(theirs, "stream.index"));
    ck_assert(!proxy_features_have(theirs, "device.virtio.structured"));
    ck_assert_uint_eq(proxy_features_lacking(theirs), FORM_FEATURE_BIT(FORM_FEATURE_DEVICE_VIRTIO));
    for (size_t cut = 0; cut < octets.len; cut++) {
        ck_assert(
            !proxy_hello_read(span_of(octets.p, cut), producer, sizeof(producer), theirs, NULL));
    }
    buf_done(&octets);
    free(theirs);
}
END_TEST

START_TEST(names_of_features_are_kept_in_order)
{
    static const char *const bad[] = {"", "with space", "quote\"", "Upper", "\x80"};
    struct proxy_features *list = malloc(sizeof(*list));
    struct err err = ERR_INIT;
    char name[PROXY_FEATURE_MAX + 1];

    ck_assert_ptr_nonnull(list);
    proxy_features_init(list);
    ck_assert(proxy_features_add(list, span_str("b"), &err));
    ck_assert(proxy_features_add(list, span_str("a.long.one"), &err));
    ck_assert(proxy_features_add(list, span_str("b"), &err));
    ck_assert_uint_eq(list->count, 2);
    ck_assert_str_eq(list->names[0], "a.long.one");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert(!proxy_features_add(list, span_str(bad[i]), NULL));
    }
    memset(name, 'x', sizeof(name));
    ck_assert(proxy_features_add(list, span_of(name, PROXY_FEATURE_MAX - 1), &err));
    ck_assert(!proxy_features_add(list, span_of(name, PROXY_FEATURE_MAX), &err));
    ck_assert_int_eq(err.band, ERR_MALFORMED);
    free(list);
}
END_TEST

START_TEST(frames_carry_a_stream)
{
    static const char text[] = "what goes over the channel";
    struct proxy_frame_sink frame_sink;
    struct proxy_frame_source frame_source;
    uint8_t head[PROXY_HEAD_LEN];
    struct err err = ERR_INIT;
    struct io_fd out = {.name = "out"};
    struct io_fd in = {.name = "in"};
    struct iovec pieces[100];
    struct io_source source;
    struct io_sink sink;
    char got[8192];
    size_t len = 0;
    size_t n = 1;
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    in.fd = ends[0];
    out.fd = ends[1];
    sink = proxy_frame_sink(&frame_sink, io_fd_sink(&out));
    for (size_t i = 0; i < 100; i++) {
        pieces[i].iov_base = (void *)(uintptr_t)text;
        pieces[i].iov_len = sizeof(text);
    }
    ck_assert(sink.write(sink.ctx, pieces, 100, &err));
    proxy_head_write(head, PROXY_END, 0);
    ck_assert_int_eq(write(ends[1], head, sizeof(head)), sizeof(head));
    proxy_head_write(head, PROXY_GO, 0);
    ck_assert_int_eq(write(ends[1], head, sizeof(head)), sizeof(head));
    (void)close(ends[1]);
    source = proxy_frame_source(&frame_source, io_fd_source(&in));
    while (n > 0) {
        ck_assert(source.read(source.ctx, got + len, 37, &n, &err));
        len += n;
    }
    ck_assert_uint_eq(len, 100 * sizeof(text));
    ck_assert_mem_eq(got + 99 * sizeof(text), text, sizeof(text));
    ck_assert(proxy_frame_await(&frame_source, PROXY_GO, &err));
    ck_assert(!proxy_frame_await(&frame_source, PROXY_GO, &err));
    ck_assert_int_eq(err.band, ERR_TRUNCATED);
    (void)close(ends[0]);
}
END_TEST

START_TEST(what_the_source_says_last_is_checked)
{
    static const char why[] = "the disk\n is full";
    struct proxy_frame_source frame_source;
    struct err err = ERR_INIT;
    struct io_fd in = {.name = "in"};
    struct io_source source;
    struct buf octets;
    uint8_t got;
    int ends[2];
    size_t n;

    buf_init(&octets, PROXY_MESSAGE_MAX);
    ck_assert(proxy_frame_put(&octets, PROXY_FAILED, span_str(why), &err));
    octets.p[PROXY_HEAD_LEN] ^= _i == 1;
    octets.len -= _i == 2;
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], octets.p, octets.len), (ssize_t)octets.len);
    (void)close(ends[1]);
    in.fd = ends[0];
    source = proxy_frame_source(&frame_source, io_fd_source(&in));
    ck_assert(!source.read(source.ctx, &got, 1, &n, &err));
    ck_assert_int_eq(err.band, _i == 1 ? ERR_MALFORMED : ERR_TRUNCATED);
    ck_assert_str_eq(err.text, _i == 0   ? "the source: the disk? is full"
                               : _i == 1 ? "a frame's digest is another than that of its contents"
                                         : "the channel ended inside a frame: 1 more octets");
    (void)close(ends[0]);
    buf_done(&octets);
}
END_TEST

static void nobody(void *ctx)
{
    (void)ctx;
}

/* Gives QEMU what has come over the return path, ends it, and compares what QEMU reads. */
static void check_return(const char *came, size_t len, const char *want, size_t want_len)
{
    const struct proxy_log log = {.name = "test", .most = PROXY_LOG_ERROR};
    const struct proxy_job_options options = {.producer = "test"};
    const struct proxy_job_host host = {NULL, nobody, nobody};
    struct proxy_job *job = malloc(sizeof(*job));
    struct proxy_loop loop;
    char got[64];
    int ends[2];

    ck_assert_ptr_nonnull(job);
    proxy_loop_init(&loop);
    proxy_job_init(job, &loop, &log, &options, &host);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    job->qemu_fd = ends[0];
    job->return_path = true;
    for (size_t i = 0; i < len; i++) {
        proxy_return_put(job, span_of(came + i, 1));
    }
    proxy_return_end(job);
    proxy_job_reset(job);
    ck_assert_uint_eq((size_t)recv(ends[1], got, sizeof(got), 0), want_len);
    ck_assert_mem_eq(got, want, want_len);
    ck_assert_int_eq(recv(ends[1], got, sizeof(got), 0), 0);
    (void)close(ends[1]);
    free(job);
}

START_TEST(a_source_that_does_not_read_its_return_path_fails_the_job)
{
    static const char pong[] = "\0\2\0\4\0\0\0\1";
    const struct proxy_log log = {.name = "test", .most = PROXY_LOG_ERROR};
    const struct proxy_job_options options = {.producer = "test"};
    const struct proxy_job_host host = {NULL, nobody, nobody};
    struct proxy_job *job = malloc(sizeof(*job));
    uint8_t *full = calloc(1, PROXY_RETURN_MAX);
    struct err err = ERR_INIT;
    struct proxy_loop loop;
    int channel[2];
    int ends[2];

    ck_assert(job != NULL && full != NULL);
    proxy_loop_init(&loop);
    proxy_job_init(job, &loop, &log, &options, &host);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, channel), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    job->direction = PROXY_INCOMING;
    job->state = PROXY_JOB_RUNNING;
    job->two_way = _i != 0;
    job->out_fd = channel[0];
    job->qemu_fd = ends[0];
    ck_assert(buf_put(&job->to_peer, full, PROXY_RETURN_MAX, &err));
    proxy_return_watch(job);
    ck_assert_int_eq(write(ends[1], pong, 8), 8);
    ck_assert(proxy_loop_once(&loop));
    ck_assert_int_eq(job->state, PROXY_JOB_FAILED);
    ck_assert_uint_eq(job->return_octets.len, 0);
    ck_assert_ptr_nonnull(strstr(job->why, "does not read"));
    (void)close(channel[1]);
    (void)close(ends[1]);
    free(full);
    free(job);
}
END_TEST

START_TEST(the_return_path_ends_behind_a_whole_message)
{
    static const char pong[] = "\0\2\0\4\0\0\0\1\0\1\0\4\0\0\0\0"; /* and SHUT (0) */
    static const char bad[] = "\0\2\0\4\0\0\0\1\0\1\0\4\0\0\0\1";

    for (size_t cut = 8; cut < 16; cut++) {
        check_return(pong, cut, pong, 16);
    }
    check_return(pong, 16, pong, 16);
    check_return(bad, 16, bad, 16); /* what the destination's QEMU said itself stands */
}
END_TEST

/* In a child: confined, tries what a codec must not; the exit status says what it got. */
static int try_forbidden(enum proxy_confinement what)
{
    struct err err = ERR_INIT;
    static char shell[] = "/bin/sh";
    char *const words[] = {shell, NULL};
    void *memory;

    for (int fd = 3; fd < 64; fd++) {
        (void)close(fd);
    }
    (void)dup2(2, 3);
    (void)dup2(2, 4);
    if (!proxy_confine(what, &err)) {
        return 1;
    }
    memory = malloc(1 << 20);
    if (memory == NULL) {
        return 2;
    }
    memset(memory, 1, 1 << 20);
    free(memory);
    if (write(2, "", 0) != 0) {
        return 3;
    }
    if (open("/dev/null", O_RDONLY) >= 0) {
        return 4;
    }
    if (socket(AF_UNIX, SOCK_STREAM, 0) >= 0) {
        return 5;
    }
    if (fork() >= 0) {
        return 6;
    }
    (void)execv(shell, words);
    return errno == EPERM ? 0 : 7;
}

START_TEST(a_confined_process_cannot_open_a_file)
{
    pid_t pid;
    int status;

    if (!proxy_confine_is_built()) {
        return;
    }
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        _exit(try_forbidden(_i == 0 ? PROXY_CONFINE_DECODE : PROXY_CONFINE_ENCODE));
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status), "killed by signal %d", WTERMSIG(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

struct counted {
    struct proxy_loop *loop;
    int watch;
    int calls;
};

static void count_and_drop(void *ctx, short revents)
{
    struct counted *counted = ctx;

    (void)revents;
    counted->calls++;
    proxy_loop_drop(counted->loop, &counted->watch);
}

START_TEST(the_loop_calls_who_asked)
{
    struct proxy_loop loop;
    struct counted timer = {&loop, PROXY_NO_WATCH, 0};
    struct counted reader = {&loop, PROXY_NO_WATCH, 0};
    int ends[2];

    proxy_loop_init(&loop);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    reader.watch = proxy_loop_watch(&loop, ends[0], 1 /* POLLIN */, count_and_drop, &reader);
    timer.watch = proxy_loop_after(&loop, 20, count_and_drop, &timer);
    for (int i = 0; i < 10 && timer.calls == 0; i++) {
        ck_assert(proxy_loop_once(&loop));
    }
    ck_assert_int_eq(timer.calls, 1);
    ck_assert_int_eq(reader.calls, 1);
    (void)close(ends[0]);
    (void)close(ends[1]);
}
END_TEST

#define COUNT(list) ((int)(sizeof(list) / sizeof((list)[0])))

int main(void)
{
    Suite *suite = suite_create("proxy");
    TCase *all = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(all, 60);
    tcase_add_test(all, the_last_rule_that_fits_decides);
    tcase_add_loop_test(all, wrong_rules_are_refused_with_their_line, 0, COUNT(bad_rules));
    tcase_add_test(all, a_line_of_too_many_words_is_refused);
    tcase_add_loop_test(all, every_flipped_bit_of_a_frame_head_is_found, 0, 3);
    tcase_add_test(all, every_flipped_bit_of_a_sentence_is_found);
    tcase_add_test(all, hello_comes_back);
    tcase_add_test(all, names_of_features_are_kept_in_order);
    tcase_add_test(all, frames_carry_a_stream);
    tcase_add_loop_test(all, what_the_source_says_last_is_checked, 0, 3);
    tcase_add_loop_test(all, a_source_that_does_not_read_its_return_path_fails_the_job, 0, 2);
    tcase_add_test(all, the_return_path_ends_behind_a_whole_message);
    tcase_add_loop_test(all, a_confined_process_cannot_open_a_file, 0, 2);
    tcase_add_test(all, the_loop_calls_who_asked);
    suite_add_tcase(suite, all);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
