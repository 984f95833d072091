/*
 * fuzz_ber_walk_agrees_with_libtasn1.c - the extent of an element, found by us and by GNU libtasn1.
 *
 * Both must agree on tag, head and extent of whatever both take. What we take, libtasn1 must take.
 * What libtasn1 takes and we refuse must be one of the known differences:
 *
 *   - tag numbers in a longer form than X.690 8.1.2 allows, or of more than 31 bits;
 *   - tag 0 UNIVERSAL for anything but end-of-contents octets (8.1.5);
 *   - the indefinite length of a primitive element (8.1.3.2);
 *   - a length that the input ends in: libtasn1 makes do with the octets that are there;
 *   - the length octet 0xff, which X.690 8.1.3.5 c reserves;
 *   - more than BER_DEPTH_MAX elements of indefinite length inside one another.
 *
 * libtasn1 4.19 ends an element of indefinite length too early if another one stands inside (it
 * counts one end-of-contents too few). There, extents are only compared for order.
 */
#include <libtasn1.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/ber/ber_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const known_differences[] = {
    "tag number begins with a zero octet",
    "tag number does not fit 31 bits",
    "tag number ",
    "tag 0 with ",
    "end-of-contents without",
    "indefinite length of a primitive",
    "elements nest deeper",
    "input ends inside a length",
    "length octet 0xff",
};

static void give_up(const char *what, const struct err *err)
{
    (void)fprintf(stderr, "%s: %s\n", what, err != NULL ? err->text : "");
    abort();
}

static bool is_known_difference(const struct err *err)
{
    for (size_t i = 0; i < sizeof(known_differences) / sizeof(known_differences[0]); i++) {
        if (strncmp(err->text, known_differences[i], strlen(known_differences[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* Tells whether the element at the start of in is indefinite and has an indefinite one inside. */
static bool is_nested(struct span in)
{
    size_t at = 0;
    struct ber_head head;

    for (unsigned seen = 0; ber_head(span_from(in, at), &head, NULL);) {
        at += head.head_len;
        if (head.indefinite && ++seen == 2) {
            return true;
        }
        if (seen == 0 || head.len > in.len - at) {
            return false;
        }
        at += (size_t)head.len;
    }
    return false;
}

/* The tag as libtasn1 says it, with its idea of the class octet. */
static void check_tag(const struct ber_head *head, unsigned char cls, int tag_len,
                      unsigned long tag)
{
    unsigned expected = (unsigned)head->tag.cls << 6 | (head->tag.constructed ? 0x20U : 0U);

    if (cls != expected || tag_len != head->tag_len || tag != head->tag.number) {
        give_up("another tag", NULL);
    }
}

/* A walk and a check of the whole must find the same end as ber_element. */
static void check_walk(struct span in, struct span whole)
{
    struct err err = ERR_INIT;
    struct ber_walk walk;
    struct ber_item item = {0};
    struct span checked;
    bool ok = ber_check(in, 0, &checked, &err);

    if (ok && checked.len != whole.len) {
        give_up("ber_check and ber_element differ", NULL);
    }
    if (!ok && (err.band == ERR_NONE || err.ber_offset > in.len)) {
        give_up("an error without a place", &err);
    }
    ber_walk_init(&walk, whole, 0);
    while (ber_walk_next(&walk, &item, NULL)) {
        if (item.step == BER_STEP_END) {
            if (!ok) {
                give_up("a walk to the end of what ber_check refuses", &err);
            }
            return;
        }
    }
    if (ok) {
        give_up("a walk that stops in what ber_check takes", NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_of(data, size);
    struct err err = ERR_INIT;
    struct ber_head head;
    struct span whole;
    unsigned char cls = 0;
    unsigned long tag = 0;
    int tag_len = 0;
    int length_len = 0;
    long len = -1;
    bool ours;
    bool theirs;

    if (size == 0 || size > INT_MAX / 2) {
        return 0;
    }
    ours = ber_element(in, &whole, &head, &err);
    theirs = asn1_get_tag_der(data, (int)size, &cls, &tag_len, &tag) == ASN1_SUCCESS &&
             tag_len < (int)size;
    if (theirs) {
        len = asn1_get_length_ber(data + tag_len, (int)size - tag_len, &length_len);
        theirs = len >= 0;
    }
    if (ours && !theirs) {
        give_up("libtasn1 refuses what we take", NULL);
    }
    if (!ours && theirs && !is_known_difference(&err) && !is_nested(in)) {
        give_up("we refuse what libtasn1 takes", &err);
    }
    if (ours) {
        size_t end = (size_t)tag_len + (size_t)length_len + (size_t)len;

        check_tag(&head, cls, tag_len, tag);
        if (is_nested(in) ? end > whole.len : end != whole.len) {
            (void)fprintf(stderr, "we: %zu, libtasn1: %d + %d + %ld\n", whole.len, tag_len,
                          length_len, len);
            give_up("another extent", NULL);
        }
        check_walk(in, whole);
    }
    return 0;
}
