/* imp_leaf.c - see imp_leaf.h. */
#include "codec/device/imp_leaf.h"

#include "codec/base/arena.h"
#include "codec/device/mod_annotation.h"
#include "codec/device/mod_compile.h"

const struct imp_leaf imp_leaf_bool = {
    .name = {(const uint8_t *)"bool", 4}, .op = MOD_BOOL, .size = 1, .type = "BOOLEAN"};

static void read_base(const struct asn_node *node, struct imp_leaf *leaf)
{
    const struct asn_node *base = node->base;
    bool is_signed;

    leaf->op = MOD_OCTETS;
    leaf->size = MOD_VARIES;
    if (base->kind == ASN_KIND_BOOLEAN) {
        leaf->op = MOD_BOOL;
        leaf->size = 1;
    } else if (base->kind == ASN_KIND_INTEGER) {
        leaf->op = MOD_INT;
        leaf->size = asn_integer_octets(node, &is_signed);
    } else if (node->has_max && node->max.magnitude < MOD_VARIES) {
        leaf->size = (uint32_t)node->max.magnitude;
    }
}

bool imp_leaves_read(struct imp_leaves *leaves, struct asn_model *model, struct arena *arena,
                     struct err *err)
{
    struct imp_leaf *items = arena_array(arena, model->assignment_count, sizeof(*items), err);
    size_t count = 0;

    if (items == NULL) {
        return false;
    }
    for (const struct asn_module *module = model->modules; module != NULL; module = module->next) {
        const struct asn_assignment *one = module->assignments;

        for (; mod_is_leaf_module(module->name) && one != NULL; one = one->next) {
            struct imp_leaf *leaf = &items[count];
            struct mod_annotation note;

            if (one->kind != ASN_ASSIGN_TYPE) {
                continue;
            }
            if (!mod_annotation_read(model, one->doc, one->doc_place, one->place, &note, err)) {
                return false;
            }
            leaf->name = note.has_string ? note.string : span_of("", 0);
            leaf->array = (note.words & MOD_WORD_ARRAY) != 0;
            leaf->type = one->name;
            leaf->module = module->name;
            read_base(one->type, leaf);
            count++;
        }
    }
    leaves->items = items;
    leaves->count = count;
    return true;
}

const struct imp_leaf *imp_leaf_find(const struct imp_leaves *leaves, struct span name, bool array)
{
    if (!array && span_eq(name, imp_leaf_bool.name)) {
        return &imp_leaf_bool;
    }
    for (size_t i = 0; i < leaves->count && name.len > 0; i++) {
        if (leaves->items[i].array == array && span_eq(leaves->items[i].name, name)) {
            return &leaves->items[i];
        }
    }
    return NULL;
}
