/*
 * make_stream.c - a legacy stream of any size on standard output: incompressible RAM, and the tail
 * of a real stream behind it.
 *
 *     make_stream MEBIBYTES [CAPTURE TAIL_OFFSET]
 *
 * Without a capture the stream ends with EOF behind the RAM.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, PAGES_PER_SECTION = 4096 };

static void put32(FILE *out, uint32_t v)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        putc_unlocked((int)(v >> shift & 0xff), out);
    }
}

static void put64(FILE *out, uint64_t v)
{
    put32(out, (uint32_t)(v >> 32));
    put32(out, (uint32_t)v);
}

static void put_footer(FILE *out)
{
    putc(0x7e, out);
    put32(out, 2);
}

static void put_start(FILE *out, uint64_t size)
{
    put32(out, 0x5145564d);
    put32(out, 3);
    putc(0x07, out);
    put32(out, 10);
    fputs("pc-q35-7.2", out);
    putc(0x01, out);
    put32(out, 2);
    fputs("\003ram", out);
    put32(out, 0);
    put32(out, 4);
    put64(out, size | 0x04);
    fputs("\006pc.ram", out);
    put64(out, size);
    put64(out, 0x10);
    put_footer(out);
}

static void put_pages(FILE *out, uint64_t pages)
{
    static uint64_t page[PAGE / 8];
    uint64_t seed = 88172645463325252ULL;

    for (uint64_t i = 0; i < pages; i++) {
        if (i % PAGES_PER_SECTION == 0) {
            if (i > 0) {
                put64(out, 0x10);
                put_footer(out);
            }
            putc(0x02, out);
            put32(out, 2);
        }
        for (size_t k = 0; k < PAGE / 8; k++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            page[k] = seed;
        }
        put64(out, i * PAGE | 0x08 | (i > 0 ? 0x20 : 0));
        if (i == 0) {
            fputs("\006pc.ram", out);
        }
        fwrite(page, 1, PAGE, out);
    }
    put64(out, 0x10);
    put_footer(out);
}

static int put_tail(FILE *out, const char *path, long offset)
{
    FILE *in = fopen(path, "rb");
    int c;

    if (in == NULL || fseek(in, offset, SEEK_SET) != 0) {
        perror(path);
        return 1;
    }
    while ((c = getc(in)) != EOF) {
        putc(c, out);
    }
    fclose(in);
    return 0;
}

int main(int argc, char **argv)
{
    uint64_t size;

    if (argc != 2 && argc != 4) {
        fprintf(stderr, "usage: make_stream MEBIBYTES [CAPTURE TAIL_OFFSET]\n");
        return 2;
    }
    size = strtoull(argv[1], NULL, 10) << 20;
    put_start(stdout, size);
    put_pages(stdout, size / PAGE);
    putc(0x03, stdout);
    put32(stdout, 2);
    put64(stdout, 0x10);
    put_footer(stdout);
    if (argc == 4) {
        if (put_tail(stdout, argv[2], strtol(argv[3], NULL, 0)) != 0) {
            return 1;
        }
    } else {
        putc(0, stdout);
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
