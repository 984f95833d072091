/* leg_frame.c - see leg_frame.h. */
#include "codec/savevm/leg_frame.h"

#include "codec/base/err.h"
#include "codec/savevm/leg_frame_steps.h"

/* clang-format off */
static const struct leg_framer framers[] = {
    /* name                       match                      suffix version place            step */
    {"dirty-bitmap",              "dirty-bitmap",            false, 1, LEG_FRAME_LIVE,  leg_unit_dirty_bitmap},
    {"block",                     "block",                   false, 1, LEG_FRAME_LIVE,  leg_unit_block},
    {"vfio",                      "/vfio",                   true,  1, LEG_FRAME_LIVE,  leg_unit_vfio},
    {"spapr/htab",                "spapr/htab",              false, 1, LEG_FRAME_LIVE,  leg_unit_htab},
    {"s390-storage_attributes",   "s390-storage_attributes", false, 0, LEG_FRAME_LIVE,  leg_unit_s390_stattrib},
    {"virtio-mem-device-early",   "virtio-mem-device-early", true,  1, LEG_FRAME_EARLY, leg_unit_virtio_mem},
    {"s390-skeys",                "s390-skeys",              false, 1, LEG_FRAME_TAIL,  leg_unit_s390_skeys},
    {"todclock",                  "todclock",                false, 1, LEG_FRAME_TAIL,  leg_unit_s390_tod},
};
/* clang-format on */

static bool matches(const struct leg_framer *framer, struct span idstr)
{
    size_t len = strlen(framer->match);

    if (idstr.len < len || (!framer->is_suffix && idstr.len > len)) {
        return false;
    }
    return span_eq_str(span_from(idstr, idstr.len - len), framer->match);
}

const struct leg_framer *leg_framer_find(struct span idstr, uint32_t version,
                                         enum leg_frame_place place)
{
    for (size_t i = 0; i < sizeof(framers) / sizeof(framers[0]); i++) {
        if (framers[i].version == version && framers[i].place == place &&
            matches(&framers[i], idstr)) {
            return &framers[i];
        }
    }
    return NULL;
}

void leg_frame_begin(struct leg_frame *frame, const struct leg_framer *framer)
{
    frame->framer = framer;
    frame->left = 0;
    frame->state = 0;
    frame->is_last = false;
}

enum leg_frame_result leg_frame_pass(struct leg_frame *frame, struct span in, size_t *used,
                                     size_t *need, struct err *lost)
{
    size_t pos = 0;

    for (;;) {
        struct leg_unit unit = {0, 0, false};
        size_t n = in.len - pos;

        if (frame->left < n) {
            n = (size_t)frame->left;
        }
        frame->left -= n;
        pos += n;
        *used = pos;
        *need = 1;
        if (frame->left > 0) {
            return LEG_FRAME_MORE;
        }
        if (frame->is_last) {
            return LEG_FRAME_END;
        }
        switch (frame->framer->unit(span_from(in, pos), &frame->state, &unit, lost)) {
        case LEG_UNIT_GOOD:
            break;
        case LEG_UNIT_MORE:
            *need = unit.head;
            return LEG_FRAME_MORE;
        case LEG_UNIT_LOST:
            return LEG_FRAME_LOST;
        }
        pos += unit.head;
        frame->left = unit.body;
        frame->is_last = unit.is_last;
    }
}

bool leg_frame_measure(struct span idstr, uint32_t version, struct span in, size_t *len)
{
    const struct leg_framer *framer = leg_framer_find(idstr, version, LEG_FRAME_TAIL);
    struct leg_frame frame;
    struct err lost = ERR_INIT;
    size_t need;

    if (framer == NULL) {
        framer = leg_framer_find(idstr, version, LEG_FRAME_EARLY);
    }
    if (framer == NULL) {
        return false;
    }
    leg_frame_begin(&frame, framer);
    return leg_frame_pass(&frame, in, len, &need, &lost) == LEG_FRAME_END;
}
