/* leg_ram_writer.c - see leg_ram_writer.h. */
#include "codec/savevm/leg_ram_writer.h"

#include <inttypes.h>
#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/savevm/leg_limits.h"
#include "codec/savevm/leg_ram.h"
#include "codec/savevm/leg_wire.h"

enum { RECORD_HEAD_MAX = 8 + 1 + LEG_NAME_MAX + 4 }; /* word, name, what comes before contents */

bool leg_gather_init(struct leg_gather *gather, struct err *err)
{
    memset(gather, 0, sizeof(*gather));
    gather->heads = malloc(LEG_HEADS_MAX);
    gather->iov = malloc(LEG_IOV_MAX * sizeof(*gather->iov));
    if (gather->heads == NULL || gather->iov == NULL) {
        leg_gather_done(gather);
        return err_memory(err);
    }
    return true;
}

void leg_gather_done(struct leg_gather *gather)
{
    free(gather->heads);
    free(gather->iov);
    memset(gather, 0, sizeof(*gather));
}

/* Writes what has been gathered. */
static bool gather_flush(struct leg_gather *gather, struct err *err)
{
    bool ok = true;

    if (gather->len >= LEG_GATHER_MIN) {
        ok = out_gather(gather->out, gather->iov, gather->iov_count, err);
    } else {
        for (size_t i = 0; ok && i < gather->iov_count; i++) {
            ok = out_put(gather->out, gather->iov[i].iov_base, gather->iov[i].iov_len, err);
        }
    }
    gather->heads_len = 0;
    gather->iov_count = 0;
    gather->len = 0;
    return ok;
}

/* Makes room for len octets of heads (at most RECORD_HEAD_MAX) and one piece behind them. */
static bool gather_room(struct leg_gather *gather, size_t len, struct err *err)
{
    if (LEG_HEADS_MAX - gather->heads_len >= len && LEG_IOV_MAX - gather->iov_count >= 2) {
        return true;
    }
    return gather_flush(gather, err);
}

/* Returns where the next len octets of heads go; gather_room has been called. */
static uint8_t *gather_head(struct leg_gather *gather, size_t len)
{
    uint8_t *p = gather->heads + gather->heads_len;
    struct iovec *last = gather->iov_count > 0 ? &gather->iov[gather->iov_count - 1] : NULL;

    if (last != NULL && (uint8_t *)last->iov_base + last->iov_len == p) {
        last->iov_len += len;
    } else {
        gather->iov[gather->iov_count].iov_base = p;
        gather->iov[gather->iov_count++].iov_len = len;
    }
    gather->heads_len += len;
    gather->len += len;
    return p;
}

/* Contents, used where they are until the flush. */
static void gather_piece(struct leg_gather *gather, struct span piece)
{
    if (piece.len > 0) {
        gather->iov[gather->iov_count].iov_base = (void *)(uintptr_t)piece.p;
        gather->iov[gather->iov_count++].iov_len = piece.len;
        gather->len += piece.len;
    }
}

/* What is checked of one event, item by item. */
struct check {
    const struct wire_ram *ram;
    uint64_t pages;     /* that the items so far stand for */
    uint64_t data_left; /* of the contents */
    bool block;         /* a block item is waiting for its page */
};

static bool check_pages(struct check *check, uint64_t first, uint64_t count, struct err *err)
{
    uint64_t numbers = UINT64_MAX / check->ram->page_size; /* page numbers there are, less one */

    if (count == 0 || first > numbers || count - 1 > numbers - first) {
        return err_set(err, ERR_MALFORMED, "pages %" PRIu64 " and %" PRIu64 " more are no pages",
                       first, count);
    }
    if (count > LEG_RAM_RECORD_PAGES_MAX - check->pages) {
        return err_set(err, ERR_LIMIT, "expected at most %d pages in a RAM record",
                       LEG_RAM_RECORD_PAGES_MAX);
    }
    check->pages += count;
    check->block = false;
    return true;
}

static bool check_blocks(const struct wire_ram_blocks *blocks, struct err *err)
{
    uint64_t left = blocks->total;

    if ((blocks->total & 0xff) != 0 || blocks->blocks.count > LEG_BLOCKS_MAX) {
        return err_set(err, ERR_MALFORMED, "a list of %zu RAM blocks, 0x%" PRIx64 " octets in all",
                       blocks->blocks.count, blocks->total);
    }
    for (size_t i = 0; i < blocks->blocks.count; i++) {
        const struct wire_ram_block *block = &blocks->blocks.items[i];

        if (block->name.len > LEG_NAME_MAX || left == 0 || block->length > left) {
            return err_set(err, ERR_MALFORMED, "RAM block %zu does not fit its list", i);
        }
        left -= block->length;
    }
    if (left > 0) {
        return err_set(err, ERR_MALFORMED, "RAM blocks of 0x%" PRIx64 " octets less than their sum",
                       left);
    }
    return true;
}

/* A word that a reader takes for a record of its own. */
static bool is_mark(uint64_t word, uint32_t page_size)
{
    uint64_t kind = word & (page_size - 1) & ~(uint64_t)LEG_RAM_CONTINUE;

    return kind == LEG_RAM_MULTIFD_FLUSH || (kind & LEG_RAM_HOOK) != 0;
}

static bool check_item(struct check *check, const struct wire_ram_item *item, struct err *err)
{
    switch (item->which) {
    case WIRE_RAM_ITEM_PAGES:
        if (item->u.pages.count > check->data_left / check->ram->page_size) {
            return err_set(err, ERR_MALFORMED,
                           "%" PRIu32 " pages, and contents of %" PRIu64 " octets",
                           item->u.pages.count, check->data_left);
        }
        check->data_left -= (uint64_t)item->u.pages.count * check->ram->page_size;
        return check_pages(check, item->u.pages.first, item->u.pages.count, err);
    case WIRE_RAM_ITEM_FILL:
        return check_pages(check, item->u.fill.first, item->u.fill.count, err);
    case WIRE_RAM_ITEM_BLOCK:
        if (check->block || item->u.block.len > LEG_NAME_MAX) {
            return err_set(err, ERR_MALFORMED, "a RAM block without a page");
        }
        check->block = true;
        return true;
    case WIRE_RAM_ITEM_BLOCKS:
        return check_blocks(&item->u.blocks, err);
    case WIRE_RAM_ITEM_XBZRLE:
        if (item->u.xbzrle.data.len > UINT16_MAX) {
            return err_set(err, ERR_MALFORMED, "an xbzrle page of %zu octets",
                           item->u.xbzrle.data.len);
        }
        return check_pages(check, item->u.xbzrle.first, 1, err);
    case WIRE_RAM_ITEM_COMPRESSED:
        if (item->u.compressed.data.len > LEG_COMPRESSED_MAX ||
            check->ram->page_size <= LEG_RAM_COMPRESS_PAGE) {
            return err_set(err, ERR_MALFORMED, "a compressed page of %zu octets",
                           item->u.compressed.data.len);
        }
        return check_pages(check, item->u.compressed.first, 1, err);
    case WIRE_RAM_ITEM_MARK:
        if (!is_mark(item->u.mark, check->ram->page_size)) {
            return err_set(err, ERR_MALFORMED, "word 0x%016" PRIx64 " is no record", item->u.mark);
        }
        return true;
    case WIRE_RAM_ITEM_RAW:
        return true;
    default:
        return err_set(err, ERR_UNSUPPORTED, "no writer for a RAM item of an unknown kind");
    }
}

bool leg_ram_check(const struct wire_ram *ram, struct err *err)
{
    struct check check = {ram, 0, ram->has_data ? ram->data.len : 0, false};

    if (!leg_ram_page_size_ok(ram->page_size)) {
        return err_set(err, ERR_MALFORMED, "expected the size of a page, found %" PRIu32,
                       ram->page_size);
    }
    for (size_t i = 0; i < ram->items.count; i++) {
        if (!check_item(&check, &ram->items.items[i], err)) {
            return false;
        }
    }
    if (check.block) {
        return err_set(err, ERR_MALFORMED, "a RAM block without a page");
    }
    if (check.data_left > 0) {
        return err_set(err, ERR_MALFORMED, "%" PRIu64 " octets of contents too many",
                       check.data_left);
    }
    return true;
}

/* Where the writing of one event stands. */
struct write {
    struct leg_gather *gather;
    uint64_t page_size;
    const uint8_t *data;      /* contents not yet written */
    const struct span *block; /* name for the next page record, or NULL */
};

/* Word and name of a page record, and prefix_len octets behind them, which are returned. */
static uint8_t *put_record(struct write *write, uint64_t page, uint32_t kind, size_t prefix_len,
                           struct err *err)
{
    struct leg_gather *gather = write->gather;
    uint8_t *p;

    if (!gather_room(gather, RECORD_HEAD_MAX, err)) {
        return NULL;
    }
    if (write->block == NULL) {
        p = gather_head(gather, 8 + prefix_len);
        leg_set_be64(p, page * write->page_size | kind | LEG_RAM_CONTINUE);
        return p + 8;
    }
    p = gather_head(gather, 9 + write->block->len + prefix_len);
    leg_set_be64(p, page * write->page_size | kind);
    p[8] = (uint8_t)write->block->len;
    if (write->block->len > 0) {
        memcpy(p + 9, write->block->p, write->block->len);
    }
    p += 9 + write->block->len;
    write->block = NULL;
    return p;
}

static bool put_pages(struct write *write, const struct wire_ram_run *run, struct err *err)
{
    for (uint32_t i = 0; i < run->count; i++) {
        if (put_record(write, run->first + i, LEG_RAM_PAGE, 0, err) == NULL) {
            return false;
        }
        gather_piece(write->gather, span_of(write->data, (size_t)write->page_size));
        write->data += write->page_size;
    }
    return true;
}

static bool put_fill(struct write *write, const struct wire_ram_fill *fill, struct err *err)
{
    for (uint32_t i = 0; i < fill->count; i++) {
        uint8_t *p = put_record(write, fill->first + i, LEG_RAM_ZERO, 1, err);

        if (p == NULL) {
            return false;
        }
        *p = fill->octet;
    }
    return true;
}

static bool put_xbzrle(struct write *write, const struct wire_ram_encoded *page, struct err *err)
{
    uint8_t *p = put_record(write, page->first, LEG_RAM_XBZRLE, 3, err);

    if (p == NULL) {
        return false;
    }
    p[0] = LEG_XBZRLE_ENCODING;
    leg_set_be16(p + 1, (uint32_t)page->data.len);
    gather_piece(write->gather, page->data);
    return true;
}

static bool put_compressed(struct write *write, const struct wire_ram_encoded *page,
                           struct err *err)
{
    uint8_t *p = put_record(write, page->first, LEG_RAM_COMPRESS_PAGE, 4, err);

    if (p == NULL) {
        return false;
    }
    leg_set_be32(p, (uint32_t)page->data.len);
    gather_piece(write->gather, page->data);
    return true;
}

static bool put_word(struct write *write, uint64_t word, struct err *err)
{
    if (!gather_room(write->gather, 8, err)) {
        return false;
    }
    leg_set_be64(gather_head(write->gather, 8), word);
    return true;
}

static bool put_blocks(struct write *write, const struct wire_ram_blocks *blocks, struct err *err)
{
    if (!put_word(write, blocks->total | LEG_RAM_MEM_SIZE, err)) {
        return false;
    }
    for (size_t i = 0; i < blocks->blocks.count; i++) {
        const struct wire_ram_block *block = &blocks->blocks.items[i];
        size_t len = 1 + block->name.len;
        uint8_t *p;

        if (!gather_room(write->gather, len + 8, err)) {
            return false;
        }
        p = gather_head(write->gather, len + 8);
        p[0] = (uint8_t)block->name.len;
        if (block->name.len > 0) {
            memcpy(p + 1, block->name.p, block->name.len);
        }
        leg_set_be64(p + len, block->length);
        if (block->has_page_size && !put_word(write, block->page_size, err)) {
            return false;
        }
        if (block->has_address && !put_word(write, block->address, err)) {
            return false;
        }
    }
    return true;
}

static bool put_item(struct write *write, const struct wire_ram_item *item, struct err *err)
{
    switch (item->which) {
    case WIRE_RAM_ITEM_PAGES:
        return put_pages(write, &item->u.pages, err);
    case WIRE_RAM_ITEM_FILL:
        return put_fill(write, &item->u.fill, err);
    case WIRE_RAM_ITEM_BLOCK:
        write->block = &item->u.block;
        return true;
    case WIRE_RAM_ITEM_BLOCKS:
        return put_blocks(write, &item->u.blocks, err);
    case WIRE_RAM_ITEM_XBZRLE:
        return put_xbzrle(write, &item->u.xbzrle, err);
    case WIRE_RAM_ITEM_COMPRESSED:
        return put_compressed(write, &item->u.compressed, err);
    case WIRE_RAM_ITEM_MARK:
        return put_word(write, item->u.mark, err);
    case WIRE_RAM_ITEM_RAW:
        if (!gather_room(write->gather, 0, err)) {
            return false;
        }
        gather_piece(write->gather, item->u.raw);
        return true;
    default:
        return err_set(err, ERR_INTERNAL, "an unchecked RAM item");
    }
}

bool leg_ram_write(struct leg_gather *gather, const struct wire_ram *ram, struct out *out,
                   struct err *err)
{
    struct write write = {gather, ram->page_size, ram->data.p, NULL};

    gather->out = out;
    for (size_t i = 0; i < ram->items.count; i++) {
        if (!put_item(&write, &ram->items.items[i], err)) {
            return false;
        }
    }
    return gather_flush(gather, err);
}
