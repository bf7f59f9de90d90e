#include "tests/tokenizer/tokenizer_help.h"

#include "tokenizer/split/regex.h"

/* All matches in order, as "a|b|c"; the text between them is left out. */
static const char *matches_as(qp_regex_flavor flavor, const char *pattern, const char *text)
{
    static char out[1024];
    qp_regex regex;
    qp_regex_scratch scratch = {0};
    size_t bytes = strlen(text), made = 0;
    out[0] = '\0';
    cr_assert_eq(qp_regex_compile(flavor, "test", pattern, strlen(pattern), &regex), QP_OK, "%s", qp_error_message());
    qp_regex_match match;
    cr_assert_eq(qp_regex_text(&scratch, text, bytes), QP_OK);
    for (size_t at = 0; at < bytes; at = match.end + (match.end == match.begin)) {
        cr_assert_eq(qp_regex_find(&regex, &scratch, at, &match), QP_OK);
        if (!match.found) break;
        made += (size_t)snprintf(out + made, sizeof out - made, "%s%.*s", made ? "|" : "",
                                 (int)(match.end - match.begin), text + match.begin);
    }
    qp_regex_free(&regex);
    qp_regex_scratch_free(&scratch);
    return out;
}

static const char *matches(const char *pattern, const char *text) { return matches_as(QP_REGEX_PERL, pattern, text); }

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
    cr_assert_str_eq(matches("[a&&b]+", "ab&c"), "ab&");
    cr_assert_str_eq(matches_there("[\\D&&[^\\S]]+|[^\\W\\d]+|[^\\D]", "ab 1"), "ab| |1");
    cr_assert_str_eq(matches_there("\\h+|[^\\H[:^xdigit:]x]", "xfFg"), "fF");
}

Test(regex, escaped_signs)
{
    cr_assert_str_eq(matches("\\.+", "a..b."), "..|.");
    cr_assert_str_eq(matches("\\[", "a[b]"), "[");
    cr_assert_str_eq(matches("[\\.\\]]", "a.b]"), ".|]");
    cr_assert_str_eq(matches("\\\\|\\(", "a\\|b("), "\\|(");
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
    static const char *const wrong[] = {"(",        ")",   "[a",          "a{2", "a{3,1}", "*a",     "\\p{Xx}", "\\q",
                                        "(?<=a*)b", "\\1", "[[:alpha:]]", "a**", "\\",     "[a[b]]", "\\u12"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        qp_regex regex;
        qp_status status = qp_regex_compile(QP_REGEX_PERL, "test", wrong[i], strlen(wrong[i]), &regex);
        cr_assert_eq(status, QP_EDATA, "%s", wrong[i]);
    }
}

/* NUL is a character; bytes that are not UTF-8 are none. */
Test(regex, nul_and_bytes_in_classes)
{
    static const struct {
        const char *pattern;
        size_t bytes;
        qp_status status;
    } row[] = {{"[\0a]", 4, QP_OK},
               {"[\0-\x1F]", 5, QP_OK},
               {"[\xFF]", 3, QP_EDATA},
               {"[a-\xFF]", 5, QP_EDATA},
               {"[\xC3]", 3, QP_EDATA}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_regex regex;
        qp_regex_scratch scratch = {0};
        qp_regex_match match;
        qp_status status = qp_regex_compile(QP_REGEX_ONIGURUMA, "test", row[i].pattern, row[i].bytes, &regex);
        cr_assert_eq(status, row[i].status, "row %zu: %s", i, qp_error_message());
        if (status != QP_OK) continue;
        cr_assert_eq(qp_regex_text(&scratch, "b\0a", 3), QP_OK);
        cr_assert_eq(qp_regex_find(&regex, &scratch, 0, &match), QP_OK);
        cr_expect(match.found && match.begin == 1 && match.end == 2, "row %zu", i);
        qp_regex_free(&regex);
        qp_regex_scratch_free(&scratch);
    }
}

/* The steps that a search for all matches takes; 0: it ends with an error. */
static size_t steps_of(const char *pattern, const char *text, size_t bytes)
{
    qp_regex regex;
    qp_regex_scratch scratch = {0};
    qp_regex_match match;
    qp_status status = QP_OK;
    cr_assert_eq(qp_regex_compile(QP_REGEX_PERL, "test", pattern, strlen(pattern), &regex), QP_OK, "%s",
                 qp_error_message());
    cr_assert_eq(qp_regex_text(&scratch, text, bytes), QP_OK);
    size_t budget = scratch.steps;
    for (size_t at = 0; status == QP_OK && at <= bytes; at = match.end + (match.end == match.begin)) {
        status = qp_regex_find(&regex, &scratch, at, &match);
        if (!match.found) break;
    }
    size_t steps = status == QP_OK ? budget - scratch.steps : 0;
    if (status != QP_OK) {
        cr_assert_eq(status, QP_EDATA);
        cr_assert_str_eq(qp_error_message(),
                         "regular expression: needs too many steps for this text; use a simpler one");
    }
    qp_regex_free(&regex);
    qp_regex_scratch_free(&scratch);
    return steps;
}

/* Expressions whose time grows faster than the text end with an error when the budget of the text is used up. */
Test(regex, the_budget_is_linear_in_the_text)
{
    enum { LETTERS = 100000 };
    char *text = malloc(LETTERS);
    memset(text, 'a', LETTERS);
    memcpy(text + LETTERS - 3, "_cb", 3); /* PCRE2 fails at once where a letter that must follow is missing */
    static const char *const slow[] = {
        "(?:(?:a|a)+)+b",   "(?:(?=a*)a)*b", "(?:a*+b|a)*", "(?:a|a){20,30}b", "(a?){40}b",
        "(?:a?a?a?a?){9}b", "a*?a*?a*?b",    "(?:a|aa)+$b", "(?=(a+))a*b",     "a*a*b",
        "(?:(?>a*b|a)c?)*", "(?:(?!a*b)a)*", "(?:a*?b|a)*", "(a*)*b"};
    for (size_t i = 0; i < sizeof slow / sizeof *slow; i++)
        cr_expect_eq(steps_of(slow[i], text, LETTERS), 0, "%s", slow[i]);
    cr_expect_lt(steps_of("[ac]*b", text, LETTERS), 2 * LETTERS);
    cr_expect_gt(steps_of("[ac]*b", text, LETTERS), LETTERS / 2);
    free(text);
}

Test(regex, a_long_run_needs_little)
{
    enum { BYTES = 4000000 };
    char *text = malloc(BYTES);
    memset(text, ' ', BYTES);
    text[BYTES - 1] = 'x';
    size_t steps = steps_of("\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+", text, BYTES);
    cr_assert(steps > BYTES && steps < 8 * (size_t)BYTES, "%zu steps", steps);
    free(text);
}

Test(regex, groups_and_replacement)
{
    qp_regex regex;
    qp_regex_scratch scratch = {0};
    qp_text_buffer out = {0};
    size_t count;
    const char *pattern = "(\\d)(,)?(\\d)", *text = "1,2 34\xFF";
    cr_assert_eq(qp_regex_compile(QP_REGEX_PERL, "test", pattern, strlen(pattern), &regex), QP_OK);
    cr_assert_eq(qp_regex_text(&scratch, text, strlen(text)), QP_OK);
    cr_assert_eq(qp_regex_replace(&regex, &scratch, "<$3$$$2$1>", &out, &count), QP_OK);
    cr_assert_eq(count, 2);
    cr_assert_eq(out.bytes, 13);
    cr_assert_eq(memcmp(out.text, "<2$,1> <4$3>\xFF", 13), 0);
    qp_text_free(&out);
    qp_regex_free(&regex);
    cr_assert_eq(qp_regex_compile(QP_REGEX_PERL, "test", "x*", 2, &regex), QP_OK);
    cr_assert_eq(qp_regex_text(&scratch, "axé", 4), QP_OK);
    cr_assert_eq(qp_regex_replace(&regex, &scratch, "-", &out, &count), QP_OK);
    cr_assert_eq(memcmp(out.text, "-a--é-", 7), 0);
    qp_text_free(&out);
    qp_regex_free(&regex);
    qp_regex_scratch_free(&scratch);
}
