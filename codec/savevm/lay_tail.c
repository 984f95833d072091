/* lay_tail.c - see lay_tail.h: makes events of the pieces that lay_plan has found. */
#include "codec/savevm/lay_tail.h"

#include <inttypes.h>
#include <stdlib.h>

#include "codec/savevm/lay_compile.h"
#include "codec/savevm/lay_join.h"
#include "codec/savevm/lay_limits.h"
#include "codec/savevm/lay_plan.h"
#include "codec/savevm/lay_text.h"
#include "codec/savevm/lay_told.h"
#include "codec/savevm/lay_value.h"
#include "codec/savevm/leg_text.h"
#include "codec/savevm/leg_wire.h"

struct teller {
    struct lay_plan plan;
    const struct lay_options *options;
    enum lay_schema schema; /* OFF without modules */
    struct lay_types *types;
    struct lay_text text;
    struct buf room;  /* a value */
    struct buf again; /* what lowering or rebuilding gives, to compare */
    bool *listed;     /* device i of the description went as a Section */
    size_t type_at;   /* where the types that are being told stand */
    lay_sink_fn sink;
    void *ctx;
    struct lay_report *report;
    struct err *err;
};

const char *lay_reason_text(enum lay_reason reason)
{
    switch (reason) {
    case LAY_WHY_NO_VMDESC:
        return "the stream has no description";
    case LAY_WHY_NOT_LISTED:
        return "the description does not list it";
    case LAY_WHY_SIZE:
        return "it ends elsewhere than described";
    case LAY_WHY_VALUE:
        return "its octets are not as described";
    case LAY_WHY_GUARD:
        return "writing it back gave other octets";
    case LAY_WHY_TEXT:
        return "the description does not follow from the sections";
    case LAY_WHY_NO_JSON:
        return "the description could not be read";
    case LAY_WHY_BEHIND:
        return "octets behind the stream";
    case LAY_WHY_UNKNOWN:
        return "no section, no command and no end mark";
    case LAY_WHY_CUT:
        return "the input ends inside it";
    case LAY_WHY_NO_MODULE:
        return "no device module has its name";
    case LAY_WHY_MODULE:
        return "it is not as its device module says";
    case LAY_WHY_COUNT:
        break;
    }
    return "";
}

static const char *framing_text(enum lay_framing framing)
{
    switch (framing) {
    case LAY_FRAMING_FOOTER:
        return "footer";
    case LAY_FRAMING_NEXT_HEADER:
        return "next header";
    case LAY_FRAMING_VMDESC_SIZE:
        return "vmdesc size";
    case LAY_FRAMING_END:
        return "end of stream";
    case LAY_FRAMING_NONE:
        break;
    }
    return "";
}

/* Whether a reason is a descent, so that a strict reading refuses it. */
static bool is_descent(enum lay_reason why)
{
    return why != LAY_WHY_COUNT && why != LAY_WHY_NO_VMDESC && why != LAY_WHY_CUT;
}

static uint64_t legacy(const struct teller *t, size_t at)
{
    return t->options->legacy_offset + at;
}

/* Writes why a section does not end where the description says it does. */
static void explain_size(const struct teller *t, const struct lay_piece *piece, struct err *why)
{
    struct span found = span_from(t->plan.tail, piece->fault);
    size_t payload = piece->at + piece->head.len;
    size_t size = piece->fault - payload;
    size_t n = 0;
    uint8_t footer[LEG_FOOTER_LEN] = {LEG_SECTION_FOOTER};

    leg_set_be32(footer + 1, piece->head.id);
    while (n < LEG_FOOTER_LEN - 1 && n < found.len && found.p[n] == footer[n]) {
        n++;
    }
    if (piece->fault < payload || n >= found.len) {
        (void)err_set(why, ERR_MALFORMED, "the sections end before the described end");
    } else if (t->plan.footers) {
        (void)err_set(why, ERR_MALFORMED,
                      "expected footer octet 0x%02x behind %zu octets of payload as described, "
                      "found 0x%02x",
                      footer[n], size + n, found.p[n]);
    } else {
        (void)err_set(why, ERR_MALFORMED,
                      "expected the next section behind %zu octets of payload as described, "
                      "found octet 0x%02x",
                      size, found.p[0]);
        n = 0;
    }
    (void)err_at_legacy(why, legacy(t, piece->fault + n));
}

/* Writes why a piece is not described, in a form that --strict can refuse it with. */
static void explain(const struct teller *t, const struct lay_piece *piece, struct err *why)
{
    char label[LAY_LABEL_MAX];
    size_t next;

    err_init(why);
    if (piece->why == LAY_WHY_SIZE) {
        explain_size(t, piece, why);
    }
    if (piece->why == LAY_WHY_UNKNOWN && t->plan.tail.p != NULL) {
        (void)err_set(why, ERR_MALFORMED,
                      "expected a section, a command or the end mark, "
                      "found octet 0x%02x",
                      t->plan.tail.p[piece->fault]);
    }
    (void)err_set(why, ERR_UNSUPPORTED, "%s", lay_reason_text(piece->why));
    (void)err_at_legacy(why, legacy(t, piece->fault));
    if (piece->head.name.len > 0) {
        leg_text_label(piece->head.name, label, sizeof(label));
        (void)err_at_path(why, "%s", label);
    } else if (piece->why == LAY_WHY_UNKNOWN) {
        /* The section that should stand here, by the description. */
        next = 0;
        for (const struct lay_piece *p = t->plan.pieces; p < piece; p++) {
            next = p->device != LAY_NO_DEVICE ? p->device + 1 : next;
        }
        if (t->plan.has_desc && next < t->plan.desc.device_count) {
            leg_text_label(t->plan.desc.devices[next].name, label, sizeof(label));
            (void)err_at_path(why, "%s", label);
        }
    }
}

/* Writes why a section has no module. */
static void explain_module(const struct teller *t, const struct lay_piece *piece, struct err *why)
{
    const struct lay_differs *differs = piece->differs;
    const char *text = differs != NULL ? differs->text : lay_reason_text(piece->module);
    bool has_path = differs != NULL && differs->path[0] != '\0';
    char label[LAY_LABEL_MAX];

    err_init(why);
    leg_text_label(piece->head.name, label, sizeof(label));
    (void)err_set(why, ERR_UNSUPPORTED, "%s", text);
    (void)err_at_path(why, "%s%s%s", label, has_path ? " > " : "", has_path ? differs->path : "");
    (void)err_at_legacy(why, legacy(t, piece->at));
}

/* Refuses a descent if the reading is strict. */
static bool refuse(const struct teller *t, const struct err *why)
{
    (void)err_set(t->err, ERR_UNSUPPORTED, "%s", why->text);
    (void)err_at_path(t->err, "%s", why->path);
    return err_at_legacy(t->err, why->legacy_offset);
}

static bool tell(const struct teller *t, const struct wire_body *body, size_t at, size_t len,
                 const struct err *why)
{
    struct lay_event event = {body, legacy(t, at), len, why};

    return t->sink(t->ctx, &event, t->err);
}

static bool tell_type(void *ctx, const struct wire_type_description *wire, struct err *err)
{
    const struct teller *t = ctx;
    struct wire_body body = {0};

    (void)err; /* the same place in the end */
    body.which = WIRE_BODY_TYPE_DESCRIPTION;
    body.u.type_description = *wire;
    return tell(t, &body, t->type_at, 0, NULL);
}

/* Tells a type and all it uses, as far as that has not been done; *id becomes its number. */
static bool tell_types(struct teller *t, uint32_t *id, size_t at)
{
    t->type_at = at;
    if (!lay_told_type(t->types, *id, tell_type, t, t->err)) {
        return false;
    }
    *id = lay_told_id(t->types, *id);
    return true;
}

static void set_open(const struct lay_head *head, struct wire_section_open *open)
{
    open->has_kind = true;
    open->kind = head->kind;
    open->id = head->id;
    open->has_identity = head->kind == LEG_SECTION_START || head->kind == LEG_SECTION_FULL;
    open->identity.name = head->name;
    open->identity.instance = head->instance;
    open->identity.version = head->version;
}

static struct span payload_of(const struct teller *t, const struct lay_piece *piece)
{
    return span_of(t->plan.tail.p + piece->at + piece->head.len, piece->payload_len);
}

static bool tell_framed(struct teller *t, const struct lay_piece *piece, const struct err *why)
{
    struct wire_body body = {0};
    struct wire_framed *framed = &body.u.framed;

    body.which = WIRE_BODY_FRAMED;
    framed->has_open = true;
    set_open(&piece->head, &framed->open);
    framed->has_close = piece->framing != LAY_FRAMING_NONE;
    framed->close.has_footer = true;
    framed->close.footer = piece->footer;
    framed->has_framing = piece->framing != LAY_FRAMING_NONE;
    framed->framing = span_str(framing_text(piece->framing));
    framed->data = payload_of(t, piece);
    t->report->framed++;
    t->report->framed_octets += piece->len;
    return tell(t, &body, piece->at, piece->len, why);
}

/* Lifts the payload of a piece by a type and makes sure that it comes back; says in *reason what is
 * wrong. */
static bool lift_by(struct teller *t, const struct lay_piece *piece, uint32_t type,
                    struct span *value, enum lay_reason *reason, struct err *why)
{
    const struct span payload = payload_of(t, piece);
    const struct lay_where where = {piece->head.name, legacy(t, piece->at + piece->head.len),
                                    ERR_NO_OFFSET};

    *reason = LAY_WHY_VALUE;
    if (!lay_value_lift(t->types, type, payload, &where, &t->room, value, why)) {
        return false;
    }
    buf_clear(&t->again);
    *reason = LAY_WHY_GUARD;
    if (!lay_value_lower(t->types, type, *value, &where, &t->again, why)) {
        return false;
    }
    return span_eq(buf_span(&t->again), payload) ||
           err_set(why, ERR_INTERNAL, "%s", lay_reason_text(LAY_WHY_GUARD));
}

/* Scrubs the payload of a piece and asks which type it has with layouts, if anybody does that. */
static bool ask_lifter(const struct teller *t, const struct lay_piece *piece, uint32_t *lifted,
                       struct err *why)
{
    const struct lay_modules *modules = t->options->modules;
    const struct lay_head *head = &piece->head;
    uint8_t *octets = t->options->octets;

    *lifted = piece->type;
    if (modules == NULL) {
        return true;
    }
    return (modules->scrub == NULL || octets == NULL ||
            modules->scrub(modules->lift_ctx, t->types, head->name, head->version, piece->type,
                           octets + piece->at + head->len, piece->payload_len, why)) &&
           (modules->lift == NULL ||
            modules->lift(modules->lift_ctx, t->types, head->name, head->version, piece->type,
                          payload_of(t, piece), lifted, why));
}

/* The same with layouts, if there are any that do it, which *type then has. */
static bool lift(struct teller *t, const struct lay_piece *piece, uint32_t *type,
                 struct span *value, enum lay_reason *reason, struct err *why)
{
    struct err mine = ERR_INIT;
    uint32_t lifted;

    *type = piece->type;
    *reason = LAY_WHY_VALUE;
    if (!ask_lifter(t, piece, &lifted, &mine)) {
        (void)err_set(why, mine.band, "%s", mine.text);
        (void)err_at_path(why, "%s", mine.path);
        return err_at_legacy(why,
                             legacy(t, piece->at + piece->head.len) +
                                 (mine.legacy_offset != ERR_NO_OFFSET ? mine.legacy_offset : 0));
    }
    if (lifted != piece->type && lift_by(t, piece, lifted, value, reason, &mine)) {
        *type = lifted;
        return true;
    }
    return lift_by(t, piece, piece->type, value, reason, why);
}

static bool tell_section(struct teller *t, const struct lay_piece *piece)
{
    struct wire_body body = {0};
    struct wire_section *section = &body.u.section;
    struct lay_piece lower = *piece;
    struct err why = ERR_INIT;
    bool has_why = piece->module != LAY_WHY_COUNT;
    uint32_t type;

    if (piece->type == 0) {
        explain(t, piece, &why);
        return tell_framed(t, piece, &why);
    }
    if (!lift(t, piece, &type, &section->value, &lower.why, &why)) {
        if (why.band == ERR_LIMIT) { /* memory, perhaps */
            return err_set(t->err, why.band, "%s", why.text);
        }
        t->report->why[lower.why]++;
        if (t->options->strict || t->schema == LAY_SCHEMA_STRICT) {
            return refuse(t, &why);
        }
        lower.framing = piece->guessed ? piece->framing : LAY_FRAMING_VMDESC_SIZE;
        return tell_framed(t, &lower, &why);
    }
    section->type = type;
    if (!tell_types(t, &section->type, piece->at) ||
        !lay_text_section(&t->text, piece->head.name, piece->head.instance, type, t->err)) {
        return false;
    }
    if (t->listed != NULL && piece->device != LAY_NO_DEVICE) {
        t->listed[piece->device] = true;
    }
    body.which = WIRE_BODY_SECTION;
    set_open(&piece->head, &section->open);
    section->close.has_footer = true;
    section->close.footer = piece->footer;
    t->report->described++;
    t->report->described_octets += piece->len;
    t->report->conforming += lay_types_get(t->types, type)->wire.has_module;
    if (has_why) {
        explain_module(t, piece, &why);
    }
    return tell(t, &body, piece->at, piece->len, has_why ? &why : NULL);
}

static bool tell_command(struct teller *t, const struct lay_piece *piece)
{
    struct span s = span_of(t->plan.tail.p + piece->at, piece->len);
    struct wire_body body = {0};

    body.which = WIRE_BODY_COMMAND;
    body.u.command.number = (uint16_t)leg_get_be16(s.p + 1);
    body.u.command.data = span_from(s, LEG_COMMAND_HEAD_LEN);
    t->report->commands++;
    return tell(t, &body, piece->at, piece->len, NULL);
}

static bool tell_opaque(struct teller *t, const struct lay_piece *piece)
{
    struct wire_body body = {0};
    struct err why;

    explain(t, piece, &why);
    body.which = WIRE_BODY_OPAQUE;
    body.u.opaque.reason = span_str(lay_reason_text(piece->why));
    body.u.opaque.data = span_of(t->plan.tail.p + piece->at, piece->len);
    t->report->opaque++;
    t->report->opaque_octets += piece->len;
    return tell(t, &body, piece->at, piece->len, &why);
}

/* Lists in form the devices that no Section record stands for. */
static bool list_entries(struct teller *t, struct wire_vmdesc_form *form)
{
    const struct lay_vmdesc *desc = &t->plan.desc;
    struct wire_vmdesc_entry *entries;
    uint32_t after = 0;
    size_t count = 0;

    for (size_t i = 0; i < desc->device_count; i++) {
        count += t->listed[i] ? 0 : 1;
    }
    if (count == 0) {
        return true;
    }
    entries = arena_array(&t->text.arena, count, sizeof(*entries), t->err);
    if (entries == NULL) {
        return false;
    }
    form->has_entries = true;
    form->entries.items = entries;
    for (size_t i = 0; i < desc->device_count; i++) {
        struct wire_vmdesc_entry *entry = &entries[form->entries.count];

        if (t->listed[i]) {
            after++;
            continue;
        }
        entry->after = after;
        entry->name = desc->devices[i].name;
        entry->instance = desc->devices[i].instance;
        entry->type = desc->devices[i].type;
        form->entries.count++;
    }
    return true;
}

/* Tells the types that a form names; in it their numbers replace ids. */
static bool tell_form_types(struct teller *t, struct wire_vmdesc_form *form, size_t at)
{
    if (form->has_configuration && !tell_types(t, &form->configuration, at)) {
        return false;
    }
    for (size_t i = 0; form->has_entries && i < form->entries.count; i++) {
        if (!tell_types(t, &form->entries.items[i].type, at)) {
            return false;
        }
    }
    return true;
}

/* Writes the description again; *same: it is the text. */
static bool rebuild(struct teller *t, struct wire_vmdesc_form *form, bool *same, struct err *why)
{
    const struct lay_vmdesc *desc = &t->plan.desc;
    struct span text = t->plan.text;
    struct span again;
    size_t n = 0;

    form->style = desc->style;
    form->page_size = desc->page_size;
    form->has_configuration = desc->configuration != 0;
    form->configuration = desc->configuration;
    if (!list_entries(t, form)) {
        return false;
    }
    t->again.len_max = text.len + 1; /* what is longer is different */
    buf_clear(&t->again);
    if (!buf_reserve(&t->again, t->again.len_max, t->err)) { /* no memory is another matter */
        return false;
    }
    *same = lay_text_write(&t->text, t->types, form, &t->again, why);
    t->again.len_max = SIZE_MAX / 2;
    again = buf_span(&t->again);
    if (*same && !span_eq(again, text)) {
        while (n < again.len && n < text.len && again.p[n] == text.p[n]) {
            n++;
        }
        *same = err_set(why, ERR_UNSUPPORTED, "octet %zu of the description does not follow", n);
    }
    return true;
}

static bool tell_vmdesc(struct teller *t, const struct lay_piece *piece)
{
    struct wire_body body = {0};
    struct wire_vm_description *vm = &body.u.vm_description;
    enum lay_reason reason = LAY_WHY_NO_JSON;
    struct err why = ERR_INIT;
    bool same = false;

    body.which = WIRE_BODY_VM_DESCRIPTION;
    if (t->plan.has_desc) {
        reason = LAY_WHY_TEXT;
    }
    if (t->plan.has_desc && !t->options->goes_on) {
        vm->which = WIRE_VM_DESCRIPTION_REBUILT;
        if (!rebuild(t, &vm->u.rebuilt, &same, &why)) {
            return false;
        }
    }
    if (same) {
        t->report->rebuilt = true;
        return tell_form_types(t, &vm->u.rebuilt, piece->at) &&
               tell(t, &body, piece->at, piece->len, NULL);
    }
    t->report->why[reason]++;
    (void)err_set(&why, ERR_UNSUPPORTED, "%s", lay_reason_text(reason));
    (void)err_at_legacy(&why, legacy(t, piece->at));
    (void)err_at_path(&why, "vmdesc");
    if (t->options->strict) {
        return refuse(t, &why);
    }
    memset(&body.u, 0, sizeof(body.u));
    vm->which = WIRE_VM_DESCRIPTION_TEXT;
    vm->u.text = t->plan.text;
    return tell(t, &body, piece->at, piece->len, &why);
}

static bool tell_piece(struct teller *t, const struct lay_piece *piece)
{
    struct wire_body body = {0};

    switch (piece->kind) {
    case LAY_PIECE_SECTION:
        return tell_section(t, piece);
    case LAY_PIECE_COMMAND:
        return tell_command(t, piece);
    case LAY_PIECE_EOF:
        body.which = WIRE_BODY_END_OF_STREAM;
        return tell(t, &body, piece->at, piece->len, NULL);
    case LAY_PIECE_VMDESC:
        return tell_vmdesc(t, piece);
    case LAY_PIECE_OPAQUE:
        return tell_opaque(t, piece);
    }
    return err_set(t->err, ERR_INTERNAL, "no such piece");
}

/* Finds the module of a section; piece->module becomes the reason if it has none. */
static bool join(struct teller *t, struct lay_piece *piece)
{
    if (t->schema != LAY_SCHEMA_OFF && piece->type != 0 && !piece->guessed) {
        if (!lay_join_section(t->options->modules, t->types, piece->head.name, payload_of(t, piece),
                              &piece->type, &piece->differs, t->err)) {
            return false;
        }
        if (piece->differs != NULL) {
            piece->module = piece->differs->no_module ? LAY_WHY_NO_MODULE : LAY_WHY_MODULE;
        }
    }
    t->report->differing += piece->module == LAY_WHY_MODULE;
    t->report->no_module += piece->module == LAY_WHY_NO_MODULE;
    return true;
}

/* Whether a piece is a section that nobody could describe, or might be one. */
static bool is_lost(const struct lay_piece *piece)
{
    bool some = piece->kind == LAY_PIECE_SECTION || piece->kind == LAY_PIECE_OPAQUE;

    return some && piece->why != LAY_WHY_COUNT && piece->why != LAY_WHY_CUT &&
           piece->why != LAY_WHY_BEHIND;
}

/* Looks at a piece before anything is told: finds its module, and refuses it if it has to. */
static bool judge(struct teller *t, struct lay_piece *piece)
{
    struct err why;

    if (piece->why != LAY_WHY_COUNT) {
        t->report->why[piece->why]++;
    }
    if (piece->kind == LAY_PIECE_SECTION && !join(t, piece)) {
        return false;
    }
    if (t->options->strict && is_descent(piece->why)) {
        explain(t, piece, &why);
        return refuse(t, &why);
    }
    if (t->schema == LAY_SCHEMA_STRICT && piece->module != LAY_WHY_COUNT) {
        explain_module(t, piece, &why);
        return refuse(t, &why);
    }
    if (t->schema == LAY_SCHEMA_STRICT && is_lost(piece)) {
        explain(t, piece, &why);
        return refuse(t, &why);
    }
    return true;
}

/* Tells all pieces, after a look at all of them. */
static bool tell_pieces(struct teller *t)
{
    const struct lay_plan *plan = &t->plan;

    for (size_t i = 0; i < plan->count; i++) {
        if (!judge(t, &plan->pieces[i])) {
            return false;
        }
    }
    if (plan->has_desc && plan->desc.device_count > 0) {
        t->listed = calloc(plan->desc.device_count, sizeof(*t->listed));
        if (t->listed == NULL) {
            return err_memory(t->err);
        }
    }
    for (size_t i = 0; i < plan->count; i++) {
        if (!tell_piece(t, &plan->pieces[i])) {
            return false;
        }
    }
    return true;
}

static enum lay_result run(struct teller *t, struct span tail)
{
    const struct lay_plan *plan = &t->plan;

    if (!lay_plan_make(&t->plan, tail, t->options, t->types, t->err)) {
        return LAY_FAILED;
    }
    t->report->footers = plan->footers;
    t->report->has_vmdesc = plan->text.len > 0;
    if ((!plan->cut || t->options->salvage) && !tell_pieces(t)) {
        return LAY_FAILED;
    }
    if (!plan->cut) {
        return LAY_COMPLETE;
    }
    (void)err_set(t->err, plan->cut_err.band, "%s", plan->cut_err.text);
    (void)err_at_path(t->err, "%s", plan->cut_err.path);
    (void)err_at_legacy(t->err, plan->cut_err.legacy_offset);
    return LAY_CUT;
}

enum lay_result lay_tail(struct span tail, const struct lay_options *options,
                         struct lay_types *types, lay_sink_fn sink, void *ctx,
                         struct lay_report *report, struct err *err)
{
    struct teller t = {0};
    enum lay_result result;

    memset(report, 0, sizeof(*report));
    lay_plan_init(&t.plan);
    lay_text_init(&t.text);
    buf_init(&t.room, SIZE_MAX / 2);
    buf_init(&t.again, SIZE_MAX / 2);
    t.options = options;
    t.schema = options->modules != NULL ? options->schema : LAY_SCHEMA_OFF;
    t.types = types;
    t.sink = sink;
    t.ctx = ctx;
    t.report = report;
    t.err = err;
    result = run(&t, tail);
    lay_plan_done(&t.plan);
    lay_text_done(&t.text);
    buf_done(&t.room);
    buf_done(&t.again);
    free(t.listed);
    return result;
}

bool lay_tail_complete(struct span tail)
{
    return lay_scan_is_end(tail);
}
