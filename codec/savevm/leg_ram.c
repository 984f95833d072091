/* leg_ram.c - see leg_ram.h. */
#include "codec/savevm/leg_ram.h"

#include <inttypes.h>
#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/savevm/leg_limits.h"
#include "codec/savevm/leg_page_size.h"
#include "codec/savevm/leg_text.h"
#include "codec/savevm/leg_wire.h"

enum { WORD_LEN = 8 };

/* The hot loops add to words without looking for an overflow: not beyond this page number. */
#define HOT_PAGE_MAX (UINT64_C(1) << 46)

struct scan {
    struct leg_ram *ram;
    const struct leg_ram_place *place;
    struct span in;
    size_t pos;  /* of the record being read: everything before it is told */
    size_t need; /* octets of the record that were asked for last */
    struct err *lost;
};

/* A record that names a block or continues with it, without its contents. */
struct record {
    uint64_t word;
    uint32_t kind; /* flags without CONTINUE */
    bool named;
    struct span name;
    size_t head; /* octets of word and name */
};

enum { RECORD_DONE = -1 }; /* beside enum leg_ram_result: go on with the next record */

bool leg_ram_page_size_ok(uint64_t page_size)
{
    return page_size >= 1u << LEG_PAGE_BITS_MIN && page_size <= 1u << LEG_PAGE_BITS_MAX &&
           (page_size & (page_size - 1)) == 0;
}

bool leg_ram_init(struct leg_ram *ram, uint64_t page_size, struct err *err)
{
    memset(ram, 0, sizeof(*ram));
    ram->page_size_known = leg_ram_page_size_ok(page_size);
    ram->page_size = ram->page_size_known ? page_size : LEG_PAGE_SIZE_DEFAULT;
    ram->items = malloc(LEG_RAM_ITEMS_MAX * sizeof(*ram->items));
    ram->pages = malloc(LEG_RAM_PAGES_MAX * sizeof(*ram->pages));
    ram->blocks = malloc(LEG_BLOCKS_MAX * sizeof(*ram->blocks));
    if (ram->items == NULL || ram->pages == NULL || ram->blocks == NULL) {
        leg_ram_done(ram);
        return err_memory(err);
    }
    return true;
}

void leg_ram_done(struct leg_ram *ram)
{
    free(ram->items);
    free(ram->pages);
    free(ram->blocks);
    memset(ram, 0, sizeof(*ram));
}

/* Are n octets of the record there? */
static bool have(struct scan *scan, size_t n)
{
    scan->need = n;
    return scan->in.len - scan->pos >= n;
}

static const uint8_t *at(const struct scan *scan, size_t n)
{
    return scan->in.p + scan->pos + n;
}

static struct wire_ram_item *last_item(const struct scan *scan, int32_t which)
{
    struct leg_ram *ram = scan->ram;

    if (ram->item_count == 0 || ram->items[ram->item_count - 1].which != which) {
        return NULL;
    }
    return &ram->items[ram->item_count - 1];
}

static struct wire_ram_item *add_item(struct scan *scan, int32_t which)
{
    struct wire_ram_item *item = &scan->ram->items[scan->ram->item_count++];

    memset(item, 0, sizeof(*item));
    item->which = which;
    return item;
}

static int lost_word(struct scan *scan, uint64_t word)
{
    err_set(scan->lost, ERR_MALFORMED, "expected the word of a RAM record, found 0x%016" PRIx64,
            word);
    return LEG_RAM_LOST;
}

/*
 * While the page size is a guess, a word that makes no sense may be one of smaller pages: then the
 * guess was wrong. Nothing but a PAGE record's length depends on it, and that waits for the trial.
 */
static int guess_smaller(struct scan *scan, uint64_t word)
{
    struct leg_ram *ram = scan->ram;
    uint64_t size = ram->page_size;

    if ((word & (((uint64_t)1 << LEG_PAGE_BITS_MIN) - 1)) == LEG_RAM_MEM_SIZE) {
        return RECORD_DONE; /* lists end in lengths of any size */
    }
    while (leg_trial_flags(word, size) == 0) {
        size /= 2;
        if (!leg_ram_page_size_ok(size)) {
            return lost_word(scan, word);
        }
    }
    if (size != ram->page_size && ram->item_count > 0) {
        return LEG_RAM_FULL;
    }
    ram->page_size = size;
    return RECORD_DONE;
}

/* Finds the page size at the first PAGE record, unless it is known. */
static int try_page_sizes(struct scan *scan)
{
    struct leg_ram *ram = scan->ram;
    uint64_t size_max = ram->page_size < LEG_PAGE_SIZE_DEFAULT ? ram->page_size : UINT64_MAX;
    uint64_t size = 0;

    switch (
        leg_trial_run(span_from(scan->in, scan->pos), scan->place, size_max, &size, &scan->need)) {
    case LEG_TRIAL_FOUND:
        break;
    case LEG_TRIAL_MORE:
        return LEG_RAM_MORE;
    case LEG_TRIAL_NONE:
        err_set(scan->lost, ERR_MALFORMED, "expected a page, found octets that no page size fits");
        return LEG_RAM_LOST;
    }
    if (size != ram->page_size && ram->item_count > 0) {
        return LEG_RAM_FULL;
    }
    ram->page_size = size;
    ram->page_size_known = true;
    return RECORD_DONE;
}

/* Makes the name of the record an item. False: no text, so the record must stay raw. */
static bool name_item(struct scan *scan, const struct record *record)
{
    if (record->named) {
        if (!leg_text_is_utf8(record->name)) {
            return false;
        }
        add_item(scan, WIRE_RAM_ITEM_BLOCK)->u.block = record->name;
    }
    return true;
}

static int raw_record(struct scan *scan, size_t len)
{
    add_item(scan, WIRE_RAM_ITEM_RAW)->u.raw = span_of(at(scan, 0), len);
    scan->pos += len;
    return RECORD_DONE;
}

static int scan_page(struct scan *scan, const struct record *record)
{
    struct leg_ram *ram = scan->ram;
    size_t len = record->head + (size_t)ram->page_size;
    uint64_t number = record->word / ram->page_size;
    struct wire_ram_item *item = last_item(scan, WIRE_RAM_ITEM_PAGES);

    if (!have(scan, len)) {
        return LEG_RAM_MORE;
    }
    if (ram->page_count == LEG_RAM_PAGES_MAX) {
        return LEG_RAM_FULL;
    }
    if (!name_item(scan, record)) {
        return raw_record(scan, len);
    }
    if (!record->named && item != NULL && item->u.pages.first + item->u.pages.count == number) {
        item->u.pages.count++;
        item->u.pages.has_count = true;
    } else {
        item = add_item(scan, WIRE_RAM_ITEM_PAGES);
        item->u.pages.first = number;
        item->u.pages.count = 1;
    }
    ram->pages[ram->page_count++] = span_of(at(scan, record->head), (size_t)ram->page_size);
    scan->pos += len;
    return RECORD_DONE;
}

static int scan_fill(struct scan *scan, const struct record *record)
{
    size_t len = record->head + 1;
    uint64_t number = record->word / scan->ram->page_size;
    struct wire_ram_item *item = last_item(scan, WIRE_RAM_ITEM_FILL);
    uint8_t octet;

    if (!have(scan, len)) {
        return LEG_RAM_MORE;
    }
    octet = *at(scan, record->head);
    if (!name_item(scan, record)) {
        return raw_record(scan, len);
    }
    if (!record->named && item != NULL && item->u.fill.octet == octet &&
        item->u.fill.first + item->u.fill.count == number) {
        item->u.fill.count++;
        item->u.fill.has_count = true;
    } else {
        item = add_item(scan, WIRE_RAM_ITEM_FILL);
        item->u.fill.first = number;
        item->u.fill.count = 1;
        item->u.fill.has_octet = octet != 0;
        item->u.fill.octet = octet;
    }
    scan->pos += len;
    return RECORD_DONE;
}

/* A page in another coding: data are data_len octets behind the head and prefix_len more. */
static int scan_encoded(struct scan *scan, const struct record *record, int32_t which,
                        size_t prefix_len, size_t data_len)
{
    size_t len = record->head + prefix_len + data_len;
    struct wire_ram_encoded *encoded;
    struct wire_ram_item *item;

    if (!have(scan, len)) {
        return LEG_RAM_MORE;
    }
    if (which == WIRE_RAM_ITEM_RAW || !name_item(scan, record)) {
        return raw_record(scan, len);
    }
    item = add_item(scan, which);
    encoded = which == WIRE_RAM_ITEM_XBZRLE ? &item->u.xbzrle : &item->u.compressed;
    encoded->first = record->word / scan->ram->page_size;
    encoded->data = span_of(at(scan, record->head + prefix_len), data_len);
    scan->pos += len;
    return RECORD_DONE;
}

static int scan_xbzrle(struct scan *scan, const struct record *record)
{
    const uint8_t *p = at(scan, record->head);
    bool regular;

    if (!have(scan, record->head + 3)) {
        return LEG_RAM_MORE;
    }
    regular = *p == LEG_XBZRLE_ENCODING;
    return scan_encoded(scan, record, regular ? WIRE_RAM_ITEM_XBZRLE : WIRE_RAM_ITEM_RAW, 3,
                        leg_get_be16(p + 1));
}

static int scan_compressed(struct scan *scan, const struct record *record)
{
    uint32_t len;

    if (!have(scan, record->head + 4)) {
        return LEG_RAM_MORE;
    }
    len = leg_get_be32(at(scan, record->head));
    if (len > LEG_COMPRESSED_MAX) {
        err_set(scan->lost, ERR_LIMIT,
                "expected at most %d octets of a compressed page, found %" PRIu32,
                LEG_COMPRESSED_MAX, len);
        return LEG_RAM_LOST;
    }
    return scan_encoded(scan, record, WIRE_RAM_ITEM_COMPRESSED, 4, len);
}

/*
 * The optional fields behind a block's length. Whether a page size was sent is not said; it begins
 * with a zero octet, which a name does not, and its low bits are zero, which a word's are not.
 * pos is moved behind the fields.
 */
static bool scan_block_options(struct scan *scan, struct wire_ram_block *block, bool is_last,
                               size_t *pos)
{
    size_t address_len = scan->ram->addresses_sent ? 8 : 0;

    if (scan->ram->page_sizes_sent) {
        size_t next = *pos + address_len;

        if (!have(scan, next + (is_last ? 8 : 1))) {
            return false;
        }
        block->has_page_size =
            is_last ? (leg_get_be64(at(scan, next)) & 0xfff) == 0 : *at(scan, next) == 0;
        if (block->has_page_size) {
            if (!have(scan, *pos + 8)) {
                return false;
            }
            block->page_size = leg_get_be64(at(scan, *pos));
            *pos += 8;
        }
    }
    if (!have(scan, *pos + address_len)) {
        return false;
    }
    if (address_len > 0) {
        block->has_address = true;
        block->address = leg_get_be64(at(scan, *pos));
        *pos += address_len;
    }
    return true;
}

static int scan_blocks(struct scan *scan, uint64_t word)
{
    struct leg_ram *ram = scan->ram;
    uint64_t left = word - LEG_RAM_MEM_SIZE;
    size_t pos = WORD_LEN;
    size_t count = 0;
    bool is_text = true;
    struct wire_ram_item *item;

    if (ram->blocks_used) {
        return LEG_RAM_FULL;
    }
    if (ram->elsewhere) {
        err_set(scan->lost, ERR_UNSUPPORTED, "pages of mapped-ram are not in the stream");
        return LEG_RAM_LOST;
    }
    while (left > 0) {
        struct wire_ram_block *block = &ram->blocks[count];

        if (!have(scan, pos + 1) || !have(scan, pos + 1 + *at(scan, pos) + 8)) {
            return LEG_RAM_MORE;
        }
        if (count == LEG_BLOCKS_MAX) {
            err_set(scan->lost, ERR_LIMIT, "more than %d RAM blocks", LEG_BLOCKS_MAX);
            return LEG_RAM_LOST;
        }
        memset(block, 0, sizeof(*block));
        block->name = span_of(at(scan, pos + 1), *at(scan, pos));
        pos += 1 + block->name.len;
        block->length = leg_get_be64(at(scan, pos));
        pos += 8;
        if (block->length > left) {
            err_set(scan->lost, ERR_MALFORMED,
                    "expected RAM blocks of 0x%" PRIx64 " octets together, found 0x%" PRIx64
                    " octets more",
                    word - LEG_RAM_MEM_SIZE, block->length - left);
            return LEG_RAM_LOST;
        }
        left -= block->length;
        is_text = is_text && leg_text_is_utf8(block->name);
        if (!scan_block_options(scan, block, left == 0, &pos)) {
            return LEG_RAM_MORE;
        }
        count++;
    }
    if (!is_text) {
        return raw_record(scan, pos);
    }
    item = add_item(scan, WIRE_RAM_ITEM_BLOCKS);
    item->u.blocks.total = word - LEG_RAM_MEM_SIZE;
    item->u.blocks.blocks.count = count;
    item->u.blocks.blocks.items = ram->blocks;
    ram->blocks_used = true;
    scan->pos += pos;
    return RECORD_DONE;
}

static int scan_page_record(struct scan *scan, struct record *record)
{
    record->head = WORD_LEN;
    if (record->named) {
        if (!have(scan, WORD_LEN + 1) || !have(scan, (size_t)WORD_LEN + 1 + *at(scan, WORD_LEN))) {
            return LEG_RAM_MORE;
        }
        record->name = span_of(at(scan, WORD_LEN + 1), *at(scan, WORD_LEN));
        record->head += 1 + record->name.len;
    }
    switch (record->kind) {
    case LEG_RAM_ZERO:
        return scan_fill(scan, record);
    case LEG_RAM_XBZRLE:
        return scan_xbzrle(scan, record);
    case LEG_RAM_COMPRESS_PAGE:
        return scan_compressed(scan, record);
    default:
        return scan_page(scan, record);
    }
}

static int scan_record(struct scan *scan)
{
    struct record record = {0, 0, false, {NULL, 0}, 0};
    uint32_t flags;
    int result = RECORD_DONE;

    if (!have(scan, WORD_LEN)) {
        return LEG_RAM_MORE;
    }
    if (scan->ram->item_count + 2 > LEG_RAM_ITEMS_MAX) {
        return LEG_RAM_FULL;
    }
    record.word = leg_get_be64(at(scan, 0));
    if (!scan->ram->page_size_known) {
        result = guess_smaller(scan, record.word);
        if (result != RECORD_DONE) {
            return result;
        }
        if ((record.word & 0xff) == LEG_RAM_MEM_SIZE) {
            return scan_blocks(scan, record.word);
        }
    }
    flags = (uint32_t)(record.word & (scan->ram->page_size - 1));
    record.kind = flags & ~(uint32_t)LEG_RAM_CONTINUE;
    record.named = (flags & LEG_RAM_CONTINUE) == 0;
    switch (record.kind) {
    case LEG_RAM_PAGE:
        if (!scan->ram->page_size_known) {
            result = try_page_sizes(scan);
            if (result != RECORD_DONE) {
                return result;
            }
        }
        return scan_page_record(scan, &record);
    case LEG_RAM_ZERO:
    case LEG_RAM_XBZRLE:
    case LEG_RAM_COMPRESS_PAGE:
        return scan_page_record(scan, &record);
    case LEG_RAM_MEM_SIZE:
        return record.named ? scan_blocks(scan, record.word) : lost_word(scan, record.word);
    case LEG_RAM_EOS:
        return record.word == LEG_RAM_EOS ? LEG_RAM_STOP : lost_word(scan, record.word);
    default:
        if (record.kind == LEG_RAM_MULTIFD_FLUSH || (record.kind & LEG_RAM_HOOK) != 0) {
            add_item(scan, WIRE_RAM_ITEM_MARK)->u.mark = record.word;
            scan->pos += WORD_LEN;
            return RECORD_DONE;
        }
        return lost_word(scan, record.word);
    }
}

/*
 * Goes on with an open run of pages: the hot loop. Whatever is not simply the next whole page is
 * left to scan_record.
 */
static void scan_run(struct scan *scan)
{
    struct leg_ram *ram = scan->ram;
    struct wire_ram_item *item = last_item(scan, WIRE_RAM_ITEM_PAGES);
    const size_t page_size = (size_t)ram->page_size;
    const size_t record_len = WORD_LEN + page_size;
    const uint8_t *p = at(scan, 0);
    struct span *page = ram->pages + ram->page_count;
    uint64_t expected;
    size_t count_max;
    size_t count = 0;

    if (item == NULL || item->u.pages.first >= HOT_PAGE_MAX) {
        return;
    }
    expected = (item->u.pages.first + item->u.pages.count) * ram->page_size |
               (LEG_RAM_PAGE | LEG_RAM_CONTINUE);
    count_max = (scan->in.len - scan->pos) / record_len;
    if (count_max > LEG_RAM_PAGES_MAX - ram->page_count) {
        count_max = LEG_RAM_PAGES_MAX - ram->page_count;
    }
    while (count < count_max && leg_get_be64(p) == expected) {
        page[count] = span_of(p + WORD_LEN, page_size);
        p += record_len;
        expected += page_size;
        count++;
    }
    if (count > 0) {
        item->u.pages.count += (uint32_t)count;
        item->u.pages.has_count = true;
        ram->page_count += count;
        scan->pos += count * record_len;
    }
}

/* Goes on with an open run of pages filled with one octet. */
static void scan_fill_run(struct scan *scan)
{
    struct wire_ram_item *item = last_item(scan, WIRE_RAM_ITEM_FILL);
    const uint8_t *p = at(scan, 0);
    uint64_t expected;
    uint32_t count = 0;

    if (item == NULL || item->u.fill.first >= HOT_PAGE_MAX) {
        return;
    }
    expected = (item->u.fill.first + item->u.fill.count) * scan->ram->page_size |
               (LEG_RAM_ZERO | LEG_RAM_CONTINUE);
    while (scan->in.len - scan->pos > WORD_LEN && leg_get_be64(p) == expected &&
           p[WORD_LEN] == item->u.fill.octet) {
        p += WORD_LEN + 1;
        scan->pos += WORD_LEN + 1;
        expected += scan->ram->page_size;
        count++;
    }
    if (count > 0) {
        item->u.fill.count += count;
        item->u.fill.has_count = true;
    }
}

enum leg_ram_result leg_ram_scan(struct leg_ram *ram, struct span in,
                                 const struct leg_ram_place *place, size_t *used, size_t *need,
                                 struct err *lost)
{
    struct scan scan = {ram, place, in, 0, 0, lost};
    int result;

    ram->item_count = 0;
    ram->page_count = 0;
    ram->blocks_used = false;
    do {
        result = scan_record(&scan);
        if (result == RECORD_DONE) {
            scan_run(&scan);
            scan_fill_run(&scan);
        }
    } while (result == RECORD_DONE);
    *used = scan.pos;
    *need = scan.need;
    return (enum leg_ram_result)result;
}
