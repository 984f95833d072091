/*
 * fuzz_views_agree_with_decode.c - any octets as a stream: what verify has nothing against, decode
 * takes; a dump, with blobs as fields, is whole JSON, does not depend on how many octets came at a
 * time, and shows the same with the help of an index; nothing is our own mistake.
 *
 * The first octet chooses: bit 0, whether the checks of a BER stream are made true first, so that
 * what is behind them is met; the others, options of dump.
 */
#include <stdio.h>
#include <stdlib.h>

#include "codec/view/view_dump.h"
#include "codec/view/view_stats.h"
#include "codec/view/view_verify.h"
#include "compat/map_check.h"
#include "compat/map_view.h"
#include "stream_frames.h"
#include "stream_trip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 1 << 26 };

static void must(bool holds, const char *what, const struct err *err)
{
    if (!holds) {
        (void)fprintf(stderr, "%s: %s\n", what, err->text);
        abort();
    }
}

/* Whether brackets outside of strings are balanced and all of text is one value. */
static bool is_whole_json(struct span text)
{
    char open[1024];
    size_t depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < text.len; i++) {
        char c = (char)text.p[i];

        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (depth == sizeof(open)) {
                return false;
            }
            open[depth++] = c;
        } else if (c == '}' || c == ']') {
            if (depth == 0 || open[--depth] != (c == '}' ? '{' : '[')) {
                return false;
            }
        }
    }
    return depth == 0 && !in_string;
}

/* Whether err may come from any input. */
static bool is_of_input(const struct err *err)
{
    return err->band != ERR_INTERNAL && err->band != ERR_IO && err->band != ERR_USAGE;
}

static void dump(struct span stream, size_t chunk, const struct view_dump_options *options,
                 struct buf *out)
{
    struct stream_memory memory = {stream, chunk};
    struct view_dump_report report;
    struct err err = ERR_INIT;

    buf_init(out, TEXT_MAX);
    if (!view_dump(stream_source(&memory), stream_sink(out), options, &report, &err)) {
        must(is_of_input(&err), "dump", &err);
    }
}

static bool read_at(void *ctx, uint64_t offset, void *p, size_t cap, size_t *got, struct err *err)
{
    const struct span *file = ctx;
    size_t left = offset < file->len ? file->len - (size_t)offset : 0;

    (void)err;
    *got = left < cap ? left : cap;
    if (*got > 0) {
        memcpy(p, file->p + offset, *got);
    }
    return true;
}

/* good: verify has nothing against the stream. */
static void try_index(struct span stream, struct view_dump_options *options, struct span expected,
                      bool good)
{
    struct form_random file = {read_at, &stream, stream.len};
    struct err none = ERR_INIT;
    struct buf picked;

    options->file = &file;
    dump(stream, 0, options, &picked);
    must(!good || span_eq(expected, buf_span(&picked)), "dump depends on the index", &none);
    buf_done(&picked);
}

static void try_dump(struct span stream, const struct view_blobs *blobs, uint8_t choice, bool good)
{
    struct view_dump_options options;
    struct err none = ERR_INIT;
    struct view_path path;
    struct buf whole;
    struct buf pieces;

    memset(&options, 0, sizeof(options));
    options.format = (enum view_format)((choice >> 1 & 3) % 3);
    options.detail = (enum view_detail)((choice >> 3 & 3) % 3);
    options.offsets = (choice & 32) != 0;
    options.runs = (choice & 64) != 0;
    options.types = options.runs;
    options.octets_max = options.offsets ? 16 : VIEW_OCTETS_ALL;
    options.blobs = blobs;
    if ((choice & 128) != 0 && options.detail != VIEW_REGIONS) {
        must(view_path_parse(&path, "*r* > *[1]", &none), "path", &none);
        options.paths = &path;
        options.path_count = 1;
    }
    dump(stream, 0, &options, &whole);
    must(options.format == VIEW_TEXT || is_whole_json(buf_span(&whole)), "JSON", &none);
    if (!options.offsets) {
        dump(stream, 5, &options, &pieces);
        must(span_eq(buf_span(&whole), buf_span(&pieces)), "dump depends on chunks", &none);
        buf_done(&pieces);
    }
    if (options.path_count > 0) {
        try_index(stream, &options, buf_span(&whole), good);
    }
    buf_done(&whole);
}

/* Returns whether verify has nothing against the stream. */
static bool try_verify(struct span stream)
{
    const struct form_type_check check = {map_check_type, NULL};
    struct stream_memory memory = {stream, 0};
    struct view_verify_report report;
    struct err verified = ERR_INIT;
    struct err err = ERR_INIT;
    struct buf out;
    struct buf legacy;
    bool good;

    buf_init(&out, TEXT_MAX);
    good = view_verify(stream_source(&memory), stream_sink(&out), VIEW_JSON, &check, &report,
                       &verified);
    must(good || is_of_input(&verified), "verify", &verified);
    must(is_whole_json(buf_span(&out)), "JSON of verify", &verified);
    if (stream.len > 0 && stream.p[0] == 0x30 && good && report.errors == 0) {
        must(stream_decode(stream, 0, 0, &legacy, &err), "verified, but not decoded", &err);
        buf_done(&legacy);
    }
    buf_done(&out);
    return good && report.errors == 0;
}

static void try_stats(struct span stream, const struct view_blobs *blobs)
{
    struct stream_memory memory = {stream, 0};
    struct view_stats stats;
    struct err err = ERR_INIT;
    struct buf out;

    buf_init(&out, TEXT_MAX);
    if (!view_stats_gather(&stats, stream_source(&memory), blobs, &err)) {
        must(is_of_input(&err), "stats", &err);
    }
    err_init(&err);
    must(view_stats_show(&stats, stream_sink(&out), VIEW_JSON, NULL, &err), "stats", &err);
    must(is_whole_json(buf_span(&out)), "JSON of stats", &err);
    view_stats_done(&stats);
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stream_frames frames;
    struct err err = ERR_INIT;
    struct view_blobs blobs;
    struct map_view maps;
    struct buf sealed;
    struct span stream;

    if (size < 1) {
        return 0;
    }
    stream = span_of(data + 1, size - 1);
    buf_init(&sealed, 0);
    if ((data[0] & 1) != 0 && stream.len > 0 && stream.p[0] == 0x30) {
        (void)stream_split(stream, &frames, &err);
        err_init(&err);
        (void)stream_seal(&frames, &err);
        err_init(&err);
        if (stream_join(&frames, 0, &sealed, &err)) {
            stream = buf_span(&sealed);
        }
        stream_frames_done(&frames);
    }
    if (map_view_init(&maps, true, &err)) {
        blobs = map_view_hooks(&maps);
        try_dump(stream, &blobs, data[0], try_verify(stream));
        try_stats(stream, &blobs);
    }
    map_view_done(&maps);
    buf_done(&sealed);
    return 0;
}
