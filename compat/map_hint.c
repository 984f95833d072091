/* map_hint.c - see map_hint.h. */
#include "compat/map_hint.h"

#include <stdio.h>
#include <stdlib.h>

#include "compat/map_reading.h"

/* Reads with the octets of the trial at each place up to offset limit; false: it takes too long. */
static bool try_places(struct map_reading *r, uint32_t map, uint64_t limit, char *before,
                       char *behind)
{
    struct map_trial *trial = r->trial;

    behind[0] = '\0';
    for (trial->row = 0;; trial->row++) {
        bool fits;

        trial->reached = false;
        r->choice_count = 0;
        fits = map_find_reading(r, map);
        if (r->stop) {
            return false;
        }
        if (!trial->reached || trial->offset > limit) {
            return true;
        }
        if (fits) {
            if (behind[0] == '\0') {
                memcpy(before, trial->before, sizeof(trial->before));
            }
            memcpy(behind, trial->behind, sizeof(trial->behind));
        }
    }
}

bool map_hint_row(struct map_reading *r, const struct map_row *row, bool *left_out)
{
    struct map_trial *trial = r->trial;
    size_t octets = (size_t)abs(trial->octets);

    *left_out = false;
    if (r->row_number == trial->row) {
        (void)map_path(r, trial->before, sizeof(trial->before));
    }
    if (r->row_number != trial->row + 1) {
        return true;
    }
    trial->reached = true;
    trial->offset = r->at;
    (void)map_path(r, trial->behind, sizeof(trial->behind));
    if (trial->octets < 0) {
        *left_out = row->op != MAP_STRUCT && !row->is_array && row->size == octets;
        memcpy(trial->before, trial->behind, sizeof(trial->before));
        return true;
    }
    if (octets > r->end - r->at) {
        return map_misfit(r, r->at, "no room");
    }
    r->at += octets;
    return true;
}

/* Adds to the text where octets are too many, or a row too much. */
static void say(struct err *why, const char *join, int octets, const char *before,
                const char *behind)
{
    size_t len = strlen(why->text);
    char *text = why->text + len;
    size_t cap = sizeof(why->text) - len;
    const char *quote = before[0] != '\0' ? "'" : "";

    if (octets > 0) {
        (void)snprintf(text, cap, "%swith %d octets more between %s%s%s and '%s'", join, octets,
                       quote, before[0] != '\0' ? before : "the start", quote, behind);
    } else if (strcmp(before, behind) == 0) {
        (void)snprintf(text, cap, "%swithout '%s'", join, before);
    } else {
        (void)snprintf(text, cap, "%swithout one of '%s' to '%s'", join, before, behind);
    }
}

void map_hint(const struct map_set *set, uint32_t map, const struct map_context *context,
              struct span blob, struct err *why)
{
    /* Octets more, and, below 0, those of a row left out: of either the first that fits is said. */
    static const int sizes[2][4] = {{1, 2, 4, 8}, {-1, -2, -4, -8}};
    struct map_reading r;
    struct map_trial trial = {0};
    struct err ignored = ERR_INIT;
    struct err said = *why;
    bool ok = why->band == ERR_MALFORMED;

    map_begin(&r, set, context, blob, &ignored);
    r.steps = MAP_HINT_STEPS;
    r.trial = &trial;
    for (int i = 0; i < 2; i++) {
        char before[MAP_HINT_PATH_MAX] = "";
        char behind[MAP_HINT_PATH_MAX] = "";

        for (int k = 0; k < 4 && ok && behind[0] == '\0'; k++) {
            trial.octets = sizes[i][k];
            trial.before[0] = '\0';
            ok = try_places(&r, map, why->legacy_offset, before, behind);
        }
        if (ok && behind[0] != '\0') {
            bool first = strlen(said.text) == strlen(why->text);

            say(&said, first ? "; it would " : ", or ", trial.octets, before, behind);
        }
    }
    if (ok) {
        *why = said;
    }
    map_end(&r);
}
