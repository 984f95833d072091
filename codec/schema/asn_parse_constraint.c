/* asn_parse_constraint.c - what stands in parentheses behind a type; see asn_parser.h. */
#include "codec/schema/asn_parse.h"

#include "codec/base/arena.h"

/* An operator of a set of values, which the subset does not have. */
static bool check_operator(struct asn_parser *parser)
{
    if (asn_is(parser, ASN_TOKEN_OTHER) || asn_is(parser, ASN_TOKEN_BAR)) {
        return asn_unsupported(parser, "an operator in a constraint");
    }
    return true;
}

/* endpoint [ ".." endpoint ] [ "," "..." ] ")" */
static bool range_parse(struct asn_parser *parser, struct asn_constraint *constraint)
{
    constraint->min = asn_endpoint_parse(parser);
    if (constraint->min == NULL || !check_operator(parser)) {
        return false;
    }
    constraint->max = constraint->min;
    if (asn_is(parser, ASN_TOKEN_RANGE)) {
        if (!asn_advance(parser) || !check_operator(parser)) {
            return false;
        }
        constraint->max = asn_endpoint_parse(parser);
        if (constraint->max == NULL || !check_operator(parser)) {
            return false;
        }
    }
    return true;
}

/* [ "," "..." ] ")" */
static bool constraint_end(struct asn_parser *parser, struct asn_constraint *constraint)
{
    if (!check_operator(parser)) {
        return false;
    }
    if (asn_is(parser, ASN_TOKEN_COMMA)) {
        constraint->extensible = true;
        if (!asn_advance(parser) || !asn_expect(parser, ASN_TOKEN_ELLIPSIS, "'...'")) {
            return false;
        }
        if (asn_is(parser, ASN_TOKEN_COMMA)) {
            return asn_unsupported(parser, "values behind the extension marker of a constraint");
        }
        if (!check_operator(parser)) {
            return false;
        }
    }
    return asn_expect(parser, ASN_TOKEN_PAREN_CLOSE, "')'");
}

/* "SIZE" "(" range ")" */
static bool size_parse(struct asn_parser *parser, struct asn_constraint *constraint)
{
    constraint->size = true;
    return asn_advance(parser) && asn_expect(parser, ASN_TOKEN_PAREN_OPEN, "'('") &&
           range_parse(parser, constraint) && constraint_end(parser, constraint);
}

static struct asn_constraint *constraint_new(struct asn_parser *parser)
{
    struct asn_constraint *constraint =
        asn_alloc(parser->model, 1, sizeof(*constraint), parser->err);

    if (constraint != NULL) {
        constraint->place = parser->token.place;
    }
    return constraint;
}

/* "{" "..." { "," name ( "PRESENT" | "ABSENT" ) } "}", behind WITH COMPONENTS */
static bool inner_parse(struct asn_parser *parser, struct asn_inner *inner)
{
    struct asn_presence **end = &inner->presences;

    if (!asn_expect(parser, ASN_TOKEN_BRACE_OPEN, "'{'")) {
        return false;
    }
    if (!asn_is(parser, ASN_TOKEN_ELLIPSIS)) {
        return asn_unsupported(parser, "WITH COMPONENTS without '...'");
    }
    if (!asn_advance(parser)) {
        return false;
    }
    for (unsigned count = 0; asn_is(parser, ASN_TOKEN_COMMA); count++) {
        struct asn_presence *one = asn_alloc(parser->model, 1, sizeof(*one), parser->err);

        if (count == ASN_PRESENCES_MAX) {
            return asn_too_many(parser, ASN_PRESENCES_MAX, "components of a constraint");
        }
        if (one == NULL || !asn_advance(parser)) {
            return false;
        }
        if (!asn_is(parser, ASN_TOKEN_LOWER)) {
            return asn_unexpected(parser, "a component");
        }
        one->place = parser->token.place;
        one->name = asn_name_take(parser);
        if (one->name == NULL) {
            return false;
        }
        one->present = asn_is_word(parser, ASN_WORD_PRESENT);
        if (!one->present && !asn_is_word(parser, ASN_WORD_ABSENT)) {
            return asn_unsupported(parser, "a component that is neither PRESENT nor ABSENT");
        }
        if (!asn_advance(parser)) {
            return false;
        }
        *end = one;
        end = &one->next;
    }
    return asn_expect(parser, ASN_TOKEN_BRACE_CLOSE, "'}' or ','");
}

/* inner { "|" inner } ")" */
static bool inners_parse(struct asn_parser *parser, struct asn_constraint *constraint)
{
    struct asn_inner **end = &constraint->inners;

    for (unsigned count = 0;; count++) {
        struct asn_inner *inner = asn_alloc(parser->model, 1, sizeof(*inner), parser->err);

        if (count == ASN_CONSTRAINTS_MAX) {
            return asn_too_many(parser, ASN_CONSTRAINTS_MAX, "alternatives of a constraint");
        }
        if (inner == NULL || !asn_expect_word(parser, ASN_WORD_WITH, "WITH") ||
            !asn_expect_word(parser, ASN_WORD_COMPONENTS, "COMPONENTS") ||
            !inner_parse(parser, inner)) {
            return false;
        }
        *end = inner;
        end = &inner->next;
        if (!asn_is(parser, ASN_TOKEN_BAR)) {
            return asn_expect(parser, ASN_TOKEN_PAREN_CLOSE, "')' or '|'");
        }
        if (!asn_advance(parser)) {
            return false;
        }
    }
}

/* "(" range, size or components ")" */
static bool constraint_parse(struct asn_parser *parser, struct asn_constraint *constraint)
{
    if (!asn_advance(parser)) {
        return false;
    }
    if (asn_is_word(parser, ASN_WORD_SIZE)) {
        return size_parse(parser, constraint) && constraint_end(parser, constraint);
    }
    if (asn_is_word(parser, ASN_WORD_WITH)) {
        return inners_parse(parser, constraint);
    }
    if (asn_is_word(parser, ASN_WORD_FROM) || asn_is_word(parser, ASN_WORD_ALL)) {
        return asn_unsupported(parser, "an alphabet or ALL EXCEPT in a constraint");
    }
    if (asn_is(parser, ASN_TOKEN_PAREN_OPEN)) {
        return asn_unsupported(parser, "parentheses in a constraint");
    }
    return range_parse(parser, constraint) && constraint_end(parser, constraint);
}

bool asn_constraints_parse(struct asn_parser *parser, struct asn_constraint **end)
{
    for (unsigned count = 0; asn_is(parser, ASN_TOKEN_PAREN_OPEN); count++) {
        struct asn_constraint *constraint = constraint_new(parser);

        if (count == ASN_CONSTRAINTS_MAX) {
            return asn_too_many(parser, ASN_CONSTRAINTS_MAX, "constraints behind one another");
        }
        if (constraint == NULL || !constraint_parse(parser, constraint)) {
            return false;
        }
        *end = constraint;
        end = &constraint->next;
    }
    return true;
}

bool asn_size_parse(struct asn_parser *parser, struct asn_constraint **end)
{
    *end = constraint_new(parser);
    return *end != NULL && size_parse(parser, *end);
}
