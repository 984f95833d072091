/*
 * asn_emitting.h - what the parts of the emitter share.
 */
#ifndef VMBER_SCHEMA_ASN_EMITTING_H
#define VMBER_SCHEMA_ASN_EMITTING_H

#include "codec/schema/asn_emit.h"
#include "codec/schema/asn_plan.h"
#include "codec/schema/asn_text.h"

/* Room for a C name in capitals: prefix, parents and component. */
enum { ASN_EMIT_NAME_MAX = 1024 };

struct asn_emitter {
    struct asn_model *model;
    struct err *err;
    const struct asn_plan *plan;
    const char *prefix;
    const char *prefix_upper;
    const char *octets; /* the C type of octets: "struct span", or one with the same layout */
    bool is_library;    /* for people without our headers: no tables in it, sizes in comments */
};

/* asn_emit_check_prefix refuses a prefix that is no C name in lower case. */
bool asn_emit_check_prefix(const char *prefix, struct err *err);

/* asn_emit_check refuses plans in which two things get one name in C. */
bool asn_emit_check(struct asn_emitter *emitter);

/* asn_emit_header and asn_emit_tables write the two files. */
void asn_emit_header(const struct asn_emitter *emitter, struct asn_text *text);
void asn_emit_tables(const struct asn_emitter *emitter, const char *header, struct asn_text *text);

/* asn_emit_type and asn_emit_table write what one type contributes to the two. */
void asn_emit_type(const struct asn_emitter *emitter, struct asn_text *text,
                   const struct asn_plan_type *type);
void asn_emit_table(const struct asn_emitter *emitter, struct asn_text *text,
                    const struct asn_plan_type *type);

/* asn_emit_oids writes the octets of the object identifiers that the header declares. */
void asn_emit_oids(const struct asn_emitter *emitter, struct asn_text *text);

/* asn_emit_c_type writes the C type of a value into out (cap octets) and returns out. */
char *asn_emit_c_type(const struct asn_emitter *emitter, const struct asn_plan_type *type,
                      char *out, size_t cap);

/* asn_emit_has_struct tells whether the C form is a struct of its own. */
bool asn_emit_has_struct(const struct asn_plan_type *type);

#endif
