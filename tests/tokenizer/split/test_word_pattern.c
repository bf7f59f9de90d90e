#include <criterion/criterion.h>
#include <string.h>

#include "lib/base/random.h"
#include "tokenizer/split/regex.h"
#include "lib/text/utf8.h"

/* The hand-written matchers against the general machine, which knows the expressions as they are written. */
static const char *const expression[] = {
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
    "'(?:[sdmt]|ll|ve|re)| ?\\p{L}++| ?\\p{N}++| ?[^\\s\\p{L}\\p{N}]++|\\s++$|\\s+(?!\\S)|\\s",
    "'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| "
    "?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|"
    "\\s+(?!\\S)|\\s+",
    "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|"
    "\\s*[\\r\\n]|\\s+(?!\\S)|\\s",
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|"
    "\\s+(?!\\S)|\\s+",
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|"
    "'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'"
    "m|"
    "'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"};
enum { EXPRESSIONS = sizeof expression / sizeof *expression, TEXTS = 20000, MOST = 24 };

/* Characters between which the expressions distinguish, and bytes that are no characters. */
static const char *const part[] = {
    " ",          " ",          "  ",     "\n",           "\r",     "\t",     "'",      "'s",     "'S",
    "'\u017F",    "'lL",        "'re",    "'Ve",          "l",      "e",      "s",      "A",      "Bc",
    "\u01C5",     "\u02B0",     "\u6F22", "\uD55C",       "\u0301", "\u0903", "1",      "22",     "\u00B2",
    "\u2160",     ".",          "/",      "\u20AC",       "\u00A0", "\u3000", "\u2028", "\u200B", "\U0001F600",
    "\U00010400", "\U0001D7CE", "\x80",   "\xED\xA0\x80", "\xF4",   "\xC3"};

/* Code points that PCRE2 knows; what its Unicode lacks, utf8proc may have. */
static bool is_assigned(int32_t code)
{
    static qp_regex regex;
    static qp_regex_scratch scratch;
    qp_regex_match match;
    char text[4];
    if (!regex.code) cr_assert_eq(qp_regex_compile(QP_REGEX_PERL, "test", "\\p{Cn}", 6, &regex), QP_OK);
    cr_assert_eq(qp_regex_text(&scratch, text, qp_utf8_write(code, text)), QP_OK);
    cr_assert_eq(qp_regex_find(&regex, &scratch, 0, &match), QP_OK);
    return !match.found;
}

static size_t random_text(uint64_t number, char *text)
{
    size_t bytes = 0;
    uint64_t parts = 1 + qp_random_below(7, number * 64, MOST - 1);
    for (uint64_t i = 0; i < parts; i++) {
        uint64_t draw = qp_random_below(7, number * 64 + i + 1, sizeof part / sizeof *part + 4);
        const char *piece = part[draw % (sizeof part / sizeof *part)];
        if (draw < sizeof part / sizeof *part) {
            memcpy(text + bytes, piece, strlen(piece));
            bytes += strlen(piece);
        } else {
            int32_t code = (int32_t)qp_random_below(8, number * 64 + i, 0x30000);
            bytes += qp_utf8_write((code >= 0xD800 && code < 0xE000) || !is_assigned(code) ? 0xE9 : code, text + bytes);
        }
    }
    return bytes;
}

static void compare(const qp_regex *regex, qp_regex_scratch *scratch, const char *text, size_t bytes)
{
    qp_regex general = *regex;
    general.known = QP_PATTERN_NONE;
    cr_assert_eq(qp_regex_text(scratch, text, bytes), QP_OK);
    for (size_t at = 0; at < bytes;) {
        qp_regex_match match, wanted;
        cr_assert_eq(qp_regex_find(&general, scratch, at, &wanted), QP_OK);
        cr_assert_eq(qp_regex_find(regex, scratch, at, &match), QP_OK);
        cr_assert(wanted.found && match.found && wanted.begin == at && match.begin == at,
                  "pattern %d: \"%.*s\" at %zu", (int)regex->known, (int)bytes, text, at);
        cr_assert_eq(match.end, wanted.end, "pattern %d: \"%.*s\" at %zu: ends at %zu, not %zu", (int)regex->known,
                     (int)bytes, text, at, match.end, wanted.end);
        at = match.end;
    }
}

Test(word_pattern, equals_the_general_machine)
{
    for (int e = 0; e < EXPRESSIONS; e++) {
        qp_regex regex;
        qp_regex_scratch scratch = {0};
        cr_assert_eq(qp_regex_compile(QP_REGEX_PERL, "test", expression[e], strlen(expression[e]), &regex), QP_OK);
        cr_assert_neq(regex.known, QP_PATTERN_NONE, "expression %d is not known", e);
        char text[16 * MOST];
        for (uint64_t i = 0; i < TEXTS; i++) {
            size_t bytes = random_text(i, text);
            compare(&regex, &scratch, text, bytes);
        }
        qp_regex_scratch_free(&scratch);
        qp_regex_free(&regex);
    }
}

Test(word_pattern, every_character_has_the_class_of_the_general_machine)
{
    for (int e = 0; e < EXPRESSIONS; e++) {
        qp_regex regex;
        qp_regex_scratch scratch = {0};
        cr_assert_eq(qp_regex_compile(QP_REGEX_PERL, "test", expression[e], strlen(expression[e]), &regex), QP_OK);
        for (int32_t code = 0; code < 0x110000; code += code < 0x20000 ? 1 : 97) {
            char text[16] = "a";
            size_t bytes = 1;
            if ((code >= 0xD800 && code < 0xE000) || !is_assigned(code)) continue;
            bytes += qp_utf8_write(code, text + bytes);
            bytes += qp_utf8_write(code, text + bytes);
            text[bytes++] = '5';
            compare(&regex, &scratch, text, bytes);
        }
        qp_regex_scratch_free(&scratch);
        qp_regex_free(&regex);
    }
}

Test(word_pattern, others_are_left_to_the_general_machine)
{
    const char other[] = " ?\\p{L}+|\\s+";
    cr_assert_eq(qp_word_pattern_of(other, sizeof other - 1), QP_PATTERN_NONE);
    cr_assert_eq(qp_word_pattern_of(expression[0], strlen(expression[0]) - 1), QP_PATTERN_NONE);
}
