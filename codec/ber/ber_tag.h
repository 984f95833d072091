/*
 * ber_tag.h - identifier octets: classes, the universal numbers we meet, and their names.
 */
#ifndef VMBER_BER_TAG_H
#define VMBER_BER_TAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/ber/ber_limits.h"

/* X.690 8.1.2.2, table 1. */
enum ber_class { BER_UNIVERSAL = 0, BER_APPLICATION = 1, BER_CONTEXT = 2, BER_PRIVATE = 3 };

/* X.680 8.4, table 1. */
enum {
    BER_EOC = 0,
    BER_BOOLEAN = 1,
    BER_INTEGER = 2,
    BER_BIT_STRING = 3,
    BER_OCTET_STRING = 4,
    BER_NULL = 5,
    BER_OID = 6,
    BER_ENUMERATED = 10,
    BER_UTF8_STRING = 12,
    BER_SEQUENCE = 16,
    BER_SET = 17,
};

enum {
    BER_CONSTRUCTED = 0x20, /* bit 6 of the first identifier octet (8.1.2.5) */
    BER_TAG_LONG = 0x1f,    /* number field that says "more octets follow" (8.1.2.4) */
    BER_LENGTH_INDEFINITE = 0x80,
};

struct ber_tag {
    uint32_t number;
    enum ber_class cls;
    bool constructed;
};

enum { BER_TAG_TEXT_MAX = 48 };

/* ber_tag_octets writes the identifier octets of tag and returns how many, 1 to 6. */
size_t ber_tag_octets(struct ber_tag tag, uint8_t out[BER_TAG_OCTETS_MAX]);

/*
 * ber_tag_text writes what a person calls a tag, "INTEGER (0x02)" or "[3] (0xa3)", into out and
 * returns out.
 */
char *ber_tag_text(struct ber_tag tag, char out[BER_TAG_TEXT_MAX]);

/* ber_universal_name returns the X.680 name of a universal type, or NULL if the number has none. */
const char *ber_universal_name(uint32_t number);

/* ber_universal_is_string tells whether X.690 lets the type be sent in constructed segments. */
bool ber_universal_is_string(uint32_t number);

#endif
