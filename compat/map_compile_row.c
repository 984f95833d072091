/* map_compile_row.c - one component of a struct; see map_compile.h. */
#include <string.h>

#include "codec/device/mod_set.h"
#include "codec/savevm/lay_limits.h"
#include "compat/map_compiling.h"

static const struct asn_node *base_of(const struct asn_node *node)
{
    return node->base;
}

/* The SIZE of a string or an array: one number, or none. */
static bool read_size(struct map_compiling *c, const struct asn_node *node, uint32_t *size)
{
    *size = MAP_VARIES;
    if (!node->has_min && !node->has_max) {
        return true;
    }
    if (!node->has_min || !node->has_max || node->range_extensible ||
        asn_number_compare(node->min, node->max) != 0 || node->max.magnitude > MAP_BLOB_MAX) {
        return map_fail(c, node->place, "a size that is no single number");
    }
    *size = (uint32_t)node->max.magnitude;
    return true;
}

static bool leaf_integer(struct map_compiling *c, const struct asn_node *node, struct map_row *row)
{
    static const char *const texts[2][4] = {{"uint8", "uint16", "uint32", "uint64"},
                                            {"int8", "int16", "int32", "int64"}};
    unsigned log = 0;

    row->op = MAP_INT;
    row->size = asn_integer_octets(node, &row->is_signed);
    if (row->size == 0) {
        return map_fail(c, node->place, "the range is that of no integer of 1, 2, 4 or 8 octets");
    }
    while (1U << log < row->size) {
        log++;
    }
    return mod_pool_add(&c->pool, span_str(texts[row->is_signed][log]), &row->type_name, c->err);
}

/* A row without elements, or an element. */
static bool element(struct map_compiling *c, const struct asn_node *node,
                    const struct map_note *note, struct map_row *row)
{
    const struct asn_node *base = base_of(node);
    bool host_layout = (note->words & MAP_WORD_HOST_LAYOUT) != 0;

    if (base->kind != ASN_KIND_OCTET_STRING && host_layout) {
        return map_fail(c, note->place, "the layout of the host of what is no OCTET STRING");
    }
    switch (base->kind) {
    case ASN_KIND_INTEGER:
        return leaf_integer(c, node, row);
    case ASN_KIND_BOOLEAN:
        row->op = MAP_BOOL;
        row->size = 1;
        return mod_pool_add(&c->pool, span_str("bool"), &row->type_name, c->err);
    case ASN_KIND_OCTET_STRING:
        row->op = MAP_OCTETS;
        return read_size(c, node, &row->size) &&
               mod_pool_add(&c->pool, span_str(host_layout ? "host-layout" : "buffer"),
                            &row->type_name, c->err);
    case ASN_KIND_SEQUENCE:
        if (base->owner->type != base) {
            return map_fail(c, base->place, "a struct that is no type with a name");
        }
        row->op = MAP_STRUCT;
        row->size = MAP_VARIES; /* until all structs are known */
        row->type = c->type_of[base->owner->index];
        return mod_pool_add(
            &c->pool, span_str((note->words & MAP_WORD_SUBSECTION) != 0 ? "subsection" : "struct"),
            &row->type_name, c->err);
    default: /* what else notation has */
        return map_fail(c, node->place, "no row is a %s", asn_kind_name(base->kind));
    }
}

static bool read_tag(struct map_compiling *c, const struct asn_component *component,
                     struct map_row *row)
{
    const struct asn_tagging *tags = component->type->tags;

    if (component->value != NULL || component->addition) {
        return map_fail(c, component->place, "%s has a DEFAULT or stands behind '...'",
                        component->name);
    }
    if ((tags != NULL) != component->optional) {
        return map_fail(c, component->place, "%s is OPTIONAL or has a tag, and not both",
                        component->name);
    }
    if (tags == NULL) {
        return true;
    }
    if (tags->next != NULL || tags->tag.class != ASN_CLASS_CONTEXT || tags->is_explicit ||
        tags->tag.number > LAY_TAG_MAX) {
        return map_fail(c, tags->place, "the tag of %s is no single, implicit context tag up to %d",
                        component->name, LAY_TAG_MAX);
    }
    row->tag = tags->tag.number;
    return true;
}

static bool read_name(struct map_compiling *c, const struct asn_component *component,
                      const struct map_note *note, struct map_row *row)
{
    char name[ASN_NAME_MAX + 1];
    size_t len = strlen(component->name);

    for (size_t i = 0; i < len; i++) {
        name[i] = component->name[i] == '-' ? '_' : component->name[i];
    }
    if (!mod_pool_add(&c->pool, span_str(component->name), &row->ident, c->err)) {
        return false;
    }
    if (row->is_subsection) {
        row->name = c->types[row->type].vmsd;
        return true;
    }
    return mod_pool_add(&c->pool, note->has_string ? note->string : span_of(name, len), &row->name,
                        c->err);
}

static unsigned count_rules(const struct map_compiling *c, const struct map_row *row,
                            enum map_rule_op op)
{
    unsigned count = 0;

    for (uint32_t i = 0; i < row->rule_count; i++) {
        count += c->rules[row->rules + i].op == (uint8_t)op;
    }
    return count;
}

/* What an annotation says must suit the row. */
static bool check_rules(struct map_compiling *c, const struct asn_component *component,
                        const struct map_note *note, const struct map_row *row)
{
    unsigned lengths = count_rules(c, row, MAP_RULE_LENGTH) + row->rest;
    unsigned counts = count_rules(c, row, MAP_RULE_COUNT) + count_rules(c, row, MAP_RULE_WHILE);
    unsigned sizes = count_rules(c, row, MAP_RULE_SIZE);
    unsigned numbers = count_rules(c, row, MAP_RULE_MAGIC) + count_rules(c, row, MAP_RULE_MAX);
    unsigned conditions = count_rules(c, row, MAP_RULE_IF) + count_rules(c, row, MAP_RULE_FEATURE);
    bool varies = row->op == MAP_OCTETS && row->size == MAP_VARIES;
    bool optional = row->tag != MAP_NO_TAG;
    const char *what = NULL;

    if (lengths != (varies ? 1U : 0U) || (varies && row->is_array)) {
        what = "an OCTET STRING without a SIZE has one of length and rest, and nothing else has";
    } else if (counts != (row->is_array && row->count == MAP_VARIES ? 1U : 0U)) {
        what = "a SEQUENCE OF without a SIZE has one of count and while, and nothing else has";
    } else if (row->is_array && row->count == MAP_VARIES && !optional) {
        what = "a SEQUENCE OF that may have no element is not OPTIONAL";
    } else if (row->count == 0 || (row->is_array && row->op == MAP_INT && row->size == 1)) {
        what = "integers of one octet are an OCTET STRING, and no array has no element";
    } else if (sizes > 1 || (sizes == 1 && (row->op != MAP_STRUCT || row->is_array))) {
        what = "the size of what is no struct";
    } else if ((numbers > 0 || row->order != MAP_BIG) && row->op != MAP_INT) {
        what = "a number or an order of what is no INTEGER";
    } else if ((row->zero || row->dont_care) && (row->op != MAP_OCTETS || row->is_array)) {
        what = "zero and dont-care are said of an OCTET STRING";
    } else if (!optional && (row->maybe || row->fits || row->is_subsection || conditions > 0)) {
        what = "what may not be there is not OPTIONAL";
    } else if (optional && !row->maybe && !row->fits && !row->is_subsection && counts == 0 &&
               conditions == 0) {
        what = "nothing says whether it is there";
    } else if (row->fits && (row->size == MAP_VARIES || row->count == MAP_VARIES)) {
        what = "what has no fixed size fits or does not";
    } else if (row->is_subsection && (row->op != MAP_STRUCT || row->is_array || row->maybe ||
                                      row->rule_count > count_rules(c, row, MAP_RULE_FEATURE) ||
                                      note->has_string || c->types[row->type].vmsd == MOD_EMPTY)) {
        what = "a subsection is a struct with a vmsd name, and no rule but feature goes with it";
    } else if (note->has_number || note->target_count > 0 || note->feature.len > 0 ||
               (note->words & MAP_WORD_MAP) != 0 ||
               (note->words & MAP_WORD_LITTLE && note->words & MAP_WORD_HOST)) {
        what = "an annotation that means nothing on a row";
    }
    return what == NULL || map_fail(c, note->place, "%s: %s", component->name, what);
}

bool map_row_compile(struct map_compiling *c, const struct asn_component *component,
                     struct map_row *row)
{
    const struct asn_node *base = base_of(component->type);
    const struct asn_node *node = component->type;
    struct map_note note;

    memset(row, 0, sizeof(*row));
    row->tag = MAP_NO_TAG;
    row->type = MAP_NONE;
    row->count = 1;
    if (!map_note_read(c, component->doc, component->doc_place, component->place, &note) ||
        !read_tag(c, component, row)) {
        return false;
    }
    if (base->kind == ASN_KIND_SEQUENCE_OF) {
        row->is_array = true;
        if (!read_size(c, node, &row->count)) {
            return false;
        }
        node = base->element;
    }
    row->rules = note.rules;
    row->rule_count = note.rule_count;
    row->order = (note.words & MAP_WORD_LITTLE) != 0 ? MAP_LITTLE
                 : (note.words & MAP_WORD_HOST) != 0 ? MAP_HOST
                                                     : MAP_BIG;
    row->maybe = (note.words & MAP_WORD_MAYBE) != 0;
    row->fits = (note.words & MAP_WORD_FITS) != 0;
    row->rest = (note.words & MAP_WORD_REST) != 0;
    row->zero = (note.words & MAP_WORD_ZERO) != 0;
    row->pci_config = (note.words & MAP_WORD_PCI_CONFIG) != 0;
    row->dont_care = (note.words & MAP_WORD_DONT_CARE) != 0;
    row->is_subsection = (note.words & MAP_WORD_SUBSECTION) != 0;
    return element(c, node, &note, row) && check_rules(c, component, &note, row) &&
           read_name(c, component, &note, row);
}
