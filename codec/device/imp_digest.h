/*
 * imp_digest.h - what something is, as octets and as a digest of them: two things are equal exactly
 * if their octets are. Sticky: imp_digest_end says whether all of it fitted memory.
 */
#ifndef VMBER_DEVICE_IMP_DIGEST_H
#define VMBER_DEVICE_IMP_DIGEST_H

#include "codec/base/buf.h"
#include "codec/base/hash.h"

struct imp_digest {
    struct buf octets;
    struct err *err;
    bool failed;
};

void imp_digest_init(struct imp_digest *digest, struct err *err);
void imp_digest_done(struct imp_digest *digest);
void imp_digest_number(struct imp_digest *digest, uint64_t number);
void imp_digest_octets(struct imp_digest *digest, struct span octets);

/* imp_digest_end gives the digest and the octets, which live until imp_digest_done. */
bool imp_digest_end(struct imp_digest *digest, uint8_t out[HASH_DIGEST_LEN], struct span *octets);

#endif
