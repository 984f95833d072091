/*
 * mod_why.c - see mod_joining.h: what is wrong with a description, in one sentence that names the
 * field or its neighbour.
 *
 * A field that is out of place was added, dropped or moved. What was meant is told by looking
 * ahead: whether the field that should stand here comes later, and whether the one that does stand
 * here belongs elsewhere.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "codec/device/mod_joining.h"
#include "codec/savevm/leg_text.h"

enum { WHY_LABEL_MAX = 80 };

/* A name for a message. */
struct label {
    char text[WHY_LABEL_MAX];
};

static const char *label(struct label *label, struct span name)
{
    leg_text_label(name, label->text, sizeof(label->text));
    return label->text;
}

bool mod_stop(struct mod_joining *j)
{
    *j->why = j->stop;
    return false;
}

bool mod_path(const struct span *names, uint32_t count, struct err *err)
{
    char path[ERR_PATH_MAX] = "";
    size_t len = 0;

    for (uint32_t i = 0; i < count && len < sizeof(path); i++) {
        struct label name;
        int n = snprintf(path + len, sizeof(path) - len, "%s%s", i > 0 ? " > " : "",
                         label(&name, names[i]));

        len += n > 0 ? (size_t)n : 0;
    }
    return len > 0 ? err_at_path(err, "%s", path) : false;
}

bool mod_why(struct mod_joining *j, const char *fmt, ...)
{
    char text[ERR_TEXT_MAX];
    va_list ap;

    if (j->progress < j->why_progress) {
        return false;
    }
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    err_init(j->why);
    (void)err_set(j->why, ERR_MALFORMED, "%s", text);
    j->why_progress = j->progress + 1;
    return mod_path(j->path, j->depth, j->why);
}

/* How many elements a field has, for "module says". */
static const char *count_text(const struct mod_field *field, char *out, size_t cap)
{
    if (field->max == MOD_VARIES) {
        (void)snprintf(out, cap, "%" PRIu32 " at least", field->min);
    } else if (field->min == field->max) {
        (void)snprintf(out, cap, "%" PRIu32, field->max);
    } else {
        (void)snprintf(out, cap, "%" PRIu32 " to %" PRIu32, field->min, field->max);
    }
    return out;
}

static bool why_count(struct mod_joining *j, const char *name, uint64_t count,
                      const struct mod_field *field)
{
    char text[48];

    return mod_why(j, "field '%s' has %" PRIu64 " element%s, module says %s", name, count,
                   count == 1 ? "" : "s", count_text(field, text, sizeof(text)));
}

/* The struct inside a row has another name or version; type is its id. */
static bool why_struct(struct mod_joining *j, const char *name, uint32_t type, uint32_t with)
{
    const struct lay_type *t = lay_types_get(j->types, type);
    const struct mod_type *m = &j->set->types[with];
    struct label vmsd;

    if (t->wire.form != WIRE_DESCRIPTION_FORM_VMSTATE) {
        return mod_why(j, "field '%s' is a struct that is not described, module says '%s'", name,
                       mod_text(j->set, m->vmsd));
    }
    if (!span_eq(t->wire.name, mod_string(j->set, m->vmsd))) {
        return mod_why(j, "field '%s' is a struct '%s', module says '%s'", name,
                       label(&vmsd, t->wire.name), mod_text(j->set, m->vmsd));
    }
    return mod_why(j, "field '%s' has version %" PRIu32 ", module says %" PRIu32, name,
                   t->wire.version, m->version);
}

/* Structs inside a row that matches but for them; true: they are right. */
static bool right_structs(struct mod_joining *j, const char *name, const struct mod_struct *in,
                          size_t i, const struct mod_field *field)
{
    const struct wire_field *row = &in->wire.fields.items[i];

    if (row->has_element && !mod_is_struct(j, row->element, field->type)) {
        return why_struct(j, name, row->element, field->type);
    }
    for (size_t n = 0; row->has_members && n < row->members.count; n++) {
        uint32_t with = field->key != MOD_NONE && n % 2 == 0 ? field->key : field->type;

        if (!mod_is_struct(j, row->members.items[n], with)) {
            return why_struct(j, name, row->members.items[n], with);
        }
    }
    return true;
}

/* One row of a field of its name; true: nothing is wrong with it alone. */
static bool right_row(struct mod_joining *j, const char *name, const struct mod_rows *rows,
                      size_t i, const struct mod_field *field)
{
    const struct mod_struct *in = rows->in;
    const struct wire_field *row = &in->wire.fields.items[i];
    bool structs = field->type != MOD_NONE;
    struct label type;

    if (structs && field->nullable && mod_row_is_null(row)) {
        return true;
    }
    if (!span_eq(row->type, mod_string(j->set, field->type_name))) {
        return mod_why(j, "field '%s' is %s, module says %s", name, label(&type, row->type),
                       mod_text(j->set, field->type_name));
    }
    if (structs) {
        return right_structs(j, name, in, i, field) &&
               (in->steps[i].op >= LAY_STRUCT ||
                mod_why(j, "field '%s' is not described, module says %s", name,
                        mod_text(j->set, field->type_name)));
    }
    if (row->has_extent || field->size == MOD_VARIES || row->size == field->size) {
        return true;
    }
    return mod_why(j, "%sfield '%s' has %" PRIu32 " octets, module says %" PRIu32,
                   field->is_array ? "an element of " : "", name, row->size, field->size);
}

bool mod_why_differs(struct mod_joining *j, const struct mod_rows *rows,
                     const struct mod_field *field)
{
    const struct wire_field *row = &rows->in->wire.fields.items[rows->first];
    uint64_t count = mod_rows_count(rows);
    struct label label_of;
    const char *name = label(&label_of, row->name);

    if (field->op == MOD_UNSEEN) {
        return mod_why(j, "field '%s' is described in %zu parts, module has nothing but its name",
                       name, rows->end - rows->first);
    }
    for (size_t i = rows->first; i < rows->end; i++) {
        if (!right_row(j, name, rows, i, field)) {
            return false;
        }
    }
    if (field->op == MOD_LIST || field->op == MOD_TREE) {
        return why_count(j, name, row->has_members ? row->members.count : 0, field);
    }
    if (field->is_array ? count < field->min || count > field->max : count != 1) {
        return why_count(j, name, count, field);
    }
    return mod_why(j, "field '%s' is described in another form than module says", name);
}

/* Whether a row from first on has that name. */
static bool has_row(const struct mod_struct *in, size_t first, struct span name)
{
    for (size_t i = first; i < in->wire.fields.count; i++) {
        if (span_eq(in->wire.fields.items[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* Counts the fields first .. end of a struct of the module that have that name. */
static uint32_t fields_named(const struct mod_joining *j, const struct mod_struct *in,
                             uint32_t first, uint32_t end, struct span name)
{
    const struct mod_field *fields = &j->set->fields[in->type->fields];
    uint32_t count = 0;

    for (uint32_t i = first; i < end; i++) {
        count += !fields[i].is_subsection && span_eq(mod_string(j->set, fields[i].name), name);
    }
    return count;
}

/* Counts the rows before first that have that name, those of one array once. */
static uint32_t rows_named(const struct mod_struct *in, size_t first, struct span name)
{
    uint32_t count = 0;

    for (size_t i = 0; i < first; i++) {
        const struct wire_field *row = &in->wire.fields.items[i];

        count += span_eq(row->name, name) && (!row->has_index || row->index == 0);
    }
    return count;
}

/* Where something is, for people: "(behind 'y')". */
static const char *behind(const struct mod_struct *in, size_t first, char *out, size_t cap)
{
    struct label name;

    if (first == 0) {
        (void)snprintf(out, cap, "(at the start)");
    } else {
        (void)snprintf(out, cap, "(behind '%s')",
                       label(&name, in->wire.fields.items[first - 1].name));
    }
    return out;
}

bool mod_why_order(struct mod_joining *j, const struct mod_struct *in, size_t first, uint32_t at)
{
    const struct mod_field *fields = &j->set->fields[in->type->fields];
    bool at_end = first == in->wire.fields.count;
    struct span there = at_end ? span_of("", 0) : in->wire.fields.items[first].name;
    struct span needed = span_of("", 0);
    bool needs = false;
    char place[WHY_LABEL_MAX + 16];
    struct label one;
    struct label two;

    for (uint32_t i = at; i < in->type->field_count && !needs; i++) {
        needs = fields[i].tag == MOD_NO_TAG;
        needed = mod_string(j->set, fields[i].name);
    }
    behind(in, first, place, sizeof(place));
    if (at_end) {
        return mod_why(j, "field '%s' is missing %s", label(&one, needed), place);
    }
    if (fields_named(j, in, at, in->type->field_count, there) > 0) {
        /* What should stand here comes later, or not at all. */
        return has_row(in, first + 1, needed)
                   ? mod_why(j, "field '%s' stands behind '%s', module says before",
                             label(&one, needed), label(&two, there))
                   : mod_why(j, "field '%s' is missing %s", label(&one, needed), place);
    }
    if (first > 0 && fields_named(j, in, 0, at, there) > rows_named(in, first, there)) {
        return mod_why(j, "field '%s' stands behind '%s', module says before", label(&one, there),
                       label(&two, in->wire.fields.items[first - 1].name));
    }
    return mod_why(j, "field '%s' is not in the module %s", label(&one, there), place);
}

bool mod_why_subsection(struct mod_joining *j, const struct mod_struct *in, size_t i, uint32_t at)
{
    const struct lay_type *type = lay_types_get(j->types, in->wire.subsections.items[i]);
    struct label one;
    const char *name = label(&one, type->wire.name);

    for (uint32_t n = 0; n < in->type->field_count; n++) {
        const struct mod_field *field = &j->set->fields[in->type->fields + n];

        if (!field->is_subsection || !span_eq(mod_string(j->set, field->name), type->wire.name)) {
            continue;
        }
        if (n >= at) {
            return mod_why(j, "subsection '%s' has version %" PRIu32 ", module says %" PRIu32, name,
                           type->wire.version, j->set->types[field->type].version);
        }
        if (i > 0) {
            struct label two;
            const struct lay_type *before =
                lay_types_get(j->types, in->wire.subsections.items[i - 1]);

            return mod_why(j, "subsection '%s' stands behind '%s', module says before", name,
                           label(&two, before->wire.name));
        }
    }
    return mod_why(j, "subsection '%s' is not in the module", name);
}

/* One alternative of a constraint, and how many of its terms do not hold. */
struct alternative {
    uint32_t end; /* behind its last term */
    uint32_t wrong;
    uint32_t first; /* the first of those */
};

static struct alternative look_at(const struct mod_joining *j, const struct mod_struct *in,
                                  uint32_t term)
{
    const struct mod_term *terms = &j->set->terms[in->type->terms];
    struct alternative found = {term, 0, term};

    do {
        if (terms[found.end].present != ((in->there >> found.end & 1) != 0) && found.wrong++ == 0) {
            found.first = found.end;
        }
        found.end++;
    } while (found.end < in->type->term_count && terms[found.end].begins == MOD_BEGINS_NOTHING);
    return found;
}

/* QEMU's name of the field of a term. */
static const char *name_of(const struct mod_joining *j, const struct mod_struct *in, uint32_t term)
{
    const struct mod_field *field = &j->set->fields[in->type->fields];

    while (field->ident != j->set->terms[in->type->terms + term].ident) {
        field++;
    }
    return mod_text(j->set, field->name);
}

bool mod_why_together(struct mod_joining *j, const struct mod_struct *in, uint32_t term)
{
    const struct mod_term *terms = &j->set->terms[in->type->terms];
    uint32_t least = UINT32_MAX;
    bool missing = false;
    char names[ERR_TEXT_MAX] = "";
    size_t len = 0;
    uint32_t at = term;

    /* The alternatives that are nearest to what is there; those that differ as the first does. */
    do {
        struct alternative one = look_at(j, in, at);
        bool lacks = terms[one.first].present;

        if (one.wrong < least) {
            least = one.wrong;
            missing = lacks;
            len = 0;
        }
        if (one.wrong == least && lacks == missing && len < sizeof(names)) {
            int n = snprintf(names + len, sizeof(names) - len, "%s'%s'", len > 0 ? " or " : "",
                             name_of(j, in, one.first));

            len += n > 0 ? (size_t)n : 0;
        }
        at = one.end;
    } while (at < in->type->term_count && terms[at].begins == MOD_BEGINS_ALTERNATIVE);
    return missing ? mod_why(j, "field %s is missing", names)
                   : mod_why(j, "field %s is there, module says not with the others", names);
}
