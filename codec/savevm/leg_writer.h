/*
 * leg_writer.h - events to the octets of a legacy stream.
 *
 *     leg_writer_init(&writer, &err);
 *     leg_writer_set_hooks(&writer, &hooks);
 *     leg_write_head(&writer, &header, &out, &err);
 *     while (...) leg_write(&writer, &body, &out, &legacy_length, &err);
 *     leg_writer_done(&writer);
 *
 * Takes nothing on trust: a body that no reader could have told is ERR_MALFORMED, and what it may
 * grow to is bounded (leg_limits.h). Does not hold back the EOF octet, and compares no digest: that
 * is for its caller.
 */
#ifndef VMBER_SAVEVM_LEG_WRITER_H
#define VMBER_SAVEVM_LEG_WRITER_H

#include "codec/base/io.h"
#include "wire.h"

struct err;

/* What this writer leaves to others. */
struct leg_writer_hooks {
    void *ctx;
    /* Appends the payload of a described section to payload. */
    bool (*lower)(void *ctx, const struct wire_section *section, struct buf *payload,
                  struct err *err);
    /* Appends the JSON of a vm-description that is given as a form to text. */
    bool (*vmdesc)(void *ctx, const struct wire_vmdesc_form *form, struct buf *text,
                   struct err *err);
};

/* Gathers heads of records and contents of pages, to be written together. */
struct leg_gather {
    struct out *out;
    uint8_t *heads; /* LEG_HEADS_MAX octets */
    size_t heads_len;
    struct iovec *iov; /* LEG_IOV_MAX */
    size_t iov_count;
    size_t len; /* octets gathered */
};

struct leg_writer {
    struct leg_writer_hooks hooks;
    struct leg_gather gather;
    struct buf payload; /* of one described section, or the JSON */
    bool is_open;       /* a section has begun and not ended */
    bool is_ram;        /* it is RAM */
    uint32_t id;        /* of that section */
};

bool leg_writer_init(struct leg_writer *writer, struct err *err);
void leg_writer_done(struct leg_writer *writer);

/* leg_writer_set_hooks: without, described sections and rebuilt descriptions are ERR_INTERNAL. */
void leg_writer_set_hooks(struct leg_writer *writer, const struct leg_writer_hooks *hooks);

/*
 * leg_write_head writes magic, version and configuration; nothing for a fragment. Makes out take
 * its memory, too, so that no RAM event has to.
 */
bool leg_write_head(struct leg_writer *writer, const struct wire_header *header, struct out *out,
                    struct err *err);

/* leg_write writes the octets that body stands for; *legacy_length says how many. */
bool leg_write(struct leg_writer *writer, const struct wire_body *body, struct out *out,
               uint64_t *legacy_length, struct err *err);

#endif
