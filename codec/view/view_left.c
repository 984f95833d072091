/* view_left.c - see view_left.h. */
#include "codec/view/view_left.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/savevm/leg_wire.h"
#include "codec/view/view_show.h"

enum {
    PATH_MAX_OCTETS = 512, /* longer ones are cut */
    TYPE_MAX_OCTETS = 64,
    SLOTS = 2 * VIEW_LEFT_MAX, /* half full at most; a power of two */
    ROW_OCTETS_MAX = PATH_MAX_OCTETS + TYPE_MAX_OCTETS + ERR_TEXT_MAX + ERR_PATH_MAX + 256,
};

/* Octets of these types are what they are called: numbers side by side, and null pointers, which
 * QEMU 7.2 calls by the type of what is not there. */
static const char *const told_types[] = {
    "uint8", "int8", "uint8 equal", "bool", "uint16", "uint32", "uint64", "nullptr", "ptr-marker",
};

bool view_left_init(struct view_left *left, const struct view_blobs *maps, struct err *err)
{
    memset(left, 0, sizeof(*left));
    left->maps = maps;
    arena_init(&left->arena, (size_t)VIEW_LEFT_MAX * ROW_OCTETS_MAX);
    left->rows = calloc(VIEW_LEFT_MAX, sizeof(*left->rows));
    left->slots = calloc(SLOTS, sizeof(*left->slots));
    return (left->rows != NULL && left->slots != NULL) || err_memory(err);
}

void view_left_done(struct view_left *left)
{
    free(left->rows);
    free(left->slots);
    arena_done(&left->arena);
    memset(left, 0, sizeof(*left));
}

const char *view_left_text(enum view_left_why why)
{
    switch (why) {
    case VIEW_LEFT_NO_MAP:
        return "there is no map for it";
    case VIEW_LEFT_MISFIT:
        return "its map does not fit";
    case VIEW_LEFT_NOT_LIFTED:
        return "shown as the stream has it";
    case VIEW_LEFT_HOST:
        return "a dump of the host's memory, laid out as there";
    case VIEW_LEFT_UNTOLD:
        return "the description does not tell its elements";
    case VIEW_LEFT_FRAMED:
        return "the section is not described";
    case VIEW_LEFT_BUFFER:
        return "no blob: a plain buffer";
    case VIEW_LEFT_UNUSED:
        return "no blob: unused";
    }
    return "";
}

const char *view_left_word(enum view_left_why why)
{
    static const char *const words[] = {"no-map", "misfit",         "not-lifted", "host-layout",
                                        "untold", "no-description", "buffer",     "unused"};

    return words[why];
}

/* ---- rows ---- */

static struct span keep(struct view_left *left, struct span text, size_t most, struct err *err)
{
    size_t len = text.len < most ? text.len : most;

    return span_of(arena_copy(&left->arena, text.p, len, err), len);
}

static uint64_t hash_of(struct span path, enum view_left_why why)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ (unsigned)why;

    for (size_t k = 0; k < path.len; k++) {
        hash = (hash ^ path.p[k]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* Returns the slot of the row, or the free one where it belongs. */
static uint32_t *slot_of(const struct view_left *left, struct span path, enum view_left_why why)
{
    uint64_t hash = hash_of(path, why);
    size_t i = (size_t)(hash ^ hash >> 32) & (SLOTS - 1);

    while (left->slots[i] != 0) {
        const struct view_left_row *row = &left->rows[left->slots[i] - 1];

        if (row->why == why && span_eq(row->path, path)) {
            break;
        }
        i = (i + 1) & (SLOTS - 1);
    }
    return &left->slots[i];
}

/* Adds octets to the row of that path and reason. */
static bool add(struct view_left *left, struct span path, struct span type, enum view_left_why why,
                const char *text, uint64_t fields, uint64_t octets, struct err *err)
{
    uint32_t *slot = slot_of(left, path, why);
    struct view_left_row *row = &left->rows[VIEW_LEFT_MAX - 1];

    if (*slot != 0) {
        row = &left->rows[*slot - 1];
    } else if (left->count < VIEW_LEFT_MAX) {
        row = &left->rows[left->count];
        row->why = why;
        row->path = keep(left, path, PATH_MAX_OCTETS, err);
        row->type = keep(left, type, TYPE_MAX_OCTETS, err);
        row->text = keep(left, span_str(text), ROW_OCTETS_MAX, err);
        if (row->path.p == NULL || row->type.p == NULL || row->text.p == NULL) {
            return false;
        }
        *slot = (uint32_t)++left->count;
    }
    row->fields += fields;
    row->octets += octets;
    if (why >= VIEW_LEFT_BUFFER) {
        left->buffers += octets;
    }
    return true;
}

/* Appends a name to a path, as far as there is room. */
static void append(char *path, size_t *len, struct span name)
{
    static const char arrow[] = " > ";
    size_t room = PATH_MAX_OCTETS - *len;

    if (name.len == 0 || room < sizeof(arrow)) {
        return;
    }
    if (*len > 0) {
        memcpy(path + *len, arrow, sizeof(arrow) - 1);
        *len += sizeof(arrow) - 1;
        room -= sizeof(arrow) - 1;
    }
    memcpy(path + *len, name.p, name.len < room ? name.len : room);
    *len += name.len < room ? name.len : room;
}

/* ---- fields ---- */

static bool is_told(struct span type)
{
    for (size_t i = 0; i < sizeof(told_types) / sizeof(told_types[0]); i++) {
        if (span_eq_str(type, told_types[i])) {
            return true;
        }
    }
    return false;
}

/* Finds out why a leaf of octets that no map has lifted is left. */
static enum view_left_why why_left(const struct view_left *left, const struct view_leaf *leaf,
                                   char *text, size_t cap)
{
    const struct view_blobs *maps = left->maps;
    bool lifts = maps != NULL && maps->modules.lift != NULL;

    if (lifts && maps->why(maps->ctx, leaf->begin, leaf->end, text, cap)) {
        return VIEW_LEFT_MISFIT;
    }
    text[0] = '\0';
    if (span_eq_str(leaf->type, "unused_buffer")) {
        return VIEW_LEFT_UNUSED;
    }
    if (leaf->is_untold) {
        return VIEW_LEFT_UNTOLD;
    }
    if (span_eq_str(leaf->type, "buffer") && !left->old_style) {
        return VIEW_LEFT_BUFFER;
    }
    return lifts ? VIEW_LEFT_NO_MAP : VIEW_LEFT_NOT_LIFTED;
}

bool view_left_leaf(struct view_left *left, const struct view_leaf *leaf, struct err *err)
{
    char text[ERR_TEXT_MAX + ERR_PATH_MAX + 128] = "";
    enum view_left_why why = VIEW_LEFT_HOST;
    char path[PATH_MAX_OCTETS];
    size_t len = 0;

    if (leaf->op != LAY_OCTETS || leaf->octets == 0) {
        return true;
    }
    if (!leaf->in_layout) {
        if (is_told(leaf->type)) {
            return true;
        }
        why = why_left(left, leaf, text, sizeof(text));
        left->blobs += why < VIEW_LEFT_BUFFER ? leaf->octets : 0;
    } else if (span_eq_str(leaf->type, "host-layout")) {
        left->lifted -= leaf->octets;
        left->section_lifted -= leaf->octets;
    } else {
        return true;
    }
    append(path, &len, left->device);
    for (uint32_t d = 0; d < leaf->depth; d++) {
        append(path, &len, leaf->names[d]);
    }
    append(path, &len, leaf->name);
    return add(left, span_of(path, len), leaf->type, why, text, leaf->fields, leaf->octets, err);
}

void view_left_lifted(struct view_left *left, uint64_t octets)
{
    left->blobs += octets;
    left->lifted += octets;
    left->section_lifted += octets;
}

void view_left_begin(struct view_left *left, const struct form_event *event)
{
    const struct lay_type *type = lay_types_get(event->types, event->body->u.section.type);

    left->device = view_event_device(event);
    left->old_style = type->wire.form == WIRE_DESCRIPTION_FORM_OLD_STYLE;
    left->section_lifted = 0;
    left->devices += type->size;
}

bool view_left_framed(struct view_left *left, struct span name, const struct wire_framed *framed,
                      struct err *err)
{
    left->devices += framed->data.len;
    left->blobs += framed->data.len;
    return framed->data.len == 0 ||
           add(left, name, span_of("", 0), VIEW_LEFT_FRAMED, "", 1, framed->data.len, err);
}
