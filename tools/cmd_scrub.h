/* cmd_scrub.h - what the verbs with --scrub say of it. */
#ifndef VMBER_TOOLS_CMD_SCRUB_H
#define VMBER_TOOLS_CMD_SCRUB_H

#include "tools/cmd.h"

struct map_lifter;

/* cmd_scrub_report prints how many octets of which field were made zero. */
void cmd_scrub_report(const struct cmd *cmd, const struct map_lifter *lifter);

#endif
