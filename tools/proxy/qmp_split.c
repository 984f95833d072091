/* qmp_split.c - see qmp_split.h. */
#include "tools/proxy/qmp_split.h"

#include "tools/proxy/qmp_limits.h"

enum {
    AT_START,
    AT_RECOVERY,
    AT_DQ,
    AT_DQ_ESCAPE,
    AT_SQ,
    AT_SQ_ESCAPE,
    AT_ZERO,
    AT_SIGN,
    AT_DIGITS,
    AT_MANTISSA,
    AT_MANTISSA_DIGITS,
    AT_EXP_E,
    AT_EXP_SIGN,
    AT_EXP_DIGITS,
    AT_KEYWORD,
};

/* What one octet does. */
enum step {
    STEP_ON,    /* the octet is taken */
    STEP_TOKEN, /* a token ends with the octet */
    STEP_AHEAD, /* a token has ended before the octet, which is looked at again */
    STEP_AGAIN, /* nothing has ended, the octet is looked at again */
    STEP_ERROR,
};

void qmp_split_init(struct qmp_split *split)
{
    memset(split, 0, sizeof(*split));
    split->state = AT_START;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static enum step go(struct qmp_split *split, int state)
{
    split->state = state;
    return STEP_ON;
}

static enum step at_start(struct qmp_split *split, uint8_t c)
{
    if (c >= 'a' && c <= 'z') {
        return go(split, AT_KEYWORD);
    }
    if (c >= '1' && c <= '9') {
        return go(split, AT_DIGITS);
    }
    switch (c) {
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        return STEP_ON;
    case '"':
        return go(split, AT_DQ);
    case '\'':
        return go(split, AT_SQ);
    case '0':
        return go(split, AT_ZERO);
    case '-':
        return go(split, AT_SIGN);
    case '{':
        split->braces++;
        return STEP_TOKEN;
    case '}':
        split->braces--;
        return STEP_TOKEN;
    case '[':
        split->brackets++;
        return STEP_TOKEN;
    case ']':
        split->brackets--;
        return STEP_TOKEN;
    case ':':
    case ',':
        return STEP_TOKEN;
    default:
        return STEP_ERROR;
    }
}

static enum step in_string(struct qmp_split *split, uint8_t c, uint8_t quote, int escape)
{
    if (c < 0x20 || c > 0xfd) {
        return STEP_ERROR;
    }
    if (c == '\\') {
        return go(split, escape);
    }
    if (c == quote) {
        split->state = AT_START;
        return STEP_TOKEN;
    }
    return STEP_ON;
}

/* States in which a number may end. */
static enum step in_number(struct qmp_split *split, uint8_t c)
{
    bool exponent = c == 'e' || c == 'E';

    if (is_digit(c)) {
        return split->state == AT_ZERO ? STEP_ERROR : STEP_ON;
    }
    if (c == '.' && (split->state == AT_ZERO || split->state == AT_DIGITS)) {
        return go(split, AT_MANTISSA);
    }
    if (exponent && (split->state == AT_DIGITS || split->state == AT_MANTISSA_DIGITS)) {
        return go(split, AT_EXP_E);
    }
    split->state = AT_START;
    return STEP_AHEAD;
}

/* States in which a number goes on with a digit, or is none. */
static enum step in_number_head(struct qmp_split *split, uint8_t c)
{
    switch (split->state) {
    case AT_SIGN:
        return is_digit(c) ? go(split, c == '0' ? AT_ZERO : AT_DIGITS) : STEP_ERROR;
    case AT_MANTISSA:
        return is_digit(c) ? go(split, AT_MANTISSA_DIGITS) : STEP_ERROR;
    case AT_EXP_E:
        if (c == '+' || c == '-') {
            return go(split, AT_EXP_SIGN);
        }
        return is_digit(c) ? go(split, AT_EXP_DIGITS) : STEP_ERROR;
    default:
        return is_digit(c) ? go(split, AT_EXP_DIGITS) : STEP_ERROR;
    }
}

static enum step in_recovery(struct qmp_split *split, uint8_t c)
{
    if ((c < 0x20 && c != '\t') || c > 0xfd || (c != '\0' && strchr("[]{}:,", c) != NULL)) {
        split->state = AT_START;
        return STEP_AGAIN;
    }
    return STEP_ON;
}

static enum step take(struct qmp_split *split, uint8_t c)
{
    switch (split->state) {
    case AT_START:
        return at_start(split, c);
    case AT_RECOVERY:
        return in_recovery(split, c);
    case AT_DQ:
        return in_string(split, c, '"', AT_DQ_ESCAPE);
    case AT_SQ:
        return in_string(split, c, '\'', AT_SQ_ESCAPE);
    case AT_DQ_ESCAPE:
    case AT_SQ_ESCAPE:
        if (c < 0x20 || c > 0xfd) {
            return STEP_ERROR;
        }
        return go(split, split->state == AT_DQ_ESCAPE ? AT_DQ : AT_SQ);
    case AT_KEYWORD:
        if (c >= 'a' && c <= 'z') {
            return STEP_ON;
        }
        split->state = AT_START;
        return STEP_AHEAD;
    case AT_ZERO:
    case AT_DIGITS:
    case AT_MANTISSA_DIGITS:
    case AT_EXP_DIGITS:
        return in_number(split, c);
    default:
        return in_number_head(split, c);
    }
}

static void reset(struct qmp_split *split, int state)
{
    split->state = state;
    split->braces = 0;
    split->brackets = 0;
    split->tokens = 0;
}

/* A token has ended; whether the message has, too, and how. */
static enum qmp_unit token_ended(struct qmp_split *split)
{
    split->tokens++;
    if (split->braces + split->brackets > QMP_DEPTH_MAX || split->tokens > QMP_TOKENS_MAX) {
        reset(split, AT_START);
        return QMP_UNIT_ERROR;
    }
    if ((split->braces > 0 || split->brackets > 0) && split->braces >= 0 && split->brackets >= 0) {
        return QMP_UNIT_MORE;
    }
    reset(split, AT_START);
    return QMP_UNIT_VALUE;
}

enum qmp_unit qmp_split_next(struct qmp_split *split, struct span octets, size_t *used)
{
    size_t i = 0;

    while (i < octets.len) {
        enum qmp_unit unit = QMP_UNIT_MORE;

        switch (take(split, octets.p[i])) {
        case STEP_ON:
            i++;
            break;
        case STEP_AGAIN:
            break;
        case STEP_TOKEN:
            i++;
            unit = token_ended(split);
            break;
        case STEP_AHEAD:
            unit = token_ended(split);
            break;
        case STEP_ERROR:
            i++;
            reset(split, AT_RECOVERY);
            unit = QMP_UNIT_ERROR;
            break;
        }
        if (unit != QMP_UNIT_MORE) {
            *used = i;
            return unit;
        }
    }
    *used = i;
    return QMP_UNIT_MORE;
}
