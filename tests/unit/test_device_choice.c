/*
 * test_device_choice.c - sections laid out by modules alone, where there is a choice: numbers that
 * nothing says, optional fields, octets that are likelier than others.
 */
#include <check.h>
#include <stdlib.h>

#include "guess_section.h"

/* ---- numbers that the stream does not say ---- */

static void counted_module(void)
{
    bare_module("Counted", "-- <\"counted\" 1>\n"
                           "Counted ::= SEQUENCE {\n"
                           "  n UInt32, k UInt8,\n"
                           "  a [0] SEQUENCE OF UInt32 OPTIONAL,\n"
                           "  b [1] SEQUENCE (SIZE (1..99)) OF Counted-Part OPTIONAL,\n"
                           "  c [2] UInt8Array OPTIONAL, len Int32, d Buffer, ... }\n"
                           "-- <\"part\" 1>\n"
                           "Counted-Part ::= SEQUENCE { x UInt16, ... }\n");
}

static void counted(uint32_t n, uint32_t k, uint32_t len)
{
    bare_begin("counted");
    bare_u32("n", n);
    bare_u8("k", k);
    if (n == 1) {
        make_leaf(&bare.m, "a", "uint32", 4);
    } else if (n > 1) {
        make_leaf_array(&bare.m, "a", "uint32", 4, n);
    }
    if (k > 0) {
        make_struct(&bare.m, "b", k > 1 ? k : 0, -1, "part", 1);
        make_leaf(&bare.m, "x", "uint16", 2);
        make_struct_end(&bare.m);
        make_counted(&bare.m, 2 * (k - 1));
    }
    if (n == 1) {
        make_leaf(&bare.m, "c", "uint8", 1);
    } else if (n > 1) {
        make_leaf_array(&bare.m, "c", "uint8", 1, n);
    }
    bare_number("len", "int32", 4, len);
    make_leaf(&bare.m, "d", "buffer", len);
}

START_TEST(test_numbers_in_front)
{
    counted_module();
    counted(17, 5, 40);
    bare_same("counted");
    counted(1, 1, 100);
    bare_same("counted");
    counted(0, 9, 11);
    bare_same("counted");
    counted(3, 0, 25);
    bare_same("counted");
    counted(0, 0, 33);
    bare_same("counted");
}
END_TEST

START_TEST(test_the_nearest_number)
{
    bare_module("Blobs", "-- <\"blobs\" 1>\n"
                         "Blobs ::= SEQUENCE { a UInt32, m UInt32, b Buffer,\n"
                         "  c UInt32, n UInt32, d Buffer, ... }\n");
    bare_begin("blobs");
    bare_u32("a", 0);
    bare_u32("m", 50);
    make_leaf(&bare.m, "b", "buffer", 50);
    bare_u32("c", 0);
    bare_u32("n", 0);
    make_leaf(&bare.m, "d", "buffer", 0);
    bare_same("blobs"); /* and not b without octets, d with 50 */
}
END_TEST

START_TEST(test_a_number_that_the_length_says)
{
    bare_module("Solved",
                "-- <\"solved\" 1>\n"
                "Solved ::= SEQUENCE { a UInt8, b SEQUENCE OF Solved-Part, c UInt32, ... }\n"
                "-- <\"part\" 1>\n"
                "Solved-Part ::= SEQUENCE { x UInt16, y UInt8, ... }\n");
    for (uint32_t n = 1; n < 300; n += 7) {
        bare_begin("solved");
        bare_u8("a", 0);
        make_struct(&bare.m, "b", n > 1 ? n : 0, -1, "part", 1);
        make_leaf(&bare.m, "x", "uint16", 2);
        make_leaf(&bare.m, "y", "uint8", 1);
        make_struct_end(&bare.m);
        make_counted(&bare.m, 3 * (n - 1));
        bare_u32("c", 0);
        bare_same("solved");
    }
    make_counted(&bare.m, 1);
    bare_none("solved", ERR_MALFORMED, "octets fit no form");
}
END_TEST

START_TEST(test_few_numbers_are_all_tried)
{
    bare_module("Few", "-- <\"few\" 1>\n"
                       "Few ::= SEQUENCE { a UInt8, b SEQUENCE (SIZE (2..5)) OF UInt32,\n"
                       "  c SEQUENCE (SIZE (1..8)) OF UInt64, d Buffer (SIZE (9)), ... }\n");
    for (uint32_t c = 1; c <= 2; c++) {
        bare_begin("few");
        bare_u8("a", 0);
        make_leaf_array(&bare.m, "b", "uint32", 4, 3);
        if (c > 1) {
            make_leaf_array(&bare.m, "c", "uint64", 8, c);
        } else {
            make_leaf(&bare.m, "c", "uint64", 8);
        }
        make_leaf(&bare.m, "d", "buffer", 9);
        if (c == 1) {
            bare_same("few");
        } else { /* or five of b, one of c */
            bare_none("few", ERR_MALFORMED, "fits in more than one form");
        }
    }
}
END_TEST

START_TEST(test_two_lengths_that_nothing_says)
{
    bare_module("Both", "-- <\"both\" 1>\n"
                        "Both ::= SEQUENCE { a Buffer, b Buffer, ... }\n");
    bare_begin("both");
    make_leaf(&bare.m, "a", "buffer", 3);
    make_leaf(&bare.m, "b", "buffer", 4);
    bare_none("both", ERR_MALFORMED, "fits in more than one form");
}
END_TEST

START_TEST(test_bits_of_a_bitmap)
{
    bare_module("Bits", "-- <\"bits\" 1>\n"
                        "Bits ::= SEQUENCE { n UInt32, a Bitmap, o [0] UInt64 OPTIONAL, ... }\n");
    bare_begin("bits");
    bare_u32("n", 65);
    make_leaf(&bare.m, "a", "bitmap", 16);
    bare_same("bits");
    bare_begin("bits");
    bare_u32("n", 64);
    make_leaf(&bare.m, "a", "bitmap", 8);
    make_leaf(&bare.m, "o", "uint64", 8);
    bare_same("bits");
}
END_TEST

START_TEST(test_one_length_in_several_structs)
{
    bare_module("Share", "-- <\"share\" 1>\n"
                         "Share ::= SEQUENCE { one Share-Part, two Share-Part, three UInt8, ... }\n"
                         "-- <\"part\" 1>\n"
                         "Share-Part ::= SEQUENCE { a Buffer, b UInt8, ... }\n");
    for (uint32_t n = 1; n < 20; n++) {
        bare_begin("share");
        make_struct(&bare.m, "one", 0, -1, "part", 1);
        make_leaf(&bare.m, "a", "buffer", n);
        bare_u8("b", 200);
        make_struct_end(&bare.m);
        make_struct(&bare.m, "two", 0, -1, "part", 1);
        make_leaf(&bare.m, "a", "buffer", n);
        bare_u8("b", 200);
        make_struct_end(&bare.m);
        bare_u8("three", 200);
        bare_same("share");
    }
}
END_TEST

START_TEST(test_numbers_in_elements_are_of_no_use)
{
    bare_module("Inside", "-- <\"inside\" 1>\n"
                          "Inside ::= SEQUENCE { n UInt32, a SEQUENCE (SIZE (70)) OF Inside-Part,\n"
                          "  b Buffer, c Buffer, ... }\n"
                          "-- <\"part\" 1>\n"
                          "Inside-Part ::= SEQUENCE { x UInt32, ... }\n");
    bare_begin("inside");
    bare_u32("n", 30);
    make_struct(&bare.m, "a", 70, -1, "part", 1);
    bare_u32("x", 1);
    make_struct_end(&bare.m);
    for (uint32_t i = 1; i < 70; i++) {
        static const uint8_t two[] = {0, 0, 0, 2};

        make_octets(&bare.m, two, sizeof(two));
    }
    make_leaf(&bare.m, "b", "buffer", 30);
    make_leaf(&bare.m, "c", "buffer", 60);
    bare_same("inside");
}
END_TEST

/* ---- what tells its length ---- */

/* A field of octets. */
static void octets(const char *name, const char *type, const void *p, size_t n)
{
    make_leaf(&bare.m, name, type, (uint32_t)n);
    memcpy(bare.m.tail.p + bare.m.tail.len - n, p, n);
}

#define OCTETS(name, type, text) octets(name, type, text, sizeof(text) - 1)

START_TEST(test_opaque_fields)
{
    bare_module("Opaque", "-- <\"opaque\" 1>\n"
                          "Opaque ::= SEQUENCE { a UsbRedirParser, b UsbRedirBufpq,\n"
                          "  c UsbRedirPacketIdQ, d ScsiRequests, e Capability, f Virtio,\n"
                          "  g VirtioGpu, ... }\n");
    for (int i = 0; i < 3; i++) {
        static const char scanout[40] = {0};
        char gpu[200] = {0};

        bare_begin("opaque");
        if (i == 0) {
            OCTETS("a", "usb-redir-parser", "\0\0\0\0");
            OCTETS("b", "usb-redir-bufpq", "\0\0\0\0");
            OCTETS("c", "usb-redir-packet-id-q", "\0\0\0\0");
        } else {
            OCTETS("a", "usb-redir-parser", "\0\0\0\3abc");
            OCTETS("b", "usb-redir-bufpq", "\0\0\0\2\0\0\0\1\0\0\0\0a\0\0\0\3\0\0\0\1xyz");
            OCTETS("c", "usb-redir-packet-id-q", "\0\0\0\2abcdefgh12345678");
        }
        OCTETS("d", "scsi-requests", "\0");
        OCTETS("e", "capability", "\5abcde");
        make_leaf(&bare.m, "f", "virtio", 100);
        if (i < 2) {
            gpu[11] = 1;
            octets("g", "virtio-gpu", gpu, 12 + sizeof(scanout));
        } else { /* a resource of 2 x 3 pixels with a backing, two scanouts */
            gpu[3] = 9;
            gpu[7] = 2;
            gpu[11] = 3;
            gpu[15] = 67;
            gpu[19] = 1;
            gpu[20 + 12 + 24 + 11] = 2;
            octets("g", "virtio-gpu", gpu, 20 + 12 + 24 + 12 + 2 * sizeof(scanout));
        }
        bare_same("opaque");
    }
    bare_begin("opaque");
    OCTETS("a", "usb-redir-parser", "\0\0\0\0");
    OCTETS("b", "usb-redir-bufpq", "\xff\xff\xff\xff");
    bare_none("opaque", ERR_MALFORMED, "octets fit no form");
}
END_TEST

/* A PCI configuration with the capabilities that are not 0. */
static void pci_config(const char *name, uint32_t size, uint8_t vectors, bool express)
{
    uint8_t *p;

    make_leaf(&bare.m, name, "pci config", size);
    p = bare.m.tail.p + bare.m.tail.len - size;
    memset(p, 0, size);
    p[0x06] = 0x10;
    p[0x34] = express ? 0x40 : vectors > 0 ? 0x80 : 0;
    p[0x40] = 0x10;
    p[0x41] = vectors > 0 ? 0x80 : 0;
    p[0x80] = 0x11;
    p[0x82] = (uint8_t)(vectors - 1);
}

static void pci_module(void)
{
    bare_module("Pci", "-- <\"pci\" 1>\n"
                       "Pci ::= SEQUENCE { dev Pci-Dev, msix MsixState, shpc [0] Shpc OPTIONAL,\n"
                       "  ports SEQUENCE OF Pci-Port, n UInt8, ... }\n"
                       "-- <\"PCIDevice\" 2>\n"
                       "Pci-Dev ::= SEQUENCE {\n"
                       "  config-0 [0] PciConfig (SIZE (256)) OPTIONAL,  -- <\"config[0]\">\n"
                       "  config-1 [1] PciConfig (SIZE (4096)) OPTIONAL, -- <\"config[1]\">\n"
                       "  ... } (WITH COMPONENTS {..., config-0 PRESENT, config-1 ABSENT} |\n"
                       "  WITH COMPONENTS {..., config-0 ABSENT, config-1 PRESENT})\n"
                       "-- <\"port\" 1>\n"
                       "Pci-Port ::= SEQUENCE { x UInt32, ... }\n");
}

START_TEST(test_pci_configuration)
{
    pci_module();
    for (unsigned i = 0; i < 24; i++) {
        bool express = i % 2 == 1;
        uint8_t vectors = (uint8_t)(i % 3 * 9);
        uint32_t ports = i < 12 ? 3 : 1500;

        bare_begin("pci");
        make_struct(&bare.m, "dev", 0, -1, "PCIDevice", 2);
        pci_config(express ? "config[1]" : "config[0]", express ? 4096 : 256, vectors, express);
        make_struct_end(&bare.m);
        make_leaf(&bare.m, "msix", "msix state", vectors * 16U + (vectors + 7U) / 8);
        make_struct(&bare.m, "ports", ports, -1, "port", 1);
        make_leaf(&bare.m, "x", "uint32", 4);
        make_struct_end(&bare.m);
        make_counted(&bare.m, 4 * (ports - 1));
        bare_u8("n", 1);
        if (!express && ports > 1000) {
            /* it could be of 4096 octets, with fewer ports: no one knows */
            bare_none("pci", ERR_MALFORMED, "");
        } else {
            bare_same("pci");
        }
    }
}
END_TEST

/* ---- which optional fields go together ---- */

START_TEST(test_two_forms_of_one_field)
{
    bare_module("Fellows", "-- <\"fellows\" 1>\n"
                           "Fellows ::= SEQUENCE { n UInt8,\n"
                           "  x-0 [0] UInt32 OPTIONAL, -- <\"x[0]\">\n"
                           "  y [1] UInt16 OPTIONAL,\n"
                           "  x-1 [2] UInt16 OPTIONAL, -- <\"x[1]\">\n"
                           "  s [3] Fellows-S OPTIONAL, -- <subsection>\n"
                           "  ... } (WITH COMPONENTS {..., x-0 PRESENT, x-1 ABSENT} |\n"
                           "  WITH COMPONENTS {..., x-0 ABSENT, x-1 PRESENT, s ABSENT})\n"
                           "-- <\"fellows/s\" 1>\n"
                           "Fellows-S ::= SEQUENCE { ... }\n");
    bare_begin("fellows"); /* x[1] and y, or x[0] */
    bare_u8("n", 1);
    bare_u32("x[0]", 1);
    bare_none("fellows", ERR_MALFORMED, "fits in more than one form");
    bare_begin("fellows"); /* not y alone */
    bare_u8("n", 1);
    make_leaf(&bare.m, "x[1]", "uint16", 2);
    bare_same("fellows");
    bare_begin("fellows");
    bare_u8("n", 1);
    bare_none("fellows", ERR_MALFORMED, "octets fit no form");
    bare_begin("fellows"); /* with the subsection it is x[0] */
    bare_u8("n", 1);
    bare_u32("x[0]", 1);
    make_subsections(&bare.m);
    make_sub(&bare.m, "fellows/s", 1);
    make_sub_end(&bare.m);
    bare_same("fellows");
}
END_TEST

/* Numbers that the module ties to an integer are no choice. */
START_TEST(test_what_is_counted)
{
    bare_module("Counted", "-- <\"counted\" 1>\n"
                           "Counted ::= SEQUENCE { n UInt8, m UInt8, k UInt16,\n"
                           "  a SEQUENCE OF UInt32, -- <by \"n\">\n"
                           "  b Buffer, -- <by \"k\">\n"
                           "  c [0] SEQUENCE OF UInt32 OPTIONAL, -- <by \"m\">\n"
                           "  d [1] UInt32 OPTIONAL, -- <by \"m\">\n"
                           "  e SEQUENCE OF UInt32, ... }\n");
    for (unsigned i = 0; i < 8; i++) {
        uint32_t m = i % 3;

        bare_begin("counted");
        bare_u8("n", 2 + i);
        bare_u8("m", m);
        bare_number("k", "uint16", 2, 8 + i);
        bare_fill("a", "uint32", 4, 2 + i, 0);
        bare_fill("b", "buffer", 8 + i, 0, 0);
        if (m > 1) {
            bare_fill("c", "uint32", 4, m, 0);
        } else if (m > 0) {
            bare_u32("c", 0);
        }
        if (m > 0) {
            bare_u32("d", 0);
        }
        bare_fill("e", "uint32", 4, 2, 0);
        bare_same("counted");
    }
    bare_begin("counted");
    bare_u8("n", 2);
    bare_u8("m", 0);
    bare_number("k", "uint16", 2, 1);
    bare_fill("a", "uint32", 4, 2, 0);
    bare_fill("b", "buffer", 2, 0, 0);
    bare_fill("e", "uint32", 4, 2, 0);
    bare_none("counted", ERR_MALFORMED, "octets fit no form");
}
END_TEST

START_TEST(test_old_fields_before_new_ones)
{
    bare_module("Grown", "-- <\"grown\" 1>\n"
                         "Grown ::= SEQUENCE { n UInt8, a [0] UInt32 OPTIONAL,\n"
                         "  b [1] SEQUENCE (SIZE (9)) OF UInt16 OPTIONAL, c [2] UInt32 OPTIONAL,\n"
                         "  d [3] UInt32 OPTIONAL, ... }\n");
    bare_begin("grown"); /* a and b, not b and c or d */
    bare_u8("n", 1);
    bare_u32("a", 1);
    for (uint32_t i = 0; i < 9; i++) {
        make_leaf_index(&bare.m, "b", i, "uint16", 2);
    }
    bare_same("grown");
    bare_begin("grown"); /* a, or c, or d, which may have replaced it */
    bare_u8("n", 1);
    bare_u32("a", 1);
    bare_none("grown", ERR_MALFORMED, "fits in more than one form");
}
END_TEST

/* ---- what QEMU writes, and what it does not ---- */

START_TEST(test_octets_decide)
{
    bare_module("Decide", "-- <\"decide\" 1>\n"
                          "Decide ::= SEQUENCE {\n"
                          "  a [0] UInt8 OPTIONAL, b BOOLEAN, c [1] BOOLEAN OPTIONAL,\n"
                          "  d UInt8, e UnusedBuffer (SIZE (2)), f [2] UInt8 OPTIONAL, ... }\n");
    bare_begin("decide"); /* 05 01 09 00 00: only a makes the 5 no bool */
    bare_u8("a", 5);
    bare_number("b", "bool", 1, 1);
    bare_u8("d", 9);
    bare_fill("e", "unused_buffer", 2, 0, 0);
    bare_same("decide");
    bare_begin("decide");
    bare_number("b", "bool", 1, 1);
    bare_u8("d", 9);
    bare_fill("e", "unused_buffer", 2, 0, 0);
    bare_u8("f", 1);
    bare_same("decide");
    bare_begin("decide");
    bare_number("b", "bool", 1, 1);
    bare_number("c", "bool", 1, 1); /* or the two are a and b */
    bare_u8("d", 9);
    bare_fill("e", "unused_buffer", 2, 0, 0);
    bare_none("decide", ERR_MALFORMED, "fits in more than one form");
}
END_TEST

START_TEST(test_what_qemu_does_not_write_comes_last)
{
    bare_module("Odd", "-- <\"odd\" 1>\n"
                       "Odd ::= SEQUENCE { a BOOLEAN, b Timer, c UnusedBuffer (SIZE (2)), ... }\n");
    bare_begin("odd");
    bare_number("a", "bool", 1, 2);
    bare_number("b", "timer", 8, UINT64_MAX - 1);
    bare_fill("c", "unused_buffer", 2, 0, 7);
    bare_same("odd");
}
END_TEST

/* One element: a struct, or a null pointer. */
static void slot(int index, bool there, uint8_t x)
{
    if (there) {
        make_struct(&bare.m, "a", 0, index, "slot", 1);
        bare_u8("x", x);
        bare_u32("y", 1);
        make_struct_end(&bare.m);
    } else {
        make_leaf_index(&bare.m, "a", (uint32_t)index, "nullptr", 1);
        bare.m.tail.p[bare.m.tail.len - 1] = '0';
    }
}

START_TEST(test_null_pointers)
{
    bare_module("Null", "-- <\"null\" 1>\n"
                        "Null ::= SEQUENCE {\n"
                        "  a SEQUENCE (SIZE (4)) OF CHOICE { null NullPointer, value Null-Slot },\n"
                        "  b UInt8, ... }\n"
                        "-- <\"slot\" 1>\n"
                        "Null-Slot ::= SEQUENCE { x UInt8, y UInt32, ... }\n");
    for (unsigned which = 0; which < 16; which++) {
        bare_begin("null");
        for (int i = 0; i < 4; i++) {
            slot(i, (which >> i & 1) != 0, 7);
        }
        bare_u8("b", 3);
        bare_same("null");
    }
    bare_begin("null"); /* a struct may look like a null pointer */
    for (int i = 0; i < 4; i++) {
        slot(i, true, '0');
    }
    bare_u8("b", 3);
    bare_same("null");
    bare_begin("null");
    for (int i = 0; i < 4; i++) {
        slot(i, i == 2, '0');
    }
    bare_u8("b", 3);
    bare_none("null", ERR_MALFORMED, "fits in more than one form");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("device choice");
    TCase *tcase = tcase_create("guess");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, bare_setup, bare_teardown);
    tcase_add_test(tcase, test_numbers_in_front);
    tcase_add_test(tcase, test_the_nearest_number);
    tcase_add_test(tcase, test_a_number_that_the_length_says);
    tcase_add_test(tcase, test_few_numbers_are_all_tried);
    tcase_add_test(tcase, test_two_lengths_that_nothing_says);
    tcase_add_test(tcase, test_bits_of_a_bitmap);
    tcase_add_test(tcase, test_one_length_in_several_structs);
    tcase_add_test(tcase, test_numbers_in_elements_are_of_no_use);
    tcase_add_test(tcase, test_opaque_fields);
    tcase_add_test(tcase, test_pci_configuration);
    tcase_add_test(tcase, test_two_forms_of_one_field);
    tcase_add_test(tcase, test_what_is_counted);
    tcase_add_test(tcase, test_old_fields_before_new_ones);
    tcase_add_test(tcase, test_octets_decide);
    tcase_add_test(tcase, test_what_qemu_does_not_write_comes_last);
    tcase_add_test(tcase, test_null_pointers);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
