/*
 * test_devlib.c - the library of devices as its users see it: sections come with their module, and
 * go through its struct and back to the same octets; what is no value of a module is refused.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/helpers/typed_rows.h"

enum { STREAM_MAX = 1 << 20, SECTIONS_MAX = 64, BUDGET = 1 << 22 };

static const char *const streams[] = {"isapc", "isapc-bare", "pc-2.1", "s390x", "none"};

enum { STREAMS = sizeof(streams) / sizeof(streams[0]) };

/* Octets with a place in them. */
struct octets {
    uint8_t *p;
    size_t len;
    size_t at;
};

static int64_t take(void *ctx, void *out, size_t count)
{
    struct octets *in = ctx;
    size_t n = in->len - in->at < count ? in->len - in->at : count;

    if (n > 0) {
        memcpy(out, in->p + in->at, n);
    }
    in->at += n;
    return (int64_t)n;
}

static int give(void *ctx, const void *in, size_t count)
{
    struct octets *out = ctx;

    if (count > STREAM_MAX - out->len) {
        return -ENOSPC;
    }
    memcpy(out->p + out->len, in, count);
    out->len += count;
    return 0;
}

static void stream_read(const char *name, struct octets *out)
{
    char path[1024];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/tests/vectors/streams/%s.mig", TEST_SOURCE_DIR, name);
    file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    memset(out, 0, sizeof(*out));
    out->p = malloc(STREAM_MAX);
    ck_assert_ptr_nonnull(out->p);
    out->len = fread(out->p, 1, STREAM_MAX, file);
    (void)fclose(file);
}

static void stream_encode(struct octets *in, unsigned flags, struct octets *out)
{
    struct vmber_io io = {take, in, give, out};
    struct vmber_error error;

    memset(out, 0, sizeof(*out));
    out->p = malloc(STREAM_MAX);
    ck_assert_ptr_nonnull(out->p);
    in->at = 0;
    ck_assert_msg(vmber_encode(&io, flags, &error) == VMBER_GOOD, "%s", error.text);
}

/* The sections of a stream; values are blocks of exactly their size. */
struct section {
    char name[64];
    char module[64];
    struct octets value;
};

struct sections {
    struct section list[SECTIONS_MAX];
    size_t count;
};

static void add_section(struct sections *sections, const struct vmber_event *event)
{
    struct section *section = &sections->list[sections->count++];

    ck_assert_uint_lt(sections->count, SECTIONS_MAX);
    (void)snprintf(section->name, sizeof(section->name), "%s", event->name);
    (void)snprintf(section->module, sizeof(section->module), "%s", event->module);
    ck_assert_uint_gt(event->octet_count, 1);
    section->value.len = event->octet_count;
    section->value.p = malloc(event->octet_count);
    ck_assert_ptr_nonnull(section->value.p);
    memcpy(section->value.p, event->octets, event->octet_count);
}

static void sections_read(struct octets *in, unsigned flags, struct sections *sections)
{
    struct vmber_error error;
    struct vmber_event event;
    struct vmber_reader *reader;
    int more;

    in->at = 0;
    sections->count = 0;
    reader = vmber_open(take, in, flags, &error);
    ck_assert_ptr_nonnull(reader);
    while ((more = vmber_next(reader, &event, &error)) > 0) {
        if (event.kind == VMBER_EVENT_SECTION) {
            add_section(sections, &event);
        } else {
            ck_assert_str_eq(event.module, "");
        }
    }
    ck_assert_msg(more == 0, "%s", error.text);
    vmber_close(reader);
}

static void sections_done(struct sections *sections)
{
    for (size_t i = 0; i < sections->count; i++) {
        free(sections->list[i].value.p);
    }
}

/* The value of a section of isapc.mig. */
static struct octets value_of(const char *module)
{
    static struct sections sections;
    struct octets stream;
    struct octets value = {NULL, 0, 0};

    stream_read("isapc", &stream);
    sections_read(&stream, 0, &sections);
    for (size_t i = 0; i < sections.count; i++) {
        if (value.p == NULL && strcmp(sections.list[i].module, module) == 0) {
            value = sections.list[i].value;
            sections.list[i].value.p = NULL;
        }
    }
    sections_done(&sections);
    free(stream.p);
    ck_assert_ptr_nonnull(value.p);
    return value;
}

static void same(const struct sections *a, const struct sections *b, bool values)
{
    ck_assert_uint_eq(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        ck_assert_str_eq(a->list[i].name, b->list[i].name);
        if (values) {
            ck_assert_str_eq(a->list[i].module, b->list[i].module);
            ck_assert_uint_eq(a->list[i].value.len, b->list[i].value.len);
            ck_assert_mem_eq(a->list[i].value.p, b->list[i].value.p, a->list[i].value.len);
        }
    }
}

START_TEST(sections_go_through_structs_and_back)
{
    static struct sections sections;
    struct vmber_arena *arena = vmber_arena_new(BUDGET);
    struct octets stream;

    stream_read(streams[_i], &stream);
    sections_read(&stream, 0, &sections);
    ck_assert_uint_gt(sections.count, 0);
    for (size_t i = 0; i < sections.count; i++) {
        const struct section *section = &sections.list[i];
        const struct typed_row *row = typed_find(section->module);
        struct vmber_error error;
        struct vmber_octets again;

        ck_assert_msg(row != NULL, "%s has no module", section->name);
        vmber_arena_reset(arena);
        ck_assert_msg(row->again(section->value.p, section->value.len, arena, &again, &error),
                      "%s: %s: %s", section->name, error.path, error.text);
        ck_assert_int_eq(error.status, VMBER_GOOD);
        ck_assert_uint_eq(again.len, section->value.len);
        ck_assert_mem_eq(again.p, section->value.p, again.len);
    }
    sections_done(&sections);
    vmber_arena_free(arena);
    free(stream.p);
}
END_TEST

START_TEST(both_kinds_of_streams_have_the_same_sections)
{
    static struct sections of_legacy;
    static struct sections of_ber;
    struct octets stream;
    struct octets ber;

    stream_read(streams[_i], &stream);
    stream_encode(&stream, 0, &ber);
    sections_read(&stream, 0, &of_legacy);
    sections_read(&ber, 0, &of_ber);
    same(&of_legacy, &of_ber, true);
    sections_done(&of_legacy);
    sections_done(&of_ber);
    free(ber.p);
    free(stream.p);
}
END_TEST

START_TEST(modules_can_be_left_out)
{
    static struct sections of_legacy;
    static struct sections of_ber;
    struct octets stream;
    struct octets ber;

    stream_read("isapc", &stream);
    stream_encode(&stream, VMBER_NO_MODULES, &ber);
    sections_read(&stream, VMBER_NO_MODULES, &of_legacy);
    sections_read(&ber, 0, &of_ber);
    same(&of_legacy, &of_ber, true);
    for (size_t i = 0; i < of_legacy.count; i++) {
        ck_assert_str_eq(of_legacy.list[i].module, "");
    }
    sections_done(&of_ber);
    sections_read(&stream, 0, &of_ber);
    same(&of_legacy, &of_ber, false);
    sections_done(&of_legacy);
    sections_done(&of_ber);
    free(ber.p);
    free(stream.p);

    /* Without a description they are not sections without modules either. */
    stream_read("isapc-bare", &stream);
    sections_read(&stream, VMBER_NO_MODULES, &of_legacy);
    ck_assert_uint_eq(of_legacy.count, 0);
    free(stream.p);
}
END_TEST

/* The fields of a struct are those that the reader tells one by one. */
START_TEST(fields_are_those_that_are_told)
{
    struct vmber_arena *arena = vmber_arena_new(BUDGET);
    struct vmber_mc146818rtc rtc;
    struct vmber_i8254 pit;
    struct vmber_error error;
    struct vmber_event event;
    struct vmber_reader *reader;
    struct octets stream;
    size_t seen = 0;
    size_t channel = 0;

    memset(&rtc, 0xa5, sizeof(rtc));
    memset(&pit, 0xa5, sizeof(pit));
    stream_read("isapc", &stream);
    reader = vmber_open(take, &stream, 0, NULL);
    while (vmber_next(reader, &event, &error) > 0) {
        if (event.kind == VMBER_EVENT_SECTION && strcmp(event.module, "Vmber-I8254") == 0) {
            ck_assert(vmber_i8254_decode(event.octets, event.octet_count, arena, &pit, &error));
        } else if (event.kind == VMBER_EVENT_SECTION &&
                   strcmp(event.module, VMBER_MC146818RTC_MODULE) == 0) {
            ck_assert(
                vmber_mc146818rtc_decode(event.octets, event.octet_count, arena, &rtc, &error));
            ck_assert_uint_eq(rtc.cmos_data.len, 128);
        } else if (event.kind == VMBER_EVENT_INTEGER && strcmp(event.name, "base_rtc") == 0) {
            ck_assert_uint_eq(event.integer, rtc.base_rtc);
            ck_assert_uint_eq(rtc.unknown.len, 0);
            ck_assert(!rtc.has_irq_reinject_on_ack_count);
            seen++;
        } else if (event.kind == VMBER_EVENT_INTEGER &&
                   strcmp(event.name, "next_alarm_time") == 0) {
            ck_assert_uint_eq(event.integer, rtc.next_alarm_time);
            seen++;
        } else if (event.kind == VMBER_EVENT_INTEGER &&
                   strcmp(event.name, "count_load_time") == 0) {
            ck_assert_uint_eq(pit.channels.count, 3);
            ck_assert_uint_lt(channel, 3);
            ck_assert_int_eq((int64_t)event.integer, pit.channels.items[channel].count_load_time);
            channel++;
        }
    }
    ck_assert_uint_eq(seen + channel, 5);
    vmber_close(reader);
    vmber_arena_free(arena);
    free(stream.p);
}
END_TEST

/* What a later revision puts behind the fields is kept, in the struct it stands in. */
START_TEST(additions_are_kept)
{
    static const uint8_t addition[] = {0x9f, 0x64, 0x01, 0x00};
    struct vmber_arena *arena = vmber_arena_new(BUDGET);
    struct octets value = value_of("Vmber-I8254");
    struct vmber_i8254 pit;
    struct vmber_octets out;
    struct vmber_octets again;
    struct vmber_error error;

    ck_assert(vmber_i8254_decode(value.p, value.len, arena, &pit, &error));
    pit.unknown.p = addition;
    pit.unknown.len = sizeof(addition);
    pit.channels.items[1].unknown = pit.unknown;
    ck_assert_msg(vmber_i8254_encode(&pit, arena, &out, &error), "%s", error.text);
    ck_assert_uint_eq(out.len, value.len + 2 * sizeof(addition));
    memset(&pit, 0xa5, sizeof(pit));
    ck_assert_msg(vmber_i8254_decode(out.p, out.len, arena, &pit, &error), "%s", error.text);
    ck_assert_uint_eq(pit.unknown.len, sizeof(addition));
    ck_assert_mem_eq(pit.unknown.p, addition, sizeof(addition));
    ck_assert_uint_eq(pit.channels.items[0].unknown.len, 0);
    ck_assert_uint_eq(pit.channels.items[1].unknown.len, sizeof(addition));
    ck_assert(vmber_i8254_encode(&pit, arena, &again, &error));
    ck_assert_uint_eq(again.len, out.len);
    ck_assert_mem_eq(again.p, out.p, out.len);
    vmber_arena_free(arena);
    free(value.p);
}
END_TEST

/* A hotplug subsection says all by being there. */
START_TEST(values_without_fields)
{
    static const uint8_t plain[] = {0x30, 0x00};
    static const uint8_t indefinite[] = {0x30, 0x80, 0x9f, 0x64, 0x04, 1, 2, 3, 4, 0, 0};
    struct vmber_arena *arena = vmber_arena_new(BUDGET);
    struct vmber_spapr_cpu cpu;
    struct vmber_octets out;
    struct vmber_error error;

    ck_assert(vmber_spapr_cpu_decode(plain, sizeof(plain), arena, &cpu, &error));
    ck_assert(vmber_spapr_cpu_encode(&cpu, arena, &out, &error));
    ck_assert(out.len == 2 && memcmp(out.p, plain, 2) == 0);
    ck_assert(vmber_spapr_cpu_decode(indefinite, sizeof(indefinite), arena, &cpu, &error));
    ck_assert_uint_eq(cpu.unknown.len, 7);
    ck_assert(vmber_spapr_cpu_encode(&cpu, arena, &out, &error));
    ck_assert(out.len == 9 && memcmp(out.p, "\x30\x07\x9f\x64\x04\1\2\3\4", 9) == 0);
    cpu.unknown.p = NULL; /* octets that are not there */
    ck_assert(!vmber_spapr_cpu_encode(&cpu, arena, &out, &error));
    ck_assert_int_eq(error.status, VMBER_MALFORMED);
    vmber_arena_free(arena);
}
END_TEST

START_TEST(what_is_no_value_is_refused)
{
    struct vmber_arena *arena = vmber_arena_new(BUDGET);
    struct octets value = value_of("Vmber-I8254");
    struct octets other = value_of("Vmber-Mc146818rtc");
    struct vmber_i8254 pit;
    struct vmber_error error;
    uint8_t *longer = calloc(1, value.len + 2);

    ck_assert_ptr_nonnull(longer);
    for (size_t len = 0; len < value.len; len++) {
        uint8_t *cut = malloc(len + (len == 0)); /* so that a read behind it is seen */

        ck_assert_ptr_nonnull(cut);
        memcpy(cut, value.p, len);
        ck_assert(!vmber_i8254_decode(cut, len, arena, &pit, &error));
        ck_assert(error.status == VMBER_TRUNCATED || error.status == VMBER_MALFORMED);
        ck_assert_str_ne(error.text, "");
        free(cut);
    }
    ck_assert(!vmber_i8254_decode(NULL, 0, arena, &pit, &error));
    ck_assert_int_eq(error.status, VMBER_TRUNCATED);
    ck_assert(!vmber_i8254_decode(other.p, other.len, arena, &pit, NULL));
    ck_assert(!vmber_i8254_decode(other.p, other.len, arena, &pit, &error));
    ck_assert_int_eq(error.status, VMBER_MALFORMED);
    memcpy(longer, value.p, value.len);
    ck_assert(!vmber_i8254_decode(longer, value.len + 2, arena, &pit, &error));
    ck_assert_str_eq(error.text, "2 octets behind the value");
    ck_assert_uint_eq(error.ber_offset, value.len);
    free(longer);
    free(other.p);
    free(value.p);
    vmber_arena_free(arena);
}
END_TEST

/* Any octet changed to anything: it is read or refused, and what is read can be written. */
START_TEST(damage_is_read_or_refused)
{
    struct vmber_arena *arena = vmber_arena_new(BUDGET);
    const char *const modules[] = {"Vmber-I8254", "Vmber-CpuV12", "Vmber-Ps2kbd"};
    struct octets value = value_of(modules[_i]);
    const struct typed_row *row = typed_find(modules[_i]);

    for (size_t at = 0; at < value.len; at += TEST_STRIDE) {
        uint8_t was = value.p[at];

        for (unsigned octet = 0; octet < 256; octet++) {
            struct vmber_octets again;
            struct vmber_error error;

            value.p[at] = (uint8_t)octet;
            vmber_arena_reset(arena);
            if (!row->again(value.p, value.len, arena, &again, &error)) {
                ck_assert(error.status == VMBER_TRUNCATED || error.status == VMBER_MALFORMED ||
                          error.status == VMBER_LIMIT); /* a length of more than 64 bits */
            }
        }
        value.p[at] = was;
    }
    free(value.p);
    vmber_arena_free(arena);
}
END_TEST

START_TEST(values_outside_the_module_are_not_written)
{
    struct vmber_arena *arena = vmber_arena_new(BUDGET);
    struct octets value = value_of("Vmber-I8254");
    struct octets clock = value_of("Vmber-Mc146818rtc");
    struct vmber_i8254 pit;
    struct vmber_mc146818rtc rtc;
    struct vmber_octets out = {NULL, 7};
    struct vmber_error error;

    ck_assert(vmber_i8254_decode(value.p, value.len, arena, &pit, &error));
    pit.channels.count = 2;
    ck_assert(!vmber_i8254_encode(&pit, arena, &out, &error));
    ck_assert_int_eq(error.status, VMBER_MALFORMED);
    ck_assert_str_eq(error.path, "channels");
    ck_assert(out.p == NULL && out.len == 7);
    ck_assert(!vmber_i8254_encode(&pit, arena, &out, NULL));
    ck_assert(vmber_mc146818rtc_decode(clock.p, clock.len, arena, &rtc, &error));
    rtc.cmos_data.len--;
    ck_assert(!vmber_mc146818rtc_encode(&rtc, arena, &out, &error));
    ck_assert_str_eq(error.path, "cmos-data");
    rtc.cmos_data.len++;
    rtc.cmos_data.p = NULL;
    ck_assert(!vmber_mc146818rtc_encode(&rtc, arena, &out, &error));
    ck_assert_int_eq(error.status, VMBER_MALFORMED);
    ck_assert(out.p == NULL && out.len == 7);
    free(clock.p);
    free(value.p);
    vmber_arena_free(arena);
}
END_TEST

/* A budget that is too small is said to be; one that is just large enough serves again and again.
 */
START_TEST(budgets_hold)
{
    struct octets value = value_of("Vmber-I8254");
    struct vmber_error error;
    struct vmber_octets out;
    struct vmber_i8254 pit;
    size_t budget = 0;
    bool decoded = false;
    bool encoded = false;

    while (!encoded) {
        struct vmber_arena *arena = vmber_arena_new(budget);

        ck_assert_ptr_nonnull(arena);
        for (int turn = 0; turn < 3; turn++) {
            vmber_arena_reset(arena);
            decoded = vmber_i8254_decode(value.p, value.len, arena, &pit, &error);
            ck_assert(decoded || error.status == VMBER_LIMIT);
            encoded = decoded && vmber_i8254_encode(&pit, arena, &out, &error);
            ck_assert(encoded || error.status == VMBER_LIMIT);
        }
        if (decoded && !encoded) {
            ck_assert_uint_ge(budget, 3 * sizeof(pit.channels.items[0]));
        }
        vmber_arena_free(arena);
        budget++;
    }
    ck_assert_uint_le(budget, 3 * sizeof(pit.channels.items[0]) + value.len + 64);
    vmber_arena_free(NULL);
    free(value.p);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("devlib");
    TCase *sections = tcase_create("sections");
    TCase *values = tcase_create("values");

    tcase_set_timeout(sections, 120);
    tcase_add_loop_test(sections, sections_go_through_structs_and_back, 0, STREAMS);
    tcase_add_loop_test(sections, both_kinds_of_streams_have_the_same_sections, 0, STREAMS);
    tcase_add_test(sections, modules_can_be_left_out);
    tcase_add_test(sections, fields_are_those_that_are_told);
    suite_add_tcase(s, sections);
    tcase_set_timeout(values, 300);
    tcase_add_test(values, additions_are_kept);
    tcase_add_test(values, values_without_fields);
    tcase_add_test(values, what_is_no_value_is_refused);
    tcase_add_loop_test(values, damage_is_read_or_refused, 0, 3);
    tcase_add_test(values, values_outside_the_module_are_not_written);
    tcase_add_test(values, budgets_hold);
    suite_add_tcase(s, values);
    return s;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
