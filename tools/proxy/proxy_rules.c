/* proxy_rules.c - see proxy_rules.h. */
#include "tools/proxy/proxy_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "codec/base/err.h"

enum { LINE_MAX_OCTETS = 512, WORDS_MAX = 32, FILE_MAX = 256 * 1024 };

struct line {
    unsigned number;
    char text[LINE_MAX_OCTETS];
    char *words[WORDS_MAX];
    unsigned count;
};

static bool fail(const struct line *line, const char *expected, const char *found, struct err *err)
{
    return err_set(err, ERR_USAGE, "line %u: expected %s, found '%s'", line->number, expected,
                   found != NULL ? found : "the end of the line");
}

/* The word at index, NULL behind the last. */
static const char *word(const struct line *line, unsigned index)
{
    return index < line->count ? line->words[index] : NULL;
}

/* The place of s in the list, or -1. */
static int find(const char *s, const char *const *list, int count)
{
    for (int i = 0; s != NULL && i < count; i++) {
        if (strcmp(s, list[i]) == 0) {
            return i;
        }
    }
    return -1;
}

static bool parse_version(const char *s, unsigned *major, unsigned *minor)
{
    char behind;

    return s != NULL && sscanf(s, "%u.%u%c", major, minor, &behind) == 2;
}

/* "require NAME", "with NAME" or "without NAME". */
static bool parse_feature(const struct line *line, unsigned at, struct proxy_rule *rule,
                          struct err *err)
{
    static const char *const words[] = {"require", "with", "without"};
    const char *name = word(line, at + 1);
    int which = find(word(line, at), words, 3);
    enum form_feature_id id;

    if (which < 0) {
        return fail(line, "require, with or without", word(line, at), err);
    }
    if (which == 0) { /* which the other end may know and we do not */
        if (name == NULL || strlen(name) >= PROXY_FEATURE_MAX ||
            rule->required_count == PROXY_REQUIRED_MAX) {
            return fail(line, "a feature", name, err);
        }
        memcpy(rule->required[rule->required_count++], name, strlen(name));
        return true;
    }
    id = name != NULL ? form_feature_find(span_str(name)) : FORM_FEATURES;
    if (id == FORM_FEATURES) {
        return fail(line, "a feature that `vmber features` lists", name, err);
    }
    *(which == 1 ? &rule->with : &rule->without) |= FORM_FEATURE_BIT(id);
    return true;
}

static bool parse_rule(const struct line *line, struct proxy_rule *rule, struct err *err)
{
    static const char *const directions[] = {"outgoing", "incoming"};
    static const char *const channels[] = {"any", "file", "network"};
    static const char *const states[] = {"off", "on", "auto"};
    int direction = find(word(line, 0), directions, 2);
    int channel = find(word(line, 1), channels, 3);
    unsigned at = 3;
    int state;

    memset(rule, 0, sizeof(*rule));
    if (direction < 0) {
        return fail(line, "outgoing or incoming", word(line, 0), err);
    }
    if (channel < 0) {
        return fail(line, "any, file or network", word(line, 1), err);
    }
    if (word(line, 2) == NULL || strlen(word(line, 2)) >= sizeof(rule->machine)) {
        return fail(line, "a machine type", word(line, 2), err);
    }
    memcpy(rule->machine, word(line, 2), strlen(word(line, 2)));
    if (word(line, at) != NULL && strcmp(word(line, at), ">=") == 0) {
        if (!parse_version(word(line, at + 1), &rule->major, &rule->minor)) {
            return fail(line, "a version, like 8.0", word(line, at + 1), err);
        }
        rule->has_version = true;
        at += 2;
    }
    state = find(word(line, at), states, 3);
    if (state < 0 || (state == PROXY_BER_AUTO && direction == PROXY_OUTGOING)) {
        return fail(line, direction == PROXY_OUTGOING ? "on or off" : "on, off or auto",
                    word(line, at), err);
    }
    for (at++; word(line, at) != NULL; at += 2) {
        if (!parse_feature(line, at, rule, err)) {
            return false;
        }
    }
    rule->direction = (enum proxy_direction)direction;
    rule->channel = (enum proxy_channel)channel;
    rule->ber = (enum proxy_ber)state;
    return true;
}

static bool split(struct line *line, struct err *err)
{
    char *p = line->text;

    for (line->count = 0;;) {
        p += strspn(p, " \t\r");
        if (*p == '\0' || *p == '#') {
            return true;
        }
        if (line->count == WORDS_MAX) {
            return err_set(err, ERR_LIMIT, "line %u: more than %d words", line->number, WORDS_MAX);
        }
        line->words[line->count++] = p;
        p += strcspn(p, " \t\r");
        if (*p != '\0') {
            *p++ = '\0';
        }
    }
}

bool proxy_rules_read(struct proxy_rules *rules, struct span text, struct err *err)
{
    struct line line;

    rules->count = 0;
    for (line.number = 1; text.len > 0; line.number++) {
        const uint8_t *end = memchr(text.p, '\n', text.len);
        size_t len = end != NULL ? (size_t)(end - text.p) : text.len;

        if (len >= sizeof(line.text) || memchr(text.p, 0, len) != NULL) {
            return err_set(err, ERR_USAGE, "line %u: too long, or no text", line.number);
        }
        memcpy(line.text, text.p, len);
        line.text[len] = '\0';
        text = span_from(text, end != NULL ? len + 1 : len);
        if (!split(&line, err)) {
            return false;
        }
        if (line.count == 0) {
            continue;
        }
        if (rules->count == PROXY_RULES_MAX) {
            return err_set(err, ERR_LIMIT, "line %u: more than %d rules", line.number,
                           PROXY_RULES_MAX);
        }
        if (!parse_rule(&line, &rules->rules[rules->count], err)) {
            return false;
        }
        rules->count++;
    }
    return true;
}

bool proxy_rules_load(struct proxy_rules *rules, const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *room = malloc(FILE_MAX);
    ssize_t n = 0;
    size_t len = 0;
    bool ok;

    if (fd < 0 || room == NULL) {
        ok = fd < 0 ? err_set(err, ERR_IO, "cannot open %s: %s", path, strerror(errno))
                    : err_memory(err);
        goto out;
    }
    while (len < FILE_MAX && (n = read(fd, room + len, FILE_MAX - len)) > 0) {
        len += (size_t)n;
    }
    if (n < 0 || len == FILE_MAX) {
        ok = err_set(err, ERR_IO, "cannot read %s: %s", path, n < 0 ? strerror(errno) : "too long");
    } else {
        ok = proxy_rules_read(rules, span_of(room, len), err) || err_at_path(err, "%s", path);
    }
out:
    free(room);
    if (fd >= 0) {
        (void)close(fd);
    }
    return ok;
}

/* Whether machine is prefix, "-", and a version of at least what the rule says. */
static bool version_fits(const struct proxy_rule *rule, const char *machine)
{
    const char *dash = strrchr(machine, '-');
    char prefix[PROXY_MACHINE_MAX];
    unsigned major;
    unsigned minor;

    if (dash == NULL || (size_t)(dash - machine) >= sizeof(prefix) ||
        !parse_version(dash + 1, &major, &minor)) {
        return false;
    }
    memcpy(prefix, machine, (size_t)(dash - machine));
    prefix[dash - machine] = '\0';
    return fnmatch(rule->machine, prefix, 0) == 0 &&
           (major > rule->major || (major == rule->major && minor >= rule->minor));
}

const struct proxy_rule *proxy_rules_find(const struct proxy_rules *rules,
                                          enum proxy_direction direction,
                                          enum proxy_channel channel, const char *machine)
{
    const struct proxy_rule *found = NULL;

    for (unsigned i = 0; i < rules->count; i++) {
        const struct proxy_rule *rule = &rules->rules[i];

        if (rule->direction == direction &&
            (rule->channel == PROXY_ANY_CHANNEL || rule->channel == channel) &&
            (rule->has_version ? version_fits(rule, machine)
                               : fnmatch(rule->machine, machine, 0) == 0)) {
            found = rule;
        }
    }
    return found;
}
