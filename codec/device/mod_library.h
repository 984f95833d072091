/*
 * mod_library.h - all the device modules a program knows: the built-in set, and sets that a user
 * gives at run time, which are asked first.
 *
 *     mod_library_init(&lib);
 *     if (!mod_library_add_path(&lib, "my-devices/", &err)) ... lib.diag has line and caret
 *     options.modules = &hooks;  with  hooks = mod_library_hooks(&lib)
 *     mod_library_done(&lib);
 *
 * Who needs no more than the built-in set uses mod_library_builtin.
 *
 * Which modules may describe a section: those whose root has the vmsd name of its description or,
 * if it has none, of its idstr. An idstr is "0000:00:04.0/e1000": what is behind a '/' may be the
 * name, and so may be more than that.
 *
 *     mod_search_begin(&search, &lib, idstr, true);
 *     while (mod_search_next(&search, &found)) { ... found.set->modules[found.module] ... }
 */
#ifndef VMBER_DEVICE_MOD_LIBRARY_H
#define VMBER_DEVICE_MOD_LIBRARY_H

#include "codec/base/arena.h"
#include "codec/device/mod_limits.h"
#include "codec/device/mod_set.h"
#include "codec/savevm/lay_modules.h"
#include "codec/schema/asn_diag.h"

struct err;

/* Modules that a user gave together. */
struct mod_user_set {
    struct mod_set set;
    struct arena arena; /* the set's memory */
};

struct mod_library {
    struct mod_user_set *users[MOD_USER_SETS_MAX]; /* in the order they were given */
    uint32_t user_count;
    struct asn_diag diag; /* of the last mod_library_add that failed; line 0: not in a file */
};

/* The library that has the built-in set alone. */
extern const struct mod_library mod_library_builtin;

void mod_library_init(struct mod_library *lib);
void mod_library_done(struct mod_library *lib);

/*
 * mod_library_add_path adds the modules of a file, or of all files of a folder whose names end in
 * ".asn1". Vmber-Leaf and Vmber-Vmstate, from which they import, need not be among them. On failure
 * nothing is added.
 */
bool mod_library_add_path(struct mod_library *lib, const char *path, struct err *err);

/* mod_library_is_file is whether a folder's file of that name is read. */
bool mod_library_is_file(const char *name);

/* mod_library_add_text is the same with the text of one file; name is what messages call it. */
bool mod_library_add_text(struct mod_library *lib, const char *name, struct span text,
                          struct err *err);

/* The sets, in the order they are asked: mod_library_set(lib, i) for i below the count. */
static inline uint32_t mod_library_set_count(const struct mod_library *lib)
{
    return lib->user_count + 1;
}

static inline const struct mod_set *mod_library_set(const struct mod_library *lib, uint32_t i)
{
    return i < lib->user_count ? &lib->users[i]->set : &mod_builtin_set;
}

/* A module of a library. */
struct mod_found {
    const struct mod_set *set;
    uint32_t module;
};

/*
 * mod_library_find finds the module of that name and, unless digest is empty, that digest; false if
 * there is none.
 */
bool mod_library_find(const struct mod_library *lib, struct span name, struct span digest,
                      struct mod_found *found);

struct mod_search {
    const struct mod_library *lib;
    struct span name; /* or what is behind a '/' of it */
    bool suffixes;
    uint32_t set;
    uint32_t at; /* the next module of the set before */
    uint32_t end;
};

/*
 * mod_search_begin begins a search for the modules whose root has that vmsd name (or, old-style,
 * idstr); with suffixes also those that have what is behind a '/' of it, the longest first. Of one
 * name: sets as they are asked, then by version, then by module name.
 */
void mod_search_begin(struct mod_search *search, const struct mod_library *lib, struct span name,
                      bool suffixes);

/* mod_search_next says the next module; false: there is none. */
bool mod_search_next(struct mod_search *search, struct mod_found *found);

/*
 * mod_library_warm touches every page of the sets, so that the first sections of a tail, while the
 * guest stands still, do not wait for them to be mapped.
 */
void mod_library_warm(const struct mod_library *lib);

/* mod_library_hooks is what lay_options.modules wants; lib must outlive it. NULL: built-in. */
struct lay_modules mod_library_hooks(const struct mod_library *lib);

#endif
