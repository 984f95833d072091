/*
 * leg_frame_disk.c - framers of what QEMU's block layer sends while the guest runs.
 */
#include <inttypes.h>

#include "codec/base/err.h"
#include "codec/savevm/leg_frame_steps.h"
#include "codec/savevm/leg_wire.h"

/* QEMU 7.2 migration/block-dirty-bitmap.c, DIRTY_BITMAP_MIG_FLAG_* */
enum {
    BITMAP_EOS = 0x01,
    BITMAP_ZEROES = 0x02,
    BITMAP_NAME = 0x04,
    BITMAP_DEVICE = 0x08,
    BITMAP_START = 0x10,
    BITMAP_COMPLETE = 0x20,
    BITMAP_BITS = 0x40,
    BITMAP_EXTRA_FLAGS = 0x80, /* announced, never sent, and its reader could not read it */
};

enum {
    BITMAP_START_LEN = 5,      /* be32 granularity, u8 flags */
    BITMAP_BITS_LEN = 12,      /* be64 sector, be32 sectors */
    BITMAP_BITS_SIZE_LEN = 20, /* and be64 octets that follow */
};

/* Moves *head behind a name that begins there. False: *head octets are needed to say. */
static bool pass_name(struct span in, size_t *head)
{
    size_t at = *head;

    *head = at + 1;
    if (in.len <= at) {
        return false;
    }
    *head += in.p[at];
    return in.len >= *head;
}

/*
 *     u8 flags  [ u8 len  node ]  [ u8 len  bitmap ]
 *     START:  be32 granularity  u8 flags
 *     BITS:   be64 sector  be32 sectors  [ be64 size  octets ]     unless ZEROES
 */
enum leg_unit_result leg_unit_dirty_bitmap(struct span in, uint32_t *state, struct leg_unit *unit,
                                           struct err *lost)
{
    uint8_t flags;

    (void)state;
    unit->head = 1;
    if (in.len < 1) {
        return LEG_UNIT_MORE;
    }
    flags = in.p[0];
    if ((flags & BITMAP_EXTRA_FLAGS) != 0) {
        err_set(lost, ERR_MALFORMED, "expected flags of a dirty bitmap chunk, found 0x%02x", flags);
        return LEG_UNIT_LOST;
    }
    if ((flags & BITMAP_DEVICE) != 0 && !pass_name(in, &unit->head)) {
        return LEG_UNIT_MORE;
    }
    if ((flags & BITMAP_NAME) != 0 && !pass_name(in, &unit->head)) {
        return LEG_UNIT_MORE;
    }
    /* The order of the tests is that of dirty_bitmap_load. */
    if ((flags & BITMAP_START) != 0) {
        unit->head += BITMAP_START_LEN;
    } else if ((flags & (BITMAP_COMPLETE | BITMAP_BITS)) == BITMAP_BITS) {
        unit->head += (flags & BITMAP_ZEROES) != 0 ? BITMAP_BITS_LEN : BITMAP_BITS_SIZE_LEN;
        if (in.len < unit->head) {
            return LEG_UNIT_MORE;
        }
        if ((flags & BITMAP_ZEROES) == 0) {
            unit->body = leg_get_be64(in.p + unit->head - 8);
        }
    }
    unit->is_last = (flags & BITMAP_EOS) != 0;
    return in.len < unit->head ? LEG_UNIT_MORE : LEG_UNIT_GOOD;
}

/* QEMU 7.2 migration/block.c, BLK_MIG_FLAG_*, BLK_MIG_BLOCK_SIZE */
enum {
    BLOCK_DEVICE_BLOCK = 0x01,
    BLOCK_EOS = 0x02,
    BLOCK_PROGRESS = 0x04,
    BLOCK_ZERO_BLOCK = 0x08,
    BLOCK_FLAGS_MASK = 0x1ff, /* the rest of the word is a sector number */
    BLOCK_LEN = 1 << 20,
};

/*
 *     be64 sector << 9 | flags
 *     DEVICE_BLOCK:  u8 len  device  [ 1 MiB ]      unless ZERO_BLOCK
 *     PROGRESS, EOS: nothing
 */
enum leg_unit_result leg_unit_block(struct span in, uint32_t *state, struct leg_unit *unit,
                                    struct err *lost)
{
    uint64_t word;

    (void)state;
    unit->head = 8;
    if (in.len < unit->head) {
        return LEG_UNIT_MORE;
    }
    word = leg_get_be64(in.p);
    switch (word & BLOCK_FLAGS_MASK) {
    case BLOCK_DEVICE_BLOCK:
    case BLOCK_DEVICE_BLOCK | BLOCK_ZERO_BLOCK:
        if (!pass_name(in, &unit->head)) {
            return LEG_UNIT_MORE;
        }
        unit->body = (word & BLOCK_ZERO_BLOCK) != 0 ? 0 : BLOCK_LEN;
        return LEG_UNIT_GOOD;
    case BLOCK_PROGRESS:
        return LEG_UNIT_GOOD;
    case BLOCK_EOS:
        unit->is_last = true;
        return LEG_UNIT_GOOD;
    default:
        err_set(lost, ERR_MALFORMED, "expected the word of a disk block, found 0x%016" PRIx64,
                word);
        return LEG_UNIT_LOST;
    }
}
