/* cmd_scrub.c - see cmd_scrub.h. */
#include "tools/cmd_scrub.h"

#include <inttypes.h>

#include "compat/map_section.h"

void cmd_scrub_report(const struct cmd *cmd, const struct map_lifter *lifter)
{
    for (uint32_t i = 0; i < lifter->cleaned_count && i < MAP_MISFITS_KEPT; i++) {
        const struct map_cleaned *cleaned = &lifter->cleaned[i];

        cmd_note(cmd,
                 "%s: %" PRIu64 " octets that mean nothing are zeros now, %" PRIu64 " were not",
                 cleaned->field, cleaned->octets, cleaned->nonzero);
    }
    if (lifter->cleaned_count > MAP_MISFITS_KEPT) {
        cmd_note(cmd,
                 "%" PRIu64 " octets of %" PRIu32
                 " fields are zeros now, %d of those fields are listed",
                 lifter->cleaned_octets, lifter->cleaned_count, MAP_MISFITS_KEPT);
    }
}
