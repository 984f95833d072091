/*
 * fuzz_asn_decode_encode_decode.c - any octets, taken for a value of any type of the wire, or of
 * some devices:
 *
 *   - what is refused is refused with a band, a text and an offset inside the input;
 *   - the fast and the careful way to decode agree, and so they do with slack behind the input;
 *   - a decoded value satisfies asn_check, is shown by asn_show, and encodes;
 *   - its encoding decodes to a value of the same encoding;
 *   - what the profile takes, encodes to the very octets it came from;
 *   - what is taken whole is truncated, and nothing else, when it is cut.
 *
 * Input: the number of a type, one octet that says where to cut, and the encoding.
 */
#include <stdio.h>
#include <stdlib.h>

#include <vmber/devices/cpu-v12.h>
#include <vmber/devices/dma.h>
#include <vmber/devices/fdc.h>

#include "codec/base/arena.h"
#include "codec/base/buf.h"
#include "codec/base/err.h"
#include "codec/schema/asn_engine.h"
#include "engine_types.h"
#include "wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY_MAX = 16 * 1024 * 1024 };

/* Tables of the library of devices, which its headers do not show. */
extern const struct asn_type vmber_cpu_v12_type;
extern const struct asn_type vmber_dma_type;
extern const struct asn_type vmber_fdc_type;

/* New types go to the end: the corpus counts. */
static const struct asn_type *const types[] = {
    &t_all_type,
    &t_items_type,
    &t_closed_type,
    &t_pick_type,
    &wire_record_type,
    &wire_header_record_type,
    &wire_trailer_record_type,
    &wire_index_record_type,
    &wire_ram_type,
    &wire_section_type,
    &wire_type_description_type,
    &t_numbers,
    &t_kindx,
    &t_text,
    &t_oid_type,
    &vmber_cpu_v12_type,
    &vmber_dma_type,
    &vmber_fdc_type,
};

union value {
    struct t_all all;
    struct wire_record record;
    struct wire_header_record header;
    struct wire_trailer_record trailer;
    struct wire_index_record index;
    struct wire_ram ram;
    struct wire_section section;
    struct wire_type_description description;
    struct vmber_cpu_v12 cpu;
    struct vmber_dma dma;
    struct vmber_fdc fdc;
};

static void demand(bool condition, const char *what, const struct err *err)
{
    char line[ERR_PATH_MAX + ERR_TEXT_MAX + 100];

    if (!condition) {
        (void)fprintf(stderr, "%s\n%s\n", what,
                      err != NULL ? err_format(err, line, sizeof(line)) : "");
        abort();
    }
}

/* One way to decode: the outcome, and the encoding of what was decoded. */
struct trip {
    bool ok;
    size_t used;
    struct err err;
    union value value;
    struct arena arena;
    struct buf out;
};

static void trip_run(struct trip *trip, const struct asn_type *type, struct span in, unsigned flags)
{
    struct err err = ERR_INIT;

    err_init(&trip->err);
    arena_init(&trip->arena, MEMORY_MAX);
    buf_init(&trip->out, MEMORY_MAX);
    memset(&trip->value, 0x5a, sizeof(trip->value));
    trip->used = 0;
    trip->ok = asn_decode(type, in, &trip->value, &trip->arena, flags, &trip->used, &trip->err);
    demand(trip->ok == (trip->err.band == ERR_NONE), "outcome and error differ", &trip->err);
    if (!trip->ok) {
        demand(trip->err.band == ERR_TRUNCATED || trip->err.band == ERR_MALFORMED ||
                   trip->err.band == ERR_LIMIT,
               "a band that no input can cause", &trip->err);
        demand(trip->err.text[0] != '\0' && trip->err.ber_offset <= in.len, "no place", &trip->err);
        return;
    }
    demand(trip->used > 0 && trip->used <= in.len, "an impossible length", NULL);
    demand(asn_check(type, &trip->value, &err), "decoded, but does not satisfy asn_check", &err);
    demand(asn_encode_buf(type, &trip->value, &trip->out, NULL, &err), "does not encode", &err);
}

static void trip_done(struct trip *trip)
{
    buf_done(&trip->out);
    arena_done(&trip->arena);
}

static void demand_same(const struct trip *a, const struct trip *b, const char *what)
{
    demand(a->ok == b->ok, what, a->ok ? &b->err : &a->err);
    demand(a->err.band == b->err.band && a->err.ber_offset == b->err.ber_offset &&
               strcmp(a->err.text, b->err.text) == 0 && strcmp(a->err.path, b->err.path) == 0,
           what, &a->err);
    demand(a->used == b->used && span_eq(buf_span(&a->out), buf_span(&b->out)), what, NULL);
}

static bool count_events(void *sink, const struct asn_shown *shown, struct err *err)
{
    size_t *open = sink;

    (void)err;
    *open += shown->kind == ASN_SHOW_ENTER;
    *open -= shown->kind == ASN_SHOW_LEAVE;
    return true;
}

/* What has been taken as it is, is taken in all the other ways. */
static void check_taken(const struct asn_type *type, struct span in, struct trip *first,
                        uint8_t cut)
{
    static struct trip other;
    size_t open = 0;
    struct err err = ERR_INIT;

    trip_run(&other, type, buf_span(&first->out), 0);
    demand(other.ok && other.used == first->out.len, "does not come back", &other.err);
    demand(span_eq(buf_span(&first->out), buf_span(&other.out)), "comes back changed", NULL);
    trip_done(&other);

    demand(asn_show(type, in, &first->arena, count_events, &open, &err) && open == 0,
           "is not shown", &err);

    trip_run(&other, type, in, ASN_PROFILE);
    if (other.ok) {
        demand(span_eq(buf_span(&other.out), span_of(in.p, other.used)),
               "the profile is not what is written", NULL);
    }
    trip_done(&other);

    trip_run(&other, type, span_of(in.p, first->used * cut / 256), 0);
    demand(other.err.band == ERR_TRUNCATED, "cut, but not truncated", &other.err);
    trip_done(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct trip first;
    static struct trip other;
    const struct asn_type *type;
    uint8_t *padded;
    struct span in;

    if (size < 2) {
        return 0;
    }
    type = types[data[0] % (sizeof(types) / sizeof(types[0]))];
    in = span_of(data + 2, size - 2);
    trip_run(&first, type, in, 0);

    trip_run(&other, type, in, ASN_CAREFUL);
    demand_same(&first, &other, "the fast way differs");
    trip_done(&other);

    padded = malloc(in.len + ASN_SLACK_SIZE);
    demand(padded != NULL, "no memory", NULL);
    memcpy(padded, in.p, in.len);
    memset(padded + in.len, data[1], ASN_SLACK_SIZE);
    trip_run(&other, type, span_of(padded, in.len), ASN_SLACK);
    demand_same(&first, &other, "slack differs");
    trip_done(&other);
    free(padded);

    if (first.ok) {
        check_taken(type, in, &first, data[1]);
    }
    trip_done(&first);
    return 0;
}
