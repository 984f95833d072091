/*
 * asn_lexer.h - the lexical items of X.680 clause 12, and the comments between them.
 *
 * All reserved words are known, also those of notation that the parser refuses: a word that is
 * not supported must never pass for a type reference.
 */
#ifndef VMBER_SCHEMA_ASN_LEXER_H
#define VMBER_SCHEMA_ASN_LEXER_H

#include "codec/schema/asn_diag.h"

enum asn_token_kind {
    ASN_TOKEN_END, /* of the file */
    ASN_TOKEN_WORD,
    ASN_TOKEN_UPPER, /* type or module reference */
    ASN_TOKEN_LOWER, /* identifier or value reference */
    ASN_TOKEN_NUMBER,
    ASN_TOKEN_CHARACTERS, /* "..." */
    ASN_TOKEN_BITS,       /* '...'B */
    ASN_TOKEN_HEX,        /* '...'H */
    ASN_TOKEN_ASSIGN,     /* ::= */
    ASN_TOKEN_RANGE,      /* .. */
    ASN_TOKEN_ELLIPSIS,   /* ... */
    ASN_TOKEN_BRACE_OPEN,
    ASN_TOKEN_BRACE_CLOSE,
    ASN_TOKEN_PAREN_OPEN,
    ASN_TOKEN_PAREN_CLOSE,
    ASN_TOKEN_BRACKET_OPEN,
    ASN_TOKEN_BRACKET_CLOSE,
    ASN_TOKEN_GROUP_OPEN,  /* [[ */
    ASN_TOKEN_GROUP_CLOSE, /* ]] */
    ASN_TOKEN_COMMA,
    ASN_TOKEN_SEMICOLON,
    ASN_TOKEN_COLON,
    ASN_TOKEN_DOT,
    ASN_TOKEN_MINUS,
    ASN_TOKEN_BAR,
    ASN_TOKEN_OTHER, /* a character that only notation we refuse uses: ^ < > @ & ! * */
};

/* The reserved words that the parser knows what to do with. */
enum asn_word {
    ASN_WORD_NONE,
    ASN_WORD_UNSUPPORTED, /* reserved, and not for us */
    ASN_WORD_ABSENT,
    ASN_WORD_ALL,
    ASN_WORD_APPLICATION,
    ASN_WORD_AUTOMATIC,
    ASN_WORD_BEGIN,
    ASN_WORD_BIT,
    ASN_WORD_BOOLEAN,
    ASN_WORD_CHOICE,
    ASN_WORD_COMPONENTS,
    ASN_WORD_DEFAULT,
    ASN_WORD_DEFINITIONS,
    ASN_WORD_END,
    ASN_WORD_ENUMERATED,
    ASN_WORD_EXPLICIT,
    ASN_WORD_EXPORTS,
    ASN_WORD_EXTENSIBILITY,
    ASN_WORD_FALSE,
    ASN_WORD_FROM,
    ASN_WORD_IA5_STRING,
    ASN_WORD_IDENTIFIER,
    ASN_WORD_IMPLICIT,
    ASN_WORD_IMPLIED,
    ASN_WORD_IMPORTS,
    ASN_WORD_INTEGER,
    ASN_WORD_MAX,
    ASN_WORD_MIN,
    ASN_WORD_NULL,
    ASN_WORD_OBJECT,
    ASN_WORD_OCTET,
    ASN_WORD_OF,
    ASN_WORD_OPTIONAL,
    ASN_WORD_PRESENT,
    ASN_WORD_PRINTABLE_STRING,
    ASN_WORD_PRIVATE,
    ASN_WORD_SEQUENCE,
    ASN_WORD_SET,
    ASN_WORD_SIZE,
    ASN_WORD_STRING,
    ASN_WORD_TAGS,
    ASN_WORD_TRUE,
    ASN_WORD_UNIVERSAL,
    ASN_WORD_UTF8_STRING,
    ASN_WORD_VISIBLE_STRING,
    ASN_WORD_WITH,
};

struct asn_token {
    enum asn_token_kind kind;
    enum asn_word word;    /* of a WORD */
    struct asn_spot place; /* its first octet */
    struct span text;      /* in the source; of a string, what stands between the quotes */
    uint64_t number;       /* of a NUMBER */
    size_t gap;            /* offset of the white space and comments before it */
    size_t end;            /* offset of the octet after it */
    uint32_t line;         /* it stands on, from 1 */
};

struct asn_lexer {
    const struct asn_source *source;
    size_t at;
    uint32_t line;
    struct asn_diag *diag;
    struct err *err;
};

/* asn_lex reads the next item; at the end of the file it yields ASN_TOKEN_END for ever. */
bool asn_lex(struct asn_lexer *lexer, struct asn_token *token);

/* A comment: what stands between its delimiters. */
struct asn_comment {
    struct span text;
    uint32_t line; /* relative to the start of the gap: 0 is the line the gap begins on */
    uint32_t end_line;
    uint32_t column; /* octets before it on its line, counted from the gap on line 0 */
    bool block;      /* between slash-star delimiters */
};

/* Walks the comments of a gap that asn_lex has accepted: zero it, then set text. */
struct asn_gap {
    struct span text;
    size_t at;
    size_t line_start;
    uint32_t line;
};

/* asn_gap_next yields the next comment of the gap; false at its end. */
bool asn_gap_next(struct asn_gap *gap, struct asn_comment *comment);

#endif
