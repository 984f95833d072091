/* asn_decode_fast.c - see asn_decoding.h: what asn_encode writes, decoded without a second look. */
#include "codec/base/arena.h"
#include "codec/schema/asn_decoding.h"
#include "codec/schema/asn_fast.h"

enum { FAST_LENGTH_MAX = 4 }; /* octets of a length */

/* DONE; OPEN: frames go on where it stopped; NOT: nothing has happened. */
enum fast_step { FAST_DONE, FAST_OPEN, FAST_NOT };

/*
 * Steps over a head with that tag and the shortest length, of an element that ends at end at the
 * latest; NULL: ask the slow way.
 */
static CC_INLINE const uint8_t *fast_head(const struct asn_tag *tag, const uint8_t *p,
                                          const uint8_t *end, size_t *len)
{
    unsigned octets;
    size_t n;

    if (end - p < 3) {
        return NULL;
    }
    if (p[0] != tag->octets[0] || tag->len > 2 || (tag->len == 2 && p[1] != tag->octets[1])) {
        return NULL;
    }
    p += tag->len;
    n = *p++;
    if (n > 127) {
        octets = n & 0x7f;
        if (octets == 0 || octets > FAST_LENGTH_MAX || end - p < (ptrdiff_t)octets || p[0] == 0) {
            return NULL;
        }
        n = 0;
        for (unsigned i = 0; i < octets; i++) {
            n = n << 8 | *p++;
        }
        if (n < 128) {
            return NULL;
        }
    }
    *len = n;
    return n <= (size_t)(end - p) ? p : NULL;
}

/* asn_run_push for an element that ends at end; there is room for a frame. */
static CC_INLINE struct asn_frame *fast_push(struct asn_run *run, enum asn_frame_kind kind,
                                             const struct asn_type *type, uint8_t *value,
                                             const uint8_t *end)
{
    struct asn_frame *f = &run->frames[run->depth++];

    f->kind = kind;
    f->indefinite = false;
    f->bounded = true;
    f->type = type;
    f->inner = NULL;
    f->value = value;
    f->end = end;
    f->index = 0;
    f->count = 0;
    f->done = false;
    return f;
}

static CC_INLINE void set_present(const struct asn_member *m, uint8_t *base)
{
    const bool present = true;

    if (m->present_offset != ASN_NO_OFFSET) {
        memcpy(base + m->present_offset, &present, sizeof(present));
    }
}

/* Whether what is at p cannot be the component, which has a tag of its own: that begins otherwise,
 * primitive or constructed. */
static bool is_elsewhere(const struct asn_member *m, const uint8_t *p, const uint8_t *end)
{
    return m->tag.len > 0 && (p == end || ((p[0] ^ m->tag.octets[0]) & ~BER_CONSTRUCTED) != 0);
}

/* What asn_fast_leaf does not take: a component that is not there, octets of a longer length. */
static const uint8_t *fast_odd_member(const struct asn_member *m, uint8_t *base, const uint8_t *p,
                                      const uint8_t *end)
{
    const struct asn_type *type = m->type;
    const uint8_t *contents;
    size_t len;

    if (asn_absentable(m) && is_elsewhere(m, p, end)) {
        asn_set_absent(m, base);
        return p;
    }
    contents = type->op == ASN_OCTETS ? fast_head(&m->tag, p, end, &len) : NULL;
    if (contents == NULL || !asn_size_check(type, len, NULL)) {
        return NULL;
    }
    asn_store_span(base + m->offset, span_of(contents, len));
    return contents + len;
}

/*
 * Goes through a SEQUENCE whose contents at p end at end: decodes components from *index on, stops
 * at the first that is no leaf or needs the slow way, and returns how far it came.
 */
static const uint8_t *fast_members(const struct asn_run *run, const struct asn_type *type,
                                   uint8_t *base, const uint8_t *p, const uint8_t *end,
                                   size_t *index)
{
    const struct asn_member *m;
    const struct asn_member *last;
    const uint8_t *in_end = run->in.p + run->in.len;
    const uint8_t *fast = run->fast;
    uint32_t slow = ASN_EXPLICIT | ((run->flags & ASN_PROFILE) != 0 ? ASN_DEFAULT : 0U);

    if (CC_UNLIKELY(*index == type->member_count)) {
        return p; /* of a type without components, perhaps */
    }
    m = type->members + *index;
    last = type->members + type->member_count;
    for (; m != last; m++) {
        const uint8_t *next;

        if (CC_UNLIKELY(m->flags != 0)) {
            if ((m->flags & slow) != 0) {
                break;
            }
            set_present(m, base);
        }
        if (CC_LIKELY(p < fast)) {
            next = asn_fast_leaf(m->type, &m->tag, base + m->offset, p, end, in_end, false);
        } else {
            next = asn_fast_leaf(m->type, &m->tag, base + m->offset, p, end, in_end, true);
        }
        if (CC_UNLIKELY(next == NULL)) {
            next = fast_odd_member(m, base, p, end);
            if (next == NULL) {
                break;
            }
        }
        p = next;
    }
    *index = (size_t)(m - type->members);
    return p;
}

/* The alternative of a CHOICE whose tag is one octet, the one given. */
static const struct asn_member *fast_alternative(const struct asn_type *type, uint8_t octet)
{
    for (uint32_t i = 0; i < type->member_count; i++) {
        const struct asn_member *m = &type->members[i];

        if (m->tag.len == 1 && m->tag.octets[0] == octet) {
            return (m->flags & ASN_EXPLICIT) == 0 ? m : NULL;
        }
    }
    return NULL;
}

static const uint8_t *fast_leaf(const struct asn_run *run, const struct asn_type *type,
                                const struct asn_tag *tag, uint8_t *value, const uint8_t *end)
{
    const uint8_t *in_end = run->in.p + run->in.len;

    if (CC_LIKELY(run->p < run->fast)) {
        return asn_fast_leaf(type, tag, value, run->p, end, in_end, false);
    }
    return asn_fast_leaf(type, tag, value, run->p, end, in_end, true);
}

/* Says that the components from index on are absent; returns the first that cannot be. */
static size_t fast_absent(const struct asn_type *type, uint8_t *value, size_t index)
{
    while (index < type->member_count && asn_absentable(&type->members[index])) {
        asn_set_absent(&type->members[index++], value);
    }
    return index;
}

/* The fast way through a SEQUENCE. FAST_OPEN: run->p and *index say where the slow one goes on.
 */
static enum fast_step fast_sequence(struct asn_run *run, const struct asn_type *type,
                                    const struct asn_tag *tag, uint8_t *value, const uint8_t **end,
                                    size_t *index)
{
    size_t len;
    const uint8_t *p = fast_head(tag, run->p, *end, &len);

    if (p == NULL) {
        return FAST_NOT;
    }
    *end = p + len;
    p = fast_members(run, type, value, p, *end, index);
    run->p = p;
    if (CC_UNLIKELY(p != *end)) {
        return FAST_OPEN;
    }
    if (*index != type->member_count) {
        *index = fast_absent(type, value, *index);
        if (*index != type->member_count) {
            return FAST_OPEN;
        }
    }
    if (type->unknown_offset != ASN_NO_OFFSET) {
        asn_store_span(value + type->unknown_offset, span_of(NULL, 0));
    }
    return FAST_DONE;
}

/* The fast way through an item of a SEQUENCE OF. */
static enum fast_step fast_item(struct asn_run *run, const struct asn_type *type, uint8_t *value,
                                const uint8_t *end)
{
    const struct asn_tag *tag = &type->tag;
    const struct asn_type *choice = NULL;
    const struct asn_member *alternative = NULL;
    uint8_t *inner = value;
    enum fast_step step = FAST_NOT;
    size_t index = 0;
    struct asn_frame *f;

    if (type->op == ASN_CHOICE && tag->len == 0 && run->p != end) {
        int32_t which;

        alternative = fast_alternative(type, run->p[0]);
        if (alternative == NULL) {
            return FAST_NOT;
        }
        which = (int32_t)(alternative - type->members);
        memcpy(value, &which, sizeof(which));
        choice = type;
        type = alternative->type;
        tag = &alternative->tag;
        inner = value + alternative->offset;
    }
    if (asn_is_leaf(type->op)) {
        const uint8_t *next = fast_leaf(run, type, tag, inner, end);

        run->p = next != NULL ? next : run->p;
        return next != NULL ? FAST_DONE : FAST_NOT;
    }
    if (type->op == ASN_SEQUENCE && run->depth + 2 <= ASN_FRAMES_MAX) {
        step = fast_sequence(run, type, tag, inner, &end, &index);
    }
    if (step == FAST_OPEN) {
        if (choice != NULL) {
            f = asn_run_push(run, ASN_FRAME_CHOICE, choice, value);
            f->index = (size_t)(alternative - choice->members);
        }
        f = fast_push(run, ASN_FRAME_SEQUENCE, type, inner, end);
        f->index = index;
    }
    return step;
}

/* Goes on behind a SEQUENCE or SEQUENCE OF that has been decoded: such a part has no default. */
static void fast_done(struct asn_run *run)
{
    struct asn_frame *f = asn_run_top(run);

    if (f != NULL && (f->kind == ASN_FRAME_SEQUENCE || f->kind == ASN_FRAME_LIST)) {
        f->index++;
    } else if (f != NULL) {
        f->done = true;
    }
}

/* Counts the elements in contents by their heads; false: ask the slow way. */
static bool fast_count(const uint8_t *p, const uint8_t *end, size_t *count)
{
    size_t n = 0;

    while (end - p >= 2 && (p[0] & BER_TAG_LONG) != BER_TAG_LONG && p[0] != 0 && p[1] < 128 &&
           end - p - 2 >= p[1]) {
        p += 2 + p[1];
        n++;
    }
    *count = n;
    return p == end;
}

/*
 * Decodes items that are leaves, from p on, and returns what is behind the last that was taken;
 * *index is the one that was not.
 */
static const uint8_t *fast_leaves(const struct asn_run *run, const struct asn_type *element,
                                  const struct asn_list *list, const uint8_t *p, const uint8_t *end,
                                  size_t *index)
{
    const uint8_t *in_end = run->in.p + run->in.len;
    const uint8_t *fast = run->fast;
    uint8_t *value = list->items;
    size_t i = 0;

    for (; i < list->count; i++) {
        const uint8_t *next;

        if (CC_LIKELY(p < fast)) {
            next = asn_fast_leaf(element, &element->tag, value, p, end, in_end, false);
        } else {
            next = asn_fast_leaf(element, &element->tag, value, p, end, in_end, true);
        }
        if (CC_UNLIKELY(next == NULL)) {
            break;
        }
        p = next;
        value += element->size;
    }
    *index = i;
    return p;
}

/* The fast way into a SEQUENCE OF in a SEQUENCE, whose contents begin at p. */
static bool fast_list(struct asn_run *run, const struct asn_type *type, uint8_t *value,
                      const uint8_t *p, size_t len)
{
    const uint8_t *end = p + len;
    struct asn_list list = {0, NULL};
    struct asn_frame *f;
    size_t index = 0;

    if (!fast_count(p, end, &list.count) || !asn_size_check(type, list.count, NULL)) {
        return false;
    }
    if (list.count > 0) {
        list.items = arena_array(run->arena, list.count, type->element->size, NULL);
        if (list.items == NULL) {
            return false;
        }
    }
    memcpy(value, &list, sizeof(list));
    if (asn_is_leaf(type->element->op)) {
        p = fast_leaves(run, type->element, &list, p, end, &index);
    }
    run->p = p;
    if (index == list.count) {
        asn_run_top(run)->index++;
        return true;
    }
    f = fast_push(run, ASN_FRAME_LIST, type, list.items, end);
    f->count = list.count;
    f->index = index;
    return true;
}

/* Goes on where fast_members has stopped. False: nothing has happened. */
static bool fast_part(struct asn_run *run, struct asn_frame *f)
{
    const struct asn_type *type = f->type;
    const struct asn_member *m;
    const uint8_t *p;
    size_t len;

    if (f->index == type->member_count) {
        if (f->indefinite || run->p != f->end) {
            return false;
        }
        if (type->unknown_offset != ASN_NO_OFFSET) {
            asn_store_span(f->value + type->unknown_offset, span_of(NULL, 0));
        }
        run->depth--;
        fast_done(run);
        return true;
    }
    m = &type->members[f->index];
    if ((m->flags & ASN_EXPLICIT) != 0 || run->depth == ASN_FRAMES_MAX ||
        (m->type->op != ASN_SEQUENCE && m->type->op != ASN_SEQUENCE_OF)) {
        return false;
    }
    p = fast_head(&m->tag, run->p, f->end, &len);
    if (p == NULL) {
        return false;
    }
    set_present(m, f->value);
    if (m->type->op == ASN_SEQUENCE_OF) {
        return fast_list(run, m->type, f->value + m->offset, p, len);
    }
    (void)fast_push(run, ASN_FRAME_SEQUENCE, m->type, f->value + m->offset, p + len);
    run->p = p;
    return true;
}

/* The items that are left. False: the next needs the slow way. */
static bool fast_items(struct asn_run *run, struct asn_frame *f)
{
    const struct asn_type *element = f->type->element;

    while (f->index < f->count) {
        enum fast_step step = fast_item(run, element, f->value + f->index * element->size, f->end);

        if (step != FAST_DONE) {
            return step == FAST_OPEN;
        }
        f->index++;
    }
    if (f->indefinite || run->p != f->end) {
        return false;
    }
    run->depth--;
    fast_done(run);
    return true;
}

void asn_run_fast(struct asn_run *run)
{
    bool on = true;

    while (on && run->depth > 0) {
        struct asn_frame *f = asn_run_top(run);

        switch (f->kind) {
        case ASN_FRAME_SEQUENCE:
            run->p = fast_members(run, f->type, f->value, run->p, f->end, &f->index);
            on = fast_part(run, f);
            break;
        case ASN_FRAME_LIST:
            on = fast_items(run, f);
            break;
        case ASN_FRAME_CHOICE:
        case ASN_FRAME_WRAP:
            on = false;
            break;
        }
    }
}

bool asn_run_fast_root(struct asn_run *run, const struct asn_type *type, uint8_t *value)
{
    const uint8_t *p;
    size_t len;

    if (type->op != ASN_SEQUENCE) {
        return false;
    }
    p = fast_head(&type->tag, run->p, run->in.p + run->in.len, &len);
    if (p == NULL) {
        return false;
    }
    (void)fast_push(run, ASN_FRAME_SEQUENCE, type, value, p + len);
    run->p = p;
    return true;
}
