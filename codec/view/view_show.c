/* view_show.c - see view_show.h. */
#include "codec/view/view_show.h"

#include "codec/view/view_names.h"

struct view_place view_event_place(const struct form_event *event)
{
    struct view_place place = {event->legacy_offset, event->legacy_length, event->ber_offset,
                               event->ber_length};

    return place;
}

unsigned view_event_level(const struct form_event *event)
{
    const struct lay_type *type;

    switch (event->body->which) {
    case WIRE_BODY_OPAQUE:
        return 0;
    case WIRE_BODY_FRAMED:
        return 1;
    case WIRE_BODY_SECTION:
        type = lay_types_get(event->types, event->body->u.section.type);
        return type != NULL && type->has_layout ? 3 : 2;
    default:
        return 2;
    }
}

struct span view_event_device(const struct form_event *event)
{
    const struct wire_section *section = &event->body->u.section;
    const struct lay_type *type = lay_types_get(event->types, section->type);

    return type != NULL && type->wire.name.len > 0 ? type->wire.name : section->open.identity.name;
}

void view_place_stretch(struct view_place *place, const struct form_event *event)
{
    place->legacy_length = event->legacy_offset + event->legacy_length - place->legacy_offset;
    if (event->ber_offset != ERR_NO_OFFSET) {
        place->ber_length = event->ber_offset + event->ber_length - place->ber_offset;
    }
}

static void show_configuration(struct view_out *o, const struct wire_configuration *configuration)
{
    view_attr_text(o, "machine", configuration->machine);
    if (configuration->has_page_bits) {
        view_attr_u64(o, "page_bits", configuration->page_bits);
    }
    if (configuration->has_uuid) {
        view_attr_hex(o, "uuid", configuration->uuid);
    }
    if (configuration->has_capabilities) {
        view_list_begin(o, "capabilities");
        for (size_t i = 0; i < configuration->capabilities.count; i++) {
            view_row_begin(o, "capability", &VIEW_NOWHERE);
            view_attr_name(o, "name", configuration->capabilities.items[i]);
            view_row_end(o);
        }
        view_list_end(o);
    }
}

void view_show_header(struct view_out *o, const struct form_head *head)
{
    const struct wire_header *header = head->header;
    struct view_place place = {0, head->legacy_length, head->ber_offset, head->ber_length};

    view_doc_item_begin(o, "header", &place);
    view_attr_str(o, "format", head->format == FORM_BER ? "ber" : "legacy");
    view_attr_str(o, "container", view_enum_name(&wire_container_type, header->container));
    if (head->format == FORM_BER) {
        view_attr_text(o, "producer", header->producer);
    }
    if (header->has_configuration) {
        show_configuration(o, &header->configuration);
    }
    if (header->features.count > 0) {
        view_list_begin(o, "features");
        for (size_t i = 0; i < header->features.count; i++) {
            view_row_begin(o, "feature", &VIEW_NOWHERE);
            view_attr_name(o, "name", header->features.items[i].name);
            view_attr_str(
                o, "class",
                view_enum_name(&wire_feature_class_type, header->features.items[i].class));
            view_row_end(o);
        }
        view_list_end(o);
    }
    view_item_end(o);
}

void view_show_trailer(struct view_out *o, const struct form_end *end)
{
    view_doc_item_begin(o, "trailer", &VIEW_NOWHERE);
    if (end->trailer != NULL) {
        view_attr_u64(o, "records", end->trailer->records);
    }
    view_attr_u64(o, "legacy_length", end->legacy_length);
    if (end->trailer != NULL) {
        view_attr_u64(o, "ber_length", end->ber_length);
        view_attr_hex(o, "digest", end->trailer->digest);
    }
    view_item_end(o);
}

void view_show_section(struct view_out *o, const struct view_section *section, int32_t kind,
                       unsigned level, const struct view_place *place)
{
    view_item_begin(o, "section", place);
    if (section == NULL) {
        view_attr_name(o, "name", span_str("?"));
    } else {
        view_attr_name(o, "name", section->name);
        view_attr_u64(o, "id", section->id);
        view_attr_u64(o, "instance", section->instance);
        view_attr_u64(o, "version", section->version);
    }
    if (kind != WIRE_SECTION_KIND_FULL) {
        view_attr_str(o, "phase", view_enum_name(&wire_section_kind_type, kind));
    }
    view_attr_u64(o, "level", level);
}

static void show_why(struct view_out *o, const struct form_event *event)
{
    if (event->why != NULL) {
        view_attr_str(o, "why", event->why->text);
    }
}

static void show_ids(struct view_out *o, const char *key, size_t count, const uint32_t *ids)
{
    view_list_begin(o, key);
    for (size_t i = 0; i < count; i++) {
        view_row_begin(o, "type", &VIEW_NOWHERE);
        view_attr_u64(o, "id", ids[i]);
        view_row_end(o);
    }
    view_list_end(o);
}

static void show_field(struct view_out *o, const struct wire_field *field)
{
    view_row_begin(o, "field", &VIEW_NOWHERE);
    view_attr_name(o, "name", field->name);
    view_attr_text(o, "type", field->type);
    if (field->has_size) {
        view_attr_u64(o, "size", field->size);
    }
    if (field->has_array) {
        view_attr_u64(o, "array", field->array);
    }
    if (field->has_index) {
        view_attr_u64(o, "index", field->index);
    }
    if (field->repeat != 1) {
        view_attr_u64(o, "repeat", field->repeat);
    }
    if (field->has_element) {
        view_attr_u64(o, "element", field->element);
    }
    if (field->has_extent) {
        view_attr_u64(o, "extent", field->extent);
    }
    if (field->has_members) {
        show_ids(o, "members", field->members.count, field->members.items);
    }
    if (field->has_layout) {
        view_attr_u64(o, "layout", field->layout);
    }
    if (field->order != WIRE_BYTE_ORDER_BIG) {
        view_attr_str(o, "order", view_enum_name(&wire_byte_order_type, field->order));
    }
    view_row_end(o);
}

void view_show_type(struct view_out *o, const struct form_event *event)
{
    const struct wire_type_description *type = &event->body->u.type_description;
    struct view_place place = view_event_place(event);

    view_item_begin(o, "type", &place);
    view_attr_name(o, "name", type->name);
    view_attr_u64(o, "id", type->id);
    view_attr_u64(o, "version", type->version);
    view_attr_str(o, "form", view_enum_name(&wire_description_form_type, type->form));
    view_list_begin(o, "fields");
    for (size_t i = 0; i < type->fields.count; i++) {
        show_field(o, &type->fields.items[i]);
    }
    view_list_end(o);
    if (type->has_subsections) {
        show_ids(o, "subsections", type->subsections.count, type->subsections.items);
    }
    view_item_end(o);
}

static void show_command(struct view_out *o, const struct wire_command *command)
{
    const char *name = view_command_name(command->number);

    view_attr_name(o, "name", span_str(name == NULL ? "?" : name));
    view_attr_u64(o, "number", command->number);
    view_attr_octets(o, "data", command->data);
}

static void show_description(struct view_out *o, const struct wire_vm_description *description)
{
    switch (description->which) {
    case WIRE_VM_DESCRIPTION_TEXT:
        view_attr_str(o, "form", "text");
        view_attr_octets(o, "data", description->u.text);
        return;
    case WIRE_VM_DESCRIPTION_REBUILT:
        view_attr_str(o, "form", "rebuilt");
        view_attr_str(o, "style",
                      view_enum_name(&wire_vmdesc_style_type, description->u.rebuilt.style));
        view_attr_u64(o, "page_size", description->u.rebuilt.page_size);
        return;
    default:
        view_attr_octets(o, "data", description->unknown);
        return;
    }
}

void view_show_other(struct view_out *o, const struct form_event *event)
{
    const struct wire_body *body = event->body;
    struct view_place place = view_event_place(event);

    view_item_begin(o, view_body_name(body), &place);
    switch (body->which) {
    case WIRE_BODY_COMMAND:
        show_command(o, &body->u.command);
        break;
    case WIRE_BODY_END_OF_STREAM:
        break;
    case WIRE_BODY_VM_DESCRIPTION:
        show_description(o, &body->u.vm_description);
        show_why(o, event);
        break;
    default:
        view_attr_flag(o, "skippable", event->skippable);
        view_attr_octets(o, "data", body->unknown);
        break;
    }
    view_item_end(o);
}

static void show_block(struct view_out *o, const struct view_ram_block *block)
{
    uint64_t octets = 0;

    view_row_begin(o, "block", &VIEW_NOWHERE);
    view_attr_name(o, "name", block->name);
    if (block->announced) {
        view_attr_u64(o, "length", block->length);
    }
    if (block->has_page_size) {
        view_attr_u64(o, "page_size", block->page_size);
    }
    if (block->has_address) {
        view_attr_u64(o, "address", block->address);
    }
    for (unsigned kind = 0; kind < VIEW_RAM_KINDS; kind++) {
        view_attr_count(o, view_ram_kind_name((enum view_ram_kind)kind), block->pages[kind]);
        octets += block->octets[kind];
    }
    view_attr_u64(o, "octets", octets);
    view_row_end(o);
}

void view_show_ram(struct view_out *o, const struct view_ram *ram,
                   const struct view_section *section, const struct view_place *place,
                   struct view_select *select, bool done)
{
    view_show_section(o, section, WIRE_SECTION_KIND_FULL, 2, place);
    if (!done) {
        view_attr_flag(o, "incomplete", true);
    }
    view_attr_u64(o, "total", ram->total);
    if (ram->page_size > 0) {
        view_attr_u64(o, "page_size", ram->page_size);
    }
    if (section != NULL) {
        view_attr_u64(o, "parts", section->parts);
    }
    view_attr_count(o, "marks", ram->marks);
    view_list_begin(o, "blocks");
    for (size_t i = 0; i < ram->count; i++) {
        if (view_select_field(select, ram->blocks[i].name)) {
            show_block(o, &ram->blocks[i]);
        }
    }
    view_list_end(o);
    view_item_end(o);
}

static void show_list(struct view_out *o, const struct wire_ram_blocks *list)
{
    view_attr_u64(o, "total", list->total);
    view_list_begin(o, "blocks");
    for (size_t i = 0; i < list->blocks.count; i++) {
        const struct wire_ram_block *block = &list->blocks.items[i];

        view_row_begin(o, "block", &VIEW_NOWHERE);
        view_attr_name(o, "name", block->name);
        view_attr_u64(o, "length", block->length);
        if (block->has_page_size) {
            view_attr_u64(o, "page_size", block->page_size);
        }
        if (block->has_address) {
            view_attr_u64(o, "address", block->address);
        }
        view_row_end(o);
    }
    view_list_end(o);
}

static void show_item(struct view_out *o, const struct wire_ram_item *item)
{
    switch (item->which) {
    case WIRE_RAM_ITEM_PAGES:
        view_attr_u64(o, "first", item->u.pages.first);
        view_attr_u64(o, "count", item->u.pages.count);
        return;
    case WIRE_RAM_ITEM_FILL:
        view_attr_u64(o, "first", item->u.fill.first);
        view_attr_u64(o, "count", item->u.fill.count);
        view_attr_u64(o, "octet", item->u.fill.octet);
        return;
    case WIRE_RAM_ITEM_BLOCK:
        view_attr_name(o, "name", item->u.block);
        return;
    case WIRE_RAM_ITEM_BLOCKS:
        show_list(o, &item->u.blocks);
        return;
    case WIRE_RAM_ITEM_XBZRLE:
        view_attr_u64(o, "first", item->u.xbzrle.first);
        view_attr_u64(o, "octets", item->u.xbzrle.data.len);
        return;
    case WIRE_RAM_ITEM_COMPRESSED:
        view_attr_u64(o, "first", item->u.compressed.first);
        view_attr_u64(o, "octets", item->u.compressed.data.len);
        return;
    case WIRE_RAM_ITEM_MARK:
        view_attr_u64(o, "word", item->u.mark);
        return;
    case WIRE_RAM_ITEM_RAW:
        view_attr_octets(o, "data", item->u.raw);
        return;
    default:
        view_attr_octets(o, "data", item->unknown);
        return;
    }
}

void view_show_run(struct view_out *o, const struct wire_ram_item *item)
{
    bool known = item->which >= 0 && (uint32_t)item->which < wire_ram_item_type.member_count;

    view_row_begin(o, known ? wire_ram_item_type.members[item->which].name : "unknown",
                   &VIEW_NOWHERE);
    show_item(o, item);
    view_row_end(o);
}
