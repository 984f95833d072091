/*
 * map_read.c - one reading of a blob: structs and rows; see map_reading.h.
 *
 * Functions here call themselves for structs inside structs, which the map bounds (MAP_DEPTH_MAX),
 * not the blob.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "codec/savevm/leg_wire.h"
#include "compat/map_reading.h"

static const struct map_row *rows_of(const struct map_reading *r, const struct map_type *type)
{
    return &r->set->rows[type->rows];
}

static size_t left(const struct map_reading *r)
{
    return r->end - r->at;
}

static bool step(struct map_reading *r)
{
    if (r->steps == 0) {
        return map_bound(r, "more rows than a blob of its size may have");
    }
    r->steps--;
    r->row_number++;
    return true;
}

const struct map_rule *map_find_rule(const struct map_set *set, const struct map_row *row,
                                     enum map_rule_op op)
{
    for (uint32_t i = 0; i < row->rule_count; i++) {
        if (set->rules[row->rules + i].op == (uint8_t)op) {
            return &set->rules[row->rules + i];
        }
    }
    return NULL;
}

/* Computes what a rule says on its left; all that it asks for must be there. */
static bool number_of(struct map_reading *r, const struct map_rule *rule, uint64_t *out)
{
    switch (map_eval(r, rule->left, rule->left_count, out)) {
    case MAP_KNOWN:
        return true;
    case MAP_ABSENT:
        return map_misfit(r, r->at, "what says its size is not there");
    case MAP_WRONG:
        break;
    }
    return false;
}

static bool take(struct map_reading *r, uint64_t octets)
{
    if (octets > left(r)) {
        return map_misfit(r, r->at, "expected %" PRIu64 " octets, found %zu and the end", octets,
                          left(r));
    }
    r->at += (size_t)octets;
    return true;
}

static uint64_t load(const uint8_t *p, uint32_t size, bool little)
{
    uint64_t v = 0;

    for (uint32_t i = 0; i < size; i++) {
        v = v << 8 | p[little ? size - 1 - i : i];
    }
    return v;
}

/* Finds out the order of the host where it is first asked for. */
static bool find_order(struct map_reading *r, const struct map_row *row)
{
    const struct map_rule *magic = map_find_rule(r->set, row, MAP_RULE_MAGIC);
    bool second = false;

    if (r->host != MAP_HOST || left(r) < row->size) {
        return true;
    }
    if (magic != NULL) {
        second = load(r->blob.p + r->at, row->size, true) != magic->number;
    } else if (!map_choose(r, &second)) {
        return false;
    }
    r->host = second ? MAP_BIG : MAP_LITTLE;
    return true;
}

/* What rules say of a number. */
static bool check_number(struct map_reading *r, const struct map_row *row, size_t offset,
                         uint64_t v)
{
    for (uint32_t i = 0; i < row->rule_count; i++) {
        const struct map_rule *rule = &r->set->rules[row->rules + i];

        if (rule->op == MAP_RULE_MAGIC && v != rule->number) {
            return map_misfit(r, offset,
                              "expected %" PRIu64 " (0x%" PRIx64 "), found %" PRIu64 " (0x%" PRIx64
                              ")",
                              rule->number, rule->number, v, v);
        }
        if (rule->op == MAP_RULE_MAX && v > rule->number) {
            return map_misfit(r, offset, "expected %" PRIu64 " at most, found %" PRIu64,
                              rule->number, v);
        }
    }
    return true;
}

/* Reads one integer. */
static bool read_int(struct map_reading *r, const struct map_row *row, uint64_t *out)
{
    size_t offset = r->at;
    bool little = row->order == MAP_LITTLE;

    if (row->order == MAP_HOST) {
        if (!find_order(r, row)) {
            return false;
        }
        little = r->host == MAP_LITTLE;
    }
    if (!take(r, row->size)) {
        return false;
    }
    *out = load(r->blob.p + offset, row->size, little);
    return row->rule_count == 0 || check_number(r, row, offset, *out);
}

static bool has_number_rule(const struct map_reading *r, const struct map_row *row)
{
    return map_find_rule(r->set, row, MAP_RULE_MAGIC) != NULL ||
           map_find_rule(r->set, row, MAP_RULE_MAX) != NULL;
}

static bool read_int_array(struct map_reading *r, struct map_frame *frame,
                           const struct map_row *row, uint64_t count)
{
    if (row->order == MAP_HOST && !find_order(r, row)) {
        return false;
    }
    if (!has_number_rule(r, row)) {
        return take(r, count * row->size);
    }
    frame->in_array = true;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t v;

        frame->element = (uint32_t)i;
        if (!read_int(r, row, &v)) {
            return false;
        }
    }
    frame->in_array = false;
    return true;
}

/* Octets that the rows behind one of a struct take in any case. */
static uint64_t behind(const struct map_reading *r, const struct map_frame *frame)
{
    const struct map_row *rows = rows_of(r, frame->type);
    uint64_t sum = 0;

    for (uint32_t i = frame->row + 1; i < frame->type->row_count; i++) {
        if (rows[i].tag == MAP_NO_TAG && rows[i].size != MAP_VARIES) {
            sum += (uint64_t)rows[i].size * rows[i].count;
        }
    }
    return sum;
}

/* How many octets an OCTET STRING has. */
static bool octets_of(struct map_reading *r, const struct map_frame *frame,
                      const struct map_row *row, uint64_t *out)
{
    uint64_t more;

    if (row->size != MAP_VARIES) {
        *out = row->size;
        return true;
    }
    if (!row->rest) {
        return number_of(r, map_find_rule(r->set, row, MAP_RULE_LENGTH), out);
    }
    more = behind(r, frame);
    if (more > left(r)) {
        return map_misfit(r, r->at, "expected %" PRIu64 " octets, found %zu and the end", more,
                          left(r));
    }
    *out = left(r) - more;
    return true;
}

static bool read_octets(struct map_reading *r, const struct map_frame *frame,
                        const struct map_row *row, uint64_t count)
{
    size_t offset = r->at;
    uint64_t size;

    if (!octets_of(r, frame, row, &size) || !take(r, size * count)) {
        return false;
    }
    for (size_t i = offset; row->zero && i < r->at; i++) {
        if (r->blob.p[i] != 0) {
            return map_misfit(r, i, "expected 0, found %u", (unsigned)r->blob.p[i]);
        }
    }
    if (row->dont_care && r->mark != NULL && !map_mark_row(r, row, offset, size)) {
        return false;
    }
    return !r->build || map_type_leaf(r, row, (uint32_t)size, (uint32_t)count);
}

static bool read_struct(struct map_reading *r, uint32_t type, const struct map_map *map,
                        uint32_t *id);

/* Reads a struct whose size the row says, if it does. */
static bool read_sized(struct map_reading *r, const struct map_row *row, uint32_t *id)
{
    const struct map_rule *rule = map_find_rule(r->set, row, MAP_RULE_SIZE);
    size_t end = r->end;
    uint64_t size;

    if (rule == NULL) {
        return read_struct(r, row->type, NULL, id);
    }
    if (!number_of(r, rule, &size)) {
        return false;
    }
    if (size > left(r)) {
        return map_misfit(r, r->at, "expected %" PRIu64 " octets, found %zu and the end", size,
                          left(r));
    }
    r->end = r->at + (size_t)size;
    if (!read_struct(r, row->type, NULL, id)) {
        return false;
    }
    if (r->at != r->end) {
        return map_misfit(r, r->at, "expected the end, found %zu octets more", left(r));
    }
    r->end = end;
    return true;
}

static bool goes_on(const struct map_reading *r, const struct map_rule *rule)
{
    uint64_t v;

    if (left(r) < rule->width) {
        return false;
    }
    v = load(r->blob.p + r->at, rule->width, false);
    switch ((enum map_relation)rule->relation) {
    case MAP_EQ:
        return v == rule->number;
    case MAP_NE:
        return v != rule->number;
    default: /* the notation has no other */
        return (v & rule->number) != 0;
    }
}

/* Reads the elements of an array of structs; rule: while, or NULL and there are count. */
static bool read_structs(struct map_reading *r, struct map_frame *frame, const struct map_row *row,
                         const struct map_rule *rule, uint64_t count)
{
    const struct map_type *type = &r->set->types[row->type];
    uint32_t keep = r->value_count;
    uint32_t first = 0; /* of the elements that have the same type as the last */
    uint32_t same = 0;
    uint32_t i = 0;

    if (rule == NULL && type->is_plain && !r->build && r->mark == NULL) {
        return take(r, count * type->size);
    }
    frame->in_array = true;
    for (; rule != NULL ? goes_on(r, rule) : i < count; i++) {
        uint32_t id = 0;

        frame->element = i;
        if (!r->build && r->mark == NULL && i > 0 && type->is_closed && left(r) >= type->size &&
            memcmp(r->blob.p + r->at, r->blob.p + r->at - type->size, type->size) == 0) {
            r->at += type->size; /* it fits as the one before */
            continue;
        }
        if (!read_struct(r, row->type, NULL, &id)) {
            return false;
        }
        r->value_count = keep; /* no one asks for the rows of an element */
        if (r->build && id != same) {
            if (i > first && !map_type_structs(r, row, same, first, i - first)) {
                return false;
            }
            first = i;
            same = id;
        }
        if (r->build && rule == NULL && type->is_fixed) {
            r->at += (size_t)(count - 1) * type->size; /* they have been read before */
            i = (uint32_t)count - 1;
        }
    }
    frame->in_array = false;
    if (!r->build) {
        return true;
    }
    if (!map_type_structs(r, row, same, first, i - first)) {
        return false;
    }
    if (first == 0) {
        map_type_one_array(r);
    }
    return true;
}

/* Reads a row that is there; count: of its elements, unless while tells. */
static bool read_row(struct map_reading *r, struct map_frame *frame, const struct map_row *row,
                     uint64_t count)
{
    struct map_value *value = &r->values[frame->values + frame->row];
    uint32_t id = 0;

    switch ((enum map_op)row->op) {
    case MAP_INT:
        if (row->is_array) {
            if (!read_int_array(r, frame, row, count)) {
                return false;
            }
        } else {
            if (!read_int(r, row, &value->number)) {
                return false;
            }
            value->kind = MAP_VALUE_NUMBER;
        }
        return !r->build || map_type_leaf(r, row, row->size, (uint32_t)count);
    case MAP_BOOL:
        if (!take(r, count)) {
            return false;
        }
        if (r->trial != NULL && r->blob.p[r->at - 1] > 1) {
            return map_misfit(r, r->at - 1, "QEMU writes no such bool");
        }
        if (!row->is_array) {
            value->number = r->blob.p[r->at - 1];
            value->kind = MAP_VALUE_NUMBER;
        }
        return !r->build || map_type_leaf(r, row, row->size, (uint32_t)count);
    case MAP_OCTETS:
        return read_octets(r, frame, row, count);
    case MAP_STRUCT:
        if (row->is_array) {
            return read_structs(r, frame, row, map_find_rule(r->set, row, MAP_RULE_WHILE), count);
        }
        value->number = r->value_count; /* where those of the struct will be */
        if (!read_sized(r, row, &id)) {
            return false;
        }
        r->values[frame->values + frame->row].kind = MAP_VALUE_STRUCT; /* they may have moved */
        return !r->build || map_type_structs(r, row, id, 0, 1);
    }
    return false;
}

/* Whether the head of a subsection stands here; it is taken. */
static bool take_subsection(struct map_reading *r, const struct map_row *row)
{
    const struct map_type *type = &r->set->types[row->type];
    struct span name = map_string(r->set, type->vmsd);
    const uint8_t *p = r->blob.p + r->at;
    size_t head = 2 + name.len + 4;

    if (left(r) < head || p[0] != LEG_SUBSECTION || p[1] != name.len ||
        memcmp(p + 2, name.p, name.len) != 0 || leg_get_be32(p + 2 + name.len) != type->version) {
        return false;
    }
    r->at += head;
    return true;
}

/* Whether all that conditions ask for an OPTIONAL row holds. */
static bool ask_conditions(struct map_reading *r, const struct map_row *row, bool *there)
{
    *there = true;
    for (uint32_t i = 0; i < row->rule_count && *there; i++) {
        const struct map_rule *rule = &r->set->rules[row->rules + i];

        if (rule->op == MAP_RULE_FEATURE) {
            *there = map_has_feature(r, rule);
            continue;
        }
        if (rule->op != MAP_RULE_IF) {
            continue;
        }
        switch (map_holds(r, rule, there)) {
        case MAP_KNOWN:
            break;
        case MAP_ABSENT:
            *there = false;
            break;
        case MAP_WRONG:
            return false;
        }
    }
    return true;
}

static bool read_subsection(struct map_reading *r, const struct map_row *row)
{
    uint32_t id = 0;
    bool there;

    if (!ask_conditions(r, row, &there)) {
        return false;
    }
    if (!there || !take_subsection(r, row)) {
        return true;
    }
    return read_struct(r, row->type, NULL, &id) && (!r->build || map_type_subsection(r, row, id));
}

/* Finds out how many elements a row has; 0: it is not there. */
static bool count_elements(struct map_reading *r, const struct map_row *row, uint64_t *count)
{
    const struct map_rule *rule;
    uint64_t least;

    *count = row->count;
    if (row->count != MAP_VARIES) {
        return true;
    }
    rule = map_find_rule(r->set, row, MAP_RULE_WHILE);
    if (rule != NULL) {
        *count = goes_on(r, rule) ? 1 : 0; /* more are counted as they are read */
        return true;
    }
    if (!number_of(r, map_find_rule(r->set, row, MAP_RULE_COUNT), count)) {
        return false;
    }
    least = row->op == MAP_STRUCT ? r->set->types[row->type].min_size : row->size;
    if (*count > left(r) / least) {
        return map_misfit(r, r->at, "expected %" PRIu64 " elements, found room for %" PRIu64,
                          *count, left(r) / least);
    }
    return true;
}

/* Finds out whether the row is there, by everything that the notation has for it. */
static bool ask_row(struct map_reading *r, struct map_frame *frame, const struct map_row *row,
                    bool *there, uint64_t *count)
{
    bool left_out = false;

    *count = row->count;
    *there = true;
    if (row->tag != MAP_NO_TAG) {
        if (!ask_conditions(r, row, there)) {
            return false;
        }
        if (*there && row->fits) {
            frame->no_room = frame->no_room || left(r) < (size_t)row->size * row->count;
            *there = !frame->no_room;
        }
    }
    if (*there && row->is_array) {
        if (!count_elements(r, row, count)) {
            return false;
        }
        *there = *count > 0;
    }
    if (*there && row->maybe) {
        if (!map_choose(r, &left_out)) {
            return false;
        }
        *there = !left_out;
    }
    return true;
}

static bool find_pci(struct map_reading *r)
{
    struct span header = span_of(r->blob.p + r->at, left(r));

    return map_pci_read(header, &r->pci) ||
           map_misfit(r, r->at, "expected 256 octets of configuration space, found %zu", left(r));
}

static bool do_row(struct map_reading *r, struct map_frame *frame, const struct map_row *row)
{
    size_t offset = r->at;
    uint64_t count;
    bool left_out = false;
    bool there;

    if (!step(r) || (r->trial != NULL && !map_hint_row(r, row, &left_out))) {
        return false;
    }
    if (left_out) {
        return true;
    }
    if (row->is_subsection) {
        return read_subsection(r, row);
    }
    if (row->pci_config && !find_pci(r)) {
        return false;
    }
    if (!ask_row(r, frame, row, &there, &count)) {
        return false;
    }
    if (!there) {
        return true;
    }
    return read_row(r, frame, row, count) &&
           (row->rule_count == 0 || map_check_row(r, row, offset));
}

/* Makes room for the values of a struct's rows. */
static bool push_values(struct map_reading *r, uint32_t count)
{
    if (r->value_cap - r->value_count < count) {
        uint32_t cap = (r->value_count + count) * 2;
        struct map_value *more = realloc(r->values, cap * sizeof(*more));

        if (more == NULL) {
            (void)err_memory(r->why);
            return map_stop(r);
        }
        r->values = more;
        r->value_cap = cap;
    }
    memset(r->values + r->value_count, 0, count * sizeof(*r->values));
    r->value_count += count;
    return true;
}

static bool read_struct(struct map_reading *r, uint32_t type, const struct map_map *map,
                        uint32_t *id)
{
    const struct map_type *t = &r->set->types[type];
    struct map_frame frame = {t, r->frame, r->value_count, 0, 0, false, false};
    struct map_mark mark = map_type_begin(r);

    if (!push_values(r, t->row_count)) {
        return false;
    }
    r->frame = &frame;
    for (; frame.row < t->row_count; frame.row++) {
        if (!do_row(r, &frame, &r->set->rows[t->rows + frame.row])) {
            return false;
        }
    }
    r->frame = frame.outer;
    return !r->build || map_type_end(r, mark, t, map, id);
}

bool map_read_blob(struct map_reading *r, uint32_t map, bool build, uint32_t *id)
{
    bool ok;

    r->at = 0;
    r->end = r->blob.len;
    r->pci.size = 0;
    r->pci.msix_entries = 0;
    r->host = MAP_HOST;
    r->frame = NULL;
    r->value_count = 0;
    r->choice_at = 0;
    r->row_number = 0;
    r->build = build;
    r->making.field_count = 0;
    r->making.sub_count = 0;
    ok = read_struct(r, r->set->maps[map].type, &r->set->maps[map], id);
    r->frame = NULL; /* it is gone */
    if (ok && r->at != r->end) {
        return map_misfit(r, r->at, "expected the end, found %zu octets more", left(r));
    }
    return ok;
}
