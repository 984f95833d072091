/*
 * layout_make.h - makes tails: sections, and the description QEMU would send of them, in step.
 *
 *     make_begin(&m, MAKE_FOOTERS);
 *     make_device(&m, "timer", 0, "timer", 2);
 *     make_leaf(&m, "ticks", "int64", 8);
 *     make_device_end(&m);
 *     make_end(&m);                        EOF, vmdesc
 *     ... make_span(&m) ...
 *     make_done(&m);
 *
 * Payload octets come from a counter, so that no two are alike by chance.
 */
#ifndef VMBER_TESTS_LAYOUT_MAKE_H
#define VMBER_TESTS_LAYOUT_MAKE_H

#include "codec/base/buf.h"

enum {
    MAKE_FOOTERS = 1,
    MAKE_SPACED = 2, /* QEMU 5.2 and older */
    MAKE_NO_VMDESC = 4,
    MAKE_NO_EOF = 8,         /* what PACKAGED holds */
    MAKE_CONFIGURATION = 16, /* QEMU 8.2 and newer */
};

enum { MAKE_DEPTH_MAX = 32 };

struct make {
    struct buf tail;
    struct buf json;
    unsigned flags;
    bool comma;
    uint32_t id;   /* of the next section */
    uint8_t octet; /* counter */
    bool muted;    /* nothing goes to the description: further elements of a described array */
    unsigned depth;
    size_t begin[MAKE_DEPTH_MAX]; /* where the payload of an open struct begins */
    bool empty[MAKE_DEPTH_MAX];   /* "struct": {} */
};

void make_begin(struct make *m, unsigned flags);
void make_done(struct make *m);
struct span make_span(const struct make *m);

void make_device(struct make *m, const char *name, uint32_t instance, const char *vmsd,
                 uint32_t version);
void make_device_end(struct make *m);

/* A device that is in the description only: it was sent among the live sections. */
void make_early(struct make *m, const char *name, const char *vmsd);

/* A save_state function's section. */
void make_old_style(struct make *m, const char *name, uint32_t size);

/* Octets of payload without a description. */
void make_octets(struct make *m, const void *p, size_t n);
void make_counted(struct make *m, size_t n);

void make_leaf(struct make *m, const char *name, const char *type, uint32_t size);
void make_leaf_array(struct make *m, const char *name, const char *type, uint32_t size,
                     uint32_t count);
void make_leaf_index(struct make *m, const char *name, uint32_t index, const char *type,
                     uint32_t size);

/* A field "struct": array_len if count is not 0, else index if it is not negative; vmsd NULL: the
 * empty struct that QEMU 7.2 writes for a null pointer. */
void make_struct(struct make *m, const char *name, uint32_t count, int index, const char *vmsd,
                 uint32_t version);
void make_struct_end(struct make *m); /* the fields have ended */

/* Behind the fields of a device, struct or subsection: make_subsections, { make_sub .. _end }; what
 * ends the fields then ends the subsections. */
void make_subsections(struct make *m);
void make_sub(struct make *m, const char *vmsd, uint32_t version);
void make_sub_end(struct make *m);

/* A field with types described in it: make_inline, { make_inline_type .. _end }, make_inline_end.
 */
void make_inline(struct make *m, const char *name, const char *type);
void make_inline_type(struct make *m, const char *vmsd, uint32_t version);
void make_inline_type_end(struct make *m);
void make_inline_end(struct make *m);

/* A member of the open object of the description that no QEMU writes. */
void make_member(struct make *m, const char *name, const char *value);

void make_command(struct make *m, uint32_t number, const void *data, size_t len);
void make_end(struct make *m);

#endif
