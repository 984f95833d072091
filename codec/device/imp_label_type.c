/* imp_label_type.c - see imp_label.h: the types of one module. */
#include "codec/device/imp_labelling.h"

#include <stdio.h>
#include <string.h>

#include "codec/base/err.h"

enum {
    PATH_TEXT_MAX = 200, /* octets of a path that a comment shows */
    TYPE_NAME_MAX = ASN_NAME_MAX + 1,
    OWN_MAX = 256, /* leaf types that one module alone has: the CPUs have six */
};

/* A module while it is labelled. */
struct labelling_types {
    struct imp_labelling *l;
    struct imp_module *module;
    const char *root;
    struct imp_type **end; /* of the list of types */
    struct imp_leaf *own;
};

static struct arena *arena_of(const struct labelling_types *t)
{
    return &t->l->imp->arena;
}

/* The member of a type of the base that is this one: the same name, as often before it. */
static const struct mod_field *find_base(const struct labelling_types *t,
                                         const struct imp_type *type, size_t member, uint32_t base)
{
    const struct mod_set *set = t->l->base->set;
    const struct imp_member *m = &type->members[member];
    uint32_t turn = 0;

    if (base == MOD_NONE) {
        return NULL;
    }
    for (size_t i = 0; i < member; i++) {
        turn += type->members[i].is_sub == m->is_sub && span_eq(type->members[i].name, m->name);
    }
    for (uint32_t i = 0; i < set->types[base].field_count; i++) {
        const struct mod_field *field = &set->fields[set->types[base].fields + i];

        if (field->is_subsection == m->is_sub && span_eq(mod_string(set, field->name), m->name) &&
            turn-- == 0) {
            return field;
        }
    }
    return NULL;
}

/* The first number above all tags that the type has ever had. */
static uint32_t next_tag(const struct labelling_types *t, const char *name, uint32_t base)
{
    const struct mod_set *set = t->l->base->set;
    const struct imp_tags *tags = t->l->base->tags;
    uint32_t next = 0;
    size_t first;

    for (uint32_t i = 0; base != MOD_NONE && i < set->types[base].field_count; i++) {
        uint32_t tag = set->fields[set->types[base].fields + i].tag;

        if (tag != MOD_NO_TAG && tag >= next) {
            next = tag + 1;
        }
    }
    if (tags != NULL) {
        size_t count = imp_tags_range(tags, span_str(t->module->name), span_str(name), &first);

        for (size_t i = first; i < first + count; i++) {
            if (tags->items[i].tag >= next) {
                next = tags->items[i].tag + 1;
            }
        }
    }
    return next;
}

static void wish_ident(const struct labelling_types *t, const struct imp_type *type,
                       const struct imp_member *member, char out[IMP_NAME_ROOM])
{
    struct span name = member->name;

    if (member->is_sub) {
        name = imp_name_below(name, t->module->root->vmsd);
        name = imp_name_below(name, type->vmsd);
    }
    imp_name_ident(name, out);
}

/* Gives all members of a type identifiers and tags. */
static bool label_members(const struct labelling_types *t, struct imp_type *type, uint32_t base,
                          struct err *err)
{
    const struct mod_set *set = t->l->base->set;
    uint32_t next = next_tag(t, type->name, base);
    struct imp_names idents;

    imp_names_init(&idents, arena_of(t));
    for (size_t i = 0; i < type->member_count; i++) {
        const struct mod_field *field = find_base(t, type, i, base);

        type->members[i].tag = MOD_NO_TAG;
        if (field != NULL) {
            type->members[i].ident = mod_text(set, field->ident);
            /* What was optional once stays so: streams without it are out there. */
            type->members[i].optional = type->members[i].optional || field->tag != MOD_NO_TAG;
            type->members[i].tag = field->tag;
            if (!imp_names_add(&idents, type->members[i].ident, err)) {
                return false;
            }
        }
    }
    for (size_t i = 0; i < type->member_count; i++) {
        struct imp_member *member = &type->members[i];
        char wish[IMP_NAME_ROOM];

        if (member->ident == NULL) {
            wish_ident(t, type, member, wish);
            member->ident = imp_names_pick(&idents, wish, err);
            if (member->ident == NULL) {
                return false;
            }
        }
        if (member->optional && member->tag == MOD_NO_TAG) {
            member->tag = next++;
        }
    }
    return true;
}

/* Finds or makes the module's own leaf type for octets that QEMU calls name. */
static const struct imp_leaf *own_leaf(struct labelling_types *t, struct span name, bool array,
                                       struct err *err)
{
    struct imp_module *module = t->module;
    char camel[IMP_NAME_ROOM];
    char wish[TYPE_NAME_MAX];
    struct imp_leaf *leaf;

    for (size_t i = 0; i < module->own_count; i++) {
        if (t->own[i].array == array && span_eq(t->own[i].name, name)) {
            return &t->own[i];
        }
    }
    if (module->own_count == OWN_MAX) {
        err_set(err, ERR_LIMIT, "more than %d leaf types in %s", OWN_MAX, module->name);
        return NULL;
    }
    imp_name_camel(name, camel);
    (void)snprintf(wish, sizeof(wish), "%s-%s%s", t->root, camel, array ? "Array" : "");
    leaf = &t->own[module->own_count++];
    leaf->name = name;
    leaf->array = array;
    leaf->op = MOD_OCTETS;
    leaf->size = MOD_VARIES;
    leaf->type = imp_names_pick(&t->l->names, wish, err);
    return leaf->type != NULL ? leaf : NULL;
}

/* Finds the type of a leaf. */
static bool label_leaf(struct labelling_types *t, struct imp_member *member, struct err *err)
{
    bool array = member->is_array && member->op == MOD_INT && member->size == 1;
    struct span name = member->unseen ? span_str("unseen") : member->type;

    member->leaf = imp_leaf_find(t->l->imp->leaves, name, array);
    if (member->leaf == NULL || (!array && member->leaf->op != member->op) ||
        (member->op == MOD_OCTETS && member->leaf->size != MOD_VARIES &&
         member->leaf->size != member->size)) {
        member->leaf = own_leaf(t, name, array, err);
    }
    return member->leaf != NULL;
}

/* What a type is called: as the base calls it, or as its vmsd or, without one, its field. */
static const char *name_type(struct labelling_types *t, const struct imp_type *type,
                             struct span field, uint32_t base, struct err *err)
{
    struct imp_labelling *l = t->l;
    char camel[IMP_NAME_ROOM];
    char wish[TYPE_NAME_MAX];

    if (base != MOD_NONE) {
        const char *name = mod_text(l->base->set, l->base->set->types[base].name);

        if (!imp_names_has(&l->reused, name)) {
            return imp_names_add(&l->reused, name, err) ? name : NULL;
        }
    }
    imp_name_camel(type->vmsd.len > 0 ? imp_name_below(type->vmsd, t->module->root->vmsd) : field,
                   camel);
    (void)snprintf(wish, sizeof(wish), "%s-%s", t->root, camel);
    return imp_names_pick(&l->names, wish, err);
}

/* Writes where a member stands. */
static const char *path_of(const struct labelling_types *t, const char *above,
                           const struct imp_member *member, struct err *err)
{
    char text[PATH_TEXT_MAX];
    int len = snprintf(text, sizeof(text), "%s%s%s%s", above, above[0] != '\0' ? "." : "",
                       member->ident, member->is_array || member->kind >= IMP_QTAILQ ? "[]" : "");

    if (len < 0 || len >= PATH_TEXT_MAX) {
        return "";
    }
    return arena_copy(arena_of(t), text, (size_t)len, err);
}

static bool label_type(struct labelling_types *t, struct imp_type *type, const char *name,
                       uint32_t base, const char *path, struct err *err);

/* Labels the struct of a member, unless it has been. */
static bool label_inner(struct labelling_types *t, struct imp_type *inner,
                        const struct imp_member *member, uint32_t base, const char *path,
                        struct err *err)
{
    const char *name;

    inner->places++;
    if (inner->name != NULL) {
        return true;
    }
    path = path_of(t, path, member, err);
    name = name_type(t, inner, member->name, base, err);
    return path != NULL && name != NULL && label_type(t, inner, name, base, path, err);
}

/* Structs nest no deeper than LAY_DEPTH_MAX. */
static bool label_type(struct labelling_types *t, struct imp_type *type, const char *name,
                       uint32_t base, const char *path, struct err *err)
{
    type->name = name;
    type->path = path;
    *t->end = type;
    t->end = &type->next;
    if (!label_members(t, type, base, err)) {
        return false;
    }
    for (size_t i = 0; i < type->member_count; i++) {
        struct imp_member *member = &type->members[i];
        const struct mod_field *field = find_base(t, type, i, base);

        if (member->kind == IMP_LEAF) {
            if (!label_leaf(t, member, err)) {
                return false;
            }
            continue;
        }
        if (member->key != NULL && !label_inner(t, member->key, member,
                                                field != NULL ? field->key : MOD_NONE, path, err)) {
            return false;
        }
        if (!label_inner(t, member->inner, member, field != NULL ? field->type : MOD_NONE, path,
                         err)) {
            return false;
        }
    }
    return true;
}

bool imp_label_types(struct imp_labelling *l, struct imp_module *module, const char *root,
                     uint32_t base, struct err *err)
{
    struct labelling_types t = {l, module, root, &module->types, NULL};
    const struct mod_set *set = l->base->set;

    t.own = arena_array(&l->imp->arena, OWN_MAX, sizeof(*t.own), err);
    module->own = t.own;
    return t.own != NULL && imp_names_add(&l->reused, root, err) &&
           label_type(&t, module->root, root, base != MOD_NONE ? set->modules[base].root : MOD_NONE,
                      "", err);
}
