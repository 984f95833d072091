/*
 * proxy_codec.h - the codec as a child of the proxy: standard input to standard output, confined,
 * telling the proxy on descriptor 3 how it goes.
 */
#ifndef VMBER_PROXY_CODEC_H
#define VMBER_PROXY_CODEC_H

#include <stdbool.h>
#include <stdint.h>

#include "codec/stream/form_announce.h"

struct proxy_codec {
    bool decode;
    bool channel;     /* the BER side is a channel of frames (proxy_frame.h) */
    bool return_path; /* encode: nobody closes the input at the end of the stream */
    bool file;        /* encode: the output is a file from its start */
    bool sync;        /* encode: the output is a file, to be on disk before it is done */
    bool any;         /* decode: a legacy stream is passed through */
    const char *producer;
    struct form_choice choice; /* machine, with and without; decode: without */
};

/* proxy_codec_run does it all; returns the exit status. */
int proxy_codec_run(const struct proxy_codec *codec);

#endif
