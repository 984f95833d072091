/*
 * section_values.c - the values of the device sections of BER streams, for readers that know
 * nothing of streams.
 *
 *     section_values IN... >OUT
 *
 * For each section whose type conforms to a module, a line and the octets of the value:
 *
 *     Vmber-E1000 5731
 *     30 82 16 5f ...
 *
 * The type of the value is the first one of the module. Equal values of one module come once.
 * Exit status 1 with a sentence if a stream cannot be read or a described section has no module.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codec/base/hash.h"
#include "codec/base/io_fd.h"
#include "codec/stream/form_events.h"

enum { SEEN_SLOTS = 1 << 20 };

struct job {
    const char *path;
    struct hash *hash;
    uint64_t *seen; /* hashes of values, open addressing; 0 is free */
    size_t values;
    size_t bare; /* sections without a module */
};

/* Notes a value; false if it was there. */
static bool is_new(struct job *job, struct span module, struct span value)
{
    uint8_t check[HASH_CHECK_LEN];
    uint64_t hash;
    size_t i;

    hash_reset(job->hash);
    hash_put(job->hash, module.p, module.len);
    hash_put(job->hash, value.p, value.len);
    hash_check(job->hash, check);
    memcpy(&hash, check, sizeof(hash));
    hash |= 1;
    i = (size_t)(hash >> 32) & (SEEN_SLOTS - 1);
    while (job->seen[i] != 0) {
        if (job->seen[i] == hash) {
            return false;
        }
        i = (i + 1) & (SEEN_SLOTS - 1);
    }
    job->seen[i] = hash;
    job->values++;
    return true;
}

static bool on_head(void *ctx, const struct form_head *head, struct err *err)
{
    const struct job *job = ctx;

    return head->format == FORM_BER || err_set(err, ERR_USAGE, "%s is no BER stream", job->path);
}

static bool on_event(void *ctx, const struct form_event *event, struct err *err)
{
    struct job *job = ctx;
    const struct wire_section *section = &event->body->u.section;
    const struct wire_type_description *wire;

    if (event->body->which != WIRE_BODY_SECTION) {
        return true;
    }
    wire = &lay_types_get(event->types, section->type)->wire;
    if (!wire->has_module) {
        job->bare++;
        (void)fprintf(stderr, "section_values: %s: %.*s has no module\n", job->path,
                      (int)section->open.identity.name.len,
                      (const char *)section->open.identity.name.p);
    } else if (job->values == SEEN_SLOTS / 2) {
        return err_set(err, ERR_LIMIT, "more than %d different values", SEEN_SLOTS / 2);
    } else if (is_new(job, wire->module.name, section->value)) {
        (void)printf("%.*s %zu\n", (int)wire->module.name.len, (const char *)wire->module.name.p,
                     section->value.len);
        (void)fwrite(section->value.p, 1, section->value.len, stdout);
    }
    return true;
}

static bool on_end(void *ctx, const struct form_end *end, struct err *err)
{
    (void)ctx;
    (void)end;
    (void)err;
    return true;
}

int main(int argc, char **argv)
{
    struct job job = {0};
    struct form_sink sink = {&job, on_head, on_event, on_end};
    bool ok = true;

    job.seen = calloc(SEEN_SLOTS, sizeof(*job.seen));
    job.hash = hash_new();
    ok = job.seen != NULL && job.hash != NULL;
    for (int i = 1; ok && i < argc; i++) {
        struct io_fd fd = {0};
        struct err err = ERR_INIT;

        job.path = argv[i];
        fd.name = argv[i];
        fd.fd = open(argv[i], O_RDONLY);
        ok = form_events(io_fd_source(&fd), NULL, &sink, &err);
        if (!ok) {
            (void)fprintf(stderr, "section_values: %s: %s: %s\n", argv[i], err.path, err.text);
        }
        (void)close(fd.fd);
    }
    free(job.seen);
    hash_free(job.hash);
    (void)fprintf(stderr, "%zu different values, %zu sections without a module\n", job.values,
                  job.bare);
    return ok && job.bare == 0 && fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
