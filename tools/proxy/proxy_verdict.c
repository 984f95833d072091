/*
 * proxy_verdict.c - see proxy.h: what QEMU thinks of the migration under way. The job asks before
 * it gives the guest up; and when one of the two has failed, the other has to find out.
 */
#include <stdio.h>

#include "tools/proxy/proxy.h"

enum {
    ASK_AGAIN_MS = 5,
    ASK_AGAIN_MAX = 400,
    CLIENT_MS = 2000,    /* for a client to negotiate while a migration waits for QEMU's word */
    LOOK_AGAIN_MS = 100, /* until QEMU has found out that its stream leads nowhere */
    LOOK_AGAIN_MAX = 50, /* behind a yank, which may have been for something else */
};

/* Looking */

static void look_again(struct proxy *proxy);

static void on_look_again(void *ctx, short revents)
{
    struct proxy *proxy = ctx;

    (void)revents;
    proxy->look_timer = PROXY_NO_WATCH;
    look_again(proxy);
}

static void looked(struct proxy *proxy, struct qmp_doc *reply)
{
    uint32_t status = qmp_member(reply, qmp_member(reply, 0, "return"), "status");
    bool cancelled = qmp_is(reply, status, "cancelled");
    bool failed = cancelled || qmp_is(reply, status, "failed");

    if (failed || status == QMP_NONE || qmp_is(reply, status, "none") ||
        qmp_is(reply, status, "completed")) {
        proxy->job.seen_ended |= proxy->job.state == PROXY_JOB_FAILED;
        if (failed) {
            proxy_qemu_has_failed(proxy, cancelled);
        }
        return;
    }
    if (proxy->job.state == PROXY_JOB_FAILED && qmp_is(reply, status, "pre-switchover")) {
        proxy_ask(proxy, NULL, -1, "\"execute\": \"migrate_cancel\"");
    }
    if (proxy->look_timer == PROXY_NO_WATCH) {
        proxy->look_timer = proxy_loop_after(&proxy->loop, LOOK_AGAIN_MS, on_look_again, proxy);
    }
}

/* The job has failed: QEMU has to find out, and may be waiting for the client. Or QEMU may have. */
static void look_again(struct proxy *proxy)
{
    bool behind_yank = !proxy_job_is_over(&proxy->job) && proxy->looks_left > 0;

    proxy->looks_left -= behind_yank ? 1 : 0;
    if ((behind_yank || (proxy_job_has_failed_outgoing(&proxy->job) && !proxy->job.seen_ended)) &&
        qmp_link_is_open(&proxy->qemu) && proxy->ready) {
        proxy_ask(proxy, looked, -1, "\"execute\": \"query-migrate\"");
    }
}

void proxy_look_behind_yank(struct proxy *proxy)
{
    proxy->looks_left = LOOK_AGAIN_MAX;
    if (proxy->look_timer == PROXY_NO_WATCH) {
        look_again(proxy);
    }
}

void proxy_qemu_has_failed(struct proxy *proxy, bool cancelled)
{
    struct proxy_job *job = &proxy->job;

    if (proxy_job_is_over(job) || job->state == PROXY_JOB_STARTING ||
        job->state == PROXY_JOB_COMMITTED) {
        return;
    }
    if (!cancelled) {
        proxy_job_settle(job); /* the codec may know better why */
    }
    if (!proxy_job_is_over(job)) {
        job->of_qemu = true;
        proxy_job_cancel(job, job->shut_bad ? PROXY_UNLOADED : "QEMU has ended the migration",
                         cancelled);
    }
}

void proxy_look_behind_failure(struct proxy *proxy)
{
    if (proxy->job.state == PROXY_JOB_FAILED && !proxy->job.cancelled) {
        look_again(proxy);
    }
}

void proxy_on_job_changed(void *ctx)
{
    struct proxy *proxy = ctx;

    proxy_look_behind_failure(proxy);
    if (proxy->job.state == PROXY_JOB_FAILED || proxy->job.state == PROXY_JOB_COMMITTED) {
        proxy->asking = false;
        proxy_loop_drop(&proxy->loop, &proxy->ask_timer);
    }
    proxy->verdict = true; /* for proxy_release_event, when no message is at hand */
}

/* The job's question: has QEMU given the guest up? */

static void on_ask_again(void *ctx, short revents)
{
    struct proxy *proxy = ctx;

    (void)revents;
    proxy->ask_timer = PROXY_NO_WATCH;
    if (proxy->asking) {
        proxy_ask_job_question(proxy);
    }
}

static void on_status(struct proxy *proxy, struct qmp_doc *reply)
{
    proxy->guest_runs =
        qmp_is_true(reply, qmp_member(reply, qmp_member(reply, 0, "return"), "running"));
}

static void on_info(struct proxy *proxy, struct qmp_doc *reply)
{
    uint32_t status = qmp_member(reply, qmp_member(reply, 0, "return"), "status");
    bool under_way = qmp_is(reply, status, "active") || qmp_is(reply, status, "device");
    bool completed = qmp_is(reply, status, "completed");
    char word[64] = "unknown";
    char why[256];

    if (!proxy->asking) {
        return;
    }
    (void)qmp_string(reply, status, word, sizeof(word));
    if (under_way && (!proxy->job.return_path || proxy->guest_runs) &&
        proxy->asked_again++ < ASK_AGAIN_MAX) {
        proxy_loop_drop(&proxy->loop, &proxy->ask_timer);
        proxy->ask_timer = proxy_loop_after(&proxy->loop, ASK_AGAIN_MS, on_ask_again, proxy);
        return; /* its own end of the pair is closed a moment before it says so */
    }
    proxy->asking = false;
    if (!proxy->guest_runs && (completed || (under_way && proxy->job.return_path))) {
        proxy_job_answer(&proxy->job, true, "");
    } else {
        (void)snprintf(why, sizeof(why), "QEMU says that the migration is '%s'%s", word,
                       proxy->guest_runs ? " and runs the guest" : "");
        proxy_job_answer(&proxy->job, false, why);
    }
    proxy_pump(proxy);
}

static void on_silent_client(void *ctx, short revents)
{
    struct proxy *proxy = ctx;

    (void)revents;
    proxy->ask_timer = PROXY_NO_WATCH;
    if (!proxy->ready && qmp_link_is_open(&proxy->client)) {
        proxy_say(&proxy->options->log, PROXY_LOG_NOTICE,
                  "the client does not negotiate, and a migration waits: it is sent away");
        proxy_client_gone(proxy);
    }
}

void proxy_ask_job_question(struct proxy *proxy)
{
    proxy_loop_drop(&proxy->loop, &proxy->ask_timer);
    if (!qmp_link_is_open(&proxy->qemu)) {
        proxy->asking = false;
        proxy_job_answer(&proxy->job, false, "QEMU has gone");
    } else if (proxy->ready) {
        proxy_ask(proxy, on_status, -1, "\"execute\": \"query-status\"");
        proxy_ask(proxy, on_info, -1, "\"execute\": \"query-migrate\"");
    } else { /* when it is: see proxy.c and proxy_commands.c */
        proxy->ask_timer = proxy_loop_after(&proxy->loop, CLIENT_MS, on_silent_client, proxy);
    }
}

void proxy_on_job_asks(void *ctx)
{
    struct proxy *proxy = ctx;

    proxy->asking = true;
    proxy->asked_again = 0;
    proxy_ask_job_question(proxy);
}
