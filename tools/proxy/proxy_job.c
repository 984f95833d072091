/* proxy_job.c - see proxy_job.h. This file: what happens to a job; proxy_channel.c: its octets. */
#define _GNU_SOURCE
#include "tools/proxy/proxy_job.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/proxy/proxy_channel.h"
#include "tools/proxy/proxy_return.h"
#include "tools/proxy/proxy_way.h"

enum {
    /* What waits between QEMU and the codec when the guest stops is downtime: no more than a pipe.
     */
    PAIR_OCTETS = 256 * 1024,
    LAST_WORD_MS = 500, /* after our own failure: may the other end say why? */
    CODEC_END_MS = 200, /* QEMU has seen its end before we have */
};

const char *proxy_job_state_name(enum proxy_job_state state)
{
    static const char *const names[] = {"none",   "starting",  "connecting", "running",
                                        "ending", "committed", "done",       "failed"};

    return names[state];
}

static void set_state(struct proxy_job *job, enum proxy_job_state state)
{
    static const char *const directions[] = {"outgoing", "incoming"};

    if (job->state != state) {
        job->state = state;
        if (state == PROXY_JOB_FAILED) {
            proxy_say(job->log, PROXY_LOG_ERROR, "%s migration failed: %s",
                      directions[job->direction], job->why);
        } else if (state == PROXY_JOB_DONE || state == PROXY_JOB_COMMITTED) {
            proxy_say(job->log, PROXY_LOG_NOTICE,
                      "%s migration %s: %llu octets of QEMU, %llu of BER, %llu records",
                      directions[job->direction], proxy_job_state_name(state),
                      (unsigned long long)job->counts.legacy, (unsigned long long)job->counts.ber,
                      (unsigned long long)job->counts.records);
        } else {
            proxy_say(job->log, PROXY_LOG_NOTICE, "%s migration %s", directions[job->direction],
                      proxy_job_state_name(state));
        }
        job->host.changed(job->host.ctx);
    }
}

void proxy_job_init(struct proxy_job *job, struct proxy_loop *loop, const struct proxy_log *log,
                    const struct proxy_job_options *options, const struct proxy_job_host *host)
{
    memset(job, 0, sizeof(*job));
    job->loop = loop;
    job->log = log;
    job->options = options;
    job->host = *host;
    job->qemu_fd = -1;
    job->listen_fd = -1;
    job->out_fd = -1;
    job->in_fd = -1;
    job->unread_fd = -1;
    proxy_child_init(&job->codec);
    proxy_child_init(&job->command);
    buf_init(&job->frame, PROXY_MESSAGE_MAX);
    buf_init(&job->to_peer, PROXY_RETURN_MAX);
    buf_init(&job->to_qemu, PROXY_RETURN_MAX);
    buf_init(&job->return_octets, PROXY_RETURN_MAX);
    job->listen_watch = PROXY_NO_WATCH;
    job->in_watch = PROXY_NO_WATCH;
    job->out_watch = PROXY_NO_WATCH;
    job->qemu_watch = PROXY_NO_WATCH;
    job->qemu_out_watch = PROXY_NO_WATCH;
    job->control_watch = PROXY_NO_WATCH;
    job->codec_watch = PROXY_NO_WATCH;
    job->command_watch = PROXY_NO_WATCH;
    job->timer = PROXY_NO_WATCH;
}

void proxy_job_close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
    }
}

void proxy_job_close_channel(struct proxy_job *job)
{
    proxy_loop_drop(job->loop, &job->in_watch);
    proxy_loop_drop(job->loop, &job->out_watch);
    proxy_loop_drop(job->loop, &job->timer);
    if (job->in_fd != job->out_fd) {
        proxy_job_close_fd(&job->in_fd);
    }
    job->in_fd = -1;
    proxy_job_close_fd(&job->out_fd);
    proxy_job_close_fd(&job->unread_fd);
}

void proxy_job_close_qemu(struct proxy_job *job)
{
    proxy_loop_drop(job->loop, &job->qemu_watch);
    proxy_loop_drop(job->loop, &job->qemu_out_watch);
    if (job->qemu_fd >= 0) {
        (void)shutdown(job->qemu_fd, SHUT_RDWR); /* for the codec's copy of it as well */
    }
    proxy_job_close_fd(&job->qemu_fd);
}

static void release_all(struct proxy_job *job)
{
    proxy_loop_drop(job->loop, &job->control_watch);
    proxy_loop_drop(job->loop, &job->codec_watch);
    proxy_loop_drop(job->loop, &job->command_watch);
    proxy_child_kill(&job->codec);
    proxy_child_kill(&job->command);
    proxy_job_close_channel(job);
    proxy_job_close_qemu(job);
    proxy_way_stop_listening(job);
    if (job->has_file) {
        io_file_abandon(&job->file);
        job->has_file = false;
    }
    buf_done(&job->frame);
    buf_done(&job->to_peer);
    buf_done(&job->to_qemu);
    buf_done(&job->return_octets);
}

void proxy_job_reset(struct proxy_job *job)
{
    struct proxy_job_host host = job->host;

    if (job->state == PROXY_JOB_COMMITTED) {
        proxy_return_end(job);
    }
    release_all(job);
    proxy_job_init(job, job->loop, job->log, job->options, &host);
}

void proxy_job_fail(struct proxy_job *job, const char *fmt, ...)
{
    va_list ap;

    if (job->state == PROXY_JOB_COMMITTED) {
        proxy_job_peer_gone(job, 0); /* there is nothing to fail any more */
        return;
    }
    if (proxy_job_is_over(job)) {
        return;
    }
    va_start(ap, fmt);
    (void)vsnprintf(job->why, sizeof(job->why), fmt, ap);
    va_end(ap);
    if (!job->mute) {
        proxy_return_unloaded(job);
    }
    /* The other end hears why, unless a frame has been left unfinished. */
    if (job->two_way && job->out_fd >= 0 && !job->mute &&
        (job->direction == PROXY_INCOMING || job->codec.pid == 0)) {
        proxy_channel_last_word(job, job->why);
    }
    job->asked = false;
    release_all(job);
    set_state(job, PROXY_JOB_FAILED);
}

void proxy_job_cancel(struct proxy_job *job, const char *why, bool by_client)
{
    if (!proxy_job_is_over(job) && job->state != PROXY_JOB_COMMITTED) {
        job->cancelled = by_client;
        proxy_job_fail(job, "%s", why);
    }
}

/* The pair: QEMU's end and ours. */
static bool make_pair(struct proxy_job *job, int *qemu_end, struct err *err)
{
    int ends[2];
    int room = PAIR_OCTETS;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return err_set(err, ERR_IO, "cannot make a socket pair: %s", strerror(errno));
    }
    for (int i = 0; i < 2; i++) {
        if (setsockopt(ends[i], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) != 0) {
            (void)setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
        }
    }
    job->qemu_fd = ends[0];
    *qemu_end = ends[1];
    return true;
}

bool proxy_job_begin(struct proxy_job *job, enum proxy_direction direction,
                     const struct proxy_target *target, int fd, int *qemu_end, struct err *err)
{
    bool any = job->any;
    bool return_path = job->return_path;
    struct proxy_rule rule = job->rule;

    proxy_job_reset(job);
    job->any = any;
    job->return_path = return_path;
    job->rule = rule;
    job->direction = direction;
    job->target = *target;
    /* The words of an exec: address point into the copy that was handed over. */
    for (size_t i = 0; target->args[i] != NULL; i++) {
        job->target.args[i] = job->target.name + (target->args[i] - target->name);
    }
    if (!proxy_way_open(job, fd, err) || !make_pair(job, qemu_end, err)) {
        release_all(job);
        return false;
    }
    set_state(job, PROXY_JOB_STARTING);
    return true;
}

/* The codec */

static void codec_failed(struct proxy_job *job, int status)
{
    char said[sizeof(job->why)];

    memcpy(said, job->why, sizeof(said));
    if (said[0] != '\0') {
        proxy_job_fail(job, "%s: %s", job->direction == PROXY_OUTGOING ? "encode" : "decode", said);
    } else if (WIFSIGNALED(status)) {
        proxy_job_fail(job, "the codec was killed by signal %d", WTERMSIG(status));
    } else {
        proxy_job_fail(job, "the codec ended with status %d", WEXITSTATUS(status));
    }
}

static void done(struct proxy_job *job)
{
    if (job->direction == PROXY_OUTGOING) {
        proxy_return_end(job);
    }
    if (job->direction == PROXY_OUTGOING || job->qemu_watch == PROXY_NO_WATCH) {
        proxy_return_unloaded(job);
        if (job->state == PROXY_JOB_FAILED) {
            return; /* the other end takes nothing any more */
        }
        proxy_job_close_channel(job);
        proxy_job_close_qemu(job);
    } /* else the return path goes on until QEMU closes its end */
    if (job->shut_bad && job->direction == PROXY_OUTGOING) {
        job->of_qemu = true;
        (void)snprintf(job->why, sizeof(job->why), PROXY_UNLOADED);
        set_state(job, PROXY_JOB_FAILED);
        return;
    }
    set_state(job, PROXY_JOB_DONE);
}

/* The other end has closed the channel, of which there are two directions, or it broke. */
void proxy_job_peer_gone(struct proxy_job *job, int why)
{
    switch (job->state) {
    case PROXY_JOB_COMMITTED:
        done(job);
        break;
    case PROXY_JOB_CONNECTING:
        proxy_job_fail(job, "the other end closed the channel without a HELLO: is capability 'ber' "
                            "on there?");
        break;
    case PROXY_JOB_NONE:
    case PROXY_JOB_STARTING:
    case PROXY_JOB_RUNNING:
    case PROXY_JOB_ENDING:
        job->mute = true;
        if (why != 0) {
            proxy_job_fail(job, "the channel to the destination broke: %s", strerror(why));
        } else {
            proxy_job_fail(job, "the destination closed the channel before it was READY");
        }
        break;
    case PROXY_JOB_DONE:
    case PROXY_JOB_FAILED:
        break;
    }
}

static void encoded_one_way(struct proxy_job *job)
{
    struct err err = ERR_INIT;
    char line[ERR_PATH_MAX + ERR_TEXT_MAX];

    proxy_job_close_fd(&job->out_fd); /* the command's input ends */
    if (job->command.pid > 0) {
        set_state(job, PROXY_JOB_ENDING);
        return;
    }
    if (job->has_file) {
        job->has_file = false;
        if (!io_file_commit(&job->file, &err)) {
            proxy_job_fail(job, "%s", err_format(&err, line, sizeof(line)));
            return;
        }
    }
    done(job);
}

static void codec_ended(void *ctx, short revents)
{
    struct proxy_job *job = ctx;
    int status;

    (void)revents;
    proxy_channel_reports(job);
    proxy_loop_drop(job->loop, &job->control_watch);
    proxy_loop_drop(job->loop, &job->codec_watch);
    status = proxy_child_wait(&job->codec);
    if (status != 0 || !job->codec_done) {
        /* A codec that was killed may have left half a frame; one that ended has not. */
        job->mute = WIFSIGNALED(status) && job->direction == PROXY_OUTGOING;
        if (job->two_way && job->direction == PROXY_OUTGOING && !job->of_qemu &&
            proxy_channel_hear_out(job, LAST_WORD_MS)) {
            return; /* the other end has said why */
        }
        codec_failed(job, status);
        return;
    }
    if (job->direction == PROXY_INCOMING) {
        done(job);
    } else if (job->two_way) {
        set_state(job, PROXY_JOB_ENDING);
        proxy_channel_send(job, PROXY_END, span_of(NULL, 0));
    } else {
        encoded_one_way(job);
    }
}

void proxy_job_settle(struct proxy_job *job)
{
    struct pollfd wait = {job->codec.pidfd, POLLIN, 0};

    if (job->codec.pid > 0 && poll(&wait, 1, CODEC_END_MS) > 0) {
        codec_ended(job, POLLIN);
    }
}

/*
 * Takes what the command has not read, before it can be read by something that it has left behind:
 * returns how many octets. Of a stream that has not ended, nothing: the codec finds out.
 */
static size_t take_unread(struct proxy_job *job)
{
    uint8_t piece[4096];
    size_t total = 0;
    ssize_t n = 1;

    while (job->state == PROXY_JOB_ENDING && job->unread_fd >= 0 && n > 0) {
        n = read(job->unread_fd, piece, sizeof(piece));
        total += n > 0 ? (size_t)n : 0;
    }
    proxy_job_close_fd(&job->unread_fd);
    return total;
}

void proxy_job_command_ended(void *ctx, short revents)
{
    struct proxy_job *job = ctx;
    int status;

    size_t unread;

    (void)revents;
    proxy_loop_drop(job->loop, &job->command_watch);
    proxy_return_drain(job);
    status = proxy_child_wait(&job->command);
    unread = take_unread(job);
    if (job->direction == PROXY_INCOMING) {
        return; /* the codec sees the end of its output and knows whether it was whole */
    }
    if (job->state == PROXY_JOB_ENDING && unread > 0) {
        proxy_job_fail(job, "the command ended without reading the last %zu octets", unread);
    } else if (job->state == PROXY_JOB_ENDING && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        done(job);
    } else if (WIFSIGNALED(status)) {
        proxy_job_fail(job, "the command was killed by signal %d", WTERMSIG(status));
    } else if (WEXITSTATUS(status) != 0 || job->state == PROXY_JOB_RUNNING) {
        proxy_job_fail(job, "the command ended with status %d%s", WEXITSTATUS(status),
                       job->state == PROXY_JOB_RUNNING ? " before the stream ended" : "");
    }
}

static void on_control(void *ctx, short revents)
{
    (void)revents;
    proxy_channel_reports(ctx);
}

/* What the stream may use: what the command line, the rule and the other end allow. */
static void choose_features(const struct proxy_job *job, struct form_choice *choice)
{
    if (job->direction == PROXY_INCOMING) {
        choice->without = job->options->lacks;
        return;
    }
    *choice = job->options->choice;
    choice->with |= job->rule.with;
    choice->without |= job->rule.without | job->options->lacks;
    if (job->two_way) {
        choice->without |= proxy_features_lacking(&job->peer);
    }
}

void proxy_job_run_codec(struct proxy_job *job)
{
    struct proxy_codec codec;
    struct err err = ERR_INIT;
    bool out = job->direction == PROXY_OUTGOING;
    int channel = out ? job->out_fd : job->in_fd >= 0 ? job->in_fd : job->out_fd;

    memset(&codec, 0, sizeof(codec));
    codec.decode = !out;
    codec.channel = job->two_way;
    codec.any = job->any;
    codec.return_path = out && job->return_path;
    /* What is no regular file, a FIFO say, has no temporary, and is not written to twice. */
    codec.file = out && job->has_file && job->file.temporary != NULL;
    codec.sync = out && job->out_is_file;
    choose_features(job, &codec.choice);
    if (!proxy_child_codec(&job->codec, &codec, out ? job->qemu_fd : channel,
                           out ? channel : job->qemu_fd, &err)) {
        proxy_job_fail(job, "%s", err.text);
        return;
    }
    job->control_watch = proxy_loop_watch(job->loop, job->codec.control, POLLIN, on_control, job);
    job->codec_watch = proxy_loop_watch(job->loop, job->codec.pidfd, POLLIN, codec_ended, job);
    if (out && !job->return_path) {
        proxy_job_close_fd(
            &job->qemu_fd); /* so that QEMU sees the end of the codec, and the codec QEMU's */
    }
    if (!out) {
        proxy_return_watch(job);
    }
    set_state(job, PROXY_JOB_RUNNING);
}

void proxy_job_started(struct proxy_job *job)
{
    struct err err = ERR_INIT;

    set_state(job, PROXY_JOB_CONNECTING);
    if (!proxy_way_go(job, &err)) {
        proxy_job_fail(job, "%s", err.text);
    }
}

void proxy_job_ask(struct proxy_job *job)
{
    int behind = 0;

    if (job->return_path && job->qemu_fd >= 0 && ioctl(job->qemu_fd, FIONREAD, &behind) == 0 &&
        behind > 0) {
        proxy_job_fail(job, "QEMU has sent %d octets behind the end of its stream", behind);
        return;
    }
    proxy_say(job->log, PROXY_LOG_DEBUG, "the other end is ready");
    job->asked = true;
    job->host.ask(job->host.ctx);
}

void proxy_job_answer(struct proxy_job *job, bool given_up, const char *why)
{
    if (!job->asked) {
        return;
    }
    job->asked = false;
    if (!given_up) {
        job->of_qemu = true;
        proxy_job_fail(job, "%s", why);
        return;
    }
    if (job->two_way) {
        proxy_channel_send(job, PROXY_GO, span_of(NULL, 0));
        if (job->state == PROXY_JOB_ENDING) {
            set_state(job, PROXY_JOB_COMMITTED);
        }
        return;
    }
    job->given = true;
    proxy_channel_say_yes(job);
}
