#include "tests/tokenizer/tokenizer_help.h"

#include "tokenizer/split/split.h"

static const char *segments(qp_split_rules rules, const char *text)
{
    static char out[1024];
    size_t bytes = strlen(text), made = 0;
    for (size_t at = 0, end; at < bytes; at = end) {
        end = qp_split_next(&rules, text, bytes, at);
        cr_assert(end > at && end <= bytes);
        made += (size_t)snprintf(out + made, sizeof out - made, "%s%.*s", at ? "|" : "", (int)(end - at), text + at);
    }
    return out;
}

Test(split, words_punctuation_digits_scripts)
{
    qp_split_rules rules = {0}, single = {.single_digits = true, .single_punctuation = true};
    cr_assert_str_eq(segments(rules, " The dog's  here."), " The| dog|'s| | here|.");
    cr_assert_str_eq(segments(rules, "a...b, \"c\" "), "a|...|b|,| \"|c|\"| ");
    cr_assert_str_eq(segments(single, "a...1234"), "a|.|.|.|1|2|3|4");
    cr_assert_str_eq(segments(rules, "x1234 12"), "x|1234| 12");
    cr_assert_str_eq(segments(rules, "CD를 3개"), "CD|를| 3|개");
    cr_assert_str_eq(segments(rules, "a\tb\n"), "a|\t|b|\n");
    cr_assert_str_eq(segments(rules, "e\u0301te\u0301 x"), "e\u0301te\u0301| x");
    cr_assert_str_eq(segments(rules, "rock'n we'll they're'"), "rock|'|n| we|'ll| they|'re|'");
    cr_assert_str_eq(segments(rules, "日本語の本"), "日本語の本");
    cr_assert_str_eq(segments(rules, "a\xFF\xFE b"), "a|\xFF|\xFE| b");
}
