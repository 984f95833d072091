/* view_dump.c - see view_dump.h. */
#include "codec/view/view_dump.h"

#include <stdlib.h>

#include "codec/base/arena.h"
#include "codec/stream/form_events.h"
#include "codec/stream/form_limits.h"
#include "codec/view/view_node.h"
#include "codec/view/view_pieces.h"
#include "codec/view/view_show.h"

/* A run of records of one kind, for VIEW_REGIONS. */
struct region {
    const char *name; /* NULL: none yet */
    struct view_place place;
    uint64_t sections; /* that begin in it */
};

/* A RAM section on its way. */
struct ram_seen {
    struct view_ram sums;
    uint64_t legacy_start;
    uint64_t legacy_end;
    uint64_t ber_start;
    uint64_t ber_end;
    size_t section; /* index + 1 among the sections; 0: none on its way */
    bool shown;     /* and once more ended, which QEMU does behind a package */
};

struct dump {
    const struct view_dump_options *options;
    struct view_out o;
    struct view_nodes nodes;
    struct view_select *select;
    struct view_sections sections;
    struct arena arena;
    struct region region;
    struct ram_seen ram;
    struct view_runs runs;
    struct view_pieces pieces;
    bool in_list; /* the list of sections has begun */
    bool begun;   /* the item of the current section has been begun */
    const struct form_event *event;
    const struct view_section *section;
};

static bool shows_rest(const struct dump *dump)
{
    return dump->options->path_count == 0;
}

static bool dump_head(void *ctx, const struct form_head *head, struct err *err)
{
    struct dump *dump = ctx;

    (void)err;
    if (shows_rest(dump) || dump->options->format == VIEW_JSON) {
        view_show_header(&dump->o, head);
    }
    view_doc_list_begin(&dump->o, "sections");
    dump->in_list = true;
    return true;
}

static void flush_region(struct dump *dump)
{
    struct region *region = &dump->region;

    if (region->name == NULL) {
        return;
    }
    view_item_begin(&dump->o, "region", &region->place);
    view_attr_name(&dump->o, "name", span_str(region->name));
    view_attr_count(&dump->o, "sections", region->sections);
    view_attr_u64(&dump->o, "octets", region->place.legacy_length);
    view_item_end(&dump->o);
    region->name = NULL;
}

static const char *region_name(const struct dump *dump, const struct form_event *event)
{
    switch (event->body->which) {
    case WIRE_BODY_TYPE_DESCRIPTION:
    case WIRE_BODY_SECTION:
        return "devices";
    case WIRE_BODY_RAM:
        return "live";
    case WIRE_BODY_FRAMED:
        return dump->section != NULL && dump->section->kind == WIRE_SECTION_KIND_FULL ? "devices"
                                                                                      : "live";
    case WIRE_BODY_COMMAND:
        return dump->region.name != NULL ? dump->region.name : "live";
    case WIRE_BODY_END_OF_STREAM:
        return "end-of-stream";
    case WIRE_BODY_VM_DESCRIPTION:
        return "vm-description";
    case WIRE_BODY_OPAQUE:
        return "opaque";
    default:
        return "unknown";
    }
}

static void add_to_region(struct dump *dump, const struct form_event *event)
{
    struct region *region = &dump->region;
    const struct wire_section_open *open = form_event_open(event->body);
    const char *name = region_name(dump, event);

    if (region->name == NULL || strcmp(region->name, name) != 0) {
        flush_region(dump);
        region->name = name;
        region->place = view_event_place(event);
        region->sections = 0;
    } else {
        view_place_stretch(&region->place, event);
    }
    region->sections += open != NULL && open->has_identity;
}

/* Begins the item of a described section when the first thing to be shown of it comes. */
static void begin_section(struct dump *dump)
{
    struct view_place place = view_event_place(dump->event);

    if (dump->begun) {
        return;
    }
    dump->begun = true;
    view_show_section(&dump->o, dump->section, dump->event->body->u.section.open.kind,
                      view_event_level(dump->event), &place);
    if (dump->options->detail == VIEW_FIELDS) {
        view_list_begin(&dump->o, "fields");
    }
}

static void end_section(struct dump *dump)
{
    if (!dump->begun) {
        return;
    }
    dump->begun = false;
    view_nodes_end(&dump->nodes);
    if (dump->options->detail == VIEW_FIELDS) {
        view_list_end(&dump->o);
    }
    view_item_end(&dump->o);
}

static bool show_node(void *ctx, enum lay_visit_event event, const struct lay_node *node,
                      struct err *err)
{
    struct dump *dump = ctx;

    begin_section(dump);
    return view_node(&dump->nodes, event, node, err);
}

/* Every step in a section, whether it is asked for or not. */
static bool see_node(void *ctx, enum lay_visit_event event, const struct lay_node *node,
                     struct err *err)
{
    struct dump *dump = ctx;

    if (event == LAY_VISIT_LEAF) {
        view_node_names(&dump->nodes, node);
    }
    return view_select_node(dump->select, event, node, err);
}

static bool see_again(void *ctx, const struct lay_node *node)
{
    const struct dump *dump = ctx;

    return view_select_again(dump->select, node);
}

static bool show_again(void *ctx, const struct lay_node *node)
{
    struct dump *dump = ctx;

    return view_node_again(&dump->nodes, node);
}

static bool dump_section(struct dump *dump, const struct form_event *event,
                         enum view_selected selected, struct err *err)
{
    const struct wire_section *section = &event->body->u.section;
    struct lay_where where = form_event_where(event);
    bool ok = true;

    if (selected == VIEW_SELECTED_ALL) {
        begin_section(dump);
    }
    if (dump->options->detail == VIEW_FIELDS) {
        arena_reset(&dump->arena);
        dump->nodes.has_legacy = true;
        dump->nodes.has_ber = where.ber_offset != ERR_NO_OFFSET;
        dump->nodes.device = view_event_device(event);
        ok = lay_visit(event->types, section->type, section->value, &where, &dump->arena,
                       &(struct lay_visitor){see_node, see_again, dump}, err);
    }
    end_section(dump);
    return ok;
}

/* Shows the sums of RAM, if there are any that have not been shown. */
static void flush_ram(struct dump *dump, bool done)
{
    struct ram_seen *ram = &dump->ram;
    const struct view_section *section;
    enum view_selected selected;
    struct view_place place;
    bool any = false;

    if (ram->section == 0 || dump->options->detail == VIEW_REGIONS) {
        return;
    }
    section = &dump->sections.items[ram->section - 1];
    selected = view_select_section(dump->select, section->name, section->instance);
    for (size_t i = 0; i < ram->sums.count && selected == VIEW_SELECTED_PART; i++) {
        any = any || view_select_field(dump->select, ram->sums.blocks[i].name);
    }
    if (ram->shown && ram->sums.count == 0) {
        selected = VIEW_SELECTED_NOT;
    }
    if (any || selected == VIEW_SELECTED_ALL) {
        place = VIEW_NOWHERE;
        place.legacy_offset = ram->legacy_start;
        place.legacy_length = ram->legacy_end - ram->legacy_start;
        if (ram->ber_start != ERR_NO_OFFSET) {
            place.ber_offset = ram->ber_start;
            place.ber_length = ram->ber_end - ram->ber_start;
        }
        view_show_ram(&dump->o, &ram->sums, section, &place, dump->select, done);
    }
    view_ram_done(&ram->sums);
    view_ram_init(&ram->sums);
    ram->section = 0;
    ram->shown = true;
}

static bool dump_ram(struct dump *dump, const struct form_event *event, enum view_selected selected,
                     struct err *err)
{
    struct ram_seen *ram = &dump->ram;

    if (dump->section == NULL) {
        return true; /* a piece of what never began */
    }
    if (ram->section == 0) {
        ram->section = (size_t)(dump->section - dump->sections.items) + 1;
        ram->legacy_start = event->legacy_offset;
        ram->ber_start = event->ber_offset;
    }
    if (!view_ram_add(&ram->sums, &event->body->u.ram, err)) {
        return false;
    }
    ram->legacy_end = event->legacy_offset + event->legacy_length;
    ram->ber_end = event->ber_offset == ERR_NO_OFFSET ? 0 : event->ber_offset + event->ber_length;
    if (dump->options->runs && selected == VIEW_SELECTED_ALL) {
        view_runs_add(&dump->runs, &dump->o, event, dump->section, dump->sections.kind);
    }
    if (form_event_ends(event->body) && dump->section->ended) {
        flush_ram(dump, true);
    }
    return true;
}

static bool dump_record(struct dump *dump, const struct form_event *event, struct err *err)
{
    enum view_selected selected = VIEW_SELECTED_NOT;

    if (dump->section != NULL) {
        selected = view_select_section(dump->select, dump->section->name, dump->section->instance);
    }
    if (event->body->which != WIRE_BODY_FRAMED && event->body->which != WIRE_BODY_OPAQUE) {
        view_pieces_flush(&dump->pieces, &dump->o);
    }
    if (event->body->which != WIRE_BODY_RAM) {
        view_runs_flush(&dump->runs, &dump->o);
    }
    switch (event->body->which) {
    case WIRE_BODY_TYPE_DESCRIPTION:
        if (dump->options->types && shows_rest(dump)) {
            view_show_type(&dump->o, event);
        }
        return true;
    case WIRE_BODY_SECTION:
        return selected == VIEW_SELECTED_NOT || dump_section(dump, event, selected, err);
    case WIRE_BODY_FRAMED:
        return (selected != VIEW_SELECTED_ALL && (dump->section != NULL || !shows_rest(dump))) ||
               view_pieces_add(&dump->pieces, &dump->o, event, dump->section, dump->sections.kind,
                               err);
    case WIRE_BODY_OPAQUE:
        return !shows_rest(dump) || view_pieces_add(&dump->pieces, &dump->o, event, NULL, 0, err);
    case WIRE_BODY_RAM:
        return dump_ram(dump, event, selected, err);
    default:
        if (shows_rest(dump)) {
            view_show_other(&dump->o, event);
        }
        return true;
    }
}

static bool dump_event(void *ctx, const struct form_event *event, struct err *err)
{
    struct dump *dump = ctx;

    dump->event = event;
    if (!view_sections_note(&dump->sections, event->body, &dump->section, err)) {
        return false;
    }
    if (dump->options->detail == VIEW_REGIONS) {
        add_to_region(dump, event);
        return !dump->o.w.failed;
    }
    return dump_record(dump, event, err) && !dump->o.w.failed;
}

static void end_list(struct dump *dump)
{
    flush_region(dump);
    view_pieces_flush(&dump->pieces, &dump->o);
    view_runs_flush(&dump->runs, &dump->o);
    flush_ram(dump, false);
    if (dump->in_list) {
        view_doc_list_end(&dump->o);
        dump->in_list = false;
    }
}

static bool dump_end(void *ctx, const struct form_end *end, struct err *err)
{
    struct dump *dump = ctx;

    (void)err;
    end_list(dump);
    if (shows_rest(dump)) {
        view_show_trailer(&dump->o, end);
    }
    return true;
}

/* JSON says itself where and why it stops; text leaves that to standard error. */
static void show_error(struct dump *dump, const struct err *err)
{
    struct view_out *o = &dump->o;

    if (o->format == VIEW_TEXT) {
        return;
    }
    view_doc_item_begin(o, "error", &VIEW_NOWHERE);
    view_attr_str(o, "band", err_band_name(err->band));
    if (err->path[0] != '\0') {
        view_attr_str(o, "path", err->path);
    }
    if (err->legacy_offset != ERR_NO_OFFSET) {
        view_attr_u64(o, "legacy_offset", err->legacy_offset);
    }
    if (err->ber_offset != ERR_NO_OFFSET) {
        view_attr_u64(o, "ber_offset", err->ber_offset);
    }
    view_attr_str(o, "text", err->text);
    view_item_end(o);
}

/* Whether a path may ask for something in a section of that name. */
static bool is_wanted(void *ctx, struct span name)
{
    const struct view_dump_options *options = ctx;

    for (size_t i = 0; i < options->path_count; i++) {
        if (view_path_names(&options->paths[i], name)) {
            return true;
        }
    }
    return false;
}

/* Tells the stream: what is asked for by the index if there is one, else all of it. */
static bool tell(struct dump *dump, struct io_source in, struct err *err)
{
    const struct view_dump_options *options = dump->options;
    const struct lay_modules *modules = options->blobs != NULL ? &options->blobs->modules : NULL;
    struct form_sink sink = {dump, dump_head, dump_event, dump_end};
    enum form_picked picked = FORM_PICK_NOT;

    if (options->file != NULL && options->path_count > 0) {
        picked =
            form_pick(options->file, modules, is_wanted, (void *)(uintptr_t)options, &sink, err);
    }
    return picked == FORM_PICKED ||
           (picked == FORM_PICK_NOT && form_events(in, modules, &sink, err));
}

static bool run(struct dump *dump, struct io_source in, struct err *err)
{
    struct err why = ERR_INIT;
    bool ok;

    view_doc_begin(&dump->o);
    ok = tell(dump, in, &why);
    end_list(dump);
    if (!ok && !dump->o.w.failed) {
        show_error(dump, &why);
    }
    view_doc_end(&dump->o);
    if (!view_out_finish(&dump->o, err)) {
        return false; /* nobody takes what is shown: the rest does not matter */
    }
    if (!ok) {
        *err = why;
    }
    return ok;
}

bool view_dump(struct io_source in, struct io_sink out, const struct view_dump_options *options,
               struct view_dump_report *report, struct err *err)
{
    struct dump dump;
    bool ok;

    memset(&dump, 0, sizeof(dump));
    dump.options = options;
    dump.select = malloc(sizeof(*dump.select));
    arena_init(&dump.arena, FORM_ARENA_MAX);
    view_sections_init(&dump.sections);
    view_ram_init(&dump.ram.sums);
    ok = view_out_init(&dump.o, out, options->format, err) &&
         view_pieces_init(&dump.pieces, options->octets_max, err) &&
         (dump.select != NULL || err_memory(err));
    if (ok) {
        dump.o.offsets = options->offsets;
        dump.o.octets_max = options->octets_max;
        view_nodes_init(&dump.nodes, &dump.o, options->blobs);
        view_select_init(dump.select, options->paths, options->path_count,
                         &(struct lay_visitor){show_node, show_again, &dump});
        ok = run(&dump, in, err);
        report->matched = dump.select->matched;
    }
    view_out_done(&dump.o);
    view_pieces_done(&dump.pieces);
    view_ram_done(&dump.ram.sums);
    view_sections_done(&dump.sections);
    arena_done(&dump.arena);
    free(dump.select);
    return ok;
}
