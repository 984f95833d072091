/*
 * asn_resolve_tags.c - which tags types have, and whether a decoder can tell components apart by
 * them; see asn_resolving.h.
 */
#include "codec/schema/asn_resolve.h"

#include <stdlib.h>
#include <string.h>

#include "codec/base/arena.h"
#include "codec/schema/asn_resolving.h"

/* X.680 25.3, 29.2: the n-th component gets [n], if the notation has no tag at all. */
static bool tag_automatically(struct asn_model *model, struct asn_node *node, struct err *err)
{
    uint32_t number = 0;
    bool tagged = false;

    if (node->module->tag_default != ASN_TAGS_AUTOMATIC) {
        return true;
    }
    for (struct asn_component *one = node->components; one != NULL; one = one->next) {
        if (one->type->tags != NULL && !tagged && one->addition) {
            return asn_fail(&model->diag, err, ERR_MALFORMED, one->place,
                            "an addition has a tag, and what it is added to has automatic ones");
        }
        tagged = tagged || one->type->tags != NULL;
    }
    for (struct asn_component *one = node->components; one != NULL && !tagged; one = one->next) {
        struct asn_tagging *tagging = asn_alloc(model, 1, sizeof(*tagging), err);

        if (tagging == NULL) {
            return false;
        }
        tagging->place = one->place;
        tagging->tag.class = ASN_CLASS_CONTEXT;
        tagging->tag.number = number++;
        tagging->mode = ASN_TAG_AS_MODULE;
        tagging->automatic = true;
        one->type->tags = tagging;
    }
    return true;
}

/* The tag of a type that is no reference (X.680 table 1); false: an untagged CHOICE. */
static bool universal_tag(enum asn_kind kind, struct asn_tag_value *tag)
{
    tag->class = ASN_CLASS_UNIVERSAL;
    tag->number = 0;
    switch (kind) {
    case ASN_KIND_BOOLEAN:
        tag->number = 1;
        break;
    case ASN_KIND_INTEGER:
        tag->number = 2;
        break;
    case ASN_KIND_BIT_STRING:
        tag->number = 3;
        break;
    case ASN_KIND_OCTET_STRING:
        tag->number = 4;
        break;
    case ASN_KIND_NULL:
        tag->number = 5;
        break;
    case ASN_KIND_OID:
        tag->number = 6;
        break;
    case ASN_KIND_ENUMERATED:
        tag->number = 10;
        break;
    case ASN_KIND_UTF8_STRING:
        tag->number = 12;
        break;
    case ASN_KIND_SEQUENCE:
    case ASN_KIND_SEQUENCE_OF:
        tag->number = 16;
        break;
    case ASN_KIND_SET_OF:
        tag->number = 17;
        break;
    case ASN_KIND_PRINTABLE_STRING:
        tag->number = 19;
        break;
    case ASN_KIND_IA5_STRING:
        tag->number = 22;
        break;
    case ASN_KIND_VISIBLE_STRING:
        tag->number = 26;
        break;
    case ASN_KIND_CHOICE:
    case ASN_KIND_REFERENCE:
        return false;
    }
    return true;
}

/* X.680 31.2.7: whether a tag stands around the tags inside it or instead of the first of them. */
static bool is_explicit(const struct asn_node *node, const struct asn_tagging *tagging, bool tagged)
{
    switch (tagging->mode) {
    case ASN_TAG_EXPLICIT:
        return true;
    case ASN_TAG_IMPLICIT:
        return false;
    case ASN_TAG_AS_MODULE:
        break;
    }
    return node->module->tag_default == ASN_TAGS_EXPLICIT || !tagged;
}

/* Applies one written tag to list, which is innermost first. */
static bool apply_tagging(struct asn_model *model, const struct asn_node *node,
                          struct asn_tagging *tagging, struct asn_tag_value *list, uint32_t *count,
                          struct err *err)
{
    tagging->is_explicit = is_explicit(node, tagging, *count > 0);
    if (!tagging->is_explicit && *count == 0) {
        return asn_fail(&model->diag, err, ERR_MALFORMED, tagging->place,
                        "an untagged CHOICE cannot be tagged IMPLICIT");
    }
    if (tagging->is_explicit && *count == ASN_TAGS_MAX) {
        return asn_fail(&model->diag, err, ERR_LIMIT, tagging->place,
                        "more than %d tags around one another", ASN_TAGS_MAX);
    }
    *count += tagging->is_explicit;
    list[*count - 1] = tagging->tag;
    return true;
}

static bool resolve_tag_list(struct asn_model *model, struct asn_node *node, struct err *err)
{
    struct asn_tag_value list[ASN_TAGS_MAX]; /* innermost first */
    struct asn_tagging *written[ASN_TAGS_MAX];
    struct asn_tag_value *kept;
    uint32_t count = 0;
    uint32_t depth = 0;

    if (node->kind == ASN_KIND_REFERENCE) {
        const struct asn_node *parent = node->target->type;

        if (node->tags == NULL) {
            node->tag_list = parent->tag_list;
            node->tag_count = parent->tag_count;
            return true;
        }
        count = parent->tag_count;
        for (uint32_t i = 0; i < count; i++) {
            list[i] = parent->tag_list[count - 1 - i];
        }
    } else if (universal_tag(node->kind, &list[0])) {
        count = 1;
    }
    for (struct asn_tagging *one = node->tags; one != NULL; one = one->next) {
        written[depth++] = one;
    }
    while (depth > 0) {
        if (!apply_tagging(model, node, written[--depth], list, &count, err)) {
            return false;
        }
    }
    kept = asn_alloc(model, count, sizeof(*kept), err);
    if (kept == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        kept[i] = list[count - 1 - i];
    }
    node->tag_list = kept;
    node->tag_count = count;
    return true;
}

/* A tag that a component can begin with. */
struct candidate {
    struct asn_tag_value tag;
    const struct asn_component *component;
};

static int compare_tags(struct asn_tag_value a, struct asn_tag_value b)
{
    if (a.class != b.class) {
        return a.class < b.class ? -1 : 1;
    }
    return a.number < b.number ? -1 : a.number > b.number;
}

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *one = a;
    const struct candidate *two = b;
    int order = compare_tags(one->tag, two->tag);

    if (order != 0) {
        return order;
    }
    if (one->component->place.offset != two->component->place.offset) {
        return one->component->place.offset < two->component->place.offset ? -1 : 1;
    }
    return 0;
}

/* Sorts candidates and refuses the first component that begins like an earlier one. */
static bool check_distinct(struct asn_model *model, struct candidate *list, uint32_t count,
                           struct err *err)
{
    const struct candidate *first = NULL;
    const struct candidate *second = NULL;
    char text[40];

    if (count > 0) {
        qsort(list, count, sizeof(*list), compare_candidates);
    }
    for (uint32_t i = 1; i < count; i++) {
        if (compare_tags(list[i - 1].tag, list[i].tag) == 0 &&
            (second == NULL || list[i].component->place.offset < second->component->place.offset)) {
            first = &list[i - 1];
            second = &list[i];
        }
    }
    return second == NULL ||
           asn_fail(&model->diag, err, ERR_MALFORMED, second->component->place,
                    "%s begins with tag %s, as %s does", second->component->name,
                    asn_tag_format(second->tag, text, sizeof(text)), first->component->name);
}

/* What a value of the type can begin with; the untagged CHOICE types inside it are done. */
static const struct asn_tag_value *begins_with(const struct asn_node *node, uint32_t *count)
{
    if (node->tag_count > 0) {
        *count = 1;
        return node->tag_list;
    }
    *count = node->base->outer_count;
    return node->base->outer_tags;
}

/* X.680 29.3: the alternatives of a CHOICE differ in their tags. */
static bool collect_choice(struct asn_model *model, struct asn_node *choice, struct err *err)
{
    struct candidate *list;
    struct asn_tag_value *tags;
    uint32_t total = 0;
    uint32_t n = 0;

    for (const struct asn_component *one = choice->components; one != NULL; one = one->next) {
        uint32_t count;

        (void)begins_with(one->type, &count);
        if (count > ASN_MEMBERS_MAX - total) {
            return asn_fail(&model->diag, err, ERR_LIMIT, one->place,
                            "more than %d alternatives, counting those of untagged CHOICE types",
                            ASN_MEMBERS_MAX);
        }
        total += count;
    }
    list = asn_alloc(model, total, sizeof(*list), err);
    tags = asn_alloc(model, total, sizeof(*tags), err);
    if (list == NULL || tags == NULL) {
        return false;
    }
    for (const struct asn_component *one = choice->components; one != NULL; one = one->next) {
        uint32_t count;
        const struct asn_tag_value *begin = begins_with(one->type, &count);

        for (uint32_t i = 0; i < count; i++) {
            list[n].tag = begin[i];
            list[n].component = one;
            tags[n++] = begin[i];
        }
    }
    choice->outer_tags = tags;
    choice->outer_count = total;
    return check_distinct(model, list, total, err);
}

struct choice_frame {
    struct asn_node *choice;
    const struct asn_component *next;
};

/* The untagged CHOICE inside the component that has still to be collected; NULL: none. */
static struct asn_node *pending_choice(const struct asn_component *one)
{
    struct asn_node *base = one->type->base;

    return one->type->tag_count > 0 || base->outer_tags != NULL ? NULL : base;
}

/* Collects the alternatives of a CHOICE, innermost untagged CHOICE types first. */
static bool resolve_choice(struct asn_model *model, struct asn_node *node, struct err *err)
{
    struct choice_frame stack[ASN_CHOICE_DEPTH_MAX];
    uint32_t depth = 0;

    if (node->kind != ASN_KIND_CHOICE || node->outer_tags != NULL) {
        return true;
    }
    stack[depth].choice = node;
    stack[depth++].next = node->components;
    while (depth > 0) {
        struct choice_frame *top = &stack[depth - 1];
        const struct asn_component *one = top->next;
        struct asn_node *inner;

        if (one == NULL) {
            if (!collect_choice(model, top->choice, err)) {
                return false;
            }
            depth--;
            continue;
        }
        top->next = one->next;
        inner = pending_choice(one);
        if (inner == NULL) {
            continue;
        }
        for (uint32_t i = 0; i < depth; i++) {
            if (stack[i].choice == inner) {
                return asn_fail(&model->diag, err, ERR_MALFORMED, one->place,
                                "a CHOICE contains itself without a tag between");
            }
        }
        if (depth == ASN_CHOICE_DEPTH_MAX) {
            return asn_fail(&model->diag, err, ERR_LIMIT, one->place,
                            "more than %d untagged CHOICE types inside one another",
                            ASN_CHOICE_DEPTH_MAX);
        }
        stack[depth].choice = inner;
        stack[depth++].next = inner->components;
    }
    return true;
}

/*
 * X.680 25.6: in a run of components that may be absent, and with the one behind the run, tags
 * differ. A reader of an older release sees additions come and go: they belong to a run.
 */
static bool check_sequence(struct asn_model *model, struct asn_node *node, struct err *err)
{
    struct candidate *list;
    uint32_t total = 0;
    uint32_t n = 0;

    if (node->kind != ASN_KIND_SEQUENCE) {
        return true;
    }
    for (const struct asn_component *one = node->components; one != NULL; one = one->next) {
        uint32_t count;

        (void)begins_with(one->type, &count);
        total += count;
    }
    list = asn_alloc(model, total, sizeof(*list), err);
    if (list == NULL) {
        return false;
    }
    for (const struct asn_component *one = node->components; one != NULL; one = one->next) {
        uint32_t count;
        const struct asn_tag_value *begin = begins_with(one->type, &count);

        for (uint32_t i = 0; i < count; i++) {
            list[n].tag = begin[i];
            list[n++].component = one;
        }
        if (!one->optional && one->value == NULL && !one->addition) {
            if (!check_distinct(model, list, n, err)) {
                return false;
            }
            n = 0;
        }
    }
    return check_distinct(model, list, n, err);
}

bool asn_resolve_tags(struct asn_model *model, struct err *err)
{
    return asn_each_node(model, tag_automatically, err) &&
           asn_each_node(model, resolve_tag_list, err) &&
           asn_each_node(model, resolve_choice, err) && asn_each_node(model, check_sequence, err);
}
