/*
 * form_reader.h - a BER stream to events, one record at a time.
 *
 * Any valid BER is read (definite or indefinite frames, padded lengths, segmented strings); with
 * FORM_PROFILE only what our writer writes. Every record's check is compared before the record is
 * told. Offsets in errors are octets from the start of the BER stream.
 */
#ifndef VMBER_STREAM_FORM_READER_H
#define VMBER_STREAM_FORM_READER_H

#include "codec/base/arena.h"
#include "codec/base/hash.h"
#include "codec/base/io.h"
#include "codec/stream/form_features.h"

enum form_flag {
    FORM_PROFILE = 1,   /* refuse BER outside of our profile */
    FORM_UNCHECKED = 2, /* do not compare checks: another encoder has written the frames */
    FORM_LIVE = 4,      /* do not wait for the end of the input behind that of the stream */
};

/* An open frame of the outer levels: MigrationStream or its record list. */
struct form_frame {
    bool indefinite;
    uint64_t end; /* offset of its end in the stream, if definite */
};

/* What the frames of a stream are, in their order. */
enum form_part {
    FORM_PART_START, /* none has been read */
    FORM_PART_HEADER,
    FORM_PART_RECORD,
    FORM_PART_TRAILER,
    FORM_PART_INDEX,
    FORM_PART_END, /* there is no further one */
};

/* A record, or one piece of a record of several; valid until the next call on the reader. */
struct form_record {
    const struct wire_body *body;
    bool skippable;
    bool is_last; /* no other piece of this record follows */
    uint64_t ber_offset;
    uint64_t ber_length;
    uint8_t check[HASH_CHECK_LEN];
    struct span octets; /* the whole record as it stands in the stream */
};

struct form_reader {
    struct win *win;
    unsigned flags;
    struct arena arena; /* decoded structs of the current record */
    struct buf large;   /* a record that does not fit the window */
    struct hash *check;
    struct form_frame outer;
    struct form_frame list;
    bool list_open;                 /* the head of the record list has been read */
    enum form_part part;            /* what form_reader_raw told last */
    uint64_t records;               /* frames read so far */
    const struct wire_record *live; /* a record of pieces that are told one by one, or NULL */
    size_t live_at;                 /* pieces told */
    struct wire_body piece;
    struct form_record current;
    form_feature_set have;  /* what this reader has; all, unless someone takes one away */
    form_feature_set named; /* what the header names */
};

enum form_step { FORM_RECORD = 1, FORM_TRAILER };

/* form_looks_like_ber tells whether a stream with these first octets is ours to read. */
bool form_looks_like_ber(struct span first);

bool form_reader_init(struct form_reader *reader, struct win *win, unsigned flags, struct err *err);
void form_reader_done(struct form_reader *reader);

/*
 * form_reader_head reads up to the first record. An incompatible feature that is not in
 * reader->have is ERR_UNSUPPORTED, by name.
 */
bool form_reader_head(struct form_reader *reader, struct wire_header *header, struct err *err);

/*
 * form_reader_next reads a record (FORM_RECORD), or trailer, index and end of the stream
 * (FORM_TRAILER, told once, in *trailer; the index is checked and passed over). A record of an
 * unknown kind that may not be skipped is ERR_UNSUPPORTED.
 */
bool form_reader_next(struct form_reader *reader, enum form_step *step, struct form_record *record,
                      struct wire_trailer *trailer, struct err *err);

/* A frame as it stands in the stream, valid until the next call on the reader. */
struct form_raw {
    enum form_part part;
    struct span octets; /* empty for FORM_PART_END */
    uint64_t ber_offset;
};

/*
 * form_reader_raw reads the next frame and looks at nothing inside: for verify, which goes on
 * behind a damaged record. It is used instead of form_reader_head and form_reader_next, not between
 * them. What stands behind FORM_PART_END is left in the window.
 */
bool form_reader_raw(struct form_reader *reader, struct form_raw *raw, struct err *err);

#endif
