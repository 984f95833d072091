/*
 * view_finding.h - what verify can find: the rules, by id, and how a finding is shown.
 *
 * An id, once released, keeps its meaning: scripts match on it.
 */
#ifndef VMBER_VIEW_FINDING_H
#define VMBER_VIEW_FINDING_H

#include "codec/base/err.h"
#include "codec/view/view_out.h"

enum view_severity { VIEW_ERROR, VIEW_WARNING };

enum view_rule_id {
    VIEW_NOT_A_STREAM,
    VIEW_TRUNCATED,
    VIEW_FRAME,
    VIEW_TRAILING,
    VIEW_LIMIT,
    VIEW_BER,
    VIEW_PROFILE,
    VIEW_SCHEMA,
    VIEW_CHECK_MISMATCH,
    VIEW_FORMAT,
    VIEW_FEATURE,
    VIEW_UNKNOWN_RECORD,
    VIEW_UNKNOWN_SKIPPABLE,
    VIEW_TYPE_DESCRIPTION,
    VIEW_TYPE_UNKNOWN,
    VIEW_VALUE,
    VIEW_SECTION_ORDER,
    VIEW_SECTION_ID,
    VIEW_SECTION_TWICE,
    VIEW_FOOTERS,
    VIEW_PACKAGED_LENGTH,
    VIEW_END_MISSING,
    VIEW_END_ORDER,
    VIEW_RECORD_COUNT,
    VIEW_LEGACY_LENGTH,
    VIEW_DIGEST,
    VIEW_INDEX_START,
    VIEW_INDEX_ENTRY,
    VIEW_INDEX_MISSING,
    VIEW_NOT_CHECKED,
    VIEW_FRAMING_LOST,
    VIEW_NOT_AS_DESCRIBED,
    VIEW_NOT_DESCRIBED,
    VIEW_SECOND_OPINION,
    VIEW_RULES
};

struct view_rule {
    const char *id;
    enum view_severity severity;
    const char *sentence; /* what the rule wants */
};

extern const struct view_rule view_rules[VIEW_RULES];

struct view_finding {
    enum view_rule_id rule;
    uint64_t record;       /* number from 1; 0: none */
    const char *kind;      /* of the record, or NULL */
    struct span section;   /* its name, if known */
    const struct err *err; /* path, offsets, text */
};

/* What has been found so far, and where it is shown. */
struct view_findings {
    struct view_out *o;
    uint64_t errors;
    uint64_t warnings;
};

/* view_findings_add shows a finding and counts it; beyond VIEW_FINDINGS_MAX it only counts. */
void view_findings_add(struct view_findings *findings, const struct view_finding *finding);

#endif
