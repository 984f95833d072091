/* proxy_socket.h - sockets of migrations and of QMP: listening, connecting, naming. */
#ifndef VMBER_PROXY_SOCKET_H
#define VMBER_PROXY_SOCKET_H

#include "tools/proxy/proxy_target.h"

/*
 * proxy_socket_connect begins to connect to the address behind the first skip ones the target's
 * name stands for; *fd is not blocking, and writable when it has. False, with err as it was, if
 * there are no more addresses.
 */
bool proxy_socket_connect(const struct proxy_target *target, unsigned skip, int *fd,
                          struct err *err);

/* proxy_socket_connected is whether it did; then fd blocks again. */
bool proxy_socket_connected(const struct proxy_target *target, int fd, struct err *err);

/* proxy_socket_listen listens for one peer; an old socket at a unix path is replaced. */
bool proxy_socket_listen(const struct proxy_target *target, int *fd, struct err *err);

/* proxy_socket_patience has a broken network found within seconds. */
void proxy_socket_patience(int fd, unsigned seconds);

/* proxy_socket_is is whether fd is a stream socket. */
bool proxy_socket_is(int fd);

/* proxy_socket_address writes the address fd listens at as QAPI's SocketAddress. */
bool proxy_socket_address(int fd, char *out, size_t cap);

#endif
