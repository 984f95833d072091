/*
 * mod_guess_price.c - which optional fields go together.
 *
 * A module's constraints say which forms of a struct there are. Beyond that, where the length of
 * the payload leaves a choice between optional fields, how devices grow makes some forms likelier
 * than others: new fields are added behind old ones, and an old machine type leaves them out again.
 * So one that is not there, while the next is, is odd - unless a constraint is about it, or the
 * next is as long, and replaces it, or it is an array that may have no element.
 */
#include "codec/device/mod_guessing.h"

enum { COST_GAP = 4 }; /* bits: a later field is there, an earlier is not */

/* Whether it is a field that may or may not be there, for reasons of its device. */
static bool is_optional(const struct guess_sizes *sizes, const struct mod_field *field)
{
    return field->tag != MOD_NO_TAG && !field->is_subsection &&
           guess_kind(sizes, field) != MOD_KIND_UNUSED;
}

/* Whether a constraint of a type names a field. */
static bool is_named(const struct guess_sizes *sizes, const struct mod_type *type,
                     const struct mod_field *field)
{
    const struct mod_term *terms = &sizes->set->terms[type->terms];
    bool named = false;

    for (uint32_t i = 0; i < type->term_count && !named; i++) {
        named = terms[i].ident == field->ident;
    }
    return named;
}

/* Whether field i is there, and the one in front of it, of another length, is in no form. */
static bool is_gap(const struct guess_walk *w, const struct mod_type *type,
                   const struct mod_field *fields, uint32_t i)
{
    const struct mod_field *before = &fields[i - 1];
    const struct guess_sizes *sizes = w->sizes;
    const uint8_t *presence = &w->presence[fields - sizes->first];
    struct guess_range one;
    struct guess_range two;

    if (!is_optional(sizes, before) || before->op == MOD_UNSEEN ||
        presence[i - 1] != GUESS_ABSENT || presence[i] != GUESS_PRESENT ||
        (before->is_array && before->min != before->max) || is_named(sizes, type, before)) {
        return false;
    }
    one = guess_present(sizes, before);
    two = guess_present(sizes, &fields[i]);
    return one.min != two.min || one.max != two.max;
}

/* Whether the constraints of a struct hold. */
static bool holds(const struct guess_walk *w, const struct mod_type *type)
{
    const struct mod_set *set = w->sizes->set;
    const uint8_t *presence = &w->presence[&set->fields[type->fields] - w->sizes->first];
    uint64_t there = 0;

    for (uint32_t i = 0; i < type->term_count; i++) {
        uint32_t at = 0;

        while (set->fields[type->fields + at].ident != set->terms[type->terms + i].ident) {
            at++;
        }
        there |= (uint64_t)(presence[at] == GUESS_PRESENT) << i;
    }
    return mod_set_broken(set, type, there) == type->term_count;
}

bool guess_price(struct guess_walk *w, const struct mod_type *type, bool again)
{
    const struct mod_field *fields = &w->sizes->set->fields[type->fields];

    for (uint32_t i = 1; !again && i < type->field_count; i++) {
        w->cost += is_gap(w, type, fields, i) ? COST_GAP : 0;
    }
    return holds(w, type);
}
