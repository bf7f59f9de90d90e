#include <criterion/criterion.h>

#include "lib/metric/scores.h"
#include "tests/metric/sample_text.h"

static void add_samples(qp_scores *scores)
{
    for (int i = 0; i < SAMPLES; i++) {
        qp_text reference[2] = {segment_of(sample_reference[0][i]), segment_of(sample_reference[1][i])};
        cr_assert_eq(qp_scores_add(scores, segment_of(sample_hypothesis[i]), reference, 2), QP_OK);
    }
}

Test(scores, are_those_of_the_single_metrics)
{
    qp_scores scores;
    char text[160];
    cr_assert_eq(qp_scores_init(&scores, "ter, chrf++,bleu,chrf,accuracy,bleu"), QP_OK);
    cr_assert_eq(scores.count, 5);
    for (int round = 0; round < 2; round++) {
        add_samples(&scores);
        const double expected[5] = {46.75324675324675, 60.196823712693394, 51.030465310521755, 63.35386815154889, 25};
        for (int i = 0; i < 5; i++) cr_assert_float_eq(qp_scores_value(&scores, i), expected[i], 1e-9, "%d", i);
        cr_assert_str_eq(qp_scores_signature(&scores, 1, text, sizeof text),
                         "nrefs:2|case:mixed|eff:yes|nc:6|nw:2|space:no|version:2.6.0");
        qp_scores_reset(&scores);
        cr_assert(scores.segments == 0 && qp_scores_value(&scores, 2) == 0);
    }
}

/* The sums of two halves are those of the whole, for every metric. */
Test(scores, sums_add_up)
{
    static const char every[] = "bleu,chrf,chrf++,ter,wer,cer,accuracy,word-accuracy";
    qp_scores part[2], whole;
    cr_assert_eq(qp_scores_init(&whole, every), QP_OK);
    add_samples(&whole);
    for (int p = 0; p < 2; p++) {
        cr_assert_eq(qp_scores_init(&part[p], every), QP_OK);
        for (int i = p * SAMPLES / 2; i < (p + 1) * SAMPLES / 2; i++) {
            qp_text reference[2] = {segment_of(sample_reference[0][i]), segment_of(sample_reference[1][i])};
            cr_assert_eq(qp_scores_add(&part[p], segment_of(sample_hypothesis[i]), reference, 2), QP_OK);
        }
    }
    qp_score_sums_add(&part[0].sums, &part[1].sums);
    part[0].segments += part[1].segments;
    for (int i = 0; i < whole.count; i++) {
        cr_expect_float_eq(qp_scores_value(&part[0], i), qp_scores_value(&whole, i), 1e-9, "metric %d", i);
        cr_expect_neq(qp_scores_value(&part[1], i), qp_scores_value(&whole, i), "metric %d says nothing", i);
    }
}

Test(scores, names)
{
    qp_scores scores;
    cr_assert_eq(qp_scores_init(&scores, "bleu,belu"), QP_EUSAGE);
    cr_assert_not_null(strstr(qp_error_message(), "did you mean bleu"), "%s", qp_error_message());
    cr_assert_eq(qp_scores_init(&scores, " ,"), QP_EUSAGE);
    cr_assert_eq(qp_scores_init(&scores, "aVeryLongNameThatDoesNotFitIntoTheBufferAtAllReally"), QP_EUSAGE);
    for (int kind = 0; kind < QP_SCORE_KINDS; kind++) {
        cr_assert_eq(qp_scores_init(&scores, qp_score_name((qp_score_kind)kind)), QP_OK);
        cr_assert_eq((int)scores.kind[0], kind);
    }
}

Test(scores, composed_and_decomposed_text_is_the_same_text)
{
    const qp_text composed = segment_of("Zo\u00e9 \uac00\ub2e4");
    const qp_text decomposed = segment_of("Zoe\u0301 \u1100\u1161\u1103\u1161");
    qp_scores scores;
    cr_assert_eq(qp_scores_init(&scores, "chrf,accuracy,cer,wer,ter"), QP_OK);
    cr_assert_eq(qp_scores_add(&scores, composed, &decomposed, 1), QP_OK);
    cr_assert_eq(qp_scores_add(&scores, decomposed, &composed, 1), QP_OK);
    const double expected[] = {100, 100, 0, 0, 0};
    for (int i = 0; i < 5; i++) cr_assert_float_eq(qp_scores_value(&scores, i), expected[i], 1e-9, "%d", i);
}
