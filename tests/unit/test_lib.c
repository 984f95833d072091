/*
 * test_lib.c - libvmber as its users see it: one header, functions of their own for octets, and no
 * state but what they hold.
 */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/lib/vmber.h"
#include "stream_samples.h"

enum { LIB_MAX = 1 << 24 };

/* Both ends of a stream; the n-th call fails with fail, counted from 1. */
struct ends {
    struct span left;
    size_t chunk;
    struct buf out;
    size_t reads;
    size_t writes;
    size_t fail_read_at;
    size_t fail_write_at;
    int fail;
};

static int64_t take(void *ctx, void *octets, size_t count)
{
    struct ends *ends = ctx;
    size_t n = ends->left.len < count ? ends->left.len : count;

    if (++ends->reads == ends->fail_read_at) {
        return ends->fail;
    }
    if (ends->chunk > 0 && n > ends->chunk) {
        n = ends->chunk;
    }
    if (n > 0) {
        memcpy(octets, ends->left.p, n);
        ends->left = span_from(ends->left, n);
    }
    return (int64_t)n;
}

static int give(void *ctx, const void *octets, size_t count)
{
    struct ends *ends = ctx;

    if (++ends->writes == ends->fail_write_at) {
        return ends->fail;
    }
    return buf_put(&ends->out, octets, count, NULL) ? 0 : -ENOSPC;
}

static struct vmber_io ends_io(struct ends *ends, struct span in)
{
    struct vmber_io io = {take, ends, give, ends};

    memset(ends, 0, sizeof(*ends));
    ends->left = in;
    buf_init(&ends->out, LIB_MAX);
    return io;
}

/* Encodes sample i; false if it can only be salvaged. */
static bool encoded(struct stream_sample *sample, size_t i, struct buf *ber)
{
    struct vmber_error error;
    struct ends ends;
    struct vmber_io io;

    stream_sample_make(sample, i);
    io = ends_io(&ends, buf_span(&sample->legacy));
    *ber = ends.out;
    if ((sample->flags & SAMPLE_CUT) != 0) {
        return false;
    }
    ck_assert_msg(vmber_encode(&io, 0, &error) == VMBER_GOOD, "%s: %s", sample->name, error.text);
    *ber = ends.out;
    return true;
}

START_TEST(streams_go_and_come_back)
{
    struct stream_sample sample;
    struct vmber_error error;
    struct ends ends;
    struct vmber_io io;
    struct buf ber;

    if (encoded(&sample, (size_t)_i, &ber)) {
        for (size_t chunk = 0; chunk < 4; chunk++) {
            io = ends_io(&ends, buf_span(&ber));
            ends.chunk = chunk;
            ck_assert_msg(vmber_decode(&io, VMBER_STRICT, &error) == VMBER_GOOD, "%s: %s",
                          sample.name, error.text);
            ck_assert_int_eq(error.status, VMBER_GOOD);
            ck_assert(span_eq(buf_span(&ends.out), buf_span(&sample.legacy)));
            buf_done(&ends.out);
        }
    }
    buf_done(&ber);
    stream_sample_done(&sample);
}
END_TEST

START_TEST(flags_mean_what_they_say)
{
    struct stream_sample sample;
    struct vmber_error error;
    struct ends ends;
    struct vmber_io io;

    stream_sample_named(&sample, "unknown");
    io = ends_io(&ends, buf_span(&sample.legacy));
    ck_assert_int_eq(vmber_encode(&io, VMBER_STRICT, &error), VMBER_UNSUPPORTED);
    ck_assert_int_eq(error.status, VMBER_UNSUPPORTED);
    ck_assert_str_ne(error.text, "");
    ck_assert(error.legacy_offset != VMBER_NO_OFFSET);
    buf_done(&ends.out);
    stream_sample_done(&sample);

    stream_sample_named(&sample, "precopy");
    io = ends_io(&ends, buf_span(&sample.legacy));
    ck_assert_int_eq(vmber_encode(&io, 0, NULL), VMBER_TRUNCATED);
    buf_done(&ends.out);
    io = ends_io(&ends, buf_span(&sample.legacy));
    ck_assert_int_eq(vmber_encode(&io, VMBER_SALVAGE, &error), VMBER_GOOD);
    buf_done(&ends.out);
    io = ends_io(&ends, buf_span(&sample.legacy));
    ck_assert_int_eq(vmber_encode(&io, VMBER_SALVAGE | VMBER_STRICT, &error), VMBER_USAGE);
    ck_assert_uint_eq(ends.reads, 0);
    stream_sample_done(&sample);
}
END_TEST

START_TEST(errors_are_sentences)
{
    struct vmber_error error;
    struct ends ends;
    struct vmber_io io = ends_io(&ends, span_of("QEVM\0\0\0\2", 8));
    char line[1024];
    char shortened[8];

    ck_assert_int_eq(vmber_encode(&io, 0, &error), VMBER_MALFORMED);
    ck_assert_str_eq(vmber_error_format(&error, shortened, sizeof(shortened)), "expecte");
    ck_assert_ptr_eq(vmber_error_format(&error, line, sizeof(line)), line);
    ck_assert_ptr_nonnull(strstr(line, "expected"));
    ck_assert_ptr_nonnull(strstr(line, "at legacy offset 0x"));
    ck_assert_ptr_null(strchr(line, '\n'));
    ck_assert_ptr_nonnull(strchr(vmber_version(), '.'));
    buf_done(&ends.out);
}
END_TEST

/* An event as text, without BER offsets; octets as their sum. */
static void note(struct buf *notes, const struct vmber_event *e)
{
    char line[1024];
    uint64_t sum = 0;
    int n;

    for (size_t i = 0; i < e->octet_count; i++) {
        sum = sum * 31 + e->octets[i];
    }
    n = snprintf(line, sizeof(line),
                 "%d '%.200s' '%.200s' id %u instance %u version %u depth %u index %d %u "
                 "integer %d %llu octets %zu %llx page %llu count %llu size %u at %llu+%llu\n",
                 (int)e->kind, e->name, e->type, (unsigned)e->id, (unsigned)e->instance,
                 (unsigned)e->version, (unsigned)e->depth, (int)e->has_index, (unsigned)e->index,
                 (int)e->is_signed, (unsigned long long)e->integer, e->octet_count,
                 (unsigned long long)sum, (unsigned long long)e->page, (unsigned long long)e->count,
                 (unsigned)e->page_size, (unsigned long long)e->legacy_offset,
                 (unsigned long long)e->legacy_length);
    ck_assert(n > 0 && (size_t)n < sizeof(line) && buf_put(notes, line, (size_t)n, NULL));
}

/* Reads in to its end; the result is that of the last vmber_next. */
static int read_all(struct span in, size_t chunk, struct buf *notes, struct vmber_error *error)
{
    struct ends ends;
    struct vmber_io io = ends_io(&ends, in);
    struct vmber_reader *reader = vmber_open(io.read, io.read_ctx, 0, error);
    struct vmber_event event;
    uint64_t ber_at = 0;
    int more;

    ck_assert_ptr_nonnull(reader);
    buf_init(notes, LIB_MAX);
    ends.chunk = chunk;
    while ((more = vmber_next(reader, &event, error)) > 0) {
        note(notes, &event);
        if (in.p[0] == 'Q') {
            ck_assert(event.ber_offset == VMBER_NO_OFFSET && event.ber_length == 0);
        } else if (event.kind == VMBER_EVENT_SECTION) {
            ck_assert(event.ber_offset > ber_at && event.ber_offset + event.ber_length <= in.len);
            ber_at = event.ber_offset;
        }
    }
    ck_assert_int_eq(vmber_next(reader, &event, error), more); /* and so it stays */
    vmber_close(reader);
    return more;
}

START_TEST(both_kinds_of_streams_tell_the_same)
{
    struct stream_sample sample;
    struct vmber_error error;
    struct buf ber;
    struct buf of_legacy;
    struct buf of_ber;
    int ends;

    if (encoded(&sample, (size_t)_i, &ber)) {
        ends = read_all(buf_span(&sample.legacy), 0, &of_legacy, &error);
        ck_assert_msg(ends == 0, "%s: %s", sample.name, error.text);
        ends = read_all(buf_span(&ber), 0, &of_ber, &error);
        ck_assert_msg(ends == 0, "%s: %s", sample.name, error.text);
        ck_assert_msg(span_eq(buf_span(&of_legacy), buf_span(&of_ber)), "%s:\n%.*s---\n%.*s",
                      sample.name, (int)of_legacy.len, (const char *)of_legacy.p, (int)of_ber.len,
                      (const char *)of_ber.p);
        buf_done(&of_ber);
        ends = read_all(buf_span(&ber), 3, &of_ber, &error);
        ck_assert(ends == 0 && span_eq(buf_span(&of_legacy), buf_span(&of_ber)));
        buf_done(&of_ber);
        buf_done(&of_legacy);
    }
    buf_done(&ber);
    stream_sample_done(&sample);
}
END_TEST

/* What is told of a stream that is cut begins like what is told of all of it. */
START_TEST(what_is_told_before_an_error_stands)
{
    struct stream_sample sample;
    struct vmber_error error;
    struct buf ber;
    struct buf whole;
    struct buf part;

    for (size_t i = 0;; i++) {
        ck_assert_uint_lt(i, stream_sample_count());
        if (encoded(&sample, i, &ber) && strcmp(sample.name, "structs, compact") == 0) {
            break;
        }
        buf_done(&ber);
        stream_sample_done(&sample);
    }
    ck_assert_int_eq(read_all(buf_span(&ber), 0, &whole, &error), 0);
    for (size_t cut = 1; cut < ber.len; cut += TEST_STRIDE) {
        ck_assert_int_eq(read_all(span_of(ber.p, cut), 0, &part, &error), -1);
        ck_assert_int_eq(error.status, VMBER_TRUNCATED);
        ck_assert(part.len <= whole.len &&
                  (part.len == 0 || memcmp(part.p, whole.p, part.len) == 0));
        buf_done(&part);
    }
    buf_done(&whole);
    buf_done(&ber);
    stream_sample_done(&sample);
}
END_TEST

/* Returns how often reading succeeds before it does not, and what status that gives. */
static enum vmber_status read_until(struct span in, size_t fail_at, int fail)
{
    struct vmber_error error = {0};
    struct ends ends;
    struct vmber_io io = ends_io(&ends, in);
    struct vmber_reader *reader = vmber_open(io.read, io.read_ctx, 0, &error);
    struct vmber_event event;
    int more;

    ends.chunk = 100;
    ends.fail_read_at = fail_at;
    ends.fail = fail;
    do {
        more = vmber_next(reader, &event, &error);
    } while (more > 0);
    vmber_close(reader);
    ck_assert(more == 0 || strstr(error.text, "cannot read the input: ") != NULL);
    return more == 0 ? VMBER_GOOD : error.status;
}

START_TEST(failing_callbacks_fail_the_call)
{
    struct stream_sample sample;
    struct buf ber;
    enum vmber_status status = VMBER_IO;
    bool is_encode = _i % 2 == 0;
    int fail = _i / 2 == 0 ? -EPIPE : 1 << 30; /* an errno, and what no function may return */
    struct span in;

    for (size_t i = 0;; i++) {
        if (encoded(&sample, i, &ber) && strcmp(sample.name, "leaves, compact") == 0) {
            break;
        }
        buf_done(&ber);
        stream_sample_done(&sample);
    }
    in = is_encode ? buf_span(&sample.legacy) : buf_span(&ber);
    for (size_t n = 1; status != VMBER_GOOD; n++) {
        for (int at_read = 0; at_read < 2; at_read++) {
            struct vmber_error error;
            struct ends ends;
            struct vmber_io io = ends_io(&ends, in);

            ends.chunk = 100;
            ends.fail = fail;
            *(at_read != 0 ? &ends.fail_read_at : &ends.fail_write_at) = n;
            status = is_encode ? vmber_encode(&io, 0, &error) : vmber_decode(&io, 0, &error);
            ck_assert(status == VMBER_IO || (status == VMBER_GOOD && n > 3));
            ck_assert(status == VMBER_GOOD || strstr(error.text, "cannot ") == error.text);
            ck_assert(status == VMBER_GOOD || fail > 0 || strstr(error.text, "pipe") != NULL);
            buf_done(&ends.out);
        }
    }
    for (size_t n = 1; read_until(in, n, fail) != VMBER_GOOD; n++) {
        ck_assert_int_eq(read_until(in, n, fail), VMBER_IO);
    }
    buf_done(&ber);
    stream_sample_done(&sample);
}
END_TEST

START_TEST(readers_can_be_closed_at_any_time)
{
    struct stream_sample sample;
    struct buf ber;

    vmber_close(NULL);
    ck_assert(encoded(&sample, (size_t)_i * 7 + 1, &ber));
    for (size_t events = 0; events < 60; events++) {
        for (int kind = 0; kind < 2; kind++) {
            struct ends ends;
            struct vmber_io io =
                ends_io(&ends, kind == 0 ? buf_span(&sample.legacy) : buf_span(&ber));
            struct vmber_reader *reader = vmber_open(io.read, io.read_ctx, 0, NULL);
            struct vmber_event event;

            ck_assert_ptr_nonnull(reader);
            for (size_t i = 0; i < events && vmber_next(reader, &event, NULL) > 0; i++) {
            }
            vmber_close(reader);
        }
    }
    buf_done(&ber);
    stream_sample_done(&sample);
}
END_TEST

START_TEST(nothing_is_no_stream)
{
    static const char *const inputs[] = {"", "x", "QEVM", "0", "0\x80"};

    for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
        struct vmber_error error;
        struct ends ends;
        struct vmber_io io = ends_io(&ends, span_str(inputs[i]));
        struct vmber_reader *reader = vmber_open(io.read, io.read_ctx, 0, &error);
        struct vmber_event event;

        ck_assert_int_eq(vmber_next(reader, &event, &error), -1);
        ck_assert(error.status == VMBER_TRUNCATED || error.status == VMBER_MALFORMED);
        vmber_close(reader);
    }
}
END_TEST

/* A thread's work: one stream, there and back and read, again and again. */
struct work {
    pthread_t thread;
    size_t sample;
    bool ok;
};

static bool once(struct span legacy, size_t chunk)
{
    struct ends there;
    struct ends back;
    struct vmber_io io = ends_io(&there, legacy);
    struct vmber_reader *reader;
    struct vmber_event event;
    bool ok;

    there.chunk = chunk;
    ok = vmber_encode(&io, 0, NULL) == VMBER_GOOD;
    io = ends_io(&back, buf_span(&there.out));
    back.chunk = chunk;
    ok = ok && vmber_decode(&io, 0, NULL) == VMBER_GOOD && span_eq(buf_span(&back.out), legacy);
    buf_done(&back.out);
    io = ends_io(&back, buf_span(&there.out));
    reader = vmber_open(io.read, io.read_ctx, 0, NULL);
    while (ok && vmber_next(reader, &event, NULL) > 0) {
    }
    ok = ok && vmber_next(reader, &event, NULL) == 0;
    vmber_close(reader);
    buf_done(&there.out);
    return ok;
}

static void *work_run(void *ctx)
{
    struct work *work = ctx;
    struct stream_sample sample;

    stream_sample_make(&sample, work->sample);
    work->ok = true;
    for (size_t round = 0; round < 100 / TEST_STRIDE; round++) {
        work->ok &= once(buf_span(&sample.legacy), round * 37 % 300);
    }
    stream_sample_done(&sample);
    return NULL;
}

START_TEST(threads_do_not_disturb_each_other)
{
    struct work works[4];

    for (size_t i = 0; i < 4; i++) {
        works[i].sample = stream_sample_count() - 3 - 4 * i - (size_t)_i;
        works[i].ok = false;
        ck_assert_int_eq(pthread_create(&works[i].thread, NULL, work_run, &works[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(pthread_join(works[i].thread, NULL), 0);
        ck_assert_msg(works[i].ok, "thread %zu", i);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lib");
    TCase *tcase = tcase_create("lib");
    int samples = (int)stream_sample_count();
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, streams_go_and_come_back, 0, samples);
    tcase_add_test(tcase, flags_mean_what_they_say);
    tcase_add_test(tcase, errors_are_sentences);
    tcase_add_loop_test(tcase, both_kinds_of_streams_tell_the_same, 0, samples);
    tcase_add_test(tcase, what_is_told_before_an_error_stands);
    tcase_add_loop_test(tcase, failing_callbacks_fail_the_call, 0, 4);
    tcase_add_loop_test(tcase, readers_can_be_closed_at_any_time, 0, 13);
    tcase_add_test(tcase, nothing_is_no_stream);
    tcase_add_loop_test(tcase, threads_do_not_disturb_each_other, 0, 3);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
