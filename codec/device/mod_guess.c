/*
 * mod_guess.c - see mod_guess.h: all trials of all modules, and which of them is taken.
 *
 * Trials go in three rounds, and the first round in which anything fits decides:
 *
 *     uniform           optional fields of one struct type are there in all its structs or in none
 *     one by one        in each struct by itself
 *     lenient           with octets that QEMU does not write
 *
 * Of the forms that fit in a round the one that costs least is taken, if no other costs nearly as
 * little. Modules of a set that is asked later, or by a shorter name, do not count then.
 */
#include "codec/device/mod_guess.h"

#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/device/mod_guessing.h"
#include "codec/device/mod_join.h"
#include "codec/device/mod_library.h"

enum {
    MARGIN = 4,       /* bits by which the likeliest form must be ahead of the next */
    MODULES_MAX = 64, /* of one name and version: two are the most seen */
};

enum round { ROUND_UNIFORM, ROUND_SINGLE, ROUND_LENIENT, ROUND_COUNT };

/* A form that fits. */
struct form {
    uint32_t module; /* index in the candidates */
    uint32_t cost;
    uint64_t outline;
    uint32_t pick_count;
    struct guess_pick picks[MOD_GUESS_CHOICES_MAX];
};

struct guessing {
    struct arena arena;
    struct guess_sizes modules[MODULES_MAX]; /* the candidates */
    uint32_t module_count;
    struct guess_walk walk;
    uint32_t trials;
    uint32_t found; /* forms that fit in this round */
    struct form best;
    struct form next; /* the cheapest but best */
    const struct mod_library *lib;
    struct lay_types *types;
    struct span name;
    struct span payload;
    struct err *err;
};

/* Prepares trials of a module. */
static bool prepare(struct guessing *g, uint32_t module, enum round round)
{
    const struct guess_sizes *sizes = &g->modules[module];
    struct guess_walk *w = &g->walk;

    w->sizes = sizes;
    w->payload = g->payload;
    w->uniform = round != ROUND_SINGLE;
    w->lenient = round == ROUND_LENIENT;
    w->presence = arena_alloc(&g->arena, sizes->field_count, g->err);
    w->found = arena_array(&g->arena, sizes->field_count, sizeof(*w->found), g->err);
    w->uses = arena_alloc(&g->arena, sizes->field_count, g->err);
    w->values = arena_array(&g->arena, sizes->field_count, sizeof(*w->values), g->err);
    w->priced = arena_array(&g->arena, sizes->module->type_count, sizeof(*w->priced), g->err);
    w->pick_count = 0;
    w->count_count = 0;
    w->again = false;
    w->build = NULL;
    return w->presence != NULL && w->found != NULL && w->uses != NULL && w->values != NULL &&
           w->priced != NULL;
}

static void keep(struct guessing *g, struct form *form, uint32_t module)
{
    form->module = module;
    form->cost = g->walk.cost;
    form->outline = g->walk.outline;
    form->pick_count = g->walk.pick_at;
    memcpy(form->picks, g->walk.picks, g->walk.pick_at * sizeof(form->picks[0]));
}

/* Takes note of a form that fits; one that differs from best in names only is not another. */
static void note(struct guessing *g, uint32_t module)
{
    const struct guess_walk *w = &g->walk;

    if (g->found == 0) {
        keep(g, &g->best, module);
    } else if (w->outline == g->best.outline) {
        return;
    } else if (w->cost < g->best.cost) {
        g->next = g->best;
        keep(g, &g->best, module);
    } else if (g->found == 1 || w->cost < g->next.cost) {
        keep(g, &g->next, module);
    }
    g->found++;
}

/* Tries all forms of a module. */
static bool try_module(struct guessing *g, uint32_t module, enum round round)
{
    if (!prepare(g, module, round)) {
        return false;
    }
    do {
        bool fits = guess_walk_run(&g->walk);

        if (g->walk.exhausted || ++g->trials > MOD_GUESS_TRIALS_MAX) {
            return err_set(g->err, ERR_MALFORMED, "too many forms of %s to try them all",
                           mod_text(g->walk.sizes->set, g->walk.sizes->module->name));
        }
        if (fits) {
            note(g, module);
        }
    } while (guess_walk_next(&g->walk));
    return true;
}

/* Describes a form, and joins it. */
static bool describe(struct guessing *g, const struct form *form, enum round round, uint32_t *type)
{
    struct guess_types build;
    bool ok;

    if (!prepare(g, form->module, round)) {
        return false;
    }
    memcpy(g->walk.picks, form->picks, form->pick_count * sizeof(form->picks[0]));
    g->walk.pick_count = form->pick_count;
    g->walk.again = true;
    g->walk.err = g->err;
    g->walk.steps = 0;
    guess_types_init(&build, &g->modules[form->module], g->types);
    g->walk.build = &build;
    ok = (guess_walk_run(&g->walk) || err_set(g->err, ERR_LIMIT, "a form beyond the limits")) &&
         mod_join_section(g->lib, g->types, g->name, build.elements[0], type, g->err);
    guess_types_done(&build);
    return ok;
}

/* Takes the best form, if no other is as good. */
static bool take(struct guessing *g, enum round round, uint32_t *type)
{
    const struct guess_sizes *sizes = &g->modules[g->best.module];

    if (g->found > 1 && g->next.cost - g->best.cost < MARGIN) {
        return err_set(g->err, ERR_MALFORMED, "%s fits in more than one form",
                       mod_text(sizes->set, sizes->module->name));
    }
    return describe(g, &g->best, round, type);
}

/* Finds and measures the modules that may describe the section. */
static bool find_modules(struct guessing *g, uint32_t version)
{
    struct mod_search search;
    struct mod_found found;
    uint32_t other = 0; /* a version that there is, and one */

    mod_search_begin(&search, g->lib, g->name, true);
    while (mod_search_next(&search, &found) && g->module_count < MODULES_MAX) {
        const struct mod_module *module = &found.set->modules[found.module];
        struct guess_sizes *sizes = &g->modules[g->module_count];
        uint32_t known = found.set->types[module->root].version;

        if (!module->old_style && known != version) {
            other = known + 1;
            continue;
        }
        if (!guess_sizes_make(sizes, found.set, module, g->payload, &g->arena, g->err)) {
            return false;
        }
        g->module_count++;
    }
    if (g->module_count == 0 && other > 0) {
        return err_set(g->err, ERR_MALFORMED, "version %u, module says %u", (unsigned)version,
                       (unsigned)(other - 1));
    }
    return g->module_count > 0 || err_set(g->err, ERR_UNSUPPORTED, "no module");
}

/* Whether two modules come from one set, by one name. */
static bool same_rank(const struct guess_sizes *a, const struct guess_sizes *b)
{
    return a->set == b->set &&
           a->set->types[a->module->root].vmsd == b->set->types[b->module->root].vmsd;
}

static bool guess(struct guessing *g, uint32_t version, uint32_t *type)
{
    if (!find_modules(g, version)) {
        return false;
    }
    g->walk.steps_max = MOD_GUESS_STEPS_FREE + MOD_GUESS_STEPS_PER_OCTET * (uint64_t)g->payload.len;
    for (enum round round = ROUND_UNIFORM; round < ROUND_COUNT; round++) {
        for (uint32_t i = 0; i < g->module_count; i++) {
            if (g->found > 0 && !same_rank(&g->modules[i - 1], &g->modules[i])) {
                break;
            }
            if (!try_module(g, i, round)) {
                return false;
            }
        }
        if (g->found > 0) {
            return take(g, round, type);
        }
    }
    return err_set(g->err, ERR_MALFORMED, "%zu octets fit no form of %s", g->payload.len,
                   mod_text(g->modules[0].set, g->modules[0].module->name));
}

bool mod_guess(const struct mod_library *lib, struct lay_types *types, struct span name,
               uint32_t version, struct span payload, uint32_t *type, struct err *why)
{
    struct guessing *g = calloc(1, sizeof(*g));
    uint32_t known = types->count;
    uint32_t id;
    bool ok;

    if (g == NULL) {
        return err_memory(why);
    }
    arena_init(&g->arena, MOD_GUESS_BYTES_MAX);
    g->lib = lib;
    g->types = types;
    g->name = name;
    g->payload = payload;
    g->err = why;
    ok = guess(g, version, &id);
    arena_done(&g->arena);
    free(g);
    if (!ok) {
        lay_types_rollback(types, known);
        return false;
    }
    *type = id;
    return true;
}
