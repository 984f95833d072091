/*
 * fuzz_qmp_split_agrees.c - QMP messages are split the same in any portions, nothing is lost, and
 * what is spliced into one leaves the rest as it was.
 *
 * The input's first octet says how long the portions are.
 */
#include <stdio.h>
#include <stdlib.h>

#include "codec/base/err.h"
#include "tools/proxy/proxy_target.h"
#include "tools/proxy/qmp_ber.h"
#include "tools/proxy/qmp_split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool good, const char *what)
{
    if (!good) {
        (void)fprintf(stderr, "%s\n", what);
        abort();
    }
}

/* A token lies inside the one around it, and in order. */
static void check_tokens(const struct qmp_doc *doc)
{
    for (uint32_t i = 0; i < doc->count; i++) {
        const struct qmp_token *t = &doc->tokens[i];

        demand(t->start < t->end && t->end <= doc->text.len, "a token outside its message");
        demand(t->next > i && t->next <= doc->count, "a token that ends before it begins");
        demand(t->next < doc->count ? doc->tokens[t->next].start >= t->end : true,
               "tokens that overlap");
    }
}

/* The spliced text parses again, and is as long as the edits say. */
static void check_splice(struct qmp_doc *doc)
{
    struct err err = ERR_INIT;
    struct qmp_doc again;
    struct buf out;
    size_t want = doc->text.len;

    for (uint32_t i = 0; i < doc->edit_count; i++) {
        want += doc->edits[i].with_len;
        want -= doc->edits[i].end - doc->edits[i].start;
    }
    buf_init(&out, doc->text.len + 65536);
    qmp_doc_init(&again);
    demand(qmp_splice(doc, &out, &err), "a splice that fails");
    demand(out.len == want, "a splice of another length");
    demand(qmp_doc_parse(&again, buf_span(&out), &err), "a splice that is no JSON");
    qmp_doc_done(&again);
    buf_done(&out);
}

static void look_into(struct span message)
{
    struct err err = ERR_INIT;
    struct qmp_capabilities capabilities;
    struct proxy_target target;
    struct qmp_doc doc;
    char text[256];

    qmp_doc_init(&doc);
    if (qmp_doc_parse(&doc, message, &err)) {
        check_tokens(&doc);
        for (uint32_t i = 0; i < doc.count && i < 64; i++) {
            if (qmp_string(&doc, i, text, sizeof(text))) {
                demand(strlen(text) < sizeof(text), "a string without an end");
            }
        }
        qmp_ber_capabilities(&doc, &capabilities);
        (void)qmp_ber_conflict(&doc, &doc);
        if (qmp_ber_show(&doc, true)) {
            check_splice(&doc);
        }
        demand(qmp_doc_parse(&doc, message, &err), "it parses only once");
        if (qmp_ber_show_schema(&doc)) {
            check_splice(&doc);
        }
        demand(qmp_doc_parse(&doc, message, &err), "it parses only once");
        (void)qmp_ber_take(&doc);
        check_splice(&doc);
        demand(qmp_doc_parse(&doc, message, &err), "it parses only once");
        if (qmp_ber_redirect(&doc, "vmber-1")) {
            check_splice(&doc);
        }
        (void)proxy_target_channels(
            &target, &doc, qmp_member(&doc, qmp_member(&doc, 0, "arguments"), "channels"), &err);
    }
    qmp_doc_done(&doc);
}

/* Splits in portions of n octets; returns the number of messages, and a sum over their ends. */
static uint64_t split(struct span all, size_t n, bool look)
{
    struct qmp_split state;
    uint64_t sum = 0;
    size_t begin = 0;
    size_t at = 0;

    qmp_split_init(&state);
    while (at < all.len) {
        size_t portion = n < all.len - at ? n : all.len - at;
        size_t used = 0;
        enum qmp_unit unit = qmp_split_next(&state, span_of(all.p + at, portion), &used);

        demand(used <= portion && (used > 0 || unit != QMP_UNIT_MORE), "no octet taken");
        at += used;
        if (unit != QMP_UNIT_MORE) {
            sum = sum * 1099511628211U + at * 3 + (unit == QMP_UNIT_ERROR);
            if (look && unit == QMP_UNIT_VALUE) {
                look_into(span_of(all.p + begin, at - begin));
            }
            begin = at;
        }
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span all;

    if (size == 0) {
        return 0;
    }
    all = span_of(data + 1, size - 1);
    demand(split(all, all.len + 1, true) == split(all, (size_t)data[0] % 61 + 1, false),
           "other messages in other portions");
    return 0;
}
