/* view_sections.c - see view_sections.h. */
#include "codec/view/view_sections.h"

#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/stream/form_events.h"
#include "codec/view/view_limits.h"

enum { NAMES_MAX = 256 << 20, FIRST_CAP = 64 };

void view_sections_init(struct view_sections *sections)
{
    memset(sections, 0, sizeof(*sections));
    arena_init(&sections->names, NAMES_MAX);
}

void view_sections_done(struct view_sections *sections)
{
    arena_done(&sections->names);
    free(sections->items);
    free(sections->slots);
    memset(sections, 0, sizeof(*sections));
}

static uint32_t *find_slot(const struct view_sections *sections, uint32_t id)
{
    size_t i = (id * UINT32_C(0x9e3779b1)) & (sections->slot_count - 1);

    while (sections->slots[i] != 0 && sections->items[sections->slots[i] - 1].id != id) {
        i = (i + 1) & (sections->slot_count - 1);
    }
    return &sections->slots[i];
}

struct view_section *view_sections_find(const struct view_sections *sections, uint32_t id)
{
    uint32_t slot = sections->slot_count == 0 ? 0 : *find_slot(sections, id);

    return slot == 0 ? NULL : &sections->items[slot - 1];
}

static bool grow(struct view_sections *sections, struct err *err)
{
    size_t cap = sections->cap == 0 ? FIRST_CAP : sections->cap * 2;
    struct view_section *items;
    uint32_t *slots;

    if (sections->count < sections->cap) {
        return true;
    }
    if (cap > VIEW_SECTIONS_MAX) {
        return err_set(err, ERR_LIMIT, "more than %d sections", VIEW_SECTIONS_MAX);
    }
    items = realloc(sections->items, cap * sizeof(*items));
    if (items == NULL) {
        return err_memory(err);
    }
    sections->items = items;
    sections->cap = cap;
    slots = calloc(cap * 2, sizeof(*slots));
    if (slots == NULL) {
        return err_memory(err);
    }
    free(sections->slots);
    sections->slots = slots;
    sections->slot_count = cap * 2;
    for (size_t i = 0; i < sections->count; i++) {
        *find_slot(sections, items[i].id) = (uint32_t)i + 1; /* the last of an id counts */
    }
    return true;
}

static bool begin(struct view_sections *sections, const struct wire_section_open *open,
                  struct err *err)
{
    struct view_section *section;

    if (!grow(sections, err)) {
        return false;
    }
    section = &sections->items[sections->count];
    memset(section, 0, sizeof(*section));
    section->id = open->id;
    section->kind = open->kind;
    section->instance = open->identity.instance;
    section->version = open->identity.version;
    section->name =
        span_of(arena_copy(&sections->names, open->identity.name.p, open->identity.name.len, err),
                open->identity.name.len);
    if (section->name.p == NULL) {
        return false;
    }
    *find_slot(sections, open->id) = (uint32_t)++sections->count;
    return true;
}

bool view_sections_note(struct view_sections *sections, const struct wire_body *body,
                        const struct view_section **out, struct err *err)
{
    const struct wire_section_open *open = form_event_open(body);
    struct view_section *section;

    *out = NULL;
    if (body->which != WIRE_BODY_SECTION && body->which != WIRE_BODY_FRAMED &&
        body->which != WIRE_BODY_RAM) {
        return true;
    }
    if (open != NULL) {
        if (open->has_identity && !begin(sections, open, err)) {
            return false;
        }
        section = view_sections_find(sections, open->id);
        sections->current = section == NULL ? 0 : (size_t)(section - sections->items) + 1;
        sections->kind = open->kind;
    }
    if (sections->current == 0) {
        return true;
    }
    section = &sections->items[sections->current - 1];
    section->parts += open != NULL;
    if (form_event_ends(body)) {
        section->ended |=
            sections->kind == WIRE_SECTION_KIND_END || sections->kind == WIRE_SECTION_KIND_FULL;
        sections->current = 0;
    }
    *out = section;
    return true;
}
