#define _GNU_SOURCE
#include "cli/decode/translation_lines.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One translation made by hand: two tokens and the end, with their attention to two source tokens and the end. */

static const char *piece(void *self, int32_t id)
{
    static const char *const name[] = {"</s>", "eins", "zwei", "one", "\"two\""};
    (void)self;
    return name[id];
}

static const qp_text_codec codec = {.piece = piece};
static int32_t target[] = {3, 4, 0}, source[] = {1, 2, 0}, other[] = {4, 0};
static qp_real log_probability[] = {-0.5, -0.25, -1};
static qp_real attention[] = {0.125, 0.75, 0.125, 0.5, 0.25, 0.25, 0, 0, 1};
static qp_hypothesis best[] = {{target, log_probability, attention, 3, -1.75, -0.875},
                               {other, log_probability, attention, 2, -0.75, -1.5}};
static qp_translated texts[] = {{(char[]){"one \"two\""}, 9}, {(char[]){"\"two\""}, 5}};
static const qp_translation found = {
    .source_id = source, .source_count = 3, .source_tokens = 2, .search = {best, 2}, .best = texts};
static const qp_translation nothing = {.source_id = source + 2, .source_count = 1};

/* What is printed of a translation, as line 7. */
static const char *printed(qp_translation_style style, int n_best, const qp_translation *made)
{
    static char text[2000];
    const qp_translator translator = {.source = &codec, .target = &codec, .search = {.n_best = n_best}};
    const qp_line line = {"eins zwei", 9};
    memset(text, 0, sizeof text);
    style.out = fmemopen(text, sizeof text, "w");
    cr_assert_eq(qp_translation_put(&style, &translator, &line, made, 7), QP_OK, "%s", qp_error_message());
    cr_assert_eq(fclose(style.out), 0);
    return text;
}

Test(translation_lines, text_and_scores)
{
    cr_assert_str_eq(printed((qp_translation_style){0}, 1, &found), "one \"two\"\n");
    cr_assert_str_eq(printed((qp_translation_style){.scores = QP_SCORES_SENTENCE}, 1, &found),
                     "one \"two\" ||| -0.8750\n");
    cr_assert_str_eq(printed((qp_translation_style){.scores = QP_SCORES_TOKEN}, 1, &found),
                     "one \"two\" ||| -0.8750 ||| -0.5000 -0.2500 -1.0000\n");
    cr_assert_str_eq(printed((qp_translation_style){0}, 1, &nothing), "\n");
    cr_assert_str_eq(printed((qp_translation_style){.scores = QP_SCORES_TOKEN}, 1, &nothing), " ||| 0.0000 |||\n");
}

/* Hard links leave the end out; "two" attends most to the first token. */
Test(translation_lines, alignments)
{
    cr_assert_str_eq(printed((qp_translation_style){.alignment = QP_ALIGNMENT_HARD}, 1, &found),
                     "one \"two\" ||| 1-0 0-1\n");
    cr_assert_str_eq(printed((qp_translation_style){.alignment = QP_ALIGNMENT_SOFT}, 1, &found),
                     "one \"two\" ||| 0.1250,0.7500,0.1250 0.5000,0.2500,0.2500 0.0000,0.0000,1.0000\n");
    cr_assert_str_eq(printed((qp_translation_style){.alignment = QP_ALIGNMENT_HARD}, 1, &nothing), " |||\n");
}

Test(translation_lines, n_best)
{
    cr_assert_str_eq(printed((qp_translation_style){0}, 2, &found),
                     "7 ||| one \"two\" ||| logprob= -1.7500 length= 3 ||| -0.8750\n"
                     "7 ||| \"two\" ||| logprob= -0.7500 length= 2 ||| -1.5000\n");
    cr_assert_str_eq(printed((qp_translation_style){.scores = QP_SCORES_TOKEN}, 2, &nothing),
                     "7 |||  ||| logprob= 0.0000 length= 0 tokens= ||| 0.0000\n");
}

Test(translation_lines, json)
{
    cr_assert_str_eq(printed((qp_translation_style){.json = true, .alignment = QP_ALIGNMENT_HARD}, 1, &found),
                     "{\"text\":\"one \\\"two\\\"\",\"score\":-0.875,\"logprob\":-1.75,\"tokens\":["
                     "{\"text\":\"one\",\"logprob\":-0.5},{\"text\":\"\\\"two\\\"\",\"logprob\":-0.25},"
                     "{\"text\":\"</s>\",\"logprob\":-1.0}],\"alignment\":[[1,0],[0,1]],"
                     "\"source\":[\"eins\",\"zwei\",\"</s>\"]}\n");
    const char *both = printed((qp_translation_style){.json = true}, 2, &found);
    cr_assert(strstr(both, ",\"n_best\":[{\"text\":\"one \\\"two\\\"\","), "%s", both);
    cr_assert(strstr(both, "]},{\"text\":\"\\\"two\\\"\",\"score\":-1.5,"), "%s", both);
    cr_assert_str_eq(printed((qp_translation_style){.json = true}, 1, &nothing),
                     "{\"text\":\"\",\"score\":0.0,\"logprob\":0.0,\"tokens\":[]}\n");
}
