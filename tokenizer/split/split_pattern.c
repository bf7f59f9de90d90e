#include <stdio.h>
#include <string.h>

#include "tokenizer/split/split.h"

/* The rules of split.h as regular expressions. */

#define CASES "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define UPPER "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]"
#define LOWER "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"

/* Names, the expression of tiktoken, and one that every engine reads alike: to some, $ is the end of a line and {1,3}+
 * a repetition. */
static const struct {
    const char *name[4], *tiktoken, *plain;
} known[] = {
    {{"gpt2", "r50k_base", "p50k_base"},
     "'(?:[sdmt]|ll|ve|re)| ?\\p{L}++| ?\\p{N}++| ?[^\\s\\p{L}\\p{N}]++|\\s++$|\\s+(?!\\S)|\\s",
     "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"},
    {{"gpt4", "cl100k_base"},
     "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|"
     "\\s*[\\r\\n]|\\s+(?!\\S)|\\s",
     CASES "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s+(?![\\s\\S])|\\s*[\\r\\n]|"
           "\\s+(?!\\S)|\\s"},
    {{"gpt4o", "o200k_base"},
     "[^\\r\\n\\p{L}\\p{N}]?" UPPER "*" LOWER "+" CASES "?|[^\\r\\n\\p{L}\\p{N}]?" UPPER "+" LOWER "*" CASES
     "?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
     "[^\\r\\n\\p{L}\\p{N}]?" UPPER "*" LOWER "+" CASES "?|[^\\r\\n\\p{L}\\p{N}]?" UPPER "+" LOWER "*" CASES
     "?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"}};
enum { KNOWN = sizeof known / sizeof *known };

const char *qp_pattern_named(const char *name)
{
    for (int i = 0; i < KNOWN; i++) {
        for (int k = 0; k < 4 && known[i].name[k]; k++)
            if (strcmp(name, known[i].name[k]) == 0) return known[i].tiktoken;
    }
    return NULL;
}

const char *qp_pattern_plain(const char *expression)
{
    for (int i = 0; i < KNOWN; i++) {
        if (strcmp(expression, known[i].tiktoken) == 0) return known[i].plain;
    }
    return expression;
}

/* The classes of split.c: Hangul and East Asian letters, the other letters, marks, punctuation. */
#define H                                                                                                              \
    "\xE1\x84\x80-\xE1\x87\xBF\xE3\x84\xB1-\xE3\x86\x8E\xEA\xA5\xA0-\xEA\xA5\xBF\xED\x9E\xB0-"                         \
    "\xED\x9F\xBF\xEA\xB0\x80-\xED\x9E\xA3"
#define E                                                                                                              \
    "\xE3\x81\x80-\xE3\x84\xAF\xE3\x87\xB0-\xE3\x87\xBF\xEF\xA4\x80-\xEF\xAB\xBF\xEF\xBD\xA6-\xEF\xBE\x9F"             \
    "\xF0\xA0\x80\x80-\xF0\xB1\xBF\xBF\xE3\x90\x80-\xE4\xB6\xBF\xE4\xB8\x80-\xE9\xBF\xBF"
#define L "(?![" H E "])\\p{L}"
#define M "[\\p{M}\\p{Cf}]"
#define P "[^\\p{L}\\p{M}\\p{Cf}\\p{N}\\p{Zs}\\p{Zl}\\p{Zp}\\p{Cc}]"
#define ENDING "'(?:[sStTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])(?!" L "|" M ")"

void qp_split_pattern(const qp_split_rules *rules, char *out, size_t out_bytes)
{
    static const char *const name[] = {[QP_CUT_GPT2] = "gpt2", [QP_CUT_GPT4] = "gpt4"};
    if (rules->pattern == QP_CUT_GPT2 || rules->pattern == QP_CUT_GPT4) {
        snprintf(out, out_bytes, "%s", qp_pattern_plain(qp_pattern_named(name[rules->pattern])));
    } else if (rules->pattern == QP_CUT_SPACES) {
        snprintf(out, out_bytes, " ?[^ ]+| ");
    } else if (rules->pattern == QP_CUT_NONE) {
        snprintf(out, out_bytes, "[\\s\\S]+");
    } else {
        snprintf(out, out_bytes,
                 "%s| ?(?:%s|%s)+| ?(?=\\p{L})[%s](?:(?=\\p{L})[%s]|%s)*| ?(?=\\p{L})[%s](?:(?=\\p{L})[%s]|%s)*| "
                 "?\\p{N}%s*| ?%s%s*|[\\p{Zs}\\p{Zl}\\p{Zp}\\p{Cc}]",
                 ENDING, L, M, H, H, M, E, E, M, rules->single_digits ? M : "[\\p{N}\\p{M}\\p{Cf}]", P,
                 rules->single_punctuation ? M : "(?:(?!" ENDING ")" P "|" M ")");
    }
}
