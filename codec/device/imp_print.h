/*
 * imp_print.h - a labelled module as text: the notation that mod_compile.h reads, for people to
 * read, too. Columns are aligned and lines are at most IMP_COLUMNS long where names allow it.
 */
#ifndef VMBER_DEVICE_IMP_PRINT_H
#define VMBER_DEVICE_IMP_PRINT_H

#include "codec/base/buf.h"
#include "codec/device/imp_import.h"

enum { IMP_COLUMNS = 100 };

/* imp_print appends the text of a module. */
bool imp_print(const struct imp *imp, const struct imp_module *module, struct buf *out,
               struct err *err);

#endif
