/*
 * view_verify_second.h - verify, for BER streams: what libtasn1 says of the control records.
 *
 * Header, trailer and index are read a second time, by a decoder that shares no line with ours,
 * from a profile of the same modules (asn_print_profile). What it refuses, or reads otherwise, is a
 * finding: of a stream, or of one of the two. It is asked only about records that are sound and in
 * our form, small enough, and without additions, which the profile cannot know.
 */
#ifndef VMBER_VIEW_VERIFY_SECOND_H
#define VMBER_VIEW_VERIFY_SECOND_H

#include "codec/stream/form_reader.h"

enum view_opinion {
    VIEW_OPINION_NONE, /* it was not asked */
    VIEW_OPINION_AGREES,
    VIEW_OPINION_DIFFERS,
};

struct view_second;

/* view_second_new returns NULL without memory, or if this program was built without libtasn1. */
struct view_second *view_second_new(void);
void view_second_free(struct view_second *second);

/*
 * view_second_ask asks about the record at octets: part says which it is, and record points to what
 * our decoder has made of it, a struct wire_header_record, wire_trailer_record or
 * wire_index_record. why says what differs (VIEW_OPINION_DIFFERS). second NULL: no opinion.
 */
enum view_opinion view_second_ask(struct view_second *second, enum form_part part,
                                  struct span octets, const void *record, struct err *why);

/* view_opinion_name returns "none", "agrees" or "differs". */
const char *view_opinion_name(enum view_opinion opinion);

#endif
