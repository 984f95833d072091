/* proxy_named.c - see proxy_named.h. */
#include "tools/proxy/proxy_named.h"

#include <fcntl.h>
#include <unistd.h>

enum { TEXT_MAX = 4096 };

static unsigned place_of(const struct proxy_named *named, const char *name)
{
    unsigned i = 0;

    while (i < named->count && strcmp(named->fds[i].name, name) != 0) {
        i++;
    }
    return i;
}

void proxy_named_keep(struct proxy_named *named, const struct qmp_doc *command, uint32_t token,
                      int fd)
{
    struct proxy_named_fd made;

    if (named->count < PROXY_NAMED_MAX &&
        qmp_string(command, token, made.name, sizeof(made.name)) && made.name[0] != '\0') {
        made.fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        if (made.fd >= 0) {
            named->fds[named->count++] = made;
        }
    }
}

int proxy_named_find(const struct proxy_named *named, const char *name)
{
    unsigned i = place_of(named, name);

    return i < named->count ? named->fds[i].fd : -1;
}

int proxy_named_take(struct proxy_named *named, const char *name)
{
    unsigned i = place_of(named, name);
    int fd = -1;

    if (i < named->count) {
        fd = named->fds[i].fd;
        named->fds[i] = named->fds[--named->count];
    }
    return fd;
}

/* Whether text is this name, or has it as in "fd:name", "one:two" and "tap,fd=name". */
static bool has_word(const char *text, const char *name)
{
    static const char between[] = ":,= ";

    for (const char *at = strstr(text, name); at != NULL; at = strstr(at + 1, name)) {
        char behind = at[strlen(name)];

        if ((at == text || strchr(between, at[-1]) != NULL) &&
            (behind == '\0' || strchr(between, behind) != NULL)) {
            return true;
        }
    }
    return false;
}

static bool mentions(const struct qmp_doc *command, const char *name)
{
    uint32_t arguments = qmp_member(command, 0, "arguments");
    char text[TEXT_MAX];

    for (uint32_t i = arguments; i != QMP_NONE && i < command->tokens[arguments].next; i++) {
        if (qmp_string(command, i, text, sizeof(text)) && has_word(text, name)) {
            return true;
        }
    }
    return false;
}

void proxy_named_used(struct proxy_named *named, const struct qmp_doc *command)
{
    for (unsigned i = named->count; i-- > 0;) {
        if (mentions(command, named->fds[i].name)) {
            (void)close(named->fds[i].fd);
            named->fds[i] = named->fds[--named->count];
        }
    }
}

void proxy_named_clear(struct proxy_named *named)
{
    while (named->count > 0) {
        (void)close(named->fds[--named->count].fd);
    }
}
