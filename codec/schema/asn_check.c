/*
 * asn_check.c - see asn_engine.h: validates C values, with words for what is wrong.
 *
 * asn_encode refuses the same values without words and then asks here.
 */
#include <inttypes.h>

#include "codec/base/err.h"
#include "codec/schema/asn_engine.h"
#include "codec/schema/asn_rules.h"

struct frame {
    struct asn_place place;
    const uint8_t *value; /* the struct; the first item of a SEQUENCE OF */
    size_t count;         /* components or items; a CHOICE ends at index + 1 */
};

struct run {
    struct err *err;
    bool hole; /* one has been seen */
    size_t depth;
    struct frame frames[ASN_FRAMES_MAX];
};

static bool fail(struct run *run, bool whole_frame)
{
    struct asn_place places[ASN_FRAMES_MAX];

    for (size_t i = 0; i < run->depth; i++) {
        places[i] = run->frames[i].place;
    }
    if (whole_frame && run->depth > 0) {
        places[run->depth - 1].index = ASN_NOWHERE;
    }
    asn_path(run->err, places, run->depth);
    return false;
}

static bool push(struct run *run, const struct asn_type *type, const uint8_t *value, size_t index,
                 size_t count)
{
    struct frame *f;

    if (run->depth == ASN_FRAMES_MAX) {
        (void)err_set(run->err, ERR_LIMIT, "values nest deeper than %d", ASN_FRAMES_MAX);
        return fail(run, false);
    }
    f = &run->frames[run->depth++];
    f->place.type = type;
    f->place.index = index;
    f->value = value;
    f->count = count;
    return true;
}

static bool begin_sequence(struct run *run, const struct asn_type *type, const uint8_t *value)
{
    if (!push(run, type, value, 0, type->member_count)) {
        return false;
    }
    if (type->unknown_offset != ASN_NO_OFFSET &&
        !asn_unknown_check(type, asn_load_span(value + type->unknown_offset), run->err)) {
        return fail(run, true);
    }
    return true;
}

static bool begin_choice(struct run *run, const struct asn_type *type, const uint8_t *value)
{
    int32_t which;
    struct span whole;

    memcpy(&which, value, sizeof(which));
    if (which != ASN_UNKNOWN || (type->flags & ASN_EXTENSIBLE) == 0) {
        if (which < 0 || (uint32_t)which >= type->member_count) {
            (void)err_set(run->err, ERR_MALFORMED, "%s has no alternative %" PRId32, type->name,
                          which);
            return fail(run, false);
        }
        return push(run, type, value, (size_t)which, (size_t)which + 1);
    }
    whole = asn_load_span(value + type->unknown_offset);
    if (!asn_raw_check(whole, run->err)) {
        return fail(run, false);
    }
    if (asn_find(type, 0, type->member_count, whole) != type->member_count) {
        (void)err_set(run->err, ERR_MALFORMED, "an unknown alternative has the tag of a known one");
        return fail(run, false);
    }
    return true;
}

static bool check_octets(struct run *run, struct span s)
{
    if (s.p != NULL || s.len == 0) {
        return true;
    }
    if (run->hole) {
        (void)err_set(run->err, ERR_INTERNAL, "two holes in one value");
        return fail(run, false);
    }
    run->hole = true;
    return true;
}

static bool begin(struct run *run, const struct asn_type *type, const uint8_t *value)
{
    struct asn_list list;

    switch (type->op) {
    case ASN_SEQUENCE:
        return begin_sequence(run, type, value);
    case ASN_SEQUENCE_OF:
        memcpy(&list, value, sizeof(list));
        return (asn_size_check(type, list.count, run->err) || fail(run, false)) &&
               push(run, type, list.items, 0, list.count);
    case ASN_CHOICE:
        return begin_choice(run, type, value);
    case ASN_RAW:
        return asn_raw_check(asn_load_span(value), run->err) || fail(run, false);
    case ASN_OCTETS:
        if (!check_octets(run, asn_load_span(value))) {
            return false;
        }
        break;
    case ASN_BOOLEAN:
    case ASN_U8:
    case ASN_U16:
    case ASN_U32:
    case ASN_U64:
    case ASN_I8:
    case ASN_I16:
    case ASN_I32:
    case ASN_I64:
    case ASN_ENUMERATED:
    case ASN_NULL:
    case ASN_UTF8:
    case ASN_OID:
        break;
    }
    return asn_leaf_check(type, value, run->err) || fail(run, false);
}

/* Checks a component's has_x and its value, if it has one. */
static bool check_member(struct run *run, const struct asn_member *m, const uint8_t *base)
{
    if (m->present_offset != ASN_NO_OFFSET && (m->flags & ASN_MAY_BE_ABSENT) != 0 &&
        !asn_load_bool(base + m->present_offset)) {
        if ((m->flags & ASN_DEFAULT) != 0 && !asn_is_default(m, base) &&
            asn_load_number(m->type->op, base + m->offset) != 0) {
            (void)err_set(run->err, ERR_INTERNAL, "has a value, but has_%s is false", m->name);
            return fail(run, false);
        }
        return true;
    }
    return begin(run, m->type, base + m->offset);
}

bool asn_check(const struct asn_type *type, const void *value, struct err *err)
{
    struct run run;

    run.err = err;
    run.hole = false;
    run.depth = 0;
    if (!begin(&run, type, value)) {
        return false;
    }
    while (run.depth > 0) {
        struct frame *f = &run.frames[run.depth - 1];
        const struct asn_type *t = f->place.type;
        size_t i = f->place.index;
        bool ok;

        if (i == f->count) {
            run.depth--;
            if (run.depth > 0) {
                run.frames[run.depth - 1].place.index++;
            }
            continue;
        }
        ok = t->op == ASN_SEQUENCE_OF ? begin(&run, t->element, f->value + i * t->element->size)
                                      : check_member(&run, &t->members[i], f->value);
        if (!ok) {
            return false;
        }
        if (f == &run.frames[run.depth - 1]) {
            f->place.index++;
        }
    }
    return true;
}
