/* view_frame.c - see view_frame.h. */
#include "codec/view/view_frame.h"

#include "codec/base/err.h"
#include "codec/ber/ber_reader.h"
#include "codec/schema/asn_engine.h"

/* Where asn_show has things: Record > body > open > id; one deeper in a record of pieces. */
enum { AT_BODY = 1, AT_COMPONENT = 2 };

const char *view_part_name(enum form_part part)
{
    switch (part) {
    case FORM_PART_START:
    case FORM_PART_END:
        return "MigrationStream";
    case FORM_PART_HEADER:
        return "header";
    case FORM_PART_RECORD:
        return "record";
    case FORM_PART_TRAILER:
        return "trailer";
    case FORM_PART_INDEX:
        return "index";
    }
    return "?";
}

/* Notes what tells a record; stops as soon as nothing more can come. */
static bool note(void *sink, const struct asn_shown *shown, struct err *err)
{
    struct view_frame *frame = sink;
    unsigned at;

    (void)err;
    if (shown->depth == AT_BODY && shown->alternative != NULL) {
        frame->kind = shown->alternative;
        return shown->kind == ASN_SHOW_ENTER;
    }
    if (frame->kind == NULL || shown->name == NULL) {
        return true;
    }
    at = AT_COMPONENT + (strcmp(frame->kind, "live") == 0 ? 1 : 0);
    if (strcmp(frame->kind, "type-description") == 0) {
        if (strcmp(shown->name, "name") == 0) {
            frame->name = shown->contents;
        }
        return strcmp(shown->name, "id") == 0;
    }
    if (shown->kind == ASN_SHOW_LEAF && shown->depth == at + 1 && strcmp(shown->name, "id") == 0) {
        frame->has_id = true;
        frame->id = (uint32_t)shown->number;
    }
    if (shown->kind == ASN_SHOW_LEAF && shown->depth == at + 2 &&
        strcmp(shown->name, "name") == 0) {
        frame->name = shown->contents;
        return false;
    }
    return shown->depth != at || strcmp(shown->name, "open") == 0;
}

/* Finds the check among the components of the frame: the last, or the one before that of an index.
 */
static void find_check(struct view_frame *frame, const struct form_raw *raw, struct hash *hash,
                       struct arena *arena)
{
    unsigned after = raw->part == FORM_PART_INDEX ? 1 : 0;
    struct span at[2] = {{NULL, 0}, {NULL, 0}}; /* the last components, newest first */
    struct ber_head head;
    struct span contents;
    struct span rest;
    struct span check;

    if (!ber_head(raw->octets, &head, NULL)) {
        return;
    }
    contents = ber_contents(raw->octets, &head);
    for (rest = contents; rest.len > 0; rest = span_from(rest, at[0].len)) {
        at[1] = at[0];
        if (!ber_element(rest, &at[0], NULL, NULL)) {
            return;
        }
    }
    if (at[after].len == 0 || !ber_head(at[after], &head, NULL) || head.tag.cls != BER_UNIVERSAL ||
        head.tag.number != BER_OCTET_STRING || !ber_string(at[after], &head, arena, &check, NULL) ||
        check.len != HASH_CHECK_LEN) {
        return;
    }
    frame->has_check = true;
    memcpy(frame->check, check.p, HASH_CHECK_LEN);
    hash_reset(hash);
    hash_put(hash, contents.p, (size_t)(at[after].p - contents.p));
    hash_check(hash, frame->check_found);
    frame->check_good = memcmp(frame->check, frame->check_found, HASH_CHECK_LEN) == 0;
}

bool view_frame_look(struct view_frame *frame, const struct form_raw *raw, struct hash *hash,
                     struct arena *arena, struct err *err)
{
    struct span whole;

    memset(frame, 0, sizeof(*frame));
    if (raw->part == FORM_PART_RECORD) {
        (void)asn_show(&wire_record_type, raw->octets, arena, note, frame, NULL);
    }
    find_check(frame, raw, hash, arena);
    return ber_check(raw->octets, 0, &whole, err);
}

static void put_octets(char *text, const uint8_t octets[HASH_CHECK_LEN])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < HASH_CHECK_LEN; i++) {
        text[2 * i] = digits[octets[i] >> 4];
        text[2 * i + 1] = digits[octets[i] & 15];
    }
    text[2 * HASH_CHECK_LEN] = '\0';
}

bool view_frame_explain_check(const struct view_frame *frame, struct err *err)
{
    char expected[2 * HASH_CHECK_LEN + 1];
    char found[2 * HASH_CHECK_LEN + 1];

    if (!frame->has_check) {
        return err_set(err, ERR_MALFORMED, "no check where it belongs");
    }
    put_octets(expected, frame->check);
    put_octets(found, frame->check_found);
    return err_set(err, ERR_MALFORMED, "the check says %s, the octets give %s", expected, found);
}
