/*
 * mod_value.h - what the octets of a section say of its form, compared with the form it has.
 *
 *   num_timers  uint8  = 3        timer    SEQUENCE OF Hpet-Timer,  -- <by "num_timers">   3
 * elements config[0]   MSI-X, 5 vectors  msix     MsixState,               81 octets, see
 * mod_opaque.h
 *
 * A description may be one that a module allows, and yet none that QEMU could have sent with those
 * octets. Only the octets tell.
 */
#ifndef VMBER_DEVICE_MOD_VALUE_H
#define VMBER_DEVICE_MOD_VALUE_H

#include "codec/device/mod_set.h"
#include "codec/savevm/lay_types.h"

struct err;

/*
 * mod_value_check compares the payload of a section with its type, which has been joined with that
 * module (mod_join.h) and has as many octets. False: why says ERR_MALFORMED, with a path below the
 * type. Does nothing unless the module's root has_values; else it takes as long as there are fields
 * and elements.
 */
bool mod_value_check(const struct mod_set *set, uint32_t module, const struct lay_types *types,
                     uint32_t type, struct span payload, struct err *why);

#endif
