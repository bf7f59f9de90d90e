#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/grad/attention/op_rope.h"
#include "lib/grad/op_embedding.h"
#include "tests/grad/op_check.h"
#include "tests/sinusoids.h"

enum {
    ROWS = 6,
    HEADS = 3,
    WIDTH = 8,
    STILL = 5,
    COLUMNS = HEADS * WIDTH + STILL,
    COUNT = ROWS * COLUMNS,
    PLACES = 40
};

static qp_tensor shared_x, table;
static qp_real table_value[PLACES * WIDTH];
static const int32_t position[ROWS] = {0, 1, 2, 17, 39, 5};

static void prepare(void)
{
    op_numbers_reset();
    shared_x = op_matrix(ROWS, COLUMNS, 1);
    sinusoids(0, PLACES, WIDTH, 10000, true, table_value);
    table = qp_tensor_of(PLACES, WIDTH, table_value);
}

Test(test_op_rope, it_is_a_plain_loop)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    double expected[COUNT];
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLUMNS; c++) {
            const qp_real *x = qp_tensor_row(shared_x, r);
            int i = c % WIDTH % (WIDTH / 2);
            double a = position[r] * pow(10000, -2.0 * i / WIDTH), own = (double)x[c];
            if (c >= HEADS * WIDTH)
                expected[r * COLUMNS + c] = own;
            else if (c % WIDTH < WIDTH / 2)
                expected[r * COLUMNS + c] = own * cos(a) - (double)x[c + WIDTH / 2] * sin(a);
            else
                expected[r * COLUMNS + c] = own * cos(a) + (double)x[c - WIDTH / 2] * sin(a);
        }
    op_near("rope", COUNT, qp_rope(tape, shared_x, HEADS, WIDTH, position, table).value, expected, 1e-6);
    qp_tape_free(tape);
}

/* Where the table is narrower than a head, its other columns stay. */
Test(test_op_rope, a_part_of_each_head)
{
    enum { TURNING = 4 };
    static qp_real narrow[PLACES * TURNING];
    double expected[COUNT];
    prepare();
    sinusoids(0, PLACES, TURNING, 10000, true, narrow);
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLUMNS; c++) {
            const qp_real *x = qp_tensor_row(shared_x, r);
            const int at = c % WIDTH, half = TURNING / 2;
            double a = position[r] * pow(10000, -2.0 * (at % half) / TURNING), own = (double)x[c];
            if (c >= HEADS * WIDTH || at >= TURNING)
                expected[r * COLUMNS + c] = own;
            else
                expected[r * COLUMNS + c] =
                    own * cos(a) + (at < half ? -(double)x[c + half] : (double)x[c - half]) * sin(a);
        }
    const qp_tensor turns = qp_tensor_of(PLACES, TURNING, narrow);
    qp_tensor y = qp_rope(tape, shared_x, HEADS, WIDTH, position, turns);
    op_near("rope", COUNT, y.value, expected, 1e-6);
    qp_tape_free(tape);
}

/* Scores depend only on the distance of the positions. */
Test(test_op_rope, products_know_the_distance_alone)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_INFER, 1);
    qp_tensor two = op_matrix(2, WIDTH, 5);
    double product[2] = {0, 0};
    for (int shift = 0; shift < 2; shift++) {
        const int32_t places[2] = {3 + 20 * shift, 8 + 20 * shift};
        qp_tensor y = qp_rope(tape, two, 1, WIDTH, places, table);
        for (int c = 0; c < WIDTH; c++) product[shift] += (double)y.value[c] * (double)y.value[WIDTH + c];
    }
    cr_expect_float_eq(product[0], product[1], 1e-5);
    qp_tape_free(tape);
}

static void some_rows(qp_tape *tape, int first, int rows, qp_real *y)
{
    qp_tensor x = shared_x;
    x.value = qp_tensor_row(x, first);
    x.rows = rows;
    memcpy(y, qp_rope(tape, x, HEADS, WIDTH, position + first, table).value, (size_t)rows * COLUMNS * sizeof *y);
}

static void result_and_gradient(qp_tape *tape, qp_real *result)
{
    qp_tensor x = op_leaf(tape, shared_x), y = qp_rope(tape, x, HEADS, WIDTH, position, table);
    memcpy(result, y.value, COUNT * sizeof *result);
    op_backward(tape, y);
    memcpy(result + COUNT, x.node->grad, COUNT * sizeof *result);
}

Test(test_op_rope, neither_neighbours_nor_threads_change_a_bit)
{
    prepare();
    op_same_by_rows(some_rows, QP_TRAIN, ROWS, COLUMNS, 0);
    op_same_in_threads(result_and_gradient, 2 * COUNT);
}

Test(test_op_rope, wrong_shapes_are_refused)
{
    prepare();
    static const int32_t far[ROWS] = {0, 1, PLACES, 0, 0, 0}, before[ROWS] = {0, -1, 0, 0, 0, 0};
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    op_refused(tape, qp_rope(tape, shared_x, HEADS, WIDTH, far, table), "a position behind the table");
    op_refused(tape, qp_rope(tape, shared_x, HEADS, WIDTH, before, table), "a position before the table");
    op_refused(tape, qp_rope(tape, shared_x, HEADS + 1, WIDTH, position, table), "more heads than columns");
    op_refused(tape, qp_rope(tape, shared_x, 1, 3, position, qp_tensor_of(PLACES, 3, table_value)), "an odd width");
    op_refused(tape, qp_rope(tape, shared_x, 0, WIDTH, position, table), "no heads");
    qp_tape_free(tape);
}
