#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/grad/op_basic.h"
#include "tests/grad/op_check.h"

enum { ROWS = 7, COLUMNS = 11, COUNT = ROWS * COLUMNS };

static qp_tape *fresh(void)
{
    op_numbers_reset();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    return tape;
}

Test(test_op_basic, sums_and_products_are_plain_loops)
{
    qp_tape *tape = fresh();
    qp_tensor wide = op_matrix(ROWS, 2 * COLUMNS + 3, 1), a = qp_tensor_columns(wide, 1, COLUMNS);
    qp_tensor b = qp_tensor_columns(wide, COLUMNS + 2, COLUMNS);
    double sum[COUNT], product[COUNT], scaled[COUNT];
    for (int i = 0; i < COUNT; i++) {
        double left = (double)qp_tensor_row(a, i / COLUMNS)[i % COLUMNS],
               right = (double)qp_tensor_row(b, i / COLUMNS)[i % COLUMNS];
        sum[i] = left + right;
        product[i] = left * right;
        scaled[i] = -0.75 * left;
    }
    op_near("add", COUNT, qp_add(tape, a, b).value, sum, 1e-6);
    op_near("multiply", COUNT, qp_multiply(tape, a, b).value, product, 1e-6);
    op_near("scale", COUNT, qp_scale(tape, a, (qp_real)-0.75).value, scaled, 1e-6);
    qp_tape_free(tape);
}

static double activated(int kind, double x)
{
    switch (kind) {
    case QP_SIGMOID: return 1 / (1 + exp(-x));
    case QP_TANH: return tanh(x);
    case QP_RELU: return fmax(x, 0);
    case QP_LEAKY_RELU: return x < 0 ? 0.2 * x : x;
    case QP_ELU: return x < 0 ? 0.2 * expm1(x) : x;
    case QP_SOFTPLUS: return log1p(exp(-fabs(x))) + fmax(x, 0);
    case QP_GELU: return 0.5 * x * (1 + erf(x / sqrt(2)));
    case QP_GELU_TANH: return 0.5 * x * (1 + tanh(sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case QP_SILU: return x / (1 + exp(-x));
    default: return x;
    }
}

Test(test_op_basic, activations_are_their_equations)
{
    qp_tape *tape = fresh();
    qp_tensor x = qp_scale(tape, op_matrix(ROWS, COLUMNS, 2), 6);
    for (int kind = 0; kind < QP_ACTIVATION_COUNT; kind++) {
        double expected[COUNT];
        for (int i = 0; i < COUNT; i++) expected[i] = activated(kind, (double)x.value[i]);
        op_near("activation", COUNT, qp_activation(tape, x, (qp_activation_kind)kind, (qp_real)0.2).value, expected,
                2e-6);
    }
    qp_tape_free(tape);
}

Test(test_op_basic, softmax_is_its_equation)
{
    qp_tape *tape = fresh();
    qp_tensor x = qp_scale(tape, op_matrix(ROWS, COLUMNS, 3), 5);
    double p[COUNT], log_p[COUNT];
    for (int r = 0; r < ROWS; r++) {
        double sum = 0;
        for (int c = 0; c < COLUMNS; c++) sum += exp((double)x.value[r * COLUMNS + c] / 0.7);
        for (int c = 0; c < COLUMNS; c++) {
            log_p[r * COLUMNS + c] = (double)x.value[r * COLUMNS + c] / 0.7 - log(sum);
            p[r * COLUMNS + c] = exp(log_p[r * COLUMNS + c]);
        }
    }
    op_near("softmax", COUNT, qp_softmax(tape, x, (qp_real)0.7).value, p, 2e-6);
    op_near("log softmax", COUNT, qp_log_softmax(tape, x, (qp_real)0.7).value, log_p, 2e-6);
    qp_tape_free(tape);
}

Test(test_op_basic, softmax_of_minus_infinity_is_zero)
{
    qp_tape *tape = fresh();
    qp_tensor x = op_matrix(1, 4, 4);
    x.value[1] = x.value[3] = -(qp_real)INFINITY;
    qp_tensor p = qp_softmax(tape, x, 1), log_p = qp_log_softmax(tape, x, 1);
    cr_expect_eq(p.value[1], 0);
    cr_expect_eq(p.value[3], 0);
    cr_expect_lt(fabs((double)(p.value[0] + p.value[2]) - 1), 1e-6);
    cr_expect(isinf(log_p.value[1]) && log_p.value[1] < 0);
    qp_tape_free(tape);
}

Test(test_op_basic, gather_takes_rows)
{
    static const int32_t row[] = {3, 3, 0, 6};
    qp_tape *tape = fresh();
    qp_tensor x = op_matrix(ROWS, COLUMNS, 5), y = qp_gather(tape, x, 4, row);
    for (int r = 0; r < 4; r++)
        cr_expect_arr_eq(qp_tensor_row(y, r), qp_tensor_row(x, row[r]), COLUMNS * sizeof(qp_real));
    cr_expect_eq(qp_gather(tape, x, 0, NULL).rows, 0);
    cr_expect_eq(qp_tape_status(tape), QP_OK);
    qp_tape_free(tape);
}

static qp_tensor shared;

static void all_rows(qp_tape *tape, int first, int rows, qp_real *y)
{
    qp_tensor x = shared;
    x.value = qp_tensor_row(shared, first);
    x.rows = rows;
    qp_tensor z = qp_multiply(tape, qp_activation(tape, x, QP_GELU, 0), qp_softmax(tape, qp_add(tape, x, x), 1));
    memcpy(y, z.value, (size_t)rows * COLUMNS * sizeof *y);
}

Test(test_op_basic, a_row_does_not_know_its_neighbours)
{
    op_numbers_reset();
    shared = op_matrix(ROWS, COLUMNS, 6);
    op_same_by_rows(all_rows, QP_TRAIN, ROWS, COLUMNS, 1e-6);
    op_same_by_rows(all_rows, QP_INFER, ROWS, COLUMNS, 1e-6);
}

static void result_and_gradient(qp_tape *tape, qp_real *result)
{
    qp_tensor x = op_leaf(tape, shared),
              y = qp_multiply(tape, qp_activation(tape, x, QP_TANH, 0), qp_log_softmax(tape, x, 1));
    memcpy(result, y.value, COUNT * sizeof *result);
    op_backward(tape, y);
    memcpy(result + COUNT, x.node->grad, COUNT * sizeof *result);
}

Test(test_op_basic, any_number_of_threads_gives_the_same_bits)
{
    op_numbers_reset();
    shared = op_matrix(ROWS, COLUMNS, 7);
    op_same_in_threads(result_and_gradient, 2 * COUNT);
}

Test(test_op_basic, wrong_shapes_are_refused)
{
    static const int32_t outside[] = {0, 7}, below[] = {-1};
    qp_tape *tape = fresh();
    qp_tensor a = op_matrix(3, 4, 8), b = op_matrix(3, 5, 8), c = op_matrix(2, 4, 8);
    op_refused(tape, qp_add(tape, a, b), "add of different columns");
    op_refused(tape, qp_add(tape, a, c), "add of different rows");
    op_refused(tape, qp_multiply(tape, a, b), "multiply of different columns");
    op_refused(tape, qp_gather(tape, op_matrix(7, 2, 1), 2, outside), "a row outside");
    op_refused(tape, qp_gather(tape, a, 1, below), "a row below 0");
    op_refused(tape, qp_softmax(tape, a, 0), "temperature 0");
    op_refused(tape, qp_log_softmax(tape, a, (qp_real)NAN), "no temperature");
    op_refused(tape, qp_activation(tape, a, QP_ACTIVATION_COUNT, 0), "an unknown activation");
    qp_tape_free(tape);
}

Test(test_op_basic, after_a_failure_nothing_is_computed)
{
    qp_tape *tape = fresh();
    qp_tensor a = op_matrix(3, 4, 8), b = op_matrix(3, 5, 8);
    qp_tensor failed = qp_add(tape, a, b);
    char message[512];
    snprintf(message, sizeof message, "%s", qp_tape_message(tape));
    cr_expect_null(qp_scale(tape, failed, 2).value);
    cr_expect_null(qp_multiply(tape, failed, a).value);
    cr_expect_null(qp_gather(tape, failed, 0, NULL).value);
    cr_expect_str_eq(qp_tape_message(tape), message);
    cr_expect_eq(qp_tape_backward_from(tape), QP_ESHAPE);
    qp_tape_free(tape);
}
