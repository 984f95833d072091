/* asn_name.c - see asn_name.h. */
#include "codec/schema/asn_name.h"

#include <string.h>

#include "codec/base/arena.h"

/*
 * The keywords of C11, and what its headers or compilers define as macros: a component of such a
 * name would not compile, or not everywhere.
 */
static const char *const reserved[] = {
    "assert", "auto",   "bool",    "break",  "case",   "char",     "const", "continue", "default",
    "do",     "double", "else",    "enum",   "errno",  "extern",   "false", "float",    "for",
    "goto",   "i386",   "if",      "inline", "int",    "linux",    "long",  "register", "restrict",
    "return", "short",  "signed",  "sizeof", "static", "stderr",   "stdin", "stdout",   "struct",
    "switch", "true",   "typedef", "union",  "unix",   "unsigned", "void",  "volatile", "while",
};

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static char to_lower(char c)
{
    return is_upper(c) ? (char)(c - 'A' + 'a') : c;
}

/* Writes name at out, which has room for twice its length, and returns how long it came out. */
static size_t snake(const char *name, char *out)
{
    size_t n = 0;

    for (size_t i = 0; name[i] != '\0'; i++) {
        char c = name[i];

        if (c == '-') {
            out[n++] = '_';
            continue;
        }
        if (i > 0 && is_upper(c) && name[i - 1] != '-') {
            bool word_ends = !is_upper(name[i - 1]);
            bool acronym_ends = i > 1 && is_lower(name[i + 1]);

            if (word_ends || acronym_ends) {
                out[n++] = '_';
            }
        }
        out[n++] = to_lower(c);
    }
    return n;
}

const char *asn_name_snake(struct asn_model *model, const char *name, struct err *err)
{
    char *out = asn_alloc(model, 2 * strlen(name) + 1, 1, err);

    if (out != NULL) {
        (void)snake(name, out);
    }
    return out;
}

const char *asn_name_field(struct asn_model *model, const char *name, struct err *err)
{
    char *out = asn_alloc(model, 2 * strlen(name) + 2, 1, err);
    size_t len;

    if (out == NULL) {
        return NULL;
    }
    len = snake(name, out);
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (strcmp(reserved[i], out) == 0) {
            out[len] = '_';
        }
    }
    return out;
}

const char *asn_name_join(struct asn_model *model, const char *a, const char *b, struct err *err)
{
    size_t len = strlen(a);
    char *out = asn_alloc(model, len + 2 * strlen(b) + 2, 1, err);

    if (out == NULL) {
        return NULL;
    }
    memcpy(out, a, len);
    out[len] = '_';
    (void)snake(b, out + len + 1);
    return out;
}

char *asn_name_upper(const char *name, char *out, size_t cap)
{
    size_t n = 0;

    for (; name[n] != '\0' && n + 1 < cap; n++) {
        out[n] = is_lower(name[n]) ? (char)(name[n] - 'a' + 'A') : name[n];
    }
    out[n] = '\0';
    return out;
}
