/*
 * asn_build.h - a resolved model as tables at run time, for modules that users bring. The tables
 * are those that asn_emit writes as C: both come from one plan.
 */
#ifndef VMBER_SCHEMA_ASN_BUILD_H
#define VMBER_SCHEMA_ASN_BUILD_H

#include "codec/schema/asn_model.h"
#include "codec/schema/asn_table.h"

/* The types that have a name, each behind those it contains. */
struct asn_tables {
    const struct asn_type *const *types;
    uint32_t count;
};

/*
 * asn_build makes tables of all types of a resolved model; those named in raw are kept as octets.
 * The tables live in the model's arena. What a table cannot hold is an error; model->diag says
 * where.
 */
bool asn_build(struct asn_model *model, const char *const *raw, size_t raw_count,
               struct asn_tables *tables, struct err *err);

/* asn_tables_find returns the type of that name, or NULL. */
const struct asn_type *asn_tables_find(const struct asn_tables *tables, const char *name);

#endif
