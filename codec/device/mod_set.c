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

uint32_t mod_set_slot(const struct mod_set *set, struct span vmsd)
{
    uint32_t hash = UINT32_C(2166136261); /* FNV-1a */

    for (size_t i = 0; i < vmsd.len; i++) {
        hash = (hash ^ vmsd.p[i]) * UINT32_C(16777619);
    }
    return (hash ^ hash >> 16) & (set->slot_count - 1);
}

uint32_t mod_set_range(const struct mod_set *set, struct span vmsd, uint32_t *first)
{
    const struct mod_slot *slot = &set->slots[mod_set_slot(set, vmsd)];

    while (slot->count != 0 && !span_eq(vmsd_of(set, slot->first), vmsd)) {
        slot = slot + 1 < set->slots + set->slot_count ? slot + 1 : set->slots;
    }
    *first = slot->first;
    return slot->count;
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
