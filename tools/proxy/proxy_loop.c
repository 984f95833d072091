/* proxy_loop.c - see proxy_loop.h. */
#define _GNU_SOURCE /* ppoll */
#include "tools/proxy/proxy_loop.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

void proxy_loop_init(struct proxy_loop *loop)
{
    memset(loop, 0, sizeof(*loop));
}

uint64_t proxy_now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static struct proxy_watch *place(struct proxy_loop *loop, int *number)
{
    for (int i = 0; i < PROXY_WATCHES_MAX; i++) {
        if (!loop->watches[i].used) {
            *number = i;
            memset(&loop->watches[i], 0, sizeof(loop->watches[i]));
            loop->watches[i].used = true;
            return &loop->watches[i];
        }
    }
    assert(false); /* there are places for all that one proxy watches */
    return NULL;
}

int proxy_loop_watch(struct proxy_loop *loop, int fd, short events, proxy_watch_fn fn, void *ctx)
{
    int number = PROXY_NO_WATCH;
    struct proxy_watch *watch = place(loop, &number);

    watch->fd = fd;
    watch->events = events;
    watch->fn = fn;
    watch->ctx = ctx;
    return number;
}

int proxy_loop_after(struct proxy_loop *loop, uint64_t ms, proxy_watch_fn fn, void *ctx)
{
    int number = PROXY_NO_WATCH;
    struct proxy_watch *watch = place(loop, &number);

    watch->fd = -1;
    watch->at = proxy_now() + ms;
    watch->fn = fn;
    watch->ctx = ctx;
    return number;
}

void proxy_loop_events(struct proxy_loop *loop, int watch, short events)
{
    if (watch != PROXY_NO_WATCH) {
        loop->watches[watch].events = events;
    }
}

void proxy_loop_drop(struct proxy_loop *loop, int *watch)
{
    if (*watch != PROXY_NO_WATCH) {
        loop->watches[*watch].used = false;
        *watch = PROXY_NO_WATCH;
    }
}

/* Milliseconds until the next moment, -1 if there is none. */
static int wait_time(const struct proxy_loop *loop)
{
    uint64_t now = proxy_now();
    uint64_t least = UINT64_MAX;

    for (int i = 0; i < PROXY_WATCHES_MAX; i++) {
        const struct proxy_watch *watch = &loop->watches[i];

        if (watch->used && watch->fd < 0) {
            uint64_t left = watch->at > now ? watch->at - now : 0;

            least = left < least ? left : least;
        }
    }
    return least == UINT64_MAX ? -1 : least > 60000 ? 60000 : (int)least;
}

bool proxy_loop_once(struct proxy_loop *loop)
{
    struct pollfd fds[PROXY_WATCHES_MAX];
    struct proxy_watch before[PROXY_WATCHES_MAX];
    uint64_t now;
    int ms = wait_time(loop);
    struct timespec wait = {ms / 1000, (long)(ms % 1000) * 1000000};

    memcpy(before, loop->watches, sizeof(before));
    for (int i = 0; i < PROXY_WATCHES_MAX; i++) {
        /* Without events not even a hang-up is told: it would come again and again. */
        fds[i].fd = before[i].used && before[i].events != 0 ? before[i].fd : -1;
        fds[i].events = before[i].events;
        fds[i].revents = 0;
    }
    if (ppoll(fds, PROXY_WATCHES_MAX, ms < 0 ? NULL : &wait, loop->mask) < 0) {
        return errno == EINTR;
    }
    now = proxy_now();
    for (int i = 0; i < PROXY_WATCHES_MAX; i++) {
        struct proxy_watch *watch = &loop->watches[i];

        /* What a call before this one has dropped or put in its place is not called. */
        if (!watch->used || !before[i].used || watch->fd != before[i].fd ||
            watch->fn != before[i].fn || watch->ctx != before[i].ctx) {
            continue;
        }
        if (watch->fd < 0 && watch->at <= now) {
            watch->used = false;
            watch->fn(watch->ctx, 0);
        } else if (watch->fd >= 0 && fds[i].revents != 0) {
            watch->fn(watch->ctx, fds[i].revents);
        }
    }
    return true;
}
