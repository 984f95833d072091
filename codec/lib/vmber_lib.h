/*
 * vmber_lib.h - between the public interface (vmber.h) and the rooms behind it.
 */
#ifndef VMBER_LIB_VMBER_LIB_H
#define VMBER_LIB_VMBER_LIB_H

#include "codec/base/err.h"
#include "codec/base/io.h"
#include "codec/lib/vmber.h"

/* The caller's functions as a source and a sink; io lives as long as they. */
struct io_source vmber_lib_source(const struct vmber_io *io);
struct io_sink vmber_lib_sink(const struct vmber_io *io);

/* vmber_lib_report copies err into error (may be NULL) and returns its status. */
enum vmber_status vmber_lib_report(const struct err *err, struct vmber_error *error);

#endif
