/* lay_hole.c - see lay_hole.h. */
#include "codec/savevm/lay_hole.h"

#include <stdlib.h>

#include "codec/savevm/lay_limits.h"

/* Whether a field is an array whose first element is described by nothing. */
static bool is_hole(const struct lay_types *types, const struct wire_field *field)
{
    const struct lay_type *type = field->has_element ? lay_types_get(types, field->element) : NULL;

    return type != NULL && type->wire.form == WIRE_DESCRIPTION_FORM_EMPTY && field->has_array;
}

bool lay_hole_fill(struct lay_types *types, uint32_t *id, size_t len)
{
    const struct lay_type *type = lay_types_get(types, *id);
    struct wire_type_description wire = type->wire;
    struct wire_field *fields;
    size_t hole = wire.fields.count;
    uint64_t without;
    bool ok;

    for (size_t i = 0; i < wire.fields.count; i++) {
        if (is_hole(types, &wire.fields.items[i])) {
            if (hole != wire.fields.count) {
                return false;
            }
            hole = i;
        }
    }
    if (hole == wire.fields.count) {
        return false;
    }
    without = type->size - (uint64_t)type->steps[hole].size * type->steps[hole].count;
    if (len < without + wire.fields.items[hole].array || len - without > LAY_VALUE_MAX) {
        return false; /* each element takes an octet at least */
    }
    fields = malloc(wire.fields.count * sizeof(*fields));
    if (fields == NULL) {
        return false;
    }
    memcpy(fields, wire.fields.items, wire.fields.count * sizeof(*fields));
    fields[hole].has_extent = true;
    fields[hole].extent = (uint32_t)(len - without);
    wire.fields.items = fields;
    ok = lay_types_intern(types, &wire, id, NULL);
    free(fields);
    return ok;
}
