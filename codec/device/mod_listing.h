/*
 * mod_listing.h - the canonical text of a module, which its digest is made of. Two modules with one
 * listing describe the same values under the same names; comments and the order of IMPORTS do not
 * matter.
 *
 * One line a struct, a field and a constraint, parts parted by TAB, each line ended by LF:
 *
 *   module      name  "vmstate" | "old-style"
 *   type        ASN.1 name  vmsd name  version
 *   field | subsection
 *               identifier  QEMU's name  QEMU's type name  tag | "-"
 *               "integer" | "unsigned" | "boolean" | "octets" | "struct" | "list" | "tree" |
 *               "unseen"
 *               "one" | "array" | "nullable" | "string"
 *               elements: n | n..m | n..
 *               octets of an element: n | "*" | "-"
 *               ASN.1 name of the struct | "-"
 *               ASN.1 name of the struct of keys | "-"
 *               [identifier of the field that counts it]
 *   either      alternative ...: identifiers with "+" (present) or "-" (absent) before, parted by
 *               spaces
 *
 * The first type is the root. In names, octets that are no printable ASCII and the backslash are
 * \x and two hexadecimal digits.
 */
#ifndef VMBER_DEVICE_MOD_LISTING_H
#define VMBER_DEVICE_MOD_LISTING_H

#include "codec/base/buf.h"
#include "codec/device/mod_set.h"

struct err;

/* mod_listing appends the listing of modules[module]. */
bool mod_listing(const struct mod_set *set, uint32_t module, struct buf *out, struct err *err);

/* mod_listing_digest is XXH3-128 of the listing, in canonical form. */
bool mod_listing_digest(const struct mod_set *set, uint32_t module, uint8_t digest[HASH_DIGEST_LEN],
                        struct err *err);

#endif
