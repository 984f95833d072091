/* asn_parse_value.c - values: numbers, strings, names, object identifiers; see asn_parser.h. */
#include "codec/schema/asn_parse.h"

#include "codec/base/arena.h"

bool asn_number_parse(struct asn_parser *parser, struct asn_number *number)
{
    struct asn_spot place = parser->token.place;
    bool negative = asn_is(parser, ASN_TOKEN_MINUS);

    if (negative && !asn_advance(parser)) {
        return false;
    }
    if (!asn_is(parser, ASN_TOKEN_NUMBER)) {
        return asn_unexpected(parser, "a number");
    }
    if (negative && parser->token.number == 0) {
        return asn_fail(&parser->model->diag, parser->err, ERR_MALFORMED, place,
                        "zero has no sign");
    }
    if (negative && parser->token.number > (uint64_t)INT64_MAX + 1) {
        return asn_fail(&parser->model->diag, parser->err, ERR_LIMIT, place,
                        "a number less than -9223372036854775808");
    }
    number->negative = negative;
    number->magnitude = parser->token.number;
    return asn_advance(parser);
}

/* number | name | name "(" number ")" */
static bool arc_parse(struct asn_parser *parser, struct asn_arc *arc)
{
    arc->place = parser->token.place;
    if (asn_is(parser, ASN_TOKEN_LOWER)) {
        arc->name = asn_name_take(parser);
        if (arc->name == NULL) {
            return false;
        }
        if (!asn_is(parser, ASN_TOKEN_PAREN_OPEN)) {
            return true;
        }
        if (!asn_advance(parser)) {
            return false;
        }
        if (asn_is(parser, ASN_TOKEN_LOWER)) {
            return asn_unsupported(parser, "a reference as the number of an arc");
        }
        if (!asn_is(parser, ASN_TOKEN_NUMBER)) {
            return asn_unexpected(parser, "a number");
        }
        arc->has_number = true;
        arc->number = parser->token.number;
        return asn_advance(parser) && asn_expect(parser, ASN_TOKEN_PAREN_CLOSE, "')'");
    }
    if (asn_is(parser, ASN_TOKEN_NUMBER)) {
        arc->has_number = true;
        arc->number = parser->token.number;
        return asn_advance(parser);
    }
    return asn_unsupported(parser, "a value in braces that is no object identifier");
}

struct asn_arc *asn_oid_parse(struct asn_parser *parser)
{
    struct asn_arc *first = NULL;
    struct asn_arc **end = &first;

    if (!asn_advance(parser)) {
        return NULL;
    }
    for (unsigned count = 0; first == NULL || !asn_is(parser, ASN_TOKEN_BRACE_CLOSE); count++) {
        struct asn_arc *arc = asn_alloc(parser->model, 1, sizeof(*arc), parser->err);

        if (count == ASN_ARCS_MAX) {
            (void)asn_too_many(parser, ASN_ARCS_MAX, "arcs");
            return NULL;
        }
        if (arc == NULL || !arc_parse(parser, arc)) {
            return NULL;
        }
        *end = arc;
        end = &arc->next;
    }
    return asn_advance(parser) ? first : NULL;
}

/* The characters of a string as they stand, or the digits without white space. */
static bool string_take(struct asn_parser *parser, struct asn_value *value)
{
    struct span text = parser->token.text;
    bool digits = value->kind != ASN_VALUE_CHARACTERS;
    uint8_t *copy = asn_alloc(parser->model, text.len + 1, 1, parser->err);
    size_t n = 0;

    if (copy == NULL) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (!digits || text.p[i] > ' ') {
            copy[n++] = text.p[i];
        }
    }
    value->text = span_of(copy, n);
    return asn_advance(parser);
}

/* name, or Module.name */
static bool name_parse(struct asn_parser *parser, struct asn_value *value)
{
    value->kind = ASN_VALUE_NAME;
    if (asn_is(parser, ASN_TOKEN_UPPER)) {
        value->module = asn_name_take(parser);
        if (value->module == NULL || !asn_expect(parser, ASN_TOKEN_DOT, "'.'")) {
            return false;
        }
        if (!asn_is(parser, ASN_TOKEN_LOWER)) {
            return asn_unexpected(parser, "a value name");
        }
    }
    value->name = asn_name_take(parser);
    if (value->name == NULL) {
        return false;
    }
    return !asn_is(parser, ASN_TOKEN_COLON) || asn_unsupported(parser, "a value of a CHOICE");
}

static bool word_parse(struct asn_parser *parser, struct asn_value *value)
{
    if (asn_is_word(parser, ASN_WORD_TRUE) || asn_is_word(parser, ASN_WORD_FALSE)) {
        value->kind = ASN_VALUE_BOOLEAN;
        value->boolean = asn_is_word(parser, ASN_WORD_TRUE);
    } else if (asn_is_word(parser, ASN_WORD_NULL)) {
        value->kind = ASN_VALUE_NULL;
    } else {
        return asn_unexpected(parser, "a value");
    }
    return asn_advance(parser);
}

static bool parse_into(struct asn_parser *parser, struct asn_value *value)
{
    if (asn_is(parser, ASN_TOKEN_NUMBER) || asn_is(parser, ASN_TOKEN_MINUS)) {
        value->kind = ASN_VALUE_INTEGER;
        return asn_number_parse(parser, &value->number);
    }
    if (asn_is(parser, ASN_TOKEN_UPPER) || asn_is(parser, ASN_TOKEN_LOWER)) {
        return name_parse(parser, value);
    }
    if (asn_is(parser, ASN_TOKEN_CHARACTERS)) {
        value->kind = ASN_VALUE_CHARACTERS;
        return string_take(parser, value);
    }
    if (asn_is(parser, ASN_TOKEN_BITS) || asn_is(parser, ASN_TOKEN_HEX)) {
        value->kind = asn_is(parser, ASN_TOKEN_BITS) ? ASN_VALUE_BITS : ASN_VALUE_HEX;
        return string_take(parser, value);
    }
    if (asn_is(parser, ASN_TOKEN_BRACE_OPEN)) {
        value->kind = ASN_VALUE_OID;
        value->arcs = asn_oid_parse(parser);
        return value->arcs != NULL;
    }
    return word_parse(parser, value);
}

struct asn_value *asn_value_parse(struct asn_parser *parser)
{
    struct asn_value *value = asn_alloc(parser->model, 1, sizeof(*value), parser->err);

    if (value == NULL) {
        return NULL;
    }
    value->place = parser->token.place;
    return parse_into(parser, value) ? value : NULL;
}

struct asn_value *asn_endpoint_parse(struct asn_parser *parser)
{
    bool min = asn_is_word(parser, ASN_WORD_MIN);
    struct asn_value *value;

    if (!min && !asn_is_word(parser, ASN_WORD_MAX)) {
        return asn_value_parse(parser);
    }
    value = asn_alloc(parser->model, 1, sizeof(*value), parser->err);
    if (value == NULL) {
        return NULL;
    }
    value->place = parser->token.place;
    value->kind = min ? ASN_VALUE_MIN : ASN_VALUE_MAX;
    return asn_advance(parser) ? value : NULL;
}
