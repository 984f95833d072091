/* proxy_target.c - see proxy_target.h. */
#include "tools/proxy/proxy_target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/base/err.h"

static const char *const names[] = {"tcp", "unix", "exec", "fd", "file"};

const char *proxy_transport_name(enum proxy_transport transport)
{
    return transport < PROXY_NO_TRANSPORT ? names[transport] : "other";
}

static bool set_name(struct proxy_target *target, const char *s, size_t len, struct err *err)
{
    if (len == 0 || len >= sizeof(target->name)) {
        return err_set(err, ERR_USAGE, "the address is %s", len == 0 ? "empty" : "too long");
    }
    memcpy(target->name, s, len);
    target->name[len] = '\0';
    return true;
}

/* host:port[,options], host perhaps in brackets. */
static bool parse_tcp(struct proxy_target *target, const char *s, struct err *err)
{
    const char *comma = strchr(s, ',');
    size_t len = comma != NULL ? (size_t)(comma - s) : strlen(s);
    size_t colon = len;

    while (colon > 0 && s[colon] != ':') {
        colon--;
    }
    if (s[colon] != ':' || len - colon - 1 == 0 || len - colon - 1 >= sizeof(target->port)) {
        return err_set(err, ERR_USAGE, "error parsing address '%s'", s);
    }
    memcpy(target->port, s + colon + 1, len - colon - 1);
    target->port[len - colon - 1] = '\0';
    if (colon >= 2 && s[0] == '[' && s[colon - 1] == ']') {
        return set_name(target, s + 1, colon - 2, err);
    }
    if (colon == 0) {
        target->name[0] = '\0';
        return true;
    }
    return set_name(target, s, colon, err);
}

/* A name in QEMU's own table of descriptors is nothing that can be opened here. */
static bool file_name(struct proxy_target *target, const char *s, size_t len, struct err *err)
{
    static const char own[] = "/dev/fdset/";

    if (strncmp(s, own, sizeof(own) - 1) == 0) {
        target->transport = PROXY_NO_TRANSPORT;
        s = "file:/dev/fdset";
        len = strlen(s);
    }
    return set_name(target, s, len, err);
}

/* path[,offset=N] */
static bool parse_file(struct proxy_target *target, const char *s, struct err *err)
{
    static const char option[] = ",offset=";
    const char *at = strstr(s, option);
    size_t len = at != NULL ? (size_t)(at - s) : strlen(s);
    char *end;

    if (at != NULL) {
        at += sizeof(option) - 1;
        errno = 0;
        target->offset = strtoull(at, &end, 0);
        if (errno != 0 || end == at || *end != '\0') {
            return err_set(err, ERR_USAGE, "file URI has bad offset %s", at);
        }
    }
    return file_name(target, s, len, err);
}

bool proxy_target_uri(struct proxy_target *target, const char *uri, struct err *err)
{
    const char *colon = strchr(uri, ':');

    memset(target, 0, sizeof(*target));
    target->transport = PROXY_NO_TRANSPORT;
    for (size_t i = 0; colon != NULL && i < sizeof(names) / sizeof(names[0]); i++) {
        if ((size_t)(colon - uri) == strlen(names[i]) &&
            strncmp(uri, names[i], strlen(names[i])) == 0) {
            target->transport = (enum proxy_transport)i;
        }
    }
    switch (target->transport) {
    case PROXY_TCP:
        return parse_tcp(target, colon + 1, err);
    case PROXY_FILE:
        return parse_file(target, colon + 1, err);
    case PROXY_UNIX:
    case PROXY_EXEC:
    case PROXY_FD:
        return set_name(target, colon + 1, strlen(colon + 1), err);
    case PROXY_NO_TRANSPORT:
        break;
    }
    if (colon == NULL) {
        return err_set(err, ERR_USAGE, "unknown migration protocol: %s", uri);
    }
    return set_name(target, uri, (size_t)(colon - uri), err);
}

static bool text(const struct qmp_doc *doc, uint32_t object, const char *member, char *out,
                 size_t cap, struct err *err)
{
    uint32_t value = qmp_member(doc, object, member);

    return (value != QMP_NONE && qmp_string(doc, value, out, cap)) ||
           err_set(err, ERR_USAGE, "Parameter '%s' is missing", member);
}

static bool socket_address(struct proxy_target *target, const struct qmp_doc *doc, uint32_t addr,
                           struct err *err)
{
    char type[16];

    if (!text(doc, addr, "type", type, sizeof(type), err)) {
        return false;
    }
    if (strcmp(type, "inet") == 0) {
        target->transport = PROXY_TCP;
        return text(doc, addr, "host", target->name, sizeof(target->name), err) &&
               text(doc, addr, "port", target->port, sizeof(target->port), err);
    }
    if (strcmp(type, "unix") == 0) {
        target->transport = PROXY_UNIX;
        return text(doc, addr, "path", target->name, sizeof(target->name), err);
    }
    if (strcmp(type, "fd") == 0) {
        target->transport = PROXY_FD;
        return text(doc, addr, "str", target->name, sizeof(target->name), err);
    }
    return set_name(target, type, strlen(type), err);
}

static bool exec_words(struct proxy_target *target, const struct qmp_doc *doc, uint32_t addr,
                       struct err *err)
{
    uint32_t list = qmp_member(doc, addr, "args");
    size_t used = 0;
    size_t n = 0;

    target->transport = PROXY_EXEC;
    for (uint32_t i = qmp_first(doc, list); i != QMP_NONE; i = qmp_next(doc, list, i)) {
        if (n == PROXY_EXEC_ARGS_MAX ||
            !qmp_string(doc, i, target->name + used, sizeof(target->name) - used)) {
            return err_set(err, ERR_USAGE, "the command is too long");
        }
        target->args[n++] = target->name + used;
        used += strlen(target->name + used) + 1;
    }
    return n > 0 || err_set(err, ERR_USAGE, "Parameter 'args' is missing");
}

static bool file_address(struct proxy_target *target, const struct qmp_doc *doc, uint32_t addr,
                         struct err *err)
{
    uint32_t offset = qmp_member(doc, addr, "offset");
    char name[PROXY_WORD_MAX];
    struct span digits = offset != QMP_NONE ? qmp_text(doc, offset) : span_str("0");

    target->transport = PROXY_FILE;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9' || digits.len > 18) {
            return err_set(err, ERR_USAGE, "Parameter 'offset' is no number");
        }
        target->offset = target->offset * 10 + (uint64_t)(digits.p[i] - '0');
    }
    return text(doc, addr, "filename", name, sizeof(name), err) &&
           file_name(target, name, strlen(name), err);
}

bool proxy_target_channels(struct proxy_target *target, const struct qmp_doc *doc,
                           uint32_t channels, struct err *err)
{
    uint32_t channel = qmp_first(doc, channels);
    uint32_t addr;
    char transport[32];

    memset(target, 0, sizeof(*target));
    target->transport = PROXY_NO_TRANSPORT;
    if (channel == QMP_NONE || qmp_next(doc, channels, channel) != QMP_NONE) {
        return err_set(err, ERR_USAGE,
                       "Channel list must have one (main) entry, for capability "
                       "'ber'");
    }
    addr = qmp_member(doc, channel, "addr");
    if (!qmp_is(doc, qmp_member(doc, channel, "channel-type"), "main") || addr == QMP_NONE ||
        !text(doc, addr, "transport", transport, sizeof(transport), err)) {
        return err_set(err, ERR_USAGE, "Channel list must have a main entry with an address");
    }
    if (strcmp(transport, "socket") == 0) {
        return socket_address(target, doc, addr, err);
    }
    if (strcmp(transport, "exec") == 0) {
        return exec_words(target, doc, addr, err);
    }
    if (strcmp(transport, "file") == 0) {
        return file_address(target, doc, addr, err);
    }
    return set_name(target, transport, strlen(transport), err);
}
