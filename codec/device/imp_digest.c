/* imp_digest.c - see imp_digest.h. */
#include "codec/device/imp_digest.h"

#include "codec/base/err.h"
#include "codec/ber/ber_prim.h"
#include "codec/device/imp_limits.h"

void imp_digest_init(struct imp_digest *digest, struct err *err)
{
    buf_init(&digest->octets, IMP_BYTES_MAX);
    digest->err = err;
    digest->failed = false;
}

void imp_digest_done(struct imp_digest *digest)
{
    buf_done(&digest->octets);
}

static void put(struct imp_digest *digest, const void *p, size_t len)
{
    digest->failed = digest->failed || !buf_put(&digest->octets, p, len, digest->err);
}

void imp_digest_number(struct imp_digest *digest, uint64_t number)
{
    uint8_t octets[8];

    for (size_t i = 0; i < sizeof(octets); i++) {
        octets[i] = (uint8_t)(number >> (56 - 8 * i));
    }
    put(digest, octets, sizeof(octets));
}

void imp_digest_octets(struct imp_digest *digest, struct span octets)
{
    imp_digest_number(digest, octets.len);
    put(digest, octets.p, octets.len);
}

bool imp_digest_end(struct imp_digest *digest, uint8_t out[HASH_DIGEST_LEN], struct span *octets)
{
    if (digest->failed || !hash_digest_of(buf_span(&digest->octets), out, digest->err)) {
        return false;
    }
    *octets = buf_span(&digest->octets);
    return true;
}
