/* asn_resolve.c - the order of the steps; see asn_resolve.h. */
#include "codec/schema/asn_resolve.h"

#include <inttypes.h>
#include <stdio.h>

#include "codec/schema/asn_resolving.h"

bool asn_each_node(struct asn_model *model, asn_node_step *step, struct err *err)
{
    for (uint32_t i = 0; i < model->type_count; i++) {
        model->here = model->order[i]->place;
        if (!step(model, model->order[i]->type, err)) {
            return false;
        }
    }
    for (struct asn_node *node = model->nodes; node != NULL; node = node->next) {
        if (node->owner->kind == ASN_ASSIGN_TYPE && node->owner->type == node) {
            continue;
        }
        model->here = node->place;
        if (!step(model, node, err)) {
            return false;
        }
    }
    return true;
}

bool asn_resolve(struct asn_model *model, struct err *err)
{
    if (model->diag.message[0] != '\0') {
        return err_set(err, ERR_USAGE, "the model has failed before: %s", model->diag.message);
    }
    if (model->resolved) {
        return true;
    }
    model->resolved = asn_resolve_names(model, err) && asn_resolve_values(model, err) &&
                      asn_resolve_ranges(model, err) && asn_resolve_tags(model, err);
    return model->resolved;
}

char *asn_tag_format(struct asn_tag_value tag, char *out, size_t cap)
{
    switch (tag.class) {
    case ASN_CLASS_UNIVERSAL:
        (void)snprintf(out, cap, "[UNIVERSAL %" PRIu32 "]", tag.number);
        break;
    case ASN_CLASS_APPLICATION:
        (void)snprintf(out, cap, "[APPLICATION %" PRIu32 "]", tag.number);
        break;
    case ASN_CLASS_CONTEXT:
        (void)snprintf(out, cap, "[%" PRIu32 "]", tag.number);
        break;
    case ASN_CLASS_PRIVATE:
        (void)snprintf(out, cap, "[PRIVATE %" PRIu32 "]", tag.number);
        break;
    }
    return out;
}
