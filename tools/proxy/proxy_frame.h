/*
 * proxy_frame.h - what goes over a channel that has two directions (docs/format.md, channel).
 *
 *     source -> destination    HELLO  DATA ... DATA  END  GO
 *     destination -> source    HELLO  RETURN ...  READY  RETURN ...
 *                              FAILED at any time, from either side
 *
 * A frame is a head of eight octets and its contents. The head has a check, because a damaged
 * length would shift everything behind it. DATA needs no other: BER has its own. The contents of
 * all other kinds, where there are any, end in their digest.
 *
 *     0      1           4              8
 *     | kind | check (3) | length (4)   | contents, digest (16)
 */
#ifndef VMBER_PROXY_FRAME_H
#define VMBER_PROXY_FRAME_H

#include "codec/base/io.h"
#include "codec/stream/form_features.h"
#include "tools/proxy/proxy_limits.h"

enum { PROXY_HEAD_LEN = 8 };

/* Kinds have the high bit set: no legacy stream and no BER stream begins with one. */
enum proxy_kind {
    PROXY_HELLO = 0xa1,  /* who is there, and the features it has */
    PROXY_DATA = 0xa2,   /* octets of the BER stream */
    PROXY_END = 0xa3,    /* the BER stream is complete */
    PROXY_READY = 0xa4,  /* everything has been checked; only the EOF octet is held back */
    PROXY_GO = 0xa5,     /* the source has given the guest up: let the EOF octet go */
    PROXY_FAILED = 0xa6, /* a sentence: why this side has ended the migration */
    PROXY_RETURN = 0xa7, /* octets of QEMU's return path */
};

struct proxy_head {
    enum proxy_kind kind;
    uint32_t len;
};

/* proxy_head_write makes the octets of a head. */
void proxy_head_write(uint8_t out[PROXY_HEAD_LEN], enum proxy_kind kind, uint32_t len);

/* proxy_head_read checks them. */
bool proxy_head_read(const uint8_t in[PROXY_HEAD_LEN], struct proxy_head *head, struct err *err);

/* proxy_frame_put appends a frame of any kind but DATA: head, contents, digest. */
bool proxy_frame_put(struct buf *out, enum proxy_kind kind, struct span contents, struct err *err);

/* proxy_frame_take compares the digest of a frame's contents, and takes it off them. */
bool proxy_frame_take(struct span *contents, struct err *err);

/* A list of features, as HELLO carries it. */
struct proxy_features {
    uint32_t count;
    char *names[PROXY_FEATURES_MAX]; /* sorted */
    char octets[PROXY_FEATURE_OCTETS_MAX];
    size_t len;
};

/* proxy_printable puts text from another host into out (terminated; cut to fit), readable. */
void proxy_printable(char *out, size_t cap, struct span text);

void proxy_features_init(struct proxy_features *features);

/* proxy_features_add: a name has up to PROXY_FEATURE_MAX - 1 octets of a-z, 0-9, '.', '-', '_'. */
bool proxy_features_add(struct proxy_features *features, struct span name, struct err *err);

/* proxy_features_lacking returns the incompatible ones of this program that are not in the list. */
form_feature_set proxy_features_lacking(const struct proxy_features *features);
bool proxy_features_have(const struct proxy_features *features, const char *name);

/* proxy_hello_write appends the contents of a HELLO. */
bool proxy_hello_write(struct buf *out, const char *producer, form_feature_set features,
                       struct err *err);

/* proxy_hello_read reads them; producer (cap octets) is for people. */
bool proxy_hello_read(struct span in, char *producer, size_t cap, struct proxy_features *features,
                      struct err *err);

/* The BER octets of DATA frames as a source, up to END. */
struct proxy_frame_source {
    struct io_source in;
    uint32_t left; /* of the frame that has begun */
    bool ended;
};

struct io_source proxy_frame_source(struct proxy_frame_source *source, struct io_source in);

/* proxy_frame_await reads the next frame, which must be kind and empty. */
bool proxy_frame_await(struct proxy_frame_source *source, enum proxy_kind kind, struct err *err);

/* A sink that puts what is written into DATA frames. */
struct proxy_frame_sink {
    struct io_sink out;
};

struct io_sink proxy_frame_sink(struct proxy_frame_sink *sink, struct io_sink out);

#endif
