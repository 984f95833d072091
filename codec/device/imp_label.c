/* imp_label.c - see imp_label.h: modules. imp_label_type.c has what is in them. */
#include "codec/device/imp_label.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/device/imp_labelling.h"
#include "codec/device/imp_name.h"

enum { LABELS_TEXT_MAX = 256 };

/* Modules of imp, and of the base, that have one vmsd name. */
struct family {
    size_t first;
    size_t end;
    uint32_t base_first;
    uint32_t base_count;
    bool versions; /* there are several */
};

/* Modules first .. end of one version, and what has been decided for each. */
struct siblings {
    size_t first;
    size_t end;
    uint32_t *base; /* index of the module of the base, or MOD_NONE */
    bool apart;     /* seen in different places */
};

static const struct imp_type *root_of(const struct imp *imp, size_t module)
{
    return imp->modules[module].root;
}

static void find_family(const struct imp_labelling *l, size_t first, struct family *family)
{
    const struct imp *imp = l->imp;
    const struct imp_type *root = root_of(imp, first);

    family->first = first;
    family->end = first;
    family->base_first = 0;
    family->base_count = 0;
    family->versions = false;
    if (l->base->set != NULL) {
        family->base_count = mod_set_range(l->base->set, root->vmsd, &family->base_first);
    }
    while (family->end < imp->module_count &&
           span_eq(root_of(imp, family->end)->vmsd, root->vmsd)) {
        family->versions = family->versions || root_of(imp, family->end)->version != root->version;
        family->end++;
    }
    for (uint32_t i = 0; i < family->base_count; i++) {
        const struct mod_set *set = l->base->set;
        const struct mod_module *module = &set->modules[family->base_first + i];

        family->versions = family->versions || set->types[module->root].version != root->version;
    }
}

/* How much of a module of the base a root has: fields by name, and those that are the same. */
struct likeness {
    size_t names;
    size_t fields;
};

static bool same_field(const struct mod_set *set, const struct mod_field *field,
                       const struct imp_member *member)
{
    struct span type = mod_string(set, field->type_name);

    if (member->kind == IMP_LEAF) {
        return span_eq(type, member->type) && (field->op != MOD_INT || field->size == member->size);
    }
    return field->type != MOD_NONE &&
           span_eq(mod_string(set, set->types[field->type].vmsd), member->inner->vmsd);
}

static struct likeness like_base(const struct imp_labelling *l, const struct imp_type *root,
                                 uint32_t base)
{
    const struct mod_set *set = l->base->set;
    const struct mod_type *type = &set->types[set->modules[base].root];
    struct likeness like = {0, 0};
    uint32_t at = 0;

    for (size_t i = 0; i < root->member_count; i++) {
        for (uint32_t n = 0; n < type->field_count; n++) {
            /* Fields mostly stand where they stood. */
            uint32_t k = (at + n) % type->field_count;
            const struct mod_field *field = &set->fields[type->fields + k];

            if (span_eq(mod_string(set, field->name), root->members[i].name)) {
                like.names++;
                like.fields += same_field(set, field, &root->members[i]) && k >= at;
                at = k;
                break;
            }
        }
    }
    return like;
}

/* Whether a module of the base can be an earlier version of a root with so much in common. */
static bool can_be(const struct imp_labelling *l, const struct imp_type *root, uint32_t base,
                   size_t names)
{
    const struct mod_set *set = l->base->set;
    const struct mod_module *module = &set->modules[base];
    const struct mod_type *type = &set->types[module->root];
    size_t smaller =
        type->field_count < root->member_count ? type->field_count : root->member_count;

    return type->version == root->version && module->old_style == root->old_style &&
           names * 2 >= smaller;
}

/* Pairs siblings with modules of the base, those that are most alike first. */
static void match_base(const struct imp_labelling *l, const struct family *family,
                       struct siblings *s)
{
    for (;;) {
        size_t best = s->end;
        uint32_t with = MOD_NONE;
        size_t most = 0;

        for (size_t i = s->first; i < s->end; i++) {
            for (uint32_t k = 0; s->base[i - s->first] == MOD_NONE && k < family->base_count; k++) {
                uint32_t base = family->base_first + k;
                struct likeness like = like_base(l, root_of(l->imp, i), base);
                size_t common = 2 * like.fields + like.names;
                bool taken = false;

                for (size_t n = s->first; n < s->end; n++) {
                    taken = taken || s->base[n - s->first] == base;
                }
                if (!taken && can_be(l, root_of(l->imp, i), base, like.names) &&
                    (best == s->end || common > most)) {
                    best = i;
                    with = base;
                    most = common;
                }
            }
        }
        if (best == s->end) {
            return;
        }
        s->base[best - s->first] = with;
    }
}

static bool seen_apart(const struct imp *imp, size_t first, size_t end)
{
    char text[LABELS_TEXT_MAX];
    uint64_t all = 0;

    for (size_t i = first; i < end; i++) {
        imp_label_text(imp, imp->modules[i].labels, " ", text, sizeof(text));
        if (text[0] == '\0' || (all & imp->modules[i].labels) != 0) {
            return false;
        }
        all |= imp->modules[i].labels;
    }
    return true;
}

/* Writes what tells a module from its siblings; "" if only a number can. */
static void write_suffix(const struct imp *imp, const struct siblings *s, size_t module,
                         char out[IMP_NAME_ROOM])
{
    const struct imp_module *one = &imp->modules[module];
    char text[LABELS_TEXT_MAX];

    out[0] = '\0';
    if (s->end - s->first < 2) {
        return;
    }
    if (s->apart) {
        imp_label_text(imp, one->labels, " ", text, sizeof(text));
        imp_name_camel(span_str(text), out);
        return;
    }
    if (one->device_count == 0) {
        return;
    }
    for (size_t i = s->first; i < s->end; i++) {
        if (i != module && imp->modules[i].device_count > 0 &&
            span_eq(imp->modules[i].devices[0], one->devices[0])) {
            return;
        }
    }
    imp_name_camel(one->devices[0], out);
}

/* Whether a module with that root would be called as one that modules import from. */
static bool is_library(const char *root)
{
    return strcmp(root, "Leaf") == 0 || strcmp(root, "Vmstate") == 0;
}

/* Finds the name for the root of a module that the base does not have. */
static const char *pick_root(struct imp_labelling *l, const struct family *family,
                             const struct siblings *s, size_t module, struct err *err)
{
    const struct imp_type *root = root_of(l->imp, module);
    char text[IMP_NAME_ROOM * 2 + 16];
    char camel[IMP_NAME_ROOM];
    char suffix[IMP_NAME_ROOM];

    imp_name_camel(root->vmsd, camel);
    write_suffix(l->imp, s, module, suffix);
    if (family->versions && !root->old_style) {
        (void)snprintf(text, sizeof(text), "%sV%u%s", camel, (unsigned)root->version, suffix);
    } else {
        (void)snprintf(text, sizeof(text), "%s%s", camel, suffix);
        if (imp_name_reserved(text) || is_library(text) || imp_names_has(&l->leaf_names, text)) {
            (void)snprintf(text, sizeof(text), "%sV%u%s", camel, (unsigned)root->version, suffix);
        }
    }
    text[IMP_ROOT_MAX] = '\0';
    return imp_names_pick(&l->names, text, err);
}

/* Names a module, its file and all that is in it. */
static bool label_module(struct imp_labelling *l, size_t module, const char *root, uint32_t base,
                         struct err *err)
{
    struct imp_module *one = &l->imp->modules[module];
    char text[IMP_NAME_ROOM * 2];
    int len = snprintf(text, sizeof(text), "Vmber-%s", root);

    one->name = arena_copy(&l->imp->arena, text, (size_t)len, err);
    if (one->name == NULL) {
        return false;
    }
    imp_name_file(root, text);
    one->file = imp_names_pick(&l->files, text, err);
    return one->file != NULL && imp_label_types(l, one, root, base, err);
}

static bool label_siblings(struct imp_labelling *l, const struct family *family, size_t first,
                           size_t end, struct err *err)
{
    struct siblings s = {first, end, NULL, seen_apart(l->imp, first, end)};
    bool ok = true;

    s.base = calloc(end - first, sizeof(*s.base));
    if (s.base == NULL) {
        return err_memory(err);
    }
    for (size_t i = first; i < end; i++) {
        s.base[i - first] = MOD_NONE;
    }
    if (l->base->set != NULL) {
        match_base(l, family, &s);
    }
    for (size_t i = first; ok && i < end; i++) {
        uint32_t base = s.base[i - first];
        const struct mod_set *set = l->base->set;
        const char *root = base != MOD_NONE
                               ? mod_text(set, set->types[set->modules[base].root].name)
                               : pick_root(l, family, &s, i, err);

        ok = root != NULL && label_module(l, i, root, base, err);
    }
    free(s.base);
    return ok;
}

/* Names that are taken: those of leaf types, and those of the base. */
static bool take_names(struct imp_labelling *l, struct err *err)
{
    const struct imp_leaves *leaves = l->imp->leaves;
    const struct mod_set *set = l->base->set;

    for (size_t i = 0; i < leaves->count; i++) {
        if (!imp_names_add(&l->leaf_names, leaves->items[i].type, err) ||
            !imp_names_add(&l->names, leaves->items[i].type, err)) {
            return false;
        }
    }
    for (uint32_t i = 0; set != NULL && i < set->type_count; i++) {
        if (!imp_names_add(&l->names, mod_text(set, set->types[i].name), err)) {
            return false;
        }
    }
    return true;
}

bool imp_label(struct imp *imp, const struct imp_base *base, struct err *err)
{
    struct imp_labelling l = {imp, base, {0}, {0}, {0}, {0}};
    size_t at = 0;

    imp_names_init(&l.names, &imp->arena);
    imp_names_init(&l.leaf_names, &imp->arena);
    imp_names_init(&l.files, &imp->arena);
    imp_names_init(&l.reused, &imp->arena);
    /* The files of the modules that they import from may stand beside them. */
    if (!imp_names_add(&l.files, "vmber-leaf", err) ||
        !imp_names_add(&l.files, "vmber-vmstate", err) || !take_names(&l, err)) {
        return false;
    }
    while (at < imp->module_count) {
        struct family family;

        find_family(&l, at, &family);
        while (at < family.end) {
            const struct imp_type *root = root_of(imp, at);
            size_t end = at + 1;

            while (end < family.end && root_of(imp, end)->version == root->version &&
                   root_of(imp, end)->old_style == root->old_style) {
                end++;
            }
            if (!label_siblings(&l, &family, at, end, err)) {
                return false;
            }
            at = end;
        }
    }
    return true;
}
