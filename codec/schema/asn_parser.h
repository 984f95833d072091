/*
 * asn_parser.h - text to tree, for a subset of X.680. What is outside it is refused by name and
 * place, never guessed at.
 *
 * Taken: modules, several in a file, with an object identifier or without; all tag defaults;
 * EXTENSIBILITY IMPLIED; EXPORTS, IMPORTS, Module.Name; BOOLEAN, INTEGER, ENUMERATED, NULL, OCTET
 * STRING, BIT STRING, UTF8String, IA5String, PrintableString, VisibleString, OBJECT IDENTIFIER,
 * SEQUENCE, SEQUENCE OF, SET OF, CHOICE; tags but of class UNIVERSAL; OPTIONAL, DEFAULT; extension
 * markers, [[ ]]; ranges and sizes of 64 bits, with MIN, MAX, references and a marker; of a
 * SEQUENCE unions of WITH COMPONENTS {..., a PRESENT, b ABSENT}; values of the types without parts;
 * both forms of comments.
 *
 * Refused: SET, ANY, REAL, EXTERNAL, EMBEDDED PDV, RELATIVE-OID, time and other string types,
 * classes, objects, parameters, MACRO, COMPONENTS OF, selection types, value sets, exceptions,
 * components behind a second marker, named elements, other constraints, references as numbers of
 * tags and items, values of types with parts, REAL numbers.
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
