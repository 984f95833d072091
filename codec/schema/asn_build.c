/* asn_build.c - see asn_build.h. */
#include "codec/schema/asn_build.h"

#include "codec/base/arena.h"
#include "codec/schema/asn_plan.h"

static bool build_members(struct asn_model *model, const struct asn_plan_type *plan,
                          const struct asn_type *types, struct asn_type *type, struct err *err)
{
    struct asn_member *members = asn_alloc(model, plan->member_count, sizeof(*members), err);

    if (members == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < plan->member_count; i++) {
        const struct asn_plan_member *from = &plan->members[i];

        members[i].name = from->component->name;
        members[i].type = &types[from->type->index];
        members[i].tag = from->tag;
        members[i].offset = from->offset;
        members[i].present_offset = from->present_offset;
        members[i].flags = from->flags;
        members[i].default_value = from->default_value;
    }
    type->members = plan->member_count > 0 ? members : NULL;
    type->member_count = plan->member_count;
    return true;
}

static bool build_names(struct asn_model *model, const struct asn_plan_type *plan,
                        struct asn_type *type, struct err *err)
{
    struct asn_name *names = asn_alloc(model, plan->item_count, sizeof(*names), err);
    uint32_t n = 0;

    if (names == NULL) {
        return false;
    }
    for (const struct asn_item *item = plan->items; item != NULL; item = item->next) {
        names[n].name = item->name;
        names[n++].value = asn_number_int64(item->number);
    }
    type->names = names;
    type->name_count = n;
    return true;
}

/* A type shares the members and names of its layout, which stands before it. */
static bool build_parts(struct asn_model *model, const struct asn_plan_type *plan,
                        const struct asn_type *types, struct asn_type *type, struct err *err)
{
    const struct asn_type *layout = &types[plan->layout->index];

    if (plan->layout != plan) {
        type->members = layout->members;
        type->member_count = layout->member_count;
        type->names = layout->names;
        type->name_count = layout->name_count;
        return true;
    }
    if (plan->op == ASN_ENUMERATED && !build_names(model, plan, type, err)) {
        return false;
    }
    return build_members(model, plan, types, type, err);
}

bool asn_build(struct asn_model *model, const char *const *raw, size_t raw_count,
               struct asn_tables *tables, struct err *err)
{
    struct asn_plan plan;
    struct asn_type *types;
    const struct asn_type **named;
    uint32_t count = 0;

    if (!asn_plan_make(model, raw, raw_count, &plan, err)) {
        return false;
    }
    types = asn_alloc(model, plan.count, sizeof(*types), err);
    named = asn_alloc(model, plan.count, sizeof(*named), err);
    if (types == NULL || named == NULL) {
        return false;
    }
    for (const struct asn_plan_type *one = plan.types; one != NULL; one = one->next) {
        struct asn_type *type = &types[one->index];

        type->name = one->name;
        type->op = one->op;
        type->flags = one->flags;
        type->tag = one->tag;
        type->size = (uint32_t)one->size;
        type->min = one->min;
        type->max = one->max;
        type->unknown_offset = one->unknown_offset;
        type->element = one->element != NULL ? &types[one->element->index] : NULL;
        if (!build_parts(model, one, types, type, err)) {
            return false;
        }
        if (one->name[0] != '\0') {
            named[count++] = type;
        }
    }
    tables->types = named;
    tables->count = count;
    return true;
}

const struct asn_type *asn_tables_find(const struct asn_tables *tables, const char *name)
{
    for (uint32_t i = 0; i < tables->count; i++) {
        if (strcmp(tables->types[i]->name, name) == 0) {
            return tables->types[i];
        }
    }
    return NULL;
}
