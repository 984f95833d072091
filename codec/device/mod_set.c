/* mod_set.c - see mod_set.h. */
#include "codec/device/mod_set.h"

uint32_t mod_set_module(const struct mod_set *set, struct span name)
{
    uint32_t from = 0;
    uint32_t to = set->module_count;

    while (from < to) {
        uint32_t at = from + (to - from) / 2;
        uint32_t module = set->by_name[at];
        int order = span_compare(name, mod_string(set, set->modules[module].name));

        if (order == 0) {
            return module;
        }
        if (order < 0) {
            to = at;
        } else {
            from = at + 1;
        }
    }
    return MOD_NONE;
}

static struct span vmsd_of(const struct mod_set *set, uint32_t module)
{
    return mod_string(set, set->types[set->modules[module].root].vmsd);
}

/* Returns the first module from which on no root's name is less than vmsd. */
static uint32_t lower_bound(const struct mod_set *set, struct span vmsd)
{
    uint32_t from = 0;
    uint32_t to = set->module_count;

    while (from < to) {
        uint32_t at = from + (to - from) / 2;

        if (span_compare(vmsd_of(set, at), vmsd) < 0) {
            from = at + 1;
        } else {
            to = at;
        }
    }
    return from;
}

uint32_t mod_set_range(const struct mod_set *set, struct span vmsd, uint32_t *first)
{
    uint32_t end = lower_bound(set, vmsd);

    *first = end;
    while (end < set->module_count && span_eq(vmsd_of(set, end), vmsd)) {
        end++;
    }
    return end - *first;
}

uint32_t mod_set_broken(const struct mod_set *set, const struct mod_type *type, uint64_t there)
{
    const struct mod_term *terms = &set->terms[type->terms];
    uint32_t constraint = 0; /* its first term */
    bool held = true;        /* one of its alternatives that have ended does */
    bool holds = false;      /* so does this one, so far */

    for (uint32_t i = 0; i < type->term_count; i++) {
        if (terms[i].begins == MOD_BEGINS_CONSTRAINT) {
            if (!held && !holds) {
                return constraint;
            }
            constraint = i;
            held = false;
            holds = true;
        } else if (terms[i].begins == MOD_BEGINS_ALTERNATIVE) {
            held = held || holds;
            holds = true;
        }
        holds = holds && terms[i].present == ((there >> i & 1) != 0);
    }
    return held || holds ? type->term_count : constraint;
}
