/* layout_shapes.c - see layout_shapes.h. */
#include "layout_shapes.h"

static void leaves(struct make *m)
{
    static const struct {
        const char *type;
        uint32_t size;
    } types[] = {
        {"bool", 1},         {"int8", 1},        {"int16", 2},         {"int32", 4},
        {"int64", 8},        {"uint8", 1},       {"uint16", 2},        {"uint32", 4},
        {"uint64", 8},       {"uint8 equal", 1}, {"uint16 equal", 2},  {"int32 equal", 4},
        {"int32 le", 4},     {"int64 equal", 8}, {"uint32 equal", 4},  {"timer", 8},
        {"CPU_Double_U", 8}, {"buffer", 13},     {"unused_buffer", 3}, {"bitmap", 16},
        {"pci config", 256}, {"unknown", 5},     {"uint64", 1},        {"uint8", 2},
        {"buffer", 0},
    };

    make_device(m, "first", 0, "first", 2);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        make_leaf(m, types[i].type, types[i].type, types[i].size);
    }
    make_device_end(m);
    make_device(m, "0000:00:04.0/second", 0x80000000U, "second", 1);
    make_leaf(m, "a[0]", "uint32", 4);
    make_leaf(m, "a[1]", "uint32", 4);
    make_device_end(m);
}

static void arrays(struct make *m)
{
    make_device(m, "arrays", 1, "arrays", 1);
    make_leaf_array(m, "octets", "uint8", 1, 300);
    make_leaf_array(m, "signed octets", "int8", 1, 2);
    make_leaf_array(m, "halves", "uint16", 2, 130);
    make_leaf_array(m, "words", "int32", 4, 3);
    make_leaf_array(m, "bools", "bool", 1, 5);
    make_leaf_array(m, "buffers", "buffer", 7, 4);
    make_leaf_array(m, "virtio", "virtio", 200, 2);
    for (uint32_t i = 0; i < 9; i++) {
        make_leaf_index(m, "some", i, "uint8", 1);
    }
    for (uint32_t i = 0; i < 4; i++) {
        make_leaf_index(m, "others", i, "uint64", 8);
    }
    for (int i = 0; i < 3; i++) { /* QEMU 11: an array that is not compressed has no index */
        make_leaf(m, "plain", "uint32", 4);
    }
    make_device_end(m);
}

static void element(struct make *m, bool with_sub)
{
    make_leaf(m, "x", "uint16", 2);
    make_leaf(m, "y", "bool", 1);
    if (with_sub) {
        make_subsections(m);
        make_sub(m, "element/more", 7);
        make_leaf(m, "z", "int64", 8);
        make_sub_end(m);
    }
}

static void structs(struct make *m)
{
    make_device(m, "structs", 0, "structs", 3);
    make_struct(m, "one", 0, -1, "element", 1);
    element(m, false);
    make_struct_end(m);
    make_struct(m, "described once", 5, -1, "element", 1);
    element(m, false);
    make_struct_end(m);
    make_counted(m, 4 * 3);
    for (int i = 0; i < 6; i++) { /* runs of types that differ */
        make_struct(m, "one by one", 0, i, "element", 1);
        element(m, i == 2 || i == 3);
        make_struct_end(m);
    }
    make_struct(m, "outer", 0, -1, "outer", 1);
    make_struct(m, "inner", 0, -1, "inner", 1);
    make_struct(m, "innermost", 2, -1, "innermost", 1);
    make_leaf(m, "i", "int8", 1);
    make_struct_end(m);
    make_counted(m, 1);
    make_struct_end(m);
    make_struct_end(m);
    make_struct(m, "nothing in it", 0, -1, "void", 1);
    make_struct_end(m);
    make_device_end(m);
}

static void subsections(struct make *m)
{
    make_device(m, "subsections", 0, "subsections", 3);
    make_leaf(m, "a", "uint32", 4);
    make_subsections(m);
    make_sub(m, "subsections/empty", 0x01020304);
    make_sub_end(m);
    make_sub(m, "subsections/two", 1);
    make_leaf_array(m, "b", "uint32", 4, 40);
    make_subsections(m);
    make_sub(m, "subsections/two/inside", 1);
    make_struct(m, "s", 0, -1, "element", 1);
    element(m, true);
    make_struct_end(m);
    make_sub_end(m);
    make_sub_end(m);
    make_device_end(m);
    make_device(m, "only", 0, "only", 1);
    make_subsections(m);
    make_sub(m, "only/sub", 1);
    make_leaf(m, "c", "buffer", 2);
    make_sub_end(m);
    make_device_end(m);
}

static void list(struct make *m, const char *name, const char *type, int count)
{
    make_inline(m, name, type);
    for (int i = 0; i < count; i++) {
        make_octets(m, "\1", 1);
        make_inline_type(m, "item", 1);
        make_leaf(m, "v", "uint32", 4);
        make_inline_type_end(m);
    }
    make_octets(m, "", 1);
    make_inline_end(m);
}

static void tree(struct make *m, const char *name, uint8_t count, bool keyed)
{
    uint8_t be32[4] = {0, 0, 0, count};

    make_inline(m, name, "gtree");
    make_octets(m, be32, sizeof(be32));
    for (int i = 0; i < count; i++) {
        make_octets(m, "\1", 1);
        if (keyed) {
            make_inline_type(m, "key", 1);
            make_leaf(m, "low", "uint64", 8);
            make_leaf(m, "high", "uint64", 8);
            make_inline_type_end(m);
        } else {
            make_counted(m, 8);
        }
        make_inline_type(m, "mapping", 2);
        make_leaf(m, "flags", "uint16", 2);
        make_inline_type_end(m);
    }
    make_octets(m, "", 1);
    make_inline_end(m);
}

static void inlines(struct make *m)
{
    make_device(m, "inline", 0, "inline", 1);
    make_inline(m, "temporary", "tmp");
    make_inline_type(m, "tmp/of", 1);
    make_leaf(m, "t", "uint16", 2);
    make_inline_type_end(m);
    make_inline_end(m);
    make_inline(m, "versioned", "vstruct");
    make_inline_type(m, "versioned", 9);
    element(m, true);
    make_inline_type_end(m);
    make_inline_end(m);
    list(m, "empty list", "qtailq", 0);
    list(m, "list of one", "qtailq", 1);
    list(m, "list of three", "qlist", 3);
    tree(m, "no tree", 0, false);
    tree(m, "tree", 3, false);
    tree(m, "tree with keys", 2, true);
    make_inline(m, "two of its own", "strange");
    make_inline_type(m, "left", 1);
    make_leaf(m, "l", "uint8", 1);
    make_inline_type_end(m);
    make_inline_type(m, "right", 1);
    make_leaf(m, "r", "uint8", 1);
    make_inline_type_end(m);
    make_inline_end(m);
    make_inline(m, "more than it says", "strange");
    make_octets(m, "\1", 1);
    make_inline_type(m, "left", 1);
    make_leaf(m, "l", "uint8", 1);
    make_inline_type_end(m);
    make_inline_end(m);
    make_device_end(m);
}

static void old_style(struct make *m)
{
    make_old_style(m, "slirp", 131);
    make_old_style(m, "slirp", 140);
    make_old_style(m, "nothing", 0);
    make_old_style(m, "slirp", 131);
}

/* Pointer arrays as QEMU before 10.0 describes them when the first is null. */
static void null_first(struct make *m)
{
    make_device(m, "s390_css", 0, "s390_css", 1);
    make_leaf(m, "max", "uint8", 1);
    make_struct(m, "css", 4, -1, NULL, 0);
    make_octets(m, "0", 1);
    make_struct_end(m);
    make_octets(m, "0", 1);
    make_counted(m, 77);
    make_octets(m, "0", 1);
    make_leaf(m, "default", "uint8", 1);
    make_device_end(m);
    make_device(m, "all null", 0, "all null", 1);
    make_struct(m, "p", 3, -1, NULL, 0);
    make_octets(m, "0", 1);
    make_struct_end(m);
    make_octets(m, "00", 2);
    make_device_end(m);
}

/* The same since 10.0: runs with the same name. */
static void null_runs(struct make *m)
{
    make_device(m, "runs", 0, "runs", 1);
    make_leaf_array(m, "p", "nullptr", 1, 3);
    make_struct(m, "p", 2, -1, "element", 1);
    element(m, false);
    make_struct_end(m);
    make_counted(m, 3);
    make_leaf(m, "p", "nullptr", 1);
    make_struct(m, "p", 0, -1, "element", 1);
    element(m, true);
    make_struct_end(m);
    make_device_end(m);
}

/* Pointer arrays of 7.2 that are described one by one: a null pointer is an element of its own. */
static void pointers(struct make *m)
{
    make_device(m, "pointers", 0, "pointers", 1);
    for (int i = 0; i < 7; i++) {
        if (i == 3) {
            make_struct(m, "p", 0, i, "element", 1);
            element(m, true);
            make_struct_end(m);
        } else if (i == 4 || i == 5) {
            make_struct(m, "p", 0, i, "element", 1);
            element(m, false);
            make_struct_end(m);
        } else {
            make_leaf_index(m, "p", (uint32_t)i, "uint64", 1);
        }
    }
    make_leaf_index(m, "one", 0, "uint8", 1);
    make_leaf_index(m, "one", 2, "uint8", 1);
    make_leaf_index(m, "mixed", 0, "uint8", 1);
    make_leaf_index(m, "mixed", 1, "int16", 2);
    make_leaf_index(m, "mixed", 2, "int16", 2);
    make_leaf_index(m, "mixed", 3, "bool", 1);
    make_leaf_index(m, "wide", 5, "uint64", 8);
    make_device_end(m);
}

static void early(struct make *m)
{
    make_early(m, "memory/virtio-mem-early", "virtio-mem-early");
    make_device(m, "timer", 0, "timer", 2);
    make_leaf(m, "ticks", "int64", 8);
    make_device_end(m);
    make_early(m, "between", "between");
    make_device(m, "timer", 1, "timer", 2);
    make_leaf(m, "ticks", "int64", 8);
    make_device_end(m);
    make_early(m, "last", "virtio-mem-early");
}

static void many(struct make *m)
{
    for (uint32_t i = 0; i < 40; i++) {
        make_device(m, "cpu", i, "cpu", 12);
        make_leaf_array(m, "regs", "uint64", 8, 16);
        make_struct(m, "segs", 6, -1, "segment", 1);
        make_leaf(m, "selector", "uint32", 4);
        make_leaf(m, "base", "uint64", 8);
        make_struct_end(m);
        make_counted(m, 5 * 12);
        make_device_end(m);
    }
}

static void none(struct make *m)
{
    (void)m;
}

const struct shape shapes[] = {
    {"leaves", leaves},
    {"arrays", arrays},
    {"structs", structs},
    {"subsections", subsections},
    {"inlines", inlines},
    {"old style", old_style},
    {"null first", null_first},
    {"null runs", null_runs},
    {"pointers", pointers},
    {"early", early},
    {"many", many},
    {"none", none},
};

const size_t shape_count = sizeof(shapes) / sizeof(shapes[0]);
