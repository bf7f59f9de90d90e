#include "tokenizer/split/word_pattern.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "lib/text/characters.h"
#include "lib/text/utf8.h"

/* Classes of a code point. UPPER and LOWER are the two sets of O200K, which share marks and letters without case. */
enum { LETTER = 1, NUMBER = 2, SPACE = 4, BREAK = 8, UPPER = 16, LOWER = 32, TABLE = 0x10000 };

typedef struct {
    const uint8_t *classes;
    const char *text;
    size_t bytes;
} reader;

/* The expressions of each pattern, the last one as oniguruma_syntax.h translates tiktoken's. */
static const char *const expressions[][4] = {
    [QP_PATTERN_GPT2] = {"'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
                         "'(?:[sdmt]|ll|ve|re)| ?\\p{L}++| ?\\p{N}++| ?[^\\s\\p{L}\\p{N}]++|\\s++$|\\s+(?!\\S)|\\s",
                         "'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
                         "'(?:[sdmt]|ll|ve|re)| ?\\p{L}++| ?\\p{N}++| ?[^\\s\\p{L}\\p{N}]++|\\s++\\z|\\s+(?!\\S)|\\s"},
    [QP_PATTERN_CL100K] = {"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| "
                           "?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},
    [QP_PATTERN_CL100K_TIKTOKEN] = {"'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+| "
                                    "?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s",
                                    "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|(?>\\p{N}{1,3})| "
                                    "?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++\\z|\\s*[\\r\\n]|\\s+(?!\\S)|\\s"},
    [QP_PATTERN_QWEN2] = {"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| "
                          "?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},
    [QP_PATTERN_O200K] = {
        "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|"
        "'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'"
        "re|"
        "'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"}};

qp_word_pattern qp_word_pattern_of(const char *expression, size_t bytes)
{
    for (size_t p = 1; p < sizeof expressions / sizeof *expressions; p++) {
        for (int k = 0; k < 4 && expressions[p][k]; k++) {
            if (strlen(expressions[p][k]) == bytes && memcmp(expressions[p][k], expression, bytes) == 0)
                return (qp_word_pattern)p;
        }
    }
    return QP_PATTERN_NONE;
}

static uint8_t class_of(int32_t code)
{
    uint8_t space = (uint8_t)(qp_is_white_space(code) ? SPACE : 0);
    if (code == '\r' || code == '\n') return SPACE | BREAK;
    switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LT: return LETTER | UPPER;
    case UTF8PROC_CATEGORY_LL: return LETTER | LOWER;
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO: return LETTER | UPPER | LOWER;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME: return UPPER | LOWER;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO: return NUMBER;
    default: return space;
    }
}

uint8_t *qp_word_classes_make(void)
{
    uint8_t *classes = malloc(TABLE);
    for (int32_t code = 0; classes && code < TABLE; code++) classes[code] = class_of(code);
    return classes;
}

/* The class at `at`, and the character's length; 0 with length 0 at the end of the text. */
static inline uint8_t class_at(const reader *r, size_t at, size_t *length)
{
    *length = 0;
    if (at >= r->bytes) return 0;
    unsigned char byte = (unsigned char)r->text[at];
    if (byte < 0x80) return *length = 1, r->classes[byte];
    int32_t code = qp_utf8_next(r->text + at, r->bytes - at, length);
    if (code == QP_INVALID_CODE) return 0;
    return code < TABLE ? r->classes[code] : class_of(code);
}

/* The end of the run of characters from `at` that have a class in `any`. */
static inline size_t run_of(const reader *r, size_t at, uint8_t any)
{
    for (size_t length; class_at(r, at, &length) & any; at += length) {}
    return at;
}

/* The end of the run of characters from `at` that have no class in `none`. */
static inline size_t run_without(const reader *r, size_t at, uint8_t none)
{
    for (size_t length; !(class_at(r, at, &length) & none) && length; at += length) {}
    return at;
}

/* Bytes of 's 't 'm 'd 're 've 'll at `at`, or 0; with any_case also in capitals, and U+017F for s. */
static size_t contraction(const reader *r, size_t at, bool any_case)
{
    const char *text = r->text + at;
    size_t left = r->bytes - at;
    if (left < 2 || text[0] != '\'') return 0;
    char fold = any_case ? 0x20 : 0, first = text[1];
    if (first >= 'A' && first <= 'Z') first = (char)(first | fold);
    if (first == 's' || first == 't' || first == 'm' || first == 'd') return 2;
    if (any_case && left >= 3 && memcmp(text + 1, "\xC5\xBF", 2) == 0) return 3;
    if (left < 3) return 0;
    char second = text[2];
    if (second >= 'A' && second <= 'Z') second = (char)(second | fold);
    return (second == 'e' && (first == 'r' || first == 'v')) || (second == 'l' && first == 'l') ? 3 : 0;
}

/* The end of a match that begins with white space: `first` is the length of its first character. */
static size_t space_end(const reader *r, size_t at, size_t first, bool breaks, bool end_first)
{
    size_t end = at + first, last = at, after_break = 0, length;
    if (class_at(r, at, &length) & BREAK) after_break = end;
    for (uint8_t c; (c = class_at(r, end, &length)) & SPACE; end += length) {
        last = end;
        if (c & BREAK) after_break = end + length;
    }
    if (end_first && end == r->bytes) return end;
    if (breaks && after_break) return after_break;
    if (end == r->bytes || last == at) return end;
    return last;
}

static size_t end_of_gpt2(const reader *r, size_t at)
{
    size_t length, begin = at;
    uint8_t class = class_at(r, at, &length);
    if (r->text[at] == '\'') {
        size_t ending = contraction(r, at, false);
        if (ending) return at + ending;
    }
    if (r->text[at] == ' ') {
        class = class_at(r, ++begin, &length);
        if (length == 0 || class & SPACE) return space_end(r, at, 1, false, false);
    } else if (class & SPACE) {
        return space_end(r, at, length, false, false);
    }
    if (class & LETTER) return run_of(r, begin + length, LETTER);
    if (class & NUMBER) return run_of(r, begin + length, NUMBER);
    return run_without(r, begin + length, LETTER | NUMBER | SPACE);
}

/* What CL100K and its variants match besides words: numbers, punctuation with the line breaks (and slashes) after it,
 * white space. */
static size_t end_of_rest(const reader *r, size_t at, int digits, bool slashes, bool end_first)
{
    size_t length, next;
    uint8_t class = class_at(r, at, &length);
    if (class & NUMBER) {
        size_t end = at + length;
        for (int i = 1; i < digits && class_at(r, end, &length) & NUMBER; i++) end += length;
        return end;
    }
    size_t begin = r->text[at] == ' ' ? at + 1 : at;
    uint8_t sign = class_at(r, begin, &next);
    if (next && !(sign & (LETTER | NUMBER | SPACE))) {
        size_t end = run_without(r, begin + next, LETTER | NUMBER | SPACE);
        while (end < r->bytes && (r->text[end] == '\r' || r->text[end] == '\n' || (slashes && r->text[end] == '/')))
            end++;
        return end;
    }
    return space_end(r, at, length, true, end_first);
}

static size_t end_of_cl100k(const reader *r, size_t at, int digits, bool end_first)
{
    size_t length, next;
    uint8_t class = class_at(r, at, &length);
    if (class & LETTER) return run_of(r, at + length, LETTER);
    size_t ending = r->text[at] == '\'' ? contraction(r, at, true) : 0;
    if (ending) return at + ending;
    if (!(class & (NUMBER | BREAK)) && class_at(r, at + length, &next) & LETTER)
        return run_of(r, at + length + next, LETTER);
    return end_of_rest(r, at, digits, false, end_first);
}

/* The end of the longest [UPPER]*[LOWER]+ from `at`; `at` itself: no match. */
static size_t end_of_lower(const reader *r, size_t at)
{
    size_t end = at, shared = at, length;
    for (uint8_t c; (c = class_at(r, end, &length)) & UPPER; end += length) {
        if (c & LOWER) shared = end + length; /* can be the lower part if nothing else is */
    }
    return class_at(r, end, &length) & LOWER ? run_of(r, end, LOWER) : shared;
}

/* A word may begin with one character that is neither letter, number nor line break. A mark can be this character or
 * part of the word. Tried in this order: with it and without it, ending in lower case; then the same in capitals. */
static size_t end_of_o200k(const reader *r, size_t at)
{
    size_t length;
    uint8_t class = class_at(r, at, &length);
    bool leads = !(class & (LETTER | NUMBER | BREAK));
    size_t after = at + length, end = after;
    if (leads) end = end_of_lower(r, after);
    if (end == after) end = end_of_lower(r, at);
    if (end == at && leads) {
        end = run_of(r, after, UPPER);
        if (end == after) end = at;
    }
    if (end == at) end = run_of(r, at, UPPER);
    if (end == at) return end_of_rest(r, at, 3, true, false);
    return end + contraction(r, end, true);
}

size_t qp_word_pattern_end(qp_word_pattern pattern, const uint8_t *classes, const char *text, size_t bytes, size_t at)
{
    reader r = {classes, text, bytes};
    switch (pattern) {
    case QP_PATTERN_GPT2: return end_of_gpt2(&r, at);
    case QP_PATTERN_CL100K: return end_of_cl100k(&r, at, 3, false);
    case QP_PATTERN_CL100K_TIKTOKEN: return end_of_cl100k(&r, at, 3, true);
    case QP_PATTERN_QWEN2: return end_of_cl100k(&r, at, 1, false);
    case QP_PATTERN_O200K: return end_of_o200k(&r, at);
    default: return bytes;
    }
}
