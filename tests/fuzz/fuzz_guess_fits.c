/*
 * fuzz_guess_fits.c - any octets as the payload of a section that nobody describes: if a module is
 * found for it, the guessed type gives back the payload, joining it gives itself, and what the
 * payload says of its form is so.
 *
 * The first octet chooses the module: one of those below, or (0x80 and more, with the second octet)
 * a built-in one. The rest is the payload.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "codec/base/err.h"
#include "codec/device/mod_guess.h"
#include "codec/device/mod_join.h"
#include "codec/device/mod_library.h"
#include "codec/device/mod_value.h"
#include "codec/savevm/lay_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SECONDS_MAX = 20 }; /* of one guess, with all sanitizers */

static const char text[] =
    "Vmber-All DEFINITIONS IMPLICIT TAGS ::= BEGIN\n"
    "IMPORTS UInt8, UInt16, UInt32, UInt64, Int32 FROM Vmber-Leaf\n"
    "Timer, Buffer, UnusedBuffer, Bitmap, UInt8Array, NullPointer FROM Vmber-Vmstate;\n"
    "-- <\"all\" 1>\n"
    "All ::= SEQUENCE {\n"
    "  n UInt32, on BOOLEAN, at Timer, pad UnusedBuffer (SIZE (3)),\n"
    "  maybe [0] UInt16 OPTIONAL, other [1] UInt16 OPTIONAL,\n"
    "  some [2] SEQUENCE OF UInt32 OPTIONAL, few SEQUENCE (SIZE (1..3)) OF All-Part,\n"
    "  octets [3] UInt8Array OPTIONAL, bits [4] Bitmap OPTIONAL,\n"
    "  slots SEQUENCE (SIZE (3)) OF CHOICE { null NullPointer, value All-Part },\n"
    "  list SEQUENCE OF All-Part, -- <qtailq>\n"
    "  tree SEQUENCE OF CHOICE { key UInt64, value All-Part }, -- <gtree>\n"
    "  keyed SEQUENCE OF CHOICE { key [0] All-Key, value [1] All-Part }, -- <gtree>\n"
    "  len Int32, data Buffer,\n"
    "  one [5] All-One OPTIONAL, -- <subsection>\n"
    "  two [6] All-Two OPTIONAL, -- <subsection>\n"
    "  ... }\n"
    "-- <\"part\" 1>\n"
    "All-Part ::= SEQUENCE { x UInt8, y [0] UInt8 OPTIONAL, void All-Void,\n"
    "  more [1] All-PartMore OPTIONAL, -- <subsection>\n"
    "  ... }\n"
    "-- <\"p/m\" 1>\n"
    "All-PartMore ::= SEQUENCE { z Buffer, ... }\n"
    "-- <\"void\" 1>\n"
    "All-Void ::= SEQUENCE { v [0] UInt8 OPTIONAL, ... }\n"
    "-- <\"key\" 1>\n"
    "All-Key ::= SEQUENCE { k UInt8, ... }\n"
    "-- <\"a/1\" 1>\n"
    "All-One ::= SEQUENCE { a BOOLEAN, p All-Part, ... }\n"
    "-- <\"a/2\" 2>\n"
    "All-Two ::= SEQUENCE { b Buffer, voids SEQUENCE (SIZE (0..7)) OF All-Void, ... }\n"
    "END\n"
    "Vmber-Tied DEFINITIONS IMPLICIT TAGS ::= BEGIN\n"
    "IMPORTS UInt8, UInt16, UInt32, Int32 FROM Vmber-Leaf\n"
    "Buffer, UInt8Array, PciConfig, MsixState, GByteArray FROM Vmber-Vmstate;\n"
    "-- <\"tied\" 1>\n"
    "Tied ::= SEQUENCE {\n"
    "  n UInt8, len Int32, parts SEQUENCE OF Tied-Part, -- <by \"n\">\n"
    "  data Buffer, -- <by \"len\">\n"
    "  a [0] UInt16 OPTIONAL, b [1] Int32 OPTIONAL, c [2] UInt32 OPTIONAL,\n"
    "  config [3] PciConfig (SIZE (256)) OPTIONAL, msix MsixState, bytes [4] GByteArray OPTIONAL,\n"
    "  sub [5] Tied-Part OPTIONAL, -- <subsection>\n"
    "  ... }\n"
    "(WITH COMPONENTS {..., a PRESENT, b ABSENT} | WITH COMPONENTS {..., a ABSENT, b PRESENT})\n"
    "(WITH COMPONENTS {..., c PRESENT, sub ABSENT} | WITH COMPONENTS {..., sub PRESENT})\n"
    "-- <\"part\" 1>\n"
    "Tied-Part ::= SEQUENCE { n UInt8, x UInt8Array, -- <by \"n\">\n"
    "  y [0] UInt32 OPTIONAL, -- <by \"n\">\n"
    "  ... }\n"
    "END\n";

static const struct mod_library *library(void)
{
    static struct mod_library lib;
    static bool made;
    struct err err = ERR_INIT;

    if (!made) {
        mod_library_init(&lib);
        if (!mod_library_add_text(&lib, "all.asn1", span_str(text), &err)) {
            (void)fprintf(stderr, "%u: %s\n", (unsigned)lib.diag.line, err.text);
            abort();
        }
        made = true;
    }
    return &lib;
}

static void check(bool ok, const char *what, const struct err *err)
{
    if (!ok) {
        (void)fprintf(stderr, "%s: %s: %s\n", what, err->path, err->text);
        abort();
    }
}

static void check_type(struct lay_types *types, struct span name, uint32_t type,
                       struct span payload)
{
    const struct lay_where where = {name, 0, 0};
    struct err err = ERR_INIT;
    const struct wire_module_reference *module = &lay_types_get(types, type)->wire.module;
    struct mod_found found;
    uint32_t again;
    struct span value;
    struct buf room;
    struct buf out;

    buf_init(&room, SIZE_MAX / 2);
    buf_init(&out, payload.len + 1);
    check(mod_join_section(library(), types, name, type, &again, &err) && again == type, "join",
          &err);
    check(mod_library_find(library(), module->name, module->digest, &found) &&
              mod_value_check(found.set, found.module, types, type, payload, &err),
          "value", &err);
    check(lay_value_lift(types, type, payload, &where, &room, &value, &err), "lift", &err);
    check(lay_value_lower(types, type, value, &where, &out, &err) &&
              span_eq(buf_span(&out), payload),
          "lower", &err);
    buf_done(&room);
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mod_found found = {mod_library_set(library(), 0), size > 0 && data[0] == 1};
    size_t at = 1;
    const struct mod_type *root;
    struct lay_types types;
    struct err err = ERR_INIT;
    struct span name;
    clock_t begin;
    uint32_t type;

    if (size > 1 && data[0] >= 0x80 && mod_builtin_set.module_count > 0) {
        found.set = &mod_builtin_set;
        found.module = (data[0] & 0x7fU) << 8 | data[1];
        at = 2;
    }
    if (size < at) {
        return 0;
    }
    found.module %= found.set->module_count;
    root = &found.set->types[found.set->modules[found.module].root];
    name = mod_string(found.set, root->vmsd);
    lay_types_init(&types);
    begin = clock();
    if (mod_guess(library(), &types, name, root->version, span_of(data + at, size - at), &type,
                  &err)) {
        check_type(&types, name, type, span_of(data + at, size - at));
    } else {
        check(err.band != ERR_NONE && err.band != ERR_INTERNAL && types.count == 0, "none", &err);
    }
    check((clock() - begin) / CLOCKS_PER_SEC <= SECONDS_MAX, "too long", &err);
    lay_types_done(&types);
    return 0;
}
