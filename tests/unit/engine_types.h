/*
 * engine_types.h - one table of every kind, by hand, for the tests of the engine.
 *
 *     Kind  ::= ENUMERATED { a(0), b(1), f(5) }
 *     KindX ::= ENUMERATED { a(0), b(1), ... }
 *     Inner ::= SEQUENCE { id UInt32, name UTF8String (SIZE (0..8)), ... }
 *     Item  ::= CHOICE { number [0] UInt64, text [1] UTF8String, inner [2] Inner,
 *                        list [3] SEQUENCE OF Item, wrapped [4] EXPLICIT Int32, ... }
 *     Pick  ::= CHOICE { flag BOOLEAN, number INTEGER (-5..5) }
 *     Closed ::= SEQUENCE { a UInt8, b UInt8 OPTIONAL }
 *     All   ::= SEQUENCE {
 *         flag BOOLEAN, u8 UInt8, u16 UInt16, u32 UInt32, u64 UInt64,
 *         i8 [0] INTEGER (-128..127), i16 [1] INTEGER (-32768..32767), i32 [2] Int32,
 *         i64 [3] Int64, kind Kind, kindx [4] KindX, nothing NULL,
 *         data OCTET STRING (SIZE (0..100)), oid OBJECT IDENTIFIER, level [5] UInt8 DEFAULT 7,
 *         opt [6] UInt32 OPTIONAL, expl [7] EXPLICIT Inner OPTIONAL,
 *         items [8] SEQUENCE (SIZE (0..1000)) OF Item, pick [31] Pick,
 *         small [32] INTEGER (0..9, ...), raw [2000000000] ANY,
 *         ..., added [33] UInt8, maybe [34] Pick OPTIONAL }
 */
#ifndef VMBER_TESTS_ENGINE_TYPES_H
#define VMBER_TESTS_ENGINE_TYPES_H

#include "codec/schema/asn_table.h"

struct t_inner {
    uint32_t id;
    struct span name;
    struct span unknown;
};

struct t_item;

struct t_item_list {
    size_t count;
    struct t_item *items;
};

enum { ITEM_NUMBER, ITEM_TEXT, ITEM_INNER, ITEM_LIST, ITEM_WRAPPED };

struct t_item {
    int32_t which;
    struct span unknown;
    union {
        uint64_t number;
        struct span text;
        struct t_inner inner;
        struct t_item_list list;
        int32_t wrapped;
    } u;
};

enum { PICK_FLAG, PICK_NUMBER };

struct t_pick {
    int32_t which;
    struct span unknown;
    union {
        bool flag;
        int8_t number;
    } u;
};

struct t_closed {
    uint8_t a;
    bool has_b;
    uint8_t b;
};

struct t_all {
    bool flag;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    int32_t kind;
    int32_t kindx;
    uint8_t nothing;
    struct span data;
    struct span oid;
    bool has_level;
    uint8_t level;
    bool has_opt;
    uint32_t opt;
    bool has_expl;
    struct t_inner expl;
    struct t_item_list items;
    struct t_pick pick;
    uint8_t small;
    struct span raw;
    bool has_added;
    uint8_t added;
    bool has_maybe;
    struct t_pick maybe;
    struct span unknown;
};

extern const struct asn_type t_uint8;
extern const struct asn_type t_uint64;
extern const struct asn_type t_int64_type;
extern const struct asn_type t_boolean;
extern const struct asn_type t_null;
extern const struct asn_type t_octets;
extern const struct asn_type t_text;
extern const struct asn_type t_oid_type;
extern const struct asn_type t_kind;
extern const struct asn_type t_kindx;
extern const struct asn_type t_inner_type;
extern const struct asn_type t_item_type;
extern const struct asn_type t_items_type;
extern const struct asn_type t_pick_type;
extern const struct asn_type t_closed_type;
extern const struct asn_type t_all_type;
extern const struct asn_type t_numbers; /* SEQUENCE OF UInt64 */

struct t_numbers {
    size_t count;
    uint64_t *items;
};

#endif
