/*
 * form_digest.h - the digest of a legacy stream that the trailer carries.
 *
 * XXH3-128 over the legacy octets in order, in which the octets that a record of live sections
 * (ram, framed, live) stands for are replaced by 16 octets: the record's check and its legacy
 * length, big-endian. So pages are hashed once.
 */
#ifndef VMBER_STREAM_FORM_DIGEST_H
#define VMBER_STREAM_FORM_DIGEST_H

#include "codec/base/hash.h"
#include "codec/base/span.h"
#include "wire.h"

struct err;

struct form_digest {
    struct hash *hash;
    uint64_t length; /* legacy octets so far */
};

bool form_digest_init(struct form_digest *digest, struct err *err);
void form_digest_done(struct form_digest *digest);
void form_digest_octets(struct form_digest *digest, struct span legacy);
void form_digest_check(struct form_digest *digest, const uint8_t check[HASH_CHECK_LEN],
                       uint64_t legacy_length);

/* form_digest_compare refuses a trailer that says another length or digest. */
bool form_digest_compare(const struct form_digest *digest, const struct wire_trailer *trailer,
                         struct err *err);

#endif
