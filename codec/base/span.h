/*
 * span.h - borrowed bytes, passed by value.
 *
 * A span never owns what it points at. How long the bytes live is said where the span comes from:
 * until the next call on a reader, until arena_reset, or until close.
 */
#ifndef VMBER_BASE_SPAN_H
#define VMBER_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const uint8_t *p;
    size_t len; /* octets */
};

static inline struct span span_of(const void *p, size_t len)
{
    struct span s = {(const uint8_t *)p, len};

    return s;
}

/* span_str returns the octets of the NUL-terminated string s, without the NUL. */
static inline struct span span_str(const char *s)
{
    return span_of(s, strlen(s));
}

static inline bool span_eq(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool span_eq_str(struct span a, const char *s)
{
    return span_eq(a, span_str(s));
}

/* span_compare orders octets as memcmp does; of two that begin alike the shorter comes first. */
static inline int span_compare(struct span a, struct span b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.p, b.p, len) : 0;

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* span_from returns what is left of s after its first n octets; n is at most s.len. */
static inline struct span span_from(struct span s, size_t n)
{
    return span_of(s.p + n, s.len - n);
}

#endif
