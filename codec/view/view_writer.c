/* view_writer.c - see view_writer.h. */
#include "codec/view/view_writer.h"

#include <stdlib.h>

#include "codec/view/view_limits.h"

static const char digits[] = "0123456789abcdef";

bool view_writer_init(struct view_writer *w, struct io_sink sink, struct err *err)
{
    memset(w, 0, sizeof(*w));
    err_init(&w->err);
    w->sink = sink;
    w->mem = malloc(VIEW_BUFFER);
    return w->mem != NULL || err_memory(err);
}

void view_writer_done(struct view_writer *w)
{
    free(w->mem);
    w->mem = NULL;
}

static void hand_over(struct view_writer *w, const void *p, size_t n)
{
    struct iovec iov = {(void *)(uintptr_t)p, n};

    if (n > 0 && !w->failed && !w->sink.write(w->sink.ctx, &iov, 1, &w->err)) {
        w->failed = true;
    }
}

void view_writer_flush(struct view_writer *w)
{
    hand_over(w, w->mem, w->len);
    w->len = 0;
}

bool view_writer_finish(struct view_writer *w, struct err *err)
{
    view_writer_flush(w);
    if (w->failed && err != NULL && err->band == ERR_NONE) {
        *err = w->err;
    }
    return !w->failed;
}

void view_put(struct view_writer *w, const void *p, size_t n)
{
    if (n > VIEW_BUFFER - w->len) {
        view_writer_flush(w);
        if (n > VIEW_BUFFER) {
            hand_over(w, p, n);
            return;
        }
    }
    if (n > 0) {
        memcpy(w->mem + w->len, p, n);
    }
    w->len += n;
}

void view_put_str(struct view_writer *w, const char *s)
{
    view_put(w, s, strlen(s));
}

void view_put_char(struct view_writer *w, char c)
{
    view_put(w, &c, 1);
}

void view_put_spaces(struct view_writer *w, size_t n)
{
    static const char spaces[] = "                                ";

    while (n > 0) {
        size_t now = n < sizeof(spaces) - 1 ? n : sizeof(spaces) - 1;

        view_put(w, spaces, now);
        n -= now;
    }
}

void view_put_u64(struct view_writer *w, uint64_t v)
{
    char text[20];
    size_t at = sizeof(text);

    while (v > UINT32_MAX) {
        text[--at] = (char)('0' + v % 10);
        v /= 10;
    }
    for (uint32_t rest = (uint32_t)v; rest > 0 || at == sizeof(text); rest /= 10) {
        text[--at] = (char)('0' + rest % 10); /* 32 bits divide in half the time */
    }
    view_put(w, text + at, sizeof(text) - at);
}

void view_put_i64(struct view_writer *w, int64_t v)
{
    uint64_t size = (uint64_t)v;

    if (v < 0) {
        view_put_char(w, '-');
        size = 0 - size;
    }
    view_put_u64(w, size);
}

void view_put_hex(struct view_writer *w, uint64_t v, unsigned digits_min)
{
    char text[16];
    size_t at = sizeof(text);

    while (at > 0 && (v > 0 || sizeof(text) - at < digits_min || at == sizeof(text))) {
        text[--at] = digits[v & 15];
        v >>= 4;
    }
    view_put(w, text + at, sizeof(text) - at);
}

void view_put_octets(struct view_writer *w, struct span octets, char separator)
{
    char text[3 * 256];
    size_t step = separator == '\0' ? 2 : 3;
    size_t at = 0;

    for (size_t i = 0; i < octets.len; i++) {
        if (i > 0 && separator != '\0') {
            text[at++] = separator;
        }
        text[at++] = digits[octets.p[i] >> 4];
        text[at++] = digits[octets.p[i] & 15];
        if (at + step > sizeof(text)) {
            view_put(w, text, at);
            at = 0;
        }
    }
    view_put(w, text, at);
}

void view_put_text(struct view_writer *w, struct span text)
{
    size_t plain = 0; /* first octet that is not written yet */

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];

        if (c >= 0x20 && c < 0x7f && c != '\\') {
            continue;
        }
        view_put(w, text.p + plain, i - plain);
        view_put(w, "\\x", 2);
        view_put_hex(w, c, 2);
        plain = i + 1;
    }
    view_put(w, text.p + plain, text.len - plain);
}

/* Returns the octets of the UTF-8 character that text begins with, 0 if it begins with none. */
static size_t utf8_len(struct span text)
{
    uint8_t c = text.p[0];
    size_t len = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;

    if (len == 0 || len > text.len) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((text.p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    /* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF */
    if ((c == 0xe0 && text.p[1] < 0xa0) || (c == 0xed && text.p[1] > 0x9f) ||
        (c == 0xf0 && text.p[1] < 0x90) || (c == 0xf4 && text.p[1] > 0x8f)) {
        return 0;
    }
    return len;
}

void view_put_json(struct view_writer *w, struct span text)
{
    size_t plain = 0;
    size_t i = 0;

    view_put_char(w, '"');
    while (i < text.len) {
        uint8_t c = text.p[i];
        size_t len = utf8_len(span_from(text, i));

        /* C1 controls are legal in JSON and not in a terminal. */
        if (len > 0 && c >= 0x20 && c != '"' && c != '\\' && c != 0x7f &&
            !(c == 0xc2 && text.p[i + 1] < 0xa0)) {
            i += len;
            continue;
        }
        view_put(w, text.p + plain, i - plain);
        if (len == 0) {
            view_put_str(w, "\\ufffd");
            len = 1;
        } else if (c == '"' || c == '\\') {
            view_put_char(w, '\\');
            view_put_char(w, (char)c);
        } else {
            view_put_str(w, "\\u");
            view_put_hex(w, len == 1 ? c : text.p[i + 1], 4);
        }
        i += len;
        plain = i;
    }
    view_put(w, text.p + plain, text.len - plain);
    view_put_char(w, '"');
}
