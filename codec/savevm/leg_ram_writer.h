/*
 * leg_ram_writer.h - the records of a RAM event, with the contents of pages written from where they
 * are.
 *
 *      items            heads                    iovec
 *      block pc.ram     | word name |            head 0..14
 *      pages 3, 2       |           |  page -->  page
 *                       | word      |            head 15..22
 *                                      page -->  page
 *      fill  9, 3       | word octet | word ...  one piece
 *
 * No allocation after leg_gather_init.
 */
#ifndef VMBER_SAVEVM_LEG_RAM_WRITER_H
#define VMBER_SAVEVM_LEG_RAM_WRITER_H

#include "codec/savevm/leg_writer.h"

bool leg_gather_init(struct leg_gather *gather, struct err *err);
void leg_gather_done(struct leg_gather *gather);

/* leg_ram_check refuses what could not have been told by a reader, before anything is written. */
bool leg_ram_check(const struct wire_ram *ram, struct err *err);

/* leg_ram_write writes the records of the items of a checked event. */
bool leg_ram_write(struct leg_gather *gather, const struct wire_ram *ram, struct out *out,
                   struct err *err);

#endif
