/*
 * test_device_value.c - octets of a section that say something of its form, and descriptions that
 * say something else.
 */
#include <check.h>
#include <stdlib.h>

#include "codec/device/mod_value.h"
#include "guess_section.h"

static const char notation[] =
    "-- <\"dev\" 1>\n"
    "Dev ::= SEQUENCE { n UInt8, s Int16, k UInt32,\n"
    "  dark [6] Unseen OPTIONAL, -- <unseen>\n"
    "  a [0] SEQUENCE OF UInt32 OPTIONAL, -- <by \"n\">\n"
    "  b Buffer, -- <by \"k\">\n"
    "  c [1] Dev-In OPTIONAL, -- <by \"s\">\n"
    "  ins SEQUENCE OF Dev-In,\n"
    "  list SEQUENCE OF Dev-In, -- <qtailq>\n"
    "  pci [2] Dev-Pci OPTIONAL,\n"
    "  msix [3] MsixState OPTIONAL,\n"
    "  parser [4] UsbRedirParser OPTIONAL,\n"
    "  sub [5] Dev-Sub OPTIONAL, -- <subsection>\n"
    "  ... }\n"
    "-- <\"in\" 1>\n"
    "Dev-In ::= SEQUENCE { n UInt8, x UInt8Array, -- <by \"n\">\n ... }\n"
    "-- <\"pci\" 1>\n"
    "Dev-Pci ::= SEQUENCE { config PciConfig (SIZE (256)), ... }\n"
    "-- <\"dev/sub\" 1>\n"
    "Dev-Sub ::= SEQUENCE { ins SEQUENCE OF Dev-In, ... }\n";

/* What a section of the device has; the numbers it says may be others. */
struct section {
    unsigned n, says_n;
    int says_s;
    bool c;
    unsigned k, says_k;
    unsigned in, says_in; /* of one struct in each place */
    int place;            /* which: 0 the field c, 1 ins, 2 list, 3 the subsection */
    unsigned vectors;     /* 0: no PCI configuration */
    unsigned msix;
    unsigned parser, says_parser;
};

static void make_in(unsigned has, unsigned says)
{
    bare_u8("n", says);
    bare_fill("x", "uint8", 1, has, 7);
}

static void make_section(const struct section *s)
{
    static const unsigned good = 3;

    bare_begin("dev");
    bare_u8("n", s->says_n);
    bare_number("s", "int16", 2, (uint64_t)s->says_s);
    bare_u32("k", s->says_k);
    if (s->n > 0) {
        bare_fill("a", "uint32", 4, s->n, 1);
    }
    bare_fill("b", "buffer", s->k, 0, 1);
    if (s->c) {
        make_struct(&bare.m, "c", 0, -1, "in", 1);
        make_in(s->place == 0 ? s->in : good, s->place == 0 ? s->says_in : good);
        make_struct_end(&bare.m);
    }
    for (int i = 0; i < 2; i++) {
        bool here = s->place == 1 && i == 1;

        make_struct(&bare.m, "ins", 0, i, "in", 1);
        make_in(here ? s->in : good, here ? s->says_in : good);
        make_struct_end(&bare.m);
    }
    make_inline(&bare.m, "list", "qtailq");
    for (int i = 0; i < 2; i++) {
        bool here = s->place == 2 && i == 1;

        make_octets(&bare.m, "\1", 1);
        make_inline_type(&bare.m, "in", 1);
        make_in(here ? s->in : good, here ? s->says_in : good);
        make_inline_type_end(&bare.m);
    }
    make_octets(&bare.m, "\0", 1);
    make_inline_end(&bare.m);
    if (s->vectors > 0) {
        uint8_t *p;

        make_struct(&bare.m, "pci", 0, -1, "pci", 1);
        bare_fill("config", "pci config", 256, 0, 0);
        p = bare.m.tail.p + bare.m.tail.len - 256;
        p[0x06] = 0x10;
        p[0x34] = 0x40;
        p[0x40] = 0x11;
        p[0x42] = (uint8_t)(s->vectors - 1);
        make_struct_end(&bare.m);
        bare_fill("msix", "msix state", s->msix, 0, 0);
    }
    if (s->parser > 0) {
        bare_fill("parser", "usb-redir-parser", s->parser, 0, 0);
        bare.m.tail.p[bare.m.tail.len - s->parser + 3] = (uint8_t)s->says_parser;
    }
    make_subsections(&bare.m);
    make_sub(&bare.m, "dev/sub", 1);
    make_struct(&bare.m, "ins", 0, -1, "in", 1);
    make_in(s->place == 3 ? s->in : good, s->place == 3 ? s->says_in : good);
    make_struct_end(&bare.m);
    make_sub_end(&bare.m);
}

static const struct row {
    struct section section;
    const char *path;
    const char *text; /* NULL: nothing is wrong */
} rows[] = {
    {{.n = 2, .says_n = 2, .k = 5, .says_k = 5, .c = true, .says_s = 1, .in = 3, .says_in = 3},
     "",
     NULL},
    {{.k = 300, .says_k = 300, .place = 1, .in = 200, .says_in = 200}, "", NULL},
    {{.n = 255, .says_n = 255, .k = 1, .says_k = 1, .c = true, .says_s = -9, .in = 3, .says_in = 3},
     "",
     NULL},
    {{.n = 2, .says_n = 3, .k = 1, .says_k = 1, .place = 9},
     "",
     "field 'a' has 2 elements, 'n' says 3"},
    {{.n = 0, .says_n = 1, .k = 1, .says_k = 1, .place = 9},
     "",
     "field 'a' has 0 elements, 'n' says 1"},
    {{.n = 1, .says_n = 0, .k = 1, .says_k = 1, .place = 9},
     "",
     "field 'a' has 1 element, 'n' says 0"},
    {{.k = 9, .says_k = 8, .place = 9}, "", "field 'b' has 9 octets, 'k' says 8"},
    {{.k = 1, .says_k = 1, .says_s = -1, .place = 9}, "", "field 'c' is missing, 's' says -1"},
    {{.k = 1, .says_k = 1, .c = true, .place = 9}, "", "field 'c' is there, 's' says 0"},
    {{.k = 1, .says_k = 1, .c = true, .says_s = 1, .in = 4, .says_in = 5},
     "c",
     "field 'x' has 4 elements, 'n' says 5"},
    {{.k = 1, .says_k = 1, .place = 1, .in = 1, .says_in = 2},
     "ins",
     "field 'x' has 1 element, 'n' says 2"},
    {{.k = 1, .says_k = 1, .place = 2, .in = 2, .says_in = 1},
     "list",
     "field 'x' has 2 elements, 'n' says 1"},
    {{.k = 1, .says_k = 1, .place = 3, .in = 2, .says_in = 1},
     "dev/sub > ins",
     "field 'x' has 2 elements, 'n' says 1"},
    {{.k = 1, .says_k = 1, .place = 9, .vectors = 9, .msix = 146}, "", NULL},
    {{.k = 1, .says_k = 1, .place = 9, .vectors = 9, .msix = 147},
     "",
     "field 'msix' has 147 octets, which say 146"},
    {{.k = 1, .says_k = 1, .place = 9, .vectors = 9, .msix = 145},
     "",
     "field 'msix' has 145 octets, which say 146"},
    {{.k = 1, .says_k = 1, .place = 9, .parser = 20, .says_parser = 16}, "", NULL},
    {{.k = 1, .says_k = 1, .place = 9, .parser = 20, .says_parser = 15},
     "",
     "field 'parser' has 20 octets, which say 19"},
    {{.k = 1, .says_k = 1, .place = 9, .parser = 20, .says_parser = 17},
     "",
     "field 'parser' has 20 octets, which say 21"},
};

START_TEST(octets_and_form_agree)
{
    const struct row *row = &rows[_i];
    struct span payload;
    uint32_t type;
    bool ok;

    bare_module("Dev", notation);
    make_section(&row->section);
    payload = bare_payload("dev");
    type = bare_joined("dev");
    ck_assert_uint_eq(lay_types_get(&bare.types, type)->size, payload.len);
    ck_assert(lay_types_get(&bare.types, type)->has_values);
    ok = mod_value_check(mod_library_set(&bare.lib, 0), 0, &bare.types, type, payload, &bare.err);
    ck_assert_msg(ok == (row->text == NULL), "%s", bare.err.text);
    if (!ok) {
        ck_assert_str_eq(bare.err.text, row->text);
        ck_assert_str_eq(bare.err.path, row->path);
        ck_assert_int_eq(bare.err.band, ERR_MALFORMED);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("device_value");
    TCase *all = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(all, bare_setup, bare_teardown);
    tcase_add_loop_test(all, octets_and_form_agree, 0, sizeof(rows) / sizeof(rows[0]));
    suite_add_tcase(suite, all);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
