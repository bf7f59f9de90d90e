#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/grad/loss/op_loss_nce.h"
#include "lib/grad/loss/op_loss_pair.h"
#include "tests/grad/op_check.h"

enum { ROWS = 6, COLUMNS = 5, COUNT = ROWS * COLUMNS, TRIPLET = QP_PAIR_KINDS, SQUARED, KINDS };

static qp_tensor shared[3];
static qp_real number[COUNT];
static const qp_real sign[ROWS] = {1, -1, 1, -1, -1, 1};
static const double constant = 0.9;

static void prepare(void)
{
    op_numbers_reset();
    for (int i = 0; i < 3; i++) shared[i] = op_matrix(ROWS, COLUMNS, 10 + (uint64_t)i);
    memcpy(number, op_numbers(COUNT, 20), sizeof number);
    memcpy(shared[1].value + COLUMNS, shared[0].value + COLUMNS, COLUMNS * sizeof(qp_real)); /* a pair of equal rows */
}

static qp_tensor loss_of(qp_tape *tape, int kind, const qp_tensor *x, qp_reduction reduction, int first_row)
{
    const qp_real *target = kind == QP_PAIR_GAUSSIAN_NLL ? number + first_row * COLUMNS : sign + first_row;
    if (kind >= TRIPLET)
        return qp_triplet_loss(tape, x[0], x[1], x[2], (qp_real)constant, kind == SQUARED, reduction);
    return qp_pair_loss(tape, (qp_pair_loss_kind)kind, x[0], x[1], target, (qp_real)constant, reduction);
}

static double element(int kind, int r, double a, double b, double t, const double *sum)
{
    double p = exp(a) / sum[0], q = exp(b) / sum[1];
    switch (kind) {
    case QP_PAIR_RANKING: return fmax(0, constant - (double)sign[r] * (a - b));
    case QP_PAIR_SYMMETRIC_KL: return (p * log(p / q) + q * log(q / p)) / 2;
    case QP_PAIR_GAUSSIAN_KL: return -0.5 * (1 + b - a * a - exp(b));
    case QP_PAIR_GAUSSIAN_NLL: return 0.5 * (log(2 * 3.14159265358979323846) + b + (t - a) * (t - a) / exp(b));
    default: return 0;
    }
}

/* The textbook formulas. */
static double by_hand(int kind, int r)
{
    double sum[2] = {0, 0}, dot = 0, aa = 0, bb = 0, near = 0, far = 0, whole = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int k = 0; k < COLUMNS; k++) {
            int i = r * COLUMNS + k;
            double a = (double)shared[0].value[i], b = (double)shared[1].value[i], c = (double)shared[2].value[i];
            if (pass == 1) {
                whole += element(kind, r, a, b, (double)number[i], sum);
                continue;
            }
            sum[0] += exp(a), sum[1] += exp(b);
            dot += a * b, aa += a * a, bb += b * b;
            near += (a - b) * (a - b), far += (a - c) * (a - c);
        }
    double angle = dot / sqrt(aa * bb);
    if (kind == QP_PAIR_COSINE) return sign[r] > 0 ? 1 - angle : fmax(0, angle - constant);
    if (kind == QP_PAIR_CONTRASTIVE) return sign[r] > 0 ? near : pow(fmax(0, constant - sqrt(near)), 2);
    if (kind == TRIPLET) return fmax(0, sqrt(near) - sqrt(far) + constant);
    if (kind == SQUARED) return fmax(0, near - far + constant);
    return whole;
}

Test(test_op_loss_pair, all_are_plain_loops)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    for (int kind = 0; kind < KINDS; kind++) {
        double expected[ROWS], sum = 0, mean;
        for (int r = 0; r < ROWS; r++) sum += expected[r] = by_hand(kind, r);
        mean = sum / ROWS;
        qp_tape_begin(tape, QP_TRAIN, 1);
        op_near("each", ROWS, loss_of(tape, kind, shared, QP_NONE, 0).value, expected, 1e-5);
        op_near("sum", 1, loss_of(tape, kind, shared, QP_SUM, 0).value, &sum, 1e-5);
        op_near("mean", 1, loss_of(tape, kind, shared, QP_MEAN, 0).value, &mean, 1e-5);
    }
    qp_tape_free(tape);
}

Test(test_op_loss_pair, info_nce_is_a_plain_loop)
{
    prepare();
    double like[ROWS][ROWS], value = 0;
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < ROWS; c++) {
            double dot = 0, aa = 0, bb = 0;
            for (int k = 0; k < COLUMNS; k++) {
                double a = (double)shared[0].value[r * COLUMNS + k], b = (double)shared[1].value[c * COLUMNS + k];
                dot += a * b, aa += a * a, bb += b * b;
            }
            like[r][c] = dot / sqrt(aa * bb) / 0.3;
        }
    for (int r = 0; r < ROWS; r++) {
        double row = 0, column = 0;
        for (int c = 0; c < ROWS; c++) row += exp(like[r][c]), column += exp(like[c][r]);
        value -= (log(exp(like[r][r]) / row) + log(exp(like[r][r]) / column)) / 2 / ROWS;
    }
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    op_near("loss", 1, qp_info_nce(tape, shared[0], shared[1], (qp_real)0.3).value, &value, 1e-5);
    qp_tape_free(tape);
}

/* The distance of two equal rows is 0, and its gradient is defined as 0. */
Test(test_op_loss_pair, no_distance_no_slope)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    for (int kind = 0; kind < KINDS; kind++) {
        qp_tape_begin(tape, QP_TRAIN, 1);
        qp_tensor leaf = op_leaf(tape, shared[0]), same[3] = {leaf, leaf, leaf};
        op_backward(tape, loss_of(tape, kind, same, QP_NONE, 0));
        for (int i = 0; i < COUNT; i++) cr_expect(isfinite(leaf.node->grad[i]), "kind %d: gradient %d", kind, i);
    }
    qp_tape_free(tape);
}

/* Of rows with cosine 0.6: a like pair is drawn together, an unlike one apart, unless it is apart enough already. */
Test(test_op_loss_pair, unlike_rows_within_the_margin_have_no_slope)
{
    qp_real a[] = {1, 0}, b[] = {(qp_real)0.6, (qp_real)0.8};
    static const struct {
        qp_real target, margin;
        double direction;
    } pair[] = {{1, 0, -1}, {1, (qp_real)0.9, -1}, {-1, (qp_real)0.9, 0}, {-1, (qp_real)0.2, 1}, {0, (qp_real)0.2, 1}};
    qp_tape *tape = qp_tape_new();
    for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) {
        double up = pair[i].direction * 0.1; /* op_backward's first number */
        const double da[] = {0, up * 0.8}, db[] = {up * 0.64, up * -0.48};
        qp_tape_begin(tape, QP_TRAIN, 1);
        qp_tensor x = op_leaf(tape, qp_tensor_of(1, 2, a)), y = op_leaf(tape, qp_tensor_of(1, 2, b));
        op_backward(tape, qp_pair_loss(tape, QP_PAIR_COSINE, x, y, &pair[i].target, pair[i].margin, QP_NONE));
        op_near("slope of a", 2, x.node->grad, da, 1e-6);
        op_near("slope of b", 2, y.node->grad, db, 1e-6);
    }
    qp_tape_free(tape);
}

/* A row of zeros is equally like all rows; its own gradient is defined as 0. */
Test(test_op_loss_pair, info_nce_of_a_row_of_zeros)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tensor zeros = op_matrix(ROWS, COLUMNS, 3);
    memset(zeros.value, 0, COLUMNS * sizeof *zeros.value);
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_tensor x = op_leaf(tape, shared[0]), y = op_leaf(tape, zeros);
    qp_tensor loss = qp_info_nce(tape, x, y, 1);
    cr_expect(isfinite(loss.value[0]) && loss.value[0] > 0);
    op_backward(tape, loss);
    for (int i = 0; i < COUNT; i++) {
        cr_expect(isfinite(x.node->grad[i]));
        cr_expect(i < COLUMNS ? y.node->grad[i] == 0 : isfinite(y.node->grad[i]));
    }
    qp_tape_free(tape);
}

static int chosen;

static void rows_of(qp_tape *tape, int first, int rows, qp_real *y)
{
    qp_tensor x[3];
    for (int i = 0; i < 3; i++) {
        x[i] = shared[i];
        x[i].value = qp_tensor_row(x[i], first);
        x[i].rows = rows;
    }
    memcpy(y, loss_of(tape, chosen, x, QP_NONE, first).value, (size_t)rows * sizeof *y);
}

static void result_and_gradient(qp_tape *tape, qp_real *result)
{
    qp_tensor x[3] = {op_leaf(tape, shared[0]), op_leaf(tape, shared[1]), op_leaf(tape, shared[2])};
    qp_tensor y = chosen == KINDS ? qp_info_nce(tape, x[0], x[1], 1) : loss_of(tape, chosen, x, QP_MEAN, 0);
    result[0] = y.value[0];
    op_backward(tape, y);
    for (int i = 0; i < 2; i++) memcpy(result + 1 + i * COUNT, x[i].node->grad, COUNT * sizeof *result);
}

Test(test_op_loss_pair, neither_neighbours_nor_threads_change_a_bit)
{
    prepare();
    for (chosen = 0; chosen <= KINDS; chosen++) {
        if (chosen < KINDS) op_same_by_rows(rows_of, QP_TRAIN, ROWS, 1, 0);
        op_same_in_threads(result_and_gradient, 1 + 2 * COUNT);
    }
}

Test(test_op_loss_pair, wrong_shapes_are_refused)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_tensor narrow = qp_tensor_of(ROWS, COLUMNS - 1, number);
    op_refused(tape, qp_pair_loss(tape, QP_PAIR_COSINE, shared[0], narrow, sign, 0, QP_MEAN), "other columns");
    op_refused(tape, qp_pair_loss(tape, QP_PAIR_RANKING, shared[0], shared[1], NULL, 0, QP_MEAN), "no target");
    op_refused(tape, qp_triplet_loss(tape, shared[0], shared[1], narrow, 0, false, QP_MEAN), "other columns");
    op_refused(tape, qp_info_nce(tape, shared[0], narrow, 1), "other columns");
    op_refused(tape, qp_info_nce(tape, shared[0], shared[1], 0), "temperature 0");
    qp_tape_free(tape);
}
