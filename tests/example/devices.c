/*
 * devices.c - the example of the library: prints each section of a stream, and the value of one
 * field if its name is given.
 *
 *     devices FILE [FIELD]
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <vmber.h>

static int64_t read_file(void *ctx, void *octets, size_t count)
{
    size_t n = fread(octets, 1, count, ctx);

    return n > 0 || !ferror((FILE *)ctx) ? (int64_t)n : -EIO;
}

int main(int argc, char **argv)
{
    struct vmber_error error;
    struct vmber_event event;
    struct vmber_reader *reader;
    FILE *in = argc > 1 ? fopen(argv[1], "rb") : NULL;
    char line[1024];
    int more;

    if (in == NULL) {
        fprintf(stderr, "usage: devices FILE [FIELD]\n");
        return 2;
    }
    reader = vmber_open(read_file, in, 0, &error);
    if (reader == NULL) {
        return (int)error.status;
    }
    while ((more = vmber_next(reader, &event, &error)) > 0) {
        if (event.kind == VMBER_EVENT_SECTION) {
            printf("%s (instance %" PRIu32 ", version %" PRIu32 ")\n", event.name, event.instance,
                   event.version);
        } else if (event.kind == VMBER_EVENT_INTEGER && argc > 2 &&
                   strcmp(event.name, argv[2]) == 0) {
            printf("  %s = %" PRIu64 "\n", event.name, event.integer);
        }
    }
    if (more < 0) {
        fprintf(stderr, "devices: %s\n", vmber_error_format(&error, line, sizeof(line)));
    }
    vmber_close(reader);
    fclose(in);
    return more < 0 ? (int)error.status : 0;
}
