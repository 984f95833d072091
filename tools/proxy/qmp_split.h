/*
 * qmp_split.h - where one QMP message ends and the next begins, as QEMU itself sees it.
 *
 * The rules are those of QEMU's lexer and streamer (qobject/json-lexer.c, json-streamer.c, 7.2):
 * JSON, strings in single quotes as well, a message is over when no bracket is open, and a lexical
 * error is a message of its own (it gets one reply) behind which QEMU looks for a place to go on.
 * Octets are looked at once and in any portions; nothing is kept, nothing is changed.
 */
#ifndef VMBER_PROXY_QMP_SPLIT_H
#define VMBER_PROXY_QMP_SPLIT_H

#include "codec/base/span.h"

enum qmp_unit {
    QMP_UNIT_MORE,  /* all octets looked at, no message has ended */
    QMP_UNIT_VALUE, /* a value has ended: perhaps no good JSON, but one message */
    QMP_UNIT_ERROR, /* QEMU answers with an error here */
};

struct qmp_split {
    int state;
    int braces;
    int brackets;
    uint64_t tokens; /* of the message so far */
};

void qmp_split_init(struct qmp_split *split);

/*
 * qmp_split_next looks at octets that continue the last ones. *used is how many belong to what it
 * returns; the rest is for the next call.
 */
enum qmp_unit qmp_split_next(struct qmp_split *split, struct span octets, size_t *used);

#endif
