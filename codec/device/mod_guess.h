/*
 * mod_guess.h - lays out a section that nobody describes: finds the module, and the form of its
 * fields, under which the payload of a section fits exactly.
 *
 *   idstr "0000:00:03.0/e1000", version 2, 67 646 octets
 *     -> module Vmber-E1000: full-mac-state is there, mit-state is not ...
 *     -> the type that QEMU's description and mod_join would have given
 *
 * What the payload says itself is believed: heads of subsections (of which none is ever part of
 * something else), markers and counts of lists, the lengths in some of what QEMU's devices write
 * with functions of their own. What it does not say is tried, as far as the length of the payload
 * leaves a choice: whether optional fields are there, how many elements an array has, how long a
 * string is. Every form that fits has a cost, in bits:
 *
 *   - a number that the nearest integer in front says costs least, one that no integer says most;
 *   - an optional field that is left out costs if the next one is there and is no replacement;
 *   - a struct that could be a null pointer, and a PCI Express configuration of 256 octets, cost.
 *
 * Optional fields are first taken to be there in all structs of a type or in none, and numbers of
 * elements to be the same in all. Constraints of the module hold, and what an integer counts is no
 * choice. What QEMU never writes (a bool of 2, an unused octet that is not zero) is tried only if
 * nothing else fits.
 *
 * Refused are
 *   - a payload that fits in two forms, of modules that are asked at the same time, of which
 * neither is clearly the cheaper, even if they are laid alike: which optional field it is, is not
 * known. Forms that differ in nothing but names of fields are an exception: the first module has
 * it;
 *   - a payload with an <unseen> field: nothing is known of it but its name;
 *   - more trials than mod_guess_limits.h allows: nobody has looked at the other forms.
 *
 * A guess can be wrong, but not harmful: the type gives back the payload, octet for octet.
 */
#ifndef VMBER_DEVICE_MOD_GUESS_H
#define VMBER_DEVICE_MOD_GUESS_H

#include "codec/base/span.h"
#include "codec/savevm/lay_types.h"

struct err;
struct mod_library;

/*
 * mod_guess gives in *type the joined type under which payload, all of it, is the section of that
 * name (idstr) and version. If there is none: false, no new types, and why says ERR_UNSUPPORTED if
 * no module has that name, ERR_MALFORMED if none fits, or ERR_LIMIT.
 */
bool mod_guess(const struct mod_library *lib, struct lay_types *types, struct span name,
               uint32_t version, struct span payload, uint32_t *type, struct err *why);

#endif
