/* asn_emit_library.c - one header and one C file a module; see asn_emit.h. */
#include <inttypes.h>
#include <stdio.h>

#include "codec/base/arena.h"
#include "codec/schema/asn_emitting.h"
#include "codec/schema/asn_name.h"

enum { FILE_NAME_MAX = 256 }; /* octets of the name of a file that is written */

struct library {
    struct asn_emitter emitter;
    const struct asn_emit_library_options *options;
    asn_emit_file_fn *put;
    void *ctx;
    struct buf buf;
    struct asn_text text;
    char file[FILE_NAME_MAX]; /* of the module at hand: e1000 */
};

/* What C++ reserves and C does not. */
static const char *const cpp_reserved[] = {
    "alignas",
    "alignof",
    "and",
    "asm",
    "bitand",
    "bitor",
    "catch",
    "class",
    "compl",
    "concept",
    "const_cast",
    "consteval",
    "constexpr",
    "constinit",
    "decltype",
    "delete",
    "export",
    "dynamic_cast",
    "explicit",
    "friend",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "nullptr",
    "operator",
    "or",
    "private",
    "protected",
    "public",
    "requires",
    "reinterpret_cast",
    "static_assert",
    "this",
    "static_cast",
    "template",
    "throw",
    "thread_local",
    "try",
    "typeid",
    "typename",
    "using",
    "virtual",
    "wchar_t",
    "xor",
};

static bool is_cpp_reserved(const char *name)
{
    for (size_t i = 0; i < sizeof(cpp_reserved) / sizeof(cpp_reserved[0]); i++) {
        if (strcmp(cpp_reserved[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/*
 * Types without a name are called like the component they stand in; so may be a type that has one,
 * as QEMU names a struct after the field it is in. Here they get a name of their own.
 */
static bool rename_type(struct asn_model *model, struct asn_plan_type *type, struct err *err)
{
    if (type->name[0] != '\0' || type->node == NULL || type->op == ASN_SEQUENCE ||
        type->op == ASN_CHOICE) {
        return true;
    }
    type->c_name =
        asn_name_join(model, type->c_name, type->op == ASN_SEQUENCE_OF ? "list" : "leaf", err);
    return type->c_name != NULL;
}

static bool rename_all(struct asn_model *model, const struct asn_plan *plan, struct err *err)
{
    for (struct asn_plan_type *type = plan->types; type != NULL; type = type->next) {
        if (!rename_type(model, type, err)) {
            return false;
        }
        for (uint32_t i = 0; type->layout == type && i < type->member_count; i++) {
            struct asn_plan_member *member = &type->members[i];

            if (is_cpp_reserved(member->c_name)) {
                member->c_name = asn_name_join(model, member->c_name, "", err);
            }
            if (member->c_name == NULL) {
                return false;
            }
        }
    }
    return true;
}

static bool fail(const struct library *library, struct asn_spot place, const char *what)
{
    return asn_fail(&library->emitter.model->diag, library->emitter.err, ERR_UNSUPPORTED, place,
                    "not supported in a library: %s", what);
}

/* The module that a type is written in; NULL: a universal type. */
static const struct asn_module *module_of(const struct asn_plan_type *type)
{
    return type->node != NULL ? type->node->module : NULL;
}

static bool is_shared(const struct library *library, const struct asn_plan_type *type)
{
    return module_of(type) == NULL || module_of(type)->index < library->options->shared_count;
}

static bool check_use(const struct library *library, const struct asn_plan_type *type,
                      const struct asn_plan_type *used, struct asn_spot place)
{
    return is_shared(library, used) || module_of(used) == module_of(type) ||
           fail(library, place, "a type of a module that is not shared");
}

static bool check_type(const struct library *library, const struct asn_plan_type *type)
{
    if (type->node == NULL) {
        return true;
    }
    if (is_shared(library, type) && (asn_emit_has_struct(type) || type->op == ASN_ENUMERATED)) {
        return fail(library, type->node->place, "a type with parts in a shared module");
    }
    for (uint32_t i = 0; i < type->member_count; i++) {
        const struct asn_plan_member *member = &type->members[i];

        if (!check_use(library, type, member->type, member->component->place)) {
            return false;
        }
    }
    return check_use(library, type, type->layout, type->node->place) &&
           (type->element == NULL || check_use(library, type, type->element, type->node->place));
}

static bool check(const struct library *library)
{
    const struct asn_model *model = library->emitter.model;

    for (const struct asn_plan_type *type = library->emitter.plan->types; type != NULL;
         type = type->next) {
        if (!check_type(library, type)) {
            return false;
        }
    }
    for (const struct asn_module *one = model->modules; one != NULL; one = one->next) {
        if (one->next != NULL && one->index >= library->options->shared_count &&
            one->next->place.source == one->place.source) {
            return fail(library, one->next->place, "a second module in one file");
        }
    }
    return true;
}

/* Sets library->file to the name of the module's file, without folders and ".asn1". */
static bool name_file(struct library *library, const struct asn_module *module)
{
    const char *name = module->place.source->name;
    const char *slash = strrchr(name, '/');
    size_t len;

    name = slash != NULL ? slash + 1 : name;
    len = strlen(name);
    if (len > 5 && strcmp(name + len - 5, ".asn1") == 0) {
        len -= 5;
    }
    if (len >= FILE_NAME_MAX / 2) {
        return fail(library, module->place, "a file name of more than 127 octets");
    }
    memcpy(library->file, name, len);
    library->file[len] = '\0';
    return true;
}

/* The first type of a module, whose values travel. */
static const struct asn_plan_type *root_of(const struct library *library,
                                           const struct asn_module *module)
{
    const struct asn_assignment *one = module->assignments;
    const struct asn_plan_type *type = library->emitter.plan->types;

    while (one != NULL && one->kind != ASN_ASSIGN_TYPE) {
        one = one->next;
    }
    while (one != NULL && type != NULL && (type->node != one->type || type->name[0] == '\0')) {
        type = type->next;
    }
    if (one == NULL || type == NULL) {
        (void)fail(library, module->place, "a module without types");
        return NULL;
    }
    return type;
}

static void begin(struct library *library)
{
    buf_clear(&library->buf);
    asn_text_init(&library->text, &library->buf, library->emitter.err);
}

/* Hands over the file that has been put together: FOLDER/NAME.KIND */
static bool finish(struct library *library, const char *folder, const char *name, char kind)
{
    char path[4 * FILE_NAME_MAX];

    if (!asn_text_ok(&library->text)) {
        return false;
    }
    (void)snprintf(path, sizeof(path), "%s/%s.%c", folder, name, kind);
    return library->put(library->ctx, path, &library->buf, library->emitter.err);
}

/* A name in capitals, with '_' for what cannot stand in one. */
static void put_guard(struct asn_text *text, const char *name)
{
    for (; *name != '\0'; name++) {
        bool lower = *name >= 'a' && *name <= 'z';
        bool good = lower || (*name >= 'A' && *name <= 'Z') || (*name >= '0' && *name <= '9');

        asn_text_put(text, "%c", lower ? *name - 'a' + 'A' : good ? *name : '_');
    }
}

static void put_head(struct library *library, const struct asn_module *module)
{
    struct asn_text *text = &library->text;
    const char *doc = module->doc != NULL ? module->doc : "";

    asn_text_put(text, "/*\n * %s.h - %s\n *\n", library->file, module->name);
    while (*doc != '\0') {
        size_t len = strcspn(doc, "\n");

        asn_text_put(text, len > 0 ? " * %.*s\n" : " *%.*s\n", (int)len, doc);
        doc += len + (doc[len] == '\n');
    }
    asn_text_put(text, " *\n * Made by asn_gen of %s.asn1; what is changed here is lost.\n */\n",
                 library->file);
}

static void put_prototype(struct library *library, const struct asn_plan_type *root, bool decode)
{
    const struct asn_emitter *emitter = &library->emitter;
    const char *prefix = emitter->prefix;
    char c_type[ASN_EMIT_NAME_MAX];

    (void)asn_emit_c_type(emitter, root, c_type, sizeof(c_type));
    if (decode) {
        asn_text_put(&library->text,
                     "bool %s_%s_decode(const void *value, size_t len, struct %s_arena *arena,\n"
                     "    %s *out, struct %s_error *error)",
                     prefix, root->c_name, prefix, c_type, prefix);
    } else {
        asn_text_put(&library->text,
                     "bool %s_%s_encode(const %s *value, struct %s_arena *arena,\n"
                     "    %s *out, struct %s_error *error)",
                     prefix, root->c_name, c_type, prefix, emitter->octets, prefix);
    }
}

static bool put_header(struct library *library, const struct asn_module *module,
                       const struct asn_plan_type *root)
{
    const struct asn_emitter *emitter = &library->emitter;
    const char *upper_prefix = emitter->prefix_upper;
    struct asn_text *text = &library->text;
    char upper[ASN_EMIT_NAME_MAX];
    char folder[FILE_NAME_MAX];

    begin(library);
    put_head(library, module);
    for (unsigned i = 0; i < 2; i++) {
        asn_text_put(text, i == 0 ? "#ifndef %s_" : "#define %s_", upper_prefix);
        put_guard(text, library->options->name);
        asn_text_put(text, "_");
        put_guard(text, library->file);
        asn_text_put(text, "_H\n");
    }
    asn_text_put(text, "\n#include <%s/value.h>\n\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n",
                 emitter->prefix);
    for (const struct asn_plan_type *type = emitter->plan->types; type != NULL; type = type->next) {
        if (module_of(type) == module) {
            asn_emit_type(emitter, text, type);
        }
    }
    (void)asn_name_upper(root->c_name, upper, sizeof(upper));
    asn_text_put(text, "\n#define %s_%s_MODULE \"%s\"\n\n", upper_prefix, upper, module->name);
    asn_text_put(text, "/* As <%s/value.h> says. */\n%s_API ", emitter->prefix, upper_prefix);
    put_prototype(library, root, true);
    asn_text_put(text, ";\n%s_API ", upper_prefix);
    put_prototype(library, root, false);
    asn_text_put(text, ";\n\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
    (void)snprintf(folder, sizeof(folder), "include/%s/%s", emitter->prefix,
                   library->options->name);
    return finish(library, folder, library->file, 'h');
}

static bool put_tables(struct library *library, const struct asn_module *module,
                       const struct asn_plan_type *root)
{
    const struct asn_emitter *emitter = &library->emitter;
    const char *prefix = emitter->prefix;
    struct asn_text *text = &library->text;

    begin(library);
    asn_text_put(text,
                 "/* Made by asn_gen; what is changed here is lost. */\n#include <%s/%s/%s.h>\n\n"
                 "#include \"%s\"\n#include \"%s/shared.h\"\n",
                 prefix, library->options->name, library->file, library->options->runtime,
                 library->options->name);
    for (const struct asn_plan_type *type = emitter->plan->types; type != NULL; type = type->next) {
        if (module_of(type) == module) {
            asn_emit_table(emitter, text, type);
        }
    }
    asn_text_put(text, "\n");
    put_prototype(library, root, true);
    asn_text_put(text,
                 "\n{\n    return %s_table_decode(&%s_%s_type, value, len, arena, out, error);\n"
                 "}\n\n",
                 prefix, prefix, root->c_name);
    put_prototype(library, root, false);
    asn_text_put(text,
                 "\n{\n    return %s_table_encode(&%s_%s_type, value, arena, out, error);\n}\n",
                 prefix, prefix, root->c_name);
    return finish(library, library->options->name, library->file, 'c');
}

/* The tables of types that are imported. */
static bool put_shared(struct library *library)
{
    const struct asn_emitter *emitter = &library->emitter;
    struct asn_text *text = &library->text;
    const struct asn_plan_type *type;

    begin(library);
    asn_text_put(text,
                 "/* Made by asn_gen; what is changed here is lost. */\n"
                 "#ifndef %s_SHARED_H\n#define %s_SHARED_H\n\n"
                 "#include \"codec/schema/asn_table.h\"\n\n",
                 emitter->prefix_upper, emitter->prefix_upper);
    for (type = emitter->plan->types; type != NULL; type = type->next) {
        if (is_shared(library, type)) {
            asn_text_put(text, "extern const struct asn_type %s_%s_type;\n", emitter->prefix,
                         type->c_name);
        }
    }
    asn_text_put(text, "\n#endif\n");
    if (!finish(library, library->options->name, "shared", 'h')) {
        return false;
    }
    begin(library);
    asn_text_put(text,
                 "/* Made by asn_gen; what is changed here is lost. */\n#include <%s/value.h>\n\n"
                 "#include \"%s/shared.h\"\n",
                 emitter->prefix, library->options->name);
    for (type = emitter->plan->types; type != NULL; type = type->next) {
        if (is_shared(library, type)) {
            asn_emit_table(emitter, text, type);
        }
    }
    return finish(library, library->options->name, "shared", 'c');
}

static bool put_module(struct library *library, const struct asn_module *module)
{
    const struct asn_plan_type *root = root_of(library, module);

    return root != NULL && name_file(library, module) && put_header(library, module, root) &&
           put_tables(library, module, root);
}

/* The header that includes all others, in the order of module names. */
static bool put_all(struct library *library)
{
    const struct asn_emitter *emitter = &library->emitter;
    const struct asn_model *model = emitter->model;
    uint32_t shared_count = library->options->shared_count;
    struct asn_text *text = &library->text;
    char folder[FILE_NAME_MAX];

    begin(library);
    asn_text_put(text,
                 "/*\n * %s.h - everything in <%s/%s/...>.\n *\n"
                 " * Made by asn_gen; what is changed here is lost.\n */\n",
                 library->options->name, emitter->prefix, library->options->name);
    for (unsigned i = 0; i < 2; i++) {
        asn_text_put(text, i == 0 ? "#ifndef %s_" : "#define %s_", emitter->prefix_upper);
        put_guard(text, library->options->name);
        asn_text_put(text, "_H\n");
    }
    asn_text_put(text, "\n");
    for (uint32_t i = 0; i < model->module_count; i++) {
        if (model->by_name[i]->index >= shared_count && !name_file(library, model->by_name[i])) {
            return false;
        }
        if (model->by_name[i]->index >= shared_count) {
            asn_text_put(text, "#include <%s/%s/%s.h>\n", emitter->prefix, library->options->name,
                         library->file);
        }
    }
    asn_text_put(text,
                 "\n/* X(e1000, \"Vmber-E1000\") and so on: the name that structs and functions "
                 "have, and the module's. */\n#define %s_EACH_",
                 emitter->prefix_upper);
    put_guard(text, library->options->name);
    asn_text_put(text, "(X)");
    for (uint32_t i = 0; i < model->module_count; i++) {
        if (model->by_name[i]->index >= shared_count) {
            asn_text_put(text, " \\\n    X(%s, \"%s\")",
                         root_of(library, model->by_name[i])->c_name, model->by_name[i]->name);
        }
    }
    asn_text_put(text, "\n\n#endif\n");
    (void)snprintf(folder, sizeof(folder), "include/%s", emitter->prefix);
    return finish(library, folder, library->options->name, 'h');
}

/* A library's name is part of names in C and of paths. */
static bool check_options(const struct asn_emit_library_options *options, struct err *err)
{
    struct err inner = ERR_INIT;

    return asn_emit_check_prefix(options->prefix, err) &&
           (asn_emit_check_prefix(options->name, &inner) ||
            err_set(err, ERR_USAGE, "the library's name must be like a prefix"));
}

bool asn_emit_library(struct asn_model *model, const struct asn_emit_library_options *options,
                      asn_emit_file_fn *put, void *ctx, struct err *err)
{
    char upper[64];
    char octets[64];
    struct asn_plan plan;
    struct library library = {
        {model, err, &plan, options->prefix, upper, octets, true}, options, put, ctx, {0}, {0}, ""};
    bool ok;

    if (!check_options(options, err) || !asn_plan_make(model, NULL, 0, &plan, err) ||
        !rename_all(model, &plan, err)) {
        return false;
    }
    (void)asn_name_upper(options->prefix, upper, sizeof(upper));
    (void)snprintf(octets, sizeof(octets), "struct %s_octets", options->prefix);
    if (!asn_emit_check(&library.emitter) || !check(&library)) {
        return false;
    }
    buf_init(&library.buf, ASN_OUTPUT_MAX);
    ok = put_shared(&library);
    for (const struct asn_module *one = model->modules; ok && one != NULL; one = one->next) {
        ok = one->index < options->shared_count || put_module(&library, one);
    }
    ok = ok && put_all(&library);
    buf_done(&library.buf);
    return ok;
}
