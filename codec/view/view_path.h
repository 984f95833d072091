/*
 * view_path.h - which part of a stream a person asks for.
 *
 *     0000:00:04.0/virtio-net > virtio > vdev[2] > *state
 *     ------------ section ---  field    element   any name that ends so
 *
 * Components are parted by '>' with or without spaces. In each, '*' stands for any octets and '?'
 * for one; [n] behind it asks for an element or for a field with that index, and behind a
 * section's name for the instance. A section is named by its whole idstr, by what stands before or
 * behind a '/' of it ("0000:00:04.0", "virtio-net"). A path selects what it names and all inside.
 *
 * Without any '>', '.' and '/' part components where the names in the stream allow it:
 * "mc146818rtc.cmos_data". Then '*' stands for a whole component only (but for a section's).
 */
#ifndef VMBER_VIEW_PATH_H
#define VMBER_VIEW_PATH_H

#include "codec/base/span.h"
#include "codec/view/view_limits.h"

struct err;

struct view_path_part {
    struct span text; /* all of it: QEMU has fields called "env.cr[0]" */
    struct span glob; /* without the index */
    bool has_index;
    uint32_t index;
};

struct view_path {
    struct view_path_part parts[VIEW_PATH_PARTS_MAX]; /* spans into the text it was parsed from */
    size_t part_count;
    struct span dotted; /* the whole text, if it has no '>'; else empty */
};

/* How much of a path a place in the stream has matched. */
struct view_match {
    bool live;        /* the place is on the way to what is asked for, or inside */
    bool full;        /* it is what is asked for, or inside */
    bool wants_index; /* an element with this index is asked for */
    uint32_t index;
    size_t parts;  /* components matched */
    size_t dotted; /* or octets of the dotted form */
    bool is_dotted;
};

/* view_path_parse reads text, which must live as long as path. */
bool view_path_parse(struct view_path *path, const char *text, struct err *err);

/* view_path_section matches a section. */
struct view_match view_path_section(const struct view_path *path, struct span name,
                                    uint32_t instance);

/* view_path_names tells whether an instance of a section of that name may match. */
bool view_path_names(const struct view_path *path, struct span name);

/* view_path_field matches a field, array or subsection inside the place that matched so far. */
struct view_match view_path_field(const struct view_path *path, const struct view_match *parent,
                                  struct span name, bool has_index, uint32_t index);

/* view_path_array is view_path_field for something whose elements come as places of their own. */
struct view_match view_path_array(const struct view_path *path, const struct view_match *parent,
                                  struct span name);

/* view_path_element matches an element of such an array. */
struct view_match view_path_element(const struct view_path *path, const struct view_match *array,
                                    uint32_t index);

/* view_glob tells whether the whole of text matches glob ('*', '?'). */
bool view_glob(struct span glob, struct span text);

#endif
