/* qmp_link.c - see qmp_link.h. */
#define _GNU_SOURCE /* MSG_CMSG_CLOEXEC */
#include "tools/proxy/qmp_link.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "codec/base/err.h"

enum { READ_AT_ONCE = 64 * 1024 };

void qmp_link_init(struct qmp_link *link)
{
    memset(link, 0, sizeof(*link));
    link->fd = -1;
    buf_init(&link->in, (size_t)QMP_MESSAGE_MAX + READ_AT_ONCE);
    buf_init(&link->out, (size_t)QMP_MESSAGE_MAX * 2);
    qmp_split_init(&link->split);
}

void qmp_fds_close(struct qmp_fd_queue *queue)
{
    for (uint32_t i = 0; i < queue->count; i++) {
        for (uint32_t j = 0; j < queue->groups[i].count; j++) {
            (void)close(queue->groups[i].fds[j]);
        }
    }
    queue->count = 0;
}

void qmp_link_open(struct qmp_link *link, int fd)
{
    link->fd = fd;
}

void qmp_link_close(struct qmp_link *link)
{
    if (link->fd >= 0) {
        (void)close(link->fd);
    }
    qmp_fds_close(&link->in_fds);
    qmp_fds_close(&link->out_fds);
    buf_done(&link->in);
    buf_done(&link->out);
    qmp_link_init(link);
}

/* Takes the descriptors of octets that have been received; there is a place for one group more. */
static void take_fds(struct qmp_link *link, struct msghdr *msg, uint64_t at)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
        struct qmp_fds *group;
        size_t count;

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        if (count > QMP_FDS_MAX) {
            for (size_t i = 0; i < count; i++) {
                int fd;

                memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
                (void)close(fd);
            }
            continue;
        }
        group = &link->in_fds.groups[link->in_fds.count++];
        group->at = at;
        group->count = (uint32_t)count;
        memcpy(group->fds, CMSG_DATA(c), count * sizeof(int));
    }
}

/*
 * One call of recvmsg, for up to n octets. A call may begin in octets without descriptors and go on
 * into those that have some, and does not tell where they begin; one octet at a time does, which is
 * how QEMU 7.2 reads, too.
 */
static ssize_t receive(struct qmp_link *link, size_t n)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(QMP_FDS_MAX * sizeof(int))];
    } control;
    struct iovec iov;
    struct msghdr msg;
    ssize_t got;

    memset(&msg, 0, sizeof(msg));
    iov.iov_base = link->in.p + link->in.len;
    iov.iov_len = n;
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    msg.msg_control = control.room;
    msg.msg_controllen = sizeof(control.room);
    got = recvmsg(link->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got > 0) {
        take_fds(link, &msg, link->in_at + link->in.len);
        link->in.len += (size_t)got;
    }
    return got;
}

bool qmp_link_read(struct qmp_link *link, struct err *err)
{
    size_t left = READ_AT_ONCE;
    size_t portion = link->exact ? 1 : READ_AT_ONCE;

    if (!buf_reserve(&link->in, READ_AT_ONCE, err)) {
        return false;
    }
    if (link->in_fds.count == QMP_FD_GROUPS_MAX) {
        return err_set(err, ERR_LIMIT, "a message with descriptors at more than %d places",
                       QMP_FD_GROUPS_MAX - 1);
    }
    while (left >= portion && link->in_fds.count < QMP_FD_GROUPS_MAX) {
        ssize_t n = receive(link, portion);

        if (n == 0) {
            link->ended = true;
            return true;
        }
        if (n < 0) {
            return errno == EAGAIN || errno == EINTR ||
                   err_set(err, ERR_IO, "cannot read: %s", strerror(errno));
        }
        left -= (size_t)n;
    }
    return true;
}

/* Makes a message of the first len octets of link->in. */
static bool cut(struct qmp_link *link, size_t len, enum qmp_unit unit, struct qmp_message **out,
                struct err *err)
{
    struct qmp_message *message = malloc(sizeof(*message) + len);
    struct qmp_fd_queue *in_fds = &link->in_fds;
    uint32_t groups = 0;

    if (message == NULL) {
        return err_memory(err);
    }
    message->next = NULL;
    message->unit = unit;
    message->len = len;
    message->fds.count = 0;
    memcpy(message->text, link->in.p, len);
    while (groups < in_fds->count && in_fds->groups[groups].at < link->in_at + len) {
        message->fds.groups[groups] = in_fds->groups[groups];
        message->fds.groups[groups].at -= link->in_at;
        groups++;
    }
    message->fds.count = groups;
    in_fds->count -= groups;
    memmove(in_fds->groups, in_fds->groups + groups, in_fds->count * sizeof(in_fds->groups[0]));
    memmove(link->in.p, link->in.p + len, link->in.len - len);
    link->in.len -= len;
    link->in_at += len;
    link->scanned = 0;
    *out = message;
    return true;
}

bool qmp_link_message(struct qmp_link *link, struct qmp_message **message, struct err *err)
{
    struct span fresh;
    enum qmp_unit unit;
    size_t used = 0;

    *message = NULL;
    if (link->in.len == link->scanned) {
        return true;
    }
    fresh = span_from(buf_span(&link->in), link->scanned);
    unit = qmp_split_next(&link->split, fresh, &used);
    link->scanned += used;
    if (unit == QMP_UNIT_MORE) {
        return link->in.len <= QMP_MESSAGE_MAX ||
               err_set(err, ERR_LIMIT, "a message of more than %d octets", QMP_MESSAGE_MAX);
    }
    /* The end of the line goes with the message, if it is there. */
    while (link->scanned < link->in.len &&
           (link->in.p[link->scanned] == '\r' || link->in.p[link->scanned] == '\n')) {
        link->scanned++;
    }
    return cut(link, link->scanned, unit, message, err);
}

bool qmp_link_rest(struct qmp_link *link, struct qmp_message **message, struct err *err)
{
    *message = NULL;
    return link->in.len == 0 || cut(link, link->in.len, QMP_UNIT_MORE, message, err);
}

void qmp_message_free(struct qmp_message *message)
{
    if (message != NULL) {
        qmp_fds_close(&message->fds);
        free(message);
    }
}

bool qmp_link_put(struct qmp_link *link, struct span octets, struct qmp_fd_queue *fds,
                  struct err *err)
{
    uint64_t at = link->out_at + link->out.len;

    if (!buf_put(&link->out, octets.p, octets.len, err)) {
        return false;
    }
    for (uint32_t i = 0; fds != NULL && i < fds->count; i++) {
        if (link->out_fds.count == QMP_FD_GROUPS_MAX) {
            return err_set(err, ERR_LIMIT, "more than %d messages with descriptors wait",
                           QMP_FD_GROUPS_MAX);
        }
        link->out_fds.groups[link->out_fds.count] = fds->groups[i];
        link->out_fds.groups[link->out_fds.count++].at += at;
        fds->groups[i].count = 0; /* taken over */
    }
    if (fds != NULL) {
        fds->count = 0;
    }
    return true;
}

/* Sends n octets, with the descriptors of group if it is not NULL; returns what sendmsg does. */
static ssize_t send_some(const struct qmp_link *link, size_t n, const struct qmp_fds *group)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(QMP_FDS_MAX * sizeof(int))];
    } control;
    struct iovec iov;
    struct msghdr msg;

    memset(&msg, 0, sizeof(msg));
    memset(&control, 0, sizeof(control));
    iov.iov_base = link->out.p + link->out_done;
    iov.iov_len = n;
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    if (group != NULL && group->count > 0) {
        struct cmsghdr *c;

        msg.msg_control = control.room;
        msg.msg_controllen = CMSG_SPACE(group->count * sizeof(int));
        c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(group->count * sizeof(int));
        memcpy(CMSG_DATA(c), group->fds, group->count * sizeof(int));
    }
    return sendmsg(link->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void drop_first_group(struct qmp_fd_queue *queue)
{
    for (uint32_t i = 0; i < queue->groups[0].count; i++) {
        (void)close(queue->groups[0].fds[i]);
    }
    queue->count--;
    memmove(queue->groups, queue->groups + 1, queue->count * sizeof(queue->groups[0]));
}

/* Drops what has been written when it is half of all, so that a reader that lags costs no more. */
static void drop_written(struct qmp_link *link)
{
    size_t left = qmp_link_pending(link);

    if (link->out_done > 0 && link->out_done >= left) {
        memmove(link->out.p, link->out.p + link->out_done, left);
        link->out.len = left;
        link->out_at += link->out_done;
        link->out_done = 0;
    }
}

bool qmp_link_write(struct qmp_link *link, struct err *err)
{
    while (qmp_link_pending(link) > 0) {
        struct qmp_fd_queue *queue = &link->out_fds;
        uint64_t here = link->out_at + link->out_done;
        size_t n = qmp_link_pending(link);
        uint32_t following = queue->count > 0 && queue->groups[0].at <= here ? 1 : 0;
        ssize_t sent;

        if (queue->count > following && queue->groups[following].at - here < n) {
            n = (size_t)(queue->groups[following].at - here);
        }
        sent = send_some(link, n, following == 1 ? &queue->groups[0] : NULL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0 && errno != EAGAIN) {
            return err_set(err, ERR_IO, "cannot write: %s", strerror(errno));
        }
        if (sent < 0) {
            break;
        }
        if (following == 1) {
            drop_first_group(queue);
        }
        link->out_done += (size_t)sent;
    }
    drop_written(link);
    return true;
}
