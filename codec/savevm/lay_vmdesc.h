/*
 * lay_vmdesc.h - QEMU's JSON description of a stream: its devices and their types.
 *
 * Reads every spelling of QEMU 2.3 to 11. It takes what it knows and passes over other members;
 * whether the text follows from what was taken is lay_text's business.
 */
#ifndef VMBER_SAVEVM_LAY_VMDESC_H
#define VMBER_SAVEVM_LAY_VMDESC_H

#include "codec/savevm/lay_json.h"
#include "codec/savevm/lay_types.h"

struct err;

/* An entry of "devices". */
struct lay_device {
    struct span name; /* idstr, until lay_vmdesc_done */
    uint32_t instance;
    uint32_t type; /* id */
};

struct lay_vmdesc {
    struct lay_json json;
    struct arena arena;
    struct lay_device *devices;
    size_t device_count;
    size_t device_cap;
    int32_t style; /* WIRE_VMDESC_STYLE_... */
    uint64_t page_size;
    uint32_t configuration; /* id of a type, or 0 */
};

void lay_vmdesc_init(struct lay_vmdesc *desc);
void lay_vmdesc_done(struct lay_vmdesc *desc);

/*
 * lay_vmdesc_read reads text and adds its types to types. On failure it leaves types as they were.
 */
bool lay_vmdesc_read(struct lay_vmdesc *desc, struct lay_types *types, struct span text,
                     struct err *err);

#endif
