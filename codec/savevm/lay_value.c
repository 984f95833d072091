/* lay_value.c - see lay_value.h. */
#include "codec/savevm/lay_value.h"

#include <assert.h>
#include <stdio.h>

#include "codec/base/err.h"
#include "codec/ber/ber_prim.h"
#include "codec/ber/ber_reader.h"
#include "codec/savevm/lay_compile.h"
#include "codec/savevm/lay_walk.h"
#include "codec/savevm/leg_text.h"
#include "codec/savevm/leg_wire.h"

enum { LAY_SLACK = 16 }; /* octets before the value that a store of a whole word may touch */

/* ---- lifting: both cursors run from the back to the front ---- */

struct lift {
    const struct lay_types *types;
    const struct lay_where *where;
    struct span payload;
    const uint8_t *in; /* behind the next octets to take */
    uint8_t *out;      /* at the last octet put */
    uint32_t depth;
    struct lay_level levels[LAY_DEPTH_MAX + 1]; /* step: rows to go; element: elements to go */
    uint8_t *fields_end[LAY_DEPTH_MAX + 1];
    uint8_t *array_end[LAY_DEPTH_MAX + 1];
    uint8_t *list_end[LAY_DEPTH_MAX + 1];
    struct err *err;
};

/* Says that n octets at l->in are not what the type says stands there. */
static CC_COLD bool lift_fault(struct lift *l, const char *what, const uint8_t *expected, size_t n)
{
    char path[ERR_PATH_MAX];
    size_t i = 0;

    while (i + 1 < n && l->in[i] == expected[i]) {
        i++;
    }
    (void)err_set(l->err, ERR_MALFORMED, "expected %s octet 0x%02x, found 0x%02x", what,
                  expected[i], l->in[i]);
    leg_text_label(l->where->section, path, sizeof(path) / 2);
    lay_level_path(l->types, l->levels, l->depth, path, sizeof(path));
    (void)err_at_path(l->err, "%s", path);
    if (l->where->legacy_offset != ERR_NO_OFFSET) {
        (void)err_at_legacy(l->err, l->where->legacy_offset + (uint64_t)(l->in + i - l->payload.p));
    }
    return false;
}

/* Takes n octets that must be the expected ones. */
static bool lift_expect(struct lift *l, const char *what, const uint8_t *expected, size_t n)
{
    l->in -= n;
    return memcmp(l->in, expected, n) == 0 || lift_fault(l, what, expected, n);
}

static void put_head(struct lift *l, uint8_t tag, const uint8_t *end)
{
    size_t len = (size_t)(end - l->out);

    if (len < BER_LENGTH_INDEFINITE) {
        *--l->out = (uint8_t)len;
    } else {
        uint8_t n = BER_LENGTH_INDEFINITE;

        for (; len != 0; len >>= 8) {
            *--l->out = (uint8_t)len;
            n++;
        }
        *--l->out = n;
    }
    *--l->out = tag;
}

/* Puts the identifier octets of a context tag in place of the one of the value at l->out. */
static void put_tag(struct lift *l, uint32_t number)
{
    const struct ber_tag tag = {number, BER_CONTEXT, (*l->out & BER_CONSTRUCTED) != 0};
    uint8_t octets[BER_TAG_OCTETS_MAX];
    size_t n = ber_tag_octets(tag, octets);

    l->out -= n - 1;
    memcpy(l->out, octets, n);
}

static CC_INLINE uint8_t *put_int(uint8_t *out, uint64_t v, bool is_signed)
{
    unsigned n = is_signed ? ber_int_size((int64_t)v) : ber_uint_size(v);

    ber_store64(out - 8, v);
    if (n == 9) {
        out[-9] = 0;
    }
    out -= n;
    *--out = (uint8_t)n;
    *--out = BER_INTEGER;
    return out;
}

static CC_INLINE uint64_t get_int(const uint8_t *p, uint32_t size, bool is_signed)
{
    uint64_t v;

    switch (size) {
    case 1:
        v = p[0];
        return is_signed ? (v ^ 0x80) - 0x80 : v;
    case 2:
        v = leg_get_be16(p);
        return is_signed ? (v ^ 0x8000) - 0x8000 : v;
    case 4:
        v = leg_get_be32(p);
        return is_signed ? (v ^ 0x80000000U) - 0x80000000U : v;
    default:
        return leg_get_be64(p);
    }
}

static CC_INLINE uint64_t get_little(const uint8_t *p, uint32_t size, bool is_signed)
{
    uint8_t big[8];

    for (uint32_t i = 0; i < size; i++) {
        big[i] = p[size - 1 - i];
    }
    return get_int(big, size, is_signed);
}

static void lift_leaves(struct lift *l, const struct lay_step *step)
{
    for (uint32_t i = 0; i < step->count; i++) {
        uint8_t *end = l->out;

        l->in -= step->size;
        switch (step->op) {
        case LAY_INT:
            l->out = put_int(l->out,
                             step->is_little ? get_little(l->in, step->size, step->is_signed)
                                             : get_int(l->in, step->size, step->is_signed),
                             step->is_signed);
            break;
        case LAY_BOOL:
            *--l->out = lay_value_bool(*l->in);
            *--l->out = 1;
            *--l->out = BER_BOOLEAN;
            break;
        case LAY_OCTETS:
            l->out -= step->size;
            memcpy(l->out, l->in, step->size);
            put_head(l, BER_OCTET_STRING, end);
            break;
        case LAY_STRUCT:
        case LAY_SUBSECTION:
        case LAY_LIST:
        case LAY_TREE:
        case LAY_TREE_KEYED:
            assert(step->op <= LAY_OCTETS);
        }
    }
}

static void lift_push(struct lift *l, uint32_t id)
{
    struct lay_level *level = &l->levels[l->depth];

    level->type = lay_types_get(l->types, id);
    level->step = level->type->step_count;
    level->element = 0;
    level->in_row = false;
    l->fields_end[l->depth++] = l->out;
}

/* Takes what stands in front of an element in the row it belongs to. */
static bool lift_front(struct lift *l)
{
    static const uint8_t marker[] = {1};
    const struct lay_level *level = &l->levels[l->depth - 1];
    const struct lay_step *step = &level->type->steps[level->step];

    if (step->op == LAY_SUBSECTION) {
        const struct wire_type_description *wire = &lay_types_get(l->types, step->type)->wire;
        uint8_t head[LAY_SUBSECTION_HEAD_LEN + LAY_NAME_MAX] = {LEG_SUBSECTION};

        head[1] = (uint8_t)wire->name.len;
        memcpy(head + 2, wire->name.p, wire->name.len);
        leg_set_be32(head + 2 + wire->name.len, wire->version);
        return lift_expect(l, "subsection head", head, step->head_len);
    }
    if (step->op == LAY_TREE_KEYED) {
        put_tag(l, level->element % 2);
    }
    if (step->op == LAY_TREE) {
        l->in -= LAY_TREE_KEY_LEN;
        l->out = put_int(l->out, leg_get_be64(l->in), false);
    }
    if (step->op == LAY_LIST || step->op == LAY_TREE ||
        (step->op == LAY_TREE_KEYED && level->element % 2 == 0)) {
        return lift_expect(l, "list marker", marker, sizeof(marker));
    }
    return true;
}

/* Begins the row at level->step, at its end. */
static bool lift_begin_row(struct lift *l, struct lay_level *level, const struct lay_step *step)
{
    static const uint8_t last[] = {0};

    if (step->closes) {
        l->array_end[l->depth - 1] = l->out;
    }
    if (step->op <= LAY_OCTETS) {
        lift_leaves(l, step);
        level->element = 0;
        return true;
    }
    if (step->op >= LAY_LIST) {
        l->list_end[l->depth - 1] = l->out;
        level->element = step->member_count;
        return lift_expect(l, "last list marker", last, sizeof(last));
    }
    level->element = step->count;
    return true;
}

/* Ends the row, at its front. */
static bool lift_end_row(struct lift *l, struct lay_level *level, const struct lay_step *step)
{
    if (step->op == LAY_TREE || step->op == LAY_TREE_KEYED) {
        uint8_t count[LAY_TREE_COUNT_LEN];

        leg_set_be32(count, step->op == LAY_TREE ? step->member_count : step->member_count / 2);
        if (!lift_expect(l, "count", count, sizeof(count))) {
            return false;
        }
    }
    if (step->op >= LAY_LIST) {
        put_head(l, BER_SEQUENCE | BER_CONSTRUCTED, l->list_end[l->depth - 1]);
    }
    if (step->opens) {
        put_head(l, BER_SEQUENCE | BER_CONSTRUCTED, l->array_end[l->depth - 1]);
    }
    if (step->tag != LAY_NO_TAG) {
        put_tag(l, step->tag);
    }
    level->in_row = false;
    return true;
}

/*
 * An element whose octets are those of the one behind it has the same value, which stands at
 * l->out: tables of queues and entries are long, and most of them not in use.
 */
static bool lift_again(struct lift *l, const struct lay_step *step)
{
    size_t n = (size_t)(l->fields_end[l->depth] - l->out);

    if (memcmp(l->in - step->size, l->in, step->size) != 0) {
        return false;
    }
    l->in -= step->size;
    l->fields_end[l->depth] = l->out;
    memcpy(l->out - n, l->out, n);
    l->out -= n;
    return true;
}

static bool lift_advance(struct lift *l)
{
    struct lay_level *level = &l->levels[l->depth - 1];
    const struct lay_step *step;

    if (!level->in_row) {
        if (level->step == 0) {
            put_head(l, BER_SEQUENCE | BER_CONSTRUCTED, l->fields_end[--l->depth]);
            return l->depth == 0 || lift_front(l);
        }
        level->step--;
        level->in_row = true;
        if (!lift_begin_row(l, level, &level->type->steps[level->step])) {
            return false;
        }
    }
    step = &level->type->steps[level->step];
    if (level->element == 0) {
        return lift_end_row(l, level, step);
    }
    level->element--;
    if (step->op == LAY_STRUCT && level->element + 1 < step->count && lift_again(l, step)) {
        return true;
    }
    lift_push(l, step->op >= LAY_LIST ? step->members[level->element] : step->type);
    return true;
}

bool lay_value_lift(const struct lay_types *types, uint32_t id, struct span payload,
                    const struct lay_where *where, struct buf *room, struct span *value,
                    struct err *err)
{
    const struct lay_type *type = lay_types_get(types, id);
    struct lift l;
    uint8_t *end;

    if (type == NULL || type->size != payload.len) {
        return err_set(err, ERR_MALFORMED, "expected %u octets as described, found %zu",
                       type != NULL ? (unsigned)type->size : 0U, payload.len);
    }
    buf_clear(room);
    if (type->ber_max > SIZE_MAX - LAY_SLACK ||
        !buf_reserve(room, (size_t)type->ber_max + LAY_SLACK, err)) {
        return err_set(err, ERR_LIMIT, "a value of up to %llu octets",
                       (unsigned long long)type->ber_max);
    }
    end = room->p + LAY_SLACK + type->ber_max;
    l.types = types;
    l.where = where;
    l.payload = payload;
    l.in = payload.p + payload.len;
    l.out = end;
    l.depth = 0;
    l.err = err;
    lift_push(&l, id);
    while (l.depth > 0) {
        if (!lift_advance(&l)) {
            return false;
        }
    }
    assert(l.in == payload.p && l.out >= room->p + LAY_SLACK);
    *value = span_of(l.out, (size_t)(end - l.out));
    return true;
}

/* ---- lowering ---- */

/* The octets at walk->legacy of the payload; ctx is where the payload begins. */
static uint8_t *lower_at(const struct lay_walk *walk)
{
    return (uint8_t *)walk->ctx + walk->legacy;
}

static bool lower_enter(struct lay_walk *walk, enum lay_part part, const struct lay_open *open)
{
    const struct lay_level *level = &walk->levels[walk->depth - 1];
    const struct lay_step *step;
    uint8_t *out = lower_at(walk);

    (void)open;
    switch (part) {
    case LAY_PART_STRUCT:
    case LAY_PART_ARRAY:
        break;
    case LAY_PART_SUBSECTION:
        out[0] = LEG_SUBSECTION;
        out[1] = (uint8_t)level->type->wire.name.len;
        memcpy(out + 2, level->type->wire.name.p, level->type->wire.name.len);
        leg_set_be32(out + 2 + level->type->wire.name.len, level->type->wire.version);
        break;
    case LAY_PART_LIST:
        step = &level->type->steps[level->step];
        if (step->op != LAY_LIST) {
            leg_set_be32(out, step->op == LAY_TREE ? step->member_count : step->member_count / 2);
        }
        break;
    }
    return true;
}

static bool lower_leave(struct lay_walk *walk, enum lay_part part)
{
    if (part == LAY_PART_LIST) {
        *lower_at(walk) = 0;
    }
    return true;
}

static bool lower_marker(struct lay_walk *walk)
{
    *lower_at(walk) = 1;
    return true;
}

/* The octets of the element before stand right before. */
static bool lower_again(struct lay_walk *walk, uint32_t size)
{
    memcpy(lower_at(walk), lower_at(walk) - size, size);
    return true;
}

static bool lower_key(struct lay_walk *walk, const uint8_t *end)
{
    static const struct lay_step key = {
        .op = LAY_INT, .tag = LAY_NO_TAG, .count = 1, .size = LAY_TREE_KEY_LEN};
    uint64_t v;

    if (!lay_walk_int(walk, &key, end, &v)) {
        return false;
    }
    leg_set_be64(lower_at(walk), v);
    return true;
}

static bool lower_ints(struct lay_walk *walk, const struct lay_step *step, const uint8_t *end)
{
    uint32_t *element = &walk->levels[walk->depth - 1].element;
    uint8_t *out = lower_at(walk);

    for (uint32_t i = 0; i < step->count; i++) {
        uint64_t v;

        *element = i;
        if (!lay_walk_int(walk, step, end, &v)) {
            return false;
        }
        for (uint32_t k = step->size; k > 0; v >>= 8) {
            k--;
            out[step->is_little ? step->size - 1 - k : k] = (uint8_t)v;
        }
        out += step->size;
        walk->legacy += step->size;
    }
    return true;
}

static bool lower_bools(struct lay_walk *walk, const struct lay_step *step, const uint8_t *end)
{
    for (uint32_t i = 0; i < step->count; i++) {
        const uint8_t *contents;
        bool segmented;

        walk->levels[walk->depth - 1].element = i;
        if (!lay_walk_head(walk, BER_BOOLEAN, lay_step_tag(step), end, &contents, &segmented)) {
            return false;
        }
        if (contents - walk->at != 1) {
            return lay_walk_fault(walk, ERR_MALFORMED, "BOOLEAN of %zu octets",
                                  (size_t)(contents - walk->at));
        }
        *lower_at(walk) = lay_value_bool(*walk->at);
        walk->at = contents;
        walk->legacy++;
    }
    return true;
}

static bool octets_fault(struct lay_walk *walk, const struct lay_step *step, size_t found)
{
    return lay_walk_fault(walk, ERR_MALFORMED, "expected %u octets, found %zu",
                          (unsigned)step->size, found);
}

/* Puts the segments of an OCTET STRING, whose head is read, one behind the other. */
static bool lower_segments(struct lay_walk *walk, const struct lay_step *step, const uint8_t *begin,
                           const uint8_t *end)
{
    struct err mine = ERR_INIT;
    struct ber_walk segments;
    struct ber_item item;
    struct ber_head head;
    struct span whole;
    size_t n = 0;

    if (!ber_element(span_of(begin, (size_t)(end - begin)), &whole, &head, &mine)) {
        return lay_walk_fault(walk, ERR_MALFORMED, "%s", mine.text);
    }
    ber_walk_init(&segments, ber_contents(whole, &head), 0);
    do {
        if (!ber_walk_next(&segments, &item, &mine)) {
            return lay_walk_fault(walk, ERR_MALFORMED, "%s", mine.text);
        }
        if (item.step == BER_STEP_END || item.step == BER_STEP_LEAVE) {
            continue;
        }
        if (item.head.tag.cls != BER_UNIVERSAL || item.head.tag.number != BER_OCTET_STRING) {
            return lay_walk_fault(walk, ERR_MALFORMED, "a segment that is no OCTET STRING");
        }
        if (item.step == BER_STEP_PRIMITIVE) {
            if (item.contents.len > step->size - n) {
                return octets_fault(walk, step, n + item.contents.len);
            }
            if (item.contents.len > 0) {
                memcpy(lower_at(walk) + n, item.contents.p, item.contents.len);
            }
            n += item.contents.len;
        }
    } while (item.step != BER_STEP_END);
    if (n != step->size) {
        return octets_fault(walk, step, n);
    }
    walk->at = whole.p + whole.len;
    return true;
}

static bool lower_octets(struct lay_walk *walk, const struct lay_step *step, const uint8_t *end)
{
    for (uint32_t i = 0; i < step->count; i++) {
        const uint8_t *begin = walk->at;
        const uint8_t *contents;
        bool segmented;

        walk->levels[walk->depth - 1].element = i;
        if (!lay_walk_head(walk, BER_OCTET_STRING, lay_step_tag(step), end, &contents,
                           &segmented)) {
            return false;
        }
        if (segmented) {
            if (!lower_segments(walk, step, begin, end)) {
                return false;
            }
        } else if ((size_t)(contents - walk->at) != step->size) {
            return octets_fault(walk, step, (size_t)(contents - walk->at));
        } else {
            memcpy(lower_at(walk), walk->at, step->size);
            walk->at = contents;
        }
        walk->legacy += step->size;
    }
    return true;
}

static bool lower_row(struct lay_walk *walk, const struct lay_step *step, const uint8_t *end)
{
    switch (step->op) {
    case LAY_INT:
        return lower_ints(walk, step, end);
    case LAY_BOOL:
        return lower_bools(walk, step, end);
    case LAY_OCTETS:
        return lower_octets(walk, step, end);
    case LAY_STRUCT:
    case LAY_SUBSECTION:
    case LAY_LIST:
    case LAY_TREE:
    case LAY_TREE_KEYED:
        break;
    }
    return lay_walk_fault(walk, ERR_INTERNAL, "no leaf");
}

bool lay_value_lower(const struct lay_types *types, uint32_t id, struct span value,
                     const struct lay_where *where, struct buf *out, struct err *err)
{
    static const struct lay_walk_ops ops = {lower_enter,  lower_leave, lower_row,
                                            lower_marker, lower_key,   lower_again};
    const struct lay_type *type = lay_types_get(types, id);
    struct lay_walk walk;

    /* So that a type cannot ask for much more memory than its value has octets. */
    if (type != NULL && value.len < type->ber_min) {
        walk.types = types;
        walk.where = where;
        walk.value = value;
        walk.at = value.p;
        walk.legacy = 0;
        walk.depth = 0;
        walk.err = err;
        return lay_walk_fault(&walk, ERR_MALFORMED,
                              "a value of %zu octets, its type takes %llu at least", value.len,
                              (unsigned long long)type->ber_min);
    }
    if (!buf_reserve(out, type != NULL ? type->size + (size_t)1 : 1, err) ||
        !lay_walk_run(&walk, types, id, value, where, &ops, out->p + out->len, err)) {
        return false;
    }
    assert(walk.legacy == type->size);
    out->len += type->size;
    return true;
}
