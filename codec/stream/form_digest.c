/* form_digest.c - see form_digest.h. */
#include "codec/stream/form_digest.h"

#include <inttypes.h>

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

bool form_digest_compare(const struct form_digest *digest, const struct wire_trailer *trailer,
                         struct err *err)
{
    uint8_t found[HASH_DIGEST_LEN];

    if (trailer->legacy_length != digest->length) {
        err_set(err, ERR_MALFORMED,
                "the trailer says %" PRIu64 " legacy octets, the records stand for %" PRIu64,
                trailer->legacy_length, digest->length);
        return err_at_path(err, "trailer > legacy-length");
    }
    hash_digest(digest->hash, found);
    if (!span_eq(trailer->digest, span_of(found, sizeof(found)))) {
        err_set(err, ERR_MALFORMED, "the digest of the legacy stream is another than its records'");
        return err_at_path(err, "trailer > digest");
    }
    return true;
}
