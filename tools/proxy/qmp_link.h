/*
 * qmp_link.h - one QMP socket: messages in, octets out, descriptors at their places.
 *
 * A descriptor that arrives (SCM_RIGHTS) belongs to the octet it came with; it leaves with that
 * octet. Nothing waits: what cannot be written yet is kept, and the caller stops reading from the
 * other side while too much of it is.
 */
#ifndef VMBER_PROXY_QMP_LINK_H
#define VMBER_PROXY_QMP_LINK_H

#include "codec/base/buf.h"
#include "tools/proxy/qmp_limits.h"
#include "tools/proxy/qmp_split.h"

struct err;

struct qmp_fds {
    uint64_t at; /* place of the octet they belong to, counted from the link's first */
    uint32_t count;
    int fds[QMP_FDS_MAX];
};

struct qmp_fd_queue {
    struct qmp_fds groups[QMP_FD_GROUPS_MAX];
    uint32_t count;
};

struct qmp_link {
    int fd; /* -1: not connected */
    bool ended;
    bool exact; /* read so that it is known with which octet a descriptor has come */
    struct buf in;
    uint64_t in_at; /* place of in.p[0] */
    size_t scanned; /* octets of in that split has seen */
    struct qmp_split split;
    struct qmp_fd_queue in_fds;
    struct buf out;
    size_t out_done;
    uint64_t out_at; /* place of out.p[0] */
    struct qmp_fd_queue out_fds;
};

/* A message that has arrived, with everything that stood before it. */
struct qmp_message {
    struct qmp_message *next;
    enum qmp_unit unit;
    struct qmp_fd_queue fds; /* places counted from the first octet of text */
    size_t len;
    uint8_t text[];
};

void qmp_link_init(struct qmp_link *link);

/* qmp_link_open takes fd over; qmp_link_close closes it and drops all that is kept. */
void qmp_link_open(struct qmp_link *link, int fd);
void qmp_link_close(struct qmp_link *link);

/*
 * qmp_link_read reads what is there, and leaves what comes behind QMP_FD_GROUPS_MAX groups of
 * descriptors to the next call, by which all whole messages are to be taken out. It sets
 * link->ended at the end. False: the socket is broken, or one message has so many groups.
 */
bool qmp_link_read(struct qmp_link *link, struct err *err);

/*
 * qmp_link_message takes the next whole message out; *message is NULL if there is none, and the
 * caller's to give to qmp_message_free.
 */
bool qmp_link_message(struct qmp_link *link, struct qmp_message **message, struct err *err);

/* qmp_link_rest takes out what stands behind the last whole message, as a message. */
bool qmp_link_rest(struct qmp_link *link, struct qmp_message **message, struct err *err);

void qmp_message_free(struct qmp_message *message);

/* qmp_link_put has octets written, and fds (taken over) with them; fds may be NULL. */
bool qmp_link_put(struct qmp_link *link, struct span octets, struct qmp_fd_queue *fds,
                  struct err *err);

/* qmp_link_takes tells whether there is a place for the groups of fds, and for one more. */
static inline bool qmp_link_takes(const struct qmp_link *link, const struct qmp_fd_queue *fds)
{
    return link->out_fds.count == 0 || link->out_fds.count + fds->count < QMP_FD_GROUPS_MAX;
}

/* qmp_link_write writes what it can. False: the socket is broken. */
bool qmp_link_write(struct qmp_link *link, struct err *err);

static inline bool qmp_link_is_open(const struct qmp_link *link)
{
    return link->fd >= 0;
}

static inline size_t qmp_link_pending(const struct qmp_link *link)
{
    return link->out.len - link->out_done;
}

void qmp_fds_close(struct qmp_fd_queue *queue);

#endif
