/*
 * ber_reader.h - reads tags, lengths and values of BER (X.690 8), every form that BER allows.
 *
 * Nothing here allocates (but for segmented strings, in the caller's arena) or recurses. A reader
 * tells input that ended too early (ERR_TRUNCATED) from input that is wrong (ERR_MALFORMED) and
 * from input that is right but beyond a bound (ERR_LIMIT). Offsets in errors count from the start
 * of the span given; ber_head and the value readers set none, their callers know where they are.
 */
#ifndef VMBER_BER_READER_H
#define VMBER_BER_READER_H

#include "codec/base/span.h"
#include "codec/ber/ber_tag.h"

struct arena;
struct err;

struct ber_head {
    struct ber_tag tag;
    bool indefinite;
    uint8_t tag_len;  /* identifier octets */
    uint8_t head_len; /* identifier and length octets */
    uint64_t len;     /* contents octets; 0 and meaningless if indefinite */
};

enum {
    /* Refuse what our writer never writes: lengths that are not minimal, indefinite lengths,
     * strings in segments. */
    BER_PROFILE = 1,
};

/*
 * ber_head reads the identifier and length octets at the start of in. It does not look whether the
 * contents are there. End-of-contents octets come back as a head of UNIVERSAL 0; any other
 * use of that tag is malformed.
 */
bool ber_head(struct span in, struct ber_head *out, struct err *err);

static inline bool ber_head_is_eoc(const struct ber_head *head)
{
    return head->tag.cls == BER_UNIVERSAL && head->tag.number == BER_EOC;
}

/* ber_head_is_minimal tells whether our writer would write the length like that. */
bool ber_head_is_minimal(const struct ber_head *head);

/*
 * ber_element finds the extent of the element at the start of in: *whole from its first octet to
 * its last, end-of-contents octets included. Contents of definite length are not looked into.
 * head may be NULL.
 */
bool ber_element(struct span in, struct span *whole, struct ber_head *head, struct err *err);

/* ber_contents returns the contents octets of an element whose extent is known. */
struct span ber_contents(struct span whole, const struct ber_head *head);

/* ber_check is ber_element that also looks into everything inside; flags: BER_PROFILE. */
bool ber_check(struct span in, unsigned flags, struct span *whole, struct err *err);

/*
 * A walk visits every element of a series, outermost first.
 *
 *     struct ber_walk walk;
 *     struct ber_item item;
 *
 *     ber_walk_init(&walk, in, 0);
 *     while (ber_walk_next(&walk, &item, err) && item.step != BER_STEP_END) { ... }
 */
enum ber_step {
    BER_STEP_END,       /* the span is used up */
    BER_STEP_PRIMITIVE, /* an element with contents octets */
    BER_STEP_ENTER,     /* a constructed element begins */
    BER_STEP_LEAVE,     /* the innermost constructed element has ended */
};

struct ber_item {
    enum ber_step step;
    unsigned depth;       /* 0: an element of the series itself; LEAVE has that of its ENTER */
    size_t offset;        /* of the head; for LEAVE, where the contents ended */
    struct ber_head head; /* for PRIMITIVE and ENTER */
    struct span contents; /* for PRIMITIVE */
};

struct ber_walk {
    struct span in;
    size_t at; /* offset of the next octet to look at */
    unsigned flags;
    unsigned depth;              /* open elements */
    uint64_t indefinite;         /* bit d: open element d is of indefinite length */
    size_t limit[BER_DEPTH_MAX]; /* where element d must have ended at the latest */
};

void ber_walk_init(struct ber_walk *walk, struct span in, unsigned flags);

/* ber_walk_next goes one step; after a failure the walk is over. */
bool ber_walk_next(struct ber_walk *walk, struct ber_item *item, struct err *err);

/*
 * ber_string returns the contents of a string element: borrowed from whole if it is primitive,
 * put together in arena if it came in segments (X.690 8.7.3; nested and indefinite ones too).
 */
bool ber_string(struct span whole, const struct ber_head *head, struct arena *arena,
                struct span *out, struct err *err);

/* The value readers take contents octets. */
bool ber_int(struct span contents, int64_t *out, struct err *err);
bool ber_uint(struct span contents, uint64_t *out, struct err *err);
bool ber_boolean(struct span contents, bool *out, struct err *err);
bool ber_null(struct span contents, struct err *err);

/* ber_oid tells whether contents are an OBJECT IDENTIFIER (8.19). */
bool ber_oid(struct span contents, struct err *err);

/*
 * ber_oid_text writes an OBJECT IDENTIFIER in dotted decimals into out, always terminated; false
 * if it is none or does not fit cap.
 */
bool ber_oid_text(struct span contents, char *out, size_t cap);

/* ber_utf8 validates UTF-8 (no surrogates, no overlong forms) and counts its characters. */
bool ber_utf8(struct span contents, size_t *characters, struct err *err);

#endif
