/*
 * proxy_way.h - how a job gets its channel: files are opened, commands started, hosts connected to
 * or waited for.
 */
#ifndef VMBER_PROXY_WAY_H
#define VMBER_PROXY_WAY_H

#include "tools/proxy/proxy_job.h"

/* proxy_way_open opens what can be opened before QEMU has begun; fd is that of an fd: target. */
bool proxy_way_open(struct proxy_job *job, int fd, struct err *err);

/* proxy_way_go gets the channel, at once or later, and has the job go on then. */
bool proxy_way_go(struct proxy_job *job, struct err *err);

/* proxy_way_stop_listening closes an address that nobody else may come to. */
void proxy_way_stop_listening(struct proxy_job *job);

#endif
