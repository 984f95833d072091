/*
 * fuzz_schema_parse_print_parse.c - any octets, taken for ASN.1 modules: what parses is printed to
 * a text that parses and prints to itself; what resolves, resolves again and gives the same C.
 */
#include <stdio.h>
#include <stdlib.h>

#include "codec/base/arena.h"
#include "codec/schema/asn_build.h"
#include "codec/schema/asn_emit.h"
#include "codec/schema/asn_parser.h"
#include "codec/schema/asn_print.h"
#include "codec/schema/asn_resolve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY_MAX = 256 * 1024 * 1024 };

/* One text on its way through the front end. */
struct trip {
    struct arena arena;
    struct asn_model model;
    struct err err;
    bool parsed;
    bool resolved;
    bool emitted;
    struct buf text;
    struct buf bare; /* without comments */
    struct buf c;
    struct buf h;
};

static void give_up(const char *what, const struct trip *trip)
{
    char message[ERR_TEXT_MAX + 1024];

    (void)fprintf(stderr, "%s\n%s\n%.*s\n", what,
                  asn_diag_format(&trip->model.diag, message, sizeof(message)), (int)trip->text.len,
                  (const char *)trip->text.p);
    abort();
}

/* A failure says where, in a text that has such a place. */
static void check_message(const struct trip *trip, struct span text)
{
    if (trip->model.diag.message[0] == '\0' || trip->err.band == ERR_NONE ||
        trip->err.band == ERR_INTERNAL) {
        give_up("a failure without a message", trip);
    }
    if (trip->model.diag.line > 0 && trip->model.diag.column > text.len + 1) {
        give_up("a place outside the text", trip);
    }
}

static void trip_run(struct trip *trip, struct span text)
{
    struct asn_emit_options options = {"fuzz", "fuzz.h", NULL, 0};
    struct asn_tables tables;
    bool built;

    err_init(&trip->err);
    arena_init(&trip->arena, MEMORY_MAX);
    asn_model_init(&trip->model, &trip->arena);
    buf_init(&trip->text, ASN_OUTPUT_MAX);
    buf_init(&trip->bare, ASN_OUTPUT_MAX);
    buf_init(&trip->c, ASN_OUTPUT_MAX);
    buf_init(&trip->h, ASN_OUTPUT_MAX);
    trip->parsed = asn_parse(&trip->model, "input", text, &trip->err);
    trip->resolved = false;
    trip->emitted = false;
    if (!trip->parsed) {
        check_message(trip, text);
        return;
    }
    if (!asn_print_model(&trip->model, true, &trip->text, &trip->err) ||
        !asn_print_model(&trip->model, false, &trip->bare, &trip->err)) {
        give_up("a tree that cannot be printed", trip);
    }
    trip->resolved = asn_resolve(&trip->model, &trip->err);
    if (!trip->resolved) {
        check_message(trip, text);
        return;
    }
    built = asn_build(&trip->model, NULL, 0, &tables, &trip->err);
    if (!built) {
        check_message(trip, text);
    }
    trip->emitted = built && asn_emit(&trip->model, &options, &trip->c, &trip->h, &trip->err);
}

static void trip_done(struct trip *trip)
{
    buf_done(&trip->h);
    buf_done(&trip->c);
    buf_done(&trip->bare);
    buf_done(&trip->text);
    arena_done(&trip->arena);
}

/* The profile is for another parser, but it is notation all the same. */
static void check_profile(struct trip *trip)
{
    struct trip again;
    struct buf profile;

    buf_init(&profile, ASN_OUTPUT_MAX);
    if (asn_print_profile(&trip->model, "Profile", NULL, 0, &profile, &trip->err)) {
        trip_run(&again, buf_span(&profile));
        if (!again.parsed) {
            give_up("a profile that does not parse", &again);
        }
        trip_done(&again);
    }
    buf_done(&profile);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trip first;
    struct trip second;

    trip_run(&first, span_of(data, size));
    if (first.parsed) {
        trip_run(&second, buf_span(&first.text));
        if (!second.parsed || !span_eq(buf_span(&first.text), buf_span(&second.text)) ||
            !span_eq(buf_span(&first.bare), buf_span(&second.bare))) {
            give_up("printed, it is another text", &second);
        }
        if (first.resolved != second.resolved || first.emitted != second.emitted) {
            give_up("printed, it means something else", &second);
        }
        if (!span_eq(buf_span(&first.c), buf_span(&second.c)) ||
            !span_eq(buf_span(&first.h), buf_span(&second.h))) {
            give_up("printed, it is other C", &second);
        }
        if (first.resolved) {
            check_profile(&first);
        }
        trip_done(&second);
    }
    trip_done(&first);
    return 0;
}
