#include "tests/tokenizer/tokenizer_help.h"

#include "tokenizer/split/regex.h"
#include "tokenizer/split/split.h"
#include "tokenizer/split/oniguruma_syntax.h"

static const char *translated(const char *pattern)
{
    static char kept[1024];
    qp_text_buffer out = {0};
    qp_oniguruma_syntax(pattern, strlen(pattern), &out);
    cr_assert(!out.failed && out.bytes < sizeof kept);
    if (out.bytes) memcpy(kept, out.text, out.bytes);
    kept[out.bytes] = '\0';
    qp_text_free(&out);
    return kept;
}

Test(oniguruma_syntax, what_is_repeated_is_found)
{
    cr_assert_str_eq(translated(""), "");
    cr_assert_str_eq(translated("\\p{N}{1,3}+|a"), "(?>\\p{N}{1,3})|a");
    cr_assert_str_eq(translated("x\\p{N}{1,3}|a{2}"), "x\\p{N}{1,3}|a{2}");
    cr_assert_str_eq(translated("x[]a[^]b]\\]{]{2}+y++"), "x(?>[]a[^]b]\\]{]{2})y++");
    cr_assert_str_eq(translated("(?:a(b{1}+)$){2,3}+"), "(?>(?:a((?>b{1}))\\z){2,3})");
    cr_assert_str_eq(translated("^\\^\\$[$^]\\+{1}+\\x{41}{2}+"), "\\A\\^\\$[$^](?>\\+{1})(?>\\x{41}{2})");
    cr_assert_str_eq(translated("\u1112{1,2}+?"), "(?>\u1112{1,2})?");
}

Test(oniguruma_syntax, translated_patterns_are_known)
{
    static const char *const name[] = {"gpt2", "cl100k_base", "o200k_base"};
    static const qp_word_pattern known[] = {QP_PATTERN_GPT2, QP_PATTERN_CL100K_TIKTOKEN, QP_PATTERN_O200K};
    for (int i = 0; i < 3; i++) {
        const char *there = translated(qp_pattern_named(name[i]));
        cr_expect_eq(qp_word_pattern_of(there, strlen(there)), known[i], "%s", there);
    }
    cr_assert_null(qp_pattern_named("gpt"));
}

/* The matches, one after the other. */
static void matches(qp_regex_flavor flavor, const char *pattern, const char *text, char *out, size_t out_bytes)
{
    qp_regex regex;
    qp_regex_scratch scratch = {0};
    size_t bytes = strlen(text), made = 0;
    out[0] = '\0';
    cr_assert_eq(qp_regex_compile(flavor, "test", pattern, strlen(pattern), &regex), QP_OK, "%s",
                 qp_error_message());
    qp_regex_match match;
    cr_assert_eq(qp_regex_text(&scratch, text, bytes), QP_OK);
    for (size_t at = 0; at < bytes; at = match.end + (match.end == match.begin)) {
        cr_assert_eq(qp_regex_find(&regex, &scratch, at, &match), QP_OK);
        if (!match.found) break;
        made += (size_t)snprintf(out + made, out_bytes - made, "|%.*s", (int)(match.end - match.begin),
                                 text + match.begin);
    }
    qp_regex_free(&regex);
    qp_regex_scratch_free(&scratch);
}

Test(oniguruma_syntax, the_same_is_found)
{
    static const char *const pattern[] = {"'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+| "
                                          "?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s",
                                          "\\d{1,2}+\\d|a|^b|b$|\\s"};
    static const char *const text[] = {"it's 1234567 12345 !!\n  \nab \n", "b\nb 1234 aab\nb", " a  \n  ", "12 123\n1"};
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < 4; k++) {
            char here[300], there[300];
            matches(QP_REGEX_RUST, pattern[i], text[k], here, sizeof here);
            matches(QP_REGEX_ONIGURUMA, translated(pattern[i]), text[k], there, sizeof there);
            cr_assert_str_eq(here, there);
        }
    }
}
