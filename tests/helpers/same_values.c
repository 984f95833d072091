/*
 * same_values.c - whether two BER streams hold the same records, whatever freedom of BER each uses:
 * decodes the bodies of both, encodes them again in our profile, and compares the octets.
 *
 *     same_values OURS THEIRS
 *
 * Checks of THEIRS are not compared: they are of octets that another encoder did not keep.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "codec/base/err.h"
#include "codec/base/io_fd.h"
#include "codec/schema/asn_engine.h"
#include "codec/stream/form_limits.h"
#include "codec/stream/form_reader.h"

struct side {
    struct io_fd fd;
    struct win win;
    struct form_reader reader;
    struct buf again;
    enum form_step step;
    struct form_record record;
};

static bool open_side(struct side *side, const char *path, unsigned flags, struct err *err)
{
    struct wire_header header;

    side->fd.name = path;
    side->fd.fd = open(path, O_RDONLY);
    buf_init(&side->again, FORM_RECORD_MAX);
    return win_init(&side->win, io_fd_source(&side->fd), FORM_WINDOW, err) &&
           form_reader_init(&side->reader, &side->win, flags, err) &&
           form_reader_head(&side->reader, &header, err) &&
           asn_encode_buf(&wire_header_type, &header, &side->again, NULL, err);
}

static bool next(struct side *side, struct err *err)
{
    struct wire_trailer trailer;

    buf_clear(&side->again);
    if (!form_reader_next(&side->reader, &side->step, &side->record, &trailer, err)) {
        return false;
    }
    return side->step == FORM_TRAILER
               ? asn_encode_buf(&wire_trailer_type, &trailer, &side->again, NULL, err)
               : asn_encode_buf(&wire_body_type, side->record.body, &side->again, NULL, err);
}

int main(int argc, char **argv)
{
    static struct side ours;
    static struct side theirs;
    struct err err = ERR_INIT;
    char line[1024];
    bool good = argc == 3 && open_side(&ours, argv[1], FORM_PROFILE, &err) &&
                open_side(&theirs, argv[2], FORM_UNCHECKED, &err);
    bool same = good;

    while (same) {
        same = span_eq(buf_span(&ours.again), buf_span(&theirs.again)) && ours.step == theirs.step;
        if (!same || ours.step == FORM_TRAILER) {
            break;
        }
        good = next(&ours, &err) && next(&theirs, &err);
        same = good;
    }
    if (!good) {
        fprintf(stderr, "same_values: %s\n", err_format(&err, line, sizeof(line)));
    } else if (!same) {
        fprintf(stderr, "same_values: record %" PRIu64 " differs\n", ours.reader.records);
    }
    return same ? 0 : 1;
}
