/*
 * test_engine.c - the table engine: what it writes, what it takes, what it refuses and how it says
 * so.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base/arena.h"
#include "codec/base/buf.h"
#include "codec/base/err.h"
#include "codec/schema/asn_engine.h"
#include "engine_types.h"

enum { ARENA_MAX = 64 * 1024 * 1024 };

static struct arena arena;

static void setup(void)
{
    arena_init(&arena, ARENA_MAX);
}

static void teardown(void)
{
    arena_done(&arena);
}

/* Octets in a block of exactly their size, so that a sanitizer sees the first octet read too far. */
static struct span octets(const char *hex)
{
    size_t n = 0;
    uint8_t *p = malloc(strlen(hex) / 2 + 1);
    uint8_t *exact;
    unsigned v;

    ck_assert_ptr_nonnull(p);
    while (*hex != '\0') {
        if (*hex == ' ') {
            hex++;
            continue;
        }
        ck_assert_int_eq(sscanf(hex, "%2x", &v), 1);
        p[n++] = (uint8_t)v;
        hex += 2;
    }
    exact = malloc(n > 0 ? n : 1);
    ck_assert_ptr_nonnull(exact);
    memcpy(exact, p, n);
    free(p);
    return span_of(exact, n);
}

static void drop(struct span s)
{
    free((void *)(uintptr_t)s.p);
}

static struct span text(const char *s)
{
    return span_str(s);
}

/* A value with something in every component. */
static struct t_all full_value(void)
{
    static struct t_item inner_items[2];
    static struct t_item items[6];
    static const uint8_t oid[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x81, 0xfd, 0x58, 0x01};
    static const uint8_t raw[] = {0x30, 0x03, 0x02, 0x01, 0x2a};
    static const uint8_t future[] = {0x8c, 0x01, 0x55};
    static const uint8_t added[] = {0xbf, 0x32, 0x03, 0x02, 0x01, 0x01, 0x9f, 0x33, 0x00};
    struct t_all v;

    memset(&v, 0, sizeof(v));
    v.flag = true;
    v.u8 = 255;
    v.u16 = 32768;
    v.u32 = 0x7fffffff;
    v.u64 = UINT64_MAX;
    v.i8 = -128;
    v.i16 = -129;
    v.i32 = INT32_MIN;
    v.i64 = INT64_MIN;
    v.kind = 5;
    v.kindx = 1234;
    v.data = text("some octets");
    v.oid = span_of(oid, sizeof(oid));
    v.has_level = true;
    v.level = 9;
    v.has_opt = true;
    v.opt = 128;
    v.has_expl = true;
    v.expl.id = 3;
    v.expl.name = text("n\xc3\xa4me");
    inner_items[0].which = ITEM_WRAPPED;
    inner_items[0].u.wrapped = -1;
    inner_items[1].which = ITEM_LIST;
    items[0].which = ITEM_NUMBER;
    items[0].u.number = (uint64_t)1 << 63;
    items[1].which = ITEM_TEXT;
    items[1].u.text = text("a text");
    items[2].which = ITEM_INNER;
    items[2].u.inner.id = 77;
    items[2].u.inner.name = text("");
    items[2].u.inner.unknown = span_of(future, sizeof(future));
    items[3].which = ITEM_LIST;
    items[3].u.list.count = 2;
    items[3].u.list.items = inner_items;
    items[4].which = ASN_UNKNOWN;
    items[4].unknown = span_of(future, sizeof(future));
    items[5].which = ITEM_WRAPPED;
    v.items.count = 6;
    v.items.items = items;
    v.pick.which = PICK_NUMBER;
    v.pick.u.number = -5;
    v.small = 11; /* beyond the root of an extensible range */
    v.raw = span_of(raw, sizeof(raw));
    v.has_added = true;
    v.added = 1;
    v.has_maybe = true;
    v.maybe.which = PICK_FLAG;
    v.unknown = span_of(added, sizeof(added));
    return v;
}

static void check_full(const struct t_all *v)
{
    ck_assert(v->flag);
    ck_assert_uint_eq(v->u8, 255);
    ck_assert_uint_eq(v->u16, 32768);
    ck_assert_uint_eq(v->u32, 0x7fffffff);
    ck_assert(v->u64 == UINT64_MAX);
    ck_assert_int_eq(v->i8, -128);
    ck_assert_int_eq(v->i16, -129);
    ck_assert_int_eq(v->i32, INT32_MIN);
    ck_assert(v->i64 == INT64_MIN);
    ck_assert_int_eq(v->kind, 5);
    ck_assert_int_eq(v->kindx, 1234);
    ck_assert(span_eq_str(v->data, "some octets"));
    ck_assert_uint_eq(v->oid.len, 9);
    ck_assert(v->has_level && v->level == 9);
    ck_assert(v->has_opt && v->opt == 128);
    ck_assert(v->has_expl && v->expl.id == 3 && span_eq_str(v->expl.name, "n\xc3\xa4me"));
    ck_assert_uint_eq(v->items.count, 6);
    ck_assert(v->items.items[0].u.number == (uint64_t)1 << 63);
    ck_assert(span_eq_str(v->items.items[1].u.text, "a text"));
    ck_assert_uint_eq(v->items.items[2].u.inner.id, 77);
    ck_assert_uint_eq(v->items.items[2].u.inner.unknown.len, 3);
    ck_assert_uint_eq(v->items.items[3].u.list.count, 2);
    ck_assert_int_eq(v->items.items[3].u.list.items[0].u.wrapped, -1);
    ck_assert_uint_eq(v->items.items[3].u.list.items[1].u.list.count, 0);
    ck_assert_int_eq(v->items.items[4].which, ASN_UNKNOWN);
    ck_assert_uint_eq(v->items.items[4].unknown.len, 3);
    ck_assert_int_eq(v->pick.u.number, -5);
    ck_assert_uint_eq(v->small, 11);
    ck_assert_uint_eq(v->raw.len, 5);
    ck_assert(v->has_added && v->added == 1);
    ck_assert(v->has_maybe && v->maybe.which == PICK_FLAG && !v->maybe.u.flag);
    ck_assert_uint_eq(v->unknown.len, 9);
}

/* Encodes value into a fresh buffer that the caller frees with buf_done. */
static struct buf encoded(const struct asn_type *type, const void *value)
{
    struct err err = ERR_INIT;
    char line[1024];
    struct buf out;

    buf_init(&out, 1 << 24);
    ck_assert_msg(asn_encode_buf(type, value, &out, NULL, &err), "%s",
                  err_format(&err, line, sizeof(line)));
    return out;
}

static void decoded(const struct asn_type *type, struct span in, void *value, unsigned flags)
{
    struct err err = ERR_INIT;
    char line[1024];
    size_t used = 0;

    ck_assert_msg(asn_decode(type, in, value, &arena, flags, &used, &err), "%s",
                  err_format(&err, line, sizeof(line)));
    ck_assert_uint_eq(used, in.len);
}

START_TEST(round_trip_of_everything)
{
    struct t_all v = full_value();
    struct t_all w;
    struct buf first = encoded(&t_all_type, &v);
    struct buf second;

    for (size_t i = 0; i < first.len; i++) {
        printf("%02x", first.p[i]);
    }
    printf("\n");
    decoded(&t_all_type, buf_span(&first), &w, ASN_PROFILE);
    check_full(&w);
    decoded(&t_all_type, buf_span(&first), &w, 0);
    check_full(&w);
    second = encoded(&t_all_type, &w);
    ck_assert(span_eq(buf_span(&first), buf_span(&second)));
    buf_done(&second);
    buf_done(&first);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine");
    TCase *tcase = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, round_trip_of_everything);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
