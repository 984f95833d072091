/*
 * stream_rewrite.h - a BER stream read and written again, record by record.
 */
#ifndef VMBER_TESTS_STREAM_REWRITE_H
#define VMBER_TESTS_STREAM_REWRITE_H

#include "codec/base/buf.h"
#include "codec/base/err.h"

/*
 * stream_rewrite begins *out and writes what form_reader tells with form_writer. Of a stream that
 * our writer has written, or that only has more than it writes, that is the same stream.
 */
bool stream_rewrite(struct span ber, struct buf *out, struct err *err);

#endif
