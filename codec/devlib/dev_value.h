/*
 * dev_value.h - between the generated files of the library of devices and the engine; see
 * <vmber/value.h>.
 */
#ifndef VMBER_DEVLIB_DEV_VALUE_H
#define VMBER_DEVLIB_DEV_VALUE_H

#include <vmber/value.h>

#include "codec/schema/asn_table.h"

/* What each vmber_NAME_decode and vmber_NAME_encode does, with the table of its type. */
bool vmber_table_decode(const struct asn_type *type, const void *value, size_t len,
                        struct vmber_arena *arena, void *out, struct vmber_error *error);
bool vmber_table_encode(const struct asn_type *type, const void *value, struct vmber_arena *arena,
                        struct vmber_octets *out, struct vmber_error *error);

#endif
