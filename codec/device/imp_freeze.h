/*
 * imp_freeze.h - released modules: what may change in them, and that nothing else does.
 *
 * A module that was released may gain OPTIONAL fields with tags that no field of its type ever had,
 * and nothing else: without them it has the digest it was released with. Kept are two lists,
 *
 *     modules   module TAB digest in hexadecimal LF               sorted
 *     tags      see imp_tags.h
 */
#ifndef VMBER_DEVICE_IMP_FREEZE_H
#define VMBER_DEVICE_IMP_FREEZE_H

#include "codec/device/imp_tags.h"
#include "codec/device/mod_set.h"

struct imp_release {
    struct span module;
    struct span digest; /* hexadecimal */
};

struct imp_frozen {
    struct arena arena;
    struct imp_release *items; /* sorted by module */
    size_t count;
    struct imp_tags tags;
};

void imp_frozen_init(struct imp_frozen *frozen);
void imp_frozen_done(struct imp_frozen *frozen);

/* imp_frozen_read takes the list of modules; name is for messages. */
bool imp_frozen_read(struct imp_frozen *frozen, const char *name, struct span text,
                     struct err *err);

/* imp_frozen_write appends the list of modules. */
bool imp_frozen_write(const struct imp_frozen *frozen, struct buf *out, struct err *err);

/* Told of each breach: the module, where in it ("" if nowhere), what is wrong. */
typedef void (*imp_breach_fn)(void *ctx, struct span module, const char *place, const char *what);

/*
 * imp_freeze compares the modules of set with what is frozen and makes *after what is frozen when
 * they are released; without breaches, *breaches is 0. What *after holds lives as long as set and
 * before.
 */
bool imp_freeze(const struct mod_set *set, const struct imp_frozen *before,
                struct imp_frozen *after, imp_breach_fn fn, void *ctx, size_t *breaches,
                struct err *err);

#endif
