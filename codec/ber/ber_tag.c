/* ber_tag.c - see ber_tag.h. */
#include "codec/ber/ber_tag.h"

#include <inttypes.h>
#include <stdio.h>

size_t ber_tag_octets(struct ber_tag tag, uint8_t out[BER_TAG_OCTETS_MAX])
{
    uint8_t first = (uint8_t)((unsigned)tag.cls << 6 | (tag.constructed ? BER_CONSTRUCTED : 0U));
    unsigned groups = 1;
    size_t n = 0;

    if (tag.number < BER_TAG_LONG) {
        out[0] = (uint8_t)(first | tag.number);
        return 1;
    }
    out[n++] = first | BER_TAG_LONG;
    for (uint32_t v = tag.number >> 7; v != 0; v >>= 7) {
        groups++;
    }
    while (groups-- > 0) {
        out[n++] = (uint8_t)((tag.number >> (7 * groups) & 0x7f) | (groups > 0 ? 0x80U : 0U));
    }
    return n;
}

const char *ber_universal_name(uint32_t number)
{
    /* clang-format off */
    static const char *const names[] = {
        "end-of-contents", "BOOLEAN", "INTEGER", "BIT STRING", "OCTET STRING", "NULL",
        "OBJECT IDENTIFIER", "ObjectDescriptor", "EXTERNAL", "REAL", "ENUMERATED", "EMBEDDED PDV",
        "UTF8String", "RELATIVE-OID", "TIME", NULL, "SEQUENCE", "SET", "NumericString",
        "PrintableString", "TeletexString", "VideotexString", "IA5String", "UTCTime",
        "GeneralizedTime", "GraphicString", "VisibleString", "GeneralString", "UniversalString",
        "CHARACTER STRING", "BMPString",
    };
    /* clang-format on */

    return number < sizeof(names) / sizeof(names[0]) ? names[number] : NULL;
}

bool ber_universal_is_string(uint32_t number)
{
    return number == BER_BIT_STRING || number == BER_OCTET_STRING || number == BER_UTF8_STRING ||
           (number >= 18 && number <= 30 && number != 29) || number == 7;
}

char *ber_tag_text(struct ber_tag tag, char out[BER_TAG_TEXT_MAX])
{
    static const char *const classes[] = {"UNIVERSAL ", "APPLICATION ", "", "PRIVATE "};
    const char *name = tag.cls == BER_UNIVERSAL ? ber_universal_name(tag.number) : NULL;
    uint8_t octets[BER_TAG_OCTETS_MAX];
    char hex[2 * BER_TAG_OCTETS_MAX + 1];
    size_t n = ber_tag_octets(tag, octets);

    for (size_t i = 0; i < n; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", octets[i]);
    }
    if (name != NULL) {
        (void)snprintf(out, BER_TAG_TEXT_MAX, "%s (0x%s)", name, hex);
    } else {
        (void)snprintf(out, BER_TAG_TEXT_MAX, "[%s%" PRIu32 "] (0x%s)", classes[tag.cls],
                       tag.number, hex);
    }
    return out;
}
