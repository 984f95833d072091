/* form_lift.c - see form_lift.h. */
#include "codec/stream/form_lift.h"

#include <stdlib.h>

#include "codec/savevm/lay_limits.h"

void form_lift_init(struct form_lift *lift, const struct lay_modules *modules)
{
    memset(lift, 0, sizeof(*lift));
    lift->modules = modules != NULL && modules->lift != NULL ? modules : NULL;
    lay_types_init(&lift->types);
    arena_init(&lift->scratch, LAY_TYPES_BYTES_MAX);
    buf_init(&lift->value, SIZE_MAX / 2);
}

void form_lift_done(struct form_lift *lift)
{
    lay_types_done(&lift->types);
    arena_done(&lift->scratch);
    buf_done(&lift->value);
    free(lift->ids);
    lift->ids = NULL;
}

static bool grow(struct form_lift *lift, struct err *err)
{
    if (lift->id_count == lift->id_cap) {
        uint32_t cap = lift->id_cap == 0 ? 256 : lift->id_cap * 2;
        uint32_t *more = realloc(lift->ids, cap * sizeof(*more));

        if (more == NULL) {
            return err_memory(err);
        }
        lift->ids = more;
        lift->id_cap = cap;
    }
    return true;
}

/* Makes *id that of the table; false if it has none. */
static bool translate(const struct form_lift *lift, uint32_t *id)
{
    *id = *id - 1 < lift->id_count ? lift->ids[*id - 1] : 0;
    return *id != 0;
}

/* The same of a list of them, of which it makes a copy. */
static bool translate_all(struct form_lift *lift, size_t count, uint32_t **ids, struct err *err)
{
    uint32_t *copy = arena_array(&lift->scratch, count, sizeof(*copy), err);
    bool known = copy != NULL;

    for (size_t i = 0; known && i < count; i++) {
        copy[i] = (*ids)[i];
        known = translate(lift, &copy[i]);
    }
    *ids = copy;
    return known;
}

static bool translate_field(struct form_lift *lift, struct wire_field *field, struct err *err)
{
    return (!field->has_element || translate(lift, &field->element)) &&
           (!field->has_layout || translate(lift, &field->layout)) &&
           (!field->has_members ||
            translate_all(lift, field->members.count, &field->members.items, err));
}

/* Puts a type into the table, under its id there. */
static bool intern(struct form_lift *lift, const struct wire_type_description *type, uint32_t *id,
                   struct err *err)
{
    struct wire_type_description mine = *type;
    struct wire_field *fields;
    bool ok;

    arena_reset(&lift->scratch);
    fields = arena_array(&lift->scratch, type->fields.count, sizeof(*fields), err);
    ok = fields != NULL;
    for (size_t i = 0; ok && i < type->fields.count; i++) {
        fields[i] = type->fields.items[i];
        ok = translate_field(lift, &fields[i], err);
    }
    mine.fields.items = fields;
    return ok &&
           (!mine.has_subsections ||
            translate_all(lift, mine.subsections.count, &mine.subsections.items, err)) &&
           lay_types_intern(&lift->types, &mine, id, err);
}

static bool take_type(struct form_lift *lift, const struct wire_type_description *type,
                      struct err *err)
{
    struct err why = ERR_INIT;
    uint32_t id = 0;

    if (!intern(lift, type, &id, &why)) {
        id = 0; /* what names it is told as it is */
    }
    if (err_is_memory(&why) || !grow(lift, err)) {
        return err_memory(err);
    }
    lift->ids[lift->id_count++] = id;
    return true;
}

static bool lift_section(struct form_lift *lift, struct span payload, struct form_event *event,
                         struct err *err)
{
    const struct wire_section *section = &event->body->u.section;
    const struct wire_section_identity *identity = &section->open.identity;
    struct lay_where where = form_event_where(event);
    struct err why = ERR_INIT;
    uint32_t type = section->type;
    uint32_t lifted;
    struct span value;

    if (!translate(lift, &type)) {
        return true;
    }
    if (!lift->modules->lift(lift->modules->lift_ctx, &lift->types, identity->name,
                             identity->version, type, payload, &lifted, &why) ||
        (lifted != type &&
         !lay_value_lift(&lift->types, lifted, payload, &where, &lift->value, &value, &why))) {
        return !err_is_memory(&why) || err_memory(err);
    }
    if (lifted != type) {
        lift->body = *event->body;
        lift->body.u.section.type = lifted;
        lift->body.u.section.value = value;
        event->body = &lift->body;
        event->types = &lift->types;
    }
    return true;
}

bool form_lift_event(struct form_lift *lift, const struct form_lower *lower,
                     struct form_event *event, struct err *err)
{
    if (lift->modules == NULL) {
        return true;
    }
    switch (event->body->which) {
    case WIRE_BODY_TYPE_DESCRIPTION:
        return take_type(lift, &event->body->u.type_description, err);
    case WIRE_BODY_SECTION:
        return lift_section(lift, buf_span(&lower->writer.payload), event, err);
    default:
        return true;
    }
}
