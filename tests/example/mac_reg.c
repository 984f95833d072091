/*
 * mac_reg.c - the example of the library of devices: prints the registers of each e1000 in a
 * stream, those that are not 0.
 *
 *     mac_reg FILE
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <vmber/devices/e1000.h>

static int64_t read_file(void *ctx, void *octets, size_t count)
{
    size_t n = fread(octets, 1, count, ctx);

    return n > 0 || !ferror((FILE *)ctx) ? (int64_t)n : -EIO;
}

/* Prints every e1000 that the reader comes by; returns as vmber_next. */
static int print_all(struct vmber_reader *reader, struct vmber_arena *arena,
                     struct vmber_error *error)
{
    struct vmber_event event;
    struct vmber_e1000 nic;
    int more;

    while ((more = vmber_next(reader, &event, error)) > 0) {
        if (event.kind != VMBER_EVENT_SECTION || strcmp(event.module, VMBER_E1000_MODULE) != 0) {
            continue;
        }
        vmber_arena_reset(arena);
        if (!vmber_e1000_decode(event.octets, event.octet_count, arena, &nic, error)) {
            return -1;
        }
        printf("%s: CTRL %08" PRIx32 ", STATUS %08" PRIx32 "\n", event.name, nic.mac_reg_ctrl,
               nic.mac_reg_status);
        for (size_t i = 0; nic.has_full_mac_state && i < nic.full_mac_state.mac_reg.count; i++) {
            if (nic.full_mac_state.mac_reg.items[i] != 0) {
                printf("  mac_reg[%04zx] = %08" PRIx32 "\n", i,
                       nic.full_mac_state.mac_reg.items[i]);
            }
        }
    }
    return more;
}

int main(int argc, char **argv)
{
    struct vmber_error error;
    FILE *in = argc > 1 ? fopen(argv[1], "rb") : NULL;
    struct vmber_reader *reader = in != NULL ? vmber_open(read_file, in, 0, &error) : NULL;
    struct vmber_arena *arena = vmber_arena_new((size_t)1 << 24);
    char line[1024];
    int more = -1;

    if (reader == NULL || arena == NULL) {
        fprintf(stderr, "usage: mac_reg FILE\n");
        return 2;
    }
    more = print_all(reader, arena, &error);
    if (more < 0) {
        fprintf(stderr, "mac_reg: %s\n", vmber_error_format(&error, line, sizeof(line)));
    }
    vmber_arena_free(arena);
    vmber_close(reader);
    fclose(in);
    return more < 0 ? (int)error.status : 0;
}
