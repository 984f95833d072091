/*
 * view_names.h - words for numbers: kinds of records, commands, named values of ENUMERATED types.
 */
#ifndef VMBER_VIEW_NAMES_H
#define VMBER_VIEW_NAMES_H

#include "wire.h"

/* view_body_name returns the name of a record's kind in asn1/, "unknown" for one that is not there.
 */
const char *view_body_name(const struct wire_body *body);

/* view_command_name returns QEMU's word for a command, or NULL. */
const char *view_command_name(uint32_t number);

/* view_enum_name returns the name of a value, or "?" if the type has none for it. */
const char *view_enum_name(const struct asn_type *type, int32_t value);

#endif
