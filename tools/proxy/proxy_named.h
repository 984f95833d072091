/*
 * proxy_named.h - copies of the descriptors that the client has given QEMU by getfd, for fd:
 * addresses of BER migrations. A copy is held only until a command uses its name: afterwards QEMU's
 * has to be the only one, so that whoever is at its other end sees when QEMU closes it.
 */
#ifndef VMBER_PROXY_NAMED_H
#define VMBER_PROXY_NAMED_H

#include "tools/proxy/proxy_limits.h"
#include "tools/proxy/qmp_doc.h"

struct proxy_named_fd {
    char name[PROXY_NAME_MAX];
    int fd;
};

struct proxy_named {
    struct proxy_named_fd fds[PROXY_NAMED_MAX];
    unsigned count;
};

/* proxy_named_keep keeps a copy of fd under what the string token of command says, if it can. */
void proxy_named_keep(struct proxy_named *named, const struct qmp_doc *command, uint32_t token,
                      int fd);

/* proxy_named_find returns the copy, which stays here, or -1. */
int proxy_named_find(const struct proxy_named *named, const char *name);

/* proxy_named_take returns the copy, which is the caller's then, or -1. */
int proxy_named_take(struct proxy_named *named, const char *name);

/* proxy_named_used closes what the arguments of command mention. */
void proxy_named_used(struct proxy_named *named, const struct qmp_doc *command);

/* proxy_named_clear closes all. */
void proxy_named_clear(struct proxy_named *named);

#endif
