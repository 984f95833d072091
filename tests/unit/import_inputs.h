/*
 * import_inputs.h - imports sections and lists that are written in few words, and checks that each
 * section joins what was made of them.
 */
#ifndef VMBER_TESTS_IMPORT_INPUTS_H
#define VMBER_TESTS_IMPORT_INPUTS_H

#include "codec/device/imp_label.h"
#include "codec/device/mod_library.h"
#include "device_make.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What is imported: sections, each under a label; lists have no section. */
struct input {
    const char *label;
    const char *name; /* idstr; NULL: body is a list of QEMU's, with ' for " */
    const char *body;
};

extern struct imp_leaves leaves;
extern struct imp imp;
extern struct buf text; /* the modules that were made */
extern struct mod_library lib;
extern struct err err;

void setup(void);
void teardown(void);

/* add_list adds a list, add_section a section whose types have been read. */
bool add_list(const char *body);
bool add_section(const struct input *input, const struct lay_types *types, uint32_t id);

/* add adds one input, make adds some and writes the modules; err says what is wrong. */
bool add(const struct input *input);
bool make(const struct input *inputs, size_t count, const struct imp_base *base);

/* import begins anew. */
void import(const struct input *inputs, size_t count, const struct imp_base *base);

#define IMPORT(inputs) import(inputs, COUNT(inputs), NULL)

/* Whether the text that was made has part in it. */
void has(const char *part);

void conflicts(size_t count, const char *part);

#define A1 F("a", "uint32", 4)
#define B1 F("b", "uint8", 1)
#define C1 F("c", "bool", 1)

/* Of lists: a device type, a field, and a struct. */
#define LISTED_AS(type, vmsd, version, fields)                                                     \
    "'" type "':{'Name':'" type "','version_id':1,'Description':{'name':'" vmsd                    \
    "','version_id':" #version "," fields "}}"
#define LISTED(type, fields) LISTED_AS(type, "d", 1, fields)
#define FIELD(name, exists, size)                                                                  \
    "{'field':'" name "','version_id':0,'field_exists':" #exists ",'size':" #size "}"
#define INNER(name, exists, body)                                                                  \
    "{'field':'" name "','version_id':0,'field_exists':" #exists ",'size':8,'Description':{" body  \
    "}}"

#endif
