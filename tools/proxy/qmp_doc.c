/* qmp_doc.c - see qmp_doc.h. */
#include "tools/proxy/qmp_doc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/base/err.h"
#include "tools/proxy/qmp_limits.h"

void qmp_doc_init(struct qmp_doc *doc)
{
    memset(doc, 0, sizeof(*doc));
    buf_init(&doc->new_text, QMP_MESSAGE_MAX);
}

void qmp_doc_done(struct qmp_doc *doc)
{
    free(doc->tokens);
    buf_done(&doc->new_text);
    qmp_doc_init(doc);
}

/* What may come next. */
enum want { WANT_VALUE, WANT_VALUE_OR_END, WANT_NAME, WANT_NAME_OR_END, WANT_COLON, WANT_COMMA };

struct parse {
    struct qmp_doc *doc;
    const uint8_t *p;
    uint32_t at;
    uint32_t len;
    enum want want;
    uint32_t open[QMP_DEPTH_MAX];
    uint32_t depth;
};

static bool fail(const struct parse *parse, struct err *err)
{
    return err_set(err, ERR_MALFORMED, "not JSON at octet %u of the message", (unsigned)parse->at);
}

static bool add(struct parse *parse, enum qmp_kind kind, uint32_t end, struct err *err)
{
    struct qmp_doc *doc = parse->doc;
    struct qmp_token *t;

    if (doc->count == doc->cap) {
        uint32_t cap = doc->cap == 0 ? 64 : doc->cap * 2;
        struct qmp_token *more;

        if (doc->cap >= QMP_TOKENS_MAX) {
            return err_set(err, ERR_LIMIT, "a message of more than %d tokens", QMP_TOKENS_MAX);
        }
        more = realloc(doc->tokens, cap * sizeof(*more));
        if (more == NULL) {
            return err_memory(err);
        }
        doc->tokens = more;
        doc->cap = cap;
    }
    t = &doc->tokens[doc->count++];
    t->kind = kind;
    t->start = parse->at;
    t->end = end;
    t->next = doc->count;
    parse->at = end;
    return true;
}

/* The token in the making ends where the string at parse->at does. */
static bool string(struct parse *parse, struct err *err)
{
    uint8_t quote = parse->p[parse->at];
    uint32_t i = parse->at + 1;

    while (i < parse->len && parse->p[i] != quote) {
        if (parse->p[i] < 0x20) {
            return fail(parse, err);
        }
        i += parse->p[i] == '\\' ? 2 : 1;
    }
    return i < parse->len ? add(parse, QMP_STRING, i + 1, err) : fail(parse, err);
}

static bool primitive(struct parse *parse, struct err *err)
{
    uint32_t i = parse->at;
    struct span word;

    while (i < parse->len && parse->p[i] != '\0' &&
           strchr(" \t\r\n,:[]{}\"'", parse->p[i]) == NULL) {
        i++;
    }
    word = span_of(parse->p + parse->at, i - parse->at);
    if (word.len == 0) {
        return fail(parse, err);
    }
    if (word.p[0] != '-' && (word.p[0] < '0' || word.p[0] > '9') && !span_eq_str(word, "true") &&
        !span_eq_str(word, "false") && !span_eq_str(word, "null")) {
        return fail(parse, err);
    }
    return add(parse, QMP_PRIMITIVE, i, err);
}

/* What comes behind a value that has ended. */
static void behind_value(struct parse *parse)
{
    parse->want = WANT_COMMA;
}

static bool open_bracket(struct parse *parse, bool object, struct err *err)
{
    if (parse->depth == QMP_DEPTH_MAX) {
        return fail(parse, err);
    }
    parse->open[parse->depth++] = parse->doc->count;
    parse->want = object ? WANT_NAME_OR_END : WANT_VALUE_OR_END;
    return add(parse, object ? QMP_OBJECT : QMP_ARRAY, parse->at + 1, err);
}

static bool close_bracket(struct parse *parse, bool object, struct err *err)
{
    struct qmp_token *t;

    if (parse->depth == 0 || (parse->want != WANT_COMMA &&
                              parse->want != (object ? WANT_NAME_OR_END : WANT_VALUE_OR_END))) {
        return fail(parse, err);
    }
    t = &parse->doc->tokens[parse->open[parse->depth - 1]];
    if (t->kind != (object ? QMP_OBJECT : QMP_ARRAY)) {
        return fail(parse, err);
    }
    parse->depth--;
    t->end = ++parse->at;
    t->next = parse->doc->count;
    behind_value(parse);
    return true;
}

static bool comma(struct parse *parse, struct err *err)
{
    if (parse->want != WANT_COMMA || parse->depth == 0) {
        return fail(parse, err);
    }
    parse->want = parse->doc->tokens[parse->open[parse->depth - 1]].kind == QMP_OBJECT ? WANT_NAME
                                                                                       : WANT_VALUE;
    parse->at++;
    return true;
}

static bool step(struct parse *parse, struct err *err)
{
    uint8_t c = parse->p[parse->at];
    bool value = parse->want == WANT_VALUE || parse->want == WANT_VALUE_OR_END;
    bool name = parse->want == WANT_NAME || parse->want == WANT_NAME_OR_END;

    switch (c) {
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        parse->at++;
        return true;
    case '{':
    case '[':
        return value ? open_bracket(parse, c == '{', err) : fail(parse, err);
    case '}':
    case ']':
        return close_bracket(parse, c == '}', err);
    case ',':
        return comma(parse, err);
    case ':':
        if (parse->want != WANT_COLON) {
            return fail(parse, err);
        }
        parse->want = WANT_VALUE;
        parse->at++;
        return true;
    case '"':
    case '\'':
        if (!value && !name) {
            return fail(parse, err);
        }
        parse->want = name ? WANT_COLON : WANT_COMMA;
        return string(parse, err);
    default:
        if (!value) {
            return fail(parse, err);
        }
        behind_value(parse);
        return primitive(parse, err);
    }
}

bool qmp_doc_parse(struct qmp_doc *doc, struct span text, struct err *err)
{
    struct parse parse;

    doc->text = text;
    doc->count = 0;
    doc->edit_count = 0;
    buf_clear(&doc->new_text);
    if (text.len > QMP_MESSAGE_MAX) {
        return err_set(err, ERR_LIMIT, "a message of %zu octets", text.len);
    }
    parse.doc = doc;
    parse.p = text.p;
    parse.at = 0;
    parse.len = (uint32_t)text.len;
    parse.want = WANT_VALUE;
    parse.depth = 0;
    while (parse.at < parse.len) {
        if (!step(&parse, err)) {
            doc->count = 0;
            return false;
        }
    }
    if (parse.depth > 0 || parse.want != WANT_COMMA) {
        doc->count = 0;
        return fail(&parse, err);
    }
    return true;
}

uint32_t qmp_member(const struct qmp_doc *doc, uint32_t object, const char *name)
{
    uint32_t found = QMP_NONE;

    if (object >= doc->count || doc->tokens[object].kind != QMP_OBJECT) {
        return QMP_NONE;
    }
    for (uint32_t i = object + 1; i < doc->tokens[object].next; i = doc->tokens[i + 1].next) {
        if (qmp_is(doc, i, name)) {
            found = i + 1;
        }
    }
    return found;
}

bool qmp_is(const struct qmp_doc *doc, uint32_t token, const char *s)
{
    char text[128];

    return token < doc->count && doc->tokens[token].kind == QMP_STRING &&
           qmp_string(doc, token, text, sizeof(text)) && strcmp(text, s) == 0;
}

bool qmp_is_true(const struct qmp_doc *doc, uint32_t token)
{
    return token < doc->count && doc->tokens[token].kind == QMP_PRIMITIVE &&
           span_eq_str(qmp_text(doc, token), "true");
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads four digits at p; -1 if they are none. */
static int32_t hex4(const uint8_t *p, size_t left)
{
    int32_t v = 0;

    for (size_t i = 0; i < 4; i++) {
        int digit = i < left ? hex_digit(p[i]) : -1;

        if (digit < 0) {
            return -1;
        }
        v = v << 4 | digit;
    }
    return v;
}

static size_t put_utf8(char *out, uint32_t c)
{
    static const uint8_t heads[] = {0, 0x00, 0xc0, 0xe0, 0xf0};
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    for (size_t i = n; i-- > 1; c >>= 6) {
        out[i] = (char)(0x80 | (c & 0x3f));
    }
    out[0] = (char)(heads[n] | c);
    return n;
}

/* One escape behind the backslash at s; returns octets taken, 0 if it is none. */
static size_t escape(struct span s, char *out, size_t *out_len)
{
    static const char from[] = "bfnrt\"\\/'";
    static const char to[] = "\b\f\n\r\t\"\\/'";
    const char *at = s.len > 0 && s.p[0] != '\0' ? strchr(from, s.p[0]) : NULL;
    int32_t c;
    size_t took = 5;

    if (at != NULL) {
        out[0] = to[at - from];
        *out_len = 1;
        return 1;
    }
    if (s.len == 0 || s.p[0] != 'u') {
        return 0;
    }
    c = hex4(s.p + 1, s.len - 1);
    if (c >= 0xd800 && c < 0xdc00 && s.len > 7 && s.p[5] == '\\' && s.p[6] == 'u') {
        int32_t low = hex4(s.p + 7, s.len - 7);

        if (low >= 0xdc00 && low < 0xe000) {
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
            took = 11;
        }
    }
    if (c <= 0 || (c >= 0xd800 && c < 0xe000)) {
        return 0;
    }
    *out_len = put_utf8(out, (uint32_t)c);
    return took;
}

bool qmp_string(const struct qmp_doc *doc, uint32_t token, char *out, size_t cap)
{
    struct span s;
    size_t n = 0;

    if (token >= doc->count || doc->tokens[token].kind != QMP_STRING) {
        return false;
    }
    s = qmp_text(doc, token);
    s = span_of(s.p + 1, s.len - 2);
    while (s.len > 0) {
        char piece[4] = {(char)s.p[0], 0, 0, 0};
        size_t piece_len = 1;
        size_t took = 1;

        if (s.p[0] == '\\') {
            took = escape(span_from(s, 1), piece, &piece_len);
            if (took++ == 0) {
                return false;
            }
        }
        if (piece[0] == '\0' || piece_len >= cap - n) {
            return false;
        }
        memcpy(out + n, piece, piece_len);
        n += piece_len;
        s = span_from(s, took);
    }
    out[n] = '\0';
    return true;
}

uint32_t qmp_first(const struct qmp_doc *doc, uint32_t array)
{
    if (array >= doc->count || doc->tokens[array].kind != QMP_ARRAY) {
        return QMP_NONE;
    }
    return array + 1 < doc->tokens[array].next ? array + 1 : QMP_NONE;
}

uint32_t qmp_next(const struct qmp_doc *doc, uint32_t array, uint32_t element)
{
    uint32_t next = doc->tokens[element].next;

    return next < doc->tokens[array].next ? next : QMP_NONE;
}

/* Makes room in the list of edits for text[start..end); NULL if it would overlap another. */
static struct qmp_edit *place_edit(struct qmp_doc *doc, uint32_t start, uint32_t end)
{
    uint32_t i = doc->edit_count;

    if (doc->edit_count == QMP_EDITS_MAX) {
        return NULL;
    }
    while (i > 0 && doc->edits[i - 1].start > start) {
        i--;
    }
    if ((i > 0 && doc->edits[i - 1].end > start) ||
        (i < doc->edit_count && doc->edits[i].start < end)) {
        return NULL;
    }
    memmove(doc->edits + i + 1, doc->edits + i, (doc->edit_count - i) * sizeof(doc->edits[0]));
    doc->edit_count++;
    return &doc->edits[i];
}

static bool edit(struct qmp_doc *doc, uint32_t start, uint32_t end, const char *before,
                 const char *fmt, va_list ap)
{
    size_t before_len = strlen(before);
    size_t at = doc->new_text.len;
    struct qmp_edit *made;
    va_list again;
    int n;

    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n < 0 || !buf_reserve(&doc->new_text, before_len + (size_t)n + 1, NULL)) {
        return false;
    }
    made = place_edit(doc, start, end);
    if (made == NULL) {
        return false;
    }
    memcpy(doc->new_text.p + at, before, before_len);
    (void)vsnprintf((char *)doc->new_text.p + at + before_len, (size_t)n + 1, fmt, ap);
    doc->new_text.len = at + before_len + (size_t)n;
    made->start = start;
    made->end = end;
    made->with = (uint32_t)at;
    made->with_len = (uint32_t)(before_len + (size_t)n);
    return true;
}

bool qmp_replace(struct qmp_doc *doc, uint32_t start, uint32_t end, const char *fmt, ...)
{
    va_list ap;
    bool ok;

    va_start(ap, fmt);
    ok = edit(doc, start, end, "", fmt, ap);
    va_end(ap);
    return ok;
}

bool qmp_append(struct qmp_doc *doc, uint32_t token, const char *fmt, ...)
{
    const struct qmp_token *t = &doc->tokens[token];
    va_list ap;
    bool ok;

    if (t->kind != QMP_OBJECT && t->kind != QMP_ARRAY) {
        return false;
    }
    va_start(ap, fmt);
    ok = edit(doc, t->end - 1, t->end - 1, t->next == token + 1 ? "" : ", ", fmt, ap);
    va_end(ap);
    return ok;
}

bool qmp_splice(const struct qmp_doc *doc, struct buf *out, struct err *err)
{
    uint32_t at = 0;

    for (uint32_t i = 0; i < doc->edit_count; i++) {
        const struct qmp_edit *e = &doc->edits[i];

        if (!buf_put(out, doc->text.p + at, e->start - at, err) ||
            !buf_put(out, doc->new_text.p + e->with, e->with_len, err)) {
            return false;
        }
        at = e->end;
    }
    return buf_put(out, doc->text.p + at, doc->text.len - at, err);
}

char *qmp_quote(const char *s, char *out, size_t cap)
{
    size_t n = 0;

    out[n++] = '"';
    for (; *s != '\0' && n + 8 < cap; s++) {
        uint8_t c = (uint8_t)*s;

        if (c == '"' || c == '\\') {
            out[n++] = '\\';
            out[n++] = (char)c;
        } else if (c < 0x20 || c >= 0x7f) {
            /* What is not ASCII may be cut apart, or no UTF-8: a question mark is safe. */
            out[n++] = c < 0x20 ? ' ' : '?';
        } else {
            out[n++] = (char)c;
        }
    }
    out[n++] = '"';
    out[n] = '\0';
    return out;
}
