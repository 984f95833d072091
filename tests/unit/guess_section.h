/*
 * guess_section.h - a section that is made with QEMU's description and laid out without, for the
 * tests of mod_guess.
 *
 *     bare_module("Thing", "-- <\"thing\" 1>\nThing ::= SEQUENCE { a UInt32, ... }\n");
 *     bare_begin("0000:00:01.0/thing");
 *     bare_u32("a", 7);                        and the others of layout_make.h, with &bare.m
 *     bare_same("0000:00:01.0/thing");         or bare_none
 */
#ifndef VMBER_TESTS_GUESS_SECTION_H
#define VMBER_TESTS_GUESS_SECTION_H

#include "codec/base/err.h"
#include "codec/device/mod_library.h"
#include "layout_make.h"

struct bare {
    struct mod_library lib;
    struct lay_types types;
    struct err err;
    struct make m;
};

extern struct bare bare;

void bare_setup(void);
void bare_teardown(void);

/* bare_also writes a module Vmber-NAME; bare_module, too, and adds it and those written before. */
void bare_also(const char *name, const char *assignments);
void bare_module(const char *name, const char *assignments);

/* bare_begin begins a section; its vmsd name is what is behind the last '/'. */
void bare_begin(const char *name);

/* An integer or a bool of that value. */
void bare_number(const char *name, const char *type, uint32_t size, uint64_t v);
void bare_u8(const char *name, uint64_t v);
void bare_u32(const char *name, uint64_t v);

/* Octets, or an array of count leaves, all of them v. */
void bare_fill(const char *name, const char *type, uint32_t size, uint32_t count, uint8_t v);

/* bare_payload ends the section. */
struct span bare_payload(const char *name);

/* bare_joined is the type that the description of the section leads to. */
uint32_t bare_joined(const char *name);

bool bare_guess(const char *name, struct span payload, uint32_t *type);

/* bare_same ends the section, which must be laid out without its description as with it. */
void bare_same(const char *name);

/* bare_none ends the section, which must be refused in those words and leave no types. */
void bare_none(const char *name, enum err_band band, const char *words);

#endif
