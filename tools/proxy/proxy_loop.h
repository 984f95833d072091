/*
 * proxy_loop.h - waits for descriptors and for moments, and calls whoever asked. One thread, no
 * global state, a fixed number of places.
 */
#ifndef VMBER_PROXY_LOOP_H
#define VMBER_PROXY_LOOP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "tools/proxy/proxy_limits.h"

/* revents as poll gives them; 0 for a moment that has come. */
typedef void (*proxy_watch_fn)(void *ctx, short revents);

struct proxy_watch {
    int fd;       /* -1: a moment */
    short events; /* 0: not now */
    uint64_t at;  /* ms, of a moment */
    proxy_watch_fn fn;
    void *ctx;
    bool used;
};

struct proxy_loop {
    struct proxy_watch watches[PROXY_WATCHES_MAX];
    const sigset_t *mask; /* of signals while it waits, as for ppoll; NULL: as it is */
};

#define PROXY_NO_WATCH (-1)

void proxy_loop_init(struct proxy_loop *loop);

/* proxy_loop_watch returns a number for the others; full places are our own mistake. */
int proxy_loop_watch(struct proxy_loop *loop, int fd, short events, proxy_watch_fn fn, void *ctx);

/* proxy_loop_after has fn called once, in ms milliseconds. */
int proxy_loop_after(struct proxy_loop *loop, uint64_t ms, proxy_watch_fn fn, void *ctx);

/* proxy_loop_events changes what is waited for. */
void proxy_loop_events(struct proxy_loop *loop, int watch, short events);

/* proxy_loop_drop ends a watch and sets *watch to PROXY_NO_WATCH, which is allowed before. */
void proxy_loop_drop(struct proxy_loop *loop, int *watch);

/* proxy_loop_once waits for something and makes the calls; false: poll failed (errno). */
bool proxy_loop_once(struct proxy_loop *loop);

/* proxy_now returns milliseconds of a clock that never goes back. */
uint64_t proxy_now(void);

#endif
