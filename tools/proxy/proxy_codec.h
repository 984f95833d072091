/*
 * proxy_codec.h - the codec as a child of the proxy: standard input to standard output, confined,
 * telling the proxy on descriptor 3 how it goes.
 */
#ifndef VMBER_PROXY_CODEC_H
#define VMBER_PROXY_CODEC_H

#include <stdbool.h>
#include <stdint.h>

struct proxy_codec {
    bool decode;
    bool channel;     /* the BER side is a channel of frames (proxy_frame.h) */
    bool return_path; /* encode: nobody closes the input at the end of the stream */
    bool index;       /* encode: the output is a file from its start */
    bool sync;        /* encode: the output is a file, to be on disk before it is done */
    bool any;         /* decode: a legacy stream is passed through */
    const char *producer;
};

/* proxy_codec_run does it all; returns the exit status. */
int proxy_codec_run(const struct proxy_codec *codec);

/* proxy_codec_tail_is_whole is whether a tail ends in QEMU's description, complete. */
bool proxy_codec_tail_is_whole(const uint8_t *tail, uint64_t len);

#endif
