/*
 * proxy_channel.h - what goes over a job's channel without the codec: HELLO, END, READY, GO, FAILED
 * and RETURN; and the codec's reports.
 */
#ifndef VMBER_PROXY_CHANNEL_H
#define VMBER_PROXY_CHANNEL_H

#include "tools/proxy/proxy_job.h"

/* proxy_channel_begin says HELLO, or waits for what comes first. */
void proxy_channel_begin(struct proxy_job *job);

/* proxy_channel_send sends a frame; what the channel does not take now is kept. */
void proxy_channel_send(struct proxy_job *job, enum proxy_kind kind, struct span contents);

/* proxy_channel_last_word tries to send FAILED, without waiting. */
void proxy_channel_last_word(struct proxy_job *job, const char *why);

/* proxy_channel_hear_out reads frames for up to ms; true if the job has failed by one of them. */
bool proxy_channel_hear_out(struct proxy_job *job, int ms);

/* proxy_channel_back sends octets of the return path to the source. */
void proxy_channel_back(struct proxy_job *job, struct span octets);

/* proxy_channel_write writes what fd takes now, and drops it from buf; false if fd is broken. */
bool proxy_channel_write(int fd, struct buf *buf);

/* proxy_channel_reports reads what the codec has said. */
void proxy_channel_reports(struct proxy_job *job);

/* proxy_channel_say_yes lets the codec end the stream. */
void proxy_channel_say_yes(struct proxy_job *job);

#endif
