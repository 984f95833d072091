/*
 * asn_parse.h - what the parts of the parser share: two tokens, and what is being parsed.
 *
 * Every asn_parse_* function begins at parser->token, leaves it at the first token it does not
 * take, and on failure has recorded the place.
 */
#ifndef VMBER_SCHEMA_ASN_PARSE_H
#define VMBER_SCHEMA_ASN_PARSE_H

#include "codec/schema/asn_lexer.h"
#include "codec/schema/asn_model.h"

struct asn_parser {
    struct asn_model *model;
    struct err *err;
    struct asn_lexer lexer;
    struct asn_token token; /* the one to look at */
    struct asn_token ahead; /* the one behind it */
    struct asn_module *module;
    struct asn_assignment *owner;
    unsigned depth;        /* types being parsed inside one another */
    char doc[ASN_DOC_MAX]; /* the comments being collected */
    size_t doc_len;
    struct asn_spot doc_place; /* of the first line of them */
};

/* asn_advance passes the current token. */
bool asn_advance(struct asn_parser *parser);

/* asn_is and asn_is_word tell what the current token is. */
bool asn_is(const struct asn_parser *parser, enum asn_token_kind kind);
bool asn_is_word(const struct asn_parser *parser, enum asn_word word);

/* asn_expect passes a token of that kind; what is its name in the message, e.g. "'{'". */
bool asn_expect(struct asn_parser *parser, enum asn_token_kind kind, const char *what);
bool asn_expect_word(struct asn_parser *parser, enum asn_word word, const char *what);

/* asn_unexpected fails with "expected ..., found ...", or "not supported: ..." at such a word. */
bool asn_unexpected(struct asn_parser *parser, const char *expected);

/* asn_unsupported fails with "not supported: what" at the current token. */
bool asn_unsupported(struct asn_parser *parser, const char *what);

/* asn_too_many fails with "more than max what" at the current token. */
bool asn_too_many(struct asn_parser *parser, unsigned max, const char *what);

/* asn_name_take copies the current token's text and passes it; NULL on failure. */
const char *asn_name_take(struct asn_parser *parser);

/* asn_type_parse and asn_value_parse return NULL on failure. */
struct asn_node *asn_type_parse(struct asn_parser *parser);
struct asn_value *asn_value_parse(struct asn_parser *parser);

/* asn_constraints_parse takes "(" constraint ")" as often as it stands there. */
bool asn_constraints_parse(struct asn_parser *parser, struct asn_constraint **end);

/* asn_size_parse takes SIZE (range), as it stands without parentheses around it. */
bool asn_size_parse(struct asn_parser *parser, struct asn_constraint **end);

/* asn_endpoint_parse is asn_value_parse that also takes MIN and MAX. */
struct asn_value *asn_endpoint_parse(struct asn_parser *parser);

/* asn_number_parse takes a number with or without '-'. */
bool asn_number_parse(struct asn_parser *parser, struct asn_number *number);

/* asn_oid_parse takes { iso 3 name(6) }; NULL on failure. */
struct asn_arc *asn_oid_parse(struct asn_parser *parser);

/*
 * asn_doc_before collects the comments that stand right above the current token; with apart also
 * those that an empty line parts from it. asn_doc_behind adds the comments that follow the last
 * token on its line, or a comma that is the current token. asn_doc_take returns a copy of what was
 * collected through doc (NULL if nothing was) and starts anew.
 */
void asn_doc_before(struct asn_parser *parser, bool apart);
void asn_doc_behind(struct asn_parser *parser);
bool asn_doc_take(struct asn_parser *parser, const char **doc);

/*
 * asn_doc_join adds the comments behind what has been parsed to those that stood above it: doc,
 * which begins at place.
 */
bool asn_doc_join(struct asn_parser *parser, const char **doc, struct asn_spot *place);

#endif
