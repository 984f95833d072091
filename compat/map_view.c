/* map_view.c - see map_view.h. */
#include "compat/map_view.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/base/compat_cc.h"
#include "codec/device/mod_library.h"
#include "compat/map_reading.h"

/* PCI Local Bus Specification 3.0, 6.7; PCI Express Base 7.6.3. */
enum {
    PCI_REGISTERS = 64, /* where they begin in the configuration space */
    PCI_EXTENDED = 256,
    NUMBER_BITS = 64,
    CAPABILITY_LEN = 2, /* id, next */
    EXTENDED_LEN = 4,   /* id, version, next */
};

/* ---- names ---- */

/* The name under which a type is described in a stream. */
static struct span told_name(const struct map_set *set, const struct map_type *type)
{
    struct span vmsd = map_string(set, type->vmsd);

    return vmsd.len > 0 ? vmsd : map_string(set, type->name);
}

static int compare(struct span a, struct span b)
{
    int order = memcmp(a.p, b.p, a.len < b.len ? a.len : b.len);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int by_name(const void *a, const void *b)
{
    const struct map_set *set = &map_builtin_set;

    return compare(told_name(set, &set->types[*(const uint32_t *)a]),
                   told_name(set, &set->types[*(const uint32_t *)b]));
}

static bool has_names(const struct map_set *set, const struct map_row *row)
{
    for (uint32_t i = 0; i < row->rule_count; i++) {
        if (set->rules[row->rules + i].op >= MAP_RULE_BITS) {
            return true;
        }
    }
    return false;
}

static bool any_names(const struct map_set *set, const struct map_type *type)
{
    for (uint32_t i = 0; i < type->row_count; i++) {
        if (has_names(set, &set->rows[type->rows + i])) {
            return true;
        }
    }
    return false;
}

static const struct map_type *find_type(struct map_view *view, struct span name)
{
    const struct map_set *set = view->lifter.set;
    uint32_t low = 0;
    uint32_t high = view->type_count;

    if (name.p == view->within.p && name.len == view->within.len) {
        return view->type;
    }
    view->within = name;
    view->type = NULL;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct map_type *type = &set->types[view->types[middle]];
        int order = compare(told_name(set, type), name);

        if (order == 0) {
            view->type = type;
            break;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return view->type;
}

static void add(struct view_names *names, struct span name)
{
    if (names->count < VIEW_NAMES_MAX) {
        names->items[names->count++] = name;
    }
}

static CC_PRINTF(2, 3) void add_made(struct view_names *names, const char *fmt, ...)
{
    char *text = names->room + names->used;
    size_t room = sizeof(names->room) - names->used;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(text, room, fmt, ap);
    va_end(ap);
    if (n > 0 && (size_t)n < room) {
        names->used += (size_t)n;
        add(names, span_of(text, (size_t)n));
    }
}

/* The set of names that one of several is for a device; NULL: none. */
static const struct map_names *choose(const struct map_set *set, uint32_t index, struct span device)
{
    const struct map_names *names = &set->names[index];
    struct map_context context = {device, {NULL, 0}, 0, FORM_FEATURES_ALL};
    struct map_reading r;

    if (!names->is_choice) {
        return names;
    }
    memset(&r, 0, sizeof(r));
    r.set = set;
    r.context = &context;
    for (uint32_t i = 0; i < names->item_count; i++) {
        const struct map_choice *choice = &set->choices[names->items + i];
        bool holds = true;

        for (uint32_t k = 0; holds && k < choice->rule_count; k++) {
            if (map_holds(&r, &set->rules[choice->rules + k], &holds) != MAP_KNOWN) {
                holds = false;
            }
        }
        if (holds) {
            return &set->names[choice->names];
        }
    }
    return NULL;
}

/* Finds the name of a number; empty: it has none. */
static struct span name_of(const struct map_set *set, const struct map_rule *rule,
                           struct span device, uint64_t number)
{
    const struct map_names *names = choose(set, (uint32_t)rule->number, device);

    for (uint32_t i = 0; names != NULL && i < names->item_count; i++) {
        const struct map_item *item = &set->items[names->items + i];

        if (item->number == number) {
            return map_string(set, item->name);
        }
    }
    return span_of("", 0);
}

/* The names of the bits of a number: the first of the row's sets that has one says it. */
static void name_bits(const struct map_set *set, const struct map_row *row, struct span device,
                      const struct lay_node *node, struct view_names *names)
{
    for (unsigned bit = 0; bit < 8 * node->legacy_size && bit < NUMBER_BITS; bit++) {
        struct span name = span_of("", 0);

        if ((node->integer >> bit & 1) == 0) {
            continue;
        }
        for (uint32_t i = 0; i < row->rule_count && name.len == 0; i++) {
            const struct map_rule *rule = &set->rules[row->rules + i];

            if (rule->op == MAP_RULE_BITS) {
                name = name_of(set, rule, device, bit);
            }
        }
        if (name.len > 0) {
            add(names, name);
        } else {
            add_made(names, "bit-%u", bit);
        }
    }
}

static void add_capability(const struct map_set *set, const struct map_rule *rule, size_t at,
                           unsigned id, struct view_names *names)
{
    struct span name = name_of(set, rule, span_of("", 0), id);

    if (name.len > 0) {
        add_made(names, "0x%zx %.*s", at, (int)name.len, (const char *)name.p);
    } else {
        add_made(names, "0x%zx capability 0x%x", at, id);
    }
}

/* Goes through the chain of capabilities in registers, from where capability-list said. */
static void name_capabilities(struct map_view *view, const struct map_rule *rule,
                              struct span registers, struct view_names *names)
{
    uint64_t at = view->chain & 0xfc;

    view->chain = 0;
    for (int i = 0; i < MAP_PCI_CAPABILITIES_MAX && at >= PCI_REGISTERS &&
                    at - PCI_REGISTERS + CAPABILITY_LEN <= registers.len;
         i++) {
        const uint8_t *p = registers.p + (at - PCI_REGISTERS);

        add_capability(view->lifter.set, rule, (size_t)at, p[0], names);
        at = p[1] & 0xfc;
    }
}

static void name_extended(const struct map_set *set, const struct map_rule *rule,
                          struct span extended, struct view_names *names)
{
    size_t at = PCI_EXTENDED;

    for (int i = 0; i < VIEW_NAMES_MAX && at >= PCI_EXTENDED &&
                    at - PCI_EXTENDED + EXTENDED_LEN <= extended.len;
         i++) {
        const uint8_t *p = extended.p + (at - PCI_EXTENDED);
        unsigned id = p[0] | (unsigned)p[1] << 8;

        if (id == 0) {
            break;
        }
        add_capability(set, rule, at, id, names);
        at = (size_t)(p[2] >> 4 | p[3] << 4) & 0xffc;
    }
}

static void name_value(struct map_view *view, const struct map_row *row, struct span device,
                       const struct lay_node *node, struct view_names *names)
{
    const struct map_set *set = view->lifter.set;
    uint64_t number = node->integer;

    for (uint32_t i = 0; i < row->rule_count; i++) {
        const struct map_rule *rule = &set->rules[row->rules + i];
        struct span name;

        switch ((enum map_rule_op)rule->op) {
        case MAP_RULE_BITS:
            name_bits(set, row, device, node, names);
            return; /* of all sets */
        case MAP_RULE_NAMES:
            name = name_of(set, rule, device, number);
            if (name.len > 0) {
                add(names, name);
            }
            break;
        case MAP_RULE_CAPABILITIES:
            name_capabilities(view, rule, node->octets, names);
            break;
        case MAP_RULE_EXTENDED_CAPABILITIES:
            name_extended(set, rule, node->octets, names);
            break;
        case MAP_RULE_FIRST_CAPABILITY:
            view->chain = number;
            break;
        case MAP_RULE_IPV4:
            add_made(names, "%u.%u.%u.%u", (unsigned)(number >> 24 & 0xff),
                     (unsigned)(number >> 16 & 0xff), (unsigned)(number >> 8 & 0xff),
                     (unsigned)(number & 0xff));
            break;
        default:
            break;
        }
    }
}

static void name(void *ctx, struct span device, const struct lay_node *node,
                 struct view_names *names)
{
    struct map_view *view = ctx;
    const struct map_set *set = view->lifter.set;
    const struct map_type *type = find_type(view, node->within);

    names->count = 0;
    names->used = 0;
    for (uint32_t i = 0; type != NULL && i < type->row_count; i++) {
        const struct map_row *row = &set->rows[type->rows + i];

        if (row->rule_count > 0 && span_eq(map_string(set, row->name), node->name)) {
            name_value(view, row, device, node, names);
            return;
        }
    }
}

/* ---- lifting ---- */

static bool lift(void *ctx, struct lay_types *types, struct span section, uint32_t version,
                 uint32_t type, struct span payload, uint32_t *lifted, struct err *err)
{
    struct map_view *view = ctx;

    view->lifter.missed_count = 0; /* those of this section are asked for */
    return map_lift_section(&view->lifter, types, section, version, type, payload, lifted, err);
}

static bool why(void *ctx, uint64_t begin, uint64_t end, char *text, size_t cap)
{
    const struct map_lifter *lifter = &((const struct map_view *)ctx)->lifter;

    for (uint32_t i = 0; i < lifter->missed_count && i < MAP_MISFITS_KEPT; i++) {
        const struct map_missed *missed = &lifter->missed[i];

        if (missed->at >= begin && missed->at < end) {
            (void)snprintf(
                text, cap, "map %s does not fit at octet %" PRIu64 "%s%s: %s",
                map_text(lifter->set, lifter->set->maps[missed->map].name),
                missed->why.legacy_offset == ERR_NO_OFFSET ? 0 : missed->why.legacy_offset,
                missed->why.path[0] != '\0' ? ", " : "", missed->why.path, missed->why.text);
            return true;
        }
    }
    (void)snprintf(text, cap, "its map does not fit");
    return lifter->missed_count > MAP_MISFITS_KEPT;
}

bool map_view_init(struct map_view *view, bool lifts, struct err *err)
{
    const struct map_set *set = &map_builtin_set;

    memset(view, 0, sizeof(*view));
    view->lifts = lifts;
    view->types = calloc(set->type_count, sizeof(*view->types));
    if (view->types == NULL || !map_lifter_init(&view->lifter, set, err)) {
        map_view_done(view);
        return err_memory(err);
    }
    for (uint32_t i = 0; i < set->type_count; i++) {
        if (any_names(set, &set->types[i])) {
            view->types[view->type_count++] = i;
        }
    }
    qsort(view->types, view->type_count, sizeof(*view->types), by_name);
    return true;
}

void map_view_done(struct map_view *view)
{
    map_lifter_done(&view->lifter);
    free(view->types);
    memset(view, 0, sizeof(*view));
}

struct view_blobs map_view_hooks(struct map_view *view)
{
    struct view_blobs blobs = {mod_library_hooks(NULL), view, name, why};

    if (view->lifts) {
        blobs.modules.lift = lift;
        blobs.modules.lift_ctx = view;
    }
    return blobs;
}
