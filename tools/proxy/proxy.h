/*
 * proxy.h - the QMP proxy: one client, one QEMU, at most one BER migration at a time.
 *
 * What passes between client and QEMU stays as it is, octet for octet, but for the messages of
 * qmp_ber.h. Commands of the proxy's own carry ids that begin with "vmber:"; nobody else sees them
 * or their replies.
 */
#ifndef VMBER_PROXY_PROXY_H
#define VMBER_PROXY_PROXY_H

#include <sys/stat.h>
#include <sys/types.h>

#include "tools/proxy/proxy_job.h"
#include "tools/proxy/proxy_named.h"
#include "tools/proxy/qmp_ber.h"
#include "tools/proxy/qmp_link.h"

enum { PROXY_INHERITED_MAX = 64 };

struct proxy_options {
    const char *listen_path;
    int listen_fd; /* a socket that listens already, or -1 */
    const char *qemu_path;
    const char *config_path; /* NULL: no rules */
    mode_t mode;             /* of the socket at listen_path */
    uid_t owner;             /* (uid_t)-1: as it is */
    gid_t group;
    pid_t qemu_pid;                     /* end with this process; 0: do not */
    bool once;                          /* end when QEMU closes its socket */
    int inherited[PROXY_INHERITED_MAX]; /* descriptors that QEMU has under these numbers as well */
    unsigned inherited_count;
    struct proxy_log log;
    struct proxy_job_options job;
};

struct proxy;

/* What to do with the reply to a command. */
typedef void (*proxy_answer_fn)(struct proxy *proxy, struct qmp_doc *reply);

enum proxy_edit {
    PROXY_EDIT_NONE,
    PROXY_EDIT_CAPABILITIES,
    PROXY_EDIT_SCHEMA,
    PROXY_EDIT_MIGRATE_INFO,
};

/* A command whose reply has not come yet. */
struct proxy_unanswered {
    bool of_client;        /* its reply goes to the client */
    bool oob;              /* its reply may come before those of others */
    bool own;              /* the proxy answers: text is the reply */
    enum proxy_edit edit;  /* of the reply */
    proxy_answer_fn after; /* looks at the reply; NULL: nobody does */
    char *text;            /* own: the reply; else the id as it was written, or NULL */
    size_t text_len;
    bool value; /* for after */
};

/* A command of the client that takes the proxy several steps. */
struct proxy_op {
    struct qmp_message *message; /* NULL: none */
    enum proxy_direction direction;
    struct proxy_target target;
    enum proxy_ber ber;
    bool by_rule; /* not the client, but the configuration wants BER */
    struct proxy_rule rule;
    struct qmp_capabilities capabilities;
};

struct proxy {
    const struct proxy_options *options;
    struct proxy_loop loop;
    struct proxy_rules rules;
    int listen_fd;
    struct stat listen_stat; /* of the socket at options->listen_path, once it is ours */
    struct qmp_link client;
    struct qmp_link qemu;
    int listen_watch;
    int client_watch;
    int qemu_watch;
    int pid_watch;
    int pidfd;

    bool ready; /* qmp_capabilities has succeeded on this connection */
    bool oob;   /* and has allowed out-of-band commands */
    bool busy;  /* commands of the client wait */
    struct qmp_message *held;
    unsigned held_count;
    struct proxy_unanswered *unanswered;
    unsigned unanswered_count;
    unsigned unanswered_cap;
    uint64_t next_id;
    struct qmp_doc command; /* the command at hand */
    struct qmp_doc reply;   /* the reply at hand */

    pid_t qemu_pid;                  /* who this is about; another one has its own capabilities */
    bool chosen;                     /* the client has set 'ber' */
    bool ber;                        /* to this */
    char machine[PROXY_MACHINE_MAX]; /* "" until asked for */
    struct proxy_named named;        /* of this client */
    unsigned inherited_count;        /* of options->inherited, those still open */

    struct proxy_op op;
    struct proxy_job job;
    bool pause_before;    /* the job's migration stops before the switchover */
    bool asking;          /* the job's question is with QEMU, or waits to be */
    bool verdict;         /* a held event may be released */
    bool value;           /* of the command whose reply is at hand */
    bool guest_runs;      /* QEMU's answer to query-status */
    unsigned asked_again; /* times */
    int ask_timer;
    int look_timer;
    unsigned looks_left;   /* behind a yank */
    struct buf held_event; /* a MIGRATION event that says completed too early */
    char fd_name[32];      /* QEMU's name for its end of the pair */
    char address[512];     /* SocketAddress that an incoming job listens at, or "" */
    bool stop;
};

/* proxy_run serves until a signal comes (*stop) or QEMU has ended; returns whether all went well.
 */
bool proxy_run(const struct proxy_options *options, const volatile int *stop, struct err *err);

/* For proxy_commands.c, proxy_migrate.c, proxy_replies.c. */

/* proxy_ask sends a command of the proxy's own; text is everything of it but the id. fd: -1. */
void proxy_ask(struct proxy *proxy, proxy_answer_fn after, int fd, const char *fmt, ...)
    CC_PRINTF(4, 5);

/* proxy_forward passes a command on, which proxy->command is parsed from, with its edits. */
void proxy_forward(struct proxy *proxy, struct qmp_message *message, enum proxy_edit edit,
                   proxy_answer_fn after, bool value);

/* proxy_refuse answers message in QEMU's place, when its turn comes; frees it. */
void proxy_refuse(struct proxy *proxy, struct qmp_message *message, const char *fmt, ...)
    CC_PRINTF(3, 4);

/* proxy_agree answers message with an empty return: of QMP, or the text of a human monitor. */
void proxy_agree(struct proxy *proxy, struct qmp_message *message, bool human);

/* proxy_dispatch does what a command of the client asks for; takes message over. */
void proxy_dispatch(struct proxy *proxy, struct qmp_message *message);

/* proxy_pump goes on with the commands that wait: behind what has come from either side. */
void proxy_pump(struct proxy *proxy);

/* proxy_on_reply handles one message of QEMU; takes it over. */
void proxy_on_reply(struct proxy *proxy, struct qmp_message *message);

/* proxy_on_job_changed, proxy_on_job_asks: the job's host. */
void proxy_on_job_changed(void *ctx);
void proxy_on_job_asks(void *ctx);

/* proxy_qemu_has_failed: QEMU says so, or that the migration is cancelled; so has the job, then. */
void proxy_qemu_has_failed(struct proxy *proxy, bool cancelled);

/* proxy_look_behind_yank finds out what a yank has done to the migration. */
void proxy_look_behind_yank(struct proxy *proxy);

/* proxy_look_behind_failure has QEMU end a migration that has failed here, as soon as it can. */
void proxy_look_behind_failure(struct proxy *proxy);

/* proxy_client_gone ends the session with the client. */
void proxy_client_gone(struct proxy *proxy);

void proxy_release_event(struct proxy *proxy);
void proxy_ask_job_question(struct proxy *proxy);

/* proxy_migrate does what migrate and migrate-incoming ask for; takes message over. */
void proxy_migrate(struct proxy *proxy, struct qmp_message *message,
                   enum proxy_direction direction);

/* proxy_op_take takes out the command that takes several steps; proxy_op_end ends it. */
struct qmp_message *proxy_op_take(struct proxy *proxy);
void proxy_op_end(struct proxy *proxy);

/* proxy_parse_again parses proxy->command from message, which other commands may have come after.
 */
bool proxy_parse_again(struct proxy *proxy, const struct qmp_message *message);

static inline bool proxy_is_return(const struct qmp_doc *reply)
{
    return qmp_member(reply, 0, "return") != QMP_NONE;
}

/* proxy_flush_own gives the client the proxy's own replies whose turn it is. */
void proxy_flush_own(struct proxy *proxy);

/* proxy_forget_inherited closes the descriptors that were there for a migration to come in by. */
void proxy_forget_inherited(struct proxy *proxy);

/* proxy_forget drops what is known of commands that QEMU will not answer any more. */
void proxy_forget(struct proxy *proxy);

/* proxy_to_client sends octets to the client, if there is one. */
void proxy_to_client(struct proxy *proxy, struct span octets, struct qmp_fd_queue *fds);

#endif
