/* form_digest.c - see form_digest.h. */
#include "codec/stream/form_digest.h"

#include "codec/base/err.h"

bool form_digest_init(struct form_digest *digest, struct err *err)
{
    digest->length = 0;
    digest->hash = hash_new();
    return digest->hash != NULL || err_memory(err);
}

void form_digest_done(struct form_digest *digest)
{
    hash_free(digest->hash);
    digest->hash = NULL;
}

void form_digest_octets(struct form_digest *digest, struct span legacy)
{
    hash_put(digest->hash, legacy.p, legacy.len);
    digest->length += legacy.len;
}

void form_digest_check(struct form_digest *digest, const uint8_t check[HASH_CHECK_LEN],
                       uint64_t legacy_length)
{
    uint8_t length[8];

    for (unsigned i = 0; i < 8; i++) {
        length[i] = (uint8_t)(legacy_length >> (56 - 8 * i));
    }
    hash_put(digest->hash, check, HASH_CHECK_LEN);
    hash_put(digest->hash, length, sizeof(length));
    digest->length += legacy_length;
}
