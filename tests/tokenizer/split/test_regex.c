#include "tests/tokenizer/tokenizer_help.h"

#include "tokenizer/split/regex.h"

/* All matches one behind the other, as "a|b|c"; what lies between them is left out. */
static const char *matches_as(qp_regex_flavor flavor, const char *pattern, const char *text)
{
    static char out[1024];
    qp_regex regex;
    qp_regex_scratch scratch = {0};
    size_t bytes = strlen(text), made = 0;
    out[0] = '\0';
    cr_assert_eq(qp_regex_compile_as(flavor, "test", pattern, strlen(pattern), &regex), QP_OK, "%s",
                 qp_error_message());
    for (size_t at = 0, end = 0; at<bytes; at = end> at ? end : at + 1) {
        bool found;
        cr_assert_eq(qp_regex_find(&regex, &scratch, text, bytes, &at, &end, &found), QP_OK);
        if (!found) break;
        made += (size_t)snprintf(out + made, sizeof out - made, "%s%.*s", made ? "|" : "", (int)(end - at), text + at);
    }
    qp_regex_free(&regex);
    qp_regex_scratch_free(&scratch);
    return out;
}

static const char *matches(const char *pattern, const char *text) { return matches_as(QP_REGEX_COMMON, pattern, text); }

static const char *matches_there(const char *pattern, const char *text)
{
    return matches_as(QP_REGEX_ONIGURUMA, pattern, text);
}

Test(regex, classes_in_classes)
{
    /* BLOOM's expression: neither a space nor one of the signs */
    cr_assert_str_eq(matches_there(" ?[^(\\s|[.,!?])]+", "Hello, w(orld x!"), "Hello| w|orld| x");
    cr_assert_str_eq(matches_there("[a-z&&[^aeiou]]+", "hello"), "h|ll");
    cr_assert_str_eq(matches_as(QP_REGEX_RUST, "[\\p{L}&&[^\\p{Han}]]+", "ab漢字가"), "ab|가");
    cr_assert_str_eq(matches_there("[^a-z&&[^aeiou]]+", "hello"), "e|o");
    cr_assert_str_eq(matches_there("[[:alpha:]]+|[[:digit:]]", "ab1é²"), "ab|1|é");
    cr_assert_str_eq(matches_there("[[:punct:]]+", "a!$_-©b"), "!$_-©");
    cr_assert_str_eq(matches_there("\\w+", "½a\u200Db"), "½a|b");
    cr_assert_str_eq(matches_there("[^\\w\\s]+", "½a"), "½");
    cr_assert_str_eq(matches("\\w+", "½a\u200Db"), "a\u200Db");
}

Test(regex, looking_back_and_edges)
{
    cr_assert_str_eq(matches("(?<=a)b", "abbab"), "b|b");
    cr_assert_str_eq(matches("(?<!a)b", "abbab"), "b");
    cr_assert_str_eq(matches("(?<=[가a]|xy)b", "가bxybyb"), "b|b");
    cr_assert_str_eq(matches("\\b\\w", "ab cd"), "a|c");
    cr_assert_str_eq(matches("(?>a+)b|a", "aab"), "aab");
    cr_assert_str_eq(matches("(?i)the", "The THE"), "The|THE");
    cr_assert_str_eq(matches("(?<name>a)b", "ab"), "ab");
    cr_assert_str_eq(matches("\\x41\\u0042\\x{1F600}", "AB😀"), "AB😀");
}

/* ^ and $ are ends of lines there, and x{1,2}+ repeats. */
Test(regex, lines)
{
    cr_assert_str_eq(matches("^a|b$", "ab\nab"), "a|b");
    cr_assert_str_eq(matches_there("^a|b$", "ab\nab"), "a|b|a|b");
    cr_assert_str_eq(matches("\\d{1,2}+", "12345"), "12|34|5");
    cr_assert_str_eq(matches_there("\\d{1,2}+", "12345"), "12345");
    const char *gpt2 = "'(?:[sdmt]|ll|ve|re)| ?\\p{L}++| ?\\p{N}++| ?[^\\s\\p{L}\\p{N}]++|\\s++$|\\s+(?!\\S)|\\s";
    cr_assert_str_eq(matches(gpt2, "a  \nb"), "a|  |\n|b");
    cr_assert_str_eq(matches_there(gpt2, "a  \nb"), "a|  |\n|b");
    cr_assert_str_eq(matches(gpt2, "a \t\nb"), "a| \t|\n|b");
}

Test(regex, parts)
{
    cr_assert_str_eq(matches("a", "banana"), "a|a|a");
    cr_assert_str_eq(matches("an|na", "banana"), "an|an");
    cr_assert_str_eq(matches("(?:an)+", "banana"), "anan");
    cr_assert_str_eq(matches("(an){2}a?", "bananax"), "anana");
    cr_assert_str_eq(matches("[^a-y]", "xyzab"), "z");
    cr_assert_str_eq(matches("[a\\-z]+", "b-z-a"), "-z-a");
    cr_assert_str_eq(matches("\\d{1,3}", "12345678"), "123|456|78");
    cr_assert_str_eq(matches("\\p{L}+", "ab1Ω나 é"), "ab|Ω나|é");
    cr_assert_str_eq(matches("\\P{L}+", "ab12c"), "12");
    cr_assert_str_eq(matches("\\s+(?!\\S)|\\s", "a   b"), "  | ");
    cr_assert_str_eq(matches("a(?=b)", "acab"), "a");
    cr_assert_str_eq(matches("(?i:'s)", "x'S y's z'\u017F"), "'S|'s|'\u017F");
    cr_assert_str_eq(matches("\\s++$", "a b  "), "  ");
    cr_assert_str_eq(matches("x*y", "xxxy"), "xxxy");
    cr_assert_str_eq(matches("x++x", "xxxx"), "");
    cr_assert_str_eq(matches("<\\|end\\|>", "a<|end|>b"), "<|end|>");
    cr_assert_str_eq(matches(".", "a\nb"), "a|b");
    cr_assert_str_eq(matches("\\w+|[^\\w\\s]+", "a_b, c!?"), "a_b|,|c|!?");
}

Test(regex, overlapping_classes_give_back)
{
    const char *pattern = "[\\p{Lu}\\p{Lo}]*[\\p{Ll}\\p{Lo}]+|[\\p{Lu}\\p{Lo}]+";
    cr_assert_str_eq(matches(pattern, "ABCdeF나다"), "ABCde|F나다");
    cr_assert_str_eq(matches(pattern, "ABC"), "ABC");
}

Test(regex, what_is_not_understood_is_refused)
{
    static const char *const wrong[] = {"(",       ")",      "[a",       "a{2",   "a{3,1}",      "*a",
                                        "\\p{Xx}", "\\q",    "(?<=a*)b", "\\1",   "[[:alpha:]]", "a**",
                                        "\\",      "[a&&b]", "[a[b]]",   "\\u12", "(?<=a{300})b"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        qp_regex regex;
        cr_assert_eq(qp_regex_compile("test", wrong[i], strlen(wrong[i]), &regex), QP_EDATA, "%s", wrong[i]);
    }
}

Test(regex, exponential_expression_ends)
{
    enum { LETTERS = 40 };
    char text[LETTERS + 1];
    memset(text, 'a', LETTERS);
    text[LETTERS] = '\0';
    qp_regex regex;
    qp_regex_scratch scratch = {0};
    bool found;
    size_t end;
    cr_assert_eq(qp_regex_compile("test", "(?:(?:a|a)+)+b", 14, &regex), QP_OK);
    cr_assert_eq(qp_regex_at(&regex, &scratch, text, LETTERS, 0, &found, &end), QP_EDATA);
    qp_regex_free(&regex);
    qp_regex_scratch_free(&scratch);
}

Test(regex, a_long_run_needs_little)
{
    enum { BYTES = 4000000 };
    char *text = malloc(BYTES);
    memset(text, ' ', BYTES);
    qp_regex regex;
    qp_regex_scratch scratch = {0};
    bool found;
    size_t end;
    cr_assert_eq(qp_regex_compile("test", "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+", 23, &regex), QP_OK);
    text[BYTES - 1] = 'x';
    cr_assert_eq(qp_regex_at(&regex, &scratch, text, BYTES, 0, &found, &end), QP_OK);
    cr_assert(found && end == BYTES - 2);
    cr_assert(scratch.capacity < 100);
    qp_regex_free(&regex);
    qp_regex_scratch_free(&scratch);
    free(text);
}
