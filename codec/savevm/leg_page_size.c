/* leg_page_size.c - see leg_page_size.h. */
#include "codec/savevm/leg_page_size.h"

#include "codec/savevm/leg_wire.h"

/* Likeliest first: most targets have 4 KiB; alpha and sparc64 8; loongarch 16; mips up to 64. */
static const uint32_t trial_sizes[] = {4096, 8192, 16384, 65536, 32768, 2048, 1024, 512, 256};

enum {
    TRIAL_RECORDS = 3, /* a page's octets look like so many records with odds of 2^-100 */
    TRIAL_ADDRESS_BITS = 56,
    TRIAL_ZLIB_SLACK = 1024, /* zlib makes no page longer than this; keeps the trial in a window */
};

struct trial {
    struct span in;
    const struct leg_ram_place *place;
    uint64_t page_size;
    size_t pos;
    size_t need;
};

enum trial_step { STEP_GOOD, STEP_LAST, STEP_MORE, STEP_BAD };

uint32_t leg_trial_flags(uint64_t word, uint64_t page_size)
{
    uint32_t flags = (uint32_t)(word & (page_size - 1));
    uint64_t address = word - flags;

    switch (flags) {
    case LEG_RAM_MEM_SIZE:
    case LEG_RAM_ZERO:
    case LEG_RAM_PAGE:
    case LEG_RAM_XBZRLE:
    case LEG_RAM_COMPRESS_PAGE:
    case LEG_RAM_ZERO | LEG_RAM_CONTINUE:
    case LEG_RAM_PAGE | LEG_RAM_CONTINUE:
    case LEG_RAM_XBZRLE | LEG_RAM_CONTINUE:
    case LEG_RAM_COMPRESS_PAGE | LEG_RAM_CONTINUE:
        return address >> TRIAL_ADDRESS_BITS == 0 ? flags : 0;
    case LEG_RAM_EOS:
    case LEG_RAM_HOOK:
    case LEG_RAM_MULTIFD_FLUSH:
        return address == 0 ? flags : 0;
    default:
        return 0;
    }
}

static bool have(struct trial *trial, size_t n)
{
    trial->need = trial->pos + n;
    return trial->in.len - trial->pos >= n;
}

/* What may follow the EOS word: the footer of this section, or the next element. */
static enum trial_step after_eos(struct trial *trial)
{
    const uint8_t *p;

    if (!have(trial, 1)) {
        return STEP_MORE;
    }
    p = trial->in.p + trial->pos;
    if (*p != LEG_SECTION_FOOTER) {
        return *p >= LEG_SECTION_START && *p <= LEG_SECTION_FULL ? STEP_LAST : STEP_BAD;
    }
    if (!have(trial, LEG_FOOTER_LEN)) {
        return STEP_MORE;
    }
    return leg_get_be32(p + 1) == trial->place->section_id ? STEP_LAST : STEP_BAD;
}

/* Passes over the octets behind the word and the name. */
static enum trial_step pass_contents(struct trial *trial, uint32_t kind)
{
    size_t len = kind == LEG_RAM_ZERO ? 1 : (size_t)trial->page_size;

    if (kind == LEG_RAM_XBZRLE) {
        if (!have(trial, 3)) {
            return STEP_MORE;
        }
        if (trial->in.p[trial->pos] != LEG_XBZRLE_ENCODING) {
            return STEP_BAD;
        }
        len = 3 + leg_get_be16(trial->in.p + trial->pos + 1);
    } else if (kind == LEG_RAM_COMPRESS_PAGE) {
        if (!have(trial, 4)) {
            return STEP_MORE;
        }
        len = leg_get_be32(trial->in.p + trial->pos);
        if (len > trial->page_size + TRIAL_ZLIB_SLACK) {
            return STEP_BAD;
        }
        len += 4;
    }
    if (!have(trial, len)) {
        return STEP_MORE;
    }
    trial->pos += len;
    return STEP_GOOD;
}

static enum trial_step pass_record(struct trial *trial)
{
    uint32_t flags;

    if (!have(trial, 8)) {
        return STEP_MORE;
    }
    flags = leg_trial_flags(leg_get_be64(trial->in.p + trial->pos), trial->page_size);
    trial->pos += 8;
    switch (flags & ~(uint32_t)LEG_RAM_CONTINUE) {
    case 0:
        return STEP_BAD;
    case LEG_RAM_EOS:
        return after_eos(trial);
    case LEG_RAM_MEM_SIZE:
    case LEG_RAM_HOOK:
    case LEG_RAM_MULTIFD_FLUSH:
        return STEP_LAST;
    default:
        break;
    }
    if ((flags & LEG_RAM_CONTINUE) == 0) {
        size_t len;

        if (!have(trial, 1)) {
            return STEP_MORE;
        }
        len = trial->in.p[trial->pos];
        if (len == 0) {
            return STEP_BAD;
        }
        if (!have(trial, 1 + len)) {
            return STEP_MORE;
        }
        trial->pos += 1 + len;
    }
    return pass_contents(trial, flags & ~(uint32_t)LEG_RAM_CONTINUE);
}

static enum trial_step try_size(struct trial *trial)
{
    enum trial_step step = STEP_GOOD;

    for (int i = 0; i < TRIAL_RECORDS && step == STEP_GOOD; i++) {
        step = pass_record(trial);
    }
    return step;
}

enum leg_trial_result leg_trial_run(struct span in, const struct leg_ram_place *place,
                                    uint64_t size_max, uint64_t *page_size, size_t *need)
{
    uint64_t cut = 0; /* the first size for which the input is only too short */

    for (size_t i = 0; i < sizeof(trial_sizes) / sizeof(trial_sizes[0]); i++) {
        struct trial trial = {in, place, trial_sizes[i], 0, 0};
        enum trial_step step;

        if (trial.page_size > size_max) {
            continue;
        }
        step = try_size(&trial);
        if (step == STEP_MORE && !place->at_end) {
            *need = trial.need;
            return LEG_TRIAL_MORE;
        }
        if (step == STEP_MORE && cut == 0) {
            cut = trial.page_size;
        }
        if (step == STEP_GOOD || step == STEP_LAST) {
            *page_size = trial.page_size;
            return LEG_TRIAL_FOUND;
        }
    }
    *page_size = cut;
    return cut != 0 ? LEG_TRIAL_FOUND : LEG_TRIAL_NONE;
}
