/* lay_json.c - see lay_json.h. */
#include "codec/savevm/lay_json.h"

#include <stdlib.h>

#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS /* closing a bracket is then a step, not a search */
#include <jsmn.h>

#include "codec/base/arena.h"
#include "codec/base/err.h"
#include "codec/ber/ber_reader.h"
#include "codec/savevm/lay_limits.h"

enum {
    LAY_OCTETS_PER_TOKEN = 7, /* of QEMU's text, so that one allocation does mostly */
    LAY_DIGITS_MAX = 18,      /* with its sign: always fits int64_t */
};

void lay_json_init(struct lay_json *json)
{
    json->text = span_of(NULL, 0);
    json->tokens = NULL;
    json->count = 0;
    json->cap = 0;
}

void lay_json_done(struct lay_json *json)
{
    free(json->tokens);
    lay_json_init(json);
}

/* Whether c ends a primitive, as jsmn has it; a colon stands between tokens, too. */
static bool ends_primitive(uint8_t c)
{
    return c == ',' || c == ']' || c == '}' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/*
 * Finds where brackets nest deeper than we read; text.len if they do not. jsmn walks up from the
 * last token at every closing bracket, so that its time would be the length times the depth.
 */
static size_t too_deep(struct span text)
{
    uint32_t depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];

        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > LAY_JSON_DEPTH_MAX) {
                return i;
            }
        } else if (c == ']' || c == '}') {
            depth -= depth > 0;
        } else if (c != ':' && !ends_primitive(c)) {
            /* A primitive, up to where jsmn ends it: a quote inside begins no string. */
            while (i + 1 < text.len && !ends_primitive(text.p[i + 1])) {
                i++;
            }
        }
    }
    return text.len;
}

/* Runs jsmn over text, with as many tokens as it takes; *out is the caller's to free. */
static bool run_jsmn(struct span text, jsmntok_t **out, uint32_t *count, struct err *err)
{
    uint32_t cap = (uint32_t)(text.len / LAY_OCTETS_PER_TOKEN + 16);
    jsmntok_t *tokens = NULL;
    size_t deep = too_deep(text);
    jsmn_parser parser;
    int got;

    if (deep < text.len) {
        return err_set(err, ERR_LIMIT, "the description nests deeper than %d at octet %zu of it",
                       LAY_JSON_DEPTH_MAX, deep);
    }
    jsmn_init(&parser);
    for (;;) {
        jsmntok_t *more = realloc(tokens, cap * sizeof(*tokens));

        if (more == NULL) {
            free(tokens);
            return err_memory(err);
        }
        tokens = more;
        got = jsmn_parse(&parser, (const char *)text.p, text.len, tokens, cap);
        if (got != JSMN_ERROR_NOMEM) {
            break;
        }
        cap *= 2; /* at most two tokens an octet, so this stays below LAY_VMDESC_MAX * 4 */
    }
    if (got <= 0) {
        free(tokens);
        return err_set(err, ERR_MALFORMED, "the description is not JSON at octet %u of it",
                       parser.pos);
    }
    *out = tokens;
    *count = (uint32_t)got;
    return true;
}

/* The containers a token stands in. */
struct open_stack {
    uint32_t items[LAY_JSON_DEPTH_MAX];
    uint32_t depth;
};

static size_t digits_at(struct span s, size_t at)
{
    size_t n = 0;

    while (at + n < s.len && s.p[at + n] >= '0' && s.p[at + n] <= '9') {
        n++;
    }
    return n;
}

/* Whether a primitive is one of JSON's three words or a number (RFC 8259 3, 6). */
static bool is_primitive(struct span s)
{
    size_t at = s.len > 0 && s.p[0] == '-';
    size_t n = digits_at(s, at);

    if (n == 0 || (n > 1 && s.p[at] == '0')) {
        return span_eq_str(s, "true") || span_eq_str(s, "false") || span_eq_str(s, "null");
    }
    at += n;
    if (at < s.len && s.p[at] == '.') {
        n = digits_at(s, at + 1);
        at += n + 1;
    }
    if (n > 0 && at < s.len && (s.p[at] | 0x20) == 'e') {
        at++;
        at += at < s.len && (s.p[at] == '+' || s.p[at] == '-');
        n = digits_at(s, at);
        at += n;
    }
    return n > 0 && at == s.len;
}

/* Whether token i stands where JSON's grammar lets it; jsmn lets more pass. */
static bool fits_grammar(struct span text, const jsmntok_t *tokens, uint32_t i,
                         const struct open_stack *open)
{
    const jsmntok_t *t = &tokens[i];
    int parent = open->depth > 0 ? (int)open->items[open->depth - 1] : -1;

    if (t->type == JSMN_PRIMITIVE &&
        (t->size != 0 ||
         !is_primitive(span_of(text.p + t->start, (size_t)t->end - (size_t)t->start)))) {
        return false;
    }
    if (parent >= 0 && tokens[parent].type == JSMN_OBJECT) {
        if (t->parent == parent) { /* a member's name */
            return t->type == JSMN_STRING && t->size == 1;
        }
        return t->parent == (int)i - 1 && tokens[i - 1].parent == parent &&
               (t->type != JSMN_STRING || t->size == 0);
    }
    return t->parent == parent && (t->type != JSMN_STRING || t->size == 0);
}

static enum lay_json_kind kind_of(jsmntype_t type)
{
    switch (type) {
    case JSMN_OBJECT:
        return LAY_JSON_OBJECT;
    case JSMN_ARRAY:
        return LAY_JSON_ARRAY;
    case JSMN_STRING:
        return LAY_JSON_STRING;
    case JSMN_PRIMITIVE:
    case JSMN_UNDEFINED:
        break;
    }
    return LAY_JSON_PRIMITIVE;
}

/* Takes over jsmn's tokens, adding where each subtree ends. */
static bool convert(struct lay_json *json, const jsmntok_t *tokens, uint32_t count, struct err *err)
{
    struct open_stack open;

    open.depth = 0;
    for (uint32_t i = 0; i < count; i++) {
        const jsmntok_t *t = &tokens[i];

        while (open.depth > 0 && t->start >= tokens[open.items[open.depth - 1]].end) {
            json->tokens[open.items[--open.depth]].next = i;
        }
        if (!fits_grammar(json->text, tokens, i, &open)) {
            return err_set(err, ERR_MALFORMED, "the description is not JSON at octet %d of it",
                           t->start);
        }
        json->tokens[i].kind = kind_of(t->type);
        json->tokens[i].start = (uint32_t)t->start;
        json->tokens[i].end = (uint32_t)t->end;
        json->tokens[i].next = i + 1;
        if (t->type == JSMN_OBJECT || t->type == JSMN_ARRAY) {
            if (open.depth == LAY_JSON_DEPTH_MAX) {
                return err_set(err, ERR_LIMIT,
                               "the description nests deeper than %d at octet %d of it",
                               LAY_JSON_DEPTH_MAX, t->start);
            }
            open.items[open.depth++] = i;
        }
    }
    while (open.depth > 0) {
        json->tokens[open.items[--open.depth]].next = count;
    }
    json->count = count;
    return true;
}

bool lay_json_parse(struct lay_json *json, struct span text, struct err *err)
{
    jsmntok_t *tokens = NULL;
    uint32_t count = 0;
    bool ok = false;

    if (text.len < 2 || text.len > LAY_VMDESC_MAX) {
        return err_set(err, text.len < 2 ? ERR_MALFORMED : ERR_LIMIT, "a description of %zu octets",
                       text.len);
    }
    if (memchr(text.p, 0, text.len) != NULL) {
        return err_set(err, ERR_MALFORMED, "a zero octet in the description");
    }
    if (!run_jsmn(text, &tokens, &count, err)) {
        return false;
    }
    if (tokens[0].type != JSMN_OBJECT || tokens[0].start != 0 ||
        (size_t)tokens[0].end != text.len) {
        (void)err_set(err, ERR_MALFORMED, "the description is not one JSON object");
        goto out;
    }
    if (count > json->cap) {
        struct lay_token *more = realloc(json->tokens, count * sizeof(*more));

        if (more == NULL) {
            (void)err_memory(err);
            goto out;
        }
        json->tokens = more;
        json->cap = count;
    }
    json->text = text;
    ok = convert(json, tokens, count, err);
out:
    free(tokens);
    return ok;
}

static uint32_t hex4(const uint8_t *p)
{
    uint32_t v = 0;

    for (int i = 0; i < 4; i++) {
        uint32_t c = p[i];

        v = v << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return v;
}

/* Writes a code point, which is no surrogate, as UTF-8. */
static size_t put_utf8(uint8_t *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (uint8_t)(0xc0 | c >> 6);
        out[1] = (uint8_t)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (uint8_t)(0xe0 | c >> 12);
        out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | c >> 18);
    out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (c & 0x3f));
    return 4;
}

/* Reads the \u escapes at p (behind the u) into a code point; returns octets taken, 0 if bad. */
static size_t unicode_escape(const uint8_t *p, size_t left, uint32_t *c)
{
    uint32_t low;

    if (left < 4) {
        return 0;
    }
    *c = hex4(p);
    if (*c < 0xd800 || *c > 0xdfff) {
        return 4;
    }
    if (*c > 0xdbff || left < 10 || p[4] != '\\' || p[5] != 'u') {
        return 0;
    }
    low = hex4(p + 6);
    if (low < 0xdc00 || low > 0xdfff) {
        return 0;
    }
    *c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);
    return 10;
}

/* Resolves escapes; out has room for s.len octets, which is always enough. */
static bool unescape(struct span s, uint8_t *out, size_t *len)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++) {
        static const char from[] = "bfnrt\"\\/";
        static const char to[] = "\b\f\n\r\t\"\\/";
        const char *at;

        if (s.p[i] != '\\') {
            out[n++] = s.p[i];
            continue;
        }
        if (++i == s.len) {
            return false;
        }
        if (s.p[i] == 'u') {
            uint32_t c = 0;
            size_t took = unicode_escape(s.p + i + 1, s.len - i - 1, &c);

            if (took == 0) {
                return false;
            }
            n += put_utf8(out + n, c);
            i += took;
            continue;
        }
        at = s.p[i] != '\0' ? strchr(from, s.p[i]) : NULL;
        if (at == NULL) {
            return false;
        }
        out[n++] = (uint8_t)to[at - from];
    }
    *len = n;
    return true;
}

bool lay_json_string(const struct lay_json *json, uint32_t token, struct arena *arena,
                     struct span *out, struct err *err)
{
    struct span s = lay_json_text(json, token);
    size_t characters;

    if (json->tokens[token].kind != LAY_JSON_STRING) {
        return err_set(err, ERR_MALFORMED, "expected a string at octet %u of the description",
                       (unsigned)json->tokens[token].start);
    }
    if (s.len > 0 && memchr(s.p, '\\', s.len) != NULL) {
        uint8_t *copy = arena_alloc(arena, s.len, err);

        if (copy == NULL) {
            return false;
        }
        if (!unescape(s, copy, &s.len)) {
            return err_set(err, ERR_MALFORMED, "bad escape at octet %u of the description",
                           (unsigned)json->tokens[token].start);
        }
        s.p = copy;
    }
    if (!ber_utf8(s, &characters, NULL)) {
        return err_set(err, ERR_MALFORMED, "no UTF-8 at octet %u of the description",
                       (unsigned)json->tokens[token].start);
    }
    *out = s;
    return true;
}

bool lay_json_int(const struct lay_json *json, uint32_t token, int64_t *out, struct err *err)
{
    struct span s = lay_json_text(json, token);
    bool minus = s.len > 0 && s.p[0] == '-';
    size_t i = minus ? 1 : 0;
    int64_t v = 0;

    if (json->tokens[token].kind != LAY_JSON_PRIMITIVE || i == s.len || s.len > LAY_DIGITS_MAX) {
        return err_set(err, ERR_MALFORMED, "expected an integer at octet %u of the description",
                       (unsigned)json->tokens[token].start);
    }
    for (; i < s.len; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return err_set(err, ERR_MALFORMED, "expected an integer at octet %u of the description",
                           (unsigned)json->tokens[token].start);
        }
        v = v * 10 + (s.p[i] - '0');
    }
    *out = minus ? -v : v;
    return true;
}
