/*
 * lay_join.h - asks device modules about the type of a section, once for each type of a stream.
 */
#ifndef VMBER_SAVEVM_LAY_JOIN_H
#define VMBER_SAVEVM_LAY_JOIN_H

#include "codec/savevm/lay_modules.h"

/*
 * lay_join_section makes of *type, that of the section name with that payload, the type that its
 * module gives it; where there is none, *differs says why, and *type stays. It fails for memory
 * only.
 */
bool lay_join_section(const struct lay_modules *modules, struct lay_types *types, struct span name,
                      struct span payload, uint32_t *type, const struct lay_differs **differs,
                      struct err *err);

#endif
