#include <criterion/criterion.h>
#include <math.h>

#include "lib/metric/ranking.h"

/* scipy.stats.spearmanr([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]) is 0.8207826816681233. */
Test(ranking, spearman_as_scipy)
{
    const double a[] = {1, 2, 3, 4, 5}, b[] = {5, 6, 7, 8, 7}, falling[] = {9, 7, 5, -1, -20}, flat[] = {2, 2, 2, 2, 2};
    double r;
    cr_assert_eq(qp_spearman(a, b, 5, &r), QP_OK);
    cr_expect_float_eq(r, 0.8207826816681233, 1e-12);
    cr_assert_eq(qp_spearman(a, falling, 5, &r), QP_OK);
    cr_expect_float_eq(r, -1, 1e-12);
    cr_assert_eq(qp_spearman(a, flat, 5, &r), QP_OK);
    cr_expect_eq(r, 0);
    cr_assert_eq(qp_spearman(a, b, 0, &r), QP_OK);
    cr_expect_eq(r, 0);
}

Test(ranking, the_best_cut)
{
    const double cosine[] = {0.9, 0.2, 0.6, 0.4, 0.4}, same[] = {1, 0, 1, 1, 0}, all[] = {1, 1, 1, 1, 1},
                 none[] = {0, 0, 0, 0, 0};
    double cut, accuracy;
    cr_assert_eq(qp_best_cut(cosine, same, 5, &cut, &accuracy), QP_OK);
    cr_expect_float_eq(accuracy, 0.8, 1e-12, "equal numbers are on one side of the cut");
    cr_expect(cut == 0.4 || cut == 0.6);
    cr_assert_eq(qp_best_cut(cosine, all, 5, &cut, &accuracy), QP_OK);
    cr_expect(accuracy == 1 && cut == 0.2);
    cr_assert_eq(qp_best_cut(cosine, none, 5, &cut, &accuracy), QP_OK);
    cr_expect(accuracy == 1 && cut > 0.9);
    cr_assert_eq(qp_best_cut(cosine, none, 0, &cut, &accuracy), QP_OK);
}
