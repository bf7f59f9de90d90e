#include "tests/tokenizer/tokenizer_help.h"

#include "lib/text/utf8.h"
#include "tokenizer/split/regex.h"
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

/* Is a character one of Unicode 14, which PCRE2 has? */
static bool is_known(int32_t code)
{
    static qp_regex unassigned;
    static qp_regex_scratch scratch;
    char text[4];
    qp_regex_match match;
    if (!scratch.text) qp_regex_compile(QP_REGEX_RUST, "split", "\\p{Cn}", 6, &unassigned);
    cr_assert_eq(qp_regex_text(&scratch, text, qp_utf8_write(code, text)), QP_OK);
    cr_assert_eq(qp_regex_find(&unassigned, &scratch, 0, &match), QP_OK);
    return !match.found;
}

/* The rules as a regular expression cut every character in the same way: after a letter, a syllable, a kanji, a digit,
 * a sign, a space and itself. */
Test(split, every_character_as_the_expression)
{
    enum { BLOCK = 0x100, END = 0x32100 };
    static const char *const before[] = {"a", "가", "日", "1", ",", " ", "\n"};
    static char text[BLOCK * 64];
    char pattern[2048];
    qp_regex regex;
    qp_regex_scratch scratch = {0};
    for (int single = 0; single < 2; single++) {
        const qp_split_rules rules = {.single_digits = single, .single_punctuation = single};
        qp_split_pattern(&rules, pattern, sizeof pattern);
        cr_assert_eq(qp_regex_compile(QP_REGEX_RUST, "split", pattern, strlen(pattern), &regex), QP_OK);
        for (int32_t first = 0; first < END; first += BLOCK) {
            size_t bytes = 0;
            qp_regex_match match;
            for (int32_t code = first ? first : 1; code < first + BLOCK; code++) {
                if ((code >= 0xD800 && code < 0xE000) || !is_known(code)) continue;
                for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
                    memcpy(text + bytes, before[i], strlen(before[i]));
                    bytes += strlen(before[i]);
                    bytes += qp_utf8_write(code, text + bytes);
                }
                bytes += qp_utf8_write(code, text + bytes);
            }
            cr_assert_lt(bytes, sizeof text);
            if (bytes == 0) continue;
            cr_assert_eq(qp_regex_text(&scratch, text, bytes), QP_OK);
            for (size_t at = 0, end; at < bytes; at = end) {
                end = qp_split_next(&rules, text, bytes, at);
                cr_assert_eq(qp_regex_find(&regex, &scratch, at, &match), QP_OK, "%s", qp_error_message());
                cr_assert(match.found && match.begin == at && match.end == end, "U+%04X..: %.*s, not %.*s",
                          (unsigned)first, (int)(end - at), text + at, (int)(match.end - at), text + at);
            }
        }
        qp_regex_free(&regex);
    }
    qp_regex_scratch_free(&scratch);
}

Test(split, endings_of_words)
{
    qp_split_rules rules = {0};
    static const char *const ending[] = {"s", "t", "m", "d", "re", "ve", "ll", "S", "LL", "Ve"};
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++) {
        char text[40], wanted[40];
        for (int k = 0; k < 4; k++) {
            static const char *const after[] = {"", " x", ".", "1"}, *const cut[] = {"", "| x", "|.", "|1"};
            snprintf(text, sizeof text, "we'%s%s", ending[i], after[k]);
            snprintf(wanted, sizeof wanted, "we|'%s%s", ending[i], cut[k]);
            cr_expect_str_eq(segments(rules, text), wanted);
        }
        snprintf(text, sizeof text, "we'%se", ending[i]);
        snprintf(wanted, sizeof wanted, "we|'|%se", ending[i]);
        cr_expect_str_eq(segments(rules, text), wanted);
    }
    cr_assert_str_eq(segments(rules, "a'l 'r's"), "a|'|l| '|r|'s");
    cr_assert_str_eq(segments(rules, "s's\u0301 x''s"), "s|'|s\u0301| x|'|'s");
}

/* The other rules: at spaces, and nowhere. */
Test(split, spaces_alone)
{
    qp_split_rules white = {.white_space = true}, spaces = {.pattern = QP_CUT_SPACES}, none = {.pattern = QP_CUT_NONE};
    cr_assert_str_eq(segments(white, "a,1 b  c "), "a,1| b| | c| ");
    cr_assert_str_eq(segments(spaces, "a,1 b  c "), "a,1| b| | c| ");
    cr_assert_str_eq(segments(spaces, "  x"), " | x");
    cr_assert_str_eq(segments(white, "  x"), " | x");
    cr_assert_str_eq(segments(none, "a b  c "), "a b  c ");
}
