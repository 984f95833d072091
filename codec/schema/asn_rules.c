/* asn_rules.c - see asn_rules.h. */
#include "codec/schema/asn_rules.h"

#include <inttypes.h>
#include <stdio.h>

#include "codec/base/err.h"
#include "codec/ber/ber_reader.h"
#include "codec/schema/asn_engine.h"

const struct asn_tag asn_no_tag = {0, {0}};

bool asn_type_is_signed(const struct asn_type *type)
{
    return type->op == ASN_I8 || type->op == ASN_I16 || type->op == ASN_I32 || type->op == ASN_I64;
}

const char *asn_op_name(enum asn_op op)
{
    switch (op) {
    case ASN_BOOLEAN:
        return "BOOLEAN";
    case ASN_U8:
    case ASN_U16:
    case ASN_U32:
    case ASN_U64:
    case ASN_I8:
    case ASN_I16:
    case ASN_I32:
    case ASN_I64:
        return "INTEGER";
    case ASN_ENUMERATED:
        return "ENUMERATED";
    case ASN_NULL:
        return "NULL";
    case ASN_OCTETS:
        return "OCTET STRING";
    case ASN_UTF8:
        return "UTF8String";
    case ASN_OID:
        return "OBJECT IDENTIFIER";
    case ASN_SEQUENCE:
        return "SEQUENCE";
    case ASN_SEQUENCE_OF:
        return "SEQUENCE OF";
    case ASN_CHOICE:
        return "CHOICE";
    case ASN_RAW:
        return "any element";
    }
    return "?";
}

char *asn_type_text(const struct asn_type *type, const struct asn_tag *tag, char out[ASN_TEXT_MAX])
{
    char hex[2 * ASN_TAG_MAX + 1] = "";
    const char *name =
        asn_is_untagged(type->op) && type->name[0] != '\0' ? type->name : asn_op_name(type->op);

    if (tag->len == 0) {
        (void)snprintf(out, ASN_TEXT_MAX, "%.64s", name);
        return out;
    }
    for (unsigned i = 0; i < tag->len && i < ASN_TAG_MAX; i++) {
        (void)snprintf(hex + 2 * (size_t)i, 3, "%02x", tag->octets[i]);
    }
    (void)snprintf(out, ASN_TEXT_MAX, "%.64s (0x%s)", name, hex);
    return out;
}

static bool tag_fits(const struct asn_tag *tag, bool segments, struct span in)
{
    unsigned mask = segments ? 0xffU & ~(unsigned)BER_CONSTRUCTED : 0xffU;

    return in.len >= tag->len && ((in.p[0] ^ tag->octets[0]) & mask) == 0 &&
           (tag->len == 1 || memcmp(in.p + 1, tag->octets + 1, tag->len - 1U) == 0);
}

/* An untagged CHOICE inside an untagged CHOICE is followed: schemas nest, not inputs. */
static bool fits(const struct asn_type *type, const struct asn_tag *tag, bool is_explicit,
                 struct span in, unsigned depth)
{
    if (tag->len > 0) {
        return tag_fits(tag, !is_explicit && asn_is_string(type->op), in);
    }
    if (type->op == ASN_RAW) {
        return in.p[0] >> 6 == BER_UNIVERSAL; /* so that additions can be told from it */
    }
    if (depth == BER_DEPTH_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < type->member_count; i++) {
        const struct asn_member *m = &type->members[i];

        if (fits(m->type, &m->tag, (m->flags & ASN_EXPLICIT) != 0, in, depth + 1)) {
            return true;
        }
    }
    return false;
}

bool asn_fits(const struct asn_type *type, const struct asn_tag *tag, bool is_explicit,
              struct span in)
{
    return in.len > 0 && in.p[0] != 0 && fits(type, tag, is_explicit, in, 0);
}

bool asn_member_fits(const struct asn_member *m, struct span in)
{
    return asn_fits(m->type, &m->tag, (m->flags & ASN_EXPLICIT) != 0, in);
}

size_t asn_find(const struct asn_type *type, size_t from, size_t to, struct span in)
{
    while (from < to && !asn_member_fits(&type->members[from], in)) {
        from++;
    }
    return from;
}

/* An untagged CHOICE that may have alternatives we do not know. */
static bool is_open_choice(const struct asn_member *m)
{
    return m->type->op == ASN_CHOICE && m->tag.len == 0 && (m->type->flags & ASN_EXTENSIBLE) != 0;
}

size_t asn_next(const struct asn_type *type, size_t from, struct span in)
{
    size_t count = type->member_count;
    size_t i = asn_find(type, from, count, in);

    if (i < count) {
        return i;
    }
    for (i = from; i < count; i++) {
        if (!asn_absentable(&type->members[i])) {
            /* An alternative from the future, unless it is a component out of its place. */
            return is_open_choice(&type->members[i]) && asn_find(type, 0, i, in) == i ? i : count;
        }
    }
    return count;
}

uint64_t asn_load_number(enum asn_op op, const uint8_t *value)
{
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    int8_t i8;
    int16_t i16;
    int32_t i32;

    switch (op) {
    case ASN_BOOLEAN:
        return *value != 0;
    case ASN_U8:
        return *value;
    case ASN_U16:
        memcpy(&u16, value, sizeof(u16));
        return u16;
    case ASN_U32:
        memcpy(&u32, value, sizeof(u32));
        return u32;
    case ASN_U64:
    case ASN_I64:
        memcpy(&u64, value, sizeof(u64));
        return u64;
    case ASN_I8:
        memcpy(&i8, value, sizeof(i8));
        return (uint64_t)(int64_t)i8;
    case ASN_I16:
        memcpy(&i16, value, sizeof(i16));
        return (uint64_t)(int64_t)i16;
    case ASN_I32:
    case ASN_ENUMERATED:
        memcpy(&i32, value, sizeof(i32));
        return (uint64_t)(int64_t)i32;
    case ASN_NULL:
    case ASN_OCTETS:
    case ASN_UTF8:
    case ASN_OID:
    case ASN_SEQUENCE:
    case ASN_SEQUENCE_OF:
    case ASN_CHOICE:
    case ASN_RAW:
        break;
    }
    return 0;
}

void asn_store_number(enum asn_op op, uint8_t *value, uint64_t v)
{
    uint8_t u8 = (uint8_t)v;
    uint16_t u16 = (uint16_t)v;
    uint32_t u32 = (uint32_t)v;
    bool boolean = v != 0;

    switch (op) {
    case ASN_BOOLEAN:
        memcpy(value, &boolean, sizeof(boolean));
        break;
    case ASN_U8:
    case ASN_I8:
        memcpy(value, &u8, sizeof(u8));
        break;
    case ASN_U16:
    case ASN_I16:
        memcpy(value, &u16, sizeof(u16));
        break;
    case ASN_U32:
    case ASN_I32:
    case ASN_ENUMERATED:
        memcpy(value, &u32, sizeof(u32));
        break;
    case ASN_U64:
    case ASN_I64:
        memcpy(value, &v, sizeof(v));
        break;
    case ASN_NULL:
    case ASN_OCTETS:
    case ASN_UTF8:
    case ASN_OID:
    case ASN_SEQUENCE:
    case ASN_SEQUENCE_OF:
    case ASN_CHOICE:
    case ASN_RAW:
        break;
    }
}

void asn_set_absent(const struct asn_member *m, uint8_t *base)
{
    bool absent = false;

    memcpy(base + m->present_offset, &absent, sizeof(absent));
    memset(base + m->offset, 0, m->type->size);
    if ((m->flags & ASN_DEFAULT) != 0) {
        asn_store_number(m->type->op, base + m->offset, (uint64_t)m->default_value);
    }
}

bool asn_is_default(const struct asn_member *m, const uint8_t *base)
{
    return asn_load_number(m->type->op, base + m->offset) == (uint64_t)m->default_value;
}

bool asn_enum_known(const struct asn_type *type, int32_t v)
{
    for (uint32_t i = 0; i < type->name_count; i++) {
        if (type->names[i].value == v) {
            return true;
        }
    }
    return false;
}

bool asn_size_check(const struct asn_type *type, uint64_t size, struct err *err)
{
    if ((size >= (uint64_t)type->min && size <= type->max) ||
        (type->flags & ASN_RANGE_EXTENSIBLE) != 0) {
        return true;
    }
    if ((uint64_t)type->min == type->max) {
        return err_set(err, ERR_MALFORMED, "size %" PRIu64 " is not %" PRIu64, size, type->max);
    }
    return err_set(err, ERR_MALFORMED, "size %" PRIu64 " is not in %" PRId64 "..%" PRIu64, size,
                   type->min, type->max);
}

static bool range_check(const struct asn_type *type, const uint8_t *value, struct err *err)
{
    uint64_t v = asn_load_number(type->op, value);

    if (v - (uint64_t)type->min <= type->max - (uint64_t)type->min ||
        (type->flags & ASN_RANGE_EXTENSIBLE) != 0) {
        return true;
    }
    if (asn_type_is_signed(type)) {
        return err_set(err, ERR_MALFORMED, "value %" PRId64 " is not in %" PRId64 "..%" PRId64,
                       (int64_t)v, type->min, (int64_t)type->max);
    }
    return err_set(err, ERR_MALFORMED, "value %" PRIu64 " is not in %" PRId64 "..%" PRIu64, v,
                   type->min, type->max);
}

static bool utf8_check(const struct asn_type *type, struct span s, struct err *err)
{
    size_t characters;

    if (s.p == NULL && s.len > 0) {
        return err_set(err, ERR_INTERNAL, "only an OCTET STRING may be a hole");
    }
    return ber_utf8(s, &characters, err) && asn_size_check(type, characters, err);
}

bool asn_leaf_check(const struct asn_type *type, const uint8_t *value, struct err *err)
{
    switch (type->op) {
    case ASN_BOOLEAN:
    case ASN_NULL:
        return true;
    case ASN_U8:
    case ASN_U16:
    case ASN_U32:
    case ASN_U64:
    case ASN_I8:
    case ASN_I16:
    case ASN_I32:
    case ASN_I64:
        return range_check(type, value, err);
    case ASN_ENUMERATED:
        if ((type->flags & ASN_EXTENSIBLE) == 0 &&
            !asn_enum_known(type, (int32_t)asn_load_number(type->op, value))) {
            return err_set(err, ERR_MALFORMED, "value %" PRId32 " is none of the names of %s",
                           (int32_t)asn_load_number(type->op, value), type->name);
        }
        return true;
    case ASN_OCTETS:
        return asn_size_check(type, asn_load_span(value).len, err);
    case ASN_UTF8:
        return utf8_check(type, asn_load_span(value), err);
    case ASN_OID:
        if (asn_load_span(value).p == NULL && asn_load_span(value).len > 0) {
            return err_set(err, ERR_INTERNAL, "only an OCTET STRING may be a hole");
        }
        return ber_oid(asn_load_span(value), err);
    case ASN_SEQUENCE:
    case ASN_SEQUENCE_OF:
    case ASN_CHOICE:
    case ASN_RAW:
        break;
    }
    return err_set(err, ERR_INTERNAL, "%s is no leaf", asn_op_name(type->op));
}

bool asn_raw_check(struct span whole, struct err *err)
{
    struct span found;

    if (whole.p == NULL || whole.len == 0) {
        return err_set(err, ERR_MALFORMED, "no element");
    }
    if (!ber_check(whole, 0, &found, err)) {
        return false;
    }
    if (found.len != whole.len) {
        return err_set(err, ERR_MALFORMED, "%zu octets behind an element", whole.len - found.len);
    }
    return true;
}

bool asn_unknown_check(const struct asn_type *type, struct span octets, struct err *err)
{
    size_t known = type->member_count;

    if (octets.p == NULL && octets.len > 0) {
        return err_set(err, ERR_MALFORMED, "no additions");
    }
    while (octets.len > 0) {
        struct span whole;

        if (!ber_check(octets, 0, &whole, err)) {
            return false;
        }
        if (asn_find(type, 0, known, octets) != known) {
            return err_set(err, ERR_MALFORMED, "an unknown addition has the tag of component '%s'",
                           type->members[asn_find(type, 0, known, octets)].name);
        }
        octets = span_from(octets, whole.len);
    }
    return true;
}

void asn_path(struct err *err, const struct asn_place *places, size_t count)
{
    char path[ERR_PATH_MAX] = "";
    size_t len = 0;

    if (err == NULL) {
        return;
    }
    for (size_t i = 0; i < count && len < sizeof(path) - 1; i++) {
        const struct asn_type *type = places[i].type;
        int n = 0;

        if (places[i].index == ASN_NOWHERE) {
            continue;
        }
        if (type->op == ASN_SEQUENCE_OF) {
            n = snprintf(path + len, sizeof(path) - len, "[%zu]", places[i].index);
        } else if (places[i].index < type->member_count) {
            n = snprintf(path + len, sizeof(path) - len, "%s%s", len > 0 ? " > " : "",
                         type->members[places[i].index].name);
        }
        len += n > 0 ? (size_t)n : 0;
    }
    if (path[0] != '\0') {
        (void)err_at_path(err, "%s", path);
    }
}
