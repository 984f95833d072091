/* test_features.c - the registry of features, what machine types use, and who owns which map. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/stream/form_features.h"
#include "compat/map_set.h"

START_TEST(names_are_sorted_and_once)
{
    for (unsigned id = 1; id < FORM_FEATURES; id++) {
        ck_assert_msg(strcmp(form_features[id - 1].name, form_features[id].name) < 0,
                      "%s stands before %s", form_features[id - 1].name, form_features[id].name);
    }
    for (unsigned id = 0; id < FORM_FEATURES; id++) {
        const char *name = form_features[id].name;

        ck_assert_uint_eq(form_feature_find(span_str(name)), id);
        ck_assert_int_ne(strncmp(name, FORM_FEATURE_GREASE, strlen(FORM_FEATURE_GREASE)), 0);
        for (const struct form_retired *r = form_retired; r->name != NULL; r++) {
            ck_assert_str_ne(r->name, name);
        }
    }
    ck_assert_uint_eq(form_feature_find(span_str("stream.inde")), FORM_FEATURES);
    ck_assert_uint_eq(form_feature_find(span_str("stream.index2")), FORM_FEATURES);
}
END_TEST

START_TEST(machine_types_have_versions)
{
    static const struct {
        const char *machine;
        bool has;
        unsigned major;
        unsigned minor;
    } cases[] = {
        {"pc-q35-7.2", true, 7, 2},
        {"s390-ccw-virtio-10.0", true, 10, 0},
        {"virt-11.1", true, 11, 1},
        {"pc-i440fx-2.12", true, 2, 12},
        {"pc-q35-4.0.1", true, 4, 0},
        {"virt", false, 0, 0},
        {"pc-q35-rhel9.2.0", false, 0, 0},
        {"10.0", false, 0, 0},
        {"pc-q35-10", false, 0, 0},
        {"pc-q35-10.", false, 0, 0},
        {"pc-q35-10.0.", false, 0, 0},
        {"pc-q35-10.0x", false, 0, 0},
        {"", false, 0, 0},
        {"pc-99999.0", false, 0, 0},
    };
    form_feature_set all = FORM_FEATURES_ALL;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned major = 0;
        unsigned minor = 0;
        bool has = form_machine_version(span_str(cases[i].machine), &major, &minor);
        form_feature_set uses = form_features_of_machine(span_str(cases[i].machine));

        ck_assert_msg(has == cases[i].has, "%s", cases[i].machine);
        if (has) {
            ck_assert_uint_eq(major, cases[i].major);
            ck_assert_uint_eq(minor, cases[i].minor);
        }
        ck_assert_msg((uses == all) == (has && major >= 10), "%s", cases[i].machine);
        ck_assert((uses & FORM_FEATURE_BIT(FORM_FEATURE_STREAM_INDEX)) != 0);
    }
}
END_TEST

/* A feature of a device owns a map, or a row of one. */
START_TEST(each_map_has_an_owner)
{
    const struct map_set *set = &map_builtin_set;
    form_feature_set own = 0;

    for (uint32_t i = 0; i < set->map_count; i++) {
        enum form_feature_id id = form_feature_find(map_string(set, set->maps[i].feature));

        ck_assert_msg(id != FORM_FEATURES, "map %s", map_text(set, set->maps[i].name));
        own |= FORM_FEATURE_BIT(id);
    }
    for (uint32_t i = 0; i < set->rule_count; i++) {
        if (set->rules[i].op == MAP_RULE_FEATURE) {
            own |= FORM_FEATURE_BIT(
                form_feature_find(map_string(set, (uint32_t)set->rules[i].number)));
        }
    }
    ck_assert_uint_eq(own, form_features_structured());
    for (unsigned id = 0; id < FORM_FEATURES; id++) {
        if ((own & FORM_FEATURE_BIT(id)) != 0) {
            ck_assert_uint_eq(form_features[id].feature_class, WIRE_FEATURE_CLASS_INCOMPATIBLE);
        }
    }
}
END_TEST

static struct wire_feature named(const char *name, int32_t feature_class)
{
    struct wire_feature f = {span_str(name), feature_class, {NULL, 0}};

    return f;
}

static void must_say(const struct wire_type_description *type, form_feature_set have,
                     form_feature_set header, const char *text)
{
    struct err err = ERR_INIT;

    ck_assert_int_eq(form_features_check_type(type, have, header, &err), text == NULL);
    ck_assert_str_eq(err.text, text != NULL ? text : "");
}

START_TEST(a_type_says_what_it_uses)
{
    struct wire_feature items[2] = {
        named("device.slirp.structured", WIRE_FEATURE_CLASS_INCOMPATIBLE),
        named("grease.1", WIRE_FEATURE_CLASS_COMPATIBLE),
    };
    struct wire_type_description type = {.has_features = true};
    form_feature_set slirp = FORM_FEATURE_BIT(FORM_FEATURE_DEVICE_SLIRP);

    type.features.items = items;
    type.features.count = 2;
    must_say(&type, FORM_FEATURES_ALL, slirp, NULL);
    must_say(&type, FORM_FEATURES_ALL, 0,
             "it uses feature device.slirp.structured, which the header does not name");
    must_say(&type, FORM_FEATURES_ALL & ~slirp, slirp,
             "this stream needs feature device.slirp.structured, which this reader does not have");
    items[1] = named("device.new.structured", WIRE_FEATURE_CLASS_INCOMPATIBLE);
    must_say(&type, FORM_FEATURES_ALL, slirp,
             "feature device.new.structured stands twice or out of order");
    items[1] = named("e", WIRE_FEATURE_CLASS_INCOMPATIBLE);
    must_say(&type, FORM_FEATURES_ALL, slirp,
             "this stream needs feature e, which this reader does not have");
    type.has_features = false;
    must_say(&type, 0, 0, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("features");
    TCase *tests = tcase_create("features");
    SRunner *runner;
    int failed;

    tcase_add_test(tests, names_are_sorted_and_once);
    tcase_add_test(tests, machine_types_have_versions);
    tcase_add_test(tests, each_map_has_an_owner);
    tcase_add_test(tests, a_type_says_what_it_uses);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
