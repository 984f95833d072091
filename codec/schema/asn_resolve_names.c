/* asn_resolve_names.c - which assignment a name stands for; see asn_resolving.h. */
#include "codec/schema/asn_resolving.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base/arena.h"

static bool fail(struct asn_model *model, struct err *err, struct asn_spot place, const char *fmt,
                 const char *a, const char *b)
{
    return asn_fail(&model->diag, err, ERR_MALFORMED, place, fmt, a, b);
}

static int by_name_then_index(const void *a, const void *b)
{
    const struct asn_assignment *one = *(struct asn_assignment *const *)a;
    const struct asn_assignment *two = *(struct asn_assignment *const *)b;
    int order = strcmp(one->name, two->name);

    return order != 0 ? order : one->index < two->index ? -1 : one->index > two->index;
}

static int modules_by_name(const void *a, const void *b)
{
    const struct asn_module *one = *(struct asn_module *const *)a;
    const struct asn_module *two = *(struct asn_module *const *)b;
    int order = strcmp(one->name, two->name);

    return order != 0 ? order : one->index < two->index ? -1 : one->index > two->index;
}

static int symbols_by_name(const void *a, const void *b)
{
    const struct asn_symbol *one = *(const struct asn_symbol *const *)a;
    const struct asn_symbol *two = *(const struct asn_symbol *const *)b;
    int order = strcmp(one->name, two->name);

    if (order != 0) {
        return order;
    }
    return one->place.offset < two->place.offset ? -1 : one->place.offset > two->place.offset;
}

/* Says of two assignments of one name that the later is one too many. */
static bool fail_twice(struct asn_model *model, const struct asn_assignment *first,
                       const struct asn_assignment *second, struct err *err)
{
    uint32_t column;
    uint32_t line = asn_spot_line(first->place, &column);

    return asn_fail(&model->diag, err, ERR_MALFORMED, second->place,
                    "%s is already defined in module %s (%s:%" PRIu32 ")", second->name,
                    first->module->name, first->place.source->name, line);
}

static bool sort_modules(struct asn_model *model, struct err *err)
{
    struct asn_module **sorted = asn_alloc(model, model->module_count, sizeof(*sorted), err);
    const struct asn_module *twice = NULL;
    uint32_t n = 0;

    if (sorted == NULL) {
        return false;
    }
    for (struct asn_module *module = model->modules; module != NULL; module = module->next) {
        sorted[n++] = module;
    }
    if (n > 0) {
        qsort(sorted, n, sizeof(*sorted), modules_by_name);
    }
    for (uint32_t i = 1; i < n; i++) {
        if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0 &&
            (twice == NULL || sorted[i]->index < twice->index)) {
            twice = sorted[i];
        }
    }
    model->by_name = sorted;
    return twice == NULL ||
           fail(model, err, twice->place, "there is already a module %s%s", twice->name, "");
}

/* Sorts the assignments of one kind and finds the first that repeats a name. */
static bool sort_assignments(struct asn_model *model, enum asn_assignment_kind kind,
                             struct asn_assignment ***out, uint32_t *count, struct err *err)
{
    struct asn_assignment **sorted =
        asn_alloc(model, model->assignment_count, sizeof(*sorted), err);
    struct asn_assignment *twice = NULL;
    struct asn_assignment *first = NULL;
    uint32_t n = 0;

    if (sorted == NULL) {
        return false;
    }
    for (struct asn_module *module = model->modules; module != NULL; module = module->next) {
        for (struct asn_assignment *one = module->assignments; one != NULL; one = one->next) {
            if (one->kind == kind) {
                sorted[n++] = one;
            }
        }
    }
    if (n > 0) {
        qsort(sorted, n, sizeof(*sorted), by_name_then_index);
    }
    for (uint32_t i = 1; i < n; i++) {
        if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0 &&
            (twice == NULL || sorted[i]->index < twice->index)) {
            first = sorted[i - 1];
            twice = sorted[i];
        }
    }
    *out = sorted;
    *count = n;
    return twice == NULL || fail_twice(model, first, twice, err);
}

static bool is_type_name(const char *name)
{
    return name[0] >= 'A' && name[0] <= 'Z';
}

static bool is_exported(const struct asn_assignment *one)
{
    return !one->module->exports_listed || one->exported;
}

static int compare_assignment(const void *key, const void *element)
{
    return strcmp(key, (*(struct asn_assignment *const *)element)->name);
}

static struct asn_assignment *find(const struct asn_model *model, const char *name)
{
    bool type = is_type_name(name);
    struct asn_assignment *const *sorted = type ? model->types : model->values;
    uint32_t count = type ? model->type_count : model->value_count;
    struct asn_assignment *const *found = NULL;

    if (count > 0) {
        found = bsearch(name, sorted, count, sizeof(sorted[0]), compare_assignment);
    }
    return found != NULL ? *found : NULL;
}

static bool resolve_exports(struct asn_model *model, struct asn_module *module, struct err *err)
{
    for (struct asn_symbol *symbol = module->exports; symbol != NULL; symbol = symbol->next) {
        struct asn_assignment *target = find(model, symbol->name);

        if (target == NULL || target->module != module) {
            return fail(model, err, symbol->place, "%s is not defined in module %s", symbol->name,
                        module->name);
        }
        if (target->exported) {
            return fail(model, err, symbol->place, "%s is exported twice%s", symbol->name, "");
        }
        target->exported = true;
        symbol->target = target;
    }
    return true;
}

/* Finds the symbols of one "symbols FROM module". */
static bool resolve_import(struct asn_model *model, const struct asn_module *module,
                           const struct asn_import *import, struct err *err)
{
    const struct asn_module *from = asn_module_find(model, import->module);

    if (from == NULL) {
        return fail(model, err, import->place, "there is no module %s%s", import->module, "");
    }
    if (from == module) {
        return fail(model, err, import->place, "module %s imports from itself%s", import->module,
                    "");
    }
    for (struct asn_symbol *symbol = import->symbols; symbol != NULL; symbol = symbol->next) {
        symbol->target = find(model, symbol->name);
        if (symbol->target == NULL || symbol->target->module != from) {
            return fail(model, err, symbol->place, "%s is not defined in module %s", symbol->name,
                        from->name);
        }
        if (!is_exported(symbol->target)) {
            return fail(model, err, symbol->place, "%s is not exported by module %s", symbol->name,
                        from->name);
        }
    }
    return true;
}

static bool resolve_imports(struct asn_model *model, struct asn_module *module, struct err *err)
{
    const struct asn_symbol **sorted;
    uint32_t count = 0;
    uint32_t n = 0;

    for (struct asn_import *import = module->imports; import != NULL; import = import->next) {
        if (!resolve_import(model, module, import, err)) {
            return false;
        }
        for (struct asn_symbol *one = import->symbols; one != NULL; one = one->next) {
            count++;
        }
    }
    sorted = asn_alloc(model, count, sizeof(*sorted), err);
    if (sorted == NULL) {
        return false;
    }
    for (struct asn_import *import = module->imports; import != NULL; import = import->next) {
        for (struct asn_symbol *one = import->symbols; one != NULL; one = one->next) {
            sorted[n++] = one;
        }
    }
    if (n > 0) {
        qsort(sorted, n, sizeof(*sorted), symbols_by_name);
    }
    for (uint32_t i = 1; i < n; i++) {
        if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0) {
            return fail(model, err, sorted[i]->place, "%s is imported twice%s", sorted[i]->name,
                        "");
        }
    }
    module->imported = sorted;
    module->imported_count = n;
    return true;
}

static int compare_symbol(const void *key, const void *element)
{
    return strcmp(key, (*(const struct asn_symbol *const *)element)->name);
}

static bool is_imported(const struct asn_module *module, const char *name)
{
    return module->imported_count > 0 &&
           bsearch(name, module->imported, module->imported_count, sizeof(module->imported[0]),
                   compare_symbol) != NULL;
}

/* Finds what [qualifier.]name means inside module; NULL after a failure at place. */
static const struct asn_assignment *visible(struct asn_model *model,
                                            const struct asn_module *module, const char *qualifier,
                                            const char *name, struct asn_spot place,
                                            struct err *err)
{
    const struct asn_assignment *target = find(model, name);
    const struct asn_module *from = module;

    if (qualifier != NULL) {
        from = asn_module_find(model, qualifier);
        if (from == NULL) {
            (void)fail(model, err, place, "there is no module %s%s", qualifier, "");
            return NULL;
        }
    }
    if (target == NULL || (qualifier != NULL && target->module != from)) {
        (void)fail(model, err, place, "%s is not defined%s", name, "");
        return NULL;
    }
    if (target->module == module || (qualifier == NULL && is_imported(module, name))) {
        return target;
    }
    if (qualifier == NULL) {
        (void)fail(model, err, place, "%s is not imported from module %s", name,
                   target->module->name);
        return NULL;
    }
    if (!is_exported(target)) {
        (void)fail(model, err, place, "%s is not exported by module %s", name, from->name);
        return NULL;
    }
    return target;
}

const struct asn_assignment *asn_visible_value(struct asn_model *model,
                                               const struct asn_module *module,
                                               const struct asn_value *value, struct err *err)
{
    return visible(model, module, value->module, value->name, value->place, err);
}

static bool resolve_references(struct asn_model *model, struct err *err)
{
    for (struct asn_node *node = model->nodes; node != NULL; node = node->next) {
        if (node->kind != ASN_KIND_REFERENCE) {
            continue;
        }
        node->target =
            visible(model, node->module, node->ref_module, node->ref_name, node->place, err);
        if (node->target == NULL) {
            return false;
        }
    }
    return true;
}

enum mark { MARK_NEW, MARK_OPEN, MARK_DONE };

/*
 * Follows references from each type assignment, so that model->order has every one behind what it
 * refers to; a chain that meets itself has no type at its end.
 */
static bool order_types(struct asn_model *model, struct err *err)
{
    uint8_t *marks = asn_alloc(model, model->assignment_count, 1, err);
    const struct asn_assignment **chain = asn_alloc(model, model->type_count, sizeof(*chain), err);
    uint32_t done = 0;

    model->order = asn_alloc(model, model->type_count, sizeof(*model->order), err);
    if (marks == NULL || chain == NULL || model->order == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < model->type_count; i++) {
        const struct asn_assignment *one = model->types[i];
        uint32_t depth = 0;

        while (marks[one->index] == MARK_NEW) {
            marks[one->index] = MARK_OPEN;
            chain[depth++] = one;
            if (one->type->kind != ASN_KIND_REFERENCE) {
                break;
            }
            one = one->type->target;
            if (marks[one->index] == MARK_OPEN) {
                return fail(model, err, chain[depth - 1]->type->place,
                            "type %s is defined by itself%s", one->name, "");
            }
        }
        while (depth > 0) {
            one = chain[--depth];
            marks[one->index] = MARK_DONE;
            model->order[done++] = one;
        }
    }
    return true;
}

static bool set_base(struct asn_model *model, struct asn_node *node, struct err *err)
{
    (void)model;
    (void)err;
    node->base = node->kind == ASN_KIND_REFERENCE ? node->target->type->base : node;
    node->is_extensible =
        node->extensible || (node->module->extensibility_implied &&
                             (node->kind == ASN_KIND_SEQUENCE || node->kind == ASN_KIND_CHOICE ||
                              node->kind == ASN_KIND_ENUMERATED));
    return true;
}

static int components_by_name(const void *a, const void *b)
{
    const struct asn_component *one = *(const struct asn_component *const *)a;
    const struct asn_component *two = *(const struct asn_component *const *)b;
    int order = strcmp(one->name, two->name);

    if (order != 0) {
        return order;
    }
    return one->place.offset < two->place.offset ? -1 : one->place.offset > two->place.offset;
}

/* X.680 25.5, 29.5: no name twice in one type. */
static bool check_component_names(struct asn_model *model, struct asn_node *node, struct err *err)
{
    const struct asn_component **sorted;
    const struct asn_component *twice = NULL;
    uint32_t n = 0;

    if (node->components == NULL) {
        return true;
    }
    sorted = asn_alloc(model, node->count, sizeof(*sorted), err);
    if (sorted == NULL) {
        return false;
    }
    for (struct asn_component *one = node->components; one != NULL; one = one->next) {
        sorted[n++] = one;
    }
    qsort(sorted, n, sizeof(*sorted), components_by_name);
    for (uint32_t i = 1; i < n; i++) {
        if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0 &&
            (twice == NULL || sorted[i]->place.offset < twice->place.offset)) {
            twice = sorted[i];
        }
    }
    return twice == NULL ||
           fail(model, err, twice->place, "there is already a component %s%s", twice->name, "");
}

bool asn_resolve_names(struct asn_model *model, struct err *err)
{
    if (!sort_modules(model, err) ||
        !sort_assignments(model, ASN_ASSIGN_TYPE, &model->types, &model->type_count, err) ||
        !sort_assignments(model, ASN_ASSIGN_VALUE, &model->values, &model->value_count, err)) {
        return false;
    }
    for (struct asn_module *module = model->modules; module != NULL; module = module->next) {
        if (!resolve_exports(model, module, err)) {
            return false;
        }
    }
    for (struct asn_module *module = model->modules; module != NULL; module = module->next) {
        if (!resolve_imports(model, module, err)) {
            return false;
        }
    }
    return resolve_references(model, err) && order_types(model, err) &&
           asn_each_node(model, set_base, err) && asn_each_node(model, check_component_names, err);
}
