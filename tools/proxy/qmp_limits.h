/* qmp_limits.h - how much a QMP peer may make the proxy keep. */
#ifndef VMBER_PROXY_QMP_LIMITS_H
#define VMBER_PROXY_QMP_LIMITS_H

enum {
    /* Octets of one message: QEMU's own limit on the tokens of one (qobject/json-streamer.c). */
    QMP_MESSAGE_MAX = 64 * 1024 * 1024,
    /* Brackets open in one message: QEMU's own limit is 1024. */
    QMP_DEPTH_MAX = 1024,
    /* Tokens of one message that is looked into: the largest known reply, query-qmp-schema of QEMU
     * 10.0, has 60000. */
    QMP_TOKENS_MAX = 4 * 1024 * 1024,
    /* Octets waiting for a peer that does not read; then its opposite is not read either. */
    QMP_PENDING_MAX = 1024 * 1024,
    /* Descriptors sent with one message: QEMU takes 16 (chardev/char-socket.c). */
    QMP_FDS_MAX = 16,
    /* Groups of descriptors on their way at once. */
    QMP_FD_GROUPS_MAX = 64,
    /* Commands that wait behind one the proxy is busy with: QEMU queues 8. */
    QMP_HELD_MAX = 64,
    /* Commands without a reply yet: far more than any client sends ahead. */
    QMP_UNANSWERED_MAX = 4096,
};

#endif
