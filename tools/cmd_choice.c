/* cmd_choice.c - see cmd_choice.h. */
#include "tools/cmd_choice.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base/arena.h"
#include "codec/savevm/lay_json.h"
#include "tools/cmd_schema.h"

enum { FEATURE_FILE_MAX = 1 << 20 };

bool cmd_choice_feature(const struct cmd *cmd, const char *name, form_feature_set *set)
{
    enum form_feature_id id = form_feature_find(span_str(name));

    if (id == FORM_FEATURES) {
        (void)cmd_misuse(cmd, "no feature '%s', see `vmber features`", name);
        return false;
    }
    *set |= FORM_FEATURE_BIT(id);
    return true;
}

/* The value of a member of an object, or of none 0, which is no value's token. */
static uint32_t member(const struct lay_json *json, uint32_t object, const char *name)
{
    uint32_t end = json->tokens[object].next;

    for (uint32_t t = object + 1; t < end; t = json->tokens[t + 1].next) {
        if (lay_json_is(json, t, name)) {
            return t + 1;
        }
    }
    return 0;
}

/* Reads the names in {"features": [{"name": ...}, ...]}; those nobody here knows do not matter. */
static bool read_names(const struct lay_json *json, const char *path, struct arena *arena,
                       form_feature_set *set, struct err *err)
{
    uint32_t list = member(json, 0, "features");

    if (list == 0 || json->tokens[list].kind != LAY_JSON_ARRAY) {
        return err_set(err, ERR_MALFORMED, "%s: expected an object with an array \"features\"",
                       path);
    }
    for (uint32_t t = list + 1; t < json->tokens[list].next; t = json->tokens[t].next) {
        uint32_t name = json->tokens[t].kind == LAY_JSON_OBJECT ? member(json, t, "name") : 0;
        struct span text;

        if (name == 0 || json->tokens[name].kind != LAY_JSON_STRING) {
            return err_set(err, ERR_MALFORMED, "%s: expected {\"name\": ...} at octet %u", path,
                           (unsigned)json->tokens[t].start);
        }
        if (!lay_json_string(json, name, arena, &text, err)) {
            return false;
        }
        *set |= FORM_FEATURE_BIT(form_feature_find(text)) & FORM_FEATURES_ALL;
    }
    return true;
}

/* RFC 8259 section 2. */
static bool is_space(uint8_t octet)
{
    return octet == ' ' || octet == '\t' || octet == '\r' || octet == '\n';
}

static struct span trimmed(struct span text)
{
    while (text.len > 0 && is_space(text.p[text.len - 1])) {
        text.len--;
    }
    while (text.len > 0 && is_space(text.p[0])) {
        text = span_from(text, 1);
    }
    return text;
}

static int take_file(const struct cmd *cmd, const char *path, struct form_choice *choice)
{
    struct err err = ERR_INIT;
    struct err why = ERR_INIT;
    form_feature_set have = 0;
    struct lay_json json;
    struct arena arena;
    struct buf text;
    bool ok;

    buf_init(&text, FEATURE_FILE_MAX + 65536);
    arena_init(&arena, FEATURE_FILE_MAX);
    lay_json_init(&json);
    ok = cmd_schema_text(path, FEATURE_FILE_MAX, &text, &err);
    if (ok && !lay_json_parse(&json, trimmed(buf_span(&text)), &why)) {
        ok = err_set(&err, ERR_MALFORMED, "%s is not one JSON object, as vmber features prints it",
                     path);
    }
    ok = ok && read_names(&json, path, &arena, &have, &err);
    lay_json_done(&json);
    arena_done(&arena);
    buf_done(&text);
    if (!ok) {
        return cmd_fail(cmd, &err);
    }
    for (unsigned id = 0; id < FORM_FEATURES; id++) {
        if (form_features[id].feature_class == WIRE_FEATURE_CLASS_INCOMPATIBLE) {
            choice->without |= FORM_FEATURE_BIT(id) & ~have;
        }
    }
    return -1;
}

static int take_for(const struct cmd *cmd, const char *argument, struct form_choice *choice)
{
    size_t len = strlen(argument);
    unsigned major;
    unsigned minor;

    if (strchr(argument, '/') != NULL || (len > 5 && strcmp(argument + len - 5, ".json") == 0)) {
        return take_file(cmd, argument, choice);
    }
    if (!form_machine_version(span_str(argument), &major, &minor)) {
        return cmd_misuse(cmd,
                          "--for is a machine type that ends in its version, as pc-q35-10.0, or a "
                          "file, which has a '/' or ends in .json; found '%s'",
                          argument);
    }
    if (choice->machine != NULL) {
        return cmd_misuse(cmd, "one machine type at a time, found '%s' as well", argument);
    }
    choice->machine = argument;
    return -1;
}

int cmd_choice_take(const struct cmd *cmd, int option, const char *argument,
                    struct form_choice *choice)
{
    unsigned long long number;
    char *end;

    switch (option) {
    case CMD_CHOICE_FOR:
        return take_for(cmd, argument, choice);
    case CMD_CHOICE_GREASE:
        number = argument[0] >= '0' && argument[0] <= '9' ? strtoull(argument, &end, 0) : 0;
        choice->grease = (uint32_t)number;
        return number != 0 && number <= UINT32_MAX && *end == '\0'
                   ? -1
                   : cmd_misuse(cmd, "--grease is a number from 1 to 4294967295, found '%s'",
                                argument);
    case CMD_CHOICE_LIFT:
        choice->with |= form_features_structured();
        return -1;
    case CMD_CHOICE_WITH:
        if (strcmp(argument, form_features[FORM_FEATURE_STREAM_SCRUBBED].name) == 0) {
            return cmd_misuse(cmd, "%s is what --scrub makes true", argument);
        }
        return cmd_choice_feature(cmd, argument, &choice->with) ? -1 : ERR_USAGE;
    case CMD_CHOICE_WITHOUT:
        return cmd_choice_feature(cmd, argument, &choice->without) ? -1 : ERR_USAGE;
    default:
        return cmd_misuse(cmd, "see `vmber %s --help`", cmd->name);
    }
}

void cmd_choice_output(struct form_choice *choice, struct cmd_files *files, bool index)
{
    choice->index = index && files->seekable;
    if (files->seekable) {
        choice->rewrite = io_fd_rewrite;
        choice->rewrite_ctx = &files->file.io;
    }
}

void cmd_choice_missed(const struct cmd *cmd, const struct map_lifter *lifter)
{
    for (uint32_t i = 0; i < lifter->missed_count && i < MAP_MISFITS_KEPT; i++) {
        const struct map_missed *missed = &lifter->missed[i];

        const char *map = map_text(lifter->set, lifter->set->maps[missed->map].name);

        if (missed->why.legacy_offset == ERR_NO_OFFSET) { /* a limit */
            cmd_note(cmd, "%s: map %s does not fit: %s", missed->field, map, missed->why.text);
        } else {
            cmd_note(cmd, "%s: map %s does not fit at octet %" PRIu64 ", %s: %s", missed->field,
                     map, missed->why.legacy_offset, missed->why.path, missed->why.text);
        }
    }
    if (lifter->missed_count > MAP_MISFITS_KEPT) {
        cmd_note(cmd, "%" PRIu32 " more blobs that no map fits",
                 lifter->missed_count - MAP_MISFITS_KEPT);
    }
}
