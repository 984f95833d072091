/* mod_annotation.c - see mod_annotation.h. */
#include "codec/device/mod_annotation.h"

#include <string.h>

struct reader {
    struct asn_model *model;
    struct err *err;
    const char *doc;
    size_t at;
    struct asn_spot doc_place;
    struct mod_annotation *out;
};

struct word_name {
    const char *name;
    unsigned word;
};

static const struct word_name word_names[] = {
    {"array", MOD_WORD_ARRAY},           {"old-style", MOD_WORD_OLD_STYLE},
    {"subsection", MOD_WORD_SUBSECTION}, {"tmp", MOD_WORD_TMP},
    {"vstruct", MOD_WORD_VSTRUCT},       {"qtailq", MOD_WORD_QTAILQ},
    {"qlist", MOD_WORD_QLIST},           {"gtree", MOD_WORD_GTREE},
    {"unseen", MOD_WORD_UNSEEN},
};

const char *mod_word_name(unsigned word)
{
    for (size_t i = 0; i < sizeof(word_names) / sizeof(word_names[0]); i++) {
        if (word_names[i].word == word) {
            return word_names[i].name;
        }
    }
    return "";
}

/* The first line of doc stands in the source as it is, so places are as far apart as there. */
static struct asn_spot place_at(const struct reader *r, size_t at)
{
    struct asn_spot place = r->doc_place;

    place.offset += at;
    return place;
}

static bool fail_at(const struct reader *r, size_t at, const char *what)
{
    return asn_fail(&r->model->diag, r->err, ERR_MALFORMED, place_at(r, at), "%s", what);
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *found = c != '\0' ? strchr(digits, c) : NULL;

    return found != NULL ? (int)(found - digits) : -1;
}

/* Reads what is behind a backslash. */
static bool escape(struct reader *r, uint8_t *out)
{
    char c = r->doc[r->at];

    if (c == '"' || c == '\\') {
        *out = (uint8_t)c;
        r->at++;
        return true;
    }
    if (c == 'x' && hex_digit(r->doc[r->at + 1]) >= 0 && hex_digit(r->doc[r->at + 2]) >= 0) {
        *out = (uint8_t)(hex_digit(r->doc[r->at + 1]) << 4 | hex_digit(r->doc[r->at + 2]));
        r->at += 3;
        return true;
    }
    return fail_at(r, r->at - 1, "expected \\\", \\\\ or \\x and two hexadecimal digits");
}

static bool read_string(struct reader *r, bool *has, struct span *out)
{
    size_t start = r->at++;
    size_t len = strcspn(r->doc + r->at, "\n");
    size_t n = 0;
    uint8_t *text;

    if (*has) {
        return fail_at(r, start, "a second string");
    }
    text = asn_alloc(r->model, len + 1, 1, r->err);
    if (text == NULL) {
        return false;
    }
    while (r->doc[r->at] != '"') {
        char c = r->doc[r->at];

        if (c == '\0' || c == '\n') {
            return fail_at(r, start, "a string without an end on its line");
        }
        r->at++;
        if (c != '\\') {
            text[n++] = (uint8_t)c;
        } else if (!escape(r, &text[n++])) {
            return false;
        }
    }
    r->at++;
    *has = true;
    *out = span_of(text, n);
    return true;
}

static bool read_number(struct reader *r)
{
    size_t start = r->at;
    uint64_t number = 0;

    if (r->out->has_number) {
        return fail_at(r, start, "a second number");
    }
    for (; r->doc[r->at] >= '0' && r->doc[r->at] <= '9'; r->at++) {
        number = number * 10 + (uint64_t)(r->doc[r->at] - '0');
        if (number > UINT32_MAX) {
            return fail_at(r, start, "a number above 4294967295");
        }
    }
    r->out->has_number = true;
    r->out->number = (uint32_t)number;
    return true;
}

static bool read_word(struct reader *r)
{
    const char *start = r->doc + r->at;
    size_t len = strspn(start, "abcdefghijklmnopqrstuvwxyz-");

    if (strncmp(start, "by \"", 4) == 0) {
        r->at += 3;
        return read_string(r, &r->out->has_by, &r->out->by);
    }
    for (size_t i = 0; i < sizeof(word_names) / sizeof(word_names[0]); i++) {
        if (span_eq_str(span_of(start, len), word_names[i].name)) {
            if ((r->out->words & word_names[i].word) != 0) {
                return fail_at(r, r->at, "the same word again");
            }
            r->out->words |= word_names[i].word;
            r->at += len;
            return true;
        }
    }
    if (len == 0) {
        return fail_at(r, r->at, "expected a string, a number, a word or '>'");
    }
    return asn_fail(&r->model->diag, r->err, ERR_MALFORMED, place_at(r, r->at),
                    "unknown word '%.*s'", (int)(len < 40 ? len : 40), start);
}

/* Parts are parted: "x"3 and 3tmp are slips. */
static bool read_part(struct reader *r)
{
    char c = r->doc[r->at];
    bool ok;

    if (c == '\0' || c == '\n') {
        return asn_fail(&r->model->diag, r->err, ERR_MALFORMED, r->out->place,
                        "an annotation without '>' on its line");
    }
    if (c == '"') {
        ok = read_string(r, &r->out->has_string, &r->out->string);
    } else if (c >= '0' && c <= '9') {
        ok = read_number(r);
    } else {
        ok = read_word(r);
    }
    if (!ok) {
        return false;
    }
    c = r->doc[r->at];
    return c == ' ' || c == '>' || c == '\0' || c == '\n' ||
           fail_at(r, r->at, "expected a space or '>'");
}

bool mod_annotation_read(struct asn_model *model, const char *doc, struct asn_spot doc_place,
                         struct asn_spot place, struct mod_annotation *out, struct err *err)
{
    struct reader reader = {model, err, doc, 0, doc_place, out};
    const struct mod_annotation none = {0};

    *out = none;
    out->place = place;
    if (doc == NULL) {
        return true;
    }
    if (strstr(doc, "\n<") != NULL) {
        return asn_fail(&model->diag, err, ERR_MALFORMED, place,
                        "an annotation that does not stand before all other comments");
    }
    if (doc[0] != '<') {
        return true;
    }
    out->given = true;
    out->place = doc_place;
    reader.at = 1;
    for (;;) {
        reader.at += strspn(doc + reader.at, " ");
        if (doc[reader.at] == '>') {
            break;
        }
        if (!read_part(&reader)) {
            return false;
        }
    }
    if (!out->has_string && !out->has_number && !out->has_by && out->words == 0) {
        return fail_at(&reader, 0, "an annotation that says nothing");
    }
    return true;
}

bool mod_quote(struct buf *out, struct span text, struct err *err)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t last = 0;

    if (!buf_put(out, "\"", 1, err)) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];
        /* "--", "/ *" and "* /" begin and end comments. */
        bool delimits =
            (c == '-' && last == '-') || (c == '*' && last == '/') || (c == '/' && last == '*');
        bool ok;

        if (c == '"' || c == '\\') {
            const uint8_t pair[2] = {'\\', c};

            ok = buf_put(out, pair, sizeof(pair), err);
        } else if (c < 0x20 || c >= 0x7f || delimits) {
            const char hex[4] = {'\\', 'x', digits[c >> 4], digits[c & 15]};

            ok = buf_put(out, hex, sizeof(hex), err);
            c = 0;
        } else {
            ok = buf_put(out, &c, 1, err);
        }
        if (!ok) {
            return false;
        }
        last = c;
    }
    return buf_put(out, "\"", 1, err);
}
