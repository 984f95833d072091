/* map_wrap.c - see map_wrap.h. */
#include "compat/map_wrap.h"

#include <inttypes.h>
#include <stdio.h>

#include "codec/base/err.h"
#include "codec/savevm/leg_wire.h"
#include "compat/map_limits.h"

enum {
    MAGIC_LEN = 8, /* magic and version of the stream */
    HEAD_LEN = 5,  /* kind, id; name, instance and version follow */
    DESC_HEAD_LEN = 5,
    DESC_MAX = 1024,
};

static bool put32(struct buf *out, uint32_t v, struct err *err)
{
    uint8_t octets[4];

    leg_set_be32(octets, v);
    return buf_put(out, octets, sizeof(octets), err);
}

/* How QEMU 7.2 describes an old-style section: vmstate_save_old_style, migration/savevm.c. */
static int describe(struct span name, size_t size, char *out)
{
    return snprintf(out, DESC_MAX,
                    "{\"page_size\": 4096, \"devices\": [{\"name\": \"%.*s\", \"instance_id\": 0, "
                    "\"size\": %zu, \"fields\": [{\"name\": \"data\", \"size\": %zu, \"type\": "
                    "\"buffer\"}]}]}",
                    (int)name.len, (const char *)name.p, size, size);
}

bool map_wrap(struct span name, uint32_t version, struct span blob, struct buf *out,
              struct err *err)
{
    const uint8_t len = (uint8_t)name.len;
    char text[DESC_MAX];
    int n = describe(name, blob.len, text);

    if (name.len > UINT8_MAX || blob.len > MAP_BLOB_MAX) {
        return err_set(err, ERR_LIMIT, "a blob of %zu octets, at most %d are read", blob.len,
                       MAP_BLOB_MAX);
    }
    return buf_put(out, "QEVM\0\0\0\3\4\0\0\0\0", MAGIC_LEN + HEAD_LEN, err) &&
           buf_put(out, &len, 1, err) && buf_put(out, name.p, name.len, err) &&
           put32(out, 0, err) && put32(out, version, err) && buf_put(out, blob.p, blob.len, err) &&
           buf_put(out, "\x7e\0\0\0\0\0\6", LEG_FOOTER_LEN + 2, err) &&
           put32(out, (uint32_t)n, err) && buf_put(out, text, (size_t)n, err);
}

bool map_unwrap(struct span stream, struct span *blob, struct err *err)
{
    size_t head = MAGIC_LEN + HEAD_LEN + 1;
    size_t ends = LEG_FOOTER_LEN + 1 + DESC_HEAD_LEN;
    struct span name;

    if (stream.len > head && stream.len - head > (size_t)stream.p[head - 1] + 8) {
        name = span_of(stream.p + head, stream.p[head - 1]);
        head += name.len + 8;
        /* The description says the size, and is as long as its digits make it. */
        for (size_t at = stream.len; at-- > head + ends;) {
            char text[DESC_MAX];
            size_t size = at - head - ends;
            int n;

            if (stream.p[at] != '{' || stream.len - at >= DESC_MAX) {
                continue;
            }
            n = describe(name, size, text);
            if ((size_t)n == stream.len - at && memcmp(stream.p + at, text, (size_t)n) == 0) {
                *blob = span_of(stream.p + head, size);
                return true;
            }
        }
    }
    return err_set(err, ERR_UNSUPPORTED, "the stream is no single blob");
}
