/* stream_rewrite.c - see stream_rewrite.h. */
#include "stream_rewrite.h"

#include "codec/stream/form_features.h"
#include "codec/stream/form_limits.h"
#include "codec/stream/form_lower.h"
#include "codec/stream/form_reader.h"
#include "codec/stream/form_writer.h"
#include "stream_trip.h"

struct rewrite {
    struct stream_memory memory;
    struct win win;
    struct form_reader reader;
    struct form_lower lower;
    struct buf lowered; /* by the record at hand */
    struct out counted;
    struct out out;
    struct form_writer writer;
};

static bool head(struct rewrite *rewrite, struct err *err)
{
    struct wire_header header;

    if (!form_reader_head(&rewrite->reader, &header, err) ||
        !form_lower_head(&rewrite->lower, &header, &rewrite->counted, err) ||
        !out_flush(&rewrite->counted, err) ||
        ((rewrite->reader.named & FORM_FEATURE_BIT(FORM_FEATURE_STREAM_INDEX)) != 0 &&
         !form_writer_with_index(&rewrite->writer, err))) {
        return false;
    }
    form_digest_octets(&rewrite->writer.digest, buf_span(&rewrite->lowered));
    return form_writer_begin(&rewrite->writer, &header, err);
}

static bool record(struct rewrite *rewrite, const struct form_record *from, struct err *err)
{
    struct form_put put;
    uint64_t length = 0;

    memset(&put, 0, sizeof(put));
    buf_clear(&rewrite->lowered);
    if (!form_lower_put(&rewrite->lower, from, &rewrite->counted, &length, err) ||
        !out_flush(&rewrite->counted, err)) {
        return false;
    }
    put.body = from->body;
    put.skippable = from->skippable;
    put.legacy = buf_span(&rewrite->lowered);
    put.legacy_length = length;
    return form_writer_put(&rewrite->writer, &put, err) &&
           (!from->is_last || form_writer_flush(&rewrite->writer, err));
}

static bool run(struct rewrite *rewrite, struct err *err)
{
    if (!head(rewrite, err)) {
        return false;
    }
    for (;;) {
        struct form_record from;
        struct wire_trailer trailer;
        enum form_step step;

        if (!form_reader_next(&rewrite->reader, &step, &from, &trailer, err)) {
            return false;
        }
        if (step == FORM_TRAILER) {
            form_writer_keep(&rewrite->writer, &trailer);
            return form_writer_end(&rewrite->writer, err);
        }
        if (!record(rewrite, &from, err)) {
            return false;
        }
    }
}

bool stream_rewrite(struct span ber, struct buf *out, struct err *err)
{
    struct rewrite rewrite;
    bool ok;

    memset(&rewrite, 0, sizeof(rewrite));
    rewrite.memory.left = ber;
    buf_init(out, STREAM_MAX);
    buf_init(&rewrite.lowered, STREAM_MAX);
    out_init(&rewrite.counted, stream_sink(&rewrite.lowered));
    out_init(&rewrite.out, stream_sink(out));
    ok = win_init(&rewrite.win, stream_source(&rewrite.memory), FORM_WINDOW, err) &&
         form_reader_init(&rewrite.reader, &rewrite.win, 0, err) &&
         form_lower_init(&rewrite.lower, err) &&
         form_writer_init(&rewrite.writer, &rewrite.out, err) && run(&rewrite, err);
    form_writer_done(&rewrite.writer);
    form_lower_done(&rewrite.lower);
    form_reader_done(&rewrite.reader);
    win_done(&rewrite.win);
    out_done(&rewrite.out);
    out_done(&rewrite.counted);
    buf_done(&rewrite.lowered);
    return ok;
}
