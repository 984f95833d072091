/* form_encode.c - see form_encode.h. */
#include "codec/stream/form_encode.h"

#include "codec/savevm/leg_limits.h"
#include "codec/savevm/leg_writer.h"
#include "codec/stream/form_wire.h"
#include "codec/stream/form_writer.h"

/* What form_encode works with. */
struct encode {
    const struct form_encode_options *options;
    struct win win;
    struct out out;
    struct form_writer writer;
    struct form_announce announce;
};

static bool flush_before_read(void *ctx, struct err *err)
{
    struct encode *encode = ctx;

    return form_writer_flush(&encode->writer, err) && out_flush(&encode->out, err);
}

static bool keep(void *ctx, struct iovec *iov, size_t iov_count, struct err *err)
{
    for (size_t i = 0; i < iov_count; i++) {
        if (!buf_put(ctx, iov[i].iov_base, iov[i].iov_len, err)) {
            return false;
        }
    }
    return true;
}

/* The head is told as a value only: its octets, for the digest, are written again. */
static bool digest_head(struct form_digest *digest, const struct wire_header *header,
                        struct err *err)
{
    struct leg_writer writer;
    struct out out;
    struct buf octets;
    struct io_sink sink = {keep, &octets};
    bool ok;

    buf_init(&octets, LEG_CONFIG_MAX);
    out_init(&out, sink);
    ok = leg_writer_init(&writer, err) && leg_write_head(&writer, header, &out, err) &&
         out_flush(&out, err);
    form_digest_octets(digest, buf_span(&octets));
    leg_writer_done(&writer);
    out_done(&out);
    buf_done(&octets);
    return ok;
}

static bool put_head(void *ctx, const struct wire_configuration *configuration, bool fragment,
                     struct err *err)
{
    struct encode *encode = ctx;
    struct wire_header header;

    memset(&header, 0, sizeof(header));
    header.format = span_of(FORM_OID, FORM_OID_LEN);
    header.producer = span_str(encode->options->producer);
    header.container = fragment ? WIRE_CONTAINER_FRAGMENT : WIRE_CONTAINER_STREAM;
    if (configuration != NULL) {
        header.has_configuration = true;
        header.configuration = *configuration;
    }
    return digest_head(&encode->writer.digest, &header, err) &&
           form_announce_begin(&encode->announce, &header, &encode->writer, err);
}

static bool put_told(void *ctx, const struct leg_told *told, struct err *err)
{
    struct encode *encode = ctx;
    struct form_put put = {told->body,          false,       told->legacy,
                           told->legacy_length, told->pages, told->page_count};

    if (told->body->which == WIRE_BODY_TYPE_DESCRIPTION) {
        form_announce_type(&encode->announce, &told->body->u.type_description);
    }
    if (told->why != NULL && encode->options->descent != NULL) {
        encode->options->descent(encode->options->descent_ctx, told);
    }
    return form_writer_put(&encode->writer, &put, err);
}

static bool run(struct encode *encode, struct form_encode_report *report, struct err *err)
{
    struct leg_stream_sink sink = {encode, put_head, put_told};

    encode->win.before_read = flush_before_read;
    encode->win.before_read_ctx = encode;
    if (!leg_stream(&encode->win, &encode->options->stream, NULL, &sink, &report->stream, err)) {
        (void)out_flush(&encode->out, NULL);
        return false;
    }
    if (encode->options->finish != NULL &&
        (!flush_before_read(encode, err) ||
         !encode->options->finish(encode->options->finish_ctx, err))) {
        return false;
    }
    return form_writer_end(&encode->writer, err) &&
           form_announce_end(&encode->announce, &encode->writer, err);
}

bool form_encode(struct io_source in, struct io_sink sink,
                 const struct form_encode_options *options, struct form_encode_report *report,
                 struct err *err)
{
    struct encode encode;
    bool ok;

    memset(report, 0, sizeof(*report));
    memset(&encode, 0, sizeof(encode));
    encode.options = options;
    form_announce_init(&encode.announce, &options->choice,
                       options->stream.modules != NULL && options->stream.modules->lift != NULL);
    out_init(&encode.out, sink);
    ok = win_init(&encode.win, in, LEG_WINDOW_MIN, err) &&
         form_writer_init(&encode.writer, &encode.out, err) && run(&encode, report, err);
    report->ber_octets = encode.out.offset;
    report->records = encode.writer.records;
    form_writer_done(&encode.writer);
    form_announce_done(&encode.announce);
    out_done(&encode.out);
    win_done(&encode.win);
    return ok;
}
