/*
 * asn_decode.c - see asn_engine.h: runs a type table over encoded octets.
 *
 * Two speeds. The fast one takes what asn_encode writes: the next component's own tag, a length of
 * one octet, a primitive value; it compares and loads eight octets at a time. It never reports an
 * error: whatever it does not like, it leaves to the slow one, which knows all of BER and looks at
 * one octet after the other.
 */
#include <assert.h>
#include <inttypes.h>

#include "codec/base/arena.h"
#include "codec/base/err.h"
#include "codec/ber/ber_prim.h"
#include "codec/schema/asn_engine.h"
#include "codec/schema/asn_fast.h"
#include "codec/schema/asn_leaf.h"
#include "codec/schema/asn_rules.h"

enum frame_kind { FRAME_SEQUENCE, FRAME_LIST, FRAME_CHOICE, FRAME_WRAP };

struct frame {
    enum frame_kind kind;
    bool indefinite; /* its contents end with end-of-contents octets, at `end` at the latest */
    bool bounded;    /* some definite length set `end`, not the end of the input */
    const struct asn_type *type;
    const struct asn_tag *inner; /* WRAP: the tag inside */
    uint8_t *value;
    const uint8_t *end;
    size_t index; /* component, alternative or item that is being decoded, or comes next */
    size_t count; /* LIST: items */
    bool done;    /* CHOICE, WRAP: the one part has been decoded */
};

struct run {
    const uint8_t *p;    /* the next octet */
    const uint8_t *fast; /* before here, sixteen octets can be loaded anywhere */
    bool may_be_fast;    /* the input has the octets that asn_fast.h wants */
    struct span in;
    struct arena *arena;
    unsigned flags;
    struct err *err;
    size_t depth;
    struct frame frames[ASN_FRAMES_MAX];
};

static struct frame *top(struct run *run)
{
    return run->depth > 0 ? &run->frames[run->depth - 1] : NULL;
}

static const uint8_t *run_end(struct run *run)
{
    return run->depth > 0 ? top(run)->end : run->in.p + run->in.len;
}

static struct span run_left(struct run *run)
{
    return span_of(run->p, (size_t)(run_end(run) - run->p));
}

/* Where an element that does not fit is malformed, and where the input was just too short. */
static enum err_band run_band(struct run *run)
{
    return run->depth > 0 && top(run)->bounded ? ERR_MALFORMED : ERR_TRUNCATED;
}

/* Puts the place into an error that has been set: the component at hand, or what holds it. */
static CC_COLD bool fail_at(struct run *run, const uint8_t *p, bool whole_frame)
{
    struct asn_place places[ASN_FRAMES_MAX];

    for (size_t i = 0; i < run->depth; i++) {
        places[i].type = run->frames[i].type;
        places[i].index = run->frames[i].kind == FRAME_WRAP ? ASN_NOWHERE : run->frames[i].index;
    }
    if (whole_frame && run->depth > 0) {
        places[run->depth - 1].index = ASN_NOWHERE;
    }
    asn_path(run->err, places, run->depth);
    return err_at_ber(run->err, (uint64_t)(p - run->in.p));
}

static CC_COLD bool fail(struct run *run)
{
    return fail_at(run, run->p, false);
}

/* Passes on an error of ber_*, whose offsets count from p and who does not know what limits it. */
static CC_COLD bool fail_from(struct run *run, const uint8_t *p, const struct err *inner)
{
    enum err_band band = inner->band == ERR_TRUNCATED ? run_band(run) : inner->band;
    uint64_t offset = inner->ber_offset == ERR_NO_OFFSET ? 0 : inner->ber_offset;

    (void)err_set(run->err, band, "%s%s", inner->text,
                  band != inner->band ? " in the element around it" : "");
    return fail_at(run, p + offset, false);
}

/* Says what is wrong with the head at run->p. */
static CC_COLD bool fail_head(struct run *run)
{
    struct ber_head head;
    struct err inner;

    asn_err_none(&inner);
    (void)ber_head(run_left(run), &head, &inner);
    return fail_from(run, run->p, &inner);
}

static CC_COLD bool fail_with(struct run *run, enum err_band band, const char *text)
{
    (void)err_set(run->err, band, "%s", text);
    return fail(run);
}

/* Reads the head of the element at run->p and demands that its contents fit. */
static bool read_head(struct run *run, struct ber_head *head)
{
    struct span left = run_left(run);

    if (!ber_head(left, head, NULL)) {
        return fail_head(run);
    }
    if (ber_head_is_eoc(head)) {
        return fail_with(run, ERR_MALFORMED, "end-of-contents where an element is expected");
    }
    if (head->len > left.len - head->head_len) {
        (void)err_set(run->err, run_band(run), "element of %" PRIu64 " octets, %zu left%s",
                      head->len, left.len - head->head_len,
                      run_band(run) == ERR_MALFORMED ? " in the element around it" : "");
        return fail(run);
    }
    if ((run->flags & ASN_PROFILE) != 0 && !ber_head_is_minimal(head)) {
        return fail_with(run, ERR_MALFORMED, "length is not in its shortest definite form");
    }
    return true;
}

static CC_COLD bool fail_expected(struct run *run, const struct asn_type *type,
                                  const struct asn_tag *tag)
{
    char expected[ASN_TEXT_MAX];
    char found[BER_TAG_TEXT_MAX];
    struct ber_head head;

    if (!read_head(run, &head)) {
        return false;
    }
    (void)err_set(run->err, ERR_MALFORMED, "expected %s, found %s",
                  asn_type_text(type, tag, expected), ber_tag_text(head.tag, found));
    return fail(run);
}

/* The slow way to a leaf: any BER. */
static bool leaf(struct run *run, const struct asn_type *type, uint8_t *value)
{
    struct err inner;
    struct ber_head head;
    struct span whole;

    asn_err_none(&inner);
    if (!read_head(run, &head)) {
        return false;
    }
    if (!ber_element(run_left(run), &whole, NULL, &inner)) {
        return fail_from(run, run->p, &inner);
    }
    if (!asn_get_leaf(type, whole, &head, value, run->arena, run->flags, &inner)) {
        if (inner.ber_offset != ERR_NO_OFFSET) {
            inner.ber_offset += head.head_len; /* it counted from the contents */
        }
        return fail_from(run, run->p, &inner);
    }
    run->p += whole.len;
    return true;
}

/* Takes the whole element at run->p after looking into all of it. */
static bool take_whole(struct run *run, struct span *whole)
{
    struct err inner;
    unsigned flags = (run->flags & ASN_PROFILE) != 0 ? BER_PROFILE : 0;

    asn_err_none(&inner);
    if (!ber_check(run_left(run), flags, whole, &inner)) {
        return fail_from(run, run->p, &inner);
    }
    run->p += whole->len;
    return true;
}

static struct frame *push(struct run *run, enum frame_kind kind, const struct asn_type *type,
                          uint8_t *value)
{
    struct frame *f;

    if (run->depth == ASN_FRAMES_MAX) {
        (void)err_set(run->err, ERR_LIMIT, "values nest deeper than %d", ASN_FRAMES_MAX);
        (void)fail(run);
        return NULL;
    }
    f = &run->frames[run->depth];
    f->kind = kind;
    f->type = type;
    f->value = value;
    f->indefinite = false;
    f->bounded = run->depth > 0 && top(run)->bounded;
    f->end = run_end(run);
    f->index = 0;
    f->count = 0;
    f->inner = NULL;
    f->done = false;
    run->depth++;
    return f;
}

/* Opens a frame for the constructed element at run->p and steps over its head. */
static struct frame *enter(struct run *run, enum frame_kind kind, const struct asn_type *type,
                           uint8_t *value)
{
    struct ber_head head;
    struct frame *f;

    if (!read_head(run, &head)) {
        return NULL;
    }
    f = push(run, kind, type, value);
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
static bool at_end(struct run *run, const struct frame *f)
{
    if (!f->indefinite) {
        return run->p == f->end;
    }
    return f->end - run->p >= 2 && run->p[0] == 0 && run->p[1] == 0;
}

/* Goes on behind the part of f that has just been decoded. */
static bool part_done(struct run *run, struct frame *f)
{
    const struct asn_member *m;

    switch (f->kind) {
    case FRAME_CHOICE:
    case FRAME_WRAP:
        f->done = true;
        return true;
    case FRAME_LIST:
        f->index++;
        return true;
    case FRAME_SEQUENCE:
        break;
    }
    m = &f->type->members[f->index];
    if ((m->flags & ASN_DEFAULT) != 0 && (run->flags & ASN_PROFILE) != 0 &&
        asn_is_default(m, f->value)) {
        (void)err_set(run->err, ERR_MALFORMED, "a default value is spelt out");
        return fail(run);
    }
    f->index++;
    return true;
}

/* Closes the innermost frame, whose contents must end here. */
static bool leave(struct run *run)
{
    struct frame *f = &run->frames[run->depth - 1];

    if (f->kind != FRAME_CHOICE) {
        if (!at_end(run, f)) {
            struct ber_head head;
            char found[BER_TAG_TEXT_MAX];

            if (!read_head(run, &head)) {
                return false;
            }
            (void)err_set(run->err, ERR_MALFORMED, "expected the end of the element, found %s",
                          ber_tag_text(head.tag, found));
            return fail_at(run, run->p, true);
        }
        run->p += f->indefinite ? 2 : 0;
    }
    run->depth--;
    return run->depth == 0 || part_done(run, &run->frames[run->depth - 1]);
}

/* Counts the items of a list from p on, the slow way. */
static bool count_odd_items(struct run *run, const struct frame *f, const uint8_t *p, size_t *count)
{
    struct span whole;
    struct err inner;

    asn_err_none(&inner);
    while (f->indefinite ? f->end - p < 2 || p[0] != 0 || p[1] != 0 : p != f->end) {
        if (!ber_element(span_of(p, (size_t)(f->end - p)), &whole, NULL, &inner)) {
            run->frames[run->depth - 1].index = *count;
            return fail_from(run, p, &inner);
        }
        p += whole.len;
        ++*count;
    }
    return true;
}

/* Counts the items of a list without looking into them. */
static bool count_items(struct run *run, const struct frame *f, size_t *count)
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

static bool enter_list(struct run *run, const struct asn_type *type, uint8_t *value)
{
    struct frame *f = enter(run, FRAME_LIST, type, value);
    struct asn_list list = {0, NULL};
    struct err inner;

    asn_err_none(&inner);
    if (f == NULL || !count_items(run, f, &list.count)) {
        return false;
    }
    if (!asn_size_check(type, list.count, run->err)) {
        return fail_at(run, run->p, true);
    }
    if (list.count > 0) {
        list.items = arena_array(run->arena, list.count, type->element->size, run->err);
        if (list.items == NULL) {
            return fail_at(run, run->p, true);
        }
    }
    memcpy(value, &list, sizeof(list));
    f->value = list.items;
    f->count = list.count;
    return true;
}

static bool enter_choice(struct run *run, const struct asn_type *type, uint8_t *value)
{
    size_t i = asn_find(type, 0, type->member_count, run_left(run));
    struct span none = {NULL, 0};
    int32_t which = (int32_t)i;
    struct frame *f;

    memset(value, 0, type->size);
    if (i == type->member_count) {
        if ((type->flags & ASN_EXTENSIBLE) == 0) {
            return fail_expected(run, type, &asn_no_tag);
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
    f = push(run, FRAME_CHOICE, type, value);
    if (f == NULL) {
        return false;
    }
    f->index = i;
    return true;
}

static bool enter_wrap(struct run *run, const struct asn_type *type, const struct asn_tag *inner,
                       uint8_t *value)
{
    struct frame *f = enter(run, FRAME_WRAP, type, value);

    if (f == NULL) {
        return false;
    }
    f->inner = inner;
    return true;
}

/* Decodes a leaf, or opens a frame; the element at run->p has the tag for it. */
static bool begin(struct run *run, const struct asn_type *type, const struct asn_tag *tag,
                  uint8_t *value)
{
    struct span whole;

    if (asn_is_untagged(type->op) && tag->len > 0) {
        return enter_wrap(run, type, &asn_no_tag, value);
    }
    switch (type->op) {
    case ASN_SEQUENCE:
        return enter(run, FRAME_SEQUENCE, type, value) != NULL;
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

static bool begin_member(struct run *run, const struct asn_member *m, uint8_t *base)
{
    if ((m->flags & ASN_EXPLICIT) != 0) {
        return enter_wrap(run, m->type, &m->type->tag, base + m->offset);
    }
    return begin(run, m->type, &m->tag, base + m->offset);
}

/* What is wrong with the element at run->p, which is none of the components that can come next. */
static CC_COLD bool fail_component(struct run *run, const struct frame *f)
{
    const struct asn_type *type = f->type;
    struct span left = run_left(run);
    size_t missing = f->index;
    size_t known = asn_find(type, 0, type->member_count, left);
    bool universal = left.len > 0 && left.p[0] >> 6 == BER_UNIVERSAL;

    while (missing < type->member_count && asn_absentable(&type->members[missing])) {
        missing++;
    }
    if (missing < type->member_count && (known == type->member_count || universal)) {
        run->frames[run->depth - 1].index = missing;
        return fail_expected(run, type->members[missing].type, &type->members[missing].tag);
    }
    if (missing < type->member_count && known > missing) {
        (void)err_set(run->err, ERR_MALFORMED, "component '%s' is missing",
                      type->members[missing].name);
    } else if (known < type->member_count) {
        (void)err_set(run->err, ERR_MALFORMED, "component '%s' stands twice or out of order",
                      type->members[known].name);
    } else {
        struct ber_head head;
        char found[BER_TAG_TEXT_MAX];

        if (!read_head(run, &head)) {
            return false;
        }
        (void)err_set(run->err, ERR_MALFORMED, "expected the end of %s, found %s",
                      type->name[0] != '\0' ? type->name : "the element",
                      ber_tag_text(head.tag, found));
    }
    return fail_at(run, run->p, true);
}

/* Keeps everything to the end of the SEQUENCE as unknown additions. */
static bool take_unknown(struct run *run, struct frame *f)
{
    const struct asn_type *type = f->type;
    const uint8_t *start = run->p;

    while (!at_end(run, f)) {
        struct span whole;

        if (run->p < f->end &&
            asn_find(type, 0, type->member_count, run_left(run)) != type->member_count) {
            return fail_component(run, f);
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
static bool skip_to(struct run *run, struct frame *f, size_t to)
{
    while (f->index < to) {
        const struct asn_member *m = &f->type->members[f->index];

        if (!asn_absentable(m)) {
            if (to < f->type->member_count) {
                return fail_component(run, f);
            }
            (void)err_set(run->err, ERR_MALFORMED, "component '%s' is missing", m->name);
            return fail_at(run, run->p, true);
        }
        asn_set_absent(m, f->value);
        f->index++;
    }
    return true;
}

/* After begin: the part of f is done unless it opened a frame of its own. */
static bool part(struct run *run, struct frame *f, bool begun)
{
    if (!begun) {
        return false;
    }
    return f != &run->frames[run->depth - 1] || part_done(run, f);
}

/* The slow way through a SEQUENCE: one component, or the end. */
static bool step_sequence(struct run *run, struct frame *f)
{
    const struct asn_type *type = f->type;
    const struct asn_member *m;
    size_t i = type->member_count;

    if (!at_end(run, f)) {
        if (run->p == f->end || run->p[0] == 0) {
            struct ber_head head;

            f->index = ASN_NOWHERE;
            return read_head(run, &head) && fail(run);
        }
        i = asn_next(type, f->index, run_left(run));
        if (i == type->member_count) {
            size_t mandatory = f->index;

            while (mandatory < i && asn_absentable(&type->members[mandatory])) {
                mandatory++;
            }
            if (mandatory < i || type->unknown_offset == ASN_NO_OFFSET ||
                (type->flags & ASN_EXTENSIBLE) == 0) {
                return fail_component(run, f);
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

/*
 * The fast way through a SEQUENCE whose contents at p end at end: decodes components from *index on
 * and stops at the first that needs the slow one. Returns how far it came.
 */
static const uint8_t *run_members(const struct run *run, const struct asn_type *type, uint8_t *base,
                                  const uint8_t *p, const uint8_t *end, size_t *index)
{
    const struct asn_member *m = type->members + *index;
    const struct asn_member *last = type->members + type->member_count;
    const uint8_t *in_end = run->in.p + run->in.len;
    const uint8_t *fast = run->fast;
    uint32_t slow = ASN_EXPLICIT | ((run->flags & ASN_PROFILE) != 0 ? ASN_DEFAULT : 0U);

    for (; m != last; m++) {
        const uint8_t *next;

        if (CC_UNLIKELY(m->flags != 0)) {
            if ((m->flags & slow) != 0) {
                break;
            }
            if (m->present_offset != ASN_NO_OFFSET) {
                asn_store_number(ASN_BOOLEAN, base + m->present_offset, 1);
            }
        }
        if (CC_LIKELY(p < fast)) {
            next = asn_fast_leaf(m->type, &m->tag, base + m->offset, p, end, in_end, false);
        } else {
            next = asn_fast_leaf(m->type, &m->tag, base + m->offset, p, end, in_end, true);
        }
        if (CC_UNLIKELY(next == NULL)) {
            break;
        }
        p = next;
    }
    *index = (size_t)(m - type->members);
    return p;
}

enum fast_step { FAST_DONE, FAST_OPEN, FAST_NOT };

/*
 * The fast way through an item that is a SEQUENCE. FAST_OPEN: a frame goes on where this stopped;
 * FAST_NOT: nothing has happened.
 */
static enum fast_step fast_item(struct run *run, const struct asn_type *type, uint8_t *value,
                                const uint8_t *list_end)
{
    const uint8_t *p = run->p;
    const uint8_t *end;
    size_t index = 0;
    struct frame *f;

    if (type->op != ASN_SEQUENCE || list_end - p < 2 || type->tag.len != 1 ||
        p[0] != type->tag.octets[0] || p[1] > list_end - p - 2 || p[1] > 127 ||
        run->depth == ASN_FRAMES_MAX) {
        return FAST_NOT;
    }
    end = p + 2 + p[1];
    p = run_members(run, type, value, p + 2, end, &index);
    if (CC_LIKELY(p == end && index == type->member_count)) {
        if (type->unknown_offset != ASN_NO_OFFSET) {
            asn_store_span(value + type->unknown_offset, span_of(NULL, 0));
        }
        run->p = p;
        return FAST_DONE;
    }
    f = push(run, FRAME_SEQUENCE, type, value);
    f->bounded = true;
    f->end = end;
    f->index = index;
    run->p = p;
    return FAST_OPEN;
}

/* The slow way to an item. */
static bool step_item(struct run *run, struct frame *f, uint8_t *value)
{
    const struct asn_type *element = f->type->element;

    if (!asn_fits(element, &element->tag, false, run_left(run)) &&
        !(element->op == ASN_CHOICE && element->tag.len == 0)) {
        return fail_expected(run, element, &element->tag);
    }
    return part(run, f, begin(run, element, &element->tag, value));
}

static bool step_list(struct run *run, struct frame *f)
{
    const struct asn_type *element = f->type->element;
    const uint8_t *end = f->end;
    size_t count = f->count;
    enum fast_step step = FAST_NOT;

    if (f->index == count) {
        return leave(run);
    }
    if (run->may_be_fast) {
        while (f->index < count &&
               (step = fast_item(run, element, f->value + f->index * element->size, end)) ==
                   FAST_DONE) {
            f->index++;
        }
    }
    if (step != FAST_NOT || f->index == count) {
        return true;
    }
    return step_item(run, f, f->value + f->index * element->size);
}

static bool step_choice(struct run *run, struct frame *f)
{
    if (f->done) {
        return leave(run);
    }
    return part(run, f, begin_member(run, &f->type->members[f->index], f->value));
}

static bool step_wrap(struct run *run, struct frame *f)
{
    if (f->done) {
        return leave(run);
    }
    if (!asn_fits(f->type, f->inner, false, run_left(run)) &&
        !(f->type->op == ASN_CHOICE && f->inner->len == 0)) {
        return fail_expected(run, f->type, f->inner);
    }
    return part(run, f, begin(run, f->type, f->inner, f->value));
}

static bool run_frames(struct run *run)
{
    while (run->depth > 0) {
        struct frame *f = &run->frames[run->depth - 1];
        bool ok = false;

        switch (f->kind) {
        case FRAME_SEQUENCE:
            if (run->may_be_fast) {
                run->p = run_members(run, f->type, f->value, run->p, f->end, &f->index);
            }
            ok = step_sequence(run, f);
            break;
        case FRAME_LIST:
            ok = step_list(run, f);
            break;
        case FRAME_CHOICE:
            ok = step_choice(run, f);
            break;
        case FRAME_WRAP:
            ok = step_wrap(run, f);
            break;
        }
        if (!ok) {
            return false;
        }
    }
    return true;
}

bool asn_decode(const struct asn_type *type, struct span in, void *value, struct arena *arena,
                unsigned flags, size_t *used, struct err *err)
{
    size_t reach = (flags & ASN_SLACK) != 0 ? 0 : ASN_FAST_REACH - 1;
    struct run run;

    run.p = in.p;
    run.fast = in.p + (in.len > reach ? in.len - reach : 0);
    run.may_be_fast = in.len >= ASN_FAST_INPUT_MIN && (flags & ASN_CAREFUL) == 0;
    run.in = in;
    run.arena = arena;
    run.flags = flags;
    run.err = err;
    run.depth = 0;
    if (in.len == 0) {
        (void)err_set(err, ERR_TRUNCATED, "input ends before an element");
        return err_at_ber(err, 0);
    }
    if (!asn_fits(type, &type->tag, false, in) && !(type->op == ASN_CHOICE && type->tag.len == 0)) {
        return fail_expected(&run, type, &type->tag);
    }
    if (!begin(&run, type, &type->tag, value) || !run_frames(&run)) {
        return false;
    }
    if (used != NULL) {
        *used = (size_t)(run.p - in.p);
    }
    return true;
}
