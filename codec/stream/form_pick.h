/*
 * form_pick.h - some sections of a BER file, found by its index: reads the header, the index, the
 * type descriptions and those sections, and nothing else.
 */
#ifndef VMBER_STREAM_FORM_PICK_H
#define VMBER_STREAM_FORM_PICK_H

#include "codec/stream/form_events.h"

/* A file that can be read at any place. */
struct form_random {
    /* Reads up to cap octets at offset into p; *got == 0 is the end. */
    bool (*read_at)(void *ctx, uint64_t offset, void *p, size_t cap, size_t *got, struct err *err);
    void *ctx;
    uint64_t size;
};

/* Tells whether a section of that name is wanted. */
typedef bool (*form_wanted_fn)(void *ctx, struct span name);

enum form_picked {
    FORM_PICKED,   /* sink has been told head and the sections, in order; there is no end */
    FORM_PICK_NOT, /* nothing has been told: no BER, no index that can be used, or a section wanted
                    * that comes in parts, which the index does not have */
    FORM_PICK_FAILED,
};

/*
 * form_pick tells sink the wanted sections of file, as form_events does. Damage elsewhere in it
 * goes unseen.
 */
enum form_picked form_pick(const struct form_random *file, const struct lay_modules *modules,
                           form_wanted_fn wanted, void *wanted_ctx, const struct form_sink *sink,
                           struct err *err);

#endif
