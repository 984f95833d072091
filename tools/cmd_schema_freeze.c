/* cmd_schema_freeze.c - vmber schema freeze: modules are released, and stay what they are. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codec/device/imp_freeze.h"
#include "codec/device/imp_limits.h"
#include "codec/device/mod_library.h"
#include "tools/cmd_schema.h"

enum { OPT_CHECK = 256, OPT_TO };

static const struct option long_options[] = {
    {"check", no_argument, NULL, OPT_CHECK},
    {"help", no_argument, NULL, 'h'},
    {"to", required_argument, NULL, OPT_TO},
    {NULL, 0, NULL, 0},
};

/* What is frozen in a folder, as text and as lists. */
struct frozen {
    struct buf modules;
    struct buf tags;
    struct imp_frozen lists;
};

static void frozen_init(struct frozen *frozen)
{
    buf_init(&frozen->modules, IMP_FROZEN_MAX);
    buf_init(&frozen->tags, IMP_FROZEN_MAX);
    imp_frozen_init(&frozen->lists);
}

static void frozen_done(struct frozen *frozen)
{
    buf_done(&frozen->modules);
    buf_done(&frozen->tags);
    imp_frozen_done(&frozen->lists);
}

/* Reads a list; one that is not there is empty. */
static bool read_list(const char *folder, const char *name, struct buf *text, char *path,
                      size_t room, struct err *err)
{
    (void)snprintf(path, room, "%s/%s", folder, name);
    return access(path, F_OK) != 0 || cmd_schema_text(path, IMP_FROZEN_MAX, text, err);
}

static bool frozen_read(struct frozen *frozen, const char *folder, struct err *err)
{
    size_t room = strlen(folder) + sizeof("/modules");
    char *path = malloc(room);
    bool ok = path != NULL || err_memory(err);

    ok = ok && read_list(folder, "modules", &frozen->modules, path, room, err) &&
         imp_frozen_read(&frozen->lists, path, buf_span(&frozen->modules), err) &&
         read_list(folder, "tags", &frozen->tags, path, room, err) &&
         imp_tags_read(&frozen->lists.tags, path, buf_span(&frozen->tags), err);
    free(path);
    return ok;
}

static void tell(void *ctx, struct span module, const char *place, const char *what)
{
    (void)ctx;
    printf("%.*s%s%s: %s\n", (int)module.len, module.p, place[0] != '\0' ? ": " : "", place, what);
}

/* Compares folders, or freezes one; *findings says how many things are not as they have to be. */
static bool freeze(const struct mod_set *set, const char *to, bool check, size_t *findings,
                   struct err *err)
{
    struct frozen before;
    struct frozen after;
    bool ok;

    frozen_init(&before);
    frozen_init(&after);
    ok = frozen_read(&before, to, err) &&
         imp_freeze(set, &before.lists, &after.lists, tell, NULL, findings, err) &&
         imp_frozen_write(&after.lists, &after.modules, err) &&
         imp_tags_write(&after.lists.tags, &after.tags, err);
    if (ok && *findings == 0 && check) {
        if (!span_eq(buf_span(&before.modules), buf_span(&after.modules)) ||
            !span_eq(buf_span(&before.tags), buf_span(&after.tags))) {
            printf("%s is not what freezing these modules would make it\n", to);
            ++*findings;
        }
    } else if (ok && *findings == 0) {
        ok = cmd_schema_write(to, "modules", "", buf_span(&after.modules), err) &&
             cmd_schema_write(to, "tags", "", buf_span(&after.tags), err);
    }
    frozen_done(&before);
    frozen_done(&after);
    return ok;
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
    const char *from = "asn1/devices";
    const char *to = "asn1/frozen";
    struct err err = ERR_INIT;
    struct mod_library lib;
    size_t findings = 0;
    bool check = false;
    bool ok;
    int c;

    while ((c = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        switch (c) {
        case 'h':
            cmd_help(cmd, stdout);
            return ERR_NONE;
        case OPT_CHECK:
            check = true;
            break;
        case OPT_TO:
            to = optarg;
            break;
        default:
            return cmd_misuse(cmd, "see `vmber %s --help`", cmd->name);
        }
    }
    if (argc - optind > 1) {
        return cmd_misuse(cmd, "one folder at a time, found '%s' as well", argv[optind + 1]);
    }
    mod_library_init(&lib);
    ok = mod_library_add_path(&lib, optind < argc ? argv[optind] : from, &err) &&
         freeze(mod_library_set(&lib, 0), to, check, &findings, &err);
    c = ok ? (int)(findings > 0 ? ERR_FINDINGS : ERR_NONE) : cmd_schema_fail(cmd, &lib.diag, &err);
    mod_library_done(&lib);
    return c;
}

const struct cmd cmd_schema_freeze = {
    "schema freeze",
    "[--check] [--to DIR] [DIR]",
    "note modules as released, unless one has changed that was",
    "      --check   write nothing; say whether all is noted as it is\n"
    "      --to DIR  where DIR/modules and DIR/tags are (default: asn1/frozen)\n"
    "  -h, --help    print this\n"
    "DIR (default: asn1/devices) has the modules. What was released may gain OPTIONAL fields with\n"
    "new tags; anything else is a finding, nothing is written, and the exit status is 1.\n",
    run,
};
