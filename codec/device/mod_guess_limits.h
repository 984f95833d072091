/*
 * mod_guess_limits.h - the bounds of finding a layout by trial, each with the reason for its
 * number.
 */
#ifndef VMBER_DEVICE_MOD_GUESS_LIMITS_H
#define VMBER_DEVICE_MOD_GUESS_LIMITS_H

enum {
    /* Trials of one section, all modules together: the hardest one seen takes 64. */
    MOD_GUESS_TRIALS_MAX = 4096,

    /* Choices of one trial that are not forced by the length, and numbers that are looked for. */
    MOD_GUESS_CHOICES_MAX = 1024,

    /* Alternatives of all those that are numbers: most have a few. */
    MOD_GUESS_COUNTED_MAX = 4096,

    /* Steps of all trials of one section: so many, and so many more for an octet of it. A step is a
     * field, or an element of an array of structs. The hardest section seen takes one an octet;
     * what is far beyond is not worth the time, as anyone can send such sections by the thousand.
     */
    MOD_GUESS_STEPS_FREE = 16384,
    MOD_GUESS_STEPS_PER_OCTET = 32,

    /* Numbers that are tried as one count: of those that integers in front say, of all that there
     * can be if they are few, and some that the length leaves. */
    MOD_GUESS_COUNTS_MAX = 32,

    /* Integers in front of an array that may be its count. */
    MOD_GUESS_NUMBERS_MAX = 64,

    /* Subsections of one section: the most seen is 20 of one device, and devices have a few. */
    MOD_GUESS_HEADS_MAX = 4096,

    /* Octets that measuring a module takes: twenty for a field. */
    MOD_GUESS_BYTES_MAX = 64 * 1024 * 1024,
};

#endif
