/*
 * test_device_join.c - descriptions and the modules they conform to: what joining adds, and what it
 * says of a description that conforms to none.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "codec/base/buf.h"
#include "codec/base/err.h"
#include "codec/device/mod_join.h"
#include "codec/device/mod_library.h"
#include "device_make.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { FORM_MAX = 4096 };

/* The device that most tests are about. */
static const char module_text[] =
    "Vmber-A DEFINITIONS IMPLICIT TAGS ::= BEGIN\n"
    "IMPORTS UInt8, UInt16, UInt32, UInt64, Int32 FROM Vmber-Leaf\n"
    "Timer, Buffer, UnusedBuffer, UInt8Array, NullPointer, Unseen FROM Vmber-Vmstate;\n"
    "-- <\"a\" 2>\n"
    "A ::= SEQUENCE {\n"
    "    len      UInt32,\n"
    "    mode     [0] UInt16 OPTIONAL,\n"
    "    tx-status  SEQUENCE (SIZE (4)) OF UInt32,\n"
    "    phy      UInt8Array (SIZE (1..8)),\n"
    "    parent   A-Parent,\n"
    "    ring     SEQUENCE (SIZE (1..9)) OF A-Ring,\n"
    "    slot     [8] SEQUENCE OF CHOICE { null NullPointer, value A-Ring } OPTIONAL,\n"
    "    dark     [1] Unseen OPTIONAL,   -- <unseen>\n"
    "    css      [9] Hole OPTIONAL,\n"
    "    queue    SEQUENCE OF A-Ring,    -- <qtailq>\n"
    "    tree     [5] SEQUENCE OF CHOICE { key UInt64, value A-Ring } OPTIONAL, -- <gtree>\n"
    "    fpu      [6] A-Ring OPTIONAL,   -- <tmp>\n"
    "    last     Int32,\n"
    "    one      [3] A-One OPTIONAL,    -- <subsection>\n"
    "    two      [4] A-Two OPTIONAL,    -- <subsection>\n"
    "    ...\n"
    "}\n"
    "-- <\"parent\" 1>\n"
    "A-Parent ::= SEQUENCE { config Buffer, more [0] A-More OPTIONAL, -- <subsection>\n ... }\n"
    "-- <\"parent/more\" 1>\n"
    "A-More ::= SEQUENCE { x BOOLEAN, ... }\n"
    "-- <\"ring\" 1>\n"
    "A-Ring ::= SEQUENCE { head UInt32, tail [0] UInt32 OPTIONAL, ... }\n"
    "-- <\"a/one\" 1>\n"
    "A-One ::= SEQUENCE { x UInt32, ... }\n"
    "-- <\"a/two\" 3>\n"
    "A-Two ::= SEQUENCE { x UInt32, ... }\n"
    "Hole ::= OCTET STRING -- <\"struct\">\n"
    "END\n";

#define RING D("ring", 1, F("head", "uint32", 4))
#define RING2 D("ring", 1, F("head", "uint32", 4) "," F("tail", "uint32", 4))
#define PARENT S("parent", 64, D("parent", 1, F("config", "buffer", 64)))
#define QUEUE F("queue", "qtailq", 1)
#define LEN F("len", "uint32", 4)
#define TX N("tx_status", "uint32", 4, 4)
#define PHY N("phy", "uint8", 1, 6)
#define RINGS NS("ring", 4, 3, RING)
#define LAST F("last", "int32", 4)
#define HEAD LEN "," TX "," PHY ","
#define BODY HEAD PARENT "," RINGS ","
#define TAIL QUEUE "," LAST

static struct mod_library lib;
static struct lay_types types;
static struct err err;

static void setup(void)
{
    mod_library_init(&lib);
    lay_types_init(&types);
    err_init(&err);
}

static void teardown(void)
{
    lay_types_done(&types);
    mod_library_done(&lib);
}

static void add(const char *text)
{
    ck_assert_msg(mod_library_add_text(&lib, "a.asn1", span_str(text), &err), "%s", err.text);
}

/* ---- what joining adds ---- */

#define FORM_HEAD "a 2 <Vmber-A> {len; tx_status; phy; "
#define FORM_PARENT "parent parent 1 {config}; "
#define FORM_RINGS "ring ring 1 {head}; "

static const struct good_row {
    const char *body;
    const char *form;
} goods[] = {
    {D("a", 2, BODY TAIL), FORM_HEAD FORM_PARENT FORM_RINGS "queue; last}"},
    /* optional fields have tags, also inside, and in each place of a type */
    {D("a", 2,
       LEN "," F("mode", "uint16", 2) "," TX "," PHY "," PARENT
                                      "," NS("ring", 8, 3, RING2) "," TAIL),
     "a 2 <Vmber-A> {len; mode[0]; tx_status; phy; " FORM_PARENT
     "ring ring 1 {head; tail[0]}; queue; last}"},
    /* an array of one is described as none */
    {D("a", 2, LEN "," TX "," F("phy", "uint8", 1) "," PARENT "," S("ring", 4, RING) "," TAIL),
     "a 2 <Vmber-A> {len; tx_status; phy*; " FORM_PARENT "ring* ring 1 {head}; queue; last}"},
    /* rows with an index are one array */
    {D("a", 2,
       HEAD PARENT "," XS("ring", 4, 0, RING) "," XS("ring", 8, 1, RING2) "," XS(
           "ring", 8, 2, RING2) "," XS("ring", 4, 3, RING) "," TAIL),
     FORM_HEAD FORM_PARENT "ring ring 1 {head}; ring ring 1 {head; tail[0]}; ring ring 1 {head}; "
                           "queue; last}"},
    {D("a", 2,
       BODY XS("slot", 4, 0, RING) "," X("slot", "uint64", 1, 1) "," X(
           "slot", "nullptr", 1, 2) "," XS("slot", 8, 3, RING2) "," TAIL),
     FORM_HEAD FORM_PARENT FORM_RINGS
     "slot[8] ring 1 {head}; slot; slot; slot ring 1 {head; tail[0]}; queue; last}"},
    {D("a", 2, BODY N("slot", "uint64", 1, 5) "," TAIL),
     FORM_HEAD FORM_PARENT FORM_RINGS "slot[8]; queue; last}"},
    {D("a", 2, BODY F("slot", "nullptr", 1) "," TAIL),
     FORM_HEAD FORM_PARENT FORM_RINGS "slot[8]*; queue; last}"},
    /* what is not known is octets */
    {D("a", 2, BODY F("dark", "uint32", 4) "," TAIL),
     FORM_HEAD FORM_PARENT FORM_RINGS "dark[1]#4; queue; last}"},
    {D("a", 2, BODY NS("dark", 8, 3, RING2) "," TAIL),
     FORM_HEAD FORM_PARENT FORM_RINGS "dark[1]#24 ring 1 {head; tail}; queue; last}"},
    {D("a", 2, BODY L("dark", "qtailq", 6, RING) "," TAIL),
     FORM_HEAD FORM_PARENT FORM_RINGS "dark[1]#6 ring 1 {head}; queue; last}"},
    {D("a", 2, BODY "{'name':'css','array_len':6,'type':'struct','struct':{},'size':1}," TAIL),
     FORM_HEAD FORM_PARENT FORM_RINGS "css[9]#6  0 {}; queue; last}"},
    /* lists, trees, structs beside the name */
    {D("a", 2, BODY L("queue", "qtailq", 15, RING "," RING2) "," LAST),
     FORM_HEAD FORM_PARENT FORM_RINGS "queue ring 1 {head} ring 1 {head; tail[0]}; last}"},
    {D("a", 2, BODY QUEUE "," L("tree", "gtree", 35, RING "," RING2) "," LAST),
     FORM_HEAD FORM_PARENT FORM_RINGS "queue; tree[5] ring 1 {head} ring 1 {head; tail[0]}; last}"},
    {D("a", 2, BODY QUEUE "," F("tree", "gtree", 5) "," LAST),
     FORM_HEAD FORM_PARENT FORM_RINGS "queue; tree[5]; last}"},
    {D("a", 2, BODY QUEUE "," L("fpu", "tmp", 8, RING2) "," LAST),
     FORM_HEAD FORM_PARENT FORM_RINGS "queue; fpu[6] ring 1 {head; tail[0]}; last}"},
    /* subsections */
    {D2("a", 2, BODY TAIL, B(D("a/two", 3, F("x", "uint32", 4)))),
     FORM_HEAD FORM_PARENT FORM_RINGS "queue; last; :[4] a/two 3 {x}}"},
    {D2("a", 2,
        HEAD S("parent", 73,
               D2("parent", 1, F("config", "buffer", 55),
                  B(D("parent/more", 1, F("x", "bool", 1))))) "," RINGS "," TAIL,
        B(D("a/one", 1, F("x", "uint32", 4))) "," B(D("a/two", 3, F("x", "uint32", 4)))),
     FORM_HEAD "parent parent 1 {config; :[0] parent/more 1 {x}}; " FORM_RINGS
               "queue; last; :[3] a/one 1 {x}; :[4] a/two 3 {x}}"},
};

START_TEST(joining_adds_what_the_module_says)
{
    const struct good_row *row = &goods[_i];
    char form[FORM_MAX];
    uint32_t count;
    uint32_t joined;
    uint32_t again;
    uint32_t id;

    add(module_text);
    id = device_type(&types, row->body);
    ck_assert_msg(mod_join_section(&lib, &types, span_of("", 0), id, &joined, &err), "%s > %s",
                  err.path, err.text);
    device_form(&types, joined, form, sizeof(form));
    ck_assert_str_eq(form, row->form);
    ck_assert_uint_eq(lay_types_get(&types, joined)->size, lay_types_get(&types, id)->size);
    /* Once more is no more. */
    count = types.count;
    ck_assert(mod_join_section(&lib, &types, span_of("", 0), joined, &again, &err));
    ck_assert_uint_eq(again, joined);
    ck_assert(mod_join_section(&lib, &types, span_of("", 0), id, &again, &err));
    ck_assert_uint_eq(again, joined);
    ck_assert(mod_check(&lib, &types, joined, &err));
    ck_assert_uint_eq(types.count, count);
}
END_TEST

/* ---- what conforms to no module ---- */

static const struct bad_row {
    const char *body;
    enum err_band band;
    const char *path;
    const char *text;
} bads[] = {
    {D("b", 2, BODY TAIL), ERR_UNSUPPORTED, "", "no module"},
    {D("a", 3, BODY TAIL), ERR_MALFORMED, "", "version 3, module says 2"},
    /* added */
    {D("a", 2, F("new", "uint32", 4) "," BODY TAIL), ERR_MALFORMED, "",
     "field 'new' is not in the module (at the start)"},
    {D("a", 2, LEN "," F("new", "uint32", 4) "," TX "," PHY "," PARENT "," RINGS "," TAIL),
     ERR_MALFORMED, "", "field 'new' is not in the module (behind 'len')"},
    {D("a", 2, BODY TAIL "," F("new", "uint32", 4)), ERR_MALFORMED, "",
     "field 'new' is not in the module (behind 'last')"},
    {D("a", 2, BODY TAIL "," LAST), ERR_MALFORMED, "",
     "field 'last' has 2 elements, module says 1"},
    {D("a", 2, LEN "," LEN "," TX), ERR_MALFORMED, "", "field 'len' has 2 elements, module says 1"},
    {D("a", 2, LEN "," TX "," LEN "," PHY), ERR_MALFORMED, "",
     "field 'len' is not in the module (behind 'tx_status')"},
    /* dropped */
    {D("a", 2, TX "," PHY "," PARENT "," RINGS "," TAIL), ERR_MALFORMED, "",
     "field 'len' is missing (at the start)"},
    {D("a", 2, LEN "," PHY "," PARENT "," RINGS "," TAIL), ERR_MALFORMED, "",
     "field 'tx_status' is missing (behind 'len')"},
    {D("a", 2, BODY QUEUE), ERR_MALFORMED, "", "field 'last' is missing (behind 'queue')"},
    {D("a", 2, ""), ERR_MALFORMED, "", "field 'len' is missing (at the start)"},
    /* moved */
    {D("a", 2, TX "," LEN "," PHY "," PARENT "," RINGS "," TAIL), ERR_MALFORMED, "",
     "field 'len' stands behind 'tx_status', module says before"},
    {D("a", 2, BODY LAST "," QUEUE), ERR_MALFORMED, "",
     "field 'queue' stands behind 'last', module says before"},
    {D("a", 2, LEN "," TX "," F("mode", "uint16", 2) "," PHY), ERR_MALFORMED, "",
     "field 'mode' stands behind 'tx_status', module says before"},
    /* retyped, resized */
    {D("a", 2, F("len", "uint16", 2) "," TX), ERR_MALFORMED, "",
     "field 'len' is uint16, module says uint32"},
    {D("a", 2, F("len", "uint32", 8) "," TX), ERR_MALFORMED, "",
     "field 'len' has 8 octets, module says 4"},
    {D("a", 2, N("len", "uint32", 4, 2) "," TX), ERR_MALFORMED, "",
     "field 'len' has 2 elements, module says 1"},
    {D("a", 2, LEN "," N("tx_status", "uint32", 4, 5)), ERR_MALFORMED, "",
     "field 'tx_status' has 5 elements, module says 4"},
    {D("a", 2, LEN "," N("tx_status", "uint32", 4, 3)), ERR_MALFORMED, "",
     "field 'tx_status' has 3 elements, module says 4"},
    {D("a", 2, LEN "," F("tx_status", "uint32", 4)), ERR_MALFORMED, "",
     "field 'tx_status' has 1 element, module says 4"},
    {D("a", 2, LEN "," N("tx_status", "uint64", 8, 4)), ERR_MALFORMED, "",
     "field 'tx_status' is uint64, module says uint32"},
    {D("a", 2, LEN "," N("tx_status", "uint32", 8, 4)), ERR_MALFORMED, "",
     "an element of field 'tx_status' has 8 octets, module says 4"},
    {D("a", 2, LEN "," TX "," N("phy", "uint8", 1, 9)), ERR_MALFORMED, "",
     "field 'phy' has 9 elements, module says 1 to 8"},
    {D("a", 2, LEN "," F("mode", "uint32", 4) "," TX), ERR_MALFORMED, "",
     "field 'mode' is uint32, module says uint16"},
    {D("a", 2, HEAD F("parent", "buffer", 64)), ERR_MALFORMED, "",
     "field 'parent' is buffer, module says struct"},
    {D("a", 2, S("len", 4, RING) "," TX), ERR_MALFORMED, "",
     "field 'len' is struct, module says uint32"},
    {D("a", 2, HEAD S("parent", 4, RING)), ERR_MALFORMED, "",
     "field 'parent' is a struct 'ring', module says 'parent'"},
    {D("a", 2, HEAD S("parent", 64, D("parent", 2, F("config", "buffer", 64)))), ERR_MALFORMED, "",
     "field 'parent' has version 2, module says 1"},
    {D("a", 2, HEAD S("parent", 64, "")), ERR_MALFORMED, "",
     "field 'parent' is a struct that is not described, module says 'parent'"},
    {D("a", 2, HEAD S("parent", 65, D("parent", 1, F("config", "buffer", 64)))), ERR_MALFORMED, "",
     "field 'parent' is not described, module says struct"},
    /* inside */
    {D("a", 2, HEAD S("parent", 60, D("parent", 1, F("config", "blob", 60)))), ERR_MALFORMED,
     "parent", "field 'config' is blob, module says buffer"},
    {D("a", 2, BODY L("queue", "qtailq", 6, RING "," D("ring", 1, F("hand", "uint32", 4)))),
     ERR_MALFORMED, "", "field 'queue' is not described, module says qtailq"},
    {D("a", 2, BODY L("queue", "qtailq", 11, RING "," D("ring", 1, F("hand", "uint32", 4)))),
     ERR_MALFORMED, "queue", "field 'hand' is not in the module (at the start)"},
    {D("a", 2,
       HEAD S("parent", 72,
              D2("parent", 1, F("config", "buffer", 55), B(D("parent/more", 1, ""))))),
     ERR_MALFORMED, "parent > parent/more", "field 'x' is missing (at the start)"},
    /* subsections */
    {D2("a", 2, BODY TAIL, B(D("a/new", 3, F("x", "uint32", 4)))), ERR_MALFORMED, "",
     "subsection 'a/new' is not in the module"},
    {D2("a", 2, BODY TAIL, B(D("a/two", 4, F("x", "uint32", 4)))), ERR_MALFORMED, "",
     "subsection 'a/two' has version 4, module says 3"},
    {D2("a", 2, BODY TAIL,
        B(D("a/two", 3, F("x", "uint32", 4))) "," B(D("a/one", 1, F("x", "uint32", 4)))),
     ERR_MALFORMED, "", "subsection 'a/one' stands behind 'a/two', module says before"},
    {D2("a", 2, BODY TAIL, B(D("a/two", 3, F("y", "uint32", 4)))), ERR_MALFORMED, "a/two",
     "field 'y' is not in the module (at the start)"},
    /* unknown things */
    {D("a", 2, BODY XS("dark", 4, 0, RING) "," XS("dark", 8, 1, RING2)), ERR_MALFORMED, "",
     "field 'dark' is described in 2 parts, module has nothing but its name"},
};

START_TEST(a_description_that_differs_is_told_how)
{
    const struct bad_row *row = &bads[_i];
    uint32_t joined = 77;

    add(module_text);
    ck_assert(!mod_join_section(&lib, &types, span_of("", 0), device_type(&types, row->body),
                                &joined, &err));
    ck_assert_uint_eq(joined, 77);
    ck_assert_str_eq(err.text, row->text);
    ck_assert_str_eq(err.path, row->path);
    ck_assert_int_eq(err.band, row->band);
}
END_TEST

/* ---- several modules ---- */

#define MODULE(name, vmsd, fields)                                                                 \
    "Vmber-" name " DEFINITIONS IMPLICIT TAGS ::= BEGIN\n"                                         \
    "IMPORTS UInt8, UInt16, UInt32 FROM Vmber-Leaf Buffer FROM Vmber-Vmstate;\n"                   \
    "-- <" vmsd ">\n" name " ::= SEQUENCE { " fields " ... }\nEND\n"

static void join_as(const char *body, const char *form)
{
    char found[FORM_MAX];
    uint32_t joined;

    err_init(&err);
    ck_assert_msg(
        mod_join_section(&lib, &types, span_of("", 0), device_type(&types, body), &joined, &err),
        "%s: %s", body, err.text);
    device_form(&types, joined, found, sizeof(found));
    ck_assert_str_eq(found, form);
}

static void join_not(const char *body, const char *text)
{
    uint32_t joined;

    err_init(&err);
    ck_assert(
        !mod_join_section(&lib, &types, span_of("", 0), device_type(&types, body), &joined, &err));
    ck_assert_str_eq(err.text, text);
}

/* ---- what stands together ---- */

#define U8(name) F(name, "uint8", 1)

START_TEST(one_alternative_of_a_constraint_holds)
{
    static const char text[] =
        "Vmber-T DEFINITIONS IMPLICIT TAGS ::= BEGIN\n"
        "IMPORTS UInt8, UInt16 FROM Vmber-Leaf;\n"
        "-- <\"t\" 1>\n"
        "T ::= SEQUENCE { n UInt8,\n"
        "  x-0 [0] UInt8 OPTIONAL, -- <\"x[0]\">\n"
        "  x-1 [1] UInt16 OPTIONAL, -- <\"x[1]\">\n"
        "  a [2] UInt8 OPTIONAL, b [3] UInt8 OPTIONAL, c [4] UInt8 OPTIONAL,\n"
        "  sub [5] T-Sub OPTIONAL, -- <subsection>\n"
        "  ... }\n"
        " (WITH COMPONENTS {..., x-0 PRESENT, x-1 ABSENT} |\n"
        "  WITH COMPONENTS {..., x-0 ABSENT, x-1 PRESENT})\n"
        " (WITH COMPONENTS {..., a PRESENT, b PRESENT, sub ABSENT} |\n"
        "  WITH COMPONENTS {..., a ABSENT, b ABSENT})\n"
        "-- <\"t/sub\" 1>\n"
        "T-Sub ::= SEQUENCE { ... }\nEND\n";

    add(text);
    join_as(D("t", 1, U8("n") "," U8("x[0]")), "t 1 <Vmber-T> {n; x[0][0]}");
    join_as(D("t", 1, U8("n") "," F("x[1]", "uint16", 2) "," U8("a") "," U8("b") "," U8("c")),
            "t 1 <Vmber-T> {n; x[1][1]; a[2]; b[3]; c[4]}");
    join_as(D2("t", 1, U8("n") "," U8("x[0]"), B(D("t/sub", 1, ""))),
            "t 1 <Vmber-T> {n; x[0][0]; :[5] t/sub 1 {}}");
    join_not(D("t", 1, U8("n")), "field 'x[0]' or 'x[1]' is missing");
    join_not(D("t", 1, U8("n") "," U8("x[0]") "," F("x[1]", "uint16", 2)),
             "field 'x[1]' or 'x[0]' is there, module says not with the others");
    join_not(D("t", 1, U8("n") "," U8("x[0]") "," U8("a")), "field 'b' is missing");
    join_not(D("t", 1, U8("n") "," U8("x[0]") "," U8("b")), "field 'a' is missing");
    join_not(D2("t", 1, U8("n") "," U8("x[0]") "," U8("a") "," U8("b"), B(D("t/sub", 1, ""))),
             "field 't/sub' is there, module says not with the others");
}
END_TEST

/* A reader refuses a description that says it conforms, and does not. */
START_TEST(a_reader_knows_the_constraints)
{
    static const char text[] =
        "Vmber-T DEFINITIONS IMPLICIT TAGS ::= BEGIN\n"
        "IMPORTS UInt8 FROM Vmber-Leaf;\n"
        "-- <\"t\" 1>\n"
        "T ::= SEQUENCE { n UInt8, a [0] UInt8 OPTIONAL, b [1] UInt8 OPTIONAL, ... }\n"
        " (WITH COMPONENTS {..., a PRESENT} | WITH COMPONENTS {..., b PRESENT})\nEND\n";
    struct wire_type_description wire;
    struct wire_field field;
    uint32_t joined;
    uint32_t id;

    add(text);
    ck_assert(mod_join_section(&lib, &types, span_of("", 0),
                               device_type(&types, D("t", 1, U8("n") "," U8("a"))), &joined, &err));
    ck_assert_msg(mod_check(&lib, &types, joined, &err), "%s", err.text);
    wire = lay_types_get(&types, joined)->wire;
    field = wire.fields.items[0];
    wire.fields.items = &field;
    wire.fields.count = 1;
    ck_assert(lay_types_intern(&types, &wire, &id, &err));
    ck_assert(!mod_check(&lib, &types, id, &err));
    ck_assert_int_eq(err.band, ERR_MALFORMED);
    ck_assert_ptr_nonnull(strstr(err.text, "field 'a' or 'b' is missing"));
}
END_TEST

START_TEST(the_module_that_fits_is_taken)
{
    add(MODULE("A", "\"x\" 1", "a UInt32, b UInt8, c UInt8,")
            MODULE("B", "\"x\" 1", "a UInt32, b UInt16,") MODULE("C", "\"x\" 2", "a UInt32,"));
    join_as(D("x", 1, F("a", "uint32", 4) "," F("b", "uint16", 2)), "x 1 <Vmber-B> {a; b}");
    join_as(D("x", 2, F("a", "uint32", 4)), "x 2 <Vmber-C> {a}");
    join_not(D("x", 3, F("a", "uint32", 4)), "version 3, module says 2");
    /* A got further than B, wherever it stands. */
    join_not(D("x", 1, F("a", "uint32", 4) "," F("b", "uint8", 1) "," F("c", "uint16", 2)),
             "field 'c' is uint16, module says uint8");
    join_not(D("x", 1, F("b", "uint32", 4)), "field 'a' is missing (at the start)");
}
END_TEST

START_TEST(fields_of_one_name_are_told_apart)
{
    add(MODULE("A", "\"x\" 1",
               "a [0] UInt32 OPTIONAL, a-2 UInt32, -- <\"a\">\n"
               "c [3] UInt8 OPTIONAL, b-2 [1] UInt16 OPTIONAL, -- <\"b\">\n"
               "b-3 [2] UInt32 OPTIONAL, -- <\"b\">\n"));
    join_as(D("x", 1, F("a", "uint32", 4)), "x 1 <Vmber-A> {a}");
    join_as(D("x", 1, F("a", "uint32", 4) "," F("c", "uint8", 1) "," F("b", "uint16", 2)),
            "x 1 <Vmber-A> {a; c[3]; b[1]}");
    join_as(D("x", 1, F("a", "uint32", 4) "," F("b", "uint32", 4)), "x 1 <Vmber-A> {a; b[2]}");
}
END_TEST

START_TEST(old_style_sections_go_by_their_name)
{
    uint32_t id = device_type(&types, "'fields':[" F("data", "buffer", 12) "]");
    char form[FORM_MAX];
    uint32_t joined;

    add(MODULE("A", "\"x\" old-style", "data Buffer,") MODULE("B", "\"y\" 1", "data Buffer,")
            MODULE("C", "\"d/z\" old-style", "data Buffer (SIZE (13)),"));
    ck_assert_int_eq(lay_types_get(&types, id)->wire.form, WIRE_DESCRIPTION_FORM_OLD_STYLE);
    ck_assert(!mod_join_section(&lib, &types, span_of("", 0), id, &joined, &err));
    ck_assert_int_eq(err.band, ERR_UNSUPPORTED);
    ck_assert(mod_join_section(&lib, &types, span_str("0000:00:03.0/x"), id, &joined, NULL));
    device_form(&types, joined, form, sizeof(form));
    ck_assert_str_eq(form, " 0 <Vmber-A> {data}");
    ck_assert(mod_check(&lib, &types, joined, &err));
    err_init(&err);
    ck_assert(!mod_join_section(&lib, &types, span_str("y"), id, &joined, &err));
    ck_assert_str_eq(err.text, "no module");
    err_init(&err);
    ck_assert(!mod_join_section(&lib, &types, span_str("a/b/d/z"), id, &joined, &err));
    ck_assert_str_eq(err.text, "field 'data' has 12 octets, module says 13");
    /* Sections with a vmsd do not go by it. */
    join_not(D("x", 1, F("data", "buffer", 12)), "no module");
}
END_TEST

/* ---- a reader's check ---- */

/* The joined type of row 1, of which one thing is changed. */
static uint32_t changed(void (*change)(struct wire_type_description *wire))
{
    const struct lay_type *type;
    struct wire_type_description wire;
    struct wire_field fields[32];
    uint32_t joined;
    uint32_t id;

    ck_assert(mod_join_section(&lib, &types, span_of("", 0), device_type(&types, goods[1].body),
                               &joined, &err));
    type = lay_types_get(&types, joined);
    wire = type->wire;
    ck_assert_uint_lt(wire.fields.count, COUNT(fields));
    memcpy(fields, wire.fields.items, wire.fields.count * sizeof(*fields));
    wire.fields.items = fields;
    change(&wire);
    ck_assert_msg(lay_types_intern(&types, &wire, &id, &err), "%s", err.text);
    return id;
}

static void no_change(struct wire_type_description *wire)
{
    (void)wire;
}

static void change_tag(struct wire_type_description *wire)
{
    wire->fields.items[1].tag = 7;
}

static void drop_tag(struct wire_type_description *wire)
{
    wire->fields.items[1].has_tag = false;
}

static void drop_field(struct wire_type_description *wire)
{
    wire->fields.count--;
}

static void change_name(struct wire_type_description *wire)
{
    wire->name = span_str("b");
}

static void change_version(struct wire_type_description *wire)
{
    wire->version = 3;
}

static void change_element(struct wire_type_description *wire)
{
    wire->fields.items[5].element = device_type(&types, RING2); /* without the tag inside */
}

static void change_module(struct wire_type_description *wire)
{
    wire->module.name = span_str("Vmber-Other");
    drop_tag(wire);
}

static void change_digest(struct wire_type_description *wire)
{
    wire->module.digest = span_of("0123456789abcdef", 16);
    drop_tag(wire);
}

static const struct check_row {
    void (*change)(struct wire_type_description *wire);
    const char *text; /* NULL: it passes */
} checks[] = {
    {no_change, NULL},
    {change_module, NULL}, /* not known: nothing to contradict */
    {change_digest, NULL},
    {change_tag, ": field 'mode' is tagged or nested otherwise"},
    {drop_tag, ": field 'mode' is tagged or nested otherwise"},
    {drop_field, ": field 'last' is missing (behind 'queue')"},
    {change_name, ": the type has another name"},
    {change_version, ": version 3, module says 2"},
    {change_element, ": field 'tail' is tagged or nested otherwise"},
};

/* Types that name a module can share what is inside: the work is bounded, not only the octets. */
START_TEST(comparing_types_with_modules_has_a_limit)
{
    uint32_t id;

    add(module_text);
    id = changed(no_change);
    ck_assert_msg(mod_check(&lib, &types, id, &err), "%s", err.text);
    ck_assert_uint_gt(types.checked, types.items[id - 1].wire.fields.count);
    types.checked = MOD_CHECKED_MAX - types.checked + 1;
    ck_assert(!mod_check(&lib, &types, id, &err));
    ck_assert_int_eq(err.band, ERR_LIMIT);
}
END_TEST

START_TEST(a_type_that_contradicts_its_module_is_refused)
{
    const struct check_row *row = &checks[_i];
    char text[ERR_TEXT_MAX];
    uint32_t count;
    uint32_t id;

    add(module_text);
    id = changed(row->change);
    count = types.count;
    if (row->text == NULL) {
        ck_assert_msg(mod_check(&lib, &types, id, &err), "%s", err.text);
    } else {
        ck_assert(!mod_check(&lib, &types, id, &err));
        ck_assert_int_eq(err.band, ERR_MALFORMED);
        (void)snprintf(text, sizeof(text),
                       "the description of type %u contradicts module Vmber-A%s", (unsigned)id,
                       row->text);
        ck_assert_str_eq(err.text, text);
    }
    ck_assert_uint_eq(types.count, count);
}
END_TEST

/* ---- time ---- */

/* Each type holds the one before in ten places: joined once, not 10^30 times. */
START_TEST(types_in_many_places_are_joined_once)
{
    struct buf text;
    char line[256];
    uint32_t id = device_type(&types, D("t0", 1, F("x", "uint32", 4)));
    uint32_t joined;
    int n;

    buf_init(&text, 1 << 20);
    ck_assert(buf_put(&text, "Vmber-T DEFINITIONS IMPLICIT TAGS ::= BEGIN\n", 44, NULL));
    n = snprintf(line, sizeof(line), "IMPORTS UInt32 FROM Vmber-Leaf;\n");
    ck_assert(buf_put(&text, line, (size_t)n, NULL));
    for (unsigned i = 8; i > 0; i--) {
        n = snprintf(line, sizeof(line),
                     "-- <\"t%u\" 1>\nT%u ::= SEQUENCE { a SEQUENCE OF T%u, ... }\n", i, i, i - 1);
        ck_assert(buf_put(&text, line, (size_t)n, NULL));
    }
    n = snprintf(line, sizeof(line),
                 "-- <\"t0\" 1>\nT0 ::= SEQUENCE { x [0] UInt32 OPTIONAL, ... }\nEND\n");
    ck_assert(buf_put(&text, line, (size_t)n, NULL));
    ck_assert_msg(mod_library_add_text(&lib, "t", buf_span(&text), &err), "%s", err.text);
    buf_done(&text);
    for (unsigned i = 1; i <= 8; i++) {
        struct wire_field fields[10] = {0};
        struct wire_type_description wire = {0};

        for (uint32_t k = 0; k < COUNT(fields); k++) {
            fields[k].name = span_str("a");
            fields[k].type = span_str("struct");
            fields[k].repeat = 1;
            fields[k].has_index = true;
            fields[k].index = k;
            fields[k].has_element = true;
            fields[k].element = id;
        }
        (void)snprintf(line, sizeof(line), "t%u", i);
        wire.name = span_str(line);
        wire.version = 1;
        wire.fields.items = fields;
        wire.fields.count = COUNT(fields);
        ck_assert_msg(lay_types_intern(&types, &wire, &id, &err), "%s", err.text);
    }
    ck_assert_msg(mod_join_section(&lib, &types, span_of("", 0), id, &joined, &err), "%s",
                  err.text);
    ck_assert_uint_eq(types.count, 18);
}
END_TEST

/* An array of so many different rows needs more than the slots that are there. */
START_TEST(many_rows_are_joined)
{
    struct wire_field *fields = calloc(1020, sizeof(*fields));
    struct wire_type_description wire = {0};
    uint32_t joined;
    uint32_t id;

    ck_assert_ptr_nonnull(fields);
    add("Vmber-T DEFINITIONS IMPLICIT TAGS ::= BEGIN IMPORTS Buffer FROM Vmber-Vmstate;\n"
        "-- <\"t\" 1>\nT ::= SEQUENCE { a SEQUENCE OF T0, ... }\n"
        "-- <\"t0\" 1>\nT0 ::= SEQUENCE { x [0] Buffer OPTIONAL, ... }\nEND\n");
    for (uint32_t i = 0; i < 1020; i++) {
        char body[256];

        (void)snprintf(body, sizeof(body),
                       "'vmsd_name':'t0','version':1,'fields':[{'name':'x','type':'buffer',"
                       "'size':%u}]",
                       (unsigned)(i + 1));
        fields[i].name = span_str("a");
        fields[i].type = span_str("struct");
        fields[i].repeat = 1;
        fields[i].has_index = true;
        fields[i].index = i;
        fields[i].has_element = true;
        fields[i].element = device_type(&types, body);
    }
    wire.name = span_str("t");
    wire.version = 1;
    wire.fields.items = fields;
    wire.fields.count = 1020;
    ck_assert_msg(lay_types_intern(&types, &wire, &id, &err), "%s", err.text);
    ck_assert_msg(mod_join_section(&lib, &types, span_of("", 0), id, &joined, &err), "%s",
                  err.text);
    for (uint32_t i = 0; i < 1020; i++) {
        const struct wire_field *field = &lay_types_get(&types, joined)->wire.fields.items[i];

        ck_assert_uint_ne(field->element, fields[i].element);
        ck_assert_uint_eq(lay_types_get(&types, field->element)->size, i + 1);
    }
    free(fields);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("device_join");
    TCase *all = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(all, 120);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, joining_adds_what_the_module_says, 0, COUNT(goods));
    tcase_add_loop_test(all, a_description_that_differs_is_told_how, 0, COUNT(bads));
    tcase_add_test(all, one_alternative_of_a_constraint_holds);
    tcase_add_test(all, a_reader_knows_the_constraints);
    tcase_add_test(all, the_module_that_fits_is_taken);
    tcase_add_test(all, fields_of_one_name_are_told_apart);
    tcase_add_test(all, old_style_sections_go_by_their_name);
    tcase_add_test(all, comparing_types_with_modules_has_a_limit);
    tcase_add_loop_test(all, a_type_that_contradicts_its_module_is_refused, 0, COUNT(checks));
    tcase_add_test(all, types_in_many_places_are_joined_once);
    tcase_add_test(all, many_rows_are_joined);
    suite_add_tcase(suite, all);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
