/*
 * test_torture_memory.c - codec/stream and the library when memory runs out: every allocation fails
 * in turn; and none is made while RAM goes by.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/lib/vmber.h"
#include "codec/savevm/leg_wire.h"
#include "codec/stream/form_decode.h"
#include "codec/stream/form_encode.h"
#include "codec/stream/form_events.h"
#include "layout_chance.h"
#include "memory_fails.h"
#include "stream_samples.h"
#include "stream_trip.h"

/* Output into memory that is taken at once and not counted. */
struct fixed {
    uint8_t *p;
    size_t len;
    size_t cap;
};

static void fixed_init(struct fixed *fixed, size_t cap)
{
    fixed->p = __real_malloc(cap);
    ck_assert_ptr_nonnull(fixed->p);
    fixed->len = 0;
    fixed->cap = cap;
}

static void fixed_done(struct fixed *fixed)
{
    free(fixed->p);
}

static bool fixed_write(void *ctx, struct iovec *iov, size_t iov_count, struct err *err)
{
    struct fixed *fixed = ctx;

    (void)err;
    for (size_t i = 0; i < iov_count; i++) {
        if (iov[i].iov_len > fixed->cap - fixed->len) {
            abort();
        }
        memcpy(fixed->p + fixed->len, iov[i].iov_base, iov[i].iov_len);
        fixed->len += iov[i].iov_len;
    }
    return true;
}

static struct span fixed_span(const struct fixed *fixed)
{
    return span_of(fixed->p, fixed->len);
}

static const char *const names[] = {
    "leaves, compact", "subsections, spaced", "inlines, compact", "null runs, no vmdesc",
    "early, compact",  "arrays, no footers",  "package",          "large",
    "ram-kinds",       "config-full",         "dirty-bitmap",     "unknown",
};

enum { NAME_COUNT = sizeof(names) / sizeof(names[0]), FIXED = 1 << 22 };

/* What is done again and again with ever more memory; false with err. */
typedef bool (*job_fn)(struct span in, struct fixed *out, struct err *err);

static bool encode(struct span in, struct fixed *out, struct err *err)
{
    struct stream_memory memory = {in, 0};
    struct io_sink sink = {fixed_write, out};
    struct form_encode_options options;
    struct form_encode_report report;

    memset(&options, 0, sizeof(options));
    options.choice.index = true;
    options.producer = "test";
    return form_encode(stream_source(&memory), sink, &options, &report, err);
}

/* The same with modules, which answer the same every time. */
static bool encode_by_modules(struct span in, struct fixed *out, struct err *err)
{
    struct layout_chance chance = {7, 0};
    const struct lay_modules modules = layout_chance_modules(&chance);
    struct stream_memory memory = {in, 0};
    struct io_sink sink = {fixed_write, out};
    struct form_encode_options options;
    struct form_encode_report report;

    memset(&options, 0, sizeof(options));
    options.stream.schema = LAY_SCHEMA_AUTO;
    options.stream.modules = &modules;
    options.producer = "test";
    return form_encode(stream_source(&memory), sink, &options, &report, err);
}

static bool decode(struct span in, struct fixed *out, struct err *err)
{
    struct stream_memory memory = {in, 0};
    struct io_sink sink = {fixed_write, out};
    struct form_decode_options options = {.profile = false};
    struct form_decode_report report;

    return form_decode(stream_source(&memory), sink, &options, &report, err);
}

/* Events are noted as numbers, which must come out the same. */
static bool note_head(void *ctx, const struct form_head *head, struct err *err)
{
    struct iovec iov = {(void *)(uintptr_t)&head->legacy_length, sizeof(head->legacy_length)};

    return fixed_write(ctx, &iov, 1, err);
}

static bool note_event(void *ctx, const struct form_event *event, struct err *err)
{
    uint64_t note[3] = {(uint64_t)event->body->which, event->legacy_offset, event->legacy_length};
    struct iovec iov = {note, sizeof(note)};

    if (event->why != NULL && event->why->band == ERR_LIMIT) {
        return true; /* told for what can be read of it; the error follows */
    }
    return fixed_write(ctx, &iov, 1, err);
}

static bool note_end(void *ctx, const struct form_end *end, struct err *err)
{
    struct iovec iov = {(void *)(uintptr_t)&end->legacy_length, sizeof(end->legacy_length)};

    return fixed_write(ctx, &iov, 1, err);
}

static bool events(struct span in, struct fixed *out, struct err *err)
{
    struct stream_memory memory = {in, 0};
    struct form_sink sink = {out, note_head, note_event, note_end};

    return form_events(stream_source(&memory), NULL, &sink, err);
}

static int64_t read_memory(void *ctx, void *octets, size_t count)
{
    struct io_source source = stream_source(ctx);
    size_t got = 0;

    (void)source.read(source.ctx, octets, count, &got, NULL);
    return (int64_t)got;
}

static bool library(struct span in, struct fixed *out, struct err *err)
{
    struct stream_memory memory = {in, 0};
    struct vmber_error error;
    struct vmber_reader *reader = vmber_open(read_memory, &memory, 0, &error);
    int more = reader == NULL ? -1 : 1;

    while (more > 0) {
        struct vmber_event event;

        more = vmber_next(reader, &event, &error);
        if (more > 0) {
            uint64_t note[3] = {(uint64_t)event.kind, event.legacy_offset, event.integer};
            struct iovec iov = {note, sizeof(note)};

            (void)fixed_write(out, &iov, 1, err);
        }
    }
    vmber_close(reader);
    return more == 0 || err_set(err, (enum err_band)error.status, "%s", error.text);
}

/* Runs job with ever more memory until it succeeds: then it does what it does with all of it. */
static void starve(job_fn job, struct span in, bool others, const char *what, const char *name)
{
    struct fixed whole;
    struct fixed out;
    struct err err = ERR_INIT;
    bool ok = false;
    size_t n;

    fixed_init(&whole, FIXED);
    fixed_init(&out, FIXED);
    ck_assert_msg(job(in, &whole, &err), "%s, %s: %s", name, what, err.text);
    for (n = 1; !ok; n++) {
        bool same;

        err_init(&err);
        out.len = 0;
        memory_arm(n, others);
        ok = job(in, &out, &err);
        memory_disarm();
        ck_assert_msg(ok == (err.band == ERR_NONE), "%s, %s, allocation %zu", name, what, n);
        ck_assert_msg(ok || err.band == ERR_LIMIT, "%s, %s, allocation %zu: %s, %s", name, what, n,
                      err_band_name(err.band), err.text);
        same = out.len <= whole.len && (out.len == 0 || memcmp(out.p, whole.p, out.len) == 0);
        ck_assert_msg(same && (!ok || out.len == whole.len), "%s, %s, allocation %zu", name, what,
                      n);
        if (!ok && job == decode) {
            ck_assert_uint_lt(out.len, whole.len);
        }
        /* A failure that nobody has told of leaves the result as it was: that is right, too. */
        ok = ok && memory_taken < n;
    }
    ck_assert_uint_gt(n, 5); /* the wrappers are there */
    fixed_done(&out);
    fixed_done(&whole);
}

START_TEST(every_allocation_fails_in_turn)
{
    struct stream_sample sample;
    struct span legacy;
    struct fixed ber;
    struct err err = ERR_INIT;

    stream_sample_named(&sample, names[_i / 2]);
    legacy = buf_span(&sample.legacy);
    fixed_init(&ber, FIXED);
    ck_assert(encode(legacy, &ber, &err));
    starve(encode, legacy, _i % 2 != 0, "encode", sample.name);
    starve(encode_by_modules, legacy, _i % 2 != 0, "encode by modules", sample.name);
    starve(decode, fixed_span(&ber), _i % 2 != 0, "decode", sample.name);
    if (strcmp(sample.name, "unknown") != 0) { /* which is damaged, for them */
        starve(events, legacy, _i % 2 != 0, "events of legacy", sample.name);
        starve(library, legacy, _i % 2 != 0, "library, legacy", sample.name);
    }
    starve(events, fixed_span(&ber), _i % 2 != 0, "events of BER", sample.name);
    starve(library, fixed_span(&ber), _i % 2 != 0, "library, BER", sample.name);
    fixed_done(&ber);
    stream_sample_done(&sample);
}
END_TEST

enum {
    RAM_MIB = 64,
    PAGE = 4096,
    PAGES_PER_SECTION = 1000,
    RAM_PAGES = (RAM_MIB << 20) / PAGE,
    WARM = 1 << 20, /* octets within which the first RAM records are */
};

/* A source that makes the stream as it is read; every fourth page is zero, in runs. */
struct ram {
    uint8_t piece[64 + PAGE]; /* made and not yet read */
    size_t at;
    size_t len;
    size_t next; /* page; RAM_PAGES: END section; behind: the end */
    uint64_t told;
    size_t chunk;
    size_t first; /* allocations when the first RAM records had gone by */
    size_t last;  /* and when the last ones had come */
};

static void add(struct ram *ram, const void *p, size_t n)
{
    memcpy(ram->piece + ram->len, p, n);
    ram->len += n;
}

static void add_word(struct ram *ram, uint64_t word)
{
    uint8_t octets[8];

    leg_set_be64(octets, word);
    add(ram, octets, sizeof(octets));
}

static void make_page(struct ram *ram)
{
    static const uint8_t part[5] = {LEG_SECTION_PART, 0, 0, 0, 2};
    static const uint8_t footer[5] = {LEG_SECTION_FOOTER, 0, 0, 0, 2};
    size_t page = ram->next;
    uint64_t more = page % 5 == 4 ? 0 : LEG_RAM_CONTINUE;

    if (page % PAGES_PER_SECTION == 0) {
        add_word(ram, LEG_RAM_EOS);
        add(ram, footer, sizeof(footer));
        add(ram, part, sizeof(part));
    }
    more = page == 0 ? 0 : more;
    add_word(ram, page * PAGE | (page / 16 % 4 == 3 ? LEG_RAM_ZERO : LEG_RAM_PAGE) | more);
    if (more == 0) {
        add(ram, "\6pc.ram", 7);
    }
    if (page / 16 % 4 == 3) {
        add(ram, "", 1);
        return;
    }
    memset(ram->piece + ram->len, (int)(page % 251), PAGE);
    memcpy(ram->piece + ram->len, &page, sizeof(page));
    ram->len += PAGE;
}

static void make_piece(struct ram *ram)
{
    static const uint8_t start[] = "QEVM\0\0\0\3\7\0\0\0\2pc\1\0\0\0\2\3ram\0\0\0\0\0\0\0\4"
                                   "\0\0\0\0\4\0\0\4\6pc.ram\0\0\0\0\4\0\0";
    static const uint8_t end[] = "\0\0\0\0\0\0\0\x10\x7e\0\0\0\2\3\0\0\0\2"
                                 "\0\0\0\0\0\0\0\x10\x7e\0\0\0\2";

    ram->at = 0;
    ram->len = 0;
    if (ram->told == 0) {
        add(ram, start, sizeof(start)); /* with its NUL: the last octet of the length */
        return;
    }
    if (ram->next < RAM_PAGES) {
        make_page(ram);
    } else if (ram->next == RAM_PAGES) {
        add(ram, end, sizeof(end)); /* with its NUL: EOF */
    }
    ram->next++;
}

static bool ram_read(void *ctx, void *p, size_t cap, size_t *got, struct err *err)
{
    struct ram *ram = ctx;

    (void)err;
    if (ram->told <= WARM) {
        ram->first = memory_taken;
    }
    if (ram->next < RAM_PAGES) {
        ram->last = memory_taken;
    }
    cap = ram->chunk > 0 && cap > ram->chunk ? ram->chunk : cap;
    *got = 0;
    while (*got < cap) {
        size_t n = ram->len - ram->at;

        if (n == 0) {
            make_piece(ram);
            n = ram->len;
            if (n == 0) {
                break;
            }
        }
        n = n < cap - *got ? n : cap - *got;
        memcpy((uint8_t *)p + *got, ram->piece + ram->at, n);
        ram->at += n;
        *got += n;
        ram->told += n;
    }
    return true;
}

/* The BER stream of it, read back. */
struct stored {
    struct stream_memory memory;
    size_t all;
    size_t first;
    size_t last;
};

static bool stored_read(void *ctx, void *p, size_t cap, size_t *got, struct err *err)
{
    struct stored *stored = ctx;
    struct io_source source = stream_source(&stored->memory);

    if (stored->memory.left.len >= stored->all - WARM) {
        stored->first = memory_taken;
    }
    if (stored->memory.left.len > PAGE) { /* more than what comes behind RAM */
        stored->last = memory_taken;
    }
    return source.read(source.ctx, p, cap, got, err);
}

/* Counts, and compares with the stream made again. */
struct compared {
    struct ram again;
    bool differs;
};

static bool compare(void *ctx, struct iovec *iov, size_t iov_count, struct err *err)
{
    struct compared *compared = ctx;
    static uint8_t octets[1 << 20];

    for (size_t i = 0; i < iov_count; i++) {
        const uint8_t *p = iov[i].iov_base;
        size_t left = iov[i].iov_len;

        while (left > 0) {
            size_t n = left < sizeof(octets) ? left : sizeof(octets);
            size_t got;

            (void)ram_read(&compared->again, octets, n, &got, err);
            compared->differs |= got != n || memcmp(octets, p, n) != 0;
            p += n;
            left -= n;
        }
    }
    return true;
}

START_TEST(nothing_is_allocated_while_ram_goes_by)
{
    static const size_t chunks[] = {0, 65536, 5000};
    static struct ram ram;
    static struct compared compared;
    struct io_source source = {ram_read, &ram};
    struct stored stored;
    struct io_source stored_source = {stored_read, &stored};
    struct io_sink compare_sink = {compare, &compared};
    struct form_encode_options options;
    struct form_encode_report encoded;
    struct form_decode_options decode_options = {.profile = false};
    struct form_decode_report decoded;
    struct err err = ERR_INIT;
    struct fixed ber;
    struct io_sink sink = {fixed_write, &ber};
    bool ok;

    memset(&ram, 0, sizeof(ram));
    memset(&options, 0, sizeof(options));
    memset(&compared, 0, sizeof(compared));
    memset(&stored, 0, sizeof(stored));
    options.producer = "test";
    ram.chunk = chunks[_i];
    fixed_init(&ber, (size_t)(RAM_MIB + 16) << 20);
    ok = form_encode(source, sink, &options, &encoded, &err); /* Check allocates: no assertion */
    ck_assert_msg(ok, "%s", err.text);
    ck_assert_msg(ram.first == ram.last, "encode: %zu allocations", ram.last - ram.first);
    ck_assert_uint_gt(ram.last, 3);
    ck_assert_uint_gt(ram.told, (uint64_t)RAM_MIB * 3 / 4 << 20);

    stored.memory.left = fixed_span(&ber);
    stored.memory.chunk = chunks[_i];
    stored.all = ber.len;
    memory_taken = 0;
    ok = form_decode(stored_source, compare_sink, &decode_options, &decoded, &err);
    ck_assert_msg(ok, "%s", err.text);
    ck_assert_msg(stored.first == stored.last, "decode: %zu allocations",
                  stored.last - stored.first);
    ck_assert(!compared.differs && compared.again.told == ram.told);
    fixed_done(&ber);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("torture_memory");
    TCase *tcase = tcase_create("memory");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, every_allocation_fails_in_turn, 0, 2 * NAME_COUNT);
    tcase_add_loop_test(tcase, nothing_is_allocated_while_ram_goes_by, 0, 3);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
