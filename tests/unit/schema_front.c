/* schema_front.c - see schema_front.h. */
#include "schema_front.h"

#include <check.h>
#include <stdlib.h>

#include "codec/schema/asn_parser.h"
#include "codec/schema/asn_print.h"
#include "codec/schema/asn_resolve.h"

bool front_parse(struct front *front, struct span text, size_t memory_max)
{
    err_init(&front->err);
    arena_init(&front->arena, memory_max);
    asn_model_init(&front->model, &front->arena);
    return asn_parse(&front->model, "m.asn1", text, &front->err);
}

bool front_resolve(struct front *front, const char *text)
{
    return front_parse(front, span_str(text), SIZE_MAX) && asn_resolve(&front->model, &front->err);
}

void front_done(struct front *front)
{
    arena_done(&front->arena);
}

char *front_print(const struct front *front)
{
    struct buf out;
    struct err err = ERR_INIT;
    char *text;

    buf_init(&out, ASN_OUTPUT_MAX);
    ck_assert(asn_print_model(&front->model, true, &out, &err));
    text = calloc(1, out.len + 1);
    ck_assert_ptr_nonnull(text);
    memcpy(text, out.p, out.len);
    buf_done(&out);
    return text;
}
