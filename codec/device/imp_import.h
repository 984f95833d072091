/*
 * imp_import.h - modules from what streams and QEMU's lists show.
 *
 *     imp_init(&imp, leaves);
 *     ... for each section:  imp_section(&imp, &seen, types, type, name, label, &err)
 *     ... for each list:     imp_catalog_read(&imp.catalog, text, &err)
 *     imp_make(&imp, &err)                     imp.modules: what goes together, merged
 *     imp_label(&imp, base, &err)              names and tags, see imp_label.h
 *     imp_print(&imp, module, &text, &err)     see imp_print.h
 *
 * The order of what is added, how often, and from which files, makes no difference.
 */
#ifndef VMBER_DEVICE_IMP_IMPORT_H
#define VMBER_DEVICE_IMP_IMPORT_H

#include "codec/device/imp_merge.h"

/* A section's own struct, once for all sections that looked like it. */
struct imp_layout {
    const struct imp_shape *shape;
    uint64_t labels; /* a bit for each label that it was seen under */
};

enum { IMP_LABELS_MAX = 64 };

struct imp_module {
    struct imp_type *root;
    uint64_t labels;
    struct span *devices; /* device types that write such sections, sorted */
    size_t device_count;
    /* By imp_label. */
    const char *name;           /* of the ASN.1 module */
    const char *file;           /* without a folder */
    struct imp_type *types;     /* the root first */
    const struct imp_leaf *own; /* leaf types that are no one else's */
    size_t own_count;
};

struct imp {
    struct arena arena;
    struct arena scratch;
    struct imp_table table;
    struct imp_catalog catalog;
    const struct imp_leaves *leaves;
    struct imp_steps steps;
    const char *labels[IMP_LABELS_MAX];
    size_t label_count;
    struct imp_layout *layouts;
    size_t layout_count;
    size_t layout_cap;
    /* By imp_make. */
    struct imp_known known;
    struct imp_module *modules; /* sorted by vmsd name, version, then as they came about */
    size_t module_count;
    const char **conflicts; /* sentences, sorted by imp_make */
    size_t conflict_count;
    size_t left_out; /* layouts that are in no module */
    size_t never;    /* fields that are listed as always sent, and that no stream has */
    size_t covered;  /* device types with a module */
    size_t listed;   /* device types */
};

void imp_init(struct imp *imp, const struct imp_leaves *leaves);
void imp_done(struct imp *imp);

/* imp_add_label gives the number of a label, which may be "". */
bool imp_add_label(struct imp *imp, const char *text, unsigned *label, struct err *err);

/*
 * imp_section adds a described section: its type, its name (idstr), and the label of the stream. A
 * type that no module can hold becomes a conflict.
 */
bool imp_section(struct imp *imp, struct imp_seen *seen, const struct lay_types *types,
                 uint32_t type, struct span name, unsigned label, struct err *err);

/* imp_make finds out which layouts are of one device, and merges them. */
bool imp_make(struct imp *imp, struct err *err);

/* imp_add_conflict notes a sentence for people; imp_sort_conflicts puts them in order. */
bool imp_add_conflict(struct imp *imp, struct err *err, const char *fmt, ...) CC_PRINTF(3, 4);
void imp_sort_conflicts(struct imp *imp);

/* imp_label_text writes labels, sorted, with what stands between two of them. */
void imp_label_text(const struct imp *imp, uint64_t labels, const char *between, char *out,
                    size_t cap);

#endif
