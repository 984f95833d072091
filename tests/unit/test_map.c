/*
 * test_map.c - layout maps: what notation they take, which type a blob comes to, and what is said
 * of a blob that does not fit.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/base/arena.h"
#include "codec/base/buf.h"
#include "codec/base/err.h"
#include "codec/device/mod_limits.h"
#include "codec/device/mod_set.h"
#include "codec/savevm/lay_value.h"
#include "codec/schema/asn_parser.h"
#include "codec/schema/asn_resolve.h"
#include "compat/map_check.h"
#include "compat/map_compile.h"
#include "compat/map_hint.h"
#include "compat/map_lift.h"
#include "compat/map_scrub.h"
#include "compat/map_section.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define B(text) span_of(text, sizeof(text) - 1)

static struct arena notation;
static struct arena arena;
static struct asn_model model;
static struct map_set set;
static struct lay_types types;
static struct map_context context;
static struct err err;
static char form[65536];

static void setup(void)
{
    arena_init(&notation, SIZE_MAX / 2);
    arena_init(&arena, SIZE_MAX / 2);
    lay_types_init(&types);
    context = map_context_make(span_str("0000:00:02.0/virtio-net"), span_str("virtio-net"), 3);
}

static void teardown(void)
{
    lay_types_done(&types);
    arena_done(&arena);
    arena_done(&notation);
}

/* Compiles a module that has those assignments, the first line of which is its third. */
static bool compile(const char *body)
{
    char text[8192];

    (void)snprintf(text, sizeof(text),
                   "Vmber-M DEFINITIONS IMPLICIT TAGS ::= BEGIN\n"
                   "IMPORTS UInt64, UInt32, UInt16, UInt8, Int32, Int16 FROM Vmber-Leaf;\n"
                   "%s\nEND\n",
                   body);
    arena_reset(&notation);
    arena_reset(&arena);
    asn_model_init(&model, &notation);
    err_init(&err);
    return asn_parse(&model, "leaf.asn1", mod_builtin_leaf, &err) &&
           asn_parse(&model, "m.asn1", span_str(text), &err) && asn_resolve(&model, &err) &&
           map_compile(&model, &arena, &set, &err);
}

/* A map whose root has those rows. */
static void rows_are(const char *rows, const char *others)
{
    char body[4096];

    (void)snprintf(body, sizeof(body),
                   "-- <\"m\" map of \"device.vmstate.structured\" for \"M\">\nM ::= SEQUENCE "
                   "{\n%s\n...\n}\n%s",
                   rows, others);
    ck_assert_msg(compile(body), "%s", err.text);
}

/* Appends to form what the rows of a type are: name:type[*count][@tag][<], and what is inside. */
static void put_form(uint32_t id)
{
    const struct wire_type_description *wire = &lay_types_get(&types, id)->wire;
    char *end = form + strlen(form);

    for (size_t i = 0; i < wire->fields.count; i++) {
        const struct wire_field *f = &wire->fields.items[i];

        end = form + strlen(form);
        end += sprintf(end, "%s%.*s:%.*s", i > 0 ? " " : "", (int)f->name.len,
                       (const char *)f->name.p, (int)f->type.len, (const char *)f->type.p);
        if (span_eq_str(f->type, "buffer") || span_eq_str(f->type, "host-layout")) {
            end += sprintf(end, "/%u", (unsigned)f->size);
        }
        if (f->has_array) {
            end += sprintf(end, "*%u", (unsigned)f->array);
        }
        if (f->has_index) {
            end += sprintf(end, "[%u+%u]", (unsigned)f->index, (unsigned)f->repeat);
        }
        if (f->has_tag) {
            end += sprintf(end, "@%u", (unsigned)f->tag);
        }
        if (f->order == WIRE_BYTE_ORDER_LITTLE) {
            end += sprintf(end, "<");
        }
        if (f->has_element) {
            (void)sprintf(end, "(");
            put_form(f->element);
            (void)strcat(form, ")");
        }
    }
    for (size_t i = 0; wire->has_subsections && i < wire->subsections.count; i++) {
        (void)sprintf(form + strlen(form), " sub@%u(", (unsigned)wire->subsection_tags.items[i]);
        put_form(wire->subsections.items[i]);
        (void)strcat(form, ")");
    }
}

/* Lifts a blob, and makes sure that its value comes back. */
static void fits(struct span blob, const char *expected)
{
    const struct lay_where where = {span_str("m"), 0, ERR_NO_OFFSET};
    struct span value;
    struct buf room;
    struct buf again;
    uint32_t id = 0;

    err_init(&err);
    ck_assert_msg(map_lift(&set, 0, &context, blob, &types, &id, &err), "%s: %s", err.path,
                  err.text);
    ck_assert_uint_eq(lay_types_get(&types, id)->size, blob.len);
    ck_assert(lay_types_get(&types, id)->wire.has_module);
    form[0] = '\0';
    put_form(id);
    ck_assert_str_eq(form, expected);
    buf_init(&room, SIZE_MAX / 2);
    buf_init(&again, SIZE_MAX / 2);
    ck_assert_msg(lay_value_lift(&types, id, blob, &where, &room, &value, &err), "%s", err.text);
    ck_assert_msg(lay_value_lower(&types, id, value, &where, &again, &err), "%s", err.text);
    ck_assert(span_eq(buf_span(&again), blob));
    buf_done(&room);
    buf_done(&again);
}

static void misfits(struct span blob, const char *path, uint64_t offset, const char *text)
{
    uint32_t count = types.count;
    uint32_t id = 0;

    err_init(&err);
    ck_assert(!map_lift(&set, 0, &context, blob, &types, &id, &err));
    ck_assert_str_eq(err.path, path);
    ck_assert_str_eq(err.text, text);
    ck_assert_uint_eq(err.legacy_offset, offset);
    ck_assert_uint_eq(types.count, count);
}

START_TEST(test_leaves)
{
    rows_are("a UInt8, b Int16, -- <little>\nc UInt32, d BOOLEAN, e OCTET STRING (SIZE (2)),\n"
             "f-g OCTET STRING, -- <length a * 2 - 1>\nh SEQUENCE (SIZE (2)) OF UInt16,",
             "");
    fits(B("\x02\xff\x00\1\2\3\4\1abxyz\0\1\0\2"),
         "a:uint8 b:int16< c:uint32 d:bool e:buffer/2 f_g:buffer/3 h:uint16*2");
    fits(B("\x01\xff\x00\1\2\3\4\7abx\0\1\0\2"),
         "a:uint8 b:int16< c:uint32 d:bool e:buffer/2 f_g:buffer/1 h:uint16*2");
    misfits(B("\0\xff\x00\1\2\3\4\7ab\0\1\0\2"), "f_g", 10, "a number below 0");
    misfits(B("\x09\xff\x00\1\2\3\4\7ab"), "f_g", 10, "expected 17 octets, found 0 and the end");
    misfits(B("\x01\xff\x00\1\2\3\4\7abx\0\1\0\2\3"), "", 15,
            "expected the end, found 1 octets more");
    misfits(B("\x01\xff"), "b", 1, "expected 2 octets, found 1 and the end");
}
END_TEST

START_TEST(test_counts)
{
    rows_are("n UInt8, ids [0] SEQUENCE OF UInt16 OPTIONAL, -- <count n>\n"
             "ms [1] SEQUENCE OF N OPTIONAL, -- <while 7>\nend UInt8, -- <magic 0>",
             "N ::= SEQUENCE { marker UInt8, len UInt8, -- <max 9>\n"
             "data OCTET STRING, -- <length len>\n ... }");
    fits(B("\0\0"), "n:uint8 end:uint8");
    fits(B("\2\0\1\0\2\0"), "n:uint8 ids:uint16*2@0 end:uint8");
    fits(B("\0\7\1a\7\1b\0"),
         "n:uint8 ms:struct*2@1(marker:uint8 len:uint8 data:buffer/1) end:uint8");
    fits(B("\0\7\1a\7\0\7\0\7\1b\0"),
         "n:uint8 ms:struct[0+1]@1(marker:uint8 len:uint8 data:buffer/1) "
         "ms:struct[1+2](marker:uint8 len:uint8 data:buffer/0) "
         "ms:struct[3+1](marker:uint8 len:uint8 data:buffer/1) end:uint8");
    misfits(B("\0\7\1a\7\x0a"), "ms[1] > len", 5, "expected 9 at most, found 10");
    misfits(B("\0\6"), "end", 1, "expected 0 (0x0), found 6 (0x6)");
    misfits(B("\7\0\0"), "ids", 1, "expected 7 elements, found room for 1");
}
END_TEST

START_TEST(test_conditions)
{
    rows_are("a UInt16, b [0] UInt8 OPTIONAL, -- <if a == 1>\n"
             "c [1] UInt8 OPTIONAL, -- <if a & 6 if $device in \"x\" \"virtio-net\">\n"
             "d [2] UInt8 OPTIONAL, -- <if a > $version>\n"
             "e [3] UInt8 OPTIONAL, -- <if $transport != \"pci\">\n"
             "f [4] N OPTIONAL, -- <if a >= 256 size a / 256>\n"
             "g [5] UInt8 OPTIONAL, -- <if b == 5>\n",
             "N ::= SEQUENCE { x UInt8, -- <check x < outer.a check outer.b == 1>\n"
             "r OCTET STRING, -- <rest>\n y UInt8, ... }");
    fits(B("\0\0"), "a:uint16");
    fits(B("\0\1\4"), "a:uint16 b:uint8@0");
    fits(B("\0\1\5\6"), "a:uint16 b:uint8@0 g:uint8@5");
    fits(B("\0\2\4"), "a:uint16 c:uint8@1");
    fits(B("\0\4\1\2"), "a:uint16 c:uint8@1 d:uint8@2");
    fits(B("\4\0\1\7abc"), "a:uint16 d:uint8@2 f:struct@4(x:uint8 r:buffer/2 y:uint8)");
    misfits(B("\1\0\1\2ab"), "f > r", 4, "expected 1 octets, found 0 and the end");
}
END_TEST

/* What a check asks is said as it is written. */
START_TEST(test_checks)
{
    rows_are("a UInt8, b UInt8, -- <check b - 1 <= a * 2 check b in 1 3 9>\n"
             "c Int16, -- <max 12>\nn N,",
             "N ::= SEQUENCE { d UInt8, -- <check d & 6 check outer.a != 7>\n... }");
    fits(B("\1\3\0\x0c\2"), "a:uint8 b:uint8 c:int16 n:struct(d:uint8)");
    misfits(B("\1\4\0\0\2"), "b", 1, "expected b - 1 <= a * 2, found 3 (0x3)");
    misfits(B("\2\2\0\0\2"), "b", 1, "expected b in 1 3 9, found 2 (0x2)");
    misfits(B("\1\0\0\0\2"), "b", 2, "a number below 0");
    misfits(B("\1\1\xff\xff\2"), "c", 2, "expected 12 at most, found 65535");
    misfits(B("\1\1\0\0\x11"), "n > d", 4, "expected d & 6, found 17 (0x11)");
    misfits(B("\7\1\0\0\2"), "n > d", 4, "expected outer.a != 7, found 7 (0x7)");
}
END_TEST

START_TEST(test_choices)
{
    /* What is tried first wins; the last decision changes first. */
    rows_are("a [0] UInt8 OPTIONAL, -- <maybe check a == 1>\n"
             "b [1] UInt8 OPTIONAL, -- <maybe>\nc UInt8,",
             "");
    fits(B("\1\2\3"), "a:uint8@0 b:uint8@1 c:uint8");
    fits(B("\1\2"), "a:uint8@0 c:uint8");
    fits(B("\2\2"), "b:uint8@1 c:uint8");
    fits(B("\2"), "c:uint8");
    misfits(B("\2\2\2"), "", 2, "expected the end, found 1 octets more");
}
END_TEST

START_TEST(test_host)
{
    rows_are("m UInt32, -- <magic 0x01020304 host>\nv UInt16, -- <host>\nw UInt16,", "");
    fits(B("\1\2\3\4\0\5\0\6"), "m:uint32 v:uint16 w:uint16");
    fits(B("\4\3\2\1\5\0\0\6"), "m:uint32< v:uint16< w:uint16");
    misfits(B("\4\3\2\2\5\0\0\6"), "m", 0,
            "expected 16909060 (0x1020304), found 67305986 (0x4030202)");
    rows_are("v UInt16, -- <host>\nw UInt16, -- <host check w == v + 1>", "");
    fits(B("\1\0\2\0"), "v:uint16< w:uint16<");
    fits(B("\0\1\0\2"), "v:uint16 w:uint16");
}
END_TEST

START_TEST(test_fits)
{
    rows_are("n UInt8, c N, -- <size n>\nz UInt8,",
             "N ::= SEQUENCE { a [0] UInt16 OPTIONAL, -- <little fits>\n"
             "b [1] UInt32 OPTIONAL, -- <fits>\nc [2] UInt8 OPTIONAL, -- <fits>\n"
             "rest OCTET STRING, -- <rest>\n ... }");
    fits(B("\0z"), "n:uint8 c:struct(rest:buffer/0) z:uint8");
    fits(B("\3abcz"), "n:uint8 c:struct(a:uint16@0< rest:buffer/1) z:uint8");
    fits(B("\x08"
           "abcdefghz"),
         "n:uint8 c:struct(a:uint16@0< b:uint32@1 c:uint8@2 rest:buffer/1) z:uint8");
    rows_are("n UInt8, c N, -- <size n>\nz UInt8,",
             "N ::= SEQUENCE { a [0] SEQUENCE (SIZE (2)) OF UInt16 OPTIONAL, -- <fits>\n"
             "rest OCTET STRING, -- <rest>\n ... }");
    fits(B("\3abcz"), "n:uint8 c:struct(rest:buffer/3) z:uint8");
    fits(B("\5abcdez"), "n:uint8 c:struct(a:uint16*2@0 rest:buffer/1) z:uint8");
}
END_TEST

START_TEST(test_subsections)
{
    rows_are("a UInt8, s [0] S OPTIONAL, -- <subsection>\n"
             "t [1] T OPTIONAL, -- <subsection>",
             "-- <\"m/s\" 1>\nS ::= SEQUENCE { x UInt8, ... }\n"
             "-- <\"m/t\" 2>\nT ::= SEQUENCE { u [0] S OPTIONAL, -- <subsection>\n ... }");
    fits(B("\1"), "a:uint8");
    fits(B("\1\5\3m/s\0\0\0\1\7"), "a:uint8 sub@0(x:uint8)");
    fits(B("\1\5\3m/t\0\0\0\2\5\3m/s\0\0\0\1\7"), "a:uint8 sub@1( sub@0(x:uint8))");
    misfits(B("\1\5\3m/s\0\0\0\2\7"), "", 1, "expected the end, found 10 octets more");
}
END_TEST

START_TEST(test_fixed_arrays)
{
    struct buf blob;
    char expected[200];

    rows_are("v SEQUENCE (SIZE (1024)) OF N,",
             "N ::= SEQUENCE { a UInt16, z OCTET STRING (SIZE (1)), -- <zero>\n b UInt8, ... }");
    buf_init(&blob, SIZE_MAX / 2);
    for (unsigned i = 0; i < 1024; i++) {
        const uint8_t element[4] = {0, (uint8_t)(i / 9), 0, 7};

        ck_assert(buf_put(&blob, element, sizeof(element), &err));
    }
    (void)snprintf(expected, sizeof(expected), "v:struct*1024(a:uint16 z:buffer/1 b:uint8)");
    fits(buf_span(&blob), expected);
    ck_assert_uint_eq(types.count, 2);
    blob.p[4 * 999 + 2] = 3;
    misfits(buf_span(&blob), "v[999] > z", 3998, "expected 0, found 3");
    buf_done(&blob);
}
END_TEST

/* Time is linear: a choice at each of many elements ends at a bound. */
START_TEST(test_bounds)
{
    struct buf blob;
    uint32_t id;

    rows_are("ms [0] SEQUENCE OF N OPTIONAL, -- <while 1>\nend UInt8, -- <magic 0>",
             "N ::= SEQUENCE { m UInt8, x [0] UInt8 OPTIONAL, -- <maybe>\n ... }");
    buf_init(&blob, SIZE_MAX / 2);
    for (int i = 0; i < 100000; i++) {
        ck_assert(buf_put(&blob, "\1", 1, &err));
    }
    err_init(&err);
    ck_assert(!map_lift(&set, 0, &context, buf_span(&blob), &types, &id, &err));
    ck_assert_int_eq(err.band, ERR_LIMIT);
    buf_done(&blob);
}
END_TEST

START_TEST(test_pci)
{
    uint8_t header[256] = {0};
    struct map_pci pci;

    ck_assert(map_pci_read(span_of(header, 256), &pci));
    ck_assert_uint_eq(pci.size, 256);
    ck_assert_uint_eq(pci.msix_entries, 0);
    header[6] = 0x10;
    header[0x34] = 0x40;
    header[0x40] = 0x10;
    header[0x41] = 0xfc;
    header[0xfc] = 0x11;
    header[0xfd] = 0x40; /* round and round */
    header[0xfe] = 2;
    header[0xff] = 0x80;
    ck_assert(map_pci_read(span_of(header, 256), &pci));
    ck_assert_uint_eq(pci.size, 4096);
    ck_assert_uint_eq(pci.msix_entries, 3);
    ck_assert(!map_pci_read(span_of(header, 255), &pci));
}
END_TEST

static void note_run(void *ctx, const struct map_scrubbed *run)
{
    (void)ctx;
    (void)sprintf(form + strlen(form), "%s@%zu+%zu/%zu ", run->path, run->offset, run->len,
                  run->nonzero);
}

/* Scrubs a blob, and makes sure that it is lifted as before; runs: NULL if it is not scrubbed. */
static void scrubs(struct span blob, struct span expected, const char *runs)
{
    uint8_t octets[64];
    uint32_t before = 0;
    uint32_t after = 0;

    ck_assert_uint_le(blob.len, sizeof(octets));
    memcpy(octets, blob.p, blob.len);
    form[0] = '\0';
    err_init(&err);
    ck_assert_int_eq(map_scrub(&set, 0, &context, octets, blob.len, note_run, NULL, &err),
                     runs != NULL);
    ck_assert_str_eq(form, runs != NULL ? runs : "");
    ck_assert_str_eq(err.text, runs != NULL ? "" : "scrubbed, it would be read in another way");
    err_init(&err);
    ck_assert(span_eq(span_of(octets, blob.len), expected));
    ck_assert(map_lift(&set, 0, &context, blob, &types, &before, &err));
    ck_assert(map_lift(&set, 0, &context, span_of(octets, blob.len), &types, &after, &err));
    ck_assert_uint_eq(before, after);
}

START_TEST(test_scrub)
{
    rows_are("len UInt8, start UInt8, cc UInt8,\n"
             "ring OCTET STRING, -- <length len dont-care ring start cc>",
             "");
    scrubs(B("\4\0\2abcd"), B("\4\0\2ab\0\0"), "ring@5+2/2 ");
    scrubs(B("\4\1\2a\0cd"), B("\4\1\2\0\0c\0"), "ring@3+1/1 ring@6+1/1 ");
    scrubs(B("\4\3\2abcd"), B("\4\3\2a\0\0d"), "ring@4+2/2 ");
    scrubs(B("\4\2\2abcd"), B("\4\2\2\0\0cd"), "ring@3+2/2 ");
    scrubs(B("\4\3\0abcd"), B("\4\3\0\0\0\0\0"), "ring@3+4/4 ");
    scrubs(B("\4\3\4abcd"), B("\4\3\4abcd"), "");
    scrubs(B("\4\0\4abcd"), B("\4\0\4abcd"), "");
    scrubs(B("\4\0\5abcd"), B("\4\0\5abcd"), "");
    scrubs(B("\4\4\0abcd"), B("\4\4\0abcd"), "");
    rows_are("n UInt8, a OCTET STRING (SIZE (3)), -- <dont-care from n - 1>\n"
             "es SEQUENCE (SIZE (3)) OF N,",
             "N ::= SEQUENCE { x UInt8, y OCTET STRING (SIZE (2)), -- <dont-care>\n ... }");
    scrubs(B("\2abc1ab1ab2\0\0"),
           B("\2a\0\0"
             "1\0\0"
             "1\0\0"
             "2\0\0"),
           "a@2+2/2 es[0] > y@5+2/2 es[1] > y@8+2/2 es[2] > y@11+2/0 ");
    scrubs(B("\4abc1ab1ab2\0\0"),
           B("\4abc"
             "1\0\0"
             "1\0\0"
             "2\0\0"),
           "es[0] > y@5+2/2 es[1] > y@8+2/2 es[2] > y@11+2/0 ");
    /* Zeros would be read in another way, so the octets stay. */
    rows_are("a [0] Z OPTIONAL, -- <maybe>\nb [1] N OPTIONAL, -- <maybe>",
             "Z ::= SEQUENCE { z OCTET STRING (SIZE (2)), -- <zero>\n ... }\n"
             "N ::= SEQUENCE { y OCTET STRING (SIZE (2)), -- <dont-care>\n ... }");
    scrubs(B("ab"), B("ab"), NULL);
    scrubs(B("\0\0"), B("\0\0"), "");
}
END_TEST

/* A blob that does not fit is not scrubbed. */
START_TEST(test_scrub_misfit)
{
    uint8_t octets[] = "\1abc";

    rows_are("n UInt8, -- <magic 2>\ny OCTET STRING, -- <rest dont-care>", "");
    form[0] = '\0';
    err_init(&err);
    ck_assert(!map_scrub(&set, 0, &context, octets, 4, note_run, NULL, &err));
    ck_assert_str_eq(err.path, "n");
    ck_assert_str_eq(form, "");
    ck_assert_mem_eq(octets, "\1abc", 4);
}
END_TEST

/* Notation that is no map, and what is said of it: line, column, message. */
struct bad {
    const char *rows; /* from line 5 on */
    uint32_t line;
    uint32_t column;
    const char *message;
};

static const struct bad bads[] = {
    {"a UInt8, -- <lenght 3>", 5, 14, "unknown word 'lenght'"},
    {"a UInt8, -- <dont-care>", 5, 13, "a: zero and dont-care are said of an OCTET STRING"},
    {"a UInt8, -- <max x>", 5, 18, "expected a number"},
    {"a UInt8, b OCTET STRING, -- <length c>", 5, 37, "no number of that name stands before here"},
    {"a UInt8, b OCTET STRING, -- <length outer.a>", 5, 37,
     "no number of that name stands before here"},
    {"a UInt8, b OCTET STRING, -- <length $where>", 5, 37, "no such variable"},
    {"a UInt8, b OCTET STRING, -- <length a +>", 5, 40, "expected a number, a variable or a name"},
    {"a UInt8, b OCTET STRING, -- <length a", 5, 29, "an annotation without '>' on its line"},
    {"a [0] UInt8 OPTIONAL, -- <if $device < \"x\">", 5, 40,
     "strings are compared with ==, != or in"},
    {"a [0] UInt8 OPTIONAL, -- <if $size>", 5, 36, "expected a number, a variable or a name"},
    {"a [0] UInt8 OPTIONAL, -- <if $size => 2>", 5, 36, "expected ==, !=, <, <=, >, >=, & or in"},
    {"a UInt8, -- <max 0x10000000000000000>", 5, 18, "a number of more than 64 bits"},
    {"a UInt8, -- <bits N>", 5, 19, "N is no BIT STRING, INTEGER or CHOICE of them with names"},
    {"a OCTET STRING,", 5, 1,
     "a: an OCTET STRING without a SIZE has one of length and rest, and nothing else has"},
    {"a UInt8, -- <length 3>", 5, 13,
     "a: an OCTET STRING without a SIZE has one of length and rest, and nothing else has"},
    {"a SEQUENCE OF UInt16, -- <count 3>", 5, 26,
     "a: a SEQUENCE OF that may have no element is not OPTIONAL"},
    {"a [0] UInt8 OPTIONAL,", 5, 1, "a: nothing says whether it is there"},
    {"a UInt8 OPTIONAL,", 5, 1, "a is OPTIONAL or has a tag, and not both"},
    {"a UInt8, -- <if $size > 1>", 5, 13, "a: what may not be there is not OPTIONAL"},
    {"a SEQUENCE (SIZE (2)) OF UInt8,", 5, 1,
     "a: integers of one octet are an OCTET STRING, and no array has no element"},
    {"a INTEGER (0..5),", 5, 3, "the range is that of no integer of 1, 2, 4 or 8 octets"},
    {"a NULL,", 5, 3, "no row is a NULL"},
    {"a M,", 5, 1, "structs hold themselves, or nest deeper than 16"},
    {"a [0] UInt8 OPTIONAL, -- <maybe>\nc UInt8, b [0] UInt8 OPTIONAL, -- <maybe>", 6, 10,
     "the tag of b is that of another row"},
    {"a UInt8, -- <feature \"f\">", 5, 13, "a: what may not be there is not OPTIONAL"},
    {"a [0] UInt8 OPTIONAL, -- <feature f>", 5, 35, "expected a string"},
    {"a [0] N OPTIONAL, -- <subsection>", 5, 22,
     "a: a subsection is a struct with a vmsd name, and no rule but feature goes with it"},
};

START_TEST(test_errors)
{
    const struct bad *bad = &bads[_i];
    char body[4096];

    (void)snprintf(
        body, sizeof(body),
        "-- <\"m\" map of \"device.vmstate.structured\" for \"M\">\nM ::= SEQUENCE {\n%s\n...\n}\n"
        "N ::= SEQUENCE { x UInt8, ... }",
        bad->rows);
    ck_assert(!compile(body));
    ck_assert_str_eq(model.diag.message, bad->message);
    ck_assert_uint_eq(model.diag.line, bad->line);
    ck_assert_uint_eq(model.diag.column, bad->column);
}
END_TEST

/* All blobs of a section: single, in arrays, in lists; elements that differ are parted. */
START_TEST(test_section)
{
    struct wire_field inner = {0};
    struct wire_field fields[3];
    struct wire_type_description wire = {0};
    struct map_lifter lifter;
    uint32_t element;
    uint32_t type;
    uint32_t lifted = 0;
    struct span payload = B("\1a\2bc\1d\0z\0y");

    rows_are("n UInt8, x OCTET STRING, -- <length n>", "");
    memset(fields, 0, sizeof(fields));
    inner.name = span_str("blob");
    inner.type = span_str("M");
    inner.has_size = true;
    inner.size = 2;
    inner.repeat = 1;
    wire.name = span_str("e");
    wire.form = WIRE_DESCRIPTION_FORM_VMSTATE;
    wire.fields.count = 1;
    wire.fields.items = &inner;
    ck_assert(lay_types_intern(&types, &wire, &element, &err));
    fields[0] = inner;
    fields[1] = inner;
    fields[1].size = 3;
    fields[2].name = span_str("e");
    fields[2].type = span_str("struct");
    fields[2].has_element = true;
    fields[2].element = element;
    fields[2].has_index = true;
    fields[2].repeat = 3;
    wire.fields.count = 3;
    wire.fields.items = fields;
    wire.name = span_str("s");
    ck_assert(lay_types_intern(&types, &wire, &type, &err));
    ck_assert(map_lifter_init(&lifter, &set, &err));
    ck_assert(map_lift_section(&lifter, &types, span_str("s"), 1, type, payload, &lifted, &err));
    ck_assert_uint_ne(lifted, type);
    ck_assert_uint_eq(lay_types_get(&types, lifted)->size, payload.len);
    ck_assert_uint_eq(lay_types_get(&types, lifted)->wire.fields.count, 4);
    ck_assert(lay_types_get(&types, lifted)->wire.fields.items[0].has_layout);
    ck_assert_uint_eq(lay_types_get(&types, lifted)->wire.fields.items[3].index, 1);
    ck_assert_uint_eq(lay_types_get(&types, lifted)->wire.fields.items[3].repeat, 2);
    ck_assert_uint_eq(lifter.tallies[0].lifted, 3);
    ck_assert_uint_eq(lifter.tallies[0].lifted_octets, 7);
    ck_assert_uint_eq(lifter.tallies[0].missed, 2);
    ck_assert_str_eq(lifter.missed[0].field, "s > e[1] > blob");
    ck_assert_uint_eq(lifter.missed[0].why.legacy_offset, 1);
    lifter.strict = true;
    ck_assert(!map_lift_section(&lifter, &types, span_str("s"), 1, type, payload, &lifted, &err));
    ck_assert_int_eq(err.band, ERR_UNSUPPORTED);
    ck_assert_str_eq(err.path, "s > e[1] > blob");
    ck_assert_str_eq(err.text, "map m does not fit: expected the end, found 1 octets more; it "
                               "would with 1 octets more between 'n' and 'x'");
    ck_assert_uint_eq(err.legacy_offset, 8);
    map_lifter_done(&lifter);
}
END_TEST

/* A map for a field takes what the description does not tell the elements of, but no element. */
START_TEST(test_field)
{
    struct wire_type_description wire = {0};
    struct wire_field field = {0};
    struct map_lifter lifter;
    const struct wire_field *row;
    uint32_t type;
    uint32_t lifted = 0;

    ck_assert_msg(
        compile(
            "-- <\"m\" map of \"device.vmstate.structured\" for field \"s/x\">\nM ::= SEQUENCE {\n"
            "as [0] SEQUENCE OF N OPTIONAL, -- <while not 255>\n... }\n"
            "N ::= SEQUENCE { a UInt8, -- <max 9>\n... }"),
        "%s", err.text);
    wire.name = span_str("e");
    wire.form = WIRE_DESCRIPTION_FORM_EMPTY;
    ck_assert(lay_types_intern(&types, &wire, &field.element, &err));
    wire.name = span_str("s");
    wire.form = WIRE_DESCRIPTION_FORM_VMSTATE;
    wire.fields.count = 1;
    wire.fields.items = &field;
    field.name = span_str("x");
    field.type = span_str("struct");
    field.has_size = true;
    field.size = 1;
    field.repeat = 1;
    field.has_element = true;
    field.has_array = true;
    field.array = 2;
    field.has_extent = true;
    field.extent = 3;
    ck_assert(map_lifter_init(&lifter, &set, &err));
    ck_assert(lay_types_intern(&types, &wire, &type, &err));
    ck_assert(
        map_lift_section(&lifter, &types, span_str("s"), 1, type, B("\1\2\3"), &lifted, &err));
    row = &lay_types_get(&types, lifted)->wire.fields.items[0];
    ck_assert(row->has_layout && row->has_extent && row->has_element);
    ck_assert_uint_eq(row->element, field.element);
    ck_assert(lay_types_get(&types, lifted)->has_layout);
    ck_assert(!lay_types_get(&types, type)->has_layout);
    ck_assert(
        map_lift_section(&lifter, &types, span_str("s"), 1, type, B("\1\x0a\3"), &lifted, &err));
    ck_assert_uint_eq(lifted, type);
    ck_assert_uint_eq(lifter.missed[0].at, 0);
    ck_assert_uint_eq(lifter.missed[0].octets, 3);
    field.has_element = false;
    field.has_extent = false;
    field.type = span_str("nullptr");
    field.array = 3;
    ck_assert(lay_types_intern(&types, &wire, &type, &err));
    ck_assert(
        map_lift_section(&lifter, &types, span_str("s"), 1, type, B("\1\2\3"), &lifted, &err));
    ck_assert_uint_eq(lifted, type);
    map_lifter_done(&lifter);
}
END_TEST

/* ---- where a blob that does not fit would ---- */

static void hints(struct span blob, const char *text)
{
    uint32_t id = 0;

    err_init(&err);
    ck_assert(!map_lift(&set, 0, &context, blob, &types, &id, &err));
    map_hint(&set, 0, &context, blob, &err);
    ck_assert_str_eq(err.text, text);
}

START_TEST(test_hints)
{
    rows_are(
        "a UInt16, n N, c [0] UInt8 OPTIONAL, -- <if a == 9>\nd UInt32, end UInt8, -- <magic 7>",
        "N ::= SEQUENCE { x UInt16, -- <magic 0x5555>\n b BOOLEAN, z UInt8, -- <magic 3>\n ... }");
    fits(B("\0\1\x55\x55\1\3dddd\7"),
         "a:uint16 n:struct(x:uint16 b:bool z:uint8) d:uint32 end:uint8");
    hints(B("\xff\xff\0\1\x55\x55\1\3dddd\7"), "expected 21845 (0x5555), found 1 (0x1); it would "
                                               "with 2 octets more between the start and 'n > x'");
    hints(
        B("\0\1\x55\x55?\1\3dddd\7"),
        "expected 3 (0x3), found 1 (0x1); it would with 1 octets more between 'n > x' and 'n > b'");
    hints(B("\0\1\x55\x55\1????\3dddd\7"), "expected 3 (0x3), found 63 (0x3f); it would with 4 "
                                           "octets more between 'n > b' and 'n > z'");
    hints(
        B("\0\1\x55\x55\1\3????????dddd\7"),
        "expected 7 (0x7), found 63 (0x3f); it would with 8 octets more between 'n > z' and 'end'");
    hints(B("\0\1\x55\x55\3dddd\7"),
          "expected 3 (0x3), found 100 (0x64); it would without 'n > b'");
    hints(B("\0\1\1\3dddd\7"),
          "expected 21845 (0x5555), found 259 (0x103); it would without 'n > x'");
    hints(B("\x55\x55\1\3dddd\7"),
          "expected 21845 (0x5555), found 259 (0x103); it would without one of 'a' to 'n > x'");
    hints(B("\0\1\x55\x55\1dddd\7"),
          "expected 3 (0x3), found 100 (0x64); it would without 'n > z'");
    hints(B("\0\1\x55\x55\1\3dddd\7\7"), "expected the end, found 1 octets more; it would with 1 "
                                         "octets more between 'n > z' and 'end'");
    hints(B("\0\1\x55\x55\1\3???dddd\7"), "expected 7 (0x7), found 100 (0x64)");
    hints(B(""), "expected 2 octets, found 0 and the end");
    ck_assert_uint_eq(types.count, 2);
}
END_TEST

/* Rows that differ, and no place in reach: the search ends without a word. */
START_TEST(test_hint_bounds)
{
    struct buf blob;
    uint32_t id = 0;

    rows_are("ms [0] SEQUENCE OF N OPTIONAL, -- <while 1>\nend UInt8, -- <magic 0>",
             "N ::= SEQUENCE { m UInt8, x OCTET STRING, -- <length m>\n ... }");
    buf_init(&blob, SIZE_MAX / 2);
    for (int i = 0; i < 20000; i++) {
        ck_assert(buf_put(&blob, "\1\1", 2, &err));
    }
    ck_assert(buf_put(&blob, "\2", 1, &err));
    err_init(&err);
    ck_assert(!map_lift(&set, 0, &context, buf_span(&blob), &types, &id, &err));
    ck_assert_str_eq(err.text, "expected 0 (0x0), found 2 (0x2)");
    map_hint(&set, 0, &context, buf_span(&blob), &err);
    ck_assert_str_eq(err.text, "expected 0 (0x0), found 2 (0x2)");
    buf_done(&blob);
}
END_TEST

/* ---- what a reader's map says of a writer's types ---- */

#define SUBSECTION "\5\3m/s\0\0\0\1\7"

/* Lifts zeros, as many as fit, with a subsection behind them, if tail is one. */
static uint32_t lift_zeros(struct span tail)
{
    uint8_t blob[80] = {0};
    uint32_t id = 0;

    for (size_t zeros = 0; zeros + tail.len <= sizeof(blob); zeros++) {
        memcpy(blob + zeros, tail.p, tail.len);
        err_init(&err);
        if (map_lift(&set, 0, &context, span_of(blob, zeros + tail.len), &types, &id, &err) &&
            lay_types_get(&types, id)->wire.has_subsections == (tail.len > 0)) {
            return id;
        }
        memset(blob, 0, sizeof(blob));
    }
    ck_abort_msg("%s: %s", err.path, err.text);
    return 0;
}

#define READER_ROWS                                                                                \
    "a UInt8, b UInt16, c [0] UInt8 OPTIONAL, -- <if a == 1>\nn N, v SEQUENCE (SIZE (2)) OF N,\n"  \
    "o OCTET STRING (SIZE (3)), f [2] UInt16 OPTIONAL, -- <feature \"device.pci.structured\">\n"   \
    "s [1] S OPTIONAL, -- <subsection>"
#define READER_OTHERS                                                                              \
    "N ::= SEQUENCE { x UInt8, y BOOLEAN, ... }\n"                                                 \
    "-- <\"m/s\" 1>\nS ::= SEQUENCE { z UInt8, ... }"

struct unlike {
    const char *from; /* in the reader's notation */
    const char *to;   /* in the writer's */
    const char *path;
    const char *text; /* empty: it is alike */
    bool has_subsection;
};

#define NOT_THERE ", which map m does not have there; no feature announces it"
#define NOT_SO " is not what map m says; no feature announces it"
#define NOT_SENT ", the stream has not"

/* clang-format off */
static const struct unlike unlikes[] = {
    {"", "", "", "", false},
    {"", "", "", "", true},
    {"a == 1", "a == 0", "", "", false},
    {"a UInt8,", "q UInt16, a UInt8,", "", "'q' stands first" NOT_THERE, false},
    {"b UInt16,", "q UInt16, b UInt16,", "", "'q' stands behind 'a'" NOT_THERE, false},
    {"b UInt16,", "b UInt16, q UInt16,", "", "'q' stands behind 'b'" NOT_THERE, false},
    {"b UInt16,", "b UInt16, q [9] UInt16 OPTIONAL, -- <if a == 0>\n", "",
     "'q' stands behind 'b'" NOT_THERE, false},
    {"(SIZE (3)),", "(SIZE (3)), q UInt16,", "", "'q' stands behind 'o'" NOT_THERE, false},
    {"a UInt8, b UInt16, c [0] UInt8 OPTIONAL, -- <if a == 1>\n", "b UInt16, ", "",
     "first, map m has 'a'" NOT_SENT, false},
    {" b UInt16,", "", "", "behind 'a', map m has 'b'" NOT_SENT, false},
    {"o OCTET STRING (SIZE (3)),", "", "", "behind 'v', map m has 'o'" NOT_SENT, false},
    {"o OCTET STRING (SIZE (3)),", "", "", "behind 'v', map m has 'o'" NOT_SENT, true},
    {"b UInt16", "b UInt32", "", "'b'" NOT_SO, false},
    {"b UInt16", "b Int16", "", "'b'" NOT_SO, false},
    {"b UInt16,", "b UInt16, -- <little>\n", "", "'b'" NOT_SO, false},
    {"b UInt16", "b OCTET STRING (SIZE (2))", "", "'b'" NOT_SO, false},
    {"b UInt16", "b SEQUENCE (SIZE (1)) OF UInt16", "", "'b'" NOT_SO, false},
    {"b UInt16, c", "b [7] UInt16 OPTIONAL, -- <if a == 0>\nc", "", "'b'" NOT_SO, false},
    {"n N,", "", "", "behind 'b', map m has 'n'" NOT_SENT, false},
    {"n N, v SEQUENCE (SIZE (2)) OF N,", "v SEQUENCE (SIZE (2)) OF N, n N,", "",
     "behind 'b', map m has 'n'" NOT_SENT, false},
    {"c [0] UInt8 OPTIONAL, -- <if a == 1>", "c [7] UInt8 OPTIONAL, -- <if a == 0>", "",
     "'c'" NOT_SO, false},
    {"c [0] UInt8 OPTIONAL, -- <if a == 1>", "c UInt8,", "", "'c'" NOT_SO, false},
    {"SIZE (2)", "SIZE (3)", "", "'v'" NOT_SO, false},
    {"SIZE (2)", "SIZE (1)", "", "'v'" NOT_SO, false},
    {"v SEQUENCE (SIZE (2)) OF N", "v N", "", "'v'" NOT_SO, false},
    {"n N,", "n UInt16,", "", "'n'" NOT_SO, false},
    {"SIZE (3)", "SIZE (4)", "", "'o'" NOT_SO, false},
    {"x UInt8,", "q UInt16, x UInt8,", "n", "'q' stands first" NOT_THERE, false},
    {"x UInt8,", "x UInt8, q UInt16,", "n", "'q' stands behind 'x'" NOT_THERE, false},
    {"y BOOLEAN,", "y BOOLEAN, q UInt16,", "n", "'q' stands behind 'y'" NOT_THERE, false},
    {"y BOOLEAN,", "", "n", "behind 'x', map m has 'y'" NOT_SENT, false},
    {"y BOOLEAN", "y UInt8", "n", "'y'" NOT_SO, false},
    {"OF N,", "OF Q,", "v", "'q' stands behind 'x'" NOT_THERE, false},
    {"z UInt8,", "q OCTET STRING (SIZE (0)), z UInt8,", "m/s", "'q' stands first" NOT_THERE, true},
    {"s [1] S", "s [5] S", "", "'m/s'" NOT_SO, true},
    {"\"m/s\" 1", "\"m/s\" 16777216", "", "'m/s'" NOT_SO, false},
    {"s [1] S OPTIONAL", "t [1] S OPTIONAL", "", "", true},
};
/* clang-format on */

/* Writes text with from replaced by to, once. */
static void replace(const char *text, const struct unlike *u, char *out, size_t cap)
{
    const char *at = u->from[0] != '\0' ? strstr(text, u->from) : NULL;

    if (at == NULL) {
        (void)snprintf(out, cap, "%s", text);
        return;
    }
    (void)snprintf(out, cap, "%.*s%s%s", (int)(at - text), text, u->to, at + strlen(u->from));
}

static void refuses(uint32_t id, const char *path, const char *text)
{
    err_init(&err);
    ck_assert_int_eq(map_check(&set, &types, id, &err), text[0] == '\0');
    ck_assert_str_eq(err.text, text);
    ck_assert_str_eq(err.path, path);
    if (text[0] != '\0') {
        ck_assert_int_eq(err.band, ERR_UNSUPPORTED);
    }
}

START_TEST(test_unlike)
{
    const struct unlike *u = &unlikes[_i];
    const char *more = "\nQ ::= SEQUENCE { x UInt8, q UInt16, y BOOLEAN, ... }";
    char rows[1024];
    char others[1024];
    struct span tail = u->has_subsection ? B(SUBSECTION) : B("");
    uint32_t id;

    if (strstr(u->from, "m/s") != NULL) {
        tail = B("\5\3m/s\1\0\0\0\7");
    }
    replace(READER_ROWS, u, rows, sizeof(rows));
    replace(READER_OTHERS, u, others, sizeof(others) - strlen(more));
    ck_assert(u->from[0] == '\0' || strcmp(rows, READER_ROWS) != 0 ||
              strcmp(others, READER_OTHERS) != 0);
    (void)strcat(others, strcmp(u->to, "OF Q,") == 0 ? more : "");
    context.features = 0;
    rows_are(rows, others);
    id = lift_zeros(tail);
    refuses(id, "", ""); /* by the writer's own map */
    rows_are(READER_ROWS, READER_OTHERS);
    refuses(id, u->path, u->text);
}
END_TEST

/* Elements that differ stand in several rows. */
START_TEST(test_unlike_elements)
{
    const char *others = "N ::= SEQUENCE { x UInt8, y [0] UInt8 OPTIONAL, -- <if x == 1>\n ... }";
    uint32_t id = 0;

    rows_are("v SEQUENCE (SIZE (3)) OF N,", others);
    fits(B("\0\1\0\0"),
         "v:struct[0+1](x:uint8) v:struct[1+1](x:uint8 y:uint8@0) v:struct[2+1](x:uint8)");
    id = types.count;
    refuses(id, "", "");
    rows_are("v SEQUENCE (SIZE (4)) OF N,", others);
    refuses(id, "", "'v'" NOT_SO);
    rows_are("v SEQUENCE (SIZE (3)) OF N,", "N ::= SEQUENCE { x UInt8, ... }");
    refuses(id, "v", "'y' stands behind 'x'" NOT_THERE);
    rows_are("v SEQUENCE (SIZE (3)) OF N, w UInt8,", others);
    refuses(id, "", "behind 'v', map m has 'w'" NOT_SENT);
}
END_TEST

/* Structs that no map makes: laid out, or described as members. */
START_TEST(test_unlike_structs)
{
    struct wire_field fields[2];
    struct wire_type_description wire = {0};
    uint32_t member = 0;
    uint32_t id = 0;

    rows_are("n N,", "N ::= SEQUENCE { x UInt8, ... }");
    member = lift_zeros(B(""));
    wire = lay_types_get(&types, member)->wire;
    member = wire.fields.items[0].element;
    for (int i = 0; i < 2; i++) {
        memset(fields, 0, sizeof(fields));
        fields[0].name = span_str("n");
        fields[0].type = span_str("struct");
        fields[0].repeat = 1;
        if (i == 0) {
            fields[0].has_members = true;
            fields[0].members.count = 1;
            fields[0].members.items = &member;
        } else {
            fields[0].has_size = true;
            fields[0].size = 1;
            fields[0].has_layout = true;
            fields[0].layout = member;
        }
        wire.fields.count = 1;
        wire.fields.items = fields;
        ck_assert_msg(lay_types_intern(&types, &wire, &id, &err), "%s", err.text);
        refuses(id, "", "'n'" NOT_SO);
    }
    wire.has_module = false; /* it does not say that it is of this map */
    ck_assert(lay_types_intern(&types, &wire, &id, &err));
    refuses(id, "", "");
    types.checked = MOD_CHECKED_MAX - 2;
    id = lift_zeros(B(""));
    err_init(&err);
    ck_assert(!map_check(&set, &types, id, &err));
    ck_assert_int_eq(err.band, ERR_LIMIT);
}
END_TEST

/* Rows that are there by a feature: only with it, and then their type names it. */
START_TEST(test_feature)
{
    const form_feature_set owner = FORM_FEATURE_BIT(FORM_FEATURE_DEVICE_VMSTATE);
    const char *others = "-- <\"m/s\" 1>\nS ::= SEQUENCE { z UInt8, ... }";
    const char *rows =
        "a UInt8, f [2] UInt16 OPTIONAL, -- <feature \"device.vmstate.structured\">\n"
        "g [3] UInt8 OPTIONAL, -- <if a == 1 feature \"device.pci.structured\">\n"
        "s [1] S OPTIONAL, -- <subsection feature \"device.slirp.structured\">";
    const struct wire_type_description *wire;
    uint32_t id;

    rows_are(rows, others);
    context.features = 0;
    fits(B("\0"), "a:uint8");
    ck_assert(!lay_types_get(&types, types.count)->wire.has_features);
    misfits(B("\0\0\0"), "", 1, "expected the end, found 2 octets more");
    misfits(B("\0" SUBSECTION), "", 1, "expected the end, found 10 octets more");
    context.features = owner;
    fits(B("\0\0\0"), "a:uint8 f:uint16@2");
    misfits(B("\0"), "f", 1, "expected 2 octets, found 0 and the end");
    fits(B("\1\0\0"), "a:uint8 f:uint16@2");
    context.features = FORM_FEATURES_ALL;
    fits(B("\0\0\0"), "a:uint8 f:uint16@2");
    fits(B("\1\0\0\4" SUBSECTION), "a:uint8 f:uint16@2 g:uint8@3 sub@1(z:uint8)");
    id = types.count;
    wire = &lay_types_get(&types, id)->wire;
    ck_assert_uint_eq(wire->features.count, 3);
    ck_assert(span_eq_str(wire->features.items[0].name, "device.pci.structured"));
    ck_assert(span_eq_str(wire->features.items[1].name, "device.slirp.structured"));
    ck_assert(span_eq_str(wire->features.items[2].name, "device.vmstate.structured"));
    refuses(id, "", "");
    /* The same rows without the features. */
    rows_are("a UInt8, f [2] UInt16 OPTIONAL, -- <if a == 1>\n", "");
    fits(B("\1\0\0"), "a:uint8 f:uint16@2");
    id = types.count;
    rows_are("a UInt8, s [1] S OPTIONAL, -- <subsection>", others);
    fits(B("\1" SUBSECTION), "a:uint8 sub@1(z:uint8)");
    rows_are(rows, others);
    refuses(id, "",
            "'f' is there by feature device.vmstate.structured of map m, which its type "
            "does not name");
    refuses(types.count, "",
            "'m/s' is there by feature device.slirp.structured of map m, which its type does not "
            "name");
}
END_TEST

/* A feature that is not registered owns no row. */
START_TEST(test_feature_unknown)
{
    struct map_lifter lifter;

    rows_are("a [0] UInt8 OPTIONAL, -- <feature \"device.nobody.has\">\n", "");
    err_init(&err);
    ck_assert(!map_lifter_init(&lifter, &set, &err));
    ck_assert_str_eq(err.text, "a row is there with device.nobody.has, which is no feature");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("map");
    TCase *tcase = tcase_create("map");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_leaves);
    tcase_add_test(tcase, test_counts);
    tcase_add_test(tcase, test_conditions);
    tcase_add_test(tcase, test_checks);
    tcase_add_test(tcase, test_scrub);
    tcase_add_test(tcase, test_scrub_misfit);
    tcase_add_test(tcase, test_choices);
    tcase_add_test(tcase, test_host);
    tcase_add_test(tcase, test_fits);
    tcase_add_test(tcase, test_subsections);
    tcase_add_test(tcase, test_fixed_arrays);
    tcase_add_test(tcase, test_bounds);
    tcase_add_test(tcase, test_pci);
    tcase_add_loop_test(tcase, test_errors, 0, (int)COUNT(bads));
    tcase_add_test(tcase, test_section);
    tcase_add_test(tcase, test_field);
    tcase_add_test(tcase, test_hints);
    tcase_add_test(tcase, test_hint_bounds);
    tcase_add_loop_test(tcase, test_unlike, 0, (int)COUNT(unlikes));
    tcase_add_test(tcase, test_unlike_elements);
    tcase_add_test(tcase, test_unlike_structs);
    tcase_add_test(tcase, test_feature);
    tcase_add_test(tcase, test_feature_unknown);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
