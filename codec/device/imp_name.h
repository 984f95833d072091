/*
 * imp_name.h - names of ASN.1 for names of QEMU.
 *
 * An identifier is the name in lower case with a hyphen for whatever is neither letter nor digit. A
 * type's name is its words with capitals. What cannot be told back from an identifier stands in the
 * annotation.
 */
#ifndef VMBER_DEVICE_IMP_NAME_H
#define VMBER_DEVICE_IMP_NAME_H

#include "codec/base/span.h"
#include "codec/device/imp_limits.h"

struct arena;
struct err;

/* With a number to tell it from others, and a NUL. */
enum { IMP_NAME_ROOM = IMP_NAME_MAX * 2 + 16 };

/* imp_name_ident writes the identifier for a field into out. */
void imp_name_ident(struct span name, char out[IMP_NAME_ROOM]);

/* imp_name_camel writes the name for a type into out: an upper-case letter, letters, digits. */
void imp_name_camel(struct span name, char out[IMP_NAME_ROOM]);

/* imp_name_file writes the words of a type's name, lowered and joined with hyphens. */
void imp_name_file(const char *type, char out[IMP_NAME_ROOM * 2]);

/* imp_name_follows is whether the name of the field is what readers take from the identifier. */
bool imp_name_follows(const char *ident, struct span name);

/* imp_name_below returns name without a leading "outer/" or "outer-", if anything is left. */
struct span imp_name_below(struct span name, struct span outer);

/* imp_name_reserved is whether a type may not be called that: a word of the notation. */
bool imp_name_reserved(const char *type);

/* A set of names, to keep them different: names differ that differ in more than '-' and '_'. */
struct imp_names {
    const char **slots;
    size_t slot_count; /* a power of two, or 0 */
    size_t count;
    struct arena *arena;
};

void imp_names_init(struct imp_names *names, struct arena *arena);

bool imp_names_has(const struct imp_names *names, const char *name);

/* imp_names_add adds a name that lives as long as the set; one that is there is no error. */
bool imp_names_add(struct imp_names *names, const char *name, struct err *err);

/* imp_names_pick returns wish, or wish-2, wish-3, ..., what is not there yet, and adds it. */
const char *imp_names_pick(struct imp_names *names, const char *wish, struct err *err);

#endif
