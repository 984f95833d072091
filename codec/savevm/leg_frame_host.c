/*
 * leg_frame_host.c - framers of devices that bring their own migration data: VFIO and virtio-mem.
 */
#include <inttypes.h>

#include "codec/base/err.h"
#include "codec/savevm/leg_frame_steps.h"
#include "codec/savevm/leg_wire.h"

/* QEMU 7.2 hw/vfio/migration.c, VFIO_MIG_FLAG_*; INIT_DATA_SENT: QEMU 8.1 */
#define VFIO_END_OF_STATE UINT64_C(0xffffffffef100001)
#define VFIO_CONFIG_STATE UINT64_C(0xffffffffef100002)
#define VFIO_SETUP_STATE UINT64_C(0xffffffffef100003)
#define VFIO_DATA_STATE UINT64_C(0xffffffffef100004)
#define VFIO_INIT_DATA_SENT UINT64_C(0xffffffffef100005)

/*
 *     be64 tag
 *     DATA:         be64 len  octets
 *     SETUP, INIT_DATA_SENT, END_OF_STATE: nothing
 *
 * CONFIG, which embeds a vmstate, is sent in the FULL section only and is not framed.
 */
enum leg_unit_result leg_unit_vfio(struct span in, uint32_t *state, struct leg_unit *unit,
                                   struct err *lost)
{
    uint64_t tag;

    (void)state;
    unit->head = 8;
    if (in.len < unit->head) {
        return LEG_UNIT_MORE;
    }
    tag = leg_get_be64(in.p);
    switch (tag) {
    case VFIO_DATA_STATE:
        unit->head = 16;
        if (in.len < unit->head) {
            return LEG_UNIT_MORE;
        }
        unit->body = leg_get_be64(in.p + 8);
        return LEG_UNIT_GOOD;
    case VFIO_SETUP_STATE:
    case VFIO_INIT_DATA_SENT:
        return LEG_UNIT_GOOD;
    case VFIO_END_OF_STATE:
        unit->is_last = true;
        return LEG_UNIT_GOOD;
    case VFIO_CONFIG_STATE:
        err_set(lost, ERR_UNSUPPORTED, "no framer for the configuration of a vfio device");
        return LEG_UNIT_LOST;
    default:
        err_set(lost, ERR_MALFORMED, "expected a tag of vfio, found 0x%016" PRIx64, tag);
        return LEG_UNIT_LOST;
    }
}

/*
 * QEMU 8.0 hw/virtio/virtio-mem.c, vmstate_virtio_mem_device_early:
 *
 *     be64 address  be64 region size  be64 block size  be32 node  be64 size  { be64 bits }
 */
enum { VIRTIO_MEM_HEAD_LEN = 8 + 8 + 8 + 4 + 8 };

enum leg_unit_result leg_unit_virtio_mem(struct span in, uint32_t *state, struct leg_unit *unit,
                                         struct err *lost)
{
    uint64_t region;
    uint64_t block;
    uint64_t bits;

    (void)state;
    unit->head = VIRTIO_MEM_HEAD_LEN;
    if (in.len < unit->head) {
        return LEG_UNIT_MORE;
    }
    region = leg_get_be64(in.p + 8);
    block = leg_get_be64(in.p + 16);
    if (block == 0) {
        err_set(lost, ERR_MALFORMED, "expected the block size of a virtio-mem device, found 0");
        return LEG_UNIT_LOST;
    }
    bits = region / block;
    unit->body = (bits / 64 + (bits % 64 != 0)) * 8;
    unit->is_last = true;
    return LEG_UNIT_GOOD;
}
