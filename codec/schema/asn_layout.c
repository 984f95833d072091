/* asn_layout.c - see asn_layout.h. */
#include "codec/schema/asn_layout.h"

#include <stdalign.h>

static void set_scalar(struct asn_plan_type *type, size_t size, size_t align)
{
    type->size = size;
    type->align = align;
}

void asn_layout_leaf(struct asn_plan_type *type)
{
    switch (type->op) {
    case ASN_BOOLEAN:
        set_scalar(type, sizeof(bool), alignof(bool));
        break;
    case ASN_U8:
    case ASN_I8:
    case ASN_NULL:
        set_scalar(type, sizeof(uint8_t), alignof(uint8_t));
        break;
    case ASN_U16:
    case ASN_I16:
        set_scalar(type, sizeof(uint16_t), alignof(uint16_t));
        break;
    case ASN_U32:
    case ASN_I32:
    case ASN_ENUMERATED:
        set_scalar(type, sizeof(uint32_t), alignof(uint32_t));
        break;
    case ASN_U64:
    case ASN_I64:
        set_scalar(type, sizeof(uint64_t), alignof(uint64_t));
        break;
    case ASN_OCTETS:
    case ASN_UTF8:
    case ASN_OID:
    case ASN_RAW:
        set_scalar(type, sizeof(struct span), alignof(struct span));
        break;
    case ASN_SEQUENCE_OF:
        set_scalar(type, sizeof(struct asn_list), alignof(struct asn_list));
        break;
    case ASN_SEQUENCE:
    case ASN_CHOICE:
        break;
    }
}

/* Where the next field of a struct goes. */
struct layout {
    size_t size;
    size_t align;
};

static size_t align_up(size_t n, size_t align)
{
    return (n + align - 1) / align * align;
}

static uint32_t place_field(struct layout *layout, size_t size, size_t align)
{
    size_t offset = align_up(layout->size, align);

    layout->size = offset + size;
    layout->align = layout->align < align ? align : layout->align;
    return (uint32_t)offset;
}

static bool set_struct(struct asn_model *model, const struct asn_node *node,
                       struct asn_plan_type *type, struct layout *layout, struct err *err)
{
    if (layout->size == 0) {
        (void)place_field(layout, sizeof(uint8_t), alignof(uint8_t)); /* C has no empty structs */
    }
    type->align = layout->align;
    type->size = align_up(layout->size, layout->align);
    if (type->size > ASN_STRUCT_MAX) {
        return asn_fail(&model->diag, err, ERR_LIMIT, node->place,
                        "a value of more than %d octets in C", ASN_STRUCT_MAX);
    }
    return true;
}

/* struct { bool has_a; A a; ... struct span unknown; }; sizes of members are at most ASN_STRUCT_MAX
 */
static bool lay_sequence(struct asn_model *model, const struct asn_node *node,
                         struct asn_plan_type *type, struct err *err)
{
    struct layout layout = {0, 1};

    for (uint32_t i = 0; i < type->member_count; i++) {
        struct asn_plan_member *member = &type->members[i];

        member->present_offset = ASN_NO_OFFSET;
        if (member->has_present) {
            member->present_offset = place_field(&layout, sizeof(bool), alignof(bool));
        }
        member->offset = place_field(&layout, member->type->size, member->type->align);
        if (layout.size > ASN_STRUCT_MAX) {
            break;
        }
    }
    if (node->is_extensible) {
        type->unknown_offset = place_field(&layout, sizeof(struct span), alignof(struct span));
    }
    return set_struct(model, node, type, &layout, err);
}

/* struct { int32_t which; struct span unknown; union { A a; ... } u; } */
static bool lay_choice(struct asn_model *model, const struct asn_node *node,
                       struct asn_plan_type *type, struct err *err)
{
    struct layout layout = {0, 1};
    size_t size = 0;
    size_t align = 1;
    uint32_t offset;

    (void)place_field(&layout, sizeof(int32_t), alignof(int32_t));
    type->unknown_offset = place_field(&layout, sizeof(struct span), alignof(struct span));
    for (uint32_t i = 0; i < type->member_count; i++) {
        const struct asn_plan_type *member = type->members[i].type;

        size = size < member->size ? member->size : size;
        align = align < member->align ? member->align : align;
    }
    offset = place_field(&layout, align_up(size, align), align);
    for (uint32_t i = 0; i < type->member_count; i++) {
        type->members[i].offset = offset;
        type->members[i].present_offset = ASN_NO_OFFSET;
    }
    return set_struct(model, node, type, &layout, err);
}

bool asn_layout_members(struct asn_model *model, const struct asn_node *node,
                        struct asn_plan_type *type, struct err *err)
{
    return node->kind == ASN_KIND_CHOICE ? lay_choice(model, node, type, err)
                                         : lay_sequence(model, node, type, err);
}
