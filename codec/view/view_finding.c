/* view_finding.c - see view_finding.h. */
#include "codec/view/view_finding.h"

/* clang-format off */
const struct view_rule view_rules[VIEW_RULES] = {
    [VIEW_NOT_A_STREAM] = {"NOT_A_STREAM", VIEW_ERROR,
        "the first octets are those of a migration stream or of BER of it"},
    [VIEW_TRUNCATED] = {"TRUNCATED", VIEW_ERROR,
        "the input goes on to the end of what has begun"},
    [VIEW_FRAME] = {"FRAME", VIEW_ERROR,
        "records, record list, trailer and index stand where the frame has them"},
    [VIEW_TRAILING] = {"TRAILING", VIEW_ERROR,
        "nothing stands behind the stream"},
    [VIEW_LIMIT] = {"LIMIT", VIEW_ERROR,
        "nothing is larger than this program reads"},
    [VIEW_BER] = {"BER", VIEW_ERROR,
        "a record is well-formed BER"},
    [VIEW_PROFILE] = {"PROFILE", VIEW_WARNING,
        "a stream is in the one form that vmber writes"},
    [VIEW_SCHEMA] = {"SCHEMA", VIEW_ERROR,
        "a record is a value of its type in asn1/"},
    [VIEW_CHECK_MISMATCH] = {"CHECK_MISMATCH", VIEW_ERROR,
        "the check of a record is that of its octets"},
    [VIEW_FORMAT] = {"FORMAT", VIEW_ERROR,
        "the header names the format"},
    [VIEW_FEATURE] = {"FEATURE", VIEW_ERROR,
        "features are sorted, known or skippable, and of their own class"},
    [VIEW_UNKNOWN_RECORD] = {"UNKNOWN_RECORD", VIEW_ERROR,
        "a record of an unknown kind says that it may be skipped"},
    [VIEW_UNKNOWN_SKIPPABLE] = {"UNKNOWN_SKIPPABLE", VIEW_WARNING,
        "every record is of a kind that this program knows"},
    [VIEW_TYPE_DESCRIPTION] = {"TYPE_DESCRIPTION", VIEW_ERROR,
        "type descriptions are numbered in order and rest on earlier ones"},
    [VIEW_TYPE_UNKNOWN] = {"TYPE_UNKNOWN", VIEW_ERROR,
        "the type of a section has been described"},
    [VIEW_VALUE] = {"VALUE", VIEW_ERROR,
        "a record stands for octets of a migration stream"},
    [VIEW_SECTION_ORDER] = {"SECTION_ORDER", VIEW_ERROR,
        "a section has one head, and ends before anything else begins"},
    [VIEW_SECTION_ID] = {"SECTION_ID", VIEW_ERROR,
        "PART and END belong to a section that has begun"},
    [VIEW_SECTION_TWICE] = {"SECTION_TWICE", VIEW_WARNING,
        "no two sections have the same id"},
    [VIEW_FOOTERS] = {"FOOTERS", VIEW_WARNING,
        "all sections have footers, or none has"},
    [VIEW_PACKAGED_LENGTH] = {"PACKAGED_LENGTH", VIEW_ERROR,
        "a package ends where the record ends that it ends in"},
    [VIEW_END_MISSING] = {"END_MISSING", VIEW_ERROR,
        "a stream has the mark that ends it"},
    [VIEW_END_ORDER] = {"END_ORDER", VIEW_ERROR,
        "behind the end mark stands the description, once, and nothing else that is known"},
    [VIEW_RECORD_COUNT] = {"RECORD_COUNT", VIEW_ERROR,
        "the trailer counts the records"},
    [VIEW_LEGACY_LENGTH] = {"LEGACY_LENGTH", VIEW_ERROR,
        "the trailer says how many octets the records stand for"},
    [VIEW_DIGEST] = {"DIGEST", VIEW_ERROR,
        "the digest is that of the octets the records stand for"},
    [VIEW_INDEX_START] = {"INDEX_START", VIEW_ERROR,
        "the index says where it begins"},
    [VIEW_INDEX_ENTRY] = {"INDEX_ENTRY", VIEW_ERROR,
        "an index entry is the place and name of a record, and entries are in its order"},
    [VIEW_INDEX_MISSING] = {"INDEX_MISSING", VIEW_WARNING,
        "the index has all sections, and the header says whether there is one"},
    [VIEW_NOT_CHECKED] = {"NOT_CHECKED", VIEW_WARNING,
        "nothing that other records rest on is damaged"},
    [VIEW_FRAMING_LOST] = {"FRAMING_LOST", VIEW_ERROR,
        "where a section ends can be told"},
    [VIEW_NOT_AS_DESCRIBED] = {"NOT_AS_DESCRIBED", VIEW_ERROR,
        "sections are as the description of the stream says"},
    [VIEW_NOT_DESCRIBED] = {"NOT_DESCRIBED", VIEW_WARNING,
        "the description of the stream says what sections hold"},
    [VIEW_SECOND_OPINION] = {"SECOND_OPINION", VIEW_ERROR,
        "libtasn1 reads header, trailer and index as vmber does"},
};
/* clang-format on */

static const char *severity_name(enum view_severity severity)
{
    return severity == VIEW_ERROR ? "error" : "warning";
}

static void show_text(struct view_out *o, const struct view_finding *finding)
{
    const struct view_rule *rule = &view_rules[finding->rule];
    char sentence[ERR_PATH_MAX + ERR_TEXT_MAX + 128];
    struct view_writer *w = &o->w;

    view_put_str(w, severity_name(rule->severity));
    view_put_str(w, ": ");
    view_put_str(w, rule->id);
    view_put_str(w, ": ");
    if (finding->record > 0) {
        view_put_str(w, "record ");
        view_put_u64(w, finding->record);
        if (finding->kind != NULL) {
            view_put_str(w, " (");
            view_put_str(w, finding->kind);
            if (finding->section.len > 0) {
                view_put_char(w, ' ');
                view_put_text(w, finding->section);
            }
            view_put_char(w, ')');
        }
        view_put_str(w, finding->err->path[0] != '\0' ? " > " : ": ");
    }
    view_put_text(w, span_str(err_format(finding->err, sentence, sizeof(sentence))));
    view_put_char(w, '\n');
}

static void show_json(struct view_out *o, const struct view_finding *finding)
{
    const struct view_rule *rule = &view_rules[finding->rule];
    const struct err *err = finding->err;

    view_item_begin(o, "finding", &VIEW_NOWHERE);
    view_attr_str(o, "id", rule->id);
    view_attr_str(o, "severity", severity_name(rule->severity));
    if (finding->record > 0) {
        view_attr_u64(o, "record", finding->record);
    }
    if (finding->kind != NULL) {
        view_attr_str(o, "record_kind", finding->kind);
    }
    if (finding->section.len > 0) {
        view_attr_text(o, "section", finding->section);
    }
    if (err->path[0] != '\0') {
        view_attr_str(o, "path", err->path);
    }
    if (err->legacy_offset != ERR_NO_OFFSET) {
        view_attr_u64(o, "legacy_offset", err->legacy_offset);
    }
    if (err->ber_offset != ERR_NO_OFFSET) {
        view_attr_u64(o, "ber_offset", err->ber_offset);
    }
    view_attr_str(o, "text", err->text);
    view_item_end(o);
}

void view_findings_add(struct view_findings *findings, const struct view_finding *finding)
{
    if (view_rules[finding->rule].severity == VIEW_ERROR) {
        findings->errors++;
    } else {
        findings->warnings++;
    }
    if (findings->errors + findings->warnings > VIEW_FINDINGS_MAX) {
        return;
    }
    if (findings->o->format == VIEW_TEXT) {
        show_text(findings->o, finding);
    } else {
        show_json(findings->o, finding);
    }
}
