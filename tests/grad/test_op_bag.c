#include <criterion/criterion.h>
#include <math.h>

#include "lib/grad/op_bag.h"
#include "tests/grad/op_check.h"

enum { VOCABULARY = 6, WIDTH = 3 };

static const int32_t start[] = {0, 2, 3, 3}, id[] = {5, 1, 0};
static const qp_real weight[VOCABULARY] = {0, 3, 1, 1, 1, 4};
static const qp_ids bags = {.sequences = {.count = 3, .start = start}, .id = id};

/* y = bias + (3 table[1] + 4 table[5]) / 5; a feature without weight and an empty bag give the bias. */
Test(test_op_bag, weighted_sum_of_unit_length)
{
    op_numbers_reset();
    qp_tensor table = op_matrix(VOCABULARY, WIDTH, 1), bias = op_matrix(1, WIDTH, 2);
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_tensor y = qp_bag(tape, table, bias, bags, weight);
    cr_assert_eq(qp_tape_status(tape), QP_OK);
    for (int k = 0; k < WIDTH; k++) {
        double b = bias.value[k], sum = 0.8 * qp_tensor_row(table, 5)[k] + 0.6 * qp_tensor_row(table, 1)[k];
        cr_expect_float_eq(qp_tensor_row(y, 0)[k], b + sum, 1e-6);
        cr_expect_eq(qp_tensor_row(y, 1)[k], bias.value[k]);
        cr_expect_eq(qp_tensor_row(y, 2)[k], bias.value[k]);
    }
    qp_tape_free(tape);
}

Test(test_op_bag, wrong_ids_and_shapes_are_refused)
{
    op_numbers_reset();
    qp_tensor table = op_matrix(5, WIDTH, 1), bias = op_matrix(1, WIDTH, 2), wide = op_matrix(1, WIDTH + 1, 3);
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_INFER, 1);
    qp_bag(tape, table, bias, bags, weight);
    cr_expect_eq(qp_tape_status(tape), QP_ESHAPE, "id 5 of 5");
    qp_tape_begin(tape, QP_INFER, 1);
    qp_bag(tape, op_matrix(VOCABULARY, WIDTH, 4), wide, bags, weight);
    cr_expect_eq(qp_tape_status(tape), QP_ESHAPE, "bias too wide");
    qp_tape_free(tape);
}
