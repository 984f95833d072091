/*
 * hex_octets.h - test vectors as text.
 */
#ifndef VMBER_TESTS_HEX_OCTETS_H
#define VMBER_TESTS_HEX_OCTETS_H

#include "codec/base/span.h"

/*
 * hex_octets returns the octets of hex (spaces are ignored; "02*100 " stands for a hundred times
 * 02) in a block of exactly their size, so that a sanitizer sees the first octet that is read too
 * far. It ends the test if memory runs out. hex_free gives the block back.
 */
struct span hex_octets(const char *hex);

/* hex_exact copies s into such a block. */
struct span hex_exact(struct span s);

void hex_free(struct span s);

#endif
