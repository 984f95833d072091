/* proxy_log.c - see proxy_log.h. */
#include "tools/proxy/proxy_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void proxy_say(const struct proxy_log *log, enum proxy_level level, const char *fmt, ...)
{
    char line[1024];
    va_list ap;

    if (level > log->most) {
        return;
    }
    va_start(ap, fmt);
    (void)vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    if (getenv("JOURNAL_STREAM") != NULL) {
        fprintf(stderr, "<%d>", (int)level);
    }
    if (log->most == PROXY_LOG_DEBUG) {
        struct timespec now;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        fprintf(stderr, "%lld.%03ld ", (long long)now.tv_sec, now.tv_nsec / 1000000);
    }
    fprintf(stderr, "vmber proxy: %s: %s\n", log->name, line);
}
