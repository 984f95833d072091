/*
 * leg_config.h - QEMU's configuration section: machine type, page size, capabilities, uuid.
 *
 *     0x07  be32 len  machine-type-name  { subsection }
 *     subsection = 0x05  u8 len  name  be32 version  fields
 *         configuration/target-page-bits   be32
 *         configuration/capabilities       be32 count, count times: u8 len, name
 *         configuration/uuid               16 octets
 *
 * Reader and writer. A section that stands in another form (order, versions, names that are no
 * text) but whose end is known is told as odd; one with an unknown subsection is not told at all,
 * for its end is not known.
 */
#ifndef VMBER_SAVEVM_LEG_CONFIG_H
#define VMBER_SAVEVM_LEG_CONFIG_H

#include "codec/base/io.h"
#include "codec/savevm/leg_limits.h"
#include "wire.h"

enum leg_config_result {
    LEG_CONFIG_GOOD, /* config->wire holds all of it */
    LEG_CONFIG_ODD,  /* config->length octets, which writing config->wire would not give */
    LEG_CONFIG_LOST, /* the reason is in lost */
    LEG_CONFIG_MORE, /* *need octets are needed to go on */
};

struct leg_config {
    struct wire_configuration wire; /* spans into octets and names: valid until close */
    struct buf octets;
    struct span names[LEG_CAPABILITIES_MAX];
    size_t length;
};

void leg_config_init(struct leg_config *config);
void leg_config_done(struct leg_config *config);

/*
 * leg_config_scan reads the section that in begins with (in.p[0] is 0x07); with at_end nothing
 * follows in. The spans of config->wire point into in until leg_config_keep.
 */
enum leg_config_result leg_config_scan(struct leg_config *config, struct span in, bool at_end,
                                       size_t *need, struct err *lost);

/* leg_config_keep copies the scanned section, so that its spans live until leg_config_done. */
bool leg_config_keep(struct leg_config *config, struct span in, struct err *err);

/* leg_config_has tells whether the capability is announced. */
bool leg_config_has(const struct wire_configuration *wire, const char *capability);

/* leg_config_write writes the section. */
bool leg_config_write(const struct wire_configuration *wire, struct out *out, struct err *err);

#endif
