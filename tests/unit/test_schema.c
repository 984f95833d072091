/*
 * test_schema.c - notation: what is taken, what it comes to, what is refused and where, and how
 * much is too much.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "codec/schema/asn_parser.h"
#include "codec/schema/asn_print.h"
#include "codec/schema/asn_resolve.h"
#include "schema_front.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A module around assignments; the first octet of body is line 1, column 25. */
#define M(body) "M DEFINITIONS ::= BEGIN " body " END"

enum { MESSAGE_MAX = 2048 };

/* What prints differently from how it was written; no form: as it was, but for white space. */
static const struct good_row {
    const char *text;
    const char *form;
} goods[] = {
    {M(""), "M DEFINITIONS EXPLICIT TAGS ::= BEGIN\n\nEND\n"},
    {"M {iso 3 foo(6)} DEFINITIONS AUTOMATIC TAGS EXTENSIBILITY IMPLIED ::= BEGIN END",
     "M { iso 3 foo(6) } DEFINITIONS AUTOMATIC TAGS EXTENSIBILITY IMPLIED ::= BEGIN\n\nEND\n"},
    {"M DEFINITIONS ::= BEGIN EXPORTS ALL; IMPORTS; END",
     "M DEFINITIONS EXPLICIT TAGS ::= BEGIN\n\nEND\n"},
    {"M DEFINITIONS ::= BEGIN EXPORTS ; A ::= NULL END",
     "M DEFINITIONS EXPLICIT TAGS ::= BEGIN\n\nEXPORTS ;\n\nA ::= NULL\n\nEND\n"},
    {"M DEFINITIONS::=BEGIN IMPORTS B FROM N;A::=B END N DEFINITIONS::=BEGIN EXPORTS B;"
     "B::=BOOLEAN END",
     "M DEFINITIONS EXPLICIT TAGS ::= BEGIN\n\nIMPORTS\n    B FROM N;\n\nA ::= B\n\nEND\n\n"
     "N DEFINITIONS EXPLICIT TAGS ::= BEGIN\n\nEXPORTS\n    B;\n\nB ::= BOOLEAN\n\nEND\n"},
    {"M DEFINITIONS ::= BEGIN A ::= N.B END N DEFINITIONS ::= BEGIN B ::= NULL END", NULL},
    {"M DEFINITIONS ::= BEGIN IMPORTS b FROM N {iso 3} C FROM O; A ::= INTEGER (MIN..N.c) "
     "B ::= C (MIN..b) END N DEFINITIONS ::= BEGIN b INTEGER ::= 3 c INTEGER ::= 4 END "
     "O DEFINITIONS ::= BEGIN C ::= INTEGER END",
     NULL},
    {M("A ::= SEQUENCE { a IA5String, b PrintableString, c VisibleString, d OBJECT IDENTIFIER }"),
     NULL},
    {M("A ::= NULL --one-- --two--"),
     "M DEFINITIONS EXPLICIT TAGS ::= BEGIN\n\n-- one\n-- two\nA ::= NULL\n\nEND\n"},
    {M("A ::= SEQUENCE{}"), NULL},
    {M("A ::= SEQUENCE{...}"), NULL},
    {M("A ::= SEQUENCE{a NULL,...,...}"), NULL},
    {M("A ::= SEQUENCE{...,[[2:a NULL]],[[b BOOLEAN,c INTEGER]],d[0]NULL OPTIONAL}"), NULL},
    {M("A ::= CHOICE{a NULL,...,b BOOLEAN,...}"), NULL},
    {M("A ::= ENUMERATED{a,b(5),...,c}"), NULL},
    {M("A ::= INTEGER{a(1),b(-9223372036854775808)}(b..a)"), NULL},
    {M("A ::= INTEGER(-9223372036854775808..18446744073709551615)"), NULL},
    {M("A ::= INTEGER (0..MAX)(5..7,...)"), NULL},
    {M("A ::= INTEGER (5)"), NULL},
    {M("A ::= SEQUENCE{a NULL OPTIONAL,b[0]NULL OPTIONAL,...}"
       "(WITH COMPONENTS{...,a PRESENT,b ABSENT}|WITH COMPONENTS{...,b PRESENT})"
       "(WITH COMPONENTS{...})"),
     NULL},
    {M("A ::= BIT STRING{a(0),b(7)}(SIZE(8))"), NULL},
    {M("A ::= SEQUENCE SIZE(1..MAX)OF NULL"),
     "M DEFINITIONS EXPLICIT TAGS ::= BEGIN\n\nA ::= SEQUENCE (SIZE (1..MAX)) OF NULL\n\nEND\n"},
    {M("A ::= SET OF INTEGER(0..1)"), NULL},
    {M("A ::= OCTET STRING (SIZE (0..4), ...)"),
     "M DEFINITIONS EXPLICIT TAGS ::= BEGIN\n\nA ::= OCTET STRING (SIZE (0..4, ...))\n\nEND\n"},
    {M("A ::= [APPLICATION 1] EXPLICIT [PRIVATE 2147483647] IMPLICIT [3] NULL"), NULL},
    {M("A ::= SEQUENCE{a UTF8String DEFAULT \"x \"\"y\"\"\",b OCTET STRING DEFAULT 'c0 de'H}"), ""},
    {M("A ::= SEQUENCE{a UTF8String DEFAULT \"x \"\"y\"\"\",b OCTET STRING DEFAULT 'C0DE'H}"),
     NULL},
    {M("A ::= SEQUENCE{a BIT STRING DEFAULT '0 1'B,b NULL DEFAULT NULL}"),
     "M DEFINITIONS EXPLICIT TAGS ::= BEGIN\n\nA ::= SEQUENCE {\n    a BIT STRING DEFAULT '01'B,\n"
     "    b NULL DEFAULT NULL\n}\n\nEND\n"},
    {M("v INTEGER ::= -1 w INTEGER ::= v x OBJECT IDENTIFIER ::= {iso 3} y BOOLEAN ::= TRUE"),
     NULL},
    {M("A ::= SEQUENCE { a A OPTIONAL, b [0] SEQUENCE OF A }"), NULL},
    {M("A ::= CHOICE { a BOOLEAN, b [0] A }"), NULL},
    {M("a--x--A--y\n::=-----z\n3"), ""},
    {M("a--x--INTEGER--y\n::=/* /* */ - */3"),
     "M DEFINITIONS EXPLICIT TAGS ::= BEGIN\n\na INTEGER ::= 3\n\nEND\n"},
    /* Comments: above, behind, going on behind; apart from what is below they are dropped. */
    {"-- far\n\nM DEFINITIONS ::= BEGIN\n-- dropped\n\n-- above\n-- it\nA ::= SEQUENCE { -- "
     "dropped\n"
     "  a NULL, -- behind\n          -- and on\n  -- above b\n  b [0] NULL -- behind b\n}\nEND",
     "-- far\nM DEFINITIONS EXPLICIT TAGS ::= BEGIN\n\n-- above\n-- it\nA ::= SEQUENCE {\n"
     "    -- behind\n    -- and on\n    a NULL,\n    -- above b\n    -- behind b\n    b [0] "
     "NULL\n}\n"
     "\nEND\n"},
    {"M DEFINITIONS ::= BEGIN\n/* one\n * two -- three\n\n   four */\nA ::= NULL\nEND",
     "M DEFINITIONS EXPLICIT TAGS ::= BEGIN\n\n-- one\n-- two - - three\n--\n-- four\nA ::= NULL\n"
     "\nEND\n"},
};

START_TEST(good_notation_has_one_form)
{
    const struct good_row *row = &goods[_i];
    struct front front;
    struct front again;
    char *text;
    char *twice;

    if (row->form != NULL && row->form[0] == '\0') {
        ck_assert(!front_resolve(&front, row->text));
        front_done(&front);
        return;
    }
    ck_assert_msg(front_resolve(&front, row->text), "%s", front.err.text);
    text = front_print(&front);
    if (row->form != NULL) {
        ck_assert_str_eq(text, row->form);
    }
    ck_assert_msg(front_resolve(&again, text), "%s", again.err.text);
    twice = front_print(&again);
    ck_assert_str_eq(text, twice);
    free(twice);
    free(text);
    front_done(&again);
    front_done(&front);
}
END_TEST

#define BAD ERR_MALFORMED
#define NOT ERR_UNSUPPORTED
#define LIM ERR_LIMIT

/* clang-format off */
static const struct bad_row {
    const char *text;
    enum err_band band;
    uint32_t line;
    uint32_t column;
    const char *message;
} bads[] = {
    /* Lexical items. */
    {"", BAD, 1, 1, "expected a module name, found the end of the file"},
    {"M DEFINITIONS ::= BEGIN\n  \x01", BAD, 2, 3, "unexpected octet 0x01"},
    {M("A ::= NULL \xc3\xa4"), BAD, 1, 36, "unexpected octet 0xc3"},
    {M("-- \xff\n"), BAD, 1, 28, "not UTF-8"},
    {M("-- \xed\xa0\x80\n"), BAD, 1, 28, "not UTF-8"},
    {M("A ::= NULL ?"), BAD, 1, 36, "unexpected character '?'"},
    {M("A- ::= NULL"), BAD, 1, 26, "a name ends in a hyphen"},
    {M("A_B ::= NULL"), BAD, 1, 26, "names have no '_', only hyphens"},
    {M("v INTEGER ::= 1a"), BAD, 1, 40, "a name begins with a digit"},
    {M("v INTEGER ::= 01"), BAD, 1, 39, "a number begins with 0"},
    {M("v INTEGER ::= -0"), BAD, 1, 39, "zero has no sign"},
    {M("v INTEGER ::= 1.5"), NOT, 1, 39, "not supported: a REAL value"},
    {M("v INTEGER ::= 18446744073709551616"), LIM, 1, 39, "a number greater than 18446744073709551615"},
    {M("v INTEGER ::= -9223372036854775809"), LIM, 1, 39, "a number less than -9223372036854775808"},
    {M("/* /* */"), BAD, 1, 25, "comment is not closed with */"},
    {M("A ::= SEQUENCE { a UTF8String DEFAULT \"x\n\" }"), BAD, 1, 63, "a string is not closed on its line"},
    {M("A ::= SEQUENCE { a OCTET STRING DEFAULT '00"), BAD, 1, 70, "expected a digit of a bit or hexadecimal string"},
    {"M DEFINITIONS ::= BEGIN v A ::= '00", BAD, 1, 33, "a string is not closed with '"},
    {M("v A ::= '00'X"), BAD, 1, 37, "expected B or H behind the quotation mark"},
    {M("v A ::= '012'B"), BAD, 1, 36, "a bit string has only the digits 0 and 1"},
    /* Modules. */
    {"m DEFINITIONS ::= BEGIN END", BAD, 1, 1, "expected a module name, found 'm'"},
    {"M DEFINITIONS AUTOMATIC ::= BEGIN END", BAD, 1, 25, "expected TAGS, found '::='"},
    {"M DEFINITIONS ::= BEGIN A ::= NULL", BAD, 1, 35, "expected an assignment or END, found the end of the file"},
    {"M DEFINITIONS ::= BEGIN END x", BAD, 1, 29, "expected a module name, found 'x'"},
    {"M DEFINITIONS ::= BEGIN IMPORTS A FROM N B; END", BAD, 1, 43, "expected ',' or FROM, found ';'"},
    {"M DEFINITIONS ::= BEGIN IMPORTS A{} FROM N; END", NOT, 1, 34, "not supported: parameterization"},
    {"M DEFINITIONS ::= BEGIN IMPORTS A FROM N; END", BAD, 1, 40, "there is no module N"},
    {"M DEFINITIONS ::= BEGIN IMPORTS A FROM M; END", BAD, 1, 40, "module M imports from itself"},
    {"M DEFINITIONS ::= BEGIN END M DEFINITIONS ::= BEGIN END", BAD, 1, 29, "there is already a module M"},
    {"M DEFINITIONS ::= BEGIN IMPORTS B FROM N; END N DEFINITIONS ::= BEGIN END", BAD, 1, 33, "B is not defined in module N"},
    {"M DEFINITIONS ::= BEGIN IMPORTS B FROM N; END N DEFINITIONS ::= BEGIN IMPORTS B FROM M; END", BAD, 1, 33, "B is not defined in module N"},
    {"M DEFINITIONS ::= BEGIN IMPORTS B, B FROM N; END N DEFINITIONS ::= BEGIN B ::= NULL END", BAD, 1, 36, "B is imported twice"},
    {"M DEFINITIONS ::= BEGIN IMPORTS B FROM N; END N DEFINITIONS ::= BEGIN EXPORTS; B ::= NULL END", BAD, 1, 33, "B is not exported by module N"},
    {"M DEFINITIONS ::= BEGIN EXPORTS A; END", BAD, 1, 33, "A is not defined in module M"},
    {"M DEFINITIONS ::= BEGIN A ::= B END N DEFINITIONS ::= BEGIN B ::= NULL END", BAD, 1, 31, "B is not imported from module N"},
    {"M DEFINITIONS ::= BEGIN A ::= NULL END\nN DEFINITIONS ::= BEGIN A ::= NULL END", BAD, 2, 25, "A is already defined in module M (m.asn1:1)"},
    {M("A ::= NULL A ::= NULL"), BAD, 1, 36, "A is already defined in module M (m.asn1:1)"},
    {M("A ::= B"), BAD, 1, 31, "B is not defined"},
    {M("A ::= N.B"), BAD, 1, 31, "there is no module N"},
    {M("A ::= INTEGER (N)"), BAD, 1, 41, "expected '.', found ')'"},
    {M("A ::= INTEGER (N.B)"), BAD, 1, 42, "expected a value name, found 'B'"},
    {M("A ::= [A] NULL"), BAD, 1, 32, "expected a tag number, found 'A'"},
    {M("A ::= N.b"), BAD, 1, 33, "expected a type name, found 'b'"},
    {M("A ::= N.B.C"), NOT, 1, 34, "not supported: information object classes"},
    {M("v A ::= { iso(a) }"), NOT, 1, 39, "not supported: a reference as the number of an arc"},
    {M("v A ::= { iso(A) }"), BAD, 1, 39, "expected a number, found 'A'"},
    {M("A ::= \"x\""), BAD, 1, 31, "expected a type, found a string"},
    {"M DEFINITIONS ::= BEGIN IMPORTS 1 FROM N; END", BAD, 1, 33, "expected a type or value name, found '1'"},
    /* Assignments. */
    {M("A = NULL"), BAD, 1, 27, "unexpected character '='"},
    {M("A NULL"), NOT, 1, 27, "not supported: a value set or an information object set"},
    {M("A {B} ::= NULL"), NOT, 1, 27, "not supported: parameterization"},
    {M("A MACRO ::= NULL"), NOT, 1, 27, "not supported: MACRO"},
    {M("A ::= CLASS { &id INTEGER }"), NOT, 1, 31, "not supported: CLASS"},
    {M("A ::= B ::= C"), BAD, 1, 33, "expected an assignment or END, found '::='"},
    {M("v A ::= w"), BAD, 1, 27, "A is not defined"},
    {M("v NULL ::= NULL v NULL ::= NULL"), BAD, 1, 41, "v is already defined in module M (m.asn1:1)"},
    {M("A ::= B B ::= C C ::= A"), BAD, 1, 47, "type A is defined by itself"},
    {M("A ::= [0] A"), BAD, 1, 31, "type A is defined by itself"},
    {M("v INTEGER ::= w w INTEGER ::= v"), BAD, 1, 39, "value v is defined by itself"},
    {M("v INTEGER ::= TRUE"), BAD, 1, 39, "this is no value of type INTEGER"},
    {M("v INTEGER (0..5) ::= 6"), BAD, 1, 46, "greater than 5, the greatest value allowed here"},
    {M("v SEQUENCE {} ::= 6"), NOT, 1, 43, "not supported: a value of type SEQUENCE"},
    {M("v ENUMERATED {a} ::= 0"), BAD, 1, 46, "this is no value of type ENUMERATED"},
    {M("v OBJECT IDENTIFIER ::= { foo 1 }"), BAD, 1, 51, "foo is not defined"},
    {M("v OBJECT IDENTIFIER ::= { 1 foo }"), NOT, 1, 53, "not supported: arc foo without a number"},
    {M("v OBJECT IDENTIFIER ::= { 3 1 }"), BAD, 1, 51, "3 is too great for arc 1"},
    {M("v OBJECT IDENTIFIER ::= { 1 40 }"), BAD, 1, 53, "40 is too great for arc 2"},
    {M("v OBJECT IDENTIFIER ::= { 1 }"), BAD, 1, 49, "an object identifier has at least two arcs"},
    {M("v A ::= { a 1, b 2 }"), NOT, 1, 38, "not supported: a value in braces that is no object identifier"},
    {M("v A ::= a : 5"), NOT, 1, 35, "not supported: a value of a CHOICE"},
    /* Types. */
    {M("A ::= REAL"), NOT, 1, 31, "not supported: REAL"},
    {M("A ::= EXTERNAL"), NOT, 1, 31, "not supported: EXTERNAL"},
    {M("A ::= ANY"), NOT, 1, 31, "not supported: ANY"},
    {M("A ::= SET { a NULL }"), NOT, 1, 31, "not supported: SET (only SET OF)"},
    {M("A ::= B { NULL }"), NOT, 1, 33, "not supported: parameterization"},
    {M("A ::= B.&id"), NOT, 1, 33, "not supported: information object classes"},
    {M("A ::= a < B"), NOT, 1, 31, "not supported: a selection type"},
    {M("A ::= SEQUENCE OF a NULL"), NOT, 1, 43, "not supported: a name for the element"},
    {M("A ::= SEQUENCE NULL"), BAD, 1, 40, "expected '{' or OF, found 'NULL'"},
    {M("A ::= OCTET NULL"), BAD, 1, 37, "expected STRING, found 'NULL'"},
    {M("A ::= CHOICE {}"), BAD, 1, 39, "expected a component, found '}'"},
    {M("A ::= CHOICE { ... }"), BAD, 1, 40, "expected a component, found '...'"},
    {M("A ::= CHOICE { a NULL OPTIONAL }"), BAD, 1, 47, "expected '}' or ',', found 'OPTIONAL'"},
    {M("A ::= SEQUENCE { a NULL, }"), BAD, 1, 50, "expected a component, found '}'"},
    {M("A ::= SEQUENCE { a NULL b NULL }"), BAD, 1, 49, "expected '}' or ',', found 'b'"},
    {M("A ::= SEQUENCE { COMPONENTS OF B }"), NOT, 1, 42, "not supported: COMPONENTS OF"},
    {M("A ::= SEQUENCE { ..., ..., a NULL }"), NOT, 1, 52, "not supported: components behind a second extension marker"},
    {M("A ::= SEQUENCE { ..., ..., ... }"), BAD, 1, 52, "expected a component, found '...'"},
    {M("A ::= SEQUENCE { ... ! 5 }"), NOT, 1, 46, "not supported: an exception"},
    {M("A ::= SEQUENCE { [[ a NULL ]] }"), BAD, 1, 42, "expected a component, found '[['"},
    {M("A ::= SEQUENCE { a NULL, a BOOLEAN }"), BAD, 1, 50, "there is already a component a"},
    {M("A ::= ENUMERATED { a, a }"), BAD, 1, 47, "there is already a name a"},
    {M("A ::= ENUMERATED { a(1), b(1) }"), BAD, 1, 50, "the number of b is already taken"},
    {M("A ::= ENUMERATED { a, ..., b(0) }"), BAD, 1, 52, "the number of b is already taken"},
    {M("A ::= ENUMERATED { a, ..., b(5), c(4) }"), BAD, 1, 58, "the number of c is not greater than that of b"},
    {M("A ::= ENUMERATED { ... }"), BAD, 1, 44, "expected a name, found '...'"},
    {M("A ::= ENUMERATED { a, ..., b, ... }"), BAD, 1, 55, "expected a name, found '...'"},
    {M("A ::= ENUMERATED { a(b) }"), NOT, 1, 46, "not supported: a reference as the number of a name"},
    {M("A ::= INTEGER { a }"), BAD, 1, 43, "expected '(', found '}'"},
    {M("A ::= BIT STRING { a(-1) }"), BAD, 1, 44, "a bit has no negative number"},
    /* Tags. */
    {M("A ::= [UNIVERSAL 2] NULL"), NOT, 1, 32, "not supported: a tag of class UNIVERSAL"},
    {M("A ::= [v] NULL"), NOT, 1, 32, "not supported: a reference as tag number"},
    {M("A ::= [2147483648] NULL"), LIM, 1, 32, "a tag number greater than 2147483647"},
    {M("A ::= [0] IMPLICIT CHOICE { a NULL }"), BAD, 1, 31, "an untagged CHOICE cannot be tagged IMPLICIT"},
    {M("A ::= CHOICE { a NULL, b [5] NULL, c [5] NULL }"), BAD, 1, 60, "c begins with tag [5], as b does"},
    {M("A ::= CHOICE { a NULL, b CHOICE { c NULL } }"), BAD, 1, 48, "b begins with tag [UNIVERSAL 5], as a does"},
    {M("A ::= CHOICE { a A }"), BAD, 1, 40, "a CHOICE contains itself without a tag between"},
    {M("A ::= SEQUENCE { a NULL OPTIONAL, b NULL }"), BAD, 1, 59, "b begins with tag [UNIVERSAL 5], as a does"},
    {M("A ::= SEQUENCE { a NULL DEFAULT NULL, b [0] NULL OPTIONAL, ..., c NULL }"), BAD, 1, 89, "c begins with tag [UNIVERSAL 5], as a does"},
    {"M DEFINITIONS AUTOMATIC TAGS ::= BEGIN A ::= SEQUENCE { a NULL, ..., b [0] NULL } END", BAD, 1, 70, "an addition has a tag, and what it is added to has automatic ones"},
    /* Constraints. */
    {M("A ::= INTEGER (5..3)"), BAD, 1, 39, "an empty range: it ends at 3"},
    {M("A ::= INTEGER (0..5)(0..6)"), BAD, 1, 49, "greater than 5, the greatest value allowed here"},
    {M("A ::= INTEGER (1..5)(0..2)"), BAD, 1, 46, "less than 1, the least value allowed here"},
    {M("A ::= INTEGER (MAX..MAX)"), BAD, 1, 39, "a range that begins or ends nowhere"},
    {M("A ::= INTEGER (1 | 2)"), NOT, 1, 42, "not supported: an operator in a constraint"},
    {M("A ::= INTEGER (1 UNION 2)"), NOT, 1, 42, "not supported: UNION"},
    {M("A ::= INTEGER (0..<5)"), NOT, 1, 43, "not supported: an operator in a constraint"},
    {M("A ::= INTEGER (0..5, ..., 7)"), NOT, 1, 49, "not supported: values behind the extension marker of a constraint"},
    {M("A ::= INTEGER (SIZE (5))"), BAD, 1, 39, "INTEGER has no size"},
    {M("A ::= BOOLEAN (TRUE)"), NOT, 1, 39, "not supported: values in a constraint of BOOLEAN"},
    {M("A ::= OCTET STRING (SIZE (-1))"), BAD, 1, 51, "a size is not negative"},
    {M("A ::= OCTET STRING (CONTAINING B)"), NOT, 1, 45, "not supported: CONTAINING"},
    {M("A ::= IA5String (FROM (\"a\"))"), NOT, 1, 42, "not supported: an alphabet or ALL EXCEPT in a constraint"},
    {M("A ::= SEQUENCE { b NULL } (WITH B)"), BAD, 1, 57, "expected COMPONENTS, found 'B'"},
    {M("A ::= SEQUENCE { b NULL } (WITH COMPONENTS b)"), BAD, 1, 68, "expected '{', found 'b'"},
    {M("A ::= SEQUENCE { b NULL } (WITH COMPONENTS {b})"), NOT, 1, 69, "not supported: WITH COMPONENTS without '...'"},
    {M("A ::= SEQUENCE { b NULL } (WITH COMPONENTS {..., B})"), BAD, 1, 74, "expected a component, found 'B'"},
    {M("A ::= SEQUENCE { b NULL } (WITH COMPONENTS {..., b (5)})"), NOT, 1, 76, "not supported: a component that is neither PRESENT nor ABSENT"},
    {M("A ::= SEQUENCE { b NULL } (WITH COMPONENTS {..., b PRESENT)"), BAD, 1, 83, "expected '}' or ',', found ')'"},
    {M("A ::= SEQUENCE { b NULL } (WITH COMPONENTS {...} ^"), BAD, 1, 74, "expected ')' or '|', found '^'"},
    {M("A ::= SEQUENCE { b NULL } (WITH COMPONENTS {...} | b)"), BAD, 1, 76, "expected WITH, found 'b'"},
    {M("A ::= SEQUENCE { b NULL } (WITH COMPONENTS {..., b PRESENT})"), BAD, 1, 74, "b is not OPTIONAL"},
    {M("A ::= SEQUENCE { b NULL } (WITH COMPONENTS {..., c PRESENT})"), BAD, 1, 74, "c is no component of the SEQUENCE"},
    {M("A ::= SEQUENCE { b NULL OPTIONAL } (WITH COMPONENTS {..., b PRESENT, b ABSENT})"), BAD, 1, 94, "b again"},
    {M("A ::= CHOICE { b NULL } (WITH COMPONENTS {..., b PRESENT})"), NOT, 1, 49, "not supported: WITH COMPONENTS behind CHOICE"},
    {M("A ::= SEQUENCE { b NULL } (WITH COMPONENTS {...} | WITH COMPONENTS {...} | WITH COMPONENTS {...} "
       "| WITH COMPONENTS {...} | WITH COMPONENTS {...} | WITH COMPONENTS {...} | WITH COMPONENTS {...} "
       "| WITH COMPONENTS {...} | WITH COMPONENTS {...})"), LIM, 1, 244, "more than 8 alternatives of a constraint"},
    {M("A ::= SEQUENCE { b NULL } (WITH COMPONENTS {..., a PRESENT, b PRESENT, c PRESENT, d PRESENT, e PRESENT, "
       "f PRESENT, g PRESENT, h PRESENT, i PRESENT, j PRESENT, k PRESENT, l PRESENT, m PRESENT, n PRESENT, "
       "o PRESENT, p PRESENT, q PRESENT})"), LIM, 1, 248, "more than 16 components of a constraint"},
    {M("A ::= INTEGER ((1))"), NOT, 1, 40, "not supported: parentheses in a constraint"},
    {M("A ::= SEQUENCE { a INTEGER (0..5) DEFAULT 6 }"), BAD, 1, 67, "greater than 5, the greatest value allowed here"},
    {M("A ::= SEQUENCE { a SEQUENCE {} DEFAULT {} }"), NOT, 1, 65, "not supported: a value in braces that is no object identifier"},
};
/* clang-format on */

START_TEST(bad_notation_is_refused_at_its_place)
{
    const struct bad_row *row = &bads[_i];
    struct front front;
    char text[ERR_TEXT_MAX];

    ck_assert_msg(!front_resolve(&front, row->text), "taken: %s", row->text);
    ck_assert_str_eq(front.model.diag.message, row->message);
    ck_assert_uint_eq(front.model.diag.line, row->line);
    ck_assert_uint_eq(front.model.diag.column, row->column);
    ck_assert_int_eq(front.err.band, row->band);
    (void)snprintf(text, sizeof(text), "m.asn1:%" PRIu32 ":%" PRIu32 ": %s", row->line, row->column,
                   row->message);
    ck_assert_str_eq(front.err.text, text);
    front_done(&front);
}
END_TEST

START_TEST(messages_show_the_place)
{
    struct front front;
    char text[MESSAGE_MAX];

    ck_assert(
        !front_resolve(&front, "M DEFINITIONS ::= BEGIN\nA ::= ENUMERATED {\n\tb(0),\tc(0\n}"));
    ck_assert_str_eq(asn_diag_format(&front.model.diag, text, sizeof(text)),
                     "m.asn1:4:1: expected ')', found '}'\n  }\n  ^");
    front_done(&front);
    ck_assert(!front_resolve(&front, "M DEFINITIONS ::= BEGIN\n\ta /* \xc3\xa4\x1b */ +\r\nEND"));
    front_done(&front);
    ck_assert(!front_resolve(&front, "M DEFINITIONS ::= BEGIN\n\ta /* \xc3\xa4 */ +\r\nEND"));
    ck_assert_str_eq(asn_diag_format(&front.model.diag, text, sizeof(text)),
                     "m.asn1:2:13: unexpected character '+'\n  \ta /* ? */ +\n  \t          ^");
    for (size_t cap = 1; cap < 64; cap++) {
        memset(text, 'x', sizeof(text));
        ck_assert_uint_lt(strlen(asn_diag_format(&front.model.diag, text, cap)), cap);
        ck_assert_int_eq(text[cap], 'x');
    }
    front_done(&front);
}
END_TEST

START_TEST(long_lines_are_cut_around_the_place)
{
    struct front front;
    char text[4096];
    char message[MESSAGE_MAX];
    size_t n = (size_t)snprintf(text, sizeof(text), "M DEFINITIONS ::= BEGIN ");

    memset(text + n, ' ', 3000);
    (void)snprintf(text + n + 3000, 64, "A ::= ? %0*d", 50, 0);
    ck_assert(!front_resolve(&front, text));
    (void)asn_diag_format(&front.model.diag, message, sizeof(message));
    ck_assert_uint_eq(front.model.diag.column, n + 3007);
    ck_assert_uint_le(strlen(front.model.diag.excerpt), ASN_EXCERPT_MAX);
    ck_assert_int_eq(front.model.diag.excerpt[front.model.diag.caret], '?');
    front_done(&front);
}
END_TEST

START_TEST(a_failed_model_stays_failed)
{
    struct front front;
    struct err err = ERR_INIT;

    ck_assert(!front_resolve(&front, "M"));
    ck_assert(!asn_parse(&front.model, "n.asn1", span_str(M("")), &err));
    ck_assert_int_eq(err.band, ERR_USAGE);
    err_init(&err);
    ck_assert(!asn_resolve(&front.model, &err));
    ck_assert(!asn_resolve(&front.model, NULL));
    front_done(&front);
    ck_assert(front_resolve(&front, M("")));
    ck_assert(asn_resolve(&front.model, NULL));
    err_init(&err);
    ck_assert(!asn_parse(&front.model, "n.asn1", span_str(M("")), &err));
    front_done(&front);
}
END_TEST

static const struct asn_node *type_of(const struct front *front, const char *name)
{
    const struct asn_assignment *one = asn_type_find(&front->model, name);

    ck_assert_ptr_nonnull(one);
    return one->type;
}

START_TEST(enumerations_are_numbered)
{
    /* The examples of X.680 20.6, and a negative number. */
    static const struct {
        const char *items;
        int64_t numbers[5];
    } rows[] = {
        {"a, b, ..., c", {0, 1, 2}},          {"a, b, c(0), ..., d", {1, 2, 0, 3}},
        {"a, b, ..., c(3), d", {0, 1, 3, 4}}, {"a, z(25), ..., d", {0, 25, 1}},
        {"a(-5), b, c(0), d", {-5, 1, 0, 2}}, {"a(1), ..., b, c, d", {1, 0, 2, 3}},
        {"a, ..., b(-3), c", {0, -3, 1}},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct front front;
        char text[256];
        size_t n = 0;

        (void)snprintf(text, sizeof(text), M("A ::= ENUMERATED { %s }"), rows[i].items);
        ck_assert_msg(front_resolve(&front, text), "%s", front.err.text);
        for (const struct asn_item *item = type_of(&front, "A")->items; item != NULL;
             item = item->next) {
            ck_assert_int_eq(asn_number_int64(item->number), rows[i].numbers[n]);
            n++;
        }
        front_done(&front);
    }
}
END_TEST

START_TEST(tags_follow_the_rules)
{
    static const struct {
        const char *defaults;
        const char *type;
        const char *tags;
    } rows[] = {
        {"EXPLICIT TAGS", "[1] NULL", "[1][UNIVERSAL 5]"},
        {"", "[1] NULL", "[1][UNIVERSAL 5]"},
        {"IMPLICIT TAGS", "[1] NULL", "[1]"},
        {"IMPLICIT TAGS", "[1] EXPLICIT [2] NULL", "[1][2]"},
        {"IMPLICIT TAGS", "[1] [2] EXPLICIT NULL", "[1][UNIVERSAL 5]"},
        {"IMPLICIT TAGS", "CHOICE { a NULL }", ""},
        {"IMPLICIT TAGS", "[1] CHOICE { a NULL }", "[1]"},
        {"IMPLICIT TAGS", "[0] IMPLICIT [1] CHOICE { a NULL }", "[0]"},
        {"AUTOMATIC TAGS", "[APPLICATION 3] SEQUENCE { a NULL }", "[APPLICATION 3]"},
        {"EXPLICIT TAGS", "[PRIVATE 3] IMPLICIT B", "[PRIVATE 3][UNIVERSAL 1]"},
        {"AUTOMATIC TAGS", "B", "[9]"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct front front;
        char text[256];
        char tags[128] = "";
        const struct asn_node *node;

        (void)snprintf(text, sizeof(text),
                       "M DEFINITIONS %s ::= BEGIN A ::= %s B ::= [9] BOOLEAN END",
                       rows[i].defaults, rows[i].type);
        ck_assert_msg(front_resolve(&front, text), "%s", front.err.text);
        node = type_of(&front, "A");
        for (uint32_t t = 0; t < node->tag_count; t++) {
            size_t len = strlen(tags);

            (void)asn_tag_format(node->tag_list[t], tags + len, sizeof(tags) - len);
        }
        ck_assert_str_eq(tags, rows[i].tags);
        front_done(&front);
    }
}
END_TEST

START_TEST(automatic_tags_count_components)
{
    struct front front;
    uint32_t number = 0;

    ck_assert(front_resolve(&front,
                            "M DEFINITIONS AUTOMATIC TAGS ::= BEGIN A ::= SEQUENCE { a NULL, "
                            "b CHOICE { c NULL }, ..., d BOOLEAN } B ::= SEQUENCE { a [5] NULL,"
                            " b NULL } END"));
    for (const struct asn_component *one = type_of(&front, "A")->components; one != NULL;
         one = one->next) {
        ck_assert_uint_eq(one->type->tag_count, 1);
        ck_assert_uint_eq(one->type->tag_list[0].number, number++);
        ck_assert(one->type->tags->is_explicit == (one->type->kind == ASN_KIND_CHOICE));
    }
    ck_assert_ptr_null(type_of(&front, "B")->components->next->type->tags);
    front_done(&front);
}
END_TEST

START_TEST(object_identifiers_have_arcs)
{
    struct front front;
    const struct asn_value *value;

    ck_assert(
        front_resolve(&front, M("b OBJECT IDENTIFIER ::= { a 18446744073709551615 } "
                                "a OBJECT IDENTIFIER ::= { iso identified-organization dod(6) }")));
    value = asn_value_find(&front.model, "b")->value->is;
    ck_assert_uint_eq(value->arc_count, 4);
    ck_assert_uint_eq(value->arc_numbers[1], 3);
    ck_assert_uint_eq(value->arc_numbers[3], UINT64_MAX);
    front_done(&front);
}
END_TEST

/* A text of a head, a piece that is repeated, and a tail. */
static struct buf repeat(const char *head, const char *piece, size_t times, const char *tail)
{
    struct buf text;

    buf_init(&text, 64 * 1024 * 1024);
    ck_assert(buf_put(&text, head, strlen(head), NULL));
    for (size_t i = 0; i < times; i++) {
        ck_assert(buf_put(&text, piece, strlen(piece), NULL));
    }
    ck_assert(buf_put(&text, tail, strlen(tail), NULL));
    return text;
}

#define BEGIN "M DEFINITIONS IMPLICIT TAGS ::= BEGIN "

static const struct limit_row {
    const char *head;
    const char *piece;
    size_t times;
    const char *tail;
    const char *message;
} limits[] = {
    {BEGIN "A ::= ", "SEQUENCE OF ", 100000, "NULL END", "more than 32 types inside one another"},
    {BEGIN "A ::= ", "SEQUENCE { a ", 100000, "", "more than 32 types inside one another"},
    {BEGIN "A ::= SEQUENCE { ", "a NULL, ", 520000, "", "more than 4096 components"},
    {BEGIN "A ::= ENUMERATED { ", "a, ", 1000000, "", "more than 4096 names"},
    {BEGIN "A ::= ", "[0] ", 100000, "NULL END", "more than 8 tags around one another"},
    {BEGIN "A ::= INTEGER ", "(0..1) ", 100000, " END",
     "more than 8 constraints behind one another"},
    {BEGIN "A ::= ", "Abcdefghij", 1000, " END", "a name of more than 128 characters"},
    {BEGIN "EXPORTS A", ", A", 100000, "; END", "more than 4096 symbols"},
    {BEGIN "v A ::= { 1", " 1", 100000, "} END", "more than 64 arcs"},
    {BEGIN "v A ::= \"", "x", 100000, "\" END", "a string of more than 4096 octets"},
    {BEGIN "", "A ::= NULL ", 300000, "END", "more than 65536 assignments"},
    {BEGIN "", "/*", 100000, "", "more than 255 comments inside one another"},
    {"", "M DEFINITIONS ::= BEGIN END ", 100000, "", "more than 2048 modules"},
    {"", " ", (size_t)ASN_SOURCE_MAX + 1, "", "m.asn1: a file of more than 4194304 octets"},
    {BEGIN "v INTEGER ::= 1", "0", 1000000, " END", "a number greater than 18446744073709551615"},
};

START_TEST(too_much_is_refused_soon)
{
    const struct limit_row *row = &limits[_i];
    struct front front;
    struct buf text = repeat(row->head, row->piece, row->times, row->tail);
    clock_t start = clock();

    ck_assert(!front_parse(&front, buf_span(&text), 256 * 1024 * 1024));
    ck_assert_str_eq(front.model.diag.message, row->message);
    ck_assert_int_eq(front.err.band, ERR_LIMIT);
    ck_assert_int_lt((clock() - start) / CLOCKS_PER_SEC, 10);
    front_done(&front);
    buf_done(&text);
}
END_TEST

START_TEST(octets_of_every_kind_are_refused)
{
    struct front front;

    for (unsigned octet = 0; octet < 256; octet++) {
        char text[] = BEGIN "A ::= NULL ? END";
        char *place = strchr(text, '?');
        bool good = (octet >= '\t' && octet <= '\r') || octet == ' ';
        bool ok;

        *place = (char)octet;
        ok = front_parse(&front, span_of(text, sizeof(text) - 1), SIZE_MAX);
        ck_assert_msg(ok == good, "octet 0x%02x", octet);
        front_done(&front);
    }
}
END_TEST

/* Chains and nets of references of the greatest size: found wanting or not, in linear time. */
START_TEST(long_chains_take_linear_time)
{
    static const char *const rows[] = {
        "T%zu ::= T%zu ",                            /* a ring of references */
        "T%zu ::= SEQUENCE { a T%zu, b T%zu } ",     /* sizes multiply */
        "T%zu ::= CHOICE { a [%zu] NULL, b T%zu } ", /* untagged CHOICE types */
        "T%zu ::= SEQUENCE OF T%zu ",
        "T%zu ::= [0] EXPLICIT T%zu ",
    };

    for (size_t r = 0; r < COUNT(rows); r++) {
        struct front front;
        struct buf text = repeat(BEGIN, "", 0, "");
        char line[128];
        clock_t start = clock();

        for (size_t i = 0; i < 30000; i++) {
            size_t n =
                (size_t)snprintf(line, sizeof(line), rows[r], i, (i + 1) % 30000, (i + 1) % 30000);

            ck_assert(buf_put(&text, line, n, NULL));
        }
        ck_assert(buf_put(&text, "END", 4, NULL));
        text.len--;
        if (front_parse(&front, buf_span(&text), 512 * 1024 * 1024)) {
            (void)asn_resolve(&front.model, &front.err);
        }
        ck_assert_int_lt((clock() - start) / CLOCKS_PER_SEC, 10);
        front_done(&front);
        buf_done(&text);
    }
}
END_TEST

START_TEST(memory_that_runs_out_is_an_error)
{
    static const char text[] = BEGIN
        "A ::= SEQUENCE { a INTEGER { x(1) } (0..5) DEFAULT x, b [0] CHOICE { c NULL }, -- doc\n"
        "d ENUMERATED { e, f }, g [1] SEQUENCE OF A } v OBJECT IDENTIFIER ::= { iso 3 } END";
    struct front front;
    bool ok = false;

    for (size_t max = 0; max < 1024 * 1024 && !ok; max += 64) {
        ok = front_parse(&front, span_str(text), max) && asn_resolve(&front.model, &front.err);
        ck_assert(ok || front.err.band == ERR_LIMIT);
        front_done(&front);
    }
    ck_assert(ok);
}
END_TEST

static struct buf read_module(const char *name)
{
    char path[1024];
    struct buf text;
    uint8_t piece[4096];
    FILE *file;
    size_t n;

    (void)snprintf(path, sizeof(path), "%s/asn1/%s.asn1", TEST_SOURCE_DIR, name);
    file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    buf_init(&text, ASN_SOURCE_MAX);
    while ((n = fread(piece, 1, sizeof(piece), file)) > 0) {
        ck_assert(buf_put(&text, piece, n, NULL));
    }
    (void)fclose(file);
    return text;
}

static const char *const modules[] = {"stream", "ram", "section", "header", "leaf"};

START_TEST(our_modules_print_to_themselves)
{
    struct front front;
    struct front again;
    char *once;
    char *twice;
    struct buf all;

    buf_init(&all, ASN_SOURCE_MAX);
    for (size_t i = 0; i < COUNT(modules); i++) {
        struct buf text = read_module(modules[i]);

        ck_assert(buf_put(&all, text.p, text.len, NULL));
        buf_done(&text);
    }
    ck_assert_msg(front_parse(&front, buf_span(&all), SIZE_MAX), "%s", front.err.text);
    ck_assert_msg(asn_resolve(&front.model, &front.err), "%s", front.err.text);
    once = front_print(&front);
    ck_assert_msg(front_resolve(&again, once), "%s", again.err.text);
    twice = front_print(&again);
    ck_assert_str_eq(once, twice);
    free(twice);
    free(once);
    front_done(&again);
    front_done(&front);
    buf_done(&all);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("schema");
    TCase *tcase = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, good_notation_has_one_form, 0, COUNT(goods));
    tcase_add_loop_test(tcase, bad_notation_is_refused_at_its_place, 0, COUNT(bads));
    tcase_add_test(tcase, messages_show_the_place);
    tcase_add_test(tcase, long_lines_are_cut_around_the_place);
    tcase_add_test(tcase, a_failed_model_stays_failed);
    tcase_add_test(tcase, enumerations_are_numbered);
    tcase_add_test(tcase, tags_follow_the_rules);
    tcase_add_test(tcase, automatic_tags_count_components);
    tcase_add_test(tcase, object_identifiers_have_arcs);
    tcase_add_loop_test(tcase, too_much_is_refused_soon, 0, COUNT(limits));
    tcase_add_test(tcase, octets_of_every_kind_are_refused);
    tcase_add_test(tcase, long_chains_take_linear_time);
    tcase_add_test(tcase, memory_that_runs_out_is_an_error);
    tcase_add_test(tcase, our_modules_print_to_themselves);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
