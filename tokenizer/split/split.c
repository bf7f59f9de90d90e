#include "tokenizer/split/split.h"

#include <string.h>
#include <utf8proc.h>

#include "lib/text/utf8.h"
#include "tokenizer/split/word_pattern.h"

/* A segment continues while characters have the class of its first one. Scripts written without spaces have classes of
 * their own, so that "CD를" is two segments; Han and kana share one because Japanese words mix them. */
typedef enum { SPACE, LETTER, HANGUL, EAST_ASIAN, DIGIT, MARK, PUNCTUATION, ALONE } char_class;

static const uint8_t ascii_class[128] = {
    ALONE,       ALONE,       ALONE,       ALONE,       ALONE,       ALONE,       ALONE,       ALONE,       ALONE,
    ALONE,       ALONE,       ALONE,       ALONE,       ALONE,       ALONE,       ALONE,       ALONE,       ALONE,
    ALONE,       ALONE,       ALONE,       ALONE,       ALONE,       ALONE,       ALONE,       ALONE,       ALONE,
    ALONE,       ALONE,       ALONE,       ALONE,       ALONE,       SPACE,       PUNCTUATION, PUNCTUATION, PUNCTUATION,
    PUNCTUATION, PUNCTUATION, PUNCTUATION, PUNCTUATION, PUNCTUATION, PUNCTUATION, PUNCTUATION, PUNCTUATION, PUNCTUATION,
    PUNCTUATION, PUNCTUATION, PUNCTUATION, DIGIT,       DIGIT,       DIGIT,       DIGIT,       DIGIT,       DIGIT,
    DIGIT,       DIGIT,       DIGIT,       DIGIT,       PUNCTUATION, PUNCTUATION, PUNCTUATION, PUNCTUATION, PUNCTUATION,
    PUNCTUATION, PUNCTUATION, LETTER,      LETTER,      LETTER,      LETTER,      LETTER,      LETTER,      LETTER,
    LETTER,      LETTER,      LETTER,      LETTER,      LETTER,      LETTER,      LETTER,      LETTER,      LETTER,
    LETTER,      LETTER,      LETTER,      LETTER,      LETTER,      LETTER,      LETTER,      LETTER,      LETTER,
    LETTER,      PUNCTUATION, PUNCTUATION, PUNCTUATION, PUNCTUATION, PUNCTUATION, PUNCTUATION, LETTER,      LETTER,
    LETTER,      LETTER,      LETTER,      LETTER,      LETTER,      LETTER,      LETTER,      LETTER,      LETTER,
    LETTER,      LETTER,      LETTER,      LETTER,      LETTER,      LETTER,      LETTER,      LETTER,      LETTER,
    LETTER,      LETTER,      LETTER,      LETTER,      LETTER,      LETTER,      PUNCTUATION, PUNCTUATION, PUNCTUATION,
    PUNCTUATION, ALONE};

static char_class class_of_letter(int32_t code)
{
    if ((code >= 0x1100 && code < 0x1200) || (code >= 0x3131 && code < 0x318F)) return HANGUL;
    if ((code >= 0xA960 && code < 0xA980) || (code >= 0xD7B0 && code < 0xD800)) return HANGUL;
    if ((code >= 0x3040 && code < 0x3130) || (code >= 0x31F0 && code < 0x3200)) return EAST_ASIAN;
    if ((code >= 0xF900 && code < 0xFB00) || (code >= 0xFF66 && code < 0xFFA0)) return EAST_ASIAN;
    if (code >= 0x20000 && code < 0x32000) return EAST_ASIAN;
    return LETTER;
}

static char_class class_of(int32_t code)
{
    if (code == QP_INVALID_CODE) return ALONE;
    if (code < 128) return (char_class)ascii_class[code];
    if (code >= 0xAC00 && code < 0xD7A4) return HANGUL;
    if (code >= 0x3400 && code < 0xA000 && (code < 0x4DC0 || code >= 0x4E00)) return EAST_ASIAN;
    switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO: return class_of_letter(code);
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF: return MARK; /* joiners and the soft hyphen occur inside words */
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO: return DIGIT;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC: return ALONE;
    default: return PUNCTUATION;
    }
}

static char_class class_at(const char *text, size_t bytes, size_t at, size_t *length)
{
    return class_of(qp_utf8_next(text + at, bytes - at, length));
}

/* Bytes of 's 't 'm 'd 're 've 'll at `at`, unless a letter follows; else 0. */
static size_t contraction(const char *text, size_t bytes, size_t at)
{
    static const char *const ending[] = {"s", "t", "m", "d", "re", "ve", "ll"};
    if (text[at] != '\'') return 0;
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++) {
        size_t letters = strlen(ending[i]), end = at + 1 + letters, length;
        if (end > bytes) continue;
        bool same = true;
        for (size_t k = 0; k < letters; k++) same = same && (text[at + 1 + k] | 0x20) == ending[i][k];
        if (!same) continue;
        if (end == bytes) return 1 + letters;
        char_class next = class_at(text, bytes, end, &length);
        if (next != LETTER && next != MARK) return 1 + letters;
    }
    return 0;
}

static size_t before_space(const char *text, size_t bytes, size_t begin)
{
    size_t from = begin + (text[begin] == ' ');
    const char *space = from < bytes ? memchr(text + from, ' ', bytes - from) : NULL;
    return space ? (size_t)(space - text) : bytes;
}

static size_t words_next(const qp_split_rules *rules, const char *text, size_t bytes, size_t begin)
{
    size_t at = begin, length;
    if (rules->white_space) {
        const char *space = bytes - begin > 1 ? memchr(text + begin + 1, ' ', bytes - begin - 1) : NULL;
        return space ? (size_t)(space - text) : bytes;
    }
    char_class first = class_at(text, bytes, at, &length);
    at += length;
    bool spaced = first == SPACE;
    if (spaced) {
        if (at == bytes) return at;
        first = class_at(text, bytes, at, &length);
        if (first == SPACE || first == ALONE) return at;
        at += length;
    }
    if (first == ALONE) return at;
    if (first == MARK) first = LETTER;
    if (first == PUNCTUATION && !spaced) {
        size_t ending = contraction(text, bytes, begin);
        if (ending) return begin + ending;
    }
    bool single = (first == DIGIT && rules->single_digits) || (first == PUNCTUATION && rules->single_punctuation);
    while (at < bytes) {
        char_class next = class_at(text, bytes, at, &length);
        if (next != MARK && (next != first || single)) break;
        if (next == PUNCTUATION && text[at] == '\'' && contraction(text, bytes, at)) break;
        at += length;
    }
    return at;
}

size_t qp_split_next(const qp_split_rules *rules, const char *text, size_t bytes, size_t begin)
{
    switch (rules->pattern) {
    case QP_CUT_SPACES: return before_space(text, bytes, begin);
    case QP_CUT_GPT2:
    case QP_CUT_GPT4:
        return qp_word_pattern_end(rules->pattern == QP_CUT_GPT2 ? QP_PATTERN_GPT2 : QP_PATTERN_CL100K_TIKTOKEN,
                                   rules->classes, text, bytes, begin);
    case QP_CUT_NONE: return bytes;
    default: return words_next(rules, text, bytes, begin);
    }
}
