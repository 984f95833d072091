/* io_fd.c - see io_fd.h. */
#define _GNU_SOURCE /* F_SETPIPE_SZ */
#include "codec/base/io_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/base/err.h"

enum { IOV_AT_ONCE = 1024 }; /* IOV_MAX on Linux; POSIX promises 16 and no more is needed to work */

static bool interrupted(const struct io_fd *fd)
{
    return fd->stop != NULL && *fd->stop != 0;
}

/*
 * Tells whether a call that failed is worth another try: a signal came, or somebody who shares the
 * descriptor has made it non-blocking; then this waits.
 */
static bool again(const struct io_fd *fd, short event)
{
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        struct pollfd wait = {fd->fd, event, 0};

        return poll(&wait, 1, -1) >= 0 || errno == EINTR;
    }
    return errno == EINTR;
}

static void count(struct io_fd *fd, size_t n)
{
    fd->octets += n;
    if (fd->progress != NULL) {
        fd->progress(fd->progress_ctx, fd->octets);
    }
}

static bool fd_read(void *ctx, void *p, size_t cap, size_t *got, struct err *err)
{
    struct io_fd *fd = ctx;

    for (;;) {
        ssize_t n;

        if (interrupted(fd)) {
            return err_set(err, ERR_IO, "interrupted by a signal while reading %s", fd->name);
        }
        n = read(fd->fd, p, cap < SSIZE_MAX ? cap : SSIZE_MAX);
        if (n >= 0) {
            *got = (size_t)n;
            count(fd, *got);
            return true;
        }
        if (!again(fd, POLLIN)) {
            return err_set(err, ERR_IO, "cannot read %s: %s", fd->name, strerror(errno));
        }
    }
}

/* Passes over n written octets of the pieces; returns how many pieces are done. */
static size_t advance(struct iovec *iov, size_t iov_count, size_t n)
{
    size_t done = 0;

    while (done < iov_count && n >= iov[done].iov_len) {
        n -= iov[done].iov_len;
        done++;
    }
    if (done < iov_count) {
        iov[done].iov_base = (char *)iov[done].iov_base + n;
        iov[done].iov_len -= n;
    }
    return done;
}

static bool fd_write(void *ctx, struct iovec *iov, size_t iov_count, struct err *err)
{
    struct io_fd *fd = ctx;

    while (iov_count > 0) {
        ssize_t n;
        size_t done;

        if (interrupted(fd)) {
            return err_set(err, ERR_IO, "interrupted by a signal while writing %s", fd->name);
        }
        n = writev(fd->fd, iov, (int)(iov_count < IOV_AT_ONCE ? iov_count : IOV_AT_ONCE));
        if (n < 0 && again(fd, POLLOUT)) {
            continue;
        }
        if (n < 0) {
            return err_set(err, ERR_IO, "cannot write %s: %s", fd->name, strerror(errno));
        }
        count(fd, (size_t)n);
        done = advance(iov, iov_count, (size_t)n);
        iov += done;
        iov_count -= done;
    }
    return true;
}

struct io_source io_fd_source(struct io_fd *fd)
{
    struct io_source source = {fd_read, fd};

    return source;
}

struct io_sink io_fd_sink(struct io_fd *fd)
{
    struct io_sink sink = {fd_write, fd};

    return sink;
}

bool io_fd_rewrite(void *io_fd, uint64_t offset, struct span octets, struct err *err)
{
    const struct io_fd *fd = io_fd;

    while (octets.len > 0) {
        ssize_t n = pwrite(fd->fd, octets.p, octets.len, (off_t)offset);

        if (n < 0 && errno == EINTR && !interrupted(fd)) {
            continue;
        }
        if (n <= 0) {
            return err_set(err, ERR_IO, "cannot write %s: %s", fd->name, strerror(errno));
        }
        offset += (uint64_t)n;
        octets = span_from(octets, (size_t)n);
    }
    return true;
}

void io_fd_widen(int fd)
{
#ifdef F_SETPIPE_SZ
    (void)fcntl(fd, F_SETPIPE_SZ, IO_PIPE_OCTETS);
#else
    (void)fd;
#endif
}

/*
 * Where a file of that name is: behind symbolic links, which stay. NULL without memory. What a link
 * names that is not there, or has no name (/dev/stdout in a pipe), is opened by the link's name.
 */
static char *resolve(const char *path, bool *is_link)
{
    struct stat st;
    char *target;

    *is_link = lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
    target = *is_link ? realpath(path, NULL) : NULL;
    if (target != NULL) {
        *is_link = false;
        return target;
    }
    return strdup(path);
}

bool io_file_create(struct io_file *file, const char *path, struct err *err)
{
    static const char suffix[] = ".XXXXXX";
    struct stat st;
    size_t len;
    bool is_link;
    bool exists;

    memset(file, 0, sizeof(*file));
    file->io.fd = -1;
    if (path[0] == '\0') {
        return err_set(err, ERR_USAGE, "the name of the output is empty");
    }
    file->path = resolve(path, &is_link);
    if (file->path == NULL) {
        return err_memory(err);
    }
    file->io.name = file->path;
    len = strlen(file->path);
    exists = stat(file->path, &st) == 0;
    if (is_link || (exists && !S_ISREG(st.st_mode))) {
        file->io.fd =
            open(file->path, O_WRONLY | O_CLOEXEC | (is_link ? O_CREAT | O_TRUNC : 0), 0666);
    } else {
        mode_t mask = umask(0);

        (void)umask(mask);
        file->temporary = malloc(len + sizeof(suffix));
        if (file->temporary == NULL) {
            io_file_abandon(file);
            return err_memory(err);
        }
        memcpy(file->temporary, file->path, len);
        memcpy(file->temporary + len, suffix, sizeof(suffix));
        file->io.fd = mkostemp(file->temporary, O_CLOEXEC);
        if (file->io.fd >= 0) {
            /* A file that is replaced stays as private as it was: there is a guest's memory in it.
             */
            (void)fchmod(file->io.fd, exists ? st.st_mode & 0777 : 0666 & ~mask);
        } else {
            free(file->temporary);
            file->temporary = NULL;
        }
    }
    if (file->io.fd < 0) {
        int why = errno;

        io_file_abandon(file);
        return err_set(err, ERR_IO, "cannot create %s: %s", path, strerror(why));
    }
    return true;
}

bool io_file_commit(struct io_file *file, struct err *err)
{
    bool ok = true;

    if (file->temporary != NULL && fsync(file->io.fd) != 0) {
        ok = err_set(err, ERR_IO, "cannot write %s: %s", file->path, strerror(errno));
    }
    if (close(file->io.fd) != 0 && ok) {
        ok = err_set(err, ERR_IO, "cannot close %s: %s", file->path, strerror(errno));
    }
    file->io.fd = -1;
    if (ok && file->temporary != NULL && rename(file->temporary, file->path) != 0) {
        ok = err_set(err, ERR_IO, "cannot rename %s to %s: %s", file->temporary, file->path,
                     strerror(errno));
    }
    if (ok) {
        free(file->temporary);
        file->temporary = NULL;
    }
    io_file_abandon(file);
    return ok;
}

void io_file_abandon(struct io_file *file)
{
    if (file->io.fd >= 0) {
        (void)close(file->io.fd);
        file->io.fd = -1;
    }
    if (file->temporary != NULL) {
        (void)unlink(file->temporary);
    }
    free(file->temporary);
    free(file->path);
    file->temporary = NULL;
    file->path = NULL;
}
