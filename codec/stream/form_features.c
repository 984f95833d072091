/* form_features.c - see form_features.h. */
#include "codec/stream/form_features.h"

#include "codec/base/err.h"

const struct form_feature form_features[] = {
    {FORM_FEATURE_INDEX, WIRE_FEATURE_CLASS_COMPATIBLE,
     "an index behind the trailer says where records begin"},
};
const size_t form_feature_count = sizeof(form_features) / sizeof(form_features[0]);

const struct form_feature *form_feature_find(struct span name)
{
    for (size_t i = 0; i < form_feature_count; i++) {
        if (span_eq_str(name, form_features[i].name)) {
            return &form_features[i];
        }
    }
    return NULL;
}

bool form_features_check(const struct wire_header *header, struct err *err)
{
    struct span before = {NULL, 0};

    for (size_t i = 0; i < header->features.count; i++) {
        const struct wire_feature *feature = &header->features.items[i];
        const struct form_feature *known = form_feature_find(feature->name);
        int len = feature->name.len < 128 ? (int)feature->name.len : 128;
        const char *name = (const char *)feature->name.p;

        if (known != NULL && (int)known->feature_class != feature->class) {
            return err_set(err, ERR_MALFORMED, "feature %.*s has class %d, expected %d", len, name,
                           (int)feature->class, (int)known->feature_class);
        }
        if (known == NULL && feature->class != WIRE_FEATURE_CLASS_COMPATIBLE &&
            feature->class != WIRE_FEATURE_CLASS_ADVISORY) {
            return err_set(err, ERR_UNSUPPORTED,
                           "this stream needs feature %.*s, which this reader does not have", len,
                           name);
        }
        if (i > 0) {
            size_t n = before.len < feature->name.len ? before.len : feature->name.len;
            int order = memcmp(before.p, feature->name.p, n);

            if (order > 0 || (order == 0 && before.len >= feature->name.len)) {
                return err_set(err, ERR_MALFORMED, "feature %.*s stands twice or out of order", len,
                               name);
            }
        }
        before = feature->name;
    }
    return true;
}
