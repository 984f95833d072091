/*
 * vmber.h - QEMU migration streams as self-describing BER, and back, octet for octet.
 *
 * The library keeps no global state: two threads may work on two streams at once. It prints
 * nothing, installs no signal handler and never ends the process. A function that fails fills
 * *error (which may be NULL) and returns its status; the statuses are those of the program
 * (docs/errors.md).
 */
#ifndef VMBER_H
#define VMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define VMBER_API __attribute__((visibility("default")))
#else
#define VMBER_API
#endif

enum vmber_status {
    VMBER_GOOD = 0,
    VMBER_FINDINGS = 1,
    VMBER_USAGE = 2,
    VMBER_IO = 3,
    VMBER_TRUNCATED = 4,
    VMBER_MALFORMED = 5,
    VMBER_UNSUPPORTED = 6,
    VMBER_LIMIT = 7,
    VMBER_INTERNAL = 8
};

#define VMBER_NO_OFFSET UINT64_MAX

enum { VMBER_PATH_MAX = 256, VMBER_TEXT_MAX = 384 };

struct vmber_error {
    enum vmber_status status;
    uint64_t legacy_offset; /* octets from the start of the migration stream, or VMBER_NO_OFFSET */
    uint64_t ber_offset;    /* octets from the start of the BER stream, or VMBER_NO_OFFSET */
    char path[VMBER_PATH_MAX]; /* "0000:00:04.0/virtio-net > virtio", or "" */
    char text[VMBER_TEXT_MAX]; /* "expected 0x7e, found 0x04" */
};

/* vmber_version returns the version of the library, "0.1.0". */
VMBER_API const char *vmber_version(void);

/*
 * vmber_error_format writes path, text and offsets as one sentence into out (cap octets, always
 * terminated) and returns out.
 */
VMBER_API char *vmber_error_format(const struct vmber_error *error, char *out, size_t cap);

/* Reads up to count octets; returns how many, 0 at the end of input, or -errno. */
typedef int64_t (*vmber_read_fn)(void *ctx, void *octets, size_t count);

/* Writes all count octets; returns 0, or -errno. */
typedef int (*vmber_write_fn)(void *ctx, const void *octets, size_t count);

struct vmber_io {
    vmber_read_fn read;
    void *read_ctx;
    vmber_write_fn write;
    void *write_ctx;
};

enum {
    VMBER_STRICT = 1,  /* encode: fail when a part cannot be described; decode: our profile only */
    VMBER_SALVAGE = 2, /* encode: take input that is cut short, or no migration stream */
    VMBER_NO_MODULES = 4 /* encode, open: ask no device modules about a migration stream */
};

/*
 * vmber_encode reads a migration stream to its end and writes it as BER. Sections that conform to a
 * device module, of those built in, are values of it. On failure what has been written visibly does
 * not end.
 */
VMBER_API enum vmber_status vmber_encode(const struct vmber_io *io, unsigned flags,
                                         struct vmber_error *error);

/*
 * vmber_decode reads a BER stream to its end and writes the migration stream. The EOF octet, at
 * which a QEMU starts the guest, is written only after everything has been checked.
 */
VMBER_API enum vmber_status vmber_decode(const struct vmber_io *io, unsigned flags,
                                         struct vmber_error *error);

/* Reading a stream of either kind, event by event. */
struct vmber_reader;

enum vmber_event_kind {
    VMBER_EVENT_HEAD,    /* name: machine type, or "" */
    VMBER_EVENT_SECTION, /* a described section begins: name (idstr), instance, version, id; its
                            module; octets: its value, one BER element, whole; blobs are octets in
                            it, also where the stream has structs for them */
    VMBER_EVENT_SECTION_END,
    VMBER_EVENT_ENTER, /* a struct, subsection, array or list of a section begins: name, type */
    VMBER_EVENT_LEAVE,
    VMBER_EVENT_INTEGER,     /* name, type, integer, is_signed */
    VMBER_EVENT_BOOLEAN,     /* name, type, integer: the octet */
    VMBER_EVENT_OCTETS,      /* name, type, octets */
    VMBER_EVENT_FRAMED,      /* a section, or a piece of one, whose fields are not known: octets */
    VMBER_EVENT_RAM,         /* name: block; page, count, type: "pages", "fill", "xbzrle", ... */
    VMBER_EVENT_COMMAND,     /* integer: its number; octets: its data */
    VMBER_EVENT_EOF,         /* the EOF octet */
    VMBER_EVENT_DESCRIPTION, /* QEMU's JSON description; octets, if it was kept as text */
    VMBER_EVENT_OPAQUE       /* octets without known structure; type: the reason */
};

/* Strings are UTF-8 and terminated. Everything lives until the next call on the reader. */
struct vmber_event {
    enum vmber_event_kind kind;
    const char *name;
    const char *type;
    const char *module; /* of a section: the module it conforms to, "Vmber-E1000", or "": its value
                           is then as the stream's own description says */
    uint32_t id;
    uint32_t instance;
    uint32_t version;
    uint32_t depth; /* of a field: 0 for the section's own struct */
    bool has_index;
    uint32_t index; /* of an element */
    bool is_signed; /* integer is to be read as int64_t */
    uint64_t integer;
    const uint8_t *octets;
    size_t octet_count;
    uint64_t page;          /* first page number in its block */
    uint64_t count;         /* pages */
    uint32_t page_size;     /* octets */
    uint64_t legacy_offset; /* VMBER_NO_OFFSET if not known */
    uint64_t legacy_length;
    uint64_t ber_offset; /* VMBER_NO_OFFSET in a migration stream */
    uint64_t ber_length;
};

/*
 * vmber_open starts reading from read, which is called during vmber_next only; NULL with *error
 * without memory. Close it with vmber_close. flags: VMBER_NO_MODULES, or 0. In a BER stream
 * sections have the modules that the stream says.
 */
VMBER_API struct vmber_reader *vmber_open(vmber_read_fn read, void *ctx, unsigned flags,
                                          struct vmber_error *error);

/*
 * vmber_next tells the next event. Returns 1 with *event, 0 at the end of the stream, -1 with
 * *error. What was told before an error is as good as the stream was up to there.
 */
VMBER_API int vmber_next(struct vmber_reader *reader, struct vmber_event *event,
                         struct vmber_error *error);

/* vmber_close ends reading; NULL is allowed. */
VMBER_API void vmber_close(struct vmber_reader *reader);

#ifdef __cplusplus
}
#endif

#endif
