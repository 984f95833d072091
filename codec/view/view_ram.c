/* view_ram.c - see view_ram.h. */
#include "codec/view/view_ram.h"

#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/savevm/leg_wire.h"

enum {
    SLOTS = 2 * VIEW_BLOCKS_MAX, /* half full at most; a power of two */
    NAMES_MAX = VIEW_BLOCKS_MAX * 512,
};

static const char *const kind_names[VIEW_RAM_KINDS] = {
    "normal", "zero", "fill", "xbzrle", "compressed", "raw",
};

const char *view_ram_kind_name(enum view_ram_kind kind)
{
    return kind_names[kind];
}

void view_ram_init(struct view_ram *ram)
{
    memset(ram, 0, sizeof(*ram));
    arena_init(&ram->names, NAMES_MAX);
}

void view_ram_done(struct view_ram *ram)
{
    arena_done(&ram->names);
    free(ram->blocks);
    free(ram->slots);
    memset(ram, 0, sizeof(*ram));
}

static uint32_t hash_name(struct span name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < name.len; i++) {
        hash = (hash ^ name.p[i]) * UINT64_C(0x100000001b3);
    }
    return (uint32_t)(hash ^ hash >> 32);
}

/* Returns the slot of the block called name, or the free one where it belongs. */
static uint32_t *find_slot(struct view_ram *ram, struct span name)
{
    uint32_t i = hash_name(name) & (SLOTS - 1);

    while (ram->slots[i] != 0 && !span_eq(ram->blocks[ram->slots[i] - 1].name, name)) {
        i = (i + 1) & (SLOTS - 1);
    }
    return &ram->slots[i];
}

static bool grow(struct view_ram *ram, struct err *err)
{
    size_t current = ram->current == NULL ? 0 : (size_t)(ram->current - ram->blocks);
    size_t cap = ram->cap == 0 ? 16 : ram->cap * 2;
    struct view_ram_block *blocks;

    if (ram->slots == NULL) {
        ram->slots = calloc(SLOTS, sizeof(*ram->slots));
        if (ram->slots == NULL) {
            return err_memory(err);
        }
    }
    if (ram->count < ram->cap) {
        return true;
    }
    if (ram->count == VIEW_BLOCKS_MAX) {
        return err_set(err, ERR_LIMIT, "more than %d blocks of RAM", VIEW_BLOCKS_MAX);
    }
    blocks = realloc(ram->blocks, cap * sizeof(*blocks));
    if (blocks == NULL) {
        return err_memory(err);
    }
    ram->blocks = blocks;
    ram->cap = cap;
    if (ram->current != NULL) {
        ram->current = &blocks[current];
    }
    return true;
}

/* Returns the block of that name, which is made if it is new; NULL with err set. */
static struct view_ram_block *block_named(struct view_ram *ram, struct span name, struct err *err)
{
    struct view_ram_block *block;
    uint32_t *slot;

    if (!grow(ram, err)) {
        return NULL;
    }
    slot = find_slot(ram, name);
    if (*slot != 0) {
        return &ram->blocks[*slot - 1];
    }
    block = &ram->blocks[ram->count];
    memset(block, 0, sizeof(*block));
    block->name = span_of(arena_copy(&ram->names, name.p, name.len, err), name.len);
    if (block->name.p == NULL) {
        return NULL;
    }
    *slot = (uint32_t)++ram->count;
    return block;
}

static bool add_blocks(struct view_ram *ram, const struct wire_ram_blocks *list, struct err *err)
{
    ram->total = list->total;
    for (size_t i = 0; i < list->blocks.count; i++) {
        const struct wire_ram_block *wire = &list->blocks.items[i];
        struct view_ram_block *block = block_named(ram, wire->name, err);

        if (block == NULL) {
            return false;
        }
        block->announced = true;
        block->length = wire->length;
        block->has_page_size = wire->has_page_size;
        block->page_size = wire->page_size;
        block->has_address = wire->has_address;
        block->address = wire->address;
    }
    return true;
}

static bool set_current(struct view_ram *ram, struct span name, struct err *err)
{
    struct view_ram_block *block = block_named(ram, name, err);

    if (block == NULL) {
        return false;
    }
    ram->current = block;
    return true;
}

static bool count_pages(struct view_ram *ram, uint32_t page_size, enum view_ram_kind kind,
                        uint64_t pages, uint64_t octets, struct err *err)
{
    ram->page_size = page_size; /* a list of blocks alone may come before the source said it */
    if (ram->current == NULL && !set_current(ram, span_of(NULL, 0), err)) {
        return false;
    }
    ram->current->pages[kind] += pages;
    ram->current->octets[kind] += octets;
    return true;
}

/* A record kept as it was names its block unless it goes on with the last one. */
static bool add_raw(struct view_ram *ram, uint32_t page_size, struct span raw, struct err *err)
{
    const size_t word_len = 8;

    if (raw.len > word_len && (leg_get_be64(raw.p) & LEG_RAM_CONTINUE) == 0 &&
        raw.p[word_len] <= raw.len - word_len - 1 &&
        !set_current(ram, span_of(raw.p + word_len + 1, raw.p[word_len]), err)) {
        return false;
    }
    return count_pages(ram, page_size, VIEW_RAM_RAW, 1, raw.len, err);
}

static bool add_item(struct view_ram *ram, const struct wire_ram_item *item, uint32_t page_size,
                     struct err *err)
{
    switch (item->which) {
    case WIRE_RAM_ITEM_PAGES:
        return count_pages(ram, page_size, VIEW_RAM_NORMAL, item->u.pages.count,
                           (uint64_t)item->u.pages.count * page_size, err);
    case WIRE_RAM_ITEM_FILL:
        return count_pages(ram, page_size, item->u.fill.octet == 0 ? VIEW_RAM_ZERO : VIEW_RAM_FILL,
                           item->u.fill.count, item->u.fill.count, err);
    case WIRE_RAM_ITEM_BLOCK:
        return set_current(ram, item->u.block, err);
    case WIRE_RAM_ITEM_BLOCKS:
        return add_blocks(ram, &item->u.blocks, err);
    case WIRE_RAM_ITEM_XBZRLE:
        return count_pages(ram, page_size, VIEW_RAM_XBZRLE, 1, item->u.xbzrle.data.len, err);
    case WIRE_RAM_ITEM_COMPRESSED:
        return count_pages(ram, page_size, VIEW_RAM_COMPRESSED, 1, item->u.compressed.data.len,
                           err);
    case WIRE_RAM_ITEM_MARK:
        ram->marks++;
        return true;
    case WIRE_RAM_ITEM_RAW:
        return add_raw(ram, page_size, item->u.raw, err);
    default:
        return true; /* an item of a kind that is newer than this program */
    }
}

bool view_ram_add(struct view_ram *ram, const struct wire_ram *piece, struct err *err)
{
    for (size_t i = 0; i < piece->items.count; i++) {
        if (!add_item(ram, &piece->items.items[i], piece->page_size, err)) {
            return false;
        }
    }
    return true;
}
