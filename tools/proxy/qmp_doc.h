/*
 * qmp_doc.h - one QMP message as a list of tokens with their places, and edits that are spliced
 * into its text: what is not edited stays as it was, octet for octet.
 *
 * Reads QEMU's JSON (RFC 8259, and strings in single quotes); what QEMU would refuse is refused.
 */
#ifndef VMBER_PROXY_QMP_DOC_H
#define VMBER_PROXY_QMP_DOC_H

#include "codec/base/buf.h"
#include "codec/base/compat_cc.h"
#include "codec/base/span.h"

struct err;

enum qmp_kind { QMP_OBJECT, QMP_ARRAY, QMP_STRING, QMP_PRIMITIVE };

struct qmp_token {
    enum qmp_kind kind;
    uint32_t start; /* of the text; strings with their quotes */
    uint32_t end;   /* behind it */
    uint32_t next;  /* index of the token behind this one and all inside it */
};

#define QMP_NONE UINT32_MAX

/* A replacement of text[start..end). */
struct qmp_edit {
    uint32_t start;
    uint32_t end;
    uint32_t with; /* place in new_text */
    uint32_t with_len;
};

enum { QMP_EDITS_MAX = 16 };

struct qmp_doc {
    struct span text;
    struct qmp_token *tokens; /* a member is its name's token, then its value's */
    uint32_t count;
    uint32_t cap;
    struct qmp_edit edits[QMP_EDITS_MAX]; /* in order of their places */
    uint32_t edit_count;
    struct buf new_text;
};

void qmp_doc_init(struct qmp_doc *doc);
void qmp_doc_done(struct qmp_doc *doc);

/* qmp_doc_parse makes the tokens of text, one value; text must outlive doc. Drops all edits. */
bool qmp_doc_parse(struct qmp_doc *doc, struct span text, struct err *err);

static inline struct span qmp_text(const struct qmp_doc *doc, uint32_t token)
{
    const struct qmp_token *t = &doc->tokens[token];

    return span_of(doc->text.p + t->start, t->end - t->start);
}

/* qmp_member returns the value of object's last member of that name, or QMP_NONE. */
uint32_t qmp_member(const struct qmp_doc *doc, uint32_t object, const char *name);

/* qmp_is is whether token is the string s. */
bool qmp_is(const struct qmp_doc *doc, uint32_t token, const char *s);

/* qmp_is_true is whether token is the literal true. */
bool qmp_is_true(const struct qmp_doc *doc, uint32_t token);

/*
 * qmp_string puts what a string token stands for, escapes resolved, into out (cap octets,
 * terminated). False: no string, too long, a zero octet or a bad escape in it.
 */
bool qmp_string(const struct qmp_doc *doc, uint32_t token, char *out, size_t cap);

/* qmp_first and qmp_next walk over an array's elements; QMP_NONE at the end. */
uint32_t qmp_first(const struct qmp_doc *doc, uint32_t array);
uint32_t qmp_next(const struct qmp_doc *doc, uint32_t array, uint32_t element);

/* qmp_replace has text[start..end) replaced; false if that overlaps another edit. */
bool qmp_replace(struct qmp_doc *doc, uint32_t start, uint32_t end, const char *fmt, ...)
    CC_PRINTF(4, 5);

/*
 * qmp_append adds text before the closing bracket of token, behind ", " unless it is empty; false
 * if token has none.
 */
bool qmp_append(struct qmp_doc *doc, uint32_t token, const char *fmt, ...) CC_PRINTF(3, 4);

/* qmp_splice writes the text with its edits to out. */
bool qmp_splice(const struct qmp_doc *doc, struct buf *out, struct err *err);

/* qmp_quote writes s as a JSON string, quotes included, into out (terminated; cut to fit). */
char *qmp_quote(const char *s, char *out, size_t cap);

#endif
