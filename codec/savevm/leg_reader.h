/*
 * leg_reader.h - the head and the live part of a legacy stream to events.
 *
 * Tells what is sent while the guest runs: RAM, the few other sections that come in parts,
 * commands. Stops where the tail begins, which is not told here (lay_tail.h). Nothing is put aside
 * and nothing is lost: what an event stands for are the octets of the window up to where it stands
 * after the call; what has not been told is still in the window, whatever went wrong.
 *
 *     leg_reader_init(&reader, &win, NULL, &err);
 *     leg_reader_head(&reader, &configuration, &has_configuration, &err);
 *     while (leg_reader_next(&reader, &event, &step, &err) && step == LEG_EVENT) {
 *         put(&event.body, event.pages, event.page_count, event.legacy);
 *     }
 *     switch (step) {
 *     case LEG_PACKAGED: take reader.packaged octets from win (fewer only if the input ends), go on
 *     case LEG_TAIL:     all that is left is the tail; with leg_reader_ended, what follows EOF
 *     case LEG_LOST:     all that is left has no structure we know; the reason is in reader.lost
 *     case LEG_END:      nothing is left
 *     }
 *     leg_reader_done(&reader);
 *
 * False is input that ends inside something (ERR_TRUNCATED) or cannot be read (ERR_IO).
 *
 * How many octets make an event depends on how many are there: a reader never waits for more while
 * it has something to tell. Only the events together say the same in any case.
 */
#ifndef VMBER_SAVEVM_LEG_READER_H
#define VMBER_SAVEVM_LEG_READER_H

#include "codec/base/err.h"
#include "codec/base/io.h"
#include "codec/savevm/lay_tail.h"
#include "codec/savevm/leg_config.h"
#include "codec/savevm/leg_frame.h"
#include "codec/savevm/leg_ram.h"
#include "codec/savevm/leg_wire.h"

struct leg_options {
    uint64_t page_size; /* octets of a target page if the stream does not say; 0: found by trial */
};

enum leg_step {
    LEG_EVENT,
    LEG_PACKAGED, /* reader->packaged octets of a package begin in the window */
    LEG_TAIL,     /* a FULL section that no framer knows, or what follows EOF, begins */
    LEG_LOST,     /* octets begin that cannot be framed */
    LEG_END,      /* the input has ended behind EOF */
};

struct leg_event {
    struct wire_body body;  /* valid until the next call on this reader, as all below */
    uint64_t legacy_offset; /* of the octets this event stands for, in the input */
    uint64_t legacy_length;
    struct span legacy;       /* the octets themselves */
    const struct span *pages; /* RAM: contents of the pages in order; data is {NULL, total} */
    size_t page_count;
};

/* What is known of a section that is sent in parts. */
struct leg_section {
    uint32_t id;
    uint32_t instance;
    uint32_t version;
    bool is_ram;
    const struct leg_framer *framer; /* NULL for RAM */
    uint8_t name_len;
    uint8_t name[LEG_NAME_MAX];
};

enum leg_reader_state {
    LEG_AT_HEAD,
    LEG_AT_ODD_CONFIG, /* a configuration section that is told as opaque */
    LEG_AT_ELEMENT,
    LEG_IN_RAM,
    LEG_IN_FRAMED,
    LEG_AT_CLOSE, /* behind a framed payload */
    LEG_AT_PACKAGE,
    LEG_AT_TAIL,
    LEG_BEHIND_EOF,
    LEG_STOPPED, /* framing was lost */
};

struct leg_reader {
    struct win *win;
    enum leg_reader_state state;
    struct err lost;   /* why LEG_LOST */
    uint32_t packaged; /* octets of the package, at LEG_PACKAGED */
    bool ended;
    enum lay_footers footers;

    struct leg_config config;
    struct leg_ram ram;
    struct leg_frame frame;

    struct leg_section *sections; /* that have started */
    size_t section_count;
    struct leg_section early; /* a FULL section of the live part */
    const struct leg_section *current;
    int32_t kind;    /* of the current section: WIRE_SECTION_KIND_... */
    size_t open_len; /* octets of a header that is not told yet */

    size_t need;      /* octets asked for last */
    const char *what; /* inside what */
};

/* leg_reader_init makes a reader of win, whose cap is at least LEG_WINDOW_MIN. options may be NULL.
 */
bool leg_reader_init(struct leg_reader *reader, struct win *win, const struct leg_options *options,
                     struct err *err);
void leg_reader_done(struct leg_reader *reader);

/*
 * leg_reader_head reads magic, version and configuration section. Spans of *configuration live
 * until leg_reader_done. On failure all of it is still in the window. A configuration section in an
 * unusual form is told by leg_reader_next instead (*has_configuration is false).
 */
bool leg_reader_head(struct leg_reader *reader, struct wire_configuration *configuration,
                     bool *has_configuration, struct err *err);

/* leg_reader_next tells the next step; *event only with LEG_EVENT. */
bool leg_reader_next(struct leg_reader *reader, struct leg_event *event, enum leg_step *step,
                     struct err *err);

/* leg_reader_ended tells whether the EOF octet has been told. */
static inline bool leg_reader_ended(const struct leg_reader *reader)
{
    return reader->ended;
}

/* leg_reader_footers tells whether the sections so far ended in footers. */
static inline enum lay_footers leg_reader_footers(const struct leg_reader *reader)
{
    return reader->footers;
}

#endif
