/* view_path.c - see view_path.h. */
#include "codec/view/view_path.h"

#include "codec/base/err.h"

static const struct view_match no_match;

bool view_glob(struct span glob, struct span text)
{
    size_t g = 0;
    size_t t = 0;
    size_t star = SIZE_MAX; /* the last '*' met, and how much of text it stands for so far */
    size_t star_end = 0;

    while (t < text.len) {
        if (g < glob.len && glob.p[g] == '*') {
            star = g++;
            star_end = t;
        } else if (g < glob.len && (glob.p[g] == '?' || glob.p[g] == text.p[t])) {
            g++;
            t++;
        } else if (star != SIZE_MAX) {
            g = star + 1;
            t = ++star_end;
        } else {
            return false;
        }
    }
    while (g < glob.len && glob.p[g] == '*') {
        g++;
    }
    return g == glob.len;
}

static struct span trim(struct span s)
{
    while (s.len > 0 && s.p[0] == ' ') {
        s = span_from(s, 1);
    }
    while (s.len > 0 && s.p[s.len - 1] == ' ') {
        s.len--;
    }
    return s;
}

/* Reads "[n]" or "[*]" at the start of s; *used is 0 if there is none. */
static void read_index(struct span s, size_t *used, bool *has_index, uint32_t *index)
{
    uint64_t value = 0;
    size_t at = 1;

    *used = 0;
    *has_index = false;
    if (s.len >= 3 && s.p[0] == '[' && s.p[1] == '*' && s.p[2] == ']') {
        *used = 3;
        return;
    }
    while (at < s.len && s.p[0] == '[' && s.p[at] >= '0' && s.p[at] <= '9' && value <= UINT32_MAX) {
        value = value * 10 + (uint64_t)(s.p[at] - '0');
        at++;
    }
    if (at > 1 && at < s.len && s.p[at] == ']' && value <= UINT32_MAX) {
        *used = at + 1;
        *has_index = true;
        *index = (uint32_t)value;
    }
}

static bool parse_part(struct view_path_part *part, struct span text, struct err *err)
{
    struct span s = trim(text);
    size_t open = s.len;
    size_t used = 0;

    memset(part, 0, sizeof(*part));
    part->text = s;
    if (s.len > 0 && s.p[s.len - 1] == ']') {
        while (open > 0 && s.p[open - 1] != '[') {
            open--;
        }
        if (open > 0) {
            read_index(span_from(s, open - 1), &used, &part->has_index, &part->index);
        }
        if (used > 0) {
            s.len = open - 1;
        }
    }
    part->glob = trim(s);
    return part->glob.len > 0 ||
           err_set(err, ERR_USAGE, "a path component is empty: expected SECTION > FIELD > ...");
}

bool view_path_parse(struct view_path *path, const char *text, struct err *err)
{
    struct span rest = span_str(text);

    memset(path, 0, sizeof(*path));
    if (rest.len > VIEW_PATH_LEN_MAX) {
        return err_set(err, ERR_USAGE, "a path of %zu octets, at most %d are taken", rest.len,
                       VIEW_PATH_LEN_MAX);
    }
    for (;;) {
        const uint8_t *end = memchr(rest.p, '>', rest.len);
        size_t len = end == NULL ? rest.len : (size_t)(end - rest.p);

        if (path->part_count == VIEW_PATH_PARTS_MAX) {
            return err_set(err, ERR_USAGE, "a path of more than %d components",
                           VIEW_PATH_PARTS_MAX);
        }
        if (!parse_part(&path->parts[path->part_count++], span_of(rest.p, len), err)) {
            return false;
        }
        if (end == NULL) {
            break;
        }
        rest = span_from(rest, len + 1);
    }
    if (path->part_count == 1) {
        path->dotted = trim(span_str(text));
    }
    return true;
}

static bool is_part_end(struct span s, size_t at)
{
    return at == s.len || s.p[at] == '.' || s.p[at] == '/';
}

/* Whether the glob is the whole name, or what stands before or behind one of its '/'. */
static bool names_section(struct span glob, struct span name)
{
    if (view_glob(glob, name)) {
        return true;
    }
    for (size_t i = 0; i < name.len; i++) {
        if (name.p[i] == '/' &&
            (view_glob(glob, span_of(name.p, i)) || view_glob(glob, span_from(name, i + 1)))) {
            return true;
        }
    }
    return false;
}

/* Goes over a name, an index and a separator of the dotted form at *at, if they stand there. */
static bool dotted_step(struct span dotted, struct span name, size_t *at, struct view_match *match)
{
    struct span rest = span_from(dotted, *at);
    size_t len = name.len;
    size_t used;

    if (rest.len > 0 && rest.p[0] == '*' && (is_part_end(rest, 1) || rest.p[1] == '[')) {
        len = 1;
    } else if (len == 0 || len > rest.len || memcmp(rest.p, name.p, len) != 0) {
        return false;
    }
    read_index(span_from(rest, len), &used, &match->wants_index, &match->index);
    len += used;
    if (!is_part_end(rest, len)) {
        return false;
    }
    *at += len < rest.len ? len + 1 : len;
    return true;
}

/* The dotted form: the longest part of the section's name that the path begins with. */
static struct view_match dotted_section(const struct view_path *path, struct span name)
{
    struct view_match best = no_match;

    for (size_t from = 0; from < name.len; from++) {
        struct view_match match = no_match;

        if (from > 0 && name.p[from - 1] != '/') {
            continue;
        }
        if (dotted_step(path->dotted, span_from(name, from), &match.dotted, &match) &&
            match.dotted > best.dotted) {
            best = match;
            best.live = true;
            best.is_dotted = true;
        }
    }
    return best;
}

/* Matches the name of a section; the instance that is asked for is left to the caller. */
static struct view_match match_section(const struct view_path *path, struct span name)
{
    const struct view_path_part *first = &path->parts[0];
    struct view_match match = no_match;

    if (names_section(first->glob, name)) {
        match.live = true;
        match.parts = 1;
        match.wants_index = first->has_index;
        match.index = first->index;
        match.full = path->part_count == 1;
    } else if (path->dotted.len > 0) {
        match = dotted_section(path, name);
        match.full = match.live && match.dotted == path->dotted.len;
    }
    return match;
}

struct view_match view_path_section(const struct view_path *path, struct span name,
                                    uint32_t instance)
{
    struct view_match match = match_section(path, name);

    if (!match.live || (match.wants_index && match.index != instance)) {
        return no_match;
    }
    match.wants_index = false;
    return match;
}

bool view_path_names(const struct view_path *path, struct span name)
{
    return match_section(path, name).live;
}

/* Matches one more component by name; an index it asks for is left to the caller. */
static struct view_match step(const struct view_path *path, const struct view_match *parent,
                              struct span name)
{
    const struct view_path_part *part;
    struct view_match match = *parent;

    if (parent->full || !parent->live) {
        return match;
    }
    if (parent->is_dotted) {
        if (!dotted_step(path->dotted, name, &match.dotted, &match)) {
            return no_match;
        }
        match.full = match.dotted == path->dotted.len;
        return match;
    }
    part = &path->parts[match.parts];
    if (!view_glob(part->text, name)) {
        if (!view_glob(part->glob, name)) {
            return no_match;
        }
        match.wants_index = part->has_index;
        match.index = part->index;
    }
    match.parts++;
    match.full = match.parts == path->part_count;
    return match;
}

struct view_match view_path_field(const struct view_path *path, const struct view_match *parent,
                                  struct span name, bool has_index, uint32_t index)
{
    struct view_match match = step(path, parent, name);

    if (match.wants_index && (!has_index || index != match.index)) {
        return no_match;
    }
    match.wants_index = false;
    return match;
}

struct view_match view_path_array(const struct view_path *path, const struct view_match *parent,
                                  struct span name)
{
    struct view_match match = step(path, parent, name);

    if (match.wants_index) {
        match.full = false; /* not the array, but one element */
    }
    return match;
}

struct view_match view_path_element(const struct view_path *path, const struct view_match *array,
                                    uint32_t index)
{
    struct view_match match = *array;

    if (!match.wants_index) {
        return match;
    }
    if (match.index != index) {
        return no_match;
    }
    match.wants_index = false;
    match.full =
        match.is_dotted ? match.dotted == path->dotted.len : match.parts == path->part_count;
    return match;
}
