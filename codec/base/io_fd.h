/*
 * io_fd.h - sources and sinks over file descriptors, and files that appear only when complete.
 */
#ifndef VMBER_BASE_IO_FD_H
#define VMBER_BASE_IO_FD_H

#include "codec/base/io.h"

/*
 * A descriptor as a source or a sink. A call that a signal interrupts is tried again unless
 * *stop (may be NULL) has become non-zero: then it is ERR_IO, "interrupted by a signal".
 */
struct io_fd {
    int fd;
    const char *name;                             /* for messages; the caller keeps it */
    const volatile int *stop;                     /* set by a signal handler */
    uint64_t octets;                              /* read or written so far */
    void (*progress)(void *ctx, uint64_t octets); /* called after each call; NULL: nobody looks */
    void *progress_ctx;
};

struct io_source io_fd_source(struct io_fd *fd);
struct io_sink io_fd_sink(struct io_fd *fd);

/*
 * io_fd_rewrite puts octets over those that stand at offset of a regular file; where the next write
 * goes does not change. io_fd: a struct io_fd, so that this can be called back.
 */
bool io_fd_rewrite(void *io_fd, uint64_t offset, struct span octets, struct err *err);

/*
 * io_fd_widen asks for a pipe of IO_PIPE_OCTETS where fd is a pipe: fewer, larger transfers. It is
 * a wish: what the system refuses stays as it is.
 */
void io_fd_widen(int fd);

enum { IO_PIPE_OCTETS = 1 << 20 };

/*
 * A file that is written under a temporary name beside its final one and renamed when complete, so
 * that nobody ever sees half of it under the final name.
 */
struct io_file {
    struct io_fd io;
    char *path;
    char *temporary; /* NULL: path is no regular file and is written directly */
};

/* io_file_create opens path for writing; a device, pipe or socket at path is written directly. */
bool io_file_create(struct io_file *file, const char *path, struct err *err);

/* io_file_commit flushes the file to disk, closes it and gives it its final name. */
bool io_file_commit(struct io_file *file, struct err *err);

/* io_file_abandon closes and removes what was written. After a commit it does nothing. */
void io_file_abandon(struct io_file *file);

#endif
