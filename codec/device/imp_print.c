/* imp_print.c - see imp_print.h. */
#include "codec/device/imp_print.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/device/imp_name.h"
#include "codec/device/mod_annotation.h"
#include "codec/schema/asn_text.h"

enum {
    INDENT = 4,
    COLUMN_MAX = 64, /* a column is not made wider for one long name */
    LABELS_TEXT_MAX = 512,
};

/* One component as text. */
struct line {
    const char *ident;
    struct buf type;
    struct buf note; /* without "-- "; empty: none */
};

struct printer {
    const struct imp *imp;
    const struct imp_module *module;
    struct buf *out;
    struct asn_text text;
    struct err *err;
};

static void put(struct printer *p, const char *s)
{
    asn_text_put(&p->text, "%s", s);
}

/* Puts names of QEMU's and labels into a comment for people; what could end it is left out. */
static void put_plain(struct asn_text *text, struct span name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = (char)name.p[i];
        bool odd =
            c < ' ' || c > '~' || c == '<' || (c == '-' && i > 0 && name.p[i - 1] == '-') ||
            ((c == '*' || c == '/') && i > 0 && (name.p[i - 1] == '/' || name.p[i - 1] == '*'));

        asn_text_put(text, "%c", odd ? '?' : c);
    }
}

/* Words of a comment, wrapped. */
struct wrap {
    struct printer *p;
    size_t column;
};

static void wrap_word(struct wrap *wrap, struct span word)
{
    if (wrap->column > 0 && wrap->column + 1 + word.len > IMP_COLUMNS) {
        put(wrap->p, "\n");
        wrap->column = 0;
    }
    put(wrap->p, wrap->column == 0 ? "-- " : " ");
    wrap->column += wrap->column == 0 ? 3 : 1;
    asn_text_put(&wrap->p->text, "%.*s", (int)word.len, word.p);
    wrap->column += word.len;
}

static bool head(struct printer *p)
{
    const struct imp_type *root = p->module->root;
    char labels[LABELS_TEXT_MAX];
    struct wrap wrap = {p, 0};
    struct asn_text text;
    struct buf words;
    size_t at = 0;

    buf_init(&words, IMP_TEXT_MAX);
    asn_text_init(&text, &words, p->err);
    put_plain(&text, root->vmsd);
    if (root->old_style) {
        asn_text_put(&text, ", which a save_state function writes");
    } else {
        asn_text_put(&text, ", version %u", (unsigned)root->version);
    }
    for (size_t i = 0; i < p->module->device_count; i++) {
        asn_text_put(&text, "%s", i == 0 ? ": the section of " : ", ");
        put_plain(&text, p->module->devices[i]);
    }
    asn_text_put(&text, ".");
    while (asn_text_ok(&text) && at < words.len) {
        size_t end = at;

        while (end < words.len && words.p[end] != ' ') {
            end++;
        }
        wrap_word(&wrap, span_of(words.p + at, end - at));
        at = end + 1;
    }
    buf_done(&words);
    put(p, "\n");
    imp_label_text(p->imp, p->module->labels, ", ", labels, sizeof(labels));
    if (labels[0] != '\0') {
        put(p, "-- Seen in: ");
        put_plain(&p->text, span_str(labels));
        put(p, "\n");
    }
    asn_text_put(&p->text, "\n%s DEFINITIONS IMPLICIT TAGS ::= BEGIN\n", p->module->name);
    return asn_text_ok(&text);
}

/* The symbols that are imported from one module. */
struct symbols {
    const char *module;
    const char **names;
    size_t count;
};

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_symbol(struct symbols *symbols, const char *name)
{
    for (size_t i = 0; i < symbols->count; i++) {
        if (strcmp(symbols->names[i], name) == 0) {
            return;
        }
    }
    symbols->names[symbols->count++] = name;
}

static void add_symbols(struct symbols from[2], const struct imp_member *member)
{
    if (member->kind == IMP_LEAF && member->leaf->module != NULL) {
        add_symbol(&from[strcmp(member->leaf->module, from[0].module) != 0], member->leaf->type);
    }
    if (member->kind == IMP_GTREE && member->key == NULL) {
        add_symbol(&from[0], "UInt64");
    }
    if (member->kind == IMP_STRUCT && member->nullable) {
        add_symbol(&from[1], "NullPointer");
    }
}

/* Prints the IMPORTS, if there are any. */
static bool imports(struct printer *p)
{
    const size_t most = p->imp->leaves->count + 2;
    struct symbols from[2] = {{"Vmber-Leaf", NULL, 0}, {"Vmber-Vmstate", NULL, 0}};
    bool first = true;

    from[0].names = calloc(most * 2, sizeof(*from[0].names));
    if (from[0].names == NULL) {
        return err_memory(p->err);
    }
    from[1].names = from[0].names + most;
    for (const struct imp_type *type = p->module->types; type != NULL; type = type->next) {
        for (size_t i = 0; i < type->member_count; i++) {
            add_symbols(from, &type->members[i]);
        }
    }
    for (size_t k = 0; k < 2; k++) {
        size_t column = 8;

        if (from[k].count == 0) {
            continue;
        }
        qsort(from[k].names, from[k].count, sizeof(*from[k].names), compare_text);
        put(p, first ? "\nIMPORTS" : "\n       ");
        for (size_t i = 0; i < from[k].count; i++) {
            size_t len = strlen(from[k].names[i]) + 2;

            if (column + len > IMP_COLUMNS - 20) {
                put(p, "\n       ");
                column = 8;
            }
            asn_text_put(&p->text, " %s%s", from[k].names[i], i + 1 < from[k].count ? "," : "");
            column += len;
        }
        asn_text_put(&p->text, " FROM %s", from[k].module);
        first = false;
    }
    put(p, first ? "" : ";\n");
    free(from[0].names);
    return true;
}

/* What stands behind SEQUENCE or a leaf type to say how many. */
static void put_size(struct asn_text *text, uint32_t number)
{
    if (number != MOD_VARIES) {
        asn_text_put(text, " (SIZE (%u))", (unsigned)number);
    }
}

static void leaf_type(struct asn_text *text, const struct imp_member *m)
{
    const struct imp_leaf *leaf = m->leaf;

    if (m->is_array && !leaf->array) {
        asn_text_put(text, "SEQUENCE");
        put_size(text, m->elements);
        asn_text_put(text, " OF ");
    }
    asn_text_put(text, "%s", leaf->type);
    if (leaf->array) {
        put_size(text, m->elements);
    } else if (m->op == MOD_OCTETS && leaf->size == MOD_VARIES) {
        put_size(text, m->size);
    }
}

static void struct_type(struct asn_text *text, const struct imp_member *m)
{
    if (m->is_array) {
        asn_text_put(text, "SEQUENCE");
        put_size(text, m->elements);
        asn_text_put(text, " OF ");
    }
    if (m->nullable) {
        asn_text_put(text, "CHOICE { null NullPointer, value %s }", m->inner->name);
    } else {
        asn_text_put(text, "%s", m->inner->name);
    }
}

static void tree_type(struct asn_text *text, const struct imp_member *m)
{
    if (m->key == NULL) {
        asn_text_put(text, "SEQUENCE OF CHOICE { key UInt64, value %s }", m->inner->name);
    } else {
        asn_text_put(text, "SEQUENCE OF CHOICE { key [0] %s, value [1] %s }", m->key->name,
                     m->inner->name);
    }
}

static bool component_type(const struct imp_member *m, struct buf *out, struct err *err)
{
    struct asn_text text;

    asn_text_init(&text, out, err);
    if (m->tag != MOD_NO_TAG) {
        asn_text_put(&text, "[%u] ", (unsigned)m->tag);
    }
    switch (m->kind) {
    case IMP_LEAF:
        leaf_type(&text, m);
        break;
    case IMP_STRUCT:
    case IMP_TMP:
    case IMP_VSTRUCT:
        struct_type(&text, m);
        break;
    case IMP_QTAILQ:
    case IMP_QLIST:
        asn_text_put(&text, "SEQUENCE OF %s", m->inner->name);
        break;
    case IMP_GTREE:
        tree_type(&text, m);
        break;
    }
    asn_text_put(&text, "%s,", m->tag != MOD_NO_TAG ? " OPTIONAL" : "");
    return asn_text_ok(&text);
}

static const char *word_of(const struct imp_member *m)
{
    static const unsigned words[] = {
        [IMP_LEAF] = 0,
        [IMP_STRUCT] = 0,
        [IMP_TMP] = MOD_WORD_TMP,
        [IMP_VSTRUCT] = MOD_WORD_VSTRUCT,
        [IMP_QTAILQ] = MOD_WORD_QTAILQ,
        [IMP_QLIST] = MOD_WORD_QLIST,
        [IMP_GTREE] = MOD_WORD_GTREE,
    };

    return mod_word_name(m->is_sub   ? (unsigned)MOD_WORD_SUBSECTION
                         : m->unseen ? (unsigned)MOD_WORD_UNSEEN
                                     : words[m->kind]);
}

/* Makes the annotation of a component; none if there is nothing to say. */
static bool component_note(const struct imp_member *m, struct buf *out, struct err *err)
{
    const char *word = word_of(m);
    bool named = !m->is_sub && !imp_name_follows(m->ident, m->name);

    if (!named && word[0] == '\0' && m->by.len == 0) {
        return true;
    }
    if (!buf_put(out, "<", 1, err) || (named && !mod_quote(out, m->name, err)) ||
        (named && word[0] != '\0' && !buf_put(out, " ", 1, err)) ||
        !buf_put(out, word, strlen(word), err)) {
        return false;
    }
    if (m->by.len > 0) {
        const char *by = named || word[0] != '\0' ? " by " : "by ";

        if (!buf_put(out, by, strlen(by), err) || !mod_quote(out, m->by, err)) {
            return false;
        }
    }
    return buf_put(out, ">", 1, err);
}

static size_t wider(size_t column, size_t len)
{
    return len > column && len <= COLUMN_MAX ? len : column;
}

/* The columns of a type's components, counted from the first one. */
struct columns {
    size_t idents; /* width */
    size_t types;
};

/* Whether a note fits behind a type that takes width columns. */
static bool fits(const struct columns *columns, const struct line *line, size_t width)
{
    size_t idents = strlen(line->ident) > columns->idents ? strlen(line->ident) : columns->idents;

    return INDENT + idents + 2 + width + 5 + line->note.len <= IMP_COLUMNS;
}

/* Finds the width of types that most notes stand in one column behind. */
static void find_columns(const struct line *lines, size_t count, struct columns *columns)
{
    size_t most = 0;

    columns->idents = 0;
    columns->types = 0;
    for (size_t i = 0; i < count; i++) {
        columns->idents = wider(columns->idents, strlen(lines[i].ident));
    }
    for (size_t i = 0; i < count; i++) {
        size_t width = lines[i].type.len;
        size_t aligned = 0;

        if (lines[i].note.len == 0 || width == columns->types) {
            continue;
        }
        for (size_t k = 0; k < count; k++) {
            aligned += lines[k].note.len > 0 && lines[k].type.len <= width &&
                       fits(columns, &lines[k], width);
        }
        if (aligned > most || (aligned == most && width < columns->types)) {
            most = aligned;
            columns->types = width;
        }
    }
}

/* Prints a component; a note that does not fit stands above it, a type that does not below. */
static void put_line(struct printer *p, const struct line *line, const struct columns *columns)
{
    size_t width = line->type.len > columns->types ? line->type.len : columns->types;
    bool behind = line->note.len > 0;

    if (behind && !fits(columns, line, width)) {
        width = line->type.len;
        behind = fits(columns, line, width);
    }
    if (line->note.len > 0 && !behind) {
        asn_text_put(&p->text, "%*s-- %.*s\n", INDENT, "", (int)line->note.len, line->note.p);
    }
    if (INDENT + columns->idents + 2 + line->type.len > IMP_COLUMNS) {
        asn_text_put(&p->text, "%*s%s\n%*s", INDENT, "", line->ident, 2 * INDENT, "");
    } else {
        asn_text_put(&p->text, "%*s%-*s  ", INDENT, "", (int)columns->idents, line->ident);
    }
    asn_text_put(&p->text, "%.*s", (int)line->type.len, line->type.p);
    if (behind) {
        asn_text_put(&p->text, "%*s  -- %.*s", (int)(width - line->type.len), "",
                     (int)line->note.len, line->note.p);
    }
    put(p, "\n");
}

static bool put_components(struct printer *p, const struct imp_type *type)
{
    struct line *lines = calloc(type->member_count + 1, sizeof(*lines));
    bool ok = lines != NULL || err_memory(p->err);
    struct columns columns;

    for (size_t i = 0; ok && i < type->member_count; i++) {
        lines[i].ident = type->members[i].ident;
        buf_init(&lines[i].type, IMP_TEXT_MAX);
        buf_init(&lines[i].note, IMP_TEXT_MAX);
        ok = component_type(&type->members[i], &lines[i].type, p->err) &&
             component_note(&type->members[i], &lines[i].note, p->err);
    }
    if (ok) {
        find_columns(lines, type->member_count, &columns);
    }
    for (size_t i = 0; ok && i < type->member_count; i++) {
        put_line(p, &lines[i], &columns);
    }
    for (size_t i = 0; lines != NULL && i < type->member_count; i++) {
        free(lines[i].type.p);
        free(lines[i].note.p);
    }
    free(lines);
    return ok;
}

static const char *ident_of(const struct imp_type *type, struct span name)
{
    const struct imp_member *member = type->members;

    while (!span_eq(member->name, name)) {
        member++;
    }
    return member->ident;
}

/* Prints the constraint: an alternative a line, or more. */
static void put_terms(struct printer *p, const struct imp_type *type)
{
    static const char inner[] = "WITH COMPONENTS {...";
    size_t column = 0;

    for (size_t i = 0; i < type->term_count; i++) {
        const struct imp_term *term = &type->terms[i];
        const char *ident = ident_of(type, term->name);
        const char *presence = term->present ? "PRESENT" : "ABSENT";
        size_t len = strlen(ident) + strlen(presence) + 2;

        if (term->begins != MOD_BEGINS_NOTHING) {
            asn_text_put(&p->text, "%s%s",
                         term->begins == MOD_BEGINS_CONSTRAINT ? " (" : "} |\n   ", inner);
            column = 3 + sizeof(inner) - 1;
        }
        put(p, ",");
        if (column + 1 + len + 3 > IMP_COLUMNS) {
            asn_text_put(&p->text, "\n%*s", 2 * INDENT - 1, "");
            column = 2 * INDENT - 1;
        }
        asn_text_put(&p->text, " %s %s", ident, presence);
        column += 1 + len;
    }
    put(p, type->term_count > 0 ? "})\n" : "\n");
}

static bool put_type(struct printer *p, const struct imp_type *type)
{
    put(p, "\n-- <");
    if (!asn_text_ok(&p->text) || !mod_quote(p->out, type->vmsd, p->err)) {
        return false;
    }
    if (type->old_style) {
        asn_text_put(&p->text, " %s>", mod_word_name(MOD_WORD_OLD_STYLE));
    } else {
        asn_text_put(&p->text, " %u>", (unsigned)type->version);
    }
    if (type->path[0] != '\0') {
        asn_text_put(&p->text, " %s", type->path);
    }
    if (type->places > 1) {
        asn_text_put(&p->text, " and %u more", (unsigned)(type->places - 1));
    }
    asn_text_put(&p->text, "\n%s ::= SEQUENCE {\n", type->name);
    if (!put_components(p, type)) {
        return false;
    }
    asn_text_put(&p->text, "%*s...\n}", INDENT, "");
    put_terms(p, type);
    return true;
}

static bool put_own_leaf(struct printer *p, const struct imp_leaf *leaf)
{
    asn_text_put(&p->text, "\n%s ::= OCTET STRING  -- <%s", leaf->type,
                 leaf->array ? "array " : "");
    if (!asn_text_ok(&p->text) || !mod_quote(p->out, leaf->name, p->err)) {
        return false;
    }
    put(p, ">\n");
    return true;
}

bool imp_print(const struct imp *imp, const struct imp_module *module, struct buf *out,
               struct err *err)
{
    struct printer p = {imp, module, out, {0}, err};

    asn_text_init(&p.text, out, err);
    if (!head(&p) || !imports(&p)) {
        return false;
    }
    for (const struct imp_type *type = module->types; type != NULL; type = type->next) {
        if (!put_type(&p, type)) {
            return false;
        }
    }
    for (size_t i = 0; i < module->own_count; i++) {
        if (!put_own_leaf(&p, &module->own[i])) {
            return false;
        }
    }
    put(&p, "\nEND\n");
    return asn_text_ok(&p.text);
}
