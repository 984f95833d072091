/* map_expr.c - expressions and conditions of maps; see map_reading.h. */
#include <inttypes.h>

#include "compat/map_listing.h"
#include "compat/map_reading.h"

/* Finds the row of that name in a struct whose values are known. */
static const struct map_value *find_value(const struct map_reading *r, const struct map_type *type,
                                          uint32_t values, uint32_t name,
                                          const struct map_row **row)
{
    for (uint32_t i = 0; i < type->row_count; i++) {
        *row = &r->set->rows[type->rows + i];
        if ((*row)->name == name) {
            return &r->values[values + i];
        }
    }
    return NULL;
}

static enum map_known eval_path(const struct map_reading *r, const struct map_term *term,
                                uint64_t *out)
{
    const struct map_frame *frame = r->frame;
    const struct map_type *type;
    uint32_t values;

    for (uint8_t i = 0; i < term->outer && frame != NULL; i++) {
        frame = frame->outer;
    }
    if (frame == NULL) {
        return MAP_ABSENT;
    }
    type = frame->type;
    values = frame->values;
    for (uint8_t i = 0; i < term->path_len; i++) {
        const struct map_row *row;
        const struct map_value *value = find_value(r, type, values, term->path[i], &row);

        if (value == NULL || value->kind == MAP_VALUE_NONE) {
            return MAP_ABSENT;
        }
        if (value->kind == MAP_VALUE_NUMBER) {
            *out = value->number;
            return i + 1 == term->path_len ? MAP_KNOWN : MAP_ABSENT;
        }
        type = &r->set->types[row->type];
        values = (uint32_t)value->number;
    }
    return MAP_ABSENT;
}

static uint64_t variable(const struct map_reading *r, uint64_t which)
{
    switch ((enum map_variable)which) {
    case MAP_VERSION:
        return r->context->version;
    case MAP_SIZE:
        return r->blob.len;
    case MAP_LEFT:
        return r->end - r->at;
    case MAP_PCI_SIZE:
        return r->pci.size;
    case MAP_MSIX_ENTRIES:
        return r->pci.msix_entries;
    case MAP_DEVICE:
    case MAP_TRANSPORT:
    case MAP_VARIABLES:
        break;
    }
    return 0;
}

static enum map_known eval_term(const struct map_reading *r, const struct map_term *term,
                                uint64_t *out)
{
    switch ((enum map_term_kind)term->kind) {
    case MAP_NUMBER:
        *out = term->number;
        return MAP_KNOWN;
    case MAP_VARIABLE:
        *out = variable(r, term->number);
        return MAP_KNOWN;
    case MAP_PATH:
        return eval_path(r, term, out);
    case MAP_STRING:
        break;
    }
    return MAP_ABSENT;
}

enum map_known map_eval(struct map_reading *r, uint32_t first, uint32_t count, uint64_t *out)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < count; i++) {
        const struct map_term *term = &r->set->terms[first + i];
        uint64_t v = 0;
        enum map_known known = eval_term(r, term, &v);
        bool ok = true;

        if (known != MAP_KNOWN) {
            return known;
        }
        switch (term->op) {
        case '+':
            ok = v <= UINT64_MAX - sum;
            sum += v;
            break;
        case '-':
            ok = v <= sum;
            sum -= v;
            break;
        case '*':
            ok = v == 0 || sum <= UINT64_MAX / v;
            sum *= v;
            break;
        case '/':
            ok = v != 0;
            sum = ok ? sum / v : 0;
            break;
        default:
            sum = v;
            break;
        }
        if (!ok) {
            (void)map_misfit(r, r->at, "%s",
                             term->op == '/'   ? "a division by 0"
                             : term->op == '-' ? "a number below 0"
                                               : "a number of more than 64 bits");
            return MAP_WRONG;
        }
    }
    *out = sum;
    return MAP_KNOWN;
}

static bool compare(enum map_relation relation, uint64_t left, uint64_t right)
{
    switch (relation) {
    case MAP_EQ:
    case MAP_IN:
        return left == right;
    case MAP_NE:
        return left != right;
    case MAP_LT:
        return left < right;
    case MAP_LE:
        return left <= right;
    case MAP_GT:
        return left > right;
    case MAP_GE:
        return left >= right;
    case MAP_AND:
        return (left & right) != 0;
    }
    return false;
}

/* A condition of $device or $transport. */
static bool string_holds(const struct map_reading *r, const struct map_rule *rule)
{
    bool is_device = r->set->terms[rule->left].number == MAP_DEVICE;
    struct span left = is_device ? r->context->device : r->context->transport;
    bool found = false;

    for (uint32_t i = 0; i < rule->right_count && !found; i++) {
        uint32_t string = (uint32_t)r->set->terms[rule->right + i].number;

        found = span_eq(map_string(r->set, string), left);
    }
    return found == (rule->relation != MAP_NE);
}

enum map_known map_holds(struct map_reading *r, const struct map_rule *rule, bool *out)
{
    uint32_t step = rule->relation == MAP_IN ? 1 : rule->right_count;
    uint64_t left;
    uint64_t right;
    enum map_known known;

    if (r->set->terms[rule->right].kind == MAP_STRING) {
        *out = string_holds(r, rule);
        return MAP_KNOWN;
    }
    known = map_eval(r, rule->left, rule->left_count, &left);
    *out = false;
    for (uint32_t i = 0; known == MAP_KNOWN && !*out && i < rule->right_count; i += step) {
        known = map_eval(r, rule->right + i, step, &right);
        *out = known == MAP_KNOWN && compare((enum map_relation)rule->relation, left, right);
    }
    return known;
}

bool map_has_feature(const struct map_reading *r, const struct map_rule *rule)
{
    enum form_feature_id id = form_feature_find(map_string(r->set, (uint32_t)rule->number));

    return id != FORM_FEATURES && (r->context->features & FORM_FEATURE_BIT(id)) != 0;
}

/* Says what a check asks, and what its left side is. */
static bool refuse_check(struct map_reading *r, const struct map_rule *rule, size_t offset)
{
    struct err none = ERR_INIT;
    struct buf text;
    uint64_t found = 0;

    buf_init(&text, ERR_TEXT_MAX / 2);
    (void)map_listing_condition(r->set, rule, &text, &none);
    (void)map_eval(r, rule->left, rule->left_count, &found);
    (void)map_misfit(r, offset, "expected%.*s, found %" PRIu64 " (0x%" PRIx64 ")", (int)text.len,
                     (const char *)text.p, found, found);
    buf_done(&text);
    return false;
}

bool map_check_row(struct map_reading *r, const struct map_row *row, size_t offset)
{
    for (uint32_t i = 0; i < row->rule_count; i++) {
        const struct map_rule *rule = &r->set->rules[row->rules + i];
        bool holds = true;

        if (rule->op != MAP_RULE_CHECK) {
            continue;
        }
        switch (map_holds(r, rule, &holds)) {
        case MAP_KNOWN:
            break;
        case MAP_ABSENT:
            holds = true;
            break;
        case MAP_WRONG:
            return false;
        }
        if (!holds) {
            return refuse_check(r, rule, offset);
        }
    }
    return true;
}
