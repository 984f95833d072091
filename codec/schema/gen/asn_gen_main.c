/*
 * asn_gen_main.c - the generator: modules in, C out.
 *
 *     asn_gen --prefix wire [--raw Type]... --out-c FILE --out-h FILE MODULE.asn1...
 *     asn_gen --prefix vmber --library devices --runtime HEADER --out-dir DIR
 *             --import MODULE.asn1... MODULE.asn1...
 *     asn_gen [--raw Type]... --profile NAME --out FILE MODULE.asn1...
 *     asn_gen --print MODULE.asn1...
 *
 * It only reads arguments and files; everything else is the library's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base/arena.h"
#include "codec/schema/asn_emit.h"
#include "codec/schema/asn_print.h"
#include "codec/schema/asn_resolve.h"
#include "codec/schema/gen/gen_files.h"

enum {
    RAW_MAX = 64,           /* types named by --raw */
    IMPORTS_MAX = 16,       /* files named by --import */
    PATH_OCTETS_MAX = 4096, /* of a file in --out-dir */
};

struct job {
    const char *prefix;
    const char *profile;
    const char *out_c;
    const char *out_h;
    const char *out;
    const char *library;
    const char *runtime;
    const char *out_dir;
    bool print;
    const char *raw[RAW_MAX];
    size_t raw_count;
    const char *imports[IMPORTS_MAX];
    size_t import_count;
    char **files;
    int file_count;
};

static const char usage[] =
    "usage: asn_gen --prefix NAME [--raw TYPE]... --out-c FILE --out-h FILE MODULE...\n"
    "       asn_gen --prefix NAME --library NAME --runtime HEADER --out-dir DIR\n"
    "               [--import MODULE]... MODULE...\n"
    "       asn_gen --profile NAME [--raw TYPE]... --out FILE MODULE...\n"
    "       asn_gen --print MODULE...\n";

struct option_row {
    const char *name;
    size_t offset;
};

static const struct option_row options[] = {
    {"--prefix", offsetof(struct job, prefix)},   {"--profile", offsetof(struct job, profile)},
    {"--out-c", offsetof(struct job, out_c)},     {"--out-h", offsetof(struct job, out_h)},
    {"--out", offsetof(struct job, out)},         {"--library", offsetof(struct job, library)},
    {"--runtime", offsetof(struct job, runtime)}, {"--out-dir", offsetof(struct job, out_dir)},
};

static bool take_option(struct job *job, const char *name, const char *value)
{
    if (strcmp(name, "--raw") == 0 && job->raw_count < RAW_MAX) {
        job->raw[job->raw_count++] = value;
        return true;
    }
    if (strcmp(name, "--import") == 0 && job->import_count < IMPORTS_MAX) {
        job->imports[job->import_count++] = value;
        return true;
    }
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (strcmp(name, options[i].name) == 0) {
            memcpy((char *)job + options[i].offset, &value, sizeof(value));
            return true;
        }
    }
    return false;
}

/* Whether the arguments make sense together. */
static bool is_whole(const struct job *job)
{
    bool tables = job->out_c != NULL && job->out_h != NULL;
    bool library = job->library != NULL && job->runtime != NULL && job->out_dir != NULL;

    if (job->file_count == 0 || (job->import_count > 0 && !library)) {
        return false;
    }
    return job->print || (job->profile != NULL && job->out != NULL) ||
           (job->prefix != NULL && tables != library);
}

static bool read_arguments(struct job *job, int argc, char **argv)
{
    int i = 1;

    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
        if (strcmp(argv[i], "--print") == 0) {
            job->print = true;
        } else if (i + 1 < argc && take_option(job, argv[i], argv[i + 1])) {
            i++;
        } else {
            return false;
        }
    }
    job->files = argv + i;
    job->file_count = argc - i;
    return is_whole(job);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static bool write_file(const char *path, const struct buf *text, struct err *err)
{
    FILE *file = fopen(path, "wb");
    bool ok;

    if (file == NULL) {
        return err_set(err, ERR_IO, "cannot create %s", path);
    }
    ok = fwrite(text->p, 1, text->len, file) == text->len;
    ok = fclose(file) == 0 && ok;
    return ok || err_set(err, ERR_IO, "cannot write %s", path);
}

/* Writes a file unless it says that already: what is built from it then need not be built again. */
static bool renew_file(const char *path, const struct buf *text, struct err *err)
{
    struct buf old;
    bool same;

    buf_init(&old, text->len + 1);
    same = gen_read_file(path, &old, NULL) && span_eq(buf_span(&old), buf_span(text));
    buf_done(&old);
    return same || write_file(path, text, err);
}

/* Says in *import_count how many modules are those that --import names. */
static bool read_model(const struct job *job, struct asn_model *model, uint32_t *import_count,
                       struct err *err)
{
    bool ok = true;

    for (size_t i = 0; ok && i < job->import_count; i++) {
        ok = gen_parse_file(job->imports[i], model, err);
    }
    *import_count = model->module_count;
    for (int i = 0; ok && i < job->file_count; i++) {
        ok = gen_parse_file(job->files[i], model, err);
    }
    return ok && asn_resolve(model, err);
}

static bool write_tables(const struct job *job, struct asn_model *model, struct err *err)
{
    struct asn_emit_options emit = {job->prefix, base_name(job->out_h), job->raw, job->raw_count};
    struct buf c;
    struct buf h;
    bool ok;

    buf_init(&c, ASN_OUTPUT_MAX);
    buf_init(&h, ASN_OUTPUT_MAX);
    ok = asn_emit(model, &emit, &c, &h, err) && write_file(job->out_h, &h, err) &&
         write_file(job->out_c, &c, err);
    buf_done(&h);
    buf_done(&c);
    return ok;
}

static bool put_library_file(void *ctx, const char *name, const struct buf *text, struct err *err)
{
    const struct job *job = ctx;
    char path[PATH_OCTETS_MAX];
    int len = snprintf(path, sizeof(path), "%s/%s", job->out_dir, name);

    if (len < 0 || (size_t)len >= sizeof(path)) {
        return err_set(err, ERR_USAGE, "the path of %s is too long", name);
    }
    return renew_file(path, text, err);
}

static bool write_library(struct job *job, struct asn_model *model, uint32_t import_count,
                          struct err *err)
{
    struct asn_emit_library_options emit = {job->prefix, job->library, job->runtime, import_count};

    return asn_emit_library(model, &emit, put_library_file, job, err);
}

static bool write_text(const struct job *job, struct asn_model *model, struct err *err)
{
    struct buf text;
    bool ok;

    buf_init(&text, ASN_OUTPUT_MAX);
    if (job->print) {
        ok = asn_print_model(model, true, &text, err);
        ok = ok && fwrite(text.p, 1, text.len, stdout) == text.len;
    } else {
        ok = asn_print_profile(model, job->profile, job->raw, job->raw_count, &text, err) &&
             write_file(job->out, &text, err);
    }
    buf_done(&text);
    return ok;
}

int main(int argc, char **argv)
{
    struct job job = {0};
    struct arena arena;
    struct asn_model model;
    struct err err = ERR_INIT;
    uint32_t import_count = 0;
    bool ok;

    if (!read_arguments(&job, argc, argv)) {
        (void)fputs(usage, stderr);
        return ERR_USAGE;
    }
    arena_init(&arena, GEN_MEMORY_MAX);
    asn_model_init(&model, &arena);
    ok = read_model(&job, &model, &import_count, &err);
    if (ok && job.library != NULL) {
        ok = write_library(&job, &model, import_count, &err);
    } else if (ok && job.prefix != NULL) {
        ok = write_tables(&job, &model, &err);
    }
    if (ok && (job.print || job.profile != NULL)) {
        ok = write_text(&job, &model, &err);
    }
    if (!ok) {
        gen_complain(&model, &err);
    }
    arena_done(&arena);
    return ok ? 0 : (int)err.band;
}
