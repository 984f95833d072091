/*
 * asn_print.h - trees back to notation, in one normal form: parsing the printed text gives the same
 * tree, and printing that gives the same text. The profile is another dialect for another reader:
 * all modules as one, for libtasn1.
 */
#ifndef VMBER_SCHEMA_ASN_PRINT_H
#define VMBER_SCHEMA_ASN_PRINT_H

#include "codec/base/buf.h"
#include "codec/schema/asn_model.h"

/* asn_print_module appends one module to out; with docs also the comments that belong to it. */
bool asn_print_module(const struct asn_module *module, bool docs, struct buf *out, struct err *err);

/* asn_print_model appends all modules in the order they were parsed, an empty line between them. */
bool asn_print_model(const struct asn_model *model, bool docs, struct buf *out, struct err *err);

/*
 * asn_print_profile appends all types and object identifiers of a resolved model as one module of
 * that name, in the subset of notation that libtasn1's asn1Parser and asn1_parser2tree read:
 * IMPLICIT TAGS, no IMPORTS, no extension markers, every number written, no comments. The types
 * named in raw become ANY: libtasn1 expands types for ever that contain themselves, so without
 * raw those are an error, as is what libtasn1 has no notation for.
 */
bool asn_print_profile(struct asn_model *model, const char *name, const char *const *raw,
                       size_t raw_count, struct buf *out, struct err *err);

#endif
