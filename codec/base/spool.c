/* spool.c - see spool.h. */
#include "codec/base/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "codec/base/err.h"
#include "codec/base/io.h"

void spool_init(struct spool *spool)
{
    memset(spool, 0, sizeof(*spool));
    buf_init(&spool->memory, SPOOL_MEMORY_MAX);
    spool->fd = -1;
    spool->spare = -1;
}

static void unmap(struct spool *spool)
{
    if (spool->map != NULL) {
        (void)munmap(spool->map, spool->map_len);
        spool->map = NULL;
    }
}

void spool_done(struct spool *spool)
{
    unmap(spool);
    buf_done(&spool->memory);
    if (spool->fd >= 0) {
        (void)close(spool->fd);
    }
    if (spool->spare >= 0) {
        (void)close(spool->spare);
    }
    spool_init(spool);
}

static bool write_all(int fd, const uint8_t *p, size_t n, struct err *err)
{
    while (n > 0) {
        ssize_t done = write(fd, p, n < SSIZE_MAX ? n : SSIZE_MAX);

        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            return err_set(err, ERR_IO, "cannot write the spool file: %s", strerror(errno));
        }
        p += done;
        n -= (size_t)done;
    }
    return true;
}

int spool_file(struct err *err)
{
    const char *dir = getenv("TMPDIR");
    char path[PATH_MAX];
    int len;
    int fd;

    if (dir == NULL || dir[0] == '\0') {
        dir = "/var/tmp";
    }
    len = snprintf(path, sizeof(path), "%s/vmber-spool.XXXXXX", dir);
    if (len < 0 || (size_t)len >= sizeof(path)) {
        err_set(err, ERR_IO, "the name of the spool file in %s is too long", dir);
        return -1;
    }
    fd = mkstemp(path);
    if (fd < 0) {
        err_set(err, ERR_IO, "cannot create a spool file in %s: %s", dir, strerror(errno));
        return -1;
    }
    (void)unlink(path);
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC); /* a guest's memory is for no child of the caller */
    return fd;
}

void spool_give(struct spool *spool, int fd)
{
    spool->spare = fd;
}

/* Moves what memory holds to the file. */
static bool to_file(struct spool *spool, struct err *err)
{
    spool->fd = spool->spare >= 0 ? spool->spare : spool_file(err);
    spool->spare = -1;
    if (spool->fd < 0 || !write_all(spool->fd, spool->memory.p, spool->memory.len, err)) {
        return false;
    }
    buf_done(&spool->memory);
    return true;
}

bool spool_put(struct spool *spool, const void *p, size_t n, struct err *err)
{
    unmap(spool);
    if (spool->fd < 0 && n > SPOOL_MEMORY_MAX - spool->memory.len && !to_file(spool, err)) {
        return false;
    }
    if (spool->fd < 0 ? !buf_put(&spool->memory, p, n, err) : !write_all(spool->fd, p, n, err)) {
        return false;
    }
    spool->len += n;
    return true;
}

bool spool_span(struct spool *spool, struct span *out, struct err *err)
{
    if (spool->fd < 0) {
        *out = buf_span(&spool->memory);
        return true;
    }
    if (spool->len > SIZE_MAX) {
        return err_set(err, ERR_LIMIT, "%llu spooled octets do not fit the address space",
                       (unsigned long long)spool->len);
    }
    if (spool->map == NULL) {
        spool->map_len = (size_t)spool->len;
        spool->map = mmap(NULL, spool->map_len, PROT_READ | PROT_WRITE, MAP_SHARED, spool->fd, 0);
        if (spool->map == MAP_FAILED) {
            spool->map = NULL;
            return err_set(err, ERR_IO, "cannot map the spool file: %s", strerror(errno));
        }
    }
    *out = span_of(spool->map, spool->map_len);
    return true;
}

uint8_t *spool_octets(const struct spool *spool)
{
    return spool->fd < 0 ? spool->memory.p : spool->map;
}

bool spool_release(const struct spool *spool, struct out *out, struct err *err)
{
    uint8_t piece[SPOOL_RELEASE];
    uint64_t at = 0;

    if (spool->fd < 0) {
        return out_put(out, spool->memory.p, spool->memory.len, err);
    }
    while (at < spool->len) {
        uint64_t left = spool->len - at;
        ssize_t n =
            pread(spool->fd, piece, left < sizeof(piece) ? (size_t)left : sizeof(piece), (off_t)at);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return err_set(err, ERR_IO, "cannot read the spool file: %s",
                           n < 0 ? strerror(errno) : "it has become shorter");
        }
        if (!out_put(out, piece, (size_t)n, err)) {
            return false;
        }
        at += (uint64_t)n;
    }
    return true;
}
