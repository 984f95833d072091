/* asn_emit.c - see asn_emit.h. */
#include "codec/schema/asn_emit.h"

#include <inttypes.h>
#include <stdlib.h>

#include "codec/base/arena.h"
#include "codec/schema/asn_emitting.h"
#include "codec/schema/asn_name.h"

/* A name that C sees, and what it is the name of. */
struct c_name {
    const char *name;
    const char *of;
    struct asn_spot place;
    uint32_t order;
};

struct c_names {
    struct asn_emitter *emitter;
    struct c_name *list;
    uint32_t count;
    bool failed;
};

static int by_name(const void *a, const void *b)
{
    const struct c_name *one = a;
    const struct c_name *two = b;
    int order = strcmp(one->name, two->name);

    return order != 0 ? order : one->order < two->order ? -1 : one->order > two->order;
}

static void add(struct c_names *names, const char *name, const char *of, struct asn_spot place)
{
    struct c_name *one = &names->list[names->count];

    if (name == NULL) {
        names->failed = true;
        return;
    }
    one->name = name;
    one->of = of;
    one->place = place;
    one->order = names->count++;
}

/* Refuses the first name that is there already, and empties the list. */
static bool check_names(struct c_names *names)
{
    const struct c_name *first = NULL;
    const struct c_name *second = NULL;

    if (names->failed) {
        return false;
    }
    if (names->count > 0) {
        qsort(names->list, names->count, sizeof(names->list[0]), by_name);
    }
    for (uint32_t i = 1; i < names->count; i++) {
        if (strcmp(names->list[i - 1].name, names->list[i].name) == 0 &&
            (second == NULL || names->list[i].order < second->order)) {
            first = &names->list[i - 1];
            second = &names->list[i];
        }
    }
    names->count = 0;
    return second == NULL || asn_fail(&names->emitter->model->diag, names->emitter->err,
                                      ERR_UNSUPPORTED, second->place, "%s and %s are both %s in C",
                                      first->of, second->of, second->name);
}

static struct asn_spot place_of(const struct asn_plan_type *type)
{
    static const struct asn_spot nowhere = {NULL, 0};

    return type->node != NULL ? type->node->place : nowhere;
}

static const char *name_of(const struct asn_plan_type *type)
{
    return type->name[0] != '\0' ? type->name : type->c_name;
}

/* The fields of one struct. */
static bool check_fields(struct c_names *names, const struct asn_plan_type *type)
{
    struct asn_emitter *emitter = names->emitter;

    for (uint32_t i = 0; i < type->member_count; i++) {
        const struct asn_plan_member *member = &type->members[i];
        const struct asn_component *one = member->component;

        add(names, member->c_name, one->name, one->place);
        if (member->has_present) {
            add(names, asn_name_join(emitter->model, "has", member->c_name, emitter->err),
                "the presence of an optional component", one->place);
        }
    }
    if (type->op == ASN_SEQUENCE && type->unknown_offset != ASN_NO_OFFSET) {
        add(names, "unknown", "the list of unknown additions", place_of(type));
    }
    return check_names(names);
}

static void add_constants(struct c_names *names, const struct asn_plan_type *type)
{
    struct asn_emitter *emitter = names->emitter;

    for (const struct asn_item *item = type->items; item != NULL; item = item->next) {
        add(names, asn_name_join(emitter->model, type->c_name, item->name, emitter->err),
            item->name, item->place);
    }
    for (uint32_t i = 0; type->op == ASN_CHOICE && i < type->member_count; i++) {
        const struct asn_component *one = type->members[i].component;

        add(names, asn_name_join(emitter->model, type->c_name, one->name, emitter->err), one->name,
            one->place);
    }
}

/* The macros and constants of all types, which share one name space in C. */
static bool check_constants(struct c_names *names)
{
    static const struct asn_spot nowhere = {NULL, 0};
    struct asn_emitter *emitter = names->emitter;

    add(names, "asn1_h", "the guard of the header", nowhere);
    add(names, "types_count", "the number of types", nowhere);
    for (uint32_t i = 0; i < emitter->model->value_count; i++) {
        const struct asn_assignment *one = emitter->model->values[i];

        add(names, asn_name_snake(emitter->model, one->name, emitter->err), one->name, one->place);
    }
    for (const struct asn_plan_type *type = emitter->plan->types; type != NULL; type = type->next) {
        if (type->layout == type) {
            add_constants(names, type);
        }
    }
    return check_names(names);
}

static bool check_types(struct c_names *names)
{
    struct asn_emitter *emitter = names->emitter;

    for (const struct asn_plan_type *type = emitter->plan->types; type != NULL; type = type->next) {
        add(names, type->c_name, name_of(type), place_of(type));
        if (type->layout == type && type->op == ASN_CHOICE) {
            add(names, asn_name_join(emitter->model, type->c_name, "which", emitter->err),
                "the alternatives of a CHOICE", place_of(type));
        }
    }
    return check_names(names);
}

/* An upper bound of the names that any one list can hold. */
static size_t count_names(const struct asn_emitter *emitter)
{
    size_t count = 2 + (size_t)emitter->model->value_count;

    for (const struct asn_plan_type *type = emitter->plan->types; type != NULL; type = type->next) {
        count += 3 + 2 * (size_t)type->member_count + type->item_count;
    }
    return count;
}

bool asn_emit_check(struct asn_emitter *emitter)
{
    struct c_names names = {emitter, NULL, 0, false};

    names.list =
        asn_alloc(emitter->model, count_names(emitter), sizeof(names.list[0]), emitter->err);
    if (names.list == NULL || !check_types(&names) || !check_constants(&names)) {
        return false;
    }
    for (const struct asn_plan_type *type = emitter->plan->types; type != NULL; type = type->next) {
        if (strlen(type->c_name) > ASN_EMIT_NAME_MAX - 2 * ASN_NAME_MAX - 64) {
            return asn_fail(&emitter->model->diag, emitter->err, ERR_LIMIT, place_of(type),
                            "names that are too long together for C");
        }
        if (type->layout == type && !check_fields(&names, type)) {
            return false;
        }
    }
    return true;
}

bool asn_emit_check_prefix(const char *prefix, struct err *err)
{
    size_t len = strlen(prefix);
    size_t good = strspn(prefix, "abcdefghijklmnopqrstuvwxyz0123456789_");

    if (len == 0 || len > 32 || good != len || strchr("0123456789_", prefix[0]) != NULL) {
        return err_set(err, ERR_USAGE, "the prefix must be a lower-case C name of at most 32");
    }
    return true;
}

bool asn_emit(struct asn_model *model, const struct asn_emit_options *options, struct buf *c,
              struct buf *h, struct err *err)
{
    char upper[64];
    struct asn_plan plan;
    struct asn_emitter emitter = {model, err, &plan, options->prefix, upper, "struct span", false};
    struct asn_text tables;
    struct asn_text header;

    if (!asn_emit_check_prefix(options->prefix, err) ||
        !asn_plan_make(model, options->raw, options->raw_count, &plan, err)) {
        return false;
    }
    (void)asn_name_upper(options->prefix, upper, sizeof(upper));
    if (!asn_emit_check(&emitter)) {
        return false;
    }
    asn_text_init(&tables, c, err);
    asn_text_init(&header, h, err);
    asn_emit_header(&emitter, &header);
    asn_emit_tables(&emitter, options->header, &tables);
    return asn_text_ok(&tables) && asn_text_ok(&header);
}
