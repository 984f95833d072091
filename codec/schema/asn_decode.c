/*
 * asn_decode.c - see asn_engine.h: runs a type table over encoded octets.
 *
 * Two speeds. The fast one takes what asn_encode writes: the next component's own tag, a length of
 * one octet, a primitive value; it compares and loads eight octets at a time. It never reports an
 * error: whatever it does not like, it leaves to the slow one, which knows all of BER and looks at
 * one octet after the other.
 */
#include "codec/base/arena.h"
#include "codec/schema/asn_decoding.h"
#include "codec/schema/asn_fast.h"
#include "codec/schema/asn_leaf.h"

/* The slow way to a leaf: any BER. */
static bool leaf(struct asn_run *run, const struct asn_type *type, uint8_t *value)
{
    struct err inner;
    struct ber_head head;
    struct span whole;

    asn_err_none(&inner);
    if (!asn_run_head(run, &head)) {
        return false;
    }
    if (!ber_element(asn_run_left(run), &whole, NULL, &inner)) {
        return asn_run_fail_from(run, run->p, &inner);
    }
    if (!asn_get_leaf(type, whole, &head, value, run->arena, run->flags, &inner)) {
        if (inner.ber_offset != ERR_NO_OFFSET) {
            inner.ber_offset += head.head_len; /* it counted from the contents */
        }
        return asn_run_fail_from(run, run->p, &inner);
    }
    run->p += whole.len;
    return true;
}

/* Takes the whole element at run->p after looking into all of it. */
static bool take_whole(struct asn_run *run, struct span *whole)
{
    struct err inner;
    unsigned flags = (run->flags & ASN_PROFILE) != 0 ? BER_PROFILE : 0;

    asn_err_none(&inner);
    if (!ber_check(asn_run_left(run), flags, whole, &inner)) {
        return asn_run_fail_from(run, run->p, &inner);
    }
    run->p += whole->len;
    return true;
}

struct asn_frame *asn_run_push(struct asn_run *run, enum asn_frame_kind kind,
                               const struct asn_type *type, uint8_t *value)
{
    struct asn_frame *f;

    if (run->depth == ASN_FRAMES_MAX) {
        (void)err_set(run->err, ERR_LIMIT, "values nest deeper than %d", ASN_FRAMES_MAX);
        (void)asn_run_fail(run);
        return NULL;
    }
    f = &run->frames[run->depth];
    f->kind = kind;
    f->type = type;
    f->value = value;
    f->indefinite = false;
    f->bounded = run->depth > 0 && asn_run_top(run)->bounded;
    f->end = asn_run_end(run);
    f->index = 0;
    f->count = 0;
    f->inner = NULL;
    f->done = false;
    run->depth++;
    return f;
}

/* Opens a frame for the constructed element at run->p and steps over its head. */
static struct asn_frame *enter(struct asn_run *run, enum asn_frame_kind kind,
                               const struct asn_type *type, uint8_t *value)
{
    struct ber_head head;
    struct asn_frame *f;

    if (!asn_run_head(run, &head)) {
        return NULL;
    }
    f = asn_run_push(run, kind, type, value);
    if (f == NULL) {
        return NULL;
    }
    run->p += head.head_len;
    f->indefinite = head.indefinite;
    if (!head.indefinite) {
        f->bounded = true;
        f->end = run->p + head.len;
    }
    return f;
}

/* Tells whether the contents of f end here; *ok is false if that cannot be told. */
static bool at_end(struct asn_run *run, const struct asn_frame *f)
{
    if (!f->indefinite) {
        return run->p == f->end;
    }
    return f->end - run->p >= 2 && run->p[0] == 0 && run->p[1] == 0;
}

/* Goes on behind the part of f that has just been decoded. */
static bool part_done(struct asn_run *run, struct asn_frame *f)
{
    const struct asn_member *m;

    switch (f->kind) {
    case ASN_FRAME_CHOICE:
    case ASN_FRAME_WRAP:
        f->done = true;
        return true;
    case ASN_FRAME_LIST:
        f->index++;
        return true;
    case ASN_FRAME_SEQUENCE:
        break;
    }
    m = &f->type->members[f->index];
    if ((m->flags & ASN_DEFAULT) != 0 && (run->flags & ASN_PROFILE) != 0 &&
        asn_is_default(m, f->value)) {
        (void)err_set(run->err, ERR_MALFORMED, "a default value is spelt out");
        return asn_run_fail(run);
    }
    f->index++;
    return true;
}

/* Closes the innermost frame, whose contents must end here. */
static bool leave(struct asn_run *run)
{
    struct asn_frame *f = &run->frames[run->depth - 1];

    if (f->kind != ASN_FRAME_CHOICE) {
        if (!at_end(run, f)) {
            struct ber_head head;
            char found[BER_TAG_TEXT_MAX];

            if (!asn_run_head(run, &head)) {
                return false;
            }
            (void)err_set(run->err, ERR_MALFORMED, "expected the end of the element, found %s",
                          ber_tag_text(head.tag, found));
            return asn_run_fail_at(run, run->p, true);
        }
        run->p += f->indefinite ? 2 : 0;
    }
    run->depth--;
    return run->depth == 0 || part_done(run, &run->frames[run->depth - 1]);
}

/* Counts the items of a list from p on, the slow way. */
static bool count_odd_items(struct asn_run *run, const struct asn_frame *f, const uint8_t *p,
                            size_t *count)
{
    struct span whole;
    struct err inner;

    asn_err_none(&inner);
    while (f->indefinite ? f->end - p < 2 || p[0] != 0 || p[1] != 0 : p != f->end) {
        if (!ber_element(span_of(p, (size_t)(f->end - p)), &whole, NULL, &inner)) {
            run->frames[run->depth - 1].index = *count;
            return asn_run_fail_from(run, p, &inner);
        }
        p += whole.len;
        ++*count;
    }
    return true;
}

/* Counts the items of a list without looking into them. */
static bool count_items(struct asn_run *run, const struct asn_frame *f, size_t *count)
{
    const uint8_t *end = f->end;
    const uint8_t *p = run->p;
    size_t n = 0;

    while (end - p >= 2 && (p[0] & BER_TAG_LONG) != BER_TAG_LONG && p[0] != 0 && p[1] < 128 &&
           end - p - 2 >= p[1]) {
        p += 2 + p[1];
        n++;
    }
    *count = n;
    return p == end && !f->indefinite ? true : count_odd_items(run, f, p, count);
}

static bool enter_list(struct asn_run *run, const struct asn_type *type, uint8_t *value)
{
    struct asn_frame *f = enter(run, ASN_FRAME_LIST, type, value);
    struct asn_list list = {0, NULL};
    struct err inner;

    asn_err_none(&inner);
    if (f == NULL || !count_items(run, f, &list.count)) {
        return false;
    }
    if (!asn_size_check(type, list.count, run->err)) {
        return asn_run_fail_at(run, run->p, true);
    }
    if (list.count > 0) {
        list.items = arena_array(run->arena, list.count, type->element->size, run->err);
        if (list.items == NULL) {
            return asn_run_fail_at(run, run->p, true);
        }
    }
    memcpy(value, &list, sizeof(list));
    f->value = list.items;
    f->count = list.count;
    return true;
}

static bool enter_choice(struct asn_run *run, const struct asn_type *type, uint8_t *value)
{
    size_t i = asn_find(type, 0, type->member_count, asn_run_left(run));
    struct span none = {NULL, 0};
    int32_t which = (int32_t)i;
    struct asn_frame *f;

    memset(value, 0, type->size);
    if (i == type->member_count) {
        if ((type->flags & ASN_EXTENSIBLE) == 0) {
            return asn_run_fail_expected(run, type, &asn_no_tag);
        }
        which = ASN_UNKNOWN;
        memcpy(value, &which, sizeof(which));
        if (!take_whole(run, &none)) {
            return false;
        }
        asn_store_span(value + type->unknown_offset, none);
        return true;
    }
    memcpy(value, &which, sizeof(which));
    f = asn_run_push(run, ASN_FRAME_CHOICE, type, value);
    if (f == NULL) {
        return false;
    }
    f->index = i;
    return true;
}

static bool enter_wrap(struct asn_run *run, const struct asn_type *type,
                       const struct asn_tag *inner, uint8_t *value)
{
    struct asn_frame *f = enter(run, ASN_FRAME_WRAP, type, value);

    if (f == NULL) {
        return false;
    }
    f->inner = inner;
    return true;
}

/* Decodes a leaf, or opens a frame; the element at run->p has the tag for it. */
static bool begin(struct asn_run *run, const struct asn_type *type, const struct asn_tag *tag,
                  uint8_t *value)
{
    struct span whole;

    if (asn_is_untagged(type->op) && tag->len > 0) {
        return enter_wrap(run, type, &asn_no_tag, value);
    }
    switch (type->op) {
    case ASN_SEQUENCE:
        return enter(run, ASN_FRAME_SEQUENCE, type, value) != NULL;
    case ASN_SEQUENCE_OF:
        return enter_list(run, type, value);
    case ASN_CHOICE:
        return enter_choice(run, type, value);
    case ASN_RAW:
        if (!take_whole(run, &whole)) {
            return false;
        }
        asn_store_span(value, whole);
        return true;
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
    case ASN_OCTETS:
    case ASN_UTF8:
    case ASN_OID:
        break;
    }
    return leaf(run, type, value);
}

static bool begin_member(struct asn_run *run, const struct asn_member *m, uint8_t *base)
{
    if ((m->flags & ASN_EXPLICIT) != 0) {
        return enter_wrap(run, m->type, &m->type->tag, base + m->offset);
    }
    return begin(run, m->type, &m->tag, base + m->offset);
}

/* Keeps everything to the end of the SEQUENCE as unknown additions. */
static bool take_unknown(struct asn_run *run, struct asn_frame *f)
{
    const struct asn_type *type = f->type;
    const uint8_t *start = run->p;

    while (!at_end(run, f)) {
        struct span whole;

        if (run->p < f->end &&
            asn_find(type, 0, type->member_count, asn_run_left(run)) != type->member_count) {
            return asn_run_fail_component(run, f);
        }
        f->index = ASN_NOWHERE;
        if (!take_whole(run, &whole)) {
            return false;
        }
        f->index = type->member_count;
    }
    asn_store_span(f->value + type->unknown_offset, span_of(start, (size_t)(run->p - start)));
    return true;
}

/* Marks the components [f->index, to) as absent; false if one of them is mandatory. */
static bool skip_to(struct asn_run *run, struct asn_frame *f, size_t to)
{
    while (f->index < to) {
        const struct asn_member *m = &f->type->members[f->index];

        if (!asn_absentable(m)) {
            if (to < f->type->member_count) {
                return asn_run_fail_component(run, f);
            }
            (void)err_set(run->err, ERR_MALFORMED, "component '%s' is missing", m->name);
            return asn_run_fail_at(run, run->p, true);
        }
        asn_set_absent(m, f->value);
        f->index++;
    }
    return true;
}

/* After begin: the part of f is done unless it opened a frame of its own. */
static bool part(struct asn_run *run, struct asn_frame *f, bool begun)
{
    if (!begun) {
        return false;
    }
    return f != &run->frames[run->depth - 1] || part_done(run, f);
}

/* The slow way through a SEQUENCE: one component, or the end. */
static bool step_sequence(struct asn_run *run, struct asn_frame *f)
{
    const struct asn_type *type = f->type;
    const struct asn_member *m;
    size_t i = type->member_count;

    if (!at_end(run, f)) {
        if (run->p == f->end || run->p[0] == 0) {
            struct ber_head head;

            f->index = ASN_NOWHERE;
            return asn_run_head(run, &head) && asn_run_fail(run);
        }
        i = asn_next(type, f->index, asn_run_left(run));
        if (i == type->member_count) {
            size_t mandatory = f->index;

            while (mandatory < i && asn_absentable(&type->members[mandatory])) {
                mandatory++;
            }
            if (mandatory < i || type->unknown_offset == ASN_NO_OFFSET ||
                (type->flags & ASN_EXTENSIBLE) == 0) {
                return asn_run_fail_component(run, f);
            }
            return skip_to(run, f, i) && take_unknown(run, f) && leave(run);
        }
    }
    if (!skip_to(run, f, i)) {
        return false;
    }
    if (i == type->member_count) {
        if (type->unknown_offset != ASN_NO_OFFSET) {
            asn_store_span(f->value + type->unknown_offset, span_of(NULL, 0));
        }
        return leave(run);
    }
    m = &type->members[i];
    if (m->present_offset != ASN_NO_OFFSET) {
        asn_store_number(ASN_BOOLEAN, f->value + m->present_offset, 1);
    }
    return part(run, f, begin_member(run, m, f->value));
}

/* The slow way through a SEQUENCE OF: one item, or the end. */
static bool step_list(struct asn_run *run, struct asn_frame *f)
{
    const struct asn_type *element = f->type->element;

    if (f->index == f->count) {
        return leave(run);
    }
    if (!asn_fits(element, &element->tag, false, asn_run_left(run)) &&
        !(element->op == ASN_CHOICE && element->tag.len == 0)) {
        return asn_run_fail_expected(run, element, &element->tag);
    }
    return part(run, f, begin(run, element, &element->tag, f->value + f->index * element->size));
}

static bool step_choice(struct asn_run *run, struct asn_frame *f)
{
    if (f->done) {
        return leave(run);
    }
    return part(run, f, begin_member(run, &f->type->members[f->index], f->value));
}

static bool step_wrap(struct asn_run *run, struct asn_frame *f)
{
    if (f->done) {
        return leave(run);
    }
    if (!asn_fits(f->type, f->inner, false, asn_run_left(run)) &&
        !(f->type->op == ASN_CHOICE && f->inner->len == 0)) {
        return asn_run_fail_expected(run, f->type, f->inner);
    }
    return part(run, f, begin(run, f->type, f->inner, f->value));
}

static bool step(struct asn_run *run, struct asn_frame *f)
{
    switch (f->kind) {
    case ASN_FRAME_SEQUENCE:
        return step_sequence(run, f);
    case ASN_FRAME_LIST:
        return step_list(run, f);
    case ASN_FRAME_CHOICE:
        return step_choice(run, f);
    case ASN_FRAME_WRAP:
        break;
    }
    return step_wrap(run, f);
}

static bool run_frames(struct asn_run *run)
{
    while (run->depth > 0) {
        if (run->may_be_fast) {
            asn_run_fast(run);
        }
        if (run->depth > 0 && !step(run, asn_run_top(run))) {
            return false;
        }
    }
    return true;
}

bool asn_decode(const struct asn_type *type, struct span in, void *value, struct arena *arena,
                unsigned flags, size_t *used, struct err *err)
{
    size_t reach = (flags & ASN_SLACK) != 0 ? 0 : ASN_FAST_REACH - 1;
    struct asn_run run;

    if (in.len == 0) {
        (void)err_set(err, ERR_TRUNCATED, "input ends before an element");
        return err_at_ber(err, 0);
    }
    run.p = in.p;
    run.fast = in.p + (in.len > reach ? in.len - reach : 0);
    run.may_be_fast = in.len >= ASN_FAST_INPUT_MIN && (flags & ASN_CAREFUL) == 0;
    run.in = in;
    run.arena = arena;
    run.flags = flags;
    run.err = err;
    run.depth = 0;
    if (!run.may_be_fast || !asn_run_fast_root(&run, type, value)) {
        if (!asn_fits(type, &type->tag, false, in) &&
            !(type->op == ASN_CHOICE && type->tag.len == 0)) {
            return asn_run_fail_expected(&run, type, &type->tag);
        }
        if (!begin(&run, type, &type->tag, value)) {
            return false;
        }
    }
    if (!run_frames(&run)) {
        return false;
    }
    if (used != NULL) {
        *used = (size_t)(run.p - in.p);
    }
    return true;
}
