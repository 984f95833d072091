/* bench_types.c - the tables of bench.asn1. */
#include "bench_types.h"

#define NONE ASN_NO_OFFSET
#define LEAF(name, op, ctype, low, high, tag)                                                      \
    {                                                                                              \
        name, op, 0, {1, {tag}}, sizeof(ctype), low, high, NULL, 0, NONE, NULL, NULL, 0            \
    }

static const struct asn_type u8 = LEAF("UInt8", ASN_U8, uint8_t, 0, 255, 2);
static const struct asn_type u16 = LEAF("UInt16", ASN_U16, uint16_t, 0, 65535, 2);
static const struct asn_type u32 = LEAF("UInt32", ASN_U32, uint32_t, 0, 4294967295U, 2);
static const struct asn_type u64 = LEAF("UInt64", ASN_U64, uint64_t, 0, UINT64_MAX, 2);
static const struct asn_type i32 = LEAF("Int32", ASN_I32, int32_t, INT32_MIN, INT32_MAX, 2);
static const struct asn_type i64 = LEAF("Int64", ASN_I64, int64_t, INT64_MIN, INT64_MAX, 2);
static const struct asn_type boolean = LEAF("", ASN_BOOLEAN, bool, 0, 0, 1);

#define ROW(f, type, n)                                                                            \
    {                                                                                              \
#f, &type, {(n) < 31 ? 1 : 2, {(n) < 31 ? 0x80 | (n) : 0x9f, (n) < 31 ? 0 : (n)}},         \
            offsetof(struct bench_device, f), NONE, 0, 0                                           \
    }
#define GROUP_ROWS(n)                                                                              \
    ROW(a##n, u8, 8 * n), ROW(b##n, u16, 8 * n + 1), ROW(c##n, u32, 8 * n + 2),                    \
        ROW(d##n, u64, 8 * n + 3), ROW(e##n, i32, 8 * n + 4), ROW(f##n, i64, 8 * n + 5),           \
        ROW(g##n, boolean, 8 * n + 6), ROW(h##n, u32, 8 * n + 7)

static const struct asn_member device_members[] = {
    GROUP_ROWS(0), GROUP_ROWS(1), GROUP_ROWS(2), GROUP_ROWS(3),
    GROUP_ROWS(4), GROUP_ROWS(5), GROUP_ROWS(6), GROUP_ROWS(7),
};
const struct asn_type bench_device_type = {
    "Device", ASN_SEQUENCE, 0, {1, {0x30}}, sizeof(struct bench_device), 0, 0, device_members, 64,
    NONE, NULL, NULL, 0,
};

static const struct asn_member item_members[] = {
    {"a", &u32, {1, {2}}, offsetof(struct bench_item, a), NONE, 0, 0},
    {"b", &u64, {1, {2}}, offsetof(struct bench_item, b), NONE, 0, 0},
    {"c", &u16, {1, {2}}, offsetof(struct bench_item, c), NONE, 0, 0},
    {"d", &boolean, {1, {1}}, offsetof(struct bench_item, d), NONE, 0, 0},
};
static const struct asn_type item_type = {
    "Item", ASN_SEQUENCE, 0, {1, {0x30}}, sizeof(struct bench_item), 0, 0, item_members, 4,
    NONE, NULL, NULL, 0,
};
const struct asn_type bench_items_type = {
    "Items", ASN_SEQUENCE_OF, 0, {1, {0x30}}, sizeof(struct bench_items), 0, UINT64_MAX, NULL, 0,
    NONE, &item_type, NULL, 0,
};
