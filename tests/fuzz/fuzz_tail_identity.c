/*
 * fuzz_tail_identity.c - any octets as a tail: the events stand for exactly the input, a described
 * section lowers to its octets, and a damaged value is refused or lowers to a payload that lifts.
 *
 * The first octet chooses the options; the rest is the tail. With bit 6, types get tags, sequences
 * and extents as a device module would add them, but by chance, and sections without a description
 * get a type of octets and tags.
 */
#include <stdio.h>
#include <stdlib.h>

#include "codec/savevm/lay_value.h"
#include "layout_chance.h"
#include "layout_trip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Damages an octet of a section's value and lowers it. */
struct damage {
    uint32_t seed;
    struct lay_types learned;
};

static void lower_damaged(struct damage *damage, const struct wire_section *section)
{
    const struct lay_where where = {section->open.identity.name, 0, 0};
    struct err err = ERR_INIT;
    struct span again = {0};
    uint8_t *value;
    struct buf out;
    struct buf room;

    if (section->value.len == 0 || section->value.len > 4096) {
        return;
    }
    value = malloc(section->value.len);
    if (value == NULL) {
        abort();
    }
    memcpy(value, section->value.p, section->value.len);
    damage->seed = damage->seed * 1664525U + 1013904223U;
    value[(damage->seed >> 8) % section->value.len] = (uint8_t)damage->seed;
    buf_init(&out, 1 << 20);
    buf_init(&room, 1 << 22);
    if (lay_value_lower(&damage->learned, section->type, span_of(value, section->value.len), &where,
                        &out, &err)) {
        if (!lay_value_lift(&damage->learned, section->type, buf_span(&out), &where, &room, &again,
                            &err)) {
            abort();
        }
    } else if (err.band == ERR_NONE || err.band == ERR_INTERNAL) {
        abort();
    }
    buf_done(&out);
    buf_done(&room);
    free(value);
}

static bool damage_sink(void *ctx, const struct lay_event *event, struct err *err)
{
    struct damage *damage = ctx;

    if (event->body->which == WIRE_BODY_TYPE_DESCRIPTION) {
        return lay_types_add(&damage->learned, &event->body->u.type_description, err);
    }
    if (event->body->which == WIRE_BODY_SECTION) {
        lower_damaged(damage, &event->body->u.section);
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lay_options options = {0};
    struct layout_trip trip;
    struct lay_types types;
    struct lay_report report;
    struct damage damage = {0};
    struct layout_chance chance = {(uint32_t)size, 0};
    const struct lay_modules modules = layout_chance_modules(&chance);
    struct err err = ERR_INIT;
    struct span tail;

    if (size < 1) {
        return 0;
    }
    tail = span_of(data + 1, size - 1);
    options.mode = (enum lay_mode)((data[0] & 3) % 3);
    options.footers = (enum lay_footers)((data[0] >> 2 & 3) % 3);
    options.salvage = (data[0] & 16) == 0;
    options.strict = (data[0] & 32) != 0;
    options.legacy_offset = data[0];
    options.modules = (data[0] & 64) != 0 ? &modules : NULL;
    options.schema = (data[0] & 128) != 0 ? LAY_SCHEMA_STRICT : LAY_SCHEMA_AUTO;
    chance.seed += data[size / 2];
    (void)lay_tail_complete(tail);
    layout_trip_run(&trip, tail, &options);
    if (trip.broken != NULL || trip.err.band == ERR_INTERNAL) {
        (void)fprintf(stderr, "%s: %s; %s\n", trip.broken != NULL ? trip.broken : "internal",
                      trip.detail, trip.err.text);
        abort();
    }
    if (trip.report.described > 0) {
        damage.seed = (uint32_t)size * 2654435761U + data[size / 2];
        lay_types_init(&types);
        lay_types_init(&damage.learned);
        (void)lay_tail(tail, &options, &types, damage_sink, &damage, &report, &err);
        lay_types_done(&damage.learned);
        lay_types_done(&types);
    }
    layout_trip_done(&trip);
    return 0;
}
