/* imp_tags.c - see imp_tags.h. */
#include "codec/device/imp_tags.h"

#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/device/imp_limits.h"
#include "codec/schema/asn_text.h"

void imp_tags_init(struct imp_tags *tags, struct arena *arena)
{
    memset(tags, 0, sizeof(*tags));
    tags->arena = arena;
}

void imp_tags_done(struct imp_tags *tags)
{
    free(tags->items);
    imp_tags_init(tags, tags->arena);
}

static int compare_tags(const struct imp_tag *a, const struct imp_tag *b)
{
    int order = span_compare(a->module, b->module);

    if (order == 0) {
        order = span_compare(a->type, b->type);
    }
    if (order == 0 && a->tag != b->tag) {
        order = a->tag < b->tag ? -1 : 1;
    }
    return order != 0 ? order : span_compare(a->ident, b->ident);
}

static int compare_rows(const void *a, const void *b)
{
    return compare_tags(a, b);
}

void imp_tags_sort(struct imp_tags *tags)
{
    if (tags->count > 1) {
        qsort(tags->items, tags->count, sizeof(*tags->items), compare_rows);
    }
}

bool imp_tags_add(struct imp_tags *tags, const struct imp_tag *tag, struct err *err)
{
    if (tags->count == tags->cap) {
        size_t cap = tags->cap == 0 ? 1024 : tags->cap * 2;
        struct imp_tag *more = realloc(tags->items, cap * sizeof(*more));

        if (more == NULL) {
            return err_memory(err);
        }
        tags->items = more;
        tags->cap = cap;
    }
    tags->items[tags->count++] = *tag;
    return true;
}

/* Takes what stands before the next TAB, or the rest. */
static struct span take_part(struct span *line)
{
    const uint8_t *tab = line->len > 0 ? memchr(line->p, '\t', line->len) : NULL;
    struct span part = *line;

    if (tab != NULL) {
        part.len = (size_t)(tab - line->p);
        *line = span_from(*line, part.len + 1);
    } else {
        line->len = 0;
    }
    return part;
}

static bool read_number(struct span text, uint32_t *out)
{
    uint64_t number = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || number > UINT32_MAX / 10) {
            return false;
        }
        number = number * 10 + (uint64_t)(text.p[i] - '0');
    }
    *out = (uint32_t)number;
    return text.len > 0;
}

static bool read_row(struct span line, struct imp_tag *tag)
{
    struct span number;
    struct span word;

    tag->module = take_part(&line);
    tag->type = take_part(&line);
    number = take_part(&line);
    tag->ident = take_part(&line);
    word = take_part(&line);
    tag->removed = word.len > 0;
    return tag->module.len > 0 && tag->type.len > 0 && tag->ident.len > 0 && line.len == 0 &&
           (!tag->removed || span_eq_str(word, "removed")) && read_number(number, &tag->tag);
}

bool imp_tags_read(struct imp_tags *tags, const char *name, struct span text, struct err *err)
{
    unsigned number = 0;

    text.p = arena_copy(tags->arena, text.p, text.len, err);
    if (text.p == NULL) {
        return false;
    }
    while (text.len > 0) {
        const uint8_t *end = memchr(text.p, '\n', text.len);
        struct span line = span_of(text.p, end != NULL ? (size_t)(end - text.p) : text.len);
        struct imp_tag tag;

        number++;
        if (end == NULL || !read_row(line, &tag)) {
            return err_set(err, ERR_MALFORMED, "%s:%u: expected module, type, tag and identifier",
                           name, number);
        }
        if (tags->count > 0 && compare_tags(&tags->items[tags->count - 1], &tag) >= 0) {
            return err_set(err, ERR_MALFORMED, "%s:%u: not behind the line before", name, number);
        }
        if (!imp_tags_add(tags, &tag, err)) {
            return false;
        }
        text = span_from(text, line.len + 1);
    }
    return true;
}

bool imp_tags_write(const struct imp_tags *tags, struct buf *out, struct err *err)
{
    struct asn_text text;

    asn_text_init(&text, out, err);
    for (size_t i = 0; i < tags->count; i++) {
        const struct imp_tag *tag = &tags->items[i];

        asn_text_put(&text, "%.*s\t%.*s\t%u\t%.*s%s\n", (int)tag->module.len, tag->module.p,
                     (int)tag->type.len, tag->type.p, (unsigned)tag->tag, (int)tag->ident.len,
                     tag->ident.p, tag->removed ? "\tremoved" : "");
    }
    return asn_text_ok(&text);
}

size_t imp_tags_range(const struct imp_tags *tags, struct span module, struct span type,
                      size_t *first)
{
    const struct imp_tag least = {module, type, 0, {NULL, 0}, false};
    size_t low = 0;
    size_t high = tags->count;
    size_t end;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_tags(&tags->items[middle], &least) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    end = low;
    while (end < tags->count && span_eq(tags->items[end].module, module) &&
           span_eq(tags->items[end].type, type)) {
        end++;
    }
    *first = low;
    return end - low;
}
