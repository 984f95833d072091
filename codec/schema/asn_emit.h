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

/*
 * A library: for each module a header that people include, with structs and two functions, and a C
 * file that holds its tables. Of the module Vmber-E1000 in the file e1000.asn1, with the prefix
 * vmber and the name devices:
 *
 *   include/vmber/devices/e1000.h  struct vmber_e1000 (of the first type of the module) and what it
 *                                  has; vmber_e1000_decode, vmber_e1000_encode; VMBER_E1000_MODULE
 *   include/vmber/devices.h        all of these, and the macro VMBER_EACH_DEVICES that lists them
 *   devices/e1000.c                its tables, and the two functions, which call
 *                                  vmber_table_decode and vmber_table_encode
 *   devices/shared.c, shared.h     the tables of types that modules import
 *
 * Written by hand, and not here: <vmber/value.h> has VMBER_API, struct vmber_octets (with the
 * layout of struct span), struct vmber_arena and struct vmber_error; the runtime header declares
 * the two functions that run tables.
 */
struct asn_emit_library_options {
    const char *prefix;
    const char *name;      /* of the library */
    const char *runtime;   /* how C files include the header of those functions */
    uint32_t shared_count; /* so many modules, those parsed first, are there to be imported */
};

/* Takes one file; what it stands in the name is a path with '/'. */
typedef bool asn_emit_file_fn(void *ctx, const char *name, const struct buf *text, struct err *err);

/*
 * asn_emit_library tells put every file. A module imports from shared ones only, those have no
 * types with parts, and each of the others has a file to itself: anything else is an error, with
 * its place. Fields that C++ reserves the name of get a '_' at its end; a SEQUENCE OF without a
 * name is struct vmber_e1000_phy_reg_list, of the component it stands in.
 */
bool asn_emit_library(struct asn_model *model, const struct asn_emit_library_options *options,
                      asn_emit_file_fn *put, void *ctx, struct err *err);

#endif
