/*
 * cmd_container.h - files in which a migration stream stands behind something else. So far one:
 * libvirt's save image (virsh save, managedsave, snapshots with memory).
 */
#ifndef VMBER_TOOLS_CMD_CONTAINER_H
#define VMBER_TOOLS_CMD_CONTAINER_H

#include <stdbool.h>

/*
 * cmd_container_skip moves fd, a regular file at its start, to the stream inside it; false if fd is
 * no container, and stays where it is.
 */
bool cmd_container_skip(int fd);

#endif
