/*
 * mod_annotation.h - what a comment of a device module says to programs: names as QEMU has them,
 * which ASN.1 identifiers cannot be.
 *
 *     full-mac-state  [1] E1000-FullMacState OPTIONAL,  -- <subsection> What people read.
 *
 *   annotation = "<" { string | number | word | "by" string } ">"    at the start of a comment, on
 *                                                                    one line
 *   string     = '"' { character | '\"' | '\\' | '\x' hex hex } '"'
 *
 * Each part may be there once. What comes behind the annotation is for people. A comment that does
 * not begin with "<" has none; one that has a line which does, but not the first, is refused, so
 * that nothing that was meant for programs is passed over.
 */
#ifndef VMBER_DEVICE_MOD_ANNOTATION_H
#define VMBER_DEVICE_MOD_ANNOTATION_H

#include "codec/base/buf.h"
#include "codec/schema/asn_model.h"

/* The words. */
enum mod_word {
    MOD_WORD_ARRAY = 1 << 0,     /* of a type: an array of one-octet integers is one of it */
    MOD_WORD_OLD_STYLE = 1 << 1, /* of a root: the string is an idstr */
    MOD_WORD_SUBSECTION = 1 << 2,
    MOD_WORD_TMP = 1 << 3, /* from here on, of a field: QEMU's type name of it */
    MOD_WORD_VSTRUCT = 1 << 4,
    MOD_WORD_QTAILQ = 1 << 5,
    MOD_WORD_QLIST = 1 << 6,
    MOD_WORD_GTREE = 1 << 7,
    MOD_WORD_UNSEEN = 1 << 8,
};

struct mod_annotation {
    bool given;
    bool has_string;
    bool has_number;
    bool has_by;
    struct span string; /* in the model's arena */
    struct span by;     /* the same: behind "by" */
    uint32_t number;
    unsigned words;        /* enum mod_word */
    struct asn_spot place; /* of the "<" */
};

/*
 * mod_annotation_read reads the annotation of doc (NULL: none), which begins at doc_place; place is
 * where that which it is about stands.
 */
bool mod_annotation_read(struct asn_model *model, const char *doc, struct asn_spot doc_place,
                         struct asn_spot place, struct mod_annotation *out, struct err *err);

/* mod_word_name returns how a word is written, "" for 0. */
const char *mod_word_name(unsigned word);

/*
 * mod_quote appends text as a string of an annotation, with the quotes: whatever its octets are, it
 * can stand in a comment.
 */
bool mod_quote(struct buf *out, struct span text, struct err *err);

#endif
