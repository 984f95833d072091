/*
 * imp_fit.h - whether a device type of QEMU's list can have written a section.
 */
#ifndef VMBER_DEVICE_IMP_FIT_H
#define VMBER_DEVICE_IMP_FIT_H

#include "codec/device/imp_list.h"
#include "codec/device/imp_shape.h"

/* What comparing has cost so far. */
struct imp_steps {
    uint64_t left;
};

/* imp_steps_take is false with ERR_LIMIT when the work is more than it may be. */
bool imp_steps_take(struct imp_steps *steps, uint64_t count, struct err *err);

/*
 * imp_fit tells whether every field and subsection of shape is listed, in order and with the same
 * structs inside. *missing grows by the number of fields that are listed as always sent and are not
 * there: arrays of no element, mostly. An error (err set) is false, too.
 */
bool imp_fit(const struct imp_listed *listed, const struct imp_shape *shape, size_t *missing,
             struct imp_steps *steps, struct err *err);

#endif
