/* leg_text.c - see leg_text.h. */
#include "codec/savevm/leg_text.h"

/* The octets of the character at p, of which left are there; 0 if it is none. */
static size_t utf8_len(const uint8_t *p, size_t left)
{
    size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

    if (len == 0 || len > left || p[0] > 0xf4) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f)) {
        return 0;
    }
    return len;
}

bool leg_text_is_utf8(struct span text)
{
    size_t pos = 0;

    while (pos < text.len) {
        size_t len = utf8_len(text.p + pos, text.len - pos);

        if (len == 0) {
            return false;
        }
        pos += len;
    }
    return true;
}

void leg_text_label(struct span text, char *out, size_t cap)
{
    size_t n = text.len < cap - 1 ? text.len : cap - 1;

    for (size_t i = 0; i < n; i++) {
        out[i] = text.p[i] >= 0x20 && text.p[i] < 0x7f ? (char)text.p[i] : '?';
    }
    out[n] = '\0';
}
