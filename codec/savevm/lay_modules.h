/*
 * lay_modules.h - what laying out a tail asks of device modules, without knowing any.
 *
 * Who has a library of modules (codec/device) hands these functions down with the options; with
 * none, sections are what the source's description says. Both work on the table of types of the
 * stream. Types that guess has added are taken back when it finds none, so neither may keep an id
 * from one call to the next.
 */
#ifndef VMBER_SAVEVM_LAY_MODULES_H
#define VMBER_SAVEVM_LAY_MODULES_H

#include "codec/savevm/lay_types.h"

struct err;

/* What becomes of a section that does not conform to a module. */
enum lay_schema {
    LAY_SCHEMA_OFF,    /* modules are not asked */
    LAY_SCHEMA_AUTO,   /* it stays as described, or framed, and is reported */
    LAY_SCHEMA_STRICT, /* it is refused */
};

struct lay_modules {
    void *ctx;

    /*
     * Gives in *joined the type equal to type, that of the section name (idstr), with what the
     * module it conforms to adds: tags, sequence, extent and module. False if there is none: why
     * says ERR_UNSUPPORTED if no module has that name, ERR_MALFORMED and what differs if those that
     * have it say something else, or ERR_LIMIT for memory. A path in it begins below the type:
     * "field > field", "". Asked once for each type of a stream; an old-style one, which says no
     * name, each time.
     */
    bool (*join)(void *ctx, struct lay_types *types, struct span name, uint32_t type,
                 uint32_t *joined, struct err *why);

    /*
     * Gives in *type the joined type under which payload, all of it, can be the section that name
     * (idstr) and version head; false if there is none, or (ERR_LIMIT) no memory.
     */
    bool (*guess)(void *ctx, struct lay_types *types, struct span name, uint32_t version,
                  struct span payload, uint32_t *type, struct err *why);

    /*
     * Whether the octets of a section can stand for its joined type, whose module has something to
     * say of them (lay_type.has_values): false with ERR_MALFORMED and a path as above. Asked for
     * each such section.
     */
    bool (*value)(void *ctx, const struct lay_types *types, uint32_t joined, struct span payload,
                  struct err *why);

    void *lift_ctx;

    /*
     * Gives in *lifted the type equal to type, that of the section name (idstr), with layouts for
     * leaves whose octets in payload are known to be structs (level 3); or type itself. Asked once
     * for each section, when it is told. It fails for memory, and where it has been told to refuse
     * what does not fit; a legacy offset in err is then one in payload. NULL: none.
     */
    bool (*lift)(void *lift_ctx, struct lay_types *types, struct span name, uint32_t version,
                 uint32_t type, struct span payload, uint32_t *lifted, struct err *err);

    /*
     * Writes zeros over octets of a payload that mean nothing, before lift is asked. It fails as
     * lift does. NULL: all octets stay.
     */
    bool (*scrub)(void *lift_ctx, struct lay_types *types, struct span name, uint32_t version,
                  uint32_t type, uint8_t *payload, size_t len, struct err *err);
};

#endif
