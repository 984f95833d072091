/*
 * test_view_second.c - libtasn1's opinion of control records: it agrees with what our decoder has
 * read, sees each value that is another, and is not asked about what it cannot know.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/schema/asn_engine.h"
#include "codec/stream/form_wire.h"
#include "codec/view/view_limits.h"
#include "codec/view/view_verify_second.h"

enum { BUFFER_MAX = 1 << 22 };

static struct view_second *second;
static struct buf octets; /* the record, encoded */
static struct err why;

static struct span features_names[] = {{(const uint8_t *)"index", 5}, {(const uint8_t *)"x", 1}};
static struct wire_feature features[2];
static struct wire_index_entry entries[3];
static struct span capabilities[2];

static struct wire_header_record header_make(void)
{
    struct wire_header_record record;

    memset(&record, 0, sizeof(record));
    for (size_t i = 0; i < 2; i++) {
        features[i].name = features_names[i];
        features[i].class = i == 0 ? WIRE_FEATURE_CLASS_COMPATIBLE : WIRE_FEATURE_CLASS_ADVISORY;
        features[i].unknown = span_of(NULL, 0);
        capabilities[i] = span_str(i == 0 ? "xbzrle" : "");
    }
    record.header.format = span_of(FORM_OID, FORM_OID_LEN);
    record.header.producer = span_str("test \xc3\xa9");
    record.header.features.count = 2;
    record.header.features.items = features;
    record.header.container = WIRE_CONTAINER_STREAM;
    record.header.has_configuration = true;
    record.header.configuration.machine = span_str("pc-q35-7.2");
    record.header.configuration.has_page_bits = true;
    record.header.configuration.page_bits = UINT32_MAX;
    record.header.configuration.has_capabilities = true;
    record.header.configuration.capabilities.count = 2;
    record.header.configuration.capabilities.items = capabilities;
    record.header.configuration.has_uuid = true;
    record.header.configuration.uuid = span_str("0123456789abcdef");
    record.check = span_str("checkchk");
    return record;
}

static struct wire_trailer_record trailer_make(void)
{
    struct wire_trailer_record record;

    memset(&record, 0, sizeof(record));
    record.trailer.records = 128;
    record.trailer.legacy_length = UINT64_MAX;
    record.trailer.digest = span_str("fedcba9876543210");
    record.check = span_str("checkchk");
    return record;
}

static struct wire_index_record index_make(void)
{
    struct wire_index_record record;

    memset(&record, 0, sizeof(record));
    memset(entries, 0, sizeof(entries));
    for (size_t i = 0; i < 3; i++) {
        entries[i].ber = 1000 * i;
        entries[i].legacy = i == 0 ? 0 : UINT64_C(1) << 63;
        entries[i].name = span_str("ram");
    }
    record.index.entries.count = 3;
    record.index.entries.items = entries;
    record.check = span_str("checkchk");
    record.start = span_str("01234567");
    return record;
}

static void encode(const struct asn_type *type, const void *record)
{
    buf_clear(&octets);
    ck_assert_msg(asn_encode_buf(type, record, &octets, NULL, &why), "%s: %s", why.path, why.text);
}

static enum view_opinion ask(enum form_part part, const void *record)
{
    err_init(&why);
    return view_second_ask(second, part, buf_span(&octets), record, &why);
}

/* It reads another value of that component, once. */
static void differs(enum form_part part, const void *record, const char *path)
{
    char expected[ERR_TEXT_MAX];

    (void)snprintf(expected, sizeof(expected), "libtasn1 reads another value of %s", path);
    ck_assert_msg(ask(part, record) == VIEW_OPINION_DIFFERS, "%s is not compared", path);
    ck_assert_str_eq(why.text, expected);
}

#define DIFFERS_IF(change, path)                                                                   \
    do {                                                                                           \
        record = header_make();                                                                    \
        change;                                                                                    \
        differs(FORM_PART_HEADER, &record, path);                                                  \
    } while (0)

START_TEST(headers)
{
    struct wire_header_record record = header_make();
    struct wire_header *h = &record.header;

    encode(&wire_header_record_type, &record);
    ck_assert_int_eq(ask(FORM_PART_HEADER, &record), VIEW_OPINION_AGREES);
    DIFFERS_IF(h->producer = span_str("test"), "header.producer");
    DIFFERS_IF(h->features.count = 1, "header.features");
    DIFFERS_IF(features[1].name = span_str("y"), "header.features.?2.name");
    DIFFERS_IF(features[0].class = 0, "header.features.?1.class");
    DIFFERS_IF(h->container = WIRE_CONTAINER_FRAGMENT, "header.container");
    DIFFERS_IF(h->has_configuration = false, "header.configuration");
    DIFFERS_IF(h->configuration.machine = span_str(""), "header.configuration.machine");
    DIFFERS_IF(h->configuration.has_page_bits = false, "header.configuration.page-bits");
    DIFFERS_IF(h->configuration.page_bits = 12, "header.configuration.page-bits");
    DIFFERS_IF(h->configuration.has_capabilities = false, "header.configuration.capabilities");
    DIFFERS_IF(h->configuration.capabilities.count = 0, "header.configuration.capabilities");
    DIFFERS_IF(capabilities[1] = span_str("x"), "header.configuration.capabilities.?2");
    DIFFERS_IF(h->configuration.has_uuid = false, "header.configuration.uuid");
    DIFFERS_IF(h->configuration.uuid.len--, "header.configuration.uuid");
    DIFFERS_IF(record.check = span_str("checkcho"), "check");

    record = header_make();
    h->has_configuration = false;
    h->features.count = 0;
    encode(&wire_header_record_type, &record);
    ck_assert_int_eq(ask(FORM_PART_HEADER, &record), VIEW_OPINION_AGREES);
    h->configuration.machine = span_str("pc");
    h->has_configuration = true;
    differs(FORM_PART_HEADER, &record, "header.configuration");
}
END_TEST

START_TEST(trailers)
{
    struct wire_trailer_record record = trailer_make();

    encode(&wire_trailer_record_type, &record);
    ck_assert_int_eq(ask(FORM_PART_TRAILER, &record), VIEW_OPINION_AGREES);
    record.trailer.records = 127;
    differs(FORM_PART_TRAILER, &record, "trailer.records");
    record = trailer_make();
    record.trailer.legacy_length = UINT32_MAX;
    differs(FORM_PART_TRAILER, &record, "trailer.legacy-length");
    record = trailer_make();
    record.trailer.digest = span_str("fedcba9876543211");
    differs(FORM_PART_TRAILER, &record, "trailer.digest");
    record = trailer_make();
    record.check.len = 0;
    differs(FORM_PART_TRAILER, &record, "check");
}
END_TEST

START_TEST(indexes)
{
    struct wire_index_record record = index_make();

    encode(&wire_index_record_type, &record);
    ck_assert_int_eq(ask(FORM_PART_INDEX, &record), VIEW_OPINION_AGREES);
    record.index.entries.count = 2;
    differs(FORM_PART_INDEX, &record, "index.entries");
    record = index_make();
    entries[2].ber++;
    differs(FORM_PART_INDEX, &record, "index.entries.?3.ber");
    record = index_make();
    entries[1].legacy = 0;
    differs(FORM_PART_INDEX, &record, "index.entries.?2.legacy");
    record = index_make();
    entries[0].name = span_str("rom");
    differs(FORM_PART_INDEX, &record, "index.entries.?1.name");
    record = index_make();
    record.start = span_str("01234568");
    differs(FORM_PART_INDEX, &record, "start");
}
END_TEST

START_TEST(what_it_cannot_read_differs)
{
    struct wire_trailer_record record = trailer_make();

    encode(&wire_trailer_record_type, &record);
    octets.len--;
    ck_assert_int_eq(ask(FORM_PART_TRAILER, &record), VIEW_OPINION_DIFFERS);
    ck_assert_ptr_nonnull(strstr(why.text, "libtasn1 refuses it: "));
    octets.len++;
    octets.p[2] = 0x31; /* a SET */
    ck_assert_int_eq(ask(FORM_PART_TRAILER, &record), VIEW_OPINION_DIFFERS);
    octets.p[2] = 0x30;
    ck_assert_int_eq(ask(FORM_PART_TRAILER, &record), VIEW_OPINION_AGREES);
    ck_assert_int_eq(ask(FORM_PART_RECORD, &record), VIEW_OPINION_NONE);
}
END_TEST

/* Additions of a later version; a list that is too long; a record that is too large. */
START_TEST(what_it_cannot_know_is_not_asked)
{
    struct span addition = span_of("\x9f\x64\x01\x00", 4);
    struct wire_header_record header = header_make();
    struct wire_trailer_record trailer = trailer_make();
    struct wire_index_record index = index_make();
    struct span *additions[] = {&header.header.unknown, &features[1].unknown,
                                &header.header.configuration.unknown};
    struct wire_index_entry *many = calloc(VIEW_SECOND_ITEMS_MAX + 1, sizeof(*many));
    char *text = calloc(1, VIEW_SECOND_OCTETS_MAX + 1);

    for (size_t i = 0; i < sizeof(additions) / sizeof(additions[0]); i++) {
        *additions[i] = addition;
        encode(&wire_header_record_type, &header);
        ck_assert_int_eq(ask(FORM_PART_HEADER, &header), VIEW_OPINION_NONE);
        *additions[i] = span_of(NULL, 0);
    }
    trailer.trailer.unknown = addition;
    encode(&wire_trailer_record_type, &trailer);
    ck_assert_int_eq(ask(FORM_PART_TRAILER, &trailer), VIEW_OPINION_NONE);
    entries[1].unknown = addition;
    encode(&wire_index_record_type, &index);
    ck_assert_int_eq(ask(FORM_PART_INDEX, &index), VIEW_OPINION_NONE);

    ck_assert(many != NULL && text != NULL);
    index = index_make();
    index.index.entries.items = many;
    index.index.entries.count = VIEW_SECOND_ITEMS_MAX;
    for (size_t i = 0; i <= VIEW_SECOND_ITEMS_MAX; i++) {
        many[i].name = span_str("");
    }
    encode(&wire_index_record_type, &index);
    ck_assert_int_eq(ask(FORM_PART_INDEX, &index), VIEW_OPINION_AGREES);
    index.index.entries.count++;
    encode(&wire_index_record_type, &index);
    ck_assert_int_eq(ask(FORM_PART_INDEX, &index), VIEW_OPINION_NONE);

    memset(text, 'x', VIEW_SECOND_OCTETS_MAX);
    header.header.producer = span_of(text, VIEW_SECOND_OCTETS_MAX - 500);
    encode(&wire_header_record_type, &header);
    ck_assert_int_eq(ask(FORM_PART_HEADER, &header), VIEW_OPINION_AGREES);
    header.header.producer.len += 500;
    encode(&wire_header_record_type, &header);
    ck_assert_int_eq(ask(FORM_PART_HEADER, &header), VIEW_OPINION_NONE);
    free(text);
    free(many);
}
END_TEST

START_TEST(without_libtasn1_there_is_no_opinion)
{
    struct wire_trailer_record record = trailer_make();

    encode(&wire_trailer_record_type, &record);
    ck_assert_int_eq(view_second_ask(NULL, FORM_PART_TRAILER, buf_span(&octets), &record, &why),
                     VIEW_OPINION_NONE);
    ck_assert_str_eq(view_opinion_name(VIEW_OPINION_NONE), "none");
    ck_assert_str_eq(view_opinion_name(VIEW_OPINION_AGREES), "agrees");
    ck_assert_str_eq(view_opinion_name(VIEW_OPINION_DIFFERS), "differs");
}
END_TEST

static void begin(void)
{
    buf_init(&octets, BUFFER_MAX);
    err_init(&why);
    second = view_second_new();
}

static void end(void)
{
    view_second_free(second);
    buf_done(&octets);
}

static Suite *suite(void)
{
    Suite *s = suite_create("view second");
    TCase *parts = tcase_create("parts");

    tcase_add_checked_fixture(parts, begin, end);
    tcase_add_test(parts, without_libtasn1_there_is_no_opinion);
    if (TEST_HAS_TASN1) {
        tcase_add_test(parts, headers);
        tcase_add_test(parts, trailers);
        tcase_add_test(parts, indexes);
        tcase_add_test(parts, what_it_cannot_read_differs);
        tcase_add_test(parts, what_it_cannot_know_is_not_asked);
    }
    suite_add_tcase(s, parts);
    return s;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
