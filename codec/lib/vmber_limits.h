/* vmber_limits.h - how much of a stream the library keeps between two calls. */
#ifndef VMBER_LIB_VMBER_LIMITS_H
#define VMBER_LIB_VMBER_LIMITS_H

enum {
    /* Events of one step, which is a record or the tail of a legacy stream: hundreds of thousands
     * are usual for a tail. */
    QUEUE_MAX = 1 << 24,
    /* Names and contents of these events: the largest section, and room. */
    QUEUE_OCTETS_MAX = 1 << 30,
};

#endif
