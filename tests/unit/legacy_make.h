/*
 * legacy_make.h - the pieces legacy streams are made of, for tests.
 */
#ifndef VMBER_TESTS_LEGACY_MAKE_H
#define VMBER_TESTS_LEGACY_MAKE_H

#include "codec/base/buf.h"
#include "codec/savevm/leg_wire.h"

void put(struct buf *to, const void *p, size_t n);
void put8(struct buf *to, unsigned v);
void put16(struct buf *to, unsigned v);
void put32(struct buf *to, uint32_t v);
void put64(struct buf *to, uint64_t v);
void put_text(struct buf *to, const char *s);
void put_name(struct buf *to, const char *s); /* behind a length octet */
void put_octets(struct buf *to, size_t n);    /* n of no meaning */

void put_magic(struct buf *to);
void put_machine(struct buf *to, const char *machine); /* magic and configuration section */
void put_subsection(struct buf *to, const char *name, uint32_t version);
void put_config(struct buf *to, uint32_t page_bits); /* magic, machine and page bits */

void put_start(struct buf *to, unsigned type, uint32_t id, const char *name, uint32_t version);
void put_part(struct buf *to, unsigned type, uint32_t id);
void put_footer(struct buf *to, uint32_t id);
void put_command(struct buf *to, unsigned number, const char *data, size_t len);

/* RAM records; block is NULL with RAM_SAVE_FLAG_CONTINUE. */
void put_word(struct buf *to, uint64_t word, const char *block);
void put_page(struct buf *to, uint64_t word, const char *block, size_t size);
void put_fill(struct buf *to, uint64_t word, const char *block, unsigned octet);
void put_eos(struct buf *to, uint32_t id); /* EOS and footer */

#endif
