/*
 * imp_group.c - which layouts are of one device, see imp_import.h.
 *
 * Layouts of one vmsd name and version go together unless they share less than half of their
 * fields, or contradict each other. They are tried in canonical order, each with the group that it
 * shares most with.
 */
#include "codec/device/imp_import.h"

#include <stdlib.h>

#include "codec/base/err.h"

enum { LABELS_TEXT_MAX = 256 };

/* Layouts that go together so far. */
struct group {
    struct imp_shapes shapes;
    uint64_t labels;
    struct span *names; /* of the fields of all of them, sorted */
    size_t name_count;
    struct imp_lists lists;
    size_t missing; /* by the device types that fit it best */
    bool fitted;
};

/* Groups of one vmsd name and version. */
struct groups {
    struct imp *imp;
    struct group *items;
    size_t count;
};

static int compare_layouts(const void *a, const void *b)
{
    const struct imp_layout *x = a;
    const struct imp_layout *y = b;

    return imp_shape_compare(x->shape, y->shape);
}

static void sort_layouts(struct imp *imp)
{
    size_t kept = 0;

    if (imp->layout_count > 1) {
        qsort(imp->layouts, imp->layout_count, sizeof(*imp->layouts), compare_layouts);
    }
    for (size_t i = 0; i < imp->layout_count; i++) {
        if (kept > 0 && imp->layouts[kept - 1].shape == imp->layouts[i].shape) {
            imp->layouts[kept - 1].labels |= imp->layouts[i].labels;
        } else {
            imp->layouts[kept++] = imp->layouts[i];
        }
    }
    imp->layout_count = kept;
}

static bool sort_known(struct imp *imp, struct err *err)
{
    struct imp_shapes all = {NULL, 0};

    all.items = arena_array(&imp->arena, imp->table.map.count, sizeof(*all.items), err);
    if (all.items == NULL) {
        return false;
    }
    for (const struct imp_shape *shape = imp->table.all; shape != NULL; shape = shape->next) {
        all.items[all.count++] = shape;
    }
    imp_shapes_sort(&all);
    imp->known.items = all.items;
    imp->known.count = all.count;
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return span_compare(*(const struct span *)a, *(const struct span *)b);
}

/* How many fields of shape a group has. */
static size_t shared(const struct group *group, const struct imp_shape *shape)
{
    size_t count = 0;

    for (size_t i = 0; i < shape->row_count; i++) {
        count +=
            group->name_count > 0 && bsearch(&shape->rows[i].name, group->names, group->name_count,
                                             sizeof(*group->names), compare_names) != NULL;
    }
    return count;
}

static bool alike(const struct group *group, const struct imp_shape *shape, size_t common)
{
    size_t smaller = group->name_count < shape->row_count ? group->name_count : shape->row_count;

    return common * 2 >= smaller;
}

/* Adds a layout to a group, without asking. */
static bool join(struct imp *imp, struct group *group, const struct imp_layout *layout,
                 struct err *err)
{
    const struct imp_shape *shape = layout->shape;
    struct imp_shapes more = {NULL, group->shapes.count + 1};
    struct span *names =
        arena_array(&imp->arena, group->name_count + shape->row_count, sizeof(*names), err);
    size_t count = group->name_count;
    size_t kept = 0;

    more.items = arena_array(&imp->arena, more.count, sizeof(*more.items), err);
    if (names == NULL || more.items == NULL) {
        return false;
    }
    if (count > 0) {
        memcpy(names, group->names, count * sizeof(*names));
        memcpy(more.items, group->shapes.items, group->shapes.count * sizeof(*more.items));
    }
    more.items[more.count - 1] = shape;
    for (size_t i = 0; i < shape->row_count; i++) {
        names[count++] = shape->rows[i].name;
    }
    if (count > 1) {
        qsort(names, count, sizeof(*names), compare_names);
    }
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || !span_eq(names[kept - 1], names[i])) {
            names[kept++] = names[i];
        }
    }
    group->names = names;
    group->name_count = kept;
    group->shapes = more;
    imp_shapes_sort(&group->shapes);
    group->labels |= layout->labels;
    return true;
}

/* Whether shapes can be merged; why says what contradicts. */
static bool try_merge(struct imp *imp, const struct group *group, const struct imp_shape *shape,
                      struct err *why)
{
    const struct imp_lists none = {NULL, 0};
    struct imp_shapes shapes = {NULL, group->shapes.count + 1};
    struct imp_merger merger;
    struct imp_type *type;
    bool ok;

    arena_reset(&imp->scratch);
    shapes.items = arena_array(&imp->scratch, shapes.count, sizeof(*shapes.items), why);
    if (shapes.items == NULL) {
        return false;
    }
    if (group->shapes.count > 0) {
        memcpy(shapes.items, group->shapes.items, group->shapes.count * sizeof(*shapes.items));
    }
    shapes.items[shapes.count - 1] = shape;
    imp_shapes_sort(&shapes);
    imp_merger_init(&merger, &imp->scratch, &imp->known, imp->leaves, &imp->steps);
    ok = imp_merge(&merger, &shapes, &none, &type, why);
    return ok;
}

static bool tell_conflict(struct imp *imp, const struct group *group,
                          const struct imp_layout *layout, const struct err *why, struct err *err)
{
    char one[LABELS_TEXT_MAX];
    char two[LABELS_TEXT_MAX];

    imp_label_text(imp, group->labels, ", ", one, sizeof(one));
    imp_label_text(imp, layout->labels, ", ", two, sizeof(two));
    return imp_add_conflict(imp, err, "%.*s version %u%s%s%s%s: %s%s%s: separate modules",
                            (int)layout->shape->vmsd.len, layout->shape->vmsd.p,
                            (unsigned)layout->shape->version, one[0] != '\0' ? " of " : "", one,
                            two[0] != '\0' ? " and of " : "", two, why->path,
                            why->path[0] != '\0' ? ": " : "", why->text);
}

/* Finds the group that a layout belongs to, or begins one. */
static bool place(struct groups *groups, const struct imp_layout *layout, struct err *err)
{
    bool *tried = calloc(groups->count + 1, sizeof(*tried));
    bool ok = tried != NULL || err_memory(err);
    bool placed = false;

    while (ok && !placed) {
        struct err why = ERR_INIT;
        size_t best = groups->count;
        size_t most = 0;

        if (!imp_steps_take(&groups->imp->steps,
                            (uint64_t)groups->count * (layout->shape->row_count + 1), err)) {
            ok = false;
            break;
        }
        for (size_t i = 0; i < groups->count; i++) {
            size_t common = shared(&groups->items[i], layout->shape);

            if (!tried[i] && alike(&groups->items[i], layout->shape, common) &&
                (best == groups->count || common > most)) {
                best = i;
                most = common;
            }
        }
        if (best == groups->count) {
            break;
        }
        tried[best] = true;
        placed = try_merge(groups->imp, &groups->items[best], layout->shape, &why);
        if (placed) {
            ok = join(groups->imp, &groups->items[best], layout, err);
        } else if (why.band == ERR_FINDINGS) {
            ok = tell_conflict(groups->imp, &groups->items[best], layout, &why, err);
        } else {
            *err = why;
            ok = false;
        }
    }
    free(tried);
    return ok && (placed || join(groups->imp, &groups->items[groups->count++], layout, err));
}

/* A layout that contradicts itself, in the elements of an array, is in no group. */
static bool holds_together(struct imp *imp, const struct imp_layout *layout, bool *holds,
                           struct err *err)
{
    const struct group none = {{NULL, 0}, 0, NULL, 0, {NULL, 0}, 0, false};
    struct err why = ERR_INIT;

    *holds = try_merge(imp, &none, layout->shape, &why);
    if (*holds) {
        return true;
    }
    if (why.band != ERR_FINDINGS) {
        *err = why;
        return false;
    }
    imp->left_out++;
    return imp_add_conflict(imp, err, "%.*s version %u: %s%s%s: no module",
                            (int)layout->shape->vmsd.len, layout->shape->vmsd.p,
                            (unsigned)layout->shape->version, why.path,
                            why.path[0] != '\0' ? ": " : "", why.text);
}

static int compare_devices(const void *a, const void *b)
{
    const struct imp_device *x = *(const struct imp_device *const *)a;
    const struct imp_device *y = *(const struct imp_device *const *)b;
    int order = span_compare(x->name, y->name);

    return order != 0 ? order : span_compare(x->listed->text, y->listed->text);
}

/* The device types of all lists, each description once. */
struct devices {
    const struct imp_device **items;
    size_t count;
};

static bool sort_devices(struct imp *imp, struct devices *devices, struct err *err)
{
    size_t kept = 0;

    devices->count = 0;
    devices->items =
        arena_array(&imp->arena, imp->catalog.device_count, sizeof(*devices->items), err);
    if (devices->items == NULL) {
        return false;
    }
    for (const struct imp_device *one = imp->catalog.devices; one != NULL; one = one->next) {
        devices->items[devices->count++] = one;
    }
    if (devices->count > 1) {
        qsort(devices->items, devices->count, sizeof(*devices->items), compare_devices);
    }
    for (size_t i = 0; i < devices->count; i++) {
        if (kept == 0 || compare_devices(&devices->items[kept - 1], &devices->items[i]) != 0) {
            devices->items[kept++] = devices->items[i];
        }
    }
    devices->count = kept;
    for (size_t i = 0; i < kept; i++) {
        imp->listed += i == 0 || !span_eq(devices->items[i]->name, devices->items[i - 1]->name);
    }
    return true;
}

/* Finds the group that a device type writes; SIZE_MAX: none. */
static bool find_group(const struct groups *groups, const struct imp_device *device, size_t *found,
                       size_t *missing, struct err *err)
{
    *found = SIZE_MAX;
    *missing = SIZE_MAX;
    for (size_t i = 0; i < groups->count; i++) {
        const struct imp_shapes *shapes = &groups->items[i].shapes;

        for (size_t k = 0; k < shapes->count; k++) {
            struct err why = ERR_INIT;
            size_t lacks = 0;

            if (imp_fit(device->listed, shapes->items[k], &lacks, &groups->imp->steps, &why)) {
                if (lacks < *missing) {
                    *missing = lacks;
                    *found = i;
                }
            } else if (why.band != ERR_NONE) {
                *err = why;
                return false;
            }
        }
    }
    return true;
}

/* What fits a device type, once for each of a group's name and version. */
struct match {
    size_t group;
    size_t missing;
};

/* Gives the groups the lists of the device types that fit them best. */
static bool fit_devices(struct groups *groups, const struct devices *devices,
                        struct imp_module *modules, struct err *err)
{
    const struct imp_shape *first = groups->items[0].shapes.items[0];
    struct arena *arena = &groups->imp->arena;
    struct match *matches = arena_array(arena, devices->count, sizeof(*matches), err);

    if (matches == NULL) {
        return false;
    }
    for (size_t i = 0; i < devices->count; i++) {
        const struct imp_device *device = devices->items[i];
        struct group *group;

        matches[i].group = SIZE_MAX;
        if (first->old_style || device->listed->version != first->version ||
            !span_eq(device->listed->vmsd, first->vmsd)) {
            continue;
        }
        if (!find_group(groups, device, &matches[i].group, &matches[i].missing, err)) {
            return false;
        }
        group = matches[i].group != SIZE_MAX ? &groups->items[matches[i].group] : NULL;
        if (group != NULL && (!group->fitted || matches[i].missing < group->missing)) {
            group->fitted = true;
            group->missing = matches[i].missing;
        }
    }
    for (size_t k = 0; k < groups->count; k++) {
        struct group *group = &groups->items[k];

        group->lists.items = arena_array(arena, devices->count, sizeof(*group->lists.items), err);
        modules[k].devices = arena_array(arena, devices->count, sizeof(struct span), err);
        if (group->lists.items == NULL || modules[k].devices == NULL) {
            return false;
        }
        for (size_t i = 0; i < devices->count; i++) {
            size_t n = modules[k].device_count;

            if (matches[i].group != k || matches[i].missing != group->missing) {
                continue;
            }
            group->lists.items[group->lists.count++] = devices->items[i]->listed;
            if (n == 0 || !span_eq(modules[k].devices[n - 1], devices->items[i]->name)) {
                modules[k].devices[modules[k].device_count++] = devices->items[i]->name;
            }
        }
        imp_lists_sort(&group->lists);
    }
    return true;
}

/* Merges a group for good. */
static bool make_module(struct imp *imp, const struct group *group, struct imp_module *module,
                        struct err *err)
{
    const struct imp_lists none = {NULL, 0};
    struct imp_merger merger;
    struct err why = ERR_INIT;
    bool ok;

    module->labels = group->labels;
    imp_merger_init(&merger, &imp->arena, &imp->known, imp->leaves, &imp->steps);
    ok = imp_merge(&merger, &group->shapes, &group->lists, &module->root, &why);
    if (!ok && why.band == ERR_FINDINGS) { /* the lists do not go together: do without */
        const struct imp_shape *shape = group->shapes.items[0];

        if (!imp_add_conflict(imp, err, "%.*s version %u: %s%s%s: made without lists",
                              (int)shape->vmsd.len, shape->vmsd.p, (unsigned)shape->version,
                              why.path, why.path[0] != '\0' ? ": " : "", why.text)) {
            return false;
        }
        err_init(&why);
        imp_merger_init(&merger, &imp->arena, &imp->known, imp->leaves, &imp->steps);
        ok = imp_merge(&merger, &group->shapes, &none, &module->root, &why);
    }
    if (!ok) {
        *err = why;
        return false;
    }
    imp->never += merger.never;
    return true;
}

/* Makes the modules of the layouts from first to end, which have one name and version. */
static bool make_modules(struct imp *imp, size_t first, size_t end, const struct devices *devices,
                         struct err *err)
{
    struct imp_module *modules = &imp->modules[imp->module_count];
    struct groups groups = {imp, NULL, 0};
    bool holds;

    groups.items = arena_array(&imp->arena, end - first, sizeof(*groups.items), err);
    if (groups.items == NULL) {
        return false;
    }
    for (size_t i = first; i < end; i++) {
        if (!holds_together(imp, &imp->layouts[i], &holds, err) ||
            (holds && !place(&groups, &imp->layouts[i], err))) {
            return false;
        }
    }
    if (groups.count == 0) {
        return true;
    }
    if (!fit_devices(&groups, devices, modules, err)) {
        return false;
    }
    for (size_t i = 0; i < groups.count; i++) {
        if (!make_module(imp, &groups.items[i], &modules[i], err)) {
            return false;
        }
    }
    imp->module_count += groups.count;
    return true;
}

/* Counts the device types that have a module; lists may say different things of one. */
static bool count_covered(struct imp *imp, struct err *err)
{
    struct span *names;
    size_t count = 0;
    size_t at = 0;

    for (size_t i = 0; i < imp->module_count; i++) {
        count += imp->modules[i].device_count;
    }
    names = arena_array(&imp->arena, count, sizeof(*names), err);
    if (names == NULL) {
        return false;
    }
    for (size_t i = 0; i < imp->module_count; i++) {
        for (size_t k = 0; k < imp->modules[i].device_count; k++) {
            names[at++] = imp->modules[i].devices[k];
        }
    }
    if (count > 1) {
        qsort(names, count, sizeof(*names), compare_names);
    }
    for (size_t i = 0; i < count; i++) {
        imp->covered += i == 0 || !span_eq(names[i], names[i - 1]);
    }
    return true;
}

bool imp_make(struct imp *imp, struct err *err)
{
    struct devices devices = {NULL, 0};
    size_t first = 0;

    sort_layouts(imp);
    imp->modules = arena_array(&imp->arena, imp->layout_count, sizeof(*imp->modules), err);
    if (imp->modules == NULL || !sort_known(imp, err) || !sort_devices(imp, &devices, err)) {
        return false;
    }
    while (first < imp->layout_count) {
        const struct imp_shape *shape = imp->layouts[first].shape;
        size_t end = first + 1;

        while (end < imp->layout_count && imp->layouts[end].shape->version == shape->version &&
               imp->layouts[end].shape->old_style == shape->old_style &&
               span_eq(imp->layouts[end].shape->vmsd, shape->vmsd)) {
            end++;
        }
        if (!make_modules(imp, first, end, &devices, err)) {
            return false;
        }
        first = end;
    }
    imp_sort_conflicts(imp);
    return count_covered(imp, err);
}
