/* lay_join.c - see lay_join.h. */
#include "codec/savevm/lay_join.h"

#include "codec/base/err.h"

/* Keeps in the table why a type has no module. */
static const struct lay_differs *keep(struct arena *arena, const struct err *why, struct err *err)
{
    struct lay_differs *differs = arena_alloc(arena, sizeof(*differs), err);

    if (differs == NULL) {
        return NULL;
    }
    differs->no_module = why->band == ERR_UNSUPPORTED;
    differs->path = arena_copy(arena, why->path, strlen(why->path), err);
    differs->text = arena_copy(arena, why->text, strlen(why->text), err);
    return differs->path != NULL && differs->text != NULL ? differs : NULL;
}

/* Asks about a type, and notes the answer in it. */
static bool ask(const struct lay_modules *modules, struct lay_types *types, struct span name,
                uint32_t type, struct err *err)
{
    struct err why = ERR_INIT;
    uint32_t joined = 0;
    const struct lay_differs *differs = NULL;

    if (modules->join(modules->ctx, types, name, type, &joined, &why)) {
        types->items[joined - 1].joined = joined;
    } else if (err_is_memory(&why)) {
        return err_memory(err);
    } else {
        joined = 0;
        differs = keep(&types->arena, &why, err);
        if (differs == NULL) {
            return false;
        }
    }
    types->items[type - 1].joined = joined;
    types->items[type - 1].differs = differs;
    return true;
}

/* Compares the octets of a section with its joined type. */
static bool ask_value(const struct lay_modules *modules, struct lay_types *types, uint32_t joined,
                      struct span payload, const struct lay_differs **differs, struct err *err)
{
    struct err why = ERR_INIT;

    if (payload.len != lay_types_get(types, joined)->size ||
        modules->value(modules->ctx, types, joined, payload, &why)) {
        return true; /* octets of another length cannot be read by the type at all */
    }
    *differs = keep(&types->arena, &why, err);
    return *differs != NULL;
}

bool lay_join_section(const struct lay_modules *modules, struct lay_types *types, struct span name,
                      struct span payload, uint32_t *type, const struct lay_differs **differs,
                      struct err *err)
{
    const struct lay_type *own = lay_types_get(types, *type);
    bool known = own->joined != 0 || own->differs != NULL;
    bool nameless = own->wire.form == WIRE_DESCRIPTION_FORM_OLD_STYLE;

    if ((!known || nameless) && !ask(modules, types, name, *type, err)) {
        return false;
    }
    own = lay_types_get(types, *type); /* the table may have moved */
    *differs = own->differs;
    if (own->joined != 0 && lay_types_get(types, own->joined)->has_values &&
        !ask_value(modules, types, own->joined, payload, differs, err)) {
        return false;
    }
    *type = *differs == NULL ? own->joined : *type;
    return true;
}
