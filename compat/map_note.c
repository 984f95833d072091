/* map_note.c - what an annotation says; the grammar is in map_compile.h. */
#include <string.h>

#include "compat/map_compiling.h"
#include "compat/map_listing.h"

struct reader {
    struct map_compiling *c;
    const char *doc;
    size_t at;
    struct asn_spot doc_place;
    struct map_note *out;
};

struct word {
    const char *name;
    unsigned word;
};

static const struct word words[] = {
    {"map", MAP_WORD_MAP},
    {"subsection", MAP_WORD_SUBSECTION},
    {"maybe", MAP_WORD_MAYBE},
    {"fits", MAP_WORD_FITS},
    {"rest", MAP_WORD_REST},
    {"zero", MAP_WORD_ZERO},
    {"little", MAP_WORD_LITTLE},
    {"host", MAP_WORD_HOST},
    {"host-layout", MAP_WORD_HOST_LAYOUT},
    {"pci-config", MAP_WORD_PCI_CONFIG},
};

/* What stands behind a word. */
enum argument {
    ARG_EXPR,
    ARG_COND,
    ARG_NUMBER,
    ARG_WHILE,
    ARG_NAMES,
    ARG_DONT_CARE,
    ARG_STRING,
    ARG_NONE
};

struct rule_word {
    const char *name;
    enum map_rule_op op;
    enum argument argument;
};

static const struct rule_word rule_words[] = {
    {"if", MAP_RULE_IF, ARG_COND},
    {"check", MAP_RULE_CHECK, ARG_COND},
    {"feature", MAP_RULE_FEATURE, ARG_STRING},
    {"length", MAP_RULE_LENGTH, ARG_EXPR},
    {"count", MAP_RULE_COUNT, ARG_EXPR},
    {"size", MAP_RULE_SIZE, ARG_EXPR},
    {"while", MAP_RULE_WHILE, ARG_WHILE},
    {"magic", MAP_RULE_MAGIC, ARG_NUMBER},
    {"max", MAP_RULE_MAX, ARG_NUMBER},
    {"dont-care", MAP_RULE_DONT_CARE, ARG_DONT_CARE},
    {"bits", MAP_RULE_BITS, ARG_NAMES},
    {"names", MAP_RULE_NAMES, ARG_NAMES},
    {"capabilities", MAP_RULE_CAPABILITIES, ARG_NAMES},
    {"extended-capabilities", MAP_RULE_EXTENDED_CAPABILITIES, ARG_NAMES},
    {"first-capability", MAP_RULE_FIRST_CAPABILITY, ARG_NONE},
    {"ipv4", MAP_RULE_IPV4, ARG_NONE},
    {"mac", MAP_RULE_MAC, ARG_NONE},
    {"port", MAP_RULE_PORT, ARG_NONE},
};

static struct asn_spot place_at(const struct reader *r, size_t at)
{
    struct asn_spot place = r->doc_place;

    place.offset += at;
    return place;
}

static bool fail_at(const struct reader *r, size_t at, const char *what)
{
    return map_fail(r->c, place_at(r, at), "%s", what);
}

static char peek(const struct reader *r)
{
    return r->doc[r->at];
}

static void skip_spaces(struct reader *r)
{
    r->at += strspn(r->doc + r->at, " ");
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The word at r->at, of letters, digits and what else a word of that kind has. */
static struct span word_at(const struct reader *r, const char *others)
{
    const char *p = r->doc + r->at;
    size_t n = 0;

    while ((p[n] >= 'a' && p[n] <= 'z') || (p[n] >= 'A' && p[n] <= 'Z') || is_digit(p[n]) ||
           (p[n] != '\0' && strchr(others, p[n]) != NULL)) {
        n++;
    }
    return span_of(p, n);
}

/* Parts are parted: "x"3 and 3fits are slips. */
static bool end_part(const struct reader *r)
{
    char c = peek(r);

    return c == ' ' || c == '>' || c == '\0' || c == '\n' ||
           fail_at(r, r->at, "expected a space or '>'");
}

static bool read_string(struct reader *r, struct span *out)
{
    const char *start = r->doc + r->at + 1;
    size_t n = strcspn(start, "\"\\\n");

    if (start[n] != '"') {
        return fail_at(r, r->at, "a string without an end on its line, or with a backslash");
    }
    *out = span_of(start, n);
    r->at += n + 2;
    return end_part(r);
}

static bool read_number(struct reader *r, uint64_t *out)
{
    static const char digits[] = "0123456789abcdef";
    size_t start = r->at;
    unsigned base = 10;
    uint64_t number = 0;

    if (!is_digit(peek(r))) {
        return fail_at(r, r->at, "expected a number");
    }
    if (peek(r) == '0' && r->doc[r->at + 1] == 'x') {
        base = 16;
        r->at += 2;
    }
    for (;; r->at++) {
        const char *digit = peek(r) != '\0' ? strchr(digits, peek(r)) : NULL;
        unsigned v = digit != NULL ? (unsigned)(digit - digits) : base;

        if (v >= base) {
            break;
        }
        if (number > (UINT64_MAX - v) / base) {
            return fail_at(r, start, "a number of more than 64 bits");
        }
        number = number * base + v;
    }
    *out = number;
    return (base == 10 || r->at > start + 2 || fail_at(r, start, "expected hexadecimal digits")) &&
           end_part(r);
}

static struct map_term *add_term(struct reader *r)
{
    struct map_compiling *c = r->c;

    if (c->term_count == MAP_TERMS_MAX) {
        (void)map_fail(c, place_at(r, r->at), "more than %d operands in maps", MAP_TERMS_MAX);
        return NULL;
    }
    c->term_places[c->term_count] = place_at(r, r->at);
    memset(&c->terms[c->term_count], 0, sizeof(c->terms[c->term_count]));
    return &c->terms[c->term_count++];
}

static bool read_variable(struct reader *r, struct map_term *term)
{
    struct span name;

    r->at++;
    name = word_at(r, "_");
    for (uint64_t i = 0; i < MAP_VARIABLES; i++) {
        if (span_eq_str(name, map_variable_names[i])) {
            term->kind = MAP_VARIABLE;
            term->number = i;
            r->at += name.len;
            return end_part(r);
        }
    }
    return fail_at(r, r->at - 1, "no such variable");
}

/* outer.outer.row.row */
static bool read_path(struct reader *r, struct map_term *term)
{
    bool more = true;

    term->kind = MAP_PATH;
    while (more) {
        struct span name = word_at(r, "_");

        if (name.len == 0 || name.p[0] < 'a' || name.p[0] > 'z') {
            return fail_at(r, r->at, "expected a number, a variable or a name");
        }
        more = name.p[name.len] == '.';
        if (term->path_len == 0 && more && span_eq_str(name, "outer")) {
            if (term->outer++ == MAP_OUTER_MAX) {
                return fail_at(r, r->at, "too far outside");
            }
        } else if (term->path_len == MAP_PATH_MAX) {
            return fail_at(r, r->at, "too many names");
        } else if (!mod_pool_add(&r->c->pool, name, &term->path[term->path_len++], r->c->err)) {
            return false;
        }
        r->at += name.len + (more ? 1 : 0);
    }
    return end_part(r);
}

static bool read_operand(struct reader *r, char op)
{
    struct map_term *term = add_term(r);

    if (term == NULL) {
        return false;
    }
    term->op = (uint8_t)op;
    if (peek(r) == '$') {
        return read_variable(r, term);
    }
    if (is_digit(peek(r))) {
        term->kind = MAP_NUMBER;
        return read_number(r, &term->number);
    }
    return read_path(r, term);
}

static bool read_expr(struct reader *r, uint32_t *first, uint32_t *count)
{
    char op = 0;

    *first = r->c->term_count;
    *count = 0;
    for (;;) {
        skip_spaces(r);
        if (!read_operand(r, op)) {
            return false;
        }
        (*count)++;
        skip_spaces(r);
        op = peek(r);
        if (op == '\0' || strchr("+-*/", op) == NULL) {
            return true;
        }
        r->at++;
        if (!end_part(r)) {
            return false;
        }
    }
}

static bool read_relation(struct reader *r, uint8_t *out)
{
    static const char *const texts[] = {"==", "!=", "<", "<=", ">", ">=", "&", "in"};
    size_t len;

    skip_spaces(r);
    len = strcspn(r->doc + r->at, " \n");
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (span_eq_str(span_of(r->doc + r->at, len), texts[i])) {
            *out = (uint8_t)i; /* as in map_relation */
            r->at += len;
            return true;
        }
    }
    return fail_at(r, r->at, "expected ==, !=, <, <=, >, >=, & or in");
}

/* What a condition's left side is compared with: strings, or numbers, one by one. */
static bool read_list(struct reader *r, struct map_rule *rule, bool strings, bool many)
{
    rule->right = r->c->term_count;
    rule->right_count = 0;
    do {
        struct map_term *term = add_term(r);
        struct span text;
        uint32_t string;

        if (term == NULL) {
            return false;
        }
        rule->right_count++;
        if (strings) {
            term->kind = MAP_STRING;
            if (peek(r) != '"') {
                return fail_at(r, r->at, "expected a string");
            }
            if (!read_string(r, &text) || !mod_pool_add(&r->c->pool, text, &string, r->c->err)) {
                return false;
            }
            term->number = string;
        } else {
            term->kind = MAP_NUMBER;
            if (!read_number(r, &term->number)) {
                return false;
            }
        }
        skip_spaces(r);
    } while (many && (strings ? peek(r) == '"' : is_digit(peek(r))));
    return true;
}

static bool is_string(const struct map_term *term)
{
    return term->kind == MAP_VARIABLE && term->number <= MAP_TRANSPORT;
}

static bool read_condition(struct reader *r, struct map_rule *rule)
{
    bool strings;

    if (!read_expr(r, &rule->left, &rule->left_count)) {
        return false;
    }
    strings = rule->left_count == 1 && is_string(&r->c->terms[rule->left]);
    if (!read_relation(r, &rule->relation)) {
        return false;
    }
    skip_spaces(r);
    if (strings && rule->relation != MAP_EQ && rule->relation != MAP_NE &&
        rule->relation != MAP_IN) {
        return fail_at(r, r->at, "strings are compared with ==, != or in");
    }
    if (strings || rule->relation == MAP_IN) {
        return read_list(r, rule, strings, rule->relation == MAP_IN);
    }
    return read_expr(r, &rule->right, &rule->right_count);
}

/* Passes a word if it is the next. */
static bool take_word(struct reader *r, const char *word)
{
    struct span next;

    skip_spaces(r);
    next = word_at(r, "-");
    if (!span_eq_str(next, word)) {
        return false;
    }
    r->at += next.len;
    return true;
}

/* while [not | &] N [of OCTETS] */
static bool read_while(struct reader *r, struct map_rule *rule)
{
    uint64_t width = 1;

    skip_spaces(r);
    rule->relation = take_word(r, "not") ? MAP_NE : MAP_EQ;
    skip_spaces(r);
    if (rule->relation == MAP_EQ && peek(r) == '&') {
        rule->relation = MAP_AND;
        r->at++;
        skip_spaces(r);
    }
    if (!read_number(r, &rule->number)) {
        return false;
    }
    if (take_word(r, "of")) {
        skip_spaces(r);
        if (!read_number(r, &width)) {
            return false;
        }
    }
    rule->width = (uint8_t)width;
    return (width >= 1 && width <= 8) || fail_at(r, r->at, "1 to 8 octets");
}

static bool read_dont_care(struct reader *r, struct map_rule *rule)
{
    r->out->words |= MAP_WORD_DONT_CARE;
    if (take_word(r, "from")) {
        return read_expr(r, &rule->left, &rule->left_count);
    }
    if (take_word(r, "ring")) {
        return read_expr(r, &rule->left, &rule->left_count) &&
               read_expr(r, &rule->right, &rule->right_count);
    }
    return true;
}

static bool read_names(struct reader *r, struct map_rule *rule)
{
    struct span name;
    char text[ASN_NAME_MAX + 1];
    const struct asn_assignment *found;

    skip_spaces(r);
    name = word_at(r, "-");
    if (name.len == 0 || name.len > ASN_NAME_MAX) {
        return fail_at(r, r->at, "expected the name of a type");
    }
    memcpy(text, name.p, name.len);
    text[name.len] = '\0';
    found = asn_type_find(r->c->model, text);
    if (found == NULL || !map_is_names(found)) {
        return map_fail(r->c, place_at(r, r->at),
                        "%s is no BIT STRING, INTEGER or CHOICE of them with names", text);
    }
    rule->number = found->index; /* map_compile.c puts the index of the names here */
    r->at += name.len;
    return end_part(r);
}

/* A string, into the pool. */
static bool read_pooled(struct reader *r, uint64_t *out)
{
    struct span text;
    uint32_t string;

    skip_spaces(r);
    if (peek(r) != '"') {
        return fail_at(r, r->at, "expected a string");
    }
    if (!read_string(r, &text) || !mod_pool_add(&r->c->pool, text, &string, r->c->err)) {
        return false;
    }
    *out = string;
    return true;
}

static bool read_argument(struct reader *r, const struct rule_word *word, struct map_rule *rule)
{
    switch (word->argument) {
    case ARG_EXPR:
        return read_expr(r, &rule->left, &rule->left_count);
    case ARG_COND:
        return read_condition(r, rule);
    case ARG_NUMBER:
        skip_spaces(r);
        return read_number(r, &rule->number);
    case ARG_WHILE:
        return read_while(r, rule);
    case ARG_NAMES:
        return read_names(r, rule);
    case ARG_DONT_CARE:
        return read_dont_care(r, rule);
    case ARG_STRING:
        return read_pooled(r, &rule->number);
    case ARG_NONE:
        break;
    }
    return true;
}

static bool read_rule(struct reader *r, const struct rule_word *word, size_t start)
{
    struct map_compiling *c = r->c;
    struct map_rule *rule = &c->rules[c->rule_count];

    if (c->rule_count == MAP_RULES_MAX) {
        return map_fail(c, place_at(r, start), "more than %d rules in maps", MAP_RULES_MAX);
    }
    c->rule_places[c->rule_count++] = place_at(r, start);
    r->out->rule_count++;
    memset(rule, 0, sizeof(*rule));
    rule->op = (uint8_t)word->op;
    return end_part(r) && read_argument(r, word, rule);
}

/* for ["section" | "field"] "name" */
static bool read_for(struct reader *r)
{
    struct map_compiling *c = r->c;
    struct map_target *target = &c->targets[c->target_count];
    struct span name;

    if (c->target_count == MAP_TYPES_MAX) {
        return map_fail(c, place_at(r, r->at), "more than %d targets", MAP_TYPES_MAX);
    }
    target->kind = take_word(r, "section") ? MAP_FOR_SECTION
                   : take_word(r, "field") ? MAP_FOR_FIELD
                                           : MAP_FOR_TYPE;
    skip_spaces(r);
    if (peek(r) != '"') {
        return fail_at(r, r->at, "expected a string");
    }
    if (!read_string(r, &name)) {
        return false;
    }
    c->target_count++;
    r->out->target_count++;
    return mod_pool_add(&c->pool, name, &target->name, c->err);
}

/* of "feature" */
static bool read_of(struct reader *r)
{
    skip_spaces(r);
    if (peek(r) != '"') {
        return fail_at(r, r->at, "expected a string");
    }
    if (r->out->feature.len > 0) {
        return fail_at(r, r->at, "a second feature");
    }
    return read_string(r, &r->out->feature);
}

static bool read_word(struct reader *r)
{
    struct span word = word_at(r, "-");
    size_t start = r->at;

    r->at += word.len;
    if (span_eq_str(word, "for")) {
        return read_for(r);
    }
    if (span_eq_str(word, "of")) {
        return read_of(r);
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (span_eq_str(word, words[i].name)) {
            if ((r->out->words & words[i].word) != 0) {
                return fail_at(r, start, "the same word again");
            }
            r->out->words |= words[i].word;
            return end_part(r);
        }
    }
    for (size_t i = 0; i < sizeof(rule_words) / sizeof(rule_words[0]); i++) {
        if (span_eq_str(word, rule_words[i].name)) {
            return read_rule(r, &rule_words[i], start);
        }
    }
    return word.len == 0 ? fail_at(r, start, "expected a string, a number, a word or '>'")
                         : map_fail(r->c, place_at(r, start), "unknown word '%.*s'",
                                    (int)(word.len < 40 ? word.len : 40), (const char *)word.p);
}

static bool read_part(struct reader *r)
{
    char c = peek(r);
    size_t start = r->at;
    uint64_t number;

    if (c == '\0' || c == '\n') {
        return map_fail(r->c, r->out->place, "an annotation without '>' on its line");
    }
    if (c == '"') {
        if (r->out->has_string) {
            return fail_at(r, start, "a second string");
        }
        r->out->has_string = true;
        return read_string(r, &r->out->string);
    }
    if (is_digit(c)) {
        if (r->out->has_number) {
            return fail_at(r, start, "a second number");
        }
        if (!read_number(r, &number)) {
            return false;
        }
        r->out->has_number = true;
        r->out->number = (uint32_t)number;
        return number <= UINT32_MAX || fail_at(r, start, "a number above 4294967295");
    }
    return read_word(r);
}

bool map_note_read(struct map_compiling *c, const char *doc, struct asn_spot doc_place,
                   struct asn_spot place, struct map_note *out)
{
    struct reader reader = {c, doc, 0, doc_place, out};

    memset(out, 0, sizeof(*out));
    out->place = place;
    out->rules = c->rule_count;
    out->targets = c->target_count;
    if (doc == NULL) {
        return true;
    }
    if (strstr(doc, "\n<") != NULL) {
        return map_fail(c, place, "an annotation that does not stand before all other comments");
    }
    if (doc[0] != '<') {
        return true;
    }
    out->given = true;
    out->place = doc_place;
    reader.at = 1;
    for (;;) {
        skip_spaces(&reader);
        if (peek(&reader) == '>') {
            return true;
        }
        if (!read_part(&reader)) {
            return false;
        }
    }
}
