/* asn_decode_fast.c - see asn_decoding.h: what asn_encode writes, decoded without a second look. */
#include "codec/schema/asn_decoding.h"
#include "codec/schema/asn_fast.h"

const uint8_t *asn_run_members(const struct asn_run *run, const struct asn_type *type,
                               uint8_t *base, const uint8_t *p, const uint8_t *end, size_t *index)
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

/* The fast way through a SEQUENCE. ASN_FAST_OPEN: run->p and *index say where the slow one goes on.
 */
static enum asn_fast_step fast_sequence(struct asn_run *run, const struct asn_type *type,
                                        const struct asn_tag *tag, uint8_t *value,
                                        const uint8_t **end, size_t *index)
{
    const uint8_t *p = run->p;

    if (*end - p < 2 || tag->len != 1 || p[0] != tag->octets[0] || p[1] > *end - p - 2 ||
        p[1] > 127) {
        return ASN_FAST_NOT;
    }
    *end = p + 2 + p[1];
    p = asn_run_members(run, type, value, p + 2, *end, index);
    run->p = p;
    if (CC_UNLIKELY(p != *end)) {
        return ASN_FAST_OPEN;
    }
    if (*index != type->member_count) {
        *index = fast_absent(type, value, *index);
        if (*index != type->member_count) {
            return ASN_FAST_OPEN;
        }
    }
    if (type->unknown_offset != ASN_NO_OFFSET) {
        asn_store_span(value + type->unknown_offset, span_of(NULL, 0));
    }
    return ASN_FAST_DONE;
}

enum asn_fast_step asn_run_fast_item(struct asn_run *run, const struct asn_type *type,
                                     uint8_t *value, const uint8_t *end)
{
    const struct asn_tag *tag = &type->tag;
    const struct asn_type *choice = NULL;
    const struct asn_member *alternative = NULL;
    uint8_t *inner = value;
    enum asn_fast_step step = ASN_FAST_NOT;
    size_t index = 0;
    struct asn_frame *f;

    if (type->op == ASN_CHOICE && tag->len == 0 && run->p != end) {
        int32_t which;

        alternative = fast_alternative(type, run->p[0]);
        if (alternative == NULL) {
            return ASN_FAST_NOT;
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
        return next != NULL ? ASN_FAST_DONE : ASN_FAST_NOT;
    }
    if (type->op == ASN_SEQUENCE && run->depth + 2 <= ASN_FRAMES_MAX) {
        step = fast_sequence(run, type, tag, inner, &end, &index);
    }
    if (step == ASN_FAST_OPEN) {
        if (choice != NULL) {
            f = asn_run_push(run, ASN_FRAME_CHOICE, choice, value);
            f->index = (size_t)(alternative - choice->members);
        }
        f = asn_run_push(run, ASN_FRAME_SEQUENCE, type, inner);
        f->bounded = true;
        f->end = end;
        f->index = index;
    }
    return step;
}
