/*
 * stream_frames.h - a BER stream taken apart into its frames, and put together again.
 *
 *     stream_split(ber, &frames, &err);
 *     ... frames.items[i].contents, stream_frames_insert, stream_frames_remove ...
 *     stream_seal(&frames, &err);            checks and digest are true again
 *     stream_join(&frames, 0, &ber, &err);
 *     stream_frames_done(&frames);
 *
 * This is not the writer under test: it knows lengths and checks, and nothing of what is inside. So
 * tests make streams with it that our writer does not write.
 */
#ifndef VMBER_TESTS_STREAM_FRAMES_H
#define VMBER_TESTS_STREAM_FRAMES_H

#include "codec/base/arena.h"
#include "codec/base/buf.h"
#include "codec/base/err.h"
#include "codec/stream/form_reader.h"

struct stream_frame {
    enum form_part part;  /* HEADER, RECORD, TRAILER or INDEX */
    struct span contents; /* contents octets up to the check: what the check covers */
};

struct stream_frames {
    struct stream_frame *items;
    size_t count;
    size_t cap;
    struct arena octets; /* contents, until stream_frames_done */
};

/* What stream_join chooses where BER leaves a choice. */
enum {
    JOIN_DEFINITE = 1,   /* the outer levels are of definite length */
    JOIN_INDEFINITE = 2, /* the frames are of indefinite length */
    JOIN_PADDED = 4,     /* lengths take more octets than they need */
    JOIN_SEGMENTED = 8,  /* the checks come in segments */
};

/* stream_split: *frames is to be ended in any case, and has what came before a failure. */
bool stream_split(struct span ber, struct stream_frames *frames, struct err *err);
void stream_frames_done(struct stream_frames *frames);

/* stream_frames_insert puts a frame with a copy of contents before frame at. */
bool stream_frames_insert(struct stream_frames *frames, size_t at, enum form_part part,
                          struct span contents, struct err *err);

void stream_frames_remove(struct stream_frames *frames, size_t at);

/* stream_frames_set replaces the contents of frame at by a copy of contents. */
bool stream_frames_set(struct stream_frames *frames, size_t at, struct span contents,
                       struct err *err);

/* stream_frames_find returns the first record whose body has this identifier octet, or count. */
size_t stream_frames_find(const struct stream_frames *frames, uint8_t body);

/* stream_join begins *ber and fills it. */
bool stream_join(const struct stream_frames *frames, unsigned form, struct buf *ber,
                 struct err *err);

/*
 * stream_seal makes the trailer say what the records stand for, as far as they can be lowered. A
 * trailer is added if there is none.
 */
bool stream_seal(struct stream_frames *frames, struct err *err);

/*
 * stream_frames_try gives fn the input of a fuzzer: its first octet chooses the chunk, and whether
 * the rest is a stream as it is or one whose checks are made right first.
 */
void stream_frames_try(const uint8_t *data, size_t size, const size_t chunks[8],
                       void (*fn)(struct span ber, size_t chunk));

#endif
