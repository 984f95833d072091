/* view_verify_second.c - see view_verify_second.h. */
#include "codec/view/view_verify_second.h"

#ifdef VMBER_HAS_TASN1
#include <libtasn1.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/stream/form_wire.h"
#include "codec/view/view_limits.h"
#endif

const char *view_opinion_name(enum view_opinion opinion)
{
    static const char *const names[] = {
        [VIEW_OPINION_NONE] = "none",
        [VIEW_OPINION_AGREES] = "agrees",
        [VIEW_OPINION_DIFFERS] = "differs",
    };

    return names[opinion];
}

#ifdef VMBER_HAS_TASN1

enum {
    PATH_OCTETS_MAX = 96, /* of a component: "header.configuration.capabilities.?1" */
    NUMBER_OCTETS_MAX = 9,
};

static const char format[] = "1.3.6.1.4.1.32473.1.1"; /* FORM_OID, as libtasn1 says it */

/* Made by asn1Parser of the profile that asn_gen makes. */
extern const asn1_static_node view_profile[];

struct view_second {
    asn1_node definitions;
    uint8_t value[VIEW_SECOND_OCTETS_MAX + 1]; /* the one at hand; libtasn1 ends text with a 0 */
};

/* A record as libtasn1 has read it. */
struct reading {
    struct view_second *second;
    asn1_node record;
    struct err *why;
    bool differs;
};

struct view_second *view_second_new(void)
{
    struct view_second *second = calloc(1, sizeof(*second));

    if (second != NULL &&
        asn1_array2tree(view_profile, &second->definitions, NULL) != ASN1_SUCCESS) {
        free(second);
        return NULL;
    }
    return second;
}

void view_second_free(struct view_second *second)
{
    if (second != NULL) {
        (void)asn1_delete_structure(&second->definitions);
        free(second);
    }
}

/* Reads a record. False if there is no opinion to be had, or if libtasn1 refuses it: differs. */
static bool begin(struct reading *reading, const char *type, struct span octets)
{
    char path[PATH_OCTETS_MAX];
    char said[ASN1_MAX_ERROR_DESCRIPTION_SIZE] = "";
    int status;

    if (reading->second == NULL || octets.len > VIEW_SECOND_OCTETS_MAX) {
        return false;
    }
    (void)snprintf(path, sizeof(path), "VmberProfile.%s", type);
    status = asn1_create_element(reading->second->definitions, path, &reading->record);
    if (status == ASN1_SUCCESS) {
        status = asn1_der_decoding(&reading->record, octets.p, (int)octets.len, said);
    }
    if (status == ASN1_SUCCESS) {
        return true;
    }
    (void)asn1_delete_structure(&reading->record);
    if (status != ASN1_MEM_ALLOC_ERROR) {
        reading->differs = true;
        (void)err_set(reading->why, ERR_MALFORMED, "libtasn1 refuses it: %s %s",
                      asn1_strerror(status), said);
    }
    return false;
}

static enum view_opinion end(struct reading *reading)
{
    bool asked = reading->record != NULL || reading->differs;

    (void)asn1_delete_structure(&reading->record);
    return !asked             ? VIEW_OPINION_NONE
           : reading->differs ? VIEW_OPINION_DIFFERS
                              : VIEW_OPINION_AGREES;
}

static void differ(struct reading *reading, const char *path)
{
    if (!reading->differs) {
        reading->differs = true;
        (void)err_set(reading->why, ERR_MALFORMED, "libtasn1 reads another value of %s", path);
    }
}

/* The value at path, until the next call; false if libtasn1 has none there. */
static bool get(struct reading *reading, const char *path, struct span *value)
{
    int len = (int)sizeof(reading->second->value);

    if (asn1_read_value(reading->record, path, reading->second->value, &len) != ASN1_SUCCESS) {
        return false;
    }
    *value = span_of(reading->second->value, (size_t)len);
    return true;
}

static void same_octets(struct reading *reading, const char *path, struct span ours)
{
    struct span value;

    if (!get(reading, path, &value) || !span_eq(value, ours)) {
        differ(reading, path);
    }
}

/* An INTEGER or ENUMERATED of libtasn1 is its contents octets. */
static void same_number(struct reading *reading, const char *path, uint64_t ours)
{
    struct span value;
    uint64_t number = 0;

    if (!get(reading, path, &value) || value.len == 0 || value.len > NUMBER_OCTETS_MAX ||
        (value.len == NUMBER_OCTETS_MAX && value.p[0] != 0)) {
        differ(reading, path);
        return;
    }
    if ((value.p[0] & 0x80) != 0) {
        number = UINT64_MAX;
    }
    for (size_t i = 0; i < value.len; i++) {
        number = number << 8 | value.p[i];
    }
    if (number != ours) {
        differ(reading, path);
    }
}

/* How many items a list has; path is that of the list. */
static void same_count(struct reading *reading, const char *path, size_t ours)
{
    int count = -1;

    if (asn1_number_of_elements(reading->record, path, &count) != ASN1_SUCCESS || count < 0 ||
        (size_t)count != ours) {
        differ(reading, path);
    }
}

static void same_presence(struct reading *reading, const char *path, bool ours)
{
    if ((asn1_find_node(reading->record, path) != NULL) != ours) {
        differ(reading, path);
    }
}

/* The path of a component of an item: list.?1, or list.?1.name */
static const char *item_path(char out[PATH_OCTETS_MAX], const char *list, size_t i,
                             const char *component)
{
    (void)snprintf(out, PATH_OCTETS_MAX, "%s.?%zu%s%s", list, i + 1,
                   component[0] != '\0' ? "." : "", component);
    return out;
}

static void same_configuration(struct reading *reading, const struct wire_configuration *ours)
{
    static const char list[] = "header.configuration.capabilities";
    char path[PATH_OCTETS_MAX];

    same_octets(reading, "header.configuration.machine", ours->machine);
    same_presence(reading, "header.configuration.page-bits", ours->has_page_bits);
    if (ours->has_page_bits) {
        same_number(reading, "header.configuration.page-bits", ours->page_bits);
    }
    same_presence(reading, list, ours->has_capabilities);
    if (ours->has_capabilities) {
        same_count(reading, list, ours->capabilities.count);
        for (size_t i = 0; !reading->differs && i < ours->capabilities.count; i++) {
            same_octets(reading, item_path(path, list, i, ""), ours->capabilities.items[i]);
        }
    }
    same_presence(reading, "header.configuration.uuid", ours->has_uuid);
    if (ours->has_uuid) {
        same_octets(reading, "header.configuration.uuid", ours->uuid);
    }
}

/* Whether a header has nothing that the profile does not. */
static bool header_is_known(const struct wire_header *header)
{
    bool known = header->unknown.len == 0 && header->features.count <= VIEW_SECOND_ITEMS_MAX &&
                 span_eq(header->format, span_of(FORM_OID, FORM_OID_LEN));

    for (size_t i = 0; known && i < header->features.count; i++) {
        known = header->features.items[i].unknown.len == 0;
    }
    if (header->has_configuration) {
        known = known && header->configuration.unknown.len == 0 &&
                (!header->configuration.has_capabilities ||
                 header->configuration.capabilities.count <= VIEW_SECOND_ITEMS_MAX);
    }
    return known;
}

static void same_header(struct reading *reading, const struct wire_header_record *record)
{
    static const char list[] = "header.features";
    const struct wire_header *ours = &record->header;
    char path[PATH_OCTETS_MAX];

    same_octets(reading, "header.format", span_of(format, sizeof(format)));
    same_octets(reading, "header.producer", ours->producer);
    same_count(reading, list, ours->features.count);
    for (size_t i = 0; !reading->differs && i < ours->features.count; i++) {
        const struct wire_feature *feature = &ours->features.items[i];

        same_octets(reading, item_path(path, list, i, "name"), feature->name);
        same_number(reading, item_path(path, list, i, "class"), (uint64_t)feature->class);
    }
    same_number(reading, "header.container", (uint64_t)ours->container);
    same_presence(reading, "header.configuration", ours->has_configuration);
    if (ours->has_configuration) {
        same_configuration(reading, &ours->configuration);
    }
    same_octets(reading, "check", record->check);
}

static void same_trailer(struct reading *reading, const struct wire_trailer_record *record)
{
    same_number(reading, "trailer.records", record->trailer.records);
    same_number(reading, "trailer.legacy-length", record->trailer.legacy_length);
    same_octets(reading, "trailer.digest", record->trailer.digest);
    same_octets(reading, "check", record->check);
}

static bool index_is_known(const struct wire_index *index)
{
    bool known = index->unknown.len == 0 && index->entries.count <= VIEW_SECOND_ITEMS_MAX;

    for (size_t i = 0; known && i < index->entries.count; i++) {
        known = index->entries.items[i].unknown.len == 0;
    }
    return known;
}

static void same_index(struct reading *reading, const struct wire_index_record *record)
{
    static const char list[] = "index.entries";
    char path[PATH_OCTETS_MAX];

    same_count(reading, list, record->index.entries.count);
    for (size_t i = 0; !reading->differs && i < record->index.entries.count; i++) {
        const struct wire_index_entry *entry = &record->index.entries.items[i];

        same_number(reading, item_path(path, list, i, "ber"), entry->ber);
        same_number(reading, item_path(path, list, i, "legacy"), entry->legacy);
        same_octets(reading, item_path(path, list, i, "name"), entry->name);
    }
    same_octets(reading, "check", record->check);
    same_octets(reading, "start", record->start);
}

enum view_opinion view_second_ask(struct view_second *second, enum form_part part,
                                  struct span octets, const void *record, struct err *why)
{
    const struct wire_header_record *header = record;
    const struct wire_trailer_record *trailer = record;
    const struct wire_index_record *index = record;
    struct reading reading = {second, NULL, why, false};

    switch (part) {
    case FORM_PART_HEADER:
        if (header_is_known(&header->header) && begin(&reading, "HeaderRecord", octets)) {
            same_header(&reading, header);
        }
        break;
    case FORM_PART_TRAILER:
        if (trailer->trailer.unknown.len == 0 && begin(&reading, "TrailerRecord", octets)) {
            same_trailer(&reading, trailer);
        }
        break;
    case FORM_PART_INDEX:
        if (index_is_known(&index->index) && begin(&reading, "IndexRecord", octets)) {
            same_index(&reading, index);
        }
        break;
    case FORM_PART_START:
    case FORM_PART_RECORD:
    case FORM_PART_END:
        break;
    }
    return end(&reading);
}

#else

struct view_second *view_second_new(void)
{
    return NULL;
}

void view_second_free(struct view_second *second)
{
    (void)second;
}

enum view_opinion view_second_ask(struct view_second *second, enum form_part part,
                                  struct span octets, const void *record, struct err *why)
{
    (void)second;
    (void)part;
    (void)octets;
    (void)record;
    (void)why;
    return VIEW_OPINION_NONE;
}

#endif
