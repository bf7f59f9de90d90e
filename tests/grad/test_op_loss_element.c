#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/grad/op_loss_element.h"
#include "lib/grad/op_loss_margin.h"
#include "tests/grad/op_check.h"

enum { ROWS = 5, COLUMNS = 7, COUNT = ROWS * COLUMNS };

static qp_tensor shared_x;
static qp_real share[COUNT], sign[COUNT], number[COUNT], logarithm[COUNT];
static int32_t class[ROWS] = {3, -1, 0, 6, 2};

static void prepare(void)
{
    op_numbers_reset();
    shared_x = op_matrix(ROWS, COLUMNS, 1);
    for (int i = 0; i < COUNT; i++) {
        shared_x.value[i] *= 4;
        qp_real u = op_numbers(1, 100 + (uint64_t)i)[0];
        share[i] = i % 5 == 0 ? (qp_real)(i % 2) : (u + 1) / 2;
        sign[i] = u < 0 ? -1 : 1;
        number[i] = i == 9 ? shared_x.value[i] : 3 * u;
        logarithm[i] = u - 2;
    }
}

typedef qp_tensor loss_call(qp_tape *tape, qp_tensor x, qp_reduction reduction, int first_row);

static qp_tensor bce(qp_tape *tape, qp_tensor x, qp_reduction reduction, int first_row)
{
    return qp_bce_with_logits(tape, x, share + first_row * COLUMNS, reduction);
}

static qp_tensor mse(qp_tape *tape, qp_tensor x, qp_reduction reduction, int first_row)
{
    return qp_mse(tape, x, number + first_row * COLUMNS, reduction);
}

static qp_tensor l1(qp_tape *tape, qp_tensor x, qp_reduction reduction, int first_row)
{
    return qp_l1(tape, x, number + first_row * COLUMNS, reduction);
}

static qp_tensor huber(qp_tape *tape, qp_tensor x, qp_reduction reduction, int first_row)
{
    return qp_huber(tape, x, number + first_row * COLUMNS, 1.5, reduction);
}

static qp_tensor hinge(qp_tape *tape, qp_tensor x, qp_reduction reduction, int first_row)
{
    return qp_hinge(tape, x, sign + first_row * COLUMNS, 1, reduction);
}

static qp_tensor kl(qp_tape *tape, qp_tensor x, qp_reduction reduction, int first_row)
{
    return qp_kl_divergence(tape, x, share + first_row * COLUMNS, false, reduction);
}

static qp_tensor kl_log(qp_tape *tape, qp_tensor x, qp_reduction reduction, int first_row)
{
    return qp_kl_divergence(tape, x, logarithm + first_row * COLUMNS, true, reduction);
}

/* The textbook's formulas, each from its own definition. */
static double by_hand(loss_call *loss, int i)
{
    double x = (double)shared_x.value[i], t = (double)share[i], n = (double)number[i], p = 1 / (1 + exp(-x));
    if (loss == bce) return -(t * log(p) + (1 - t) * log(1 - p));
    if (loss == mse) return pow(x - n, 2);
    if (loss == l1) return fabs(x - n);
    if (loss == huber) return fabs(x - n) < 1.5 ? (x - n) * (x - n) / 2 : 1.5 * fabs(x - n) - 1.125;
    if (loss == hinge) return (double)sign[i] * x < 1 ? 1 - (double)sign[i] * x : 0;
    if (loss == kl) return t == 0 ? 0 : t * log(t) - t * x;
    return exp((double)logarithm[i]) * ((double)logarithm[i] - x);
}

static loss_call *const every[] = {bce, mse, l1, huber, hinge, kl, kl_log};
enum { LOSSES = sizeof every / sizeof *every };

Test(test_op_loss_element, all_are_plain_loops)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    for (int l = 0; l < LOSSES; l++) {
        double expected[COUNT], sum = 0, mean;
        for (int i = 0; i < COUNT; i++) sum += expected[i] = by_hand(every[l], i);
        mean = sum / COUNT;
        qp_tape_begin(tape, QP_TRAIN, 1);
        qp_tensor each = every[l](tape, shared_x, QP_NONE, 0);
        cr_assert_eq(each.rows * each.columns, COUNT);
        op_near("each", COUNT, each.value, expected, 1e-5);
        op_near("sum", 1, every[l](tape, shared_x, QP_SUM, 0).value, &sum, 1e-5);
        op_near("mean", 1, every[l](tape, shared_x, QP_MEAN, 0).value, &mean, 1e-5);
    }
    qp_tape_free(tape);
}

Test(test_op_loss_element, large_logits_stay_numbers)
{
    static qp_real x[] = {1e4, -1e4, 88, -104}, target[] = {0, 1, 1, 0};
    static const double expected[] = {1e4, 1e4, 0, 0};
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_tensor leaf = op_leaf(tape, qp_tensor_of(1, 4, x));
    qp_tensor y = qp_bce_with_logits(tape, leaf, target, QP_NONE);
    op_near("bce", 4, y.value, expected, 1e-6);
    op_backward(tape, y);
    cr_expect_float_eq((double)leaf.node->grad[0], 0.1, 1e-6);
    cr_expect_float_eq((double)leaf.node->grad[1], -0.2, 1e-6);
    qp_tape_free(tape);
}

static loss_call *chosen;

static void rows_of(qp_tape *tape, int first, int rows, qp_real *y)
{
    qp_tensor x = shared_x;
    x.value = qp_tensor_row(x, first);
    x.rows = rows;
    memcpy(y, chosen(tape, x, QP_NONE, first).value, (size_t)rows * COLUMNS * sizeof *y);
}

static void result_and_gradient(qp_tape *tape, qp_real *result)
{
    qp_tensor x = op_leaf(tape, shared_x), y = chosen(tape, x, QP_MEAN, 0);
    result[0] = y.value[0];
    op_backward(tape, y);
    memcpy(result + 1, x.node->grad, COUNT * sizeof *result);
}

Test(test_op_loss_element, neither_neighbours_nor_threads_change_a_bit)
{
    prepare();
    for (int l = 0; l < LOSSES; l++) {
        chosen = every[l];
        op_same_by_rows(rows_of, QP_TRAIN, ROWS, COLUMNS, 0);
        op_same_in_threads(result_and_gradient, 1 + COUNT);
    }
}

Test(test_op_loss_element, wrong_shapes_are_refused)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    op_refused(tape, qp_mse(tape, shared_x, NULL, QP_MEAN), "no target");
    op_refused(tape, qp_l1(tape, qp_tensor_of(0, 3, share), number, QP_MEAN), "no rows");
    op_refused(tape, qp_huber(tape, shared_x, number, 0, QP_MEAN), "a delta of 0");
    op_refused(tape, qp_class_hinge(tape, qp_tensor_of(3, 1, share), class, 1, QP_MEAN), "one class");
    op_refused(tape, qp_class_hinge(tape, qp_tensor_of(4, 6, share), class, 1, QP_MEAN), "a target beyond the classes");
    qp_tape_free(tape);
}

/* ---- several classes ---- */

static double class_by_hand(int r)
{
    double sum = 0;
    for (int c = 0; c < COLUMNS && class[r] >= 0; c++) {
        double lack = 1 - (double)shared_x.value[r * COLUMNS + class[r]] + (double)shared_x.value[r * COLUMNS + c];
        if (c != class[r] && lack > 0) sum += lack / COLUMNS;
    }
    return sum;
}

Test(test_op_loss_element, class_hinge_is_a_plain_loop)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    double expected[ROWS], sum = 0, mean;
    for (int r = 0; r < ROWS; r++) sum += expected[r] = class_by_hand(r);
    mean = sum / (ROWS - 1);
    op_near("each", ROWS, qp_class_hinge(tape, shared_x, class, 1, QP_NONE).value, expected, 1e-5);
    op_near("sum", 1, qp_class_hinge(tape, shared_x, class, 1, QP_SUM).value, &sum, 1e-5);
    op_near("mean", 1, qp_class_hinge(tape, shared_x, class, 1, QP_MEAN).value, &mean, 1e-5);
    qp_tape_free(tape);
}

static void class_rows(qp_tape *tape, int first, int rows, qp_real *y)
{
    qp_tensor x = shared_x;
    x.value = qp_tensor_row(x, first);
    x.rows = rows;
    memcpy(y, qp_class_hinge(tape, x, class + first, 1, QP_NONE).value, (size_t)rows * sizeof *y);
}

static void class_gradient(qp_tape *tape, qp_real *result)
{
    qp_tensor x = op_leaf(tape, shared_x), y = qp_class_hinge(tape, x, class, 1, QP_MEAN);
    result[0] = y.value[0];
    op_backward(tape, y);
    memcpy(result + 1, x.node->grad, COUNT * sizeof *result);
}

Test(test_op_loss_element, class_hinge_knows_neither_neighbours_nor_threads)
{
    prepare();
    op_same_by_rows(class_rows, QP_TRAIN, ROWS, 1, 0);
    op_same_in_threads(class_gradient, 1 + COUNT);
}
