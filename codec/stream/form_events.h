/*
 * form_events.h - any stream, legacy or BER, to one kind of event: what every view reads.
 *
 * Which of the two it is, is told by the first octets. What was told before a fault stands; the
 * fault comes as the error at the end. So a stream that is cut short or damaged is told as far as
 * it can be read.
 */
#ifndef VMBER_STREAM_FORM_EVENTS_H
#define VMBER_STREAM_FORM_EVENTS_H

#include "codec/base/err.h"
#include "codec/base/io.h"
#include "codec/savevm/lay_modules.h"
#include "codec/savevm/lay_value.h"
#include "codec/savevm/leg_stream.h"
#include "wire.h"

enum form_format { FORM_LEGACY, FORM_BER };

/* The start of a stream. All of these structs live until the sink returns. */
struct form_head {
    enum form_format format;
    const struct wire_header *header; /* of a legacy stream: no producer, no features */
    const struct lay_types *types;    /* grows; until form_events returns */
    uint64_t legacy_length;           /* octets that the header stands for */
    uint64_t ber_offset;              /* of the HeaderRecord; ERR_NO_OFFSET when legacy */
    uint64_t ber_length;
};

/* A record, or a piece of one that has several, or what would become one. */
struct form_event {
    const struct wire_body *body; /* which may be ASN_UNKNOWN, skippable */
    bool skippable;
    bool is_last;    /* no other piece of the same record follows */
    uint64_t number; /* of the record, from 1 */
    uint64_t legacy_offset;
    uint64_t legacy_length;   /* 0 where why says that it could not be lowered */
    uint64_t ber_offset;      /* ERR_NO_OFFSET when legacy */
    uint64_t ber_length;      /* 0 when legacy */
    struct span octets;       /* the BER record */
    const struct span *pages; /* RAM of a legacy stream: contents of the pages */
    size_t page_count;
    const struct err *why;         /* NULL, or why it is on a lower level, or damaged; of a Section
                                      of a legacy stream, why it does not conform to a module */
    const struct lay_types *types; /* has all that the record names */
};

/* The end of a stream that was read to its end. */
struct form_end {
    const struct wire_trailer *trailer; /* NULL when legacy */
    uint64_t legacy_length;
    uint64_t ber_length; /* 0 when legacy */
};

/* A sink; false with err set stops everything. */
struct form_sink {
    void *ctx;
    bool (*head)(void *ctx, const struct form_head *head, struct err *err);
    bool (*event)(void *ctx, const struct form_event *event, struct err *err);
    bool (*end)(void *ctx, const struct form_end *end, struct err *err);
};

/*
 * form_events reads in to its end and tells sink. False if the sink failed, or if the stream is
 * damaged; of a legacy stream all octets are told nevertheless, those that cannot be read as
 * opaque. The digest of a BER stream is not compared: that is for verify and decode.
 *
 * modules are what sections of a legacy stream are laid out by (NULL: the built-in ones); if they
 * lift, a section of either kind is told with its blobs as fields. One that a BER stream has with
 * blobs as octets then has a value that stands nowhere in the stream.
 */
bool form_events(struct io_source in, const struct lay_modules *modules,
                 const struct form_sink *sink, struct err *err);

/* form_event_open returns the head of the section that begins in body, or NULL. */
const struct wire_section_open *form_event_open(const struct wire_body *body);

/*
 * form_event_where says where the payload (legacy) and the value (BER) of the described section in
 * event->body stand.
 */
struct lay_where form_event_where(const struct form_event *event);

/* form_event_ends tells whether the section that body belongs to ends in it. */
bool form_event_ends(const struct wire_body *body);

#endif
