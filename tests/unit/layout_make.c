/* layout_make.c - see layout_make.h. */
#include "layout_make.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/savevm/leg_wire.h"

enum { MADE_MAX = 1 << 26 };

static void put(struct buf *buf, const void *p, size_t n)
{
    if (!buf_put(buf, p, n, NULL)) {
        abort();
    }
}

static void put_octet(struct make *m, uint8_t octet)
{
    put(&m->tail, &octet, 1);
}

static void put_be32(struct make *m, uint32_t v)
{
    uint8_t p[4];

    leg_set_be32(p, v);
    put(&m->tail, p, sizeof(p));
}

static bool spaced(const struct make *m)
{
    return (m->flags & MAKE_SPACED) != 0;
}

static void json(struct make *m, const char *s)
{
    if (!m->muted) {
        put(&m->json, s, strlen(s));
    }
}

static void json_name(struct make *m, const char *name)
{
    if (m->muted) {
        return;
    }
    json(m, m->comma ? ", " : "");
    m->comma = true;
    if (name != NULL) {
        json(m, "\"");
        json(m, name);
        json(m, spaced(m) ? "\" : " : "\": ");
    }
}

static void json_str(struct make *m, const char *name, const char *s)
{
    json_name(m, name);
    json(m, "\"");
    json(m, s);
    json(m, "\"");
}

static void json_int(struct make *m, const char *name, uint64_t v)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%" PRIu64, v);
    json_name(m, name);
    json(m, text);
}

static void json_open(struct make *m, const char *name, const char *bracket)
{
    json_name(m, name);
    json(m, bracket);
    json(m, spaced(m) ? " " : "");
    m->comma = m->muted && m->comma;
}

static void json_close(struct make *m, const char *bracket)
{
    json(m, spaced(m) ? " " : "");
    json(m, bracket);
    m->comma = !m->muted || m->comma;
}

static void json_type(struct make *m, const char *vmsd, uint32_t version)
{
    json_str(m, "vmsd_name", vmsd);
    json_int(m, "version", version);
    json_open(m, "fields", "[");
}

void make_begin(struct make *m, unsigned flags)
{
    memset(m, 0, sizeof(*m));
    buf_init(&m->tail, MADE_MAX);
    buf_init(&m->json, MADE_MAX);
    m->flags = flags;
    m->octet = 0x80;
    json_open(m, NULL, "{");
    if ((flags & MAKE_CONFIGURATION) != 0) {
        json_open(m, "configuration", "{");
        json_type(m, "configuration", 1);
        json_open(m, NULL, "{");
        json_str(m, "name", "len");
        json_str(m, "type", "uint32");
        json_int(m, "size", 4);
        json_close(m, "}");
        json_close(m, "]");
        json_close(m, "}");
    }
    json_int(m, "page_size", 4096);
    json_open(m, "devices", "[");
}

void make_done(struct make *m)
{
    buf_done(&m->tail);
    buf_done(&m->json);
}

struct span make_span(const struct make *m)
{
    return buf_span(&m->tail);
}

static void put_head(struct make *m, const char *name, uint32_t instance, uint32_t version)
{
    put_octet(m, LEG_SECTION_FULL);
    put_be32(m, m->id);
    put_octet(m, (uint8_t)strlen(name));
    put(&m->tail, name, strlen(name));
    put_be32(m, instance);
    put_be32(m, version);
}

static void put_footer(struct make *m)
{
    if ((m->flags & MAKE_FOOTERS) != 0) {
        put_octet(m, LEG_SECTION_FOOTER);
        put_be32(m, m->id);
    }
    m->id += 3;
}

void make_device(struct make *m, const char *name, uint32_t instance, const char *vmsd,
                 uint32_t version)
{
    put_head(m, name, instance, version);
    json_open(m, NULL, "{");
    json_str(m, "name", name);
    json_int(m, "instance_id", instance);
    json_type(m, vmsd, version);
    m->depth = 0;
}

void make_device_end(struct make *m)
{
    json_close(m, "]");
    json_close(m, "}");
    put_footer(m);
}

void make_early(struct make *m, const char *name, const char *vmsd)
{
    json_open(m, NULL, "{");
    json_str(m, "name", name);
    json_int(m, "instance_id", 0);
    json_type(m, vmsd, 1);
    json_open(m, NULL, "{");
    json_str(m, "name", "size");
    json_str(m, "type", "uint64");
    json_int(m, "size", 8);
    json_close(m, "}");
    json_close(m, "]");
    json_close(m, "}");
}

void make_old_style(struct make *m, const char *name, uint32_t size)
{
    put_head(m, name, 0, 4);
    json_open(m, NULL, "{");
    json_str(m, "name", name);
    json_int(m, "instance_id", 0);
    json_int(m, "size", size);
    json_open(m, "fields", "[");
    json_open(m, NULL, "{");
    json_str(m, "name", "data");
    json_int(m, "size", size);
    json_str(m, "type", "buffer");
    json_close(m, "}");
    make_counted(m, size);
    make_device_end(m);
}

void make_octets(struct make *m, const void *p, size_t n)
{
    put(&m->tail, p, n);
}

void make_counted(struct make *m, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        /* Every octet but those that a stream's elements begin with. */
        m->octet = (uint8_t)(m->octet * 5 + 3);
        put_octet(m, m->octet == LEG_SECTION_FOOTER ? 0x7f : m->octet);
    }
}

static void leaf(struct make *m, const char *name, uint32_t count, int64_t index, const char *type,
                 uint32_t size)
{
    json_open(m, NULL, "{");
    json_str(m, "name", name);
    if (count > 0) {
        json_int(m, "array_len", count);
    } else if (index >= 0) {
        json_int(m, "index", (uint64_t)index);
    }
    json_str(m, "type", type);
    json_int(m, "size", size);
    json_close(m, "}");
    make_counted(m, (size_t)size * (count > 0 ? count : 1));
}

void make_leaf(struct make *m, const char *name, const char *type, uint32_t size)
{
    leaf(m, name, 0, -1, type, size);
}

void make_leaf_array(struct make *m, const char *name, const char *type, uint32_t size,
                     uint32_t count)
{
    leaf(m, name, count, -1, type, size);
}

void make_leaf_index(struct make *m, const char *name, uint32_t index, const char *type,
                     uint32_t size)
{
    leaf(m, name, 0, index, type, size);
}

void make_struct(struct make *m, const char *name, uint32_t count, int index, const char *vmsd,
                 uint32_t version)
{
    json_open(m, NULL, "{");
    json_str(m, "name", name);
    if (count > 0) {
        json_int(m, "array_len", count);
    } else if (index >= 0) {
        json_int(m, "index", (uint64_t)index);
    }
    json_str(m, "type", "struct");
    json_open(m, "struct", "{");
    m->begin[m->depth] = m->tail.len;
    m->empty[m->depth++] = vmsd == NULL;
    if (vmsd != NULL) {
        json_type(m, vmsd, version);
    }
}

void make_struct_end(struct make *m)
{
    size_t size = m->tail.len - m->begin[--m->depth];

    if (!m->empty[m->depth]) {
        json_close(m, "]");
    }
    json_close(m, "}");
    json_int(m, "size", size);
    json_close(m, "}");
}

void make_subsections(struct make *m)
{
    json_close(m, "]");
    json_open(m, "subsections", "[");
}

void make_sub(struct make *m, const char *vmsd, uint32_t version)
{
    put_octet(m, LEG_SUBSECTION);
    put_octet(m, (uint8_t)strlen(vmsd));
    put(&m->tail, vmsd, strlen(vmsd));
    put_be32(m, version);
    json_open(m, NULL, "{");
    json_type(m, vmsd, version);
}

void make_sub_end(struct make *m)
{
    json_close(m, "]");
    json_close(m, "}");
}

void make_inline(struct make *m, const char *name, const char *type)
{
    json_open(m, NULL, "{");
    json_str(m, "name", name);
    json_str(m, "type", type);
    m->begin[m->depth++] = m->tail.len;
}

void make_inline_type(struct make *m, const char *vmsd, uint32_t version)
{
    json_type(m, vmsd, version);
}

void make_inline_type_end(struct make *m)
{
    json_close(m, "]");
}

void make_inline_end(struct make *m)
{
    size_t size = m->tail.len - m->begin[--m->depth];

    json_int(m, "size", size);
    json_close(m, "}");
}

void make_member(struct make *m, const char *name, const char *value)
{
    json_name(m, name);
    json(m, value);
}

void make_command(struct make *m, uint32_t number, const void *data, size_t len)
{
    uint8_t head[LEG_COMMAND_HEAD_LEN] = {LEG_COMMAND};

    leg_set_be16(head + 1, number);
    leg_set_be16(head + 3, (uint32_t)len);
    put(&m->tail, head, sizeof(head));
    put(&m->tail, data, len);
}

void make_end(struct make *m)
{
    json_close(m, "]");
    json_close(m, "}");
    if ((m->flags & MAKE_NO_EOF) != 0) {
        return;
    }
    put_octet(m, LEG_EOF);
    if ((m->flags & MAKE_NO_VMDESC) == 0) {
        put_octet(m, LEG_VMDESCRIPTION);
        put_be32(m, (uint32_t)m->json.len);
        put(&m->tail, m->json.p, m->json.len);
    }
}
