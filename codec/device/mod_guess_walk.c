/*
 * mod_guess_walk.c - one trial: lays a payload under a module, from its first octet to its last.
 *
 * Where the payload itself says what stands there (the head of a subsection, the marker of a list)
 * it is believed. Where only the length can tell, the alternatives that the length allows are
 * counted; if there are several, that is a choice, and the next pick says which one. So a trial
 * depends on its picks alone, and all trials together are an odometer:
 *
 *     picks   0/2 0/2 0/3  ->  0/2 0/2 1/3  ->  0/2 0/2 2/3  ->  0/2 1/2  ->  1/2 0/2 0/3 ...
 *
 * The digits behind the one that was raised are forgotten: another choice may lie there now.
 */
#include "codec/base/err.h"
#include "codec/device/mod_guessing.h"
#include "codec/savevm/lay_compile.h"
#include "codec/savevm/leg_wire.h"

enum {
    PCI_CONFIG = 256,     /* octets of a configuration that is not PCI Express */
    JUDGED_PER_STEP = 64, /* octets that are looked at in the time of a step */

    NULL_MARKER = 0x30, /* a null pointer: '0', QEMU 7.2 migration/vmstate-types.c */

    /* Costs, in bits: what a reader of the payload would have to be told. */
    COST_MAX = 65536, /* octets of one field that cost */
    COST_LENIENT = 8, /* an octet that QEMU does not write */
    COST_ODD = 8,     /* a PCI Express configuration that is too short */
    COST_NO_NULL = 2, /* a struct that begins with the octet of a null pointer */
};

static const struct mod_field *field_at(const struct guess_walk *w, const struct guess_level *level)
{
    return &w->sizes->set->fields[level->type->fields + level->at];
}

/* Adds a number to the outline. */
static void draw(struct guess_walk *w, uint64_t v)
{
    w->outline = guess_mix(w->outline, v);
}

/* Adds what a field is, but for its name, and the numbers that were found for it. */
static void draw_field(struct guess_walk *w, const struct mod_field *field, uint32_t count,
                       uint32_t size)
{
    draw(w, w->sizes->marks[field - w->sizes->first]);
    draw(w, (uint64_t)field->op << 32 | field->tag);
    draw(w, (uint64_t)count << 32 | size);
}

static uint32_t index_of(const struct guess_walk *w, const struct mod_type *type)
{
    return (uint32_t)(type - w->sizes->set->types) - w->sizes->module->types;
}

/* Whether n octets behind the cursor leave as many as range says. */
static bool leaves(const struct guess_walk *w, struct guess_range n, struct guess_range range)
{
    return guess_fits(guess_plus(n, range), guess_left(w));
}

/* Makes a choice among count alternatives. */
static bool choose(struct guess_walk *w, uint32_t count, uint32_t *pick)
{
    struct guess_pick *at = &w->picks[w->pick_at];

    if (w->pick_at == w->pick_count) {
        if (w->pick_count == MOD_GUESS_CHOICES_MAX) {
            w->exhausted = true;
            return false;
        }
        at->pick = 0;
        at->count = count;
        at->first = w->count_count;
        w->pick_count++;
    }
    *pick = at->pick;
    w->pick_at++;
    return true;
}

bool guess_walk_next(struct guess_walk *w)
{
    for (w->pick_count = w->pick_at; w->pick_count > 0; w->pick_count--) {
        struct guess_pick *last = &w->picks[w->pick_count - 1];

        if (++last->pick < last->count) {
            return true;
        }
        w->count_count = last->first;
    }
    return false;
}

/* Begins a struct whose payload is followed by as many octets as behind says. */
static bool push(struct guess_walk *w, uint32_t index, struct guess_range behind)
{
    struct guess_level *level = &w->levels[w->depth];

    if (w->depth == LAY_DEPTH_MAX) {
        w->exhausted = true;
        return false;
    }
    level->type = &w->sizes->set->types[index];
    level->at = 0;
    level->field = NULL;
    level->behind = behind;
    level->numbers = w->number_count;
    if (!leaves(w, guess_rest(w->sizes, level->type, 0), behind)) {
        return false;
    }
    draw(w, w->sizes->type_marks[index_of(w, level->type)]);
    draw(w, level->type->version);
    w->depth++;
    return w->build == NULL || guess_types_open(w->build, w->err);
}

/* Ends the innermost struct. What an element of an array says is of no use to what follows. */
static bool pop(struct guess_walk *w)
{
    const struct guess_level *level = &w->levels[--w->depth];
    uint32_t index = index_of(w, level->type);

    draw(w, w->depth);
    if (!guess_price(w, level->type, w->uniform && w->priced[index])) {
        return false;
    }
    w->priced[index] = true;
    if (w->depth > 0 && (level[-1].field->is_array || level[-1].field->op != MOD_STRUCT)) {
        w->number_count = level->numbers;
    }
    return guess_fits(level->behind, guess_left(w)) &&
           (w->build == NULL || guess_types_close(w->build, level->type, w->err));
}

/* Gives the integer that counts a field; false: there is none. */
static bool is_counted(const struct guess_walk *w, const struct mod_field *field, uint64_t *number)
{
    uint32_t by = w->sizes->counters[field - w->sizes->first];

    *number = by != MOD_NONE ? w->values[by] : 0;
    return by != MOD_NONE;
}

/* Decides whether an optional field is there. */
static bool decide(struct guess_walk *w, const struct mod_field *field, struct guess_range behind,
                   bool *present)
{
    uint8_t *known = &w->presence[field - w->sizes->first];
    bool may_be = field->op != MOD_UNSEEN && leaves(w, guess_present(w->sizes, field), behind);
    bool may_not = guess_fits(behind, guess_left(w));
    uint64_t number;
    uint32_t pick;

    if (is_counted(w, field, &number)) {
        may_be = may_be && number != 0;
        may_not = may_not && number == 0;
    } else if (w->uniform) {
        may_be = may_be && *known != GUESS_ABSENT;
        may_not = may_not && *known != GUESS_PRESENT;
    }
    pick = may_be ? 0 : 1;
    if (!may_be && !may_not) {
        return false;
    }
    if (may_be && may_not && !choose(w, 2, &pick)) {
        return false;
    }
    *present = pick == 0;
    *known = *present ? GUESS_PRESENT : GUESS_ABSENT;
    return true;
}

/* Takes the number that an earlier struct has for the field. */
static bool count_again(struct guess_walk *w, const struct mod_field *field, uint32_t *count)
{
    uint8_t *uses = &w->uses[field - w->sizes->first];

    *count = w->found[field - w->sizes->first] - 1;
    if (*uses == GUESS_FREELY) {
        return true;
    }
    if (*uses == 0) {
        return false;
    }
    --*uses;
    w->uses_left--;
    return true;
}

/* Chooses a number of units; in later trials the alternatives are still there. */
static bool count_newly(struct guess_walk *w, const struct mod_field *field,
                        struct guess_range unit, struct guess_range behind,
                        struct guess_count *chosen)
{
    struct guess_count *list = &w->counts[w->count_count];
    bool known = w->pick_at < w->pick_count;
    uint32_t count = known ? w->picks[w->pick_at].count : 0;
    uint32_t pick;

    if (known && !w->again) {
        list = &w->counts[w->picks[w->pick_at].first];
    } else {
        if (w->count_count + MOD_GUESS_COUNTS_MAX > MOD_GUESS_COUNTED_MAX) {
            w->exhausted = true;
            return false;
        }
        count = guess_counts(w, field, unit, behind, list);
    }
    if (count == 0 || !choose(w, count, &pick)) {
        return false;
    }
    w->count_count += known && !w->again ? 0 : count;
    *chosen = list[pick];
    return true;
}

/* Finds the number of units, of elements or octets, that fill a field. */
static bool count_units(struct guess_walk *w, const struct mod_field *field,
                        struct guess_range unit, struct guess_range behind, uint32_t *count)
{
    size_t index = (size_t)(field - w->sizes->first);
    struct guess_count chosen;
    uint64_t number;

    if (is_counted(w, field, &number)) { /* QEMU describes no array of none */
        *count = (uint32_t)number;
        return number <= guess_left(w) &&
               (!field->is_array || (number > 0 && number >= field->min && number <= field->max)) &&
               leaves(w, guess_times(unit, *count, *count), behind);
    }
    if (w->uniform && w->found[index] > 0) {
        return count_again(w, field, count) && leaves(w, guess_times(unit, *count, *count), behind);
    }
    if (!count_newly(w, field, unit, behind, &chosen)) {
        return false;
    }
    *count = chosen.count;
    w->found[index] = chosen.count + 1;
    w->uses[index] = chosen.uses;
    if (chosen.uses != GUESS_FREELY) {
        w->uses[index]--;
        w->uses_left += w->uses[index];
    }
    w->cost += chosen.cost;
    return true;
}

/* Whether octets are such as QEMU writes for leaves of that kind; else what that costs. */
static bool judge(struct guess_walk *w, const struct mod_field *field, struct span s)
{
    uint8_t kind = guess_kind(w->sizes, field);
    uint64_t odd = 0;

    if (field->op == MOD_BOOL) {
        for (size_t i = 0; i < s.len; i++) {
            odd += s.p[i] > 1;
        }
    } else if (field->op == MOD_INT && kind == MOD_KIND_TIMER) {
        for (size_t i = 0; i + 8 <= s.len; i += 8) {
            odd += (s.p[i] & 0x80) != 0 && leg_get_be64(s.p + i) != UINT64_MAX;
        }
    } else if (field->op == MOD_OCTETS && kind == MOD_KIND_UNUSED) {
        for (size_t i = 0; i < s.len; i++) {
            odd += s.p[i] != 0;
        }
    }
    w->steps += s.len / JUDGED_PER_STEP;
    w->cost += (uint32_t)(odd < COST_MAX ? odd : COST_MAX) * COST_LENIENT;
    return odd == 0 || w->lenient;
}

/* Keeps an integer, which may be the number of elements of an array further on. */
static void remember(struct guess_walk *w, const struct mod_field *field, struct span s)
{
    uint64_t v = 0;

    for (size_t i = 0; i < s.len; i++) {
        v = v << 8 | s.p[i];
    }
    w->numbers[w->number_count++ % MOD_GUESS_NUMBERS_MAX] = v;
    w->values[field - w->sizes->first] = v;
}

enum mod_telling guess_opaque(struct guess_walk *w, const struct mod_field *field, size_t at,
                              uint32_t *len, size_t *tail)
{
    struct mod_measured m;
    enum mod_telling telling =
        mod_measure(guess_kind(w->sizes, field), span_from(w->payload, at), w->config, &m);

    w->steps += m.steps;
    *len = (uint32_t)m.len;
    *tail = at + (size_t)m.tail;
    return telling;
}

/* Finds the octets of each of count elements. */
static bool find_size(struct guess_walk *w, const struct mod_field *field, uint32_t count,
                      struct guess_range behind, uint32_t *size)
{
    const struct guess_range all = {count, count};
    size_t tail;

    switch (count == 1 ? guess_opaque(w, field, w->at, size, &tail) : MOD_SILENT) {
    case MOD_TELLS:
        return true;
    case MOD_NEVER:
        return false;
    case MOD_SILENT:
        break;
    }
    return count_units(w, field, all, behind, size);
}

static bool lay_leaf(struct guess_walk *w, struct guess_level *level, const struct mod_field *field,
                     struct guess_range behind)
{
    struct guess_range unit = guess_element(w->sizes, field);
    uint32_t count = field->is_array ? field->min : 1;
    uint32_t size = field->size;
    struct span s;

    if (field->is_array && field->min != field->max &&
        !count_units(w, field, unit, behind, &count)) {
        return false;
    }
    if (size == MOD_VARIES && !find_size(w, field, count, behind, &size)) {
        return false;
    }
    if ((uint64_t)count * size > guess_left(w)) {
        return false;
    }
    s = span_of(w->payload.p + w->at, (size_t)count * size);
    if (w->head < w->sizes->head_count && w->sizes->heads[w->head] < w->at + s.len) {
        return false; /* a subsection would be part of it */
    }
    if (!judge(w, field, s)) {
        return false;
    }
    if (field->op == MOD_INT && !field->is_array) {
        remember(w, field, s);
    } else if (guess_kind(w->sizes, field) == MOD_KIND_PCI_CONFIG) {
        w->config = s;
        w->cost += s.len == PCI_CONFIG && mod_is_express(s) ? COST_ODD : 0;
    }
    draw_field(w, field, count, size);
    w->at += s.len;
    level->at++;
    return w->build == NULL || guess_types_leaf(w->build, field, count, size, w->err);
}

/* Goes on with the next subsection that stands in the payload, or to the end of the struct. */
static bool begin_subsection(struct guess_walk *w, struct guess_level *level)
{
    const struct mod_field *fields = &w->sizes->set->fields[level->type->fields];
    uint8_t *presence = &w->presence[fields - w->sizes->first];
    uint32_t found[MOD_GUESS_COUNTS_MAX]; /* two of one name there are, but not more */
    uint32_t count = 0;
    uint32_t pick = 0;

    w->steps += level->type->field_count - level->at;
    memset(presence + level->at, GUESS_ABSENT, level->type->field_count - level->at);
    for (; level->at < level->type->field_count && count < MOD_GUESS_COUNTS_MAX; level->at++) {
        if (field_at(w, level)->is_subsection &&
            guess_is_head(w->sizes->set, field_at(w, level), span_from(w->payload, w->at))) {
            found[count++] = level->at;
        }
    }
    if (count == 0) {
        level->at = level->type->field_count;
        return true;
    }
    if (count > 1 && !choose(w, count, &pick)) {
        return false;
    }
    level->at = found[pick];
    presence[level->at] = GUESS_PRESENT;
    level->field = field_at(w, level);
    level->within = guess_plus(guess_rest(w->sizes, level->type, level->at + 1), level->behind);
    level->element = 0;
    level->count = 1;
    level->begin = w->at;
    w->head++;
    w->at += LAY_SUBSECTION_HEAD_LEN + mod_string(w->sizes->set, level->field->name).len;
    return true;
}

/* Begins a field of structs. */
static bool begin_row(struct guess_walk *w, struct guess_level *level,
                      const struct mod_field *field, struct guess_range behind)
{
    level->count = field->is_array ? field->min : 1;
    level->begin = w->at;
    if (field->op == MOD_STRUCT && field->is_array && field->min != field->max &&
        !count_units(w, field, guess_element(w->sizes, field), behind, &level->count)) {
        return false;
    }
    if (field->op == MOD_TREE) {
        if (guess_left(w) < LAY_TREE_COUNT_LEN) {
            return false;
        }
        level->count = leg_get_be32(w->payload.p + w->at);
        w->at += LAY_TREE_COUNT_LEN;
        if (level->count > guess_left(w)) {
            return false;
        }
    }
    level->field = field;
    level->within = behind;
    level->element = 0;
    return true;
}

static bool begin_field(struct guess_walk *w, struct guess_level *level)
{
    const struct mod_field *field = field_at(w, level);
    struct guess_range behind =
        guess_plus(guess_rest(w->sizes, level->type, level->at + 1), level->behind);
    bool present = true;

    if (field->is_subsection) {
        return begin_subsection(w, level);
    }
    if (field->tag != MOD_NO_TAG && !decide(w, field, behind, &present)) {
        return false;
    }
    if (!present || (field->is_array && field->max == 0)) {
        level->at++;
        return true;
    }
    switch ((enum mod_op)field->op) {
    case MOD_INT:
    case MOD_BOOL:
    case MOD_OCTETS:
        return lay_leaf(w, level, field, behind);
    case MOD_STRUCT:
    case MOD_LIST:
    case MOD_TREE:
        return begin_row(w, level, field, behind);
    case MOD_UNSEEN:
        break;
    }
    return false;
}

static bool end_row(struct guess_walk *w, struct guess_level *level)
{
    const struct mod_field *field = level->field;

    if (field->op == MOD_LIST && (level->element < field->min || level->element > field->max)) {
        return false;
    }
    draw_field(w, field, level->element, 0);
    level->field = NULL;
    level->at++;
    return w->build == NULL ||
           guess_types_row(w->build, field, level->element, w->at - level->begin, w->err);
}

/* Takes a marker; *more: it is the one before an element. */
static bool take_marker(struct guess_walk *w, bool *more)
{
    if (guess_left(w) == 0 || w->payload.p[w->at] > 1) {
        return false;
    }
    *more = w->payload.p[w->at++] == 1;
    return true;
}

/* Goes on with a list or a tree. */
static bool next_item(struct guess_walk *w, struct guess_level *level)
{
    const struct guess_range markers = {LAY_MARKER_LEN, GUESS_ANY};
    struct guess_range behind = guess_plus(markers, level->within);
    const struct mod_field *field = level->field;
    bool keyed = field->op == MOD_TREE && field->key != MOD_NONE;
    uint32_t index = field->type;
    bool more = true;

    if (keyed && level->element % 2 == 1) {
        level->element++;
        return push(w, index, behind);
    }
    if (!take_marker(w, &more)) {
        return false;
    }
    if (field->op == MOD_TREE && more != (level->element / (keyed ? 2 : 1) < level->count)) {
        return false;
    }
    if (!more) {
        return end_row(w, level);
    }
    if (field->op == MOD_TREE && !keyed) {
        if (guess_left(w) < LAY_TREE_KEY_LEN) {
            return false;
        }
        w->at += LAY_TREE_KEY_LEN;
    }
    level->element++;
    return push(w, keyed ? field->key : index, behind);
}

/* Goes on with an array of structs, or one struct. */
static bool next_element(struct guess_walk *w, struct guess_level *level)
{
    const struct mod_field *field = level->field;
    const struct guess_range null = {1, 1};
    uint32_t left = level->count - level->element;
    struct guess_range behind;
    uint32_t pick = 1;

    if (left == 0) {
        return end_row(w, level);
    }
    behind =
        guess_plus(guess_times(guess_element(w->sizes, field), left - 1, left - 1), level->within);
    level->element++;
    if (field->nullable && guess_left(w) > 0 && w->payload.p[w->at] == NULL_MARKER &&
        leaves(w, null, behind)) {
        pick = 0;
        if (leaves(w, guess_rest(w->sizes, &w->sizes->set->types[field->type], 0), behind) &&
            !choose(w, 2, &pick)) {
            return false;
        }
        w->cost += pick == 0 ? 0 : COST_NO_NULL;
    }
    if (pick == 0) {
        draw(w, NULL_MARKER);
        w->at++;
        return w->build == NULL || guess_types_null(w->build, w->err);
    }
    return push(w, field->type, behind);
}

bool guess_walk_run(struct guess_walk *w)
{
    const struct guess_range nothing = {0, 0};

    w->at = 0;
    w->depth = 0;
    w->pick_at = 0;
    w->number_count = 0;
    w->head = 0;
    w->config = span_of(NULL, 0);
    w->cost = 0;
    w->outline = 0;
    w->exhausted = false;
    memset(w->presence, GUESS_UNDECIDED, w->sizes->field_count);
    memset(w->found, 0, w->sizes->field_count * sizeof(*w->found));
    w->uses_left = 0;
    w->count_count = w->again ? 0 : w->count_count;
    w->steps += w->sizes->field_count / JUDGED_PER_STEP;
    memset(w->priced, 0, w->sizes->module->type_count * sizeof(*w->priced));
    if (!push(w, w->sizes->module->root, nothing)) {
        return false;
    }
    while (w->depth > 0) {
        struct guess_level *level = &w->levels[w->depth - 1];
        bool ok;

        if (w->steps++ >= w->steps_max) {
            w->exhausted = true;
            return false;
        }
        if (level->field != NULL) {
            ok = level->field->op == MOD_STRUCT ? next_element(w, level) : next_item(w, level);
        } else if (level->at < level->type->field_count) {
            ok = begin_field(w, level);
        } else {
            ok = pop(w);
        }
        if (!ok) {
            return false;
        }
    }
    return w->uses_left == 0;
}
