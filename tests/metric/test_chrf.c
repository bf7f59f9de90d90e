#include <criterion/criterion.h>

#include "lib/metric/chrf.h"
#include "tests/metric/sample_text.h"

static double score_samples(const qp_chrf_config *config)
{
    qp_chrf_sums sums = {0};
    for (int i = 0; i < SAMPLES; i++) {
        qp_text reference[2] = {segment_of(sample_reference[0][i]), segment_of(sample_reference[1][i])};
        cr_assert_eq(qp_chrf_add(config, segment_of(sample_hypothesis[i]), reference, 2, &sums), QP_OK);
    }
    return qp_chrf_finish(config, &sums);
}

Test(chrf, equals_sacrebleu)
{
    char text[128];
    qp_chrf_config config = qp_chrf_config_default();
    cr_assert_float_eq(score_samples(&config), 63.35386815154889, 1e-9);
    cr_assert_str_eq(qp_chrf_signature(&config, 2, text, sizeof text),
                     "nrefs:2|case:mixed|eff:yes|nc:6|nw:0|space:no|version:2.6.0");
    config.word_order = 2;
    cr_assert_float_eq(score_samples(&config), 60.196823712693394, 1e-9);
    config = qp_chrf_config_default();
    config.lower_case = config.white_space = true;
    cr_assert_float_eq(score_samples(&config), 69.17638801171297, 1e-9);
    config = (qp_chrf_config){.char_order = 4, .beta = 3, .epsilon_smoothing = true};
    cr_assert_float_eq(score_samples(&config), 72.3210646631253, 1e-9);
    cr_assert_str_eq(qp_chrf_signature(&config, 1, text, sizeof text),
                     "nrefs:1|case:mixed|eff:no|nc:4|nw:0|space:no|version:2.6.0");
}

Test(chrf, single_segments_equal_sacrebleu)
{
    static const double expected[SAMPLES] = {73.44543297993441,  63.90992158319602,  46.892107072341815,
                                             41.230816598074874, 52.468127110984256, 0.0,
                                             34.006435149228885, 49.88172374048627};
    qp_chrf_config config = qp_chrf_config_default();
    config.word_order = 2;
    for (int i = 0; i < SAMPLES; i++) {
        qp_chrf_sums sums = {0};
        qp_text reference = segment_of(sample_reference[0][i]);
        cr_assert_eq(qp_chrf_add(&config, segment_of(sample_hypothesis[i]), &reference, 1, &sums), QP_OK);
        cr_assert_float_eq(qp_chrf_finish(&config, &sums), expected[i], 1e-9, "%d", i);
    }
}

Test(chrf, ends_of_the_scale)
{
    qp_chrf_config config = qp_chrf_config_default();
    qp_chrf_sums sums = {0};
    cr_assert_eq(qp_chrf_finish(&config, &sums), 0);
    qp_text text = segment_of("ab cd"), empty = {NULL, 0};
    cr_assert_eq(qp_chrf_add(&config, text, &text, 1, &sums), QP_OK);
    cr_assert_float_eq(qp_chrf_finish(&config, &sums), 100, 1e-9);
    sums = (qp_chrf_sums){0};
    cr_assert_eq(qp_chrf_add(&config, empty, &empty, 1, &sums), QP_OK);
    cr_assert_eq(qp_chrf_finish(&config, &sums), 0);
    cr_assert_eq(qp_chrf_add(&config, text, &text, 0, &sums), QP_EUSAGE);
    config.word_order = 11;
    cr_assert_eq(qp_chrf_add(&config, text, &text, 1, &sums), QP_EUSAGE);
}

Test(chrf, damaged_text_is_compared_not_refused)
{
    qp_chrf_config config = qp_chrf_config_default();
    qp_chrf_sums same = {0}, different = {0};
    qp_text a = {"\xff\xfe\xc3", 3}, b = {"\xff\xfd\xc3", 3}, cut = {"\xea\xb0", 2};
    cr_assert_eq(qp_chrf_add(&config, a, &a, 1, &same), QP_OK);
    cr_assert_float_eq(qp_chrf_finish(&config, &same), 100, 1e-9);
    cr_assert_eq(qp_chrf_add(&config, a, &b, 1, &different), QP_OK);
    cr_assert_lt(qp_chrf_finish(&config, &different), 50);
    cr_assert_eq(qp_chrf_add(&config, cut, &b, 1, &different), QP_OK);
}
