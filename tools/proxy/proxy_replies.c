/* proxy_replies.c - see proxy.h: what QEMU says, and to which command it is the answer. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/proxy/proxy.h"

/* Octets of what job_info writes: features of both ends, quoted, and some numbers. */
enum {
    INFO_MAX = PROXY_FEATURE_OCTETS_MAX + 4 * PROXY_FEATURES_MAX +
               FORM_FEATURES * (PROXY_FEATURE_MAX + 4) + 512
};

/* Commands without a reply */

static struct proxy_unanswered *append(struct proxy *proxy)
{
    struct proxy_unanswered *made;

    if (proxy->unanswered_count == proxy->unanswered_cap) {
        unsigned cap = proxy->unanswered_cap == 0 ? 32 : proxy->unanswered_cap * 2;

        made = realloc(proxy->unanswered, cap * sizeof(*made));
        if (made == NULL) {
            proxy->stop = true;
            return NULL;
        }
        proxy->unanswered = made;
        proxy->unanswered_cap = cap;
    }
    made = &proxy->unanswered[proxy->unanswered_count++];
    memset(made, 0, sizeof(*made));
    return made;
}

static void forget_at(struct proxy *proxy, unsigned index)
{
    free(proxy->unanswered[index].text);
    proxy->unanswered_count--;
    memmove(proxy->unanswered + index, proxy->unanswered + index + 1,
            (proxy->unanswered_count - index) * sizeof(*proxy->unanswered));
}

void proxy_forget(struct proxy *proxy)
{
    while (proxy->unanswered_count > 0) {
        forget_at(proxy, proxy->unanswered_count - 1);
    }
}

static void keep_text(struct proxy_unanswered *made, struct span text)
{
    made->text = malloc(text.len + 1);
    if (made->text != NULL) {
        memcpy(made->text, text.p, text.len);
        made->text[text.len] = '\0';
        made->text_len = text.len;
    }
}

void proxy_to_client(struct proxy *proxy, struct span octets, struct qmp_fd_queue *fds)
{
    struct err err = ERR_INIT;

    if (qmp_link_is_open(&proxy->client) && octets.len > 0 &&
        !qmp_link_put(&proxy->client, octets, fds, &err)) {
        proxy_say(&proxy->options->log, PROXY_LOG_ERROR, "the client does not read: %s", err.text);
        proxy->client.ended = true;
    }
}

void proxy_flush_own(struct proxy *proxy)
{
    while (proxy->unanswered_count > 0 && proxy->unanswered[0].own) {
        const struct proxy_unanswered *first = &proxy->unanswered[0];

        if (first->of_client && first->text != NULL) {
            proxy_to_client(proxy, span_of(first->text, first->text_len), NULL);
        }
        forget_at(proxy, 0);
    }
}

void proxy_ask(struct proxy *proxy, proxy_answer_fn after, int fd, const char *fmt, ...)
{
    struct proxy_unanswered *made = append(proxy);
    struct qmp_fd_queue fds;
    struct err err = ERR_INIT;
    char body[768];
    char line[1024];
    char id[64];
    va_list ap;
    int n;

    va_start(ap, fmt);
    (void)vsnprintf(body, sizeof(body), fmt, ap);
    va_end(ap);
    (void)snprintf(id, sizeof(id), "\"vmber:%" PRIu64 "\"", ++proxy->next_id);
    n = snprintf(line, sizeof(line), "{%s, \"id\": %s}\n", body, id);
    fds.count = 0;
    if (fd >= 0) {
        fds.count = 1;
        fds.groups[0].at = 0;
        fds.groups[0].count = 1;
        fds.groups[0].fds[0] = fd;
    }
    if (made != NULL) {
        made->after = after;
        keep_text(made, span_str(id));
    }
    if (!qmp_link_put(&proxy->qemu, span_of(line, (size_t)n), &fds, &err)) {
        proxy_say(&proxy->options->log, PROXY_LOG_ERROR, "QEMU does not read: %s", err.text);
        proxy->qemu.ended = true;
    }
    qmp_fds_close(&fds);
}

/* The id of the command in proxy->command, as it may be written in a reply. */
static struct span id_text(const struct proxy *proxy, char *room, size_t cap)
{
    uint32_t id = qmp_member(&proxy->command, 0, "id");
    char plain[512];
    struct span text = span_of(NULL, 0);

    if (id == QMP_NONE) {
        return text;
    }
    text = qmp_text(&proxy->command, id);
    if (text.p[0] == '\'' && qmp_string(&proxy->command, id, plain, sizeof(plain))) {
        text = span_str(qmp_quote(plain, room, cap));
    }
    return text;
}

void proxy_forward(struct proxy *proxy, struct qmp_message *message, enum proxy_edit edit,
                   proxy_answer_fn after, bool value)
{
    struct err err = ERR_INIT;
    struct span octets = span_of(message->text, message->len);
    struct buf spliced;
    char room[1024];

    buf_init(&spliced, (size_t)QMP_MESSAGE_MAX + 1024);
    if (message->unit != QMP_UNIT_MORE) {
        struct proxy_unanswered *made = append(proxy);

        if (made != NULL) {
            made->of_client = true;
            made->oob = qmp_member(&proxy->command, 0, "exec-oob") != QMP_NONE;
            made->edit = edit;
            made->after = after;
            made->value = value;
            if (proxy->command.count > 0) {
                struct span id = id_text(proxy, room, sizeof(room));

                if (id.len > 0) {
                    keep_text(made, id);
                }
            }
        }
    }
    if (proxy->command.count > 0 && proxy->command.edit_count > 0) {
        if (qmp_splice(&proxy->command, &spliced, &err)) {
            octets = buf_span(&spliced);
        }
    }
    if (err.band != ERR_NONE || !qmp_link_put(&proxy->qemu, octets, &message->fds, &err)) {
        proxy_say(&proxy->options->log, PROXY_LOG_ERROR, "QEMU does not read: %s", err.text);
        proxy->qemu.ended = true;
    }
    buf_done(&spliced);
    qmp_message_free(message);
}

static void answer_ourselves(struct proxy *proxy, struct qmp_message *message, const char *before,
                             const char *after)
{
    struct proxy_unanswered *made = append(proxy);
    struct buf text;
    struct span id;
    char room[1024];

    if (made != NULL) {
        buf_init(&text, QMP_MESSAGE_MAX);
        id = id_text(proxy, room, sizeof(room));
        made->of_client = true;
        made->own = true;
        /* Where QEMU puts the id: in front of an error, behind a return. */
        if (strcmp(after, "") == 0) {
            (void)(buf_put(&text, before, strlen(before), NULL) &&
                   (id.len == 0 ||
                    (buf_put(&text, ", \"id\": ", 8, NULL) && buf_put(&text, id.p, id.len, NULL))));
        } else {
            (void)(buf_put(&text, "{", 1, NULL) &&
                   (id.len == 0 ||
                    (buf_put(&text, "\"id\": ", 6, NULL) && buf_put(&text, id.p, id.len, NULL) &&
                     buf_put(&text, ", ", 2, NULL))) &&
                   buf_put(&text, after, strlen(after), NULL));
        }
        (void)buf_put(&text, "}\r\n", 3, NULL);
        keep_text(made, buf_span(&text));
        buf_done(&text);
    }
    qmp_message_free(message);
    proxy_flush_own(proxy);
}

void proxy_refuse(struct proxy *proxy, struct qmp_message *message, const char *fmt, ...)
{
    char desc[1024];
    char quoted[1200];
    char error[1400];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(desc, sizeof(desc), fmt, ap);
    va_end(ap);
    proxy_say(&proxy->options->log, PROXY_LOG_NOTICE, "refused: %s", desc);
    (void)snprintf(error, sizeof(error), "\"error\": {\"class\": \"GenericError\", \"desc\": %s}",
                   qmp_quote(desc, quoted, sizeof(quoted)));
    answer_ourselves(proxy, message, "", error);
}

void proxy_agree(struct proxy *proxy, struct qmp_message *message, bool human)
{
    answer_ourselves(proxy, message, human ? "{\"return\": \"\"" : "{\"return\": {}", "");
}

/* Which command the reply at hand answers; count if none. */
static unsigned find_answered(const struct proxy *proxy)
{
    uint32_t id = qmp_member(&proxy->reply, 0, "id");
    struct span text = id != QMP_NONE ? qmp_text(&proxy->reply, id) : span_of(NULL, 0);
    unsigned found = proxy->unanswered_count;
    unsigned first_in_band = proxy->unanswered_count;

    for (unsigned i = proxy->unanswered_count; i-- > 0;) {
        const struct proxy_unanswered *u = &proxy->unanswered[i];

        if (!u->own && !u->oob) {
            first_in_band = i;
        }
        if (u->oob && text.len > 0 && u->text != NULL &&
            span_eq(text, span_of(u->text, u->text_len))) {
            found = i;
        }
    }
    if (found < proxy->unanswered_count) {
        const struct proxy_unanswered *u =
            first_in_band < proxy->unanswered_count ? &proxy->unanswered[first_in_band] : NULL;

        /* The same id in both ways: not even the client could tell them apart; in order, then. */
        if (u == NULL || u->text == NULL || !span_eq(text, span_of(u->text, u->text_len))) {
            return found;
        }
    }
    /* An error without an id, with nothing in band: it can only be for an out-of-band command. */
    return first_in_band < proxy->unanswered_count || proxy->unanswered_count == 0 ? first_in_band
                                                                                   : 0;
}

/* What the job knows, for people and programs. */
static void job_info(const struct proxy *proxy, char out[INFO_MAX])
{
    const struct proxy_job *job = &proxy->job;
    const struct proxy_counts *counts = &job->counts;
    const char *between = "";
    int n;

    n = snprintf(out, INFO_MAX,
                 "\"ber\": {\"state\": \"%s\", \"legacy-octets\": %" PRIu64
                 ", \"ber-octets\": %" PRIu64 ", \"records\": %" PRIu64 ", \"lifted\": %" PRIu64
                 ", \"described\": %" PRIu64 ", \"framed\": %" PRIu64 ", \"opaque\": %" PRIu64
                 ", \"features\": [",
                 proxy_job_state_name(job->state), counts->legacy, counts->ber, counts->records,
                 counts->lifted, counts->described, counts->framed, counts->opaque);
    for (unsigned id = 0; id < FORM_FEATURES; id++) {
        if ((counts->features & FORM_FEATURE_BIT(id)) != 0) {
            n += snprintf(out + n, INFO_MAX - (size_t)n, "%s\"%s\"", between,
                          form_features[id].name);
            between = ", ";
        }
    }
    n += snprintf(out + n, INFO_MAX - (size_t)n, "], \"peer-features\": [");
    for (uint32_t i = 0; i < job->peer.count; i++) { /* names have nothing to quote */
        n += snprintf(out + n, INFO_MAX - (size_t)n, "%s\"%s\"", i > 0 ? ", " : "",
                      job->peer.names[i]);
    }
    (void)snprintf(out + n, INFO_MAX - (size_t)n, "]}");
}

static void replace_token(struct qmp_doc *doc, uint32_t token, const char *text)
{
    (void)qmp_replace(doc, doc->tokens[token].start, doc->tokens[token].end, "%s", text);
}

/* What "completed" has to say as long as, or when, that is not the whole truth. */
static const char *other_status(const struct proxy *proxy)
{
    if (proxy->job.state == PROXY_JOB_FAILED) {
        return proxy->job.cancelled ? "\"cancelled\"" : "\"failed\"";
    }
    return proxy->pause_before ? "\"device\"" : "\"active\"";
}

/*
 * A migration that has failed in the codec while QEMU waits before the switchover is cancelled by
 * the proxy; the client reads failed, which is what happened.
 */
static bool is_cancelled_by_us(const struct proxy *proxy, const struct qmp_doc *doc,
                               uint32_t status)
{
    return proxy_job_has_failed_outgoing(&proxy->job) && !proxy->job.cancelled &&
           !proxy->job.of_qemu && qmp_is(doc, status, "cancelled");
}

static void edit_migrate_info(struct proxy *proxy)
{
    struct qmp_doc *doc = &proxy->reply;
    struct proxy_job *job = &proxy->job;
    uint32_t info = qmp_member(doc, 0, "return");
    uint32_t status = qmp_member(doc, info, "status");
    bool failed = qmp_is(doc, status, "failed");
    bool completed = qmp_is(doc, status, "completed") || is_cancelled_by_us(proxy, doc, status);
    char text[INFO_MAX];

    if (info == QMP_NONE || job->state == PROXY_JOB_NONE || job->copied) {
        return;
    }
    if (failed || qmp_is(doc, status, "cancelled")) {
        proxy_qemu_has_failed(proxy, !failed);
    }
    if (completed && !proxy_job_is_good(job)) {
        replace_token(doc, status, other_status(proxy));
        failed = job->state == PROXY_JOB_FAILED && !job->cancelled;
    }
    if (failed && job->state == PROXY_JOB_FAILED && !job->cancelled) {
        uint32_t desc = qmp_member(doc, info, "error-desc");

        (void)qmp_quote(job->why, text, sizeof(text));
        if (desc == QMP_NONE) {
            (void)qmp_append(doc, info, "\"error-desc\": %s", text);
        } else if (!job->of_qemu || completed) {
            replace_token(doc, desc, text);
        }
    }
    if (proxy->address[0] != '\0' && qmp_member(doc, info, "socket-address") == QMP_NONE &&
        job->direction == PROXY_INCOMING) {
        (void)qmp_append(doc, info, "\"socket-address\": [%s]", proxy->address);
    }
    job_info(proxy, text);
    if (doc->tokens[info].next == info + 1 && doc->edit_count > 0) {
        (void)qmp_append(doc, info, ", %s", text); /* behind what has been put into an empty one */
    } else {
        (void)qmp_append(doc, info, "%s", text);
    }
}

static void edit_reply(struct proxy *proxy, enum proxy_edit edit)
{
    switch (edit) {
    case PROXY_EDIT_NONE:
        break;
    case PROXY_EDIT_CAPABILITIES:
        (void)qmp_ber_show(&proxy->reply, proxy->ber);
        break;
    case PROXY_EDIT_SCHEMA:
        (void)qmp_ber_show_schema(&proxy->reply);
        break;
    case PROXY_EDIT_MIGRATE_INFO:
        edit_migrate_info(proxy);
        break;
    }
}

/* Sends the message at hand to the client, with the edits of proxy->reply. */
static void pass_on(struct proxy *proxy, struct qmp_message *message)
{
    struct err err = ERR_INIT;
    struct buf spliced;

    if (proxy->reply.count == 0 || proxy->reply.edit_count == 0) {
        proxy_to_client(proxy, span_of(message->text, message->len), &message->fds);
        return;
    }
    buf_init(&spliced, (size_t)QMP_MESSAGE_MAX + 2 * INFO_MAX);
    if (qmp_splice(&proxy->reply, &spliced, &err)) {
        proxy_to_client(proxy, buf_span(&spliced), &message->fds);
    }
    buf_done(&spliced);
}

/* A MIGRATION event: true if it goes on now. */
static bool look_at_event(struct proxy *proxy, const struct qmp_message *message)
{
    struct qmp_doc *doc = &proxy->reply;
    uint32_t data = qmp_member(doc, 0, "data");
    uint32_t status = qmp_member(doc, data, "status");
    char info[INFO_MAX];

    if (!qmp_is(doc, qmp_member(doc, 0, "event"), "MIGRATION") || status == QMP_NONE) {
        return true;
    }
    if (proxy_job_has_failed_outgoing(&proxy->job) && qmp_is(doc, status, "setup")) {
        proxy_job_reset(&proxy->job); /* another migration begins, which is not ours */
    }
    if (proxy->job.state == PROXY_JOB_NONE || proxy->job.copied) {
        return true;
    }
    if (qmp_is(doc, status, "failed") || qmp_is(doc, status, "cancelled")) {
        proxy_qemu_has_failed(proxy, qmp_is(doc, status, "cancelled"));
    }
    if ((qmp_is(doc, status, "completed") && !proxy_job_is_good(&proxy->job)) ||
        is_cancelled_by_us(proxy, doc, status)) {
        if (proxy->job.state != PROXY_JOB_FAILED) {
            buf_clear(&proxy->held_event);
            (void)buf_put(&proxy->held_event, message->text, message->len, NULL);
            return false;
        }
        replace_token(doc, status, other_status(proxy));
    }
    job_info(proxy, info);
    (void)qmp_append(doc, data, "%s", info);
    return true;
}

/* The verdict is there: the event that was held back may go, with what it says now. */
void proxy_release_event(struct proxy *proxy)
{
    struct qmp_message *message;
    struct err err = ERR_INIT;

    proxy->verdict = false;
    if (proxy->held_event.len == 0 ||
        (!proxy_job_is_good(&proxy->job) && proxy->job.state != PROXY_JOB_FAILED)) {
        return;
    }
    message = malloc(sizeof(*message) + proxy->held_event.len);
    if (message == NULL) {
        return;
    }
    memset(message, 0, sizeof(*message));
    message->len = proxy->held_event.len;
    memcpy(message->text, proxy->held_event.p, message->len);
    buf_clear(&proxy->held_event);
    if (qmp_doc_parse(&proxy->reply, span_of(message->text, message->len), &err) &&
        look_at_event(proxy, message)) {
        pass_on(proxy, message);
    }
    proxy->reply.count = 0;
    qmp_message_free(message);
}

void proxy_on_reply(struct proxy *proxy, struct qmp_message *message)
{
    struct err err = ERR_INIT;
    struct proxy_unanswered answered;
    unsigned index;

    if (message->unit != QMP_UNIT_VALUE ||
        !qmp_doc_parse(&proxy->reply, span_of(message->text, message->len), &err) ||
        (qmp_member(&proxy->reply, 0, "return") == QMP_NONE &&
         qmp_member(&proxy->reply, 0, "error") == QMP_NONE)) {
        if (proxy->reply.count == 0 || look_at_event(proxy, message)) {
            pass_on(proxy, message);
        }
        qmp_message_free(message);
        return;
    }
    index = find_answered(proxy);
    if (index >= proxy->unanswered_count) {
        pass_on(proxy, message); /* to nothing that we know of */
        qmp_message_free(message);
        return;
    }
    answered = proxy->unanswered[index];
    proxy->unanswered[index].text = NULL; /* taken */
    forget_at(proxy, index);
    if (answered.of_client) {
        if (qmp_member(&proxy->reply, 0, "return") != QMP_NONE) {
            edit_reply(proxy, answered.edit);
        }
        pass_on(proxy, message);
    }
    if (answered.after != NULL) {
        proxy->value = answered.value;
        answered.after(proxy, &proxy->reply);
    }
    free(answered.text);
    proxy->reply.count = 0;
    qmp_message_free(message);
    proxy_flush_own(proxy);
}
