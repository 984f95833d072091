/* proxy_socket.c - see proxy_socket.h. */
#define _GNU_SOURCE /* SOCK_CLOEXEC, SOCK_NONBLOCK */
#include "tools/proxy/proxy_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "codec/base/err.h"

enum { KEEPALIVE_SECONDS = 5 };

static bool unix_address(const char *path, struct sockaddr_un *out, struct err *err)
{
    memset(out, 0, sizeof(*out));
    out->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof(out->sun_path)) {
        return err_set(err, ERR_USAGE, "UNIX socket path '%s' is too long", path);
    }
    memcpy(out->sun_path, path, strlen(path) + 1);
    return true;
}

static bool resolve(const struct proxy_target *target, bool passive, struct addrinfo **list,
                    struct err *err)
{
    struct addrinfo hints;
    int why;

    memset(&hints, 0, sizeof(hints));
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = passive ? AI_PASSIVE : 0;
    why = getaddrinfo(target->name[0] != '\0' ? target->name : NULL, target->port, &hints, list);
    return why == 0 || err_set(err, ERR_IO, "address resolution failed for %s:%s: %s", target->name,
                               target->port, gai_strerror(why));
}

static bool tell_failure(const char *what, const struct proxy_target *target, int fd,
                         struct err *err)
{
    int why = errno;

    if (fd >= 0) {
        (void)close(fd);
    }
    if (target->transport == PROXY_TCP) {
        return err_set(err, ERR_IO, "%s '%s:%s': %s", what, target->name, target->port,
                       strerror(why));
    }
    return err_set(err, ERR_IO, "%s '%s': %s", what, target->name, strerror(why));
}

static bool connect_unix(const struct proxy_target *target, int *fd, struct err *err)
{
    struct sockaddr_un path;
    int made;

    if (!unix_address(target->name, &path, err)) {
        return false;
    }
    /* Not to wait for a listener whose queue is full; nothing else of it takes time. */
    made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made < 0 || connect(made, (struct sockaddr *)&path, sizeof(path)) != 0) {
        return tell_failure("Failed to connect to", target, made, err);
    }
    *fd = made;
    return true;
}

bool proxy_socket_connect(const struct proxy_target *target, unsigned skip, int *fd,
                          struct err *err)
{
    struct addrinfo *list = NULL;
    const struct addrinfo *a;
    int made = -1;
    bool ok;

    if (target->transport == PROXY_UNIX) {
        return skip == 0 && connect_unix(target, fd, err);
    }
    if (!resolve(target, false, &list, err)) {
        return false;
    }
    for (a = list; a != NULL && skip > 0; a = a->ai_next) {
        skip--;
    }
    ok = a != NULL;
    if (ok) {
        made = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        ok = made >= 0 && (connect(made, a->ai_addr, a->ai_addrlen) == 0 || errno == EINPROGRESS);
        if (!ok) {
            (void)tell_failure("Failed to connect to", target, made, err);
        }
    }
    freeaddrinfo(list);
    if (ok) {
        *fd = made;
    }
    return ok;
}

bool proxy_socket_connected(const struct proxy_target *target, int fd, struct err *err)
{
    int why = 0;
    socklen_t len = sizeof(why);

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &len) != 0) {
        why = errno;
    }
    if (why != 0) {
        errno = why;
        return tell_failure("Failed to connect to", target, -1, err);
    }
    (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    return true;
}

bool proxy_socket_listen(const struct proxy_target *target, int *fd, struct err *err)
{
    struct addrinfo *list = NULL;
    struct sockaddr_un path;
    int made = -1;
    int result = -1;
    int one = 1;

    if (target->transport == PROXY_UNIX) {
        if (!unix_address(target->name, &path, err)) {
            return false;
        }
        made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (unlink(target->name) == 0 || errno == ENOENT) {
            result = made < 0 ? -1 : bind(made, (struct sockaddr *)&path, sizeof(path));
        }
    } else {
        if (!resolve(target, true, &list, err)) {
            return false;
        }
        made = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (made >= 0) {
            (void)setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
            result = bind(made, list->ai_addr, list->ai_addrlen);
        }
        freeaddrinfo(list);
    }
    if (result != 0) {
        return tell_failure("Failed to bind socket to", target, made, err);
    }
    if (listen(made, 1) != 0) {
        return tell_failure("Failed to listen on socket", target, made, err);
    }
    *fd = made;
    return true;
}

void proxy_socket_patience(int fd, unsigned seconds)
{
    int one = 1;
    int interval = KEEPALIVE_SECONDS;
    int count = (int)(seconds / KEEPALIVE_SECONDS) + 1;
    unsigned ms = seconds * 1000;

    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &interval, sizeof(interval));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
}

bool proxy_socket_is(int fd)
{
    int type = 0;
    socklen_t len = sizeof(type);

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

bool proxy_socket_address(int fd, char *out, size_t cap)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    char host[128];
    char port[16];
    int n;

    memset(&address, 0, sizeof(address));
    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
        return false;
    }
    if (address.ss_family == AF_UNIX) {
        char path[256];
        const struct sockaddr_un *u = (const struct sockaddr_un *)&address;

        n = snprintf(out, cap, "{\"path\": %s, \"type\": \"unix\"}",
                     qmp_quote(u->sun_path, path, sizeof(path)));
        return n > 0 && (size_t)n < cap;
    }
    if (getnameinfo((struct sockaddr *)&address, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        return false;
    }
    n = snprintf(out, cap,
                 "{\"port\": \"%s\", \"ipv%d\": true, \"host\": \"%s\", \"type\": "
                 "\"inet\"}",
                 port, address.ss_family == AF_INET6 ? 6 : 4, host);
    return n > 0 && (size_t)n < cap;
}
