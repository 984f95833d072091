/*
 * asn_emit.h - a resolved model as C: structs and enums for people to use, and the tables of
 * asn_table.h that describe them.
 *
 * Names: the type TypeDescription under the prefix wire becomes struct wire_type_description and
 * wire_type_description_type; an item or alternative old-style of it WIRE_..._OLD_STYLE; a type
 * without a name the name of its parent and component. All types are in wire_types.
 */
#ifndef VMBER_SCHEMA_ASN_EMIT_H
#define VMBER_SCHEMA_ASN_EMIT_H

#include "codec/base/buf.h"
#include "codec/schema/asn_model.h"

struct asn_emit_options {
    const char *prefix;     /* of every C name; lower case */
    const char *header;     /* how the C file includes the header */
    const char *const *raw; /* types that are kept as octets */
    size_t raw_count;
};

/*
 * asn_emit appends the C file to c and the header to h. The text depends on the modules and the
 * options alone, not on the order of files. A model that tables cannot hold, or whose names meet
 * in C, is an error; model->diag says where.
 */
bool asn_emit(struct asn_model *model, const struct asn_emit_options *options, struct buf *c,
              struct buf *h, struct err *err);

#endif
