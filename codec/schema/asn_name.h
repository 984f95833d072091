/*
 * asn_name.h - names of the notation as names in C.
 */
#ifndef VMBER_SCHEMA_ASN_NAME_H
#define VMBER_SCHEMA_ASN_NAME_H

#include "codec/schema/asn_model.h"

/*
 * asn_name_snake returns a copy of name in lower case with underscores: TypeDescription and
 * type-description become type_description, UInt32 becomes uint32. NULL on failure.
 */
const char *asn_name_snake(struct asn_model *model, const char *name, struct err *err);

/* asn_name_field is asn_name_snake with an underscore behind what C reserves: struct becomes
 * struct_. */
const char *asn_name_field(struct asn_model *model, const char *name, struct err *err);

/* asn_name_join returns a_b, with b in snake case. */
const char *asn_name_join(struct asn_model *model, const char *a, const char *b, struct err *err);

/* asn_name_upper writes name in capitals into out (cap octets, always terminated) and returns it.
 */
char *asn_name_upper(const char *name, char *out, size_t cap);

#endif
