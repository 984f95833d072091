/*
 * mod_compile_field.c - one component of a struct: which notation stands for which field of QEMU's.
 * See mod_compile.h for the rules.
 */
#include "codec/device/mod_compiling.h"

#include <string.h>

#include "codec/device/mod_compile.h"
#include "codec/savevm/lay_limits.h"

/* What the words of a field make of it. */
static const unsigned words_inline = MOD_WORD_TMP | MOD_WORD_VSTRUCT;
static const unsigned words_list = MOD_WORD_QTAILQ | MOD_WORD_QLIST;

/* A component while it is looked at. */
struct looking {
    struct mod_compiling *c;
    const struct asn_module *module;
    const struct asn_component *component;
    const struct mod_annotation *note;
    struct mod_field *field;
};

/* What a type as written comes to. */
struct shape {
    const struct asn_node *node;        /* as written */
    const struct asn_node *base;        /* behind all references */
    const struct asn_assignment *named; /* the first of them that is annotated, or NULL */
};

static bool fail(const struct looking *l, struct asn_spot place, const char *fmt, const char *name)
{
    return asn_fail(&l->c->model->diag, l->c->err, ERR_MALFORMED, place, fmt, name);
}

static bool put_string(const struct looking *l, struct span text, uint32_t *string)
{
    return mod_compile_string(l->c, l->component->place, text, string);
}

/* Follows references; what they lead to has no tags of its own. */
static bool follow(const struct looking *l, const struct asn_node *node, struct shape *shape)
{
    shape->node = node;
    shape->named = NULL;
    while (node->kind == ASN_KIND_REFERENCE) {
        const struct asn_assignment *target = node->target;

        if (target->type->tags != NULL) {
            return fail(l, shape->node->place, "%s has a tag of its own", target->name);
        }
        if (shape->named == NULL && l->c->notes[target->index].given) {
            shape->named = target;
        }
        node = target->type;
    }
    shape->base = node;
    return true;
}

static bool to_number(const struct looking *l, struct asn_spot place, struct asn_number number,
                      uint32_t *out)
{
    if (number.negative || number.magnitude > LAY_VALUE_MAX) {
        return asn_fail(&l->c->model->diag, l->c->err, ERR_LIMIT, place, "a size above %d",
                        LAY_VALUE_MAX);
    }
    *out = (uint32_t)number.magnitude;
    return true;
}

/* The SIZE of a string or an array. */
static bool read_size(const struct looking *l, const struct asn_node *node, uint32_t *min,
                      uint32_t *max)
{
    *min = 0;
    *max = MOD_VARIES;
    if (node->range_extensible) {
        return fail(l, node->place, "a size with '...' in %s", l->component->name);
    }
    return (!node->has_min || to_number(l, node->place, node->min, min)) &&
           (!node->has_max || to_number(l, node->place, node->max, max));
}

static bool same_end(bool has_a, struct asn_number a, bool has_b, struct asn_number b)
{
    return has_a == has_b && (!has_a || asn_number_compare(a, b) == 0);
}

static bool same_range(const struct asn_node *a, const struct asn_node *b)
{
    return same_end(a->has_min, a->min, b->has_min, b->min) &&
           same_end(a->has_max, a->max, b->has_max, b->max) &&
           a->range_extensible == b->range_extensible;
}

static bool leaf_integer(const struct looking *l, const struct shape *shape)
{
    struct mod_field *field = l->field;

    field->op = MOD_INT;
    if (!same_range(shape->node, shape->named->type)) {
        return fail(l, shape->node->place, "a range of its own; a field has that of %s",
                    shape->named->name);
    }
    field->size = asn_integer_octets(shape->named->type, &field->is_signed);
    return field->size != 0 ||
           fail(l, shape->node->place, "the range of %s is that of no integer of 1 to 8 octets",
                shape->named->name);
}

static bool leaf_octets(const struct looking *l, const struct shape *shape)
{
    struct mod_field *field = l->field;
    uint32_t min;
    uint32_t max;

    field->op = MOD_OCTETS;
    if (!read_size(l, shape->node, &min, &max)) {
        return false;
    }
    if ((l->c->notes[shape->named->index].words & MOD_WORD_ARRAY) != 0) {
        field->is_array = true;
        field->as_octets = true;
        field->size = 1;
        field->min = min;
        field->max = max;
        return true;
    }
    field->size = max;
    return min == max || (min == 0 && max == MOD_VARIES) ||
           fail(l, shape->node->place, "a size of %s that is no single number", l->component->name);
}

/* A type that QEMU has a name for, as a field or as an element of an array. */
static bool leaf(const struct looking *l, const struct shape *shape)
{
    struct mod_field *field = l->field;
    const struct mod_annotation *note;

    if (shape->base->kind == ASN_KIND_BOOLEAN && shape->named == NULL) {
        field->op = MOD_BOOL;
        field->size = 1;
        return put_string(l, span_str("bool"), &field->type_name);
    }
    if (shape->named == NULL) {
        return fail(l, shape->node->place, "%s without QEMU's name of the type",
                    asn_kind_name(shape->base->kind));
    }
    note = &l->c->notes[shape->named->index];
    if (!put_string(l, note->string, &field->type_name)) {
        return false;
    }
    if (shape->base->kind == ASN_KIND_INTEGER) {
        return leaf_integer(l, shape);
    }
    if (shape->base->kind == ASN_KIND_OCTET_STRING) {
        return leaf_octets(l, shape);
    }
    field->op = MOD_BOOL;
    field->size = 1;
    return true;
}

static bool is_leaf(const struct shape *shape)
{
    return shape->base->kind == ASN_KIND_BOOLEAN || shape->base->kind == ASN_KIND_INTEGER ||
           shape->base->kind == ASN_KIND_OCTET_STRING;
}

/* The struct that a SEQUENCE is. */
static bool struct_of(const struct looking *l, const struct shape *shape, uint32_t *type)
{
    const struct asn_assignment *owner = shape->base->owner;

    if (owner->type != shape->base) {
        return fail(l, shape->base->place, "the struct of %s is no type with a name",
                    l->component->name);
    }
    if (owner->module != l->module) {
        return fail(l, shape->node->place, "the struct %s of another module", owner->name);
    }
    *type = l->c->struct_of[owner->index];
    return true;
}

/* Takes the two alternatives of the CHOICE that elements are. */
static bool two_alternatives(const struct looking *l, const struct asn_node *choice,
                             struct shape *first, struct shape *second, bool *tagged)
{
    const struct asn_component *one = choice->components;
    const struct asn_component *two = one != NULL ? one->next : NULL;

    if (two == NULL || two->next != NULL || two->addition) {
        return fail(l, choice->place, "the elements of %s are no choice between two types",
                    l->component->name);
    }
    *tagged = one->type->tags != NULL;
    if (*tagged != (two->type->tags != NULL)) {
        return fail(l, two->place, "one of two alternatives of %s has a tag", l->component->name);
    }
    return follow(l, one->type, first) && follow(l, two->type, second);
}

/* CHOICE { null NullPointer, value Struct } */
static bool nullable_elements(const struct looking *l, const struct asn_node *choice)
{
    struct shape null;
    struct shape value;
    bool tagged;

    if (!two_alternatives(l, choice, &null, &value, &tagged)) {
        return false;
    }
    if (tagged || null.named == NULL || null.base->kind != ASN_KIND_OCTET_STRING ||
        !span_eq_str(l->c->notes[null.named->index].string, "nullptr") ||
        value.base->kind != ASN_KIND_SEQUENCE) {
        return fail(l, choice->place,
                    "the elements of %s are no choice between NullPointer and a struct",
                    l->component->name);
    }
    l->field->nullable = true;
    l->field->op = MOD_STRUCT;
    return struct_of(l, &value, &l->field->type);
}

static bool is_tag(const struct asn_node *node, uint32_t number)
{
    const struct asn_tagging *tags = node->tags;

    return tags != NULL && tags->next == NULL && !tags->is_explicit &&
           tags->tag.class == ASN_CLASS_CONTEXT && tags->tag.number == number;
}

/* CHOICE { key UInt64, value Struct }, CHOICE { key [0] Struct, value [1] Struct } */
static bool tree_elements(const struct looking *l, const struct asn_node *choice)
{
    struct mod_field *field = l->field;
    struct shape key;
    struct shape value;
    bool tagged;

    if (!two_alternatives(l, choice, &key, &value, &tagged)) {
        return false;
    }
    if (value.base->kind == ASN_KIND_SEQUENCE && !tagged && key.base->kind == ASN_KIND_INTEGER &&
        asn_integer_octets(key.node, &field->is_signed) == 8 && !field->is_signed) {
        return struct_of(l, &value, &field->type);
    }
    if (value.base->kind == ASN_KIND_SEQUENCE && key.base->kind == ASN_KIND_SEQUENCE &&
        is_tag(key.node, 0) && is_tag(value.node, 1)) {
        return struct_of(l, &key, &field->key) && struct_of(l, &value, &field->type);
    }
    return fail(l, choice->place,
                "the elements of %s are no choice between a key of eight octets and a struct, or "
                "[0] and [1] of two structs",
                l->component->name);
}

/* Looks at what is behind SEQUENCE OF, and its SIZE. */
static bool elements(const struct looking *l, const struct shape *shape, struct shape *element)
{
    const struct asn_node *node = shape->base->element;

    if (node->tags != NULL) {
        return fail(l, node->place, "the elements of %s have a tag", l->component->name);
    }
    return follow(l, node, element) && read_size(l, shape->node, &l->field->min, &l->field->max);
}

/* SEQUENCE OF, but for lists and trees */
static bool array(const struct looking *l, const struct shape *shape)
{
    struct mod_field *field = l->field;
    struct shape element;

    if (!elements(l, shape, &element)) {
        return false;
    }
    field->is_array = true;
    if (element.base->kind == ASN_KIND_SEQUENCE) {
        field->op = MOD_STRUCT;
        return struct_of(l, &element, &field->type);
    }
    if (element.base->kind == ASN_KIND_CHOICE) {
        return nullable_elements(l, element.base);
    }
    if (!is_leaf(&element)) {
        return fail(l, element.node->place, "no element of an array of QEMU's is a %s",
                    asn_kind_name(element.base->kind));
    }
    if (!leaf(l, &element)) {
        return false;
    }
    if (field->as_octets) {
        return fail(l, element.node->place, "an array of arrays in %s", l->component->name);
    }
    if (field->op == MOD_INT && field->size == 1) {
        return fail(l, element.node->place,
                    "integers of one octet are elements of %s: it is an array in one OCTET STRING",
                    l->component->name);
    }
    return true;
}

/* SEQUENCE OF with <qtailq>, <qlist> or <gtree> */
static bool list(const struct looking *l, const struct shape *shape)
{
    struct mod_field *field = l->field;
    struct shape element;

    if (shape->base->kind != ASN_KIND_SEQUENCE_OF) {
        return fail(l, l->note->place, "%s is no SEQUENCE OF", l->component->name);
    }
    if (!elements(l, shape, &element)) {
        return false;
    }
    if ((l->note->words & MOD_WORD_GTREE) != 0) {
        field->op = MOD_TREE;
        return element.base->kind == ASN_KIND_CHOICE
                   ? tree_elements(l, element.base)
                   : fail(l, element.node->place, "the elements of %s are no keys and values",
                          l->component->name);
    }
    field->op = MOD_LIST;
    if (element.base->kind != ASN_KIND_SEQUENCE) {
        return fail(l, element.node->place, "the elements of %s are no structs",
                    l->component->name);
    }
    return struct_of(l, &element, &field->type);
}

static bool subsection(const struct looking *l, const struct shape *shape)
{
    struct mod_field *field = l->field;

    if (shape->base->kind != ASN_KIND_SEQUENCE) {
        return fail(l, l->note->place, "the subsection %s is no struct", l->component->name);
    }
    if (l->note->has_string) {
        return fail(l, l->note->place, "the subsection %s has the name of its struct, no other",
                    l->component->name);
    }
    if (field->tag == MOD_NO_TAG) {
        return fail(l, l->component->place, "the subsection %s is not OPTIONAL",
                    l->component->name);
    }
    field->op = MOD_STRUCT;
    field->is_subsection = true;
    if (!struct_of(l, shape, &field->type)) {
        return false;
    }
    return put_string(l, l->c->notes[shape->base->owner->index].string, &field->name) &&
           put_string(l, span_str("subsection"), &field->type_name);
}

static bool unseen(const struct looking *l, const struct shape *shape)
{
    uint32_t min;
    uint32_t max;

    if (shape->base->kind != ASN_KIND_OCTET_STRING || !read_size(l, shape->node, &min, &max) ||
        min != 0 || max != MOD_VARIES) {
        return fail(l, l->note->place, "%s is unseen, and no OCTET STRING of any size",
                    l->component->name);
    }
    l->field->op = MOD_UNSEEN;
    l->field->size = MOD_VARIES;
    if (l->field->tag == MOD_NO_TAG) {
        return fail(l, l->component->place, "%s is unseen, and not OPTIONAL", l->component->name);
    }
    return true;
}

/* A field without words, or with <tmp> or <vstruct>. */
static bool plain(const struct looking *l, const struct shape *shape)
{
    struct mod_field *field = l->field;
    unsigned words = l->note->words & words_inline;
    bool ok;

    if (shape->base->kind == ASN_KIND_SEQUENCE) {
        field->op = MOD_STRUCT;
        ok = struct_of(l, shape, &field->type);
    } else if (shape->base->kind == ASN_KIND_SEQUENCE_OF) {
        ok = array(l, shape);
    } else if (is_leaf(shape)) {
        ok = leaf(l, shape);
    } else {
        ok = fail(l, shape->node->place, "no field of QEMU's is a %s",
                  asn_kind_name(shape->base->kind));
    }
    if (!ok) {
        return false;
    }
    if (field->op == MOD_STRUCT) {
        return put_string(l, span_str(words != 0 ? mod_word_name(words) : "struct"),
                          &field->type_name);
    }
    if (words != 0) {
        return fail(l, l->note->place, "%s is no struct", l->component->name);
    }
    return shape->named == NULL ||
           !span_eq_str(l->c->notes[shape->named->index].string, "unseen") ||
           fail(l, l->component->place, "%s is unseen, and does not say so", l->component->name);
}

/* The words of an annotation exclude one another. */
static bool read_words(const struct looking *l, const struct shape *shape)
{
    unsigned words = l->note->words;

    if ((words & (words - 1)) != 0 || (words & (MOD_WORD_ARRAY | MOD_WORD_OLD_STYLE)) != 0 ||
        l->note->has_number || (l->note->has_by && (words & ~words_inline) != 0)) {
        return fail(l, l->note->place, "an annotation that means nothing on the field %s",
                    l->component->name);
    }
    if ((words & (words_list | MOD_WORD_GTREE)) != 0) {
        return list(l, shape) &&
               put_string(l, span_str(mod_word_name(words)), &l->field->type_name);
    }
    if ((words & MOD_WORD_SUBSECTION) != 0) {
        return subsection(l, shape);
    }
    return (words & MOD_WORD_UNSEEN) != 0 ? unseen(l, shape) : plain(l, shape);
}

static bool read_tag(const struct looking *l)
{
    const struct asn_component *component = l->component;
    const struct asn_tagging *tags = component->type->tags;

    if (component->value != NULL) {
        return fail(l, component->place, "%s has a DEFAULT", component->name);
    }
    if (component->addition) {
        return fail(l, component->place, "%s stands behind '...'", component->name);
    }
    if (tags == NULL) {
        return !component->optional ||
               fail(l, component->place, "%s is OPTIONAL without a tag", component->name);
    }
    if (!component->optional) {
        return fail(l, tags->place, "%s has a tag and is not OPTIONAL", component->name);
    }
    if (tags->next != NULL || tags->tag.class != ASN_CLASS_CONTEXT || tags->is_explicit) {
        return fail(l, tags->place, "the tag of %s is not a single, implicit context tag",
                    component->name);
    }
    if (tags->tag.number > LAY_TAG_MAX) {
        return asn_fail(&l->c->model->diag, l->c->err, ERR_LIMIT, tags->place,
                        "the tag of %s is above %d", component->name, LAY_TAG_MAX);
    }
    l->field->tag = tags->tag.number;
    return true;
}

/* QEMU's name of a field: what the annotation says, or the identifier with '_' for '-'. */
static bool read_name(const struct looking *l)
{
    char name[ASN_NAME_MAX + 1];
    size_t len = strlen(l->component->name);

    if (l->note->has_string) {
        return put_string(l, l->note->string, &l->field->name);
    }
    for (size_t i = 0; i < len; i++) {
        name[i] = l->component->name[i] == '-' ? '_' : l->component->name[i];
    }
    return put_string(l, span_of(name, len), &l->field->name);
}

/* What <by> is on has no other number. */
static bool read_by(const struct looking *l)
{
    const struct mod_field *field = l->field;
    bool varies = field->is_array ? field->min != field->max : field->size == MOD_VARIES;

    if (!l->note->has_by) {
        return true;
    }
    if (!varies && (field->is_array || field->tag == MOD_NO_TAG)) {
        return fail(l, l->note->place, "the number of %s is not another field's",
                    l->component->name);
    }
    return put_string(l, l->note->by, &l->field->by);
}

bool mod_field_compile(struct mod_compiling *c, const struct asn_module *module,
                       const struct asn_component *component, struct mod_field *field)
{
    struct mod_annotation note;
    struct looking looking = {c, module, component, &note, field};
    struct shape shape;

    memset(field, 0, sizeof(*field));
    field->tag = MOD_NO_TAG;
    field->type = MOD_NONE;
    field->key = MOD_NONE;
    field->min = 1;
    field->max = 1;
    field->type_name = MOD_EMPTY;
    field->by = MOD_EMPTY;
    return mod_annotation_read(c->model, component->doc, component->doc_place, component->place,
                               &note, c->err) &&
           put_string(&looking, span_str(component->name), &field->ident) && read_name(&looking) &&
           read_tag(&looking) && follow(&looking, component->type, &shape) &&
           read_words(&looking, &shape) && read_by(&looking);
}
