#include <criterion/criterion.h>
#include <string.h>

#include "lib/grad/op_linear.h"
#include "lib/grad/op_lora.h"
#include "tests/grad/op_check.h"

enum { ROWS = 9, IN = 13, OUT = 21, RANK = 3 };

static qp_tensor shared_x, shared_y, shared_a, shared_b;

static qp_tape *fresh(qp_mode mode)
{
    op_numbers_reset();
    shared_x = op_matrix(ROWS, IN, 1);
    shared_y = op_matrix(ROWS, OUT, 2);
    shared_a = op_matrix(RANK, IN, 3);
    shared_b = op_matrix(OUT, RANK, 4);
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, mode, 1);
    return tape;
}

Test(op_lora, is_a_plain_loop_and_merges_into_one_weight)
{
    for (int mode = QP_INFER; mode <= QP_TRAIN; mode++) {
        qp_tape *tape = fresh((qp_mode)mode);
        double expected[ROWS * OUT];
        for (int r = 0; r < ROWS; r++)
            for (int o = 0; o < OUT; o++) {
                expected[r * OUT + o] = (double)shared_y.value[r * OUT + o];
                for (int k = 0; k < RANK; k++)
                    for (int i = 0; i < IN; i++)
                        expected[r * OUT + o] += 0.5 * (double)shared_b.value[o * RANK + k] *
                                                 (double)shared_a.value[k * IN + i] *
                                                 (double)shared_x.value[r * IN + i];
            }
        qp_tensor z = qp_lora(tape, shared_y, shared_x, shared_a, shared_b, (qp_real)0.5);
        op_near("z", ROWS * OUT, z.value, expected, 1e-5);
        qp_real memory[OUT * IN] = {0};
        qp_tensor merged = qp_tensor_of(OUT, IN, memory);
        qp_lora_merge(merged, shared_a, shared_b, (qp_real)0.5);
        qp_tensor same = qp_linear(tape, shared_x, merged, (qp_tensor){0});
        for (int i = 0; i < ROWS * OUT; i++) same.value[i] += shared_y.value[i];
        op_near("merged", ROWS * OUT, same.value, expected, 1e-5);
        qp_tape_free(tape);
    }
}

static void result_and_gradients(qp_tape *tape, qp_real *result)
{
    qp_tensor x = op_leaf(tape, shared_x), a = op_leaf(tape, shared_a), b = op_leaf(tape, shared_b);
    qp_tensor z = qp_lora(tape, shared_y, x, a, b, (qp_real)0.5);
    memcpy(result, z.value, ROWS * OUT * sizeof *result);
    op_backward(tape, z);
    memcpy(result + ROWS * OUT, x.node->grad, ROWS * IN * sizeof *result);
    memcpy(result + ROWS * (OUT + IN), a.node->grad, RANK * IN * sizeof *result);
    memcpy(result + ROWS * (OUT + IN) + RANK * IN, b.node->grad, OUT * RANK * sizeof *result);
}

/* dz is 0.1, 0.2, ...;  dB = s dz (x A')',  dA = s (dz B)' x,  dx = s dz B A. */
Test(op_lora, gradients_are_plain_loops)
{
    qp_tape *tape = fresh(QP_TRAIN);
    qp_tensor x = op_leaf(tape, shared_x), a = op_leaf(tape, shared_a), b = op_leaf(tape, shared_b);
    op_backward(tape, qp_lora(tape, shared_y, x, a, b, (qp_real)0.5));
    double da[RANK * IN] = {0}, db[OUT * RANK] = {0}, dx[ROWS * IN] = {0};
    for (int r = 0; r < ROWS; r++)
        for (int k = 0; k < RANK; k++) {
            double low = 0, dlow = 0;
            for (int i = 0; i < IN; i++) low += (double)shared_a.value[k * IN + i] * (double)shared_x.value[r * IN + i];
            for (int o = 0; o < OUT; o++) {
                double dz = 0.1 * (r * OUT + o + 1);
                dlow += 0.5 * dz * (double)shared_b.value[o * RANK + k];
                db[o * RANK + k] += 0.5 * dz * low;
            }
            for (int i = 0; i < IN; i++) {
                da[k * IN + i] += dlow * (double)shared_x.value[r * IN + i];
                dx[r * IN + i] += dlow * (double)shared_a.value[k * IN + i];
            }
        }
    op_near("dA", RANK * IN, a.node->grad, da, 1e-4);
    op_near("dB", OUT * RANK, b.node->grad, db, 1e-4);
    op_near("dx", ROWS * IN, x.node->grad, dx, 1e-4);
    qp_tape_free(tape);
}

Test(op_lora, any_number_of_threads_gives_the_same_bits)
{
    qp_tape_free(fresh(QP_TRAIN));
    op_same_in_threads(result_and_gradients, ROWS * (OUT + IN) + RANK * (IN + OUT));
}

Test(op_lora, wrong_shapes_are_refused)
{
    qp_tape *tape = fresh(QP_TRAIN);
    qp_tensor other = op_matrix(RANK + 1, IN, 5), narrow = op_matrix(RANK, IN - 1, 6), short_y = op_matrix(2, OUT, 7);
    op_refused(tape, qp_lora(tape, shared_y, shared_x, other, shared_b, 1), "another rank");
    op_refused(tape, qp_lora(tape, shared_y, shared_x, narrow, shared_b, 1), "an A of other columns");
    op_refused(tape, qp_lora(tape, short_y, shared_x, shared_a, shared_b, 1), "other rows");
    op_refused(tape, qp_lora(tape, shared_x, shared_x, shared_a, shared_b, 1), "a B of other rows");
    qp_tape_free(tape);
}
