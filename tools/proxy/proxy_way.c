/* proxy_way.c - see proxy_way.h. */
#define _GNU_SOURCE
#include "tools/proxy/proxy_way.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/proxy/proxy_channel.h"
#include "tools/proxy/proxy_return.h"
#include "tools/proxy/proxy_socket.h"

static bool open_file(struct proxy_job *job, struct err *err)
{
    const struct proxy_target *target = &job->target;
    int flags = job->direction == PROXY_OUTGOING ? O_WRONLY | O_CREAT : O_RDONLY;

    if (job->direction == PROXY_OUTGOING && target->offset == 0) {
        mode_t mask = umask(0077); /* it will hold all that the guest had in memory */
        bool ok = io_file_create(&job->file, target->name, err);

        (void)umask(mask);
        if (!ok) {
            return false;
        }
        job->has_file = true;
        job->out_fd = fcntl(job->file.io.fd, F_DUPFD_CLOEXEC, 3);
        return job->out_fd >= 0 || err_set(err, ERR_IO, "cannot copy a descriptor");
    }
    job->out_fd = open(target->name, flags | O_CLOEXEC, 0600);
    if (job->out_fd < 0 || lseek(job->out_fd, (off_t)target->offset, SEEK_SET) < 0) {
        return err_set(err, ERR_IO, "Could not open '%s': %s", target->name, strerror(errno));
    }
    return true;
}

/* What is written to is a file, or a disk: nobody reads it before it is done. */
static bool is_file(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode));
}

bool proxy_way_open(struct proxy_job *job, int fd, struct err *err)
{
    switch (job->target.transport) {
    case PROXY_TCP:
    case PROXY_UNIX:
        job->two_way = true;
        return job->direction == PROXY_OUTGOING ||
               proxy_socket_listen(&job->target, &job->listen_fd, err);
    case PROXY_FILE:
        if (!open_file(job, err)) {
            return false;
        }
        job->out_is_file = is_file(job->out_fd);
        return true;
    case PROXY_FD:
        job->out_fd = fd;
        job->two_way = proxy_socket_is(fd);
        job->out_is_file = is_file(fd);
        return true;
    case PROXY_EXEC:
        return true;
    case PROXY_NO_TRANSPORT:
        break;
    }
    return err_set(err, ERR_UNSUPPORTED, "Capability 'ber' is not compatible with %s migration",
                   job->target.name);
}

void proxy_way_stop_listening(struct proxy_job *job)
{
    proxy_loop_drop(job->loop, &job->listen_watch);
    if (job->listen_fd >= 0 && job->target.transport == PROXY_UNIX) {
        (void)unlink(job->target.name);
    }
    proxy_job_close_fd(&job->listen_fd);
}

static bool start_command(struct proxy_job *job, struct err *err)
{
    int to[2] = {-1, -1};
    int from[2] = {-1, -1};
    bool ok;

    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) {
        ok = err_set(err, ERR_IO, "cannot make a pipe: %s", strerror(errno));
    } else {
        ok = proxy_child_command(&job->command, job->target.name, job->target.args, to[0], from[1],
                                 err);
    }
    proxy_job_close_fd(&from[1]);
    job->unread_fd = to[0]; /* to see what the command leaves */
    job->out_fd = to[1];
    job->in_fd = from[0];
    if (ok) {
        job->command_watch =
            proxy_loop_watch(job->loop, job->command.pidfd, POLLIN, proxy_job_command_ended, job);
        if (job->direction == PROXY_OUTGOING) {
            proxy_return_watch_command(job);
        }
    }
    return ok;
}

static void on_connected(void *ctx, short revents);

static bool connect_next(struct proxy_job *job, struct err *err)
{
    if (!proxy_socket_connect(&job->target, job->attempt, &job->out_fd, err)) {
        return false;
    }
    job->attempt++;
    job->out_watch = proxy_loop_watch(job->loop, job->out_fd, POLLOUT, on_connected, job);
    return true;
}

static void on_connected(void *ctx, short revents)
{
    struct proxy_job *job = ctx;
    struct err err = ERR_INIT;

    (void)revents;
    proxy_loop_drop(job->loop, &job->out_watch);
    if (proxy_socket_connected(&job->target, job->out_fd, &err)) {
        job->in_fd = job->out_fd;
        proxy_channel_begin(job);
        return;
    }
    proxy_job_close_fd(&job->out_fd);
    if (!connect_next(job, &err)) {
        proxy_job_fail(job, "%s", err.text);
    }
}

static void on_peer(void *ctx, short revents)
{
    struct proxy_job *job = ctx;
    int fd = accept4(job->listen_fd, NULL, NULL, SOCK_CLOEXEC);

    (void)revents;
    if (fd < 0) {
        return;
    }
    proxy_way_stop_listening(job);
    job->out_fd = fd;
    job->in_fd = fd;
    proxy_channel_begin(job);
}

bool proxy_way_go(struct proxy_job *job, struct err *err)
{
    bool ok = true;

    switch (job->target.transport) {
    case PROXY_TCP:
    case PROXY_UNIX:
        if (job->direction == PROXY_OUTGOING) {
            ok = connect_next(job, err);
        } else {
            job->listen_watch = proxy_loop_watch(job->loop, job->listen_fd, POLLIN, on_peer, job);
        }
        break;
    case PROXY_FD:
        if (job->two_way) {
            job->in_fd = job->out_fd;
            proxy_channel_begin(job);
            break;
        }
        proxy_job_run_codec(job);
        break;
    case PROXY_EXEC:
        ok = start_command(job, err);
        if (ok) {
            proxy_job_run_codec(job);
        }
        break;
    case PROXY_FILE:
    case PROXY_NO_TRANSPORT:
        proxy_job_run_codec(job);
        break;
    }
    return ok;
}
