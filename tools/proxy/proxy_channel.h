/*
 * proxy_channel.h - what goes over a job's channel and the pair without the codec: HELLO, END,
 * READY, GO, FAILED and the return path; and the codec's reports.
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

/* proxy_channel_to_qemu writes octets of the return path. */
void proxy_channel_to_qemu(struct proxy_job *job, struct span octets);

/* proxy_channel_watch_qemu reads QEMU's return path; proxy_channel_watch_in a command's output. */
void proxy_channel_watch_qemu(struct proxy_job *job);
void proxy_channel_watch_in(struct proxy_job *job);

/* proxy_channel_drain passes on what a command that has ended still said. */
void proxy_channel_drain(struct proxy_job *job);

/* proxy_channel_reports reads what the codec has said. */
void proxy_channel_reports(struct proxy_job *job);

/* proxy_channel_say_yes lets the codec end the stream. */
void proxy_channel_say_yes(struct proxy_job *job);

#endif
