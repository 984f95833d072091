/*
 * leg_frame_target.c - framers of state that only pseries or s390 machines have.
 */
#include <inttypes.h>

#include "codec/base/err.h"
#include "codec/savevm/leg_frame_steps.h"
#include "codec/savevm/leg_wire.h"

enum {
    HTAB_ENTRY_LEN = 16, /* QEMU 7.2 target/ppc/mmu-hash64.h, HASH_PTE_SIZE_64 */
    HTAB_CHUNK_HEAD_LEN = 8,
};

enum htab_state { HTAB_HEAD, HTAB_CHUNKS };

/*
 * QEMU 7.2 hw/ppc/spapr.c, htab_load:
 *
 *     be32 shift                          of the table, or -1: there is none
 *     be32 0  { be32 index  be16 valid  be16 invalid  16 octets for each valid }
 *                                         up to a chunk of zeros
 */
enum leg_unit_result leg_unit_htab(struct span in, uint32_t *state, struct leg_unit *unit,
                                   struct err *lost)
{
    (void)lost;
    if (*state == HTAB_HEAD) {
        unit->head = 4;
        if (in.len < unit->head) {
            return LEG_UNIT_MORE;
        }
        unit->is_last = leg_get_be32(in.p) != 0; /* none, or a shift */
        *state = HTAB_CHUNKS;
        return LEG_UNIT_GOOD;
    }
    unit->head = HTAB_CHUNK_HEAD_LEN;
    if (in.len < unit->head) {
        return LEG_UNIT_MORE;
    }
    unit->is_last = leg_get_be64(in.p) == 0;
    unit->body = (uint64_t)leg_get_be16(in.p + 4) * HTAB_ENTRY_LEN;
    return LEG_UNIT_GOOD;
}

/* QEMU 7.2 hw/s390x/s390-stattrib.c, STATTR_FLAG_* */
enum {
    STATTR_EOS = 0x01,
    STATTR_MORE = 0x02,
    STATTR_ERROR = 0x04,
    STATTR_DONE = 0x08,
    /* QEMU 7.2 hw/s390x/s390-skeys.c, S390_SKEYS_SAVE_FLAG_* */
    SKEYS_EOS = 0x01,
    SKEYS_SKEYS = 0x02,
    SKEYS_ERROR = 0x04,
    S390_FLAGS_MASK = 0xfff, /* the rest of the word is an address */
};

/* A word, and behind the word `run`: be64 count, count octets. */
static enum leg_unit_result s390_run(struct span in, uint64_t run, struct leg_unit *unit)
{
    unit->head = 8;
    if (in.len < unit->head) {
        return LEG_UNIT_MORE;
    }
    if ((leg_get_be64(in.p) & S390_FLAGS_MASK) == run) {
        unit->head = 16;
        if (in.len < unit->head) {
            return LEG_UNIT_MORE;
        }
        unit->body = leg_get_be64(in.p + 8);
    }
    return LEG_UNIT_GOOD;
}

/* { be64 gfn << 12 | MORE  be64 count  octets }  [ be64 DONE ]  be64 EOS */
enum leg_unit_result leg_unit_s390_stattrib(struct span in, uint32_t *state, struct leg_unit *unit,
                                            struct err *lost)
{
    enum leg_unit_result result = s390_run(in, STATTR_MORE, unit);

    (void)state;
    if (result != LEG_UNIT_GOOD) {
        return result;
    }
    switch (leg_get_be64(in.p) & S390_FLAGS_MASK) {
    case STATTR_MORE:
    case STATTR_DONE:
        return LEG_UNIT_GOOD;
    case STATTR_EOS:
        unit->is_last = true;
        return LEG_UNIT_GOOD;
    default:
        err_set(lost, ERR_MALFORMED, "expected the word of storage attributes, found 0x%016" PRIx64,
                leg_get_be64(in.p));
        return LEG_UNIT_LOST;
    }
}

/* { be64 address | SKEYS  be64 count  octets }  be64 EOS (or ERROR) */
enum leg_unit_result leg_unit_s390_skeys(struct span in, uint32_t *state, struct leg_unit *unit,
                                         struct err *lost)
{
    enum leg_unit_result result = s390_run(in, SKEYS_SKEYS, unit);

    (void)state;
    if (result != LEG_UNIT_GOOD) {
        return result;
    }
    switch (leg_get_be64(in.p) & S390_FLAGS_MASK) {
    case SKEYS_SKEYS:
        return LEG_UNIT_GOOD;
    case SKEYS_EOS:
    case SKEYS_ERROR:
        unit->is_last = true;
        return LEG_UNIT_GOOD;
    default:
        err_set(lost, ERR_MALFORMED, "expected the word of storage keys, found 0x%016" PRIx64,
                leg_get_be64(in.p));
        return LEG_UNIT_LOST;
    }
}

/* QEMU 7.2 hw/s390x/tod.c, s390_tod_save: u8 0, or u8 1  u8 high  be64 low */
enum leg_unit_result leg_unit_s390_tod(struct span in, uint32_t *state, struct leg_unit *unit,
                                       struct err *lost)
{
    (void)state;
    unit->head = 1;
    if (in.len < 1) {
        return LEG_UNIT_MORE;
    }
    if (in.p[0] > 1) {
        err_set(lost, ERR_MALFORMED, "expected 0x00 or 0x01 before a clock, found 0x%02x", in.p[0]);
        return LEG_UNIT_LOST;
    }
    unit->body = in.p[0] == 1 ? 9 : 0;
    unit->is_last = true;
    return LEG_UNIT_GOOD;
}
