/*
 * asn_parser.h - text to tree. Takes the subset of X.680 that docs name; what is outside it is
 * refused by name and place, never guessed at.
 */
#ifndef VMBER_SCHEMA_ASN_PARSER_H
#define VMBER_SCHEMA_ASN_PARSER_H

#include "codec/schema/asn_model.h"

/*
 * asn_parse adds the modules of one file to the model. name is what messages call the file; name
 * and text are copied. On failure model->diag says where, and the model can only be thrown away.
 * Nothing here asks whether references lead anywhere: that is asn_resolve, after the last file.
 */
bool asn_parse(struct asn_model *model, const char *name, struct span text, struct err *err);

#endif
