/*
 * gen_files.h - what the generators of the build share: modules from files, and the last word. Only
 * they read files by name and print; the library does neither.
 */
#ifndef VMBER_SCHEMA_GEN_FILES_H
#define VMBER_SCHEMA_GEN_FILES_H

#include "codec/base/buf.h"
#include "codec/schema/asn_model.h"

enum { GEN_MEMORY_MAX = 512 * 1024 * 1024 }; /* for a model, and for what is made of it */

/* gen_read_file appends what is in a file. */
bool gen_read_file(const char *path, struct buf *out, struct err *err);

/* gen_parse_file adds the modules of a file to the model. */
bool gen_parse_file(const char *path, struct asn_model *model, struct err *err);

/* gen_complain prints what is wrong, with the place in the notation if there is one. */
void gen_complain(const struct asn_model *model, const struct err *err);

#endif
