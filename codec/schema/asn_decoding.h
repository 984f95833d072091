/*
 * asn_decoding.h - what the files of the decoder share: its stack, its errors, its two speeds.
 * Internal to asn_decode*.c.
 */
#ifndef VMBER_SCHEMA_ASN_DECODING_H
#define VMBER_SCHEMA_ASN_DECODING_H

#include "codec/base/err.h"
#include "codec/schema/asn_engine.h"
#include "codec/schema/asn_rules.h"

enum asn_frame_kind { ASN_FRAME_SEQUENCE, ASN_FRAME_LIST, ASN_FRAME_CHOICE, ASN_FRAME_WRAP };

struct asn_frame {
    enum asn_frame_kind kind;
    bool indefinite; /* its contents end with end-of-contents octets, at `end` at the latest */
    bool bounded;    /* some definite length set `end`, not the end of the input */
    const struct asn_type *type;
    const struct asn_tag *inner; /* WRAP: the tag inside */
    uint8_t *value;
    const uint8_t *end;
    size_t index; /* component, alternative or item that is being decoded, or comes next */
    size_t count; /* LIST: items */
    bool done;    /* CHOICE, WRAP: the one part has been decoded */
};

struct asn_run {
    const uint8_t *p;    /* the next octet */
    const uint8_t *fast; /* before here, sixteen octets can be loaded anywhere */
    bool may_be_fast;    /* the input has the octets that asn_fast.h wants */
    struct span in;
    struct arena *arena;
    unsigned flags;
    struct err *err;
    size_t depth;
    struct asn_frame frames[ASN_FRAMES_MAX];
};

static inline struct asn_frame *asn_run_top(struct asn_run *run)
{
    return run->depth > 0 ? &run->frames[run->depth - 1] : NULL;
}

static inline const uint8_t *asn_run_end(struct asn_run *run)
{
    return run->depth > 0 ? asn_run_top(run)->end : run->in.p + run->in.len;
}

static inline struct span asn_run_left(struct asn_run *run)
{
    return span_of(run->p, (size_t)(asn_run_end(run) - run->p));
}

/* asn_run_push opens a frame without an element of its own; NULL after an error. */
struct asn_frame *asn_run_push(struct asn_run *run, enum asn_frame_kind kind,
                               const struct asn_type *type, uint8_t *value);

/* asn_run_head reads the head of the element at run->p and demands that its contents fit. */
bool asn_run_head(struct asn_run *run, struct ber_head *head);

/*
 * The ways to fail; all return false. asn_run_fail_at puts the place into an error that has been
 * set: the component at hand, or with whole_frame what holds it. asn_run_fail is at run->p.
 */
bool asn_run_fail_at(struct asn_run *run, const uint8_t *p, bool whole_frame);
bool asn_run_fail(struct asn_run *run);
bool asn_run_fail_text(struct asn_run *run, enum err_band band, const char *text);

/* asn_run_fail_from passes on an error of ber_*, whose offset counts from p. */
bool asn_run_fail_from(struct asn_run *run, const uint8_t *p, const struct err *inner);

/* asn_run_fail_expected: the element at run->p is of another type. */
bool asn_run_fail_expected(struct asn_run *run, const struct asn_type *type,
                           const struct asn_tag *tag);

/* asn_run_fail_component: it is none of the components of f that can come next. */
bool asn_run_fail_component(struct asn_run *run, const struct asn_frame *f);

/* asn_run_fast_root is the fast way into a SEQUENCE at the start. False: nothing has happened. */
bool asn_run_fast_root(struct asn_run *run, const struct asn_type *type, uint8_t *value);

/*
 * asn_run_fast goes the fast way from the innermost frame on, as far as it leads: to the end, or to
 * a part of the frame that is innermost then which needs the slow way.
 */
void asn_run_fast(struct asn_run *run);

#endif
