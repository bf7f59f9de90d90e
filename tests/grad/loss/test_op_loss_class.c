#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/grad/loss/op_loss_class.h"
#include "tests/grad/op_check.h"

enum { ROWS = 5, COLUMNS = 7, COUNT = ROWS * COLUMNS };

static qp_tensor shared_x;
static qp_real beside[COUNT];
static const int32_t target[ROWS] = {3, -1, 0, 6, 2};
static const double strength = 0.7, temperature = 2;

static void prepare(void)
{
    op_numbers_reset();
    shared_x = op_matrix(ROWS, COLUMNS, 1);
    for (int i = 0; i < COUNT; i++) {
        shared_x.value[i] *= 4;
        beside[i] = (op_numbers(1, 100 + (uint64_t)i)[0] + 1) / 2;
    }
}

static qp_class_loss_config config_of(int kind, qp_reduction reduction, int first_row)
{
    return (qp_class_loss_config){.kind = (qp_class_loss_kind)kind,
                                  .reduction = reduction,
                                  .strength = (qp_real)strength,
                                  .temperature = (qp_real)temperature,
                                  .beside = kind == QP_CLASS_FOCAL ? beside : beside + first_row * COLUMNS};
}

static qp_tensor loss_of(qp_tape *tape, int kind, qp_tensor x, qp_reduction reduction, int first_row)
{
    qp_class_loss_config config = config_of(kind, reduction, first_row);
    return qp_class_loss(tape, x, kind == QP_CLASS_GUIDED ? NULL : target + first_row, &config);
}

static void softmax(const qp_real *x, double t, double *p)
{
    double sum = 0;
    for (int c = 0; c < COLUMNS; c++) sum += p[c] = exp((double)x[c] / t);
    for (int c = 0; c < COLUMNS; c++) p[c] /= sum;
}

static double extra(int kind, int r, const double *p)
{
    const qp_real *x = shared_x.value + r * COLUMNS, *b = beside + r * COLUMNS;
    double student[COLUMNS], teacher[COLUMNS], sum = 0, all = 0;
    int y = target[r];
    softmax(x, temperature, student);
    softmax(b, temperature, teacher);
    for (int c = 0; c < COLUMNS; c++) {
        double lack = strength - (double)x[y] + (double)x[c];
        all += exp((double)x[c]);
        if (kind == QP_CLASS_HINGE && c != y && lack > 0) sum += lack / COLUMNS;
        if (kind == QP_CLASS_UNLIKELIHOOD && c != y) sum -= strength * (double)b[c] * log(1 - p[c]);
        if (kind == QP_CLASS_CONFIDENCE) sum += strength * p[c] * log(p[c]);
        if (kind == QP_CLASS_DISTILLATION) sum += strength * 4 * teacher[c] * log(teacher[c] / student[c]);
    }
    if (kind == QP_CLASS_POLY1) return strength * (1 - p[y]);
    if (kind == QP_CLASS_Z) return strength * pow(log(all), 2);
    return sum;
}

/* The textbook formulas. */
static double by_hand(int kind, int r)
{
    double p[COLUMNS], sum = 0;
    int y = target[r];
    softmax(shared_x.value + r * COLUMNS, 1, p);
    if (kind == QP_CLASS_GUIDED) {
        for (int c = 0; c < COLUMNS; c++) sum -= (double)beside[r * COLUMNS + c] * log(p[c] + strength);
        return sum;
    }
    if (y < 0) return 0;
    double nll = -log(p[y]);
    if (kind == QP_CLASS_HINGE) return extra(kind, r, p);
    if (kind == QP_CLASS_FOCAL) return (double)beside[y] * pow(1 - p[y], strength) * nll;
    if (kind == QP_CLASS_DISTILLATION) return extra(kind, r, p) + (1 - strength) * nll;
    return nll + extra(kind, r, p);
}

Test(test_op_loss_class, all_are_plain_loops)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    for (int kind = 0; kind < QP_CLASS_KINDS; kind++) {
        double expected[ROWS], sum = 0, mean;
        for (int r = 0; r < ROWS; r++) sum += expected[r] = by_hand(kind, r);
        mean = sum / (kind == QP_CLASS_GUIDED ? ROWS : ROWS - 1);
        qp_tape_begin(tape, QP_TRAIN, 1);
        op_near("each", ROWS, loss_of(tape, kind, shared_x, QP_NONE, 0).value, expected, 1e-5);
        op_near("sum", 1, loss_of(tape, kind, shared_x, QP_SUM, 0).value, &sum, 1e-5);
        op_near("mean", 1, loss_of(tape, kind, shared_x, QP_MEAN, 0).value, &mean, 1e-5);
    }
    qp_tape_free(tape);
}

Test(test_op_loss_class, large_logits_stay_numbers)
{
    static qp_real x[] = {1e4, -1e4, 0, -1e4, 1e4, 88};
    static const int32_t right[] = {0, 0};
    qp_tape *tape = qp_tape_new();
    for (int kind = 0; kind < QP_CLASS_KINDS; kind++) {
        qp_tape_begin(tape, QP_TRAIN, 1);
        qp_tensor leaf = op_leaf(tape, qp_tensor_of(2, 3, x));
        qp_class_loss_config config = config_of(kind, QP_NONE, 0);
        config.beside = kind == QP_CLASS_FOCAL ? NULL : x;
        if (kind == QP_CLASS_UNLIKELIHOOD || kind == QP_CLASS_GUIDED) config.beside = beside;
        op_backward(tape, qp_class_loss(tape, leaf, kind == QP_CLASS_GUIDED ? NULL : right, &config));
        for (int i = 0; i < 6; i++) cr_expect(isfinite(leaf.node->grad[i]), "kind %d: gradient %d", kind, i);
    }
    qp_tape_free(tape);
}

Test(test_op_loss_class, rows_that_are_all_uncounted_have_no_gradient)
{
    static const int32_t none[ROWS] = {-1, -1, -1, -1, -1};
    prepare();
    qp_tape *tape = qp_tape_new();
    for (int kind = 0; kind < QP_CLASS_KINDS; kind++) {
        qp_class_loss_config config = config_of(kind, QP_MEAN, 0);
        qp_tape_begin(tape, QP_TRAIN, 1);
        qp_tensor x = op_leaf(tape, shared_x), y = qp_class_loss(tape, x, none, &config);
        cr_expect(y.value[0] == 0, "kind %d: loss", kind);
        op_backward(tape, y);
        for (int i = 0; i < COUNT; i++) cr_expect(x.node->grad[i] == 0, "kind %d: gradient %d", kind, i);
    }
    qp_tape_free(tape);
}

static int chosen;

static void rows_of(qp_tape *tape, int first, int rows, qp_real *y)
{
    qp_tensor x = shared_x;
    x.value = qp_tensor_row(x, first);
    x.rows = rows;
    memcpy(y, loss_of(tape, chosen, x, QP_NONE, first).value, (size_t)rows * sizeof *y);
}

static void result_and_gradient(qp_tape *tape, qp_real *result)
{
    qp_tensor x = op_leaf(tape, shared_x), y = loss_of(tape, chosen, x, QP_MEAN, 0);
    result[0] = y.value[0];
    op_backward(tape, y);
    memcpy(result + 1, x.node->grad, COUNT * sizeof *result);
}

Test(test_op_loss_class, neither_neighbours_nor_threads_change_a_bit)
{
    prepare();
    for (chosen = 0; chosen < QP_CLASS_KINDS; chosen++) {
        op_same_by_rows(rows_of, QP_TRAIN, ROWS, 1, 0);
        op_same_in_threads(result_and_gradient, 1 + COUNT);
    }
}

/* A source of one word: the attention to it is 1. */
Test(test_op_loss_class, an_alignment_may_have_one_key)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_class_loss_config config = config_of(QP_CLASS_GUIDED, QP_SUM, 0);
    qp_tensor loss = qp_class_loss(tape, qp_tensor_of(3, 1, shared_x.value), NULL, &config);
    cr_assert_not(qp_tape_failed(tape));
    double sum = 0;
    for (int r = 0; r < 3; r++) sum -= (double)beside[r] * log(1 + strength);
    cr_assert_float_eq((double)loss.value[0], sum, 1e-5);
    qp_tape_free(tape);
}

Test(test_op_loss_class, wrong_shapes_are_refused)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_class_loss_config hinge = config_of(QP_CLASS_HINGE, QP_MEAN, 0), other = hinge;
    op_refused(tape, qp_class_loss(tape, qp_tensor_of(3, 1, beside), target, &hinge), "one class");
    op_refused(tape, qp_class_loss(tape, qp_tensor_of(4, 6, beside), target, &hinge), "a target beyond the classes");
    op_refused(tape, qp_class_loss(tape, shared_x, NULL, &hinge), "no target");
    other.kind = QP_CLASS_UNLIKELIHOOD, other.beside = NULL;
    op_refused(tape, qp_class_loss(tape, shared_x, target, &other), "no negative classes");
    other = config_of(QP_CLASS_DISTILLATION, QP_MEAN, 0), other.temperature = 0;
    op_refused(tape, qp_class_loss(tape, shared_x, target, &other), "temperature 0");
    qp_tape_free(tape);
}
