/*
 * form_convert.h - a BER stream to one for another reader: what the header may name is chosen anew;
 * blobs that may be structs become structs, structs that may not become blobs. The legacy stream
 * that both stand for is the same.
 *
 * Kept as it is: RAM, framed and opaque octets, records that may be skipped and that nobody here
 * knows, unknown components of header, trailer, sections and types, unknown compatible features.
 */
#ifndef VMBER_STREAM_FORM_CONVERT_H
#define VMBER_STREAM_FORM_CONVERT_H

#include "codec/base/io.h"
#include "codec/savevm/lay_modules.h"
#include "codec/stream/form_announce.h"
#include "codec/stream/form_lower.h"

struct form_convert_options {
    const char *producer;              /* program and version, for people */
    const struct lay_modules *modules; /* of which only lift is asked */
    struct form_choice choice;
    struct form_type_check check;
};

struct form_convert_report {
    uint64_t ber_octets; /* read */
    uint64_t records;    /* written */
};

/*
 * form_convert reads in to its end and writes a BER stream to sink. On failure nothing that ends
 * the stream is written.
 */
bool form_convert(struct io_source in, struct io_sink sink,
                  const struct form_convert_options *options, struct form_convert_report *report,
                  struct err *err);

#endif
