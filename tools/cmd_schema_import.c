/* cmd_schema_import.c - vmber schema import and export: modules from streams and lists. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codec/device/imp_label.h"
#include "codec/device/imp_print.h"
#include "codec/device/mod_library.h"
#include "codec/savevm/leg_limits.h"
#include "codec/schema/asn_parser.h"
#include "codec/schema/asn_resolve.h"
#include "codec/stream/form_events.h"
#include "tools/cmd_schema.h"

enum { OPT_BASE = 256, OPT_ORIGIN };

enum { LABEL_MAX = 64 }; /* octets of what --origin says */

enum { BASES_MAX = 8 }; /* folders of earlier modules: modules and tags are two */

/* What is imported, and what the import rests on. */
struct job {
    struct imp imp;
    struct imp_leaves leaves;
    struct asn_model model; /* of the two modules that are built in: what leaves are of */
    struct arena model_arena;
    struct mod_library lib;
    struct imp_tags tags;
    struct arena tags_arena;
    const char *bases[BASES_MAX];
    size_t base_count;
};

/* One stream being read. */
struct reading {
    struct imp *imp;
    struct imp_seen seen;
    struct lay_types types; /* of a legacy stream */
    unsigned label;
    size_t left_out; /* sections that nothing describes */
};

/* Whether a body is a device section, or octets in place of some, of which no type is known. */
static bool is_undescribed(const struct wire_body *body)
{
    const struct wire_section_open *open = &body->u.framed.open;

    return body->which == WIRE_BODY_OPAQUE ||
           (body->which == WIRE_BODY_FRAMED && body->u.framed.has_open && open->has_kind &&
            open->kind == WIRE_SECTION_KIND_FULL);
}

static bool take_body(struct reading *r, const struct wire_body *body,
                      const struct lay_types *types, struct err *err)
{
    r->left_out += is_undescribed(body);
    return body->which != WIRE_BODY_SECTION ||
           imp_section(r->imp, &r->seen, types, body->u.section.type,
                       body->u.section.open.identity.name, r->label, err);
}

static bool legacy_head(void *ctx, const struct wire_configuration *configuration, bool fragment,
                        struct err *err)
{
    (void)ctx;
    (void)configuration;
    (void)fragment;
    (void)err;
    return true;
}

static bool legacy_told(void *ctx, const struct leg_told *told, struct err *err)
{
    struct reading *r = ctx;

    return take_body(r, told->body, &r->types, err);
}

/* A legacy stream is read without modules: what is known already must make no difference. */
static bool read_legacy(struct reading *r, struct win *win, struct err *err)
{
    static const struct leg_stream_options options = {.schema = LAY_SCHEMA_OFF};
    const struct leg_stream_sink sink = {r, legacy_head, legacy_told};
    struct leg_stream_report report;
    bool ok;

    lay_types_init(&r->types);
    ok = leg_stream(win, &options, &r->types, &sink, &report, err);
    lay_types_done(&r->types);
    return ok;
}

static bool ber_head(void *ctx, const struct form_head *head, struct err *err)
{
    (void)ctx;
    (void)head;
    (void)err;
    return true;
}

static bool ber_event(void *ctx, const struct form_event *event, struct err *err)
{
    return take_body(ctx, event->body, event->types, err);
}

static bool ber_end(void *ctx, const struct form_end *end, struct err *err)
{
    (void)ctx;
    (void)end;
    (void)err;
    return true;
}

/* Hands out what a window has before it reads on. */
static bool read_win(void *ctx, void *p, size_t cap, size_t *got, struct err *err)
{
    struct win *win = ctx;
    struct span there;

    if (!win_fill(win, 1, err)) {
        return false;
    }
    there = win_span(win);
    *got = there.len < cap ? there.len : cap;
    if (*got > 0) {
        memcpy(p, there.p, *got);
    }
    win_take(win, *got);
    return true;
}

static bool read_list(struct imp *imp, struct win *win, struct err *err)
{
    struct buf text;
    size_t got = 1;
    bool ok = true;

    buf_init(&text, IMP_LIST_MAX);
    while (ok && got > 0) {
        ok = win_fill(win, 1, err);
        got = win_span(win).len;
        ok = ok && buf_put(&text, win_span(win).p, got, err);
        win_take(win, ok ? got : 0);
    }
    ok = ok && imp_catalog_read(&imp->catalog, buf_span(&text), err);
    buf_done(&text);
    return ok;
}

/* Reads what it is: the first octet tells. *left_out says how many sections nothing describes. */
static bool read_any(struct imp *imp, struct io_source in, unsigned label, size_t *left_out,
                     struct err *err)
{
    const struct form_sink sink = {NULL, ber_head, ber_event, ber_end};
    struct reading reading = {.imp = imp, .label = label};
    struct form_sink told = sink;
    struct win win;
    uint8_t first;
    bool ok;

    if (!win_init(&win, in, LEG_WINDOW_MIN, err)) {
        return false;
    }
    imp_seen_init(&reading.seen);
    ok = win_fill(&win, 1, err);
    first = ok && win_span(&win).len > 0 ? win_span(&win).p[0] : 0;
    told.ctx = &reading;
    if (ok && first == '{') {
        ok = read_list(imp, &win, err);
    } else if (ok && first == 'Q') {
        ok = read_legacy(&reading, &win, err);
    } else if (ok) {
        ok = form_events((struct io_source){read_win, &win}, NULL, &told, err);
    }
    imp_seen_done(&reading.seen);
    win_done(&win);
    *left_out = reading.left_out;
    return ok;
}

static bool read_file(const struct cmd *cmd, struct imp *imp, const char *name, unsigned label,
                      struct err *err)
{
    struct io_fd fd = {.fd = STDIN_FILENO, .name = "standard input", .stop = cmd_stop_flag()};
    size_t left_out = 0;
    bool ok;

    if (name != NULL && strcmp(name, "-") != 0) {
        fd.name = name;
        fd.fd = open(name, O_RDONLY | O_CLOEXEC);
        if (fd.fd < 0) {
            return err_set(err, ERR_IO, "cannot open %s: %s", name, strerror(errno));
        }
    } else if (isatty(STDIN_FILENO)) {
        return err_set(err, ERR_USAGE, "standard input is a terminal: name a file or use a pipe");
    }
    io_fd_widen(fd.fd);
    ok = read_any(imp, io_fd_source(&fd), label, &left_out, err) || err_at_path(err, "%s", fd.name);
    if (ok && left_out > 0) {
        cmd_note(cmd, "%s: left out, for nothing describes them: %zu section%s", fd.name, left_out,
                 left_out == 1 ? "" : "s");
    }
    if (fd.fd != STDIN_FILENO) {
        (void)close(fd.fd);
    }
    return ok;
}

/* Writes all modules into a folder, if that can be read again, with the two they import from. */
static bool write_modules(const struct imp *imp, const char *folder, struct err *err)
{
    bool ok = imp->module_count <= MOD_FILES_MAX - 2 ||
              err_set(err, ERR_LIMIT, "%zu modules, at most %d fit a folder", imp->module_count,
                      MOD_FILES_MAX - 2);
    struct buf text;

    buf_init(&text, IMP_TEXT_MAX);
    for (size_t i = 0; ok && i < imp->module_count; i++) {
        buf_clear(&text);
        ok = imp_print(imp, &imp->modules[i], &text, err) &&
             cmd_schema_write(folder, imp->modules[i].file, ".asn1", buf_span(&text), err);
    }
    buf_done(&text);
    return ok;
}

static void summary(const struct cmd *cmd, const struct imp *imp)
{
    size_t types = 0;
    size_t fields = 0;
    size_t optional = 0;
    size_t unseen = 0;

    for (size_t i = 0; i < imp->module_count; i++) {
        for (const struct imp_type *type = imp->modules[i].types; type != NULL; type = type->next) {
            types++;
            fields += type->member_count;
            for (size_t k = 0; k < type->member_count; k++) {
                optional += type->members[k].optional;
                unseen += type->members[k].unseen;
            }
        }
    }
    for (size_t i = 0; i < imp->conflict_count; i++) {
        cmd_note(cmd, "conflict: %s", imp->conflicts[i]);
    }
    cmd_note(cmd, "%zu modules, %zu types, %zu fields (%zu optional, %zu of them unseen)",
             imp->module_count, types, fields, optional, unseen);
    if (imp->listed > 0) {
        cmd_note(cmd, "%zu of %zu listed device types have a module", imp->covered, imp->listed);
    }
    if (imp->never > 0) {
        cmd_note(cmd, "%zu listed fields are never sent", imp->never);
    }
    cmd_note(cmd, "%zu conflicts", imp->conflict_count);
}

static bool job_init(struct job *job, struct err *err)
{
    memset(job, 0, sizeof(*job));
    arena_init(&job->tags_arena, IMP_FROZEN_MAX);
    imp_tags_init(&job->tags, &job->tags_arena);
    mod_library_init(&job->lib);
    imp_init(&job->imp, &job->leaves);
    arena_init(&job->model_arena, MOD_NOTATION_BYTES_MAX);
    asn_model_init(&job->model, &job->model_arena);
    return asn_parse(&job->model, "leaf.asn1", mod_builtin_leaf, err) &&
           asn_parse(&job->model, "vmstate.asn1", mod_builtin_vmstate, err) &&
           asn_resolve(&job->model, err) &&
           imp_leaves_read(&job->leaves, &job->model, &job->model_arena, err);
}

static void job_done(struct job *job)
{
    imp_done(&job->imp);
    mod_library_done(&job->lib);
    imp_tags_done(&job->tags);
    arena_done(&job->tags_arena);
    arena_done(&job->model_arena);
}

/* Whether there is a module in a folder. */
static bool has_modules(const char *folder)
{
    DIR *dir = opendir(folder);
    bool found = false;

    for (const struct dirent *entry = dir != NULL ? readdir(dir) : NULL; entry != NULL && !found;
         entry = readdir(dir)) {
        found = mod_library_is_file(entry->d_name);
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return found;
}

/* Reads modules and tags of an earlier import. */
static bool read_base(struct job *job, const char *folder, struct err *err)
{
    size_t room = strlen(folder) + sizeof("/tags");
    char *path = malloc(room);
    bool modules = has_modules(folder);
    struct buf text;
    bool ok;

    if (path == NULL) {
        return err_memory(err);
    }
    (void)snprintf(path, room, "%s/tags", folder);
    buf_init(&text, IMP_FROZEN_MAX);
    ok = !modules || mod_library_add_path(&job->lib, folder, err);
    if (ok && access(path, R_OK) == 0) {
        ok = cmd_schema_text(path, IMP_FROZEN_MAX, &text, err) &&
             imp_tags_read(&job->tags, path, buf_span(&text), err);
    } else if (ok && !modules) {
        ok = err_set(err, ERR_IO, "%s has neither modules nor tags", folder);
    }
    buf_done(&text);
    free(path);
    return ok;
}

static bool make(const struct cmd *cmd, struct job *job, const char *folder, struct err *err)
{
    struct imp_base base = {NULL, NULL};

    for (size_t i = 0; i < job->base_count; i++) {
        if (!read_base(job, job->bases[i], err)) {
            return false;
        }
    }
    if (job->lib.user_count > 1) {
        return err_set(err, ERR_USAGE, "more than one --base has modules");
    }
    base.set = job->lib.user_count > 0 ? mod_library_set(&job->lib, 0) : NULL;
    imp_tags_sort(&job->tags);
    base.tags = job->tags.count > 0 ? &job->tags : NULL;
    if (!imp_make(&job->imp, err) || !imp_label(&job->imp, &base, err) ||
        !write_modules(&job->imp, folder, err)) {
        return false;
    }
    summary(cmd, &job->imp);
    return true;
}

static const struct option import_options[] = {
    {"base", required_argument, NULL, OPT_BASE},
    {"help", no_argument, NULL, 'h'},
    {"origin", required_argument, NULL, OPT_ORIGIN},
    {"output", required_argument, NULL, 'o'},
    {NULL, 0, NULL, 0},
};

/* Whether text can stand in the comment above a module, between commas. */
static bool is_label(const char *text)
{
    static const char fit[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

    return strspn(text, fit) == strlen(text) && strlen(text) <= LABEL_MAX &&
           strstr(text, "--") == NULL;
}

static int run_import(const struct cmd *cmd, int argc, char **argv)
{
    struct err err = ERR_INIT;
    const char *folder = NULL;
    struct job *job = malloc(sizeof(*job));
    unsigned label = 0;
    size_t files = 0;
    int status = -1;
    int c;
    bool ok;

    if (job == NULL) {
        err_memory(&err);
        return cmd_fail(cmd, &err);
    }
    ok = job_init(job, &err) && imp_add_label(&job->imp, "", &label, &err);
    /* "-": names of files come as they stand, so that --origin is of those behind it. */
    while (ok && status < 0 && (c = getopt_long(argc, argv, "-ho:", import_options, NULL)) != -1) {
        switch (c) {
        case 1:
            files++;
            ok = read_file(cmd, &job->imp, optarg, label, &err);
            break;
        case 'h':
            cmd_help(cmd, stdout);
            status = ERR_NONE;
            break;
        case 'o':
            folder = optarg;
            break;
        case OPT_ORIGIN:
            if (!is_label(optarg)) {
                status = cmd_misuse(cmd, "--origin is letters, digits, '_', '.' and single '-'");
            }
            ok = status >= 0 || imp_add_label(&job->imp, optarg, &label, &err);
            break;
        case OPT_BASE:
            if (job->base_count == BASES_MAX) {
                status = cmd_misuse(cmd, "more than %d folders with --base", BASES_MAX);
            } else {
                job->bases[job->base_count++] = optarg;
            }
            break;
        default:
            status = cmd_misuse(cmd, "see `vmber %s --help`", cmd->name);
            break;
        }
    }
    for (; ok && status < 0 && optind < argc; optind++, files++) { /* behind "--" */
        ok = read_file(cmd, &job->imp, argv[optind], label, &err);
    }
    if (ok && status < 0 && (files == 0 || folder == NULL)) {
        status = cmd_misuse(cmd, "%s", files == 0 ? "no file to import" : "no -o DIR");
    }
    ok = ok && (status >= 0 || make(cmd, job, folder, &err));
    if (!ok) {
        status = cmd_schema_fail(cmd, &job->lib.diag, &err);
    } else if (status < 0) {
        status = job->imp.left_out > 0 ? ERR_FINDINGS : ERR_NONE;
    }
    job_done(job);
    free(job);
    return status;
}

static const struct option export_options[] = {
    {"help", no_argument, NULL, 'h'},
    {"output", required_argument, NULL, 'o'},
    {NULL, 0, NULL, 0},
};

static int export_stream(const struct cmd *cmd, const char *name, const char *folder)
{
    struct err err = ERR_INIT;
    struct job *job = malloc(sizeof(*job));
    unsigned label;
    int status;
    bool ok;

    if (job == NULL) {
        err_memory(&err);
        return cmd_fail(cmd, &err);
    }
    ok = job_init(job, &err) && imp_add_label(&job->imp, "", &label, &err) &&
         read_file(cmd, &job->imp, name, label, &err) && make(cmd, job, folder, &err) &&
         cmd_schema_write(folder, "vmber-leaf", ".asn1", mod_builtin_leaf, &err) &&
         cmd_schema_write(folder, "vmber-vmstate", ".asn1", mod_builtin_vmstate, &err);
    status = !ok ? cmd_fail(cmd, &err) : job->imp.left_out > 0 ? (int)ERR_FINDINGS : (int)ERR_NONE;
    job_done(job);
    free(job);
    return status;
}

static int run_export(const struct cmd *cmd, int argc, char **argv)
{
    const char *folder = NULL;
    int c;

    while ((c = getopt_long(argc, argv, "ho:", export_options, NULL)) != -1) {
        switch (c) {
        case 'h':
            cmd_help(cmd, stdout);
            return ERR_NONE;
        case 'o':
            folder = optarg;
            break;
        default:
            return cmd_misuse(cmd, "see `vmber %s --help`", cmd->name);
        }
    }
    if (argc - optind > 1) {
        return cmd_misuse(cmd, "one stream at a time, found '%s' as well", argv[optind + 1]);
    }
    if (folder == NULL) {
        return cmd_misuse(cmd, "no -o DIR");
    }
    return export_stream(cmd, argv[optind], folder);
}

const struct cmd cmd_schema_import = {
    "schema import",
    "[--base DIR]... -o DIR [[--origin LABEL] FILE...]...",
    "make modules of what streams and lists of QEMU show",
    "  -o, --output DIR    write DIR/NAME.asn1, a file for each module\n"
    "      --base DIR      what fields are there, or in DIR/tags, keep their tags and names\n"
    "      --origin LABEL  where the files behind it come from: x86_64\n"
    "  -h, --help          print this\n"
    "A FILE is a migration stream, legacy or BER, or what QEMU writes with -dump-vmstate. The "
    "same\n"
    "files make the same modules, in whatever order they stand. Exit status 1: a section has no\n"
    "module.\n",
    run_import,
};

const struct cmd cmd_schema_export = {
    "schema export",
    "-o DIR [FILE]",
    "make modules of one stream, exactly as it is",
    "  -o, --output DIR  write DIR/NAME.asn1, a file for each module, and the two they import "
    "from\n"
    "  -h, --help        print this\n",
    run_export,
};
