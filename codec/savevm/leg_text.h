/*
 * leg_text.h - names as a legacy stream has them: any octets, though QEMU sends ASCII.
 */
#ifndef VMBER_SAVEVM_LEG_TEXT_H
#define VMBER_SAVEVM_LEG_TEXT_H

#include "codec/base/span.h"

/* leg_text_is_utf8 tells whether text may stand in a UTF8String (RFC 3629: no surrogates). */
bool leg_text_is_utf8(struct span text);

/* leg_text_label writes text for messages into out: what is not printable ASCII becomes '?'. */
void leg_text_label(struct span text, char *out, size_t cap);

#endif
