/*
 * test_import.c - modules from what streams and QEMU's lists show: what is merged and how, what is
 * a conflict, that the order of the inputs makes no difference, that tags stay; and that what was
 * imported compiles and every section joins.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/device/imp_freeze.h"
#include "codec/device/imp_label.h"
#include "codec/device/imp_name.h"
#include "codec/device/mod_library.h"
#include "import_inputs.h"
#include "memory_fails.h"

static void teardown_all(void)
{
    memory_disarm();
    teardown();
}

START_TEST(names_become_identifiers)
{
    static const char *const rows[][3] = {
        {"mac_reg[RA]", "mac-reg-ra", "MacRegRA"},
        {"A", "a", "A"},
        {"parent_obj[1]", "parent-obj-1", "ParentObj1"},
        {"16550a", "x-16550a", "D16550a"},
        {"", "x", "X"},
        {"--", "x", "X"},
        {"errno", "errno-field", "Errno"},
        {"ncq state", "ncq-state", "NcqState"},
        {"env.cr[0]", "env-cr-0", "EnvCr0"},
        {"PCIDevice", "pcidevice", "PCIDevice"},
    };
    char out[IMP_NAME_ROOM * 2];

    for (size_t i = 0; i < COUNT(rows); i++) {
        imp_name_ident(span_str(rows[i][0]), out);
        ck_assert_str_eq(out, rows[i][1]);
        imp_name_camel(span_str(rows[i][0]), out);
        ck_assert_str_eq(out, rows[i][2]);
    }
    imp_name_file("CpuV5Ppc64", out);
    ck_assert_str_eq(out, "cpu-v5-ppc64");
    imp_name_file("ICH9LPC-2", out);
    ck_assert_str_eq(out, "ich9-lpc-2");
    imp_name_file("PCIBus", out);
    ck_assert_str_eq(out, "pci-bus");
    ck_assert(imp_name_follows("mac-reg", span_str("mac_reg")));
    ck_assert(!imp_name_follows("mac-reg", span_str("mac.reg")));
    ck_assert(!imp_name_follows("mac-reg", span_str("mac_re")));
    ck_assert_uint_eq(imp_name_below(span_str("e1000/x"), span_str("e1000")).len, 1);
    ck_assert_uint_eq(imp_name_below(span_str("e1000/"), span_str("e1000")).len, 6);
    ck_assert(imp_name_reserved("SET") && imp_name_reserved("WITH") && !imp_name_reserved("E1000"));
}
END_TEST

START_TEST(one_section_is_one_module)
{
    static const struct input inputs[] = {
        {"x86_64", "dev/e1000",
         D2("e1000", 2,
            F("unused[0]", "unused_buffer", 4) "," N("regs", "uint32", 4, 3) "," N(
                "phy", "uint8", 1, 6) "," S("parent_obj", 5,
                                            D("PCIDevice", 1, A1 "," B1)) "," L("q", "qtailq", 3,
                                                                                D("pkt", 1, C1)),
            B(D("e1000/full_mac_state", 1, A1)))},
    };

    IMPORT(inputs);
    conflicts(0, "");
    ck_assert_str_eq(imp.modules[0].file, "e1000");
    ck_assert_str_eq((const char *)text.p,
                     "-- e1000, version 2.\n"
                     "-- Seen in: x86_64\n"
                     "\n"
                     "Vmber-E1000 DEFINITIONS IMPLICIT TAGS ::= BEGIN\n"
                     "\n"
                     "IMPORTS UInt32, UInt8 FROM Vmber-Leaf\n"
                     "        UInt8Array, UnusedBuffer FROM Vmber-Vmstate;\n"
                     "\n"
                     "-- <\"e1000\" 2>\n"
                     "E1000 ::= SEQUENCE {\n"
                     "    unused-0        UnusedBuffer (SIZE (4)),          -- <\"unused[0]\">\n"
                     "    regs            SEQUENCE (SIZE (3)) OF UInt32,\n"
                     "    phy             UInt8Array (SIZE (6)),\n"
                     "    parent-obj      E1000-PCIDevice,\n"
                     "    q               SEQUENCE OF E1000-Pkt,            -- <qtailq>\n"
                     "    full-mac-state  [0] E1000-FullMacState OPTIONAL,  -- <subsection>\n"
                     "    ...\n"
                     "}\n"
                     "\n"
                     "-- <\"PCIDevice\" 1> parent-obj\n"
                     "E1000-PCIDevice ::= SEQUENCE {\n"
                     "    a  UInt32,\n"
                     "    b  UInt8,\n"
                     "    ...\n"
                     "}\n"
                     "\n"
                     "-- <\"pkt\" 1> q[]\n"
                     "E1000-Pkt ::= SEQUENCE {\n"
                     "    c  BOOLEAN,\n"
                     "    ...\n"
                     "}\n"
                     "\n"
                     "-- <\"e1000/full_mac_state\" 1> full-mac-state\n"
                     "E1000-FullMacState ::= SEQUENCE {\n"
                     "    a  UInt32,\n"
                     "    ...\n"
                     "}\n"
                     "\n"
                     "END\n");
}
END_TEST

START_TEST(fields_that_are_not_always_there_are_optional)
{
    static const struct input inputs[] = {
        {"", "d", D("d", 1, A1 "," C1)},
        {"", "d", D("d", 1, A1 "," B1)},
        {"", "d", D2("d", 1, A1 "," B1 "," C1, B(D("d/s", 1, B1)))},
        {"", "d", D2("d", 1, A1, B(D("d/t", 1, B1)))},
    };

    IMPORT(inputs);
    conflicts(0, "");
    ck_assert_uint_eq(imp.module_count, 1);
    has("    a  UInt32,\n"
        "    b  [0] UInt8 OPTIONAL,\n"
        "    c  [1] BOOLEAN OPTIONAL,\n");
    has("    s  [2] D-S OPTIONAL,  -- <subsection>\n"
        "    t  [3] D-T OPTIONAL,  -- <subsection>\n");
}
END_TEST

/* Of every pair, what the second does to the module of the first. */
START_TEST(what_contradicts_is_another_module)
{
    static const struct {
        const char *one;
        const char *two;
        const char *why;
    } rows[] = {
        {D("d", 1, A1 "," B1), D("d", 1, B1 "," A1), "stands before and behind"},
        {D("d", 1, A1 "," B1), D("d", 1, A1 "," F("b", "int8", 1)), "uint8"},
        {D("d", 1, A1 "," B1), D("d", 1, A1 "," F("b", "uint8", 2)), "it is uint8 of "},
        {D("d", 1, A1 "," S("b", 1, D("s", 1, B1))), D("d", 1, A1 "," B1), "a leaf"},
        {D("d", 1, A1 "," S("b", 1, D("s", 1, B1))), D("d", 1, A1 "," S("b", 1, D("s", 2, B1))),
         "b: it is s version "},
        {D2("d", 1, A1, B(D("d/s", 1, B1))), D2("d", 1, A1, B(D("d/s", 2, B1))),
         "d/s: it is d/s version "},
        {D("d", 1, A1 "," L("b", "tmp", 1, D("s", 1, B1))),
         D("d", 1, A1 "," S("b", 1, D("s", 1, B1))), "a tmp"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct input inputs[] = {{"m", "d", rows[i].one}, {"n", "d", rows[i].two}};

        IMPORT(inputs);
        ck_assert_msg(imp.module_count == 2, "%s", rows[i].why);
        conflicts(1, rows[i].why);
        conflicts(1, ": separate modules");
        has("Vmber-DM DEFINITIONS");
        has("Vmber-DN DEFINITIONS");
    }
}
END_TEST

START_TEST(what_is_too_different_is_another_module)
{
    static const struct input inputs[] = {
        {"x", "d", D("d", 1, A1 "," B1 "," C1)},
        {"x", "d", D("d", 1, A1 "," F("e", "uint8", 1) "," F("f", "uint8", 1))},
        {"x", "d", D("d", 2, A1)},
        {"", NULL,
         "{'vmschkmachine':{'Name':'m'},"
         "'zz':{'Name':'zz','Description':{'name':'d','version_id':1,'Fields':["
         "{'field':'a','field_exists':false,'size':4},{'field':'b','field_exists':false,'size':1},"
         "{'field':'c','field_exists':false,'size':1}]}}}\n"},
    };

    IMPORT(inputs);
    conflicts(0, "");
    ck_assert_uint_eq(imp.module_count, 3);
    has("Vmber-DV1Zz DEFINITIONS");
    has("-- d, version 1: the section of zz.\n");
    has("Vmber-DV1 DEFINITIONS");
    has("Vmber-DV2 DEFINITIONS");
}
END_TEST

START_TEST(arrays_have_the_sizes_that_were_seen)
{
    static const struct input inputs[] = {
        {"", "d",
         D("d", 1,
           A1 "," N("same", "uint16", 2, 3) "," N("more", "uint16", 2, 3) "," F(
               "one", "uint16", 2) "," N("none", "uint16", 2, 2) "," N("octets", "uint8", 1, 2))},
        {"", "d",
         D("d", 1,
           A1 "," N("same", "uint16", 2, 3) "," N("more", "uint16", 2, 4) "," N(
               "one", "uint16", 2, 2) "," N("octets", "uint8", 1, 2) "," N("late", "bool", 1, 4))},
    };

    IMPORT(inputs);
    conflicts(0, "");
    has(" same    SEQUENCE (SIZE (3)) OF UInt16,\n");
    has(" more    SEQUENCE OF UInt16,\n");
    has(" one     SEQUENCE OF UInt16,\n");
    has(" none    [0] SEQUENCE OF UInt16 OPTIONAL,\n");
    has(" octets  UInt8Array (SIZE (2)),\n");
    has(" late    [1] SEQUENCE OF BOOLEAN OPTIONAL,\n");
}
END_TEST

START_TEST(octets_of_several_lengths_are_of_any)
{
    static const struct input inputs[] = {
        {"", "d", D("d", 1, F("x", "buffer", 4) "," F("y", "buffer", 4) "," F("z", "buffer", 0))},
        {"", "d", D("d", 1, F("x", "buffer", 5) "," F("y", "buffer", 4) "," F("z", "buffer", 0))},
        {"", "v",
         D("v", 1,
           F("x", "virtio", 4) "," F("y", "strange", 4) "," F("z", "uint64", 1) "," N("w", "buffer",
                                                                                      3, 2))},
        {"", "0000:00:01.0/old", "'size':3,'fields':[{'name':'data','size':3,'type':'buffer'}]"},
    };

    IMPORT(inputs);
    has(" x  Buffer,\n    y  Buffer (SIZE (4)),\n    z  Buffer,\n");
    has(" x  Virtio,\n    y  V-Strange (SIZE (4)),\n    z  V-Uint64 (SIZE (1)),\n"
        "    w  SEQUENCE (SIZE (2)) OF Buffer (SIZE (3)),\n");
    has("\nV-Strange ::= OCTET STRING  -- <\"strange\">\n");
    has("-- <\"old\" old-style>\nOld ::= SEQUENCE {\n    data  Buffer,\n");
}
END_TEST

#define EL1 D("el", 1, A1)
#define EL2 D2("el", 1, A1, B(D("el/more", 1, B1)))

START_TEST(elements_are_merged)
{
    static const struct input inputs[] = {
        {"", "d",
         D("d", 1,
           XS("x", 4, 0, EL1) "," XS("x", 18, 1, EL2) "," X("x", "uint64", 1, 2) "," XS(
               "x", 4, 3,
               EL1) "," N("y", "uint64", 1,
                          2) ","
                             "{'name':'z','array_len':2,'type':'struct','struct':{},'size':1}")},
        {"", "d",
         D("d", 1,
           XS("x", 4, 0, EL1) "," XS("x", 18, 1, EL2) "," XS("x", 4, 2, EL1) "," XS(
               "x", 4, 3,
               EL1) "," N("y", "uint64", 1,
                          2) ","
                             "{'name':'z','array_len':2,'type':'struct','struct':{},'size':1}")},
    };

    IMPORT(inputs);
    conflicts(0, "");
    has(" x  SEQUENCE (SIZE (4)) OF CHOICE { null NullPointer, value D-El },\n");
    has(" y  SEQUENCE (SIZE (2)) OF D-Uint64 (SIZE (1)),\n");
    has(" z  D-Struct,\n");
    has("D-Struct ::= OCTET STRING  -- <\"struct\">\n");
    has("D-El ::= SEQUENCE {\n    a     UInt32,\n    more  [0] D-ElMore OPTIONAL,");
}
END_TEST

START_TEST(lists_and_trees_have_elements)
{
    static const struct input inputs[] = {
        {"", "d",
         D("d", 1,
           L("q", "qlist", 1, "'more':0") "," L(
               "r", "qtailq", 11,
               EL1 "," D2("el", 1, A1, "")) "," L("t", "gtree", 18,
                                                  EL1) "," L("u", "tmp", 4,
                                                             EL1) "," L("w", "vstruct", 4,
                                                                        EL1) "," L("k", "gtree", 14,
                                                                                   EL1 "," EL1))},
    };

    IMPORT(inputs);
    conflicts(0, "");
    has(" q  SEQUENCE OF D-Q,                                      -- <qlist>\n");
    has("-- <\"\" 0> q[]\nD-Q ::= SEQUENCE {\n    ...\n}\n");
    has(" r  SEQUENCE OF D-El,                                     -- <qtailq>\n");
    has(" t  SEQUENCE OF CHOICE { key UInt64, value D-El },        -- <gtree>\n");
    has(" u  D-El,                                                 -- <tmp>\n");
    has(" w  D-El,                                                 -- <vstruct>\n");
    has(" k  SEQUENCE OF CHOICE { key [0] D-El, value [1] D-El },  -- <gtree>\n");
}
END_TEST

static const struct input many[] = {
    {"x", "d", D("d", 1, A1 "," C1)},
    {"y", "d", D("d", 1, A1 "," B1 "," N("v", "uint16", 2, 3))},
    {"x", "d", D("d", 1, A1 "," B1 "," N("v", "uint16", 2, 2) "," C1)},
    {"x", "d", D("d", 1, F("a", "uint16", 2) "," C1)},
    {"y", "d", D("d", 1, C1 "," A1)},
    {"y", "e", D2("d", 2, A1, B(D("d/s", 1, B1) "},{" D("d/t", 1, C1)))},
    {"x", "e", D2("d", 2, A1 "," XS("x", 4, 0, EL1) "," XS("x", 18, 1, EL2), B(D("d/s", 1, B1)))},
    {"z", "f", D("serial", 3, L("q", "qtailq", 1, "'more':0"))},
    {"", NULL,
     "{" LISTED("type", "'Fields':[" FIELD("a", false, 4) "," FIELD("b", true, 1) "," FIELD(
                            "v", true, 2) "," FIELD("c", true, 1) "]") "}"},
};

START_TEST(the_order_of_inputs_makes_no_difference)
{
    struct input shuffled[2 * COUNT(many)];
    char *first;
    uint32_t random = 1;

    IMPORT(many);
    first = strdup((const char *)text.p);
    ck_assert_ptr_nonnull(first);
    ck_assert_uint_gt(imp.module_count, 4);
    for (unsigned turn = 0; turn < 200; turn++) {
        for (size_t i = 0; i < COUNT(shuffled); i++) {
            shuffled[i] = many[i % COUNT(many)];
        }
        for (size_t i = COUNT(shuffled); i > 1; i--) {
            struct input swap = shuffled[i - 1];
            size_t k;

            random = random * 1664525 + 1013904223;
            k = (random >> 8) % i;
            shuffled[i - 1] = shuffled[k];
            shuffled[k] = swap;
        }
        IMPORT(shuffled);
        ck_assert_str_eq((const char *)text.p, first);
    }
    free(first);
}
END_TEST

/* The modules of what was imported last, as a base. */
static const struct mod_set *as_base(struct mod_library *base, struct arena *arena)
{
    struct span copy = {arena_copy(arena, text.p, text.len, NULL), text.len};

    mod_library_init(base);
    ck_assert_msg(mod_library_add_text(base, "base", copy, &err), "%s", err.text);
    return mod_library_set(base, 0);
}

START_TEST(what_was_there_keeps_its_tags)
{
    static const struct input before[] = {
        {"", "d", D("d", 1, A1 "," B1 "," C1)},
        {"", "d", D("d", 1, A1 "," F("x", "uint8", 1))},
    };
    static const struct input after[] = {
        {"", "d", D("d", 1, F("new", "uint8", 1) "," A1 "," B1 "," C1)},
        {"", "d", D("d", 1, F("newer", "uint8", 1) "," A1 "," B1)},
        {"", "d", D("d", 1, A1)},
    };
    static const char frozen[] = "Vmber-D\tD\t0\tb\n"
                                 "Vmber-D\tD\t1\tc\n"
                                 "Vmber-D\tD\t2\tx\n"
                                 "Vmber-D\tD\t7\tyore\tremoved\n";
    struct mod_library base_lib;
    struct imp_base base = {NULL, NULL};
    struct imp_tags tags;
    struct arena arena;

    arena_init(&arena, 1 << 20);
    imp_tags_init(&tags, &arena);
    IMPORT(before);
    has(" a  UInt32,\n    b  [0] UInt8 OPTIONAL,\n    c  [1] BOOLEAN OPTIONAL,\n"
        "    x  [2] UInt8 OPTIONAL,\n");
    base.set = as_base(&base_lib, &arena);
    import(after, COUNT(after), &base);
    has(" new    [3] UInt8 OPTIONAL,\n    newer  [4] UInt8 OPTIONAL,\n    a      UInt32,\n"
        "    b      [0] UInt8 OPTIONAL,\n    c      [1] BOOLEAN OPTIONAL,\n    ...\n");
    ck_assert(imp_tags_read(&tags, "tags", span_str(frozen), &err));
    base.tags = &tags;
    import(after, COUNT(after), &base);
    has(" new    [8] UInt8 OPTIONAL,\n    newer  [9] UInt8 OPTIONAL,\n");
    imp_done(&imp);
    imp_init(&imp, &leaves);
    mod_library_done(&base_lib);
    imp_tags_done(&tags);
    arena_done(&arena);
}
END_TEST

START_TEST(modules_are_a_base_of_themselves)
{
    struct mod_library base_lib;
    struct imp_base base = {NULL, NULL};
    struct arena arena;
    char *first;

    arena_init(&arena, 1 << 20);
    IMPORT(many);
    first = strdup((const char *)text.p);
    base.set = as_base(&base_lib, &arena);
    import(many, COUNT(many), &base);
    ck_assert_str_eq((const char *)text.p, first);
    /* Names stay, though alone they would be others. */
    import(&many[5], 1, &base);
    has("Vmber-DV2 DEFINITIONS");
    ck_assert_ptr_nonnull(strstr(first, "\nDV1 ::= SEQUENCE {\n    a  UInt16,\n"));
    import(&many[3], 1, &base);
    has("Vmber-DV1 DEFINITIONS");
    ck_assert_ptr_nonnull(strstr(first, "\nDV1-2 ::= SEQUENCE {\n    c  BOOLEAN,\n"));
    import(&many[4], 1, &base);
    has("Vmber-DV1-2 DEFINITIONS");
    imp_done(&imp);
    imp_init(&imp, &leaves);
    mod_library_done(&base_lib);
    arena_done(&arena);
    free(first);
}
END_TEST

START_TEST(what_no_module_can_hold_is_said)
{
    static const struct {
        const char *body;
        const char *why;
    } rows[] = {
        {D("d", 1, X("x", "uint32", 4, 0) "," X("x", "uint16", 2, 1)), "x: elements of several"},
        {D("d", 1, XS("x", 4, 0, EL1) "," XS("x", 4, 1, D("em", 1, A1))), "x: it is el version 1"},
        {D("d", 1, S("x", 4, D("s", 1, X("y", "bool", 1, 0) "," XS("y", 4, 1, EL1)))),
         "y: elements"},
        {D("d", 1, S("x", 9, D("s", 1, A1))), "x: a struct that does not have the size"},
        {"'size':3,'fields':[" A1 "]", "more than a buffer"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct input inputs[] = {{"", "d", rows[i].body}};

        IMPORT(inputs);
        ck_assert_uint_eq(imp.module_count, 0);
        ck_assert_uint_eq(imp.left_out, 1);
        conflicts(1, rows[i].why);
        conflicts(1, ": no module");
    }
}
END_TEST

START_TEST(names_can_be_anything)
{
    static const struct input inputs[] = {
        {"", "d",
         D("-- <\\u0001\\\"\\\\--/*", 1,
           F("a--b", "uint8", 1) "," F("a-b", "uint8", 1) "," F("a_b", "uint8", 1) "," F(
               "", "x--y", 3) "," S("\\u00fc", 1, D("END", 1, B1)))},
        {"", "Timer", D("timer", 2, B1)},
        {"", "SET", D("SET", 2, B1)},
    };

    IMPORT(inputs);
    conflicts(0, "");
    has("Vmber-TimerV2 DEFINITIONS");
    has("Vmber-SETV2 DEFINITIONS");
    has(" a-b-2  ");
    has(" a-b-3  ");
}
END_TEST

#define LONG "a23456789012345678901234567890123456789012345678901234567890123456789012345678901"

START_TEST(long_names_are_cut)
{
    static const struct input inputs[] = {
        {LONG, LONG,
         D(LONG, 1,
           F(LONG "a", "uint8", 1) "," F(LONG "b", "uint8", 1) "," F("c", LONG, 1) "," S(
               "d", 1, D(LONG LONG, 1, B1)))},
        {"", LONG, D(LONG, 1, F("c", LONG LONG, 2))},
        {"", LONG, D(LONG, 2, F("c", LONG LONG, 2))},
    };

    IMPORT(inputs);
    ck_assert_uint_eq(imp.module_count, 3);
    for (size_t i = 0; i < imp.module_count; i++) {
        ck_assert_uint_le(strlen(imp.modules[i].name), ASN_NAME_MAX);
    }
}
END_TEST

START_TEST(bad_lists_are_refused)
{
    static const struct {
        const char *body;
        enum err_band band;
    } rows[] = {
        {"{", ERR_TRUNCATED},
        {"[]", ERR_MALFORMED},
        {"{'a':{'Description':{}}}", ERR_MALFORMED},
        {"{'a':{'Description':{'name':1}}}", ERR_MALFORMED},
        {"{'a':{'Description':{'name':'x','Fields':1}}}", ERR_MALFORMED},
        {"{'a':{'Description':{'name':'x','Fields':[{}]}}}", ERR_MALFORMED},
        {"{'a':{'Description':{'name':'x','version_id':-1}}}", ERR_MALFORMED},
        {"{'a':{'Description':{'name':'x','version_id':'1'}}}", ERR_MALFORMED},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        err_init(&err);
        ck_assert(!add_list(rows[i].body));
        ck_assert_msg(err.band == rows[i].band, "%s: %s", rows[i].body, err.text);
    }
}
END_TEST

static size_t breaches;
static char told[512];

static void tell(void *ctx, struct span module, const char *place, const char *what)
{
    (void)ctx;
    (void)snprintf(told, sizeof(told), "%.*s: %s: %s", (int)module.len, module.p, place, what);
}

#define MODULE(fields)                                                                             \
    "Vmber-D DEFINITIONS IMPLICIT TAGS ::= BEGIN\n"                                                \
    "IMPORTS UInt8, UInt32 FROM Vmber-Leaf;\n"                                                     \
    "-- <\"d\" 1>\nD ::= SEQUENCE { " fields " ... }\n"                                            \
    "-- <\"s\" 1>\nD-S ::= SEQUENCE { x [0] UInt8 OPTIONAL, ... }\n"

START_TEST(released_modules_only_grow)
{
    static const char released[] =
        MODULE("a UInt32, s D-S, b [0] UInt8 OPTIONAL, c [1] UInt8 OPTIONAL,") "END\n";
    static const struct {
        const char *module;
        const char *what; /* NULL: good */
    } rows[] = {
        {MODULE("a UInt32, s D-S, b [0] UInt8 OPTIONAL, c [1] UInt8 OPTIONAL,") "END\n", NULL},
        {MODULE("n [2] UInt8 OPTIONAL, a UInt32, s D-S, b [0] UInt8 OPTIONAL, "
                "c [1] UInt8 OPTIONAL,") "END\n",
         NULL},
        /* A new struct before the one that was there. */
        {"Vmber-D DEFINITIONS IMPLICIT TAGS ::= BEGIN\n"
         "IMPORTS UInt8, UInt32 FROM Vmber-Leaf;\n"
         "-- <\"d\" 1>\nD ::= SEQUENCE { n [9] D-N OPTIONAL, a UInt32, s D-S, "
         "b [0] UInt8 OPTIONAL, c [1] UInt8 OPTIONAL, ... }\n"
         "-- <\"n\" 1>\nD-N ::= SEQUENCE { s D-S, ... }\n"
         "-- <\"s\" 1>\nD-S ::= SEQUENCE { x [0] UInt8 OPTIONAL, y [1] UInt8 OPTIONAL, ... "
         "}\nEND\n",
         NULL},
        {MODULE("a UInt32, s D-S, b [0] UInt32 OPTIONAL, c [1] UInt8 OPTIONAL,") "END\n",
         "Vmber-D: : more has changed"},
        {MODULE("a UInt32, z UInt8, s D-S, b [0] UInt8 OPTIONAL, c [1] UInt8 OPTIONAL,") "END\n",
         "Vmber-D: : more has changed"},
        {MODULE("a UInt32, s D-S, c [1] UInt8 OPTIONAL,") "END\n", "D > b: the field is gone"},
        {MODULE("a UInt32, s D-S, b UInt8, c [1] UInt8 OPTIONAL,") "END\n",
         "D > b: the field is gone"},
        {MODULE("a UInt32, s D-S, b [0] UInt8 OPTIONAL, z [1] UInt8 OPTIONAL,") "END\n",
         "D > z: tag 1 was given to c"},
        {MODULE("a UInt32, s D-S, b [0] UInt8 OPTIONAL, c [1] UInt8 OPTIONAL, "
                "z [5] UInt8 OPTIONAL,") "END\n",
         "D > z: tag 5 was given to yore, which is gone"},
    };
    static const char tags_text[] = "Vmber-D\tD\t0\tb\nVmber-D\tD\t1\tc\n"
                                    "Vmber-D\tD\t5\tyore\tremoved\nVmber-D\tD-S\t0\tx\n";
    struct mod_library modules;
    struct imp_frozen none;
    struct imp_frozen first;
    struct buf lists;

    buf_init(&lists, 1 << 16);
    imp_frozen_init(&none);
    imp_frozen_init(&first);
    mod_library_init(&modules);
    ck_assert(imp_tags_read(&none.tags, "tags", span_str(tags_text), &err));
    ck_assert(mod_library_add_text(&modules, "released", span_str(released), &err));
    ck_assert(imp_freeze(mod_library_set(&modules, 0), &none, &first, tell, NULL, &breaches, &err));
    ck_assert_uint_eq(breaches, 0);
    ck_assert(imp_tags_write(&first.tags, &lists, &err));
    ck_assert(span_eq_str(buf_span(&lists), tags_text));
    buf_clear(&lists);
    ck_assert(imp_frozen_write(&first, &lists, &err));
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mod_library now;
        struct imp_frozen before;
        struct imp_frozen after;

        imp_frozen_init(&before);
        imp_frozen_init(&after);
        mod_library_init(&now);
        told[0] = '\0';
        ck_assert(imp_frozen_read(&before, "modules", buf_span(&lists), &err));
        ck_assert(imp_tags_read(&before.tags, "tags", span_str(tags_text), &err));
        ck_assert_msg(mod_library_add_text(&now, "now", span_str(rows[i].module), &err), "%s",
                      err.text);
        ck_assert(
            imp_freeze(mod_library_set(&now, 0), &before, &after, tell, NULL, &breaches, &err));
        ck_assert_msg((breaches == 0) == (rows[i].what == NULL), "%zu: %s", i, told);
        ck_assert_msg(rows[i].what == NULL || strstr(told, rows[i].what) != NULL, "%s", told);
        mod_library_done(&now);
        imp_frozen_done(&after);
        imp_frozen_done(&before);
    }
    mod_library_done(&modules);
    imp_frozen_done(&first);
    imp_frozen_done(&none);
    buf_done(&lists);
}
END_TEST

START_TEST(bad_frozen_lists_are_refused)
{
    static const char *const modules[] = {
        "x\n",
        "Vmber-A\t00\n",
        "Vmber-A\t000102030405060708090a0b0c0d0e0f",
        "Vmber-A\t000102030405060708090a0b0c0d0e0X\n",
        "Vmber-B\t000102030405060708090a0b0c0d0e0f\nVmber-A\t000102030405060708090a0b0c0d0e0f\n",
    };
    static const char *const tags[] = {
        "x\n",
        "M\tT\t1\ta",
        "M\tT\t-1\ta\n",
        "M\tT\t99999999999\ta\n",
        "M\tT\t1\t\n",
        "M\t\t1\ta\n",
        "M\tT\t1\ta\tgone\n",
        "M\tT\t1\ta\nM\tT\t0\ta\n",
        "M\tT\t1\ta\nM\tT\t1\ta\n",
    };
    struct imp_frozen frozen;

    for (size_t i = 0; i < COUNT(modules) + COUNT(tags); i++) {
        imp_frozen_init(&frozen);
        err_init(&err);
        if (i < COUNT(modules)) {
            ck_assert(!imp_frozen_read(&frozen, "f", span_str(modules[i]), &err));
        } else {
            ck_assert(!imp_tags_read(&frozen.tags, "f", span_str(tags[i - COUNT(modules)]), &err));
        }
        ck_assert_int_eq(err.band, ERR_MALFORMED);
        ck_assert_int_eq(strncmp(err.text, "f:", 2), 0);
        imp_frozen_done(&frozen);
    }
}
END_TEST

START_TEST(memory_may_run_out)
{
    struct lay_types types[COUNT(many)];
    uint32_t ids[COUNT(many)];
    bool whole = false;
    size_t n;

    for (size_t i = 0; i < COUNT(many); i++) {
        lay_types_init(&types[i]);
        ids[i] = many[i].name != NULL ? device_type(&types[i], many[i].body) : 0;
    }
    for (n = 1; !whole; n++) {
        bool ok = true;

        imp_done(&imp);
        imp_init(&imp, &leaves);
        buf_done(&text);
        err_init(&err);
        memory_arm(n, false);
        for (size_t i = 0; ok && i < COUNT(many); i++) {
            ok = many[i].name != NULL ? add_section(&many[i], &types[i], ids[i])
                                      : add_list(many[i].body);
        }
        whole = ok && make(many, 0, NULL);
        memory_disarm();
        ck_assert_msg(whole || err.band == ERR_LIMIT, "%s", err.text);
    }
    ck_assert_uint_gt(n, 50);
    for (size_t i = 0; i < COUNT(many); i++) {
        lay_types_done(&types[i]);
    }
}
END_TEST

START_TEST(there_are_limits)
{
    static char body[300000];
    struct input input = {"", "d", body};
    size_t len =
        (size_t)snprintf(body, sizeof(body), "%s", "'vmsd_name':'d','version':1,'fields':[");
    unsigned label;

    for (unsigned i = 0; i < 5000; i++) {
        len += (size_t)snprintf(body + len, sizeof(body) - len,
                                "%s{'name':'f%u','type':'uint8','size':1}", i > 0 ? "," : "", i);
    }
    (void)snprintf(body + len, sizeof(body) - len, "]");
    import(&input, 1, NULL);
    conflicts(1, "more fields than a type may have: no module");
    for (unsigned i = 0; i < IMP_LABELS_MAX - 1; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "%u", i);
        ck_assert(imp_add_label(&imp, name, &label, &err));
    }
    ck_assert(!imp_add_label(&imp, "one more", &label, &err));
    ck_assert_int_eq(err.band, ERR_LIMIT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("import");
    TCase *all = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(all, 300);
    tcase_add_checked_fixture(all, setup, teardown_all);
    tcase_add_test(all, names_become_identifiers);
    tcase_add_test(all, one_section_is_one_module);
    tcase_add_test(all, fields_that_are_not_always_there_are_optional);
    tcase_add_test(all, what_contradicts_is_another_module);
    tcase_add_test(all, what_is_too_different_is_another_module);
    tcase_add_test(all, arrays_have_the_sizes_that_were_seen);
    tcase_add_test(all, octets_of_several_lengths_are_of_any);
    tcase_add_test(all, elements_are_merged);
    tcase_add_test(all, lists_and_trees_have_elements);
    tcase_add_test(all, the_order_of_inputs_makes_no_difference);
    tcase_add_test(all, what_was_there_keeps_its_tags);
    tcase_add_test(all, modules_are_a_base_of_themselves);
    tcase_add_test(all, what_no_module_can_hold_is_said);
    tcase_add_test(all, names_can_be_anything);
    tcase_add_test(all, long_names_are_cut);
    tcase_add_test(all, bad_lists_are_refused);
    tcase_add_test(all, released_modules_only_grow);
    tcase_add_test(all, bad_frozen_lists_are_refused);
    tcase_add_test(all, memory_may_run_out);
    tcase_add_test(all, there_are_limits);
    suite_add_tcase(suite, all);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
