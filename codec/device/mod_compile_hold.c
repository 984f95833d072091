/*
 * mod_compile_hold.c - which structs hold which: none holds itself, none is too deep, all are part
 * of a root. It works on the numbers of the structs, once all have been compiled.
 */
#include "codec/device/mod_compile.h"
#include "codec/device/mod_compiling.h"
#include "codec/device/mod_opaque.h"
#include "codec/savevm/lay_limits.h"

static bool fail(const struct mod_compiling *c, struct asn_spot place, const char *fmt,
                 const char *name)
{
    return asn_fail(&c->model->diag, c->err, ERR_MALFORMED, place, fmt, name);
}

/* A struct whose fields are being gone through; they may be gone through once for all. */
struct holder {
    uint32_t type;
    uint32_t next; /* field, counted from the first of the type */
};

struct holders {
    struct holder stack[LAY_DEPTH_MAX];
    uint32_t depth;
    uint32_t *height; /* of each type of the set: 0 not seen, 1 a struct without structs */
};

/* Goes into the struct that a field holds. */
static bool hold(struct mod_compiling *c, struct holders *h, uint32_t field, uint32_t type)
{
    for (uint32_t i = 0; i < h->depth; i++) {
        if (h->stack[i].type == type) {
            return fail(c, c->components[field]->place, "%s holds a struct that holds it",
                        c->components[field]->name);
        }
    }
    if (h->depth == LAY_DEPTH_MAX || h->height[type] > LAY_DEPTH_MAX - h->depth) {
        return asn_fail(&c->model->diag, c->err, ERR_LIMIT, c->components[field]->place,
                        "structs nest deeper than %d", LAY_DEPTH_MAX);
    }
    if (h->height[type] == 0) {
        h->stack[h->depth].type = type;
        h->stack[h->depth++].next = 0;
    }
    return true;
}

/* The height of a struct whose fields have all been gone through. */
static uint32_t height_of(const struct mod_compiling *c, const struct holders *h, uint32_t type)
{
    uint32_t height = 0;

    for (uint32_t i = 0; i < c->types[type].field_count; i++) {
        const struct mod_field *field = &c->fields[c->types[type].fields + i];

        if (field->type != MOD_NONE && h->height[field->type] > height) {
            height = h->height[field->type];
        }
        if (field->key != MOD_NONE && h->height[field->key] > height) {
            height = h->height[field->key];
        }
    }
    return height + 1;
}

/*
 * Finds out what mod_value.h has to look at in a struct, once that of all it holds is known: what
 * says something of its form, and PCI configurations, which say something of what is behind them.
 */
static void find_values(struct mod_compiling *c, struct mod_type *type)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        const struct mod_field *field = &c->fields[type->fields + i];
        const struct mod_type *inner = field->type != MOD_NONE ? &c->types[field->type] : NULL;
        uint8_t kind =
            mod_kind_of(mod_pool_text(&c->pool, field->type_name), field->op == MOD_OCTETS);
        bool compared = field->by != MOD_EMPTY || mod_kind_is_certain(kind) ||
                        (inner != NULL && inner->has_values);

        if (compared || kind == MOD_KIND_PCI_CONFIG || (inner != NULL && inner->value_count > 0)) {
            type->value_count = i + 1;
        }
        type->has_values = type->has_values || compared;
    }
}

/* Refuses structs that hold themselves, or are held too deep; h->height tells what was reached. */
static bool check_holding(struct mod_compiling *c, struct holders *h, uint32_t root)
{
    h->stack[0].type = root;
    h->stack[0].next = 0;
    h->depth = 1;
    while (h->depth > 0) {
        struct holder *top = &h->stack[h->depth - 1];
        const struct mod_type *type = &c->types[top->type];
        uint32_t at = top->next / 2;
        uint32_t field = type->fields + at;
        uint32_t held;

        if (at == type->field_count) {
            h->height[top->type] = height_of(c, h, top->type);
            find_values(c, &c->types[top->type]);
            h->depth--;
            continue;
        }
        held = top->next++ % 2 == 0 ? c->fields[field].key : c->fields[field].type;
        if (held != MOD_NONE && !hold(c, h, field, held)) {
            return false;
        }
    }
    return true;
}

bool mod_compile_holding(struct mod_compiling *c)
{
    struct holders holders = {0};
    uint32_t at = 0;

    holders.height = asn_alloc(c->model, c->type_count, sizeof(*holders.height), c->err);
    if (holders.height == NULL) {
        return false;
    }
    for (const struct asn_module *module = c->model->modules; module != NULL;
         module = module->next) {
        const struct asn_assignment *one = module->assignments;

        if (mod_is_leaf_module(module->name)) {
            continue;
        }
        if (!check_holding(c, &holders, c->modules[at++].root)) {
            return false;
        }
        for (; one != NULL; one = one->next) {
            if (mod_is_struct_type(one) && holders.height[c->struct_of[one->index]] == 0) {
                return fail(c, one->place, "%s is no part of the first type of its module",
                            one->name);
            }
        }
    }
    return true;
}
