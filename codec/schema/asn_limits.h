/*
 * asn_limits.h - how much notation is too much. Each limit is far above what people write and low
 * enough that a hostile file costs megabytes and milliseconds.
 */
#ifndef VMBER_SCHEMA_ASN_LIMITS_H
#define VMBER_SCHEMA_ASN_LIMITS_H

enum {
    /* Octets of one file: a thousand times the largest module here. */
    ASN_SOURCE_MAX = 4 * 1024 * 1024,
    /* Files given to one model: devices and libraries, one module each, and room. */
    ASN_SOURCES_MAX = 1024,
    /* Modules in one model: several may share a file. */
    ASN_MODULES_MAX = 2048,
    /* Assignments in one model: QEMU has some 1500 device types, each of a few structs. */
    ASN_ASSIGNMENTS_MAX = 65536,
    /* Octets of a reference or identifier: C names are made of two or three of them. */
    ASN_NAME_MAX = 128,
    /* Types written inside one another: the parser and the printer recurse this deep. */
    ASN_DEPTH_MAX = 32,
    /* Components of one type, items of one list in braces: ten times the largest vmstate. */
    ASN_MEMBERS_MAX = 4096,
    /* Symbols of one IMPORTS or EXPORTS. */
    ASN_SYMBOLS_MAX = 4096,
    /* Tags around one another, followed through references: three have been seen in standards. */
    ASN_TAGS_MAX = 8,
    /* Constraints behind one another on one type as written, and alternatives of one. */
    ASN_CONSTRAINTS_MAX = 8,
    /* Components that one WITH COMPONENTS names: four have been seen. */
    ASN_PRESENCES_MAX = 16,
    /* Untagged CHOICE types inside one another: their tags are collected level by level. */
    ASN_CHOICE_DEPTH_MAX = 32,
    /* Arcs of an object identifier: X.660 names none longer than twenty. */
    ASN_ARCS_MAX = 64,
    /* Octets of a string value: only DEFAULT values and messages need one. */
    ASN_STRING_MAX = 4096,
    /* Octets kept of one run of comments; what is longer is cut at a line. */
    ASN_DOC_MAX = 4096,
    /* Comment delimiters inside one another (X.680 12.6.4 lets them nest). */
    ASN_COMMENT_DEPTH_MAX = 255,
    /* Octets of a source line that a message shows. */
    ASN_EXCERPT_MAX = 160,
    /* Types inside one another in a table, through references: the engine keeps a frame for each.
     */
    ASN_TABLE_DEPTH_MAX = 64,
    /* Octets of one C struct: values lie inside one another, so sizes multiply. */
    ASN_STRUCT_MAX = 1024 * 1024,
    /* Octets of printed notation or emitted C. */
    ASN_OUTPUT_MAX = 64 * 1024 * 1024,
};

/* The greatest tag number: identifier octets of a 31-bit number are what ASN_TAG_MAX holds. */
#define ASN_TAG_NUMBER_MAX UINT64_C(2147483647)

#endif
