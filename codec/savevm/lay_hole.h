/*
 * lay_hole.h - a field that the source's description tells too little of.
 *
 *   QEMU before 10.0 describes an array of pointers by its first element. If that is a null pointer
 *   the description says, for n elements of any size,
 *
 *       {"name": "css", "array_len": n, "type": "struct", "struct": {}, "size": 1}
 *
 * Where a device has one such field and nothing else is wrong, the end of the section says how long
 * the field is. It becomes octets; the rest of the device stays described.
 */
#ifndef VMBER_SAVEVM_LAY_HOLE_H
#define VMBER_SAVEVM_LAY_HOLE_H

#include "codec/savevm/lay_types.h"

/*
 * lay_hole_fill makes of *type, which does not fit, the same type with an extent for its hole, so
 * that its values are len octets; false, and no change, if there is no such type.
 */
bool lay_hole_fill(struct lay_types *types, uint32_t *type, size_t len);

#endif
