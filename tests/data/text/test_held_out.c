#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "data/text/conll.h"
#include "data/text/text_pairs.h"
#include "tests/data/text_fixture.h"

static int count(const qp_text_files *files)
{
    qp_text_pairs *pairs;
    qp_text_pair pair;
    bool more = true;
    int found = 0;
    cr_assert_eq(qp_text_pairs_open(files, &pairs), QP_OK);
    for (; more; found += more) cr_assert_eq(qp_text_pairs_next(pairs, &pair, &more), QP_OK);
    qp_text_pairs_close(pairs);
    return found;
}

Test(held_out, the_two_parts_are_the_whole_and_equal_texts_stay_together)
{
    char text[8000] = "";
    size_t used = 0;
    for (int i = 0; i < 400; i++) used += (size_t)snprintf(text + used, sizeof text - used, "word%d\tx\n", i / 2);
    qp_text_files files = {.kind = QP_TEXT_TABBED, .source = fixture_text("pairs", text)};
    files.part = (qp_held_out){.part = QP_PART_TRAINING, .every = 10};
    int training = count(&files);
    files.part.part = QP_PART_HELD_OUT;
    int held = count(&files);
    cr_expect_eq(training + held, 400);
    cr_expect(held > 10 && held < 100 && held % 2 == 0, "%d: each text is there twice", held);
}

Test(held_out, composed_and_decomposed_texts_are_one_text)
{
    static const char *const suffix[] = {"\xC3\xA9", "e\xCC\x81"}; /* é */
    const qp_held_out part = {.part = QP_PART_HELD_OUT, .every = 3};
    int held = 0;
    for (int i = 0; i < 60; i++) {
        char text[2][40];
        bool has[2];
        for (int k = 0; k < 2; k++) {
            int bytes = snprintf(text[k], sizeof text[k], "word%d%s", i, suffix[k]);
            has[k] = qp_held_out_has_text(part, i + 1, text[k], (size_t)bytes);
        }
        cr_expect_eq(has[0], has[1], "%s", text[0]);
        held += has[0];
    }
    cr_expect(held > 5 && held < 40, "%d", held);
}

Test(held_out, running_text_is_cut_at_a_line)
{
    qp_text_files files = {.kind = QP_TEXT_ONE_FILE, .target = fixture_text("lines", "a\nb\nc\nd\n")};
    files.part = (qp_held_out){.part = QP_PART_TRAINING, .from = 4};
    cr_expect_eq(count(&files), 3);
    files.part.part = QP_PART_HELD_OUT;
    cr_expect_eq(count(&files), 1);
}

Test(held_out, blocks_of_running_text)
{
    qp_text_files files = {.kind = QP_TEXT_ONE_FILE, .target = fixture_text("lines", "a\nb\nc\nd\ne\nf\ng\nh\ni\n")};
    files.part = (qp_held_out){.part = QP_PART_TRAINING, .every = 4, .block = 2};
    cr_expect_eq(count(&files), 7);
    files.part.part = QP_PART_HELD_OUT;
    cr_expect_eq(count(&files), 2);
    cr_expect(!qp_held_out_has(files.part, 4, "d", 1) && qp_held_out_has(files.part, 5, "e", 1));
    cr_expect(qp_held_out_has(files.part, 6, "f", 1) && !qp_held_out_has(files.part, 7, "g", 1));
}

Test(held_out, sentences_of_columns)
{
    char text[4000] = "";
    size_t used = 0;
    for (int i = 0; i < 100; i++) used += (size_t)snprintf(text + used, sizeof text - used, "w%d\tA\nend\tB\n\n", i);
    const char *path = fixture_text("words.conll", text);
    int64_t sentences = 0, words = 0;
    for (int part = QP_PART_TRAINING; part <= QP_PART_HELD_OUT; part++) {
        qp_conll *conll;
        cr_assert_eq(qp_conll_read(path, 0, &conll), QP_OK);
        qp_conll_keep(conll, (qp_held_out){.part = (qp_part)part, .every = 5});
        cr_expect(conll->sentences > 5 && conll->start[conll->sentences] == conll->words);
        sentences += conll->sentences;
        words += conll->words;
        qp_conll_free(conll);
    }
    cr_expect(sentences == 100 && words == 200);
}
