/*
 * mod_guess_count.c - what a number that the stream does not say may be.
 *
 * QEMU does not write how many elements an array of varying length has: a field in front of it
 * holds the number, or the device's configuration does. So the integers in front are tried, nearest
 * first, then what the length of the payload leaves.
 */
#include "codec/device/mod_guessing.h"
#include "codec/savevm/lay_compile.h"
#include "codec/savevm/leg_wire.h"

enum {
    COST_NEAREST = 1,    /* bits, for the nearest integer in front */
    COST_FURTHER = 5,    /* for the next, and more for those further off */
    COST_SOLVED = 8,     /* no integer says it: for 0, and */
    COST_SOLVED_BIT = 2, /* for each bit of the number */
    SHARED_MAX = 4,      /* times that one field of unknown length is there */
    NUMBERS_TRIED = 12,  /* integers in front that could be it */
    RANGE_TRIED = 12,    /* numbers that are all tried */
    BITMAP_WORD = 64,    /* bits: QEMU 7.2 migration/vmstate-types.c, put_bitmap */
};

struct candidates {
    struct guess_walk *walk;
    struct guess_range unit;
    struct guess_range behind;
    uint64_t least;
    uint64_t most;
    struct guess_count *list;
    uint32_t count;
};

static void add(struct candidates *c, uint64_t n, uint32_t cost, uint8_t uses)
{
    struct guess_range all;

    if (n < c->least || n > c->most || c->count == MOD_GUESS_COUNTS_MAX) {
        return;
    }
    all = guess_plus(guess_times(c->unit, (uint32_t)n, (uint32_t)n), c->behind);
    if (!guess_fits(all, guess_left(c->walk))) {
        return;
    }
    for (uint32_t i = 0; i < c->count; i++) {
        if (c->list[i].count == n && c->list[i].uses == uses) {
            return;
        }
    }
    c->list[c->count].count = (uint32_t)n;
    c->list[c->count].uses = uses;
    c->list[c->count++].cost = cost;
}

/* Adds the integers in front, from the nearest to the furthest that is kept. */
static void add_numbers(struct candidates *c, bool is_bitmap)
{
    const struct guess_walk *w = c->walk;
    uint32_t cost = COST_FURTHER;

    for (uint32_t i = 0; i < w->number_count && i < MOD_GUESS_NUMBERS_MAX; i++) {
        uint64_t v = w->numbers[(w->number_count - 1 - i) % MOD_GUESS_NUMBERS_MAX];

        if (i == UINT32_C(1) << (cost - COST_FURTHER)) {
            cost++;
        }
        if (is_bitmap) {
            v = v / BITMAP_WORD * (BITMAP_WORD / 8) + (v % BITMAP_WORD != 0 ? BITMAP_WORD / 8 : 0);
        }
        if (c->count < NUMBERS_TRIED) {
            add(c, v, i == 0 ? COST_NEAREST : cost, GUESS_FREELY);
        }
    }
}

/* Adds a number that no integer says. */
static void add_unsaid(struct candidates *c, uint64_t n, uint8_t uses)
{
    uint32_t cost = COST_SOLVED;

    for (uint64_t v = n; v > 0; v >>= 1) {
        cost += COST_SOLVED_BIT;
    }
    add(c, n, cost, uses);
}

/* Adds the number that leaves exactly so many octets behind. */
static void add_solved(struct candidates *c, uint64_t behind)
{
    uint64_t left = guess_left(c->walk);

    if (c->unit.min > 0 && behind <= left && (left - behind) % c->unit.min == 0) {
        add_unsaid(c, (left - behind) / c->unit.min, GUESS_FREELY);
    }
}

/* A struct being walked through to where the next subsection begins. */
struct ahead {
    const struct mod_type *type;
    uint32_t at; /* the field to look at next */
};

/* Adds the numbers that, if the field is there several times, fill all that is left. */
static void add_shared(struct candidates *c)
{
    uint64_t left = guess_left(c->walk);

    if (!c->walk->uniform || c->unit.min == 0 || left < c->behind.min) {
        return;
    }
    for (uint8_t uses = 2; uses <= SHARED_MAX; uses++) {
        if ((left - c->behind.min) % (c->unit.min * uses) == 0) {
            add_unsaid(c, (left - c->behind.min) / (c->unit.min * uses), uses);
        }
    }
}

/*
 * Walks through the rest of a struct, and structs in it, adding up octets; true: the subsection
 * whose head is at next is there.
 */
static bool walk_ahead(struct guess_walk *w, struct ahead first, size_t next,
                       struct guess_range *sum)
{
    const struct mod_set *set = w->sizes->set;
    struct ahead stack[LAY_DEPTH_MAX] = {first};
    uint32_t depth = 1;

    while (depth > 0) {
        struct ahead *top = &stack[depth - 1];
        const struct mod_field *field = &set->fields[top->type->fields + top->at];
        struct guess_range present;

        if (top->at == top->type->field_count) {
            depth--;
            continue;
        }
        w->steps++;
        top->at++;
        if (field->is_subsection) {
            if (guess_is_head(set, field, span_from(w->payload, next))) {
                return true;
            }
        } else if (field->op == MOD_STRUCT && !field->is_array && field->tag == MOD_NO_TAG &&
                   depth < LAY_DEPTH_MAX) {
            stack[depth].type = &set->types[field->type];
            stack[depth++].at = 0;
        } else {
            present = guess_present(w->sizes, field);
            present.min = field->tag == MOD_NO_TAG ? present.min : 0;
            *sum = guess_plus(*sum, present);
        }
    }
    return false;
}

/* Adds the numbers that end where, as long as fields between have fixed lengths, the next
 * subsection begins. */
static void add_subsection(struct candidates *c)
{
    struct guess_walk *w = c->walk;
    struct guess_range sum = {0, 0};
    bool found = w->head == w->sizes->head_count;
    size_t behind;

    if (found) {
        return;
    }
    behind = w->payload.len - w->sizes->heads[w->head];
    for (uint32_t depth = w->depth; depth-- > 0 && !found;) {
        const struct guess_level *level = &w->levels[depth];
        const struct ahead first = {level->type, level->at + 1};

        if (level->field != NULL) {
            uint32_t left = level->count - level->element;

            sum =
                guess_plus(sum, level->field->op == MOD_STRUCT
                                    ? guess_times(guess_element(w->sizes, level->field), left, left)
                                    : guess_element(w->sizes, level->field));
        }
        found = walk_ahead(w, first, w->sizes->heads[w->head], &sum);
    }
    if (found && sum.max != GUESS_ANY) {
        add_solved(c, sum.min + behind);
        add_solved(c, sum.max + behind);
    }
}

/* Adds the numbers that end where the next field, which tells its length, begins. */
static void add_opaque(struct candidates *c, const struct mod_field *field)
{
    struct guess_walk *w = c->walk;
    const struct guess_level *level = &w->levels[w->depth - 1];
    const struct mod_field *next = field + 1;
    struct guess_range behind;
    size_t last = SIZE_MAX;

    if (level->at + 1 == level->type->field_count || next->tag != MOD_NO_TAG || next->is_array ||
        guess_kind(w->sizes, next) < MOD_KIND_OPAQUE) {
        return;
    }
    behind = guess_plus(guess_rest(w->sizes, level->type, level->at + 2), level->behind);
    for (size_t at = w->at; at < w->payload.len && w->steps < w->steps_max; at++) {
        uint32_t len;
        size_t tail;

        if (guess_opaque(w, next, at, &len, &tail) == MOD_TELLS && tail != last &&
            guess_fits(behind, w->payload.len - at - len)) {
            add_solved(c, w->payload.len - at);
            last = tail; /* what begins later is what is left of the same */
        }
    }
}

/* Adds all numbers that there can be, if they are few. */
static void add_range(struct candidates *c)
{
    uint64_t left = guess_left(c->walk);
    uint64_t least = c->least;
    uint64_t most = c->most;

    if (left < c->behind.min) {
        return;
    }
    if (c->unit.min > 0 && (left - c->behind.min) / c->unit.min < most) {
        most = (left - c->behind.min) / c->unit.min;
    }
    if (c->unit.max != GUESS_ANY && c->unit.max > 0 && left > c->behind.max &&
        (left - c->behind.max) / c->unit.max > least) {
        least = (left - c->behind.max) / c->unit.max;
    }
    for (uint64_t n = least; n <= most && most - least < RANGE_TRIED; n++) {
        add_unsaid(c, n, GUESS_FREELY);
    }
}

uint32_t guess_counts(struct guess_walk *walk, const struct mod_field *field,
                      struct guess_range unit, struct guess_range behind,
                      struct guess_count list[MOD_GUESS_COUNTS_MAX])
{
    struct candidates c = {walk, unit, behind, 0, UINT32_MAX - 1, list, 0};
    bool elements = field->is_array && field->min != field->max;
    uint8_t kind = guess_kind(walk->sizes, field);

    if (elements) {
        c.least = field->min > 0 ? field->min : 1;
        c.most = field->max == MOD_VARIES ? c.most : field->max;
    }
    if (elements || kind == MOD_KIND_BUFFER || kind == MOD_KIND_BITMAP) {
        add_numbers(&c, !elements && kind == MOD_KIND_BITMAP);
    }
    if (unit.min == unit.max) {
        if (behind.max != GUESS_ANY) { /* else it could be any number between */
            add_solved(&c, behind.min);
            add_solved(&c, behind.max);
        } else {
            add_shared(&c);
        }
        add_subsection(&c);
        add_opaque(&c, field);
    }
    add_range(&c);
    return c.count;
}
