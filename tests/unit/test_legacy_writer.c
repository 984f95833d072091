/*
 * test_legacy_writer.c - the legacy writer: what it refuses, and that RAM goes through reader and
 * writer without an allocation.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/savevm/leg_limits.h"
#include "codec/savevm/leg_reader.h"
#include "codec/savevm/leg_writer.h"
#include "legacy_make.h"
#include "memory_fails.h"

/* A writer into memory, and a body to be written. */
static struct leg_writer writer;
static struct out out;
static struct buf written;
static struct wire_body body;
static struct err err;

static bool sink_write(void *ctx, struct iovec *iov, size_t iov_count, struct err *e)
{
    for (size_t i = 0; i < iov_count; i++) {
        if (!buf_put(ctx, iov[i].iov_base, iov[i].iov_len, e)) {
            return false;
        }
    }
    return true;
}

static void setup(void)
{
    struct io_sink sink = {sink_write, &written};

    buf_init(&written, 1 << 26);
    out_init(&out, sink);
    memset(&body, 0, sizeof(body));
    err_init(&err);
    ck_assert(leg_writer_init(&writer, NULL));
}

static void teardown(void)
{
    leg_writer_done(&writer);
    out_done(&out);
    buf_done(&written);
}

static void taken(const char *octets, size_t len)
{
    uint64_t length = 0;
    size_t before = written.len;

    ck_assert_msg(leg_write(&writer, &body, &out, &length, &err) && out_flush(&out, &err), "%s",
                  err.text);
    ck_assert_uint_eq(length, len);
    ck_assert_uint_eq(written.len - before, len);
    ck_assert(len == 0 || memcmp(written.p + before, octets, len) == 0);
}

static void refused(enum err_band band, const char *text)
{
    uint64_t length = 77;

    err_init(&err);
    ck_assert(!leg_write(&writer, &body, &out, &length, &err));
    ck_assert_uint_eq(length, 77);
    ck_assert_int_eq(err.band, band);
    ck_assert_msg(strstr(err.text, text) != NULL, "%s", err.text);
}

static struct wire_framed *framed(int32_t kind, uint32_t id, const char *name, const char *data)
{
    struct wire_framed *f = &body.u.framed;

    memset(&body, 0, sizeof(body));
    body.which = WIRE_BODY_FRAMED;
    f->has_open = kind != 0;
    f->open.kind = kind;
    f->open.id = id;
    f->open.has_identity = name != NULL;
    if (name != NULL) {
        f->open.identity.name = span_str(name);
        f->open.identity.instance = 5;
        f->open.identity.version = 6;
    }
    f->data = span_str(data);
    return f;
}

START_TEST(test_sections)
{
    struct wire_framed *f = framed(WIRE_SECTION_KIND_START, 1, "ab", "x");

    taken("\1\0\0\0\1\2ab\0\0\0\5\0\0\0\6x", 17);
    framed(WIRE_SECTION_KIND_PART, 1, NULL, "");
    refused(ERR_MALFORMED, "section 1 begins inside section 1");
    body.which = WIRE_BODY_COMMAND;
    body.u.command.data = span_of(NULL, 0);
    refused(ERR_MALFORMED, "a command inside section 1");
    body.which = WIRE_BODY_END_OF_STREAM;
    refused(ERR_MALFORMED, "the end of the stream inside section 1");
    framed(0, 0, NULL, "yz");
    f->has_close = true;
    f->close.footer = true;
    taken("yz\x7e\0\0\0\1", 7);
    refused(ERR_MALFORMED, "goes on that has not begun");
    framed(WIRE_SECTION_KIND_END, 1, NULL, "")->has_close = true;
    taken("\3\0\0\0\1", 5);
    framed(WIRE_SECTION_KIND_END, 1, "ab", "");
    refused(ERR_MALFORMED, "goes on with a name");
    framed(WIRE_SECTION_KIND_FULL, 1, NULL, "");
    refused(ERR_MALFORMED, "begins without a name");
    framed(9, 1, NULL, "");
    refused(ERR_MALFORMED, "found 9");
    framed(WIRE_SECTION_KIND_FULL, 1, "", "")->open.identity.name = span_of("", 256);
    refused(ERR_MALFORMED, "256 octets");
}
END_TEST

/* RAM does not go on with another section's payload, nor the other way round. */
START_TEST(test_mixed)
{
    framed(WIRE_SECTION_KIND_START, 1, "ab", "x");
    taken("\1\0\0\0\1\2ab\0\0\0\5\0\0\0\6x", 17);
    memset(&body, 0, sizeof(body));
    body.which = WIRE_BODY_RAM;
    body.u.ram.page_size = 4096;
    refused(ERR_MALFORMED, "goes on that has not begun");
}
END_TEST

START_TEST(test_others)
{
    body.which = WIRE_BODY_END_OF_STREAM;
    taken("\0", 1);
    body.which = WIRE_BODY_TYPE_DESCRIPTION;
    taken("", 0);
    body.which = WIRE_BODY_COMMAND;
    body.u.command.number = 0x102;
    body.u.command.data = span_str("abc");
    taken("\10\1\2\0\3abc", 8);
    body.u.command.data = span_of("", 65536);
    refused(ERR_MALFORMED, "65536");
    memset(&body, 0, sizeof(body));
    body.which = WIRE_BODY_VM_DESCRIPTION;
    body.u.vm_description.which = WIRE_VM_DESCRIPTION_TEXT;
    body.u.vm_description.u.text = span_str("{}");
    taken("\6\0\0\0\2{}", 7);
    body.u.vm_description.which = WIRE_VM_DESCRIPTION_REBUILT;
    refused(ERR_INTERNAL, "nobody rebuilds");
    body.u.vm_description.which = ASN_UNKNOWN;
    refused(ERR_UNSUPPORTED, "unknown form");
    memset(&body, 0, sizeof(body));
    body.which = WIRE_BODY_SECTION;
    refused(ERR_INTERNAL, "nobody lowers");
    body.which = ASN_UNKNOWN;
    refused(ERR_UNSUPPORTED, "unknown kind");
    framed(WIRE_SECTION_KIND_START, 1, "ab", "x");
    taken("\1\0\0\0\1\2ab\0\0\0\5\0\0\0\6x", 17);
    memset(&body, 0, sizeof(body));
    body.which = WIRE_BODY_OPAQUE;
    body.u.opaque.data = span_str("rest");
    taken("rest", 4);
    body.which = WIRE_BODY_END_OF_STREAM; /* the section is over */
    taken("\0", 1);
}
END_TEST

static bool lower(void *ctx, const struct wire_section *section, struct buf *payload, struct err *e)
{
    (void)section;
    return buf_put(payload, ctx, strlen(ctx), e);
}

static bool vmdesc(void *ctx, const struct wire_vmdesc_form *form, struct buf *text, struct err *e)
{
    (void)form;
    return buf_put(text, ctx, strlen(ctx), e);
}

START_TEST(test_hooks)
{
    char word[] = "hooked";
    struct leg_writer_hooks hooks = {word, lower, vmdesc};

    leg_writer_set_hooks(&writer, &hooks);
    body.which = WIRE_BODY_SECTION;
    body.u.section.open.kind = WIRE_SECTION_KIND_FULL;
    body.u.section.open.id = 3;
    body.u.section.open.has_identity = true;
    body.u.section.open.identity.name = span_str("t");
    body.u.section.close.footer = true;
    taken("\4\0\0\0\3\1t\0\0\0\0\0\0\0\0hooked\x7e\0\0\0\3", 26);
    memset(&body, 0, sizeof(body));
    body.which = WIRE_BODY_VM_DESCRIPTION;
    body.u.vm_description.which = WIRE_VM_DESCRIPTION_REBUILT;
    taken("\6\0\0\0\6hooked", 11);
}
END_TEST

static void head_refused(const struct wire_header *header, enum err_band band)
{
    err_init(&err);
    ck_assert(!leg_write_head(&writer, header, &out, &err));
    ck_assert_int_eq(err.band, band);
}

START_TEST(test_heads)
{
    struct span names[LEG_CAPABILITIES_MAX + 1];
    struct wire_header header;

    memset(&header, 0, sizeof(header));
    header.container = WIRE_CONTAINER_FRAGMENT;
    ck_assert(leg_write_head(&writer, &header, &out, &err));
    ck_assert_uint_eq(out.offset, 0);
    header.has_configuration = true;
    head_refused(&header, ERR_MALFORMED);
    header.container = 7;
    head_refused(&header, ERR_UNSUPPORTED);
    header.container = WIRE_CONTAINER_STREAM;
    header.configuration.machine = span_of("", LEG_MACHINE_NAME_MAX + 1);
    head_refused(&header, ERR_LIMIT);
    header.configuration.machine.len = 0;
    header.configuration.has_uuid = true;
    header.configuration.uuid = span_str("short");
    head_refused(&header, ERR_MALFORMED);
    header.configuration.has_uuid = false;
    header.configuration.has_capabilities = true;
    header.configuration.capabilities.items = names;
    header.configuration.capabilities.count = LEG_CAPABILITIES_MAX + 1;
    head_refused(&header, ERR_LIMIT);
    header.configuration.capabilities.count = 1;
    names[0] = span_of("", 256);
    head_refused(&header, ERR_MALFORMED);
}
END_TEST

/* A RAM event of one item, with len octets of contents. */
static struct wire_ram_item ram_items[3];

static struct wire_ram_item *ram(int32_t which, size_t len)
{
    static const uint8_t zeros[8192];
    struct wire_ram *r = &body.u.ram;

    memset(&body, 0, sizeof(body));
    memset(ram_items, 0, sizeof(ram_items));
    body.which = WIRE_BODY_RAM;
    r->has_open = true;
    r->open.kind = WIRE_SECTION_KIND_PART;
    r->open.id = 2;
    r->page_size = 4096;
    r->items.count = 1;
    r->items.items = ram_items;
    r->has_data = len > 0;
    r->data = span_of(zeros, len);
    ram_items[0].which = which;
    return &ram_items[0];
}

static void ram_counts(void)
{
    struct wire_ram_item *item = ram(WIRE_RAM_ITEM_PAGES, 4096);

    item->u.pages.count = 2;
    refused(ERR_MALFORMED, "2 pages, and contents of 4096 octets");
    item->u.pages.count = 0;
    refused(ERR_MALFORMED, "no pages");
    body.u.ram.data.len = 4097;
    item->u.pages.count = 1;
    refused(ERR_MALFORMED, "1 octets of contents too many");
    body.u.ram.data.len = 4096;
    item->u.pages.first = UINT64_MAX / 4096 + 1;
    refused(ERR_MALFORMED, "are no pages");
    body.u.ram.page_size = 4095;
    refused(ERR_MALFORMED, "found 4095");
    body.u.ram.page_size = 1 << 17;
    refused(ERR_MALFORMED, "found 131072");
    body.u.ram.page_size = 0;
    refused(ERR_MALFORMED, "found 0");
    item = ram(WIRE_RAM_ITEM_FILL, 0);
    item->u.fill.first = UINT64_MAX / 4096 - 5;
    item->u.fill.count = 7;
    refused(ERR_MALFORMED, "are no pages");
    item->u.fill.first = 0;
    item->u.fill.count = UINT32_MAX;
    refused(ERR_LIMIT, "at most 1048576 pages");
}

static void ram_forms(void)
{
    struct wire_ram_item *item = ram(WIRE_RAM_ITEM_BLOCK, 0);

    item->u.block = span_str("pc.ram");
    refused(ERR_MALFORMED, "block without a page");
    ram_items[1] = ram_items[0];
    ram_items[2].which = WIRE_RAM_ITEM_FILL;
    ram_items[2].u.fill.count = 1;
    body.u.ram.items.count = 3;
    refused(ERR_MALFORMED, "block without a page");
    ram(WIRE_RAM_ITEM_BLOCK, 0)->u.block = span_of("", 256);
    refused(ERR_MALFORMED, "block without a page");
    ram(WIRE_RAM_ITEM_XBZRLE, 0)->u.xbzrle.data = span_of("", 65536);
    refused(ERR_MALFORMED, "65536");
    ram(WIRE_RAM_ITEM_COMPRESSED, 0)->u.compressed.data = span_of("", LEG_COMPRESSED_MAX + 1);
    refused(ERR_MALFORMED, "131073");
    ram(WIRE_RAM_ITEM_COMPRESSED, 0);
    body.u.ram.page_size = 256;
    refused(ERR_MALFORMED, "compressed");
    ram(WIRE_RAM_ITEM_MARK, 0)->u.mark = 0x10;
    refused(ERR_MALFORMED, "0x0000000000000010");
    ram(ASN_UNKNOWN, 0);
    refused(ERR_UNSUPPORTED, "unknown kind");
    ram(99, 0);
    refused(ERR_UNSUPPORTED, "unknown kind");
}

static void ram_blocks(void)
{
    struct wire_ram_block blocks[2];
    struct wire_ram_item *item = ram(WIRE_RAM_ITEM_BLOCKS, 0);

    memset(blocks, 0, sizeof(blocks));
    blocks[0].name = span_str("a");
    blocks[1].name = span_str("b");
    blocks[0].length = 0x1000;
    blocks[1].length = 0x1000;
    item->u.blocks.blocks.items = blocks;
    item->u.blocks.blocks.count = 2;
    item->u.blocks.total = 0x2010;
    refused(ERR_MALFORMED, "0x2010");
    item->u.blocks.total = 0x1000;
    refused(ERR_MALFORMED, "RAM block 1");
    item->u.blocks.total = 0x3000;
    refused(ERR_MALFORMED, "0x1000 octets less");
    item->u.blocks.total = 0x2000;
    blocks[1].name = span_of("", 256);
    refused(ERR_MALFORMED, "RAM block 1");
    item->u.blocks.blocks.count = LEG_BLOCKS_MAX + 1;
    refused(ERR_MALFORMED, "4097");
}

START_TEST(test_ram_refused)
{
    ram_counts();
    ram_forms();
    ram_blocks();
    ck_assert_uint_eq(written.len, 0); /* nothing is written before all is checked */
    ck_assert_uint_eq(out.offset, 0);
}
END_TEST

/* A long run of zero pages does not fit the room for heads at once. */
START_TEST(test_ram_long)
{
    struct wire_ram_item *item = ram(WIRE_RAM_ITEM_FILL, 0);
    uint64_t length = 0;

    item->u.fill.first = 1;
    item->u.fill.count = 100000;
    item->u.fill.octet = 0xaa;
    ck_assert(leg_write(&writer, &body, &out, &length, &err) && out_flush(&out, &err));
    ck_assert_uint_eq(length, 5 + 900000);
    for (uint64_t i = 0; i < 100000; i++) {
        ck_assert_uint_eq(leg_get_be64(written.p + 5 + i * 9), (i + 1) << 12 | 0x22);
        ck_assert_uint_eq(written.p[5 + i * 9 + 8], 0xaa);
    }
}
END_TEST

/* Reads a stream of RAM that is made up as it is read. */
struct ram_source {
    uint64_t next;  /* page number */
    uint64_t count; /* of pages */
    uint8_t record[8 + 4096];
    size_t left; /* octets of the record */
    size_t len;
};

static bool ram_read(void *ctx, void *p, size_t cap, size_t *got, struct err *e)
{
    struct ram_source *source = ctx;
    size_t n;

    (void)e;
    if (source->left == 0 && source->next < source->count) {
        bool zero = source->next % 7 == 0;

        leg_set_be64(source->record, source->next << 12 | (zero ? 0x22 : 0x28));
        source->record[8] = 0;
        source->len = zero ? 9 : sizeof(source->record);
        source->left = source->len;
        source->next++;
    }
    n = source->left < cap ? source->left : cap;
    memcpy(p, source->record + source->len - source->left, n);
    source->left -= n;
    *got = n;
    return true;
}

static bool count_write(void *ctx, struct iovec *iov, size_t iov_count, struct err *e)
{
    uint64_t *octets = ctx;

    (void)e;
    for (size_t i = 0; i < iov_count; i++) {
        *octets += iov[i].iov_len;
    }
    return true;
}

static uint8_t joined[1 << 20];

/* The pages of an event, one behind the other: as they come out of a BER stream. */
static void join(struct leg_event *event)
{
    size_t len = 0;

    for (size_t i = 0; i < event->page_count; i++) {
        memcpy(joined + len, event->pages[i].p, event->pages[i].len);
        len += event->pages[i].len;
    }
    event->body.u.ram.data = span_of(joined, len);
}

START_TEST(test_no_allocation)
{
    static struct ram_source source = {.count = 20000};
    struct io_source from = {ram_read, &source};
    uint64_t octets = 0;
    struct io_sink to = {count_write, &octets};
    struct wire_header header;
    struct leg_reader reader;
    struct win win;
    uint64_t before = memory_taken;
    uint64_t events = 0;
    struct buf head;
    enum leg_step step = LEG_END;
    struct leg_event event;
    uint64_t length;
    bool ok = true;

    buf_init(&head, 4096);
    put_config(&head, 12);
    put_start(&head, 1, 2, "ram", 4);
    memcpy(source.record, head.p, head.len);
    source.len = source.left = head.len;
    memset(&header, 0, sizeof(header));
    out_done(&out);
    out_init(&out, to);
    ck_assert(win_init(&win, from, 1 << 20, NULL) && leg_reader_init(&reader, &win, NULL, NULL));
    ck_assert(leg_reader_head(&reader, &header.configuration, &header.has_configuration, NULL));
    ck_assert(leg_write_head(&writer, &header, &out, NULL));
    ck_assert_uint_gt(memory_taken, before); /* the wrappers are there */
    before = memory_taken;
    while (ok && leg_reader_next(&reader, &event, &step, &err)) { /* check allocates: no asserts */
        join(&event);
        ok = step == LEG_EVENT && leg_write(&writer, &event.body, &out, &length, &err);
        events++;
    }
    before = memory_taken - before;
    ck_assert(ok);
    ck_assert_uint_eq(before, 0);
    ck_assert_int_eq(err.band, ERR_TRUNCATED);
    ck_assert_uint_gt(events, 100);
    ck_assert_uint_eq(source.next, source.count);
    ck_assert(out_flush(&out, NULL));
    ck_assert_uint_eq(octets, win.offset);
    leg_reader_done(&reader);
    win_done(&win);
    buf_done(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("legacy_writer");
    TCase *tcase = tcase_create("legacy_writer");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_sections);
    tcase_add_test(tcase, test_mixed);
    tcase_add_test(tcase, test_others);
    tcase_add_test(tcase, test_hooks);
    tcase_add_test(tcase, test_heads);
    tcase_add_test(tcase, test_ram_refused);
    tcase_add_test(tcase, test_ram_long);
    tcase_add_test(tcase, test_no_allocation);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
