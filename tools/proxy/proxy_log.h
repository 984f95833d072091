/*
 * proxy_log.h - what the proxy says: each change of state once, one line on standard error, with
 * the priority that systemd reads when its journal is there.
 */
#ifndef VMBER_PROXY_LOG_H
#define VMBER_PROXY_LOG_H

#include "codec/base/compat_cc.h"

enum proxy_level {
    PROXY_LOG_ERROR = 3,
    PROXY_LOG_WARNING = 4,
    PROXY_LOG_NOTICE = 5,
    PROXY_LOG_DEBUG = 7
};

struct proxy_log {
    enum proxy_level most; /* what is less urgent is not said */
    const char *name;      /* of the guest or socket, in front of each line */
};

void proxy_say(const struct proxy_log *log, enum proxy_level level, const char *fmt, ...)
    CC_PRINTF(3, 4);

#endif
