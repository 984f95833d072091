/* asn_order.c - see asn_order.h. */
#include "codec/schema/asn_order.h"

#include "codec/base/arena.h"

/* What an assignment refers to: a list for each, by assignment index. */
struct use {
    struct use *next;
    const struct asn_node *node; /* the reference */
};

struct frame {
    const struct asn_assignment *type;
    const struct use *next;
};

enum mark { MARK_NEW, MARK_OPEN, MARK_DONE };

struct walk {
    struct asn_model *model;
    struct asn_order *order;
    struct use **uses;
    uint8_t *marks;
    struct frame *stack;
    uint32_t depth;
};

static bool mark_raw(struct asn_model *model, const char *const *raw, size_t raw_count, bool *marks,
                     struct err *err)
{
    static const struct asn_spot nowhere = {NULL, 0};

    for (size_t i = 0; i < raw_count; i++) {
        const struct asn_assignment *one = asn_type_find(model, raw[i]);

        if (one == NULL) {
            return asn_fail(&model->diag, err, ERR_USAGE, nowhere,
                            "there is no type %s to keep raw", raw[i]);
        }
        marks[one->index] = true;
    }
    return true;
}

/* Lists the references of each type in the order of the notation. */
static bool collect_uses(struct asn_model *model, struct use **first, struct err *err)
{
    struct use **last = asn_alloc(model, model->assignment_count, sizeof(*last), err);

    if (last == NULL) {
        return false;
    }
    for (struct asn_node *node = model->nodes; node != NULL; node = node->next) {
        uint32_t owner = node->owner->index;
        struct use *use;

        if (node->kind != ASN_KIND_REFERENCE || node->owner->kind != ASN_ASSIGN_TYPE) {
            continue;
        }
        use = asn_alloc(model, 1, sizeof(*use), err);
        if (use == NULL) {
            return false;
        }
        use->node = node;
        if (last[owner] == NULL) {
            first[owner] = use;
        } else {
            last[owner]->next = use;
        }
        last[owner] = use;
    }
    return true;
}

static void push(struct walk *walk, const struct asn_assignment *type)
{
    struct frame *frame = &walk->stack[walk->depth++];

    walk->marks[type->index] = MARK_OPEN;
    frame->type = type;
    frame->next = walk->order->raw[type->index] ? NULL : walk->uses[type->index];
}

/* Walks down from one type, and puts what it contains, then itself, into the order. */
static bool descend(struct walk *walk, const struct asn_assignment *root, struct err *err)
{
    push(walk, root);
    while (walk->depth > 0) {
        struct frame *top = &walk->stack[walk->depth - 1];
        const struct use *use = top->next;
        const struct asn_assignment *target;

        if (use == NULL) {
            walk->marks[top->type->index] = MARK_DONE;
            walk->order->types[walk->order->count++] = top->type;
            walk->depth--;
            continue;
        }
        top->next = use->next;
        target = use->node->target;
        if (walk->marks[target->index] == MARK_OPEN) {
            return asn_fail(&walk->model->diag, err, ERR_UNSUPPORTED, use->node->place,
                            "%s contains itself, and no type between is raw", target->name);
        }
        if (walk->marks[target->index] == MARK_NEW) {
            push(walk, target);
        }
    }
    return true;
}

bool asn_order_types(struct asn_model *model, const char *const *raw, size_t raw_count,
                     struct asn_order *order, struct err *err)
{
    struct walk walk = {0};
    struct asn_order made = {NULL, 0, NULL};

    made.types = asn_alloc(model, model->type_count, sizeof(*made.types), err);
    made.raw = asn_alloc(model, model->assignment_count, sizeof(*made.raw), err);
    walk.model = model;
    walk.order = &made;
    walk.uses = asn_alloc(model, model->assignment_count, sizeof(*walk.uses), err);
    walk.marks = asn_alloc(model, model->assignment_count, 1, err);
    walk.stack = asn_alloc(model, model->type_count, sizeof(*walk.stack), err);
    if (made.types == NULL || made.raw == NULL || walk.uses == NULL || walk.marks == NULL ||
        walk.stack == NULL || !mark_raw(model, raw, raw_count, made.raw, err) ||
        !collect_uses(model, walk.uses, err)) {
        return false;
    }
    for (uint32_t i = 0; i < model->module_count; i++) {
        const struct asn_assignment *one = model->by_name[i]->assignments;

        for (; one != NULL; one = one->next) {
            if (one->kind == ASN_ASSIGN_TYPE && walk.marks[one->index] == MARK_NEW &&
                !descend(&walk, one, err)) {
                return false;
            }
        }
    }
    *order = made;
    return true;
}
