/*
 * leg_wire.h - constants of QEMU's migration stream, and its integers.
 *
 *     stream   = be32 "QEVM"  be32 3  [ config ]  { element }  0x00  [ vmdesc ]
 *     config   = 0x07  be32 len  machine  { subsection }
 *     start    = 0x01  be32 id  u8 len  idstr  be32 instance  be32 version  payload  [ footer ]
 *     full     = 0x04  the same
 *     part     = 0x02  be32 id  payload  [ footer ]
 *     end      = 0x03  be32 id  payload  [ footer ]
 *     footer   = 0x7e  be32 id
 *     command  = 0x08  be16 number  be16 len  data
 *     vmdesc   = 0x06  be32 len  JSON
 *
 * Reader and writer share this page. No layouts of devices here: those are told by the stream's own
 * description or by the modules in asn1/.
 */
#ifndef VMBER_SAVEVM_LEG_WIRE_H
#define VMBER_SAVEVM_LEG_WIRE_H

#include "codec/base/span.h"

/* QEMU 7.2 migration/savevm.h (QEMU_VM_FILE_MAGIC, QEMU_VM_FILE_VERSION, QEMU_VM_EOF ...) */
#define LEG_MAGIC UINT32_C(0x5145564d)
#define LEG_VERSION UINT32_C(3)

enum {
    LEG_EOF = 0x00,
    LEG_SECTION_START = 0x01,
    LEG_SECTION_PART = 0x02,
    LEG_SECTION_END = 0x03,
    LEG_SECTION_FULL = 0x04,
    LEG_SUBSECTION = 0x05,
    LEG_VMDESCRIPTION = 0x06,
    LEG_CONFIGURATION = 0x07,
    LEG_COMMAND = 0x08,
    LEG_SECTION_FOOTER = 0x7e,
};

/* Octets of things with a fixed length. */
enum {
    LEG_MAGIC_LEN = 8,                      /* magic and version */
    LEG_PART_HEAD_LEN = 5,                  /* type, id */
    LEG_START_HEAD_LEN = 1 + 4 + 1 + 4 + 4, /* without the idstr */
    LEG_FOOTER_LEN = 5,
    LEG_COMMAND_HEAD_LEN = 5,
    LEG_NAME_MAX = 255, /* behind a length octet */
    LEG_UUID_LEN = 16,
};

/* QEMU 7.2 migration/savevm.c, enum qemu_vm_cmd; 11: QEMU 10.0 */
enum {
    LEG_CMD_OPEN_RETURN_PATH = 1,
    LEG_CMD_PING = 2,
    LEG_CMD_POSTCOPY_ADVISE = 3,
    LEG_CMD_POSTCOPY_LISTEN = 4,
    LEG_CMD_POSTCOPY_RUN = 5,
    LEG_CMD_POSTCOPY_RAM_DISCARD = 6,
    LEG_CMD_PACKAGED = 7,
    LEG_CMD_ENABLE_COLO = 8,
    LEG_CMD_POSTCOPY_RESUME = 9,
    LEG_CMD_RECV_BITMAP = 10,
    LEG_CMD_SWITCHOVER_START = 11,
};

enum {
    LEG_CMD_POSTCOPY_ADVISE_LEN = 16, /* page sizes are sent: postcopy-ram is on */
    LEG_CMD_PACKAGED_LEN = 4,
};

/* QEMU 7.2 migration/savevm.c, vmstate_configuration and its subsections */
#define LEG_CONFIG_PAGE_BITS "configuration/target-page-bits"
#define LEG_CONFIG_CAPABILITIES "configuration/capabilities"
#define LEG_CONFIG_UUID "configuration/uuid"
enum { LEG_CONFIG_VERSION = 1 };

/* QEMU 7.2 migration/ram.c, RAM_SAVE_FLAG_*; MULTIFD_FLUSH: QEMU 8.1 */
enum {
    LEG_RAM_ZERO = 0x02,
    LEG_RAM_MEM_SIZE = 0x04,
    LEG_RAM_PAGE = 0x08,
    LEG_RAM_EOS = 0x10,
    LEG_RAM_CONTINUE = 0x20,
    LEG_RAM_XBZRLE = 0x40,
    LEG_RAM_HOOK = 0x80,
    LEG_RAM_COMPRESS_PAGE = 0x100,
    LEG_RAM_MULTIFD_FLUSH = 0x200,
};

#define LEG_RAM_IDSTR "ram"
enum {
    LEG_RAM_VERSION = 4,
    LEG_XBZRLE_ENCODING = 0x01, /* QEMU 7.2 migration/ram.c, ENCODING_FLAG_XBZRLE */
};

/* QEMU 7.2 target/.../cpu-param.h: TARGET_PAGE_BITS is 8 (avr) to 16 (loongarch, mips); 12 mostly
 */
enum {
    LEG_PAGE_BITS_MIN = 8,
    LEG_PAGE_BITS_MAX = 16,
    LEG_PAGE_SIZE_DEFAULT = 4096,
};

static inline uint32_t leg_get_be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static inline uint32_t leg_get_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t leg_get_be64(const uint8_t *p)
{
    return (uint64_t)leg_get_be32(p) << 32 | leg_get_be32(p + 4);
}

static inline void leg_set_be16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void leg_set_be32(uint8_t *p, uint32_t v)
{
    leg_set_be16(p, v >> 16);
    leg_set_be16(p + 2, v);
}

static inline void leg_set_be64(uint8_t *p, uint64_t v)
{
    leg_set_be32(p, (uint32_t)(v >> 32));
    leg_set_be32(p + 4, (uint32_t)v);
}

#endif
