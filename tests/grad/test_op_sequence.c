#include <criterion/criterion.h>

#include "lib/grad/op_sequence.h"
#include "tests/grad/op_check.h"

enum { ROWS = 7, COLUMNS = 3 };

static qp_real value[ROWS * COLUMNS];

static qp_tensor matrix(void)
{
    for (int i = 0; i < ROWS * COLUMNS; i++) value[i] = (qp_real)(i * i % 13 - 4);
    return qp_tensor_of(ROWS, COLUMNS, value);
}

/* 3, 0, 1 and 3 rows */
static const int32_t start[] = {0, 3, 3, 4, 7};
static const qp_sequences sequences = {.count = 4, .start = start};

Test(op_sequence, means_of_rows)
{
    qp_tensor x = matrix();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_INFER, 0);
    qp_tensor y = qp_sequence_mean(tape, x, sequences);
    cr_assert_eq(qp_tape_status(tape), QP_OK);
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < COLUMNS; k++) {
            double sum = 0;
            int length = start[i + 1] - start[i];
            for (int r = start[i]; r < start[i + 1]; r++) sum += (double)value[r * COLUMNS + k];
            cr_expect_float_eq((double)qp_tensor_row(y, i)[k], length ? sum / length : 0, 1e-6, "%d %d", i, k);
        }
    qp_tape_free(tape);
}

/* dx_r = dy_i / length_i, and factor_i * dy_r. */
Test(op_sequence, gradients)
{
    static const qp_real factor[] = {2, 5, -1, (qp_real)0.5};
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_tensor x = op_leaf(tape, matrix());
    op_backward(tape, qp_sequence_mean(tape, x, sequences));
    for (int i = 0; i < 4; i++)
        for (int r = start[i]; r < start[i + 1]; r++)
            for (int k = 0; k < COLUMNS; k++)
                cr_expect_float_eq((double)x.node->grad[r * COLUMNS + k],
                                   0.1 * (i * COLUMNS + k + 1) / (start[i + 1] - start[i]), 1e-6, "row %d", r);
    qp_tape_begin(tape, QP_TRAIN, 1);
    x = op_leaf(tape, matrix());
    op_backward(tape, qp_sequence_scale(tape, x, sequences, factor));
    for (int i = 0; i < 4; i++)
        for (int r = start[i]; r < start[i + 1]; r++)
            for (int k = 0; k < COLUMNS; k++)
                cr_expect_float_eq((double)x.node->grad[r * COLUMNS + k],
                                   (double)factor[i] * 0.1 * (r * COLUMNS + k + 1), 1e-5, "row %d", r);
    qp_tape_free(tape);
}

/* Sequences may overlap and leave gaps, but not reach outside. */
Test(op_sequence, sequences_outside_are_refused)
{
    static const struct {
        int32_t start[2], length[2];
        qp_status status;
    } row[] = {{{0, 4}, {7, 3}, QP_OK},      {{0, 4}, {8, 1}, QP_ESHAPE},  {{0, 4}, {1, 4}, QP_ESHAPE},
               {{-1, 4}, {1, 1}, QP_ESHAPE}, {{0, -1}, {1, 1}, QP_ESHAPE}, {{0, 4}, {-1, 1}, QP_ESHAPE},
               {{0, 4}, {1, -1}, QP_ESHAPE}, {{7, 7}, {0, 0}, QP_OK},      {{8, 0}, {0, 1}, QP_ESHAPE},
               {{6, 0}, {1, 1}, QP_OK}};
    qp_tensor x = matrix();
    qp_tape *tape = qp_tape_new();
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_tape_begin(tape, QP_INFER, 0);
        qp_sequence_mean(tape, x, (qp_sequences){.count = 2, .start = row[i].start, .length = row[i].length});
        cr_expect_eq(qp_tape_status(tape), row[i].status, "row %zu", i);
    }
    qp_tape_free(tape);
}

Test(op_sequence, a_factor_for_each)
{
    static const qp_real factor[] = {2, 5, -1, (qp_real)0.5};
    static const int32_t short_start[] = {0, 3, 6}, late_start[] = {1, 3, 7}, length[] = {3, 4};
    const qp_sequences wrong[] = {{.count = 2, .start = short_start},
                                  {.count = 2, .start = late_start},
                                  {.count = 2, .start = short_start, .length = length},
                                  {.count = 0, .start = start}};
    qp_tensor x = matrix();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_INFER, 0);
    qp_tensor y = qp_sequence_scale(tape, x, sequences, factor);
    cr_assert_eq(qp_tape_status(tape), QP_OK);
    for (int i = 0; i < 4; i++)
        for (int r = start[i]; r < start[i + 1]; r++)
            for (int k = 0; k < COLUMNS; k++)
                cr_expect_eq(qp_tensor_row(y, r)[k], factor[i] * value[r * COLUMNS + k], "row %d", r);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        qp_tape_begin(tape, QP_INFER, 0);
        qp_sequence_scale(tape, x, wrong[i], factor);
        cr_expect_eq(qp_tape_status(tape), QP_ESHAPE, "%zu", i);
    }
    qp_tape_begin(tape, QP_INFER, 0);
    qp_sequences each = qp_rows_one_each(tape, 3);
    cr_expect_eq(each.count, 3);
    for (int i = 0; i <= 3; i++) cr_expect_eq(each.start[i], i);
    qp_tape_free(tape);
}
