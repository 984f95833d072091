/*
 * hash.h - the checks of records (XXH3-64) and the digest of a stream (XXH3-128), in canonical
 * (big-endian) form. They find damage, not malice: no key, no signature.
 */
#ifndef VMBER_BASE_HASH_H
#define VMBER_BASE_HASH_H

#include "codec/base/span.h"

enum { HASH_CHECK_LEN = 8, HASH_DIGEST_LEN = 16 };

struct err;
struct hash; /* octets put so far */

/* hash_new returns a hash of no octets, or NULL without memory. */
struct hash *hash_new(void);
void hash_free(struct hash *hash);
void hash_reset(struct hash *hash);
void hash_put(struct hash *hash, const void *p, size_t n);

/* hash_check and hash_digest tell the hash of all octets put since hash_reset; more may follow. */
void hash_check(const struct hash *hash, uint8_t out[HASH_CHECK_LEN]);
void hash_digest(const struct hash *hash, uint8_t out[HASH_DIGEST_LEN]);

/* hash_digest_of is hash_digest of these octets alone; it fails for memory only. */
bool hash_digest_of(struct span octets, uint8_t out[HASH_DIGEST_LEN], struct err *err);

#endif
