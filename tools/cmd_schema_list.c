/* cmd_schema_list.c - vmber schema list, show and check: what is known of devices. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codec/device/mod_library.h"
#include "codec/device/mod_listing.h"
#include "codec/schema/asn_limits.h"
#include "codec/view/view_out.h"
#include "tools/cmd_look.h"
#include "tools/cmd_schema.h"

enum { OPT_FORMAT = 256, OPT_LISTING, OPT_MODULES };

static const struct option long_options[] = {
    {"format", required_argument, NULL, OPT_FORMAT},
    {"help", no_argument, NULL, 'h'},
    {"modules", required_argument, NULL, OPT_MODULES},
    {NULL, 0, NULL, 0},
};

static const struct option show_options[] = {
    {"format", required_argument, NULL, OPT_FORMAT},
    {"help", no_argument, NULL, 'h'},
    {"listing", no_argument, NULL, OPT_LISTING},
    {"modules", required_argument, NULL, OPT_MODULES},
    {NULL, 0, NULL, 0},
};

/* What the arguments say, and the modules. */
struct wishes {
    struct mod_library lib;
    const char *origins[MOD_USER_SETS_MAX]; /* of the sets, as the user named them */
    enum view_format format;
    bool listing;
};

/* Reads the arguments; -1: go on, else the exit status. */
static int read_arguments(const struct cmd *cmd, int argc, char **argv,
                          const struct option *options, struct wishes *wishes)
{
    struct err err = ERR_INIT;
    int c;

    mod_library_init(&wishes->lib);
    wishes->format = VIEW_TEXT;
    wishes->listing = false;
    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (c) {
        case 'h':
            cmd_help(cmd, stdout);
            return ERR_NONE;
        case OPT_FORMAT:
            if (!cmd_look_format(optarg, &wishes->format)) {
                return cmd_misuse(cmd, "--format is text, json or jsonl, found '%s'", optarg);
            }
            break;
        case OPT_LISTING:
            wishes->listing = true;
            break;
        case OPT_MODULES:
            if (!mod_library_add_path(&wishes->lib, optarg, &err)) {
                return cmd_schema_fail(cmd, &wishes->lib.diag, &err);
            }
            wishes->origins[wishes->lib.user_count - 1] = optarg;
            break;
        default:
            return cmd_misuse(cmd, "see `vmber %s --help`", cmd->name);
        }
    }
    return -1;
}

static struct span text_of(const struct mod_set *set, uint32_t string)
{
    return mod_string(set, string);
}

/* The device types that the comment above a module names: "...: the section of A, B." */
static void show_devices(struct view_out *o, struct span doc)
{
    static const char before[] = ": the section of ";
    const size_t skip = sizeof(before) - 1;
    size_t at = 0;

    while (at + skip <= doc.len && memcmp(doc.p + at, before, skip) != 0) {
        at++;
    }
    at += skip;
    if (at >= doc.len) {
        return;
    }
    view_list_begin(o, "devices");
    while (at < doc.len) {
        size_t end = at;

        /* Words end in ",", the last one in "."; lines are wrapped behind a comma. */
        while (end < doc.len && doc.p[end] != ' ' && doc.p[end] != '\n') {
            end++;
        }
        if (end > at + 1) {
            view_row_begin(o, "device", &VIEW_NOWHERE);
            view_attr_name(o, "name", span_of(doc.p + at, end - at - 1));
            view_row_end(o);
        }
        if (end > at && doc.p[end - 1] == '.') {
            break;
        }
        at = end + 1;
    }
    view_list_end(o);
}

static uint32_t count_fields(const struct mod_set *set, const struct mod_module *module)
{
    uint32_t fields = 0;

    for (uint32_t i = 0; i < module->type_count; i++) {
        fields += set->types[module->types + i].field_count;
    }
    return fields;
}

static void show_module(struct view_out *o, const struct wishes *wishes, uint32_t set_index,
                        uint32_t index, bool devices)
{
    const struct mod_set *set = mod_library_set(&wishes->lib, set_index);
    const struct mod_module *module = &set->modules[index];
    const struct mod_type *root = &set->types[module->root];

    view_item_begin(o, "module", &VIEW_NOWHERE);
    view_attr_name(o, "name", text_of(set, module->name));
    view_attr_text(o, module->old_style ? "idstr" : "vmsd", text_of(set, root->vmsd));
    if (!module->old_style) {
        view_attr_u64(o, "version", root->version);
    }
    view_attr_u64(o, "types", module->type_count);
    view_attr_u64(o, "fields", count_fields(set, module));
    view_attr_str(o, "origin",
                  set_index < wishes->lib.user_count ? wishes->origins[set_index] : "built-in");
    view_attr_hex(o, "digest", span_of(module->digest, HASH_DIGEST_LEN));
    if (devices) {
        show_devices(o, text_of(set, module->doc));
    }
    view_item_end(o);
}

static void show_elements(struct view_out *o, const struct mod_field *field)
{
    if (field->max == MOD_VARIES) {
        view_attr_flag(o, "any_number", true);
    } else if (field->min != field->max) {
        view_attr_u64(o, "elements_min", field->min);
        view_attr_u64(o, "elements", field->max);
    } else {
        view_attr_u64(o, "elements", field->max);
    }
}

static void show_field(struct view_out *o, const struct mod_set *set, const struct mod_field *field)
{
    bool list = field->op == MOD_LIST || field->op == MOD_TREE;

    view_row_begin(o, field->is_subsection ? "subsection" : "field", &VIEW_NOWHERE);
    view_attr_name(o, "name", text_of(set, field->name));
    view_attr_text(o, "ident", text_of(set, field->ident));
    if (field->op == MOD_UNSEEN) {
        view_attr_flag(o, "unseen", true);
    } else if (!field->is_subsection) {
        view_attr_text(o, "type", text_of(set, field->type_name));
    }
    if (field->type != MOD_NONE) {
        view_attr_text(o, "struct", text_of(set, set->types[field->type].name));
    } else if (field->size != MOD_VARIES) {
        view_attr_u64(o, "octets", field->size);
    } else {
        view_attr_flag(o, "any_size", true);
    }
    if (field->key != MOD_NONE) {
        view_attr_text(o, "key", text_of(set, set->types[field->key].name));
    }
    if (field->is_array || list) {
        show_elements(o, field);
    }
    if (field->nullable) {
        view_attr_flag(o, "nullable", true);
    }
    if (field->by != MOD_EMPTY) {
        view_attr_text(o, "by", text_of(set, field->by));
    }
    if (field->tag != MOD_NO_TAG) {
        view_attr_u64(o, "tag", field->tag);
    }
    view_row_end(o);
}

/* Shows the constraints of a type: a row an alternative, "+a -b". */
static void show_constraints(struct view_out *o, const struct mod_set *set,
                             const struct mod_type *type)
{
    char text[ASN_PRESENCES_MAX * (ASN_NAME_MAX + 2) + 1];
    size_t len = 0;

    if (type->term_count == 0) {
        return;
    }
    view_list_begin(o, "constraints");
    for (uint32_t i = 0; i < type->term_count; i++) {
        const struct mod_term *term = &set->terms[type->terms + i];
        bool last = i + 1 == type->term_count || term[1].begins != MOD_BEGINS_NOTHING;

        if (term->begins != MOD_BEGINS_NOTHING) {
            bool either = term->begins == MOD_BEGINS_CONSTRAINT;

            view_row_begin(o, either ? "either" : "or", &VIEW_NOWHERE);
            len = 0;
        }
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s%s", len > 0 ? " " : "",
                                term->present ? "+" : "-", mod_text(set, term->ident));
        if (last) {
            view_attr_name(o, "fields", span_of(text, len));
            view_row_end(o);
        }
    }
    view_list_end(o);
}

static void show_types(struct view_out *o, const struct mod_set *set, uint32_t index)
{
    const struct mod_module *module = &set->modules[index];

    for (uint32_t i = 0; i < module->type_count; i++) {
        const struct mod_type *type = &set->types[module->types + i];

        view_item_begin(o, "type", &VIEW_NOWHERE);
        view_attr_name(o, "name", text_of(set, type->name));
        view_attr_text(o, module->old_style ? "idstr" : "vmsd", text_of(set, type->vmsd));
        if (!module->old_style) {
            view_attr_u64(o, "version", type->version);
        }
        view_list_begin(o, "fields");
        for (uint32_t k = 0; k < type->field_count; k++) {
            show_field(o, set, &set->fields[type->fields + k]);
        }
        view_list_end(o);
        show_constraints(o, set, type);
        view_item_end(o);
    }
}

/* Whether a module is called name: it, the word behind "Vmber-", or its section. */
static bool is_called(const struct mod_set *set, uint32_t index, const char *name)
{
    static const char prefix[] = "Vmber-";
    const struct mod_module *module = &set->modules[index];
    struct span full = text_of(set, module->name);

    return span_eq_str(full, name) ||
           (full.len > sizeof(prefix) - 1 && memcmp(full.p, prefix, sizeof(prefix) - 1) == 0 &&
            span_eq_str(span_from(full, sizeof(prefix) - 1), name)) ||
           span_eq_str(text_of(set, set->types[module->root].vmsd), name);
}

/* Shows the modules called name, or all of them; *shown says how many. */
static void show_all(struct view_out *o, const struct wishes *wishes, const char *name,
                     size_t *shown)
{
    for (uint32_t i = 0; i < mod_library_set_count(&wishes->lib); i++) {
        const struct mod_set *set = mod_library_set(&wishes->lib, i);

        for (uint32_t k = 0; k < set->module_count; k++) {
            if (name != NULL && !is_called(set, k, name)) {
                continue;
            }
            show_module(o, wishes, i, k, true);
            if (name != NULL) {
                show_types(o, set, k);
            }
            ++*shown;
        }
    }
}

/* Prints the modules in the form that is wished. */
static bool print(const struct wishes *wishes, struct io_sink sink, const char *name, size_t *shown,
                  struct err *err)
{
    struct view_out o;
    bool ok;

    if (!view_out_init(&o, sink, wishes->format, err)) {
        return false;
    }
    view_doc_begin(&o);
    view_doc_list_begin(&o, name == NULL ? "modules" : "items");
    show_all(&o, wishes, name, shown);
    view_doc_list_end(&o);
    view_doc_end(&o);
    ok = view_out_finish(&o, err);
    view_out_done(&o);
    return ok;
}

/* Prints the canonical text of the modules called name. */
static bool print_listing(const struct wishes *wishes, struct io_sink sink, const char *name,
                          size_t *shown, struct err *err)
{
    struct buf text;
    bool ok = true;

    buf_init(&text, MOD_LISTING_MAX);
    for (uint32_t i = 0; ok && i < mod_library_set_count(&wishes->lib); i++) {
        const struct mod_set *set = mod_library_set(&wishes->lib, i);

        for (uint32_t k = 0; ok && k < set->module_count; k++) {
            if (is_called(set, k, name)) {
                ok = mod_listing(set, k, &text, err);
                ++*shown;
            }
        }
    }
    if (ok && text.len > 0) {
        struct iovec iov = {text.p, text.len};

        ok = sink.write(sink.ctx, &iov, 1, err);
    }
    buf_done(&text);
    return ok;
}

/* Prints what is asked for on standard output; returns the exit status. */
static int put_out(const struct cmd *cmd, const struct wishes *wishes, const char *name)
{
    struct cmd_look look = {
        .out = {.fd = STDOUT_FILENO, .name = "standard output", .stop = cmd_stop_flag()}};
    struct err err = ERR_INIT;
    size_t shown = 0;
    bool ok = wishes->listing ? print_listing(wishes, io_fd_sink(&look.out), name, &shown, &err)
                              : print(wishes, io_fd_sink(&look.out), name, &shown, &err);

    if (!ok && err.band == ERR_IO && cmd_look_gone(&look)) {
        return ERR_NONE; /* `| head` has seen enough */
    }
    if (!ok) {
        return cmd_fail(cmd, &err);
    }
    if (name != NULL && shown == 0) {
        cmd_note(cmd, "no module is called '%s'", name);
        return ERR_FINDINGS;
    }
    return ERR_NONE;
}

static int run_list(const struct cmd *cmd, int argc, char **argv)
{
    struct wishes wishes;
    int status = read_arguments(cmd, argc, argv, long_options, &wishes);

    if (status < 0 && optind < argc) {
        status = cmd_misuse(cmd, "no argument expected, found '%s'", argv[optind]);
    }
    if (status < 0) {
        status = put_out(cmd, &wishes, NULL);
    }
    mod_library_done(&wishes.lib);
    return status;
}

static int run_show(const struct cmd *cmd, int argc, char **argv)
{
    struct wishes wishes;
    int status = read_arguments(cmd, argc, argv, show_options, &wishes);

    if (status < 0 && argc - optind != 1) {
        status = cmd_misuse(cmd, "%s", optind == argc ? "which module?" : "one module at a time");
    }
    if (status < 0) {
        status = put_out(cmd, &wishes, argv[optind]);
    }
    mod_library_done(&wishes.lib);
    return status;
}

static const struct option check_options[] = {
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int run_check(const struct cmd *cmd, int argc, char **argv)
{
    int status = ERR_NONE;
    int c;

    while ((c = getopt_long(argc, argv, "h", check_options, NULL)) != -1) {
        switch (c) {
        case 'h':
            cmd_help(cmd, stdout);
            return ERR_NONE;
        default:
            return cmd_misuse(cmd, "see `vmber %s --help`", cmd->name);
        }
    }
    if (optind == argc) {
        return cmd_misuse(cmd, "no file to check");
    }
    for (int i = optind; i < argc; i++) {
        struct err err = ERR_INIT;
        struct mod_library lib;

        mod_library_init(&lib);
        if (mod_library_add_path(&lib, argv[i], &err)) {
            unsigned count = (unsigned)mod_library_set(&lib, 0)->module_count;

            printf("%s: good, %u module%s\n", argv[i], count, count == 1 ? "" : "s");
            if (fflush(stdout) != 0) { /* before what is said of the next one */
                err_set(&err, ERR_IO, "cannot write standard output: %s", strerror(errno));
                mod_library_done(&lib);
                return cmd_fail(cmd, &err);
            }
        } else {
            c = cmd_schema_fail(cmd, &lib.diag, &err);
            status = status == ERR_NONE ? c : status;
        }
        mod_library_done(&lib);
    }
    return status;
}

const struct cmd cmd_schema_list = {
    "schema list",
    "[--format text|json|jsonl] [--modules PATH]...",
    "list the modules that are known",
    "      --format FORMAT  text (default), json: one document, jsonl: one object a line\n"
    "      --modules PATH   those in a file or a folder, too\n"
    "  -h, --help           print this\n",
    run_list,
};

const struct cmd cmd_schema_show = {
    "schema show",
    "[--format text|json|jsonl | --listing] [--modules PATH]... NAME",
    "show the fields of a module: names, types, tags, widths, numbers",
    "      --format FORMAT  text (default), json: one document, jsonl: one object a line\n"
    "      --listing        the text that the module's digest is made of\n"
    "      --modules PATH   modules in a file or a folder, too\n"
    "  -h, --help           print this\n"
    "NAME is that of the module, with or without 'Vmber-', or that of the section: all modules "
    "that\n"
    "describe it are shown. Exit status 1: there is none.\n",
    run_show,
};

const struct cmd cmd_schema_check = {
    "schema check",
    "FILE...",
    "check that modules can be used",
    "  -h, --help  print this\n"
    "A FILE is a module, or a folder of modules. What is wrong with one is told with its line.\n",
    run_check,
};
