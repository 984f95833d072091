/*
 * lay_json.h - JSON text as a flat list of tokens with their places.
 *
 * Duplicate members and the order of members are kept: QEMU's descriptions need both. The parser is
 * jsmn; nothing else includes it.
 */
#ifndef VMBER_SAVEVM_LAY_JSON_H
#define VMBER_SAVEVM_LAY_JSON_H

#include "codec/base/compat_cc.h"
#include "codec/base/span.h"

struct arena;
struct err;

enum lay_json_kind { LAY_JSON_OBJECT, LAY_JSON_ARRAY, LAY_JSON_STRING, LAY_JSON_PRIMITIVE };

struct lay_token {
    enum lay_json_kind kind;
    uint32_t start; /* of the text; behind the quote of a string */
    uint32_t end;   /* behind it; at the closing quote of a string */
    uint32_t next;  /* index of the token behind this one and all inside it */
};

struct lay_json {
    struct span text;
    struct lay_token *tokens; /* a member is its name's token, then its value's */
    uint32_t count;
    uint32_t cap;
};

void lay_json_init(struct lay_json *json);
void lay_json_done(struct lay_json *json);

/* lay_json_parse makes the tokens of text, which must be one object; text must outlive json. */
bool lay_json_parse(struct lay_json *json, struct span text, struct err *err);

/* lay_json_text returns a token's octets, as they stand in the text. */
static inline struct span lay_json_text(const struct lay_json *json, uint32_t token)
{
    const struct lay_token *t = &json->tokens[token];

    return span_of(json->text.p + t->start, t->end - t->start);
}

/* lay_json_is is whether the token is the string s, written without escapes. */
static CC_INLINE bool lay_json_is(const struct lay_json *json, uint32_t token, const char *s)
{
    return json->tokens[token].kind == LAY_JSON_STRING &&
           span_eq_str(lay_json_text(json, token), s);
}

/* lay_json_string gives the UTF-8 a string token stands for; escapes are resolved in arena. */
bool lay_json_string(const struct lay_json *json, uint32_t token, struct arena *arena,
                     struct span *out, struct err *err);

/* lay_json_int reads a token that is a decimal integer. */
bool lay_json_int(const struct lay_json *json, uint32_t token, int64_t *out, struct err *err);

#endif
