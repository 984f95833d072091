/* form_decode.c - see form_decode.h. */
#include "codec/stream/form_decode.h"

#include <inttypes.h>

#include "codec/base/spool.h"
#include "codec/savevm/lay_text.h"
#include "codec/savevm/leg_writer.h"
#include "codec/stream/form_digest.h"
#include "codec/stream/form_limits.h"
#include "codec/stream/form_lower.h"
#include "codec/stream/form_reader.h"

/* What form_decode works with. */
struct decode {
    const struct form_decode_options *options;
    struct win win;
    struct form_reader reader;
    struct form_lower lower;
    struct out lowered; /* what form_lower writes, on its way to both digest and target */
    struct out out;
    struct spool held;
    struct form_digest digest;
    bool holding;         /* the octets go to held, not to out */
    bool by_check;        /* the record's check is digested in the place of its octets */
    uint64_t live_length; /* legacy octets of the pieces of this record so far */
};

/* The sink of lowered octets. */
static bool pass_on(void *ctx, struct iovec *iov, size_t iov_count, struct err *err)
{
    struct decode *decode = ctx;

    if (!decode->by_check) {
        for (size_t i = 0; i < iov_count; i++) {
            form_digest_octets(&decode->digest, span_of(iov[i].iov_base, iov[i].iov_len));
        }
    }
    if (!decode->holding) {
        return out_gather(&decode->out, iov, iov_count, err);
    }
    for (size_t i = 0; i < iov_count; i++) {
        if (!spool_put(&decode->held, iov[i].iov_base, iov[i].iov_len, err)) {
            return false;
        }
    }
    return true;
}

static bool flush_before_read(void *ctx, struct err *err)
{
    return out_flush(ctx, err);
}

static bool put_record(struct decode *decode, const struct form_record *record, struct err *err)
{
    const struct wire_body *body = record->body;
    uint64_t length = 0;

    if (body->which == WIRE_BODY_END_OF_STREAM || body->which == WIRE_BODY_OPAQUE) {
        decode->holding = true;
    }
    decode->by_check = body->which == WIRE_BODY_RAM || body->which == WIRE_BODY_FRAMED;
    if (!form_lower_put(&decode->lower, record, &decode->lowered, &length, err) ||
        !out_flush(&decode->lowered, err)) {
        return false;
    }
    decode->live_length += length;
    if (decode->by_check && record->is_last) {
        form_digest_check(&decode->digest, record->check, decode->live_length);
    }
    if (record->is_last) {
        decode->live_length = 0;
    }
    return true;
}

static bool release(struct decode *decode, struct err *err)
{
    const struct form_decode_options *options = decode->options;

    if (options->release != NULL && !options->release(options->release_ctx, err)) {
        return false;
    }
    return spool_release(&decode->held, &decode->out, err) && out_flush(&decode->out, err);
}

static bool run(struct decode *decode, struct err *err)
{
    struct wire_header header;

    if (!form_reader_head(&decode->reader, &header, err) ||
        !form_lower_head(&decode->lower, &header, &decode->lowered, err) ||
        !out_flush(&decode->lowered, err)) {
        return false;
    }
    for (;;) {
        struct form_record record;
        struct wire_trailer trailer;
        enum form_step step;

        if (!form_reader_next(&decode->reader, &step, &record, &trailer, err)) {
            return false;
        }
        if (step == FORM_TRAILER) {
            return form_lower_end(&decode->lower, err) &&
                   form_digest_compare(&decode->digest, &trailer, err) && release(decode, err);
        }
        if (!put_record(decode, &record, err)) {
            err_at_path(err, "record %" PRIu64, decode->reader.records);
            return err_at_ber(err, record.ber_offset);
        }
    }
}

bool form_decode(struct io_source in, struct io_sink sink,
                 const struct form_decode_options *options, struct form_decode_report *report,
                 struct err *err)
{
    struct decode decode;
    struct io_sink lowered = {pass_on, &decode};
    bool ok;

    memset(report, 0, sizeof(*report));
    memset(&decode, 0, sizeof(decode));
    decode.options = options;
    out_init(&decode.out, sink);
    out_init(&decode.lowered, lowered);
    spool_init(&decode.held);
    if (options->spool_file > 0) {
        spool_give(&decode.held, options->spool_file);
    }
    ok = win_init(&decode.win, in, FORM_WINDOW, err) && form_digest_init(&decode.digest, err) &&
         form_reader_init(&decode.reader, &decode.win,
                          (options->profile ? FORM_PROFILE : 0U) | (options->live ? FORM_LIVE : 0U),
                          err) &&
         form_lower_init(&decode.lower, err);
    if (ok) {
        decode.reader.have &= ~options->without;
        decode.lower.check = options->check;
        decode.win.before_read = flush_before_read;
        decode.win.before_read_ctx = &decode.out;
        ok = run(&decode, err);
        if (!ok) {
            (void)out_flush(&decode.out, NULL);
        }
    }
    report->ber_octets = decode.win.offset;
    report->legacy_octets = decode.digest.length;
    report->records = decode.reader.records;
    report->features = decode.reader.named;
    form_lower_done(&decode.lower);
    form_reader_done(&decode.reader);
    form_digest_done(&decode.digest);
    spool_done(&decode.held);
    out_done(&decode.lowered);
    out_done(&decode.out);
    win_done(&decode.win);
    return ok;
}
