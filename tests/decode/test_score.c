#include "lib/decode/score.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/decode/translate.h"
#include "tests/decode/decode_support.h"

enum { LINES = 40 };
static int vocabulary = 20;
static char source_text[LINES][80], target_text[LINES][80];
static qp_line source[LINES], target[LINES];
static qp_text_codec codec;
static qp_scorer scorer;

static void spell(qp_ids ids, int i, char *text, qp_line *line)
{
    size_t bytes = 0;
    text[0] = '\0';
    for (int j = 0; j + 1 < qp_sequence_length(ids.sequences, i); j++)
        bytes += (size_t)sprintf(text + bytes, "w%d ", ids.id[ids.sequences.start[i] + j]);
    *line = (qp_line){text, bytes};
}

static void set_up(void)
{
    qp_ids a = support_sources(LINES, vocabulary, 21), b = support_sources(LINES, vocabulary, 22);
    for (int i = 0; i < LINES; i++) {
        spell(a, i, source_text[i], &source[i]);
        spell(b, i, target_text[i], &target[i]);
    }
    target[3].bytes = source[4].bytes = 0;
    support_sources_free(&a);
    support_sources_free(&b);
    codec = support_codec(&vocabulary);
    scorer = (qp_scorer){
        .model = support_model(vocabulary, 9, 3), .source = &codec, .target = &codec, .batch_size = 1, .threads = 1};
}

static void tear_down(void) { qp_model_free((qp_model *)(uintptr_t)scorer.model); }

TestSuite(score, .init = set_up, .fini = tear_down);

Test(score, equals_the_sum_over_prefixes)
{
    qp_scored scored[LINES];
    cr_assert_eq(qp_score_lines(&scorer, source, target, LINES, scored), QP_OK, "%s", qp_error_message());
    qp_tape *tape = qp_tape_new();
    for (int i = 0; i < LINES; i++) {
        int32_t *id;
        int count;
        codec.encode(codec.self, source[i].text, source[i].bytes, &id, &count);
        id[count++] = QP_EOS;
        int32_t start[2] = {0, count};
        qp_ids ids = {.sequences = {.count = 1, .start = start}, .id = id};
        double total = 0;
        for (int t = 0; t < scored[i].count; t++) {
            double log_p[64];
            support_next(scorer.model, tape, ids, scored[i].id, t, log_p);
            cr_assert_float_eq(scored[i].log_probability[t], log_p[scored[i].id[t]], 1e-4);
            total += (double)scored[i].log_probability[t];
        }
        cr_assert_eq(scored[i].id[scored[i].count - 1], QP_EOS);
        cr_assert_eq(total, scored[i].total);
        free(id);
        qp_scored_free(&scored[i]);
    }
    qp_tape_free(tape);
}

Test(score, batches_and_threads_do_not_matter_to_the_bit)
{
    qp_scored alone[LINES], together[LINES];
    cr_assert_eq(qp_score_lines(&scorer, source, target, LINES, alone), QP_OK);
    scorer.batch_size = 64;
    for (scorer.threads = 1; scorer.threads <= 2; scorer.threads++) {
        cr_assert_eq(qp_score_lines(&scorer, source, target, LINES, together), QP_OK);
        for (int i = 0; i < LINES; i++) {
            cr_assert_eq(alone[i].count, together[i].count);
            cr_assert_arr_eq(alone[i].log_probability, together[i].log_probability,
                             (size_t)alone[i].count * sizeof(qp_real));
            cr_assert_eq(alone[i].total, together[i].total);
            qp_scored_free(&together[i]);
        }
    }
    for (int i = 0; i < LINES; i++) qp_scored_free(&alone[i]);
}

Test(score, of_what_the_search_found_is_its_total)
{
    qp_translator translator = {.model = scorer.model,
                                .source = &codec,
                                .target = &codec,
                                .search = support_search(4, 20),
                                .batch_size = 16,
                                .threads = 1};
    translator.search.min_length = 4; /* this model would end at once */
    qp_translation made[LINES];
    cr_assert_eq(qp_translate(&translator, source, LINES, made), QP_OK);
    int compared = 0;
    for (int i = 0; i < LINES; i++) {
        const qp_hypothesis *found = made[i].search.count > 0 ? &made[i].search.best[0] : NULL;
        if (found && found->id[found->count - 1] == QP_EOS && made[i].best[0].bytes > 0) {
            compared++;
            qp_line again = {made[i].best[0].text, made[i].best[0].bytes};
            qp_scored scored;
            cr_assert_eq(qp_score_lines(&scorer, &source[i], &again, 1, &scored), QP_OK);
            cr_assert_eq(scored.count, found->count);
            cr_assert_float_eq(scored.total, found->total, 1e-4);
            qp_scored_free(&scored);
        }
        qp_translation_free(&made[i]);
    }
    cr_assert_gt(compared, 10, "only %d hypotheses ended", compared);
}

/* A text that fills the window is read whole; one token more is read in windows. */
Test(score, only_a_text_longer_than_the_window_is_cut)
{
    static const char *const of_lines[] = {"task=lm", "encoder=none", "max_length=6", "lm_window=0"},
                             *const of_windows[] = {"task=lm", "encoder=none", "lm_window=6"};
    static const qp_line line[] = {{"w4 w5 w6 w7", 11}, {"w4 w5 w6 w7 w8", 14}, {"w4 w5 w6 w7 w8 w9", 17}};
    static const int window[] = {0, 0, 6};
    for (int kind = 0; kind < 2; kind++) {
        qp_scored scored[3];
        tear_down();
        scorer.model = support_model_with(kind ? of_windows : of_lines, kind ? 3 : 4, vocabulary, 9, 3);
        cr_assert_eq(qp_score_lines(&scorer, NULL, line, 3, scored), QP_OK, "%s", qp_error_message());
        for (int i = 0; i < 3; i++) {
            cr_expect_eq(scored[i].count, 5 + i);
            cr_expect_eq(scored[i].window, window[i], "%d tokens", scored[i].count);
            qp_scored_free(&scored[i]);
        }
    }
}

/* A long line is read by one state that is carried along, wherever it is among the others. */
Test(score, a_long_line_has_the_same_score_at_any_place)
{
    enum { LONG = 2500 };
    static const char *const recurrent[] = {"task=lm",       "encoder=none", "decoder=gru",
                                            "hidden_size=7", "lm_window=0",  "max_length=4000"};
    char *text = malloc(3 * LONG + 1);
    for (int i = 0; i < LONG; i++) sprintf(text + 3 * (size_t)i, "w%d ", 4 + i * i % 6);
    const qp_line line[][3] = {{{text, 3 * LONG}, {"w4 w5 w6", 8}, {"w7", 2}},
                               {{"w4 w5 w6", 8}, {"w7", 2}, {text, 3 * LONG}}};
    static const int place[2][3] = {{0, 1, 2}, {2, 0, 1}};
    qp_scored scored[2][3];
    tear_down();
    scorer.model = support_model_with(recurrent, 6, vocabulary, 9, 3);
    for (int i = 0; i < 2; i++)
        cr_assert_eq(qp_score_lines(&scorer, NULL, line[i], 3, scored[i]), QP_OK, "%s", qp_error_message());
    for (int k = 0; k < 3; k++) {
        const qp_scored *a = &scored[0][place[0][k]], *b = &scored[1][place[1][k]];
        cr_assert_eq(a->count, b->count);
        cr_assert_arr_eq(a->log_probability, b->log_probability, (size_t)a->count * sizeof(qp_real), "line %d", k);
    }
    cr_assert_eq(scored[0][0].count, LONG + 1);
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 3; k++) qp_scored_free(&scored[i][k]);
    free(text);
}
