/*
 * form_wire.h - constants of the BER stream that reader and writer share. What the octets mean is
 * said in asn1/stream.asn1 and docs/format.md; here are only the numbers that notation cannot say.
 *
 *   30 80                      MigrationStream, indefinite length
 *      30 LL ...               HeaderRecord: Header, check
 *      30 80                   records, indefinite length
 *         30 LL ... 04 08 ...  Record: skippable, body, check      (any number)
 *      00 00
 *      30 LL ...               TrailerRecord: Trailer, check
 *      30 LL ...               IndexRecord (files only)
 *   00 00
 */
#ifndef VMBER_STREAM_FORM_WIRE_H
#define VMBER_STREAM_FORM_WIRE_H

#include "codec/base/hash.h"

/* 1.3.6.1.4.1.32473.1.1, contents octets. 32473 is the enterprise number of RFC 5612. */
#define FORM_OID "\x2b\x06\x01\x04\x01\x81\xfd\x59\x01\x01"

enum {
    FORM_OID_LEN = 10,
    FORM_CHECK_TLV_LEN = 2 + HASH_CHECK_LEN, /* every record ends in 04 08 and the check */
    FORM_SEQUENCE = 0x30,                    /* identifier of every frame (X.690 8.9) */
    FORM_INDEFINITE = 0x80,                  /* length octet (X.690 8.1.3.6) */
    /* Contents of RAM data begin at a multiple of this in the stream: a cache line. */
    FORM_ALIGNMENT = 64,
    /* Below this much data a pad costs more octets than alignment saves time. */
    FORM_ALIGNED_DATA_MIN = 32 * 1024,
};

#endif
