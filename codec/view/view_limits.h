/*
 * view_limits.h - the bounds of views, each with the reason for its number.
 */
#ifndef VMBER_VIEW_LIMITS_H
#define VMBER_VIEW_LIMITS_H

enum {
    /* Text that is put together before it is written: one default pipe. */
    VIEW_BUFFER = 64 * 1024,

    /* Open JSON objects and arrays: LAY_DEPTH_MAX structs take six levels each, arrays of lists of
     * them included, and a record some more around them. */
    VIEW_JSON_DEPTH_MAX = 288,

    /* Components of a path: one for each struct that may be nested (LAY_DEPTH_MAX), and the
       section. */
    VIEW_PATH_PARTS_MAX = 48,

    /* Octets of a path given by a person; names of fields seen are below 60. */
    VIEW_PATH_LEN_MAX = 4096,

    /* Blocks of RAM that are summed: as many as a legacy reader takes in one list, and some that
     * were renamed or never announced. */
    VIEW_BLOCKS_MAX = 8192,

    /* Sections of a stream whose ids are remembered: as many elements as a tail may have. */
    VIEW_SECTIONS_MAX = 1 << 20,

    /* Pieces of one record that are compared with an index entry out of order: a record of pieces
     * has some tens; a bound keeps verify linear. */
    VIEW_PIECES_TRIED = 4096,

    /* QEMU's types of fields that are counted by name; 7.2 has some 90. */
    VIEW_TYPE_NAMES_MAX = 4096,

    /* Fields whose octets are left as octets, by name and reason: the largest capture has 200. */
    VIEW_LEFT_MAX = 1024,

    /* Findings that are shown; who has more has one cause, or another file. */
    VIEW_FINDINGS_MAX = 1000,

    /* Octets of a control record that libtasn1 is asked about, which takes a hundred times their
     * room: an index has some forty for each section. */
    VIEW_SECOND_OCTETS_MAX = 64 * 1024,

    /* Items of a list in it: libtasn1 looks for each from the start of the list. */
    VIEW_SECOND_ITEMS_MAX = 2048,

    /* Octets shown of an octet string when nobody says how many: one line of a terminal. */
    VIEW_OCTETS_SHOWN = 16,

    /* Octets kept of one section that comes in pieces, when all are to be shown: more is no text
     * that anybody reads. */
    VIEW_GATHER_MAX = 16 * 1024 * 1024,

    /* Integers of an array shown on one line. */
    VIEW_ROW = 16,
};

#endif
