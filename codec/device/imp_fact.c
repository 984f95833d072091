/* imp_fact.c - see imp_fact.h. Where a row was read is in QEMU 7.2. */
#include "codec/device/imp_fact.h"

#include <string.h>

#include "codec/base/err.h"
#include "codec/device/mod_limits.h"

/*
 * Fields that stand together: alternatives parted by '|', each of those that are there; the others
 * that the row names are not. What is in all alternatives is always there, what is in none ('-'
 * before) never.
 */
struct together {
    const char *vmsd;
    uint32_t version;
    const char *text;
};

static const struct together together[] = {
    /* hw/pci/pci.c, migrate_is_pcie and migrate_is_not_pcie */
    {"PCIDevice", 2, "config[0] | config[1]"},
    /* hw/i2c/smbus_ich9.c, ich9_vmstate_need_smbus */
    {"ich9_smb", 1, "irq_enabled smb |"},
    /* hw/acpi/piix4.c, vmstate_test_use_acpi_hotplug_bridge and vmstate_test_migrate_acpi_index */
    {"piix4_pm", 3,
     "acpi_pci_hotplug.acpi_pcihp_pci_status[0x0] | "
     "acpi_pci_hotplug.hotplug_select acpi_pci_hotplug.acpi_pcihp_pci_status | "
     "acpi_pci_hotplug.hotplug_select acpi_pci_hotplug.acpi_pcihp_pci_status "
     "acpi_pci_hotplug.acpi_index"},
    /* hw/scsi/vmw_pvscsi.c, pvscsi_vmstate_need_pcie_device */
    {"pvscsi", 0, "parent_obj | pvscsi/pcie"},
    /* hw/scsi/esp.c, esp_is_version_5: this version is written with its own fields alone */
    {"esp", 6,
     "data_in_ready cmdfifo_cdb_offset fifo cmdfifo ti_cmd lun -mig_ti_rptr -mig_ti_wptr "
     "-mig_ti_buf -mig_deferred_status -mig_deferred_complete -mig_cmdbuf[0] -mig_cmdbuf[1] "
     "-mig_cmdlen -mig_dma_left"},
};

/* Numbers of elements or octets, and what is there if an integer is not 0. */
struct counted {
    const char *vmsd;
    const char *field;
    const char *by;
};

static const struct counted counted[] = {
    {"hpet", "timer", "num_timers"},
    {"ide_drive", "identify_data", "identify_set"}, /* hw/ide/core.c, is_identify_set */
    {"PCIBUS", "irq_count", "nirq"},
    {"cpu", "cpreg_vmstate_indexes", "cpreg_vmstate_array_len"}, /* target/arm/machine.c */
    {"cpu", "cpreg_vmstate_values", "cpreg_vmstate_array_len"},
    {"cpu", "irqstate", "irqstate_saved_size"}, /* target/s390x/machine.c */
    {"spapr_iommu", "mig_table", "mig_nb_table"},
    {"spapr_dtb", "fdt_blob", "fdt_size"},
    {"spapr_nvram", "buf", "size"},
    {"tpm-emulator", "state_blobs.permanent.buffer", "state_blobs.permanent.size"},
    {"tpm-emulator", "state_blobs.volatil.buffer", "state_blobs.volatil.size"},
    {"tpm-emulator", "state_blobs.savestate.buffer", "state_blobs.savestate.size"},
    {"tpm-spapr", "buffer", "numbytes"},
    {"xive-source", "status", "nr_irqs"},
};

/* Buffers whose length is in a variable that a device sets to a constant. */
struct constant {
    const char *vmsd;
    const char *field;
};

static const struct constant constants[] = {
    {"Fifo8", "data"}, /* util/fifo8.c: fifo8_create */
};

static struct imp_member *find_member(const struct imp_type *type, struct span name)
{
    for (size_t i = 0; i < type->member_count; i++) {
        if (span_eq(type->members[i].name, name)) {
            return &type->members[i];
        }
    }
    return NULL;
}

/* Whether a shape has a field or a subsection of that name. */
static bool shape_has(const struct imp_shape *shape, struct span name)
{
    bool has = false;

    for (size_t i = 0; i < shape->row_count && !has; i++) {
        has = span_eq(shape->rows[i].name, name);
    }
    for (size_t i = 0; i < shape->subs.count && !has; i++) {
        has = span_eq(shape->subs.items[i]->vmsd, name);
    }
    return has;
}

/* One name of a row of the first table. */
struct word {
    struct span name;
    uint32_t alternatives; /* a bit for each in which it is there */
};

struct words {
    struct word items[MOD_TERMS_MAX];
    size_t count;
    uint32_t alternatives; /* a bit for each that is possible */
};

static struct word *find_word(struct words *words, struct span name)
{
    size_t i = 0;

    while (i < words->count && !span_eq(words->items[i].name, name)) {
        i++;
    }
    if (i == words->count) {
        words->items[i].name = name;
        words->items[i].alternatives = 0;
        words->count++;
    }
    return &words->items[i];
}

/* Reads a row; an alternative with a field that the type does not have is none. */
static void read_words(const char *text, const struct imp_type *type, struct words *words)
{
    uint32_t bit = 1;

    words->count = 0;
    words->alternatives = 1;
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        bool never = *text == '-';

        if (*text == '|') {
            bit <<= 1;
            words->alternatives |= bit;
        } else if (len > 0) {
            struct word *word = find_word(words, span_of(text + never, len - never));

            word->alternatives |= never ? 0 : bit;
            if (!never && find_member(type, word->name) == NULL) {
                words->alternatives &= ~bit;
            }
        }
        text += len + (text[len] == ' ');
    }
}

/* Leaves the alternatives that have exactly those fields of the row that a shape has. */
static uint32_t alternatives_of(const struct words *words, const struct imp_shape *shape)
{
    uint32_t left = words->alternatives;

    for (size_t i = 0; i < words->count; i++) {
        bool has = shape_has(shape, words->items[i].name);

        left &= has ? words->items[i].alternatives : ~words->items[i].alternatives;
    }
    return left;
}

/* Adds a constraint: a term for each name in each alternative, but for what is no longer asked. */
static bool add_terms(struct arena *arena, const struct words *words, struct imp_type *type,
                      struct err *err)
{
    uint32_t all = words->alternatives;

    type->terms = arena_array(arena, MOD_TERMS_MAX, sizeof(*type->terms), err);
    if (type->terms == NULL) {
        return false;
    }
    for (uint32_t bit = 1; bit != 0 && bit <= all; bit <<= 1) {
        bool first = true;

        for (size_t i = 0; (all & bit) != 0 && i < words->count; i++) {
            const struct word *word = &words->items[i];
            uint32_t in = word->alternatives & all;
            struct imp_term *term = &type->terms[type->term_count];

            if (in == 0 || in == all || type->term_count == MOD_TERMS_MAX) {
                continue;
            }
            term->name = word->name;
            term->present = (in & bit) != 0;
            term->begins = !first                  ? MOD_BEGINS_NOTHING
                           : type->term_count == 0 ? MOD_BEGINS_CONSTRAINT
                                                   : MOD_BEGINS_ALTERNATIVE;
            type->term_count++;
            first = false;
        }
    }
    return true;
}

static void remove_member(struct imp_type *type, struct imp_member *member)
{
    size_t at = (size_t)(member - type->members);

    type->member_count--;
    memmove(member, member + 1, (type->member_count - at) * sizeof(*member));
}

static bool apply_together(struct arena *arena, const struct together *fact,
                           const struct imp_shapes *shapes, struct imp_type *type, struct err *err)
{
    struct words words;

    read_words(fact->text, type, &words);
    for (size_t i = 0; i < shapes->count; i++) {
        if (alternatives_of(&words, shapes->items[i]) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < words.count; i++) {
        struct imp_member *member = find_member(type, words.items[i].name);
        uint32_t in = words.items[i].alternatives & words.alternatives;

        if (member != NULL && in == 0) {
            remove_member(type, member);
        } else if (member != NULL && in == words.alternatives) {
            member->optional = false;
        }
    }
    return add_terms(arena, &words, type, err);
}

static void apply_counted(const struct counted *fact, struct imp_type *type)
{
    struct imp_member *member = find_member(type, span_str(fact->field));
    const struct imp_member *by = find_member(type, span_str(fact->by));
    bool varies;

    if (member == NULL || by == NULL || by >= member || member->is_sub || member->unseen ||
        by->kind != IMP_LEAF || by->op != MOD_INT || by->is_array || by->optional) {
        return;
    }
    varies = member->is_array ? member->elements == MOD_VARIES
                              : member->kind == IMP_LEAF && member->size == MOD_VARIES;
    if (varies || (member->optional && !member->is_array)) {
        member->by = by->name;
    }
}

/* Gives a buffer the length that all shapes have. */
static void apply_constant(const struct constant *fact, const struct imp_shapes *shapes,
                           struct imp_type *type)
{
    struct imp_member *member = find_member(type, span_str(fact->field));
    uint32_t size = MOD_VARIES;

    for (size_t i = 0; i < shapes->count; i++) {
        for (size_t k = 0; k < shapes->items[i]->row_count; k++) {
            const struct imp_row *row = &shapes->items[i]->rows[k];

            if (!span_eq_str(row->name, fact->field)) {
                continue;
            }
            if (row->varies || (size != MOD_VARIES && row->size != size)) {
                return;
            }
            size = row->size;
        }
    }
    if (member != NULL && member->op == MOD_OCTETS && !member->is_array) {
        member->size = size;
    }
}

bool imp_facts_apply(struct arena *arena, const struct imp_shapes *shapes, struct imp_type *type,
                     struct err *err)
{
    if (shapes->count == 0) {
        return true; /* it was never seen */
    }
    for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]); i++) {
        if (span_eq_str(type->vmsd, counted[i].vmsd)) {
            apply_counted(&counted[i], type);
        }
    }
    for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++) {
        if (span_eq_str(type->vmsd, constants[i].vmsd)) {
            apply_constant(&constants[i], shapes, type);
        }
    }
    for (size_t i = 0; i < sizeof(together) / sizeof(together[0]); i++) {
        if (span_eq_str(type->vmsd, together[i].vmsd) && type->version == together[i].version) {
            return apply_together(arena, &together[i], shapes, type, err);
        }
    }
    return true;
}
