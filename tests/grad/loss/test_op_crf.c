#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/grad/loss/op_crf.h"
#include "tests/grad/op_check.h"

/* Everything against its definition: a loop over all label sequences. */

enum { LABELS = 3, SEQUENCES = 4, ROWS = 11, WEIGHTS = LABELS * (LABELS + 2), LONGEST = 5 };

static const int32_t start[SEQUENCES + 1] = {0, 5, 5, 6, ROWS}; /* the second has no row */
static const int32_t known[ROWS] = {0, 2, 1, 1, 0, 2, 1, 0, 0, 2, 2};
static const int32_t partly[ROWS] = {0, -1, 1, -1, -1, -1, 1, 0, -1, 2, 2};
static const qp_sequences sequences = {.count = SEQUENCES, .start = start};

static qp_tensor emissions;
static qp_crf field;

static void prepare(double factor)
{
    op_numbers_reset();
    emissions = op_matrix(ROWS, LABELS, 1);
    field = (qp_crf){op_matrix(LABELS, LABELS, 2), op_matrix(1, LABELS, 3), op_matrix(1, LABELS, 4)};
    for (int i = 0; i < ROWS * LABELS; i++) emissions.value[i] *= (qp_real)(3 * factor);
    for (int i = 0; i < LABELS * LABELS; i++) field.transitions.value[i] *= (qp_real)(2 * factor);
}

static double score_of(const qp_crf *crf, int first, int rows, const int *y)
{
    double score = 0;
    for (int t = 0; t < rows; t++) {
        score += (double)qp_tensor_row(emissions, first + t)[y[t]];
        if (t > 0) score += (double)qp_tensor_row(crf->transitions, y[t - 1])[y[t]];
    }
    if (crf->start.value) score += (double)crf->start.value[y[0]];
    if (crf->end.value) score += (double)crf->end.value[y[rows - 1]];
    return score;
}

typedef struct {
    double total, marginal[LONGEST][LABELS], best;
    int label[LONGEST];
} truth;

/* The quantities of sequence s, over all y that agree with the tags. */
static truth by_hand(const qp_crf *crf, int s, const int32_t *tag)
{
    int rows = start[s + 1] - start[s], ways = 1;
    truth all = {.best = -INFINITY};
    double sum = 0;
    for (int t = 0; t < rows; t++) ways *= LABELS;
    for (int way = 0; way < ways; way++) {
        int y[LONGEST], rest = way, agrees = 1;
        for (int t = 0; t < rows; t++, rest /= LABELS) {
            y[t] = rest % LABELS;
            agrees &= !tag || tag[start[s] + t] < 0 || tag[start[s] + t] == y[t];
        }
        if (!agrees) continue;
        double score = score_of(crf, start[s], rows, y), weight = exp(score);
        sum += weight;
        for (int t = 0; t < rows; t++) all.marginal[t][y[t]] += weight;
        if (score > all.best) {
            all.best = score;
            memcpy(all.label, y, sizeof y);
        }
    }
    for (int t = 0; t < rows; t++)
        for (int j = 0; j < LABELS; j++) all.marginal[t][j] /= sum;
    all.total = log(sum);
    return all;
}

static double loss_by_hand(const qp_crf *crf, int s, const int32_t *tag)
{
    return start[s + 1] == start[s] ? 0 : by_hand(crf, s, NULL).total - by_hand(crf, s, tag).total;
}

static void check_loss(const qp_crf *crf, const int32_t *tag, double tolerance)
{
    double expected[SEQUENCES], sum = 0, mean;
    for (int s = 0; s < SEQUENCES; s++) sum += expected[s] = loss_by_hand(crf, s, tag);
    mean = sum / SEQUENCES;
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    op_near("each", SEQUENCES, qp_crf_loss(tape, emissions, sequences, tag, crf, QP_NONE).value, expected, tolerance);
    op_near("sum", 1, qp_crf_loss(tape, emissions, sequences, tag, crf, QP_SUM).value, &sum, tolerance);
    op_near("mean", 1, qp_crf_loss(tape, emissions, sequences, tag, crf, QP_MEAN).value, &mean, tolerance);
    qp_tape_free(tape);
}

Test(op_crf, loss_is_the_sum_over_all_sequences)
{
    prepare(1);
    check_loss(&field, known, 1e-5);
    check_loss(&field, partly, 1e-5);
    qp_crf bare = {.transitions = field.transitions};
    check_loss(&bare, known, 1e-5);
}

/* Two labels whose terms underflow in double: the recursions must use logarithms. */
Test(op_crf, forbidden_transitions_stay_numbers)
{
    prepare(1);
    for (int i = 0; i < LABELS; i++) qp_tensor_row(field.transitions, i)[1] = -1e4;
    static const int32_t tag[ROWS] = {0, 1, 1, 1, 0, 2, 1, 1, 1, 1, 1};
    double expected[SEQUENCES] = {0};
    for (int s = 0; s < SEQUENCES; s++) {
        int rows = start[s + 1] - start[s], y[LONGEST];
        for (int t = 0; t < rows; t++) y[t] = tag[start[s] + t];
        if (rows > 0) expected[s] = by_hand(&field, s, NULL).total - score_of(&field, start[s], rows, y);
    }
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_tensor e = op_leaf(tape, emissions);
    qp_tensor loss = qp_crf_loss(tape, e, sequences, tag, &field, QP_NONE);
    op_near("loss", SEQUENCES, loss.value, expected, 1e-5);
    op_backward(tape, loss);
    for (int t = 0; t < 5; t++)
        for (int j = 0; j < LABELS; j++) {
            double p = by_hand(&field, 0, NULL).marginal[t][j] - (j == tag[t]);
            cr_expect_float_eq((double)e.node->grad[t * LABELS + j], 0.1 * p, 1e-6);
        }
    qp_tape_free(tape);
}

Test(op_crf, marginals_and_the_best_path_are_those_of_all_sequences)
{
    prepare(1);
    double memory[LABELS * (LABELS + 3)], alpha[ROWS * LABELS], beta[ROWS * LABELS], best[ROWS * LABELS];
    int32_t label[LONGEST];
    cr_assert_leq(qp_crf_lattice_doubles(LABELS), sizeof memory / sizeof *memory);
    for (int way = 0; way < 2; way++) {
        qp_crf crf = way == 0 ? field : (qp_crf){.transitions = field.transitions};
        qp_crf_lattice lattice;
        qp_crf_lattice_init(&lattice, &crf, memory);
        for (int s = 0; s < SEQUENCES; s++) {
            int rows = start[s + 1] - start[s];
            qp_tensor e = qp_tensor_of(rows, LABELS, qp_tensor_row(emissions, start[s]));
            if (rows == 0) {
                cr_expect_eq(qp_crf_viterbi(&crf, e, best, label), 0.0);
                continue;
            }
            truth all = by_hand(&crf, s, NULL);
            double total = qp_crf_forward(&lattice, e, NULL, alpha);
            qp_crf_backward(&lattice, e, NULL, beta);
            cr_expect_float_eq(total, all.total, 1e-9);
            cr_expect_float_eq(qp_crf_viterbi(&crf, e, best, label), all.best, 1e-9);
            for (int t = 0; t < rows; t++) {
                cr_expect_eq(label[t], all.label[t], "sequence %d row %d", s, t);
                for (int j = 0; j < LABELS; j++)
                    cr_expect_float_eq(qp_crf_marginal(LABELS, &(qp_crf_tables){alpha, beta, total}, t, j),
                                       all.marginal[t][j], 1e-9);
            }
        }
    }
}

/* Of equal paths, the one with the lower label at the last row where they differ. */
Test(op_crf, equal_paths_have_an_order)
{
    static qp_real zero[LABELS * LABELS], e[2 * LABELS] = {0, 1, 1, 1, 0, 1};
    qp_crf crf = {.transitions = qp_tensor_of(LABELS, LABELS, zero)};
    double best[2 * LABELS];
    int32_t label[2];
    cr_expect_eq(qp_crf_viterbi(&crf, qp_tensor_of(2, LABELS, e), best, label), 2.0);
    cr_expect_eq(label[0], 1);
    cr_expect_eq(label[1], 0);
}

static void loss_of_rows(qp_tape *tape, int first, int count, qp_real *y)
{
    int32_t own[SEQUENCES + 1];
    for (int s = 0; s <= count; s++) own[s] = start[first + s] - start[first];
    qp_tensor e = qp_tensor_of(own[count], LABELS, qp_tensor_row(emissions, start[first]));
    qp_sequences some = {.count = count, .start = own};
    qp_tensor loss = qp_crf_loss(tape, e, some, partly + start[first], &field, QP_NONE);
    memcpy(y, loss.value, (size_t)count * sizeof *y);
}

static void loss_and_gradients(qp_tape *tape, qp_real *result)
{
    qp_tensor e = op_leaf(tape, emissions);
    qp_crf crf = {op_leaf(tape, field.transitions), op_leaf(tape, field.start), op_leaf(tape, field.end)};
    qp_tensor loss = qp_crf_loss(tape, e, sequences, partly, &crf, QP_MEAN);
    result[0] = loss.value[0];
    op_backward(tape, loss);
    memcpy(result + 1, e.node->grad, ROWS * LABELS * sizeof *result);
    qp_real *next = result + 1 + ROWS * LABELS;
    memcpy(next, crf.transitions.node->grad, LABELS * LABELS * sizeof *next);
    memcpy(next + LABELS * LABELS, crf.start.node->grad, LABELS * sizeof *next);
    memcpy(next + LABELS * (LABELS + 1), crf.end.node->grad, LABELS * sizeof *next);
}

Test(op_crf, neither_neighbours_nor_threads_change_a_bit)
{
    prepare(1);
    op_same_by_rows(loss_of_rows, QP_TRAIN, SEQUENCES, 1, 0);
    op_same_in_threads(loss_and_gradients, 1 + ROWS * LABELS + WEIGHTS);
}

Test(op_crf, wrong_shapes_are_refused)
{
    prepare(1);
    static const int32_t beyond[ROWS] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, LABELS}, before[ROWS] = {-2};
    qp_crf narrow = {.transitions = qp_tensor_of(LABELS, 2, field.transitions.value)}, none = {0}, ends = field;
    ends.end.columns = 2;
    qp_tensor few = emissions;
    few.rows--;
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    op_refused(tape, qp_crf_loss(tape, emissions, sequences, beyond, &field, QP_SUM), "a tag beyond the labels");
    op_refused(tape, qp_crf_loss(tape, emissions, sequences, before, &field, QP_SUM), "a tag of -2");
    op_refused(tape, qp_crf_loss(tape, emissions, sequences, NULL, &field, QP_SUM), "no tags");
    op_refused(tape, qp_crf_loss(tape, few, sequences, known, &field, QP_SUM), "a row too few");
    op_refused(tape, qp_crf_loss(tape, emissions, sequences, known, &narrow, QP_SUM), "narrow transitions");
    op_refused(tape, qp_crf_loss(tape, emissions, sequences, known, &none, QP_SUM), "no transitions");
    op_refused(tape, qp_crf_loss(tape, emissions, sequences, known, &ends, QP_SUM), "narrow ends");
    qp_tape_free(tape);
}
