/* view_json.c - see view_json.h. */
#include "codec/view/view_json.h"

#include <assert.h>

#define VIEW_JSON_EXACT (UINT64_C(1) << 53)

void view_json_init(struct view_json *json, struct view_writer *w)
{
    json->w = w;
    json->depth = 0;
    json->more = false;
}

/* What comes before every value. */
static void begin_value(struct view_json *json)
{
    if (json->more) {
        view_put_char(json->w, ',');
    }
    json->more = true;
}

static void open_level(struct view_json *json, char open, char close)
{
    assert(json->depth < VIEW_JSON_DEPTH_MAX);
    begin_value(json);
    view_put_char(json->w, open);
    json->close[json->depth++] = close;
    json->more = false;
}

void view_json_object(struct view_json *json)
{
    open_level(json, '{', '}');
}

void view_json_array(struct view_json *json)
{
    open_level(json, '[', ']');
}

void view_json_end(struct view_json *json)
{
    assert(json->depth > 0);
    view_put_char(json->w, json->close[--json->depth]);
    json->more = json->depth > 0;
}

void view_json_key(struct view_json *json, const char *key)
{
    begin_value(json);
    view_put_json(json->w, span_str(key));
    view_put_char(json->w, ':');
    json->more = false;
}

void view_json_line(struct view_json *json)
{
    if (json->more) {
        view_put_char(json->w, ',');
        json->more = false;
    }
    view_put_char(json->w, '\n');
}

void view_json_string(struct view_json *json, struct span text)
{
    begin_value(json);
    view_put_json(json->w, text);
}

void view_json_u64(struct view_json *json, uint64_t v)
{
    bool quoted = v > VIEW_JSON_EXACT;

    begin_value(json);
    if (quoted) {
        view_put_char(json->w, '"');
    }
    view_put_u64(json->w, v);
    if (quoted) {
        view_put_char(json->w, '"');
    }
}

void view_json_i64(struct view_json *json, int64_t v)
{
    bool quoted = v > (int64_t)VIEW_JSON_EXACT || v < -(int64_t)VIEW_JSON_EXACT;

    begin_value(json);
    if (quoted) {
        view_put_char(json->w, '"');
    }
    view_put_i64(json->w, v);
    if (quoted) {
        view_put_char(json->w, '"');
    }
}

void view_json_bool(struct view_json *json, bool v)
{
    begin_value(json);
    view_put_str(json->w, v ? "true" : "false");
}

void view_json_octets(struct view_json *json, struct span octets)
{
    begin_value(json);
    view_put_char(json->w, '"');
    view_put_octets(json->w, octets, '\0');
    view_put_char(json->w, '"');
}

void view_json_tenths(struct view_json *json, uint64_t v)
{
    begin_value(json);
    view_put_u64(json->w, v / 10);
    view_put_char(json->w, '.');
    view_put_u64(json->w, v % 10);
}
