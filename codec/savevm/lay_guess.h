/*
 * lay_guess.h - a section that nothing describes: its end and its type by trial, where a device
 * module knows one.
 */
#ifndef VMBER_SAVEVM_LAY_GUESS_H
#define VMBER_SAVEVM_LAY_GUESS_H

#include "codec/savevm/lay_plan.h"

struct lay_guess {
    uint32_t type; /* id, or 0: no module, or none that fits */
    size_t end;    /* of the payload */
    enum lay_framing framing;
    enum lay_reason why; /* LAY_WHY_NO_MODULE, LAY_WHY_MODULE; LAY_WHY_COUNT: nobody was asked */
};

/*
 * lay_guess_section tries the ends that the section at head, whose payload begins at payload in
 * region, can have; sections_only: region ends where the sections end. It fails for memory only.
 */
bool lay_guess_section(struct lay_plan *plan, struct span region, bool sections_only,
                       const struct lay_head *head, size_t payload, struct lay_guess *guess,
                       struct err *err);

#endif
