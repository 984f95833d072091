/* vmber_report.c - see vmber_lib.h. On its own, because the library of devices has it as well. */
#include "codec/lib/vmber_lib.h"

#include <string.h>

_Static_assert((int)VMBER_INTERNAL == (int)ERR_INTERNAL, "statuses are bands");
_Static_assert((int)VMBER_PATH_MAX == (int)ERR_PATH_MAX, "one length of paths");
_Static_assert((int)VMBER_TEXT_MAX == (int)ERR_TEXT_MAX, "one length of texts");

enum vmber_status vmber_lib_report(const struct err *err, struct vmber_error *error)
{
    if (error != NULL) {
        error->status = (enum vmber_status)err->band;
        error->legacy_offset = err->legacy_offset;
        error->ber_offset = err->ber_offset;
        memcpy(error->path, err->path, sizeof(error->path));
        memcpy(error->text, err->text, sizeof(error->text));
    }
    return (enum vmber_status)err->band;
}
