#include <criterion/criterion.h>
#include <string.h>

#include "lib/grad/op_dropout.h"
#include "lib/grad/op_join.h"
#include "lib/grad/op_sequence.h"
#include "tests/grad/op_check.h"

/* op_join, op_sequence, and dropout with shared masks. */

static qp_tape *fresh(void)
{
    op_numbers_reset();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    return tape;
}

Test(test_op_join, parts_lie_where_they_belong)
{
    qp_tape *tape = fresh();
    qp_tensor wide = op_matrix(3, 6, 1),
              part[] = {op_matrix(3, 2, 2), qp_tensor_columns(wide, 1, 4), op_matrix(3, 1, 3)};
    qp_tensor beside = qp_join_columns(tape, 3, part);
    cr_assert_eq(beside.columns, 7);
    for (int r = 0; r < 3; r++)
        for (int i = 0, column = 0; i < 3; i++)
            for (int c = 0; c < part[i].columns; c++, column++)
                cr_expect_eq(qp_tensor_row(beside, r)[column], qp_tensor_row(part[i], r)[c]);
    qp_tensor rows[] = {op_matrix(2, 4, 4), qp_tensor_columns(wide, 2, 4), op_matrix(1, 4, 5)};
    qp_tensor below = qp_join_rows(tape, 3, rows);
    cr_assert_eq(below.rows, 6);
    for (int i = 0, row = 0; i < 3; i++)
        for (int r = 0; r < rows[i].rows; r++, row++)
            cr_expect_arr_eq(qp_tensor_row(below, row), qp_tensor_row(rows[i], r), 4 * sizeof(qp_real));
    cr_expect_eq(qp_join_rows(tape, 1, rows).value, rows[0].value);
    part[2].rows = 2;
    op_refused(tape, qp_join_columns(tape, 3, part), "parts of other rows");
    rows[1].columns = 3;
    op_refused(tape, qp_join_rows(tape, 3, rows), "parts of other columns");
    qp_tape_free(tape);
}

Test(test_op_join, mean_of_sequences)
{
    static const int32_t start[] = {0, 3, 3, 7}, beyond[] = {0, 3, 3, 8};
    qp_tape *tape = fresh();
    qp_tensor x = op_matrix(7, 4, 1), y = qp_sequence_mean(tape, x, (qp_sequences){.count = 3, .start = start});
    for (int i = 0; i < 3; i++)
        for (int c = 0; c < 4; c++) {
            double sum = 0, length = start[i + 1] - start[i];
            for (int r = start[i]; r < start[i + 1]; r++) sum += (double)qp_tensor_row(x, r)[c];
            cr_expect_float_eq(qp_tensor_row(y, i)[c], length > 0 ? sum / length : 0, 1e-6);
        }
    op_refused(tape, qp_sequence_mean(tape, x, (qp_sequences){.count = 3, .start = beyond}),
               "a sequence beyond the matrix");
    qp_tape_free(tape);
}

Test(test_op_join, a_factor_for_each_sequence)
{
    static const int32_t start[] = {0, 3, 3, 7}, beyond[] = {0, 3, 3, 8};
    static const qp_real factor[] = {2, 5, (qp_real)-0.5};
    qp_tape *tape = fresh();
    qp_tensor x = op_matrix(7, 4, 1),
              y = qp_sequence_scale(tape, x, (qp_sequences){.count = 3, .start = start}, factor);
    for (int r = 0; r < 7; r++)
        for (int c = 0; c < 4; c++)
            cr_expect_eq(qp_tensor_row(y, r)[c], (r < 3 ? factor[0] : factor[2]) * qp_tensor_row(x, r)[c]);
    op_refused(tape, qp_sequence_scale(tape, x, (qp_sequences){.count = 3, .start = beyond}, factor),
               "sequences of more rows than the matrix has");
    op_refused(tape, qp_sequence_scale(tape, x, (qp_sequences){.count = 2, .start = start}, factor),
               "sequences of fewer rows than the matrix has");
    qp_tape_free(tape);
}

/* Rows of a group drop the same columns, groups different ones; the share of drops is near the rate. */
Test(test_op_join, a_group_has_one_mask)
{
    enum { ROWS = 40, COLUMNS = 200 };
    int32_t group[ROWS];
    qp_tape *tape = fresh();
    qp_tensor x = op_matrix(ROWS, COLUMNS, 1);
    for (int i = 0; i < ROWS * COLUMNS; i++) x.value[i] = 1;
    for (int r = 0; r < ROWS; r++) group[r] = r % 4;
    qp_tensor y = qp_dropout_shared(tape, x, group, 77, (qp_real)0.25);
    int dropped = 0;
    for (int r = 0; r < ROWS; r++) {
        cr_expect_arr_eq(qp_tensor_row(y, r), qp_tensor_row(y, r % 4), COLUMNS * sizeof(qp_real));
        for (int c = 0; r < 4 && c < COLUMNS; c++) dropped += qp_tensor_row(y, r)[c] == 0;
    }
    cr_expect_neq(memcmp(qp_tensor_row(y, 0), qp_tensor_row(y, 1), COLUMNS * sizeof(qp_real)), 0);
    cr_expect(dropped > 140 && dropped < 260, "%d of 800 dropped at rate 0.25", dropped);
    op_refused(tape, qp_dropout_shared(tape, x, group, 77, 1), "rate 1");
    qp_tape_free(tape);
}
