/*
 * proxy_report.h - what a codec and the proxy that started it say to each other, one structure a
 * message, over a socket that keeps messages apart.
 */
#ifndef VMBER_PROXY_REPORT_H
#define VMBER_PROXY_REPORT_H

#include <stdint.h>

#include "codec/base/err.h"

enum proxy_word {
    PROXY_SAYS_PROGRESS = 'p',
    PROXY_ASKS_TO_END = 'e', /* encode, one way: may the stream be completed? */
    PROXY_SAYS_READY = 'r',  /* decode, two ways: all is checked, GO is awaited */
    PROXY_SAYS_GO = 'g',     /* decode, two ways: GO has come; only now QEMU gets what it awaits */
    PROXY_SAYS_DONE = 'd',
    PROXY_SAYS_FAILED = 'f', /* band, text */
    PROXY_SAYS_YES = 'y',    /* the proxy's answer to the question above */
};

struct proxy_counts {
    uint64_t legacy; /* octets */
    uint64_t ber;    /* octets */
    uint64_t records;
    uint64_t features;  /* form_feature_set: what the stream may use */
    uint64_t lifted;    /* blobs that are structs */
    uint64_t described; /* sections of the tail, by level */
    uint64_t framed;
    uint64_t opaque;
};

struct proxy_report {
    uint8_t word;   /* enum proxy_word */
    uint8_t band;   /* enum err_band */
    uint8_t cut;    /* FAILED: QEMU has closed its end too early, and that is all */
    uint8_t copied; /* DONE: the stream was legacy and has been passed through */
    struct proxy_counts counts;
    char text[ERR_PATH_MAX + ERR_TEXT_MAX];
};

enum { PROXY_REPORT_FD = 3 };

#endif
