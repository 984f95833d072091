/*
 * test_engine_memory.c - the engine when memory runs out: every allocation fails in turn, and what
 * comes back is ERR_LIMIT with nothing changed and nothing leaked.
 */
#include <check.h>
#include <stdlib.h>

#include "codec/base/arena.h"
#include "codec/base/buf.h"
#include "codec/base/err.h"
#include "codec/schema/asn_engine.h"
#include "engine_types.h"
#include "hex_octets.h"
#include "memory_fails.h"

/* A list of 2,000 lists of one segmented string each: several blocks of the arena. */
static struct span big_input(void)
{
    enum { ITEMS = 2000 };
    static const uint8_t item[] = {0xa3, 0x80, 0xa1, 0x80, 0x04, 0x01, 0x61, 0x24, 0x80,
                                   0x04, 0x01, 0x62, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
    uint8_t *p = malloc(4 + ITEMS * sizeof(item));

    ck_assert_ptr_nonnull(p);
    memcpy(p, "\x30\x80", 2);
    for (size_t i = 0; i < ITEMS; i++) {
        memcpy(p + 2 + i * sizeof(item), item, sizeof(item));
    }
    memset(p + 2 + ITEMS * sizeof(item), 0, 2);
    return span_of(p, 4 + ITEMS * sizeof(item));
}

START_TEST(every_allocation_fails_in_turn)
{
    struct asn_type list = t_items_type;
    struct span in = big_input();
    bool whole = false;
    size_t n;

    list.max = UINT64_MAX;
    for (n = 1; !whole; n++) {
        struct t_item_list value;
        struct err err = ERR_INIT;
        struct arena arena;
        struct buf out;
        bool decoded;

        arena_init(&arena, (size_t)1 << 26);
        buf_init(&out, 1 << 20);
        ck_assert(buf_put(&out, "before", 6, NULL));
        memory_arm(n, false);
        decoded = asn_decode(&list, in, &value, &arena, 0, NULL, &err);
        whole = decoded && asn_encode_buf(&list, &value, &out, NULL, &err);
        memory_disarm();
        ck_assert(whole == (err.band == ERR_NONE));
        ck_assert(whole || err.band == ERR_LIMIT);
        ck_assert(whole || out.len == 6);
        ck_assert(decoded || err.ber_offset != ERR_NO_OFFSET);
        if (whole) {
            ck_assert_uint_eq(value.count, 2000);
            ck_assert(span_eq_str(value.items[1999].u.list.items[0].u.text, "ab"));
        }
        buf_done(&out);
        arena_done(&arena);
    }
    ck_assert_uint_gt(n, 5); /* the wrappers are there */
    hex_free(in);
}
END_TEST

/* Once the arena has its blocks and the buffer its size, nothing is allocated any more. */
START_TEST(loop_stops_allocating)
{
    struct asn_type list = t_items_type;
    struct span in = big_input();
    struct t_item_list value;
    struct arena arena;
    struct buf out;

    list.max = UINT64_MAX;
    arena_init(&arena, (size_t)1 << 26);
    buf_init(&out, 1 << 20);
    for (int round = 0; round < 5; round++) {
        size_t before = memory_taken; /* Check allocates, too: no assertion in between */
        bool ok;

        arena_reset(&arena);
        buf_clear(&out);
        ok = asn_decode(&list, in, &value, &arena, 0, NULL, NULL) &&
             asn_encode_buf(&list, &value, &out, NULL, NULL);
        before = memory_taken - before;
        ck_assert(ok);
        ck_assert(round == 0 || before == 0);
    }
    buf_done(&out);
    arena_done(&arena);
    hex_free(in);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine_memory");
    TCase *tcase = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, every_allocation_fails_in_turn);
    tcase_add_test(tcase, loop_stops_allocating);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
