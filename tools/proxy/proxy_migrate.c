/* proxy_migrate.c - see proxy.h: migrate and migrate-incoming, from the client's command to the
 * job. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/proxy/proxy.h"
#include "tools/proxy/proxy_socket.h"

bool proxy_parse_again(struct proxy *proxy, const struct qmp_message *message)
{
    struct err err = ERR_INIT;

    return qmp_doc_parse(&proxy->command, span_of(message->text, message->len), &err);
}

/* The command that takes several steps */

void proxy_op_end(struct proxy *proxy)
{
    qmp_message_free(proxy->op.message);
    memset(&proxy->op, 0, sizeof(proxy->op));
    proxy->busy = false;
}

struct qmp_message *proxy_op_take(struct proxy *proxy)
{
    struct qmp_message *message = proxy->op.message;

    proxy->op.message = NULL;
    return message;
}

/* Descriptors with names */

/* The descriptor that was inherited under the number that name is, or -1. */
static int inherited_fd(const struct proxy *proxy, const char *name)
{
    char number[16];

    for (unsigned i = 0; i < proxy->inherited_count; i++) {
        (void)snprintf(number, sizeof(number), "%d", proxy->options->inherited[i]);
        if (strcmp(number, name) == 0) {
            return proxy->options->inherited[i];
        }
    }
    return -1;
}

/* Takes the descriptor that QEMU knows by this name, or number; -1 if we do not have it. */
static int take_fd(struct proxy *proxy, const char *name, bool *named)
{
    int fd = proxy_named_take(&proxy->named, name);
    int inherited = inherited_fd(proxy, name);

    *named = fd >= 0;
    return *named || inherited < 0 ? fd : fcntl(inherited, F_DUPFD_CLOEXEC, 3);
}

/* A copy of a file that was deleted would keep its octets on the disk as long as the guest runs. */
void proxy_forget_inherited(struct proxy *proxy)
{
    while (proxy->inherited_count > 0) {
        (void)close(proxy->options->inherited[--proxy->inherited_count]);
    }
}

static void nobody_asks(struct proxy *proxy, struct qmp_doc *reply)
{
    (void)proxy;
    (void)reply;
}

static void migrate_answered(struct proxy *proxy, struct qmp_doc *reply)
{
    if (proxy_is_return(reply)) {
        if (proxy->job.direction == PROXY_INCOMING) {
            proxy_forget_inherited(proxy);
        }
        proxy_job_started(&proxy->job);
        return;
    }
    /* QEMU has its end still, under its name. */
    proxy_job_reset(&proxy->job);
    proxy->address[0] = '\0';
    proxy_ask(proxy, nobody_asks, -1,
              "\"execute\": \"closefd\", \"arguments\": {\"fdname\": \"%s\"}", proxy->fd_name);
}

static void refuse_op(struct proxy *proxy, const char *desc)
{
    struct qmp_message *message = proxy_op_take(proxy);

    (void)proxy_parse_again(proxy, message);
    proxy_refuse(proxy, message, "%s", desc);
    proxy_op_end(proxy);
}

/* Goes on without BER, as if there were no proxy. */
static void forward_op(struct proxy *proxy)
{
    struct qmp_message *message = proxy_op_take(proxy);

    if (proxy->op.direction == PROXY_INCOMING) {
        proxy_forget_inherited(proxy);
    }
    proxy_job_reset(&proxy->job);
    proxy->address[0] = '\0';
    (void)proxy_parse_again(proxy, message);
    proxy_named_used(&proxy->named, &proxy->command);
    proxy_forward(proxy, message, PROXY_EDIT_NONE, NULL, false);
    proxy_op_end(proxy);
}

/* QEMU has its end of the pair. */
static void fd_given(struct proxy *proxy, struct qmp_doc *reply)
{
    struct qmp_message *message;

    if (!proxy_is_return(reply)) {
        char desc[512] = "QEMU does not take a descriptor";

        (void)qmp_string(reply, qmp_member(reply, qmp_member(reply, 0, "error"), "desc"), desc,
                         sizeof(desc));
        proxy_job_reset(&proxy->job);
        refuse_op(proxy, desc);
        return;
    }
    message = proxy_op_take(proxy);
    (void)proxy_parse_again(proxy, message);
    (void)qmp_ber_redirect(&proxy->command, proxy->fd_name);
    proxy_forward(proxy, message, PROXY_EDIT_NONE, migrate_answered, false);
    proxy_op_end(proxy);
}

static void begin_job(struct proxy *proxy)
{
    struct proxy_op *op = &proxy->op;
    struct err err = ERR_INIT;
    bool named = false;
    int fd = -1;
    int qemu_end = -1;
    char desc[ERR_TEXT_MAX + 128];

    if (op->target.transport == PROXY_FD) {
        fd = take_fd(proxy, op->target.name, &named);
        if (fd < 0) {
            (void)snprintf(desc, sizeof(desc), "File descriptor named '%.200s' has not been found",
                           op->target.name);
            refuse_op(proxy, desc);
            return;
        }
    }
    proxy->job.return_path = op->direction == PROXY_OUTGOING && op->capabilities.return_path;
    proxy->job.any = op->ber == PROXY_BER_AUTO;
    proxy->job.rule = op->rule;
    if (!proxy_job_begin(&proxy->job, op->direction, &op->target, fd, &qemu_end, &err)) {
        refuse_op(proxy, err.text);
        return;
    }
    proxy->pause_before = op->capabilities.pause_before_switchover;
    proxy->address[0] = '\0';
    if (proxy->job.listen_fd >= 0 &&
        !proxy_socket_address(proxy->job.listen_fd, proxy->address, sizeof(proxy->address))) {
        proxy->address[0] = '\0';
    }
    if (named) { /* so that the codec has the only copy */
        char quoted[sizeof(op->target.name)];

        proxy_ask(proxy, nobody_asks, -1,
                  "\"execute\": \"closefd\", \"arguments\": {\"fdname\": %.256s}",
                  qmp_quote(op->target.name, quoted, 250));
    }
    (void)snprintf(proxy->fd_name, sizeof(proxy->fd_name), "vmber-%llu",
                   (unsigned long long)proxy->next_id);
    proxy_ask(proxy, fd_given, qemu_end,
              "\"execute\": \"getfd\", \"arguments\": {\"fdname\": \"%s\"}", proxy->fd_name);
}

static void parameters_known(struct proxy *proxy, struct qmp_doc *reply)
{
    uint32_t parameters = qmp_member(reply, 0, "return");
    uint32_t creds = qmp_member(reply, parameters, "tls-creds");

    if (creds != QMP_NONE && !qmp_is(reply, creds, "")) {
        if (proxy->op.by_rule) {
            proxy_say(&proxy->options->log, PROXY_LOG_NOTICE, "no BER, because of tls-creds");
            forward_op(proxy);
            return;
        }
        refuse_op(proxy, "Capability 'ber' is not compatible with parameter 'tls-creds'");
        return;
    }
    begin_job(proxy);
}

static void capabilities_known(struct proxy *proxy, struct qmp_doc *reply)
{
    struct proxy_op *op = &proxy->op;
    char desc[128];

    qmp_ber_capabilities(reply, &op->capabilities);
    if (op->capabilities.incompatible != NULL) {
        if (op->by_rule) {
            proxy_say(&proxy->options->log, PROXY_LOG_NOTICE, "no BER, because of capability '%s'",
                      op->capabilities.incompatible);
            forward_op(proxy);
            return;
        }
        (void)snprintf(desc, sizeof(desc),
                       "Capability 'ber' is not compatible with capability '%s'",
                       op->capabilities.incompatible);
        refuse_op(proxy, desc);
        return;
    }
    proxy_ask(proxy, parameters_known, -1, "\"execute\": \"query-migrate-parameters\"");
}

/* What the configuration calls the way this migration takes. */
static enum proxy_channel channel_of(const struct proxy *proxy, const struct proxy_target *target)
{
    int fd;

    switch (target->transport) {
    case PROXY_TCP:
    case PROXY_UNIX:
        return PROXY_NETWORK;
    case PROXY_FD:
        fd = proxy_named_find(&proxy->named, target->name);
        if (fd < 0) {
            fd = inherited_fd(proxy, target->name);
        }
        return fd >= 0 && proxy_socket_is(fd) ? PROXY_NETWORK : PROXY_FILES;
    case PROXY_EXEC:
    case PROXY_FILE:
    case PROXY_NO_TRANSPORT:
        break;
    }
    return PROXY_FILES;
}

static void decide(struct proxy *proxy)
{
    struct proxy_op *op = &proxy->op;
    const struct proxy_rule *rule = proxy_rules_find(
        &proxy->rules, op->direction, channel_of(proxy, &op->target), proxy->machine);

    if (rule != NULL) {
        op->rule = *rule;
        op->ber = rule->ber;
        op->by_rule = true;
    }
    if (proxy->chosen) {
        op->ber = proxy->ber ? PROXY_BER_ON : PROXY_BER_OFF;
        op->by_rule = false;
    }
    if (op->ber == PROXY_BER_OFF) {
        forward_op(proxy);
        return;
    }
    if (op->target.transport == PROXY_NO_TRANSPORT) {
        char desc[256];

        if (op->by_rule) {
            forward_op(proxy);
            return;
        }
        (void)snprintf(desc, sizeof(desc),
                       "Capability 'ber' is not compatible with %.100s migration", op->target.name);
        refuse_op(proxy, desc);
        return;
    }
    proxy_ask(proxy, capabilities_known, -1, "\"execute\": \"query-migrate-capabilities\"");
}

static void machine_known(struct proxy *proxy, struct qmp_doc *reply)
{
    static const char suffix[] = "-machine";
    char *end;

    if (!qmp_string(reply, qmp_member(reply, 0, "return"), proxy->machine,
                    sizeof(proxy->machine))) {
        proxy->machine[0] = '\0';
    }
    end = strstr(proxy->machine, suffix);
    if (end != NULL && end[sizeof(suffix) - 1] == '\0') {
        *end = '\0';
    }
    decide(proxy);
}

void proxy_migrate(struct proxy *proxy, struct qmp_message *message, enum proxy_direction direction)
{
    struct proxy_op *op = &proxy->op;
    uint32_t arguments = qmp_member(&proxy->command, 0, "arguments");
    uint32_t uri = qmp_member(&proxy->command, arguments, "uri");
    uint32_t channels = qmp_member(&proxy->command, arguments, "channels");
    char text[PROXY_WORD_MAX];
    struct err err = ERR_INIT;
    bool ok;

    if (!proxy_job_is_over(&proxy->job) &&
        (proxy->job.state != PROXY_JOB_COMMITTED || proxy->job.return_path)) {
        proxy_refuse(proxy, message, "There's a migration process in progress");
        return;
    }
    proxy->op.message = message;
    op->direction = direction;
    if (!proxy->ber && proxy->rules.count == 0) {
        forward_op(proxy);
        return;
    }
    if (channels != QMP_NONE) {
        ok = proxy_target_channels(&op->target, &proxy->command, channels, &err);
    } else {
        ok = (qmp_string(&proxy->command, uri, text, sizeof(text)) ||
              err_set(&err, ERR_USAGE, "the address is too long, or no string")) &&
             proxy_target_uri(&op->target, text, &err);
    }
    if (ok && qmp_is_true(&proxy->command, qmp_member(&proxy->command, arguments, "resume"))) {
        ok = err_set(&err, ERR_USAGE, "Capability 'ber' is not compatible with 'resume'");
    }
    if (!ok) {
        if (proxy->ber && (uri != QMP_NONE || channels != QMP_NONE)) {
            refuse_op(proxy, err.text);
            return;
        }
        if (!proxy->chosen) {
            proxy_say(&proxy->options->log, PROXY_LOG_NOTICE, "no BER: %s", err.text);
        }
        forward_op(proxy); /* QEMU will say what is wrong, if it is */
        return;
    }
    proxy->busy = true;
    if (proxy->rules.count > 0 && proxy->machine[0] == '\0') {
        proxy_ask(proxy, machine_known, -1,
                  "\"execute\": \"qom-get\", \"arguments\": {\"path\": \"/machine\", "
                  "\"property\": \"type\"}");
        return;
    }
    decide(proxy);
}
