/* lay_guess.c - see lay_guess.h. */
#include "codec/savevm/lay_guess.h"

#include "codec/base/err.h"
#include "codec/savevm/lay_limits.h"
#include "codec/savevm/leg_wire.h"

/* The ends a section can have, one after the other. */
struct ends {
    const struct lay_plan *plan;
    struct span region;
    bool sections_only;
    uint32_t id;
    size_t at;   /* the next one is not before it */
    size_t stop; /* nor behind it */
    bool over;   /* there are no more */
};

static bool next_end(struct ends *ends, struct lay_guess *guess)
{
    bool final = ends->plan->options->mode == LAY_FINAL;
    bool found = false;

    if (ends->over) {
        return false;
    }
    if (ends->plan->footers) {
        guess->framing = LAY_FRAMING_FOOTER;
        found = lay_scan_footer_until(ends->region, ends->at, ends->stop, ends->id, &guess->end);
        ends->over = !found;
    } else if (lay_scan_full_until(ends->region, ends->at, ends->stop, &guess->end)) {
        guess->framing = LAY_FRAMING_NEXT_HEADER;
        found = true;
    } else {
        guess->framing = final ? LAY_FRAMING_END : LAY_FRAMING_NEXT_HEADER;
        guess->end = ends->region.len;
        found = ends->sections_only || lay_scan_last(ends->region, ends->at, final, &guess->end);
        found = found && guess->end <= ends->stop;
        ends->over = true;
    }
    ends->at = found ? guess->end + 1 : ends->at;
    return found;
}

/* Takes what going through n octets costs; false if too much has been gone through. */
static bool pay(struct lay_plan *plan, size_t n)
{
    if (plan->guess_budget <= n) {
        plan->guess_budget = 0;
        return false;
    }
    plan->guess_budget -= n;
    return true;
}

bool lay_guess_section(struct lay_plan *plan, struct span region, bool sections_only,
                       const struct lay_head *head, size_t payload, struct lay_guess *guess,
                       struct err *err)
{
    const struct lay_modules *modules = plan->options->modules;
    struct ends ends = {plan, region, sections_only, head->id, payload, 0, false};
    uint32_t known = plan->types->count;

    guess->type = 0;
    guess->end = payload;
    guess->framing = LAY_FRAMING_NONE;
    guess->why = LAY_WHY_COUNT;
    if (modules == NULL || plan->options->schema == LAY_SCHEMA_OFF ||
        head->kind != LEG_SECTION_FULL) {
        return true;
    }
    ends.stop = region.len - payload > LAY_GUESS_MAX ? payload + LAY_GUESS_MAX : region.len;
    for (int i = 0; i < LAY_GUESSES_MAX && plan->guess_budget > 0; i++) {
        struct err why = ERR_INIT;
        struct span octets;

        if (!next_end(&ends, guess)) {
            (void)pay(plan, ends.stop - payload);
            return true;
        }
        octets = span_of(region.p + payload, guess->end - payload);
        if (!pay(plan, octets.len)) {
            return true;
        }
        if (modules->guess(modules->ctx, plan->types, head->name, head->version, octets,
                           &guess->type, &why) &&
            lay_types_get(plan->types, guess->type)->size == octets.len) {
            guess->why = LAY_WHY_COUNT;
            return true;
        }
        lay_types_rollback(plan->types, known);
        guess->type = 0;
        if (err_is_memory(&why)) {
            return err_memory(err);
        }
        guess->why = why.band == ERR_UNSUPPORTED ? LAY_WHY_NO_MODULE : LAY_WHY_MODULE;
        if (guess->why == LAY_WHY_NO_MODULE) {
            return true;
        }
    }
    return true;
}
