/* asn_show.c - see asn_engine.h: visits an encoded value with the names its tables have for it. */
#include <inttypes.h>

#include "codec/base/err.h"
#include "codec/schema/asn_engine.h"
#include "codec/schema/asn_rules.h"

struct frame {
    struct asn_shown shown; /* what ENTER said, for LEAVE to say again */
    struct span left;       /* contents that have not been shown */
    size_t next;            /* component or item that comes next */
};

struct run {
    struct span in;
    struct arena *arena;
    asn_show_fn *fn;
    void *sink;
    struct err *err;
    size_t depth;
    struct frame frames[ASN_FRAMES_MAX];
};

/*
 * Fails with what ber_* said about the element at p. The value as a whole was there: what is too
 * short inside is malformed.
 */
static bool fail(struct run *run, const uint8_t *p, const struct err *inner)
{
    enum err_band band = inner->band == ERR_TRUNCATED ? ERR_MALFORMED : inner->band;
    struct asn_place places[ASN_FRAMES_MAX];

    for (size_t i = 0; i < run->depth; i++) {
        places[i].type = run->frames[i].shown.type;
        places[i].index = run->frames[i].next;
    }
    (void)err_set(run->err, band, "%s", inner->text);
    asn_path(run->err, places, run->depth);
    return err_at_ber(run->err, (uint64_t)(p - run->in.p) +
                                    (inner->ber_offset == ERR_NO_OFFSET ? 0 : inner->ber_offset));
}

static bool fail_expected(struct run *run, const uint8_t *p, const struct asn_type *type,
                          const struct asn_tag *tag)
{
    char text[ASN_TEXT_MAX];
    struct err inner;

    asn_err_none(&inner);
    (void)err_set(&inner, ERR_MALFORMED, "expected %s, found 0x%02x",
                  asn_type_text(type, tag, text), *p);
    return fail(run, p, &inner);
}

/* Replaces an element by the one element inside it. */
static bool unwrap(struct run *run, struct span *whole)
{
    struct err inner;
    struct ber_head head;
    struct span contents;

    asn_err_none(&inner);
    if (!ber_element(*whole, whole, &head, &inner)) {
        return fail(run, whole->p, &inner);
    }
    contents = ber_contents(*whole, &head);
    return ber_element(contents, whole, NULL, &inner) || fail(run, contents.p, &inner);
}

static bool leaf_number(const struct asn_type *type, struct span contents, uint64_t *out,
                        struct err *err)
{
    bool b;
    int64_t i;

    if (type->op == ASN_BOOLEAN) {
        if (!ber_boolean(contents, &b, err)) {
            return false;
        }
        *out = b;
        return true;
    }
    if (type->op == ASN_U64) {
        return ber_uint(contents, out, err);
    }
    if (!ber_int(contents, &i, err)) {
        return false;
    }
    *out = (uint64_t)i;
    return true;
}

static const char *leaf_label(const struct asn_type *type, uint64_t v)
{
    for (uint32_t i = 0; i < type->name_count; i++) {
        if ((uint64_t)type->names[i].value == v) {
            return type->names[i].name;
        }
    }
    return NULL;
}

static bool show_leaf(struct run *run, struct asn_shown *shown, struct span whole)
{
    const struct asn_type *type = shown->type;
    struct err inner;
    struct ber_head head;
    bool ok;

    asn_err_none(&inner);
    ok = ber_head(whole, &head, &inner);
    shown->kind = ASN_SHOW_LEAF;
    if (ok && asn_is_string(type->op)) {
        ok = ber_string(whole, &head, run->arena, &shown->contents, &inner);
    } else if (ok) {
        shown->contents = ber_contents(whole, &head);
        if (type->op < ASN_NULL) {
            ok = leaf_number(type, shown->contents, &shown->number, &inner);
        }
        if (type->op == ASN_ENUMERATED) {
            shown->label = leaf_label(type, shown->number);
        }
    }
    if (!ok) {
        return fail(run, whole.p, &inner);
    }
    return run->fn(run->sink, shown, run->err);
}

static bool show_opaque(struct run *run, struct asn_shown *shown, struct span whole)
{
    shown->kind = ASN_SHOW_LEAF;
    shown->contents = whole;
    return run->fn(run->sink, shown, run->err);
}

static bool show_enter(struct run *run, struct asn_shown *shown, struct span whole)
{
    struct err inner;
    struct ber_head head;
    struct frame *f;

    asn_err_none(&inner);
    if (!ber_head(whole, &head, &inner)) {
        return fail(run, whole.p, &inner);
    }
    if (run->depth == ASN_FRAMES_MAX) {
        (void)err_set(&inner, ERR_LIMIT, "values nest deeper than %d", ASN_FRAMES_MAX);
        return fail(run, whole.p, &inner);
    }
    shown->kind = ASN_SHOW_ENTER;
    if (!run->fn(run->sink, shown, run->err)) {
        return false;
    }
    f = &run->frames[run->depth++];
    f->shown = *shown;
    f->left = ber_contents(whole, &head);
    f->next = 0;
    return true;
}

/* Peels tags that stand around, and alternatives, off the element until its type has contents. */
static bool show_element(struct run *run, const struct asn_type *type, const struct asn_tag *tag,
                         bool is_explicit, struct asn_shown *shown, struct span whole)
{
    shown->offset = (size_t)(whole.p - run->in.p);
    shown->len = whole.len;
    shown->depth = (unsigned)run->depth;
    for (;;) {
        const struct asn_member *m;
        size_t i;

        if (is_explicit || (asn_is_untagged(type->op) && tag->len > 0)) {
            tag = is_explicit ? &type->tag : &asn_no_tag;
            is_explicit = false;
            if (!unwrap(run, &whole)) {
                return false;
            }
            continue;
        }
        shown->type = type;
        if (type->op != ASN_CHOICE) {
            break;
        }
        i = asn_find(type, 0, type->member_count, whole);
        shown->choice = type;
        if (i == type->member_count) {
            shown->type = NULL;
            shown->alternative = NULL;
            return (type->flags & ASN_EXTENSIBLE) != 0 ? show_opaque(run, shown, whole)
                                                       : fail_expected(run, whole.p, type, tag);
        }
        m = &type->members[i];
        shown->alternative = m->name;
        type = m->type;
        tag = &m->tag;
        is_explicit = (m->flags & ASN_EXPLICIT) != 0;
    }
    if (type->op == ASN_RAW) {
        return show_opaque(run, shown, whole);
    }
    if (!asn_fits(type, tag, false, whole)) {
        return fail_expected(run, whole.p, type, tag);
    }
    return asn_is_leaf(type->op) ? show_leaf(run, shown, whole) : show_enter(run, shown, whole);
}

/* Shows the next part of the innermost frame. */
static bool show_part(struct run *run, struct frame *f)
{
    const struct asn_type *type = f->shown.type;
    struct asn_shown shown = {0};
    struct err inner;
    const struct asn_member *m;
    struct span whole;
    size_t i;

    asn_err_none(&inner);
    if (!ber_element(f->left, &whole, NULL, &inner)) {
        return fail(run, f->left.p, &inner);
    }
    f->left = span_from(f->left, whole.len);
    if (type->op == ASN_SEQUENCE_OF) {
        shown.is_item = true;
        shown.index = f->next++;
        return show_element(run, type->element, &type->element->tag, false, &shown, whole);
    }
    i = asn_next(type, f->next, whole);
    if (i == type->member_count) {
        if ((type->flags & ASN_EXTENSIBLE) == 0) {
            (void)err_set(&inner, ERR_MALFORMED, "0x%02x is no component of %s", whole.p[0],
                          type->name);
            return fail(run, whole.p, &inner);
        }
        f->next = i;
        shown.offset = (size_t)(whole.p - run->in.p);
        shown.len = whole.len;
        shown.depth = (unsigned)run->depth;
        return show_opaque(run, &shown, whole);
    }
    f->next = i + 1;
    m = &type->members[i];
    shown.name = m->name;
    return show_element(run, m->type, &m->tag, (m->flags & ASN_EXPLICIT) != 0, &shown, whole);
}

bool asn_show(const struct asn_type *type, struct span in, struct arena *arena, asn_show_fn *fn,
              void *sink, struct err *err)
{
    struct asn_shown shown = {0};
    struct span whole;
    struct run run;

    run.in = in;
    run.arena = arena;
    run.fn = fn;
    run.sink = sink;
    run.err = err;
    run.depth = 0;
    if (!ber_element(in, &whole, NULL, err) ||
        !show_element(&run, type, &type->tag, false, &shown, whole)) {
        return false;
    }
    while (run.depth > 0) {
        struct frame *f = &run.frames[run.depth - 1];

        if (f->left.len > 0) {
            if (!show_part(&run, f)) {
                return false;
            }
            continue;
        }
        run.depth--;
        f->shown.kind = ASN_SHOW_LEAVE;
        if (!fn(sink, &f->shown, err)) {
            return false;
        }
    }
    return true;
}
