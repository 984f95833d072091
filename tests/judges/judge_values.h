/*
 * judge_values.h - the values that helpers/section_values.c writes: "MODULE OCTETS", a newline, the
 * octets, for each.
 */
#ifndef VMBER_JUDGES_JUDGE_VALUES_H
#define VMBER_JUDGES_JUDGE_VALUES_H

#include <stdio.h>

enum { JUDGE_MODULE_ROOM = 256, JUDGE_VALUE_MAX = 64 << 20 };

/* judge_next reads the next value: 1, or 0 behind the last, or -1 if there is half a value. */
static int judge_next(char module[JUDGE_MODULE_ROOM], unsigned char value[JUDGE_VALUE_MAX],
                      size_t *len)
{
    int got = scanf("%255s %zu", module, len);

    if (got == EOF) {
        return ferror(stdin) ? -1 : 0;
    }
    return got == 2 && getchar() == '\n' && *len <= JUDGE_VALUE_MAX &&
                   fread(value, 1, *len, stdin) == *len
               ? 1
               : -1;
}

#endif
