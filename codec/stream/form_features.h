/*
 * form_features.h - the features this program knows. A name, once released, never changes its class
 * or meaning.
 */
#ifndef VMBER_STREAM_FORM_FEATURES_H
#define VMBER_STREAM_FORM_FEATURES_H

#include "wire.h"

struct form_feature {
    const char *name;
    enum wire_feature_class feature_class;
    const char *sentence; /* what a stream that uses it has */
};

extern const struct form_feature form_features[];
extern const size_t form_feature_count;

#define FORM_FEATURE_INDEX "stream.index"

/* form_feature_find returns the feature of this name, or NULL. */
const struct form_feature *form_feature_find(struct span name);

struct err;

/* form_features_check refuses a header that needs what this program does not have. */
bool form_features_check(const struct wire_header *header, struct err *err);

#endif
