/* proxy_commands.c - see proxy.h: what the client asks for, and what becomes of it. */
#include <string.h>

#include "tools/proxy/proxy.h"

/* Handles a command; takes message over. proxy->command is parsed from it. */
typedef void (*handle_fn)(struct proxy *proxy, struct qmp_message *message);

/* Negotiation */

static void negotiated(struct proxy *proxy, struct qmp_doc *reply)
{
    proxy->busy = false;
    if (proxy_is_return(reply)) {
        proxy->ready = true;
        proxy->oob = proxy->value;
        proxy_look_behind_failure(proxy); /* it may have been without a client */
        if (proxy->asking) {
            proxy_ask_job_question(proxy);
        }
    }
}

static void negotiate(struct proxy *proxy, struct qmp_message *message)
{
    uint32_t arguments = qmp_member(&proxy->command, 0, "arguments");
    uint32_t enable = qmp_member(&proxy->command, arguments, "enable");
    bool oob = false;

    for (uint32_t i = qmp_first(&proxy->command, enable); i != QMP_NONE;
         i = qmp_next(&proxy->command, enable, i)) {
        oob = oob || qmp_is(&proxy->command, i, "oob");
    }
    proxy->busy = true;
    proxy_forward(proxy, message, PROXY_EDIT_NONE, negotiated, oob);
}

/* Queries */

static void query_capabilities(struct proxy *proxy, struct qmp_message *message)
{
    proxy_forward(proxy, message, PROXY_EDIT_CAPABILITIES, NULL, false);
}

static void query_schema(struct proxy *proxy, struct qmp_message *message)
{
    proxy_forward(proxy, message, PROXY_EDIT_SCHEMA, NULL, false);
}

static void query_migrate(struct proxy *proxy, struct qmp_message *message)
{
    proxy_forward(proxy, message, PROXY_EDIT_MIGRATE_INFO, NULL, false);
}

/* Capabilities */

static void capabilities_set(struct proxy *proxy, struct qmp_doc *reply)
{
    if (proxy_is_return(reply)) {
        if (!proxy->chosen || proxy->ber != proxy->value) {
            proxy_say(&proxy->options->log, PROXY_LOG_NOTICE, "capability 'ber' is %s",
                      proxy->value ? "on" : "off");
        }
        proxy->chosen = true;
        proxy->ber = proxy->value;
    }
}

/* QEMU's capabilities are known; those that the command asks for may go with 'ber', or not. */
static void check_capabilities(struct proxy *proxy, struct qmp_doc *reply)
{
    struct qmp_message *message = proxy_op_take(proxy);
    enum qmp_ber_wish wish;
    const char *other;

    proxy_op_end(proxy);
    (void)proxy_parse_again(proxy, message);
    other = qmp_ber_conflict(&proxy->command, reply);
    if (other != NULL) {
        proxy_refuse(proxy, message, "Capability 'ber' is not compatible with capability '%s'",
                     other);
        return;
    }
    wish = qmp_ber_take(&proxy->command);
    proxy_forward(proxy, message, PROXY_EDIT_NONE,
                  wish == QMP_BER_NOT_NAMED ? NULL : capabilities_set, wish == QMP_BER_ON);
}

static void set_capabilities(struct proxy *proxy, struct qmp_message *message)
{
    enum qmp_ber_wish wish = qmp_ber_take(&proxy->command);

    if (wish == QMP_BER_ON || (wish == QMP_BER_NOT_NAMED && proxy->ber)) {
        proxy->op.message = message;
        proxy->busy = true;
        proxy_ask(proxy, check_capabilities, -1, "\"execute\": \"query-migrate-capabilities\"");
        return;
    }
    proxy_forward(proxy, message, PROXY_EDIT_NONE, wish == QMP_BER_OFF ? capabilities_set : NULL,
                  false);
}

/* Descriptors with names */

static void get_fd(struct proxy *proxy, struct qmp_message *message)
{
    uint32_t arguments = qmp_member(&proxy->command, 0, "arguments");

    proxy_named_used(&proxy->named, &proxy->command);
    if (message->fds.count > 0) {
        proxy_named_keep(&proxy->named, &proxy->command,
                         qmp_member(&proxy->command, arguments, "fdname"),
                         message->fds.groups[message->fds.count - 1].fds[0]);
    }
    proxy_forward(proxy, message, PROXY_EDIT_NONE, NULL, false);
}

/* Migrations */

static void migrate(struct proxy *proxy, struct qmp_message *message)
{
    proxy_migrate(proxy, message, PROXY_OUTGOING);
}

static void migrate_incoming(struct proxy *proxy, struct qmp_message *message)
{
    proxy_migrate(proxy, message, PROXY_INCOMING);
}

static void cancelled(struct proxy *proxy, struct qmp_doc *reply)
{
    if (proxy_is_return(reply) && proxy->job.direction == PROXY_OUTGOING) {
        proxy_job_cancel(&proxy->job, "the migration was cancelled", true);
    }
}

static void cancel(struct proxy *proxy, struct qmp_message *message)
{
    /* The guest belongs to the other end: as with a migration that has completed. */
    if (proxy_job_is_given(&proxy->job)) {
        proxy_agree(proxy, message, false);
        return;
    }
    proxy_forward(proxy, message, PROXY_EDIT_NONE, cancelled, false);
}

/* QEMU has begun a migration that is not ours, and may say so in no event: see look_at_event. */
static void migrated_otherwise(struct proxy *proxy, struct qmp_doc *reply)
{
    uint32_t said = qmp_member(reply, 0, "return");

    if (proxy_job_has_failed_outgoing(&proxy->job) &&
        (qmp_is(reply, said, "") ||
         qmp_is(reply, said, /* to a monitor that is no terminal */
                "terminal does not allow synchronous migration, continuing detached\r\n"))) {
        proxy_job_reset(&proxy->job);
    }
}

/* Whether the first word of a line of HMP is name. */
static bool is_first(const char *line, const char *name)
{
    const char *word = line + strspn(line, " \t\r\n\v\f");
    size_t len = strlen(name);

    return strncmp(word, name, len) == 0 && strchr(" \t\r\n\v\f/", word[len]) != NULL;
}

static void human_command(struct proxy *proxy, struct qmp_message *message)
{
    uint32_t arguments = qmp_member(&proxy->command, 0, "arguments");
    uint32_t line = qmp_member(&proxy->command, arguments, "command-line");
    char text[PROXY_WORD_MAX];
    bool known = qmp_string(&proxy->command, line, text, sizeof(text));
    bool migrates = known && (is_first(text, "migrate") || is_first(text, "savevm"));

    if (known && is_first(text, "migrate_cancel") && proxy_job_is_given(&proxy->job)) {
        proxy_agree(proxy, message, true);
        return;
    }
    proxy_named_used(&proxy->named, &proxy->command);
    proxy_forward(proxy, message, PROXY_EDIT_NONE, migrates ? migrated_otherwise : NULL, false);
}

/* A yank shuts QEMU's end of the pair; a codec that waits for the network does not see that. */
static void yanked(struct proxy *proxy, struct qmp_doc *reply)
{
    if (proxy_is_return(reply)) {
        proxy_look_behind_yank(proxy);
    }
}

static void yank(struct proxy *proxy, struct qmp_message *message)
{
    proxy_forward(proxy, message, PROXY_EDIT_NONE, yanked, false);
}

/* What looks at the reply to the out-of-band command at hand. */
static proxy_answer_fn oob_after(const struct proxy *proxy)
{
    uint32_t execute = qmp_member(&proxy->command, 0, "exec-oob");

    return qmp_is(&proxy->command, execute, "yank") ? yanked : NULL;
}

static const struct {
    const char *name;
    handle_fn handle;
    bool before_ready;
} intercepts[] = {
    {"qmp_capabilities", negotiate, true},
    {"query-migrate-capabilities", query_capabilities, false},
    {"query-qmp-schema", query_schema, false},
    {"query-migrate", query_migrate, false},
    {"migrate-set-capabilities", set_capabilities, false},
    {"migrate", migrate, false},
    {"migrate-incoming", migrate_incoming, false},
    {"migrate_cancel", cancel, false},
    {"getfd", get_fd, false},
    {"yank", yank, false},
    {"human-monitor-command", human_command, false},
};

void proxy_dispatch(struct proxy *proxy, struct qmp_message *message)
{
    uint32_t execute;

    proxy->command.count = 0;
    proxy->command.edit_count = 0;
    if (message->unit != QMP_UNIT_VALUE || !proxy_parse_again(proxy, message)) {
        proxy->command.count = 0;
        proxy_forward(proxy, message, PROXY_EDIT_NONE, NULL, false);
        return;
    }
    execute = qmp_member(&proxy->command, 0, "execute");
    for (size_t i = 0; i < sizeof(intercepts) / sizeof(intercepts[0]); i++) {
        if (qmp_is(&proxy->command, execute, intercepts[i].name) &&
            (proxy->ready || intercepts[i].before_ready)) {
            intercepts[i].handle(proxy, message);
            return;
        }
    }
    proxy_named_used(&proxy->named, &proxy->command);
    proxy_forward(proxy, message, PROXY_EDIT_NONE, oob_after(proxy), false);
}

static bool is_oob(struct proxy *proxy, const struct qmp_message *message)
{
    return message->unit == QMP_UNIT_VALUE && proxy_parse_again(proxy, message) &&
           qmp_member(&proxy->command, 0, "exec-oob") != QMP_NONE;
}

void proxy_pump(struct proxy *proxy)
{
    struct qmp_message **at = &proxy->held;

    /* Until this client has negotiated, the proxy cannot ask either. */
    while (proxy->held != NULL && !proxy->busy && !(proxy->asking && proxy->ready) &&
           proxy->unanswered_count < QMP_UNANSWERED_MAX && qmp_link_is_open(&proxy->qemu) &&
           qmp_link_takes(&proxy->qemu, &proxy->held->fds)) {
        struct qmp_message *message = proxy->held;

        proxy->held = message->next;
        proxy->held_count--;
        message->next = NULL;
        proxy_dispatch(proxy, message);
    }
    at = &proxy->held;
    while (proxy->oob && *at != NULL && qmp_link_is_open(&proxy->qemu)) {
        struct qmp_message *message = *at;

        if (is_oob(proxy, message)) {
            *at = message->next;
            proxy->held_count--;
            message->next = NULL;
            proxy_forward(proxy, message, PROXY_EDIT_NONE, oob_after(proxy), false);
        } else {
            at = &message->next;
        }
    }
}
