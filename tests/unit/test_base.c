/* test_base.c - codec/base: what every other room relies on. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/base/arena.h"
#include "codec/base/buf.h"
#include "codec/base/err.h"
#include "codec/base/hash.h"
#include "codec/base/hash_ops.h"
#include "codec/base/io.h"
#include "codec/base/io_fd.h"
#include "codec/base/spool.h"

START_TEST(first_error_wins)
{
    struct err err = ERR_INIT;
    char line[256];

    ck_assert(!err_set(&err, ERR_MALFORMED, "expected 0x%02x, found 0x%02x", 0x7e, 4));
    err_set(&err, ERR_IO, "later");
    err_at_legacy(&err, 0x10);
    err_at_legacy(&err, 0x20);
    err_at_ber(&err, 0x30);
    err_at_path(&err, "%s > %s", "rtc", "year");
    err_at_path(&err, "elsewhere");
    ck_assert_int_eq(err.band, ERR_MALFORMED);
    ck_assert_str_eq(
        err_format(&err, line, sizeof(line)),
        "rtc > year: expected 0x7e, found 0x04 at legacy offset 0x10, BER offset 0x30");
    ck_assert(!err_set(NULL, ERR_IO, "nobody listens"));
}
END_TEST

START_TEST(arena_reuses_its_blocks)
{
    struct arena arena;
    struct err err = ERR_INIT;
    void *first;

    arena_init(&arena, 1 << 20);
    first = arena_alloc(&arena, 100000, &err);
    ck_assert_ptr_nonnull(first);
    arena_reset(&arena);
    ck_assert_ptr_eq(arena_alloc(&arena, 100000, &err), first);
    ck_assert_ptr_null(arena_alloc(&arena, 1 << 20, &err));
    ck_assert_int_eq(err.band, ERR_LIMIT);
    err_init(&err);
    ck_assert_ptr_null(arena_array(&arena, SIZE_MAX / 2, 4, &err));
    ck_assert_int_eq(err.band, ERR_LIMIT);
    err_init(&err);
    ck_assert_str_eq(arena_copy(&arena, "name", 4, &err), "name");
    ck_assert_ptr_nonnull(arena_alloc(&arena, 0, &err));
    arena_done(&arena);
}
END_TEST

START_TEST(buf_keeps_its_bound)
{
    struct err err = ERR_INIT;
    struct buf buf;

    buf_init(&buf, 10);
    ck_assert(buf_put(&buf, "12345678", 8, &err));
    ck_assert(!buf_put(&buf, "901", 3, &err));
    ck_assert_int_eq(err.band, ERR_LIMIT);
    ck_assert_uint_eq(buf.len, 8);
    err_init(&err);
    ck_assert(buf_put(&buf, "90", 2, &err));
    ck_assert(span_eq_str(buf_span(&buf), "1234567890"));
    buf_done(&buf);
}
END_TEST

/* A source of the octets 0, 1, 2, ... in pieces of a chosen size. */
struct count_source {
    size_t at;
    size_t len;
    size_t chunk;
};

static bool count_read(void *ctx, void *p, size_t cap, size_t *got, struct err *err)
{
    struct count_source *source = ctx;
    size_t n = source->len - source->at;

    (void)err;
    n = n < cap ? n : cap;
    n = n < source->chunk ? n : source->chunk;
    for (size_t i = 0; i < n; i++) {
        ((uint8_t *)p)[i] = (uint8_t)(source->at + i);
    }
    source->at += n;
    *got = n;
    return true;
}

START_TEST(window_shows_the_same_in_any_chunks)
{
    static const size_t chunks[] = {1, 2, 3, 7, 4096, 100000};
    struct count_source source = {0, 50000, chunks[_i]};
    struct io_source io = {count_read, &source};
    struct err err = ERR_INIT;
    size_t seen = 0;
    struct win win;

    ck_assert(win_init(&win, io, 1000, &err));
    while (seen < 50000) {
        size_t want = 1 + seen % 999;
        struct span here;

        ck_assert(win_fill(&win, want, &err));
        here = win_span(&win);
        ck_assert(here.len >= want || win.at_end);
        ck_assert_uint_eq(win.offset, seen);
        want = want < here.len ? want : here.len;
        for (size_t i = 0; i < want; i++) {
            ck_assert_uint_eq(here.p[i], (uint8_t)(seen + i));
        }
        win_take(&win, want);
        seen += want;
    }
    ck_assert(!win_need(&win, 1, "a test", &err));
    ck_assert_int_eq(err.band, ERR_TRUNCATED);
    ck_assert_str_eq(err.text, "input ends inside a test: 1 more octets expected");
    err_init(&err);
    ck_assert(!win_fill(&win, 1001, &err));
    ck_assert_int_eq(err.band, ERR_INTERNAL);
    win_done(&win);
}
END_TEST

static bool collect(void *ctx, struct iovec *iov, size_t iov_count, struct err *err)
{
    for (size_t i = 0; i < iov_count; i++) {
        if (!buf_put(ctx, iov[i].iov_base, iov[i].iov_len, err)) {
            return false;
        }
    }
    return true;
}

START_TEST(output_keeps_order)
{
    static uint8_t large[100000];
    struct err err = ERR_INIT;
    struct buf got;
    struct io_sink sink = {collect, &got};
    struct iovec iov[2] = {{"gather", 6}, {"ed", 2}};
    struct out out;

    memset(large, 'x', sizeof(large));
    buf_init(&got, 1 << 20);
    out_init(&out, sink);
    ck_assert(out_put(&out, "small ", 6, &err));
    ck_assert_uint_eq(got.len, 0);
    ck_assert(out_gather(&out, iov, 2, &err));
    ck_assert(span_eq_str(buf_span(&got), "small gathered"));
    ck_assert(out_put(&out, "a", 1, &err));
    ck_assert(out_put(&out, large, sizeof(large), &err));
    ck_assert_uint_eq(got.len, 14 + 1 + sizeof(large));
    ck_assert_uint_eq(out.offset, got.len);
    ck_assert(out_flush(&out, &err));
    out_done(&out);
    buf_done(&got);
}
END_TEST

START_TEST(spool_moves_to_a_file)
{
    static uint8_t chunk[1 << 20];
    struct err err = ERR_INIT;
    struct spool spool;
    struct span all;

    spool_init(&spool);
    for (unsigned i = 0; i < 70; i++) {
        memset(chunk, (int)i, sizeof(chunk));
        ck_assert(spool_put(&spool, chunk, sizeof(chunk), &err));
        if (i % 30 == 3) {
            ck_assert(spool_span(&spool, &all, &err));
        }
    }
    ck_assert_int_ge(spool.fd, 0);
    ck_assert(spool_span(&spool, &all, &err));
    ck_assert_uint_eq(all.len, (size_t)70 << 20);
    for (unsigned i = 0; i < 70; i++) {
        ck_assert_uint_eq(all.p[((size_t)i << 20) + 12345], i);
    }
    spool_done(&spool);
}
END_TEST

START_TEST(spool_uses_the_file_it_was_given)
{
    static uint8_t chunk[SPOOL_MEMORY_MAX / 2 + 1];
    struct err err = ERR_INIT;
    struct spool spool;
    struct span all;
    int fd = spool_file(&err);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(setenv("TMPDIR", "/nonexistent", 1), 0);
    spool_init(&spool);
    spool_give(&spool, fd);
    ck_assert(spool_put(&spool, chunk, sizeof(chunk), &err));
    ck_assert(spool_put(&spool, chunk, sizeof(chunk), &err));
    ck_assert_int_eq(spool.fd, fd);
    ck_assert(spool_span(&spool, &all, &err));
    ck_assert_uint_eq(all.len, 2 * sizeof(chunk));
    spool_done(&spool);
    ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
    ck_assert_int_eq(spool_file(&err), -1);
    ck_assert_int_eq(err.band, ERR_IO);
    ck_assert_int_eq(unsetenv("TMPDIR"), 0);
}
END_TEST

START_TEST(spool_says_why_it_cannot)
{
    struct err err = ERR_INIT;
    struct spool spool;
    static uint8_t chunk[SPOOL_MEMORY_MAX / 2 + 1];

    ck_assert_int_eq(setenv("TMPDIR", "/nonexistent", 1), 0);
    spool_init(&spool);
    ck_assert(spool_put(&spool, chunk, sizeof(chunk), &err));
    ck_assert(!spool_put(&spool, chunk, sizeof(chunk), &err));
    ck_assert_int_eq(err.band, ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent"));
    spool_done(&spool);
    ck_assert_int_eq(unsetenv("TMPDIR"), 0);
}
END_TEST

START_TEST(file_appears_when_complete)
{
    char dir[] = "/tmp/test_base.XXXXXX";
    char path[64];
    struct err err = ERR_INIT;
    struct iovec iov = {"octets", 6};
    struct io_file file;
    struct stat st;
    struct io_sink sink;

    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(path, sizeof(path), "%s/out", dir);
    ck_assert(io_file_create(&file, path, &err));
    sink = io_fd_sink(&file.io);
    ck_assert(sink.write(sink.ctx, &iov, 1, &err));
    ck_assert_int_ne(stat(path, &st), 0);
    io_file_abandon(&file);
    ck_assert_int_eq(rmdir(dir), 0); /* nothing is left */

    ck_assert_int_eq(mkdir(dir, 0700), 0);
    ck_assert(io_file_create(&file, path, &err));
    sink = io_fd_sink(&file.io);
    iov.iov_base = "octets";
    iov.iov_len = 6;
    ck_assert(sink.write(sink.ctx, &iov, 1, &err));
    ck_assert(io_file_commit(&file, &err));
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_size, 6);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(dir), 0);

    ck_assert(!io_file_create(&file, "/nonexistent/dir/out", &err));
    ck_assert_int_eq(err.band, ERR_IO);
}
END_TEST

START_TEST(full_disk_is_an_error)
{
    struct io_fd fd = {.fd = open("/dev/full", O_WRONLY), .name = "/dev/full"};
    struct io_sink sink = io_fd_sink(&fd);
    struct iovec iov = {"octets", 6};
    struct err err = ERR_INIT;

    ck_assert_int_ge(fd.fd, 0);
    ck_assert(!sink.write(sink.ctx, &iov, 1, &err));
    ck_assert_int_eq(err.band, ERR_IO);
    ck_assert_str_eq(err.text, "cannot write /dev/full: No space left on device");
    ck_assert_int_eq(close(fd.fd), 0);
}
END_TEST

START_TEST(hash_is_xxh3)
{
    /* The reference program's values for no octets (XXH3-64 and XXH3-128, seed 0). */
    static const uint8_t check0[] = {0x2d, 0x06, 0x80, 0x05, 0x38, 0xd3, 0x94, 0xc2};
    static const uint8_t digest0[] = {0x99, 0xaa, 0x06, 0xd3, 0x01, 0x47, 0x98, 0xd8,
                                      0x60, 0x01, 0xc3, 0x24, 0x46, 0x8d, 0x49, 0x7f};
    struct hash *hash = hash_new();
    uint8_t check[HASH_CHECK_LEN];
    uint8_t digest[HASH_DIGEST_LEN];

    ck_assert_ptr_nonnull(hash);
    hash_check(hash, check);
    hash_digest(hash, digest);
    ck_assert_mem_eq(check, check0, sizeof(check0));
    ck_assert_mem_eq(digest, digest0, sizeof(digest0));
    hash_free(hash);
}
END_TEST

START_TEST(hash_takes_any_pieces)
{
    static uint8_t octets[100000];
    uint8_t whole[HASH_CHECK_LEN];
    uint8_t pieces[HASH_CHECK_LEN];
    struct hash *hash = hash_new();

    for (size_t i = 0; i < sizeof(octets); i++) {
        octets[i] = (uint8_t)(i * 2654435761U >> 13);
    }
    hash_put(hash, octets, sizeof(octets));
    hash_check(hash, whole);
    hash_reset(hash);
    for (size_t at = 0, n = 1; at < sizeof(octets); at += n, n = n * 3 % 4099 + 1) {
        n = n < sizeof(octets) - at ? n : sizeof(octets) - at;
        hash_put(hash, octets + at, n);
    }
    hash_check(hash, pieces);
    ck_assert_mem_eq(whole, pieces, sizeof(whole));
    hash_free(hash);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base");
    TCase *all = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(all, 60);
    tcase_add_test(all, first_error_wins);
    tcase_add_test(all, arena_reuses_its_blocks);
    tcase_add_test(all, buf_keeps_its_bound);
    tcase_add_loop_test(all, window_shows_the_same_in_any_chunks, 0, 6);
    tcase_add_test(all, output_keeps_order);
    tcase_add_test(all, spool_moves_to_a_file);
    tcase_add_test(all, spool_uses_the_file_it_was_given);
    tcase_add_test(all, spool_says_why_it_cannot);
    tcase_add_test(all, file_appears_when_complete);
    tcase_add_test(all, full_disk_is_an_error);
    tcase_add_test(all, hash_is_xxh3);
    tcase_add_test(all, hash_takes_any_pieces);
    suite_add_tcase(suite, all);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
