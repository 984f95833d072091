/* lay_scan.c - see lay_scan.h. */
#include "codec/savevm/lay_scan.h"

#include "codec/ber/ber_prim.h"
#include "codec/ber/ber_reader.h"
#include "codec/savevm/leg_wire.h"

enum {
    /* A section_id counts the handlers registered since the start, hot plugged ones included. */
    LAY_ID_MAX = 1 << 24,
    /* A version_id: most are below 40; the eeprom's is a date (hw/nvram/eeprom93xx.c). */
    LAY_VERSION_MAX = 1 << 16,
    LAY_VERSION_DATE_MIN = 20000101,
    LAY_VERSION_DATE_MAX = 20991231,
    LAY_NAME_MIN = 2,     /* shorter ones exist nowhere, and one letter is found anywhere */
    LAY_COMMAND_MAX = 64, /* 11 are known */
    LAY_COMMAND_DATA_MAX = 16 * 1024, /* POSTCOPY_RAM_DISCARD: 12 ranges of 16 octets, and names */
    LAY_COMMANDS_MAX = 16,            /* in a row at the end of a package: QEMU sends two */
    LAY_VMDESC_HEAD_LEN = 5,          /* 06, length */
};

/* Printable, and allowed in a UTF8String. */
static bool is_name(struct span s)
{
    size_t characters;

    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] < 0x20 || s.p[i] == 0x7f) {
            return false;
        }
    }
    return ber_utf8(s, &characters, NULL);
}

static bool is_version(uint32_t version)
{
    return version < LAY_VERSION_MAX ||
           (version >= LAY_VERSION_DATE_MIN && version <= LAY_VERSION_DATE_MAX);
}

enum lay_seen lay_scan_head(struct span s, struct lay_head *head)
{
    struct span name;
    size_t have;

    if (s.len == 0 || s.p[0] < LEG_SECTION_START || s.p[0] > LEG_SECTION_FULL) {
        return LAY_SEEN_NO;
    }
    if (s.len >= 2 && s.p[1] != 0) {
        return LAY_SEEN_NO; /* LAY_ID_MAX */
    }
    if (s.len < LEG_PART_HEAD_LEN) {
        return LAY_SEEN_CUT;
    }
    head->kind = s.p[0];
    head->id = leg_get_be32(s.p + 1);
    head->name = span_of("", 0);
    head->instance = 0;
    head->version = 0;
    head->len = LEG_PART_HEAD_LEN;
    if (head->id >= LAY_ID_MAX) {
        return LAY_SEEN_NO;
    }
    if (head->kind == LEG_SECTION_PART || head->kind == LEG_SECTION_END) {
        return LAY_SEEN_YES;
    }
    if (s.len == LEG_PART_HEAD_LEN) {
        return LAY_SEEN_CUT;
    }
    have = s.len - LEG_PART_HEAD_LEN - 1;
    name = span_of(s.p + LEG_PART_HEAD_LEN + 1, s.p[LEG_PART_HEAD_LEN]);
    if (name.len < LAY_NAME_MIN) {
        return LAY_SEEN_NO;
    }
    head->len = LEG_START_HEAD_LEN + name.len;
    if (have < name.len) {
        name.len = have;
    }
    if (!is_name(name)) {
        return LAY_SEEN_NO;
    }
    if (s.len < head->len) {
        return LAY_SEEN_CUT;
    }
    head->name = name;
    head->instance = leg_get_be32(name.p + name.len);
    head->version = leg_get_be32(name.p + name.len + 4);
    return is_version(head->version) ? LAY_SEEN_YES : LAY_SEEN_NO;
}

enum lay_seen lay_scan_command(struct span s, size_t *len)
{
    if (s.len == 0 || s.p[0] != LEG_COMMAND || (s.len >= 2 && s.p[1] != 0)) {
        return LAY_SEEN_NO;
    }
    if (s.len < LEG_COMMAND_HEAD_LEN) {
        return LAY_SEEN_CUT;
    }
    *len = LEG_COMMAND_HEAD_LEN + (size_t)leg_get_be16(s.p + 3);
    if (leg_get_be16(s.p + 1) == 0 || leg_get_be16(s.p + 1) > LAY_COMMAND_MAX ||
        *len > LAY_COMMAND_DATA_MAX) {
        return LAY_SEEN_NO;
    }
    return *len <= s.len ? LAY_SEEN_YES : LAY_SEEN_CUT;
}

enum lay_seen lay_scan_vmdesc(struct span s, size_t *len)
{
    if (s.len == 0 || s.p[0] != LEG_VMDESCRIPTION) {
        return LAY_SEEN_NO;
    }
    if (s.len <= LAY_VMDESC_HEAD_LEN) {
        return LAY_SEEN_CUT;
    }
    *len = leg_get_be32(s.p + 1);
    if (*len < 2 || s.p[LAY_VMDESC_HEAD_LEN] != (uint8_t)'{') {
        return LAY_SEEN_NO;
    }
    return *len <= s.len - LAY_VMDESC_HEAD_LEN ? LAY_SEEN_YES : LAY_SEEN_CUT;
}

/* Whether the stream can go on like s behind a footer. */
static bool goes_on(struct span s, bool loose)
{
    struct lay_head head;
    size_t len;

    if (s.len == 0) {
        return true;
    }
    if (s.p[0] == LEG_EOF) {
        enum lay_seen seen = lay_scan_vmdesc(span_from(s, 1), &len);

        return loose || s.len == 1 || seen == LAY_SEEN_CUT ||
               (seen == LAY_SEEN_YES && len == s.len - 1 - LAY_VMDESC_HEAD_LEN);
    }
    return lay_scan_head(s, &head) != LAY_SEEN_NO || lay_scan_command(s, &len) != LAY_SEEN_NO;
}

/* The octets of s in which something that is n octets long can begin up to stop. */
static struct span until(struct span s, size_t stop, size_t n)
{
    return s.len <= n || stop >= s.len - n ? s : span_of(s.p, stop + n);
}

static bool scan_footer(struct span s, size_t from, size_t stop, uint32_t id, bool loose,
                        size_t *at)
{
    const struct span where = until(s, stop, LEG_FOOTER_LEN);
    uint8_t footer[LEG_FOOTER_LEN] = {LEG_SECTION_FOOTER};

    leg_set_be32(footer + 1, id);
    while (from < where.len && where.len - from >= LEG_FOOTER_LEN) {
        const uint8_t *p =
            memchr(s.p + from, LEG_SECTION_FOOTER, where.len - from - LEG_FOOTER_LEN + 1);

        if (p == NULL) {
            return false;
        }
        from = (size_t)(p - s.p);
        if (memcmp(p, footer, LEG_FOOTER_LEN) == 0 &&
            goes_on(span_from(s, from + LEG_FOOTER_LEN), loose)) {
            *at = from;
            return true;
        }
        from++;
    }
    return false;
}

bool lay_scan_footer(struct span s, size_t from, uint32_t id, bool loose, size_t *at)
{
    return scan_footer(s, from, s.len, id, loose, at);
}

bool lay_scan_footer_until(struct span s, size_t from, size_t stop, uint32_t id, size_t *at)
{
    return scan_footer(s, from, stop, id, false, at);
}

bool lay_scan_full_until(struct span s, size_t from, size_t stop, size_t *at)
{
    const struct span where = until(s, stop, 1);

    while (from < where.len) {
        const uint8_t *p = memchr(s.p + from, LEG_SECTION_FULL, where.len - from);
        struct lay_head head;

        if (p == NULL) {
            return false;
        }
        from = (size_t)(p - s.p);
        if (lay_scan_head(span_from(s, from), &head) == LAY_SEEN_YES) {
            *at = from;
            return true;
        }
        from++;
    }
    return false;
}

bool lay_scan_full(struct span s, size_t from, size_t *at)
{
    return lay_scan_full_until(s, from, s.len, at);
}

bool lay_scan_last(struct span s, size_t from, bool final, size_t *at)
{
    if (final && from < s.len && s.p[s.len - 1] == LEG_EOF) {
        *at = s.len - 1;
        return true;
    }
    for (size_t i = from; !final && i < s.len; i++) {
        if (lay_scan_commands(span_from(s, i))) {
            *at = i;
            return true;
        }
    }
    return false;
}

bool lay_scan_commands(struct span s)
{
    size_t len;

    for (int i = 0; i < LAY_COMMANDS_MAX; i++) {
        if (lay_scan_command(s, &len) != LAY_SEEN_YES) {
            return false;
        }
        s = span_from(s, len);
        if (s.len == 0) {
            return true;
        }
    }
    return false;
}

/* Returns the offset behind the last zero octet before offset at, or 0. */
static size_t zero_back(struct span s, size_t at)
{
    const uint64_t low = UINT64_C(0x0101010101010101);

    while (at > 0 && s.p[at - 1] != 0) {
        at--;
        while (at >= 8) { /* the text has no zero octet: go through it in words */
            uint64_t word = ber_load64(s.p + at - 8);

            if (((word - low) & ~word & (low << 7)) != 0) {
                break;
            }
            at -= 8;
        }
    }
    return at;
}

bool lay_scan_back(struct span s, size_t *at, size_t *len)
{
    for (size_t i = zero_back(s, *at); i > 0; i = zero_back(s, i - 1)) {
        struct span text = span_from(s, i);

        if (text.len > LAY_VMDESC_HEAD_LEN && lay_scan_vmdesc(text, len) == LAY_SEEN_YES &&
            text.p[LAY_VMDESC_HEAD_LEN + *len - 1] == (uint8_t)'}') {
            *at = i - 1;
            return true;
        }
    }
    return false;
}

bool lay_scan_is_end(struct span s)
{
    size_t text = zero_back(s, s.len);
    size_t len;

    if (s.len == 0 || s.p[s.len - 1] != (uint8_t)'}') {
        return false;
    }
    /* The last zero octet is one of the length, or the EOF octet if the length has none. */
    for (size_t i = text; i > 0 && text - i < LAY_VMDESC_HEAD_LEN; i--) {
        if (s.p[i - 1] == LEG_EOF && lay_scan_vmdesc(span_from(s, i), &len) == LAY_SEEN_YES &&
            len == s.len - i - LAY_VMDESC_HEAD_LEN) {
            return true;
        }
    }
    return false;
}
