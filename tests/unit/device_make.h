/*
 * device_make.h - descriptions of sections, and what became of them, in few words.
 *
 *     id = device_type(&types, D("a", 1, F("len", "uint32", 4) ", " N("ring", "uint32", 4, 8)));
 *     device_form(&types, id, form, sizeof(form));       "a 1 {len; ring}"
 *
 * Descriptions are QEMU's JSON with ' for ".
 */
#ifndef VMBER_TESTS_DEVICE_MAKE_H
#define VMBER_TESTS_DEVICE_MAKE_H

#include "codec/savevm/lay_types.h"

/* What has fields: a device, a struct, an element of a list, a subsection. */
#define D(vmsd, version, fields)                                                                   \
    "'vmsd_name':'" vmsd "','version':" #version ",'fields':[" fields "]"
#define D2(vmsd, version, fields, subsections)                                                     \
    D(vmsd, version, fields) ",'subsections':[" subsections "]"

/* A field; of an array; one of an array's elements; with a struct; with structs beside its name. */
#define F(name, type, size) "{'name':'" name "','type':'" type "','size':" #size "}"
#define N(name, type, size, n)                                                                     \
    "{'name':'" name "','array_len':" #n ",'type':'" type "','size':" #size "}"
#define X(name, type, size, i)                                                                     \
    "{'name':'" name "','index':" #i ",'type':'" type "','size':" #size "}"
#define S(name, size, body)                                                                        \
    "{'name':'" name "','type':'struct','struct':{" body "},'size':" #size "}"
#define NS(name, size, n, body)                                                                    \
    "{'name':'" name "','array_len':" #n ",'type':'struct','struct':{" body "},'size':" #size "}"
#define XS(name, size, i, body)                                                                    \
    "{'name':'" name "','index':" #i ",'type':'struct','struct':{" body "},'size':" #size "}"
#define L(name, type, size, bodies)                                                                \
    "{'name':'" name "','type':'" type "'," bodies ",'size':" #size "}"
#define B(body) "{" body "}"

/* device_type adds the type of a device to types and returns its id; 0 for none. */
uint32_t device_type(struct lay_types *types, const char *body);

/*
 * device_form writes a type into out: "name version <module> {field; ...}". Behind the name of a
 * field stand "[tag]", "*" if it is a sequence of one, "#octets" if it has an extent, "{...}" if it
 * holds structs; subsections are the same, with ':' before.
 */
void device_form(const struct lay_types *types, uint32_t id, char *out, size_t cap);

#endif
