/* engine_types.c - see engine_types.h. */
#include "engine_types.h"

#define NONE ASN_NO_OFFSET
#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))

/* clang-format off */
#define TAG(...) {(uint8_t)sizeof((const uint8_t[]){__VA_ARGS__}), {__VA_ARGS__}}
#define LEAF(name, op, ctype, low, high, ...) \
    {name, op, 0, TAG(__VA_ARGS__), sizeof(ctype), low, high, NULL, 0, NONE, NULL, NULL, 0}
#define ENUM(name, flags, names) \
    {name, ASN_ENUMERATED, flags, TAG(0x0a), 4, 0, 0, NULL, 0, NONE, NULL, names, COUNT(names)}
#define SEQ(name, flags, members, st, unknown) \
    {name, ASN_SEQUENCE, flags, TAG(0x30), sizeof(struct st), 0, 0, members, COUNT(members), unknown, NULL, NULL, 0}
#define CHOICE(name, flags, members, st) \
    {name, ASN_CHOICE, flags, {0, {0}}, sizeof(struct st), 0, 0, members, COUNT(members), offsetof(struct st, unknown), NULL, NULL, 0}
#define LIST(name, element, high, ...) \
    {name, ASN_SEQUENCE_OF, 0, TAG(__VA_ARGS__), sizeof(struct asn_list), 0, high, NULL, 0, NONE, element, NULL, 0}
#define ROW(st, field, type, present, flags, def, ...) \
    {#field, type, TAG(__VA_ARGS__), offsetof(struct st, field), present, flags, def}
#define ALT(st, field, name, type, flags, ...) \
    {name, type, TAG(__VA_ARGS__), offsetof(struct st, u.field), NONE, flags, 0}

const struct asn_type t_uint8 = LEAF("UInt8", ASN_U8, uint8_t, 0, 255, 0x02);
static const struct asn_type t_uint16 = LEAF("UInt16", ASN_U16, uint16_t, 0, 65535, 0x02);
static const struct asn_type t_uint32 = LEAF("UInt32", ASN_U32, uint32_t, 0, 4294967295U, 0x02);
const struct asn_type t_uint64 = LEAF("UInt64", ASN_U64, uint64_t, 0, UINT64_MAX, 0x02);
static const struct asn_type t_int8 = LEAF("", ASN_I8, int8_t, -128, 127, 0x02);
static const struct asn_type t_int16 = LEAF("", ASN_I16, int16_t, -32768, 32767, 0x02);
static const struct asn_type t_int32 = LEAF("Int32", ASN_I32, int32_t, INT32_MIN, INT32_MAX, 0x02);
const struct asn_type t_int64_type = LEAF("Int64", ASN_I64, int64_t, INT64_MIN, INT64_MAX, 0x02);
static const struct asn_type t_five = LEAF("", ASN_I8, int8_t, -5, 5, 0x02);
static const struct asn_type t_small =
    {"", ASN_U8, ASN_RANGE_EXTENSIBLE, TAG(0x02), 1, 0, 9, NULL, 0, NONE, NULL, NULL, 0};
const struct asn_type t_boolean = LEAF("", ASN_BOOLEAN, bool, 0, 0, 0x01);
const struct asn_type t_null = LEAF("", ASN_NULL, uint8_t, 0, 0, 0x05);
const struct asn_type t_octets = LEAF("", ASN_OCTETS, struct span, 0, UINT64_MAX, 0x04);
static const struct asn_type t_octets100 = LEAF("", ASN_OCTETS, struct span, 0, 100, 0x04);
const struct asn_type t_text = LEAF("", ASN_UTF8, struct span, 0, UINT64_MAX, 0x0c);
static const struct asn_type t_text8 = LEAF("", ASN_UTF8, struct span, 0, 8, 0x0c);
const struct asn_type t_oid_type = LEAF("", ASN_OID, struct span, 0, UINT64_MAX, 0x06);
static const struct asn_type t_any =
    {"", ASN_RAW, 0, {0, {0}}, sizeof(struct span), 0, 0, NULL, 0, NONE, NULL, NULL, 0};

static const struct asn_name kind_names[] = {{"a", 0}, {"b", 1}, {"f", 5}};
static const struct asn_name kindx_names[] = {{"a", 0}, {"b", 1}};
const struct asn_type t_kind = ENUM("Kind", 0, kind_names);
const struct asn_type t_kindx = ENUM("KindX", ASN_EXTENSIBLE, kindx_names);

static const struct asn_member inner_members[] = {
    ROW(t_inner, id,   &t_uint32, NONE, 0, 0, 0x02),
    ROW(t_inner, name, &t_text8,  NONE, 0, 0, 0x0c),
};
const struct asn_type t_inner_type =
    SEQ("Inner", ASN_EXTENSIBLE, inner_members, t_inner, offsetof(struct t_inner, unknown));

static const struct asn_type t_item_list = LIST("", &t_item_type, UINT64_MAX, 0x30);
static const struct asn_member item_members[] = {
    ALT(t_item, number,  "number",  &t_uint64,     0,            0x80),
    ALT(t_item, text,    "text",    &t_text,       0,            0x81),
    ALT(t_item, inner,   "inner",   &t_inner_type, 0,            0xa2),
    ALT(t_item, list,    "list",    &t_item_list,  0,            0xa3),
    ALT(t_item, wrapped, "wrapped", &t_int32,      ASN_EXPLICIT, 0xa4),
};
const struct asn_type t_item_type = CHOICE("Item", ASN_EXTENSIBLE, item_members, t_item);
const struct asn_type t_items_type = LIST("", &t_item_type, 1000, 0x30);

static const struct asn_member pick_members[] = {
    ALT(t_pick, flag,   "flag",   &t_boolean, 0, 0x01),
    ALT(t_pick, number, "number", &t_five,    0, 0x02),
};
const struct asn_type t_pick_type = CHOICE("Pick", 0, pick_members, t_pick);

static const struct asn_member closed_members[] = {
    ROW(t_closed, a, &t_uint8, NONE, 0, 0, 0x02),
    ROW(t_closed, b, &t_uint8, offsetof(struct t_closed, has_b), ASN_OPTIONAL, 0, 0x02),
};
const struct asn_type t_closed_type = SEQ("Closed", 0, closed_members, t_closed, NONE);

static const struct asn_member all_members[] = {
    ROW(t_all, flag,    &t_boolean,    NONE, 0, 0, 0x01),
    ROW(t_all, u8,      &t_uint8,      NONE, 0, 0, 0x02),
    ROW(t_all, u16,     &t_uint16,     NONE, 0, 0, 0x02),
    ROW(t_all, u32,     &t_uint32,     NONE, 0, 0, 0x02),
    ROW(t_all, u64,     &t_uint64,     NONE, 0, 0, 0x02),
    ROW(t_all, i8,      &t_int8,       NONE, 0, 0, 0x80),
    ROW(t_all, i16,     &t_int16,      NONE, 0, 0, 0x81),
    ROW(t_all, i32,     &t_int32,      NONE, 0, 0, 0x82),
    ROW(t_all, i64,     &t_int64_type, NONE, 0, 0, 0x83),
    ROW(t_all, kind,    &t_kind,       NONE, 0, 0, 0x0a),
    ROW(t_all, kindx,   &t_kindx,      NONE, 0, 0, 0x84),
    ROW(t_all, nothing, &t_null,       NONE, 0, 0, 0x05),
    ROW(t_all, data,    &t_octets100,  NONE, 0, 0, 0x04),
    ROW(t_all, oid,     &t_oid_type,   NONE, 0, 0, 0x06),
    ROW(t_all, level,   &t_uint8,      offsetof(struct t_all, has_level), ASN_DEFAULT, 7, 0x85),
    ROW(t_all, opt,     &t_uint32,     offsetof(struct t_all, has_opt), ASN_OPTIONAL, 0, 0x86),
    ROW(t_all, expl,    &t_inner_type, offsetof(struct t_all, has_expl), ASN_OPTIONAL | ASN_EXPLICIT, 0, 0xa7),
    ROW(t_all, items,   &t_items_type, NONE, 0, 0, 0xa8),
    ROW(t_all, pick,    &t_pick_type,  NONE, 0, 0, 0xbf, 0x1f),
    ROW(t_all, small,   &t_small,      NONE, 0, 0, 0x9f, 0x20),
    ROW(t_all, raw,     &t_any,        NONE, ASN_EXPLICIT, 0, 0xbf, 0x87, 0xb9, 0xd6, 0xa8, 0x00),
    ROW(t_all, added,   &t_uint8,      offsetof(struct t_all, has_added), ASN_ADDITION, 0, 0x9f, 0x21),
    ROW(t_all, maybe,   &t_pick_type,  offsetof(struct t_all, has_maybe), ASN_ADDITION | ASN_OPTIONAL, 0, 0xbf, 0x22),
};
const struct asn_type t_all_type =
    SEQ("All", ASN_EXTENSIBLE, all_members, t_all, offsetof(struct t_all, unknown));

const struct asn_type t_numbers = LIST("", &t_uint64, UINT64_MAX, 0x30);
/* clang-format on */
