/* leg_frame_steps.h - the step functions that the table in leg_frame.c names. */
#ifndef VMBER_SAVEVM_LEG_FRAME_STEPS_H
#define VMBER_SAVEVM_LEG_FRAME_STEPS_H

#include "codec/savevm/leg_frame.h"

/* leg_frame_disk.c */
enum leg_unit_result leg_unit_dirty_bitmap(struct span in, uint32_t *state, struct leg_unit *unit,
                                           struct err *lost);
enum leg_unit_result leg_unit_block(struct span in, uint32_t *state, struct leg_unit *unit,
                                    struct err *lost);

/* leg_frame_host.c */
enum leg_unit_result leg_unit_vfio(struct span in, uint32_t *state, struct leg_unit *unit,
                                   struct err *lost);
enum leg_unit_result leg_unit_virtio_mem(struct span in, uint32_t *state, struct leg_unit *unit,
                                         struct err *lost);

/* leg_frame_target.c */
enum leg_unit_result leg_unit_htab(struct span in, uint32_t *state, struct leg_unit *unit,
                                   struct err *lost);
enum leg_unit_result leg_unit_s390_stattrib(struct span in, uint32_t *state, struct leg_unit *unit,
                                            struct err *lost);
enum leg_unit_result leg_unit_s390_skeys(struct span in, uint32_t *state, struct leg_unit *unit,
                                         struct err *lost);
enum leg_unit_result leg_unit_s390_tod(struct span in, uint32_t *state, struct leg_unit *unit,
                                       struct err *lost);

#endif
