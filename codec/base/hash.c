/* hash.c - see hash.h. The algorithm is xxHash's, compiled in from its header. */
#include "codec/base/hash.h"

#include <stdlib.h>

#include "codec/base/compat_cc.h"
#include "codec/base/err.h"
#include "codec/base/hash_ops.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

struct hash {
    XXH3_state_t *state; /* XXH3-64 and XXH3-128 share it and differ at the end only */
    const struct hash_ops *ops;
};

struct hash *hash_new(void)
{
    struct hash *hash = malloc(sizeof(*hash));

    if (hash == NULL) {
        return NULL;
    }
    hash->state = XXH3_createState();
    if (hash->state == NULL) {
        free(hash);
        return NULL;
    }
    hash->ops = &hash_ops_plain;
#ifdef HASH_HAS_AVX2
    if (CC_CPU_HAS_AVX2) {
        hash->ops = &hash_ops_avx2;
    }
#endif
    hash_reset(hash);
    return hash;
}

void hash_free(struct hash *hash)
{
    if (hash != NULL) {
        (void)XXH3_freeState(hash->state);
        free(hash);
    }
}

void hash_reset(struct hash *hash)
{
    (void)XXH3_64bits_reset(hash->state);
}

void hash_put(struct hash *hash, const void *p, size_t n)
{
    if (n > 0) {
        hash->ops->put(hash->state, p, n);
    }
}

void hash_check(const struct hash *hash, uint8_t out[HASH_CHECK_LEN])
{
    XXH64_canonical_t canonical;

    XXH64_canonicalFromHash(&canonical, XXH3_64bits_digest(hash->state));
    memcpy(out, canonical.digest, HASH_CHECK_LEN);
}

void hash_digest(const struct hash *hash, uint8_t out[HASH_DIGEST_LEN])
{
    XXH128_canonical_t canonical;

    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(hash->state));
    memcpy(out, canonical.digest, HASH_DIGEST_LEN);
}

bool hash_digest_of(struct span octets, uint8_t out[HASH_DIGEST_LEN], struct err *err)
{
    struct hash *hash = hash_new();

    if (hash == NULL) {
        return err_memory(err);
    }
    hash_put(hash, octets.p, octets.len);
    hash_digest(hash, out);
    hash_free(hash);
    return true;
}
