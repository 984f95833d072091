/*
 * asn_leaf.h - the slow way to decode a primitive: any BER, and words for what is wrong. Internal
 * to the engine.
 */
#ifndef VMBER_SCHEMA_ASN_LEAF_H
#define VMBER_SCHEMA_ASN_LEAF_H

#include "codec/ber/ber_reader.h"
#include "codec/schema/asn_table.h"

struct arena;
struct err;

/*
 * asn_get_leaf decodes the element whole, which begins with head and has a tag of type, into value.
 * Offsets in err count from its contents. flags: ASN_PROFILE.
 */
bool asn_get_leaf(const struct asn_type *type, struct span whole, const struct ber_head *head,
                  uint8_t *value, struct arena *arena, unsigned flags, struct err *err);

#endif
