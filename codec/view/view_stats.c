/* view_stats.c - see view_stats.h. How they are shown is in view_stats_show.c. */
#include "codec/view/view_stats.h"

#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/view/view_show.h"

enum {
    TYPE_NAMES_OCTETS_MAX = VIEW_TYPE_NAMES_MAX * 512,
    TYPE_SLOTS = 2 * VIEW_TYPE_NAMES_MAX, /* half full at most; a power of two */
};

/* Arrays of these are octet strings, and yet integers. */
static const char *const octet_types[] = {"uint8", "int8", "uint8 equal", "bool"};

static bool stats_head(void *ctx, const struct form_head *head, struct err *err)
{
    struct view_stats *stats = ctx;

    (void)err;
    stats->format = head->format;
    stats->head = head->legacy_length;
    stats->legacy = head->legacy_length;
    stats->ber = head->ber_offset == ERR_NO_OFFSET ? 0 : head->ber_offset + head->ber_length;
    return true;
}

static struct view_stats_section *of_section(struct view_stats *stats, size_t i, struct err *err)
{
    if (i >= stats->of_section_cap) {
        size_t cap = stats->sections.cap;
        struct view_stats_section *items = realloc(stats->of_section, cap * sizeof(*items));

        if (items == NULL) {
            (void)err_memory(err);
            return NULL;
        }
        for (size_t k = stats->of_section_cap; k < cap; k++) {
            items[k] = (struct view_stats_section){VIEW_LEVELS - 1, 0, 0, 0};
        }
        stats->of_section = items;
        stats->of_section_cap = cap;
    }
    return &stats->of_section[i];
}

/* Adds a record to its section, if it has one, and to its level. */
static bool count_section(struct view_stats *stats, const struct form_event *event,
                          const struct view_section *section, struct err *err)
{
    unsigned level = view_event_level(event);
    struct view_stats_section *of;

    if (event->body->which == WIRE_BODY_OPAQUE) {
        stats->level_records[0] += !stats->last_opaque; /* pieces of one loss count once */
        stats->level_octets[0] += event->legacy_length;
    }
    stats->last_opaque = event->body->which == WIRE_BODY_OPAQUE;
    if (section == NULL) {
        return true;
    }
    of = of_section(stats, (size_t)(section - stats->sections.items), err);
    if (of == NULL) {
        return false;
    }
    of->level = level < of->level ? level : of->level;
    of->legacy += event->legacy_length;
    of->ber += event->is_last ? event->ber_length : 0;
    if (form_event_open(event->body) != NULL) {
        stats->level_records[level]++;
    }
    stats->level_octets[level] +=
        level < 3 ? event->legacy_length : 0; /* count_fields parts them */
    return true;
}

/* The tail begins with the first FULL section behind the live ones, and goes on to the end. */
static void count_tail(struct view_stats *stats, const struct form_event *event,
                       const struct view_section *section)
{
    bool full = section != NULL && section->kind == WIRE_SECTION_KIND_FULL;

    switch (event->body->which) {
    case WIRE_BODY_TYPE_DESCRIPTION:
        stats->type_descriptions++;
        stats->ber_types += event->ber_length;
        return;
    case WIRE_BODY_VM_DESCRIPTION:
        stats->tail_description += event->legacy_length;
        break;
    default:
        if (full) {
            stats->tail_devices += event->legacy_length;
            stats->in_tail = true;
        } else if (section != NULL || !stats->in_tail) {
            return; /* live */
        } else {
            stats->tail_other += event->legacy_length;
        }
        break;
    }
    stats->tail += event->legacy_length;
}

static bool is_untyped(const struct view_leaf *leaf)
{
    if (leaf->op != LAY_OCTETS) {
        return false;
    }
    for (size_t i = 0; i < sizeof(octet_types) / sizeof(octet_types[0]); i++) {
        if (span_eq_str(leaf->type, octet_types[i])) {
            return false;
        }
    }
    return true;
}

/* Returns the slot of the type, or the free one where it belongs. */
static uint32_t *type_slot(const struct view_stats *stats, struct span name, bool untyped)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ untyped;
    size_t i;

    for (size_t k = 0; k < name.len; k++) {
        hash = (hash ^ name.p[k]) * UINT64_C(0x100000001b3);
    }
    i = (size_t)(hash ^ hash >> 32) & (TYPE_SLOTS - 1);
    while (stats->type_slots[i] != 0) {
        const struct view_stats_type *type = &stats->types[stats->type_slots[i] - 1];

        if (type->untyped == untyped && span_eq(type->name, name)) {
            break;
        }
        i = (i + 1) & (TYPE_SLOTS - 1);
    }
    return &stats->type_slots[i];
}

static struct view_stats_type *type_named(struct view_stats *stats, const struct view_leaf *leaf,
                                          struct err *err)
{
    bool untyped = is_untyped(leaf);
    uint32_t *slot = type_slot(stats, leaf->type, untyped);
    struct view_stats_type *type;

    if (*slot != 0) {
        return &stats->types[*slot - 1];
    }
    if (stats->type_count == VIEW_TYPE_NAMES_MAX) {
        return &stats->types[VIEW_TYPE_NAMES_MAX - 1]; /* the last one takes all others */
    }
    type = &stats->types[stats->type_count];
    type->name =
        span_of(arena_copy(&stats->arena, leaf->type.p, leaf->type.len, err), leaf->type.len);
    if (type->name.p == NULL) {
        return NULL;
    }
    type->untyped = untyped;
    *slot = (uint32_t)++stats->type_count;
    return type;
}

static bool count_leaf(void *ctx, const struct view_leaf *leaf, struct err *err)
{
    struct view_stats *stats = ctx;
    struct view_stats_type *type = type_named(stats, leaf, err);

    if (type == NULL) {
        return false;
    }
    type->fields += leaf->fields;
    type->octets += leaf->octets;
    return !stats->in_device || view_left_leaf(&stats->left, leaf, err);
}

static void count_lifted(void *ctx, uint64_t octets)
{
    struct view_stats *stats = ctx;

    if (stats->in_device) {
        view_left_lifted(&stats->left, octets);
    }
}

/* Counts the fields of a section that could be lowered, so that its value is one of its type. */
static bool count_fields(struct view_stats *stats, const struct form_event *event,
                         const struct view_section *section, struct err *err)
{
    const struct view_leaves to = {stats, count_leaf, count_lifted};
    uint32_t type = event->body->u.section.type;
    uint64_t lifted;

    if (event->legacy_length == 0) {
        return true;
    }
    stats->in_device = event->body->u.section.open.kind == WIRE_SECTION_KIND_FULL;
    stats->left.section_lifted = 0;
    if (stats->in_device) {
        view_left_begin(&stats->left, event);
    }
    if (!view_leaves_of(event->types, type, &to, err)) {
        return false;
    }
    lifted = stats->left.section_lifted;
    if (view_event_level(event) == 3) {
        stats->level_octets[3] += lifted;
        stats->level_octets[2] += event->legacy_length - lifted;
    }
    if (section != NULL) {
        stats->of_section[section - stats->sections.items].lifted += lifted;
    }
    return true;
}

static bool stats_event(void *ctx, const struct form_event *event, struct err *err)
{
    struct view_stats *stats = ctx;
    const struct view_section *section;

    stats->legacy = event->legacy_offset + event->legacy_length;
    if (event->ber_offset != ERR_NO_OFFSET) {
        stats->ber = event->ber_offset + event->ber_length;
    }
    if (!view_sections_note(&stats->sections, event->body, &section, err) ||
        !count_section(stats, event, section, err)) {
        return false;
    }
    count_tail(stats, event, section);
    switch (event->body->which) {
    case WIRE_BODY_SECTION:
        return count_fields(stats, event, section, err);
    case WIRE_BODY_FRAMED:
        return section == NULL || section->kind != WIRE_SECTION_KIND_FULL ||
               view_left_framed(&stats->left, section->name, &event->body->u.framed, err);
    case WIRE_BODY_RAM:
        return view_ram_add(&stats->ram, &event->body->u.ram, err);
    default:
        return true;
    }
}

static bool stats_end(void *ctx, const struct form_end *end, struct err *err)
{
    struct view_stats *stats = ctx;

    (void)err;
    stats->legacy = end->legacy_length;
    stats->ber = end->ber_length;
    return true;
}

bool view_stats_gather(struct view_stats *stats, struct io_source in,
                       const struct view_blobs *blobs, struct err *err)
{
    struct form_sink sink = {stats, stats_head, stats_event, stats_end};

    memset(stats, 0, sizeof(*stats));
    view_sections_init(&stats->sections);
    view_ram_init(&stats->ram);
    arena_init(&stats->arena, TYPE_NAMES_OCTETS_MAX);
    stats->types = calloc(VIEW_TYPE_NAMES_MAX, sizeof(*stats->types));
    stats->type_slots = calloc(TYPE_SLOTS, sizeof(*stats->type_slots));
    if (stats->types == NULL || stats->type_slots == NULL) {
        return err_memory(err);
    }
    return view_left_init(&stats->left, blobs, err) &&
           form_events(in, blobs != NULL ? &blobs->modules : NULL, &sink, err);
}

void view_stats_done(struct view_stats *stats)
{
    view_sections_done(&stats->sections);
    view_ram_done(&stats->ram);
    view_left_done(&stats->left);
    arena_done(&stats->arena);
    free(stats->of_section);
    free(stats->types);
    free(stats->type_slots);
    memset(stats, 0, sizeof(*stats));
}
