/*
 * view_judge.h - what the parts of verify for BER streams share: how far it is, the frame it looks
 * at, and how it says what it finds.
 */
#ifndef VMBER_VIEW_JUDGE_H
#define VMBER_VIEW_JUDGE_H

#include "codec/stream/form_digest.h"
#include "codec/stream/form_features.h"
#include "codec/stream/form_index.h"
#include "codec/stream/form_lower.h"
#include "codec/stream/form_reader.h"
#include "codec/view/view_frame.h"
#include "codec/view/view_order.h"
#include "codec/view/view_verify_ber.h"
#include "codec/view/view_verify_second.h"

struct view_judge {
    struct view_findings *findings;
    struct view_verified *what;
    struct view_second *second;
    struct form_reader reader;
    struct arena arena;
    struct hash *hash;
    struct form_lower lower;
    struct form_digest digest;
    struct out lowered;
    struct view_order order;
    struct form_index *index; /* what an index would have */
    struct err *fatal;
    bool has_header;
    bool whole;             /* no fragment */
    form_feature_set named; /* what the header names */
    bool has_index;
    bool by_check;    /* lowered octets are not digested one by one, see form_digest.h */
    bool lost;        /* a record could not be lowered: octets are not counted any more */
    bool lost_types;  /* a type description could not be read */
    bool any_damaged; /* the digest must differ then */
    /* The frame that is looked at. */
    bool damaged;         /* and that has been told */
    uint64_t live_length; /* legacy octets of its pieces so far */
    struct form_raw raw;
    struct view_frame frame;
};

/* view_judge_find shows a finding about the current frame. */
void view_judge_find(struct view_judge *v, enum view_rule_id rule, const struct err *why);

/*
 * view_judge_ordered is view_judge_find for what may follow from damage that has been told; ctx is
 * a struct view_judge.
 */
void view_judge_ordered(void *ctx, enum view_rule_id rule, const struct err *why);

/* view_judge_lose notes that the record is lost for what comes behind it; types: a type with it. */
void view_judge_lose(struct view_judge *v, bool types);

/* view_judge_fatal tells whether err is the system's or ours, and ends everything: v->fatal is set.
 */
bool view_judge_fatal(struct view_judge *v, const struct err *why);

/* view_judge_outer judges a frame around others; path names it. */
void view_judge_outer(struct view_judge *v, const struct form_frame *frame, const char *path);

/* view_judge_frame judges the frame alone and decodes it; false if there is no value to be had. */
bool view_judge_frame(struct view_judge *v, const struct asn_type *type, void *value);

/* view_judge_record judges a record; false only if everything ends here. */
bool view_judge_record(struct view_judge *v);

void view_judge_index(struct view_judge *v);

/*
 * view_judge_second asks for a second opinion about the current frame, which is record, unless
 * something has been found about it: findings is how much had been found before.
 */
void view_judge_second(struct view_judge *v, const void *record, uint64_t findings);

/* view_judge_found is how much has been found. */
static inline uint64_t view_judge_found(const struct view_judge *v)
{
    return v->findings->errors + v->findings->warnings;
}

#endif
