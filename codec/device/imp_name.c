/* imp_name.c - see imp_name.h. */
#include "codec/device/imp_name.h"

#include <stdio.h>

#include "codec/base/arena.h"

/*
 * Identifiers that C compilers replace: macros of the standard library and those that GNU compilers
 * predefine. asn1c deals with the keywords.
 */
/* clang-format off */
static const char *const macros[] = {
    "alloca",  "assert", "bool",    "complex", "errno",  "false", "hpux",   "i386",
    "imaginary", "linux", "major",  "makedev", "minor",  "mips",  "signed", "sparc",
    "stderr",  "stdin",  "stdout",  "true",    "unix",   "vax",
};
/* clang-format on */

/* Words of X.680 that have letters and digits only; no type can be called so. */
/* clang-format off */
static const char *const words[] = {
    "ABSENT", "ALL", "ANY", "APPLICATION", "AUTOMATIC", "BEGIN", "BIT", "BMPString", "BOOLEAN",
    "BY", "CHARACTER", "CHOICE", "CLASS", "COMPONENT", "COMPONENTS", "CONSTRAINED",
    "CONTAINING", "DATE", "DEFAULT", "DEFINITIONS", "DURATION", "EMBEDDED", "ENCODED", "END",
    "ENUMERATED", "EXCEPT", "EXPLICIT", "EXPORTS", "EXTENSIBILITY", "EXTERNAL", "FALSE", "FROM",
    "GeneralString", "GeneralizedTime", "GraphicString", "IA5String", "IDENTIFIER", "IMPLICIT",
    "IMPLIED", "IMPORTS", "INCLUDES", "INSTANCE", "INSTRUCTIONS", "INTEGER", "INTERSECTION",
    "ISO646String", "MACRO", "MAX", "MIN", "NULL", "NumericString", "OBJECT", "OCTET", "OF",
    "OPTIONAL", "ObjectDescriptor", "PATTERN", "PDV", "PRESENT", "PRIVATE", "PrintableString",
    "REAL", "SEQUENCE", "SET", "SETTINGS", "SIZE", "STRING", "SYNTAX", "T61String", "TAGS",
    "TIME", "TRUE", "TeletexString", "UNION", "UNIQUE", "UNIVERSAL", "UTCTime", "UTF8String",
    "UniversalString", "VideotexString", "VisibleString", "WITH",
};
/* clang-format on */

static bool is_lower(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_in(const char *const *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i], name) == 0) {
            return true;
        }
    }
    return false;
}

void imp_name_ident(struct span name, char out[IMP_NAME_ROOM])
{
    size_t len = 0;
    bool gap = false;

    for (size_t i = 0; i < name.len && len < IMP_NAME_MAX; i++) {
        uint8_t c = name.p[i];

        if (!is_lower(c) && !is_upper(c) && !is_digit(c)) {
            gap = true;
            continue;
        }
        if (len == 0 && is_digit(c)) {
            out[len++] = 'x';
            gap = true;
        }
        if (gap && len > 0) {
            out[len++] = '-';
        }
        gap = false;
        out[len++] = (char)(is_upper(c) ? c - 'A' + 'a' : c);
    }
    if (len == 0) {
        out[len++] = 'x';
    }
    out[len] = '\0';
    if (is_in(macros, sizeof(macros) / sizeof(macros[0]), out)) {
        memcpy(out + len, "-field", sizeof("-field"));
    }
}

void imp_name_camel(struct span name, char out[IMP_NAME_ROOM])
{
    size_t len = 0;
    bool first = true;

    for (size_t i = 0; i < name.len && len < IMP_NAME_MAX; i++) {
        uint8_t c = name.p[i];

        if (!is_lower(c) && !is_upper(c) && !is_digit(c)) {
            first = true;
            continue;
        }
        if (len == 0 && is_digit(c)) {
            out[len++] = 'D';
        }
        out[len++] = (char)(first && is_lower(c) ? c - 'a' + 'A' : c);
        first = false;
    }
    if (len == 0) {
        out[len++] = 'X';
    }
    out[len] = '\0';
}

/* Whether a word begins at c, which stands behind before and before after. */
static bool begins_word(uint8_t before, uint8_t c, uint8_t after)
{
    return is_upper(c) && before != '-' && (!is_upper(before) || is_lower(after));
}

void imp_name_file(const char *type, char out[IMP_NAME_ROOM * 2])
{
    size_t len = 0;

    for (size_t i = 0; type[i] != '\0' && len + 2 < (size_t)IMP_NAME_ROOM * 2; i++) {
        uint8_t c = (uint8_t)type[i];

        if (i > 0 && begins_word((uint8_t)type[i - 1], c, (uint8_t)type[i + 1])) {
            out[len++] = '-';
        }
        out[len++] = (char)(is_upper(c) ? c - 'A' + 'a' : c);
    }
    out[len] = '\0';
}

bool imp_name_follows(const char *ident, struct span name)
{
    size_t len = strlen(ident);

    if (len != name.len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if ((ident[i] == '-' ? '_' : ident[i]) != (char)name.p[i]) {
            return false;
        }
    }
    return true;
}

struct span imp_name_below(struct span name, struct span outer)
{
    if (outer.len > 0 && name.len > outer.len + 1 && memcmp(name.p, outer.p, outer.len) == 0 &&
        (name.p[outer.len] == '/' || name.p[outer.len] == '-')) {
        return span_from(name, outer.len + 1);
    }
    return name;
}

bool imp_name_reserved(const char *type)
{
    return is_in(words, sizeof(words) / sizeof(words[0]), type);
}

void imp_names_init(struct imp_names *names, struct arena *arena)
{
    names->slots = NULL;
    names->slot_count = 0;
    names->count = 0;
    names->arena = arena;
}

/* C makes '_' of '-'. */
static int plain(char c)
{
    return c == '-' ? '_' : c;
}

static bool same(const char *a, const char *b)
{
    while (*a != '\0' && plain(*a) == plain(*b)) {
        a++;
        b++;
    }
    return plain(*a) == plain(*b);
}

static size_t slot_of(const struct imp_names *names, const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    size_t i;

    for (const char *p = name; *p != '\0'; p++) {
        hash = (hash ^ (uint64_t)plain(*p)) * UINT64_C(0x100000001b3);
    }
    i = (size_t)(hash ^ hash >> 32) & (names->slot_count - 1);
    while (names->slots[i] != NULL && !same(names->slots[i], name)) {
        i = (i + 1) & (names->slot_count - 1);
    }
    return i;
}

bool imp_names_has(const struct imp_names *names, const char *name)
{
    return names->slot_count > 0 && names->slots[slot_of(names, name)] != NULL;
}

static bool names_grow(struct imp_names *names, struct err *err)
{
    struct imp_names more = *names;

    more.slot_count = names->slot_count == 0 ? 64 : names->slot_count * 2;
    more.slots = arena_array(names->arena, more.slot_count, sizeof(*more.slots), err);
    if (more.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < names->slot_count; i++) {
        if (names->slots[i] != NULL) {
            more.slots[slot_of(&more, names->slots[i])] = names->slots[i];
        }
    }
    *names = more;
    return true;
}

bool imp_names_add(struct imp_names *names, const char *name, struct err *err)
{
    size_t i;

    if (names->count * 2 >= names->slot_count && !names_grow(names, err)) {
        return false;
    }
    i = slot_of(names, name);
    names->count += names->slots[i] == NULL;
    names->slots[i] = name;
    return true;
}

const char *imp_names_pick(struct imp_names *names, const char *wish, struct err *err)
{
    char text[IMP_NAME_ROOM * 3];
    const char *name;

    (void)snprintf(text, sizeof(text), "%s", wish);
    for (unsigned n = 2; imp_names_has(names, text); n++) {
        (void)snprintf(text, sizeof(text), "%s-%u", wish, n);
    }
    name = arena_copy(names->arena, text, strlen(text), err);
    return name != NULL && imp_names_add(names, name, err) ? name : NULL;
}
