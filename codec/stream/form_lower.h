/*
 * form_lower.h - the records of a BER stream to the legacy octets they stand for.
 *
 *     form_lower_init(&lower, &err);
 *     form_lower_head(&lower, &header, &out, &err);
 *     while (...) form_lower_put(&lower, &record, &out, &length, &err);
 *     form_lower_end(&lower, &err);
 *     form_lower_done(&lower);
 *
 * Keeps the type descriptions that later records need, and refuses one that contradicts the device
 * module it names. Holds nothing back: that is decode's duty.
 */
#ifndef VMBER_STREAM_FORM_LOWER_H
#define VMBER_STREAM_FORM_LOWER_H

#include "codec/device/mod_library.h"
#include "codec/savevm/lay_text.h"
#include "codec/savevm/lay_types.h"
#include "codec/savevm/leg_writer.h"
#include "codec/stream/form_reader.h"

/* What is asked of each type a stream describes, beyond what the device modules say. */
struct form_type_check {
    bool (*check)(void *ctx, struct lay_types *types, uint32_t id, struct err *err);
    void *ctx;
};

struct form_lower {
    struct leg_writer writer;
    struct lay_types types;
    struct lay_text text;
    const struct mod_library *modules; /* that types are checked with; NULL: the built-in ones */
    struct form_type_check check;      /* check NULL: nothing more is asked */
    const struct form_record *record;  /* the one being lowered */
    uint64_t legacy_offset;            /* of its octets */
};

bool form_lower_init(struct form_lower *lower, struct err *err);
void form_lower_done(struct form_lower *lower);

/* form_lower_head writes what the header stands for. */
bool form_lower_head(struct form_lower *lower, const struct wire_header *header, struct out *out,
                     struct err *err);

/*
 * form_lower_put writes what the record stands for and says how many octets that were. A record of
 * an unknown kind stands for none.
 */
bool form_lower_put(struct form_lower *lower, const struct form_record *record, struct out *out,
                    uint64_t *length, struct err *err);

/* form_lower_end refuses a stream that ends inside a section. */
bool form_lower_end(const struct form_lower *lower, struct err *err);

#endif
