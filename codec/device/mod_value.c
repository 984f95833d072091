/*
 * mod_value.c - see mod_value.h. Structs inside one another are gone through by functions that call
 * themselves, LAY_DEPTH_MAX deep at most: a type of the table is no deeper.
 *
 * The type has been joined: its rows are the fields of the module in their order, those with a tag
 * where the tags agree. So what is where in the payload is known without looking into it.
 */
#include "codec/device/mod_value.h"

#include <inttypes.h>
#include <stdio.h>

#include "codec/device/mod_joining.h"
#include "codec/device/mod_opaque.h"
#include "codec/savevm/lay_compile.h"
#include "codec/savevm/leg_text.h"

struct valuing {
    const struct mod_set *set;
    const struct lay_types *types;
    struct span payload;
    struct span config; /* the last PCI configuration passed */
    struct span path[LAY_DEPTH_MAX];
    uint32_t depth;
    struct err *why;
};

/* A struct being gone through, field by field of the module. */
struct cursor {
    const struct lay_type *type;
    const struct mod_field *field;
    size_t first; /* rows of the field: none if first == end */
    size_t end;
    size_t at; /* where they begin in the payload */
    size_t behind;
};

static size_t row_octets(const struct lay_step *step)
{
    return (size_t)step->size * step->count;
}

static void begin(struct cursor *c, const struct lay_type *type, size_t at)
{
    c->type = type;
    c->first = 0;
    c->end = 0;
    c->at = at;
    c->behind = at;
}

/* Finds the rows of the next field. */
static void go_to(struct cursor *c, const struct mod_field *field)
{
    const struct wire_type_description *wire = &c->type->wire;
    uint32_t rows = c->type->step_count;

    c->field = field;
    c->first = c->end;
    c->at = c->behind;
    if (c->first < rows &&
        (field->tag == MOD_NO_TAG || c->type->steps[c->first].tag == field->tag) &&
        field->is_subsection == (c->first >= wire->fields.count)) {
        do {
            c->behind += row_octets(&c->type->steps[c->end++]);
        } while (c->end < wire->fields.count && c->type->steps[c->end].is_array &&
                 !c->type->steps[c->end].opens);
    }
}

/* The integer of a field, which is one. */
static uint64_t integer_at(const struct valuing *v, const struct cursor *c)
{
    uint64_t value = 0;
    uint32_t size = c->type->steps[c->first].size;

    for (size_t i = c->at; i < c->behind; i++) {
        value = value << 8 | v->payload.p[i];
    }
    if (c->field->is_signed && size < 8 && (value >> (size * 8 - 1)) != 0) {
        value |= UINT64_MAX << size * 8;
    }
    return value;
}

/* How many elements or octets a field has that another field counts; of what is no array, 1 or 0.
 */
static uint64_t count_of(const struct cursor *c)
{
    uint64_t count = 0;

    if (!c->field->is_array && c->field->size == MOD_VARIES) {
        return c->behind - c->at;
    }
    for (size_t i = c->first; i < c->end; i++) {
        count += mod_row_count(&c->type->wire.fields.items[i]);
    }
    return count;
}

/* Writes the names of a field and of what contradicts it, and where they are. */
static bool contradicts(const struct valuing *v, const struct mod_field *field, const char *has,
                        const char *teller, uint64_t says)
{
    char name[80];

    leg_text_label(mod_string(v->set, field->name), name, sizeof(name));
    (void)err_set(v->why, ERR_MALFORMED, "field '%s' %s, %s %" PRId64, name, has, teller,
                  (int64_t)says);
    return mod_path(v->path, v->depth, v->why);
}

/* Compares the number of a field with the integer that counts it, which stands at or before c. */
static bool check_by(const struct valuing *v, const struct mod_type *with, const struct cursor *c,
                     size_t begins)
{
    const struct mod_field *field = c->field;
    const struct mod_field *by = &v->set->fields[with->fields];
    bool optional = !field->is_array && field->size != MOD_VARIES;
    uint64_t count = count_of(c);
    struct cursor at;
    uint64_t value;
    char has[48];
    char name[80];
    char teller[96];

    begin(&at, c->type, begins);
    for (go_to(&at, by); by->ident != field->by; go_to(&at, ++by)) {
    }
    value = integer_at(v, &at);
    if (optional ? count == (value != 0) : count == value) {
        return true;
    }
    (void)snprintf(has, sizeof(has), "has %" PRIu64 " %s%s", count,
                   field->is_array ? "element" : "octet", count == 1 ? "" : "s");
    leg_text_label(mod_string(v->set, by->name), name, sizeof(name));
    (void)snprintf(teller, sizeof(teller), "'%s' says", name);
    return contradicts(v, field,
                       !optional   ? has
                       : count > 0 ? "is there"
                                   : "is missing",
                       teller, value);
}

/* Compares the length of octets with what they say themselves. */
static bool check_opaque(const struct valuing *v, const struct cursor *c, uint8_t kind)
{
    struct span octets = span_of(v->payload.p + c->at, c->behind - c->at);
    struct mod_measured m;
    char has[48];

    (void)snprintf(has, sizeof(has), "has %zu octets", octets.len);
    return c->end - c->first != 1 || c->type->steps[c->first].is_array ||
           mod_measure(kind, octets, v->config, &m) == MOD_SILENT || m.len == octets.len ||
           contradicts(v, c->field, has, "which say", m.len);
}

static bool check_struct(struct valuing *v, uint32_t id, uint32_t with, size_t at);

/* Goes through the structs that a row holds, which begin at an offset. */
static bool check_row(struct valuing *v, const struct mod_field *field, const struct lay_step *step,
                      size_t at)
{
    bool ok = true;

    if (step->op == LAY_LIST) {
        for (uint32_t i = 0; ok && i < step->member_count; i++) {
            ok = check_struct(v, step->members[i], field->type, at + LAY_MARKER_LEN);
            at += LAY_MARKER_LEN + lay_types_get(v->types, step->members[i])->size;
        }
    } else if (step->op == LAY_STRUCT || step->op == LAY_SUBSECTION) {
        for (uint32_t i = 0; ok && i < step->count; i++) {
            ok = check_struct(v, step->type, field->type, at + step->head_len);
            at += step->size;
        }
    }
    return ok;
}

static bool check_field(struct valuing *v, const struct mod_type *with, const struct cursor *c,
                        size_t begins)
{
    const struct mod_field *field = c->field;
    uint8_t kind = field->op == MOD_OCTETS ? mod_kind_of(mod_string(v->set, field->type_name), true)
                                           : (uint8_t)MOD_KIND_PLAIN;
    size_t at = c->at;
    bool ok = true;

    if (field->by != MOD_EMPTY && !check_by(v, with, c, begins)) {
        return false;
    }
    if (c->first == c->end) {
        return true;
    }
    if (kind == MOD_KIND_PCI_CONFIG) {
        v->config = span_of(v->payload.p + c->at, c->behind - c->at);
    }
    if (mod_kind_is_certain(kind)) {
        return check_opaque(v, c, kind);
    }
    if (field->type == MOD_NONE || field->op == MOD_TREE ||
        v->set->types[field->type].value_count == 0) {
        return true;
    }
    v->path[v->depth++] = mod_string(v->set, field->name);
    for (size_t i = c->first; ok && i < c->end; i++) {
        ok = check_row(v, field, &c->type->steps[i], at);
        at += row_octets(&c->type->steps[i]);
    }
    v->depth--;
    return ok;
}

static bool check_struct(struct valuing *v, uint32_t id, uint32_t with, size_t at)
{
    const struct mod_type *type = &v->set->types[with];
    struct cursor c;

    begin(&c, lay_types_get(v->types, id), at);
    for (uint32_t i = 0; i < type->value_count; i++) {
        go_to(&c, &v->set->fields[type->fields + i]);
        if (!check_field(v, type, &c, at)) {
            return false;
        }
    }
    return true;
}

bool mod_value_check(const struct mod_set *set, uint32_t module, const struct lay_types *types,
                     uint32_t type, struct span payload, struct err *why)
{
    struct valuing v = {.set = set, .types = types, .payload = payload, .why = why};
    uint32_t root = set->modules[module].root;

    return !set->types[root].has_values || check_struct(&v, type, root, 0);
}
