/*
 * proxy_return.h - QEMU's return path: what the destination's QEMU says to the source's, beside the
 * stream. It is passed on in whole messages; the last one, SHUT, is what the source's QEMU waits
 * for before it completes.
 */
#ifndef VMBER_PROXY_RETURN_H
#define VMBER_PROXY_RETURN_H

#include "tools/proxy/proxy_job.h"

/* proxy_return_put passes octets of the return path on to QEMU; half a message waits for the rest.
 */
void proxy_return_put(struct proxy_job *job, struct span octets);

/*
 * proxy_return_end ends the return path of a QEMU that has given the guest up. Without it QEMU
 * would take the end of the pair for a failure and run the guest again.
 */
void proxy_return_end(struct proxy_job *job);

/* proxy_return_watch reads what an incoming QEMU says; proxy_return_watch_command a command's
 * output. */
void proxy_return_watch(struct proxy_job *job);
void proxy_return_watch_command(struct proxy_job *job);

/* proxy_return_drain passes on what a command that has ended still said. */
void proxy_return_drain(struct proxy_job *job);

/*
 * proxy_return_unloaded tells the source that this QEMU has closed its end without SHUT, if so: it
 * has not loaded the guest, or does not run it any more.
 */
void proxy_return_unloaded(struct proxy_job *job);

#endif
