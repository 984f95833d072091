/*
 * lay_scan.h - what the elements of a legacy tail look like, and where the next one is.
 *
 * Sections have no length. Without a description the end of one is found by what must follow it;
 * the patterns here are what "plausible" means, and nothing else in the room has an opinion on it.
 */
#ifndef VMBER_SAVEVM_LAY_SCAN_H
#define VMBER_SAVEVM_LAY_SCAN_H

#include "codec/base/span.h"

/* LAY_SEEN_CUT: as far as the octets go it is one, but they end inside it. */
enum lay_seen { LAY_SEEN_NO, LAY_SEEN_YES, LAY_SEEN_CUT };

/* The head of a section. */
struct lay_head {
    uint8_t kind; /* LEG_SECTION_START, _PART, _END, _FULL */
    uint32_t id;
    struct span name; /* START and FULL */
    uint32_t instance;
    uint32_t version;
    size_t len;
};

/* lay_scan_head is whether s begins with a plausible head of a section. */
enum lay_seen lay_scan_head(struct span s, struct lay_head *head);

/* lay_scan_command is whether s begins with a plausible command; *len is its length with data. */
enum lay_seen lay_scan_command(struct span s, size_t *len);

/*
 * lay_scan_footer finds the first footer of section id in s, from offset from on, behind which the
 * stream goes on: a head, a command, the EOF octet at the end of s or before a vmdesc that ends s,
 * or the end of s. If loose, an EOF octet will do, whatever is behind it.
 */
bool lay_scan_footer(struct span s, size_t from, uint32_t id, bool loose, size_t *at);

/* lay_scan_full finds the first plausible head of a FULL section from offset from on. */
bool lay_scan_full(struct span s, size_t from, size_t *at);

/* The same (not loose), not behind offset stop. */
bool lay_scan_footer_until(struct span s, size_t from, size_t stop, uint32_t id, size_t *at);
bool lay_scan_full_until(struct span s, size_t from, size_t stop, size_t *at);

/*
 * lay_scan_last finds where the last section of s ends that has no footer, not before from: at the
 * EOF octet that ends s if final, else where nothing but commands follows.
 */
bool lay_scan_last(struct span s, size_t from, bool final, size_t *at);

/* lay_scan_commands is whether s is commands and nothing else, a few and at least one. */
bool lay_scan_commands(struct span s);

/* lay_scan_vmdesc is whether s begins with 06, a length, and the first octet of a JSON object. */
enum lay_seen lay_scan_vmdesc(struct span s, size_t *len);

/*
 * lay_scan_back finds the last offset below *at (at first: s.len) where 00 06 length and a whole
 * JSON object seem to stand; *len is the object's length.
 */
bool lay_scan_back(struct span s, size_t *at, size_t *len);

/* lay_scan_is_end is whether s ends with 00 06 length and what seems a whole JSON object. */
bool lay_scan_is_end(struct span s);

#endif
