/* ber_value.c - see ber_reader.h: the contents octets of primitive types. */
#include <stdio.h>

#include "codec/base/err.h"
#include "codec/ber/ber_prim.h"
#include "codec/ber/ber_reader.h"

/* The checks of X.690 8.3.1 and 8.3.2. */
static bool integer_form(struct span contents, struct err *err)
{
    if (contents.len == 0) {
        return err_set(err, ERR_MALFORMED, "integer without contents octets");
    }
    if (contents.len > 1 && ((contents.p[0] == 0x00 && (contents.p[1] & 0x80) == 0) ||
                             (contents.p[0] == 0xff && (contents.p[1] & 0x80) != 0))) {
        return err_set(err, ERR_MALFORMED, "integer is not in its shortest form");
    }
    return true;
}

bool ber_int(struct span contents, int64_t *out, struct err *err)
{
    uint64_t v;

    if (!integer_form(contents, err)) {
        return false;
    }
    if (contents.len > 8) {
        return err_set(err, ERR_LIMIT, "integer of %zu octets does not fit 64 bits", contents.len);
    }
    v = (contents.p[0] & 0x80) != 0 ? UINT64_MAX : 0;
    for (size_t i = 0; i < contents.len; i++) {
        v = v << 8 | contents.p[i];
    }
    *out = (int64_t)v;
    return true;
}

bool ber_uint(struct span contents, uint64_t *out, struct err *err)
{
    uint64_t v = 0;

    if (!integer_form(contents, err)) {
        return false;
    }
    if ((contents.p[0] & 0x80) != 0) {
        return err_set(err, ERR_MALFORMED, "integer is negative");
    }
    if (contents.len > 9 || (contents.len == 9 && contents.p[0] != 0)) {
        return err_set(err, ERR_LIMIT, "integer of %zu octets does not fit 64 bits", contents.len);
    }
    for (size_t i = 0; i < contents.len; i++) {
        v = v << 8 | contents.p[i];
    }
    *out = v;
    return true;
}

bool ber_boolean(struct span contents, bool *out, struct err *err)
{
    if (contents.len != 1) {
        return err_set(err, ERR_MALFORMED, "BOOLEAN of %zu octets", contents.len);
    }
    *out = contents.p[0] != 0;
    return true;
}

bool ber_null(struct span contents, struct err *err)
{
    if (contents.len != 0) {
        return err_set(err, ERR_MALFORMED, "NULL of %zu octets", contents.len);
    }
    return true;
}

bool ber_oid(struct span contents, struct err *err)
{
    size_t arc = 0; /* octets of the arc so far */

    if (contents.len == 0) {
        return err_set(err, ERR_MALFORMED, "object identifier without contents octets");
    }
    if ((contents.p[contents.len - 1] & 0x80) != 0) {
        return err_set(err, ERR_MALFORMED, "object identifier ends inside an arc");
    }
    for (size_t i = 0; i < contents.len; i++) {
        if (arc == 0 && contents.p[i] == 0x80) {
            return err_set(err, ERR_MALFORMED, "object identifier has an arc that is not minimal");
        }
        if (++arc > BER_ARC_OCTETS_MAX) {
            return err_set(err, ERR_LIMIT, "object identifier has an arc of more than %d octets",
                           BER_ARC_OCTETS_MAX);
        }
        if ((contents.p[i] & 0x80) == 0) {
            arc = 0;
        }
    }
    return true;
}

enum { ARC_DIGITS_MAX = 48 }; /* 19 octets of 7 bits are 133 bits: 41 decimal digits */

struct arc {
    uint8_t digits[ARC_DIGITS_MAX]; /* least significant first */
    unsigned count;
};

/* v = v * factor + add, in decimals, because an arc may have 128 bits. */
static void arc_step(struct arc *arc, unsigned factor, unsigned add)
{
    unsigned carry = add;

    for (unsigned i = 0; i < arc->count || carry != 0; i++) {
        if (i == arc->count) {
            arc->digits[arc->count++] = 0;
        }
        carry += arc->digits[i] * factor;
        arc->digits[i] = (uint8_t)(carry % 10);
        carry /= 10;
    }
}

/* v = v - n, for v of at least n. */
static void arc_minus(struct arc *arc, unsigned n)
{
    unsigned borrow = 0;

    for (unsigned i = 0; i < arc->count; i++) {
        int digit = (int)arc->digits[i] - (int)(n % 10) - (int)borrow;

        borrow = digit < 0;
        arc->digits[i] = (uint8_t)(digit < 0 ? digit + 10 : digit);
        n /= 10;
    }
    while (arc->count > 0 && arc->digits[arc->count - 1] == 0) {
        arc->count--;
    }
}

static unsigned arc_small(const struct arc *arc)
{
    unsigned v = 0;

    for (unsigned i = arc->count; i > 0; i--) {
        v = v < 1000 ? v * 10 + arc->digits[i - 1] : v;
    }
    return v;
}

/* Appends an arc to out; false if it does not fit. */
static bool arc_put(const struct arc *arc, char *out, size_t cap, size_t *len)
{
    unsigned count = arc->count > 0 ? arc->count : 1;

    if (cap - *len <= count + 1) {
        return false;
    }
    if (*len > 0) {
        out[(*len)++] = '.';
    }
    if (arc->count == 0) {
        out[(*len)++] = '0';
    }
    for (unsigned i = arc->count; i > 0; i--) {
        out[(*len)++] = (char)('0' + arc->digits[i - 1]);
    }
    out[*len] = '\0';
    return true;
}

bool ber_oid_text(struct span contents, char *out, size_t cap)
{
    struct arc arc = {{0}, 0};
    size_t len = 0;

    if (cap == 0) {
        return false;
    }
    out[0] = '\0';
    if (!ber_oid(contents, NULL)) {
        return false;
    }
    for (size_t i = 0; i < contents.len; i++) {
        arc_step(&arc, 128, contents.p[i] & 0x7f);
        if ((contents.p[i] & 0x80) != 0) {
            continue;
        }
        if (len == 0) { /* the first two arcs share a number (X.690 8.19.4) */
            struct arc root = {{0}, 0};
            unsigned first = arc_small(&arc) >= 80 ? 2 : arc_small(&arc) / 40;

            arc_step(&root, 1, first);
            arc_minus(&arc, first * 40);
            if (!arc_put(&root, out, cap, &len)) {
                return false;
            }
        }
        if (!arc_put(&arc, out, cap, &len)) {
            return false;
        }
        arc.count = 0;
    }
    return true;
}

/* How many octets follow a lead octet, or -1; the second one is in *least..*most. */
static int utf8_more(uint8_t lead, uint8_t *least, uint8_t *most)
{
    *least = 0x80;
    *most = 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf) {
        return 1;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        *least = lead == 0xe0 ? 0xa0 : 0x80; /* overlong */
        *most = lead == 0xed ? 0x9f : 0xbf;  /* surrogates */
        return 2;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        *least = lead == 0xf0 ? 0x90 : 0x80;
        *most = lead == 0xf4 ? 0x8f : 0xbf; /* beyond U+10FFFF */
        return 3;
    }
    return -1;
}

bool ber_utf8(struct span contents, size_t *characters, struct err *err)
{
    const uint8_t *p = contents.p;
    size_t left = contents.len;
    size_t count = 0;

    while (left > 0) {
        uint8_t least;
        uint8_t most;
        int more;

        if (left >= 8 && (ber_load64(p) & 0x8080808080808080U) == 0) {
            p += 8;
            left -= 8;
            count += 8;
            continue;
        }
        count++;
        if (*p < 0x80) {
            p++;
            left--;
            continue;
        }
        more = utf8_more(*p, &least, &most);
        if (more < 0 || left <= (size_t)more || p[1] < least || p[1] > most ||
            (more > 1 && (p[2] & 0xc0) != 0x80) || (more > 2 && (p[3] & 0xc0) != 0x80)) {
            return err_set(err, ERR_MALFORMED, "octet 0x%02x at %zu is not UTF-8", *p,
                           contents.len - left);
        }
        p += more + 1;
        left -= (size_t)more + 1;
    }
    *characters = count;
    return true;
}
