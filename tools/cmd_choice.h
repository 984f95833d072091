/*
 * cmd_choice.h - which features a stream may use, and what became of them: what encode and convert
 * share.
 */
#ifndef VMBER_TOOLS_CMD_CHOICE_H
#define VMBER_TOOLS_CMD_CHOICE_H

#include "codec/stream/form_announce.h"
#include "compat/map_section.h"
#include "tools/cmd.h"

/* Values of the options of a verb's table, beyond those that it has of its own. */
enum {
    CMD_CHOICE_FOR = 0x1000,
    CMD_CHOICE_GREASE,
    CMD_CHOICE_LIFT,
    CMD_CHOICE_WITH,
    CMD_CHOICE_WITHOUT
};

#define CMD_CHOICE_OPTIONS                                                                         \
    {"for", required_argument, NULL, CMD_CHOICE_FOR},                                              \
        {"grease", required_argument, NULL, CMD_CHOICE_GREASE},                                    \
        {"lift", no_argument, NULL, CMD_CHOICE_LIFT},                                              \
        {"with", required_argument, NULL, CMD_CHOICE_WITH},                                        \
    {                                                                                              \
        "without", required_argument, NULL, CMD_CHOICE_WITHOUT                                     \
    }

#define CMD_CHOICE_HELP                                                                            \
    "      --for MACHINE-TYPE  use the features of that machine type, not of the stream's own\n"   \
    "      --for FILE    use none that is not in FILE, from `vmber features --json` of the "       \
    "reader; "                                                                                     \
    "a\n"                                                                                          \
    "                    file has a '/' or ends in .json\n"                                        \
    "      --with NAME   use this feature, whatever the machine type\n"                            \
    "      --without NAME  do not use it\n"                                                        \
    "      --lift        use all features device.*: carry blobs as fields where a map fits\n"      \
    "      --grease N    for tests: name features that nobody knows, made of N\n"

/*
 * cmd_choice_take takes an option of the table; returns -1, or the exit status when its argument is
 * wrong, which has been said.
 */
int cmd_choice_take(const struct cmd *cmd, int option, const char *argument,
                    struct form_choice *choice);

/* cmd_choice_feature finds a feature by name; says what is wrong if there is none. */
bool cmd_choice_feature(const struct cmd *cmd, const char *name, form_feature_set *set);

/* cmd_choice_output makes choice right for an output that has been opened; index: if it may be. */
void cmd_choice_output(struct form_choice *choice, struct cmd_files *files, bool index);

/* cmd_choice_missed says which fields stay octets though there is a map for them. */
void cmd_choice_missed(const struct cmd *cmd, const struct map_lifter *lifter);

#endif
