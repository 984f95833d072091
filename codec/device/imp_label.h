/*
 * imp_label.h - names, identifiers and tags for merged modules. What an earlier version of the
 * modules had keeps its own; a tag that was ever given to another field is not given again.
 */
#ifndef VMBER_DEVICE_IMP_LABEL_H
#define VMBER_DEVICE_IMP_LABEL_H

#include "codec/device/imp_import.h"
#include "codec/device/imp_tags.h"

/* What was there before. */
struct imp_base {
    const struct mod_set *set;   /* or NULL */
    const struct imp_tags *tags; /* sorted, or NULL */
};

/*
 * imp_label fills in what imp_import.h and imp_merge.h say is done by it.
 *
 * A module is called as its vmsd; with the version behind it if there are several versions of that
 * name, and with what else tells it apart if there are several of one version: where they were
 * seen, a device type that writes it, or a number.
 */
bool imp_label(struct imp *imp, const struct imp_base *base, struct err *err);

#endif
