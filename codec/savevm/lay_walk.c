/* lay_walk.c - see lay_walk.h. */
#include "codec/savevm/lay_walk.h"

#include <stdarg.h>
#include <stdio.h>

#include "codec/base/err.h"
#include "codec/ber/ber_prim.h"
#include "codec/ber/ber_reader.h"
#include "codec/savevm/lay_compile.h"
#include "codec/savevm/leg_text.h"

void lay_level_path(const struct lay_types *types, const struct lay_level *levels, uint32_t count,
                    char *path, size_t cap)
{
    size_t len = strlen(path);

    for (uint32_t i = 0; i < count && len < cap; i++) {
        const struct lay_level *level = &levels[i];
        const struct wire_type_description *wire = &level->type->wire;
        char name[LAY_LABEL_MAX];
        int n;

        if (level->step >= level->type->step_count) {
            continue;
        }
        if (level->step >= wire->fields.count) {
            const struct lay_step *step = &level->type->steps[level->step];

            leg_text_label(lay_types_get(types, step->type)->wire.name, name, sizeof(name));
            n = snprintf(path + len, cap - len, " > %s", name);
        } else {
            const struct wire_field *field = &wire->fields.items[level->step];
            const struct lay_step *step = &level->type->steps[level->step];
            bool is_array = step->is_array || field->has_array || field->repeat > 1;
            uint32_t element = step->op >= LAY_LIST ? 0 : level->element;

            leg_text_label(field->name, name, sizeof(name));
            n = is_array ? snprintf(path + len, cap - len, " > %s[%lu]", name,
                                    (unsigned long)step->first + element)
                         : snprintf(path + len, cap - len, " > %s", name);
        }
        len += n > 0 ? (size_t)n : 0;
    }
}

bool lay_walk_fault(struct lay_walk *walk, enum err_band band, const char *fmt, ...)
{
    const struct lay_where *where = walk->where;
    char path[ERR_PATH_MAX];
    char text[ERR_TEXT_MAX];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    (void)err_set(walk->err, band, "%s", text);
    leg_text_label(where->section, path, sizeof(path) / 2);
    lay_level_path(walk->types, walk->levels, walk->depth, path, sizeof(path));
    (void)err_at_path(walk->err, "%s", path);
    if (where->legacy_offset != ERR_NO_OFFSET) {
        (void)err_at_legacy(walk->err, where->legacy_offset + walk->legacy);
    }
    if (where->ber_offset != ERR_NO_OFFSET) {
        (void)err_at_ber(walk->err, where->ber_offset + (uint64_t)(walk->at - walk->value.p));
    }
    return false;
}

/* A head that is not as most are: says what is wrong with it, or reads it. */
static CC_COLD bool slow_head(struct lay_walk *walk, uint32_t universal, uint32_t tag,
                              const uint8_t *end, const uint8_t **contents, bool *segmented)
{
    const bool constructed = universal == BER_SEQUENCE;
    const struct ber_tag expected = {tag == LAY_NO_TAG ? universal : tag,
                                     tag == LAY_NO_TAG ? BER_UNIVERSAL : BER_CONTEXT, constructed};
    struct err mine = ERR_INIT;
    struct ber_head head;
    char want[BER_TAG_TEXT_MAX];
    char found[BER_TAG_TEXT_MAX];

    (void)ber_tag_text(expected, want);
    if (walk->at == end) {
        return lay_walk_fault(walk, ERR_MALFORMED, "expected %s, found the end", want);
    }
    if (!ber_head(span_of(walk->at, (size_t)(end - walk->at)), &head, &mine)) {
        return lay_walk_fault(walk, ERR_MALFORMED, "expected %s: %s", want, mine.text);
    }
    if (head.tag.cls != expected.cls || head.tag.number != expected.number ||
        (universal != BER_OCTET_STRING && head.tag.constructed != constructed)) {
        return lay_walk_fault(walk, ERR_MALFORMED, "expected %s, found %s", want,
                              ber_tag_text(head.tag, found));
    }
    if (head.len > (uint64_t)(end - walk->at) - head.head_len) {
        return lay_walk_fault(walk, ERR_MALFORMED, "%s runs past the end of the one around it",
                              want);
    }
    walk->at += head.head_len;
    *contents = head.indefinite ? NULL : walk->at + head.len;
    *segmented = universal == BER_OCTET_STRING && head.tag.constructed;
    return true;
}

bool lay_walk_head(struct lay_walk *walk, uint32_t universal, uint32_t tag, const uint8_t *end,
                   const uint8_t **contents, bool *segmented)
{
    const uint8_t *p = walk->at;
    uint32_t octet = universal;

    if (tag != LAY_NO_TAG) { /* no octet is like a tag that takes several */
        octet = tag < BER_TAG_LONG ? (uint32_t)BER_CONTEXT << 6 | tag : UINT8_MAX + 1U;
    }
    octet |= universal == BER_SEQUENCE ? BER_CONSTRUCTED : 0;
    if (CC_LIKELY(end - p >= 2 && p[0] == octet && p[1] < BER_LENGTH_INDEFINITE &&
                  p[1] <= end - p - 2)) {
        walk->at = p + 2;
        *contents = p + 2 + p[1];
        *segmented = false;
        return true;
    }
    return slow_head(walk, universal, tag, end, contents, segmented);
}

static CC_COLD bool int_fault(struct lay_walk *walk, const struct lay_step *step,
                              const uint8_t *begin, size_t len, bool minimal)
{
    walk->at = begin;
    if (len == 0 || !minimal) {
        return lay_walk_fault(walk, ERR_MALFORMED, "INTEGER of %zu octets is not minimal", len);
    }
    return lay_walk_fault(walk, ERR_MALFORMED, "INTEGER does not fit %s of %u octets",
                          step->is_signed ? "a signed number" : "an unsigned number",
                          (unsigned)step->size);
}

bool lay_walk_int(struct lay_walk *walk, const struct lay_step *step, const uint8_t *end,
                  uint64_t *out)
{
    const uint8_t *begin = walk->at;
    const uint8_t *contents;
    const uint8_t *p;
    uint64_t v = 0;
    size_t len;
    bool segmented;

    if (!lay_walk_head(walk, BER_INTEGER, lay_step_tag(step), end, &contents, &segmented)) {
        return false;
    }
    p = walk->at;
    len = (size_t)(contents - p);
    if (len == 0 || (len > 1 && ((p[0] == 0 && p[1] < 0x80) || (p[0] == 0xff && p[1] >= 0x80)))) {
        return int_fault(walk, step, begin, len, false);
    }
    if (step->is_signed ? len > step->size
                        : p[0] >= 0x80 || len > step->size + (p[0] == 0 ? 1U : 0U)) {
        return int_fault(walk, step, begin, len, true);
    }
    v = p[0] >= 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < len; i++) {
        v = v << 8 | p[i];
    }
    walk->at = contents;
    *out = v;
    return true;
}

static bool open_sequence(struct lay_walk *walk, uint32_t tag, const uint8_t *end,
                          struct lay_open *open)
{
    const uint8_t *contents;
    bool segmented;

    open->begin = walk->at;
    if (!lay_walk_head(walk, BER_SEQUENCE, tag, end, &contents, &segmented)) {
        return false;
    }
    open->indefinite = contents == NULL;
    open->end = open->indefinite ? end : contents;
    return true;
}

static bool close_sequence(struct lay_walk *walk, const struct lay_open *open)
{
    if (!open->indefinite) {
        return walk->at == open->end ||
               lay_walk_fault(walk, ERR_MALFORMED, "%zu octets more than the type has fields for",
                              (size_t)(open->end - walk->at));
    }
    if (open->end - walk->at < 2 || walk->at[0] != 0 || walk->at[1] != 0) {
        return lay_walk_fault(walk, ERR_MALFORMED, "expected end-of-contents (00 00)");
    }
    walk->at += 2;
    return true;
}

/* Where what stands around the next element of a row ends. */
static const uint8_t *limit(const struct lay_walk *walk, const struct lay_step *step)
{
    uint32_t top = walk->depth - 1;

    if (step->op >= LAY_LIST) {
        return walk->lists[top].end;
    }
    return step->is_array ? walk->arrays[top].end : walk->fields[top].end;
}

/* Goes into a struct; end is what it may not run past. */
static bool push(struct lay_walk *walk, uint32_t id, bool is_subsection, uint32_t tag,
                 const uint8_t *end)
{
    struct lay_level *level = &walk->levels[walk->depth];
    struct lay_open *open = &walk->fields[walk->depth];

    if (!open_sequence(walk, tag, end, open)) {
        return false;
    }
    level->type = lay_types_get(walk->types, id);
    level->step = 0;
    level->element = 0;
    level->in_row = false;
    walk->depth++;
    if (!walk->ops->enter(walk, is_subsection ? LAY_PART_SUBSECTION : LAY_PART_STRUCT, open)) {
        return false;
    }
    if (is_subsection) {
        walk->legacy += LAY_SUBSECTION_HEAD_LEN + level->type->wire.name.len;
    }
    return true;
}

static bool is_subsection(const struct lay_walk *walk)
{
    const struct lay_level *parent;

    if (walk->depth < 2) {
        return false;
    }
    parent = &walk->levels[walk->depth - 2];
    return parent->type->steps[parent->step].op == LAY_SUBSECTION;
}

static bool pop(struct lay_walk *walk)
{
    bool ok = close_sequence(walk, &walk->fields[walk->depth - 1]) &&
              walk->ops->leave(walk, is_subsection(walk) ? LAY_PART_SUBSECTION : LAY_PART_STRUCT);

    walk->depth--;
    return ok;
}

static uint32_t element_count(const struct lay_step *step)
{
    return step->op >= LAY_LIST ? step->member_count : step->count;
}

/* Begins a row at the innermost level. */
static bool begin_row(struct lay_walk *walk, struct lay_level *level, const struct lay_step *step)
{
    struct lay_open *array = &walk->arrays[walk->depth - 1];
    struct lay_open *list = &walk->lists[walk->depth - 1];
    const uint8_t *end = walk->fields[walk->depth - 1].end;

    level->element = 0;
    if (step->opens && (!open_sequence(walk, step->tag, end, array) ||
                        !walk->ops->enter(walk, LAY_PART_ARRAY, array))) {
        return false;
    }
    end = step->is_array ? array->end : end;
    if (step->op >= LAY_LIST && (!open_sequence(walk, lay_step_tag(step), end, list) ||
                                 !walk->ops->enter(walk, LAY_PART_LIST, list))) {
        return false;
    }
    if (step->op == LAY_TREE || step->op == LAY_TREE_KEYED) {
        walk->legacy += LAY_TREE_COUNT_LEN;
    }
    level->in_row = true;
    return step->op > LAY_OCTETS || walk->ops->row(walk, step, end);
}

static bool end_row(struct lay_walk *walk, struct lay_level *level, const struct lay_step *step)
{
    if (step->op >= LAY_LIST) {
        if (!close_sequence(walk, &walk->lists[walk->depth - 1]) ||
            !walk->ops->leave(walk, LAY_PART_LIST)) {
            return false;
        }
        walk->legacy += LAY_MARKER_LEN;
    }
    if (step->closes && (!close_sequence(walk, &walk->arrays[walk->depth - 1]) ||
                         !walk->ops->leave(walk, LAY_PART_ARRAY))) {
        return false;
    }
    level->in_row = false;
    level->element = 0;
    level->step++;
    return true;
}

/* Goes into the next element of a row of structs. */
static bool next_element(struct lay_walk *walk, struct lay_level *level,
                         const struct lay_step *step)
{
    const uint8_t *end = limit(walk, step);
    uint32_t tag = lay_step_tag(step);
    uint32_t id = step->type;

    if (step->op >= LAY_LIST) {
        id = step->members[level->element];
        tag = step->op == LAY_TREE_KEYED ? level->element % 2 : LAY_NO_TAG;
        if (step->op != LAY_TREE_KEYED || level->element % 2 == 0) {
            if (!walk->ops->marker(walk)) {
                return false;
            }
            walk->legacy += LAY_MARKER_LEN;
        }
        if (step->op == LAY_TREE) {
            if (!walk->ops->key(walk, end)) {
                return false;
            }
            walk->legacy += LAY_TREE_KEY_LEN;
        }
    }
    return push(walk, id, step->op == LAY_SUBSECTION, tag, end);
}

/* Passes an element that is the same as the one before, if that is all there is to it. */
static bool same_element(struct lay_walk *walk, struct lay_level *level,
                         const struct lay_step *step)
{
    const uint8_t *last = walk->fields[walk->depth].begin;
    size_t n = (size_t)(walk->at - last);

    if ((size_t)(limit(walk, step) - walk->at) < n || memcmp(last, walk->at, n) != 0 ||
        !walk->ops->again(walk, step->size)) {
        return false;
    }
    walk->fields[walk->depth].begin = walk->at;
    walk->at += n;
    walk->legacy += step->size;
    level->element++;
    return true;
}

/* Goes one step on. */
static bool advance(struct lay_walk *walk)
{
    struct lay_level *level = &walk->levels[walk->depth - 1];
    const struct lay_step *step = &level->type->steps[level->step];
    bool is_leaf;

    if (level->step == level->type->step_count) {
        if (!pop(walk)) {
            return false;
        }
        if (walk->depth > 0) {
            walk->levels[walk->depth - 1].element++;
        }
        return true;
    }
    if (!level->in_row && !begin_row(walk, level, step)) {
        return false;
    }
    is_leaf = step->op <= LAY_OCTETS;
    if (is_leaf) {
        level->element = 0;
        return end_row(walk, level, step);
    }
    if (level->element < element_count(step)) {
        if (step->op == LAY_STRUCT && level->element > 0 && same_element(walk, level, step)) {
            return true;
        }
        return next_element(walk, level, step);
    }
    return end_row(walk, level, step);
}

bool lay_walk_run(struct lay_walk *walk, const struct lay_types *types, uint32_t type,
                  struct span value, const struct lay_where *where, const struct lay_walk_ops *ops,
                  void *ctx, struct err *err)
{
    walk->types = types;
    walk->where = where;
    walk->value = value;
    walk->at = value.p;
    walk->legacy = 0;
    walk->depth = 0;
    walk->ops = ops;
    walk->ctx = ctx;
    walk->err = err;
    if (lay_types_get(types, type) == NULL) {
        return lay_walk_fault(walk, ERR_MALFORMED, "type %u is not described", (unsigned)type);
    }
    if (!push(walk, type, false, LAY_NO_TAG, value.p + value.len)) {
        return false;
    }
    while (walk->depth > 0) {
        if (!advance(walk)) {
            return false;
        }
    }
    return walk->at == value.p + value.len ||
           lay_walk_fault(walk, ERR_MALFORMED, "%zu octets behind the value",
                          (size_t)(value.p + value.len - walk->at));
}
