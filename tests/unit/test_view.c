/* test_view.c - codec/view: paths, what is written, and what verify finds. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/base/hash.h"
#include "codec/device/mod_library.h"
#include "codec/schema/asn_engine.h"
#include "codec/stream/form_reader.h"
#include "codec/view/view_dump.h"
#include "codec/view/view_finding.h"
#include "codec/view/view_json.h"
#include "codec/view/view_octets.h"
#include "codec/view/view_path.h"
#include "codec/view/view_ram.h"
#include "codec/view/view_stats.h"
#include "codec/view/view_verify.h"
#include "stream_frames.h"
#include "stream_samples.h"
#include "stream_trip.h"

enum { TEXT_MAX = 1 << 24 };

START_TEST(globs)
{
    static const struct {
        const char *glob;
        const char *text;
        bool matches;
    } rows[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "abc", true},
        {"a*c", "abc", true},
        {"a*c", "ac", true},
        {"a*c", "abcd", false},
        {"?", "", false},
        {"?", "x", true},
        {"*rtc", "mc146818rtc", true},
        {"a*b*c", "a-b-b-c", true},
        {"a*b*c", "acb", false},
        {"*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaa", false},
        {"[0]", "[0]", true},
        {"abc", "abd", false},
        {"**", "x", true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ck_assert_msg(view_glob(span_str(rows[i].glob), span_str(rows[i].text)) == rows[i].matches,
                      "%s on %s", rows[i].glob, rows[i].text);
    }
}
END_TEST

/* Walks path through section and then fields, "name" or "name[3]". */
static struct view_match walk(const char *text, const char *section, uint32_t instance,
                              const char *const *fields)
{
    struct err err = ERR_INIT;
    struct view_path path;
    struct view_match match;

    ck_assert_msg(view_path_parse(&path, text, &err), "%s: %s", text, err.text);
    match = view_path_section(&path, span_str(section), instance);
    for (; *fields != NULL; fields++) {
        match = view_path_field(&path, &match, span_str(*fields), false, 0);
    }
    return match;
}

START_TEST(paths_name_sections)
{
    static const char *const none[] = {NULL};
    static const struct {
        const char *path;
        const char *section;
        uint32_t instance;
        bool full;
    } rows[] = {
        {"rtc", "rtc", 0, true},
        {"rtc", "rtcx", 0, false},
        {" rtc ", "rtc", 0, true},
        {"virtio-net", "0000:00:04.0/virtio-net", 0, true},
        {"0000:00:04.0", "0000:00:04.0/virtio-net", 0, true},
        {"0000:00:04.0/virtio-net", "0000:00:04.0/virtio-net", 0, true},
        {"0000:00:04", "0000:00:04.0/virtio-net", 0, false},
        {"*virtio*", "0000:00:04.0/virtio-net", 0, true},
        {"dma[1]", "dma", 1, true},
        {"dma[1]", "dma", 0, false},
        {"dma[*]", "dma", 7, true},
        {"a/b/c", "x/a/b/c", 0, true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct view_match match = walk(rows[i].path, rows[i].section, rows[i].instance, none);

        ck_assert_msg(match.full == rows[i].full, "%s on %s", rows[i].path, rows[i].section);
    }
}
END_TEST

START_TEST(paths_name_fields)
{
    static const struct {
        const char *path;
        const char *section;
        const char *fields[4];
        bool full;
    } rows[] = {
        {"cpu > env.regs", "cpu", {"env.regs"}, true},
        {"cpu>env.regs", "cpu", {"env.regs"}, true},
        {"cpu.env.regs", "cpu", {"env.regs"}, true},
        {"cpu/env.regs", "cpu", {"env.regs"}, true},
        {"cpu.env", "cpu", {"env.regs"}, false},
        {"cpu > env.cr[0]", "cpu", {"env.cr[0]"}, true},
        {"cpu.env.cr[0]", "cpu", {"env.cr[0]"}, true},
        {"cpu > *", "cpu", {"x"}, true},
        {"cpu > a > b", "cpu", {"a", "b"}, true},
        {"cpu > a > b", "cpu", {"a", "b", "c"}, true},
        {"cpu > a > b", "cpu", {"a"}, false},
        {"cpu > a > b", "cpu", {"b", "a"}, false},
        {"cpu.a.b", "cpu", {"a", "b"}, true},
        {"cpu.*.b", "cpu", {"a", "b"}, true},
        {"cpu.a.b", "cpu", {"a.b"}, true},
        {"x/y.f", "x/y", {"f"}, true},
        {"y.f", "x/y", {"f"}, true},
        {"x/y > x/y/sub > f", "x/y", {"x/y/sub", "f"}, true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct view_match match = walk(rows[i].path, rows[i].section, 0, rows[i].fields);

        ck_assert_msg(match.full == rows[i].full, "%s", rows[i].path);
    }
}
END_TEST

START_TEST(paths_name_elements)
{
    struct err err = ERR_INIT;
    struct view_path path;
    struct view_match match;

    ck_assert(view_path_parse(&path, "dma > regs[2] > mode", &err));
    match = view_path_section(&path, span_str("dma"), 0);
    match = view_path_array(&path, &match, span_str("regs"));
    ck_assert(match.live && !match.full);
    ck_assert(!view_path_element(&path, &match, 1).live);
    match = view_path_element(&path, &match, 2);
    ck_assert(match.live && !match.full);
    ck_assert(view_path_field(&path, &match, span_str("mode"), false, 0).full);

    ck_assert(view_path_parse(&path, "dma > regs[2]", &err));
    match = view_path_section(&path, span_str("dma"), 0);
    ck_assert(view_path_field(&path, &match, span_str("regs"), true, 2).full);
    ck_assert(!view_path_field(&path, &match, span_str("regs"), true, 3).full);
    ck_assert(!view_path_field(&path, &match, span_str("regs"), false, 0).full);
    match = view_path_array(&path, &match, span_str("regs"));
    ck_assert(!match.full);
    ck_assert(view_path_element(&path, &match, 2).full);
}
END_TEST

START_TEST(paths_that_are_none)
{
    static const char *const rows[] = {"", " ", ">", "a >", "> a", "a > > b", "[3]"};
    static char long_one[VIEW_PATH_LEN_MAX + 2];
    struct view_path path;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = ERR_INIT;

        ck_assert_msg(!view_path_parse(&path, rows[i], &err), "'%s'", rows[i]);
        ck_assert_int_eq(err.band, ERR_USAGE);
    }
    memset(long_one, 'a', sizeof(long_one) - 1);
    ck_assert(!view_path_parse(&path, long_one, NULL));
    for (size_t i = 0; i + 1 < sizeof(long_one); i += 2) {
        long_one[i + 1] = '>';
    }
    long_one[200] = '\0';
    ck_assert(!view_path_parse(&path, long_one, NULL));
}
END_TEST

/* What a function has written, as a string that the next call overwrites. */
static const char *written(void (*put)(struct view_writer *w, struct span text), struct span text)
{
    static char result[4096];
    struct view_writer w;
    struct buf out;

    buf_init(&out, sizeof(result) - 1);
    ck_assert(view_writer_init(&w, stream_sink(&out), NULL));
    put(&w, text);
    ck_assert(view_writer_finish(&w, NULL));
    memcpy(result, out.p, out.len);
    result[out.len] = '\0';
    view_writer_done(&w);
    buf_done(&out);
    return result;
}

static const char *json_of(const char *text, size_t len)
{
    return written(view_put_json, span_of(text, len));
}

START_TEST(json_strings)
{
    ck_assert_str_eq(json_of("", 0), "\"\"");
    ck_assert_str_eq(json_of("a\"b\\c/", 6), "\"a\\\"b\\\\c/\"");
    ck_assert_str_eq(json_of("\0\n\x1f\x7f", 4), "\"\\u0000\\u000a\\u001f\\u007f\"");
    ck_assert_str_eq(json_of("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9),
                     "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
    ck_assert_str_eq(json_of("\xc2\x9b", 2), "\"\\u009b\""); /* CSI of a terminal */
    ck_assert_str_eq(json_of("\xff", 1), "\"\\ufffd\"");
    ck_assert_str_eq(json_of("\xc3", 1), "\"\\ufffd\"");
    ck_assert_str_eq(json_of("\xc0\xaf", 2), "\"\\ufffd\\ufffd\""); /* overlong */
    ck_assert_str_eq(json_of("\xe0\x80\xaf", 3), "\"\\ufffd\\ufffd\\ufffd\"");
    ck_assert_str_eq(json_of("\xed\xa0\x80", 3), "\"\\ufffd\\ufffd\\ufffd\""); /* surrogate */
    ck_assert_str_eq(json_of("\xf4\x90\x80\x80", 4), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
    ck_assert_str_eq(json_of("a\xe2\x82z", 4), "\"a\\ufffd\\ufffdz\"");
}
END_TEST

START_TEST(text_never_steers_a_terminal)
{
    ck_assert_str_eq(written(view_put_text, span_str("plain text")), "plain text");
    ck_assert_str_eq(written(view_put_text, span_of("\x1b[2J\\\n\xc3\xa9", 8)),
                     "\\x1b[2J\\x5c\\x0a\\xc3\\xa9");
    for (int c = 0; c < 256; c++) {
        uint8_t octet = (uint8_t)c;
        const char *text = written(view_put_text, span_of(&octet, 1));

        for (; *text != '\0'; text++) {
            ck_assert(*text >= ' ' && *text <= '~');
        }
    }
}
END_TEST

static void put_numbers(struct view_writer *w, struct span unused)
{
    (void)unused;
    view_put_u64(w, 0);
    view_put_char(w, ' ');
    view_put_u64(w, UINT64_MAX);
    view_put_char(w, ' ');
    view_put_u64(w, UINT64_C(4294967296));
    view_put_char(w, ' ');
    view_put_u64(w, UINT32_MAX);
    view_put_char(w, ' ');
    view_put_i64(w, INT64_MIN);
    view_put_char(w, ' ');
    view_put_i64(w, -1);
    view_put_char(w, ' ');
    view_put_hex(w, 0, 1);
    view_put_char(w, ' ');
    view_put_hex(w, UINT64_MAX, 1);
    view_put_char(w, ' ');
    view_put_hex(w, 0xab, 8);
}

static void put_json(struct view_writer *w, struct span unused)
{
    struct view_json json;

    (void)unused;
    view_json_init(&json, w);
    view_json_object(&json);
    view_json_key(&json, "a");
    view_json_u64(&json, UINT64_C(1) << 53);
    view_json_key(&json, "b");
    view_json_u64(&json, (UINT64_C(1) << 53) + 1);
    view_json_key(&json, "c");
    view_json_array(&json);
    view_json_i64(&json, INT64_MIN);
    view_json_i64(&json, -5);
    view_json_bool(&json, false);
    view_json_array(&json);
    view_json_end(&json);
    view_json_end(&json);
    view_json_key(&json, "d");
    view_json_octets(&json, span_of("\x00\xff", 2));
    view_json_key(&json, "e");
    view_json_tenths(&json, 1005);
    view_json_end(&json);
}

START_TEST(numbers)
{
    ck_assert_str_eq(written(put_numbers, span_of(NULL, 0)),
                     "0 18446744073709551615 4294967296 4294967295 -9223372036854775808 -1 0 "
                     "ffffffffffffffff 000000ab");
    ck_assert_str_eq(written(put_json, span_of(NULL, 0)),
                     "{\"a\":9007199254740992,\"b\":\"9007199254740993\","
                     "\"c\":[\"-9223372036854775808\",-5,false,[]],\"d\":\"00ff\",\"e\":100.5}");
}
END_TEST

/* What is shown of octets is the same whether they come whole or in pieces. */
START_TEST(octets_in_pieces)
{
    uint8_t octets[100];
    struct hash *hash = hash_new();

    ck_assert_ptr_nonnull(hash);
    for (int kind = 0; kind < 3; kind++) {
        memset(octets, 7, sizeof(octets));
        if (kind > 0) {
            octets[kind == 1 ? 0 : 99] = 8;
        }
        for (size_t max = 0; max < 110; max += 10) {
            for (size_t piece = 1; piece < 101; piece += 33) {
                struct view_octets whole = view_octets_of(span_of(octets, 100), max, hash);
                struct view_octets pieces;
                struct view_gather gather;

                ck_assert(view_gather_init(&gather, max, NULL));
                for (size_t at = 0; at < 100; at += piece) {
                    size_t n = 100 - at < piece ? 100 - at : piece;

                    ck_assert(view_gather_put(&gather, span_of(octets + at, n), NULL));
                }
                pieces = view_gather_get(&gather);
                ck_assert(span_eq(whole.first, pieces.first));
                ck_assert_uint_eq(whole.total, pieces.total);
                ck_assert(whole.same == pieces.same);
                ck_assert(!whole.same || whole.octet == pieces.octet);
                ck_assert_mem_eq(whole.check, pieces.check, HASH_CHECK_LEN);
                ck_assert(whole.same == (kind == 0 && max < 100));
                view_gather_done(&gather);
            }
        }
    }
    hash_free(hash);
}
END_TEST

START_TEST(ram_is_summed_by_block)
{
    struct wire_ram_block announced[2];
    struct wire_ram_item items[7];
    struct wire_ram piece;
    struct view_ram ram;
    struct err err = ERR_INIT;

    memset(announced, 0, sizeof(announced));
    memset(items, 0, sizeof(items));
    memset(&piece, 0, sizeof(piece));
    announced[0].name = span_str("a");
    announced[0].length = 8192;
    announced[1].name = span_str("b");
    items[0].which = WIRE_RAM_ITEM_BLOCKS;
    items[0].u.blocks.total = 8192;
    items[0].u.blocks.blocks.items = announced;
    items[0].u.blocks.blocks.count = 2;
    items[1].which = WIRE_RAM_ITEM_BLOCK;
    items[1].u.block = span_str("b");
    items[2].which = WIRE_RAM_ITEM_PAGES;
    items[2].u.pages.count = 3;
    items[3].which = WIRE_RAM_ITEM_FILL;
    items[3].u.fill.count = 5;
    items[4].which = WIRE_RAM_ITEM_FILL;
    items[4].u.fill.count = 1;
    items[4].u.fill.octet = 9;
    items[5].which = WIRE_RAM_ITEM_BLOCK;
    items[5].u.block = span_str("unheard of");
    items[6].which = WIRE_RAM_ITEM_XBZRLE;
    items[6].u.xbzrle.data = span_str("diff");
    piece.page_size = 4096;
    piece.items.items = items;
    piece.items.count = 7;
    view_ram_init(&ram);
    ck_assert(view_ram_add(&ram, &piece, &err));
    ck_assert_uint_eq(ram.count, 3);
    ck_assert_uint_eq(ram.blocks[0].pages[VIEW_RAM_NORMAL], 0);
    ck_assert_uint_eq(ram.blocks[0].length, 8192);
    ck_assert_uint_eq(ram.blocks[1].pages[VIEW_RAM_NORMAL], 3);
    ck_assert_uint_eq(ram.blocks[1].octets[VIEW_RAM_NORMAL], 3 * 4096);
    ck_assert_uint_eq(ram.blocks[1].pages[VIEW_RAM_ZERO], 5);
    ck_assert_uint_eq(ram.blocks[1].pages[VIEW_RAM_FILL], 1);
    ck_assert(!ram.blocks[2].announced);
    ck_assert_uint_eq(ram.blocks[2].octets[VIEW_RAM_XBZRLE], 4);
    view_ram_done(&ram);
}
END_TEST

static const char *const samples[] = {
    "tests/vectors/streams/none.mig",   "tests/vectors/streams/isapc.mig",
    "tests/vectors/streams/s390x.mig",  "tests/vectors/streams/pages.mig",
    "tests/vectors/streams/pc-2.1.mig", "tests/vectors/streams/isapc-bare.mig",
};
enum { SAMPLES = 6 };

static void read_sample(const char *name, struct buf *out)
{
    uint8_t piece[4096];
    char path[1024];
    FILE *file;
    size_t n;

    (void)snprintf(path, sizeof(path), "%s/%s", TEST_SOURCE_DIR, name);
    file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    while ((n = fread(piece, 1, sizeof(piece), file)) > 0) {
        ck_assert(buf_put(out, piece, n, NULL));
    }
    (void)fclose(file);
}

/* Reads a sample, and makes its BER stream. */
/* Encoded with the modules that a view of the legacy stream asks, too. */
static void load(size_t i, struct buf *legacy, struct buf *ber)
{
    const struct lay_modules modules = mod_library_hooks(NULL);
    struct err err = ERR_INIT;

    buf_init(legacy, TEXT_MAX);
    read_sample(samples[i], legacy);
    ck_assert_msg(stream_encode_with(buf_span(legacy), &modules, STREAM_INDEX, ber, &err), "%s",
                  err.text);
}

static void dump(struct span stream, size_t step, enum view_format format, struct buf *out)
{
    struct view_dump_options options;
    struct stream_memory memory = {stream, step};
    struct view_dump_report report;
    struct err err = ERR_INIT;

    memset(&options, 0, sizeof(options));
    options.format = format;
    options.detail = VIEW_FIELDS;
    options.runs = true;
    options.types = true;
    options.octets_max = 24;
    ck_assert_msg(view_dump(stream_source(&memory), stream_sink(out), &options, &report, &err),
                  "%s", err.text);
}

/* What is shown does not depend on how many octets came at a time. */
START_TEST(dump_does_not_depend_on_chunks)
{
    static const size_t steps[] = {1, 2, 3, 7, 4096};

    for (int is_ber = 0; is_ber < 2; is_ber++) {
        struct buf legacy;
        struct buf ber;
        struct buf whole;

        load((size_t)_i, &legacy, &ber);
        buf_init(&whole, TEXT_MAX);
        dump(buf_span(is_ber ? &ber : &legacy), 0, VIEW_JSONL, &whole);
        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
            struct buf out;

            buf_init(&out, TEXT_MAX);
            dump(buf_span(is_ber ? &ber : &legacy), steps[i], VIEW_JSONL, &out);
            ck_assert_msg(span_eq(buf_span(&whole), buf_span(&out)), "%s at %zu octets a time",
                          samples[_i], steps[i]);
            buf_done(&out);
        }
        buf_done(&whole);
        buf_done(&legacy);
        buf_done(&ber);
    }
}
END_TEST

/* Runs verify and returns how many errors it found; what it printed is in out. */
static uint64_t verify(struct span stream, struct buf *out)
{
    struct stream_memory memory = {stream, 0};
    struct view_verify_report report;
    struct err err = ERR_INIT;

    buf_clear(out);
    (void)view_verify(stream_source(&memory), stream_sink(out), VIEW_TEXT, NULL, &report, &err);
    ck_assert_int_ne(err.band, ERR_INTERNAL);
    ck_assert_int_ne(err.band, ERR_IO);
    return report.errors;
}

/* Ends out with a NUL octet and returns it as a string. */
static const char *text_of(struct buf *out)
{
    ck_assert(buf_put(out, "", 1, NULL));
    return (const char *)out->p;
}

START_TEST(rules_have_names_and_stand_in_the_manual)
{
    struct buf manual;
    char item[80];

    buf_init(&manual, TEXT_MAX);
    read_sample("docs/man/vmber-verify.1", &manual);
    for (int i = 0; i < VIEW_RULES; i++) {
        ck_assert_ptr_nonnull(view_rules[i].id);
        for (int k = 0; k < i; k++) {
            ck_assert_str_ne(view_rules[i].id, view_rules[k].id);
        }
        (void)snprintf(item, sizeof(item), "\n.It Cm %s%s\n", view_rules[i].id,
                       view_rules[i].severity == VIEW_WARNING ? " (warning)" : "");
        ck_assert_msg(strstr(text_of(&manual), item) != NULL, "%s is not in the manual",
                      view_rules[i].id);
        manual.len--; /* the NUL octet */
    }
    buf_done(&manual);
}
END_TEST

START_TEST(verify_finds_nothing_in_good_streams)
{
    struct buf legacy;
    struct buf ber;
    struct buf out;

    load((size_t)_i, &legacy, &ber);
    buf_init(&out, TEXT_MAX);
    ck_assert_uint_eq(verify(buf_span(&legacy), &out), 0);
    ck_assert_uint_eq(verify(buf_span(&ber), &out), 0);
    buf_done(&out);
    buf_done(&legacy);
    buf_done(&ber);
}
END_TEST

/* Where the octet at offset is: "record 3", "header", or "" between the frames. */
struct frames {
    uint64_t start[256];
    uint64_t end[256];
    char name[256][32];
    size_t count;
};

static void find_frames(struct span stream, struct frames *frames)
{
    struct stream_memory memory = {stream, 0};
    struct form_reader reader;
    struct form_raw raw;
    struct win win;

    frames->count = 0;
    ck_assert(win_init(&win, stream_source(&memory), 1 << 20, NULL));
    ck_assert(form_reader_init(&reader, &win, 0, NULL));
    while (form_reader_raw(&reader, &raw, NULL) && raw.part != FORM_PART_END) {
        size_t i = frames->count++;

        ck_assert_uint_lt(i, 256);
        frames->start[i] = raw.ber_offset;
        frames->end[i] = raw.ber_offset + raw.octets.len;
        if (raw.part == FORM_PART_RECORD) {
            (void)snprintf(frames->name[i], 32, "record %u ", (unsigned)reader.records);
        } else {
            (void)snprintf(frames->name[i], 32, "%s",
                           raw.part == FORM_PART_HEADER    ? "header"
                           : raw.part == FORM_PART_TRAILER ? "trailer"
                                                           : "index");
        }
    }
    form_reader_done(&reader);
    win_done(&win);
}

static const char *frame_at(const struct frames *frames, uint64_t offset)
{
    for (size_t i = 0; i < frames->count; i++) {
        if (offset >= frames->start[i] && offset < frames->end[i]) {
            return frames->name[i];
        }
    }
    return "";
}

/* Flips every step-th bit; the first finding must be an error that names the record it is in. */
static void flip_bits(struct buf *ber, size_t step)
{
    struct frames frames;
    struct buf out;

    find_frames(buf_span(ber), &frames);
    buf_init(&out, TEXT_MAX);
    for (size_t bit = 0; bit < ber->len * 8; bit += step) {
        const char *name = frame_at(&frames, bit / 8);
        const char *text;
        char *line_end;

        ber->p[bit / 8] ^= (uint8_t)(1U << bit % 8);
        ck_assert_msg(verify(buf_span(ber), &out) > 0, "bit %zu", bit);
        ber->p[bit / 8] ^= (uint8_t)(1U << bit % 8);
        text = text_of(&out);
        line_end = strchr(text, '\n');
        ck_assert_ptr_nonnull(line_end);
        *line_end = '\0';
        for (char *p = (char *)out.p; *p != '\0'; p++) {
            *p = *p == ':' ? ' ' : *p; /* "record 3:" and "record 3 (ram)" alike */
        }
        ck_assert_msg(strstr(text, name) != NULL, "bit %zu of %s: %s", bit, name, text);
    }
    buf_done(&out);
}

START_TEST(verify_names_the_record_of_every_flipped_bit)
{
    struct buf legacy;
    struct buf ber;

    load((size_t)_i, &legacy, &ber);
    flip_bits(&ber, _i == 0 ? 1 : 1009);
    buf_done(&legacy);
    buf_done(&ber);
}
END_TEST

START_TEST(verify_finds_every_cut)
{
    struct buf legacy;
    struct buf ber;
    struct buf out;

    load(0, &legacy, &ber);
    buf_init(&out, TEXT_MAX);
    for (size_t len = 0; len < ber.len; len++) {
        ck_assert_msg(verify(span_of(ber.p, len), &out) > 0, "cut at %zu", len);
    }
    for (size_t len = 0; len < legacy.len; len++) {
        (void)verify(span_of(legacy.p, len), &out);
    }
    buf_done(&out);
    buf_done(&legacy);
    buf_done(&ber);
}
END_TEST

/* Bodies of records, and what verify says of a stream in which they are where they should not be.
 */
enum { BODY_TYPE = 0xa0, BODY_SECTION = 0xa1, BODY_RAM = 0xa3, BODY_END = 0x85 };

/* Takes the BER stream of a sample apart; the index goes, for it would not be true any more. */
static void take_apart(size_t sample, struct stream_frames *frames)
{
    struct err err = ERR_INIT;
    struct buf legacy;
    struct buf ber;

    buf_init(&legacy, TEXT_MAX);
    read_sample(samples[sample], &legacy);
    ck_assert(stream_encode(buf_span(&legacy), 0, 0, &ber, &err));
    ck_assert(stream_split(buf_span(&ber), frames, &err));
    buf_done(&legacy);
    buf_done(&ber);
}

/* Puts frames together, with true checks, and looks for the finding id; NULL: there is none. */
static void expect(struct stream_frames *frames, unsigned form, const char *id)
{
    struct err err = ERR_INIT;
    struct buf ber;
    struct buf out;
    const char *text;

    (void)stream_seal(frames, &err);
    err_init(&err);
    ck_assert_msg(stream_join(frames, form, &ber, &err), "%s", err.text);
    buf_init(&out, TEXT_MAX);
    (void)verify(buf_span(&ber), &out);
    text = text_of(&out);
    if (id == NULL) {
        ck_assert_msg(strncmp(text, "summary", 7) == 0, "%s", text);
    } else {
        ck_assert_msg(strstr(text, id) != NULL, "%s: %s", id, text);
    }
    buf_done(&ber);
    buf_done(&out);
    stream_frames_done(frames);
}

START_TEST(verify_knows_the_profile)
{
    static const unsigned forms[] = {JOIN_DEFINITE, JOIN_PADDED};
    struct stream_frames frames;

    take_apart(0, &frames);
    expect(&frames, 0, NULL);
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        take_apart(0, &frames);
        expect(&frames, forms[i], "warning: PROFILE: ");
    }
}
END_TEST

START_TEST(verify_judges_order)
{
    static const uint8_t unknown[] = {0xbe, 0x02, 0x05, 0x00};
    static const uint8_t skippable[] = {0x01, 0x01, 0xff, 0xbe, 0x02, 0x05, 0x00};
    struct stream_frames frames;
    struct err err = ERR_INIT;
    size_t end;

    take_apart(1, &frames); /* a section before its type */
    stream_frames_remove(&frames, stream_frames_find(&frames, BODY_TYPE));
    expect(&frames, 0, "error: TYPE_");

    take_apart(0, &frames); /* no end mark */
    stream_frames_remove(&frames, stream_frames_find(&frames, BODY_END));
    expect(&frames, 0, "error: END_");

    take_apart(0, &frames); /* two */
    end = stream_frames_find(&frames, BODY_END);
    ck_assert(
        stream_frames_insert(&frames, end, FORM_PART_RECORD, frames.items[end].contents, &err));
    expect(&frames, 0, "error: END_ORDER: ");

    take_apart(1, &frames); /* a section twice */
    end = stream_frames_find(&frames, BODY_SECTION);
    ck_assert(
        stream_frames_insert(&frames, end, FORM_PART_RECORD, frames.items[end].contents, &err));
    expect(&frames, 0, "warning: SECTION_TWICE: ");

    take_apart(0, &frames);
    ck_assert(stream_frames_insert(&frames, 1, FORM_PART_RECORD, span_of(unknown, sizeof(unknown)),
                                   &err));
    expect(&frames, 0, "error: UNKNOWN_RECORD: record 1");

    take_apart(0, &frames);
    ck_assert(stream_frames_insert(&frames, 1, FORM_PART_RECORD,
                                   span_of(skippable, sizeof(skippable)), &err));
    expect(&frames, 0, "warning: UNKNOWN_SKIPPABLE: record 1");
}
END_TEST

/* An index, made by hand, says the places of the records in another order. */
START_TEST(verify_judges_the_order_of_the_index)
{
    struct stream_frames frames;
    struct wire_index_entry first;
    struct wire_index index;
    struct err err = ERR_INIT;
    struct arena arena;
    struct buf legacy;
    struct buf ber;
    struct buf octets;
    size_t at;

    arena_init(&arena, TEXT_MAX);
    buf_init(&legacy, TEXT_MAX);
    buf_init(&octets, TEXT_MAX);
    read_sample(samples[1], &legacy);
    for (int swapped = 0; swapped < 2; swapped++) {
        ck_assert(stream_encode(buf_span(&legacy), 0, STREAM_INDEX, &ber, &err));
        ck_assert(stream_split(buf_span(&ber), &frames, &err));
        at = frames.count - 1;
        ck_assert_int_eq(frames.items[at].part, FORM_PART_INDEX);
        ck_assert(
            asn_decode(&wire_index_type, frames.items[at].contents, &index, &arena, 0, NULL, &err));
        ck_assert_uint_gt(index.entries.count, 1);
        if (swapped == 1) {
            first = index.entries.items[0];
            index.entries.items[0] = index.entries.items[1];
            index.entries.items[1] = first;
        }
        buf_clear(&octets);
        ck_assert(asn_encode_buf(&wire_index_type, &index, &octets, NULL, &err));
        ck_assert(stream_frames_set(&frames, at, buf_span(&octets), &err));
        expect(&frames, 0, swapped == 1 ? "error: INDEX_ENTRY: " : NULL);
        buf_done(&ber);
    }
    buf_done(&octets);
    buf_done(&legacy);
    arena_done(&arena);
}
END_TEST

/* The same octets are counted in both forms. */
START_TEST(stats_agree)
{
    struct view_stats stats[2];
    struct buf legacy;
    struct buf ber;

    load((size_t)_i, &legacy, &ber);
    for (int is_ber = 0; is_ber < 2; is_ber++) {
        struct stream_memory memory = {buf_span(is_ber ? &ber : &legacy), 0};
        struct err err = ERR_INIT;

        ck_assert(view_stats_gather(&stats[is_ber], stream_source(&memory), NULL, &err));
    }
    ck_assert_uint_eq(stats[0].legacy, legacy.len);
    ck_assert_uint_eq(stats[1].legacy, legacy.len);
    ck_assert_uint_eq(stats[1].ber, ber.len);
    ck_assert_uint_eq(stats[0].tail, stats[1].tail);
    ck_assert_uint_eq(stats[0].sections.count, stats[1].sections.count);
    for (size_t i = 0; i < stats[0].sections.count; i++) {
        ck_assert_uint_eq(stats[0].of_section[i].legacy, stats[1].of_section[i].legacy);
        ck_assert_uint_eq(stats[0].of_section[i].level, stats[1].of_section[i].level);
    }
    for (int level = 0; level < VIEW_LEVELS; level++) {
        ck_assert_uint_eq(stats[0].level_records[level], stats[1].level_records[level]);
        ck_assert_uint_eq(stats[0].level_octets[level], stats[1].level_octets[level]);
    }
    view_stats_done(&stats[0]);
    view_stats_done(&stats[1]);
    buf_done(&legacy);
    buf_done(&ber);
}
END_TEST

/* What the leaves of a section are, by its value or by its type. */
struct leaf_sums {
    uint64_t fields;
    uint64_t octets;
    uint64_t hash; /* of type names, in whatever order */
};

static void add_leaves(struct leaf_sums *sums, struct span type, uint64_t fields, uint64_t octets)
{
    uint64_t hash = type.len;

    for (size_t i = 0; i < type.len; i++) {
        hash = hash * 31 + type.p[i];
    }
    sums->fields += fields;
    sums->octets += octets;
    sums->hash += hash * octets;
}

static bool see_node(void *ctx, enum lay_visit_event event, const struct lay_node *node,
                     struct err *err)
{
    (void)err;
    if (event == LAY_VISIT_LEAF) {
        add_leaves(ctx, node->type, 1, node->legacy_size);
    }
    return true;
}

static bool see_leaf(void *ctx, const struct view_leaf *leaf, struct err *err)
{
    (void)err;
    ck_assert_uint_ge(leaf->end - leaf->begin, leaf->octets / leaf->fields);
    add_leaves(ctx, leaf->type, leaf->fields, leaf->octets);
    return true;
}

static bool compare_leaves(void *ctx, const struct form_event *event, struct err *err)
{
    const struct wire_section *section = &event->body->u.section;
    struct lay_where where = {{NULL, 0}, ERR_NO_OFFSET, ERR_NO_OFFSET};
    struct leaf_sums visited = {0, 0, 0};
    struct leaf_sums told = {0, 0, 0};
    const struct lay_visitor visitor = {see_node, NULL, &visited};
    const struct view_leaves leaves = {&told, see_leaf, NULL};
    struct arena arena;
    size_t *sections = ctx;

    if (event->body->which != WIRE_BODY_SECTION) {
        return true;
    }
    ++*sections;
    arena_init(&arena, SIZE_MAX / 2);
    ck_assert(
        lay_visit(event->types, section->type, section->value, &where, &arena, &visitor, err));
    ck_assert(view_leaves_of(event->types, section->type, &leaves, err));
    ck_assert_uint_eq(visited.fields, told.fields);
    ck_assert_uint_eq(visited.octets, told.octets);
    ck_assert_uint_eq(visited.hash, told.hash);
    arena_done(&arena);
    return true;
}

static bool ignore_head(void *ctx, const struct form_head *head, struct err *err)
{
    (void)ctx;
    (void)head;
    (void)err;
    return true;
}

static bool ignore_end(void *ctx, const struct form_end *end, struct err *err)
{
    (void)ctx;
    (void)end;
    (void)err;
    return true;
}

START_TEST(leaves_agree_with_values)
{
    size_t sections = 0;
    const struct form_sink sink = {&sections, ignore_head, compare_leaves, ignore_end};

    for (size_t i = 0; i < stream_sample_count(); i++) {
        struct stream_sample sample;
        struct stream_memory memory;
        struct err err = ERR_INIT;

        stream_sample_make(&sample, i);
        memory.left = buf_span(&sample.legacy);
        memory.chunk = 0;
        (void)form_events(stream_source(&memory), NULL, &sink, &err); /* some are cut */
        stream_sample_done(&sample);
    }
    ck_assert_uint_gt(sections, 100);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("view");
    TCase *parts = tcase_create("parts");
    TCase *streams = tcase_create("streams");

    tcase_add_test(parts, globs);
    tcase_add_test(parts, paths_name_sections);
    tcase_add_test(parts, paths_name_fields);
    tcase_add_test(parts, paths_name_elements);
    tcase_add_test(parts, paths_that_are_none);
    tcase_add_test(parts, json_strings);
    tcase_add_test(parts, text_never_steers_a_terminal);
    tcase_add_test(parts, numbers);
    tcase_add_test(parts, octets_in_pieces);
    tcase_add_test(parts, ram_is_summed_by_block);
    tcase_add_test(parts, rules_have_names_and_stand_in_the_manual);
    suite_add_tcase(s, parts);
    tcase_set_timeout(streams, 300);
    tcase_add_loop_test(streams, dump_does_not_depend_on_chunks, 0, SAMPLES);
    tcase_add_loop_test(streams, verify_finds_nothing_in_good_streams, 0, SAMPLES);
    tcase_add_loop_test(streams, verify_names_the_record_of_every_flipped_bit, 0, SAMPLES);
    tcase_add_test(streams, verify_finds_every_cut);
    tcase_add_test(streams, verify_knows_the_profile);
    tcase_add_test(streams, verify_judges_order);
    tcase_add_test(streams, verify_judges_the_order_of_the_index);
    tcase_add_loop_test(streams, stats_agree, 0, SAMPLES);
    tcase_add_test(streams, leaves_agree_with_values);
    suite_add_tcase(s, streams);
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
