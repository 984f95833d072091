/* asn_parse_type.c - types: tags and contents in braces; see asn_parser.h. */
#include "codec/schema/asn_parse.h"

#include "codec/base/arena.h"

/* "[" [class] number "]" [ "IMPLICIT" | "EXPLICIT" ] */
static bool tagging_parse(struct asn_parser *parser, struct asn_tagging *tagging)
{
    tagging->place = parser->token.place;
    tagging->tag.class = ASN_CLASS_CONTEXT;
    if (!asn_advance(parser)) {
        return false;
    }
    if (asn_is_word(parser, ASN_WORD_UNIVERSAL)) {
        return asn_unsupported(parser, "a tag of class UNIVERSAL");
    }
    if (asn_is_word(parser, ASN_WORD_APPLICATION) || asn_is_word(parser, ASN_WORD_PRIVATE)) {
        tagging->tag.class =
            asn_is_word(parser, ASN_WORD_PRIVATE) ? ASN_CLASS_PRIVATE : ASN_CLASS_APPLICATION;
        if (!asn_advance(parser)) {
            return false;
        }
    }
    if (asn_is(parser, ASN_TOKEN_LOWER)) {
        return asn_unsupported(parser, "a reference as tag number");
    }
    if (!asn_is(parser, ASN_TOKEN_NUMBER)) {
        return asn_unexpected(parser, "a tag number");
    }
    if (parser->token.number > ASN_TAG_NUMBER_MAX) {
        return asn_fail(&parser->model->diag, parser->err, ERR_LIMIT, parser->token.place,
                        "a tag number greater than 2147483647");
    }
    tagging->tag.number = (uint32_t)parser->token.number;
    if (!asn_advance(parser) || !asn_expect(parser, ASN_TOKEN_BRACKET_CLOSE, "']'")) {
        return false;
    }
    if (asn_is_word(parser, ASN_WORD_IMPLICIT)) {
        tagging->mode = ASN_TAG_IMPLICIT;
        return asn_advance(parser);
    }
    if (asn_is_word(parser, ASN_WORD_EXPLICIT)) {
        tagging->mode = ASN_TAG_EXPLICIT;
        return asn_advance(parser);
    }
    tagging->mode = ASN_TAG_AS_MODULE;
    return true;
}

static bool taggings_parse(struct asn_parser *parser, struct asn_node *node)
{
    struct asn_tagging **end = &node->tags;

    for (unsigned count = 0; asn_is(parser, ASN_TOKEN_BRACKET_OPEN); count++) {
        struct asn_tagging *tagging = asn_alloc(parser->model, 1, sizeof(*tagging), parser->err);

        if (count == ASN_TAGS_MAX) {
            return asn_too_many(parser, ASN_TAGS_MAX, "tags around one another");
        }
        if (tagging == NULL || !tagging_parse(parser, tagging)) {
            return false;
        }
        *end = tagging;
        end = &tagging->next;
    }
    return true;
}

/* name [ "(" number ")" ] */
static bool item_parse(struct asn_parser *parser, const struct asn_node *node,
                       struct asn_item *item)
{
    if (!asn_is(parser, ASN_TOKEN_LOWER)) {
        return asn_unexpected(parser, "a name");
    }
    item->place = parser->token.place;
    asn_doc_before(parser, false);
    item->name = asn_name_take(parser);
    if (item->name == NULL) {
        return false;
    }
    if (asn_is(parser, ASN_TOKEN_PAREN_OPEN)) {
        item->given = true;
        if (!asn_advance(parser)) {
            return false;
        }
        if (asn_is(parser, ASN_TOKEN_LOWER) || asn_is(parser, ASN_TOKEN_UPPER)) {
            return asn_unsupported(parser, "a reference as the number of a name");
        }
        if (!asn_number_parse(parser, &item->number) ||
            !asn_expect(parser, ASN_TOKEN_PAREN_CLOSE, "')'")) {
            return false;
        }
    } else if (node->kind != ASN_KIND_ENUMERATED) {
        return asn_unexpected(parser, "'('");
    }
    asn_doc_behind(parser);
    return asn_doc_take(parser, &item->doc);
}

/* The marker of an enumeration, at '...'. */
static bool item_marker(struct asn_parser *parser, struct asn_node *node)
{
    if (node->kind != ASN_KIND_ENUMERATED || node->extensible || node->count == 0) {
        return asn_unexpected(parser, "a name");
    }
    node->extensible = true;
    if (!asn_advance(parser)) {
        return false;
    }
    return !asn_is(parser, ASN_TOKEN_OTHER) || asn_unsupported(parser, "an exception");
}

/* "{" item { "," item } "}"; in an enumeration one "," "..." */
static bool items_parse(struct asn_parser *parser, struct asn_node *node)
{
    struct asn_item **end = &node->items;

    if (!asn_expect(parser, ASN_TOKEN_BRACE_OPEN, "'{'")) {
        return false;
    }
    for (;;) {
        if (asn_is(parser, ASN_TOKEN_ELLIPSIS)) {
            if (!item_marker(parser, node)) {
                return false;
            }
        } else {
            struct asn_item *item = asn_alloc(parser->model, 1, sizeof(*item), parser->err);

            if (node->count == ASN_MEMBERS_MAX) {
                return asn_too_many(parser, ASN_MEMBERS_MAX, "names");
            }
            if (item == NULL || !item_parse(parser, node, item)) {
                return false;
            }
            item->addition = node->extensible;
            node->count++;
            *end = item;
            end = &item->next;
        }
        if (!asn_is(parser, ASN_TOKEN_COMMA)) {
            return asn_expect(parser, ASN_TOKEN_BRACE_CLOSE, "'}' or ','");
        }
        if (!asn_advance(parser)) {
            return false;
        }
    }
}

/* name type [ "OPTIONAL" | "DEFAULT" value ] */
static bool component_parse(struct asn_parser *parser, const struct asn_node *node,
                            struct asn_component *component)
{
    if (asn_is_word(parser, ASN_WORD_COMPONENTS)) {
        return asn_unsupported(parser, "COMPONENTS OF");
    }
    if (!asn_is(parser, ASN_TOKEN_LOWER)) {
        return asn_unexpected(parser, "a component");
    }
    component->place = parser->token.place;
    asn_doc_before(parser, false);
    if (!asn_doc_take(parser, &component->doc)) {
        return false;
    }
    component->doc_place = parser->doc_place;
    component->name = asn_name_take(parser);
    if (component->name == NULL) {
        return false;
    }
    component->type = asn_type_parse(parser);
    if (component->type == NULL) {
        return false;
    }
    if (node->kind == ASN_KIND_SEQUENCE && asn_is_word(parser, ASN_WORD_OPTIONAL)) {
        component->optional = true;
        return asn_advance(parser);
    }
    if (node->kind == ASN_KIND_SEQUENCE && asn_is_word(parser, ASN_WORD_DEFAULT)) {
        if (!asn_advance(parser)) {
            return false;
        }
        component->value = asn_value_parse(parser);
        return component->value != NULL;
    }
    return true;
}

/* Where a list of components has got to. */
struct place_in_list {
    struct asn_component **end;
    uint32_t groups;
    bool in_group;
    bool has_group_version;
    uint64_t group_version;
};

static bool component_add(struct asn_parser *parser, struct asn_node *node,
                          struct place_in_list *list)
{
    struct asn_component *component = asn_alloc(parser->model, 1, sizeof(*component), parser->err);

    if (node->count == ASN_MEMBERS_MAX) {
        return asn_too_many(parser, ASN_MEMBERS_MAX, "components");
    }
    if (node->closed) {
        return asn_unsupported(parser, "components behind a second extension marker");
    }
    if (component == NULL || !component_parse(parser, node, component) ||
        !asn_doc_join(parser, &component->doc, &component->doc_place)) {
        return false;
    }
    component->addition = node->extensible;
    component->group = list->in_group ? list->groups : 0;
    component->has_group_version = list->in_group && list->has_group_version;
    component->group_version = component->has_group_version ? list->group_version : 0;
    node->count++;
    *list->end = component;
    list->end = &component->next;
    return true;
}

/* "[[" [ number ":" ] component { "," component } "]]" */
static bool group_parse(struct asn_parser *parser, struct asn_node *node,
                        struct place_in_list *list)
{
    if (!node->extensible || node->closed) {
        return asn_unexpected(parser, "a component");
    }
    if (!asn_advance(parser)) {
        return false;
    }
    list->in_group = true;
    list->groups++;
    list->has_group_version = asn_is(parser, ASN_TOKEN_NUMBER);
    if (list->has_group_version) {
        list->group_version = parser->token.number;
        if (!asn_advance(parser) || !asn_expect(parser, ASN_TOKEN_COLON, "':'")) {
            return false;
        }
    }
    for (;;) {
        if (!component_add(parser, node, list)) {
            return false;
        }
        if (!asn_is(parser, ASN_TOKEN_COMMA)) {
            break;
        }
        if (!asn_advance(parser)) {
            return false;
        }
    }
    list->in_group = false;
    return asn_expect(parser, ASN_TOKEN_GROUP_CLOSE, "',' or ']]'");
}

/* "..." */
static bool marker_parse(struct asn_parser *parser, struct asn_node *node)
{
    if (node->closed || (node->kind == ASN_KIND_CHOICE && node->count == 0)) {
        return asn_unexpected(parser, "a component");
    }
    node->closed = node->extensible;
    node->extensible = true;
    if (!asn_advance(parser)) {
        return false;
    }
    return !asn_is(parser, ASN_TOKEN_OTHER) || asn_unsupported(parser, "an exception");
}

static bool components_parse(struct asn_parser *parser, struct asn_node *node)
{
    struct place_in_list list = {&node->components, 0, false, false, 0};

    if (!asn_expect(parser, ASN_TOKEN_BRACE_OPEN, "'{'")) {
        return false;
    }
    if (node->kind == ASN_KIND_SEQUENCE && asn_is(parser, ASN_TOKEN_BRACE_CLOSE)) {
        return asn_advance(parser);
    }
    for (;;) {
        bool ok;

        if (asn_is(parser, ASN_TOKEN_ELLIPSIS)) {
            ok = marker_parse(parser, node);
        } else if (asn_is(parser, ASN_TOKEN_GROUP_OPEN)) {
            ok = group_parse(parser, node, &list);
        } else {
            ok = component_add(parser, node, &list);
        }
        if (!ok) {
            return false;
        }
        if (!asn_is(parser, ASN_TOKEN_COMMA)) {
            return asn_expect(parser, ASN_TOKEN_BRACE_CLOSE, "'}' or ','");
        }
        if (!asn_advance(parser)) {
            return false;
        }
    }
}

/* [ size ] "OF" type, behind SEQUENCE or SET */
static bool of_parse(struct asn_parser *parser, struct asn_node *node, enum asn_kind kind)
{
    node->kind = kind;
    if (!(asn_is_word(parser, ASN_WORD_SIZE) ? asn_size_parse(parser, &node->constraints)
                                             : asn_constraints_parse(parser, &node->constraints))) {
        return false;
    }
    if (!asn_expect_word(parser, ASN_WORD_OF, kind == ASN_KIND_SET_OF ? "OF" : "'{' or OF")) {
        return false;
    }
    if (asn_is(parser, ASN_TOKEN_LOWER)) {
        return asn_unsupported(parser, "a name for the element");
    }
    node->element = asn_type_parse(parser);
    return node->element != NULL;
}

static bool sequence_parse(struct asn_parser *parser, struct asn_node *node)
{
    node->kind = ASN_KIND_SEQUENCE;
    if (!asn_advance(parser)) {
        return false;
    }
    if (asn_is(parser, ASN_TOKEN_BRACE_OPEN)) {
        return components_parse(parser, node);
    }
    return of_parse(parser, node, ASN_KIND_SEQUENCE_OF);
}

static bool set_parse(struct asn_parser *parser, struct asn_node *node)
{
    if (parser->ahead.kind == ASN_TOKEN_BRACE_OPEN) {
        return asn_unsupported(parser, "SET (only SET OF)");
    }
    return asn_advance(parser) && of_parse(parser, node, ASN_KIND_SET_OF);
}

static bool reference_parse(struct asn_parser *parser, struct asn_node *node)
{
    node->kind = ASN_KIND_REFERENCE;
    node->ref_name = asn_name_take(parser);
    if (node->ref_name == NULL) {
        return false;
    }
    if (asn_is(parser, ASN_TOKEN_DOT)) {
        node->ref_module = node->ref_name;
        if (!asn_advance(parser)) {
            return false;
        }
        if (asn_is(parser, ASN_TOKEN_OTHER)) {
            return asn_unsupported(parser, "information object classes");
        }
        if (!asn_is(parser, ASN_TOKEN_UPPER)) {
            return asn_unexpected(parser, "a type name");
        }
        node->ref_name = asn_name_take(parser);
        if (node->ref_name == NULL) {
            return false;
        }
    }
    if (asn_is(parser, ASN_TOKEN_DOT)) {
        return asn_unsupported(parser, "information object classes");
    }
    return !asn_is(parser, ASN_TOKEN_BRACE_OPEN) || asn_unsupported(parser, "parameterization");
}

/* A type of one word, or of two. */
struct type_row {
    enum asn_word word;
    enum asn_word second; /* ASN_WORD_NONE: of one word */
    enum asn_kind kind;
    const char *expected;
};

static const struct type_row type_rows[] = {
    {ASN_WORD_BOOLEAN, ASN_WORD_NONE, ASN_KIND_BOOLEAN, ""},
    {ASN_WORD_INTEGER, ASN_WORD_NONE, ASN_KIND_INTEGER, ""},
    {ASN_WORD_ENUMERATED, ASN_WORD_NONE, ASN_KIND_ENUMERATED, ""},
    {ASN_WORD_NULL, ASN_WORD_NONE, ASN_KIND_NULL, ""},
    {ASN_WORD_OCTET, ASN_WORD_STRING, ASN_KIND_OCTET_STRING, "STRING"},
    {ASN_WORD_BIT, ASN_WORD_STRING, ASN_KIND_BIT_STRING, "STRING"},
    {ASN_WORD_UTF8_STRING, ASN_WORD_NONE, ASN_KIND_UTF8_STRING, ""},
    {ASN_WORD_IA5_STRING, ASN_WORD_NONE, ASN_KIND_IA5_STRING, ""},
    {ASN_WORD_PRINTABLE_STRING, ASN_WORD_NONE, ASN_KIND_PRINTABLE_STRING, ""},
    {ASN_WORD_VISIBLE_STRING, ASN_WORD_NONE, ASN_KIND_VISIBLE_STRING, ""},
    {ASN_WORD_OBJECT, ASN_WORD_IDENTIFIER, ASN_KIND_OID, "IDENTIFIER"},
    {ASN_WORD_CHOICE, ASN_WORD_NONE, ASN_KIND_CHOICE, ""},
};

static bool word_parse(struct asn_parser *parser, struct asn_node *node)
{
    for (size_t i = 0; i < sizeof(type_rows) / sizeof(type_rows[0]); i++) {
        const struct type_row *row = &type_rows[i];

        if (!asn_is_word(parser, row->word)) {
            continue;
        }
        node->kind = row->kind;
        if (!asn_advance(parser)) {
            return false;
        }
        if (row->second != ASN_WORD_NONE && !asn_expect_word(parser, row->second, row->expected)) {
            return false;
        }
        if (row->kind == ASN_KIND_CHOICE) {
            return components_parse(parser, node);
        }
        if (row->kind == ASN_KIND_ENUMERATED ||
            (asn_is(parser, ASN_TOKEN_BRACE_OPEN) &&
             (row->kind == ASN_KIND_INTEGER || row->kind == ASN_KIND_BIT_STRING))) {
            return items_parse(parser, node);
        }
        return true;
    }
    return asn_unexpected(parser, "a type");
}

static bool body_parse(struct asn_parser *parser, struct asn_node *node)
{
    if (asn_is(parser, ASN_TOKEN_UPPER)) {
        return reference_parse(parser, node);
    }
    if (asn_is(parser, ASN_TOKEN_LOWER) && parser->ahead.kind == ASN_TOKEN_OTHER) {
        return asn_unsupported(parser, "a selection type");
    }
    if (asn_is_word(parser, ASN_WORD_SEQUENCE)) {
        return sequence_parse(parser, node);
    }
    if (asn_is_word(parser, ASN_WORD_SET)) {
        return set_parse(parser, node);
    }
    return word_parse(parser, node);
}

struct asn_node *asn_type_parse(struct asn_parser *parser)
{
    struct asn_node *node = asn_alloc(parser->model, 1, sizeof(*node), parser->err);
    bool ok;

    if (node == NULL) {
        return NULL;
    }
    if (parser->depth == ASN_DEPTH_MAX) {
        (void)asn_too_many(parser, ASN_DEPTH_MAX, "types inside one another");
        return NULL;
    }
    node->place = parser->token.place;
    node->module = parser->module;
    node->owner = parser->owner;
    *parser->model->nodes_end = node;
    parser->model->nodes_end = &node->next;
    parser->model->node_count++;
    parser->depth++;
    ok = taggings_parse(parser, node) && body_parse(parser, node);
    parser->depth--;
    /* Behind "SEQUENCE OF T" a constraint is T's (X.680 48.5). */
    if (ok && node->element == NULL) {
        ok = asn_constraints_parse(parser, &node->constraints);
    }
    return ok ? node : NULL;
}
