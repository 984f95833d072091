/* form_announce.c - see form_announce.h. */
#include "codec/stream/form_announce.h"

#include <inttypes.h>
#include <stdio.h>

#include "codec/schema/asn_engine.h"
#include "codec/stream/form_limits.h"

enum { GREASE_NAMES = 2, GREASE_NAME_MAX = sizeof(FORM_FEATURE_GREASE) + 8 };

void form_announce_init(struct form_announce *a, const struct form_choice *choice, bool lifts)
{
    memset(a, 0, sizeof(*a));
    a->choice = choice;
    a->lifts = lifts;
    arena_init(&a->arena, FORM_ARENA_MAX);
    buf_init(&a->head, FORM_HEADER_MAX);
}

void form_announce_done(struct form_announce *a)
{
    arena_done(&a->arena);
    buf_done(&a->head);
}

/* Puts a name into its place and returns that; features has room for it. */
static size_t add_name(struct wire_header_features *features, struct span name, int32_t class)
{
    size_t at = features->count++;

    for (; at > 0 && form_feature_precedes(name, features->items[at - 1].name); at--) {
        features->items[at] = features->items[at - 1];
    }
    memset(&features->items[at], 0, sizeof(features->items[at]));
    features->items[at].name = name;
    features->items[at].class = class;
    return at;
}

static bool add_grease(struct form_announce *a, struct wire_header_features *features,
                       struct err *err)
{
    for (uint32_t i = 0; i < GREASE_NAMES; i++) {
        char *name = arena_alloc(&a->arena, GREASE_NAME_MAX, err);
        bool is_there = false;

        if (name == NULL) {
            return false;
        }
        (void)snprintf(name, GREASE_NAME_MAX, FORM_FEATURE_GREASE "%08" PRIx32,
                       (a->choice->grease * UINT32_C(0x9e3779b1)) ^ i);
        for (size_t k = 0; k < features->count; k++) { /* kept from the stream that is read */
            is_there = is_there || span_eq_str(features->items[k].name, name);
        }
        if (is_there) {
            continue;
        }
        (void)add_name(features, span_str(name),
                       i == 0 ? WIRE_FEATURE_CLASS_COMPATIBLE : WIRE_FEATURE_CLASS_ADVISORY);
    }
    return true;
}

static bool names(const struct wire_header_features *features, enum form_feature_id id)
{
    bool found = false;

    for (size_t i = 0; i < features->count && !found; i++) {
        found = features->items[i].class != WIRE_FEATURE_CLASS_WITHDRAWN &&
                form_feature_find(features->items[i].name) == id;
    }
    return found;
}

/* Makes the features of the header. */
static bool choose(struct form_announce *a, struct wire_header *header, struct err *err)
{
    const struct form_choice *choice = a->choice;
    struct wire_header_features old = header->features;
    struct span machine = choice->machine != NULL     ? span_str(choice->machine)
                          : header->has_configuration ? header->configuration.machine
                                                      : span_str("");

    a->may = (form_features_of_machine(machine) | choice->with) & ~choice->without;
    a->may &= a->lifts ? FORM_FEATURES_ALL : ~form_features_structured();
    a->may &= choice->index ? FORM_FEATURES_ALL : ~FORM_FEATURE_BIT(FORM_FEATURE_STREAM_INDEX);
    a->may &= ~FORM_FEATURE_BIT(FORM_FEATURE_STREAM_SCRUBBED);
    if (choice->scrubbed || names(&old, FORM_FEATURE_STREAM_SCRUBBED)) {
        a->may |= FORM_FEATURE_BIT(FORM_FEATURE_STREAM_SCRUBBED);
    }
    header->features.count = 0;
    header->features.items = arena_array(&a->arena, old.count + FORM_FEATURES + GREASE_NAMES,
                                         sizeof(*header->features.items), err);
    if (header->features.items == NULL) {
        return false;
    }
    for (unsigned id = 0; id < FORM_FEATURES; id++) {
        if ((a->may & FORM_FEATURE_BIT(id)) != 0) {
            (void)add_name(&header->features, span_str(form_features[id].name),
                           (int32_t)form_features[id].feature_class);
        }
    }
    for (size_t i = 0; i < old.count; i++) {
        if (old.items[i].class == WIRE_FEATURE_CLASS_COMPATIBLE &&
            form_feature_find(old.items[i].name) == FORM_FEATURES) {
            size_t at = add_name(&header->features, old.items[i].name, old.items[i].class);

            header->features.items[at].unknown = old.items[i].unknown;
        }
    }
    return choice->grease == 0 || add_grease(a, &header->features, err);
}

bool form_announce_begin(struct form_announce *a, struct wire_header *header,
                         struct form_writer *writer, struct err *err)
{
    if (!choose(a, header, err)) {
        return false;
    }
    if (a->choice->chosen != NULL) {
        *a->choice->chosen = a->may;
    }
    if (a->choice->rewrite != NULL &&
        (!form_writer_header(writer, header, err) ||
         !buf_put(&a->head, writer->record.p, writer->record.len, err))) {
        return false;
    }
    a->used = a->may & (FORM_FEATURE_BIT(FORM_FEATURE_STREAM_INDEX) |
                        FORM_FEATURE_BIT(FORM_FEATURE_STREAM_SCRUBBED));
    return ((a->may & FORM_FEATURE_BIT(FORM_FEATURE_STREAM_INDEX)) == 0 ||
            form_writer_with_index(writer, err)) &&
           form_writer_begin(writer, header, err);
}

void form_announce_type(struct form_announce *a, const struct wire_type_description *type)
{
    for (size_t i = 0; type->has_features && i < type->features.count; i++) {
        enum form_feature_id id = form_feature_find(type->features.items[i].name);

        a->used |= id < FORM_FEATURES ? FORM_FEATURE_BIT(id) : 0;
    }
}

bool form_announce_end(struct form_announce *a, struct form_writer *writer, struct err *err)
{
    struct wire_header_record record;

    if (a->choice->rewrite == NULL || (a->may & ~a->used) == 0) {
        return true;
    }
    if (!asn_decode(&wire_header_record_type, buf_span(&a->head), &record, &a->arena, ASN_PROFILE,
                    NULL, err)) {
        return false;
    }
    for (size_t i = 0; i < record.header.features.count; i++) {
        struct wire_feature *feature = &record.header.features.items[i];
        enum form_feature_id id = form_feature_find(feature->name);

        if (id < FORM_FEATURES && (a->used & FORM_FEATURE_BIT(id)) == 0) {
            feature->class = WIRE_FEATURE_CLASS_WITHDRAWN;
        }
    }
    return form_writer_header(writer, &record.header, err) &&
           a->choice->rewrite(a->choice->rewrite_ctx, FORM_HEADER_AT, buf_span(&writer->record),
                              err);
}
