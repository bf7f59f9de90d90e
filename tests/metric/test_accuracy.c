#include <criterion/criterion.h>

#include "lib/metric/accuracy.h"
#include "tests/metric/sample_text.h"

Test(accuracy, lines_and_words)
{
    qp_accuracy_sums sums = {0};
    cr_assert_eq(qp_exact_match(&sums), 0);
    cr_assert_eq(qp_word_accuracy(&sums), 0);
    qp_text reference[2] = {segment_of("a b c"), segment_of("x y")};
    cr_assert_eq(qp_accuracy_add(segment_of("a b c"), reference, 1, &sums), QP_OK);
    cr_assert_eq(qp_accuracy_add(segment_of("a c"), reference, 1, &sums), QP_OK); /* 1 of 3 */
    cr_assert_eq(qp_exact_match(&sums), 0.5);
    cr_assert_float_eq(qp_word_accuracy(&sums), 4.0 / 6, 1e-12);
    cr_assert_eq(qp_accuracy_add(segment_of("x y"), reference, 2, &sums), QP_OK);
    cr_assert_float_eq(qp_exact_match(&sums), 2.0 / 3, 1e-12);
    cr_assert_eq(sums.exact_words, 6);
    cr_assert_eq(sums.words, 8);
}
