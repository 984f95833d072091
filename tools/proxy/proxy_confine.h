/*
 * proxy_confine.h - takes from a process what a codec does not need.
 *
 * Afterwards it reads, writes, allocates and ends. It cannot open, create, connect, execute or
 * signal anything, nor get that back. What it must open, it has opened before.
 */
#ifndef VMBER_PROXY_CONFINE_H
#define VMBER_PROXY_CONFINE_H

#include <stdbool.h>

struct err;

enum proxy_confinement {
    PROXY_CONFINE_DECODE, /* reads from the network: a file it writes has a limit, too */
    PROXY_CONFINE_ENCODE, /* reads from QEMU, and may write a file of any size */
};

/* proxy_confine confines this process for ever. False: it is not confined and should end. */
bool proxy_confine(enum proxy_confinement what, struct err *err);

/* proxy_confine_is_built is whether this program has a system call filter. */
bool proxy_confine_is_built(void);

#endif
