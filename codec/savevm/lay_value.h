/*
 * lay_value.h - a section's payload to a BER value and back, by its type.
 *
 * Both directions walk the compiled rows of lay_types with an explicit stack. Lifting writes from
 * the back to the front, so every length is known when it is written. Lowering accepts any BER
 * (long and indefinite lengths, segmented strings) and refuses a value that does not fit its type,
 * with the path of the field and both offsets.
 *
 * Nothing here knows device semantics; a leaf the type does not name as an integer or a bool is
 * octets.
 *
 *     const struct lay_where where = {name, legacy_offset, ERR_NO_OFFSET};
 *     struct span value;
 *     lay_value_lift(&types, type_id, payload, &where, &room, &value, &err);
 *     lay_value_lower(&types, type_id, value, &where, &payload_again, &err);
 */
#ifndef VMBER_SAVEVM_LAY_VALUE_H
#define VMBER_SAVEVM_LAY_VALUE_H

#include "codec/base/buf.h"
#include "codec/base/span.h"
#include "codec/savevm/lay_types.h"

struct err;

/* Where a section is, for messages only. */
struct lay_where {
    struct span section;    /* idstr */
    uint64_t legacy_offset; /* of the payload's first octet, or ERR_NO_OFFSET */
    uint64_t ber_offset;    /* of the value's first octet, or ERR_NO_OFFSET */
};

/*
 * lay_value_lift writes the payload, which must be as long as the type says, as one TLV with
 * minimal definite lengths. The value lies in room until room is used again. A payload that the
 * type does not fit (a subsection header, a list marker) is ERR_MALFORMED.
 */
bool lay_value_lift(const struct lay_types *types, uint32_t type, struct span payload,
                    const struct lay_where *where, struct buf *room, struct span *value,
                    struct err *err);

/*
 * lay_value_bool turns the octet of a bool into the contents octet of its BOOLEAN and back: 0x01,
 * which QEMU writes, and 0xff, which DER wants (X.690 11.1), change places. All others stay.
 */
static inline uint8_t lay_value_bool(uint8_t octet)
{
    return octet == 0x01 ? 0xff : octet == 0xff ? 0x01 : octet;
}

/* lay_value_lower appends to out the payload that the value (exactly one TLV) stands for. */
bool lay_value_lower(const struct lay_types *types, uint32_t type, struct span value,
                     const struct lay_where *where, struct buf *out, struct err *err);

#endif
