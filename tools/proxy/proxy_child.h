/*
 * proxy_child.h - the processes the proxy starts: codecs, and the commands of exec: addresses. Both
 * die with the proxy.
 */
#ifndef VMBER_PROXY_CHILD_H
#define VMBER_PROXY_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "tools/proxy/proxy_codec.h"

struct err;

struct proxy_child {
    pid_t pid;   /* 0: none */
    int pidfd;   /* readable when it has ended */
    int control; /* a codec's reports; -1 of a command */
};

void proxy_child_init(struct proxy_child *child);

/* proxy_child_codec starts a codec between in and out, which stay the caller's. */
bool proxy_child_codec(struct proxy_child *child, const struct proxy_codec *codec, int in, int out,
                       struct err *err);

/* proxy_child_command starts words, or line in a shell if words is NULL. */
bool proxy_child_command(struct proxy_child *child, const char *line, char *const *words, int in,
                         int out, struct err *err);

/* proxy_child_wait takes the end of a child that has ended; returns its wait status. */
int proxy_child_wait(struct proxy_child *child);

/* proxy_child_kill ends a child, if there is one, and waits. */
void proxy_child_kill(struct proxy_child *child);

#endif
