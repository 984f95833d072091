/*
 * map_lift.c - readings of a blob, and decisions; see map_lift.h.
 *
 * A reading that is not known to fit makes no types: it only takes octets. When one fits, it is
 * done again, and makes them.
 */
#include "compat/map_lift.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "compat/map_reading.h"

/* ---- what does not fit ---- */

static size_t put_path(const struct map_reading *r, const struct map_frame *frame, char *path,
                       size_t cap)
{
    size_t len = frame->outer != NULL ? put_path(r, frame->outer, path, cap) : 0;
    const struct map_row *row;
    int n;

    if (len >= cap || frame->row >= frame->type->row_count) {
        return len;
    }
    row = &r->set->rows[frame->type->rows + frame->row];
    n = frame->in_array ? snprintf(path + len, cap - len, "%s%s[%" PRIu32 "]", len > 0 ? " > " : "",
                                   map_text(r->set, row->name), frame->element)
                        : snprintf(path + len, cap - len, "%s%s", len > 0 ? " > " : "",
                                   map_text(r->set, row->name));
    return len + (n > 0 ? (size_t)n : 0);
}

size_t map_path(const struct map_reading *r, char *path, size_t cap)
{
    path[0] = '\0';
    return r->frame != NULL ? put_path(r, r->frame, path, cap) : 0;
}

bool map_misfit(struct map_reading *r, size_t offset, const char *fmt, ...)
{
    char path[ERR_PATH_MAX];
    char text[ERR_TEXT_MAX];
    va_list ap;

    if (r->stop || offset < r->why_offset) {
        return false;
    }
    r->why_offset = offset + 1;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    (void)map_path(r, path, sizeof(path));
    err_init(r->why);
    (void)err_set(r->why, ERR_MALFORMED, "%s", text);
    (void)err_at_path(r->why, "%s", path);
    return err_at_legacy(r->why, offset);
}

bool map_stop(struct map_reading *r)
{
    r->stop = true;
    return false;
}

bool map_bound(struct map_reading *r, const char *what)
{
    if (!r->stop) {
        err_init(r->why);
        (void)err_set(r->why, ERR_LIMIT, "%s", what);
    }
    return map_stop(r);
}

/* ---- decisions ---- */

bool map_choose(struct map_reading *r, bool *second)
{
    if (r->choice_at == r->choice_count) {
        if (r->choice_count == MAP_CHOICES_MAX) {
            return map_bound(r, "more choices than a blob may have");
        }
        r->choices[r->choice_count++] = 0;
    }
    *second = r->choices[r->choice_at++] != 0;
    return true;
}

/* Makes the last decision that can be made otherwise so; false: all have been. */
static bool decide_anew(struct map_reading *r)
{
    while (r->choice_count > 0 && r->choices[r->choice_count - 1] != 0) {
        r->choice_count--;
    }
    if (r->choice_count == 0) {
        return false;
    }
    r->choices[r->choice_count - 1] = 1;
    return true;
}

bool map_find_reading(struct map_reading *r, uint32_t map)
{
    if (r->blob.len > MAP_BLOB_MAX) {
        return map_bound(r, "a blob beyond the limits");
    }
    for (int i = 0; i < MAP_READINGS_MAX; i++) {
        if (map_read_blob(r, map, false, NULL)) {
            return true;
        }
        if (r->stop || !decide_anew(r)) {
            return false;
        }
    }
    return map_bound(r, "more readings than a blob may have");
}

void map_begin(struct map_reading *r, const struct map_set *set, const struct map_context *context,
               struct span blob, struct err *why)
{
    memset(r, 0, sizeof(*r));
    r->set = set;
    r->context = context;
    r->blob = blob;
    r->why = why;
    r->steps = (uint64_t)blob.len * MAP_STEPS_PER_OCTET + MAP_STEPS_FREE;
}

void map_end(struct map_reading *r)
{
    free(r->values);
    map_making_done(&r->making);
}

bool map_lift(const struct map_set *set, uint32_t map, const struct map_context *context,
              struct span blob, struct lay_types *types, uint32_t *type, struct err *why)
{
    struct map_reading r;
    bool ok;

    map_begin(&r, set, context, blob, why);
    r.types = types;
    ok = map_find_reading(&r, map);
    if (ok) {
        err_init(why); /* of readings that did not fit */
        ok = map_read_blob(&r, map, true, type);
    }
    map_end(&r);
    return ok;
}
