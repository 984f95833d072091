/*
 * asn_resolve.h - from names to what they stand for: references, numbers, ranges, tags.
 *
 * Two laws here are ours and not X.680's: type names are one namespace over all modules, and so
 * are value names; and a symbol is imported from the module that defines it.
 */
#ifndef VMBER_SCHEMA_ASN_RESOLVE_H
#define VMBER_SCHEMA_ASN_RESOLVE_H

#include "codec/schema/asn_model.h"

/*
 * asn_resolve fills in everything that asn_model.h marks "by the resolver", for all modules that
 * asn_parse has added. On failure model->diag says where, and the model can only be thrown away.
 */
bool asn_resolve(struct asn_model *model, struct err *err);

/*
 * asn_tag_format writes a tag as people write it, e.g. "[0]" or "[APPLICATION 3]", into out (cap
 * octets, always terminated) and returns out.
 */
char *asn_tag_format(struct asn_tag_value tag, char *out, size_t cap);

#endif
