/* form_features.c - see form_features.h. */
#include "codec/stream/form_features.h"

#include "codec/base/err.h"
#include "codec/savevm/leg_text.h"

enum { FEATURE_LABEL_MAX = 128 };

_Static_assert(FORM_FEATURES < 64, "a set is 64 bits, and one number stands for all of them");

const struct form_feature form_features[FORM_FEATURES] = {
#define FEATURE(id, name, class, major, minor, owner, meaning)                                     \
    {name, WIRE_FEATURE_CLASS_##class, major, minor, owner, meaning},
#define RETIRED(name, meaning)
#include "form_features.def"
#undef FEATURE
#undef RETIRED
};

const struct form_retired form_retired[] = {
#define FEATURE(id, name, class, major, minor, owner, meaning)
#define RETIRED(name, meaning) {name, meaning},
#include "form_features.def"
#undef FEATURE
#undef RETIRED
    {NULL, NULL},
};

enum form_feature_id form_feature_find(struct span name)
{
    enum form_feature_id id = 0;

    while (id < FORM_FEATURES && !span_eq_str(name, form_features[id].name)) {
        id++;
    }
    return id;
}

form_feature_set form_features_structured(void)
{
    form_feature_set set = 0;

    for (unsigned id = 0; id < FORM_FEATURES; id++) {
        if (strncmp(form_features[id].name, "device.", 7) == 0) {
            set |= FORM_FEATURE_BIT(id);
        }
    }
    return set;
}

/* Reads decimal digits at *at; false if there are none, or too many for a version. */
static bool read_number(struct span text, size_t *at, unsigned *out)
{
    size_t start = *at;

    *out = 0;
    while (*at < text.len && text.p[*at] >= '0' && text.p[*at] <= '9' && *at - start < 4) {
        *out = *out * 10 + (unsigned)(text.p[(*at)++] - '0');
    }
    return *at > start;
}

bool form_machine_version(struct span machine, unsigned *major, unsigned *minor)
{
    size_t at = machine.len;
    unsigned micro;

    while (at > 0 && machine.p[at - 1] != '-') {
        at--;
    }
    if (at == 0 || !read_number(machine, &at, major) || at == machine.len ||
        machine.p[at++] != '.' || !read_number(machine, &at, minor)) {
        return false;
    }
    return at == machine.len ||
           (machine.p[at++] == '.' && read_number(machine, &at, &micro) && at == machine.len);
}

form_feature_set form_features_of_machine(struct span machine)
{
    unsigned major = 0;
    unsigned minor = 0;
    form_feature_set set = 0;

    if (!form_machine_version(machine, &major, &minor)) {
        major = minor = 0;
    }
    for (unsigned id = 0; id < FORM_FEATURES; id++) {
        const struct form_feature *f = &form_features[id];

        if (major > f->major || (major == f->major && minor >= f->minor)) {
            set |= FORM_FEATURE_BIT(id);
        }
    }
    return set;
}

bool form_feature_precedes(struct span a, struct span b)
{
    int order = memcmp(a.p, b.p, a.len < b.len ? a.len : b.len);

    return order < 0 || (order == 0 && a.len < b.len);
}

bool form_feature_is_used(const struct wire_type_description *type, struct span name)
{
    for (size_t i = 0; type->has_features && i < type->features.count; i++) {
        if (span_eq(type->features.items[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* What is wrong with the feature behind that one (NULL: it is the first); id is what it is. */
static bool check_one(const struct wire_feature *feature, const struct wire_feature *before,
                      enum form_feature_id id, form_feature_set have, struct err *err)
{
    char name[FEATURE_LABEL_MAX];

    leg_text_label(feature->name, name, sizeof(name));
    if (before != NULL && !form_feature_precedes(before->name, feature->name)) {
        return err_set(err, ERR_MALFORMED, "feature %s stands twice or out of order", name);
    }
    if (feature->class == WIRE_FEATURE_CLASS_WITHDRAWN) {
        return true;
    }
    if (id != FORM_FEATURES && (int)form_features[id].feature_class != feature->class) {
        return err_set(err, ERR_MALFORMED, "feature %s has class %d, expected %d", name,
                       (int)feature->class, (int)form_features[id].feature_class);
    }
    if (feature->class != WIRE_FEATURE_CLASS_COMPATIBLE &&
        feature->class != WIRE_FEATURE_CLASS_ADVISORY &&
        (id == FORM_FEATURES || (have & FORM_FEATURE_BIT(id)) == 0)) {
        return err_set(err, ERR_UNSUPPORTED,
                       "this stream needs feature %s, which this reader does not have", name);
    }
    return true;
}

/* Says the first fault; *named has all that are named, whatever is wrong. */
static bool check(const struct wire_feature *features, size_t count, form_feature_set have,
                  form_feature_set *named, struct err *err)
{
    bool ok = true;

    *named = 0;
    for (size_t i = 0; i < count; i++) {
        enum form_feature_id id = form_feature_find(features[i].name);

        ok = ok && check_one(&features[i], i > 0 ? &features[i - 1] : NULL, id, have, err);
        if (id != FORM_FEATURES && features[i].class != WIRE_FEATURE_CLASS_WITHDRAWN) {
            *named |= FORM_FEATURE_BIT(id);
        }
    }
    return ok;
}

bool form_features_check(const struct wire_header_features *features, form_feature_set have,
                         form_feature_set *named, struct err *err)
{
    return check(features->items, features->count, have, named, err);
}

bool form_features_check_type(const struct wire_type_description *type, form_feature_set have,
                              form_feature_set named, struct err *err)
{
    form_feature_set uses;

    if (!type->has_features) {
        return true;
    }
    if (!check(type->features.items, type->features.count, have, &uses, err)) {
        return false;
    }
    for (unsigned id = 0; id < FORM_FEATURES; id++) {
        if (((uses & ~named) & FORM_FEATURE_BIT(id)) != 0 &&
            form_features[id].feature_class == WIRE_FEATURE_CLASS_INCOMPATIBLE) {
            return err_set(err, ERR_MALFORMED, "it uses feature %s, which the header does not name",
                           form_features[id].name);
        }
    }
    return true;
}

void form_features_put(struct wire_type_description *type, form_feature_set uses,
                       struct wire_feature *items)
{
    const struct wire_type_description_features old = type->features;
    size_t count = 0;

    for (size_t i = 0; type->has_features && i < old.count; i++) {
        enum form_feature_id id = form_feature_find(old.items[i].name);

        if (id == FORM_FEATURES || (uses & FORM_FEATURE_BIT(id)) == 0) {
            items[count++] = old.items[i];
        }
    }
    for (unsigned id = 0; id < FORM_FEATURES; id++) {
        struct span name = span_str(form_features[id].name);
        size_t at = count;

        if ((uses & FORM_FEATURE_BIT(id)) == 0) {
            continue;
        }
        for (count++; at > 0 && form_feature_precedes(name, items[at - 1].name); at--) {
            items[at] = items[at - 1];
        }
        memset(&items[at], 0, sizeof(items[at]));
        items[at].name = name;
        items[at].class = (int32_t)form_features[id].feature_class;
    }
    type->has_features = count > 0;
    type->features.items = items;
    type->features.count = count;
}
