/*
 * test_view_memory.c - views when memory runs out: every allocation fails in turn, and what comes
 * back is a refusal, or a finding; nothing is leaked.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/view/view_dump.h"
#include "codec/view/view_stats.h"
#include "codec/view/view_verify.h"
#include "memory_fails.h"
#include "stream_trip.h"

enum { STREAM_OCTETS_MAX = 1 << 16, TRIES_MAX = 20000 };

static bool drop(void *ctx, struct iovec *iov, size_t iov_count, struct err *err)
{
    (void)ctx;
    (void)iov;
    (void)iov_count;
    (void)err;
    return true;
}

static const struct io_sink nowhere = {drop, NULL};

/* Each tells whether all went well; if not, err must say why, or there is a finding. */
static bool run_dump(struct io_source in, struct err *err)
{
    struct view_dump_options options;
    struct view_dump_report report;

    memset(&options, 0, sizeof(options));
    options.format = VIEW_JSON;
    options.detail = VIEW_FIELDS;
    options.runs = true;
    options.octets_max = VIEW_OCTETS_ALL;
    return view_dump(in, nowhere, &options, &report, err);
}

static bool run_verify(struct io_source in, struct err *err)
{
    struct view_verify_report report;
    bool ok = view_verify(in, nowhere, VIEW_TEXT, NULL, &report, err);

    if (ok && report.errors > 0) {
        return err_set(err, ERR_LIMIT, "a finding");
    }
    return ok;
}

static bool run_stats(struct io_source in, struct err *err)
{
    struct view_stats stats;
    bool ok = view_stats_gather(&stats, in, NULL, err) &&
              view_stats_show(&stats, nowhere, VIEW_TEXT, NULL, err);

    view_stats_done(&stats);
    return ok;
}

static bool (*const runs[])(struct io_source in, struct err *err) = {run_dump, run_verify,
                                                                     run_stats};

static struct buf streams[2]; /* legacy and BER */

START_TEST(every_allocation_fails_in_turn)
{
    const struct buf *stream = &streams[_i % 2];
    size_t n = 0;
    size_t done = 1;

    while (done >= n && n < TRIES_MAX) {
        struct stream_memory memory = {buf_span(stream), 0};
        struct err err = ERR_INIT;
        bool whole;

        memory_arm(++n, false);
        whole = runs[_i / 2](stream_source(&memory), &err);
        done = memory_taken;
        memory_disarm(); /* Check allocates, too */
        /* A tail may fall to a lower level instead: then the stream has been read as a whole. */
        ck_assert(whole || err.band == ERR_LIMIT);
        ck_assert_msg(whole || done >= n, "without a failure: %s", err.text);
    }
    ck_assert_uint_lt(n, TRIES_MAX);
}
END_TEST

static bool load(void)
{
    static uint8_t octets[STREAM_OCTETS_MAX];
    struct err err = ERR_INIT;
    FILE *file = fopen(TEST_SOURCE_DIR "/tests/vectors/streams/isapc.mig", "rb");
    size_t len;

    if (file == NULL) {
        return false;
    }
    len = fread(octets, 1, sizeof(octets), file);
    (void)fclose(file);
    buf_init(&streams[0], STREAM_OCTETS_MAX);
    return buf_put(&streams[0], octets, len, &err) &&
           stream_encode(buf_span(&streams[0]), 0, STREAM_INDEX, &streams[1], &err);
}

int main(void)
{
    Suite *s = suite_create("view memory");
    TCase *memory = tcase_create("memory");
    SRunner *runner;
    int failed;

    if (!load()) {
        fprintf(stderr, "test_view_memory: cannot read its stream\n");
        return EXIT_FAILURE;
    }
    tcase_set_timeout(memory, 300);
    tcase_add_loop_test(memory, every_allocation_fails_in_turn, 0, 6);
    suite_add_tcase(s, memory);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    buf_done(&streams[0]);
    buf_done(&streams[1]);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
