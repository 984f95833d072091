/* qmp_ber.c - see qmp_ber.h. */
#include "tools/proxy/qmp_ber.h"

#include <stdlib.h>

#include "tools/proxy/qmp_limits.h"

/* Several channels, several streams, or a stream that does not go through a pipe. */
static const char *const incompatible[] = {
    "multifd",      "mapped-ram", "rdma-pin-all",        "zero-copy-send",   "x-colo",
    "postcopy-ram", "fixed-ram",  "background-snapshot", "postcopy-preempt",
};

enum { INCOMPATIBLE_COUNT = sizeof(incompatible) / sizeof(incompatible[0]) };

bool qmp_ber_show(struct qmp_doc *reply, bool on)
{
    uint32_t list = qmp_member(reply, 0, "return");

    return list != QMP_NONE && reply->tokens[list].kind == QMP_ARRAY &&
           qmp_append(reply, list, "{\"state\": %s, \"capability\": \"ber\"}",
                      on ? "true" : "false");
}

/* Whether an array has the string s, or an object whose name is s. */
static bool has(const struct qmp_doc *doc, uint32_t array, const char *s)
{
    for (uint32_t i = qmp_first(doc, array); i != QMP_NONE; i = qmp_next(doc, array, i)) {
        if (qmp_is(doc, i, s) || qmp_is(doc, qmp_member(doc, i, "name"), s)) {
            return true;
        }
    }
    return false;
}

static bool show_in_enum(struct qmp_doc *doc, uint32_t type)
{
    uint32_t values = qmp_member(doc, type, "values");
    uint32_t members = qmp_member(doc, type, "members");

    return (values == QMP_NONE || qmp_append(doc, values, "\"ber\"")) &&
           (members == QMP_NONE || qmp_append(doc, members, "{\"name\": \"ber\"}"));
}

bool qmp_ber_show_schema(struct qmp_doc *reply)
{
    uint32_t list = qmp_member(reply, 0, "return");
    char info[64] = "";  /* the type of query-migrate's reply */
    char event[64] = ""; /* and of what MIGRATION tells */
    bool ok = true;

    for (uint32_t i = qmp_first(reply, list); i != QMP_NONE; i = qmp_next(reply, list, i)) {
        uint32_t name = qmp_member(reply, i, "name");

        if (qmp_is(reply, name, "query-migrate")) {
            (void)qmp_string(reply, qmp_member(reply, i, "ret-type"), info, sizeof(info));
        } else if (qmp_is(reply, name, "MIGRATION")) {
            (void)qmp_string(reply, qmp_member(reply, i, "arg-type"), event, sizeof(event));
        }
    }
    for (uint32_t i = qmp_first(reply, list); i != QMP_NONE && ok; i = qmp_next(reply, list, i)) {
        uint32_t members = qmp_member(reply, i, "members");

        if (qmp_is(reply, qmp_member(reply, i, "meta-type"), "enum")) {
            if (has(reply, qmp_member(reply, i, "values"), "xbzrle") ||
                has(reply, members, "xbzrle")) {
                ok = show_in_enum(reply, i);
            }
        } else if (members != QMP_NONE && (qmp_is(reply, qmp_member(reply, i, "name"), info) ||
                                           qmp_is(reply, qmp_member(reply, i, "name"), event))) {
            ok = qmp_append(reply, members,
                            "{\"name\": \"ber\", \"default\": null, \"type\": \"any\"}");
        }
    }
    return ok;
}

static uint32_t wishes(const struct qmp_doc *command)
{
    return qmp_member(command, qmp_member(command, 0, "arguments"), "capabilities");
}

enum qmp_ber_wish qmp_ber_take(struct qmp_doc *command)
{
    uint32_t list = wishes(command);
    enum qmp_ber_wish wish = QMP_BER_NOT_NAMED;
    struct buf kept;

    buf_init(&kept, QMP_MESSAGE_MAX);
    for (uint32_t i = qmp_first(command, list); i != QMP_NONE; i = qmp_next(command, list, i)) {
        uint32_t state = qmp_member(command, i, "state");
        struct span text = qmp_text(command, i);

        if (!qmp_is(command, qmp_member(command, i, "capability"), "ber")) {
            if ((kept.len > 0 && !buf_put(&kept, ", ", 2, NULL)) ||
                !buf_put(&kept, text.p, text.len, NULL)) {
                wish = QMP_BER_ODD;
                break;
            }
        } else if (state == QMP_NONE || (!qmp_is_true(command, state) &&
                                         !span_eq_str(qmp_text(command, state), "false"))) {
            wish = QMP_BER_ODD; /* QEMU will say what is wrong with it */
            break;
        } else {
            wish = qmp_is_true(command, state) ? QMP_BER_ON : QMP_BER_OFF;
        }
    }
    if (wish == QMP_BER_ON || wish == QMP_BER_OFF) {
        if (!qmp_replace(command, command->tokens[list].start, command->tokens[list].end, "[%.*s]",
                         (int)kept.len, kept.len > 0 ? (const char *)kept.p : "")) {
            wish = QMP_BER_ODD;
        }
    }
    buf_done(&kept);
    return wish;
}

/* Whether a list of capabilities says that one is on; -1: it does not say. */
static int state_of(const struct qmp_doc *doc, uint32_t list, const char *name)
{
    int state = -1;

    for (uint32_t i = qmp_first(doc, list); i != QMP_NONE; i = qmp_next(doc, list, i)) {
        if (qmp_is(doc, qmp_member(doc, i, "capability"), name)) {
            state = qmp_is_true(doc, qmp_member(doc, i, "state")) ? 1 : 0;
        }
    }
    return state;
}

void qmp_ber_capabilities(const struct qmp_doc *reply, struct qmp_capabilities *out)
{
    uint32_t list = qmp_member(reply, 0, "return");

    out->incompatible = NULL;
    for (size_t i = 0; i < INCOMPATIBLE_COUNT && out->incompatible == NULL; i++) {
        if (state_of(reply, list, incompatible[i]) == 1) {
            out->incompatible = incompatible[i];
        }
    }
    out->return_path = state_of(reply, list, "return-path") == 1;
    out->pause_before_switchover = state_of(reply, list, "pause-before-switchover") == 1;
}

const char *qmp_ber_conflict(const struct qmp_doc *command, const struct qmp_doc *reply)
{
    uint32_t now = qmp_member(reply, 0, "return");

    for (size_t i = 0; i < INCOMPATIBLE_COUNT; i++) {
        int state = state_of(command, wishes(command), incompatible[i]);

        if (state < 0) {
            state = state_of(reply, now, incompatible[i]);
        }
        if (state == 1) {
            return incompatible[i];
        }
    }
    return NULL;
}

bool qmp_ber_redirect(struct qmp_doc *command, const char *fd_name)
{
    uint32_t arguments = qmp_member(command, 0, "arguments");
    uint32_t uri = qmp_member(command, arguments, "uri");
    uint32_t channels = qmp_member(command, arguments, "channels");

    if (uri != QMP_NONE) {
        return qmp_replace(command, command->tokens[uri].start, command->tokens[uri].end,
                           "\"fd:%s\"", fd_name);
    }
    return channels != QMP_NONE &&
           qmp_replace(command, command->tokens[channels - 1].start, command->tokens[channels].end,
                       "\"uri\": \"fd:%s\"", fd_name);
}
