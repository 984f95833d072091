/*
 * lift_with.c - encode and decode with other layout maps than the built-in ones.
 *
 *     lift_with encode [--strict] [--without FEATURE]... LEAF MODULE... <LEGACY >BER
 *     lift_with decode LEAF MODULE... <BER >LEGACY
 *
 * It stands for another release, whose maps differ; its registry of features is that of the build.
 * --strict: a blob that its map does not fit is refused. Exit status as of vmber.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "codec/base/arena.h"
#include "codec/base/io_fd.h"
#include "codec/device/mod_library.h"
#include "codec/schema/asn_resolve.h"
#include "codec/schema/gen/gen_files.h"
#include "codec/stream/form_decode.h"
#include "codec/stream/form_encode.h"
#include "compat/map_check.h"
#include "compat/map_compile.h"
#include "compat/map_section.h"

struct job {
    struct map_set set;
    struct io_fd in;
    struct io_fd out;
    bool strict;
    form_feature_set without;
};

static bool encode(struct job *job, struct err *err)
{
    struct lay_modules modules = mod_library_hooks(NULL);
    struct form_encode_options options;
    struct form_encode_report report;
    struct map_lifter lifter;
    bool ok;

    if (!map_lifter_init(&lifter, &job->set, err)) {
        return false;
    }
    lifter.strict = job->strict;
    modules.lift = map_lift_section;
    modules.lift_ctx = &lifter;
    memset(&options, 0, sizeof(options));
    options.producer = "lift_with";
    options.stream.schema = LAY_SCHEMA_AUTO;
    options.stream.strict = job->strict;
    options.stream.modules = &modules;
    options.choice.without = job->without;
    options.choice.chosen = &lifter.features;
    ok = form_encode(io_fd_source(&job->in), io_fd_sink(&job->out), &options, &report, err);
    map_lifter_done(&lifter);
    return ok;
}

static bool decode(struct job *job, struct err *err)
{
    const struct form_decode_options options = {.check = {map_check_type, &job->set}};
    struct form_decode_report report;

    return form_decode(io_fd_source(&job->in), io_fd_sink(&job->out), &options, &report, err);
}

/* Reads the options of encode; returns the index of the first argument behind them, 0: misuse. */
static int read_options(int argc, char **argv, struct job *job)
{
    int i = 2;

    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
        if (strcmp(argv[i], "--strict") == 0) {
            job->strict = true;
        } else if (strcmp(argv[i], "--without") == 0 && ++i < argc) {
            enum form_feature_id id = form_feature_find(span_str(argv[i]));

            if (id == FORM_FEATURES) {
                return 0;
            }
            job->without |= FORM_FEATURE_BIT(id);
        } else {
            return 0;
        }
    }
    return argc - i >= 2 ? i : 0;
}

static int run(int argc, char **argv, int first, struct job *job)
{
    struct asn_model model;
    struct arena notation;
    struct arena arena;
    struct err err = ERR_INIT;
    bool ok = true;

    arena_init(&notation, GEN_MEMORY_MAX);
    arena_init(&arena, GEN_MEMORY_MAX);
    asn_model_init(&model, &notation);
    for (int i = first; ok && i < argc; i++) {
        ok = gen_parse_file(argv[i], &model, &err);
    }
    ok = ok && asn_resolve(&model, &err) && map_compile(&model, &arena, &job->set, &err) &&
         (argv[1][0] == 'e' ? encode : decode)(job, &err);
    if (!ok) {
        gen_complain(&model, &err);
    }
    arena_done(&arena);
    arena_done(&notation);
    return ok ? ERR_NONE : (int)err.band;
}

int main(int argc, char **argv)
{
    struct job job = {.in = {.fd = STDIN_FILENO, .name = "standard input"},
                      .out = {.fd = STDOUT_FILENO, .name = "standard output"}};
    int first = argc < 2 ? 0 : read_options(argc, argv, &job);

    if (first == 0 || (strcmp(argv[1], "encode") != 0 && strcmp(argv[1], "decode") != 0)) {
        (void)fputs("usage: lift_with encode|decode [--strict] [--without FEATURE]... LEAF "
                    "MODULE...\n",
                    stderr);
        return ERR_USAGE;
    }
    return run(argc, argv, first, &job);
}
