/* proxy_frame.c - see proxy_frame.h. */
#include "tools/proxy/proxy_frame.h"

#include <stdlib.h>

#include "codec/base/arena.h"
#include "codec/base/err.h"
#include "codec/base/hash.h"
#include "codec/schema/asn_engine.h"
#include "wire.h"

enum { PIECES_MAX = 64 };

static void put_be32(uint8_t *p, uint32_t v)
{
    for (int i = 3; i >= 0; i--, v >>= 8) {
        p[i] = (uint8_t)v;
    }
}

static uint32_t get_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/*
 * The check of a head: a multiplicative hash (Fibonacci, 2^64 / golden ratio) of kind and length.
 * Any change of one octet changes it.
 */
static uint32_t head_check(uint8_t kind, uint32_t len)
{
    uint64_t v = ((uint64_t)kind << 32 | len) + 1;

    v *= UINT64_C(0x9e3779b97f4a7c15);
    v ^= v >> 32;
    v *= UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(v >> 40);
}

void proxy_head_write(uint8_t out[PROXY_HEAD_LEN], enum proxy_kind kind, uint32_t len)
{
    put_be32(out, (uint32_t)kind << 24 | head_check((uint8_t)kind, len));
    put_be32(out + 4, len);
}

bool proxy_head_read(const uint8_t in[PROXY_HEAD_LEN], struct proxy_head *head, struct err *err)
{
    uint32_t len = get_be32(in + 4);

    if ((get_be32(in) & 0xffffff) != head_check(in[0], len)) {
        return err_set(err, ERR_MALFORMED,
                       "expected the head of a frame, found %02x%02x%02x%02x %02x%02x%02x%02x",
                       in[0], in[1], in[2], in[3], in[4], in[5], in[6], in[7]);
    }
    switch (in[0]) {
    case PROXY_HELLO:
    case PROXY_DATA:
    case PROXY_END:
    case PROXY_READY:
    case PROXY_GO:
    case PROXY_FAILED:
    case PROXY_RETURN:
        break;
    default:
        return err_set(err, ERR_UNSUPPORTED, "a frame of unknown kind 0x%02x", in[0]);
    }
    head->kind = (enum proxy_kind)in[0];
    head->len = len;
    if (len > (head->kind == PROXY_DATA ? PROXY_DATA_MAX : PROXY_MESSAGE_MAX)) {
        return err_set(err, ERR_LIMIT, "a frame of kind 0x%02x with %u octets", in[0],
                       (unsigned)len);
    }
    return true;
}

bool proxy_frame_put(struct buf *out, enum proxy_kind kind, struct span contents, struct err *err)
{
    uint8_t head[PROXY_HEAD_LEN];
    uint8_t digest[HASH_DIGEST_LEN];
    size_t digest_len = contents.len > 0 ? sizeof(digest) : 0;

    proxy_head_write(head, kind, (uint32_t)(contents.len + digest_len));
    return buf_put(out, head, sizeof(head), err) &&
           (contents.len == 0 ||
            (hash_digest_of(contents, digest, err) && buf_put(out, contents.p, contents.len, err) &&
             buf_put(out, digest, sizeof(digest), err)));
}

bool proxy_frame_take(struct span *contents, struct err *err)
{
    uint8_t digest[HASH_DIGEST_LEN];
    size_t len = contents->len;

    if (len == 0) {
        return true;
    }
    if (len <= sizeof(digest)) {
        return err_set(err, ERR_MALFORMED, "a frame of %zu octets, which is no more than a digest",
                       len);
    }
    contents->len = len - sizeof(digest);
    return hash_digest_of(*contents, digest, err) &&
           (memcmp(contents->p + contents->len, digest, sizeof(digest)) == 0 ||
            err_set(err, ERR_MALFORMED, "a frame's digest is another than that of its contents"));
}

void proxy_printable(char *out, size_t cap, struct span text)
{
    size_t len = text.len < cap ? text.len : cap - 1;

    for (size_t i = 0; i < len; i++) {
        out[i] = text.p[i] >= 0x20 && text.p[i] < 0x7f ? (char)text.p[i] : '?';
    }
    out[len] = '\0';
}

void proxy_features_init(struct proxy_features *features)
{
    features->count = 0;
    features->len = 0;
}

static bool is_good_name(struct span name)
{
    static const char octets[] = "abcdefghijklmnopqrstuvwxyz0123456789.-_";

    for (size_t i = 0; i < name.len; i++) {
        if (memchr(octets, name.p[i], sizeof(octets) - 1) == NULL) {
            return false;
        }
    }
    return name.len > 0 && name.len < PROXY_FEATURE_MAX;
}

bool proxy_features_add(struct proxy_features *features, struct span name, struct err *err)
{
    char *at = features->octets + features->len;
    uint32_t i = features->count;

    if (!is_good_name(name)) {
        return err_set(err, ERR_MALFORMED, "a feature without a good name");
    }
    if (features->count == PROXY_FEATURES_MAX ||
        name.len >= sizeof(features->octets) - features->len) {
        return err_set(err, ERR_LIMIT, "more than %d features", PROXY_FEATURES_MAX);
    }
    memcpy(at, name.p, name.len);
    at[name.len] = '\0';
    for (; i > 0 && strcmp(features->names[i - 1], at) > 0; i--) {
        features->names[i] = features->names[i - 1];
    }
    if (i > 0 && strcmp(features->names[i - 1], at) == 0) {
        memmove(features->names + i, features->names + i + 1,
                (features->count - i) * sizeof(features->names[0]));
        return true;
    }
    features->names[i] = at;
    features->len += name.len + 1;
    features->count++;
    return true;
}

bool proxy_features_have(const struct proxy_features *features, const char *name)
{
    for (uint32_t i = 0; i < features->count; i++) {
        if (strcmp(features->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

form_feature_set proxy_features_lacking(const struct proxy_features *features)
{
    form_feature_set lacking = 0;

    for (unsigned id = 0; id < FORM_FEATURES; id++) {
        if (form_features[id].feature_class == WIRE_FEATURE_CLASS_INCOMPATIBLE &&
            !proxy_features_have(features, form_features[id].name)) {
            lacking |= FORM_FEATURE_BIT(id);
        }
    }
    return lacking;
}

bool proxy_hello_write(struct buf *out, const char *producer, form_feature_set features,
                       struct err *err)
{
    struct span names[FORM_FEATURES];
    struct wire_hello hello = {0};

    for (unsigned id = 0; id < FORM_FEATURES; id++) { /* in the order of their names */
        if ((features & FORM_FEATURE_BIT(id)) != 0) {
            names[hello.features.count++] = span_str(form_features[id].name);
        }
    }
    hello.producer = span_str(producer);
    hello.features.items = names;
    return asn_encode_buf(&wire_hello_type, &hello, out, NULL, err);
}

static bool take_hello(const struct wire_hello *hello, char *producer, size_t cap,
                       struct proxy_features *features, struct err *err)
{
    for (size_t i = 0; i < hello->features.count; i++) {
        if (!proxy_features_add(features, hello->features.items[i], err)) {
            return false;
        }
    }
    proxy_printable(producer, cap, hello->producer);
    return true;
}

bool proxy_hello_read(struct span in, char *producer, size_t cap, struct proxy_features *features,
                      struct err *err)
{
    struct wire_hello hello;
    struct arena arena;
    size_t used;
    bool ok;

    proxy_features_init(features);
    arena_init(&arena, 4 * PROXY_MESSAGE_MAX);
    ok = asn_decode(&wire_hello_type, in, &hello, &arena, 0, &used, err) &&
         (used == in.len || err_set(err, ERR_MALFORMED, "octets behind a hello")) &&
         take_hello(&hello, producer, cap, features, err);
    arena_done(&arena);
    return ok;
}

/* Reads n octets; *got is less only at the end of input. */
static bool read_exactly(struct io_source in, uint8_t *p, size_t n, size_t *got, struct err *err)
{
    *got = 0;
    while (*got < n) {
        size_t piece = 0;

        if (!in.read(in.ctx, p + *got, n - *got, &piece, err)) {
            return false;
        }
        if (piece == 0) {
            return true;
        }
        *got += piece;
    }
    return true;
}

/* The rest of a FAILED; always false, with what the source said, or what is wrong with that. */
static bool read_failed(struct proxy_frame_source *source, uint32_t len, struct err *err)
{
    char text[ERR_TEXT_MAX];
    struct span contents;
    struct buf said;
    size_t got = 0;

    buf_init(&said, PROXY_MESSAGE_MAX);
    if (buf_reserve(&said, len, err) && read_exactly(source->in, said.p, len, &got, err)) {
        contents = span_of(said.p, got);
        if (got < len) {
            (void)err_set(err, ERR_TRUNCATED, "the channel ended inside a frame: %zu more octets",
                          len - got);
        } else if (proxy_frame_take(&contents, err)) {
            proxy_printable(text, sizeof(text), contents);
            (void)err_set(err, ERR_TRUNCATED, "the source: %s", text);
        }
    }
    buf_done(&said);
    return false;
}

static bool next_head(struct proxy_frame_source *source, struct proxy_head *head, struct err *err)
{
    uint8_t octets[PROXY_HEAD_LEN];
    size_t got;

    if (!read_exactly(source->in, octets, sizeof(octets), &got, err)) {
        return false;
    }
    if (got < sizeof(octets)) {
        return err_set(err, ERR_TRUNCATED, "the channel ended without a word from the source");
    }
    if (!proxy_head_read(octets, head, err)) {
        return false;
    }
    return head->kind != PROXY_FAILED || read_failed(source, head->len, err);
}

static bool frame_read(void *ctx, void *p, size_t cap, size_t *got, struct err *err)
{
    struct proxy_frame_source *source = ctx;

    while (source->left == 0) {
        struct proxy_head head;

        if (source->ended) {
            *got = 0;
            return true;
        }
        if (!next_head(source, &head, err)) {
            return false;
        }
        if (head.kind == PROXY_END && head.len == 0) {
            source->ended = true;
        } else if (head.kind == PROXY_DATA) {
            source->left = head.len;
        } else {
            return err_set(err, ERR_MALFORMED, "a frame of kind 0x%02x inside the stream",
                           (unsigned)head.kind);
        }
    }
    if (!source->in.read(source->in.ctx, p, cap < source->left ? cap : source->left, got, err)) {
        return false;
    }
    if (*got == 0) {
        return err_set(err, ERR_TRUNCATED, "the channel ended inside a frame: %u more octets",
                       (unsigned)source->left);
    }
    source->left -= (uint32_t)*got;
    return true;
}

struct io_source proxy_frame_source(struct proxy_frame_source *source, struct io_source in)
{
    struct io_source out = {frame_read, source};

    source->in = in;
    source->left = 0;
    source->ended = false;
    return out;
}

bool proxy_frame_await(struct proxy_frame_source *source, enum proxy_kind kind, struct err *err)
{
    struct proxy_head head;

    if (!next_head(source, &head, err)) {
        return false;
    }
    return (head.kind == kind && head.len == 0) ||
           err_set(err, ERR_MALFORMED, "expected a frame of kind 0x%02x, found 0x%02x",
                   (unsigned)kind, (unsigned)head.kind);
}

static bool frame_write(void *ctx, struct iovec *iov, size_t iov_count, struct err *err)
{
    struct proxy_frame_sink *sink = ctx;

    while (iov_count > 0) {
        uint8_t head[PROXY_HEAD_LEN];
        struct iovec pieces[PIECES_MAX];
        uint64_t len = 0;
        size_t n = 0;

        while (n < iov_count && n < PIECES_MAX - 1 &&
               len + iov[n].iov_len <= (uint64_t)PROXY_DATA_MAX) {
            pieces[n + 1] = iov[n];
            len += iov[n].iov_len;
            n++;
        }
        if (n == 0) {
            return err_set(err, ERR_LIMIT, "%zu octets written at once", iov[0].iov_len);
        }
        proxy_head_write(head, PROXY_DATA, (uint32_t)len);
        pieces[0].iov_base = head;
        pieces[0].iov_len = sizeof(head);
        if (len > 0 && !sink->out.write(sink->out.ctx, pieces, n + 1, err)) {
            return false;
        }
        iov += n;
        iov_count -= n;
    }
    return true;
}

struct io_sink proxy_frame_sink(struct proxy_frame_sink *sink, struct io_sink out)
{
    struct io_sink in = {frame_write, sink};

    sink->out = out;
    return in;
}
