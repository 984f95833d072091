/* imp_import.c - see imp_import.h: what is added. imp_group.c makes modules of it. */
#include "codec/device/imp_import.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/base/err.h"

enum { CONFLICT_TEXT_MAX = ERR_PATH_MAX + ERR_TEXT_MAX + 512 };

void imp_init(struct imp *imp, const struct imp_leaves *leaves)
{
    memset(imp, 0, sizeof(*imp));
    arena_init(&imp->arena, IMP_BYTES_MAX);
    arena_init(&imp->scratch, IMP_BYTES_MAX);
    imp_table_init(&imp->table, &imp->arena);
    imp_catalog_init(&imp->catalog, &imp->arena);
    imp->leaves = leaves;
    imp->steps.left = IMP_STEPS_MAX;
}

void imp_done(struct imp *imp)
{
    free(imp->layouts);
    arena_done(&imp->scratch);
    arena_done(&imp->arena);
}

bool imp_add_label(struct imp *imp, const char *text, unsigned *label, struct err *err)
{
    for (unsigned i = 0; i < imp->label_count; i++) {
        if (strcmp(imp->labels[i], text) == 0) {
            *label = i;
            return true;
        }
    }
    if (imp->label_count == IMP_LABELS_MAX) {
        return err_set(err, ERR_LIMIT, "more than %d labels", IMP_LABELS_MAX);
    }
    imp->labels[imp->label_count] = arena_copy(&imp->arena, text, strlen(text), err);
    if (imp->labels[imp->label_count] == NULL) {
        return false;
    }
    *label = (unsigned)imp->label_count++;
    return true;
}

bool imp_add_conflict(struct imp *imp, struct err *err, const char *fmt, ...)
{
    char text[CONFLICT_TEXT_MAX];
    const char **more;
    va_list ap;

    if (imp->conflict_count == IMP_CONFLICTS_MAX) {
        return true;
    }
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    for (char *p = text; *p != '\0'; p++) {
        *p = *p >= ' ' && *p <= '~' ? *p : '?'; /* names are what a stream says */
    }
    for (size_t i = 0; i < imp->conflict_count; i++) {
        if (strcmp(imp->conflicts[i], text) == 0) {
            return true;
        }
    }
    if (imp->conflicts == NULL) {
        more = arena_array(&imp->arena, IMP_CONFLICTS_MAX, sizeof(*more), err);
        if (more == NULL) {
            return false;
        }
        imp->conflicts = more;
    }
    imp->conflicts[imp->conflict_count] = arena_copy(&imp->arena, text, strlen(text), err);
    return imp->conflicts[imp->conflict_count++] != NULL;
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void imp_sort_conflicts(struct imp *imp)
{
    if (imp->conflict_count > 1) {
        qsort(imp->conflicts, imp->conflict_count, sizeof(*imp->conflicts), compare_text);
    }
}

void imp_label_text(const struct imp *imp, uint64_t labels, const char *between, char *out,
                    size_t cap)
{
    const char *sorted[IMP_LABELS_MAX];
    size_t count = 0;
    size_t len = 0;

    for (size_t i = 0; i < imp->label_count; i++) {
        if ((labels >> i & 1) != 0 && imp->labels[i][0] != '\0') {
            sorted[count++] = imp->labels[i];
        }
    }
    qsort(sorted, count, sizeof(*sorted), compare_text);
    out[0] = '\0';
    for (size_t i = 0; i < count && len < cap; i++) {
        len += (size_t)snprintf(out + len, cap - len, "%s%s", i > 0 ? between : "", sorted[i]);
    }
}

static bool add_layout(struct imp *imp, const struct imp_shape *shape, unsigned label,
                       struct err *err)
{
    if (imp->layout_count == imp->layout_cap) {
        size_t cap = imp->layout_cap == 0 ? 256 : imp->layout_cap * 2;
        struct imp_layout *more = realloc(imp->layouts, cap * sizeof(*more));

        if (more == NULL) {
            return err_memory(err);
        }
        imp->layouts = more;
        imp->layout_cap = cap;
    }
    imp->layouts[imp->layout_count].shape = shape;
    imp->layouts[imp->layout_count++].labels = UINT64_C(1) << label;
    return true;
}

bool imp_section(struct imp *imp, struct imp_seen *seen, const struct lay_types *types,
                 uint32_t type, struct span name, unsigned label, struct err *err)
{
    const struct imp_shape *shape = NULL;
    struct err why = ERR_INIT;

    if (!imp_shape_take(&imp->table, seen, types, type, &shape, &why)) {
        if (why.band != ERR_FINDINGS) {
            *err = why;
            return false;
        }
        imp->left_out++;
        return imp_add_conflict(imp, err, "%.*s: %s%s%s: no module", (int)name.len, name.p,
                                why.path, why.path[0] != '\0' ? ": " : "", why.text);
    }
    if (shape->old_style && !imp_shape_old(&imp->table, shape, name, &shape, err)) {
        return false;
    }
    return add_layout(imp, shape, label, err);
}
