/*
 * mod_guess_price.c - which optional fields go together.
 *
 * Where the length of the payload leaves a choice between optional fields, how devices grow makes
 * some forms likelier than others:
 *
 *   - Fields that have one name in C are one field in two forms. QEMU calls them x[0] and x[1], or
 *     x and x[0x0]; one of them is there, not both and not none:
 *
 *         config[0]  256 octets, if the device is not PCI Express
 *         config[1]  4096 octets, if it is
 *
 *   - New fields are added behind old ones, and an old machine type leaves them out again. So one
 *     that is not there, while the next is, is odd - unless the next is as long, and replaces it,
 * or it is an array that may have no element.
 */
#include "codec/device/mod_guessing.h"

enum {
    COST_GAP = 4,      /* bits: a later field is there, an earlier is not */
    FELLOWS_APART = 8, /* optional fields between two of one name */
};

/* A name without an index behind it. */
static struct span plain_name(const struct mod_set *set, const struct mod_field *field)
{
    struct span name = mod_string(set, field->name);

    if (name.len > 0 && name.p[name.len - 1] == ']') {
        for (size_t i = name.len; i > 0; i--) {
            if (name.p[i - 1] == '[') {
                return span_of(name.p, i - 1);
            }
        }
    }
    return name;
}

/* Whether it is a field that may or may not be there, for reasons of its device. */
static bool is_optional(const struct guess_sizes *sizes, const struct mod_field *field)
{
    return field->tag != MOD_NO_TAG && !field->is_subsection &&
           guess_kind(sizes, field) != GUESS_UNUSED;
}

void guess_leaders(struct guess_sizes *sizes)
{
    const struct mod_module *module = sizes->module;

    for (uint32_t t = 0; t < module->type_count; t++) {
        const struct mod_type *type = &sizes->set->types[module->types + t];
        const struct mod_field *fields = &sizes->set->fields[type->fields];
        uint32_t from = (uint32_t)(fields - sizes->first);

        for (uint32_t i = 0; i < type->field_count; i++) {
            uint32_t apart = 0;

            sizes->leaders[from + i] = from + i;
            for (uint32_t k = i; is_optional(sizes, &fields[i]) && k-- > 0;) {
                if (!is_optional(sizes, &fields[k]) || apart++ == FELLOWS_APART) {
                    break;
                }
                if (span_eq(plain_name(sizes->set, &fields[i]),
                            plain_name(sizes->set, &fields[k]))) {
                    sizes->leaders[from + i] = sizes->leaders[from + k];
                    break;
                }
            }
        }
    }
}

/* Whether field i is there, and the one in front of it, of another length, is in no form. */
static bool is_gap(const struct guess_walk *w, const struct mod_field *fields, uint32_t i)
{
    const struct mod_field *before = &fields[i - 1];
    const struct guess_sizes *sizes = w->sizes;
    const uint8_t *presence = &w->presence[fields - sizes->first];
    const uint32_t *leaders = &sizes->leaders[fields - sizes->first];
    struct guess_range one;
    struct guess_range two;

    if (!is_optional(sizes, before) || before->op == MOD_UNSEEN ||
        presence[i - 1] != GUESS_ABSENT || presence[i] != GUESS_PRESENT ||
        w->fellows[leaders[i - 1]] > 0 || (before->is_array && before->min != before->max)) {
        return false;
    }
    one = guess_present(sizes, before);
    two = guess_present(sizes, &fields[i]);
    return one.min != two.min || one.max != two.max;
}

/* Adds up how many fellows are there. */
static void count_fellows(struct guess_walk *w, const struct mod_field *fields, uint32_t count)
{
    const struct guess_sizes *sizes = w->sizes;
    uint32_t from = (uint32_t)(fields - sizes->first);

    memset(w->fellows + from, 0, count);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *fellows = &w->fellows[sizes->leaders[from + i]];

        if (is_optional(sizes, &fields[i]) && w->presence[from + i] == GUESS_PRESENT &&
            *fellows < UINT8_MAX) {
            ++*fellows;
        }
    }
}

bool guess_price(struct guess_walk *w, const struct mod_type *type)
{
    const struct guess_sizes *sizes = w->sizes;
    const struct mod_field *fields = &sizes->set->fields[type->fields];
    uint32_t from = (uint32_t)(fields - sizes->first);

    count_fellows(w, fields, type->field_count);
    for (uint32_t i = 0; i < type->field_count; i++) {
        uint32_t leader = sizes->leaders[from + i];
        bool seen = fields[i].op != MOD_UNSEEN || sizes->first[leader].op != MOD_UNSEEN;

        if (leader != from + i && seen && w->fellows[leader] != 1) {
            return false;
        }
        w->cost += i > 0 && is_gap(w, fields, i) ? COST_GAP : 0;
    }
    return true;
}
