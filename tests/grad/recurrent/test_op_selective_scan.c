#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/grad/recurrent/op_causal_filter.h"
#include "lib/grad/recurrent/op_selective_scan.h"
#include "tests/grad/op_check.h"

enum { ROWS = 9, CHANNELS = 5, STATES = 3, SIZE = 4, COUNT = 3 };

static const int32_t start[] = {0, 4, 5, 9};
static qp_scan shared;
static qp_tensor shared_weight, shared_bias;

static qp_tape *fresh(qp_mode mode)
{
    op_numbers_reset();
    shared = (qp_scan){.x = op_matrix(ROWS, CHANNELS, 1),
                       .dt = op_matrix(ROWS, CHANNELS, 2),
                       .b = op_matrix(ROWS, STATES, 3),
                       .c = op_matrix(ROWS, STATES, 4),
                       .z = op_matrix(ROWS, CHANNELS, 5),
                       .a_log = op_matrix(CHANNELS, STATES, 6),
                       .skip = op_matrix(1, CHANNELS, 7),
                       .dt_bias = op_matrix(1, CHANNELS, 8),
                       .s = {.count = COUNT, .start = start}};
    shared_weight = op_matrix(CHANNELS, SIZE, 9);
    shared_bias = op_matrix(1, CHANNELS, 10);
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, mode, 1);
    return tape;
}

static double number(qp_tensor x, int r, int c) { return (double)qp_tensor_row(x, r)[c]; }

Test(test_op_selective_scan, is_a_plain_loop)
{
    qp_tape *tape = fresh(QP_INFER);
    double y[ROWS * CHANNELS], state[COUNT * CHANNELS * STATES] = {0};
    for (int i = 0; i < COUNT; i++)
        for (int r = start[i]; r < start[i + 1]; r++)
            for (int d = 0; d < CHANNELS; d++) {
                double step = log1p(exp(number(shared.dt, r, d) + number(shared.dt_bias, 0, d)));
                double sum = number(shared.skip, 0, d) * number(shared.x, r, d), z = number(shared.z, r, d);
                for (int n = 0; n < STATES; n++) {
                    double *h = &state[(i * CHANNELS + d) * STATES + n];
                    *h = exp(-step * exp(number(shared.a_log, d, n))) * *h +
                         step * number(shared.b, r, n) * number(shared.x, r, d);
                    sum += number(shared.c, r, n) * *h;
                }
                y[r * CHANNELS + d] = sum * z / (1 + exp(-z));
            }
    qp_tensor last, made = qp_selective_scan(tape, &shared, &last);
    op_near("y", ROWS * CHANNELS, made.value, y, 1e-5);
    op_near("state", COUNT * CHANNELS * STATES, last.value, state, 1e-5);
    qp_tape_free(tape);
}

Test(test_op_selective_scan, filter_is_a_plain_loop)
{
    qp_tape *tape = fresh(QP_INFER);
    double y[ROWS * CHANNELS];
    for (int i = 0; i < COUNT; i++)
        for (int r = start[i]; r < start[i + 1]; r++)
            for (int c = 0; c < CHANNELS; c++) {
                y[r * CHANNELS + c] = number(shared_bias, 0, c);
                for (int j = 0; j < SIZE; j++)
                    if (r - SIZE + 1 + j >= start[i])
                        y[r * CHANNELS + c] += number(shared_weight, c, j) * number(shared.x, r - SIZE + 1 + j, c);
            }
    qp_tensor made = qp_causal_filter(tape, shared.x, shared.s, shared_weight, shared_bias, (qp_tensor){0}, NULL);
    op_near("y", ROWS * CHANNELS, made.value, y, 1e-5);
    qp_tape_free(tape);
}

static qp_tensor rows_of(qp_tensor x, int first, int rows)
{
    x.value = qp_tensor_row(x, first);
    x.rows = rows;
    return x;
}

/* The sequence of rows 5 .. 8 in two parts, the second from the state after the first: the bits of the whole. */
Test(test_op_selective_scan, parts_of_a_sequence_are_the_whole)
{
    qp_tape *tape = fresh(QP_INFER);
    static const int32_t two[] = {0, 2};
    qp_tensor whole = qp_selective_scan(tape, &shared, NULL), last = {0}, rows = {0};
    qp_tensor all = qp_causal_filter(tape, shared.x, shared.s, shared_weight, shared_bias, rows, NULL);
    for (int first = 5; first < ROWS; first += 2) {
        qp_scan part = shared;
        part.s = (qp_sequences){.count = 1, .start = two};
        qp_tensor *const matrix[] = {&part.x, &part.dt, &part.b, &part.c, &part.z};
        for (int i = 0; i < 5; i++) *matrix[i] = rows_of(*matrix[i], first, 2);
        part.first = last;
        qp_tensor y = qp_selective_scan(tape, &part, &last);
        cr_expect_arr_eq(y.value, qp_tensor_row(whole, first), 2 * CHANNELS * sizeof(qp_real));
        y = qp_causal_filter(tape, part.x, part.s, shared_weight, shared_bias, rows, &rows);
        cr_expect_arr_eq(y.value, qp_tensor_row(all, first), 2 * CHANNELS * sizeof(qp_real));
    }
    qp_tape_free(tape);
}

static void result_and_gradients(qp_tape *tape, qp_real *result)
{
    qp_scan w = shared;
    w.x = op_leaf(tape, w.x);
    w.a_log = op_leaf(tape, w.a_log);
    qp_tensor weight = op_leaf(tape, shared_weight);
    w.dt = qp_causal_filter(tape, w.x, w.s, weight, shared_bias, (qp_tensor){0}, NULL);
    qp_tensor y = qp_selective_scan(tape, &w, NULL);
    memcpy(result, y.value, ROWS * CHANNELS * sizeof *result);
    op_backward(tape, y);
    memcpy(result + ROWS * CHANNELS, w.x.node->grad, ROWS * CHANNELS * sizeof *result);
    memcpy(result + 2 * ROWS * CHANNELS, w.a_log.node->grad, CHANNELS * STATES * sizeof *result);
    memcpy(result + CHANNELS * (2 * ROWS + STATES), weight.node->grad, CHANNELS * SIZE * sizeof *result);
}

Test(test_op_selective_scan, any_number_of_threads_gives_the_same_bits)
{
    qp_tape_free(fresh(QP_TRAIN));
    op_same_in_threads(result_and_gradients, CHANNELS * (2 * ROWS + STATES + SIZE));
}

Test(test_op_selective_scan, wrong_shapes_are_refused)
{
    qp_tape *tape = fresh(QP_TRAIN);
    qp_scan w = shared;
    w.c = op_matrix(ROWS, STATES + 1, 11);
    op_refused(tape, qp_selective_scan(tape, &w, NULL), "an output of other states");
    w = shared;
    w.first = op_matrix(COUNT - 1, CHANNELS * STATES, 11);
    op_refused(tape, qp_selective_scan(tape, &w, NULL), "a state for fewer sequences");
    op_refused(tape, qp_causal_filter(tape, shared.x, shared.s, op_matrix(CHANNELS - 1, SIZE, 12), shared_bias,
                                      (qp_tensor){0}, NULL), "a filter for fewer channels");
    qp_tape_free(tape);
}
