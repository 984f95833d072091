/*
 * view_octets.h - octets that are shown in part: the first of them, how many, and what tells them
 * from others. They may come in pieces.
 */
#ifndef VMBER_VIEW_OCTETS_H
#define VMBER_VIEW_OCTETS_H

#include "codec/base/buf.h"
#include "codec/base/hash.h"

struct err;

#define VIEW_OCTETS_ALL SIZE_MAX

struct view_octets {
    struct span first; /* those that are shown */
    uint64_t total;
    bool same; /* all are that octet, and there are more than are shown */
    uint8_t octet;
    uint8_t check[HASH_CHECK_LEN]; /* XXH3-64 of all, if there are more than are shown */
};

/* view_octets_of describes octets that are there as a whole, of which max are shown. */
struct view_octets view_octets_of(struct span octets, size_t max, struct hash *hash);

/* Octets that come in pieces. */
struct view_gather {
    struct buf first;
    uint64_t total;
    size_t max;
    bool same;
    uint8_t octet;
    struct hash *hash;
};

bool view_gather_init(struct view_gather *gather, size_t max, struct err *err);
void view_gather_done(struct view_gather *gather);
void view_gather_reset(struct view_gather *gather);
bool view_gather_put(struct view_gather *gather, struct span octets, struct err *err);

/* view_gather_get describes what has been put since the last reset; valid until the next put. */
struct view_octets view_gather_get(const struct view_gather *gather);

#endif
