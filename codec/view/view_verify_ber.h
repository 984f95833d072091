/*
 * view_verify_ber.h - verify, for BER streams.
 */
#ifndef VMBER_VIEW_VERIFY_BER_H
#define VMBER_VIEW_VERIFY_BER_H

#include "codec/base/io.h"
#include "codec/stream/form_lower.h"
#include "codec/view/view_finding.h"
#include "codec/view/view_verify_second.h"

/* What a stream has, whatever is wrong with it. */
struct view_verified {
    uint64_t records;
    uint64_t sections;
    uint64_t legacy_length;
    uint64_t ber_length;
    enum view_opinion header; /* second opinions, of a BER stream */
    enum view_opinion trailer;
    enum view_opinion index;
};

/*
 * view_verify_ber adds to findings; check (may be NULL) is asked of types, too. False if the input
 * cannot be read, or without memory.
 */
bool view_verify_ber(struct win *win, const struct form_type_check *check,
                     struct view_findings *findings, struct view_verified *what, struct err *err);

#endif
