/* stream_samples.c - see stream_samples.h. */
#include "stream_samples.h"

#include <stdio.h>
#include <stdlib.h>

#include "layout_shapes.h"
#include "legacy_make.h"
#include "legacy_streams.h"

enum { SAMPLE_MAX = 1 << 24 };

/* How a tail is spelt. */
struct spelling {
    const char *name;
    unsigned flags; /* MAKE_... */
};

static const struct spelling spellings[] = {
    {"compact", MAKE_FOOTERS | MAKE_CONFIGURATION},
    {"spaced", MAKE_FOOTERS | MAKE_SPACED},
    {"no vmdesc", MAKE_FOOTERS | MAKE_NO_VMDESC},
    {"no footers", 0},
};

enum { SPELLING_COUNT = sizeof(spellings) / sizeof(spellings[0]) };

static void put_ram_start(struct buf *to, unsigned flags)
{
    put_start(to, LEG_SECTION_START, 2, "ram", 4);
    put64(to, 0x100000 | LEG_RAM_MEM_SIZE);
    put_name(to, "pc.ram");
    put64(to, 0x100000);
    put64(to, LEG_RAM_EOS);
    if ((flags & MAKE_FOOTERS) != 0) {
        put_footer(to, 2);
    }
}

static void put_ram_end(struct buf *to, unsigned flags)
{
    put64(to, LEG_RAM_EOS);
    if ((flags & MAKE_FOOTERS) != 0) {
        put_footer(to, 2);
    }
}

/* A few pages and zero pages of 256 octets. */
static void put_small_ram(struct buf *to, unsigned flags)
{
    put_ram_start(to, flags);
    put_part(to, LEG_SECTION_PART, 2);
    put_page(to, 0x000 | LEG_RAM_PAGE, "pc.ram", STREAM_PAGE);
    put_page(to, 0x100 | LEG_RAM_PAGE | LEG_RAM_CONTINUE, NULL, STREAM_PAGE);
    put_fill(to, 0x400 | LEG_RAM_ZERO | LEG_RAM_CONTINUE, NULL, 0);
    put_ram_end(to, flags);
    put_part(to, LEG_SECTION_END, 2);
    put_page(to, 0x200 | LEG_RAM_PAGE | LEG_RAM_CONTINUE, NULL, STREAM_PAGE);
    put_ram_end(to, flags);
}

/* Enough pages that a record is aligned and its pages are not copied. */
static void put_large_ram(struct buf *to, unsigned flags)
{
    put_ram_start(to, flags);
    put_part(to, LEG_SECTION_PART, 2);
    for (unsigned i = 0; i < 40; i++) {
        put_page(to, (i * 4096 | LEG_RAM_PAGE) | (i > 0 ? LEG_RAM_CONTINUE : 0),
                 i > 0 ? NULL : "pc.ram", 4096);
    }
    put_ram_end(to, flags);
    put_part(to, LEG_SECTION_END, 2);
    put_ram_end(to, flags);
}

static void put_tail(struct stream_sample *sample, const struct shape *shape, unsigned flags)
{
    struct make made;

    make_begin(&made, flags);
    shape->make(&made);
    sample->eof_at = sample->legacy.len + make_span(&made).len;
    make_end(&made);
    put(&sample->legacy, make_span(&made).p, make_span(&made).len);
    make_done(&made);
}

static void make_shape(struct stream_sample *sample, const struct shape *shape,
                       const struct spelling *spelling)
{
    bool whole = (spelling->flags & (MAKE_FOOTERS | MAKE_NO_VMDESC)) == MAKE_FOOTERS;

    (void)snprintf(sample->name, sizeof(sample->name), "%s, %s", shape->name, spelling->name);
    put_config(&sample->legacy, 8);
    put_small_ram(&sample->legacy, spelling->flags);
    put_tail(sample, shape, spelling->flags);
    sample->flags = whole ? SAMPLE_WHOLE | SAMPLE_DESCRIBED : 0;
}

static void make_large(struct stream_sample *sample)
{
    (void)snprintf(sample->name, sizeof(sample->name), "large");
    put_config(&sample->legacy, 12);
    put_large_ram(&sample->legacy, MAKE_FOOTERS);
    put_tail(sample, &shapes[0], MAKE_FOOTERS);
    sample->flags = SAMPLE_WHOLE | SAMPLE_DESCRIBED;
}

/* Postcopy: the devices go in a package, ahead of the RAM that is missing. */
static void make_package(struct stream_sample *sample)
{
    struct make made;
    struct buf *to = &sample->legacy;

    (void)snprintf(sample->name, sizeof(sample->name), "package");
    put_config(to, 8);
    put_ram_start(to, MAKE_FOOTERS);
    put_command(to, LEG_CMD_POSTCOPY_ADVISE, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    make_begin(&made, MAKE_FOOTERS | MAKE_NO_EOF);
    shapes[0].make(&made);
    make_command(&made, LEG_CMD_POSTCOPY_RUN, NULL, 0);
    make_end(&made);
    put8(to, LEG_COMMAND);
    put16(to, LEG_CMD_PACKAGED);
    put16(to, LEG_CMD_PACKAGED_LEN);
    put32(to, (uint32_t)make_span(&made).len);
    put(to, make_span(&made).p, make_span(&made).len);
    make_done(&made);
    put_part(to, LEG_SECTION_PART, 2);
    put_page(to, 0x300 | LEG_RAM_PAGE, "pc.ram", STREAM_PAGE);
    put_ram_end(to, MAKE_FOOTERS);
    put_part(to, LEG_SECTION_END, 2);
    put_ram_end(to, MAKE_FOOTERS);
    sample->eof_at = to->len;
    put8(to, LEG_EOF);
}

/* Pages of every kind of which nobody says how large they are. */
static void make_trial(struct stream_sample *sample)
{
    struct buf *to = &sample->legacy;

    (void)snprintf(sample->name, sizeof(sample->name), "trial");
    put_magic(to);
    put_ram_start(to, MAKE_FOOTERS);
    put_part(to, LEG_SECTION_PART, 2);
    put_fill(to, 0x1000 | LEG_RAM_ZERO, "pc.ram", 0);
    put_word(to, 0x2000 | LEG_RAM_XBZRLE | LEG_RAM_CONTINUE, NULL);
    put(to, "\1\0\5hello", 8);
    put_word(to, 0x3000 | LEG_RAM_COMPRESS_PAGE | LEG_RAM_CONTINUE, NULL);
    put(to, "\0\0\0\6packed", 10);
    put_page(to, 0x4000 | LEG_RAM_PAGE | LEG_RAM_CONTINUE, NULL, 4096);
    put_word(to, LEG_RAM_MULTIFD_FLUSH, NULL);
    put_ram_end(to, MAKE_FOOTERS);
    put_part(to, LEG_SECTION_END, 2);
    put_ram_end(to, MAKE_FOOTERS);
    sample->eof_at = to->len;
    put8(to, LEG_EOF);
}

/* The live part of a real stream, and an end that no QEMU writes. */
static void make_odd(struct stream_sample *sample)
{
    (void)snprintf(sample->name, sizeof(sample->name), "odd end");
    put_config(&sample->legacy, 8);
    put_small_ram(&sample->legacy, MAKE_FOOTERS);
    put_tail(sample, &shapes[1], MAKE_FOOTERS);
    put_text(&sample->legacy, "what is this");
}

size_t stream_sample_count(void)
{
    return stream_count + shape_count * SPELLING_COUNT + 4;
}

void stream_sample_make(struct stream_sample *sample, size_t i)
{
    memset(sample, 0, sizeof(*sample));
    buf_init(&sample->legacy, SAMPLE_MAX);
    if (i < stream_count) {
        (void)snprintf(sample->name, sizeof(sample->name), "%s", streams[i].name);
        streams[i].make(&sample->legacy);
        sample->flags = strcmp(sample->name, "precopy") == 0 ? SAMPLE_CUT : 0;
        return;
    }
    i -= stream_count;
    if (i < shape_count * SPELLING_COUNT) {
        make_shape(sample, &shapes[i / SPELLING_COUNT], &spellings[i % SPELLING_COUNT]);
        return;
    }
    switch (i - shape_count * SPELLING_COUNT) {
    case 0:
        make_large(sample);
        return;
    case 1:
        make_package(sample);
        return;
    case 2:
        make_odd(sample);
        return;
    case 3:
        make_trial(sample);
        return;
    default:
        abort();
    }
}

void stream_sample_done(struct stream_sample *sample)
{
    buf_done(&sample->legacy);
}

void stream_sample_named(struct stream_sample *sample, const char *name)
{
    for (size_t i = 0; i < stream_sample_count(); i++) {
        stream_sample_make(sample, i);
        if (strcmp(sample->name, name) == 0) {
            return;
        }
        stream_sample_done(sample);
    }
    abort();
}
