/*
 * view_json.h - JSON as it is written: commas and nesting, nothing is kept.
 *
 * Integers are JSON numbers where a double holds them exactly (up to 2^53 in magnitude), decimal
 * strings beyond, so that no reader sees another number than the stream has. Octets are strings of
 * lower-case hexadecimal digits.
 */
#ifndef VMBER_VIEW_JSON_H
#define VMBER_VIEW_JSON_H

#include "codec/view/view_limits.h"
#include "codec/view/view_writer.h"

struct view_json {
    struct view_writer *w;
    unsigned depth;
    char close[VIEW_JSON_DEPTH_MAX]; /* what ends each open object or array */
    bool more;                       /* a comma is due before the next value of this level */
};

void view_json_init(struct view_json *json, struct view_writer *w);

/* view_json_object, _array and _end nest; _key names the next value. */
void view_json_object(struct view_json *json);
void view_json_array(struct view_json *json);
void view_json_end(struct view_json *json);
void view_json_key(struct view_json *json, const char *key);

/* view_json_line begins a new line of output where white space is allowed. */
void view_json_line(struct view_json *json);

void view_json_string(struct view_json *json, struct span text);
void view_json_u64(struct view_json *json, uint64_t v);
void view_json_i64(struct view_json *json, int64_t v);
void view_json_bool(struct view_json *json, bool v);
void view_json_octets(struct view_json *json, struct span octets);

/* view_json_tenths writes v / 10 with one decimal. */
void view_json_tenths(struct view_json *json, uint64_t v);

#endif
