/*
 * proxy_target.h - where a migration goes to or comes from, from the arguments of migrate and
 * migrate-incoming: a URI, or the list of channels of newer QEMU.
 */
#ifndef VMBER_PROXY_TARGET_H
#define VMBER_PROXY_TARGET_H

#include "tools/proxy/qmp_doc.h"

enum proxy_transport {
    PROXY_TCP,
    PROXY_UNIX,
    PROXY_EXEC,
    PROXY_FD,
    PROXY_FILE,
    PROXY_NO_TRANSPORT, /* what cannot carry BER; name says it */
};

enum { PROXY_WORD_MAX = 4096, PROXY_EXEC_ARGS_MAX = 64 };

struct proxy_target {
    enum proxy_transport transport;
    char name[PROXY_WORD_MAX]; /* path, command, name of a descriptor, host, or another transport */
    char port[64];
    uint64_t offset;
    char *args[PROXY_EXEC_ARGS_MAX + 1]; /* exec as a list of words, in name; else args[0] is NULL
                                          */
};

/* proxy_target_uri reads a URI. False: it is wrong; the sentence is QEMU's where it has one. */
bool proxy_target_uri(struct proxy_target *target, const char *uri, struct err *err);

/* proxy_target_channels reads the value of "channels", which may name only the main channel. */
bool proxy_target_channels(struct proxy_target *target, const struct qmp_doc *doc,
                           uint32_t channels, struct err *err);

/* proxy_transport_name returns "tcp", "unix", ... */
const char *proxy_transport_name(enum proxy_transport transport);

#endif
