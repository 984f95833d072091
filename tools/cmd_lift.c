/* cmd_lift.c - vmber lift, vmber lower: naked blobs by layout maps, and back. */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "codec/device/mod_library.h"
#include "codec/stream/form_decode.h"
#include "codec/stream/form_encode.h"
#include "compat/map_check.h"
#include "compat/map_listing.h"
#include "compat/map_section.h"
#include "compat/map_wrap.h"
#include "tools/cmd.h"
#include "tools/cmd_scrub.h"

enum { OPT_MAP = 256, OPT_SHOW, OPT_DEVICE, OPT_TRANSPORT, OPT_VERSION, OPT_SCRUB };

static const struct option lift_options[] = {
    {"device", required_argument, NULL, OPT_DEVICE},
    {"help", no_argument, NULL, 'h'},
    {"map", required_argument, NULL, OPT_MAP},
    {"output", required_argument, NULL, 'o'},
    {"quiet", no_argument, NULL, 'q'},
    {"scrub", no_argument, NULL, OPT_SCRUB},
    {"show", no_argument, NULL, OPT_SHOW},
    {"transport", required_argument, NULL, OPT_TRANSPORT},
    {"version", required_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static const struct option lower_options[] = {
    {"help", no_argument, NULL, 'h'},
    {"output", required_argument, NULL, 'o'},
    {NULL, 0, NULL, 0},
};

struct wishes {
    const char *map; /* NULL: not said */
    const char *device;
    const char *transport;
    const char *input;
    const char *output;
    uint32_t version;
    bool show;
    bool scrub;
    bool quiet;
};

/* Octets in memory, as a source and as a sink. */
static bool read_memory(void *ctx, void *p, size_t cap, size_t *got, struct err *err)
{
    struct span *rest = ctx;
    size_t n = rest->len < cap ? rest->len : cap;

    (void)err;
    if (n > 0) {
        memcpy(p, rest->p, n);
    }
    *rest = span_from(*rest, n);
    *got = n;
    return true;
}

static bool write_memory(void *ctx, struct iovec *iov, size_t iov_count, struct err *err)
{
    for (size_t i = 0; i < iov_count; i++) {
        if (!buf_put(ctx, iov[i].iov_base, iov[i].iov_len, err)) {
            return false;
        }
    }
    return true;
}

static bool read_all(struct io_source in, struct buf *out, struct err *err)
{
    size_t got = 1;

    while (got > 0) {
        uint8_t piece[65536];

        if (!in.read(in.ctx, piece, sizeof(piece), &got, err) || !buf_put(out, piece, got, err)) {
            return false;
        }
    }
    return true;
}

static int list_maps(void)
{
    const struct map_set *set = &map_builtin_set;

    for (uint32_t i = 0; i < set->map_count; i++) {
        (void)printf("%-24s %s\n", map_text(set, set->maps[i].name),
                     map_text(set, set->types[set->maps[i].type].module));
    }
    return ERR_NONE;
}

static int show_map(const struct cmd *cmd, uint32_t map)
{
    struct err err = ERR_INIT;
    struct buf text;
    bool ok;

    buf_init(&text, SIZE_MAX / 2);
    ok = map_listing(&map_builtin_set, map, &text, &err);
    if (ok) {
        (void)fwrite(text.p, 1, text.len, stdout);
    }
    buf_done(&text);
    return ok ? ERR_NONE : cmd_fail(cmd, &err);
}

/* Makes a stream of the blob, and encodes it with that one map. */
static bool lift_stream(const struct cmd *cmd, const struct wishes *wishes,
                        struct map_lifter *lifter, struct cmd_files *files, struct err *err)
{
    struct lay_modules modules = mod_library_hooks(NULL);
    struct form_encode_options options;
    struct form_encode_report report;
    struct buf blob;
    struct buf stream;
    struct span rest;
    bool ok;

    (void)cmd;
    memset(&options, 0, sizeof(options));
    buf_init(&blob, MAP_BLOB_MAX);
    buf_init(&stream, SIZE_MAX / 2);
    modules.lift = map_lift_section;
    modules.lift_ctx = lifter;
    modules.scrub = wishes->scrub ? map_scrub_section : NULL;
    options.choice.scrubbed = wishes->scrub;
    options.producer = CMD_PRODUCER;
    options.stream.strict = true;
    options.stream.schema = LAY_SCHEMA_OFF;
    options.stream.modules = &modules;
    options.choice.with = FORM_FEATURES_ALL;
    options.choice.chosen = &lifter->features;
    ok = read_all(io_fd_source(&files->in), &blob, err) &&
         map_wrap(span_str(wishes->map), wishes->version, buf_span(&blob), &stream, err);
    if (ok) {
        const struct io_source source = {read_memory, &rest};

        rest = buf_span(&stream);
        ok = form_encode(source, files->sink, &options, &report, err);
    }
    buf_done(&blob);
    buf_done(&stream);
    return ok;
}

static int lift(const struct cmd *cmd, const struct wishes *wishes, uint32_t map)
{
    struct map_lifter lifter;
    struct cmd_files files;
    struct err err = ERR_INIT;
    bool ok;

    if (!map_lifter_init(&lifter, NULL, &err)) {
        return cmd_fail(cmd, &err);
    }
    lifter.only = map;
    lifter.strict = true; /* a blob that does not fit is refused before anything is written */
    lifter.device = span_str(wishes->device);
    lifter.transport = span_str(wishes->transport);
    ok = cmd_open(&files, wishes->input, wishes->output, &err) &&
         lift_stream(cmd, wishes, &lifter, &files, &err);
    ok = cmd_close(&files, ok, &err);
    if (!wishes->quiet) {
        cmd_scrub_report(cmd, &lifter);
    }
    map_lifter_done(&lifter);
    return ok ? ERR_NONE : cmd_fail(cmd, &err);
}

static bool is_transport(const char *word)
{
    return strcmp(word, "pci") == 0 || strcmp(word, "ccw") == 0 || strcmp(word, "mmio") == 0;
}

static int run_lift(const struct cmd *cmd, int argc, char **argv)
{
    struct wishes wishes = {.device = "", .transport = ""};
    uint32_t map;
    int c;

    while ((c = getopt_long(argc, argv, "ho:q", lift_options, NULL)) != -1) {
        unsigned long long number;
        char *end = NULL;

        switch (c) {
        case 'h':
            cmd_help(cmd, stdout);
            return ERR_NONE;
        case 'o':
            wishes.output = optarg;
            break;
        case OPT_MAP:
            wishes.map = optarg;
            break;
        case 'q':
            wishes.quiet = true;
            break;
        case OPT_SCRUB:
            wishes.scrub = true;
            break;
        case OPT_SHOW:
            wishes.show = true;
            break;
        case OPT_DEVICE:
            wishes.device = optarg;
            break;
        case OPT_TRANSPORT:
            if (!is_transport(optarg)) {
                return cmd_misuse(cmd, "--transport is pci, ccw or mmio, found '%s'", optarg);
            }
            wishes.transport = optarg;
            break;
        case OPT_VERSION:
            number = optarg[0] >= '0' && optarg[0] <= '9' ? strtoull(optarg, &end, 10) : 0;
            if (end == NULL || *end != '\0' || number > UINT32_MAX) {
                return cmd_misuse(cmd, "--version is a number up to 4294967295, found '%s'",
                                  optarg);
            }
            wishes.version = (uint32_t)number;
            break;
        default:
            return cmd_misuse(cmd, "see `vmber %s --help`", cmd->name);
        }
    }
    if (argc - optind > 1) {
        return cmd_misuse(cmd, "one input at a time, found '%s' as well", argv[optind + 1]);
    }
    if (wishes.map == NULL) {
        return wishes.show ? list_maps() : cmd_misuse(cmd, "--map NAME is missing");
    }
    map = map_set_find(&map_builtin_set, span_str(wishes.map));
    if (map == MAP_NONE) {
        return cmd_misuse(cmd, "no map '%s', see `vmber lift --show`", wishes.map);
    }
    wishes.input = argv[optind];
    return wishes.show ? show_map(cmd, map) : lift(cmd, &wishes, map);
}

/* Decodes a stream that lift has made, and takes the blob out of it. */
static bool lower_stream(struct cmd_files *files, struct err *err)
{
    struct form_decode_options options = {.check = {map_check_type, NULL}};
    struct form_decode_report report;
    struct buf stream;
    struct io_sink sink = {write_memory, &stream};
    struct span blob;
    bool ok;

    buf_init(&stream, SIZE_MAX / 2);
    ok = form_decode(io_fd_source(&files->in), sink, &options, &report, err) &&
         map_unwrap(buf_span(&stream), &blob, err);
    if (ok && blob.len > 0) {
        struct iovec piece = {(void *)blob.p, blob.len};

        ok = files->sink.write(files->sink.ctx, &piece, 1, err);
    }
    buf_done(&stream);
    return ok;
}

static int run_lower(const struct cmd *cmd, int argc, char **argv)
{
    struct err err = ERR_INIT;
    struct cmd_files files;
    const char *output = NULL;
    bool ok;
    int c;

    while ((c = getopt_long(argc, argv, "ho:", lower_options, NULL)) != -1) {
        switch (c) {
        case 'h':
            cmd_help(cmd, stdout);
            return ERR_NONE;
        case 'o':
            output = optarg;
            break;
        default:
            return cmd_misuse(cmd, "see `vmber %s --help`", cmd->name);
        }
    }
    if (argc - optind > 1) {
        return cmd_misuse(cmd, "one input at a time, found '%s' as well", argv[optind + 1]);
    }
    ok = cmd_open(&files, argv[optind], output, &err) && lower_stream(&files, &err);
    ok = cmd_close(&files, ok, &err);
    return ok ? ERR_NONE : cmd_fail(cmd, &err);
}

const struct cmd cmd_lift = {
    "lift",
    "--map NAME [--device NAME] [--transport NAME] [--version N] [--scrub] [-q] [-o OUT] [IN] | "
    "--show [--map NAME]",
    "turn a naked blob into BER that says what is in it",
    "      --map NAME        the layout map to read it by\n"
    "      --show            print the map, or the names of all\n"
    "      --device NAME     vmsd name of the device that it is of\n"
    "      --transport NAME  pci (default), ccw or mmio\n"
    "      --version N       version of its section (default: 0)\n"
    "      --scrub           zeros for octets that mean nothing, and may be of the host's memory\n"
    "  -q, --quiet           do not say which those are\n"
    "  -o, --output OUT      write to OUT, which appears when it is complete (default: standard "
    "output)\n"
    "  -h, --help            print this\n"
    "The output is a stream with one section: dump, stats and verify read it, lower takes the blob "
    "out.\n",
    run_lift,
};

const struct cmd cmd_lower = {
    "lower",
    "[-o OUT] [IN]",
    "take the blob out of what lift has made, octet for octet",
    "  -o, --output OUT  write to OUT, which appears when it is complete (default: standard "
    "output)\n"
    "  -h, --help        print this\n",
    run_lower,
};
