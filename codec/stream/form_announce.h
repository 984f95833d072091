/*
 * form_announce.h - the features in the header of a stream that is written: chosen before, used or
 * withdrawn in the end.
 *
 *     form_announce_init(&a, &choice, lifts);
 *     form_announce_begin(&a, &header, &writer, &err);
 *     ... form_announce_type(&a, &type);          for each type that is told
 *     form_writer_end(&writer, &err) && form_announce_end(&a, &writer, &err);
 *     form_announce_done(&a);
 */
#ifndef VMBER_STREAM_FORM_ANNOUNCE_H
#define VMBER_STREAM_FORM_ANNOUNCE_H

#include "codec/base/arena.h"
#include "codec/stream/form_features.h"
#include "codec/stream/form_writer.h"

/*
 * What a stream may use: what its machine type does, and with, but not without. All zeros: what its
 * machine type does.
 */
struct form_choice {
    const char *machine; /* stands for its own machine type; NULL: its own */
    form_feature_set with;
    form_feature_set without;
    bool index;               /* the output is a file that will be read at any place */
    bool scrubbed;            /* the legacy stream is; that a stream says so is kept in any case */
    uint32_t grease;          /* not 0: names nobody knows are made of it and put into the header */
    form_feature_set *chosen; /* set before any section is read; or NULL */
    /*
     * Writes over octets of the BER stream at that offset, so that the header can withdraw, in the
     * end, what nothing used; NULL: what is written cannot be changed.
     */
    bool (*rewrite)(void *ctx, uint64_t offset, struct span octets, struct err *err);
    void *rewrite_ctx;
};

struct form_announce {
    const struct form_choice *choice;
    bool lifts;            /* the writer can make structs of blobs */
    form_feature_set may;  /* what the header names */
    form_feature_set used; /* what has been used */
    struct arena arena;
    struct buf head; /* the HeaderRecord, where it can be written again */
};

void form_announce_init(struct form_announce *a, const struct form_choice *choice, bool lifts);
void form_announce_done(struct form_announce *a);

/*
 * form_announce_begin puts the features into header and begins the stream with it. Of those that
 * header has, a compatible one that nobody here knows is kept, all others are made new.
 */
bool form_announce_begin(struct form_announce *a, struct wire_header *header,
                         struct form_writer *writer, struct err *err);

/* form_announce_type notes what a type uses that is told. */
void form_announce_type(struct form_announce *a, const struct wire_type_description *type);

/*
 * form_announce_end withdraws, behind the end of the stream, what the header named and nothing
 * used, if what is written can be changed.
 */
bool form_announce_end(struct form_announce *a, struct form_writer *writer, struct err *err);

#endif
