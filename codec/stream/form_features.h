/*
 * form_features.h - the features this program knows (form_features.def), and sets of them.
 *
 * A reader refuses, by name, what a stream needs and it does not have: in the header, which names
 * all that may come, and in the description of a type, which names what its values use.
 */
#ifndef VMBER_STREAM_FORM_FEATURES_H
#define VMBER_STREAM_FORM_FEATURES_H

#include "wire.h"

struct err;

/* In the order of their names. */
enum form_feature_id {
#define FEATURE(id, name, class, major, minor, owner, meaning) FORM_FEATURE_##id,
#define RETIRED(name, meaning)
#include "form_features.def"
#undef FEATURE
#undef RETIRED
    FORM_FEATURES
};

/* Bit id is set for each feature in the set. */
typedef uint64_t form_feature_set;

#define FORM_FEATURE_BIT(id) (UINT64_C(1) << (id))
#define FORM_FEATURES_ALL (FORM_FEATURE_BIT(FORM_FEATURES) - 1)

struct form_feature {
    const char *name;
    enum wire_feature_class feature_class;
    unsigned major; /* of the first machine types that use it; 0, 0: all may */
    unsigned minor;
    const char *owner;   /* what it is about */
    const char *meaning; /* what a stream that uses it has */
};

/* A name that is not used any more and never will be again. */
struct form_retired {
    const char *name;
    const char *meaning;
};

extern const struct form_feature form_features[FORM_FEATURES]; /* by id */
extern const struct form_retired form_retired[];               /* up to a name NULL */

/* Names that begin so are given at random, to see that readers pass over what they do not know. */
#define FORM_FEATURE_GREASE "grease."

/* form_feature_find returns the id of the feature of this name, or FORM_FEATURES. */
enum form_feature_id form_feature_find(struct span name);

/* form_features_structured returns those by which a blob is a struct: device.*. */
form_feature_set form_features_structured(void);

/*
 * form_features_of_machine returns what streams of that machine type may use. A name that does not
 * end in "-MAJOR.MINOR" or "-MAJOR.MINOR.MICRO" uses only what any machine type may: it has no
 * release that it could be tied to.
 */
form_feature_set form_features_of_machine(struct span machine);

/* form_machine_version reads the version that the name of a machine type ends in. */
bool form_machine_version(struct span machine, unsigned *major, unsigned *minor);

/* form_feature_precedes tells whether name a stands before b: octet order, the shorter one first.
 */
bool form_feature_precedes(struct span a, struct span b);

/* form_feature_is_used tells whether a type names that feature. */
bool form_feature_is_used(const struct wire_type_description *type, struct span name);

/*
 * form_features_check reads the features of a header: sorted, none twice, known ones of their
 * class. It refuses an incompatible one that is not in have, and gives the known ones in *named.
 */
bool form_features_check(const struct wire_header_features *features, form_feature_set have,
                         form_feature_set *named, struct err *err);

/*
 * form_features_put names in a type what its rows use, beside what it names already; items, which
 * it then points at, has room for these and FORM_FEATURES more.
 */
void form_features_put(struct wire_type_description *type, form_feature_set uses,
                       struct wire_feature *items);

/*
 * form_features_check_type does the same with those of a type's description. named are those of the
 * header, which must have all incompatible ones.
 */
bool form_features_check_type(const struct wire_type_description *type, form_feature_set have,
                              form_feature_set named, struct err *err);

#endif
