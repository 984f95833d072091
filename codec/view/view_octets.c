/* view_octets.c - see view_octets.h. */
#include "codec/view/view_octets.h"

#include "codec/base/err.h"
#include "codec/view/view_limits.h"

/* Whether all octets are the same. */
static bool is_fill(struct span octets)
{
    return octets.len > 0 && memcmp(octets.p, octets.p + 1, octets.len - 1) == 0;
}

struct view_octets view_octets_of(struct span octets, size_t max, struct hash *hash)
{
    struct view_octets o;

    memset(&o, 0, sizeof(o));
    o.first = octets;
    o.total = octets.len;
    if (octets.len > max) {
        o.first.len = max;
        o.same = is_fill(octets);
        o.octet = octets.p[0];
        hash_reset(hash);
        hash_put(hash, octets.p, octets.len);
        hash_check(hash, o.check);
    }
    return o;
}

bool view_gather_init(struct view_gather *gather, size_t max, struct err *err)
{
    gather->max = max < VIEW_GATHER_MAX ? max : VIEW_GATHER_MAX;
    buf_init(&gather->first, gather->max);
    gather->hash = hash_new();
    if (gather->hash == NULL) {
        return err_memory(err);
    }
    view_gather_reset(gather);
    return true;
}

void view_gather_done(struct view_gather *gather)
{
    buf_done(&gather->first);
    hash_free(gather->hash);
    gather->hash = NULL;
}

void view_gather_reset(struct view_gather *gather)
{
    buf_clear(&gather->first);
    gather->total = 0;
    gather->same = true;
    hash_reset(gather->hash);
}

bool view_gather_put(struct view_gather *gather, struct span octets, struct err *err)
{
    size_t room = gather->max - gather->first.len;

    if (octets.len == 0) {
        return true;
    }
    if (gather->total == 0) {
        gather->octet = octets.p[0];
    }
    gather->same = gather->same && octets.p[0] == gather->octet && is_fill(octets);
    gather->total += octets.len;
    hash_put(gather->hash, octets.p, octets.len);
    return buf_put(&gather->first, octets.p, octets.len < room ? octets.len : room, err);
}

struct view_octets view_gather_get(const struct view_gather *gather)
{
    struct view_octets o;

    memset(&o, 0, sizeof(o));
    o.first = buf_span(&gather->first);
    o.total = gather->total;
    if (o.total > o.first.len) {
        o.same = gather->same;
        o.octet = gather->octet;
        hash_check(gather->hash, o.check);
    }
    return o;
}
