/*
 * map_section.h - all blobs of a section by their maps: the hook of codec/savevm/lay_modules.h.
 *
 * A leaf of a section's type that the set has a map for is read by it; if the map fits, the leaf is
 * given the layout that comes of it, wherever in the type it stands. What does not fit stays as it
 * is, and the lifter remembers why. A map is found, in this order, by
 *
 *   for field "vmsd/field"    a field of a struct of that vmsd name, if its elements are not told
 *   for section "idstr"       the one field of an old-style section
 *   for "type name"           QEMU's name of the field's type
 *
 *     map_lifter_init(&lifter, NULL, &err);
 *     modules.lift = map_lift_section;      and modules.scrub = map_scrub_section
 *     modules.lift_ctx = &lifter;
 *     ...
 *     map_lifter_done(&lifter);
 */
#ifndef VMBER_COMPAT_MAP_SECTION_H
#define VMBER_COMPAT_MAP_SECTION_H

#include "codec/base/err.h"
#include "codec/savevm/lay_modules.h"
#include "codec/stream/form_features.h"
#include "compat/map_set.h"

/* What became of the blobs of one map. */
struct map_tally {
    uint64_t lifted;
    uint64_t lifted_octets;
    uint64_t missed;
    uint64_t missed_octets;
};

/* A blob that a map did not fit. */
struct map_missed {
    uint32_t map;
    uint64_t at; /* in the payload of its section */
    uint64_t octets;
    char field[ERR_PATH_MAX]; /* "0000:00:04.0/virtio-net > virtio" */
    struct err why;           /* path: row; legacy offset: in the blob; text: expected, found */
};

/* A field of whose octets some were made zero. */
struct map_cleaned {
    char field[ERR_PATH_MAX]; /* "slirp > data > sockets[0] > so_rcv > sb_data" */
    uint64_t octets;
    uint64_t nonzero; /* those that were not 0 */
};

struct map_lifter {
    const struct map_set *set;
    form_feature_set features; /* maps that others own are not asked; at first all */
    uint8_t *owners;           /* of the maps of the set: ids of features */
    bool strict;               /* a blob that its map does not fit is refused */
    uint32_t only; /* this map for every old-style section, and no other; MAP_NONE: as they say */
    struct span device;          /* with only: what the context is */
    struct span transport;       /* the same; empty: pci */
    struct map_tally *tallies;   /* of the maps of the set */
    struct map_missed *missed;   /* the first MAP_MISFITS_KEPT */
    uint32_t missed_count;       /* of all */
    struct map_cleaned *cleaned; /* the first MAP_MISFITS_KEPT */
    uint32_t cleaned_count;      /* of all */
    uint64_t cleaned_octets;     /* the same */
};

/*
 * map_lifter_init makes a lifter with that set; NULL: the built-in one. A map of a feature that is
 * not registered is ERR_INTERNAL.
 */
bool map_lifter_init(struct map_lifter *lifter, const struct map_set *set, struct err *err);
void map_lifter_done(struct map_lifter *lifter);

/*
 * map_lift_section gives in *lifted the type of a section with the layouts of its blobs, or type
 * itself. ctx is a struct map_lifter. It fails for memory and, if the lifter is strict, with
 * ERR_UNSUPPORTED; the legacy offset is then that in payload.
 */
bool map_lift_section(void *ctx, struct lay_types *types, struct span name, uint32_t version,
                      uint32_t type, struct span payload, uint32_t *lifted, struct err *err);

/*
 * map_scrub_section writes zeros over what means nothing in the blobs of a section, which the
 * lifter remembers: the hook of the same name. It fails for memory.
 */
bool map_scrub_section(void *ctx, struct lay_types *types, struct span name, uint32_t version,
                       uint32_t type, uint8_t *payload, size_t len, struct err *err);

#endif
