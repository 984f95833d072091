/* imp_freeze.c - see imp_freeze.h. */
#include "codec/device/imp_freeze.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/device/imp_limits.h"
#include "codec/device/mod_listing.h"
#include "codec/savevm/lay_limits.h"
#include "codec/schema/asn_text.h"

enum { HEX_LEN = 2 * HASH_DIGEST_LEN, PLACE_MAX = 300, WHAT_MAX = 400 };

struct freezing {
    const struct mod_set *set;
    const struct imp_frozen *before;
    struct imp_frozen *after;
    imp_breach_fn fn;
    void *ctx;
    size_t *breaches;
    struct err *err;
};

void imp_frozen_init(struct imp_frozen *frozen)
{
    arena_init(&frozen->arena, IMP_FROZEN_MAX);
    frozen->items = NULL;
    frozen->count = 0;
    imp_tags_init(&frozen->tags, &frozen->arena);
}

void imp_frozen_done(struct imp_frozen *frozen)
{
    imp_tags_done(&frozen->tags);
    arena_done(&frozen->arena);
}

static size_t count_lines(struct span text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++) {
        count += text.p[i] == '\n';
    }
    return count;
}

static bool is_hex(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (memchr("0123456789abcdef", text.p[i], 16) == NULL) {
            return false;
        }
    }
    return true;
}

bool imp_frozen_read(struct imp_frozen *frozen, const char *name, struct span text, struct err *err)
{
    text.p = arena_copy(&frozen->arena, text.p, text.len, err);
    if (text.p == NULL) {
        return false;
    }
    frozen->items = arena_array(&frozen->arena, count_lines(text) + 1, sizeof(*frozen->items), err);
    if (frozen->items == NULL) {
        return false;
    }
    while (text.len > 0) {
        const uint8_t *end = memchr(text.p, '\n', text.len);
        size_t len = end != NULL ? (size_t)(end - text.p) : text.len;
        const uint8_t *tab = memchr(text.p, '\t', len);
        struct imp_release *row = &frozen->items[frozen->count];
        size_t n = tab != NULL ? (size_t)(tab - text.p) : 0;

        if (end == NULL || n == 0 || len != n + 1 + HEX_LEN ||
            !is_hex(span_of(text.p + n + 1, HEX_LEN))) {
            return err_set(err, ERR_MALFORMED, "%s:%zu: expected a module and its digest", name,
                           frozen->count + 1);
        }
        row->module = span_of(text.p, n);
        row->digest = span_of(text.p + n + 1, HEX_LEN);
        if (frozen->count > 0 && span_compare(row[-1].module, row->module) >= 0) {
            return err_set(err, ERR_MALFORMED, "%s:%zu: not behind the line before", name,
                           frozen->count + 1);
        }
        frozen->count++;
        text = span_from(text, len + 1);
    }
    return true;
}

bool imp_frozen_write(const struct imp_frozen *frozen, struct buf *out, struct err *err)
{
    struct asn_text text;

    asn_text_init(&text, out, err);
    for (size_t i = 0; i < frozen->count; i++) {
        asn_text_put(&text, "%.*s\t%.*s\n", (int)frozen->items[i].module.len,
                     frozen->items[i].module.p, (int)frozen->items[i].digest.len,
                     frozen->items[i].digest.p);
    }
    return asn_text_ok(&text);
}

static const struct imp_release *find_release(const struct imp_frozen *frozen, struct span module)
{
    size_t low = 0;
    size_t high = frozen->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (span_compare(frozen->items[middle].module, module) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < frozen->count && span_eq(frozen->items[low].module, module) ? &frozen->items[low]
                                                                             : NULL;
}

static void breach(struct freezing *f, struct span module, const char *place, const char *what)
{
    ++*f->breaches;
    f->fn(f->ctx, module, place, what);
}

/* The row of a tag of a type, or NULL if the type never had it. */
static const struct imp_tag *find_tag(const struct imp_tags *tags, struct span module,
                                      struct span type, uint32_t tag)
{
    size_t first;
    size_t count = imp_tags_range(tags, module, type, &first);

    for (size_t i = first; i < first + count; i++) {
        if (tags->items[i].tag == tag) {
            return &tags->items[i];
        }
    }
    return NULL;
}

/* Says which tags have changed hands; whether any have. */
static bool check_tags(struct freezing *f, uint32_t module)
{
    const struct mod_set *set = f->set;
    const struct mod_module *m = &set->modules[module];
    const struct span name = mod_string(set, m->name);
    size_t before = *f->breaches;

    for (uint32_t i = 0; i < m->type_count; i++) {
        const struct mod_type *type = &set->types[m->types + i];

        for (uint32_t k = 0; k < type->field_count; k++) {
            const struct mod_field *field = &set->fields[type->fields + k];
            const struct imp_tag *row;
            char place[PLACE_MAX];
            char what[WHAT_MAX];

            if (field->tag == MOD_NO_TAG) {
                continue;
            }
            row = find_tag(&f->before->tags, name, mod_string(set, type->name), field->tag);
            if (row == NULL ||
                (!row->removed && span_eq(row->ident, mod_string(set, field->ident)))) {
                continue;
            }
            (void)snprintf(place, sizeof(place), "%s > %s", mod_text(set, type->name),
                           mod_text(set, field->ident));
            (void)snprintf(what, sizeof(what), "tag %u was given to %.*s%s", (unsigned)field->tag,
                           (int)row->ident.len, row->ident.p,
                           row->removed ? ", which is gone" : "");
            breach(f, name, place, what);
        }
    }
    return *f->breaches > before;
}

/* Says which fields with a tag are gone; whether any are. */
static bool check_gone(struct freezing *f, uint32_t module)
{
    const struct mod_set *set = f->set;
    const struct mod_module *m = &set->modules[module];
    const struct span name = mod_string(set, m->name);
    size_t before = *f->breaches;

    for (size_t i = 0; i < f->before->tags.count; i++) {
        const struct imp_tag *row = &f->before->tags.items[i];
        char place[PLACE_MAX];
        bool found = false;

        if (row->removed || !span_eq(row->module, name)) {
            continue;
        }
        for (uint32_t n = 0; n < m->type_count && !found; n++) {
            const struct mod_type *type = &set->types[m->types + n];

            for (uint32_t k = 0;
                 span_eq(mod_string(set, type->name), row->type) && k < type->field_count && !found;
                 k++) {
                found = set->fields[type->fields + k].tag == row->tag;
            }
        }
        if (!found) {
            (void)snprintf(place, sizeof(place), "%.*s > %.*s", (int)row->type.len, row->type.p,
                           (int)row->ident.len, row->ident.p);
            breach(f, name, place, "the field is gone, or has no tag any more");
        }
    }
    return *f->breaches > before;
}

/* A copy of one module without the fields whose tags are new. */
struct reduced {
    struct mod_set set;
    struct mod_module module;
    struct mod_type *types;
    struct mod_field *fields;
    uint32_t *place; /* of each type of the module, from 1; 0: it is left out */
    uint32_t *order; /* types of the module that stay */
    uint32_t count;
};

static bool is_kept(const struct freezing *f, const struct mod_module *m,
                    const struct mod_type *type, const struct mod_field *field)
{
    return field->tag == MOD_NO_TAG || find_tag(&f->before->tags, mod_string(f->set, m->name),
                                                mod_string(f->set, type->name), field->tag) != NULL;
}

/* A type whose fields are being gone through, each for its keys and then for its values. */
struct visit {
    uint32_t type;
    uint32_t next;
};

/* Finds the types that are still used, each before what it holds, as imp_print has them. */
static void find_order(const struct freezing *f, const struct mod_module *m, struct reduced *r)
{
    struct visit stack[LAY_DEPTH_MAX + 1] = {{m->root, 0}};
    uint32_t depth = 1;

    r->order[r->count++] = m->root;
    r->place[m->root - m->types] = r->count;
    while (depth > 0) {
        struct visit *top = &stack[depth - 1];
        const struct mod_type *type = &f->set->types[top->type];
        const struct mod_field *field = &f->set->fields[type->fields + top->next / 2];
        uint32_t inner;

        if (top->next / 2 == type->field_count) {
            depth--;
            continue;
        }
        inner = top->next++ % 2 == 0 ? field->key : field->type;
        if (inner != MOD_NONE && r->place[inner - m->types] == 0 && is_kept(f, m, type, field)) {
            r->order[r->count++] = inner;
            r->place[inner - m->types] = r->count;
            stack[depth].type = inner;
            stack[depth++].next = 0;
        }
    }
}

/* Puts the types that are still used back into the order they are written in. */
static void keep_order(const struct mod_module *m, struct reduced *r)
{
    r->count = 0;
    for (uint32_t i = 0; i < m->type_count; i++) {
        if (r->place[i] != 0) {
            r->order[r->count++] = m->types + i;
            r->place[i] = r->count;
        }
    }
}

/* Copies the types in that order. */
static void reduce(const struct freezing *f, const struct mod_module *m, struct reduced *r)
{
    const struct mod_set *set = f->set;
    uint32_t fields = 0;

    for (uint32_t i = 0; i < r->count; i++) {
        const struct mod_type *type = &set->types[r->order[i]];

        r->types[i] = *type;
        r->types[i].fields = fields;
        for (uint32_t k = 0; k < type->field_count; k++) {
            struct mod_field *field = &r->fields[fields];

            *field = set->fields[type->fields + k];
            if (is_kept(f, m, type, field)) {
                field->type =
                    field->type == MOD_NONE ? MOD_NONE : r->place[field->type - m->types] - 1;
                field->key =
                    field->key == MOD_NONE ? MOD_NONE : r->place[field->key - m->types] - 1;
                fields++;
            }
        }
        r->types[i].field_count = fields - r->types[i].fields;
    }
    r->module = *m;
    r->module.root = 0;
    r->module.types = 0;
    r->module.type_count = r->count;
    r->set = *set;
    r->set.modules = &r->module;
    r->set.module_count = 1;
    r->set.types = r->types;
    r->set.type_count = r->count;
    r->set.fields = r->fields;
    r->set.field_count = fields;
}

static void to_hex(const uint8_t digest[HASH_DIGEST_LEN], char out[HEX_LEN + 1])
{
    for (size_t i = 0; i < HASH_DIGEST_LEN; i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
    }
}

/* Whether a module without the fields whose tags are new has that digest. */
static bool only_grew(const struct freezing *f, uint32_t module, struct span released, bool *same)
{
    const struct mod_module *m = &f->set->modules[module];
    struct reduced r = {.types = NULL};
    size_t fields = 0;
    bool ok;

    for (uint32_t i = 0; i < m->type_count; i++) {
        fields += f->set->types[m->types + i].field_count;
    }
    r.types = calloc(m->type_count + 1, sizeof(*r.types));
    r.fields = calloc(fields + 1, sizeof(*r.fields));
    r.place = calloc(m->type_count + 1, sizeof(*r.place));
    r.order = calloc(m->type_count + 1, sizeof(*r.order));
    ok = (r.types != NULL && r.fields != NULL && r.place != NULL && r.order != NULL) ||
         err_memory(f->err);
    if (ok) {
        find_order(f, m, &r);
    }
    *same = false;
    /* New fields may have moved the types behind them. */
    for (unsigned turn = 0; ok && !*same && turn < 2; turn++) {
        uint8_t digest[HASH_DIGEST_LEN];
        char hex[HEX_LEN + 1];

        if (turn == 1) {
            keep_order(m, &r);
        }
        reduce(f, m, &r);
        ok = mod_listing_digest(&r.set, 0, digest, f->err);
        if (ok) {
            to_hex(digest, hex);
            *same = span_eq_str(released, hex);
        }
    }
    free(r.types);
    free(r.fields);
    free(r.place);
    free(r.order);
    return ok;
}

/* Compares a module with what was released of it. */
static bool check_module(struct freezing *f, uint32_t module)
{
    const struct mod_module *m = &f->set->modules[module];
    const struct span name = mod_string(f->set, m->name);
    const struct imp_release *release = find_release(f->before, name);
    char hex[HEX_LEN + 1];
    bool same = true;
    bool told;

    to_hex(m->digest, hex);
    if (release != NULL && !span_eq_str(release->digest, hex) &&
        !only_grew(f, module, release->digest, &same)) {
        return false;
    }
    if (same) {
        return true;
    }
    told = check_tags(f, module);
    told = check_gone(f, module) || told;
    if (!told) {
        breach(f, name, "", "more has changed than fields added with new tags");
    }
    return true;
}

static int compare_releases(const void *a, const void *b)
{
    const struct imp_release *x = a;
    const struct imp_release *y = b;

    return span_compare(x->module, y->module);
}

/* Lists the modules of the set as released. */
static bool list_modules(struct freezing *f)
{
    struct imp_frozen *after = f->after;

    after->items =
        arena_array(&after->arena, (size_t)f->set->module_count + 1, sizeof(*after->items), f->err);
    if (after->items == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < f->set->module_count; i++) {
        char *hex = arena_alloc(&after->arena, HEX_LEN + 1, f->err);

        if (hex == NULL) {
            return false;
        }
        to_hex(f->set->modules[i].digest, hex);
        after->items[after->count].module = mod_string(f->set, f->set->modules[i].name);
        after->items[after->count++].digest = span_of(hex, HEX_LEN);
    }
    if (after->count > 1) {
        qsort(after->items, after->count, sizeof(*after->items), compare_releases);
    }
    return true;
}

/* Lists the tags of the set, and those that were ever given before. */
static bool list_tags(struct freezing *f)
{
    const struct mod_set *set = f->set;
    struct imp_tags *tags = &f->after->tags;
    size_t kept = 0;

    for (uint32_t i = 0; i < set->module_count; i++) {
        const struct mod_module *m = &set->modules[i];

        for (uint32_t n = 0; n < m->type_count; n++) {
            const struct mod_type *type = &set->types[m->types + n];

            for (uint32_t k = 0; k < type->field_count; k++) {
                const struct mod_field *field = &set->fields[type->fields + k];
                const struct imp_tag tag = {mod_string(set, m->name), mod_string(set, type->name),
                                            field->tag, mod_string(set, field->ident), false};

                if (field->tag != MOD_NO_TAG && !imp_tags_add(tags, &tag, f->err)) {
                    return false;
                }
            }
        }
    }
    imp_tags_sort(tags);
    kept = tags->count;
    for (size_t i = 0; i < f->before->tags.count; i++) {
        struct imp_tag tag = f->before->tags.items[i];
        const struct imp_tags now = {NULL, tags->items, kept, kept};

        tag.removed = true;
        if (find_tag(&now, tag.module, tag.type, tag.tag) == NULL &&
            !imp_tags_add(tags, &tag, f->err)) {
            return false;
        }
    }
    imp_tags_sort(tags);
    return true;
}

bool imp_freeze(const struct mod_set *set, const struct imp_frozen *before,
                struct imp_frozen *after, imp_breach_fn fn, void *ctx, size_t *breaches,
                struct err *err)
{
    struct freezing f = {set, before, after, fn, ctx, breaches, err};

    *breaches = 0;
    for (size_t i = 0; i < before->count; i++) {
        if (mod_set_module(set, before->items[i].module) == MOD_NONE) {
            breach(&f, before->items[i].module, "", "the module is gone");
        }
    }
    for (uint32_t i = 0; i < set->module_count; i++) {
        if (!check_module(&f, i)) {
            return false;
        }
    }
    return list_modules(&f) && list_tags(&f);
}
