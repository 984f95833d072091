/*
 * asn_doc.c - comments as documentation: which of them belong to what.
 *
 *     -- above an assignment or a component, line by line
 *     name  Type,  -- behind it, on its line
 *                  -- and going on below in the same column
 *
 * What is kept is free of comment delimiters, so that it can be printed as notation or as C.
 */
#include "codec/schema/asn_parse.h"

#include "codec/base/arena.h"

enum { COLUMN_MAX = 1000 }; /* columns beyond it are not told apart */

static bool doc_put(struct asn_parser *parser, char c)
{
    if (parser->doc_len == sizeof(parser->doc)) {
        return false;
    }
    parser->doc[parser->doc_len++] = c;
    return true;
}

/*
 * Adds one line without white space at its end, and with a space inside "--", "/ *" and "* /"; or
 * does not add it, if there is no room for all of it.
 */
static void doc_line(struct asn_parser *parser, struct span line)
{
    size_t start = parser->doc_len;
    char last = '\0';
    bool ok = start == 0 || doc_put(parser, '\n');

    if (start == 0) {
        parser->doc_place.source = parser->lexer.source;
        parser->doc_place.offset = (size_t)(line.p - parser->lexer.source->text.p);
    }
    while (line.len > 0 && line.p[line.len - 1] <= ' ') {
        line.len--;
    }
    for (size_t i = 0; ok && i < line.len; i++) {
        char c = (char)line.p[i];

        if ((c == '-' && last == '-') || (c == '*' && last == '/') || (c == '/' && last == '*')) {
            ok = doc_put(parser, ' ');
        }
        ok = ok && doc_put(parser, line.p[i] < ' ' && c != '\t' ? ' ' : c);
        last = c;
    }
    if (!ok) {
        parser->doc_len = start;
    }
}

/* Adds a comment; in one of several lines a '*' at the start of a line is decoration. */
static void doc_add(struct asn_parser *parser, const struct asn_comment *comment)
{
    struct span text = comment->text;
    bool first = true;

    do {
        const uint8_t *end = text.len > 0 ? memchr(text.p, '\n', text.len) : NULL;
        size_t len = end != NULL ? (size_t)(end - text.p) : text.len;
        struct span line = span_of(text.p, len);

        while (!first && line.len > 0 && (line.p[0] == ' ' || line.p[0] == '\t')) {
            line = span_from(line, 1);
        }
        if (comment->block && line.len > 0 && line.p[0] == '*') {
            line = span_from(line, 1);
        }
        if (line.len > 0 && line.p[0] == ' ') {
            line = span_from(line, 1);
        }
        doc_line(parser, line);
        first = false;
        text = span_from(text, end != NULL ? len + 1 : len);
    } while (text.len > 0);
}

static struct asn_gap gap_before(const struct asn_parser *parser, const struct asn_token *token)
{
    struct asn_gap gap = {{NULL, 0}, 0, 0, 0};

    gap.text = span_of(parser->lexer.source->text.p + token->gap, token->place.offset - token->gap);
    return gap;
}

/*
 * Tells whether the comment goes on what began behind a token: the first on the token's own line,
 * or the next ones below it in the same column.
 */
static bool goes_on(const struct asn_comment *comment, const struct asn_comment *first,
                    uint32_t end_line)
{
    if (first == NULL) {
        return comment->line == 0;
    }
    return comment->line == end_line ||
           (comment->line == end_line + 1 && !comment->block && comment->column == first->column);
}

/* The column of the first comment in a gap counts from the token before it, those below do not. */
static uint32_t column_of(const struct asn_parser *parser, const struct asn_token *token,
                          const struct asn_comment *comment)
{
    uint32_t column = 0;
    const uint8_t *text = parser->lexer.source->text.p;

    if (comment->line > 0) {
        return comment->column;
    }
    while (column < COLUMN_MAX && column < token->gap && text[token->gap - 1 - column] != '\n') {
        column++;
    }
    return column + comment->column;
}

/* Collects the comments before token: those behind the token before it, or those above it. */
static bool collect(struct asn_parser *parser, const struct asn_token *token, bool behind,
                    bool apart)
{
    struct asn_gap gap = gap_before(parser, token);
    struct asn_comment first = {{NULL, 0}, 0, 0, 0, false};
    struct asn_comment comment = first;
    size_t start = parser->doc_len;
    uint32_t end_line = 0;
    bool trailing = token->gap > 0;
    bool any = false;

    while (asn_gap_next(&gap, &comment)) {
        if (trailing) {
            comment.column = column_of(parser, token, &comment);
            trailing = goes_on(&comment, any ? &first : NULL, end_line);
        }
        if (trailing && !any) {
            first = comment;
        }
        if (!trailing && (!any || comment.line > end_line + 1)) {
            parser->doc_len = behind ? parser->doc_len : start;
        }
        any = true;
        end_line = comment.end_line;
        if (trailing == behind) {
            doc_add(parser, &comment);
        }
    }
    if (behind) {
        return parser->doc_len > start;
    }
    /* What stands above must reach down to the line of the token. */
    if (trailing || (!apart && end_line + 1 < gap.line)) {
        parser->doc_len = start;
    }
    return parser->doc_len > start;
}

void asn_doc_before(struct asn_parser *parser, bool apart)
{
    parser->doc_len = 0;
    (void)collect(parser, &parser->token, false, apart);
}

void asn_doc_behind(struct asn_parser *parser)
{
    if (!collect(parser, &parser->token, true, false) && asn_is(parser, ASN_TOKEN_COMMA)) {
        (void)collect(parser, &parser->ahead, true, false);
    }
}

bool asn_doc_take(struct asn_parser *parser, const char **doc)
{
    char *copy;

    *doc = NULL;
    while (parser->doc_len > 0 && parser->doc[parser->doc_len - 1] == '\n') {
        parser->doc_len--;
    }
    if (parser->doc_len == 0) {
        return true;
    }
    copy = asn_alloc(parser->model, parser->doc_len + 1, 1, parser->err);
    if (copy == NULL) {
        return false;
    }
    memcpy(copy, parser->doc, parser->doc_len);
    parser->doc_len = 0;
    *doc = copy;
    return true;
}

bool asn_doc_join(struct asn_parser *parser, const char **doc, struct asn_spot *place)
{
    parser->doc_len = 0;
    if (*doc != NULL) {
        parser->doc_len = strlen(*doc);
        memcpy(parser->doc, *doc, parser->doc_len);
    }
    asn_doc_behind(parser);
    if (*doc == NULL) {
        *place = parser->doc_place;
    }
    return asn_doc_take(parser, doc);
}
