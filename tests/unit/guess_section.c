/* guess_section.c - see guess_section.h. */
#include "guess_section.h"

#include <check.h>
#include <stdio.h>

#include "codec/device/mod_guess.h"
#include "codec/device/mod_join.h"
#include "codec/savevm/lay_value.h"
#include "codec/savevm/lay_vmdesc.h"

#define IMPORTS                                                                                    \
    " DEFINITIONS IMPLICIT TAGS ::= BEGIN\n"                                                       \
    "IMPORTS UInt8, UInt16, UInt32, UInt64, Int16, Int32, Int64 FROM Vmber-Leaf\n"                 \
    "Timer, Buffer, UnusedBuffer, Bitmap, UInt8Array, NullPointer, Unseen, PciConfig, "            \
    "MsixState,\n"                                                                                 \
    "Shpc, ScsiRequests, UsbRedirBufpq, UsbRedirPacketIdQ, UsbRedirParser, Virtio, VirtioGpu,\n"   \
    "Capability FROM Vmber-Vmstate;\n"

struct bare bare;

void bare_setup(void)
{
    mod_library_init(&bare.lib);
    lay_types_init(&bare.types);
    err_init(&bare.err);
    make_begin(&bare.m, MAKE_NO_VMDESC);
}

void bare_teardown(void)
{
    make_done(&bare.m);
    lay_types_done(&bare.types);
    mod_library_done(&bare.lib);
}

/* Modules that are added together. */
static char text[16384];
static size_t text_len;

/* Writes a module Vmber-NAME of those types. */
void bare_also(const char *name, const char *assignments)
{
    int n = snprintf(text + text_len, sizeof(text) - text_len, "Vmber-%s" IMPORTS "%s END\n", name,
                     assignments);

    ck_assert_int_lt(n, (int)(sizeof(text) - text_len));
    text_len += (size_t)n;
}

/* Writes a module, and adds it with all that were written before. */
void bare_module(const char *name, const char *assignments)
{
    bare_also(name, assignments);
    err_init(&bare.err);
    ck_assert_msg(mod_library_add_text(&bare.lib, name, span_of(text, text_len), &bare.err),
                  "%s: line %u: %s", name, (unsigned)bare.lib.diag.line, bare.err.text);
    text_len = 0;
}

/* ---- sections, with the octets that matter ---- */

void bare_begin(const char *name)
{
    make_done(&bare.m);
    make_begin(&bare.m, MAKE_NO_VMDESC);
    make_device(&bare.m, name, 0, strrchr(name, '/') != NULL ? strrchr(name, '/') + 1 : name, 1);
}

static void put_be(uint8_t *p, uint32_t size, uint64_t v)
{
    while (size > 0) {
        p[--size] = (uint8_t)v;
        v >>= 8;
    }
}

/* An integer or a bool of that value. */
void bare_number(const char *name, const char *type, uint32_t size, uint64_t v)
{
    make_leaf(&bare.m, name, type, size);
    put_be(bare.m.tail.p + bare.m.tail.len - size, size, v);
}

void bare_u8(const char *name, uint64_t v)
{
    bare_number(name, "uint8", 1, v);
}

void bare_u32(const char *name, uint64_t v)
{
    bare_number(name, "uint32", 4, v);
}

/* Octets, or an array of leaves, all of them v. */
void bare_fill(const char *name, const char *type, uint32_t size, uint32_t count, uint8_t v)
{
    size_t n = (size_t)size * (count > 0 ? count : 1);

    if (count > 0) {
        make_leaf_array(&bare.m, name, type, size, count);
    } else {
        make_leaf(&bare.m, name, type, size);
    }
    memset(bare.m.tail.p + bare.m.tail.len - n, v, n);
}

/* Ends the device; the payload lies behind its head. */
struct span bare_payload(const char *name)
{
    size_t head = 1 + 4 + 1 + strlen(name) + 4 + 4;

    make_device_end(&bare.m);
    make_end(&bare.m);
    return span_of(bare.m.tail.p + head, bare.m.tail.len - head - 1);
}

/* Reads the description of the one device that was made, and joins its type. */
uint32_t bare_joined(const char *name)
{
    struct lay_vmdesc desc;
    uint32_t type = 0;

    lay_vmdesc_init(&desc);
    ck_assert_msg(lay_vmdesc_read(&desc, &bare.types, buf_span(&bare.m.json), &bare.err), "%s",
                  bare.err.text);
    ck_assert_uint_eq(desc.device_count, 1);
    ck_assert_msg(mod_join_section(&bare.lib, &bare.types, span_str(name), desc.devices[0].type,
                                   &type, &bare.err),
                  "%s: %s", bare.err.path, bare.err.text);
    lay_vmdesc_done(&desc);
    return type;
}

bool bare_guess(const char *name, struct span payload, uint32_t *type)
{
    err_init(&bare.err);
    return mod_guess(&bare.lib, &bare.types, span_str(name), 1, payload, type, &bare.err);
}

/* The section that was made is laid out without its description as with it. */
void bare_same(const char *name)
{
    const struct lay_where where = {span_str(name), 0, 0};
    struct span payload = bare_payload(name);
    uint32_t type = 0;
    uint32_t again = 0;
    struct span value;
    struct buf room;
    struct buf out;

    ck_assert_msg(bare_guess(name, payload, &type), "%s", bare.err.text);
    ck_assert_uint_eq(type, bare_joined(name));
    ck_assert_msg(mod_join_section(&bare.lib, &bare.types, span_str(name), type, &again, &bare.err),
                  "%s", bare.err.text);
    ck_assert_uint_eq(again, type);
    buf_init(&room, 1 << 20);
    buf_init(&out, 1 << 20);
    ck_assert(lay_value_lift(&bare.types, type, payload, &where, &room, &value, &bare.err));
    ck_assert(lay_value_lower(&bare.types, type, value, &where, &out, &bare.err));
    ck_assert(span_eq(buf_span(&out), payload));
    buf_done(&room);
    buf_done(&out);
}

/* The section that was made is refused, in those words, and leaves no types. */
void bare_none(const char *name, enum err_band band, const char *words)
{
    struct span payload = bare_payload(name);
    uint32_t known = bare.types.count;
    uint32_t type = 77;

    ck_assert(!bare_guess(name, payload, &type));
    ck_assert_msg(strstr(bare.err.text, words) != NULL, "%s", bare.err.text);
    ck_assert_int_eq((int)bare.err.band, (int)band);
    ck_assert_uint_eq(bare.types.count, known);
    ck_assert_uint_eq(type, 77);
}
