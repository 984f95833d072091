/*
 * proxy_job.h - one BER migration, from the moment QEMU gets its end of a socket pair until nothing
 * of it is left: the channel, the codec beside it, the return path, and the verdict.
 *
 *     source       QEMU ==pair== codec encode --channel--> .........
 *     destination  QEMU ==pair== codec decode <--channel-- .........
 *
 * On a channel with two directions the source gives the guest up in one place, when it sends GO:
 * before, the destination cannot start it; afterwards, the source never says that it failed. On a
 * file or a command the end of the BER stream takes the place of GO.
 */
#ifndef VMBER_PROXY_JOB_H
#define VMBER_PROXY_JOB_H

#include "codec/base/buf.h"
#include "codec/base/err.h"
#include "codec/base/io_fd.h"
#include "codec/stream/form_announce.h"
#include "tools/proxy/proxy_child.h"
#include "tools/proxy/proxy_frame.h"
#include "tools/proxy/proxy_log.h"
#include "tools/proxy/proxy_loop.h"
#include "tools/proxy/proxy_report.h"
#include "tools/proxy/proxy_rules.h"
#include "tools/proxy/proxy_target.h"

enum proxy_job_state {
    PROXY_JOB_NONE,
    PROXY_JOB_STARTING,   /* QEMU has its end of the pair, and has not answered yet */
    PROXY_JOB_CONNECTING, /* connecting or listening, up to the HELLOs */
    PROXY_JOB_RUNNING,    /* the codec works */
    PROXY_JOB_ENDING,     /* outgoing: the codec is done; READY or the command's end is awaited */
    PROXY_JOB_COMMITTED,  /* outgoing: the guest belongs to the other end */
    PROXY_JOB_DONE,
    PROXY_JOB_FAILED,
};

/* What a job needs of whoever owns it. */
struct proxy_job_host {
    void *ctx;
    /* Outgoing: has QEMU given the guest up? Answered by proxy_job_answer, at once or later. */
    void (*ask)(void *ctx);
    /* The state has changed. */
    void (*changed)(void *ctx);
};

struct proxy_job_options {
    const char *producer;
    unsigned hello_seconds;   /* how long the other end may take to say HELLO */
    unsigned network_seconds; /* how long a broken network may stay unnoticed */
    struct form_choice
        choice;             /* what outgoing streams may use, beside what a rule and a peer say */
    form_feature_set lacks; /* of this program: what it does as if it did not have it */
};

struct proxy_job {
    struct proxy_loop *loop;
    const struct proxy_log *log;
    const struct proxy_job_options *options;
    struct proxy_job_host host;

    enum proxy_job_state state;
    enum proxy_direction direction;
    bool return_path;
    bool any;        /* incoming: a legacy stream is passed through */
    bool two_way;    /* the channel carries frames both ways */
    bool copied;     /* incoming: it was a legacy stream */
    bool cancelled;  /* failed because the client wanted it */
    bool of_qemu;    /* failed because QEMU closed its end; QEMU's own words are better */
    bool asked;      /* host.ask has not been answered */
    bool seen_ended; /* failed, and QEMU has ended it, too: what it migrates next is not this */
    bool given;      /* one way, outgoing: the codec may write the end of the stream */
    struct proxy_rule rule;
    struct proxy_target target;
    unsigned attempt; /* address of the target that is tried */
    struct proxy_counts counts;
    struct proxy_features peer;
    char peer_name[64];
    char why[ERR_PATH_MAX + ERR_TEXT_MAX]; /* FAILED: a sentence */

    int qemu_fd;   /* our end of the pair; -1 once the codec alone has it */
    int listen_fd; /* incoming, until somebody has come */
    int out_fd;    /* the channel, towards the other end */
    int in_fd;     /* the channel, from the other end: out_fd's own number, or another, or -1 */
    int unread_fd; /* the reading end of a command's input */
    bool out_is_file;
    struct io_file file;
    bool has_file;
    struct proxy_child codec;
    struct proxy_child command;
    bool codec_done; /* it has said so */
    bool mute;       /* the channel may end inside a frame: none may follow */
    bool go;         /* incoming: the codec has read GO */
    bool returned;   /* something has come over the return path */
    bool shut;       /* its last message, SHUT, has come */
    bool shut_bad;   /* which said that the destination's QEMU has failed */

    uint8_t head[PROXY_HEAD_LEN];
    struct buf frame; /* contents of the frame that is being read */
    size_t head_len;
    struct buf to_peer; /* octets the channel did not take yet */
    struct buf to_qemu;
    struct buf return_octets; /* of QEMU's return path that are no whole message yet */

    int listen_watch;
    int in_watch;
    int out_watch;
    int qemu_watch;
    int qemu_out_watch;
    int control_watch;
    int codec_watch;
    int command_watch;
    int timer;
};

void proxy_job_init(struct proxy_job *job, struct proxy_loop *loop, const struct proxy_log *log,
                    const struct proxy_job_options *options, const struct proxy_job_host *host);

/* proxy_job_reset drops everything; a job that has not ended is killed, a committed one ended. */
void proxy_job_reset(struct proxy_job *job);

/*
 * proxy_job_begin opens what can be opened at once, and the pair. fd is the descriptor of an fd:
 * target, taken over. *qemu_end is the caller's to send and close. Then the state is STARTING.
 */
bool proxy_job_begin(struct proxy_job *job, enum proxy_direction direction,
                     const struct proxy_target *target, int fd, int *qemu_end, struct err *err);

/* proxy_job_started: QEMU has taken its end, the migration begins. */
void proxy_job_started(struct proxy_job *job);

/* proxy_job_answer: whether QEMU has given the guest up; why: what it said instead. */
void proxy_job_answer(struct proxy_job *job, bool given_up, const char *why);

/* proxy_job_cancel fails a job that can still fail. */
void proxy_job_cancel(struct proxy_job *job, const char *why, bool by_client);

/* proxy_job_settle waits a moment for a codec that is about to end. */
void proxy_job_settle(struct proxy_job *job);

static inline bool proxy_job_is_over(const struct proxy_job *job)
{
    return job->state == PROXY_JOB_NONE || job->state == PROXY_JOB_DONE ||
           job->state == PROXY_JOB_FAILED;
}

/* proxy_job_is_good is whether a completed may be shown. */
static inline bool proxy_job_is_good(const struct proxy_job *job)
{
    return job->state == PROXY_JOB_NONE || job->state == PROXY_JOB_DONE ||
           job->state == PROXY_JOB_COMMITTED;
}

/* proxy_job_has_failed_outgoing: QEMU may say "completed" all the same, until it migrates again. */
static inline bool proxy_job_has_failed_outgoing(const struct proxy_job *job)
{
    return job->state == PROXY_JOB_FAILED && job->direction == PROXY_OUTGOING;
}

/*
 * proxy_job_is_given is whether the other end may run the guest already: GO has been sent, or the
 * end of the stream to a command or a pipe. A file that is not done has no other end yet.
 */
static inline bool proxy_job_is_given(const struct proxy_job *job)
{
    return job->state == PROXY_JOB_COMMITTED ||
           (job->given && !job->out_is_file && !proxy_job_is_over(job));
}

/* For proxy_channel.c, proxy_return.c, proxy_way.c. */
void proxy_job_fail(struct proxy_job *job, const char *fmt, ...) CC_PRINTF(2, 3);
void proxy_job_run_codec(struct proxy_job *job);
void proxy_job_ask(struct proxy_job *job);
void proxy_job_peer_gone(struct proxy_job *job, int why); /* errno, or 0: it has closed */
void proxy_job_close_channel(struct proxy_job *job);
void proxy_job_close_qemu(struct proxy_job *job);
void proxy_job_close_fd(int *fd);
void proxy_job_command_ended(void *ctx, short revents);

/* Why a job fails behind a SHUT that says so. */
#define PROXY_UNLOADED "the destination's QEMU has not taken the guest over"

const char *proxy_job_state_name(enum proxy_job_state state);

#endif
