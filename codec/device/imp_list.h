/*
 * imp_list.h - what QEMU lists with -dump-vmstate: for each device type the names of its fields and
 * subsections, in order, and which are conditional.
 *
 * It tells what a stream leaves out, and cannot tell what a stream shows: no types, no numbers of
 * elements, no octets. The sizes in it are those of C.
 */
#ifndef VMBER_DEVICE_IMP_LIST_H
#define VMBER_DEVICE_IMP_LIST_H

#include "codec/base/arena.h"
#include "codec/base/hash.h"
#include "codec/base/span.h"
#include "codec/device/imp_limits.h"
#include "codec/device/imp_map.h"

struct err;
struct imp_listed;

/* Listed structs in canonical order, none twice. */
struct imp_lists {
    const struct imp_listed **items;
    size_t count;
};

struct imp_entry {
    struct span name; /* as a stream has it: with [0], [1] where the list has several of one name */
    bool exists;      /* conditional: a function of the device says whether it is sent */
    uint32_t size;
    const struct imp_listed *listed; /* the struct of an element, or NULL */
};

struct imp_listed {
    struct span vmsd;
    uint32_t version;
    struct imp_entry *entries;
    size_t entry_count;
    struct imp_lists subs; /* in the order of the list */
    uint8_t digest[HASH_DIGEST_LEN];
    struct span text; /* what the digest is of */
};

/* A device type: what -device calls it. */
struct imp_device {
    struct span name;
    const struct imp_listed *listed;
    struct imp_device *next;
};

/* All lists that were read. */
struct imp_catalog {
    struct arena *arena;
    struct imp_map map;
    struct imp_device *devices; /* several may have one name; equal ones are there once a list */
    size_t device_count;
};

void imp_catalog_init(struct imp_catalog *catalog, struct arena *arena);

/* imp_catalog_read adds all device types of one list. */
bool imp_catalog_read(struct imp_catalog *catalog, struct span text, struct err *err);

/* imp_lists_sort puts listed structs in canonical order, once each. */
void imp_lists_sort(struct imp_lists *lists);

#endif
