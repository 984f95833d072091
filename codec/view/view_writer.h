/*
 * view_writer.h - text on its way out: many small calls, one finish.
 *
 * Sticky: after the first failure every call does nothing and view_writer_finish tells it. What may
 * hold any octets (names, values) goes through view_put_text or view_put_json, so that nothing in a
 * stream can steer a terminal or break a line.
 */
#ifndef VMBER_VIEW_WRITER_H
#define VMBER_VIEW_WRITER_H

#include "codec/base/err.h"
#include "codec/base/io.h"

struct view_writer {
    struct io_sink sink;
    uint8_t *mem; /* VIEW_BUFFER octets */
    size_t len;
    bool failed;
    struct err err;
};

bool view_writer_init(struct view_writer *w, struct io_sink sink, struct err *err);
void view_writer_done(struct view_writer *w);

/* view_writer_flush hands over what is there, for readers that follow line by line. */
void view_writer_flush(struct view_writer *w);

/* view_writer_finish flushes and tells the first failure. */
bool view_writer_finish(struct view_writer *w, struct err *err);

void view_put(struct view_writer *w, const void *p, size_t n);
void view_put_str(struct view_writer *w, const char *s);
void view_put_char(struct view_writer *w, char c);
void view_put_spaces(struct view_writer *w, size_t n);
void view_put_u64(struct view_writer *w, uint64_t v);
void view_put_i64(struct view_writer *w, int64_t v);

/* view_put_hex writes v in at least digits_min hexadecimal digits, without 0x. */
void view_put_hex(struct view_writer *w, uint64_t v, unsigned digits_min);

/* view_put_octets writes two hexadecimal digits an octet, with separator between ('\0': nothing).
 */
void view_put_octets(struct view_writer *w, struct span octets, char separator);

/* view_put_text writes printable ASCII as it is, everything else and the backslash as \xNN. */
void view_put_text(struct view_writer *w, struct span text);

/* view_put_json writes a JSON string with its quotes; octets that are no UTF-8 become U+FFFD. */
void view_put_json(struct view_writer *w, struct span text);

#endif
