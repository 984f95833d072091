/*
 * view_show.h - one record as one item of a view. What fields a section has is view_node's.
 */
#ifndef VMBER_VIEW_SHOW_H
#define VMBER_VIEW_SHOW_H

#include "codec/stream/form_events.h"
#include "codec/view/view_out.h"
#include "codec/view/view_ram.h"
#include "codec/view/view_sections.h"
#include "codec/view/view_select.h"

/* view_event_place says where an event stands. */
struct view_place view_event_place(const struct form_event *event);

/*
 * view_event_level says how much of an event is understood: 0 octets, 1 framed, 2 described, 3
 * described, with blobs as fields.
 */
unsigned view_event_level(const struct form_event *event);

/* view_event_device returns the vmsd_name of a described section, its idstr if it has none. */
struct span view_event_device(const struct form_event *event);

/* view_place_stretch makes place go on to the end of event. */
void view_place_stretch(struct view_place *place, const struct form_event *event);

void view_show_header(struct view_out *o, const struct form_head *head);
void view_show_trailer(struct view_out *o, const struct form_end *end);

/* view_show_section begins the item of a section: what its head says, and its level. */
void view_show_section(struct view_out *o, const struct view_section *section, int32_t kind,
                       unsigned level, const struct view_place *place);

void view_show_type(struct view_out *o, const struct form_event *event);

/* view_show_other shows commands, the end, the description, what is unknown. */
void view_show_other(struct view_out *o, const struct form_event *event);

/*
 * view_show_ram shows the sums of the blocks that select asks for. done: the section has ended;
 * else the stream stops before that.
 */
void view_show_ram(struct view_out *o, const struct view_ram *ram,
                   const struct view_section *section, const struct view_place *place,
                   struct view_select *select, bool done);

/* view_show_run shows a RAM item as a row of a list. */
void view_show_run(struct view_out *o, const struct wire_ram_item *item);

#endif
