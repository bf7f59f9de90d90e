#include "tests/tokenizer/tokenizer_help.h"

#include "tokenizer/subword_nmt/subword_nmt.h"
#include "tokenizer/subword_nmt/subword_nmt_trainer.h"

static const char *apply(const qp_subword_nmt *codes, const char *line)
{
    static char out[512];
    char *text;
    size_t bytes;
    cr_assert_eq(qp_subword_nmt_apply(codes, line, strlen(line), &text, &bytes), QP_OK);
    snprintf(out, sizeof out, "%s", text);
    free(text);
    return out;
}

static qp_subword_nmt *open_codes(const char *text, int64_t merges)
{
    qp_subword_nmt *codes;
    cr_assert_eq(qp_subword_nmt_read("test", text, strlen(text), merges, &codes), QP_OK, "%s", qp_error_message());
    return codes;
}

Test(subword_nmt, learns_and_applies)
{
    qp_word_counts words = {0};
    qp_subword_nmt_training training = {.symbols = 4, .least_frequency = 2};
    const char *line = "low low lower lowest newer newer wider";
    char *text;
    size_t bytes;
    cr_assert_eq(qp_subword_nmt_count(&words, line, strlen(line)), QP_OK);
    cr_assert_eq(qp_subword_nmt_learn(&training, &words, &text, &bytes), QP_OK);
    cr_assert_str_eq(text, "#version: 0.2\nw e\nl o\nwe r</w>\nn e\n");
    qp_subword_nmt *codes = open_codes(text, -1);
    cr_assert_str_eq(apply(codes, "  lower  new "), "  lo@@ wer ne@@ w ");
    qp_subword_nmt_free(codes);
    codes = open_codes(text, 2);
    cr_assert_str_eq(apply(codes, "lower"), "lo@@ we@@ r");
    cr_assert_eq(qp_subword_nmt_separate(codes, "##"), QP_OK);
    cr_assert_str_eq(apply(codes, "lower"), "lo## we## r");
    qp_subword_nmt_free(codes);
    free(text);
    qp_word_counts_free(&words);
}

/* Blanks and ends of lines around a line, and several blanks inside it, are no words; other white space is. */
Test(subword_nmt, words_of_a_line)
{
    static const char *const line[] = {"low low", " \r\nlow  low \r\n", "   low low", "low low\n"};
    static const char *const list[] = {"low 2", " \nlow 2\r\n"};
    for (int i = 0; i < 6; i++) {
        qp_word_counts words = {0};
        const char *text = i < 4 ? line[i] : list[i - 4];
        size_t bytes = strlen(text);
        cr_assert_eq(i < 4 ? qp_subword_nmt_count(&words, text, bytes) : qp_subword_nmt_count_pair(&words, text, bytes),
                     QP_OK, "%s", qp_error_message());
        qp_subword_nmt_training training = {.symbols = 9, .least_frequency = 1};
        char *codes;
        cr_assert_eq(qp_subword_nmt_learn(&training, &words, &codes, &bytes), QP_OK);
        cr_expect_str_eq(codes, "#version: 0.2\no w</w>\nl ow</w>\n", "%d: %s", i, codes);
        free(codes);
        qp_word_counts_free(&words);
    }
}

/* What is no word stays: spaces and line ends around words, and lines of nothing else. */
Test(subword_nmt, edges_of_lines)
{
    static const char *const line[][2] = {
        {"", ""}, {" ", " "}, {" \r\n", " \r\n"}, {"  low \n", "  l@@ ow \n"}, {"ow", "ow"}, {"\row", "\row"}};
    qp_subword_nmt *codes = open_codes("#version: 0.2\no w</w>\n", -1);
    for (size_t i = 0; i < sizeof line / sizeof *line; i++) cr_expect_str_eq(apply(codes, line[i][0]), line[i][1]);
    qp_subword_nmt_free(codes);
}

Test(subword_nmt, version_0_1_vocabulary_and_glossaries)
{
    qp_subword_nmt *codes = open_codes("a b\nab </w>\n", -1);
    cr_assert_str_eq(apply(codes, "ab aab"), "ab a@@ ab");
    qp_subword_nmt_free(codes);
    codes = open_codes("#version: 0.2\na b\nab c</w>\n", -1);
    const char *vocabulary = "ab@@ 5\nc 5\nabc 1\n", *glossary[] = {"\\d+", "xabc"};
    cr_assert_str_eq(apply(codes, "abc"), "abc");
    cr_assert_eq(qp_subword_nmt_limit("test", codes, vocabulary, strlen(vocabulary), 2), QP_OK);
    cr_assert_str_eq(apply(codes, "abc"), "ab@@ c");
    cr_assert_eq(qp_subword_nmt_glossary("test", codes, glossary, 2), QP_OK);
    cr_assert_str_eq(apply(codes, "abc12 xabc"), "ab@@ c@@ 12 xabc");
    qp_subword_nmt_free(codes);
}

Test(subword_nmt, groups_in_glossaries_are_refused)
{
    const char *group[] = {"x(ab|cd)"}, *plain[] = {"(?:ab)\\(", "[(]"};
    qp_subword_nmt *codes = open_codes("a b\nab </w>\n", -1);
    cr_assert_eq(qp_subword_nmt_glossary("test", codes, group, 1), QP_EDATA);
    qp_subword_nmt_free(codes);
    codes = open_codes("a b\nab </w>\n", -1);
    cr_assert_eq(qp_subword_nmt_glossary("test", codes, plain, 2), QP_OK, "%s", qp_error_message());
    qp_subword_nmt_free(codes);
}

Test(subword_nmt, wrong_codes_are_refused)
{
    static const char *const wrong[] = {"a b c\n", "a\n", "a b\n\nc d\n", "#version: x\na b\n", "a \xFF\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        qp_subword_nmt *codes;
        cr_assert_eq(qp_subword_nmt_read("test", wrong[i], strlen(wrong[i]), -1, &codes), QP_EDATA);
        cr_assert_null(codes);
    }
}
