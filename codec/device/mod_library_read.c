/* mod_library_read.c - modules from a user's files; see mod_library.h. */
#include "codec/device/mod_library.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "codec/base/buf.h"
#include "codec/base/err.h"
#include "codec/device/mod_compile.h"
#include "codec/schema/asn_parser.h"
#include "codec/schema/asn_resolve.h"

/* Notation being read: what a user gave together is one model. */
struct reading {
    struct arena arena;
    struct asn_model model;
    struct buf text;
    struct err *err;
};

static void reading_init(struct reading *r, struct err *err)
{
    arena_init(&r->arena, MOD_NOTATION_BYTES_MAX);
    asn_model_init(&r->model, &r->arena);
    buf_init(&r->text, (size_t)ASN_SOURCE_MAX + 1);
    r->err = err;
}

static void reading_done(struct reading *r)
{
    buf_done(&r->text);
    arena_done(&r->arena);
}

/* Takes what the file holds, and no more than asn_parse will say is too much. */
static bool read_open_file(struct reading *r, FILE *file, const char *path)
{
    buf_clear(&r->text);
    while (r->text.len <= ASN_SOURCE_MAX) {
        uint8_t piece[16384];
        size_t left = (size_t)ASN_SOURCE_MAX + 1 - r->text.len;
        size_t n = fread(piece, 1, left < sizeof(piece) ? left : sizeof(piece), file);

        if (n == 0) {
            break;
        }
        if (!buf_put(&r->text, piece, n, r->err)) {
            return false;
        }
    }
    return !ferror(file) || err_set(r->err, ERR_IO, "cannot read %s: %s", path, strerror(errno));
}

static bool read_file(struct reading *r, const char *path)
{
    FILE *file = fopen(path, "rb");
    bool ok;

    if (file == NULL) {
        return err_set(r->err, ERR_IO, "cannot open %s: %s", path, strerror(errno));
    }
    ok = read_open_file(r, file, path);
    (void)fclose(file);
    return ok && asn_parse(&r->model, path, buf_span(&r->text), r->err);
}

/* The names of the files of a folder that are read. */
struct names {
    char **items;
    size_t count;
};

static void names_done(struct names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        free(names->items[i]);
    }
    free(names->items);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool mod_library_is_file(const char *name)
{
    static const char ending[] = ".asn1";
    size_t len = strlen(name);

    return name[0] != '.' && len >= sizeof(ending) &&
           strcmp(name + len - (sizeof(ending) - 1), ending) == 0;
}

/* Adds a file; what is there and is none is passed over: a folder, or a pipe that never ends. */
static bool names_add(struct names *names, const char *folder, const char *name, struct err *err)
{
    size_t len = strlen(folder) + 1 + strlen(name) + 1;
    char *path = malloc(len);
    struct stat status;

    if (path == NULL) {
        return err_memory(err);
    }
    (void)snprintf(path, len, "%s/%s", folder, name);
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        free(path);
        return true;
    }
    if (names->count == MOD_FILES_MAX) {
        free(path);
        return err_set(err, ERR_LIMIT, "more than %d modules in %s", MOD_FILES_MAX, folder);
    }
    names->items[names->count++] = path;
    return true;
}

static bool list_folder(DIR *dir, const char *folder, struct names *names, struct err *err)
{
    const struct dirent *entry;

    names->items = calloc(MOD_FILES_MAX, sizeof(*names->items));
    if (names->items == NULL) {
        return err_memory(err);
    }
    while ((entry = readdir(dir)) != NULL) {
        if (mod_library_is_file(entry->d_name) && !names_add(names, folder, entry->d_name, err)) {
            return false;
        }
    }
    if (names->count == 0) {
        return err_set(err, ERR_USAGE, "no file in %s ends in .asn1", folder);
    }
    qsort(names->items, names->count, sizeof(*names->items), compare_names);
    return true;
}

static bool read_folder(struct reading *r, const char *folder)
{
    DIR *dir = opendir(folder);
    struct names names = {NULL, 0};
    bool ok;

    if (dir == NULL) {
        return err_set(r->err, ERR_IO, "cannot open %s: %s", folder, strerror(errno));
    }
    ok = list_folder(dir, folder, &names, r->err);
    (void)closedir(dir);
    for (size_t i = 0; ok && i < names.count; i++) {
        ok = read_file(r, names.items[i]);
    }
    names_done(&names);
    return ok;
}

static bool has_module(const struct reading *r, const char *name)
{
    for (const struct asn_module *module = r->model.modules; module != NULL;
         module = module->next) {
        if (strcmp(module->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Adds what modules import from, unless the user gave that, too. */
static bool add_leaf_modules(struct reading *r)
{
    return (has_module(r, "Vmber-Leaf") ||
            asn_parse(&r->model, "built-in leaf.asn1", mod_builtin_leaf, r->err)) &&
           (has_module(r, "Vmber-Vmstate") ||
            asn_parse(&r->model, "built-in vmstate.asn1", mod_builtin_vmstate, r->err));
}

static bool check_count(const struct mod_set *set, const char *name, struct err *err)
{
    return set->module_count > 0 ||
           err_set(err, ERR_USAGE, "%s: no module that describes a device", name);
}

static bool compile(struct mod_library *lib, struct reading *r)
{
    struct mod_user_set *user;

    if (!add_leaf_modules(r) || !asn_resolve(&r->model, r->err)) {
        return false;
    }
    user = malloc(sizeof(*user));
    if (user == NULL) {
        return err_memory(r->err);
    }
    arena_init(&user->arena, MOD_SET_BYTES_MAX);
    if (!mod_compile(&r->model, &user->arena, &user->set, r->err) ||
        !check_count(&user->set, r->model.sources->name, r->err)) {
        arena_done(&user->arena);
        free(user);
        return false;
    }
    lib->users[lib->user_count++] = user;
    return true;
}

static bool begin(struct mod_library *lib, struct err *err)
{
    memset(&lib->diag, 0, sizeof(lib->diag));
    return lib->user_count < MOD_USER_SETS_MAX ||
           err_set(err, ERR_LIMIT, "more than %d sets of modules", MOD_USER_SETS_MAX);
}

void mod_library_init(struct mod_library *lib)
{
    memset(lib, 0, sizeof(*lib));
}

void mod_library_done(struct mod_library *lib)
{
    for (uint32_t i = 0; i < lib->user_count; i++) {
        arena_done(&lib->users[i]->arena);
        free(lib->users[i]);
    }
    mod_library_init(lib);
}

bool mod_library_add_path(struct mod_library *lib, const char *path, struct err *err)
{
    struct reading reading;
    struct stat status;
    bool ok;

    if (!begin(lib, err)) {
        return false;
    }
    if (stat(path, &status) != 0) {
        return err_set(err, ERR_IO, "cannot open %s: %s", path, strerror(errno));
    }
    reading_init(&reading, err);
    ok = (S_ISDIR(status.st_mode) ? read_folder(&reading, path) : read_file(&reading, path)) &&
         compile(lib, &reading);
    lib->diag = reading.model.diag;
    reading_done(&reading);
    return ok;
}

bool mod_library_add_text(struct mod_library *lib, const char *name, struct span text,
                          struct err *err)
{
    struct reading reading;
    bool ok;

    if (!begin(lib, err)) {
        return false;
    }
    reading_init(&reading, err);
    ok = asn_parse(&reading.model, name, text, err) && compile(lib, &reading);
    lib->diag = reading.model.diag;
    reading_done(&reading);
    return ok;
}
