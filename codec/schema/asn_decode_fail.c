/* asn_decode_fail.c - see asn_decoding.h: what is wrong, and where. */
#include <inttypes.h>

#include "codec/schema/asn_decoding.h"

/* Where an element that does not fit is malformed, and where the input was just too short. */
static enum err_band run_band(struct asn_run *run)
{
    return run->depth > 0 && asn_run_top(run)->bounded ? ERR_MALFORMED : ERR_TRUNCATED;
}

bool asn_run_fail_at(struct asn_run *run, const uint8_t *p, bool whole_frame)
{
    struct asn_place places[ASN_FRAMES_MAX];

    for (size_t i = 0; i < run->depth; i++) {
        places[i].type = run->frames[i].type;
        places[i].index =
            run->frames[i].kind == ASN_FRAME_WRAP ? ASN_NOWHERE : run->frames[i].index;
    }
    if (whole_frame && run->depth > 0) {
        places[run->depth - 1].index = ASN_NOWHERE;
    }
    asn_path(run->err, places, run->depth);
    return err_at_ber(run->err, (uint64_t)(p - run->in.p));
}

bool asn_run_fail(struct asn_run *run)
{
    return asn_run_fail_at(run, run->p, false);
}

bool asn_run_fail_from(struct asn_run *run, const uint8_t *p, const struct err *inner)
{
    enum err_band band = inner->band == ERR_TRUNCATED ? run_band(run) : inner->band;
    uint64_t offset = inner->ber_offset == ERR_NO_OFFSET ? 0 : inner->ber_offset;

    (void)err_set(run->err, band, "%s%s", inner->text,
                  band != inner->band ? " in the element around it" : "");
    return asn_run_fail_at(run, p + offset, false);
}

/* Says what is wrong with the head at run->p. */
static CC_COLD bool fail_head(struct asn_run *run)
{
    struct ber_head head;
    struct err inner;

    asn_err_none(&inner);
    (void)ber_head(asn_run_left(run), &head, &inner);
    return asn_run_fail_from(run, run->p, &inner);
}

bool asn_run_fail_text(struct asn_run *run, enum err_band band, const char *text)
{
    (void)err_set(run->err, band, "%s", text);
    return asn_run_fail(run);
}

bool asn_run_head(struct asn_run *run, struct ber_head *head)
{
    struct span left = asn_run_left(run);

    if (!ber_head(left, head, NULL)) {
        return fail_head(run);
    }
    if (ber_head_is_eoc(head)) {
        return asn_run_fail_text(run, ERR_MALFORMED,
                                 "end-of-contents where an element is expected");
    }
    if (head->len > left.len - head->head_len) {
        (void)err_set(run->err, run_band(run), "element of %" PRIu64 " octets, %zu left%s",
                      head->len, left.len - head->head_len,
                      run_band(run) == ERR_MALFORMED ? " in the element around it" : "");
        return asn_run_fail(run);
    }
    if ((run->flags & ASN_PROFILE) != 0 && !ber_head_is_minimal(head)) {
        return asn_run_fail_text(run, ERR_MALFORMED, "length is not in its shortest definite form");
    }
    return true;
}

bool asn_run_fail_expected(struct asn_run *run, const struct asn_type *type,
                           const struct asn_tag *tag)
{
    char expected[ASN_TEXT_MAX];
    char found[BER_TAG_TEXT_MAX];
    struct ber_head head;

    if (!asn_run_head(run, &head)) {
        return false;
    }
    (void)err_set(run->err, ERR_MALFORMED, "expected %s, found %s",
                  asn_type_text(type, tag, expected), ber_tag_text(head.tag, found));
    return asn_run_fail(run);
}

bool asn_run_fail_component(struct asn_run *run, const struct asn_frame *f)
{
    const struct asn_type *type = f->type;
    struct span left = asn_run_left(run);
    size_t missing = f->index;
    size_t known = asn_find(type, 0, type->member_count, left);
    bool universal = left.len > 0 && left.p[0] >> 6 == BER_UNIVERSAL;

    while (missing < type->member_count && asn_absentable(&type->members[missing])) {
        missing++;
    }
    run->frames[run->depth - 1].index = missing < type->member_count ? missing : ASN_NOWHERE;
    if (missing < type->member_count && (known == type->member_count || universal)) {
        return asn_run_fail_expected(run, type->members[missing].type, &type->members[missing].tag);
    }
    if (missing < type->member_count && known > missing) {
        (void)err_set(run->err, ERR_MALFORMED, "component '%s' is missing",
                      type->members[missing].name);
    } else if (known < type->member_count) {
        (void)err_set(run->err, ERR_MALFORMED, "component '%s' stands twice or out of order",
                      type->members[known].name);
    } else {
        struct ber_head head;
        char found[BER_TAG_TEXT_MAX];

        if (!asn_run_head(run, &head)) {
            return false;
        }
        (void)err_set(run->err, ERR_MALFORMED, "expected the end of %s, found %s",
                      type->name[0] != '\0' ? type->name : "the element",
                      ber_tag_text(head.tag, found));
    }
    return asn_run_fail_at(run, run->p, true);
}
