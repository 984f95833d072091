/* asn_parser.c - modules, their heads and their assignments; see asn_parser.h. */
#include "codec/schema/asn_parser.h"

#include "codec/base/arena.h"
#include "codec/schema/asn_parse.h"

bool asn_advance(struct asn_parser *parser)
{
    parser->token = parser->ahead;
    parser->model->here = parser->token.place;
    return parser->token.kind == ASN_TOKEN_END || asn_lex(&parser->lexer, &parser->ahead);
}

bool asn_is(const struct asn_parser *parser, enum asn_token_kind kind)
{
    return parser->token.kind == kind;
}

bool asn_is_word(const struct asn_parser *parser, enum asn_word word)
{
    return parser->token.kind == ASN_TOKEN_WORD && parser->token.word == word;
}

bool asn_unsupported(struct asn_parser *parser, const char *what)
{
    return asn_fail(&parser->model->diag, parser->err, ERR_UNSUPPORTED, parser->token.place,
                    "not supported: %s", what);
}

bool asn_too_many(struct asn_parser *parser, unsigned max, const char *what)
{
    return asn_fail(&parser->model->diag, parser->err, ERR_LIMIT, parser->token.place,
                    "more than %u %s", max, what);
}

bool asn_unexpected(struct asn_parser *parser, const char *expected)
{
    const struct asn_token *token = &parser->token;
    int len = (int)(token->text.len < 40 ? token->text.len : 40);
    const char *text = (const char *)token->text.p;
    const char *more = token->text.len > 40 ? "..." : "";
    struct asn_diag *diag = &parser->model->diag;

    switch (token->kind) {
    case ASN_TOKEN_END:
        return asn_fail(diag, parser->err, ERR_MALFORMED, token->place,
                        "expected %s, found the end of the file", expected);
    case ASN_TOKEN_CHARACTERS:
    case ASN_TOKEN_BITS:
    case ASN_TOKEN_HEX:
        return asn_fail(diag, parser->err, ERR_MALFORMED, token->place,
                        "expected %s, found a string", expected);
    case ASN_TOKEN_WORD:
        if (token->word == ASN_WORD_UNSUPPORTED) {
            return asn_fail(diag, parser->err, ERR_UNSUPPORTED, token->place, "not supported: %.*s",
                            len, text);
        }
        break;
    case ASN_TOKEN_UPPER:
    case ASN_TOKEN_LOWER:
    case ASN_TOKEN_NUMBER:
    case ASN_TOKEN_ASSIGN:
    case ASN_TOKEN_RANGE:
    case ASN_TOKEN_ELLIPSIS:
    case ASN_TOKEN_BRACE_OPEN:
    case ASN_TOKEN_BRACE_CLOSE:
    case ASN_TOKEN_PAREN_OPEN:
    case ASN_TOKEN_PAREN_CLOSE:
    case ASN_TOKEN_BRACKET_OPEN:
    case ASN_TOKEN_BRACKET_CLOSE:
    case ASN_TOKEN_GROUP_OPEN:
    case ASN_TOKEN_GROUP_CLOSE:
    case ASN_TOKEN_COMMA:
    case ASN_TOKEN_SEMICOLON:
    case ASN_TOKEN_COLON:
    case ASN_TOKEN_DOT:
    case ASN_TOKEN_MINUS:
    case ASN_TOKEN_BAR:
    case ASN_TOKEN_OTHER:
        break;
    }
    return asn_fail(diag, parser->err, ERR_MALFORMED, token->place, "expected %s, found '%.*s%s'",
                    expected, len, text, more);
}

bool asn_expect(struct asn_parser *parser, enum asn_token_kind kind, const char *what)
{
    return asn_is(parser, kind) ? asn_advance(parser) : asn_unexpected(parser, what);
}

bool asn_expect_word(struct asn_parser *parser, enum asn_word word, const char *what)
{
    return asn_is_word(parser, word) ? asn_advance(parser) : asn_unexpected(parser, what);
}

const char *asn_name_take(struct asn_parser *parser)
{
    struct span text = parser->token.text;
    char *name = asn_alloc(parser->model, text.len + 1, 1, parser->err);

    if (name == NULL || !asn_advance(parser)) {
        return NULL;
    }
    memcpy(name, text.p, text.len);
    return name;
}

static bool upper_take(struct asn_parser *parser, const char *what, const char **name)
{
    if (!asn_is(parser, ASN_TOKEN_UPPER)) {
        return asn_unexpected(parser, what);
    }
    *name = asn_name_take(parser);
    return *name != NULL;
}

/* symbol { "," symbol }; at least one. */
static bool symbols(struct asn_parser *parser, struct asn_symbol **end)
{
    for (unsigned count = 0;; count++) {
        struct asn_symbol *symbol;

        if (!asn_is(parser, ASN_TOKEN_UPPER) && !asn_is(parser, ASN_TOKEN_LOWER)) {
            return asn_unexpected(parser, "a type or value name");
        }
        if (count == ASN_SYMBOLS_MAX) {
            return asn_too_many(parser, ASN_SYMBOLS_MAX, "symbols");
        }
        symbol = asn_alloc(parser->model, 1, sizeof(*symbol), parser->err);
        if (symbol == NULL) {
            return false;
        }
        symbol->place = parser->token.place;
        symbol->name = asn_name_take(parser);
        if (symbol->name == NULL) {
            return false;
        }
        *end = symbol;
        end = &symbol->next;
        if (asn_is(parser, ASN_TOKEN_BRACE_OPEN)) {
            return asn_unsupported(parser, "parameterization");
        }
        if (!asn_is(parser, ASN_TOKEN_COMMA)) {
            return true;
        }
        if (!asn_advance(parser)) {
            return false;
        }
    }
}

/* "EXPORTS" ( "ALL" | symbols | nothing ) ";" */
static bool exports(struct asn_parser *parser)
{
    struct asn_module *module = parser->module;

    if (!asn_advance(parser)) {
        return false;
    }
    if (asn_is_word(parser, ASN_WORD_ALL)) {
        if (!asn_advance(parser)) {
            return false;
        }
    } else {
        module->exports_listed = true;
        if (!asn_is(parser, ASN_TOKEN_SEMICOLON) && !symbols(parser, &module->exports)) {
            return false;
        }
    }
    return asn_expect(parser, ASN_TOKEN_SEMICOLON, "',' or ';'");
}

/* symbols "FROM" module [oid] */
static bool import(struct asn_parser *parser, struct asn_import *one)
{
    if (!symbols(parser, &one->symbols) || !asn_expect_word(parser, ASN_WORD_FROM, "',' or FROM")) {
        return false;
    }
    one->place = parser->token.place;
    if (!upper_take(parser, "a module name", &one->module)) {
        return false;
    }
    if (asn_is(parser, ASN_TOKEN_BRACE_OPEN)) {
        one->oid = asn_oid_parse(parser);
        return one->oid != NULL;
    }
    return true;
}

/* "IMPORTS" { import } ";" */
static bool imports(struct asn_parser *parser)
{
    struct asn_import **end = &parser->module->imports;

    if (!asn_advance(parser)) {
        return false;
    }
    for (unsigned count = 0; !asn_is(parser, ASN_TOKEN_SEMICOLON); count++) {
        struct asn_import *one = asn_alloc(parser->model, 1, sizeof(*one), parser->err);

        if (count == ASN_MODULES_MAX) {
            return asn_too_many(parser, ASN_MODULES_MAX, "modules to import from");
        }
        if (one == NULL || !import(parser, one)) {
            return false;
        }
        *end = one;
        end = &one->next;
    }
    return asn_advance(parser);
}

/* What may stand between the name and "::=": notation that is refused by its name. */
static bool check_assignment_head(struct asn_parser *parser, bool upper)
{
    if (asn_is(parser, ASN_TOKEN_BRACE_OPEN)) {
        return asn_unsupported(parser, "parameterization");
    }
    if (asn_is_word(parser, ASN_WORD_UNSUPPORTED)) {
        return asn_unexpected(parser, "'::='");
    }
    if (upper && (asn_is(parser, ASN_TOKEN_UPPER) || asn_is(parser, ASN_TOKEN_WORD)) &&
        !asn_is_word(parser, ASN_WORD_END)) {
        return asn_unsupported(parser, "a value set or an information object set");
    }
    return true;
}

/* Type "::=" type, or value type "::=" value */
static bool assignment(struct asn_parser *parser, struct asn_assignment *one)
{
    bool upper = asn_is(parser, ASN_TOKEN_UPPER);

    if (!upper && !asn_is(parser, ASN_TOKEN_LOWER)) {
        return asn_unexpected(parser, "an assignment or END");
    }
    one->kind = upper ? ASN_ASSIGN_TYPE : ASN_ASSIGN_VALUE;
    one->module = parser->module;
    one->place = parser->token.place;
    asn_doc_before(parser, false);
    if (!asn_doc_take(parser, &one->doc)) {
        return false;
    }
    one->doc_place = parser->doc_place;
    one->name = asn_name_take(parser);
    parser->owner = one;
    if (one->name == NULL || !check_assignment_head(parser, upper)) {
        return false;
    }
    if (!upper) {
        one->type = asn_type_parse(parser);
        if (one->type == NULL) {
            return false;
        }
    }
    if (!asn_expect(parser, ASN_TOKEN_ASSIGN, "'::='")) {
        return false;
    }
    if (upper) {
        one->type = asn_type_parse(parser);
        return one->type != NULL;
    }
    one->value = asn_value_parse(parser);
    return one->value != NULL;
}

static bool assignments(struct asn_parser *parser)
{
    struct asn_assignment **end = &parser->module->assignments;

    while (!asn_is_word(parser, ASN_WORD_END)) {
        struct asn_assignment *one = asn_alloc(parser->model, 1, sizeof(*one), parser->err);

        if (parser->model->assignment_count == ASN_ASSIGNMENTS_MAX) {
            return asn_too_many(parser, ASN_ASSIGNMENTS_MAX, "assignments");
        }
        if (one == NULL || !assignment(parser, one)) {
            return false;
        }
        one->index = parser->model->assignment_count++;
        *end = one;
        end = &one->next;
        if (!asn_doc_join(parser, &one->doc, &one->doc_place)) {
            return false;
        }
    }
    return true;
}

/* [ ("EXPLICIT" | "IMPLICIT" | "AUTOMATIC") "TAGS" ] [ "EXTENSIBILITY" "IMPLIED" ] */
static bool defaults(struct asn_parser *parser)
{
    struct asn_module *module = parser->module;
    bool written = true;

    if (asn_is_word(parser, ASN_WORD_EXPLICIT)) {
        module->tag_default = ASN_TAGS_EXPLICIT;
    } else if (asn_is_word(parser, ASN_WORD_IMPLICIT)) {
        module->tag_default = ASN_TAGS_IMPLICIT;
    } else if (asn_is_word(parser, ASN_WORD_AUTOMATIC)) {
        module->tag_default = ASN_TAGS_AUTOMATIC;
    } else {
        module->tag_default = ASN_TAGS_EXPLICIT; /* X.680 13.2 */
        written = false;
    }
    if (written && (!asn_advance(parser) || !asn_expect_word(parser, ASN_WORD_TAGS, "TAGS"))) {
        return false;
    }
    module->extensibility_implied = asn_is_word(parser, ASN_WORD_EXTENSIBILITY);
    if (!module->extensibility_implied) {
        return true;
    }
    return asn_advance(parser) && asn_expect_word(parser, ASN_WORD_IMPLIED, "IMPLIED");
}

static bool module_head(struct asn_parser *parser)
{
    struct asn_module *module = parser->module;

    module->place = parser->token.place;
    asn_doc_before(parser, true);
    if (!asn_doc_take(parser, &module->doc) ||
        !upper_take(parser, "a module name", &module->name)) {
        return false;
    }
    if (asn_is(parser, ASN_TOKEN_BRACE_OPEN)) {
        module->oid = asn_oid_parse(parser);
        if (module->oid == NULL) {
            return false;
        }
    }
    return asn_expect_word(parser, ASN_WORD_DEFINITIONS, "DEFINITIONS") && defaults(parser) &&
           asn_expect(parser, ASN_TOKEN_ASSIGN, "'::='") &&
           asn_expect_word(parser, ASN_WORD_BEGIN, "BEGIN");
}

static bool module_parse(struct asn_parser *parser)
{
    struct asn_module *module = asn_alloc(parser->model, 1, sizeof(*module), parser->err);

    if (parser->model->module_count == ASN_MODULES_MAX) {
        return asn_too_many(parser, ASN_MODULES_MAX, "modules");
    }
    if (module == NULL) {
        return false;
    }
    parser->module = module;
    if (!module_head(parser)) {
        return false;
    }
    if (asn_is_word(parser, ASN_WORD_EXPORTS) && !exports(parser)) {
        return false;
    }
    if (asn_is_word(parser, ASN_WORD_IMPORTS) && !imports(parser)) {
        return false;
    }
    if (!assignments(parser) || !asn_advance(parser)) {
        return false;
    }
    module->index = parser->model->module_count++;
    *parser->model->modules_end = module;
    parser->model->modules_end = &module->next;
    return true;
}

static const struct asn_source *source_add(struct asn_model *model, const char *name,
                                           struct span text, struct err *err)
{
    static const struct asn_spot nowhere = {NULL, 0};
    struct asn_source *source = asn_alloc(model, 1, sizeof(*source), err);
    size_t name_len = strlen(name);
    char *name_copy = asn_alloc(model, name_len + 1, 1, err);
    uint8_t *text_copy;

    if (text.len > ASN_SOURCE_MAX) {
        (void)asn_fail(&model->diag, err, ERR_LIMIT, nowhere, "%s: a file of more than %d octets",
                       name, ASN_SOURCE_MAX);
        return NULL;
    }
    if (model->source_count == ASN_SOURCES_MAX) {
        (void)asn_fail(&model->diag, err, ERR_LIMIT, nowhere, "%s: more than %d files", name,
                       ASN_SOURCES_MAX);
        return NULL;
    }
    text_copy = asn_alloc(model, text.len + 1, 1, err);
    if (source == NULL || name_copy == NULL || text_copy == NULL) {
        return NULL;
    }
    memcpy(name_copy, name, name_len);
    if (text.len > 0) {
        memcpy(text_copy, text.p, text.len);
    }
    source->name = name_copy;
    source->text = span_of(text_copy, text.len);
    model->source_count++;
    *model->sources_end = source;
    model->sources_end = &source->next;
    return source;
}

bool asn_parse(struct asn_model *model, const char *name, struct span text, struct err *err)
{
    static const struct asn_spot nowhere = {NULL, 0};
    struct asn_parser parser = {0};

    if (model->diag.message[0] != '\0') {
        return err_set(err, ERR_USAGE, "the model has failed before: %s", model->diag.message);
    }
    if (model->resolved) {
        return err_set(err, ERR_USAGE, "the model is resolved and takes no more files");
    }
    model->here = nowhere;
    parser.model = model;
    parser.err = err;
    parser.lexer.source = source_add(model, name, text, err);
    parser.lexer.line = 1;
    parser.lexer.diag = &model->diag;
    parser.lexer.err = err;
    if (parser.lexer.source == NULL || !asn_lex(&parser.lexer, &parser.ahead) ||
        !asn_advance(&parser)) {
        return false;
    }
    do {
        if (!module_parse(&parser)) {
            return false;
        }
    } while (!asn_is(&parser, ASN_TOKEN_END));
    return true;
}
