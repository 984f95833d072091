/*
 * stream_reform.h - the frames of a stream in other forms of BER, which mean the same.
 */
#ifndef VMBER_TESTS_STREAM_REFORM_H
#define VMBER_TESTS_STREAM_REFORM_H

#include "stream_frames.h"

/*
 * stream_reform rewrites what is inside the frames: all constructed elements with indefinite
 * lengths (JOIN_INDEFINITE), all lengths in more octets than needed (JOIN_PADDED), all strings in
 * segments (JOIN_SEGMENTED). Checks and digest are for stream_join and stream_seal.
 */
bool stream_reform(struct stream_frames *frames, unsigned form, struct err *err);

#endif
