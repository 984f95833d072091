/* bench_types.h - Bench of bench.asn1 as C types. */
#ifndef VMBER_TESTS_BENCH_TYPES_H
#define VMBER_TESTS_BENCH_TYPES_H

#include "codec/schema/asn_table.h"

#define GROUP(n)                                                                                   \
    uint8_t a##n;                                                                                  \
    uint16_t b##n;                                                                                 \
    uint32_t c##n;                                                                                 \
    uint64_t d##n;                                                                                 \
    int32_t e##n;                                                                                  \
    int64_t f##n;                                                                                  \
    bool g##n;                                                                                     \
    uint32_t h##n;

struct bench_device {
    GROUP(0) GROUP(1) GROUP(2) GROUP(3) GROUP(4) GROUP(5) GROUP(6) GROUP(7)
};

struct bench_item {
    uint32_t a;
    uint64_t b;
    uint16_t c;
    bool d;
};

struct bench_items {
    size_t count;
    struct bench_item *items;
};

extern const struct asn_type bench_device_type;
extern const struct asn_type bench_items_type;

#endif
