/* view_stats_show.c - statistics as tables of text, or as JSON; see view_stats.h. */
#include <stdlib.h>

#include "codec/view/view_stats.h"

enum { NUMBER_WIDTH = 13, SHARE_WIDTH = 8, COUNT_WIDTH = 10 };

/* A table is columns of numbers behind a name. */
struct table {
    struct view_writer *w;
    size_t name_width;
};

static size_t digits_of(uint64_t v)
{
    size_t n = 1;

    while (v >= 10) {
        v /= 10;
        n++;
    }
    return n;
}

static void put_padded(struct view_writer *w, size_t used, size_t width)
{
    view_put_spaces(w, used < width ? width - used : 1);
}

static void put_number(struct view_writer *w, uint64_t v, size_t width)
{
    put_padded(w, digits_of(v), width);
    view_put_u64(w, v);
}

static void put_word(struct view_writer *w, const char *word, size_t width)
{
    put_padded(w, strlen(word), width);
    view_put_str(w, word);
}

static void put_share(struct view_writer *w, uint64_t part, uint64_t whole)
{
    uint64_t tenths = whole == 0 ? 0 : (part * 1000 + whole / 2) / whole;

    put_padded(w, digits_of(tenths / 10) + 3, SHARE_WIDTH);
    view_put_u64(w, tenths / 10);
    view_put_char(w, '.');
    view_put_u64(w, tenths % 10);
    view_put_char(w, '%');
}

static void put_name(const struct table *t, struct span name)
{
    size_t width = 0;

    for (size_t i = 0; i < name.len; i++) { /* as view_put_text writes them */
        width += name.p[i] >= 0x20 && name.p[i] < 0x7f && name.p[i] != '\\' ? 1 : 4;
    }
    view_put_str(t->w, "  ");
    view_put_text(t->w, name);
    view_put_spaces(t->w, width < t->name_width ? t->name_width - width : 0);
}

static void head(const struct table *t, const char *title)
{
    view_put_char(t->w, '\n');
    view_put_str(t->w, title);
    view_put_spaces(t->w,
                    t->name_width + 2 > strlen(title) ? t->name_width + 2 - strlen(title) : 0);
}

/* One row to be sorted. */
struct row {
    uint64_t octets;
    size_t index;
    bool last; /* behind all that are not */
};

static int by_octets(const void *a, const void *b)
{
    const struct row *x = a;
    const struct row *y = b;

    if (x->octets != y->octets) {
        return x->octets < y->octets ? 1 : -1;
    }
    return x->index < y->index ? -1 : x->index > y->index;
}

/* Returns the indexes of the sections, largest first; NULL without memory. */
static struct row *sorted_sections(const struct view_stats *stats)
{
    struct row *rows = calloc(stats->sections.count + 1, sizeof(*rows));

    for (size_t i = 0; rows != NULL && i < stats->sections.count; i++) {
        rows[i] = (struct row){stats->of_section[i].legacy, i, false};
    }
    if (rows != NULL) {
        qsort(rows, stats->sections.count, sizeof(*rows), by_octets);
    }
    return rows;
}

static struct row *sorted_types(const struct view_stats *stats)
{
    struct row *rows = calloc(stats->type_count + 1, sizeof(*rows));

    for (size_t i = 0; rows != NULL && i < stats->type_count; i++) {
        rows[i] = (struct row){stats->types[i].octets, i, false};
    }
    if (rows != NULL) {
        qsort(rows, stats->type_count, sizeof(*rows), by_octets);
    }
    return rows;
}

/* Blobs come before what is no blob. */
static int by_why(const void *a, const void *b)
{
    const struct row *x = a;
    const struct row *y = b;

    return x->last != y->last ? (int)x->last - (int)y->last : by_octets(a, b);
}

static struct row *sorted_left(const struct view_stats *stats)
{
    const struct view_left *left = &stats->left;
    struct row *rows = calloc(left->count + 1, sizeof(*rows));

    for (size_t i = 0; rows != NULL && i < left->count; i++) {
        rows[i] = (struct row){left->rows[i].octets, i, left->rows[i].why >= VIEW_LEFT_BUFFER};
    }
    if (rows != NULL) {
        qsort(rows, left->count, sizeof(*rows), by_why);
    }
    return rows;
}

static void text_sections(const struct view_stats *stats, const struct table *t,
                          const struct row *rows)
{
    head(t, "sections");
    put_word(t->w, "id", COUNT_WIDTH);
    put_word(t->w, "level", COUNT_WIDTH);
    put_word(t->w, "octets", NUMBER_WIDTH);
    put_word(t->w, "share", SHARE_WIDTH);
    put_word(t->w, "lifted", NUMBER_WIDTH);
    if (stats->format == FORM_BER) {
        put_word(t->w, "as BER", NUMBER_WIDTH);
    }
    view_put_char(t->w, '\n');
    for (size_t i = 0; i < stats->sections.count; i++) {
        const struct view_section *section = &stats->sections.items[rows[i].index];
        const struct view_stats_section *of = &stats->of_section[rows[i].index];

        put_name(t, section->name);
        put_number(t->w, section->id, COUNT_WIDTH);
        put_number(t->w, of->level, COUNT_WIDTH);
        put_number(t->w, of->legacy, NUMBER_WIDTH);
        put_share(t->w, of->legacy, stats->legacy);
        put_number(t->w, of->lifted, NUMBER_WIDTH);
        if (stats->format == FORM_BER) {
            put_number(t->w, of->ber, NUMBER_WIDTH);
        }
        view_put_char(t->w, '\n');
    }
}

static const char *const level_names[VIEW_LEVELS] = {
    "0 opaque",
    "1 framed",
    "2 described",
    "3 lifted",
};

static void text_levels(const struct view_stats *stats, const struct table *t)
{
    head(t, "levels");
    put_word(t->w, "pieces", COUNT_WIDTH);
    put_word(t->w, "octets", NUMBER_WIDTH);
    put_word(t->w, "share", SHARE_WIDTH);
    view_put_char(t->w, '\n');
    for (unsigned level = 0; level < VIEW_LEVELS; level++) {
        put_name(t, span_str(level_names[level]));
        put_number(t->w, stats->level_records[level], COUNT_WIDTH);
        put_number(t->w, stats->level_octets[level], NUMBER_WIDTH);
        put_share(t->w, stats->level_octets[level], stats->legacy);
        view_put_char(t->w, '\n');
    }
}

static void text_ram(const struct view_stats *stats, const struct table *t)
{
    const struct view_ram *ram = &stats->ram;

    if (ram->count == 0) {
        return;
    }
    head(t, "RAM, pages");
    for (unsigned kind = 0; kind < VIEW_RAM_KINDS; kind++) {
        put_word(t->w, view_ram_kind_name((enum view_ram_kind)kind), COUNT_WIDTH + 2);
    }
    put_word(t->w, "octets", NUMBER_WIDTH);
    put_word(t->w, "of length", NUMBER_WIDTH);
    view_put_char(t->w, '\n');
    for (size_t i = 0; i < ram->count; i++) {
        uint64_t octets = 0;

        put_name(t, ram->blocks[i].name);
        for (unsigned kind = 0; kind < VIEW_RAM_KINDS; kind++) {
            put_number(t->w, ram->blocks[i].pages[kind], COUNT_WIDTH + 2);
            octets += ram->blocks[i].octets[kind];
        }
        put_number(t->w, octets, NUMBER_WIDTH);
        put_number(t->w, ram->blocks[i].length, NUMBER_WIDTH);
        view_put_char(t->w, '\n');
    }
}

static void text_types(const struct view_stats *stats, const struct table *t,
                       const struct row *rows)
{
    uint64_t all = 0;

    for (size_t i = 0; i < stats->type_count; i++) {
        all += stats->types[i].octets;
    }
    if (all == 0) {
        return;
    }
    head(t, "types of fields");
    put_word(t->w, "fields", COUNT_WIDTH);
    put_word(t->w, "octets", NUMBER_WIDTH);
    put_word(t->w, "share", SHARE_WIDTH);
    view_put_char(t->w, '\n');
    for (size_t i = 0; i < stats->type_count; i++) {
        const struct view_stats_type *type = &stats->types[rows[i].index];

        put_name(t, type->name);
        put_number(t->w, type->fields, COUNT_WIDTH);
        put_number(t->w, type->octets, NUMBER_WIDTH);
        put_share(t->w, type->octets, all);
        if (type->untyped) {
            view_put_str(t->w, "  octets only");
        }
        view_put_char(t->w, '\n');
    }
}

static void blobs_row(const struct table *t, const char *name, uint64_t lifted, uint64_t octets)
{
    put_name(t, span_str(name));
    put_number(t->w, octets, NUMBER_WIDTH);
    put_number(t->w, lifted, NUMBER_WIDTH);
    put_number(t->w, octets - lifted, NUMBER_WIDTH);
    if (octets > 0) {
        put_share(t->w, lifted, octets);
    }
    view_put_char(t->w, '\n');
}

/* What of the blobs of devices has been lifted, and what not, and why. */
static void text_blobs(const struct view_stats *stats, const struct table *t,
                       const struct row *rows)
{
    const struct view_left *left = &stats->left;
    struct table wide = *t;

    if (left->devices == 0) {
        return;
    }
    head(t, "blobs of devices");
    put_word(t->w, "octets", NUMBER_WIDTH);
    put_word(t->w, "lifted", NUMBER_WIDTH);
    put_word(t->w, "left", NUMBER_WIDTH);
    put_word(t->w, "lifted", SHARE_WIDTH);
    view_put_char(t->w, '\n');
    blobs_row(t, "blobs", left->lifted, left->blobs);
    blobs_row(t, "and plain buffers", left->lifted, left->blobs + left->buffers);
    if (left->count == 0) {
        return;
    }
    for (size_t i = 0; i < left->count; i++) {
        wide.name_width =
            left->rows[i].path.len > wide.name_width ? left->rows[i].path.len : wide.name_width;
    }
    head(&wide, "left as octets");
    put_word(t->w, "fields", COUNT_WIDTH);
    put_word(t->w, "octets", NUMBER_WIDTH);
    view_put_str(t->w, "  why\n");
    for (size_t i = 0; i < left->count; i++) {
        const struct view_left_row *row = &left->rows[rows[i].index];

        put_name(&wide, row->path);
        put_number(t->w, row->fields, COUNT_WIDTH);
        put_number(t->w, row->octets, NUMBER_WIDTH);
        view_put_str(t->w, "  ");
        if (row->text.len > 0) {
            view_put_text(t->w, row->text);
        } else {
            view_put_str(t->w, view_left_text(row->why));
        }
        view_put_char(t->w, '\n');
    }
}

static void tail_row(const struct view_stats *stats, const struct table *t, const char *name,
                     uint64_t octets)
{
    put_name(t, span_str(name));
    put_number(t->w, octets, NUMBER_WIDTH);
    put_share(t->w, octets, stats->legacy);
    view_put_char(t->w, '\n');
}

static void text_tail(const struct view_stats *stats, const struct table *t)
{
    head(t, "tail");
    put_word(t->w, "octets", NUMBER_WIDTH);
    put_word(t->w, "share", SHARE_WIDTH);
    view_put_char(t->w, '\n');
    tail_row(stats, t, "devices", stats->tail_devices);
    tail_row(stats, t, "description", stats->tail_description);
    tail_row(stats, t, "other", stats->tail_other);
    tail_row(stats, t, "all", stats->tail);
    if (stats->format == FORM_BER) {
        view_put_str(t->w, "  type descriptions, as BER: ");
        view_put_u64(t->w, stats->type_descriptions);
        view_put_str(t->w, " of ");
        view_put_u64(t->w, stats->ber_types);
        view_put_str(t->w, " octets\n");
    }
}

static size_t name_width(const struct view_stats *stats)
{
    size_t width = 24;

    for (size_t i = 0; i < stats->sections.count; i++) {
        width =
            stats->sections.items[i].name.len > width ? stats->sections.items[i].name.len : width;
    }
    return width;
}

static void show_text(const struct view_stats *stats, struct view_out *o,
                      const struct row *sections, const struct row *types, const struct row *left)
{
    struct table t = {&o->w, name_width(stats)};

    view_put_str(t.w, stats->format == FORM_BER ? "BER stream: " : "legacy stream: ");
    if (stats->format == FORM_BER) {
        view_put_u64(t.w, stats->ber);
        view_put_str(t.w, " octets that stand for ");
    }
    view_put_u64(t.w, stats->legacy);
    view_put_str(t.w, " octets\n");
    text_sections(stats, &t, sections);
    text_levels(stats, &t);
    text_ram(stats, &t);
    text_types(stats, &t, types);
    text_blobs(stats, &t, left);
    text_tail(stats, &t);
}

static void json_sections(const struct view_stats *stats, struct view_out *o)
{
    view_list_begin(o, "sections");
    for (size_t i = 0; i < stats->sections.count; i++) {
        const struct view_section *section = &stats->sections.items[i];
        const struct view_stats_section *of = &stats->of_section[i];

        view_row_begin(o, "section", &VIEW_NOWHERE);
        view_attr_name(o, "name", section->name);
        view_attr_u64(o, "id", section->id);
        view_attr_u64(o, "instance", section->instance);
        view_attr_u64(o, "level", of->level);
        view_attr_u64(o, "octets", of->legacy);
        view_attr_share(o, "percent", of->legacy, stats->legacy);
        view_attr_u64(o, "lifted_octets", of->lifted);
        if (stats->format == FORM_BER) {
            view_attr_u64(o, "ber_octets", of->ber);
        }
        view_row_end(o);
    }
    view_list_end(o);
}

static void json_levels(const struct view_stats *stats, struct view_out *o)
{
    view_list_begin(o, "levels");
    for (unsigned level = 0; level < VIEW_LEVELS; level++) {
        view_row_begin(o, "level", &VIEW_NOWHERE);
        view_attr_u64(o, "level", level);
        view_attr_u64(o, "pieces", stats->level_records[level]);
        view_attr_u64(o, "octets", stats->level_octets[level]);
        view_row_end(o);
    }
    view_list_end(o);
}

static void json_ram(const struct view_stats *stats, struct view_out *o)
{
    view_list_begin(o, "blocks");
    for (size_t i = 0; i < stats->ram.count; i++) {
        const struct view_ram_block *block = &stats->ram.blocks[i];
        uint64_t octets = 0;

        view_row_begin(o, "block", &VIEW_NOWHERE);
        view_attr_name(o, "name", block->name);
        view_attr_u64(o, "length", block->length);
        for (unsigned kind = 0; kind < VIEW_RAM_KINDS; kind++) {
            view_attr_u64(o, view_ram_kind_name((enum view_ram_kind)kind), block->pages[kind]);
            octets += block->octets[kind];
        }
        view_attr_u64(o, "octets", octets);
        view_row_end(o);
    }
    view_list_end(o);
}

static void json_types(const struct view_stats *stats, struct view_out *o)
{
    view_list_begin(o, "types");
    for (size_t i = 0; i < stats->type_count; i++) {
        const struct view_stats_type *type = &stats->types[i];

        view_row_begin(o, "type", &VIEW_NOWHERE);
        view_attr_name(o, "name", type->name);
        view_attr_flag(o, "untyped", type->untyped);
        view_attr_u64(o, "fields", type->fields);
        view_attr_u64(o, "octets", type->octets);
        view_row_end(o);
    }
    view_list_end(o);
}

static void json_blobs(const struct view_stats *stats, struct view_out *o, const struct row *rows)
{
    const struct view_left *left = &stats->left;

    view_attr_u64(o, "device_octets", left->devices);
    view_attr_u64(o, "blob_octets", left->blobs);
    view_attr_u64(o, "lifted_octets", left->lifted);
    if (left->blobs > 0) {
        view_attr_share(o, "lifted_percent", left->lifted, left->blobs);
    }
    view_attr_u64(o, "buffer_octets", left->buffers);
    if (left->blobs + left->buffers > 0) {
        view_attr_share(o, "lifted_percent_with_buffers", left->lifted,
                        left->blobs + left->buffers);
    }
    view_list_begin(o, "left");
    for (size_t i = 0; i < left->count; i++) {
        const struct view_left_row *row = &left->rows[rows[i].index];

        view_row_begin(o, "field", &VIEW_NOWHERE);
        view_attr_name(o, "path", row->path);
        view_attr_text(o, "type", row->type);
        view_attr_u64(o, "fields", row->fields);
        view_attr_u64(o, "octets", row->octets);
        view_attr_str(o, "why", view_left_word(row->why));
        if (row->text.len > 0) {
            view_attr_text(o, "text", row->text);
        } else {
            view_attr_str(o, "text", view_left_text(row->why));
        }
        view_row_end(o);
    }
    view_list_end(o);
}

static void show_json(const struct view_stats *stats, struct view_out *o, const struct row *left,
                      const struct err *why)
{
    view_item_begin(o, "stats", &VIEW_NOWHERE);
    view_attr_str(o, "format", stats->format == FORM_BER ? "ber" : "legacy");
    view_attr_u64(o, "legacy_length", stats->legacy);
    if (stats->format == FORM_BER) {
        view_attr_u64(o, "ber_length", stats->ber);
    }
    json_sections(stats, o);
    json_levels(stats, o);
    json_ram(stats, o);
    json_types(stats, o);
    json_blobs(stats, o, left);
    view_attr_u64(o, "tail_octets", stats->tail);
    view_attr_u64(o, "tail_devices", stats->tail_devices);
    view_attr_u64(o, "tail_description", stats->tail_description);
    view_attr_u64(o, "tail_other", stats->tail_other);
    view_attr_u64(o, "type_descriptions", stats->type_descriptions);
    view_attr_u64(o, "type_description_octets", stats->ber_types);
    if (why != NULL) {
        view_attr_str(o, "incomplete", why->text);
    }
    view_item_end(o);
}

bool view_stats_show(const struct view_stats *stats, struct io_sink out, enum view_format format,
                     const struct err *why, struct err *err)
{
    struct row *sections = sorted_sections(stats);
    struct row *types = sorted_types(stats);
    struct row *left = sorted_left(stats);
    struct view_out o;
    bool ok = view_out_init(&o, out, format == VIEW_TEXT ? VIEW_TEXT : VIEW_JSONL, err);

    if (ok && (sections == NULL || types == NULL || left == NULL)) {
        ok = err_memory(err);
    }
    if (ok) {
        if (format == VIEW_TEXT) {
            show_text(stats, &o, sections, types, left);
        } else {
            show_json(stats, &o, left, why);
        }
        ok = view_out_finish(&o, err);
    }
    view_out_done(&o);
    free(sections);
    free(types);
    free(left);
    return ok;
}
