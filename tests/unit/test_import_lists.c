/*
 * test_import_lists.c - what QEMU's lists, and its source, say beyond what streams show.
 */
#include <check.h>
#include <stdlib.h>

#include "import_inputs.h"

START_TEST(lists_tell_what_is_not_sent)
{
    static const struct input inputs[] = {
        {"x", "d", D("d", 1, A1 "," F("b[1]", "uint8", 1) "," C1)},
        {"x", "other", D("other", 1, S("fifo", 5, D("Fifo8", 1, A1 "," B1)))},
        {"", NULL,
         "{" LISTED(
             "type-b",
             "'Fields':[" FIELD("a", true, 4) "," FIELD("b", true, 2) "," FIELD("b", false, 1) "," FIELD(
                 "c", false,
                 1) "," FIELD("check", false,
                              0) "," INNER("fifo", true,
                                           "'name':'Fifo8','version_id':1,'Fields':"
                                           "[" FIELD("a", false, 4) "," FIELD(
                                               "b", false,
                                               1) "]") "," INNER("array", false,
                                                                 "'name':'none','version_"
                                                                 "id':1") "],'"
                                                                          "Subsections':["
                                                                          "{'name':'d/"
                                                                          "gone','"
                                                                          "version_id':3,"
                                                                          "'Fields':"
                                                                          "[" FIELD(
                                                                              "x", false,
                                                                              4) "," FIELD("y",
                                                                                           true,
                                                                                           1) "]}]") "}"},
        {"", NULL,
         "{" LISTED("type-a",
                    "'Fields':[" FIELD("a", true, 4) "," FIELD("b", true, 2) "," FIELD(
                        "b", false, 1) "," FIELD("c", false,
                                                 1) "]") "," LISTED("type-c",
                                                                    "'Fields':[" FIELD("a", true,
                                                                                       4) "]") "}"},
    };

    IMPORT(inputs);
    conflicts(0, "");
    ck_assert_uint_eq(imp.listed, 3);
    ck_assert_uint_eq(imp.covered, 1);
    ck_assert_uint_eq(imp.never, 0);
    has("-- d, version 1: the section of type-a.\n");
    has(" a    [0] UInt32 OPTIONAL,\n"
        "    b-0  [1] Unseen OPTIONAL,  -- <\"b[0]\" unseen>\n"
        "    b-1  UInt8,                -- <\"b[1]\">\n"
        "    c    BOOLEAN,\n    ...\n");
}
END_TEST

START_TEST(structs_that_are_only_listed_are_seen_elsewhere)
{
    static const struct input inputs[] = {
        {"x", "d", D("d", 1, A1)},
        {"x", "other", D("other", 1, S("fifo", 5, D("Fifo8", 1, A1 "," B1)))},
        {"", NULL,
         "{" LISTED(
             "type",
             "'Fields':[" FIELD("a", false, 4) "," FIELD("check", false, 0) "," INNER(
                 "fifo", true,
                 "'name':'Fifo8','version_id':1,'Fields':[" FIELD("a", false, 4) "," FIELD(
                     "b", false,
                     1) "]") "," INNER("dark", true,
                                       "'name':'none','version_id':1") "," INNER("array", false,
                                                                                 "'name':'none'"
                                                                                 ",'version_id'"
                                                                                 ":1") "," INNER("f"
                                                                                                 "i"
                                                                                                 "f"
                                                                                                 "o"
                                                                                                 "s",
                                                                                                 false,
                                                                                                 "'"
                                                                                                 "n"
                                                                                                 "a"
                                                                                                 "m"
                                                                                                 "e"
                                                                                                 "'"
                                                                                                 ":"
                                                                                                 "'"
                                                                                                 "F"
                                                                                                 "i"
                                                                                                 "f"
                                                                                                 "o"
                                                                                                 "8"
                                                                                                 "'"
                                                                                                 ","
                                                                                                 "'"
                                                                                                 "v"
                                                                                                 "e"
                                                                                                 "r"
                                                                                                 "s"
                                                                                                 "i"
                                                                                                 "o"
                                                                                                 "n"
                                                                                                 "_"
                                                                                                 "i"
                                                                                                 "d"
                                                                                                 "'"
                                                                                                 ":"
                                                                                                 "1"
                                                                                                 ","
                                                                                                 "'"
                                                                                                 "F"
                                                                                                 "i"
                                                                                                 "e"
                                                                                                 "l"
                                                                                                 "d"
                                                                                                 "s"
                                                                                                 "'"
                                                                                                 ":"
                                                                                                 "[" FIELD("a", false, 4) "," FIELD(
                                                                                                     "b",
                                                                                                     false,
                                                                                                     1) "]") "],'Subsections':["
                                                                                                             "{'name':'d/gone','version_id':3,'Fields':[" FIELD(
                                                                                                                 "x",
                                                                                                                 false,
                                                                                                                 4) "," FIELD("y",
                                                                                                                              true,
                                                                                                                              1) "]}]") "}"},
    };

    IMPORT(inputs);
    conflicts(0, "");
    ck_assert_uint_eq(imp.never, 1);
    has(" a      UInt32,\n"
        "    fifo   [0] D-Fifo8 OPTIONAL,\n"
        "    dark   [1] Unseen OPTIONAL,  -- <unseen>\n"
        "    array  [2] Unseen OPTIONAL,  -- <unseen>\n"
        "    fifos  [3] SEQUENCE OF D-Fifo8 OPTIONAL,\n"
        "    gone   [4] D-Gone OPTIONAL,  -- <subsection>\n");
    has("D-Gone ::= SEQUENCE {\n"
        "    x  [0] Unseen OPTIONAL,  -- <unseen>\n"
        "    y  [1] Unseen OPTIONAL,  -- <unseen>\n");
    has("-- <\"Fifo8\" 1> fifo and 1 more\n");
}
END_TEST

/* The same field of the same struct in another device says what the list alone does not. */
START_TEST(fields_that_are_only_listed_are_seen_elsewhere)
{
#define DEVICE(fields) "'name':'PCIDevice','version_id':2,'Fields':[" fields "]"
#define BOTH DEVICE(FIELD("config", true, 256) "," FIELD("config", true, 4096))
    static const struct input inputs[] = {
        {"x", "d", D("d", 1, S("dev", 4, D("PCIDevice", 2, F("config[0]", "pci config", 4))))},
        {"x", "e", D("e", 1, S("dev", 8, D("PCIDevice", 2, F("config[1]", "pci config", 8))))},
        {"", NULL, "{" LISTED("type", "'Fields':[" INNER("dev", false, BOTH) "]") "}"},
    };

    IMPORT(inputs);
    has("D-PCIDevice ::= SEQUENCE {\n"
        "    config-0  [0] PciConfig OPTIONAL,  -- <\"config[0]\">\n"
        "    config-1  [1] PciConfig OPTIONAL,  -- <\"config[1]\">\n");
    has("E-PCIDevice ::= SEQUENCE {\n    config-1  PciConfig (SIZE (8)),");
}
END_TEST

/* What only QEMU's source says: conditions that go together, what counts an array. */
/* clang-format off */
#define U(name) F(name, "uint8", 1)
#define PCI0 D("PCIDevice", 2, F("config[0]", "pci config", 4))
#define PCI1 D("PCIDevice", 2, F("config[1]", "pci config", 8))
#define FIFO D("Fifo8", 1, F("data", "buffer", 16) "," U("num"))
#define LISTED_FIFO "'name':'Fifo8','version_id':1,'Fields':[" \
    FIELD("data", false, 0) "," FIELD("num", false, 1) "]"
static const struct input pci[] = {
    {"x", "d", D("d", 1, S("a", 4, PCI0) "," S("b", 8, PCI1) "," NS("c", 4, 2, PCI0))},
    {"x", "d", D("d", 1, S("a", 8, PCI1) "," S("b", 8, PCI1) "," NS("c", 4, 2, PCI0))},
};
static const struct input smb[] = {
    {"x", "ich9_smb", D("ich9_smb", 1, A1)},
    {"x", "ich9_smb", D("ich9_smb", 1, A1 "," U("irq_enabled") "," U("smb"))},
};
static const struct input smb_other[] = {
    {"x", "ich9_smb", D("ich9_smb", 1, A1)},
    {"x", "ich9_smb", D("ich9_smb", 1, A1 "," U("irq_enabled"))},
    {"x", "ich9_smb", D("ich9_smb", 1, A1 "," U("irq_enabled") "," U("smb"))},
};
static const struct input esp[] = {
    {"x", "esp", D("esp", 6, U("data_in_ready") "," U("cmdfifo_cdb_offset") "," S("fifo", 17, FIFO)
        "," U("cmdfifo") "," U("ti_cmd") "," U("lun"))},
    {"", NULL, "{" LISTED_AS("esp", "esp", 6, "'Fields':["
        FIELD("mig_ti_rptr", true, 4) "," FIELD("data_in_ready", true, 1) ","
        FIELD("cmdfifo_cdb_offset", true, 1) "," INNER("fifo", true, LISTED_FIFO) ","
        FIELD("cmdfifo", true, 1) "," FIELD("ti_cmd", true, 1) "," FIELD("lun", true, 1) "]") "}"},
};
static const struct input counted[] = {
    {"x", "hpet", D("hpet", 2, U("num_timers") "," N("timer", "uint32", 4, 3))},
    {"x", "hpet", D("hpet", 2, U("num_timers") "," N("timer", "uint32", 4, 4))},
    {"x", "ide_drive", D("ide_drive", 1, F("identify_set", "int32", 4))},
    {"x", "ide_drive", D("ide_drive", 1, F("identify_set", "int32", 4) ","
        F("identify_data", "buffer", 512))},
    {"x", "PCIBUS", D("PCIBUS", 1, F("nirq", "int32 equal", 4) "," N("irq_count", "int32", 4, 3))},
};
/* clang-format on */

START_TEST(facts_make_constraints)
{
    IMPORT(pci);
    has("D-PCIDevice ::= SEQUENCE {\n"
        "    config-0  [0] PciConfig (SIZE (4)) OPTIONAL,  -- <\"config[0]\">\n"
        "    config-1  [1] PciConfig (SIZE (8)) OPTIONAL,  -- <\"config[1]\">\n"
        "    ...\n"
        "} (WITH COMPONENTS {..., config-0 PRESENT, config-1 ABSENT} |\n"
        "   WITH COMPONENTS {..., config-0 ABSENT, config-1 PRESENT})\n");
    /* what was never seen otherwise is always there */
    has("    config-1  PciConfig (SIZE (8)),  -- <\"config[1]\">\n    ...\n}\n");
    has("    config-0  PciConfig (SIZE (4)),  -- <\"config[0]\">\n    ...\n}\n");
    IMPORT(smb);
    has("} (WITH COMPONENTS {..., irq-enabled PRESENT, smb PRESENT} |\n"
        "   WITH COMPONENTS {..., irq-enabled ABSENT, smb ABSENT})\n");
    IMPORT(smb_other); /* it contradicts the fact */
    has("    irq-enabled  [0] UInt8 OPTIONAL,");
    ck_assert_ptr_null(strstr((const char *)text.p, "WITH"));
    IMPORT(esp);
    has("    data-in-ready       UInt8,\n"
        "    cmdfifo-cdb-offset  UInt8,\n"
        "    fifo                Esp-Fifo8,\n");
    has("    data  Buffer (SIZE (16)),\n");
    ck_assert_ptr_null(strstr((const char *)text.p, "mig"));
    IMPORT(counted);
    has("    timer       SEQUENCE OF UInt32,  -- <by \"num_timers\">\n");
    has("    identify-data  [0] Buffer (SIZE (512)) OPTIONAL,  -- <by \"identify_set\">\n");
    has("    irq-count  SEQUENCE (SIZE (3)) OF Int32,\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("import lists");
    TCase *all = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, lists_tell_what_is_not_sent);
    tcase_add_test(all, structs_that_are_only_listed_are_seen_elsewhere);
    tcase_add_test(all, fields_that_are_only_listed_are_seen_elsewhere);
    tcase_add_test(all, facts_make_constraints);
    suite_add_tcase(suite, all);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
