/* legacy_streams.c - see legacy_streams.h. */
#include "legacy_streams.h"

#include "legacy_make.h"

enum { START = 1, PART = 2, END = 3, FULL = 4 };
enum { ZERO = 2, SIZE = 4, PAGE = 8, EOS = 0x10, CONT = 0x20, XBZRLE = 0x40, HOOK = 0x80 };
enum { COMPRESS = 0x100, FLUSH = 0x200 };

static void put_page_bits(struct buf *to, uint32_t bits)
{
    put_subsection(to, "configuration/target-page-bits", 1);
    put32(to, bits);
}

static void put_capability(struct buf *to, const char *name)
{
    put_subsection(to, "configuration/capabilities", 1);
    put32(to, 1);
    put_name(to, name);
}

static void put_uuid(struct buf *to)
{
    put_subsection(to, "configuration/uuid", 1);
    put_text(to, "0123456789abcdef");
}

static void start_ram(struct buf *to)
{
    put_start(to, START, 2, "ram", 4);
    put64(to, 0x3000 | SIZE);
    put_name(to, "pc.ram");
    put64(to, 0x2000);
    put_name(to, "pc.bios");
    put64(to, 0x1000);
    put_eos(to, 2);
}

/* Pages and zero pages of two blocks, in runs and alone. */
static void ram_records(struct buf *to)
{
    put_page(to, 0x000 | PAGE, "pc.ram", STREAM_PAGE);
    put_page(to, 0x100 | PAGE | CONT, NULL, STREAM_PAGE);
    put_page(to, 0x200 | PAGE | CONT, NULL, STREAM_PAGE);
    put_fill(to, 0x300 | ZERO | CONT, NULL, 0);
    put_fill(to, 0x400 | ZERO | CONT, NULL, 0);
    put_fill(to, 0x600 | ZERO | CONT, NULL, 0);
    put_fill(to, 0x700 | ZERO | CONT, NULL, 0xff);
    put_page(to, 0x800 | PAGE | CONT, NULL, STREAM_PAGE);
    put_fill(to, 0x000 | ZERO, "pc.bios", 0);
    put_page(to, 0x100 | PAGE, "pc.bios", STREAM_PAGE);
    put_page(to, 0x200 | PAGE, "pc.bios", STREAM_PAGE);
    put_page(to, 0x200 | PAGE | CONT, NULL, STREAM_PAGE);
}

static void make_precopy(struct buf *to)
{
    put_config(to, 8);
    start_ram(to);
    put_part(to, PART, 2);
    ram_records(to);
    put_eos(to, 2);
    put_part(to, PART, 2);
    put_eos(to, 2);
    put_part(to, END, 2);
    put_page(to, 0xf00 | PAGE | CONT, NULL, STREAM_PAGE);
    put_eos(to, 2);
    put_start(to, FULL, 0, "timer", 2);
    put_octets(to, 30);
    put8(to, 0);
}

static void make_no_footers(struct buf *to)
{
    put_config(to, 8);
    put_start(to, START, 2, "ram", 4);
    put64(to, EOS);
    put_part(to, END, 2);
    ram_records(to);
    put64(to, EOS);
    put8(to, 0);
}

/* As by old machine types, and the size of the pages is found by trial. */
static void make_bare(struct buf *to)
{
    put_magic(to);
    start_ram(to);
    put_part(to, END, 2);
    put_fill(to, 0x102, "pc.ram", 0);
    ram_records(to);
    put_eos(to, 2);
    put8(to, 0);
}

static void make_bare_4k(struct buf *to)
{
    put_magic(to);
    put_start(to, START, 2, "ram", 4);
    put_eos(to, 2);
    put_part(to, END, 2);
    put_fill(to, 0x5000 | ZERO, "pc.ram", 0);
    put_page(to, 0x6000 | PAGE | CONT, NULL, 4096);
    put_eos(to, 2);
    put8(to, 0);
}

static void make_bare_8k(struct buf *to)
{
    put_magic(to);
    put_start(to, START, 2, "ram", 4);
    put_eos(to, 2);
    put_part(to, END, 2);
    put_fill(to, 0x4000 | ZERO, "pc.ram", 0);
    put_page(to, 0x6000 | PAGE | CONT, NULL, 8192);
    put_page(to, 0x8000 | PAGE | CONT, NULL, 8192);
    put_fill(to, 0xa000 | ZERO | CONT, NULL, 0);
    put_eos(to, 2);
    put8(to, 0);
}

static void make_end(struct buf *to)
{
    put_magic(to);
    put8(to, 0);
}

static void make_behind_eof(struct buf *to)
{
    make_end(to);
    put_text(to, "more");
}

static void make_config_plain(struct buf *to)
{
    put_machine(to, "");
    put8(to, 0);
}

static void make_config_full(struct buf *to)
{
    put_machine(to, "pc-q35-7.2");
    put_page_bits(to, 40);
    put_capability(to, "x-ignore-shared");
    put_uuid(to);
    put8(to, 0);
}

static void make_config_some(struct buf *to)
{
    put_machine(to, "pc-q35-7.2");
    put_subsection(to, "configuration/capabilities", 1);
    put32(to, 0);
    put_uuid(to);
    put8(to, 0);
}

static void make_config_order(struct buf *to)
{
    put_machine(to, "pc-q35-7.2");
    put_uuid(to);
    put_page_bits(to, 8);
    start_ram(to);
    put8(to, 0);
}

static void make_config_version(struct buf *to)
{
    put_machine(to, "virt");
    put_subsection(to, "configuration/uuid", 2);
    put_text(to, "0123456789abcdef");
    put8(to, 0);
}

static void make_config_no_text(struct buf *to)
{
    put_machine(to, "virt\xc3");
    put8(to, 0);
}

static void make_config_unknown(struct buf *to)
{
    put_machine(to, "virt");
    put_subsection(to, "configuration/other", 1);
    put8(to, 0);
}

static void make_config_crowd(struct buf *to)
{
    put_machine(to, "virt");
    put_subsection(to, "configuration/capabilities", 1);
    put32(to, 0xffffffff);
}

static void make_config_machine(struct buf *to)
{
    put_magic(to);
    put8(to, 7);
    put32(to, 0xfffffff0);
}

static void make_commands(struct buf *to)
{
    put_config(to, 8);
    put_command(to, 1, "", 0);
    put_command(to, 2, "\0\0\0\1", 4);
    put_command(to, 3, "", 0);
    start_ram(to);
    put_command(to, 6,
                "\0\6pc.ram\0"
                "01234567"
                "abcdefgh",
                25);
    put_command(to, 7, "\0\0\0\0", 4);
    put_command(to, 7, "\0\0\0\13", 4);
    put_command(to, 4, "", 0); /* in the package */
    put_octets(to, 6);
    put_command(to, 7, "\0\0\0", 3); /* is no package */
    put_command(to, 8, "", 0);
    put_command(to, 9, "", 0);
    put_command(to, 10, "\6pc.ram", 7);
    put_command(to, 11, "", 0);
    put_command(to, 0xfeed, "x", 1);
    put_part(to, END, 2);
    put_eos(to, 2);
    put8(to, 0);
}

/* Every kind of RAM record, regular and not. */
static void make_ram_kinds(struct buf *to)
{
    put_config(to, 10);
    start_ram(to);
    put_part(to, PART, 2);
    put_page(to, 0x400 | PAGE | CONT, NULL, 1024); /* of no block */
    put_word(to, 0x400 | XBZRLE, "a");
    put8(to, 1);
    put16(to, 3);
    put_octets(to, 3);
    put_word(to, 0x800 | XBZRLE | CONT, NULL);
    put8(to, 1);
    put16(to, 0);
    put_word(to, 0x800 | XBZRLE | CONT, NULL);
    put8(to, 2); /* an unknown coding: raw */
    put16(to, 5);
    put_octets(to, 5);
    put_word(to, 0x400 | COMPRESS, "b");
    put32(to, 9);
    put_octets(to, 9);
    put_word(to, 0x800 | COMPRESS | CONT, NULL);
    put32(to, 0);
    put64(to, HOOK);
    put64(to, FLUSH);
    put64(to, 0x4400 | HOOK | CONT);
    put_fill(to, 0xc00 | ZERO, "", 7);      /* a block without a name */
    put_fill(to, 0x1000 | ZERO, "\xff", 0); /* a name that is no text: raw */
    put_page(to, 0x1400 | PAGE, "\xed\xa0\x80", 1024);
    put_page(to, 0x1800 | PAGE | CONT, NULL, 1024);
    put_eos(to, 2);
    put8(to, 0);
}

/* Runs that would go on beyond the last page there is. */
static void make_ram_wrap(struct buf *to)
{
    put_config(to, 8);
    put_start(to, START, 2, "ram", 4);
    put_page(to, UINT64_MAX - 511 + (PAGE | CONT), NULL, STREAM_PAGE);
    put_page(to, UINT64_MAX - 255 + (PAGE | CONT), NULL, STREAM_PAGE);
    put_page(to, 0 | PAGE | CONT, NULL, STREAM_PAGE);
    put_fill(to, UINT64_MAX - 511 + (ZERO | CONT), NULL, 0);
    put_fill(to, UINT64_MAX - 255 + (ZERO | CONT), NULL, 0);
    put_fill(to, 0 | ZERO | CONT, NULL, 0);
    put_eos(to, 2);
    put8(to, 0);
}

static void put_block(struct buf *to, const char *name, uint64_t len, uint64_t size, bool address)
{
    put_name(to, name);
    put64(to, len);
    if (size != 0) {
        put64(to, size);
    }
    if (address) {
        put64(to, 0xfffc0000);
    }
}

static void put_blocks(struct buf *to, bool address, uint64_t size, bool last)
{
    put_start(to, START, 2, "ram", 4);
    put64(to, 0x203000 | SIZE);
    put_block(to, "huge", 0x200000, size, address);
    put_block(to, "small", 0x2000, 0, address);
    put_block(to, "none", 0, 0, address);
    put_block(to, "last", 0x1000, last ? size : 0, address);
    put_eos(to, 2);
}

static void make_block_sizes(struct buf *to)
{
    put_machine(to, "pc");
    put_command(to, 3, "\0\0\0\0\0\x20\x10\0\0\0\0\0\0\0\x10\0", 16);
    put_blocks(to, false, 0x200000, false);
    put_blocks(to, false, 0x200000, true);
    put_blocks(to, false, 0, false);
    put8(to, 0);
}

static void make_block_addresses(struct buf *to)
{
    put_machine(to, "pc");
    put_capability(to, "x-ignore-shared");
    put_blocks(to, true, 0, false);
    put8(to, 0);
}

static void make_block_both(struct buf *to)
{
    put_machine(to, "pc");
    put_capability(to, "x-ignore-shared");
    put_command(to, 3, "\0\0\0\0\0\x20\x10\0\0\0\0\0\0\0\x10\0", 16);
    put_blocks(to, true, 0x200000, false);
    put_blocks(to, true, 0x200000, true);
    put8(to, 0);
}

static void make_block_names(struct buf *to)
{
    put_config(to, 8);
    put_start(to, START, 2, "ram", 4);
    put64(to, 0x100 | SIZE);
    put_block(to, "\x80", 0x100, 0, false);
    put64(to, SIZE);
    put_eos(to, 2);
    put8(to, 0);
}

static void make_block_sum(struct buf *to)
{
    put_config(to, 8);
    put_start(to, START, 2, "ram", 4);
    put64(to, 0x1000 | SIZE);
    put_block(to, "a", 0x800, 0, false);
    put_block(to, "b", 0x801, 0, false);
}

static void make_mapped(struct buf *to)
{
    put_machine(to, "pc");
    put_capability(to, "mapped-ram");
    start_ram(to);
}

static void ram_with_word(struct buf *to, uint64_t word)
{
    put_config(to, 8);
    put_start(to, START, 2, "ram", 4);
    put_fill(to, ZERO | CONT, NULL, 0);
    put64(to, word);
    put_octets(to, 20);
}

static void make_word_none(struct buf *to)
{
    ram_with_word(to, 0x1000);
}

static void make_word_eos(struct buf *to)
{
    ram_with_word(to, 0x1000 | EOS);
}

static void make_word_two(struct buf *to)
{
    ram_with_word(to, PAGE | ZERO);
}

static void make_no_size(struct buf *to)
{
    put_magic(to);
    put_start(to, START, 2, "ram", 4);
    put64(to, PAGE | CONT);
    for (int i = 0; i < 70000; i++) {
        put8(to, 0xee);
    }
}

static void make_compressed_long(struct buf *to)
{
    put_config(to, 10);
    put_start(to, START, 2, "ram", 4);
    put64(to, COMPRESS | CONT);
    put32(to, 1 << 20);
}

static void make_dirty_bitmap(struct buf *to)
{
    put_config(to, 8);
    put_start(to, START, 5, "dirty-bitmap", 1);
    put8(to, 0x1c);
    put_name(to, "node");
    put_name(to, "bitmap0");
    put32(to, 65536);
    put8(to, 3);
    put8(to, 0x14);
    put_name(to, "bitmap1");
    put32(to, 65536);
    put8(to, 1);
    put8(to, 1);
    put_footer(to, 5);
    put_part(to, PART, 5);
    put8(to, 0x4c);
    put_name(to, "node");
    put_name(to, "bitmap0");
    put64(to, 0);
    put32(to, 64);
    put64(to, 70);
    put_octets(to, 70);
    put8(to, 0x42);
    put64(to, 64);
    put32(to, 64);
    put8(to, 1);
    put_footer(to, 5);
    put_part(to, END, 5);
    put8(to, 0x20);
    put8(to, 0x21); /* complete and the end in one */
    put_footer(to, 5);
    put8(to, 0);
}

static void make_dirty_bitmap_flags(struct buf *to)
{
    put_config(to, 8);
    put_start(to, START, 5, "dirty-bitmap", 1);
    put8(to, 0x80);
}

static void make_block_migration(struct buf *to)
{
    put_config(to, 8);
    put_start(to, START, 6, "block", 1);
    put64(to, 2);
    put_footer(to, 6);
    put_part(to, PART, 6);
    put64(to, 7 << 9 | 9);
    put_name(to, "ide0-hd0");
    put64(to, 50 << 9 | 4);
    put64(to, 2);
    put_footer(to, 6);
    put8(to, 0);
}

static void make_block_word(struct buf *to)
{
    put_config(to, 8);
    put_start(to, START, 6, "block", 1);
    put64(to, 0x10);
}

static void make_vfio(struct buf *to)
{
    put_config(to, 8);
    put_start(to, START, 9, "0000:00:05.0/vfio", 1);
    put64(to, UINT64_C(0xffffffffef100003));
    put64(to, UINT64_C(0xffffffffef100001));
    put_footer(to, 9);
    put_part(to, PART, 9);
    put64(to, UINT64_C(0xffffffffef100004));
    put64(to, 33);
    put_octets(to, 33);
    put64(to, UINT64_C(0xffffffffef100004));
    put64(to, 0);
    put64(to, UINT64_C(0xffffffffef100005));
    put64(to, UINT64_C(0xffffffffef100001));
    put_footer(to, 9);
    put8(to, 0);
}

static void make_vfio_config(struct buf *to)
{
    put_config(to, 8);
    put_start(to, START, 9, "x/vfio", 1);
    put64(to, UINT64_C(0xffffffffef100002));
}

static void make_vfio_tag(struct buf *to)
{
    put_config(to, 8);
    put_start(to, START, 9, "x/vfio", 1);
    put64(to, UINT64_C(0xffffffffef100003));
    put64(to, UINT64_C(0xffffffffef1000ff));
}

static void make_htab(struct buf *to)
{
    put_config(to, 8);
    put_start(to, START, 7, "spapr/htab", 1);
    put32(to, 24);
    put_footer(to, 7);
    put_part(to, PART, 7);
    put32(to, 0);
    put32(to, 5);
    put16(to, 2);
    put16(to, 1);
    put_octets(to, 32);
    put32(to, 100);
    put16(to, 0);
    put16(to, 7);
    put64(to, 0);
    put_footer(to, 7);
    put_part(to, END, 7);
    put32(to, 0xffffffff);
    put_footer(to, 7);
    put8(to, 0);
}

static void make_stattrib(struct buf *to)
{
    put_config(to, 8);
    put_start(to, START, 8, "s390-storage_attributes", 0);
    put64(to, 1);
    put_footer(to, 8);
    put_part(to, END, 8);
    put64(to, 0x7000 | 2);
    put64(to, 19);
    put_octets(to, 19);
    put64(to, 8);
    put64(to, 1);
    put_footer(to, 8);
    put8(to, 0);
}

static void make_stattrib_word(struct buf *to)
{
    put_config(to, 8);
    put_start(to, START, 8, "s390-storage_attributes", 0);
    put64(to, 4);
}

static void put_virtio_mem(struct buf *to, uint64_t block_size)
{
    put_config(to, 8);
    put_start(to, FULL, 3, "0000:00:03.0/virtio-mem-device-early", 1);
    put64(to, 0x100000000);
    put64(to, 0x8200000);
    put64(to, block_size);
    put32(to, 0);
    put64(to, 0x400000);
}

static void make_virtio_mem(struct buf *to)
{
    put_virtio_mem(to, 0x200000); /* 65 blocks: two words */
    put_octets(to, 16);
    put_footer(to, 3);
    start_ram(to);
    put8(to, 0);
}

static void make_virtio_mem_zero(struct buf *to)
{
    put_virtio_mem(to, 0);
}

static void make_unknown(struct buf *to)
{
    put_config(to, 8);
    start_ram(to);
    put_start(to, START, 3, "foo\n", 1);
    put_octets(to, 10);
}

static void make_ram_version(struct buf *to)
{
    put_config(to, 8);
    put_start(to, START, 3, "ram", 3);
}

static void make_not_started(struct buf *to)
{
    put_config(to, 8);
    start_ram(to);
    put_part(to, PART, 7);
}

static void make_wrong_footer(struct buf *to)
{
    put_config(to, 8);
    start_ram(to);
    put_part(to, PART, 2);
    put_fill(to, 0x100 | ZERO | CONT, NULL, 0);
    put_eos(to, 3);
}

static void make_wrong_footer_framed(struct buf *to)
{
    put_config(to, 8);
    put_start(to, START, 7, "spapr/htab", 1);
    put32(to, 24);
    put_footer(to, 8);
}

static void make_wrong_element(struct buf *to)
{
    put_config(to, 8);
    start_ram(to);
    put8(to, 9);
}

/* clang-format off */
const struct stream streams[] = {
    {"precopy",              make_precopy,             LEG_TAIL, NULL, 50},
    {"no-footers",           make_no_footers,          LEG_END,  NULL, 0},
    {"bare",                 make_bare,                LEG_END,  NULL, 0},
    {"bare-4k",              make_bare_4k,             LEG_END,  NULL, 0},
    {"bare-8k",              make_bare_8k,             LEG_END,  NULL, 0},
    {"end",                  make_end,                 LEG_END,  NULL, 0},
    {"behind-eof",           make_behind_eof,          LEG_TAIL, NULL, 4},
    {"config-plain",         make_config_plain,        LEG_END,  NULL, 0},
    {"config-full",          make_config_full,         LEG_END,  NULL, 0},
    {"config-some",          make_config_some,         LEG_END,  NULL, 0},
    {"config-order",         make_config_order,        LEG_END,  NULL, 0},
    {"config-version",       make_config_version,      LEG_END,  NULL, 0},
    {"config-no-text",       make_config_no_text,      LEG_END,  NULL, 0},
    {"config-unknown",       make_config_unknown,      LEG_LOST, "'configuration/other'", 35},
    {"config-crowd",         make_config_crowd,        LEG_LOST, "4294967295", 45},
    {"config-machine",       make_config_machine,      LEG_LOST, "4294967280", 5},
    {"commands",             make_commands,            LEG_END,  NULL, 0},
    {"ram-kinds",            make_ram_kinds,           LEG_END,  NULL, 0},
    {"ram-wrap",             make_ram_wrap,            LEG_END,  NULL, 0},
    {"block-sizes",          make_block_sizes,         LEG_END,  NULL, 0},
    {"block-addresses",      make_block_addresses,     LEG_END,  NULL, 0},
    {"block-both",           make_block_both,          LEG_END,  NULL, 0},
    {"block-names",          make_block_names,         LEG_END,  NULL, 0},
    {"block-sum",            make_block_sum,           LEG_LOST, "found 0x1 octets more", 28},
    {"mapped-ram",           make_mapped,              LEG_LOST, "mapped-ram", 52},
    {"word-none",            make_word_none,           LEG_LOST, "0x0000000000001000", 28},
    {"word-eos",             make_word_eos,            LEG_LOST, "0x0000000000001010", 28},
    {"word-two",             make_word_two,            LEG_LOST, "0x000000000000000a", 28},
    {"no-size",              make_no_size,             LEG_LOST, "no page size fits", 70008},
    {"compressed-long",      make_compressed_long,     LEG_LOST, "1048576", 12},
    {"dirty-bitmap",         make_dirty_bitmap,        LEG_END,  NULL, 0},
    {"dirty-bitmap-flags",   make_dirty_bitmap_flags,  LEG_LOST, "0x80", 1},
    {"block-migration",      make_block_migration,     LEG_END,  NULL, 0},
    {"block-word",           make_block_word,          LEG_LOST, "0x0000000000000010", 8},
    {"vfio",                 make_vfio,                LEG_END,  NULL, 0},
    {"vfio-config",          make_vfio_config,         LEG_LOST, "configuration of a vfio", 8},
    {"vfio-tag",             make_vfio_tag,            LEG_LOST, "0xffffffffef1000ff", 8},
    {"htab",                 make_htab,                LEG_END,  NULL, 0},
    {"stattrib",             make_stattrib,            LEG_END,  NULL, 0},
    {"stattrib-word",        make_stattrib_word,       LEG_LOST, "0x0000000000000004", 8},
    {"virtio-mem",           make_virtio_mem,          LEG_END,  NULL, 0},
    {"virtio-mem-zero",      make_virtio_mem_zero,     LEG_LOST, "found 0", 36},
    {"unknown",              make_unknown,             LEG_LOST, "'foo?', version 1", 28},
    {"ram-version",          make_ram_version,         LEG_LOST, "'ram', version 3", 17},
    {"not-started",          make_not_started,         LEG_LOST, "found section 7", 5},
    {"wrong-footer",         make_wrong_footer,        LEG_LOST, "section 3", 13},
    {"wrong-footer-framed",  make_wrong_footer_framed, LEG_LOST, "section 8", 5},
    {"wrong-element",        make_wrong_element,       LEG_LOST, "0x09", 1},
};
/* clang-format on */

const size_t stream_count = sizeof(streams) / sizeof(streams[0]);
