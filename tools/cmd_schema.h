/*
 * cmd_schema.h - the verbs inside `vmber schema`, and what they share.
 */
#ifndef VMBER_TOOLS_CMD_SCHEMA_H
#define VMBER_TOOLS_CMD_SCHEMA_H

#include "codec/base/buf.h"
#include "codec/schema/asn_diag.h"
#include "tools/cmd.h"

extern const struct cmd cmd_schema_import;
extern const struct cmd cmd_schema_export;
extern const struct cmd cmd_schema_list;
extern const struct cmd cmd_schema_show;
extern const struct cmd cmd_schema_check;
extern const struct cmd cmd_schema_freeze;

/* cmd_schema_text reads a whole file of at most max octets; the caller frees the buf. */
bool cmd_schema_text(const char *path, size_t max, struct buf *out, struct err *err);

/* cmd_schema_write makes folder, if need be, and writes folder/name.ending in it. */
bool cmd_schema_write(const char *folder, const char *name, const char *ending, struct span text,
                      struct err *err);

/* cmd_schema_fail is cmd_fail that shows the place in a module, too, if the error has one. */
int cmd_schema_fail(const struct cmd *cmd, const struct asn_diag *diag, const struct err *err);

#endif
