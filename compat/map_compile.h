/*
 * map_compile.h - layout maps from notation to the arrays of map_set.h. The notation is X.680, as
 * of device modules (codec/device/mod_compile.h); what it may say of a blob is here.
 *
 *   -- <"msix-state" map of "device.pci.structured" for "msix state">     the blobs that it takes
 *   Msix-State ::= SEQUENCE {
 *       table    [0] SEQUENCE OF Msix-Entry OPTIONAL,       -- <count $size * 8 / 129>
 *       pending  OCTET STRING,                              -- <length $size * 8 / 129 + 7 / 8>
 *       ...
 *   }
 *
 * An annotation stands on one line, first in its comment. In it, of a struct:
 *
 *   "name" map of "feature" { for ["section" | "field"] "name" }    it is all of a blob, and who
 *                                                           owns it
 *   "vmsd name" version                                     it is a subsection
 *
 * and of a row:
 *
 *   length EXPR, rest             octets of an OCTET STRING; all that is left
 *   count EXPR, while TEST        elements of a SEQUENCE OF; while [not | &] N [of OCTETS]
 *   size EXPR                     octets of a struct
 *   if COND, maybe, fits          whether an OPTIONAL row is there
 *   check COND, magic N, max N, zero    what must hold
 *   little, host                  the order of an integer's octets
 *   subsection, pci-config        what begins here
 *   host-layout, dont-care [from EXPR | ring START COUNT]   what octets mean
 *   bits T, names T, capabilities T, extended-capabilities T, ipv4, mac, port    for views
 *
 *   EXPR    = operand { (+ | - | * | /) operand }           from left to right
 *   operand = number | $variable | path                     outer.outer.row.row, '_' for '-'
 *   COND    = EXPR (== | != | < | <= | > | >= | &) EXPR | EXPR in number { number } | the same of
 *             $device and $transport with strings
 *
 * A breach of a rule is an error with its place. See map_lift.h for what all that means.
 */
#ifndef VMBER_COMPAT_MAP_COMPILE_H
#define VMBER_COMPAT_MAP_COMPILE_H

#include "codec/schema/asn_model.h"
#include "compat/map_set.h"

struct arena;
struct err;

/*
 * map_compile makes in *set all maps of a model that asn_resolve has resolved: of all modules but
 * Vmber-Leaf and Vmber-Vmstate. The set lives in arena. On failure model->diag says where.
 */
bool map_compile(struct asn_model *model, struct arena *arena, struct map_set *set,
                 struct err *err);

#endif
