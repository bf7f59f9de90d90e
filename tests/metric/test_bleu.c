#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "lib/metric/bleu.h"
#include "lib/metric/overlap.h"
#include "tests/metric/sample_text.h"

static qp_bleu_score score_samples(const qp_bleu_config *config, int first, int references)
{
    qp_bleu_sums sums = {0};
    for (int i = first; i < SAMPLES; i++) {
        qp_text reference[2] = {segment_of(sample_reference[0][i]), segment_of(sample_reference[1][i])};
        cr_assert_eq(qp_bleu_add(config, segment_of(sample_hypothesis[i]), reference, references, &sums), QP_OK);
    }
    return qp_bleu_finish(config, &sums);
}

static void expect_signature(const qp_bleu_config *config, int references, const char *expected)
{
    char text[128];
    cr_assert_str_eq(qp_bleu_signature(config, references, text, sizeof text), expected);
}

Test(bleu, tokenizers_and_case_equal_sacrebleu)
{
    static const struct {
        const char *name;
        double mixed, lower;
    } expected[] = {{"13a", 51.030465310521755, 53.96402441302044},
                    {"none", 36.350721386058076, 36.73955446256347},
                    {"char", 76.19053820330826, 78.84531880386177},
                    {"intl", 45.51444726486216, 47.40176812575665},
                    {"zh", 44.55333845570935, 44.76600959836094}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        qp_bleu_config config = qp_bleu_config_default();
        cr_assert_eq(qp_bleu_tokenizer_find(expected[i].name, &config.tokenizer), QP_OK);
        cr_assert_float_eq(score_samples(&config, 0, 2).score, expected[i].mixed, 1e-9, "%s", expected[i].name);
        config.lower_case = true;
        cr_assert_float_eq(score_samples(&config, 0, 2).score, expected[i].lower, 1e-9, "%s", expected[i].name);
    }
}

/* Chinese characters are words of their own, from the first to the last of each range. */
Test(bleu, chinese_characters_stand_alone)
{
    static const int32_t inside[] = {0x3400,     0x4DB5, 0x4E00, 0x9FA5, 0x9FBB, 0xF900, 0xFA2D, 0xFA30, 0xFA6A,
                                     0xFA70,     0xFAD9, 0x2A6D, 0x2F81, 0x2FA1, 0xFF00, 0xFFEF, 0x2E80, 0x2EFF,
                                     0x3000 + 1, 0x303F, 0x31C0, 0x31EF, 0x2F00, 0x2FDF, 0x2FF0, 0x2FFF, 0x3100,
                                     0x312F,     0x31A0, 0x31BF, 0xFE10, 0xFE1F, 0xFE30, 0xFE4F, 0x2600, 0x26FF,
                                     0x2700,     0x27BF, 0x3200, 0x32FF, 0x3300, 0x33FF};
    static const int32_t outside[] = {0x1FFF, 0x4DB6, 0x4DFF, 0x9FBC, 0xFA2E, 0xFA2F, 0xFA6B, 0xFADA,
                                      0xFEFF, 0xFFF0, 0xFE20, 0x3130, 0x319F, 0x31F0, 0x2A6E};
    qp_bleu_config config = qp_bleu_config_default();
    cr_assert_eq(qp_bleu_tokenizer_find("zh", &config.tokenizer), QP_OK);
    for (size_t i = 0; i < sizeof inside / sizeof *inside + sizeof outside / sizeof *outside; i++) {
        bool is_inside = i < sizeof inside / sizeof *inside;
        int32_t code = is_inside ? inside[i] : outside[i - sizeof inside / sizeof *inside];
        char together[40], apart[40];
        int c1 = 0xE0 | code >> 12, c2 = 0x80 | (code >> 6 & 0x3F), c3 = 0x80 | (code & 0x3F);
        snprintf(together, sizeof together, "a%c%c%cb c d", c1, c2, c3);
        snprintf(apart, sizeof apart, "a %c%c%c b c d", c1, c2, c3);
        qp_bleu_sums sums = {0};
        qp_text reference = segment_of(apart);
        cr_assert_eq(qp_bleu_add(&config, segment_of(together), &reference, 1, &sums), QP_OK);
        cr_expect_eq(qp_bleu_finish(&config, &sums).score > 99, is_inside, "U+%04X", (unsigned)code);
    }
}

Test(bleu, counts_and_lengths)
{
    qp_bleu_config config = qp_bleu_config_default();
    qp_bleu_score score = score_samples(&config, 0, 2);
    const double count[4] = {40, 27, 17, 9}, total[4] = {49, 42, 37, 32};
    for (int n = 0; n < 4; n++) cr_assert(score.count[n] == count[n] && score.total[n] == total[n], "order %d", n + 1);
    cr_assert(score.hypothesis_length == 49 && score.reference_length == 49);
    expect_signature(&config, 2, "nrefs:2|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0");
}

Test(bleu, smoothing_equals_sacrebleu)
{
    qp_bleu_config config = qp_bleu_config_default();
    cr_assert_eq(qp_bleu_smoothing_find("floor", &config.smoothing), QP_OK);
    cr_assert_float_eq(score_samples(&config, 6, 1).score, 11.270546167831762, 1e-9);
    expect_signature(&config, 1, "nrefs:1|case:mixed|eff:no|tok:13a|smooth:floor[0.10]|version:2.6.0");
    cr_assert_eq(qp_bleu_smoothing_find("add-k", &config.smoothing), QP_OK);
    config.smoothing_value = 0.5;
    cr_assert_float_eq(score_samples(&config, 6, 1).score, 18.39430606660225, 1e-9);
    expect_signature(&config, 1, "nrefs:1|case:mixed|eff:no|tok:13a|smooth:add-k[0.50]|version:2.6.0");
    cr_assert_eq(qp_bleu_smoothing_find("none", &config.smoothing), QP_OK);
    cr_assert_eq(score_samples(&config, 6, 1).score, 0);
    config = qp_bleu_config_default();
    config.effective_order = true;
    cr_assert_float_eq(score_samples(&config, 6, 1).score, 16.85339747576472, 1e-9);
    config = qp_bleu_config_default();
    config.max_order = 2;
    cr_assert_float_eq(score_samples(&config, 6, 1).score, 35.14009364261228, 1e-9);
    cr_assert_eq(qp_bleu_smoothing_find("exp2", &config.smoothing), QP_EUSAGE);
}

Test(bleu, ends_of_the_scale)
{
    qp_bleu_config config = qp_bleu_config_default();
    qp_bleu_sums sums = {0};
    cr_assert_eq(qp_bleu_finish(&config, &sums).score, 0, "nothing");
    qp_text text = segment_of("one two three four five");
    cr_assert_eq(qp_bleu_add(&config, text, &text, 1, &sums), QP_OK);
    cr_assert_float_eq(qp_bleu_finish(&config, &sums).score, 100, 1e-9);
    sums = (qp_bleu_sums){0};
    qp_text empty = {NULL, 0};
    cr_assert_eq(qp_bleu_add(&config, empty, &text, 1, &sums), QP_OK);
    qp_bleu_score score = qp_bleu_finish(&config, &sums);
    cr_assert(score.score == 0 && score.brevity_penalty == 0 && score.reference_length == 5);
}

/* Two of three words, one of two pairs, and the score is the geometric mean of as many precisions as are asked for. */
Test(bleu, orders)
{
    qp_bleu_config config = qp_bleu_config_default();
    const qp_text hypothesis = segment_of("a b x"), reference = segment_of("a b c");
    const double wanted[] = {100 * 2 / 3.0, 100 * sqrt(2 / 3.0 / 2)};
    for (int order = 0; order <= 2; order++) {
        qp_bleu_sums sums = {0};
        config.max_order = order;
        cr_assert_eq(qp_bleu_add(&config, hypothesis, &reference, 1, &sums), order ? QP_OK : QP_EUSAGE, "%d", order);
        if (order) cr_expect_float_eq(qp_bleu_finish(&config, &sums).score, wanted[order - 1], 1e-9);
    }
}

Test(bleu, wrong_use_is_refused)
{
    qp_bleu_config config = qp_bleu_config_default();
    qp_bleu_sums sums = {0};
    qp_text text = segment_of("a");
    cr_assert_eq(qp_bleu_add(&config, text, &text, 0, &sums), QP_EUSAGE);
    cr_assert_eq(qp_bleu_add(&config, text, &text, QP_REFERENCES_MAX + 1, &sums), QP_EUSAGE);
    config.max_order = QP_BLEU_ORDER_MAX + 1;
    cr_assert_eq(qp_bleu_add(&config, text, &text, 1, &sums), QP_EUSAGE);
    cr_assert_eq(sums.hypothesis_length, 0);
    cr_assert_eq(qp_bleu_tokenizer_find("ja-mecab", &config.tokenizer), QP_EUSAGE);
    cr_assert_not_null(strstr(qp_error_message(), "dictionary"));
    cr_assert_eq(qp_bleu_tokenizer_find("13b", &config.tokenizer), QP_EUSAGE);
}
