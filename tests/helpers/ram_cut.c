/*
 * ram_cut.c - a legacy stream with fewer pages: keeps the first KEEP pages of each RAM record and
 * copies everything else, so that readers that print every octet can be given a whole stream.
 *
 *     ram_cut KEEP <IN >OUT
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "codec/base/io_fd.h"
#include "codec/savevm/leg_limits.h"
#include "codec/savevm/leg_stream.h"
#include "codec/savevm/leg_writer.h"

struct cut {
    struct leg_writer writer;
    struct out out;
    unsigned long keep;
};

static bool head(void *ctx, const struct wire_configuration *configuration, bool fragment,
                 struct err *err)
{
    struct cut *cut = ctx;
    struct wire_header header;

    memset(&header, 0, sizeof(header));
    header.container = fragment ? WIRE_CONTAINER_FRAGMENT : WIRE_CONTAINER_STREAM;
    if (configuration != NULL) {
        header.has_configuration = true;
        header.configuration = *configuration;
    }
    return leg_write_head(&cut->writer, &header, &cut->out, err);
}

/* Shortens the runs of pages so that no more than keep pages stand in the record. */
static bool cut_ram(struct cut *cut, const struct leg_told *told, struct err *err)
{
    struct wire_body body = *told->body;
    struct wire_ram *ram = &body.u.ram;
    uint64_t left = cut->keep;
    uint64_t length;
    uint8_t *data = malloc((cut->keep + ram->items.count) * ram->page_size + 1);
    size_t used = 0;
    bool ok;

    if (data == NULL) {
        return err_memory(err);
    }
    for (size_t i = 0, page = 0; i < ram->items.count; i++) {
        struct wire_ram_item *item = &ram->items.items[i];

        if (item->which == WIRE_RAM_ITEM_PAGES) {
            size_t all = item->u.pages.count;
            size_t kept = all < left ? all : (size_t)left;

            if (kept == 0 && i > 0 && item[-1].which == WIRE_RAM_ITEM_BLOCK) {
                kept = 1; /* a name stands in the head of a page record */
                left = 1;
            }
            for (size_t k = 0; k < kept; k++) {
                memcpy(data + used, told->pages[page + k].p, told->pages[page + k].len);
                used += told->pages[page + k].len;
            }
            page += all;
            left -= kept;
            item->u.pages.count = (uint32_t)kept;
        }
    }
    /* A run of no pages is no run: close the gaps. */
    size_t to = 0;
    for (size_t i = 0; i < ram->items.count; i++) {
        struct wire_ram_item *item = &ram->items.items[i];

        if (item->which != WIRE_RAM_ITEM_PAGES || item->u.pages.count > 0) {
            ram->items.items[to++] = *item;
        }
    }
    ram->items.count = to;
    ram->has_data = used > 0;
    ram->data = span_of(data, used);
    ok = leg_write(&cut->writer, &body, &cut->out, &length, err) && out_flush(&cut->out, err);
    free(data);
    return ok;
}

static bool told(void *ctx, const struct leg_told *told, struct err *err)
{
    struct cut *cut = ctx;

    if (told->body->which == WIRE_BODY_RAM) {
        return cut_ram(cut, told, err);
    }
    return out_put(&cut->out, told->legacy.p, told->legacy.len, err);
}

int main(int argc, char **argv)
{
    struct io_fd in = {.fd = STDIN_FILENO, .name = "standard input"};
    struct io_fd out = {.fd = STDOUT_FILENO, .name = "standard output"};
    static const struct leg_stream_options options = {.strict = false};
    struct leg_stream_report report;
    struct err err = ERR_INIT;
    struct cut cut;
    struct win win;
    struct leg_stream_sink sink = {&cut, head, told};
    char line[1024];
    bool ok;

    memset(&cut, 0, sizeof(cut));
    cut.keep = argc == 2 ? strtoul(argv[1], NULL, 10) : 1;
    out_init(&cut.out, io_fd_sink(&out));
    ok = win_init(&win, io_fd_source(&in), LEG_WINDOW_MIN, &err) &&
         leg_writer_init(&cut.writer, &err) &&
         leg_stream(&win, &options, NULL, &sink, &report, &err) && out_flush(&cut.out, &err);
    if (!ok) {
        fprintf(stderr, "ram_cut: %s\n", err_format(&err, line, sizeof(line)));
    }
    leg_writer_done(&cut.writer);
    out_done(&cut.out);
    win_done(&win);
    return ok ? 0 : (int)err.band;
}
