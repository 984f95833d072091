/*
 * view_sections.h - the sections of a stream as they come by: which one a piece belongs to.
 */
#ifndef VMBER_VIEW_SECTIONS_H
#define VMBER_VIEW_SECTIONS_H

#include "codec/base/arena.h"
#include "wire.h"

struct err;

struct view_section {
    uint32_t id;
    int32_t kind; /* of its first piece: START or FULL */
    uint32_t instance;
    uint32_t version;
    struct span name; /* until view_sections_done */
    bool ended;       /* its END, or the FULL one, has come */
    uint64_t parts;   /* pieces that had a head */
};

struct view_sections {
    struct arena names;
    struct view_section *items; /* in order of appearance */
    size_t count;
    size_t cap;
    uint32_t *slots; /* hash table of indexes + 1, by id */
    size_t slot_count;
    size_t current; /* index + 1 of the section that is open, 0: none */
    int32_t kind;   /* of the piece that is open */
};

void view_sections_init(struct view_sections *sections);
void view_sections_done(struct view_sections *sections);

/* view_sections_find returns the section with that id, or NULL. */
struct view_section *view_sections_find(const struct view_sections *sections, uint32_t id);

/*
 * view_sections_note takes the next record and says which section it belongs to, *section (valid
 * until the next call): NULL if to none, or to one that has not begun. What is wrong with the
 * stream is no error here.
 */
bool view_sections_note(struct view_sections *sections, const struct wire_body *body,
                        const struct view_section **section, struct err *err);

#endif
