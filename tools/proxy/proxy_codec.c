/* proxy_codec.c - see proxy_codec.h. */
#include "tools/proxy/proxy_codec.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "codec/base/heap.h"
#include "codec/base/io_fd.h"
#include "codec/base/spool.h"
#include "codec/device/mod_library.h"
#include "codec/stream/form_decode.h"
#include "codec/stream/form_encode.h"
#include "compat/map_check.h"
#include "compat/map_section.h"
#include "tools/proxy/proxy_confine.h"
#include "tools/proxy/proxy_frame.h"
#include "tools/proxy/proxy_report.h"

enum {
    PROGRESS_MS = 100,
    /* A tail without a description ends where nothing has come for so long behind its EOF octet. */
    QUIET_MS = 100,
    COPY_AT_ONCE = 256 * 1024,
    LEGACY_FIRST = 'Q', /* of "QEVM" */
    FOOTER = 0x7e,
    FOOTER_LEN = 5,
};

struct job {
    const struct proxy_codec *codec;
    struct io_fd in;
    struct io_fd out;
    struct proxy_frame_source frame_source;
    struct proxy_frame_sink frame_sink;
    struct proxy_report report;
    int spool_file; /* made while files can still be made; 0: it could not */
    uint64_t told_ms;
    uint8_t first; /* octet of the input, looked at before it is read */
    bool has_first;
    bool given_first;
};

static uint64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void say(struct job *job, enum proxy_word word)
{
    ssize_t n;

    job->report.word = (uint8_t)word;
    do {
        n = write(PROXY_REPORT_FD, &job->report, sizeof(job->report));
    } while (n < 0 && errno == EINTR);
    /* A proxy that has gone needs no report; this process is then about to be killed. */
}

static void progress(void *ctx, uint64_t octets)
{
    struct job *job = ctx;
    uint64_t now = now_ms();

    (void)octets;
    if (now - job->told_ms >= PROGRESS_MS) {
        job->told_ms = now;
        job->report.counts.legacy = job->codec->decode ? job->out.octets : job->in.octets;
        job->report.counts.ber = job->codec->decode ? job->in.octets : job->out.octets;
        say(job, PROXY_SAYS_PROGRESS);
    }
}

static bool is_readable(int timeout_ms)
{
    struct pollfd wait = {STDIN_FILENO, POLLIN, 0};

    return poll(&wait, 1, timeout_ms) != 0;
}

static bool is_whole(void *ctx, struct span tail)
{
    (void)ctx;
    if (tail.len <= FOOTER_LEN || is_readable(0)) {
        return false;
    }
    if (lay_tail_complete(tail)) {
        return true;
    }
    return tail.p[tail.len - 1] == 0 && tail.p[tail.len - 1 - FOOTER_LEN] == FOOTER &&
           !is_readable(QUIET_MS);
}

static bool ask_to_end(void *ctx, struct err *err)
{
    struct job *job = ctx;
    uint8_t word = 0;
    ssize_t n;

    say(job, PROXY_ASKS_TO_END);
    do {
        n = read(PROXY_REPORT_FD, &word, 1);
    } while (n < 0 && errno == EINTR);
    return (n == 1 && word == PROXY_SAYS_YES) ||
           err_set(err, ERR_IO, "the migration did not complete on the source");
}

static bool await_go(void *ctx, struct err *err)
{
    struct job *job = ctx;

    say(job, PROXY_SAYS_READY);
    if (!proxy_frame_await(&job->frame_source, PROXY_GO, err)) {
        return false;
    }
    say(job, PROXY_SAYS_GO);
    return true;
}

static void count_lifted(struct job *job, const struct map_lifter *lifter)
{
    for (uint32_t i = 0; i < lifter->set->map_count; i++) {
        job->report.counts.lifted += lifter->tallies[i].lifted;
    }
    job->report.counts.features = lifter->features;
}

static bool encode_with(struct job *job, struct map_lifter *lifter, struct err *err)
{
    const struct proxy_codec *codec = job->codec;
    struct lay_modules modules = mod_library_hooks(NULL);
    struct io_sink sink = io_fd_sink(&job->out);
    struct form_encode_options options;
    struct form_encode_report report;
    bool ok;

    memset(&options, 0, sizeof(options));
    options.producer = codec->producer;
    options.choice = codec->choice;
    options.choice.chosen = &lifter->features;
    if (codec->file) {
        options.choice.index = true;
        options.choice.rewrite = io_fd_rewrite;
        options.choice.rewrite_ctx = &job->out;
    }
    modules.lift = map_lift_section;
    modules.lift_ctx = lifter;
    options.stream.schema = LAY_SCHEMA_AUTO;
    options.stream.spool_file = job->spool_file;
    options.stream.modules = &modules;
    heap_warm();
    mod_library_warm(&mod_library_builtin);
    if (codec->return_path) {
        options.stream.whole = is_whole;
    }
    if (!codec->channel) {
        options.finish = ask_to_end;
        options.finish_ctx = job;
    }
    ok = form_encode(io_fd_source(&job->in),
                     codec->channel ? proxy_frame_sink(&job->frame_sink, sink) : sink, &options,
                     &report, err);
    job->report.counts.legacy = report.stream.octets;
    job->report.counts.ber = report.ber_octets;
    job->report.counts.records = report.records;
    job->report.counts.described = report.stream.tail.described;
    job->report.counts.framed = report.stream.tail.framed;
    job->report.counts.opaque = report.stream.tail.opaque;
    if (ok) {
        count_lifted(job, lifter);
    }
    if (ok && codec->sync && fsync(STDOUT_FILENO) != 0 && errno != EINVAL) {
        ok = err_set(err, ERR_IO, "cannot write the file: %s", strerror(errno));
    }
    return ok;
}

static bool encode(struct job *job, struct err *err)
{
    struct map_lifter lifter;
    bool ok = map_lifter_init(&lifter, NULL, err);

    if (ok) {
        ok = encode_with(job, &lifter, err);
        map_lifter_done(&lifter);
    }
    return ok;
}

/* The input, whose first octet has been read already. */
static bool read_with_first(void *ctx, void *p, size_t cap, size_t *got, struct err *err)
{
    struct job *job = ctx;
    struct io_source in = io_fd_source(&job->in);

    if (job->has_first && !job->given_first && cap > 0) {
        *(uint8_t *)p = job->first;
        job->given_first = true;
        *got = 1;
        return true;
    }
    return in.read(in.ctx, p, cap, got, err);
}

static bool copy(struct job *job, struct err *err)
{
    struct io_sink sink = io_fd_sink(&job->out);
    uint8_t *room = malloc(COPY_AT_ONCE);
    size_t got = 1;
    bool ok = room != NULL || err_memory(err);

    while (ok && got > 0) {
        struct iovec iov;

        ok = read_with_first(job, room, COPY_AT_ONCE, &got, err);
        iov.iov_base = room;
        iov.iov_len = got;
        ok = ok && (got == 0 || sink.write(sink.ctx, &iov, 1, err));
    }
    free(room);
    job->report.copied = 1;
    job->report.counts.legacy = job->out.octets;
    return ok;
}

static bool decode(struct job *job, struct err *err)
{
    const struct proxy_codec *codec = job->codec;
    struct form_decode_options options = {.without = codec->choice.without,
                                          .check = {map_check_type, NULL},
                                          .spool_file = job->spool_file};
    struct form_decode_report report;
    struct io_source source = {read_with_first, job};
    struct stat st;
    size_t got = 0;
    bool ok;

    if (codec->channel) {
        source = proxy_frame_source(&job->frame_source, io_fd_source(&job->in));
        options.release = await_go;
        options.release_ctx = job;
    } else {
        struct io_source in = io_fd_source(&job->in);

        options.live = fstat(STDIN_FILENO, &st) == 0 && !S_ISREG(st.st_mode);
        if (!in.read(in.ctx, &job->first, 1, &got, err)) {
            return false;
        }
        job->has_first = got == 1;
        if (job->has_first && job->first == LEGACY_FIRST) {
            return codec->any ? copy(job, err)
                              : err_set(err, ERR_UNSUPPORTED,
                                        "a legacy migration stream has arrived, but capability "
                                        "'ber' is on");
        }
    }
    ok = form_decode(source, io_fd_sink(&job->out), &options, &report, err);
    job->report.counts.legacy = report.legacy_octets;
    job->report.counts.ber = report.ber_octets;
    job->report.counts.records = report.records;
    job->report.counts.features = report.features;
    return ok;
}

/* decode: whether QEMU reads no more. */
static bool qemu_has_closed(void)
{
    struct pollfd wait = {STDOUT_FILENO, 0, 0};

    return poll(&wait, 1, 0) > 0 && (wait.revents & (POLLERR | POLLHUP)) != 0;
}

int proxy_codec_run(const struct proxy_codec *codec)
{
    struct job job;
    struct err err = ERR_INIT;
    bool ok;

    memset(&job, 0, sizeof(job));
    job.codec = codec;
    job.in.fd = STDIN_FILENO;
    job.in.name = codec->decode ? "the channel" : "QEMU's stream";
    job.in.progress = progress;
    job.in.progress_ctx = &job;
    job.out.fd = STDOUT_FILENO;
    job.out.name = codec->decode ? "to QEMU" : codec->sync ? "the file" : "the channel";
    job.spool_file = spool_file(NULL);
    io_fd_widen(job.in.fd);
    io_fd_widen(job.out.fd);
    ok = proxy_confine(codec->decode ? PROXY_CONFINE_DECODE : PROXY_CONFINE_ENCODE, &err) &&
         (codec->decode ? decode(&job, &err) : encode(&job, &err));
    if (!ok) {
        job.report.band = (uint8_t)err.band;
        job.report.cut = codec->decode ? qemu_has_closed() : err.band == ERR_TRUNCATED;
        (void)err_format(&err, job.report.text, sizeof(job.report.text));
    }
    say(&job, ok ? PROXY_SAYS_DONE : PROXY_SAYS_FAILED);
    return ok ? ERR_NONE : (int)err.band;
}
