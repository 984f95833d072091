/* asn_plan.c - see asn_plan.h. */
#include "codec/schema/asn_plan.h"

#include "codec/base/arena.h"
#include "codec/schema/asn_layout.h"
#include "codec/schema/asn_name.h"
#include "codec/schema/asn_order.h"

/* What the universal types without constraints are; one shared entry for each, made on first use.
 */
struct universal_row {
    enum asn_kind kind;
    enum asn_op op;
    uint8_t tag;
    const char *c_name;
};

/* The strings of ASCII are stored like UTF8String, which has all their values. */
static const struct universal_row universal_rows[] = {
    {ASN_KIND_BOOLEAN, ASN_BOOLEAN, 0x01, "universal_boolean"},
    {ASN_KIND_INTEGER, ASN_I64, 0x02, "universal_integer"},
    {ASN_KIND_ENUMERATED, ASN_ENUMERATED, 0x0a, ""},
    {ASN_KIND_NULL, ASN_NULL, 0x05, "universal_null"},
    {ASN_KIND_OCTET_STRING, ASN_OCTETS, 0x04, "universal_octet_string"},
    {ASN_KIND_UTF8_STRING, ASN_UTF8, 0x0c, "universal_utf8_string"},
    {ASN_KIND_IA5_STRING, ASN_UTF8, 0x16, "universal_ia5_string"},
    {ASN_KIND_PRINTABLE_STRING, ASN_UTF8, 0x13, "universal_printable_string"},
    {ASN_KIND_VISIBLE_STRING, ASN_UTF8, 0x1a, "universal_visible_string"},
    {ASN_KIND_OID, ASN_OID, 0x06, "universal_object_identifier"},
    {ASN_KIND_SEQUENCE, ASN_SEQUENCE, 0x30, ""},
    {ASN_KIND_SEQUENCE_OF, ASN_SEQUENCE_OF, 0x30, ""},
    {ASN_KIND_SET_OF, ASN_SEQUENCE_OF, 0x31, ""},
    {ASN_KIND_CHOICE, ASN_CHOICE, 0, ""},
};

enum { UNIVERSAL_COUNT = sizeof(universal_rows) / sizeof(universal_rows[0]) };

struct planner {
    struct asn_model *model;
    struct asn_plan *plan;
    struct err *err;
    const struct asn_order *order;
    struct asn_plan_type **by_assignment;
    struct asn_plan_type *universal[UNIVERSAL_COUNT];
};

static bool unsupported(struct planner *planner, struct asn_spot place, const char *what)
{
    return asn_fail(&planner->model->diag, planner->err, ERR_UNSUPPORTED, place,
                    "not supported in tables: %s", what);
}

static const struct universal_row *find_universal(enum asn_kind kind)
{
    for (size_t i = 0; i < UNIVERSAL_COUNT; i++) {
        if (universal_rows[i].kind == kind) {
            return &universal_rows[i];
        }
    }
    return NULL;
}

static bool is_constructed(enum asn_op op)
{
    return op == ASN_SEQUENCE || op == ASN_SEQUENCE_OF || op == ASN_CHOICE || op == ASN_RAW;
}

/* Identifier octets: X.690 8.1.2. */
static struct asn_tag make_tag(struct asn_tag_value value, bool constructed)
{
    static const uint8_t classes[] = {
        [ASN_CLASS_UNIVERSAL] = 0x00,
        [ASN_CLASS_APPLICATION] = 0x40,
        [ASN_CLASS_CONTEXT] = 0x80,
        [ASN_CLASS_PRIVATE] = 0xc0,
    };
    uint8_t first = (uint8_t)(classes[value.class] | (constructed ? 0x20 : 0));
    struct asn_tag tag = {0, {0}};
    unsigned groups = 1;

    if (value.number < 31) {
        tag.octets[0] = (uint8_t)(first | value.number);
        tag.len = 1;
        return tag;
    }
    while (groups < 5 && value.number >> (7 * groups) != 0) {
        groups++;
    }
    tag.octets[0] = first | 0x1f;
    for (unsigned i = 0; i < groups; i++) {
        uint32_t seven = value.number >> (7 * (groups - 1 - i)) & 0x7f;

        tag.octets[1 + i] = (uint8_t)(seven | (i + 1 < groups ? 0x80 : 0));
    }
    tag.len = (uint8_t)(groups + 1);
    return tag;
}

static struct asn_plan_type *type_new(struct planner *planner, const char *name, const char *c_name)
{
    struct asn_plan_type *type = asn_alloc(planner->model, 1, sizeof(*type), planner->err);

    if (type != NULL) {
        type->name = name;
        type->c_name = c_name;
        type->layout = type;
        type->unknown_offset = ASN_NO_OFFSET;
        type->depth = 1;
    }
    return type;
}

/* Puts a finished type at the end of the plan. */
static struct asn_plan_type *type_add(struct planner *planner, struct asn_plan_type *type)
{
    if (planner->plan->last != NULL) {
        planner->plan->last->next = type;
    } else {
        planner->plan->types = type;
    }
    planner->plan->last = type;
    type->next = NULL;
    type->index = planner->plan->count++;
    return type;
}

static enum asn_op unsigned_op(uint64_t max)
{
    return max <= UINT8_MAX    ? ASN_U8
           : max <= UINT16_MAX ? ASN_U16
           : max <= UINT32_MAX ? ASN_U32
                               : ASN_U64;
}

static enum asn_op signed_op(int64_t min, int64_t max)
{
    if (min >= INT8_MIN && max <= INT8_MAX) {
        return ASN_I8;
    }
    if (min >= INT16_MIN && max <= INT16_MAX) {
        return ASN_I16;
    }
    return min >= INT32_MIN && max <= INT32_MAX ? ASN_I32 : ASN_I64;
}

/* The narrowest C integer that holds the range; outside an extensible range anything can come. */
static bool set_integer(struct planner *planner, const struct asn_node *node,
                        struct asn_plan_type *type)
{
    bool natural = node->has_min && !node->min.negative;
    bool great = node->has_max && !asn_number_fits_int64(node->max);

    if (node->has_min && !asn_number_fits_int64(node->min)) {
        return unsupported(planner, node->place, "a least value above 9223372036854775807");
    }
    if (great && !natural) {
        return unsupported(planner, node->place,
                           "a range with negative values and values above 9223372036854775807");
    }
    type->min = node->has_min ? asn_number_int64(node->min) : INT64_MIN;
    if (natural) {
        type->max = node->has_max ? node->max.magnitude : UINT64_MAX;
        type->op = unsigned_op(type->max);
    } else {
        int64_t max = node->has_max ? asn_number_int64(node->max) : INT64_MAX;

        type->max = (uint64_t)max;
        type->op = signed_op(type->min, max);
    }
    if (node->range_extensible) {
        type->op = natural && (great || !node->has_max) ? ASN_U64 : ASN_I64;
    }
    asn_layout_leaf(type);
    return true;
}

static bool set_length(struct planner *planner, const struct asn_node *node,
                       struct asn_plan_type *type)
{
    if (node->has_min && !asn_number_fits_int64(node->min)) {
        return unsupported(planner, node->place, "a least size above 9223372036854775807");
    }
    type->min = node->has_min ? asn_number_int64(node->min) : 0;
    type->max = node->has_max ? node->max.magnitude : UINT64_MAX;
    return true;
}

static bool set_range(struct planner *planner, const struct asn_node *node,
                      struct asn_plan_type *type)
{
    type->flags |= node->range_extensible ? ASN_RANGE_EXTENSIBLE : 0;
    if (node->base->kind == ASN_KIND_INTEGER) {
        return set_integer(planner, node, type);
    }
    if (type->op == ASN_OCTETS || type->op == ASN_UTF8 || type->op == ASN_SEQUENCE_OF) {
        return set_length(planner, node, type);
    }
    return true;
}

static bool check_enumeration(struct planner *planner, const struct asn_node *node)
{
    for (const struct asn_item *item = node->items; item != NULL; item = item->next) {
        if (!asn_number_fits_int64(item->number) || asn_number_int64(item->number) < INT32_MIN ||
            asn_number_int64(item->number) > INT32_MAX) {
            return unsupported(planner, item->place,
                               "a number of an enumeration outside -2147483648..2147483647");
        }
    }
    return true;
}

static struct asn_plan_type *plan_type(struct planner *planner, const struct asn_node *node,
                                       const char *name, const char *c_name, bool skip_tag);

/* The shared entry of an unconstrained universal type. */
static struct asn_plan_type *plan_universal(struct planner *planner,
                                            const struct universal_row *row)
{
    size_t index = (size_t)(row - universal_rows);
    struct asn_plan_type *type = planner->universal[index];

    if (type != NULL) {
        return type;
    }
    type = type_new(planner, "", row->c_name);
    if (type == NULL) {
        return NULL;
    }
    type->op = row->op;
    type->tag.len = 1;
    type->tag.octets[0] = row->tag;
    if (row->op == ASN_I64) {
        type->min = INT64_MIN;
        type->max = INT64_MAX;
    } else if (row->op == ASN_OCTETS || row->op == ASN_UTF8) {
        type->max = UINT64_MAX;
    }
    asn_layout_leaf(type);
    planner->universal[index] = type;
    return type_add(planner, type);
}

/* The type of a component or an item, without the tag that its place keeps (keeps_tag). */
static struct asn_plan_type *plan_use(struct planner *planner, const struct asn_node *node,
                                      const char *c_name, bool keeps_tag)
{
    bool bare = node->constraints == NULL && (node->tags == NULL || keeps_tag);
    const struct universal_row *row = find_universal(node->kind);

    if (keeps_tag && node->tags->next != NULL) {
        (void)unsupported(planner, node->tags->next->place, "a second tag before one type");
        return NULL;
    }
    if (bare && node->kind == ASN_KIND_REFERENCE) {
        return planner->by_assignment[node->target->index];
    }
    if (bare && row != NULL && row->c_name[0] != '\0' && node->items == NULL) {
        return plan_universal(planner, row);
    }
    return plan_type(planner, node, "", c_name, keeps_tag);
}

static bool plan_default(struct planner *planner, const struct asn_component *component,
                         struct asn_plan_member *member)
{
    const struct asn_value *value = component->value->is;

    if (value->kind == ASN_VALUE_BOOLEAN) {
        member->default_value = value->boolean;
        return true;
    }
    if (value->kind != ASN_VALUE_INTEGER || member->type->op == ASN_RAW) {
        return unsupported(planner, component->value->place,
                           "a DEFAULT that is no BOOLEAN, INTEGER or ENUMERATED");
    }
    if (!asn_number_fits_int64(value->number)) {
        return unsupported(planner, component->value->place, "a DEFAULT above 9223372036854775807");
    }
    member->default_value = asn_number_int64(value->number);
    return true;
}

/* A component or an alternative of the type whose C name is parent. */
static bool plan_member(struct planner *planner, const struct asn_node *node, const char *parent,
                        const struct asn_component *component, struct asn_plan_member *member)
{
    const struct asn_tagging *tagging = component->type->tags;
    const char *c_name = asn_name_join(planner->model, parent, component->name, planner->err);

    member->component = component;
    member->c_name = asn_name_field(planner->model, component->name, planner->err);
    if (c_name == NULL || member->c_name == NULL) {
        return false;
    }
    member->type = plan_use(planner, component->type, c_name, tagging != NULL);
    if (member->type == NULL) {
        return false;
    }
    member->flags = (component->optional ? ASN_OPTIONAL : 0U) |
                    (component->value != NULL ? ASN_DEFAULT : 0U) |
                    (component->addition ? ASN_ADDITION : 0U);
    member->has_present = member->flags != 0 && node->kind == ASN_KIND_SEQUENCE;
    member->tag = member->type->tag;
    if (tagging != NULL) {
        if (member->type->op == ASN_RAW && !tagging->is_explicit) {
            return unsupported(planner, tagging->place, "an IMPLICIT tag on a raw type");
        }
        member->flags |= tagging->is_explicit ? ASN_EXPLICIT : 0U;
        member->tag =
            make_tag(tagging->tag, tagging->is_explicit || is_constructed(member->type->op));
    }
    return component->value == NULL || plan_default(planner, component, member);
}

static bool plan_members(struct planner *planner, const struct asn_node *node,
                         struct asn_plan_type *type)
{
    uint32_t i = 0;

    type->members = asn_alloc(planner->model, node->count, sizeof(type->members[0]), planner->err);
    if (type->members == NULL) {
        return false;
    }
    type->member_count = node->count;
    for (const struct asn_component *one = node->components; one != NULL; one = one->next) {
        struct asn_plan_member *member = &type->members[i++];

        if (!plan_member(planner, node, type->c_name, one, member)) {
            return false;
        }
        if (type->depth <= member->type->depth) {
            type->depth = member->type->depth + 1;
        }
    }
    return asn_layout_members(planner->model, node, type, planner->err);
}

static bool plan_element(struct planner *planner, const struct asn_node *node,
                         struct asn_plan_type *type)
{
    const char *c_name = asn_name_join(planner->model, type->c_name, "item", planner->err);

    if (c_name == NULL) {
        return false;
    }
    type->element = plan_use(planner, node->element, c_name, false);
    if (type->element == NULL) {
        return false;
    }
    type->depth = type->element->depth + 1;
    return true;
}

/* A type written out in place: everything but its tag and range. */
static bool plan_written(struct planner *planner, const struct asn_node *node,
                         struct asn_plan_type *type)
{
    const struct universal_row *row = find_universal(node->kind);

    if (row == NULL) {
        return unsupported(planner, node->place, asn_kind_name(node->kind));
    }
    type->op = row->op;
    type->tag.len = row->tag != 0;
    type->tag.octets[0] = row->tag;
    type->items = node->items;
    type->item_count = node->items != NULL ? node->count : 0;
    type->flags |= node->is_extensible ? ASN_EXTENSIBLE : 0;
    asn_layout_leaf(type);
    if (node->kind == ASN_KIND_ENUMERATED) {
        return check_enumeration(planner, node);
    }
    if (node->element != NULL) {
        return plan_element(planner, node, type);
    }
    if (node->kind == ASN_KIND_SEQUENCE || node->kind == ASN_KIND_CHOICE) {
        return plan_members(planner, node, type);
    }
    return true;
}

/* A reference with a tag, a constraint or a name of its own: as what it refers to, but for those.
 */
static void plan_derived(const struct asn_plan_type *parent, struct asn_plan_type *type)
{
    const char *name = type->name;
    const char *c_name = type->c_name;
    const char *doc = type->doc;
    const struct asn_node *node = type->node;

    *type = *parent;
    type->name = name;
    type->c_name = c_name;
    type->doc = doc;
    type->node = node;
    type->flags &= ~(uint32_t)ASN_RANGE_EXTENSIBLE;
}

static bool set_tag(struct planner *planner, const struct asn_node *node,
                    struct asn_plan_type *type)
{
    const struct asn_tagging *outer = node->tags;

    if (type->op == ASN_RAW && !outer->is_explicit) {
        return unsupported(planner, outer->place, "an IMPLICIT tag on a raw type");
    }
    if (node->tag_count != 1) {
        return unsupported(planner, outer->place,
                           "an EXPLICIT tag other than on a component or a CHOICE");
    }
    type->tag = make_tag(node->tag_list[0], is_constructed(type->op));
    return true;
}

/* Plans the type of an assignment, or one without a name. skip_tag: its place keeps the tag. */
static struct asn_plan_type *plan_type(struct planner *planner, const struct asn_node *node,
                                       const char *name, const char *c_name, bool skip_tag)
{
    struct asn_plan_type *type = type_new(planner, name, c_name);

    if (type == NULL) {
        return NULL;
    }
    type->node = node;
    if (node->kind == ASN_KIND_REFERENCE) {
        plan_derived(planner->by_assignment[node->target->index], type);
    } else if (!plan_written(planner, node, type)) {
        return NULL;
    }
    if (type->depth > ASN_TABLE_DEPTH_MAX) {
        (void)asn_fail(&planner->model->diag, planner->err, ERR_LIMIT, node->place,
                       "more than %d types inside one another", ASN_TABLE_DEPTH_MAX);
        return NULL;
    }
    if (type->op != ASN_RAW && !set_range(planner, node, type)) {
        return NULL;
    }
    if (node->tags != NULL && !skip_tag && !set_tag(planner, node, type)) {
        return NULL;
    }
    return type_add(planner, type);
}

static bool plan_assignment(struct planner *planner, const struct asn_assignment *one)
{
    const char *c_name = asn_name_snake(planner->model, one->name, planner->err);
    struct asn_plan_type *type;

    if (c_name == NULL) {
        return false;
    }
    if (planner->order->raw[one->index]) {
        type = type_new(planner, one->name, c_name);
        if (type == NULL) {
            return false;
        }
        type->node = one->type;
        type->op = ASN_RAW;
        asn_layout_leaf(type);
        (void)type_add(planner, type);
    } else {
        type = plan_type(planner, one->type, one->name, c_name, false);
        if (type == NULL) {
            return false;
        }
    }
    type->doc = one->doc;
    planner->by_assignment[one->index] = type;
    return true;
}

bool asn_plan_make(struct asn_model *model, const char *const *raw, size_t raw_count,
                   struct asn_plan *plan, struct err *err)
{
    struct asn_order order;
    struct asn_plan made = {NULL, NULL, 0};
    struct planner planner = {model, &made, err, &order, NULL, {NULL}};

    if (!model->resolved) {
        return err_set(err, ERR_USAGE, "the model is not resolved");
    }
    planner.by_assignment =
        asn_alloc(model, model->assignment_count, sizeof(*planner.by_assignment), err);
    if (planner.by_assignment == NULL || !asn_order_types(model, raw, raw_count, &order, err)) {
        return false;
    }
    for (uint32_t i = 0; i < order.count; i++) {
        if (!plan_assignment(&planner, order.types[i])) {
            return false;
        }
    }
    *plan = made;
    return true;
}
