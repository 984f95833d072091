/*
 * lay_tail.h - the tail of a legacy stream to records.
 *
 *   FULL header | payload | 7e id | FULL header | payload | 7e id | ... | 00 | 06 len
 * {"page_size"...
 *   +---------- Section or Framed ----------+                       EOF   vm-description opaque
 *
 * The tail is given whole, because what says where its payloads end comes last. The octets that the
 * events stand for, put together in order, are the tail, whatever it holds: each event says how
 * many. What cannot be described is framed, what cannot be framed is opaque, each with the reason.
 *
 *     struct lay_options options = {.mode = LAY_FINAL, .legacy_offset = offset_of_tail};
 *     struct lay_report report;
 *
 *     switch (lay_tail(tail, &options, &types, sink, ctx, &report, &err)) {
 *     case LAY_COMPLETE: break;           the sink has had every event
 *     case LAY_CUT: ...                   err says what is missing; no event was sent unless
 *                                         options.salvage, then all were
 *     case LAY_FAILED: ...                the sink failed, memory, or strict: events may have gone
 *     }
 *
 * A live channel whose end does not come: lay_tail_complete(tail) after each read.
 */
#ifndef VMBER_SAVEVM_LAY_TAIL_H
#define VMBER_SAVEVM_LAY_TAIL_H

#include "codec/base/err.h"
#include "codec/base/span.h"
#include "codec/savevm/lay_modules.h"
#include "codec/savevm/lay_types.h"

enum lay_mode {
    LAY_FINAL,     /* from the first FULL header to the end of the input */
    LAY_NESTED,    /* what a PACKAGED command holds: no EOF, no vmdesc */
    LAY_AFTER_EOF, /* from right behind an EOF octet that the caller has dealt with */
};

enum lay_footers {
    LAY_FOOTERS_UNKNOWN, /* found out from the tail; a cut in its first section can then go unseen
                          */
    LAY_FOOTERS_YES,     /* the live part had them */
    LAY_FOOTERS_NO,
};

struct lay_options {
    enum lay_mode mode;
    enum lay_footers footers;
    bool salvage;           /* send events for a cut tail, too */
    bool strict;            /* any descent is ERR_UNSUPPORTED */
    bool goes_on;           /* sections of the stream were told before: a description that lists
                               only those of this tail stays text */
    uint64_t legacy_offset; /* of the tail in the legacy stream */
    enum lay_schema schema;
    const struct lay_modules *modules; /* NULL: none */
    uint8_t *octets;                   /* the tail, to be scrubbed; NULL: it stays as it is */
};

/* Why a region is not higher up; the last two, why a section has no module. */
enum lay_reason {
    LAY_WHY_NO_VMDESC,  /* framed: there is no description */
    LAY_WHY_NOT_LISTED, /* framed: the description does not list the section */
    LAY_WHY_SIZE,       /* framed: it ends elsewhere than the description says */
    LAY_WHY_VALUE,      /* framed: its octets do not fit the description */
    LAY_WHY_GUARD,      /* framed: lowering gave other octets */
    LAY_WHY_TEXT,       /* vmdesc kept as text: it does not follow from the sections */
    LAY_WHY_NO_JSON,    /* vmdesc kept as text: it could not be read */
    LAY_WHY_BEHIND,     /* opaque: octets behind the stream */
    LAY_WHY_UNKNOWN,    /* opaque: no section, no command, no end */
    LAY_WHY_CUT,        /* opaque or framed: the input ends inside */
    LAY_WHY_NO_MODULE,  /* no device module has its name */
    LAY_WHY_MODULE,     /* it differs from those that have */
    LAY_WHY_COUNT
};

struct lay_event {
    const struct wire_body *body; /* until the sink returns */
    uint64_t legacy_offset;
    uint64_t legacy_length; /* 0 for a type description */
    const struct err *why;  /* NULL, or why it is not described: path, offset, text; of a Section,
                               why it does not conform to a module */
};

/* A sink; false with err set stops everything. */
typedef bool (*lay_sink_fn)(void *ctx, const struct lay_event *event, struct err *err);

struct lay_report {
    size_t described; /* sections */
    size_t framed;    /* sections */
    size_t commands;
    size_t opaque; /* pieces */
    uint64_t described_octets;
    uint64_t framed_octets;
    uint64_t opaque_octets;
    bool footers; /* sections end in footers */
    bool has_vmdesc;
    bool rebuilt;              /* the vmdesc went as a form */
    size_t conforming;         /* sections that went by a module */
    size_t differing;          /* sections that no module of their name describes */
    size_t no_module;          /* sections of whose name there is no module */
    size_t why[LAY_WHY_COUNT]; /* pieces that stay lower, by reason */
};

enum lay_result { LAY_COMPLETE, LAY_CUT, LAY_FAILED };

/*
 * lay_tail splits the tail, adds the types it describes to types and tells sink the events in
 * stream order; a type when its number is first used. All tails of a stream share types. report is
 * filled in any case.
 */
enum lay_result lay_tail(struct span tail, const struct lay_options *options,
                         struct lay_types *types, lay_sink_fn sink, void *ctx,
                         struct lay_report *report, struct err *err);

/*
 * lay_tail_complete is whether the tail (LAY_FINAL) ends exactly where a vmdesc ends, so that no
 * more is to come. It is cheap and remembers nothing.
 */
bool lay_tail_complete(struct span tail);

/* lay_reason_text returns the words for a reason, e.g. "not listed in the description". */
const char *lay_reason_text(enum lay_reason reason);

#endif
