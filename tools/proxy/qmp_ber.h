/*
 * qmp_ber.h - what the capability 'ber' changes in QMP messages: each function adds edits to a
 * parsed message, or reads one.
 */
#ifndef VMBER_PROXY_QMP_BER_H
#define VMBER_PROXY_QMP_BER_H

#include "tools/proxy/qmp_doc.h"

/* qmp_ber_show adds 'ber' to a reply to query-migrate-capabilities. */
bool qmp_ber_show(struct qmp_doc *reply, bool on);

/* qmp_ber_show_schema adds 'ber' to a reply to query-qmp-schema. */
bool qmp_ber_show_schema(struct qmp_doc *reply);

/* What a migrate-set-capabilities says of 'ber'. */
enum qmp_ber_wish { QMP_BER_NOT_NAMED, QMP_BER_OFF, QMP_BER_ON, QMP_BER_ODD };

/* qmp_ber_take tells what it says, and takes 'ber' out of it by an edit. */
enum qmp_ber_wish qmp_ber_take(struct qmp_doc *command);

/* Capabilities that cannot be combined with 'ber', and those the proxy has to know of. */
struct qmp_capabilities {
    const char *incompatible; /* the first that is on, NULL if none is */
    bool return_path;
    bool pause_before_switchover;
};

/* qmp_ber_capabilities reads a reply to query-migrate-capabilities. */
void qmp_ber_capabilities(const struct qmp_doc *reply, struct qmp_capabilities *out);

/*
 * qmp_ber_conflict returns the capability that would be on beside 'ber' after the command, which
 * the reply says is on now or the command switches on; NULL if there is none.
 */
const char *qmp_ber_conflict(const struct qmp_doc *command, const struct qmp_doc *reply);

/* qmp_ber_redirect has migrate or migrate-incoming use the descriptor of that name. */
bool qmp_ber_redirect(struct qmp_doc *command, const char *fd_name);

#endif
