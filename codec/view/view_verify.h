/*
 * view_verify.h - looks at everything a stream promises, and goes on behind what is wrong as far as
 * its frame allows.
 *
 * BER: well-formed, in our form, of the types in asn1/, each check, ids and types that records
 * refer to, values that can be lowered, counts, digest, index. Legacy: framing, footers, the
 * description, ids. What the octets of a device mean is not looked at.
 */
#ifndef VMBER_VIEW_VERIFY_H
#define VMBER_VIEW_VERIFY_H

#include "codec/base/err.h"
#include "codec/base/io.h"
#include "codec/stream/form_lower.h"
#include "codec/view/view_out.h"

struct view_verify_report {
    uint64_t errors;
    uint64_t warnings;
    bool verified; /* it was a stream at all */
};

/*
 * view_verify reads in to its end and shows its findings on out. Of each type in a BER stream check
 * is asked, too (NULL: nothing). False if the input could not be
 * read or is no stream at all (and err says it); findings are no failure.
 */
bool view_verify(struct io_source in, struct io_sink out, enum view_format format,
                 const struct form_type_check *check, struct view_verify_report *report,
                 struct err *err);

#endif
