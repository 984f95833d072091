/* dev_value.c - see dev_value.h: runs tables for the public functions, and keeps the arena. */
#include "codec/devlib/dev_value.h"

#include <stdlib.h>

#include "codec/base/arena.h"
#include "codec/base/buf.h"
#include "codec/lib/vmber_lib.h"
#include "codec/schema/asn_engine.h"

enum { ROOM_MIN = 4096 }; /* most sections have less */

struct vmber_arena {
    struct arena arena;
    struct buf room; /* for an encoding that is being made: its size is not known before */
};

/* Tables say where a struct span lies; the public structs have these there. */
_Static_assert(sizeof(struct vmber_octets) == sizeof(struct span) &&
                   offsetof(struct vmber_octets, p) == offsetof(struct span, p) &&
                   offsetof(struct vmber_octets, len) == offsetof(struct span, len),
               "vmber_octets is a span");
_Static_assert((int)VMBER_UNKNOWN == (int)ASN_UNKNOWN, "one number for unknown alternatives");

struct vmber_arena *vmber_arena_new(size_t budget)
{
    struct vmber_arena *arena = malloc(sizeof(*arena));

    if (arena != NULL) {
        arena_init(&arena->arena, budget);
        buf_init(&arena->room, budget);
    }
    return arena;
}

void vmber_arena_reset(struct vmber_arena *arena)
{
    arena_reset(&arena->arena);
}

void vmber_arena_free(struct vmber_arena *arena)
{
    if (arena != NULL) {
        arena_done(&arena->arena);
        buf_done(&arena->room);
        free(arena);
    }
}

/* An error that says nothing, without the cost of one in which every octet is 0. */
static void begin(struct err *err)
{
    err->band = ERR_NONE;
    err->legacy_offset = ERR_NO_OFFSET;
    err->ber_offset = ERR_NO_OFFSET;
    err->path[0] = '\0';
    err->text[0] = '\0';
}

static bool end(const struct err *err, struct vmber_error *error)
{
    if (err->band != ERR_NONE) {
        (void)vmber_lib_report(err, error);
        return false;
    }
    if (error != NULL) {
        error->status = VMBER_GOOD;
        error->legacy_offset = VMBER_NO_OFFSET;
        error->ber_offset = VMBER_NO_OFFSET;
        error->path[0] = '\0';
        error->text[0] = '\0';
    }
    return true;
}

bool vmber_table_decode(const struct asn_type *type, const void *value, size_t len,
                        struct vmber_arena *arena, void *out, struct vmber_error *error)
{
    struct err err;
    size_t used = 0;

    begin(&err);
    if (asn_decode(type, span_of(value, len), out, &arena->arena, 0, &used, &err) && used != len) {
        (void)err_set(&err, ERR_MALFORMED, "%zu octets behind the value", len - used);
        (void)err_at_ber(&err, used);
    }
    return end(&err, error);
}

/* Encodes into room, which grows as far as it may; *out lies in it. */
static bool encode(const struct asn_type *type, const void *value, struct buf *room,
                   struct span *out, struct err *err)
{
    size_t want = ROOM_MIN;

    do {
        struct ber_writer w;

        if (!buf_reserve(room, want < room->len_max ? want : room->len_max, err)) {
            return false;
        }
        ber_writer_init(&w, room->p, room->cap, NULL);
        if (asn_encode(type, value, &w)) {
            *out = ber_written(&w);
            return w.hole_len == 0 || err_set(err, ERR_MALFORMED, "octets are missing");
        }
        if (!w.full) {
            return asn_check(type, value, err) &&
                   err_set(err, ERR_INTERNAL, "%s cannot be encoded", type->name);
        }
        want = room->cap <= SIZE_MAX / 2 ? room->cap * 2 : SIZE_MAX;
    } while (room->cap < room->len_max);
    return err_set(err, ERR_LIMIT, "the encoding has more than %zu octets", room->len_max);
}

bool vmber_table_encode(const struct asn_type *type, const void *value, struct vmber_arena *arena,
                        struct vmber_octets *out, struct vmber_error *error)
{
    struct span encoding = {NULL, 0};
    struct err err;

    begin(&err);
    if (encode(type, value, &arena->room, &encoding, &err)) {
        const uint8_t *copy = arena_copy(&arena->arena, encoding.p, encoding.len, &err);

        if (copy != NULL) {
            out->p = copy;
            out->len = encoding.len;
        }
    }
    return end(&err, error);
}
