/*
 * map_check.c - see map_check.h.
 *
 * Functions here call themselves for structs inside structs, which the map bounds (MAP_DEPTH_MAX),
 * not the stream. How often, MOD_CHECKED_MAX bounds: a stream may name one struct many times.
 */
#include "compat/map_check.h"

#include <stdio.h>

#include "codec/base/err.h"
#include "codec/device/mod_limits.h"
#include "codec/savevm/leg_text.h"
#include "codec/stream/form_features.h"

enum { LABEL_MAX = 80 };

struct checking {
    const struct map_set *set;
    struct lay_types *types;
    const char *map; /* its name */
    char *path;      /* of the struct at hand, ERR_PATH_MAX octets */
    struct err *err;
};

static bool check_struct(const struct checking *c, uint32_t id, uint32_t type_index);

static const struct map_row *row_at(const struct checking *c, const struct map_type *type,
                                    uint32_t i)
{
    return &c->set->rows[type->rows + i];
}

static bool is_called(const struct checking *c, const struct map_row *row, struct span name)
{
    return span_eq(map_string(c->set, row->name), name);
}

/* The index of the row of that name from row at on; row_count: there is none. */
static uint32_t find_row(const struct checking *c, const struct map_type *type, uint32_t at,
                         struct span name, bool subsection)
{
    for (; at < type->row_count; at++) {
        const struct map_row *row = row_at(c, type, at);

        if (row->is_subsection == subsection && is_called(c, row, name)) {
            break;
        }
    }
    return at;
}

/* "behind 'config_vector'", or "first". */
static const char *place_of(struct span before, char out[LABEL_MAX + 16])
{
    char label[LABEL_MAX];

    if (before.len == 0) {
        return "first";
    }
    leg_text_label(before, label, sizeof(label));
    (void)snprintf(out, LABEL_MAX + 16, "behind '%s'", label);
    return out;
}

/* A row of the stream, or of the map (found is empty), that the other does not have there. */
static bool fail_at(const struct checking *c, struct span before, struct span found,
                    const struct map_row *expected)
{
    char place[LABEL_MAX + 16];
    char label[LABEL_MAX];

    if (found.len == 0) {
        return err_set(c->err, ERR_UNSUPPORTED, "%s, map %s has '%s', the stream has not",
                       place_of(before, place), c->map, map_text(c->set, expected->name));
    }
    leg_text_label(found, label, sizeof(label));
    return err_set(c->err, ERR_UNSUPPORTED,
                   "'%s' stands %s, which map %s does not have there; no feature announces it",
                   label, place_of(before, place), c->map);
}

/* Steps from row at to the one of that name; what is passed over must be such as may be missing. */
static bool step_to(const struct checking *c, const struct map_type *type, uint32_t *at,
                    struct span before, struct span name, bool subsection)
{
    uint32_t to = find_row(c, type, *at, name, subsection);

    if (to == type->row_count) {
        return fail_at(c, before, name, NULL);
    }
    for (; *at < to; ++*at) {
        if (row_at(c, type, *at)->tag == MAP_NO_TAG) {
            return fail_at(c, before, span_of(NULL, 0), row_at(c, type, *at));
        }
    }
    return true;
}

/* A row that is there because of a feature is in a type that names it. */
static bool check_feature(const struct checking *c, const struct wire_type_description *wire,
                          const struct map_row *row)
{
    for (uint32_t i = row->rules; i < row->rules + row->rule_count; i++) {
        const struct map_rule *rule = &c->set->rules[i];

        if (rule->op == MAP_RULE_FEATURE &&
            !form_feature_is_used(wire, map_string(c->set, (uint32_t)rule->number))) {
            return err_set(c->err, ERR_UNSUPPORTED,
                           "'%s' is there by feature %s of map %s, which its type does not name",
                           map_text(c->set, row->name), map_text(c->set, (uint32_t)rule->number),
                           c->map);
        }
    }
    return true;
}

static bool same_tag(const struct wire_field *field, const struct map_row *row)
{
    return field->has_tag ? row->tag == field->tag : row->tag == MAP_NO_TAG;
}

/* Whether a row of the stream is laid out as the one of the map. */
static bool is_alike(const struct checking *c, const struct wire_field *field,
                     const struct lay_step *step, const struct map_row *row)
{
    bool goes_on = field->has_index && field->index > 0; /* with the array of the row before */

    if (!span_eq(map_string(c->set, row->type_name), field->type) ||
        step->is_array != row->is_array || (!goes_on && !same_tag(field, row))) {
        return false;
    }
    switch ((enum map_op)row->op) {
    case MAP_INT:
        return step->op == LAY_INT && step->size == row->size &&
               step->is_signed == row->is_signed &&
               (row->order == MAP_HOST || row->size == 1 ||
                step->is_little == (row->order == MAP_LITTLE)) &&
               (row->count == MAP_VARIES || step->count == row->count);
    case MAP_BOOL:
        return step->op == LAY_BOOL && (row->count == MAP_VARIES || step->count == row->count);
    case MAP_OCTETS:
        return step->op == LAY_OCTETS && (row->size == MAP_VARIES || step->size == row->size) &&
               (row->count == MAP_VARIES || step->count == row->count);
    case MAP_STRUCT:
        return step->op == LAY_STRUCT && field->has_element && !field->has_members &&
               (row->count == MAP_VARIES || !step->closes ||
                step->first + step->count == row->count);
    }
    return false;
}

static bool fail_unlike(const struct checking *c, struct span name)
{
    char label[LABEL_MAX];

    leg_text_label(name, label, sizeof(label));
    return err_set(c->err, ERR_UNSUPPORTED, "'%s' is not what map %s says; no feature announces it",
                   label, c->map);
}

/* Checks a struct inside another; if it is refused, path stays there. */
static bool check_inner(const struct checking *c, uint32_t id, uint32_t type_index,
                        struct span name)
{
    char label[LABEL_MAX];
    size_t len = strlen(c->path);

    leg_text_label(name, label, sizeof(label));
    (void)snprintf(c->path + len, ERR_PATH_MAX - len, "%s%s", len > 0 ? " > " : "", label);
    if (!check_struct(c, id, type_index)) {
        return false;
    }
    c->path[len] = '\0';
    return true;
}

static bool check_field(const struct checking *c, const struct wire_type_description *wire,
                        const struct wire_field *field, const struct lay_step *step,
                        const struct map_row *row)
{
    return (is_alike(c, field, step, row) || fail_unlike(c, field->name)) &&
           check_feature(c, wire, row) &&
           (row->op != MAP_STRUCT || check_inner(c, step->type, row->type, field->name));
}

static bool check_subsections(const struct checking *c, const struct wire_type_description *wire,
                              const struct map_type *type, uint32_t *at, struct span *before)
{
    size_t count = wire->has_subsections ? wire->subsections.count : 0;

    for (size_t i = 0; i < count; i++) {
        uint32_t id = wire->subsections.items[i];
        const struct wire_type_description *sub = &lay_types_get(c->types, id)->wire;
        struct span name = sub->name;
        const struct map_row *row;

        if (!step_to(c, type, at, *before, name, true)) {
            return false;
        }
        row = row_at(c, type, *at);
        if (!wire->has_subsection_tags || wire->subsection_tags.items[i] != row->tag ||
            sub->version != c->set->types[row->type].version) {
            return fail_unlike(c, name);
        }
        if (!check_feature(c, wire, row) || !check_inner(c, id, row->type, name)) {
            return false;
        }
        *before = name;
        ++*at;
    }
    return true;
}

static bool check_struct(const struct checking *c, uint32_t id, uint32_t type_index)
{
    const struct map_type *type = &c->set->types[type_index];
    const struct lay_type *t = lay_types_get(c->types, id);
    const struct wire_type_description *wire = &t->wire;
    struct span before = {NULL, 0};
    uint32_t at = 0; /* the first row of the map that has not been seen */

    if (t->step_count + type->row_count > MOD_CHECKED_MAX - c->types->checked) {
        return err_set(c->err, ERR_LIMIT, "structs name one another more often than is compared");
    }
    c->types->checked += t->step_count + type->row_count;
    for (size_t i = 0; i < wire->fields.count; i++) {
        const struct wire_field *field = &wire->fields.items[i];
        bool goes_on =
            at > 0 && field->has_index && field->index > 0 && span_eq(field->name, before);

        if (goes_on) {
            at--; /* the same array */
        }
        if (!step_to(c, type, &at, before, field->name, false) ||
            !check_field(c, wire, field, &t->steps[i], row_at(c, type, at))) {
            return false;
        }
        before = field->name;
        at++;
    }
    if (!check_subsections(c, wire, type, &at, &before)) {
        return false;
    }
    for (; at < type->row_count; at++) {
        if (row_at(c, type, at)->tag == MAP_NO_TAG) {
            return fail_at(c, before, span_of(NULL, 0), row_at(c, type, at));
        }
    }
    return true;
}

bool map_check(const struct map_set *set, struct lay_types *types, uint32_t id, struct err *err)
{
    const struct wire_type_description *wire = &lay_types_get(types, id)->wire;
    char path[ERR_PATH_MAX] = "";
    struct checking c = {set != NULL ? set : &map_builtin_set, types, NULL, path, err};

    for (uint32_t i = 0; wire->has_module && i < c.set->map_count; i++) {
        const struct map_type *type = &c.set->types[c.set->maps[i].type];

        if (span_eq(wire->module.name, map_string(c.set, type->module)) &&
            span_eq(wire->name, map_string(c.set, type->name))) {
            c.map = map_text(c.set, c.set->maps[i].name);
            return check_struct(&c, id, c.set->maps[i].type) || err_at_path(err, "%s", path);
        }
    }
    return true;
}

bool map_check_type(void *ctx, struct lay_types *types, uint32_t id, struct err *err)
{
    return map_check(ctx, types, id, err);
}
