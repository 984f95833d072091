/* map_scrub.c - see map_scrub.h. */
#include "compat/map_scrub.h"

#include <stdlib.h>

#include "compat/map_reading.h"

/* A blob that is being scrubbed. */
struct scrubbing {
    const uint8_t *was;
    uint8_t *now;
    map_scrubbed_fn told;
    void *ctx;
};

static void make_zero(struct map_reading *r, size_t offset, size_t len)
{
    const struct scrubbing *s = r->mark_ctx;

    memset(s->now + offset, 0, len);
}

static void tell(struct map_reading *r, size_t offset, size_t len)
{
    const struct scrubbing *s = r->mark_ctx;
    char path[ERR_PATH_MAX];
    struct map_scrubbed run = {path, offset, len, 0};

    (void)map_path(r, path, sizeof(path));
    for (size_t i = offset; i < offset + len; i++) {
        run.nonzero += s->was[i] != 0;
    }
    s->told(s->ctx, &run);
}

/* Tells of a run that is one. */
static void mark_run(struct map_reading *r, size_t offset, size_t len)
{
    if (len > 0) {
        r->mark(r, offset, len);
    }
}

/* All of a ring but count octets from start on; none of one that cannot be. */
static void mark_ring(struct map_reading *r, size_t offset, size_t len, uint64_t start,
                      uint64_t count)
{
    size_t end;

    if (start >= len || count > len) {
        return;
    }
    end = (size_t)((start + count) % len);
    if (count == 0) {
        mark_run(r, offset, len);
    } else if (start + count > len) {
        mark_run(r, offset + end, (size_t)start - end);
    } else {
        mark_run(r, offset, (size_t)start);
        mark_run(r, offset + (size_t)(start + count), len - (size_t)(start + count));
    }
}

bool map_mark_row(struct map_reading *r, const struct map_row *row, size_t offset, uint64_t len)
{
    const struct map_rule *rule = map_find_rule(r->set, row, MAP_RULE_DONT_CARE);
    size_t size = (size_t)len; /* of the blob, so it fits */
    uint64_t start = 0;
    uint64_t count = 0;
    enum map_known known = MAP_KNOWN;

    if (rule->left_count > 0) {
        known = map_eval(r, rule->left, rule->left_count, &start);
    }
    if (known == MAP_KNOWN && rule->right_count > 0) {
        known = map_eval(r, rule->right, rule->right_count, &count);
    }
    if (known == MAP_KNOWN && rule->right_count > 0) {
        mark_ring(r, offset, size, start, count);
    } else if (known == MAP_KNOWN && start < size) {
        mark_run(r, offset + (size_t)start, size - (size_t)start);
    }
    return known != MAP_WRONG;
}

/* Reads octets that fit, telling mark what means nothing. */
static bool read_marked(struct map_reading *r, uint32_t map, map_mark_fn mark,
                        struct scrubbing *scrubbing)
{
    r->mark = mark;
    r->mark_ctx = scrubbing;
    r->steps = UINT64_MAX; /* fewer have done before */
    return map_read_blob(r, map, false, NULL);
}

/* Whether scrubbed octets fit in the same way as they did. */
static bool same_reading(const struct map_reading *r, uint32_t map, struct span scrubbed)
{
    struct map_reading again;
    bool same;

    map_begin(&again, r->set, r->context, scrubbed, r->why);
    same = map_find_reading(&again, map) && again.choice_count == r->choice_count &&
           memcmp(again.choices, r->choices, r->choice_count) == 0;
    map_end(&again);
    return same;
}

/* Scrubs a blob that fits, if its copy, which is in scrubbing, then fits in the same way. */
static bool scrub(struct map_reading *r, uint32_t map, struct scrubbing *scrubbing, uint8_t *blob)
{
    size_t len = r->blob.len;

    memcpy(scrubbing->now, blob, len);
    if (!read_marked(r, map, make_zero, scrubbing)) {
        return false;
    }
    if (!same_reading(r, map, span_of(scrubbing->now, len))) {
        r->why_offset = 0;
        return !err_is_memory(r->why) &&
               map_misfit(r, len, "scrubbed, it would be read in another way");
    }
    err_init(r->why); /* as after the first time */
    if (!read_marked(r, map, tell, scrubbing)) {
        return false;
    }
    memcpy(blob, scrubbing->now, len);
    return true;
}

bool map_scrub(const struct map_set *set, uint32_t map, const struct map_context *context,
               uint8_t *blob, size_t len, map_scrubbed_fn told, void *ctx, struct err *why)
{
    struct scrubbing scrubbing = {blob, NULL, told, ctx};
    struct map_reading r;
    bool ok;

    if (!set->types[set->maps[map].type].has_dont_care || len == 0) {
        return true;
    }
    map_begin(&r, set, context, span_of(blob, len), why);
    ok = map_find_reading(&r, map);
    if (ok) {
        err_init(why); /* of readings that did not fit */
        scrubbing.now = malloc(len);
        ok = scrubbing.now != NULL ? scrub(&r, map, &scrubbing, blob) : err_memory(why);
    }
    free(scrubbing.now);
    map_end(&r);
    return ok;
}
