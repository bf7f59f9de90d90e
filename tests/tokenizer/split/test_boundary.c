#include "tests/tokenizer/tokenizer_help.h"

#include "lib/base/file.h"
#include "tokenizer/split/boundary.h"
#include "lib/text/letter_case.h"
#include "lib/text/utf8.h"

static const char *parts(size_t (*next)(const char *, size_t, size_t), const char *text)
{
    static char out[1024];
    size_t bytes = strlen(text), made = 0;
    for (size_t at = 0, end; at < bytes; at = end) {
        end = next(text, bytes, at);
        cr_assert(end > at && end <= bytes);
        made += (size_t)snprintf(out + made, sizeof out - made, "%s%.*s", at ? "|" : "", (int)(end - at), text + at);
    }
    return out;
}

Test(boundary, words)
{
    cr_assert_str_eq(parts(qp_word_next, "can't stop 3.14, a_b"), "can't| |stop| |3.14|,| |a_b");
    cr_assert_str_eq(parts(qp_word_next, "a.\r\n  b"), "a|.|\r\n|  |b");
    cr_assert_str_eq(parts(qp_word_next, "한국어 text"), "한국어| |text");
    cr_assert_str_eq(parts(qp_word_next, "e\u0301\u200Dx"), "e\u0301\u200Dx");
    cr_assert_str_eq(parts(qp_word_next, "a\xFF\xFE"), "a|\xFF|\xFE");
    cr_assert_str_eq(parts(qp_word_next, "\U0001F1E6\U0001F1E7\U0001F1E8"), "\U0001F1E6\U0001F1E7|\U0001F1E8");
}

Test(boundary, graphemes_of_indic_conjuncts)
{
    cr_assert_str_eq(parts(qp_grapheme_next, "\u0915\u094D\u0937\u093F\u0928"), "\u0915\u094D\u0937\u093F|\u0928");
    cr_assert_str_eq(parts(qp_grapheme_next, "\u0915\u0937"), "\u0915|\u0937");
    cr_assert_str_eq(parts(qp_grapheme_next, "e\u0301\xC3x"), "e\u0301|\xC3|x");
}

/* A line "÷ 0020 × 0308 ÷ # ...": the marks tell where clusters end. */
static void check_grapheme_line(const char *line, int number)
{
    char text[256];
    size_t end[64], ends = 0, bytes = 0;
    while (*line && *line != '#') {
        if (strncmp(line, "÷", 2) == 0) {
            if (bytes) end[ends++] = bytes;
            line += 2;
        } else if (strncmp(line, "×", 2) == 0) {
            line += 2;
        } else if (*line == ' ' || *line == '\t') {
            line++;
        } else {
            char *after;
            bytes += qp_utf8_write((int32_t)strtol(line, &after, 16), text + bytes);
            line = after;
        }
    }
    size_t at = 0;
    for (size_t i = 0; i < ends; i++) {
        at = qp_grapheme_next(text, bytes, at);
        cr_assert_eq(at, end[i], "line %d, cluster %zu", number, i);
    }
    cr_assert_eq(at, bytes);
}

Test(boundary, unicode_grapheme_break_test)
{
    qp_reader *reader = NULL;
    if (qp_reader_open("../shared/data/torture/GraphemeBreakTest-15.0.0.txt", &reader) != QP_OK)
        cr_skip_test("no GraphemeBreakTest");
    char *line;
    size_t bytes;
    int number = 0, checked = 0;
    while (qp_reader_next(reader, &line, &bytes) == QP_OK && line) {
        number++;
        if (strncmp(line, "÷", 2) != 0) continue;
        check_grapheme_line(line, number);
        checked++;
    }
    qp_reader_close(reader);
    cr_assert(checked > 500);
}

static void expect_case(qp_case_mapping mapping, const char *text, const char *wanted)
{
    qp_mapped_text out = {.mapped = true};
    cr_assert_eq(qp_letter_case(mapping, text, strlen(text), &out), QP_OK);
    cr_assert_eq(out.bytes, strlen(wanted), "%s", text);
    cr_assert_eq(memcmp(out.text, wanted, out.bytes), 0, "%s", text);
    for (size_t i = 0; i < out.bytes; i++) cr_assert(out.begin[i] < out.end[i] && out.end[i] <= strlen(text));
    qp_mapped_text_free(&out);
}

Test(boundary, letter_case)
{
    expect_case(QP_CASE_FOLD, "Straße ΣΑΣ \xFF", "strasse σασ \xFF");
    expect_case(QP_CASE_FOLD_NFKC, "ﬁ\u00ADE\u0301 Å", "fi\u00E9 å");
    expect_case(QP_CASE_LOWER, "ΟΔΟΣ ΣΑΣ\u0301. Σ İ", "οδος σας\u0301. σ i\u0307");
    expect_case(QP_CASE_LOWER_EACH, "ΟΔΟΣ İ", "οδοσ i\u0307");
}
