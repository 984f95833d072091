/* mod_library.c - see mod_library.h: sets, and finding modules in them. */
#include "codec/device/mod_library.h"

#include <string.h>

#include "codec/device/mod_guess.h"
#include "codec/device/mod_join.h"
#include "codec/device/mod_value.h"

const struct mod_library mod_library_builtin = {0};

bool mod_library_find(const struct mod_library *lib, struct span name, struct span digest,
                      struct mod_found *found)
{
    for (uint32_t i = 0; i < mod_library_set_count(lib); i++) {
        const struct mod_set *set = mod_library_set(lib, i);
        uint32_t module = mod_set_module(set, name);

        if (module != MOD_NONE &&
            (digest.len == 0 ||
             span_eq(digest, span_of(set->modules[module].digest, HASH_DIGEST_LEN)))) {
            found->set = set;
            found->module = module;
            return true;
        }
    }
    return false;
}

void mod_search_begin(struct mod_search *search, const struct mod_library *lib, struct span name,
                      bool suffixes)
{
    const struct mod_search begin = {lib, name, suffixes, 0, 0, 0};

    *search = begin;
}

/* Goes on to what is behind the next '/' of the name. */
static bool next_suffix(struct mod_search *search)
{
    const uint8_t *slash = search->suffixes && search->name.len > 0
                               ? memchr(search->name.p, '/', search->name.len)
                               : NULL;

    if (slash == NULL) {
        return false;
    }
    search->name = span_from(search->name, (size_t)(slash - search->name.p) + 1);
    search->set = 0;
    return true;
}

bool mod_search_next(struct mod_search *search, struct mod_found *found)
{
    while (search->at == search->end) {
        if (search->set == mod_library_set_count(search->lib) && !next_suffix(search)) {
            return false;
        }
        search->end =
            mod_set_range(mod_library_set(search->lib, search->set++), search->name, &search->at);
        search->end += search->at;
    }
    found->set = mod_library_set(search->lib, search->set - 1);
    found->module = search->at++;
    return true;
}

static bool hook_join(void *ctx, struct lay_types *types, struct span name, uint32_t type,
                      uint32_t *joined, struct err *why)
{
    const struct mod_library *lib = ctx;

    return mod_join_section(lib, types, name, type, joined, why);
}

static bool hook_value(void *ctx, const struct lay_types *types, uint32_t joined,
                       struct span payload, struct err *why)
{
    const struct wire_module_reference *module = &lay_types_get(types, joined)->wire.module;
    struct mod_found found;

    return !mod_library_find(ctx, module->name, module->digest, &found) ||
           mod_value_check(found.set, found.module, types, joined, payload, why);
}

static bool hook_guess(void *ctx, struct lay_types *types, struct span name, uint32_t version,
                       struct span payload, uint32_t *type, struct err *why)
{
    const struct mod_library *lib = ctx;

    return mod_guess(lib, types, name, version, payload, type, why);
}

static void warm(const void *p, size_t n)
{
    volatile uint8_t sink = 0;

    for (size_t i = 0; i < n; i += 4096) {
        sink ^= ((const uint8_t *)p)[i];
    }
    (void)sink;
}

void mod_library_warm(const struct mod_library *lib)
{
    for (uint32_t i = 0; i < mod_library_set_count(lib); i++) {
        const struct mod_set *set = mod_library_set(lib, i);

        warm(set->slots, set->slot_count * sizeof(*set->slots));
        warm(set->modules, set->module_count * sizeof(*set->modules));
        warm(set->types, set->type_count * sizeof(*set->types));
        warm(set->fields, set->field_count * sizeof(*set->fields));
        warm(set->terms, set->term_count * sizeof(*set->terms));
        warm(set->strings, set->strings_len);
    }
}

struct lay_modules mod_library_hooks(const struct mod_library *lib)
{
    const struct mod_library *used = lib != NULL ? lib : &mod_library_builtin;
    const struct lay_modules hooks = {
        .ctx = (void *)used, .join = hook_join, .guess = hook_guess, .value = hook_value};

    return hooks;
}
