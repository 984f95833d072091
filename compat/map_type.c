/* map_type.c - the type that a reading gives; see map_reading.h. */
#include <stdlib.h>

#include "codec/savevm/lay_limits.h"
#include "compat/map_reading.h"

void map_making_done(struct map_making *making)
{
    free(making->fields);
    free(making->ids);
    free(making->tags);
}

struct map_mark map_type_begin(const struct map_reading *r)
{
    const struct map_mark mark = {r->making.field_count, r->making.sub_count};

    return mark;
}

/* Adds a row that has a name and a type name, and no more. */
static struct wire_field *add(struct map_reading *r, const struct map_row *row)
{
    struct map_making *m = &r->making;
    struct wire_field *field;

    if (m->field_count == m->field_cap) {
        uint32_t cap = m->field_cap == 0 ? 64 : m->field_cap * 2;
        struct wire_field *more = realloc(m->fields, cap * sizeof(*more));

        if (more == NULL) {
            (void)err_memory(r->why);
            (void)map_stop(r);
            return NULL;
        }
        m->fields = more;
        m->field_cap = cap;
    }
    field = &m->fields[m->field_count++];
    memset(field, 0, sizeof(*field));
    field->name = map_string(r->set, row->name);
    field->type = map_string(r->set, row->type_name);
    field->repeat = 1;
    field->order = WIRE_BYTE_ORDER_BIG;
    if (row->tag != MAP_NO_TAG) {
        field->has_tag = true;
        field->tag = row->tag;
    }
    return field;
}

static enum wire_byte_order order_of(const struct map_reading *r, const struct map_row *row)
{
    enum map_order order = row->order == MAP_HOST ? r->host : (enum map_order)row->order;

    return order == MAP_LITTLE && row->op == MAP_INT && row->size > 1 ? WIRE_BYTE_ORDER_LITTLE
                                                                      : WIRE_BYTE_ORDER_BIG;
}

bool map_type_leaf(struct map_reading *r, const struct map_row *row, uint32_t size, uint32_t count)
{
    struct wire_field *field = add(r, row);

    if (field == NULL) {
        return false;
    }
    field->has_size = true;
    field->size = size;
    field->has_array = row->is_array;
    field->array = row->is_array ? count : 0;
    field->order = (int32_t)order_of(r, row);
    field->has_order = field->order != WIRE_BYTE_ORDER_BIG;
    return true;
}

bool map_type_structs(struct map_reading *r, const struct map_row *row, uint32_t id, uint32_t index,
                      uint32_t count)
{
    struct wire_field *field = add(r, row);

    if (field == NULL) {
        return false;
    }
    field->has_element = true;
    field->element = id;
    if (row->is_array) {
        field->has_index = true;
        field->index = index;
        field->repeat = count;
        field->has_repeat = count != 1;
        field->has_tag = field->has_tag && index == 0;
        field->tag = field->has_tag ? field->tag : 0;
    }
    return true;
}

void map_type_one_array(struct map_reading *r)
{
    struct wire_field *field = &r->making.fields[r->making.field_count - 1];

    field->has_array = true;
    field->array = field->repeat;
    field->has_index = false;
    field->repeat = 1;
    field->has_repeat = false;
}

bool map_type_subsection(struct map_reading *r, const struct map_row *row, uint32_t id)
{
    struct map_making *m = &r->making;

    if (m->sub_count == m->sub_cap) {
        uint32_t cap = m->sub_cap == 0 ? 16 : m->sub_cap * 2;
        uint32_t *ids = realloc(m->ids, cap * sizeof(*ids));
        uint32_t *tags;

        m->ids = ids != NULL ? ids : m->ids;
        tags = ids != NULL ? realloc(m->tags, cap * sizeof(*tags)) : NULL;
        if (tags == NULL) {
            (void)err_memory(r->why);
            return map_stop(r);
        }
        m->tags = tags;
        m->sub_cap = cap;
    }
    m->ids[m->sub_count] = id;
    m->tags[m->sub_count++] = row->tag;
    return true;
}

/* Whether a row is there in a type. */
static bool has_row(const struct map_reading *r, const struct wire_type_description *wire,
                    const struct map_row *row)
{
    struct span name = map_string(r->set, row->name);
    bool found = false;

    if (row->is_subsection) {
        for (size_t i = 0; wire->has_subsections && i < wire->subsections.count; i++) {
            found = found || wire->subsection_tags.items[i] == row->tag;
        }
        return found;
    }
    for (size_t i = 0; i < wire->fields.count; i++) {
        found = found || span_eq(wire->fields.items[i].name, name);
    }
    return found;
}

/* The features of rows that are there because of them. */
static form_feature_set features_of(const struct map_reading *r, const struct map_type *type,
                                    const struct wire_type_description *wire)
{
    form_feature_set uses = 0;

    for (uint32_t i = type->rows; i < type->rows + type->row_count; i++) {
        const struct map_row *row = &r->set->rows[i];

        for (uint32_t k = row->rules; k < row->rules + row->rule_count; k++) {
            const struct map_rule *rule = &r->set->rules[k];

            if (rule->op == MAP_RULE_FEATURE && has_row(r, wire, row)) {
                uses |=
                    FORM_FEATURE_BIT(form_feature_find(map_string(r->set, (uint32_t)rule->number)));
            }
        }
    }
    return uses;
}

bool map_type_end(struct map_reading *r, struct map_mark mark, const struct map_type *type,
                  const struct map_map *map, uint32_t *id)
{
    struct map_making *m = &r->making;
    struct wire_feature features[FORM_FEATURES];
    struct wire_type_description wire = {0};
    uint32_t subs = m->sub_count - mark.subs;

    wire.name = map_string(r->set, type->vmsd);
    if (wire.name.len == 0) {
        wire.name = map_string(r->set, type->name);
    }
    wire.version = type->version;
    wire.form = WIRE_DESCRIPTION_FORM_VMSTATE;
    wire.fields.count = m->field_count - mark.fields;
    wire.fields.items = wire.fields.count > 0 ? m->fields + mark.fields : NULL;
    if (subs > 0) {
        wire.has_subsections = true;
        wire.subsections.count = subs;
        wire.subsections.items = m->ids + mark.subs;
        wire.has_subsection_tags = true;
        wire.subsection_tags.count = subs;
        wire.subsection_tags.items = m->tags + mark.subs;
    }
    if (map != NULL) {
        wire.has_module = true;
        wire.module.name = map_string(r->set, type->module);
        wire.module.digest = span_of(map->digest, HASH_DIGEST_LEN);
    }
    form_features_put(&wire, features_of(r, type, &wire), features);
    m->field_count = mark.fields;
    m->sub_count = mark.subs;
    return lay_types_intern(r->types, &wire, id, r->why) || map_stop(r);
}
