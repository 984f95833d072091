/* layout_chance.c - see layout_chance.h. */
#include "layout_chance.h"

#include "codec/base/err.h"

enum { FIELDS_MAX = 64 };

static uint32_t draw(struct layout_chance *chance, uint32_t below)
{
    chance->seed = chance->seed * 1664525U + 1013904223U;
    return (chance->seed >> 8) % below;
}

/* A tag, mostly one that is free: each length of identifier octets comes, and one too large. */
static uint32_t draw_tag(struct layout_chance *chance)
{
    static const uint32_t bases[] = {0, 0, 0, 29, 120, 128, 16370};

    return bases[draw(chance, sizeof(bases) / sizeof(bases[0]))] + chance->next_tag++ +
           (draw(chance, 16) == 0 ? 1 : 0);
}

static void change_field(struct layout_chance *chance, const struct lay_step *step,
                         struct wire_field *field)
{
    bool plain = !field->has_array && !field->has_index && field->repeat == 1;

    if ((!step->is_array || step->opens) && draw(chance, 2) == 0) {
        field->has_tag = true;
        field->tag = draw_tag(chance);
    }
    if (draw(chance, plain ? 4 : 64) == 0) {
        field->sequence = true;
        field->has_sequence = true;
    } else if (draw(chance, 8) == 0 && (uint64_t)step->size * step->count <= UINT32_MAX) {
        field->has_extent = true;
        field->extent = step->size * step->count;
    }
}

static bool change_type(struct layout_chance *chance, struct lay_types *types, uint32_t *id,
                        struct err *why);

static bool change_types(struct layout_chance *chance, struct lay_types *types, uint32_t *ids,
                         size_t count, struct err *why)
{
    for (size_t i = 0; i < count; i++) {
        if (!change_type(chance, types, &ids[i], why)) {
            return false;
        }
    }
    return true;
}

/* Puts in place of the type one that differs; those inside first. */
static bool change_type(struct layout_chance *chance, struct lay_types *types, uint32_t *id,
                        struct err *why)
{
    struct wire_type_description wire = lay_types_get(types, *id)->wire;
    const struct lay_step *steps = lay_types_get(types, *id)->steps;
    struct wire_field fields[FIELDS_MAX];
    uint32_t ids[FIELDS_MAX];
    uint32_t tags[FIELDS_MAX];

    if (wire.fields.count > FIELDS_MAX ||
        (wire.has_subsections && wire.subsections.count > FIELDS_MAX)) {
        return true;
    }
    for (size_t i = 0; i < wire.fields.count; i++) {
        fields[i] = wire.fields.items[i];
        if (fields[i].has_element && !change_type(chance, types, &fields[i].element, why)) {
            return false;
        }
        chance->next_tag = i == 0 ? 0 : chance->next_tag;
        change_field(chance, &steps[i], &fields[i]);
    }
    wire.fields.items = fields;
    if (wire.has_subsections && draw(chance, 4) != 0) {
        wire.has_subsection_tags = true;
        wire.subsection_tags.count = wire.subsections.count - (draw(chance, 64) == 0 ? 1 : 0);
        wire.subsection_tags.items = tags;
        for (size_t i = 0; i < wire.subsections.count; i++) {
            ids[i] = wire.subsections.items[i];
            tags[i] = 200 + (uint32_t)i;
        }
        wire.subsections.items = ids;
        if (!change_types(chance, types, ids, wire.subsections.count, why)) {
            return false;
        }
    }
    return lay_types_intern(types, &wire, id, why);
}

static bool join(void *ctx, struct lay_types *types, struct span name, uint32_t type,
                 uint32_t *joined, struct err *why)
{
    struct layout_chance *chance = ctx;

    if (draw(chance, 8) == 0) {
        return err_set(why, name.len % 2 == 0 ? ERR_UNSUPPORTED : ERR_MALFORMED, "by chance");
    }
    *joined = type;
    return change_type(chance, types, joined, why);
}

static bool guess(void *ctx, struct lay_types *types, struct span name, uint32_t version,
                  struct span payload, uint32_t *type, struct err *why)
{
    struct layout_chance *chance = ctx;
    struct wire_type_description wire = {0};
    struct wire_field fields[2] = {0};

    if (draw(chance, 2) == 0) {
        return err_set(why, draw(chance, 4) == 0 ? ERR_UNSUPPORTED : ERR_MALFORMED, "by chance");
    }
    fields[0].name = span_str("first");
    fields[0].type = span_str("uint8");
    fields[0].has_size = true;
    fields[0].size = 1;
    fields[0].repeat = 1;
    fields[1] = fields[0];
    fields[1].type = span_str("buffer");
    fields[1].size = (uint32_t)payload.len - draw(chance, 3);
    fields[1].has_tag = true;
    fields[1].tag = draw_tag(chance);
    wire.name = name;
    wire.version = version;
    wire.fields.count = 2;
    wire.fields.items = fields;
    return lay_types_intern(types, &wire, type, why);
}

struct lay_modules layout_chance_modules(struct layout_chance *chance)
{
    const struct lay_modules modules = {.ctx = chance, .join = join, .guess = guess};

    return modules;
}
