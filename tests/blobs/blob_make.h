/* blob_make.h - what the parts of blob_make share. */
#ifndef BLOB_MAKE_H
#define BLOB_MAKE_H

#include <stdbool.h>
#include <stdio.h>

#include "blob_wire.h"

/* blob_emit writes DIRECTORY/NAME.bin, prints its line, and clears the blob. */
void blob_emit(const char *directory, const char *name, const char *how, struct blob *blob,
               const char *shows);

/* blob_make_qemu emits blobs that QEMU's own code would read, or hostile ones. */
void blob_make_qemu(const char *directory, bool good_ones);

#endif
