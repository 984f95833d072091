/* asn_lexer.c - see asn_lexer.h. */
#include "codec/schema/asn_lexer.h"

#include <stdlib.h>

struct word_row {
    const char *text;
    enum asn_word word;
};

/* X.680 12.38 in the order of strcmp, and two words of X.208 (ANY, MACRO) that no one may redefine.
 */
/* clang-format off */
static const struct word_row words[] = {
    {"ABSENT", ASN_WORD_ABSENT},
    {"ABSTRACT-SYNTAX", ASN_WORD_UNSUPPORTED},
    {"ALL", ASN_WORD_ALL},
    {"ANY", ASN_WORD_UNSUPPORTED},
    {"APPLICATION", ASN_WORD_APPLICATION},
    {"AUTOMATIC", ASN_WORD_AUTOMATIC},
    {"BEGIN", ASN_WORD_BEGIN},
    {"BIT", ASN_WORD_BIT},
    {"BMPString", ASN_WORD_UNSUPPORTED},
    {"BOOLEAN", ASN_WORD_BOOLEAN},
    {"BY", ASN_WORD_UNSUPPORTED},
    {"CHARACTER", ASN_WORD_UNSUPPORTED},
    {"CHOICE", ASN_WORD_CHOICE},
    {"CLASS", ASN_WORD_UNSUPPORTED},
    {"COMPONENT", ASN_WORD_UNSUPPORTED},
    {"COMPONENTS", ASN_WORD_COMPONENTS},
    {"CONSTRAINED", ASN_WORD_UNSUPPORTED},
    {"CONTAINING", ASN_WORD_UNSUPPORTED},
    {"DATE", ASN_WORD_UNSUPPORTED},
    {"DATE-TIME", ASN_WORD_UNSUPPORTED},
    {"DEFAULT", ASN_WORD_DEFAULT},
    {"DEFINITIONS", ASN_WORD_DEFINITIONS},
    {"DURATION", ASN_WORD_UNSUPPORTED},
    {"EMBEDDED", ASN_WORD_UNSUPPORTED},
    {"ENCODED", ASN_WORD_UNSUPPORTED},
    {"ENCODING-CONTROL", ASN_WORD_UNSUPPORTED},
    {"END", ASN_WORD_END},
    {"ENUMERATED", ASN_WORD_ENUMERATED},
    {"EXCEPT", ASN_WORD_UNSUPPORTED},
    {"EXPLICIT", ASN_WORD_EXPLICIT},
    {"EXPORTS", ASN_WORD_EXPORTS},
    {"EXTENSIBILITY", ASN_WORD_EXTENSIBILITY},
    {"EXTERNAL", ASN_WORD_UNSUPPORTED},
    {"FALSE", ASN_WORD_FALSE},
    {"FROM", ASN_WORD_FROM},
    {"GeneralString", ASN_WORD_UNSUPPORTED},
    {"GeneralizedTime", ASN_WORD_UNSUPPORTED},
    {"GraphicString", ASN_WORD_UNSUPPORTED},
    {"IA5String", ASN_WORD_IA5_STRING},
    {"IDENTIFIER", ASN_WORD_IDENTIFIER},
    {"IMPLICIT", ASN_WORD_IMPLICIT},
    {"IMPLIED", ASN_WORD_IMPLIED},
    {"IMPORTS", ASN_WORD_IMPORTS},
    {"INCLUDES", ASN_WORD_UNSUPPORTED},
    {"INSTANCE", ASN_WORD_UNSUPPORTED},
    {"INSTRUCTIONS", ASN_WORD_UNSUPPORTED},
    {"INTEGER", ASN_WORD_INTEGER},
    {"INTERSECTION", ASN_WORD_UNSUPPORTED},
    {"ISO646String", ASN_WORD_UNSUPPORTED},
    {"MACRO", ASN_WORD_UNSUPPORTED},
    {"MAX", ASN_WORD_MAX},
    {"MIN", ASN_WORD_MIN},
    {"MINUS-INFINITY", ASN_WORD_UNSUPPORTED},
    {"NOT-A-NUMBER", ASN_WORD_UNSUPPORTED},
    {"NULL", ASN_WORD_NULL},
    {"NumericString", ASN_WORD_UNSUPPORTED},
    {"OBJECT", ASN_WORD_OBJECT},
    {"OCTET", ASN_WORD_OCTET},
    {"OF", ASN_WORD_OF},
    {"OID-IRI", ASN_WORD_UNSUPPORTED},
    {"OPTIONAL", ASN_WORD_OPTIONAL},
    {"ObjectDescriptor", ASN_WORD_UNSUPPORTED},
    {"PATTERN", ASN_WORD_UNSUPPORTED},
    {"PDV", ASN_WORD_UNSUPPORTED},
    {"PLUS-INFINITY", ASN_WORD_UNSUPPORTED},
    {"PRESENT", ASN_WORD_PRESENT},
    {"PRIVATE", ASN_WORD_PRIVATE},
    {"PrintableString", ASN_WORD_PRINTABLE_STRING},
    {"REAL", ASN_WORD_UNSUPPORTED},
    {"RELATIVE-OID", ASN_WORD_UNSUPPORTED},
    {"RELATIVE-OID-IRI", ASN_WORD_UNSUPPORTED},
    {"SEQUENCE", ASN_WORD_SEQUENCE},
    {"SET", ASN_WORD_SET},
    {"SETTINGS", ASN_WORD_UNSUPPORTED},
    {"SIZE", ASN_WORD_SIZE},
    {"STRING", ASN_WORD_STRING},
    {"SYNTAX", ASN_WORD_UNSUPPORTED},
    {"T61String", ASN_WORD_UNSUPPORTED},
    {"TAGS", ASN_WORD_TAGS},
    {"TIME", ASN_WORD_UNSUPPORTED},
    {"TIME-OF-DAY", ASN_WORD_UNSUPPORTED},
    {"TRUE", ASN_WORD_TRUE},
    {"TYPE-IDENTIFIER", ASN_WORD_UNSUPPORTED},
    {"TeletexString", ASN_WORD_UNSUPPORTED},
    {"UNION", ASN_WORD_UNSUPPORTED},
    {"UNIQUE", ASN_WORD_UNSUPPORTED},
    {"UNIVERSAL", ASN_WORD_UNIVERSAL},
    {"UTCTime", ASN_WORD_UNSUPPORTED},
    {"UTF8String", ASN_WORD_UTF8_STRING},
    {"UniversalString", ASN_WORD_UNSUPPORTED},
    {"VideotexString", ASN_WORD_UNSUPPORTED},
    {"VisibleString", ASN_WORD_VISIBLE_STRING},
    {"WITH", ASN_WORD_WITH},
};
/* clang-format on */

static int compare_word(const void *key, const void *row)
{
    const struct span *text = key;
    const char *word = ((const struct word_row *)row)->text;
    size_t len = strlen(word);
    int order = memcmp(text->p, word, text->len < len ? text->len : len);

    if (order != 0) {
        return order;
    }
    return text->len < len ? -1 : text->len > len;
}

static enum asn_word find_word(struct span text)
{
    const struct word_row *row =
        bsearch(&text, words, sizeof(words) / sizeof(words[0]), sizeof(words[0]), compare_word);

    return row != NULL ? row->word : ASN_WORD_NONE;
}

/* X.680 12.1.6 */
static bool is_space(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The characters that end a "--" comment, X.680 12.1.6. */
static bool is_newline(int c)
{
    return c >= '\n' && c <= '\r';
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool is_upper(int c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(int c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_alnum(int c)
{
    return is_digit(c) || is_upper(c) || is_lower(c);
}

/* The octet ahead of the current one by n; -1 behind the end. */
static int peek(const struct asn_lexer *lexer, size_t n)
{
    struct span text = lexer->source->text;

    return n < text.len - lexer->at ? text.p[lexer->at + n] : -1;
}

static struct asn_spot place_at(const struct asn_lexer *lexer, size_t offset)
{
    struct asn_spot place = {lexer->source, offset};

    return place;
}

static bool fail_here(struct asn_lexer *lexer, const char *what)
{
    return asn_fail(lexer->diag, lexer->err, ERR_MALFORMED, place_at(lexer, lexer->at), "%s", what);
}

static bool fail_octet(struct asn_lexer *lexer)
{
    int c = peek(lexer, 0);

    if (c > 0x20 && c < 0x7f) {
        return asn_fail(lexer->diag, lexer->err, ERR_MALFORMED, place_at(lexer, lexer->at),
                        "unexpected character '%c'", c);
    }
    return asn_fail(lexer->diag, lexer->err, ERR_MALFORMED, place_at(lexer, lexer->at),
                    "unexpected octet 0x%02x", (unsigned)c);
}

/* Passes one character of a comment or string: white space, printable ASCII or well-formed UTF-8.
 */
static bool pass_character(struct asn_lexer *lexer)
{
    int c = peek(lexer, 0);
    size_t more;
    uint32_t least;
    uint32_t code;

    if (c < 0x80) {
        if ((c < 0x20 && !is_space(c)) || c == 0x7f) {
            return fail_octet(lexer);
        }
        lexer->line += c == '\n';
        lexer->at++;
        return true;
    }
    more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
    least = more == 3 ? 0x10000 : more == 2 ? 0x800 : 0x80;
    code = (uint32_t)c & (0x3fu >> more);
    for (size_t i = 1; i <= more; i++) {
        int next = peek(lexer, i);

        if (next < 0x80 || next > 0xbf) {
            return fail_here(lexer, "not UTF-8");
        }
        code = code << 6 | ((uint32_t)next & 0x3f);
    }
    if (c < 0xc2 || c > 0xf4 || code < least || code > 0x10ffff ||
        (code >= 0xd800 && code <= 0xdfff)) {
        return fail_here(lexer, "not UTF-8");
    }
    lexer->at += more + 1;
    return true;
}

/* Passes a comment that begins with "--": to the end of the line or the next "--". */
static bool pass_line_comment(struct asn_lexer *lexer)
{
    lexer->at += 2;
    while (peek(lexer, 0) >= 0 && !is_newline(peek(lexer, 0))) {
        if (peek(lexer, 0) == '-' && peek(lexer, 1) == '-') {
            lexer->at += 2;
            return true;
        }
        if (!pass_character(lexer)) {
            return false;
        }
    }
    return true;
}

/* Passes a comment between slash-star delimiters; they nest (X.680 12.6.4). */
static bool pass_block_comment(struct asn_lexer *lexer)
{
    struct asn_spot start = place_at(lexer, lexer->at);
    unsigned depth = 0;

    for (;;) {
        if (peek(lexer, 0) == '/' && peek(lexer, 1) == '*') {
            if (depth == ASN_COMMENT_DEPTH_MAX) {
                return asn_fail(lexer->diag, lexer->err, ERR_LIMIT, place_at(lexer, lexer->at),
                                "more than %d comments inside one another", ASN_COMMENT_DEPTH_MAX);
            }
            depth++;
            lexer->at += 2;
        } else if (peek(lexer, 0) == '*' && peek(lexer, 1) == '/') {
            lexer->at += 2;
            if (--depth == 0) {
                return true;
            }
        } else if (peek(lexer, 0) < 0) {
            return asn_fail(lexer->diag, lexer->err, ERR_MALFORMED, start,
                            "comment is not closed with */");
        } else if (!pass_character(lexer)) {
            return false;
        }
    }
}

static bool pass_gap(struct asn_lexer *lexer)
{
    for (;;) {
        int c = peek(lexer, 0);
        bool ok = true;

        if (is_space(c)) {
            lexer->line += c == '\n';
            lexer->at++;
        } else if (c == '-' && peek(lexer, 1) == '-') {
            ok = pass_line_comment(lexer);
        } else if (c == '/' && peek(lexer, 1) == '*') {
            ok = pass_block_comment(lexer);
        } else {
            return true;
        }
        if (!ok) {
            return false;
        }
    }
}

/* X.680 12.2.1, 12.3: letters, digits, single hyphens, none at the end. "--" begins a comment. */
static bool lex_name(struct asn_lexer *lexer, struct asn_token *token)
{
    size_t start = lexer->at;

    token->kind = is_upper(peek(lexer, 0)) ? ASN_TOKEN_UPPER : ASN_TOKEN_LOWER;
    for (;;) {
        int c = peek(lexer, 0);

        if (c == '-') {
            if (peek(lexer, 1) == '-') {
                break;
            }
            if (!is_alnum(peek(lexer, 1))) {
                return fail_here(lexer, "a name ends in a hyphen");
            }
        } else if (c == '_') {
            return fail_here(lexer, "names have no '_', only hyphens");
        } else if (!is_alnum(c)) {
            break;
        }
        lexer->at++;
    }
    token->text = span_of(lexer->source->text.p + start, lexer->at - start);
    token->word = find_word(token->text);
    if (token->word != ASN_WORD_NONE) {
        token->kind = ASN_TOKEN_WORD;
    } else if (token->text.len > ASN_NAME_MAX) {
        return asn_fail(lexer->diag, lexer->err, ERR_LIMIT, token->place,
                        "a name of more than %d characters", ASN_NAME_MAX);
    }
    return true;
}

static bool lex_number(struct asn_lexer *lexer, struct asn_token *token)
{
    size_t start = lexer->at;

    token->kind = ASN_TOKEN_NUMBER;
    token->number = 0;
    while (is_digit(peek(lexer, 0))) {
        unsigned digit = (unsigned)(peek(lexer, 0) - '0');

        if (token->number > (UINT64_MAX - digit) / 10) {
            return asn_fail(lexer->diag, lexer->err, ERR_LIMIT, token->place,
                            "a number greater than 18446744073709551615");
        }
        token->number = token->number * 10 + digit;
        lexer->at++;
    }
    token->text = span_of(lexer->source->text.p + start, lexer->at - start);
    if (token->text.len > 1 && token->text.p[0] == '0') {
        return asn_fail(lexer->diag, lexer->err, ERR_MALFORMED, token->place,
                        "a number begins with 0");
    }
    if (peek(lexer, 0) == '.' && is_digit(peek(lexer, 1))) {
        return asn_fail(lexer->diag, lexer->err, ERR_UNSUPPORTED, token->place,
                        "not supported: a REAL value");
    }
    if (is_alnum(peek(lexer, 0)) || peek(lexer, 0) == '_') {
        return fail_here(lexer, "a name begins with a digit");
    }
    return true;
}

static bool check_string_length(struct asn_lexer *lexer, const struct asn_token *token)
{
    if (token->text.len > ASN_STRING_MAX) {
        return asn_fail(lexer->diag, lexer->err, ERR_LIMIT, token->place,
                        "a string of more than %d octets", ASN_STRING_MAX);
    }
    return true;
}

/* "text"; a doubled quotation mark stands for one (X.680 12.14) and is kept as it is. */
static bool lex_characters(struct asn_lexer *lexer, struct asn_token *token)
{
    size_t start = ++lexer->at;

    token->kind = ASN_TOKEN_CHARACTERS;
    for (;;) {
        int c = peek(lexer, 0);

        if (c < 0 || is_newline(c)) {
            return asn_fail(lexer->diag, lexer->err, ERR_MALFORMED, token->place,
                            "a string is not closed on its line");
        }
        if (c == '"' && peek(lexer, 1) == '"') {
            lexer->at += 2;
        } else if (c == '"') {
            break;
        } else if (!pass_character(lexer)) {
            return false;
        }
    }
    token->text = span_of(lexer->source->text.p + start, lexer->at - start);
    lexer->at++;
    return check_string_length(lexer, token);
}

/* '0101'B or 'C0DE'H; white space inside is allowed and without meaning (X.680 12.10, 12.12). */
static bool lex_quoted(struct asn_lexer *lexer, struct asn_token *token)
{
    size_t start = ++lexer->at;
    size_t stranger = SIZE_MAX; /* the first digit that is not 0 or 1 */

    while (peek(lexer, 0) != '\'') {
        int c = peek(lexer, 0);

        if (c < 0) {
            return asn_fail(lexer->diag, lexer->err, ERR_MALFORMED, token->place,
                            "a string is not closed with '");
        }
        if (!is_space(c) && !is_digit(c) && !(c >= 'A' && c <= 'F')) {
            return fail_here(lexer, "expected a digit of a bit or hexadecimal string");
        }
        if (!is_space(c) && c != '0' && c != '1' && stranger == SIZE_MAX) {
            stranger = lexer->at;
        }
        lexer->line += c == '\n';
        lexer->at++;
    }
    token->text = span_of(lexer->source->text.p + start, lexer->at - start);
    lexer->at++;
    if (peek(lexer, 0) == 'B' && stranger != SIZE_MAX) {
        lexer->at = stranger;
        return fail_here(lexer, "a bit string has only the digits 0 and 1");
    }
    if (peek(lexer, 0) != 'B' && peek(lexer, 0) != 'H') {
        return fail_here(lexer, "expected B or H behind the quotation mark");
    }
    token->kind = peek(lexer, 0) == 'B' ? ASN_TOKEN_BITS : ASN_TOKEN_HEX;
    lexer->at++;
    return check_string_length(lexer, token);
}

struct mark_row {
    const char *text;
    enum asn_token_kind kind;
};

/* Longer marks stand before their beginnings. */
static const struct mark_row marks[] = {
    {"::=", ASN_TOKEN_ASSIGN},     {"...", ASN_TOKEN_ELLIPSIS},    {"..", ASN_TOKEN_RANGE},
    {"[[", ASN_TOKEN_GROUP_OPEN},  {"]]", ASN_TOKEN_GROUP_CLOSE},  {"{", ASN_TOKEN_BRACE_OPEN},
    {"}", ASN_TOKEN_BRACE_CLOSE},  {"(", ASN_TOKEN_PAREN_OPEN},    {")", ASN_TOKEN_PAREN_CLOSE},
    {"[", ASN_TOKEN_BRACKET_OPEN}, {"]", ASN_TOKEN_BRACKET_CLOSE}, {",", ASN_TOKEN_COMMA},
    {";", ASN_TOKEN_SEMICOLON},    {":", ASN_TOKEN_COLON},         {".", ASN_TOKEN_DOT},
    {"-", ASN_TOKEN_MINUS},        {"|", ASN_TOKEN_BAR},           {"^", ASN_TOKEN_OTHER},
    {"<", ASN_TOKEN_OTHER},        {">", ASN_TOKEN_OTHER},         {"@", ASN_TOKEN_OTHER},
    {"&", ASN_TOKEN_OTHER},        {"!", ASN_TOKEN_OTHER},         {"*", ASN_TOKEN_OTHER},
};

static bool lex_mark(struct asn_lexer *lexer, struct asn_token *token)
{
    struct span rest = span_from(lexer->source->text, lexer->at);

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        size_t len = strlen(marks[i].text);

        if (rest.len >= len && memcmp(rest.p, marks[i].text, len) == 0) {
            token->kind = marks[i].kind;
            token->text = span_of(rest.p, len);
            lexer->at += len;
            return true;
        }
    }
    return fail_octet(lexer);
}

bool asn_lex(struct asn_lexer *lexer, struct asn_token *token)
{
    bool ok;
    int c;

    token->gap = lexer->at;
    if (!pass_gap(lexer)) {
        return false;
    }
    token->place = place_at(lexer, lexer->at);
    token->line = lexer->line;
    token->word = ASN_WORD_NONE;
    token->text = span_of(lexer->source->text.p + lexer->at, 0);
    token->number = 0;
    c = peek(lexer, 0);
    if (c < 0) {
        token->kind = ASN_TOKEN_END;
        ok = true;
    } else if (is_upper(c) || is_lower(c)) {
        ok = lex_name(lexer, token);
    } else if (is_digit(c)) {
        ok = lex_number(lexer, token);
    } else if (c == '"') {
        ok = lex_characters(lexer, token);
    } else if (c == '\'') {
        ok = lex_quoted(lexer, token);
    } else {
        ok = lex_mark(lexer, token);
    }
    token->end = lexer->at;
    return ok;
}

/* Finds the end of the comment that begins at gap->at, and where its text ends. */
static size_t comment_end(const struct asn_gap *gap, bool block, size_t *text_end)
{
    const uint8_t *p = gap->text.p;
    size_t len = gap->text.len;
    size_t at = gap->at;
    unsigned depth = 0;

    while (block && at < len) {
        if (at + 1 < len && p[at] == '/' && p[at + 1] == '*') {
            depth++;
            at += 2;
        } else if (at + 1 < len && p[at] == '*' && p[at + 1] == '/') {
            at += 2;
            if (--depth == 0) {
                *text_end = at - 2;
                return at;
            }
        } else {
            at++;
        }
    }
    for (at = gap->at + 2; at < len && !is_newline(p[at]); at++) {
        if (at + 1 < len && p[at] == '-' && p[at + 1] == '-') {
            *text_end = at;
            return at + 2;
        }
    }
    *text_end = at;
    return at;
}

/* Moves on to offset and counts lines. */
static void gap_advance(struct asn_gap *gap, size_t offset)
{
    for (; gap->at < offset; gap->at++) {
        if (gap->text.p[gap->at] == '\n') {
            gap->line++;
            gap->line_start = gap->at + 1;
        }
    }
}

bool asn_gap_next(struct asn_gap *gap, struct asn_comment *comment)
{
    size_t text_end;
    size_t end;

    while (gap->at < gap->text.len && is_space(gap->text.p[gap->at])) {
        gap_advance(gap, gap->at + 1);
    }
    if (gap->text.len - gap->at < 2) {
        return false;
    }
    comment->block = gap->text.p[gap->at] == '/';
    comment->line = gap->line;
    comment->column = (uint32_t)(gap->at - gap->line_start);
    end = comment_end(gap, comment->block, &text_end);
    comment->text = span_of(gap->text.p + gap->at + 2, text_end - gap->at - 2);
    gap_advance(gap, end);
    comment->end_line = gap->line;
    return true;
}
