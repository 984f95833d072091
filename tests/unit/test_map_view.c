/*
 * test_map_view.c - blobs of streams as views show them: lifted in streams of either kind, names of
 * bits and numbers, what is left and why; and all of it when memory runs out.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/device/mod_library.h"
#include "codec/savevm/leg_wire.h"
#include "codec/view/view_dump.h"
#include "codec/view/view_stats.h"
#include "compat/map_view.h"
#include "memory_fails.h"
#include "stream_trip.h"

enum { TEXT_MAX = 1 << 22, TRIES_MAX = 20000 };

#define B(s) span_of(s, sizeof(s) - 1)

static const char *const samples[] = {"virtio", "s390x", "pc-2.1"};
enum { SAMPLES = sizeof(samples) / sizeof(samples[0]) };

static struct map_view view;
static struct view_blobs blobs;

static void setup(void)
{
    struct err err = ERR_INIT;

    ck_assert(map_view_init(&view, true, &err));
    blobs = map_view_hooks(&view);
}

static void teardown(void)
{
    map_view_done(&view);
}

static bool read_sample(const char *name, struct buf *out)
{
    uint8_t piece[4096];
    char path[1024];
    FILE *file;
    bool ok = true;
    size_t n;

    buf_init(out, TEXT_MAX);
    (void)snprintf(path, sizeof(path), "%s/tests/vectors/streams/%s.mig", TEST_SOURCE_DIR, name);
    file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    while (ok && (n = fread(piece, 1, sizeof(piece), file)) > 0) {
        ok = buf_put(out, piece, n, NULL);
    }
    return fclose(file) == 0 && ok;
}

/* ---- names ---- */

/* Asks for the names of a value, and puts them together with commas. */
static const char *names_of(const char *device, const char *within, const char *name, uint64_t v,
                            uint64_t size, struct span octets)
{
    static char text[4096];
    struct view_names names;
    struct lay_node node;
    size_t len = 0;

    memset(&node, 0, sizeof(node));
    node.within = span_str(within);
    node.name = span_str(name);
    node.integer = v;
    node.legacy_size = size;
    node.octets = octets;
    blobs.name(blobs.ctx, span_str(device), &node, &names);
    text[0] = '\0';
    for (size_t i = 0; i < names.count; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%.*s", i > 0 ? "," : "",
                                (int)names.items[i].len, (const char *)names.items[i].p);
    }
    return text;
}

START_TEST(test_names)
{
    static const struct {
        const char *device;
        const char *within;
        const char *name;
        uint64_t v;
        uint64_t size;
        const char *names;
    } rows[] = {
        {"virtio-net", "Virtio-State", "guest_features", 0x30000023, 4,
         "csum,guest-csum,mac,indirect-desc,event-idx"},
        {"virtio-blk", "Virtio-State", "guest_features", 0x44, 4, "seg-max,blk-size"},
        {"vhost-user-blk", "Virtio-State", "guest_features", 0x44, 4, "seg-max,blk-size"},
        {"virtio-fs", "Virtio-State", "guest_features", 0x10000001, 4, "bit-0,indirect-desc"},
        {"virtio-net", "virtio/64bit_features", "guest_features", UINT64_C(0x8000000100000000), 8,
         "version-1,speed-duplex"},
        {"e1000", "Pci-Config", "command", 0x107, 2, "io,memory,master,serr"},
        {"e1000", "Pci-Config", "class_code", 2, 1, "network"},
        {"e1000", "Pci-Config", "class_code", 0x55, 1, ""},
        {"e1000", "Pci-Config", "vendor_id", 2, 2, ""},
        {"e1000", "e1000", "command", 7, 2, ""},
        {"slirp", "Slirp-Tcp", "t_state", 4, 2, "established"},
        {"slirp", "Slirp-Tcp", "t_state", (uint64_t)-4, 2, ""},
        {"slirp", "Slirp-Socket", "so_state", (uint64_t)(int32_t)0x80000001, 4, "no-fd-ref,bit-31"},
        {"slirp", "Slirp-Socket", "so_faddr", 0x0a00020f, 4, "10.0.2.15"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *names =
            names_of(rows[i].device, rows[i].within, rows[i].name, rows[i].v, rows[i].size, B(""));

        ck_assert_msg(strcmp(names, rows[i].names) == 0, "%s > %s: %s", rows[i].within,
                      rows[i].name, names);
    }
}
END_TEST

/* The chain of capabilities begins where the last capability-list said, and may be anything. */
START_TEST(test_capabilities)
{
    uint8_t octets[192] = {0};
    uint8_t extended[3840] = {0};
    const struct span registers = span_of(octets, sizeof(octets));
    char again[80 * 12] = "";

    ck_assert_str_eq(names_of("x", "Pci-Config", "registers", 0, 0, registers), "");
    octets[0] = 0x11; /* at 0x40: MSI-X, then 0x50 */
    octets[1] = 0x50;
    octets[0x10] = 0xee; /* and at its end one that has no name */
    octets[0x11] = 0xfe;
    octets[190] = 1;
    ck_assert_str_eq(names_of("x", "Pci-Device", "capability_list", 0x40, 1, B("")), "");
    ck_assert_str_eq(names_of("x", "Pci-Config", "registers", 0, 0, registers),
                     "0x40 msi-x,0x50 capability 0xee,0xfc capability 0x0");
    ck_assert_str_eq(names_of("x", "Pci-Config", "registers", 0, 0, registers), "");
    octets[1] = 0x40; /* round and round */
    (void)names_of("x", "Pci-Bridge", "capability_list", 0x43, 1, B(""));
    for (int i = 0; i < MAP_PCI_CAPABILITIES_MAX; i++) {
        (void)strcat(again, i == 0 ? "0x40 msi-x" : ",0x40 msi-x");
    }
    ck_assert_str_eq(names_of("x", "Pci-Config", "registers", 0, 0, registers), again);
    (void)names_of("x", "Pci-Device", "capability_list", 0x40, 1, B(""));
    ck_assert_str_eq(names_of("x", "Pci-Config", "registers", 0, 0, span_of(octets, 1)), "");
    (void)names_of("x", "Pci-Device", "capability_list", 0x3c, 1, B(""));
    ck_assert_str_eq(names_of("x", "Pci-Config", "registers", 0, 0, registers), "");

    ck_assert_str_eq(names_of("x", "Pci-Config", "extended", 0, 0, span_of(extended, 3840)), "");
    extended[0] = 1;
    extended[2] = 0x01; /* version 1, next 0x140 */
    extended[3] = 0x14;
    extended[0x40] = 0x0b;
    ck_assert_str_eq(names_of("x", "Pci-Config", "extended", 0, 0, span_of(extended, 3840)),
                     "0x100 aer,0x140 vendor");
}
END_TEST

/* ---- streams of either kind ---- */

static void dump(struct span stream, enum view_format format, const struct view_blobs *hooks,
                 struct buf *out)
{
    struct view_dump_options options;
    struct stream_memory memory = {stream, 0};
    struct view_dump_report report;
    struct err err = ERR_INIT;

    memset(&options, 0, sizeof(options));
    options.format = format;
    options.detail = VIEW_FIELDS;
    options.octets_max = VIEW_OCTETS_ALL;
    options.blobs = hooks;
    buf_init(out, TEXT_MAX);
    ck_assert_msg(view_dump(stream_source(&memory), stream_sink(out), &options, &report, &err),
                  "%s", err.text);
}

/* Returns what is shown between the header and the trailer. */
static struct span sections_of(const struct buf *text, enum view_format format)
{
    const char *first = format == VIEW_TEXT ? "\nsection " : "{\"kind\":\"section\"";
    const char *last = format == VIEW_TEXT ? "end-of-stream" : "{\"kind\":\"end-of-stream\"";
    const char *begin;
    const char *end;

    ck_assert_uint_gt(text->len, 0);
    text->p[text->len - 1] = '\0';
    begin = strstr((const char *)text->p, first);
    ck_assert_ptr_nonnull(begin);
    end = strstr(begin, last);
    ck_assert_ptr_nonnull(end);
    return span_of(begin, (size_t)(end - begin));
}

/* What is shown is the same of a stream, of its BER, and of its BER with fields for blobs. */
START_TEST(test_same)
{
    enum view_format format = _i % 2 == 0 ? VIEW_TEXT : VIEW_JSONL;
    struct lay_modules plain = mod_library_hooks(NULL);
    struct err err = ERR_INIT;
    struct buf legacy;
    struct buf ber[2];
    struct buf shown[3];
    struct buf octets;

    ck_assert(read_sample(samples[_i / 2], &legacy));
    ck_assert(stream_encode_with(buf_span(&legacy), &plain, 0, &ber[0], &err));
    ck_assert(stream_encode_with(buf_span(&legacy), &blobs.modules, 0, &ber[1], &err));
    ck_assert(!span_eq(buf_span(&ber[0]), buf_span(&ber[1])));
    dump(buf_span(&legacy), format, &blobs, &shown[0]);
    dump(buf_span(&legacy), format, NULL, &octets);
    ck_assert(!span_eq(sections_of(&shown[0], format), sections_of(&octets, format)));
    for (int i = 0; i < 2; i++) {
        dump(buf_span(&ber[i]), format, &blobs, &shown[1 + i]);
        ck_assert(span_eq(sections_of(&shown[0], format), sections_of(&shown[1 + i], format)));
        buf_done(&shown[1 + i]);
        buf_done(&ber[i]);
    }
    buf_done(&shown[0]);
    buf_done(&octets);
    buf_done(&legacy);
}
END_TEST

/* ---- what is left ---- */

static void gather(struct span stream, const struct view_blobs *hooks, struct view_stats *stats)
{
    struct stream_memory memory = {stream, 0};
    struct err err = ERR_INIT;

    ck_assert_msg(view_stats_gather(stats, stream_source(&memory), hooks, &err), "%s", err.text);
}

static const struct view_left_row *row_of(const struct view_stats *stats, const char *path)
{
    for (size_t i = 0; i < stats->left.count; i++) {
        if (span_eq_str(stats->left.rows[i].path, path)) {
            return &stats->left.rows[i];
        }
    }
    return NULL;
}

START_TEST(test_left)
{
    static const char features[] = "\0\0\0\0\0\0\0\x08\0\0\0\x03"; /* of virtio, then lengths */
    struct view_stats stats;
    struct err err = ERR_INIT;
    struct buf legacy;
    struct buf ber;
    size_t at = 0;

    ck_assert(read_sample("virtio", &legacy));
    gather(buf_span(&legacy), &blobs, &stats);
    ck_assert_uint_eq(stats.left.blobs, 1835);
    ck_assert_uint_eq(stats.left.lifted, 1323); /* all but 512 octets of vlans */
    ck_assert_uint_eq(stats.level_octets[3], 1323);
    ck_assert_uint_eq(stats.level_records[3], 4);
    ck_assert_int_eq(row_of(&stats, "virtio-net > virtio > net > vlans")->why, VIEW_LEFT_HOST);
    ck_assert_int_eq(row_of(&stats, "mc146818rtc > cmos_data")->why, VIEW_LEFT_BUFFER);
    ck_assert_int_eq(row_of(&stats, "timer > unused")->why, VIEW_LEFT_UNUSED);
    view_stats_done(&stats);

    gather(buf_span(&legacy), NULL, &stats);
    ck_assert_uint_eq(stats.left.blobs, 1835);
    ck_assert_uint_eq(stats.left.lifted, 0);
    ck_assert_int_eq(row_of(&stats, "virtio-net > virtio")->why, VIEW_LEFT_NOT_LIFTED);
    ck_assert_uint_eq(row_of(&stats, "virtio-net > virtio")->octets, 1019);
    view_stats_done(&stats);

    while (memcmp(legacy.p + at, features, 4) != 0 ||
           memcmp(legacy.p + at + 4, "\0\0\0\x08", 4) != 0 ||
           memcmp(legacy.p + at + 16, "\0\0\0\3", 4) != 0) {
        at++;
    }
    leg_set_be32(legacy.p + at + 16, 2000); /* queues */
    for (int is_ber = 0; is_ber < 2; is_ber++) {
        const struct lay_modules plain = mod_library_hooks(NULL);
        const struct view_left_row *row;

        ck_assert(is_ber == 0 || stream_encode_with(buf_span(&legacy), &plain, 0, &ber, &err));
        gather(buf_span(is_ber ? &ber : &legacy), &blobs, &stats);
        ck_assert_uint_eq(stats.left.blobs, 1835);
        ck_assert_uint_eq(stats.left.lifted, 816);
        row = row_of(&stats, "virtio-net > virtio");
        ck_assert_int_eq(row->why, VIEW_LEFT_MISFIT);
        ck_assert_msg(span_eq_str(row->text, "map virtio does not fit at octet 363, queue_count: "
                                             "expected 1024 at most, found 2000"),
                      "%.*s", (int)row->text.len, (const char *)row->text.p);
        view_stats_done(&stats);
    }
    buf_done(&legacy);
    buf_done(&ber);
}
END_TEST

/* ---- memory ---- */

static struct buf streams[2]; /* legacy, BER with blobs as octets */

static bool drop(void *ctx, struct iovec *iov, size_t iov_count, struct err *err)
{
    (void)ctx;
    (void)iov;
    (void)iov_count;
    (void)err;
    return true;
}

static bool run(struct io_source in, bool as_stats, struct err *err)
{
    const struct io_sink nowhere = {drop, NULL};
    struct view_dump_options options;
    struct view_dump_report report;
    struct view_stats stats;
    struct view_blobs hooks;
    struct map_view maps;
    bool ok;

    if (!map_view_init(&maps, true, err)) {
        return false;
    }
    hooks = map_view_hooks(&maps);
    if (as_stats) {
        ok = view_stats_gather(&stats, in, &hooks, err) &&
             view_stats_show(&stats, nowhere, VIEW_TEXT, NULL, err);
        view_stats_done(&stats);
    } else {
        memset(&options, 0, sizeof(options));
        options.detail = VIEW_FIELDS;
        options.blobs = &hooks;
        ok = view_dump(in, nowhere, &options, &report, err);
    }
    map_view_done(&maps);
    return ok;
}

START_TEST(every_allocation_fails_in_turn)
{
    size_t n = 0;
    size_t done = 1;

    while (done >= n && n < TRIES_MAX) {
        struct stream_memory memory = {buf_span(&streams[_i % 2]), 0};
        struct err err = ERR_INIT;
        bool whole;

        memory_arm(++n, false);
        whole = run(stream_source(&memory), _i / 2 == 1, &err);
        done = memory_taken;
        memory_disarm(); /* Check allocates, too */
        ck_assert(whole || err.band == ERR_LIMIT);
        ck_assert_msg(whole || done >= n, "without a failure: %s", err.text);
    }
    ck_assert_uint_lt(n, TRIES_MAX);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("map view");
    TCase *tcase = tcase_create("views");
    TCase *memory = tcase_create("memory");
    SRunner *runner;
    struct err err = ERR_INIT;
    int failed;

    if (!read_sample("s390x", &streams[0]) ||
        !stream_encode(buf_span(&streams[0]), 0, 0, &streams[1], &err)) {
        (void)fprintf(stderr, "test_map_view: cannot read its stream\n");
        return EXIT_FAILURE;
    }
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_names);
    tcase_add_test(tcase, test_capabilities);
    tcase_add_loop_test(tcase, test_same, 0, 2 * SAMPLES);
    tcase_add_test(tcase, test_left);
    suite_add_tcase(s, tcase);
    tcase_set_timeout(memory, 300);
    tcase_add_loop_test(memory, every_allocation_fails_in_turn, 0, 4);
    suite_add_tcase(s, memory);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    buf_done(&streams[0]);
    buf_done(&streams[1]);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
