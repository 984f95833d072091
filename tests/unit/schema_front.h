/*
 * schema_front.h - notation in a string through the front end, for the tests of codec/schema.
 */
#ifndef VMBER_TEST_SCHEMA_FRONT_H
#define VMBER_TEST_SCHEMA_FRONT_H

#include "codec/base/arena.h"
#include "codec/base/buf.h"
#include "codec/base/err.h"
#include "codec/schema/asn_model.h"

struct front {
    struct arena arena;
    struct asn_model model;
    struct err err;
};

/* front_parse begins a front and parses text as "m.asn1"; front_done ends it in any case. */
bool front_parse(struct front *front, struct span text, size_t memory_max);

/* front_resolve is front_parse of a string and asn_resolve. */
bool front_resolve(struct front *front, const char *text);

void front_done(struct front *front);

/* front_print returns the model in normal form, with comments; to be freed. */
char *front_print(const struct front *front);

#endif
