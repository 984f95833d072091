/*
 * mod_guess_size.c - how many octets each part of a module can take.
 *
 * A part that is optional takes none at least; one of unknown length takes any number; a subsection
 * whose head is nowhere in the payload takes none. The bounds are what keeps trials few: most
 * choices are none once the length of the payload is known.
 */
#include "codec/base/err.h"
#include "codec/device/mod_guessing.h"
#include "codec/savevm/lay_compile.h"
#include "codec/savevm/leg_wire.h"

static uint64_t add(uint64_t a, uint64_t b)
{
    return a > GUESS_ANY - b ? GUESS_ANY : a + b;
}

static uint64_t multiply(uint64_t a, uint64_t b)
{
    return a != 0 && b > GUESS_ANY / a ? GUESS_ANY : a * b;
}

struct guess_range guess_plus(struct guess_range a, struct guess_range b)
{
    const struct guess_range sum = {add(a.min, b.min), add(a.max, b.max)};

    return sum;
}

struct guess_range guess_times(struct guess_range a, uint32_t min, uint32_t max)
{
    struct guess_range product = {multiply(a.min, min), multiply(a.max, max)};

    if (max == MOD_VARIES && a.max > 0) {
        product.max = GUESS_ANY;
    }
    return product;
}

static struct guess_range type_range(const struct guess_sizes *sizes, uint32_t type)
{
    return sizes->types[type - sizes->module->types];
}

struct guess_range guess_element(const struct guess_sizes *sizes, const struct mod_field *field)
{
    struct guess_range range = {0, 0};

    switch ((enum mod_op)field->op) {
    case MOD_INT:
    case MOD_BOOL:
    case MOD_OCTETS:
        range.min = field->size == MOD_VARIES ? 0 : field->size;
        range.max = field->size == MOD_VARIES ? GUESS_ANY : field->size;
        break;
    case MOD_STRUCT:
        range = type_range(sizes, field->type);
        if (field->is_subsection) {
            uint64_t head = LAY_SUBSECTION_HEAD_LEN + mod_string(sizes->set, field->name).len;

            range.min = add(range.min, head);
            range.max = add(range.max, head);
        }
        if (field->nullable) {
            range.min = range.min < 1 ? range.min : 1;
            range.max = range.max > 1 ? range.max : 1;
        }
        break;
    case MOD_LIST:
        range.min = LAY_MARKER_LEN;
        range.max = GUESS_ANY;
        break;
    case MOD_TREE:
        range.min = LAY_TREE_COUNT_LEN + LAY_MARKER_LEN;
        range.max = GUESS_ANY;
        break;
    case MOD_UNSEEN:
        break; /* never there: see mod_guess.h */
    }
    return range;
}

struct guess_range guess_present(const struct guess_sizes *sizes, const struct mod_field *field)
{
    struct guess_range element = guess_element(sizes, field);

    if (!field->is_array) {
        return element;
    }
    return guess_times(element, field->min > 0 || field->max == 0 ? field->min : 1, field->max);
}

/* Measures a type of which all structs inside have been measured. */
static bool measure_type(struct guess_sizes *sizes, uint32_t index, const bool *seen,
                         struct arena *arena, struct err *err)
{
    const struct mod_type *type = &sizes->set->types[sizes->module->types + index];
    struct guess_range *rests =
        arena_array(arena, (size_t)type->field_count + 1, sizeof(*rests), err);

    if (rests == NULL) {
        return false;
    }
    sizes->plain[index] = true;
    for (uint32_t i = type->field_count; i-- > 0;) {
        const struct mod_field *field = &sizes->set->fields[type->fields + i];
        struct guess_range present = guess_present(sizes, field);
        bool is_struct = field->op == MOD_STRUCT && guess_kind(sizes, field) == MOD_KIND_HOLE;

        if (field->tag != MOD_NO_TAG) {
            present.min = 0;
        }
        if (field->is_subsection && !seen[field - sizes->first]) {
            present.max = 0;
        }
        rests[i] = guess_plus(present, rests[i + 1]);
        if (field->tag != MOD_NO_TAG ||
            (is_struct && !sizes->plain[field->type - sizes->module->types])) {
            sizes->plain[index] = false;
        }
    }
    sizes->types[index] = rests[0];
    sizes->rests[index] = rests;
    return true;
}

/* Finds a struct in a field, from struct to struct: its key (first), or its elements. */
static bool inner(const struct guess_sizes *sizes, const struct mod_field *field, bool key,
                  uint32_t *index)
{
    uint32_t type = key ? field->key : field->type;

    if ((key && field->op != MOD_TREE) || type == MOD_NONE) {
        return false;
    }
    *index = type - sizes->module->types;
    return field->op == MOD_STRUCT || field->op == MOD_LIST || field->op == MOD_TREE;
}

bool guess_is_head(const struct mod_set *set, const struct mod_field *field, struct span s)
{
    struct span name = mod_string(set, field->name);

    return s.len >= LAY_SUBSECTION_HEAD_LEN + name.len && s.p[0] == LEG_SUBSECTION &&
           s.p[1] == name.len && memcmp(s.p + 2, name.p, name.len) == 0 &&
           leg_get_be32(s.p + 2 + name.len) == set->types[field->type].version;
}

/* Notes where a head stands. */
static bool add_head(struct guess_sizes *sizes, size_t at, struct arena *arena, struct err *err)
{
    enum { FIRST = 16 };

    if (sizes->head_count == MOD_GUESS_HEADS_MAX) {
        return err_set(err, ERR_LIMIT, "more than %d subsections", MOD_GUESS_HEADS_MAX);
    }
    if (sizes->head_count % FIRST == 0 && (sizes->head_count & (sizes->head_count - 1)) == 0) {
        uint32_t room = sizes->head_count == 0 ? FIRST : sizes->head_count * 2;
        size_t *more = arena_array(arena, room, sizeof(*more), err);

        if (more == NULL) {
            return false;
        }
        if (sizes->head_count > 0) {
            memcpy(more, sizes->heads, sizes->head_count * sizeof(*more));
        }
        sizes->heads = more;
    }
    sizes->heads[sizes->head_count++] = at;
    return true;
}

/* Finds the heads of subsections in the payload; seen says of which. */
static bool find_heads(struct guess_sizes *sizes, struct span payload, bool *seen,
                       struct arena *arena, struct err *err)
{
    bool lengths[LAY_NAME_MAX + 1] = {false}; /* of names of subsections */

    sizes->heads = NULL;
    sizes->head_count = 0;
    for (uint32_t i = 0; i < sizes->field_count; i++) {
        size_t len = mod_string(sizes->set, sizes->first[i].name).len;

        if (sizes->first[i].is_subsection && len <= LAY_NAME_MAX) {
            lengths[len] = true;
        }
    }
    for (size_t at = 0; at < payload.len; at++) {
        const uint8_t *found = memchr(payload.p + at, LEG_SUBSECTION, payload.len - at);
        bool is_head = false;

        if (found == NULL) {
            return true;
        }
        at = (size_t)(found - payload.p);
        for (uint32_t i = 0;
             at + 1 < payload.len && lengths[payload.p[at + 1]] && i < sizes->field_count; i++) {
            if (sizes->first[i].is_subsection &&
                guess_is_head(sizes->set, &sizes->first[i], span_from(payload, at))) {
                seen[i] = true;
                is_head = true;
            }
        }
        if (is_head && !add_head(sizes, at, arena, err)) {
            return false;
        }
    }
    return true;
}

/* A struct whose parts are being measured. */
struct measure {
    uint32_t type; /* index in the module */
    uint32_t at;   /* the field to look at next */
};

/* Measures all types, those inside of others first. */
static bool measure(struct guess_sizes *sizes, const bool *seen, struct arena *arena,
                    struct err *err)
{
    const struct mod_module *module = sizes->module;
    struct measure stack[LAY_DEPTH_MAX] = {{module->root - module->types, 0}};
    uint32_t depth = 1;

    while (depth > 0) {
        struct measure *top = &stack[depth - 1];
        const struct mod_type *type = &sizes->set->types[module->types + top->type];
        uint32_t index;

        if (top->at == type->field_count * 2) {
            if (!measure_type(sizes, top->type, seen, arena, err)) {
                return false;
            }
            depth--;
            continue;
        }
        top->at++;
        if (inner(sizes, &sizes->set->fields[type->fields + (top->at - 1) / 2], top->at % 2 == 1,
                  &index) &&
            sizes->rests[index] == NULL) {
            if (depth == LAY_DEPTH_MAX) {
                return err_set(err, ERR_LIMIT, "structs nest deeper than %d", LAY_DEPTH_MAX);
            }
            stack[depth].type = index;
            stack[depth++].at = 0;
        }
    }
    return true;
}

static uint64_t mark(struct span name)
{
    uint64_t hash = name.len;

    for (size_t i = 0; i < name.len; i++) {
        hash = guess_mix(hash, name.p[i]);
    }
    return hash;
}

/* Finds the fields that count others. */
static void find_counters(struct guess_sizes *sizes)
{
    for (uint32_t t = 0; t < sizes->module->type_count; t++) {
        const struct mod_type *type = &sizes->set->types[sizes->module->types + t];
        const struct mod_field *fields = &sizes->set->fields[type->fields];
        uint32_t from = (uint32_t)(fields - sizes->first);

        for (uint32_t i = 0; i < type->field_count; i++) {
            uint32_t by = 0;

            while (fields[i].by != MOD_EMPTY && fields[by].ident != fields[i].by) {
                by++;
            }
            sizes->counters[from + i] = fields[i].by != MOD_EMPTY ? from + by : MOD_NONE;
        }
    }
}

bool guess_sizes_make(struct guess_sizes *sizes, const struct mod_set *set,
                      const struct mod_module *module, struct span payload, struct arena *arena,
                      struct err *err)
{
    const struct mod_type *last = &set->types[module->types + module->type_count - 1];
    uint32_t first = set->types[module->types].fields;
    bool *seen;

    sizes->set = set;
    sizes->module = module;
    sizes->first = &set->fields[first];
    sizes->field_count = last->fields + last->field_count - first;
    sizes->types = arena_array(arena, module->type_count, sizeof(*sizes->types), err);
    sizes->rests = arena_array(arena, module->type_count, sizeof(*sizes->rests), err);
    sizes->plain = arena_array(arena, module->type_count, sizeof(*sizes->plain), err);
    sizes->kinds = arena_array(arena, sizes->field_count, sizeof(*sizes->kinds), err);
    sizes->marks = arena_array(arena, sizes->field_count, sizeof(*sizes->marks), err);
    sizes->type_marks = arena_array(arena, module->type_count, sizeof(*sizes->type_marks), err);
    sizes->counters = arena_array(arena, sizes->field_count, sizeof(*sizes->counters), err);
    seen = arena_array(arena, sizes->field_count, sizeof(*seen), err);
    if (sizes->types == NULL || sizes->rests == NULL || sizes->plain == NULL ||
        sizes->kinds == NULL || sizes->marks == NULL || sizes->type_marks == NULL ||
        sizes->counters == NULL || seen == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < sizes->field_count; i++) {
        sizes->kinds[i] = mod_kind_of(mod_string(set, sizes->first[i].type_name),
                                      sizes->first[i].op == MOD_OCTETS);
        sizes->marks[i] = mark(mod_string(set, sizes->first[i].type_name));
    }
    for (uint32_t i = 0; i < module->type_count; i++) {
        sizes->type_marks[i] = mark(mod_string(set, set->types[module->types + i].vmsd));
    }
    find_counters(sizes);
    return find_heads(sizes, payload, seen, arena, err) && measure(sizes, seen, arena, err);
}
