/*
 * leg_page_size.h - finding the size of a target page by trial.
 *
 * QEMU says it only where it differs from the target's least (configuration/target-page-bits), so
 * sparc64 sends pages of 8 KiB without a word, old Arm boards pages of 1 KiB, and avr of 256. The
 * size that makes the next records plausible is the one. A wrong guess cannot corrupt: whatever the
 * size, the records written back are the octets read; at worst framing is lost later.
 */
#ifndef VMBER_SAVEVM_LEG_PAGE_SIZE_H
#define VMBER_SAVEVM_LEG_PAGE_SIZE_H

#include "codec/savevm/leg_ram.h"

enum leg_trial_result {
    LEG_TRIAL_FOUND,
    LEG_TRIAL_MORE, /* *need octets are needed */
    LEG_TRIAL_NONE, /* no size is plausible */
};

/* leg_trial_flags returns the flags of word if it is the word of a record for this page size; else
 * 0. */
uint32_t leg_trial_flags(uint64_t word, uint64_t page_size);

/*
 * leg_trial_run finds the size of the page in the PAGE record that in begins with; no size above
 * size_max. With place->at_end a record that is cut off at the end of in is plausible.
 */
enum leg_trial_result leg_trial_run(struct span in, const struct leg_ram_place *place,
                                    uint64_t size_max, uint64_t *page_size, size_t *need);

#endif
