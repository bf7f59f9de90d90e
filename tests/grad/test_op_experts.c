#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/grad/op_experts.h"
#include "tests/grad/op_check.h"

enum { ROWS = 9, EXPERTS = 5, TOP = 2, OUT = 7 };

static qp_tensor shared_logits, shared_out;

static qp_tape *fresh(qp_mode mode)
{
    op_numbers_reset();
    shared_logits = op_matrix(ROWS, EXPERTS, 1);
    shared_out = op_matrix(ROWS * TOP, OUT, 2);
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, mode, 1);
    return tape;
}

Test(test_op_experts, every_row_has_its_best_experts_with_their_weights)
{
    qp_tape *tape = fresh(QP_TRAIN);
    qp_routes raw = qp_route(tape, shared_logits, TOP, false), r = qp_route(tape, shared_logits, TOP, true);
    double balance = 0, z = 0, mean[EXPERTS] = {0};
    int choices[EXPERTS] = {0};
    for (int i = 0; i < ROWS; i++) {
        const qp_real *x = qp_tensor_row(shared_logits, i);
        double sum = 0, p[EXPERTS];
        for (int e = 0; e < EXPERTS; e++) sum += exp((double)x[e]);
        for (int e = 0; e < EXPERTS; e++) mean[e] += (p[e] = exp((double)x[e]) / sum) / ROWS;
        z += log(sum) * log(sum) / ROWS;
        int first = r.expert[i * TOP], second = r.expert[i * TOP + 1];
        for (int e = 0; e < EXPERTS; e++) cr_expect(p[e] <= p[first] && (e == first || p[e] <= p[second]));
        cr_expect_float_eq(raw.weight.value[i * TOP], p[first], 1e-6);
        cr_expect_float_eq(r.weight.value[i * TOP + 1], p[second] / (p[first] + p[second]), 1e-6);
        choices[first]++, choices[second]++;
    }
    for (int e = 0; e < EXPERTS; e++) balance += EXPERTS * mean[e] * choices[e] / (ROWS * TOP);
    cr_expect_float_eq(*r.balance.value, balance, 1e-6);
    cr_expect_float_eq(*r.z.value, z, 1e-6);
    qp_tape_free(tape);
}

Test(test_op_experts, choices_are_ordered_by_expert_and_row)
{
    qp_tape *tape = fresh(QP_INFER);
    qp_routes r = qp_route(tape, shared_logits, TOP, true);
    cr_assert_eq(r.first[0], 0);
    cr_assert_eq(r.first[EXPERTS], ROWS * TOP);
    for (int e = 0; e < EXPERTS; e++)
        for (int i = r.first[e]; i < r.first[e + 1]; i++)
            cr_expect(i == r.first[e] || r.row[i - 1] < r.row[i], "expert %d reads its rows in order", e);
    for (int i = 0; i < ROWS * TOP; i++) {
        cr_expect(r.place[i] >= r.first[r.expert[i]] && r.place[i] < r.first[r.expert[i] + 1]);
        cr_expect_eq(r.row[r.place[i]], i / TOP);
    }
    qp_tape_free(tape);
}

Test(test_op_experts, equal_scores_go_to_the_first_experts)
{
    qp_tape *tape = fresh(QP_INFER);
    qp_real even[EXPERTS] = {0};
    qp_routes r = qp_route(tape, qp_tensor_of(1, EXPERTS, even), TOP, true);
    cr_expect(r.expert[0] == 0 && r.expert[1] == 1);
    cr_expect_float_eq(*r.balance.value, 1, 1e-6, "the least that it can be");
    qp_tape_free(tape);
}

static void some_rows(qp_tape *tape, int first, int rows, qp_real *y)
{
    qp_tensor logits = shared_logits;
    logits.value = qp_tensor_row(logits, first);
    logits.rows = rows;
    memcpy(y, qp_route(tape, logits, TOP, true).weight.value, (size_t)rows * TOP * sizeof *y);
}

static void result_and_gradients(qp_tape *tape, qp_real *result)
{
    qp_tensor logits = op_leaf(tape, shared_logits), out = op_leaf(tape, shared_out);
    qp_routes r = qp_route(tape, logits, TOP, true);
    qp_tensor y = qp_route_mix(tape, out, &r);
    memcpy(result, y.value, ROWS * OUT * sizeof *result);
    op_backward(tape, y);
    memcpy(result + ROWS * OUT, logits.node->grad, ROWS * EXPERTS * sizeof *result);
    memcpy(result + ROWS * (OUT + EXPERTS), out.node->grad, ROWS * TOP * OUT * sizeof *result);
}

Test(test_op_experts, a_row_does_not_know_its_neighbours_nor_the_threads)
{
    qp_tape_free(fresh(QP_TRAIN));
    op_same_by_rows(some_rows, QP_INFER, ROWS, TOP, 0);
    op_same_in_threads(result_and_gradients, ROWS * (OUT + EXPERTS + TOP * OUT));
}

Test(test_op_experts, wrong_shapes_are_refused)
{
    qp_tape *tape = fresh(QP_TRAIN);
    op_refused(tape, qp_route(tape, shared_logits, EXPERTS + 1, true).weight, "more experts than there are");
    qp_routes r = qp_route(tape, shared_logits, 1, false);
    op_refused(tape, qp_route_mix(tape, shared_out, &r), "outputs of two choices a row");
    qp_tape_free(tape);
}
