/* cmd_container.c - see cmd_container.h. */
#include "tools/cmd_container.h"

#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum {
    MAGIC_LEN = 16,
    HEADER_LEN = 92, /* struct _virQEMUSaveHeader, src/qemu/qemu_saveimage.h, libvirt 9.0 */
    DATA_LEN_AT = 20,
    VERSION_MAX = 2,
};

static uint32_t get32(const uint8_t *p, bool swapped)
{
    uint32_t v;

    memcpy(&v, p, sizeof(v)); /* in the order of the host that wrote it, most likely this one */
    if (swapped) {
        v = v >> 24 | (v >> 8 & 0xff00) | (v << 8 & 0xff0000) | v << 24;
    }
    return v;
}

bool cmd_container_skip(int fd)
{
    static const char magic[] = "LibvirtQemudSave"; /* "...Part" is one that was not completed */
    uint8_t header[HEADER_LEN];
    bool swapped;

    if (pread(fd, header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
        memcmp(header, magic, MAGIC_LEN) != 0) {
        return false;
    }
    swapped = get32(header + MAGIC_LEN, false) > VERSION_MAX; /* as libvirt tells, too */
    return lseek(fd, (off_t)HEADER_LEN + get32(header + DATA_LEN_AT, swapped), SEEK_SET) >= 0;
}
