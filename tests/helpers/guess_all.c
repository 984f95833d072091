/*
 * guess_all.c - how well sections are laid out by modules alone: takes streams that are described,
 * forgets the descriptions, guesses, and compares.
 *
 *     guess_all [--modules PATH]... STREAM...
 *
 * For each section that conforms to a module, one of
 *
 *     equal      the type is the very one that joining its description gives
 *     alike      it has the same fields at the same octets; QEMU described an array otherwise
 *     renamed    it has the same fields, but some have other names: two modules differ in names
 * only different  it has other fields: a wrong guess ambiguous  it fits in several forms, or there
 * are too many to try none       it fits in no form
 *
 * Each that is not equal is named, with the reason. Exit status 1 if any guess is wrong.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "codec/base/buf.h"
#include "codec/base/io_fd.h"
#include "codec/device/mod_guess.h"
#include "codec/device/mod_join.h"
#include "codec/device/mod_library.h"
#include "codec/savevm/lay_visit.h"
#include "codec/stream/form_events.h"

enum verdict {
    EQUAL,
    ALIKE,
    RENAMED,
    DIFFERENT,
    AMBIGUOUS,
    NONE,
    INVENTED,
    NO_MODULE,
    VERDICT_COUNT
};

static const char *const verdict_names[] = {"equal",     "alike", "renamed",  "different",
                                            "ambiguous", "none",  "invented", "no module"};

struct job {
    struct mod_library lib;
    const char *path;
    struct lay_types types; /* of the stream, as they are told, and what is guessed */
    uint32_t *ids;          /* by number on the wire: id in types */
    uint32_t id_count;
    uint32_t id_cap;
    size_t counts[VERDICT_COUNT];
    double slowest; /* guess, in seconds */
    char slowest_name[512];
    size_t slowest_octets;
};

static void *check_memory(void *p)
{
    if (p == NULL) {
        (void)fprintf(stderr, "guess_all: no memory\n");
        exit(2);
    }
    return p;
}

/* The number of a type on the wire, as an id in our table. */
static void translate(const struct job *job, uint32_t *id)
{
    *id = *id - 1 < job->id_count ? job->ids[*id - 1] : 0;
}

/* Adds a type that the stream describes to our table. */
static bool learn(struct job *job, const struct wire_type_description *told, struct err *err)
{
    struct wire_type_description wire = *told;
    struct arena arena;
    uint32_t *ids;
    bool ok;

    arena_init(&arena, SIZE_MAX / 2);
    wire.fields.items =
        check_memory(arena_array(&arena, wire.fields.count, sizeof(*wire.fields.items), NULL));
    if (wire.fields.count > 0) {
        memcpy(wire.fields.items, told->fields.items,
               wire.fields.count * sizeof(*wire.fields.items));
    }
    for (size_t i = 0; i < wire.fields.count; i++) {
        struct wire_field *field = &wire.fields.items[i];

        if (field->has_element) {
            translate(job, &field->element);
        }
        if (field->has_members) {
            ids = check_memory(arena_array(&arena, field->members.count, sizeof(*ids), NULL));
            memcpy(ids, field->members.items, field->members.count * sizeof(*ids));
            field->members.items = ids;
            for (size_t k = 0; k < field->members.count; k++) {
                translate(job, &ids[k]);
            }
        }
    }
    if (wire.has_subsections) {
        ids = check_memory(arena_array(&arena, wire.subsections.count, sizeof(*ids), NULL));
        memcpy(ids, wire.subsections.items, wire.subsections.count * sizeof(*ids));
        wire.subsections.items = ids;
        for (size_t k = 0; k < wire.subsections.count; k++) {
            translate(job, &ids[k]);
        }
    }
    if (job->id_count == job->id_cap) {
        job->id_cap = job->id_cap == 0 ? 256 : job->id_cap * 2;
        job->ids = check_memory(realloc(job->ids, job->id_cap * sizeof(*job->ids)));
    }
    ok = lay_types_intern(&job->types, &wire, &job->ids[job->id_count], err);
    job->id_count += ok;
    arena_done(&arena);
    return ok;
}

struct outlines {
    struct buf full;    /* a line for each leaf: what it is called, and where it lies */
    struct buf unnamed; /* the same without names of fields */
};

static bool outline(void *ctx, enum lay_visit_event event, const struct lay_node *node,
                    struct err *err)
{
    struct outlines *outlines = ctx;
    char line[1024];

    if (event == LAY_VISIT_LEAVE || node->kind == LAY_NODE_ARRAY) {
        return true;
    }
    (void)snprintf(line, sizeof(line), " %u %.*s %d %u %llu %llu\n", (unsigned)node->depth,
                   node->kind == LAY_NODE_STRUCT ? 0 : (int)node->type.len,
                   (const char *)node->type.p, (int)node->kind, (unsigned)node->index,
                   (unsigned long long)node->legacy_offset, (unsigned long long)node->legacy_size);
    return buf_put(&outlines->full, node->name.p, node->name.len, err) &&
           buf_put(&outlines->full, line, strlen(line), err) &&
           buf_put(&outlines->unnamed, line, strlen(line), err);
}

/* Compares what a payload is under two types. */
static enum verdict compare(struct job *job, uint32_t one, uint32_t two, struct span payload)
{
    const struct lay_where where = {span_str("section"), 0, 0};
    const uint32_t ids[] = {one, two};
    struct outlines outlines[2];
    struct buf values[2];
    enum verdict verdict = DIFFERENT;

    for (int i = 0; i < 2; i++) {
        struct err err = ERR_INIT;
        struct arena arena;
        struct span value;

        buf_init(&values[i], SIZE_MAX / 2);
        buf_init(&outlines[i].full, SIZE_MAX / 2);
        buf_init(&outlines[i].unnamed, SIZE_MAX / 2);
        arena_init(&arena, SIZE_MAX / 2);
        if (lay_value_lift(&job->types, ids[i], payload, &where, &values[i], &value, &err)) {
            memmove(values[i].p, value.p, value.len);
            values[i].len = value.len;
            (void)lay_visit(&job->types, ids[i], buf_span(&values[i]), &where, &arena,
                            &(struct lay_visitor){outline, NULL, &outlines[i]}, &err);
        }
        if (err.band != ERR_NONE) {
            (void)printf("        %s: %s\n", err.path, err.text);
        }
        arena_done(&arena);
    }
    if (values[0].len > 0 && span_eq(buf_span(&values[0]), buf_span(&values[1]))) {
        verdict = span_eq(buf_span(&outlines[0].full), buf_span(&outlines[1].full)) ? ALIKE
                  : span_eq(buf_span(&outlines[0].unnamed), buf_span(&outlines[1].unnamed))
                      ? RENAMED
                      : DIFFERENT;
    }
    for (int i = 0; i < 2; i++) {
        buf_done(&values[i]);
        buf_done(&outlines[i].full);
        buf_done(&outlines[i].unnamed);
    }
    return verdict;
}

static enum verdict judge(struct job *job, const struct wire_section *section, struct span payload,
                          struct err *why)
{
    struct span name = section->open.identity.name;
    struct timespec begin;
    struct timespec end;
    uint32_t joined = 0;
    uint32_t guessed;
    double seconds;
    struct err whynot = ERR_INIT;
    bool ok = mod_join_section(&job->lib, &job->types, name, job->ids[section->type - 1], &joined,
                               &whynot);

    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    ok = mod_guess(&job->lib, &job->types, name, section->open.identity.version, payload, &guessed,
                   why);
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    seconds = (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
    if (seconds > job->slowest) {
        job->slowest = seconds;
        job->slowest_octets = payload.len;
        (void)snprintf(job->slowest_name, sizeof(job->slowest_name), "%s: %.*s", job->path,
                       (int)name.len, (const char *)name.p);
    }
    if (joined == 0) {
        *why = whynot;
        return ok ? INVENTED : NO_MODULE;
    }
    if (!ok) {
        return strstr(why->text, "fits in more") != NULL || strstr(why->text, "too many") != NULL
                   ? AMBIGUOUS
                   : NONE;
    }
    return guessed == joined ? EQUAL : compare(job, joined, guessed, payload);
}

static bool on_head(void *ctx, const struct form_head *head, struct err *err)
{
    (void)ctx;
    (void)head;
    (void)err;
    return true;
}

static bool on_event(void *ctx, const struct form_event *event, struct err *err)
{
    struct job *job = ctx;
    const struct wire_section *section = &event->body->u.section;
    struct lay_where where;
    enum verdict verdict;
    struct err why = ERR_INIT;
    struct buf payload;

    if (event->body->which == WIRE_BODY_TYPE_DESCRIPTION) {
        return learn(job, &event->body->u.type_description, err);
    }
    if (event->body->which != WIRE_BODY_SECTION) {
        return true;
    }
    where = form_event_where(event);
    buf_init(&payload, SIZE_MAX / 2);
    if (!lay_value_lower(event->types, section->type, section->value, &where, &payload, err)) {
        buf_done(&payload);
        return false;
    }
    verdict = judge(job, section, buf_span(&payload), &why);
    job->counts[verdict]++;
    if (verdict > EQUAL) {
        (void)printf("%-10s %s: %.*s: %zu octets: %s%s%s\n", verdict_names[verdict], job->path,
                     (int)section->open.identity.name.len,
                     (const char *)section->open.identity.name.p, payload.len, why.path,
                     why.path[0] != '\0' ? ": " : "", why.text);
    }
    buf_done(&payload);
    return true;
}

static bool on_end(void *ctx, const struct form_end *end, struct err *err)
{
    (void)ctx;
    (void)end;
    (void)err;
    return true;
}

static bool run(struct job *job, const char *path)
{
    struct form_sink sink = {job, on_head, on_event, on_end};
    struct err err = ERR_INIT;
    struct io_fd fd = {0};
    bool ok;

    job->path = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
    job->id_count = 0;
    lay_types_init(&job->types);
    fd.name = path;
    fd.fd = open(path, O_RDONLY);
    ok = fd.fd >= 0 && form_events(io_fd_source(&fd), NULL, &sink, &err);
    if (!ok) {
        (void)printf("%s: %s: %s\n", path, err.path, err.text);
    }
    (void)close(fd.fd);
    lay_types_done(&job->types);
    return ok;
}

int main(int argc, char **argv)
{
    static struct job job;
    struct err err = ERR_INIT;
    int i = 1;
    bool ok = true;

    mod_library_init(&job.lib);
    for (; i + 1 < argc && strcmp(argv[i], "--modules") == 0; i += 2) {
        if (!mod_library_add_path(&job.lib, argv[i + 1], &err)) {
            (void)fprintf(stderr, "guess_all: line %u: %s\n", (unsigned)job.lib.diag.line,
                          err.text);
            return 2;
        }
    }
    for (; i < argc; i++) {
        ok = run(&job, argv[i]) && ok;
    }
    for (int k = 0; k < VERDICT_COUNT; k++) {
        (void)printf("%zu %s%s", job.counts[k], verdict_names[k],
                     k + 1 < VERDICT_COUNT ? ", " : "\n");
    }
    (void)printf("slowest: %.3f s for %zu octets of %s\n", job.slowest, job.slowest_octets,
                 job.slowest_name);
    free(job.ids);
    mod_library_done(&job.lib);
    return ok && job.counts[DIFFERENT] == 0 && job.counts[INVENTED] == 0 ? 0 : 1;
}
