/* lay_text.c - see lay_text.h. */
#include "codec/savevm/lay_text.h"

#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/savevm/lay_limits.h"

/*
 * The two writers QEMU has had: qobject/json-writer.c since 6.0, migration/qjson.c before. Only the
 * first escapes.
 */
struct style {
    const char *object_open;
    const char *object_close;
    const char *array_open;
    const char *array_close;
    const char *colon; /* behind the closing quote of a name */
    bool escapes;
    bool is_signed; /* instance_id */
};

/* clang-format off */
static const struct style styles[] = {
    [WIRE_VMDESC_STYLE_COMPACT]       = {"{",  "}",  "[",  "]",  "\": ",  true,  false},
    [WIRE_VMDESC_STYLE_SPACED]        = {"{ ", " }", "[ ", " ]", "\" : ", false, false},
    [WIRE_VMDESC_STYLE_SPACED_SIGNED] = {"{ ", " }", "[ ", " ]", "\" : ", false, true},
};
/* clang-format on */

/* A struct whose members are being written. */
struct frame {
    const struct lay_type *type;
    uint32_t field;      /* next field */
    uint32_t repeated;   /* elements of its row that are written */
    uint32_t member;     /* members of this element that are written */
    uint32_t subsection; /* next subsection */
    bool in_field;       /* its object is open */
    bool in_struct;      /* an object around it is open, for the parent to close */
};

struct writer {
    struct buf *out;
    const struct style *style;
    const struct lay_types *types;
    bool comma; /* something stands before, so the next thing needs one */
    bool failed;
    struct err *err;
    struct frame frames[LAY_DEPTH_MAX + 1];
    uint32_t depth;
};

void lay_text_init(struct lay_text *text)
{
    arena_init(&text->arena, LAY_TYPES_BYTES_MAX);
    text->entries = NULL;
    text->count = 0;
    text->cap = 0;
}

void lay_text_done(struct lay_text *text)
{
    arena_done(&text->arena);
    free(text->entries);
    lay_text_init(text);
}

bool lay_text_section(struct lay_text *text, struct span name, uint32_t instance, uint32_t type,
                      struct err *err)
{
    struct lay_text_entry entry = {name, instance, type};

    if (text->count == LAY_ELEMENTS_MAX) {
        return err_set(err, ERR_LIMIT, "more than %d sections", LAY_ELEMENTS_MAX);
    }
    entry.name.p = arena_copy(&text->arena, name.p, name.len, err);
    if (entry.name.p == NULL) {
        return false;
    }
    if (text->count == text->cap) {
        size_t cap = text->cap == 0 ? 64 : text->cap * 2;
        struct lay_text_entry *more = realloc(text->entries, cap * sizeof(*more));

        if (more == NULL) {
            return err_memory(err);
        }
        text->entries = more;
        text->cap = cap;
    }
    text->entries[text->count++] = entry;
    return true;
}

static CC_INLINE void put(struct writer *w, const char *p, size_t n)
{
    struct buf *out = w->out;

    if (CC_LIKELY(n <= out->cap - out->len && n <= out->len_max - out->len && n > 0)) {
        memcpy(out->p + out->len, p, n);
        out->len += n;
    } else {
        w->failed = w->failed || !buf_put(out, p, n, w->err);
    }
}

static CC_INLINE void put_str(struct writer *w, const char *s)
{
    put(w, s, strlen(s));
}

/* Reads one code point of valid UTF-8. */
static size_t get_utf8(const uint8_t *p, uint32_t *c)
{
    if (p[0] < 0xe0) {
        *c = (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
        return 2;
    }
    if (p[0] < 0xf0) {
        *c = (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
        return 3;
    }
    *c = (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 |
         (uint32_t)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
    return 4;
}

static void put_unit(struct writer *w, uint32_t c)
{
    static const char hex[] = "0123456789ABCDEF";
    char s[6] = {'\\', 'u'};

    s[2] = hex[c >> 12 & 15];
    s[3] = hex[c >> 8 & 15];
    s[4] = hex[c >> 4 & 15];
    s[5] = hex[c & 15];
    put(w, s, sizeof(s));
}

/* Writes an octet that json-writer.c escapes; returns how many octets of s that took. */
static size_t put_escaped(struct writer *w, struct span s)
{
    static const char from[] = "\"\\\b\f\n\r\t";
    static const char to[] = "\"\\bfnrt";
    const char *at = s.p[0] != 0 ? strchr(from, s.p[0]) : NULL;
    uint32_t c = s.p[0];
    size_t n = 1;

    if (at != NULL) {
        char pair[2] = {'\\', to[at - from]};

        put(w, pair, 2);
        return 1;
    }
    if (c >= 0x80) {
        n = get_utf8(s.p, &c);
    }
    if (c > 0xffff) {
        put_unit(w, 0xd800 + ((c - 0x10000) >> 10));
        c = 0xdc00 + ((c - 0x10000) & 0x3ff);
    }
    put_unit(w, c);
    return n;
}

static void put_quoted(struct writer *w, struct span s)
{
    size_t plain = 0;

    put(w, "\"", 1);
    for (size_t i = 0; w->style->escapes && i < s.len;) {
        if (s.p[i] >= 0x20 && s.p[i] < 0x7f && s.p[i] != '"' && s.p[i] != '\\') {
            i++;
            continue;
        }
        put(w, (const char *)s.p + plain, i - plain);
        i += put_escaped(w, span_from(s, i));
        plain = i;
    }
    put(w, (const char *)s.p + plain, s.len - plain);
    put(w, "\"", 1);
}

/* Begins a member or (name NULL) an element. */
static CC_INLINE void put_name(struct writer *w, const char *name)
{
    if (w->comma) {
        put(w, ", ", 2);
    }
    w->comma = true;
    if (name != NULL) {
        put(w, "\"", 1);
        put_str(w, name);
        put_str(w, w->style->colon);
    }
}

static CC_INLINE void put_string(struct writer *w, const char *name, struct span s)
{
    put_name(w, name);
    put_quoted(w, s);
}

static void put_digits(struct writer *w, uint64_t v)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    put(w, digits + at, sizeof(digits) - at);
}

static CC_INLINE void put_number(struct writer *w, const char *name, uint64_t v)
{
    put_name(w, name);
    put_digits(w, v);
}

static void open_object(struct writer *w, const char *name)
{
    put_name(w, name);
    put_str(w, w->style->object_open);
    w->comma = false;
}

static void close_object(struct writer *w)
{
    put_str(w, w->style->object_close);
    w->comma = true;
}

static void open_array(struct writer *w, const char *name)
{
    put_name(w, name);
    put_str(w, w->style->array_open);
    w->comma = false;
}

static void close_array(struct writer *w)
{
    put_str(w, w->style->array_close);
    w->comma = true;
}

/* Begins the members of a type; lay_types has bounded the depth. */
static void push(struct writer *w, uint32_t id, bool in_struct)
{
    struct frame *frame = &w->frames[w->depth++];

    memset(frame, 0, sizeof(*frame));
    frame->type = lay_types_get(w->types, id);
    frame->in_struct = in_struct;
    if (frame->type->wire.form == WIRE_DESCRIPTION_FORM_VMSTATE) {
        put_string(w, "vmsd_name", frame->type->wire.name);
        put_number(w, "version", frame->type->wire.version);
    }
    if (frame->type->wire.form != WIRE_DESCRIPTION_FORM_EMPTY) {
        open_array(w, "fields");
    }
}

/* Begins an element of a row: all that stands before the types inside it. */
static void open_field(struct writer *w, struct frame *frame)
{
    const struct wire_field *field = &frame->type->wire.fields.items[frame->field];

    open_object(w, NULL);
    put_string(w, "name", field->name);
    if (frame->type->wire.form == WIRE_DESCRIPTION_FORM_OLD_STYLE) {
        put_number(w, "size", lay_field_size(frame->type, frame->field));
        put_string(w, "type", field->type);
        return;
    }
    if (field->has_array) {
        put_number(w, "array_len", field->array);
    } else if (field->has_index) {
        put_number(w, "index", field->index + (uint64_t)frame->repeated);
    }
    put_string(w, "type", field->type);
}

static void close_field(struct writer *w, struct frame *frame)
{
    if (frame->type->wire.form != WIRE_DESCRIPTION_FORM_OLD_STYLE) {
        put_number(w, "size", lay_field_size(frame->type, frame->field));
    }
    close_object(w);
    frame->in_field = false;
    frame->member = 0;
    frame->repeated++;
    if (frame->repeated == frame->type->wire.fields.items[frame->field].repeat) {
        frame->repeated = 0;
        frame->field++;
    }
}

/* Goes one step on in the fields of the innermost type. */
static void field_step(struct writer *w, struct frame *frame)
{
    const struct wire_field *field = &frame->type->wire.fields.items[frame->field];

    if (!frame->in_field) {
        open_field(w, frame);
        frame->in_field = true;
    }
    if (field->has_element && frame->member == 0) {
        frame->member++;
        open_object(w, "struct");
        push(w, field->element, true);
    } else if (field->has_members && frame->member < field->members.count) {
        push(w, field->members.items[frame->member++], false);
    } else {
        close_field(w, frame);
    }
}

static void pop(struct writer *w)
{
    const struct frame *frame = &w->frames[--w->depth];

    if (frame->type->wire.form != WIRE_DESCRIPTION_FORM_EMPTY) {
        close_array(w); /* fields or subsections */
    }
    if (frame->in_struct) {
        close_object(w);
    }
}

/* Writes the members of the object that describes a type. */
static void put_type(struct writer *w, uint32_t id)
{
    push(w, id, false);
    while (w->depth > 0 && !w->failed) {
        struct frame *top = &w->frames[w->depth - 1];
        const struct wire_type_description *wire = &top->type->wire;

        if (top->field < wire->fields.count) {
            field_step(w, top);
        } else if (wire->has_subsections && top->subsection < wire->subsections.count) {
            if (top->subsection == 0) {
                close_array(w); /* of the fields */
                open_array(w, "subsections");
            }
            open_object(w, NULL);
            push(w, wire->subsections.items[top->subsection++], true);
        } else {
            pop(w);
        }
    }
    w->depth = 0;
}

static void put_instance(struct writer *w, uint32_t instance)
{
    if (w->style->is_signed && instance > INT32_MAX) {
        put_name(w, "instance_id");
        put(w, "-", 1);
        put_digits(w, UINT64_C(0x100000000) - instance);
    } else {
        put_number(w, "instance_id", instance);
    }
}

static bool put_device(struct writer *w, struct span name, uint32_t instance, uint32_t id)
{
    const struct lay_type *type = lay_types_get(w->types, id);

    if (type == NULL) {
        w->failed = true;
        return err_set(w->err, ERR_MALFORMED, "type %u is not described", (unsigned)id);
    }
    open_object(w, NULL);
    put_string(w, "name", name);
    put_instance(w, instance);
    if (type->wire.form == WIRE_DESCRIPTION_FORM_OLD_STYLE) {
        put_number(w, "size", type->size);
    }
    put_type(w, id);
    close_object(w);
    return !w->failed;
}

/* The devices: the Section records, and the other entries where they say they stand. */
static bool put_devices(struct writer *w, const struct lay_text *text,
                        const struct wire_vmdesc_form *form)
{
    size_t entry_count = form->has_entries ? form->entries.count : 0;
    size_t at = 0;

    for (size_t i = 0; i <= text->count; i++) {
        const struct lay_text_entry *section = i < text->count ? &text->entries[i] : NULL;

        for (; at < entry_count && (form->entries.items[at].after <= i || section == NULL); at++) {
            const struct wire_vmdesc_entry *entry = &form->entries.items[at];

            if (!put_device(w, entry->name, entry->instance, entry->type)) {
                return false;
            }
        }
        if (section != NULL && !put_device(w, section->name, section->instance, section->type)) {
            return false;
        }
    }
    return true;
}

static bool put_all(struct writer *w, const struct lay_text *text,
                    const struct wire_vmdesc_form *form)
{
    open_object(w, NULL);
    if (form->has_configuration) {
        if (lay_types_get(w->types, form->configuration) == NULL) {
            return err_set(w->err, ERR_MALFORMED, "type %u is not described",
                           (unsigned)form->configuration);
        }
        open_object(w, "configuration");
        put_type(w, form->configuration);
        close_object(w);
    }
    put_number(w, "page_size", form->page_size);
    open_array(w, "devices");
    if (!put_devices(w, text, form)) {
        return false;
    }
    close_array(w);
    close_object(w);
    return !w->failed;
}

bool lay_text_write(const struct lay_text *text, const struct lay_types *types,
                    const struct wire_vmdesc_form *form, struct buf *out, struct err *err)
{
    bool known = form->style >= 0 && (size_t)form->style < sizeof(styles) / sizeof(styles[0]);
    struct err why = ERR_INIT;
    struct writer w;

    if (!known) {
        return err_set(err, ERR_UNSUPPORTED, "a description in style %d", (int)form->style);
    }
    w.out = out;
    w.style = &styles[form->style];
    w.types = types;
    w.comma = false;
    w.failed = false;
    w.err = &why;
    w.depth = 0;
    if (put_all(&w, text, form)) {
        return true;
    }
    if (why.band == ERR_LIMIT && !err_is_memory(&why)) {
        return err_set(err, ERR_LIMIT, "the rebuilt description has more than %zu octets",
                       out->len_max);
    }
    return err_set(err, why.band, "%s", why.text);
}
