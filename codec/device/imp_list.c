/* imp_list.c - see imp_list.h. */
#include "codec/device/imp_list.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/base/err.h"
#include "codec/device/imp_digest.h"
#include "codec/savevm/lay_json.h"
#include "codec/savevm/lay_limits.h"
#include "codec/schema/asn_limits.h"

struct reader {
    struct imp_catalog *catalog;
    struct lay_json json;
    struct err *err;
};

void imp_catalog_init(struct imp_catalog *catalog, struct arena *arena)
{
    memset(catalog, 0, sizeof(*catalog));
    catalog->arena = arena;
    imp_map_init(&catalog->map, arena);
}

static int compare_listed(const void *a, const void *b)
{
    const struct imp_listed *x = *(const struct imp_listed *const *)a;
    const struct imp_listed *y = *(const struct imp_listed *const *)b;

    return span_compare(x->text, y->text);
}

void imp_lists_sort(struct imp_lists *lists)
{
    size_t kept = 0;

    if (lists->count > 1) {
        qsort(lists->items, lists->count, sizeof(*lists->items), compare_listed);
    }
    for (size_t i = 0; i < lists->count; i++) {
        if (kept == 0 || lists->items[kept - 1] != lists->items[i]) {
            lists->items[kept++] = lists->items[i];
        }
    }
    lists->count = kept;
}

static void put_listed(struct imp_digest *digest, const struct imp_listed *listed)
{
    static const uint8_t none[HASH_DIGEST_LEN];

    imp_digest_octets(digest, listed->vmsd);
    imp_digest_number(digest, listed->version);
    imp_digest_number(digest, listed->entry_count);
    for (size_t i = 0; i < listed->entry_count; i++) {
        const struct imp_entry *entry = &listed->entries[i];

        imp_digest_octets(digest, entry->name);
        imp_digest_number(digest, entry->exists);
        imp_digest_number(digest, entry->size);
        imp_digest_octets(
            digest, span_of(entry->listed != NULL ? entry->listed->digest : none, HASH_DIGEST_LEN));
    }
    for (size_t i = 0; i < listed->subs.count; i++) {
        imp_digest_octets(digest, span_of(listed->subs.items[i]->digest, HASH_DIGEST_LEN));
    }
}

/* Finds what is equal to *listed, or keeps it: it is in the arena. */
static const struct imp_listed *intern(struct imp_catalog *catalog, struct imp_listed *listed,
                                       struct err *err)
{
    const struct imp_listed *found;
    struct imp_digest digest;

    imp_digest_init(&digest, err);
    put_listed(&digest, listed);
    if (!imp_digest_end(&digest, listed->digest, &listed->text)) {
        imp_digest_done(&digest);
        return NULL;
    }
    found = imp_map_get(&catalog->map, listed->digest, listed->text);
    if (found == NULL) {
        listed->text.p = arena_copy(catalog->arena, listed->text.p, listed->text.len, err);
        if (listed->text.p != NULL &&
            imp_map_put(&catalog->map, listed->digest, listed->text, listed, err)) {
            found = listed;
        }
    }
    imp_digest_done(&digest);
    return found;
}

static bool fault(const struct reader *r, uint32_t token, const char *what)
{
    return err_set(r->err, ERR_MALFORMED, "%s at octet %u of the list", what,
                   (unsigned)r->json.tokens[token].start);
}

/* Finds the value of a member of the object at token; 0 if there is none. */
static uint32_t member(const struct reader *r, uint32_t token, const char *name)
{
    const struct lay_token *t = &r->json.tokens[token];

    for (uint32_t key = token + 1; t->kind == LAY_JSON_OBJECT && key < t->next;
         key = r->json.tokens[key + 1].next) {
        if (lay_json_is(&r->json, key, name)) {
            return key + 1;
        }
    }
    return 0;
}

static bool read_text(const struct reader *r, uint32_t object, const char *name, struct span *out)
{
    uint32_t value = member(r, object, name);
    struct span text;

    if (r->json.tokens[object].kind != LAY_JSON_OBJECT) {
        return fault(r, object, "expected an object");
    }
    if (value == 0 || r->json.tokens[value].kind != LAY_JSON_STRING) {
        return fault(r, object, "an object without its name");
    }
    if (!lay_json_string(&r->json, value, r->catalog->arena, &text, r->err)) {
        return false;
    }
    out->p = arena_copy(r->catalog->arena, text.p, text.len, r->err);
    out->len = text.len;
    return out->p != NULL;
}

static bool read_number(const struct reader *r, uint32_t object, const char *name, uint32_t *out)
{
    uint32_t value = member(r, object, name);
    int64_t number;

    *out = 0;
    if (value == 0) {
        return true;
    }
    if (!lay_json_int(&r->json, value, &number, r->err)) {
        return false;
    }
    if (number < 0 || number > UINT32_MAX) {
        return fault(r, value, "a number out of range");
    }
    *out = (uint32_t)number;
    return true;
}

/* How many elements the array has that is a member of object; *first is the first's token. */
static bool open_array(const struct reader *r, uint32_t object, const char *name, uint32_t *first,
                       size_t *count)
{
    uint32_t value = member(r, object, name);

    *first = value + 1;
    *count = 0;
    if (value == 0) {
        return true;
    }
    if (r->json.tokens[value].kind != LAY_JSON_ARRAY) {
        return fault(r, value, "expected an array");
    }
    for (uint32_t i = *first; i < r->json.tokens[value].next; i = r->json.tokens[i].next) {
        ++*count;
    }
    return *count <= ASN_MEMBERS_MAX ||
           err_set(r->err, ERR_LIMIT, "more than %d elements at octet %u of the list",
                   ASN_MEMBERS_MAX, (unsigned)r->json.tokens[value].start);
}

/* Streams tell fields of one name from each other by a number behind it. */
static bool number_names(const struct reader *r, struct imp_listed *listed)
{
    for (size_t i = 0; i < listed->entry_count; i++) {
        struct span name = listed->entries[i].name;
        char number[16];
        size_t len;
        unsigned n = 0;

        for (size_t k = i + 1; k < listed->entry_count; k++) {
            char *p;

            if (!span_eq(listed->entries[k].name, name)) {
                continue;
            }
            len = (size_t)snprintf(number, sizeof(number), "[%u]", ++n);
            p = arena_alloc(r->catalog->arena, name.len + len, r->err);
            if (p == NULL) {
                return false;
            }
            memcpy(p, name.p, name.len);
            memcpy(p + name.len, number, len);
            listed->entries[k].name = span_of(p, name.len + len);
        }
        if (n > 0) {
            char *p = arena_alloc(r->catalog->arena, name.len + 3, r->err);

            if (p == NULL) {
                return false;
            }
            memcpy(p, name.p, name.len);
            memcpy(p + name.len, "[0]", 3);
            listed->entries[i].name = span_of(p, name.len + 3);
        }
    }
    return true;
}

static const struct imp_listed *read_listed(const struct reader *r, uint32_t object);

static bool read_entry(const struct reader *r, uint32_t object, struct imp_entry *entry)
{
    uint32_t exists = member(r, object, "field_exists");
    uint32_t inner = member(r, object, "Description");

    if (!read_text(r, object, "field", &entry->name) ||
        !read_number(r, object, "size", &entry->size)) {
        return false;
    }
    entry->exists = exists != 0 && span_eq_str(lay_json_text(&r->json, exists), "true");
    if (inner != 0) {
        entry->listed = read_listed(r, inner);
    }
    return inner == 0 || entry->listed != NULL;
}

/* Reads a struct; what is inside it is read first. JSON nests LAY_JSON_DEPTH_MAX deep at most. */
static const struct imp_listed *read_listed(const struct reader *r, uint32_t object)
{
    struct arena *arena = r->catalog->arena;
    struct imp_listed *listed = arena_alloc(arena, sizeof(*listed), r->err);
    uint32_t field;
    uint32_t sub;
    size_t subs;

    if (listed == NULL || !read_text(r, object, "name", &listed->vmsd) ||
        !read_number(r, object, "version_id", &listed->version) ||
        !open_array(r, object, "Fields", &field, &listed->entry_count) ||
        !open_array(r, object, "Subsections", &sub, &subs)) {
        return NULL;
    }
    listed->entries = arena_array(arena, listed->entry_count, sizeof(*listed->entries), r->err);
    listed->subs.items = arena_array(arena, subs, sizeof(*listed->subs.items), r->err);
    if (listed->entries == NULL || listed->subs.items == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < listed->entry_count; i++, field = r->json.tokens[field].next) {
        if (!read_entry(r, field, &listed->entries[i])) {
            return NULL;
        }
    }
    for (size_t i = 0; i < subs; i++, sub = r->json.tokens[sub].next) {
        const struct imp_listed *found = read_listed(r, sub);

        if (found == NULL) {
            return NULL;
        }
        listed->subs.items[listed->subs.count++] = found;
    }
    return number_names(r, listed) ? intern(r->catalog, listed, r->err) : NULL;
}

/* Reads one device type; its name is the member's. */
static bool read_device(const struct reader *r, uint32_t key)
{
    uint32_t inner = member(r, key + 1, "Description");
    struct imp_device *device;

    if (r->json.tokens[key + 1].kind != LAY_JSON_OBJECT) {
        return fault(r, key + 1, "expected an object");
    }
    if (inner == 0) {
        return true; /* "vmschkmachine" says which machine it was */
    }
    device = arena_alloc(r->catalog->arena, sizeof(*device), r->err);
    if (device == NULL ||
        !lay_json_string(&r->json, key, r->catalog->arena, &device->name, r->err)) {
        return false;
    }
    device->name.p = arena_copy(r->catalog->arena, device->name.p, device->name.len, r->err);
    device->listed = read_listed(r, inner);
    if (device->name.p == NULL || device->listed == NULL) {
        return false;
    }
    device->next = r->catalog->devices;
    r->catalog->devices = device;
    r->catalog->device_count++;
    return true;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Whether a list was cut short: it ends inside what a brace, a bracket or a quote began. */
static bool is_cut(struct span text)
{
    bool quoted = false;
    size_t open = 0;

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];

        if (quoted && c == '\\') {
            i++;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && (c == '{' || c == '[')) {
            open++;
        } else if (!quoted && (c == '}' || c == ']')) {
            open -= open > 0;
        }
    }
    return quoted || open > 0;
}

bool imp_catalog_read(struct imp_catalog *catalog, struct span text, struct err *err)
{
    struct reader r;
    bool ok = text.len <= IMP_LIST_MAX ||
              err_set(err, ERR_LIMIT, "a list of more than %d octets", IMP_LIST_MAX);

    while (text.len > 0 && is_space(text.p[text.len - 1])) {
        text.len--; /* lay_json wants an object and nothing else */
    }
    if (ok && is_cut(text)) {
        ok = err_set(err, ERR_TRUNCATED, "input ends inside the list");
    }
    r.catalog = catalog;
    r.err = err;
    lay_json_init(&r.json);
    ok = ok && lay_json_parse(&r.json, text, err);
    for (uint32_t key = 1; ok && key < r.json.count; key = r.json.tokens[key + 1].next) {
        ok = read_device(&r, key);
    }
    lay_json_done(&r.json);
    return ok;
}
