/* view_out.c - see view_out.h. */
#include "codec/view/view_out.h"

enum {
    INDENT = 2,
    OFFSET_DIGITS = 8,
    PLACE_WIDTH = 2 * OFFSET_DIGITS + 2, /* "start-end " */
};

bool view_out_init(struct view_out *o, struct io_sink sink, enum view_format format,
                   struct err *err)
{
    memset(o, 0, sizeof(*o));
    o->format = format;
    o->octets_max = VIEW_OCTETS_SHOWN;
    if (!view_writer_init(&o->w, sink, err)) {
        return false;
    }
    view_json_init(&o->json, &o->w);
    o->hash = hash_new();
    return o->hash != NULL || err_memory(err);
}

void view_out_done(struct view_out *o)
{
    view_writer_done(&o->w);
    hash_free(o->hash);
    o->hash = NULL;
}

bool view_out_finish(struct view_out *o, struct err *err)
{
    return view_writer_finish(&o->w, err);
}

static void put_range(struct view_out *o, uint64_t offset, uint64_t length)
{
    if (offset == ERR_NO_OFFSET) {
        view_put_spaces(&o->w, PLACE_WIDTH);
        return;
    }
    view_put_hex(&o->w, offset, OFFSET_DIGITS);
    view_put_char(&o->w, '-');
    view_put_hex(&o->w, offset + length, OFFSET_DIGITS);
    view_put_char(&o->w, ' ');
}

void view_line_begin(struct view_out *o, const struct view_place *place)
{
    view_line_end(o);
    if (o->offsets) {
        put_range(o, place->legacy_offset, place->legacy_length);
        put_range(o, place->ber_offset, place->ber_length);
    }
    view_put_spaces(&o->w, (size_t)INDENT * o->depth);
    o->in_line = true;
}

void view_line_end(struct view_out *o)
{
    if (o->in_line) {
        view_put_char(&o->w, '\n');
        o->in_line = false;
    }
}

static void json_range(struct view_out *o, const char *key, uint64_t offset, uint64_t length)
{
    if (offset != ERR_NO_OFFSET) {
        view_json_key(&o->json, key);
        view_json_array(&o->json);
        view_json_u64(&o->json, offset);
        view_json_u64(&o->json, offset + length);
        view_json_end(&o->json);
    }
}

void view_json_place(struct view_out *o, const struct view_place *place)
{
    if (o->offsets) {
        json_range(o, "legacy", place->legacy_offset, place->legacy_length);
        json_range(o, "ber", place->ber_offset, place->ber_length);
    }
}

void view_doc_begin(struct view_out *o)
{
    if (o->format == VIEW_JSON) {
        view_json_object(&o->json);
    } else if (o->format == VIEW_TEXT && o->offsets) {
        view_put_str(&o->w, "# legacy         BER               [start-end), hexadecimal\n");
    }
}

void view_doc_end(struct view_out *o)
{
    if (o->format == VIEW_JSON) {
        view_json_end(&o->json);
        view_put_char(&o->w, '\n');
    }
    view_line_end(o);
}

void view_doc_list_begin(struct view_out *o, const char *key)
{
    if (o->format == VIEW_JSON) {
        view_json_line(&o->json);
        view_json_key(&o->json, key);
        view_json_array(&o->json);
    }
}

void view_doc_list_end(struct view_out *o)
{
    if (o->format == VIEW_JSON) {
        view_json_end(&o->json);
    }
}

static void begin_text(struct view_out *o, const char *kind, const struct view_place *place)
{
    view_line_begin(o, place);
    view_put_str(&o->w, kind);
    o->depth++;
}

void view_doc_item_begin(struct view_out *o, const char *kind, const struct view_place *place)
{
    switch (o->format) {
    case VIEW_TEXT:
        begin_text(o, kind, place);
        return;
    case VIEW_JSON:
        if (o->json.more) {
            view_json_line(&o->json);
        }
        view_json_key(&o->json, kind);
        view_json_object(&o->json);
        break;
    case VIEW_JSONL:
        view_json_object(&o->json);
        view_json_key(&o->json, "kind");
        view_json_string(&o->json, span_str(kind));
        break;
    }
    view_json_place(o, place);
}

void view_item_begin(struct view_out *o, const char *kind, const struct view_place *place)
{
    if (o->format == VIEW_TEXT) {
        begin_text(o, kind, place);
        return;
    }
    if (o->format == VIEW_JSON) {
        view_json_line(&o->json);
    }
    view_json_object(&o->json);
    view_json_key(&o->json, "kind");
    view_json_string(&o->json, span_str(kind));
    view_json_place(o, place);
}

void view_item_end(struct view_out *o)
{
    if (o->format == VIEW_TEXT) {
        view_line_end(o);
        o->depth--;
        return;
    }
    view_json_end(&o->json);
    if (o->format == VIEW_JSONL) {
        view_put_char(&o->w, '\n');
    }
}

void view_list_begin(struct view_out *o, const char *key)
{
    if (o->format != VIEW_TEXT) {
        view_json_key(&o->json, key);
        view_json_array(&o->json);
    }
}

void view_list_end(struct view_out *o)
{
    if (o->format != VIEW_TEXT) {
        view_json_end(&o->json);
    }
}

void view_row_begin(struct view_out *o, const char *kind, const struct view_place *place)
{
    if (o->format == VIEW_TEXT) {
        begin_text(o, kind, place);
        return;
    }
    view_json_object(&o->json);
    view_json_key(&o->json, "kind");
    view_json_string(&o->json, span_str(kind));
    view_json_place(o, place);
}

void view_row_end(struct view_out *o)
{
    if (o->format == VIEW_TEXT) {
        view_line_end(o);
        o->depth--;
        return;
    }
    view_json_end(&o->json);
}

static void text_key(struct view_out *o, const char *key)
{
    view_put_str(&o->w, "  ");
    view_put_str(&o->w, key);
    view_put_char(&o->w, ' ');
}

void view_attr_name(struct view_out *o, const char *key, struct span text)
{
    if (o->format == VIEW_TEXT) {
        view_put_char(&o->w, ' ');
        view_put_text(&o->w, text);
        return;
    }
    view_json_key(&o->json, key);
    view_json_string(&o->json, text);
}

void view_attr_text(struct view_out *o, const char *key, struct span text)
{
    bool quoted = text.len == 0 || memchr(text.p, ' ', text.len) != NULL;

    if (o->format != VIEW_TEXT) {
        view_json_key(&o->json, key);
        view_json_string(&o->json, text);
        return;
    }
    text_key(o, key);
    if (quoted) {
        view_put_char(&o->w, '"');
    }
    view_put_text(&o->w, text);
    if (quoted) {
        view_put_char(&o->w, '"');
    }
}

void view_attr_str(struct view_out *o, const char *key, const char *text)
{
    view_attr_text(o, key, span_str(text));
}

void view_attr_u64(struct view_out *o, const char *key, uint64_t v)
{
    if (o->format == VIEW_TEXT) {
        text_key(o, key);
        view_put_u64(&o->w, v);
        return;
    }
    view_json_key(&o->json, key);
    view_json_u64(&o->json, v);
}

void view_attr_count(struct view_out *o, const char *key, uint64_t v)
{
    if (v > 0 || o->format != VIEW_TEXT) {
        view_attr_u64(o, key, v);
    }
}

void view_attr_flag(struct view_out *o, const char *key, bool v)
{
    if (o->format != VIEW_TEXT) {
        view_json_key(&o->json, key);
        view_json_bool(&o->json, v);
    } else if (v) {
        view_put_str(&o->w, "  ");
        view_put_str(&o->w, key);
    }
}

void view_attr_share(struct view_out *o, const char *key, uint64_t part, uint64_t whole)
{
    /* Tenths of a percent, rounded; octets of a stream are far below 2^64 / 1000. */
    uint64_t tenths = whole == 0 ? 0 : (part * 1000 + whole / 2) / whole;

    if (o->format == VIEW_TEXT) {
        text_key(o, key);
        view_put_u64(&o->w, tenths / 10);
        view_put_char(&o->w, '.');
        view_put_u64(&o->w, tenths % 10);
        view_put_char(&o->w, '%');
        return;
    }
    view_json_key(&o->json, key);
    view_json_tenths(&o->json, tenths);
}

static void text_octets(struct view_out *o, const struct view_octets *octets)
{
    view_put_u64(&o->w, octets->total);
    view_put_str(&o->w, octets->total == 1 ? " octet" : " octets");
    if (octets->same) {
        view_put_str(&o->w, ", all ");
        view_put_hex(&o->w, octets->octet, 2);
        return;
    }
    if (octets->total > 0) {
        view_put_str(&o->w, ": ");
        view_put_octets(&o->w, octets->first, ' ');
    }
    if (octets->first.len < octets->total) {
        /* So that two dumps differ where the octets do. */
        view_put_str(&o->w, octets->first.len > 0 ? " ... xxh3 " : "xxh3 ");
        view_put_octets(&o->w, span_of(octets->check, sizeof(octets->check)), '\0');
    }
}

static void json_octets(struct view_out *o, const char *key, const struct view_octets *octets)
{
    view_json_key(&o->json, "size");
    view_json_u64(&o->json, octets->total);
    if (octets->first.len < octets->total) {
        view_json_key(&o->json, "xxh3");
        view_json_octets(&o->json, span_of(octets->check, sizeof(octets->check)));
    }
    view_json_key(&o->json, key);
    view_json_octets(&o->json, octets->first);
}

void view_text_octets(struct view_out *o, struct span octets)
{
    struct view_octets shown = view_octets_of(octets, o->octets_max, o->hash);

    text_octets(o, &shown);
}

void view_json_octets_attr(struct view_out *o, const char *key, struct span octets)
{
    struct view_octets shown = view_octets_of(octets, o->octets_max, o->hash);

    json_octets(o, key, &shown);
}

void view_attr_hex(struct view_out *o, const char *key, struct span octets)
{
    if (o->format == VIEW_TEXT) {
        text_key(o, key);
        view_put_octets(&o->w, octets, '\0');
        return;
    }
    view_json_key(&o->json, key);
    view_json_octets(&o->json, octets);
}

void view_attr_gathered(struct view_out *o, const char *key, const struct view_octets *octets)
{
    if (o->format == VIEW_TEXT) {
        text_key(o, key);
        text_octets(o, octets);
        return;
    }
    json_octets(o, key, octets);
}

void view_attr_octets(struct view_out *o, const char *key, struct span octets)
{
    struct view_octets shown = view_octets_of(octets, o->octets_max, o->hash);

    view_attr_gathered(o, key, &shown);
}
