/*
 * test_layout_modules.c - tails with device modules: what conforms goes by its module, what does
 * not is said or refused, and sections that nothing describes are guessed. The modules are made up.
 */
#include <check.h>
#include <stdlib.h>

#include "codec/savevm/lay_limits.h"
#include "layout_make.h"
#include "layout_trip.h"

enum { GUESSED_LEN = 6, LONGER_LEN = 40 };

/* What the made up library has been asked, and how it answers. */
struct fake {
    unsigned joins;
    unsigned guesses;
    size_t guess_max; /* octets of the largest payload it was shown */
    bool no_memory;
    bool wild;   /* a guess that the payload does not fit */
    bool longer; /* guesses LONGER_LEN octets */
    unsigned values;
    bool has_values;
    uint8_t wrong; /* the first octet of a payload that contradicts its description */
};

static struct fake fake;
static struct make made;
static struct layout_trip trip;

static void name_module(struct wire_type_description *wire)
{
    wire->has_module = true;
    wire->module.name = span_str("Vmber-Good");
    wire->module.digest = span_str("0123456789abcdef");
}

/* Gives fields called "opt..." the tags 0, 1 ..., subsections those from 40 on. */
static bool join_good(struct lay_types *types, uint32_t type, uint32_t *joined, struct err *why)
{
    struct wire_type_description wire = lay_types_get(types, type)->wire;
    struct wire_field fields[8];
    uint32_t tags[4];
    uint32_t tag = 0;

    ck_assert(wire.fields.count <= 8 && (!wire.has_subsections || wire.subsections.count <= 4));
    for (size_t i = 0; i < wire.fields.count; i++) {
        fields[i] = wire.fields.items[i];
        if (fields[i].name.len >= 3 && memcmp(fields[i].name.p, "opt", 3) == 0) {
            fields[i].has_tag = true;
            fields[i].tag = tag++;
        }
    }
    wire.fields.items = fields;
    if (wire.has_subsections) {
        wire.has_subsection_tags = true;
        wire.subsection_tags.count = wire.subsections.count;
        wire.subsection_tags.items = tags;
        for (uint32_t i = 0; i < wire.subsections.count; i++) {
            tags[i] = 40 + i;
        }
    }
    name_module(&wire);
    if (!lay_types_intern(types, &wire, joined, why)) {
        return false;
    }
    types->items[*joined - 1].has_values = fake.has_values;
    return true;
}

static bool value(void *ctx, const struct lay_types *types, uint32_t joined, struct span payload,
                  struct err *why)
{
    struct fake *f = ctx;

    ck_assert_uint_eq(lay_types_get(types, joined)->size, payload.len);
    f->values++;
    if (f->no_memory) {
        return err_memory(why);
    }
    return payload.p[0] != f->wrong ||
           err_set(why, ERR_MALFORMED, "field 'opt' has 2 octets, 'a' says 1") ||
           err_at_path(why, "inner");
}

static bool join(void *ctx, struct lay_types *types, struct span name, uint32_t type,
                 uint32_t *joined, struct err *why)
{
    struct fake *f = ctx;
    const struct wire_type_description *wire = &lay_types_get(types, type)->wire;

    f->joins++;
    if (f->no_memory) {
        return err_memory(why);
    }
    if (span_eq_str(wire->name, "good") || span_eq_str(name, "old good")) {
        return join_good(types, type, joined, why);
    }
    if (span_eq_str(wire->name, "other")) {
        return err_set(why, ERR_MALFORMED, "field 'b' is uint16, module says uint32") ||
               err_at_path(why, "inner");
    }
    return err_set(why, ERR_UNSUPPORTED, "no module");
}

/* Knows one section: "good" of four octets and two, or of four and a string. */
static bool guess(void *ctx, struct lay_types *types, struct span name, uint32_t version,
                  struct span payload, uint32_t *type, struct err *why)
{
    struct fake *f = ctx;
    struct wire_field fields[2] = {0};
    struct wire_type_description wire = {0};
    size_t len = f->longer ? LONGER_LEN : GUESSED_LEN;
    uint32_t sub;

    f->guesses++;
    f->guess_max = payload.len > f->guess_max ? payload.len : f->guess_max;
    if (f->no_memory) {
        return err_memory(why);
    }
    wire.name = span_str("good");
    wire.version = version;
    if (!lay_types_intern(types, &wire, &sub, why)) { /* one that a failure leaves behind */
        return false;
    }
    if (!span_eq_str(name, "good")) {
        return err_set(why, ERR_UNSUPPORTED, "no module");
    }
    fields[0].name = span_str("a");
    fields[0].type = span_str("uint32");
    fields[0].has_size = true;
    fields[0].size = 4;
    fields[0].repeat = 1;
    fields[1] = fields[0];
    fields[1].name = span_str("opt");
    fields[1].type = span_str(f->longer ? "buffer" : "uint16");
    fields[1].size = (uint32_t)len - 4;
    fields[1].has_tag = true;
    wire.fields.count = 2;
    wire.fields.items = fields;
    name_module(&wire);
    if (f->wild) { /* a list of one element in place of two octets */
        fields[1].type = span_str("qtailq");
        fields[1].has_size = false;
        fields[1].has_members = true;
        fields[1].members.count = 1;
        fields[1].members.items = &sub;
        return lay_types_intern(types, &wire, type, why);
    }
    if (payload.len != len) {
        return err_set(why, ERR_MALFORMED, "no form of it has %zu octets", payload.len);
    }
    return lay_types_intern(types, &wire, type, why);
}

static const struct lay_modules modules = {
    .ctx = &fake, .join = join, .guess = guess, .value = value};
static const struct lay_options by_auto = {
    .legacy_offset = 1000, .schema = LAY_SCHEMA_AUTO, .modules = &modules};
static const struct lay_options by_strict = {
    .legacy_offset = 1000, .schema = LAY_SCHEMA_STRICT, .modules = &modules};

static void setup(void)
{
    memset(&fake, 0, sizeof(fake));
}

static void run(const struct lay_options *options)
{
    layout_trip_run(&trip, make_span(&made), options);
    ck_assert_msg(trip.broken == NULL, "%s: %s", trip.broken, trip.detail);
}

/* Runs what has been made, which must be told as those letters. */
static void run_is(const struct lay_options *options, const char *letters)
{
    run(options);
    ck_assert_msg(trip.result == LAY_COMPLETE, "%s: %s", trip.err.path, trip.err.text);
    ck_assert_str_eq((const char *)trip.shape.p, letters);
}

static void refused(const char *path, const char *text, uint64_t offset)
{
    run(&by_strict);
    ck_assert(trip.result == LAY_FAILED && trip.err.band == ERR_UNSUPPORTED);
    ck_assert_str_eq(trip.err.path, path);
    ck_assert_str_eq(trip.err.text, text);
    ck_assert_uint_eq(trip.err.legacy_offset, offset);
    ck_assert_uint_eq(trip.shape.len, 1); /* nothing was told */
    layout_trip_done(&trip);
}

static void good(const char *name, uint32_t instance)
{
    make_device(&made, name, instance, "good", 1);
    make_leaf(&made, "a", "uint32", 4);
    make_leaf(&made, "opt", "uint16", 2);
    make_device_end(&made);
}

static void other(const char *name)
{
    make_device(&made, name, 0, "other", 1);
    make_leaf(&made, "b", "uint16", 2);
    make_device_end(&made);
}

START_TEST(test_joined)
{
    const struct wire_type_description *wire;

    make_begin(&made, MAKE_FOOTERS | MAKE_CONFIGURATION);
    make_early(&made, "memory/early", "early"); /* its type is the first, and is told last */
    good("0000:00:04.0/good", 0);
    make_device(&made, "sub", 0, "good", 2);
    make_leaf_array(&made, "opt_array", "uint16", 2, 3);
    make_subsections(&made);
    make_sub(&made, "good/more", 3);
    make_leaf(&made, "x", "uint64", 8);
    make_sub_end(&made);
    make_device_end(&made);
    good("good", 1);
    make_end(&made);
    run_is(&by_auto, "TSTSSETV");
    ck_assert(!trip.had_why && trip.report.rebuilt);
    ck_assert_uint_eq(trip.report.conforming, 3);
    ck_assert_uint_eq(trip.report.differing + trip.report.no_module, 0);
    ck_assert_uint_eq(fake.joins, 2); /* one for each type */
    ck_assert_uint_eq(trip.learned.count, 5);
    wire = &lay_types_get(&trip.learned, 1)->wire;
    ck_assert(span_eq_str(wire->name, "good") && span_eq_str(wire->module.name, "Vmber-Good") &&
              span_eq_str(wire->module.digest, "0123456789abcdef"));
    ck_assert(wire->fields.items[1].has_tag && wire->fields.items[1].tag == 0);
    wire = &lay_types_get(&trip.learned, 2)->wire;
    ck_assert(span_eq_str(wire->name, "good/more") && !wire->has_module);
    wire = &lay_types_get(&trip.learned, 3)->wire;
    ck_assert(wire->subsections.items[0] == 2 && wire->subsection_tags.items[0] == 40);
    ck_assert(span_eq_str(lay_types_get(&trip.learned, 4)->wire.name, "configuration"));
    ck_assert(span_eq_str(lay_types_get(&trip.learned, 5)->wire.name, "early"));
    layout_trip_done(&trip);
    run_is(&by_strict, "TSTSSETV");
    layout_trip_done(&trip);
    make_done(&made);
}
END_TEST

/* Without being asked, modules do nothing. */
START_TEST(test_off)
{
    static const struct lay_options off = {.modules = &modules};
    static const struct lay_options none = {.schema = LAY_SCHEMA_STRICT};

    make_begin(&made, MAKE_FOOTERS);
    good("good", 0);
    other("other");
    make_end(&made);
    run_is(&off, "TSTSEV");
    layout_trip_done(&trip);
    run_is(&none, "TSTSEV");
    layout_trip_done(&trip);
    make_done(&made);
    make_begin(&made, MAKE_FOOTERS | MAKE_NO_VMDESC);
    good("good", 0);
    make_end(&made);
    run_is(&off, "FE");
    layout_trip_done(&trip);
    make_done(&made);
    ck_assert_uint_eq(fake.joins + fake.guesses, 0);
}
END_TEST

START_TEST(test_differing)
{
    make_begin(&made, MAKE_FOOTERS);
    good("good", 0);
    other("dev/other");
    other("dev/other again");
    make_device(&made, "nobody", 0, "nobody", 1);
    make_device_end(&made);
    make_end(&made);
    run_is(&by_auto, "TSTSSTSEV");
    ck_assert_uint_eq(trip.report.conforming, 1);
    ck_assert_uint_eq(trip.report.differing, 2);
    ck_assert_uint_eq(trip.report.no_module, 1);
    ck_assert_uint_eq(trip.report.described, 4);
    ck_assert_uint_eq(fake.joins, 3);
    ck_assert_int_eq(trip.why.band, ERR_UNSUPPORTED);
    ck_assert_str_eq(trip.why.path, "dev/other > inner");
    ck_assert_str_eq(trip.why.text, "field 'b' is uint16, module says uint32");
    ck_assert_uint_eq(trip.why.legacy_offset, 1000 + 14 + 4 + 6 + 5);
    layout_trip_done(&trip);
    refused("dev/other > inner", "field 'b' is uint16, module says uint32", 1000 + 29);
    make_done(&made);
    make_begin(&made, 0);
    make_device(&made, "nobody", 0, "nobody", 1);
    make_device_end(&made);
    make_end(&made);
    refused("nobody", "no module", 1000);
    fake.no_memory = true;
    run(&by_auto);
    ck_assert(trip.result == LAY_FAILED && err_is_memory(&trip.err));
    layout_trip_done(&trip);
    make_done(&made);
}
END_TEST

/* Octets may contradict a description that its module allows: those of one section. */
START_TEST(test_values)
{
    make_begin(&made, MAKE_FOOTERS);
    for (uint32_t i = 0; i < 3; i++) {
        good("good", i);
        fake.wrong = i == 1 ? made.tail.p[made.tail.len - 5 - GUESSED_LEN] : fake.wrong;
    }
    make_end(&made);
    run_is(&by_strict, "TSSSEV");
    ck_assert_uint_eq(fake.values, 0);
    layout_trip_done(&trip);
    fake.has_values = true;
    run_is(&by_auto, "TSTSSEV");
    ck_assert_uint_eq(fake.values, 3);
    ck_assert_uint_eq(trip.report.conforming, 2);
    ck_assert_uint_eq(trip.report.differing, 1);
    ck_assert_uint_eq(trip.report.described, 3);
    ck_assert_str_eq(trip.why.path, "good > inner");
    ck_assert_str_eq(trip.why.text, "field 'opt' has 2 octets, 'a' says 1");
    ck_assert(!lay_types_get(&trip.learned, 2)->wire.has_module);
    layout_trip_done(&trip);
    refused("good > inner", "field 'opt' has 2 octets, 'a' says 1", 1000 + 29);
    make_done(&made);
}
END_TEST

/* A type without a name is another one in another section. */
START_TEST(test_old_style)
{
    make_begin(&made, MAKE_FOOTERS);
    make_old_style(&made, "old good", 5);
    make_old_style(&made, "old other", 5);
    make_old_style(&made, "old good", 5);
    make_end(&made);
    run_is(&by_auto, "TSTSSEV");
    ck_assert_uint_eq(fake.joins, 3);
    ck_assert_uint_eq(trip.report.conforming, 2);
    ck_assert_uint_eq(trip.report.no_module, 1);
    layout_trip_done(&trip);
    make_done(&made);
}
END_TEST

/* Makes a section "good" that is not described, len octets that begin with those. */
static void good_with(struct span octets, size_t len)
{
    made.muted = true;
    make_device(&made, "good", 0, "good", 1);
    make_octets(&made, octets.p, octets.len);
    make_counted(&made, len - octets.len);
    make_device_end(&made);
    made.muted = false;
}

START_TEST(test_guessed)
{
    static const struct lay_options nested = {
        .mode = LAY_NESTED, .schema = LAY_SCHEMA_AUTO, .modules = &modules};
    static const struct lay_options nested_strict = {
        .mode = LAY_NESTED, .schema = LAY_SCHEMA_STRICT, .modules = &modules};
    unsigned footers = _i == 0 ? 0 : MAKE_FOOTERS;

    make_begin(&made, footers | MAKE_NO_VMDESC);
    good("good", 0);
    other("other");
    good("good", 1);
    make_end(&made);
    run_is(&by_auto, "TSFSE");
    ck_assert_uint_eq(trip.report.conforming, 2);
    ck_assert_uint_eq(trip.report.no_module, 1);
    ck_assert_uint_eq(trip.report.described, 2);
    ck_assert_uint_eq(fake.guesses, 3);
    ck_assert_uint_eq(trip.learned.count, 1);
    layout_trip_done(&trip);
    refused("other", "no device module has its name", 1000 + 24 + (_i == 0 ? 0 : 5));
    make_done(&made);

    make_begin(&made, footers | MAKE_NO_EOF);
    make_command(&made, 4, "", 0);
    good("good", 0);
    good("good", 1);
    make_command(&made, 2, "\0\0\0\3", 4);
    make_command(&made, 5, "", 0);
    make_end(&made);
    run_is(&nested, "CTSSCC");
    layout_trip_done(&trip);
    run_is(&nested_strict, "CTSSCC");
    layout_trip_done(&trip);
    make_done(&made);
}
END_TEST

/* What looks like the end of a section and is not: the next one is tried. */
START_TEST(test_ends)
{
    static const char footer[] = "abcd\x7e\0\0\0\0\4\0\0\0\0\2ab\0\0\0\0\0\0\0\1";
    static const char head[] = "abcd\4\0\0\0\0\2ab\0\0\0\0\0\0\0\1";
    struct span inside = {(const uint8_t *)head, sizeof(head) - 1};
    unsigned footers = _i == 0 ? 0 : MAKE_FOOTERS;

    if (_i != 0) {
        inside = span_of(footer, sizeof(footer) - 1);
    }
    make_begin(&made, footers | MAKE_NO_VMDESC);
    good_with(inside, LONGER_LEN);
    good("good", 1);
    make_end(&made);
    fake.longer = true;
    run_is(&by_auto, "TSFE");
    ck_assert_uint_eq(trip.report.differing, 1);
    layout_trip_done(&trip);
    fake.longer = false;
    run_is(&by_auto, "FFTSE");
    layout_trip_done(&trip);
    make_done(&made);
}
END_TEST

/* A guess that is wrong costs nothing but the level. */
START_TEST(test_wild)
{
    make_begin(&made, MAKE_FOOTERS | MAKE_NO_VMDESC);
    good("good", 0);
    make_end(&made);
    fake.wild = true;
    run_is(&by_auto, "FE");
    ck_assert_int_eq(trip.why.band, ERR_MALFORMED);
    ck_assert_str_eq(trip.why.path, "good > opt");
    ck_assert_uint_eq(trip.report.conforming, 0);
    ck_assert_uint_eq(trip.report.why[LAY_WHY_VALUE], 1);
    layout_trip_done(&trip);
    refused("good > opt", "expected last list marker octet 0x00, found 0x46", 1000 + 18 + 5);
    fake.wild = false;
    fake.no_memory = true;
    run(&by_auto);
    ck_assert(trip.result == LAY_FAILED && err_is_memory(&trip.err));
    layout_trip_done(&trip);
    make_done(&made);
}
END_TEST

/* A section that the description does not have. */
START_TEST(test_unlisted)
{
    make_begin(&made, _i == 0 ? 0 : MAKE_FOOTERS);
    made.muted = true;
    good("good", 0);
    made.muted = false;
    good("good", 1);
    make_end(&made);
    run_is(&by_auto, "TSSEX"); /* the description does not follow from two sections */
    ck_assert_uint_eq(trip.report.conforming, 2);
    ck_assert_uint_eq(fake.guesses, 1);
    layout_trip_done(&trip);
    make_done(&made);
}
END_TEST

/* A section that is too large is not gone through, and one that fits nothing not for ever. */
START_TEST(test_bounds)
{
    enum { SECTIONS = 64 };
    size_t large = (size_t)LAY_GUESS_MAX + 1;
    size_t sum;

    make_begin(&made, MAKE_FOOTERS | MAKE_NO_VMDESC);
    good_with(span_str(""), large);
    make_end(&made);
    run_is(&by_auto, "FE");
    ck_assert_uint_eq(fake.guesses, 0);
    layout_trip_done(&trip);
    make_done(&made);
    make_begin(&made, MAKE_NO_VMDESC);
    for (int i = 0; i < SECTIONS; i++) {
        good_with(span_str(""), 1000);
    }
    sum = made.tail.len;
    make_end(&made);
    run(&by_auto);
    ck_assert_uint_eq(trip.report.framed, SECTIONS);
    ck_assert_uint_le(fake.guesses, SECTIONS * LAY_GUESSES_MAX);
    ck_assert_uint_le(fake.guess_max, sum);
    layout_trip_done(&trip);
    make_done(&made);
}
END_TEST

/* A description behind sections that were told before is not made from those of this tail. */
START_TEST(test_goes_on)
{
    struct lay_options options = by_auto;

    make_begin(&made, MAKE_FOOTERS);
    good("good", 0);
    make_end(&made);
    options.goes_on = true;
    run_is(&options, "TSEX");
    ck_assert_uint_eq(trip.report.why[LAY_WHY_TEXT], 1);
    layout_trip_done(&trip);
    make_done(&made);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layout modules");
    TCase *tcase = tcase_create("modules");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, test_joined);
    tcase_add_test(tcase, test_off);
    tcase_add_test(tcase, test_differing);
    tcase_add_test(tcase, test_values);
    tcase_add_test(tcase, test_old_style);
    tcase_add_loop_test(tcase, test_guessed, 0, 2);
    tcase_add_loop_test(tcase, test_ends, 0, 2);
    tcase_add_test(tcase, test_wild);
    tcase_add_loop_test(tcase, test_unlisted, 0, 2);
    tcase_add_test(tcase, test_bounds);
    tcase_add_test(tcase, test_goes_on);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
