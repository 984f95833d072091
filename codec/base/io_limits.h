/* io_limits.h - how much is kept in memory on its way in and out. */
#ifndef VMBER_BASE_IO_LIMITS_H
#define VMBER_BASE_IO_LIMITS_H

enum {
    /* Output gathered before it is written: one default pipe, more would only add latency. */
    OUT_PENDING_MAX = 64 * 1024,
    /* Octets put aside in memory before they go to a file: the tails seen are 32 KiB to 1 MiB; this
     * leaves room and still bounds memory. */
    SPOOL_MEMORY_MAX = 64 * 1024 * 1024,
    /* Octets of such a file that are read back at a time, when it is not looked at as a whole. */
    SPOOL_RELEASE = 64 * 1024,
};

#endif
