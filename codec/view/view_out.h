/*
 * view_out.h - what a view shows, in one of three forms: text, a JSON document, JSON Lines.
 *
 * A view is a row of items; an item has a label, attributes, and lists of rows with attributes of
 * their own. The same calls make all forms, so that none of them shows less:
 *
 *     view_item_begin(o, "section", &place);    section  ram  id 2           {"kind":"section",
 *     view_attr_name(o, "name", name);                                        "name":"ram",
 *     view_attr_u64(o, "id", 2);                                              "id":2,
 *     view_list_begin(o, "blocks");                                           "blocks":[
 *     view_row_begin(o, "block", &place);         block  pc.ram                {
 *     view_attr_name(o, "name", name);                                          "name":"pc.ram"
 *     view_row_end(o);                                                          }
 *     view_list_end(o);                                                        ]
 *     view_item_end(o);                                                       }
 *
 * Text of a stream (names, types) never steers a terminal: see view_writer.h.
 */
#ifndef VMBER_VIEW_OUT_H
#define VMBER_VIEW_OUT_H

#include "codec/view/view_json.h"
#include "codec/view/view_octets.h"

enum view_format { VIEW_TEXT, VIEW_JSON, VIEW_JSONL };

/* Where something stands; ERR_NO_OFFSET where that is not known. */
struct view_place {
    uint64_t legacy_offset;
    uint64_t legacy_length;
    uint64_t ber_offset;
    uint64_t ber_length;
};

#define VIEW_NOWHERE ((struct view_place){ERR_NO_OFFSET, 0, ERR_NO_OFFSET, 0})

struct view_out {
    struct view_writer w;
    struct view_json json;
    enum view_format format;
    bool offsets;      /* show places */
    size_t octets_max; /* shown of an octet string */
    unsigned depth;    /* text: of the current line */
    bool in_line;      /* text: a line has begun */
    struct hash *hash; /* of octets that are not shown */
};

bool view_out_init(struct view_out *o, struct io_sink sink, enum view_format format,
                   struct err *err);
void view_out_done(struct view_out *o);

/* view_out_finish ends the output and tells the first failure to write it. */
bool view_out_finish(struct view_out *o, struct err *err);

/* view_doc_begin and view_doc_end stand around everything. */
void view_doc_begin(struct view_out *o);
void view_doc_end(struct view_out *o);

/* view_doc_list holds the items that come in any number; nothing in text and JSON Lines. */
void view_doc_list_begin(struct view_out *o, const char *key);
void view_doc_list_end(struct view_out *o);

/* view_doc_item is an item that stands in the document once, under its kind as key. */
void view_doc_item_begin(struct view_out *o, const char *kind, const struct view_place *place);

/* view_item is one of the items of a doc_list. */
void view_item_begin(struct view_out *o, const char *kind, const struct view_place *place);
void view_item_end(struct view_out *o);

void view_list_begin(struct view_out *o, const char *key);
void view_list_end(struct view_out *o);
void view_row_begin(struct view_out *o, const char *kind, const struct view_place *place);
void view_row_end(struct view_out *o);

/* view_attr_name is an attribute that text shows without its key. */
void view_attr_name(struct view_out *o, const char *key, struct span text);
void view_attr_text(struct view_out *o, const char *key, struct span text);
void view_attr_str(struct view_out *o, const char *key, const char *text);
void view_attr_u64(struct view_out *o, const char *key, uint64_t v);

/* view_attr_count is view_attr_u64 that text leaves out when it is 0. */
void view_attr_count(struct view_out *o, const char *key, uint64_t v);

/* view_attr_flag is true or false in JSON; in text the key stands there or does not. */
void view_attr_flag(struct view_out *o, const char *key, bool v);

/* view_attr_share is how many parts of whole, as percents with one decimal. */
void view_attr_share(struct view_out *o, const char *key, uint64_t part, uint64_t whole);

/* view_attr_hex shows all of a few octets that are one thing, such as a digest. */
void view_attr_hex(struct view_out *o, const char *key, struct span octets);

/* view_attr_octets shows how many octets there are, and the first of them. */
void view_attr_octets(struct view_out *o, const char *key, struct span octets);

void view_attr_gathered(struct view_out *o, const char *key, const struct view_octets *octets);

/* For values inside items (view_node.h): a line of text with its place; the value of octets. */
void view_line_begin(struct view_out *o, const struct view_place *place);
void view_line_end(struct view_out *o);
void view_text_octets(struct view_out *o, struct span octets);
void view_json_place(struct view_out *o, const struct view_place *place);
void view_json_octets_attr(struct view_out *o, const char *key, struct span octets);

#endif
