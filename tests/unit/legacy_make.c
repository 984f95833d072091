/* legacy_make.c - see legacy_make.h. */
#include "legacy_make.h"

#include <stdlib.h>

void put(struct buf *to, const void *p, size_t n)
{
    if (!buf_put(to, p, n, NULL)) {
        abort();
    }
}

void put8(struct buf *to, unsigned v)
{
    uint8_t octet = (uint8_t)v;

    put(to, &octet, 1);
}

void put16(struct buf *to, unsigned v)
{
    put8(to, v >> 8);
    put8(to, v);
}

void put32(struct buf *to, uint32_t v)
{
    put16(to, v >> 16);
    put16(to, v);
}

void put64(struct buf *to, uint64_t v)
{
    put32(to, (uint32_t)(v >> 32));
    put32(to, (uint32_t)v);
}

void put_text(struct buf *to, const char *s)
{
    put(to, s, strlen(s));
}

void put_name(struct buf *to, const char *s)
{
    put8(to, (unsigned)strlen(s));
    put_text(to, s);
}

void put_octets(struct buf *to, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        put8(to, (unsigned)(i * 7 + n));
    }
}

void put_magic(struct buf *to)
{
    put_text(to, "QEVM");
    put32(to, 3);
}

void put_machine(struct buf *to, const char *machine)
{
    put_magic(to);
    put8(to, 7);
    put32(to, (uint32_t)strlen(machine));
    put_text(to, machine);
}

void put_subsection(struct buf *to, const char *name, uint32_t version)
{
    put8(to, 5);
    put_name(to, name);
    put32(to, version);
}

void put_config(struct buf *to, uint32_t page_bits)
{
    put_machine(to, "virt");
    put_subsection(to, "configuration/target-page-bits", 1);
    put32(to, page_bits);
}

void put_start(struct buf *to, unsigned type, uint32_t id, const char *name, uint32_t version)
{
    put_part(to, type, id);
    put_name(to, name);
    put32(to, 0);
    put32(to, version);
}

void put_part(struct buf *to, unsigned type, uint32_t id)
{
    put8(to, type);
    put32(to, id);
}

void put_footer(struct buf *to, uint32_t id)
{
    put8(to, 0x7e);
    put32(to, id);
}

void put_word(struct buf *to, uint64_t word, const char *block)
{
    put64(to, word);
    if (block != NULL) {
        put_name(to, block);
    }
}

void put_page(struct buf *to, uint64_t word, const char *block, size_t size)
{
    put_word(to, word, block);
    put_octets(to, size);
}

void put_fill(struct buf *to, uint64_t word, const char *block, unsigned octet)
{
    put_word(to, word, block);
    put8(to, octet);
}

void put_eos(struct buf *to, uint32_t id)
{
    put64(to, LEG_RAM_EOS);
    put_footer(to, id);
}

void put_command(struct buf *to, unsigned number, const char *data, size_t len)
{
    put8(to, 8);
    put16(to, number);
    put16(to, (unsigned)len);
    put(to, data, len);
}
