/*
 * spool.h - octets put aside until they can be looked at as a whole: in memory first, in an
 * unlinked temporary file when they are many.
 */
#ifndef VMBER_BASE_SPOOL_H
#define VMBER_BASE_SPOOL_H

#include "codec/base/buf.h"
#include "codec/base/io_limits.h"
#include "codec/base/span.h"

struct err;
struct out;

struct spool {
    struct buf memory;
    int fd;       /* -1 while everything fits memory */
    int spare;    /* the file to use then, or -1: it is made */
    uint64_t len; /* octets put so far */
    void *map;    /* what spool_span mapped */
    size_t map_len;
};

void spool_init(struct spool *spool);
void spool_done(struct spool *spool);

/*
 * spool_put appends n octets. The temporary file is made in $TMPDIR, else /var/tmp, and has no
 * name. ERR_IO when it cannot be made or written, ERR_LIMIT without memory.
 */
bool spool_put(struct spool *spool, const void *p, size_t n, struct err *err);

/*
 * spool_file makes such a file, for a process that will not be able to; -1 with err set if it
 * cannot. spool_give hands it to a spool that has just been initialised.
 */
int spool_file(struct err *err);
void spool_give(struct spool *spool, int fd);

/* spool_span shows all octets as one span, valid until the next spool_put or spool_done. */
bool spool_span(struct spool *spool, struct span *out, struct err *err);

/* spool_octets is where spool_span has shown them, to be written to. */
uint8_t *spool_octets(const struct spool *spool);

/* spool_release puts all octets to out, however many: they need not fit the address space. */
bool spool_release(const struct spool *spool, struct out *out, struct err *err);

#endif
