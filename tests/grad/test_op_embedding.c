#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/grad/op_embedding.h"
#include "tests/grad/op_check.h"
#include "tests/sinusoids.h"

enum { VOCABULARY = 12, POSITIONS = 5, WIDTH = 9, ROWS = 6 };

static const qp_tensor none = {0};
static const int32_t id[ROWS] = {11, 0, 3, 3, 7, 0}, position[ROWS] = {0, 1, 2, 0, 1, 4};
static qp_tensor weight, table;

static qp_tape *fresh(qp_mode mode)
{
    op_numbers_reset();
    weight = op_matrix(VOCABULARY, WIDTH, 1);
    table = op_matrix(POSITIONS, WIDTH, 2);
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, mode, 5);
    return tape;
}

Test(test_op_embedding, rows_of_the_table_scaled_and_placed)
{
    qp_tape *tape = fresh(QP_TRAIN);
    double bare[ROWS * WIDTH], placed[ROWS * WIDTH];
    for (int i = 0; i < ROWS * WIDTH; i++) {
        bare[i] = 1.5 * (double)qp_tensor_row(weight, id[i / WIDTH])[i % WIDTH];
        placed[i] = bare[i] + (double)qp_tensor_row(table, position[i / WIDTH])[i % WIDTH];
    }
    op_near("embedding", ROWS * WIDTH, qp_embedding(tape, weight, ROWS, id, (qp_real)1.5, NULL, none).value, bare,
            1e-6);
    op_near("with positions", ROWS * WIDTH, qp_embedding(tape, weight, ROWS, id, (qp_real)1.5, position, table).value,
            placed, 1e-6);
    cr_expect_eq(qp_embedding(tape, weight, 0, NULL, 1, NULL, none).rows, 0);
    cr_expect_eq(qp_tape_status(tape), QP_OK);
    qp_tape_free(tape);
}

static void some_rows(qp_tape *tape, int first, int rows, qp_real *y)
{
    memcpy(y, qp_embedding(tape, weight, rows, id + first, (qp_real)1.5, position + first, table).value,
           (size_t)rows * WIDTH * sizeof *y);
}

Test(test_op_embedding, a_row_does_not_know_its_neighbours)
{
    qp_tape_free(fresh(QP_INFER));
    op_same_by_rows(some_rows, QP_INFER, ROWS, WIDTH, 0);
    op_same_by_rows(some_rows, QP_TRAIN, ROWS, WIDTH, 0);
}

static void result_and_gradients(qp_tape *tape, qp_real *result)
{
    qp_tensor w = op_leaf(tape, weight), t = op_leaf(tape, table);
    qp_tensor y = qp_embedding(tape, w, ROWS, id, (qp_real)1.5, position, t);
    memcpy(result, y.value, ROWS * WIDTH * sizeof *result);
    op_backward(tape, y);
    memcpy(result + ROWS * WIDTH, w.node->grad, VOCABULARY * WIDTH * sizeof *result);
    memcpy(result + (ROWS + VOCABULARY) * WIDTH, t.node->grad, POSITIONS * WIDTH * sizeof *result);
}

Test(test_op_embedding, any_number_of_threads_gives_the_same_bits)
{
    qp_tape_free(fresh(QP_INFER));
    op_same_in_threads(result_and_gradients, (ROWS + VOCABULARY + POSITIONS) * WIDTH);
}

Test(test_op_embedding, sinusoids_are_their_equation)
{
    qp_real interleaved[50 * 6], halves[50 * 6];
    double expected[2][50 * 6];
    sinusoids(0, 50, 6, 10000, false, interleaved);
    sinusoids(0, 50, 6, 10000, true, halves);
    for (int p = 0; p < 50; p++)
        for (int i = 0; i < 3; i++) {
            double angle = p / pow(10000, 2 * i / 6.0);
            expected[0][p * 6 + 2 * i] = expected[1][p * 6 + i] = sin(angle);
            expected[0][p * 6 + 2 * i + 1] = expected[1][p * 6 + 3 + i] = cos(angle);
        }
    op_near("interleaved", 300, interleaved, expected[0], 1e-6);
    op_near("halves", 300, halves, expected[1], 1e-6);
}

Test(test_op_embedding, sinusoids_of_odd_width_fill_every_column)
{
    qp_real odd[4 * 5];
    for (int halves = 0; halves < 2; halves++) {
        for (int i = 0; i < 20; i++) odd[i] = (qp_real)NAN;
        sinusoids(0, 4, 5, 10000, halves, odd);
        for (int i = 0; i < 20; i++) cr_expect(isfinite(odd[i]) && fabs((double)odd[i]) <= 1);
    }
}

Test(test_op_embedding, ids_and_positions_outside_are_refused)
{
    static const int32_t high[] = {0, VOCABULARY}, low[] = {-1}, late[ROWS] = {0, 0, POSITIONS, 0, 0, 0},
                         early[ROWS] = {-1, 0, 0, 0, 0, 0};
    qp_tape *tape = fresh(QP_TRAIN);
    op_refused(tape, qp_embedding(tape, weight, 2, high, 1, NULL, none), "an id behind the vocabulary");
    op_refused(tape, qp_embedding(tape, weight, 1, low, 1, NULL, none), "an id below 0");
    op_refused(tape, qp_embedding(tape, weight, ROWS, id, 1, late, table), "a position behind the table");
    op_refused(tape, qp_embedding(tape, weight, ROWS, id, 1, early, table), "a position below 0");
    op_refused(tape, qp_embedding(tape, weight, ROWS, id, 1, position, none), "positions without a table");
    op_refused(tape, qp_embedding(tape, weight, ROWS, id, 1, NULL, table), "a table without positions");
    op_refused(tape, qp_embedding(tape, weight, ROWS, id, 1, position, op_matrix(POSITIONS, WIDTH + 1, 3)),
               "a wider table");
    op_refused(tape, qp_embedding(tape, qp_tensor_columns(weight, 0, 3), ROWS, id, 1, NULL, none), "a band of a table");
    qp_tape_free(tape);
}
