/* form_pick.c - see form_pick.h. */
#include "codec/stream/form_pick.h"

#include "codec/schema/asn_engine.h"
#include "codec/stream/form_lift.h"
#include "codec/stream/form_limits.h"
#include "codec/stream/form_lower.h"
#include "codec/stream/form_reader.h"
#include "codec/stream/form_wire.h"

enum {
    /* start of the IndexRecord, and the end of MigrationStream: 04 08 and 8 octets, 00 00 */
    START_TLV_LEN = 2 + 8,
    FILE_END_LEN = START_TLV_LEN + 2,
    PICK_WINDOW = 64 * 1024,
    PICK_READ = 4096,  /* octets at a time: most records are smaller */
    PIECES_MAX = 4096, /* of one record that are looked through; ours have some tens */
};

/* A window that can be put anywhere in the file. */
struct place {
    const struct form_random *file;
    uint64_t at;
};

struct pick {
    const struct form_random *file;
    const struct form_sink *sink;
    form_wanted_fn wanted;
    void *wanted_ctx;
    struct place place;
    struct win win;
    struct form_reader reader;
    struct form_lower lower;
    struct form_lift lift;
    struct out counted;
    struct arena arena;
    struct buf octets; /* of the index */
    struct wire_index_record index;
    size_t last; /* entries up to the last one wanted */
};

static bool read_place(void *ctx, void *p, size_t cap, size_t *got, struct err *err)
{
    struct place *place = ctx;

    if (!place->file->read_at(place->file->ctx, place->at, p, cap < PICK_READ ? cap : PICK_READ,
                              got, err)) {
        return false;
    }
    place->at += *got;
    return true;
}

/* Puts the window on the octet at offset. */
static void move_to(struct pick *pick, uint64_t offset)
{
    struct win *win = &pick->win;

    if (offset >= win->offset && offset - win->offset <= win->end - win->begin) {
        win_take(win, (size_t)(offset - win->offset)); /* it is there already */
        return;
    }
    pick->place.at = offset;
    win->begin = 0;
    win->end = 0;
    win->offset = offset;
    win->at_end = false;
}

/* Reads len octets at offset into pick->octets; false too if there are fewer. */
static bool read_span(struct pick *pick, uint64_t offset, size_t len, struct err *err)
{
    uint8_t piece[4096];

    buf_clear(&pick->octets);
    while (pick->octets.len < len) {
        size_t left = len - pick->octets.len;
        size_t got = 0;

        if (!pick->file->read_at(pick->file->ctx, offset + pick->octets.len, piece,
                                 left < sizeof(piece) ? left : sizeof(piece), &got, err) ||
            got == 0 || !buf_put(&pick->octets, piece, got, err)) {
            return false;
        }
    }
    return true;
}

/* Whether the file ends like one with an index, and where the index begins. */
static bool find_index(struct pick *pick, uint64_t *start, struct err *err)
{
    const uint8_t *p;

    if (pick->file->size < FILE_END_LEN ||
        !read_span(pick, pick->file->size - FILE_END_LEN, FILE_END_LEN, err)) {
        return false;
    }
    p = pick->octets.p;
    if (p[0] != 0x04 || p[1] != 0x08 || p[FILE_END_LEN - 2] != 0 || p[FILE_END_LEN - 1] != 0) {
        return false;
    }
    *start = 0;
    for (unsigned i = 2; i < START_TLV_LEN; i++) {
        *start = *start << 8 | p[i];
    }
    return *start < pick->file->size && pick->file->size - *start <= FORM_INDEX_OCTETS_MAX;
}

static bool read_index(struct pick *pick, struct err *err)
{
    uint8_t found[HASH_CHECK_LEN];
    struct ber_head head;
    struct span frame;
    uint64_t start;
    size_t tail;

    if (!find_index(pick, &start, err) ||
        !read_span(pick, start, (size_t)(pick->file->size - start - 2), err)) {
        return false;
    }
    frame = buf_span(&pick->octets);
    if (!ber_head(frame, &head, err) || head.indefinite ||
        !asn_decode(&wire_index_record_type, frame, &pick->index, &pick->arena, ASN_PROFILE, NULL,
                    err)) {
        return false;
    }
    tail = FORM_CHECK_TLV_LEN + START_TLV_LEN;
    hash_reset(pick->reader.check);
    hash_put(pick->reader.check, frame.p + head.head_len, frame.len - head.head_len - tail);
    hash_check(pick->reader.check, found);
    return span_eq(pick->index.check, span_of(found, sizeof(found)));
}

static bool is_type(const struct wire_index_entry *entry)
{
    return span_eq_str(entry->name, wire_body_type.members[WIRE_BODY_TYPE_DESCRIPTION].name);
}

/* How many sections of that name begin in the same record before the one of the entry. */
static bool count_before(const struct pick *pick, size_t at, size_t *before)
{
    const struct wire_index_entry *entries = pick->index.index.entries.items;

    *before = 0;
    for (size_t i = at; i > 0 && entries[i - 1].ber == entries[at].ber; i--) {
        if (at - i >= PIECES_MAX) {
            return false;
        }
        *before += span_eq(entries[i - 1].name, entries[at].name);
    }
    return true;
}

/* Whether a section of that name begins in the record, or in this piece of it. */
static bool begins(const struct form_record *record, struct span name)
{
    const struct wire_section_open *open = form_event_open(record->body);

    return open != NULL && open->has_identity && span_eq(open->identity.name, name);
}

/* Reads the record, or the piece of a record, that an entry points at. */
static bool read_record(struct pick *pick, size_t at, struct form_record *record, struct err *err)
{
    const struct wire_index_entry *entry = &pick->index.index.entries.items[at];
    struct wire_trailer trailer;
    enum form_step step;
    size_t before;

    if (!count_before(pick, at, &before)) {
        return err_set(err, ERR_LIMIT, "more than %d pieces in a record", PIECES_MAX);
    }
    pick->reader.live = NULL; /* pieces of the last record that nobody wanted */
    move_to(pick, entry->ber);
    pick->reader.list.indefinite = true;
    pick->reader.list_open = true;
    for (;;) {
        if (!form_reader_next(&pick->reader, &step, record, &trailer, err)) {
            return false;
        }
        if (step != FORM_RECORD) {
            return err_set(err, ERR_MALFORMED, "the index names a record where the trailer stands");
        }
        if (is_type(entry) || (begins(record, entry->name) && before-- == 0)) {
            return true;
        }
        if (record->is_last) {
            return err_set(err, ERR_MALFORMED, "the index names a section that is not there");
        }
    }
}

/* Whether the entry's section begins and ends in one record, or in one piece of it. */
static bool is_whole(struct pick *pick, size_t at, struct err *err)
{
    struct form_record record;

    return read_record(pick, at, &record, err) && form_event_ends(record.body) &&
           form_event_open(record.body)->kind == WIRE_SECTION_KIND_FULL;
}

/* Looks whether all that is wanted can be had by the index. */
static bool look_ahead(struct pick *pick, struct err *err)
{
    const struct wire_index_entry *entries = pick->index.index.entries.items;

    for (size_t i = 0; i < pick->index.index.entries.count; i++) {
        if (is_type(&entries[i]) || !pick->wanted(pick->wanted_ctx, entries[i].name)) {
            continue;
        }
        if (!is_whole(pick, i, err)) {
            return false;
        }
        pick->last = i + 1;
    }
    return true;
}

static bool tell(struct pick *pick, size_t at, struct err *err)
{
    const struct wire_index_entry *entry = &pick->index.index.entries.items[at];
    struct form_record record;
    struct form_event event;
    struct err why = ERR_INIT;

    if (!read_record(pick, at, &record, err)) {
        return false;
    }
    memset(&event, 0, sizeof(event));
    event.body = record.body;
    event.skippable = record.skippable;
    event.is_last = true;
    event.legacy_offset = entry->legacy;
    event.ber_offset = record.ber_offset;
    event.ber_length = record.ber_length;
    event.octets = record.octets;
    event.types = &pick->lower.types;
    pick->lower.legacy_offset = entry->legacy;
    if (!form_lower_put(&pick->lower, &record, &pick->counted, &event.legacy_length, &why)) {
        event.legacy_length = 0;
        event.why = &why;
        return pick->sink->event(pick->sink->ctx, &event, err) && (*err = why, false);
    }
    return form_lift_event(&pick->lift, &pick->lower, &event, err) &&
           (is_type(entry) || pick->sink->event(pick->sink->ctx, &event, err));
}

static enum form_picked run(struct pick *pick, struct err *err)
{
    const struct wire_index_entry *entries;
    struct form_head head = {FORM_BER, NULL, &pick->lower.types, 0, 2, 0};
    struct wire_header header;
    struct err quiet = ERR_INIT; /* whoever reads the whole file says it better */

    if (!read_index(pick, &quiet) || !look_ahead(pick, &quiet)) {
        return FORM_PICK_NOT;
    }
    move_to(pick, 0);
    if (!form_reader_head(&pick->reader, &header, &quiet) ||
        !form_lower_head(&pick->lower, &header, &pick->counted, &quiet)) {
        return FORM_PICK_NOT;
    }
    head.header = &header;
    head.legacy_length = pick->lower.legacy_offset;
    head.ber_length = pick->win.offset - head.ber_offset;
    if (!pick->sink->head(pick->sink->ctx, &head, err)) {
        return FORM_PICK_FAILED;
    }
    entries = pick->index.index.entries.items;
    for (size_t i = 0; i < pick->last; i++) {
        bool wanted = is_type(&entries[i]) || pick->wanted(pick->wanted_ctx, entries[i].name);

        if (wanted && !tell(pick, i, err)) {
            return FORM_PICK_FAILED;
        }
    }
    return FORM_PICKED;
}

static bool drop(void *ctx, struct iovec *iov, size_t iov_count, struct err *err)
{
    (void)ctx;
    (void)iov;
    (void)iov_count;
    (void)err;
    return true;
}

enum form_picked form_pick(const struct form_random *file, const struct lay_modules *modules,
                           form_wanted_fn wanted, void *wanted_ctx, const struct form_sink *sink,
                           struct err *err)
{
    struct io_sink counted = {drop, NULL};
    struct io_source source;
    struct pick pick;
    enum form_picked result = FORM_PICK_FAILED;

    memset(&pick, 0, sizeof(pick));
    pick.file = file;
    pick.sink = sink;
    pick.wanted = wanted;
    pick.wanted_ctx = wanted_ctx;
    pick.place.file = file;
    source.read = read_place;
    source.ctx = &pick.place;
    arena_init(&pick.arena, FORM_ARENA_MAX);
    form_lift_init(&pick.lift, modules);
    buf_init(&pick.octets, FORM_INDEX_OCTETS_MAX);
    out_init(&pick.counted, counted);
    if (win_init(&pick.win, source, PICK_WINDOW, err) &&
        form_reader_init(&pick.reader, &pick.win, 0, err) && form_lower_init(&pick.lower, err)) {
        result = run(&pick, err);
    }
    form_lift_done(&pick.lift);
    form_lower_done(&pick.lower);
    form_reader_done(&pick.reader);
    win_done(&pick.win);
    out_done(&pick.counted);
    buf_done(&pick.octets);
    arena_done(&pick.arena);
    return result;
}
