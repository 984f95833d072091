/* asn_leaf.c - see asn_leaf.h. */
#include "codec/schema/asn_leaf.h"

#include <inttypes.h>

#include "codec/base/err.h"
#include "codec/schema/asn_engine.h"
#include "codec/schema/asn_rules.h"

static bool get_integer(const struct asn_type *type, struct span contents, uint8_t *value,
                        struct err *err)
{
    uint64_t v = 0;
    int64_t i = 0;
    bool any = (type->flags & ASN_RANGE_EXTENSIBLE) != 0;
    bool widest = type->op == ASN_U64 ? type->max == UINT64_MAX
                                      : type->op == ASN_I64 && type->max == INT64_MAX;

    if (contents.len > 9 && !any && !widest) {
        return err_set(err, ERR_MALFORMED, "integer of %zu octets is out of range", contents.len);
    }
    if (type->op == ASN_U64) {
        if (!ber_uint(contents, &v, err)) {
            return false;
        }
    } else {
        if (!ber_int(contents, &i, err)) {
            return false;
        }
        v = (uint64_t)i;
    }
    if (!any && v - (uint64_t)type->min > type->max - (uint64_t)type->min) {
        if (type->op == ASN_U64) {
            return err_set(err, ERR_MALFORMED, "value %" PRIu64 " is not in %" PRId64 "..%" PRIu64,
                           v, type->min, type->max);
        }
        return err_set(err, ERR_MALFORMED, "value %" PRId64 " is not in %" PRId64 "..%" PRId64, i,
                       type->min, (int64_t)type->max);
    }
    asn_store_number(type->op, value, v);
    if (asn_load_number(type->op, value) != v) {
        return err_set(err, ERR_LIMIT, "value %" PRId64 " is wider than this program keeps", i);
    }
    return true;
}

static bool get_enumerated(const struct asn_type *type, struct span contents, uint8_t *value,
                           struct err *err)
{
    int64_t i;

    if (!ber_int(contents, &i, err)) {
        return false;
    }
    if (i < INT32_MIN || i > INT32_MAX) {
        return err_set(err, ERR_LIMIT, "enumeration value %" PRId64 " does not fit 32 bits", i);
    }
    asn_store_number(type->op, value, (uint64_t)i);
    return asn_leaf_check(type, value, err);
}

static bool get_boolean(struct span contents, uint8_t *value, unsigned flags, struct err *err)
{
    bool b;

    if (!ber_boolean(contents, &b, err)) {
        return false;
    }
    if ((flags & ASN_PROFILE) != 0 && b && contents.p[0] != 0xff) {
        return err_set(err, ERR_MALFORMED, "TRUE is 0x%02x, not 0xff", contents.p[0]);
    }
    asn_store_number(ASN_BOOLEAN, value, b);
    return true;
}

static bool get_string(const struct asn_type *type, struct span whole, const struct ber_head *head,
                       uint8_t *value, struct arena *arena, unsigned flags, struct err *err)
{
    struct span s;

    if (head->tag.constructed && (flags & ASN_PROFILE) != 0) {
        return err_set(err, ERR_MALFORMED, "string in segments");
    }
    if (!ber_string(whole, head, arena, &s, err)) {
        return false;
    }
    asn_store_span(value, s);
    return asn_leaf_check(type, value, err);
}

bool asn_get_leaf(const struct asn_type *type, struct span whole, const struct ber_head *head,
                  uint8_t *value, struct arena *arena, unsigned flags, struct err *err)
{
    struct span contents = ber_contents(whole, head);

    switch (type->op) {
    case ASN_BOOLEAN:
        return get_boolean(contents, value, flags, err);
    case ASN_U8:
    case ASN_U16:
    case ASN_U32:
    case ASN_U64:
    case ASN_I8:
    case ASN_I16:
    case ASN_I32:
    case ASN_I64:
        return get_integer(type, contents, value, err);
    case ASN_ENUMERATED:
        return get_enumerated(type, contents, value, err);
    case ASN_NULL:
        *value = 0;
        return ber_null(contents, err);
    case ASN_OCTETS:
    case ASN_UTF8:
        return get_string(type, whole, head, value, arena, flags, err);
    case ASN_OID:
        asn_store_span(value, contents);
        return ber_oid(contents, err);
    case ASN_SEQUENCE:
    case ASN_SEQUENCE_OF:
    case ASN_CHOICE:
    case ASN_RAW:
        break;
    }
    return err_set(err, ERR_INTERNAL, "%s is no leaf", asn_op_name(type->op));
}
