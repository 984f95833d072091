/*
 * form_writer.h - events to a BER stream in the one profile we write (docs/format.md).
 *
 *     form_writer_init(&w, &out, &err);
 *     form_writer_begin(&w, &header, &err);
 *     while (...) form_writer_put(&w, &record, &err);
 *     form_writer_end(&w, &err);
 *     form_writer_done(&w);
 */
#ifndef VMBER_STREAM_FORM_WRITER_H
#define VMBER_STREAM_FORM_WRITER_H

#include "codec/base/io.h"
#include "codec/stream/form_digest.h"
#include "wire.h"

struct form_index;

struct form_writer {
    struct out *out;
    struct buf record;     /* the record being written, without RAM pages */
    struct buf batch;      /* small pieces of live sections, encoded */
    size_t batched;        /* pieces there */
    uint64_t batch_legacy; /* legacy octets they stand for */
    struct buf pages;      /* the pages of one such piece */
    struct hash *check;
    struct form_digest digest;
    uint64_t records;
    struct iovec *iov; /* grows to the largest number of pages of a record */
    size_t iov_cap;
    struct form_index *index; /* NULL: none is written */
    struct span kept;         /* additions to the trailer */
};

/* What one record stands for. */
struct form_put {
    const struct wire_body *body;
    bool skippable;
    struct span legacy;       /* its legacy octets; ignored for RAM */
    uint64_t legacy_length;   /* of RAM; else legacy.len */
    const struct span *pages; /* RAM whose body.u.ram.data is {NULL, total}: its pages */
    size_t page_count;
};

bool form_writer_init(struct form_writer *writer, struct out *out, struct err *err);
void form_writer_done(struct form_writer *writer);

/* form_writer_with_index makes form_writer_end write an index; call it before form_writer_begin. */
bool form_writer_with_index(struct form_writer *writer, struct err *err);

bool form_writer_begin(struct form_writer *writer, const struct wire_header *header,
                       struct err *err);

/*
 * form_writer_header makes the HeaderRecord that form_writer_begin writes, in writer->record, valid
 * until the next call on the writer. It stands FORM_HEADER_AT octets behind the start.
 */
bool form_writer_header(struct form_writer *writer, const struct wire_header *header,
                        struct err *err);

enum { FORM_HEADER_AT = 2 };

/*
 * form_writer_put writes what put stands for. Small pieces of live sections are kept back, to share
 * a record, until something else comes, many have gathered, or form_writer_flush.
 */
bool form_writer_put(struct form_writer *writer, const struct form_put *put, struct err *err);

/* form_writer_flush writes what was kept back, for a reader that waits. */
bool form_writer_flush(struct form_writer *writer, struct err *err);

/*
 * form_writer_keep makes form_writer_end write what this trailer of a stream that is rewritten has
 * and we do not know. It lives until then.
 */
void form_writer_keep(struct form_writer *writer, const struct wire_trailer *trailer);

/* form_writer_end writes trailer, index and end-of-contents octets, and flushes. */
bool form_writer_end(struct form_writer *writer, struct err *err);

#endif
