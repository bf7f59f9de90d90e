#include "tests/grad/op_check.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/base/random.h"

static qp_real pool[1 << 18];
static size_t pool_used;

void op_numbers_reset(void) { pool_used = 0; }

qp_real *op_numbers(size_t count, uint64_t seed)
{
    cr_assert_leq(pool_used + count, sizeof pool / sizeof *pool);
    qp_real *value = pool + pool_used;
    pool_used += count;
    for (size_t i = 0; i < count; i++) value[i] = (qp_real)(2 * qp_random_uniform(qp_random_key(17, seed), i) - 1);
    return value;
}

qp_tensor op_matrix(int rows, int columns, uint64_t seed)
{
    return qp_tensor_of(rows, columns, op_numbers((size_t)rows * (size_t)columns, seed));
}

void op_near(const char *what, size_t count, const qp_real *x, const double *y, double tolerance)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)x[i] - y[i]) <= tolerance * fmax(1, fabs(y[i])))) {
            cr_expect_fail("%s: element %zu is %.9g, should be %.9g", what, i, (double)x[i], y[i]);
            return;
        }
}

/* Filled by threads, each in its own part of the array: the pool of numbers is not thread-safe. */
void op_same_in_threads(op_computation *compute, size_t count)
{
    qp_real *alone = calloc(count, sizeof *alone), *many = calloc(4 * count, sizeof *many);
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 3);
    compute(tape, alone);
    cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
    qp_tape_free(tape);
    for (int threads = 2; threads <= 4; threads++) {
#pragma omp parallel for num_threads(threads) schedule(static, 1)
        for (int i = 0; i < threads; i++) {
            qp_tape *own = qp_tape_new();
            qp_tape_begin(own, QP_TRAIN, 3);
            compute(own, many + (size_t)i * count);
            qp_tape_free(own);
        }
        for (int i = 0; i < threads; i++)
            cr_expect_arr_eq(many + (size_t)i * count, alone, count * sizeof *alone, "thread %d of %d", i, threads);
    }
    free(alone);
    free(many);
}

void op_same_by_rows(op_rows *compute, qp_mode mode, int rows, int columns, double tolerance)
{
    size_t width = (size_t)columns;
    qp_real *whole = calloc((size_t)rows * width, sizeof *whole), *one = calloc(width, sizeof *one);
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, mode, 3);
    compute(tape, 0, rows, whole);
    for (int r = 0; r < rows; r++) {
        qp_tape_begin(tape, mode, 3);
        compute(tape, r, 1, one);
        for (size_t c = 0; c < width; c++) {
            double alone = (double)one[c], among = (double)whole[(size_t)r * width + c];
            cr_expect(tolerance == 0 ? alone == among : fabs(alone - among) <= tolerance * fmax(1, fabs(alone)),
                      "row %d column %zu: alone %.9g, in the batch %.9g", r, c, alone, among);
        }
    }
    cr_expect_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
    qp_tape_free(tape);
    free(whole);
    free(one);
}

void op_backward(qp_tape *tape, qp_tensor y)
{
    qp_real beta, *grad = qp_tape_grad(tape, y, &beta);
    for (int i = 0; grad && i < y.rows * y.columns; i++) grad[i] = (qp_real)(i + 1) / 10;
    qp_tape_backward_from(tape);
}

qp_tensor op_leaf(qp_tape *tape, qp_tensor x)
{
    size_t count = (size_t)x.rows * (size_t)x.stride;
    x.node = qp_tape_memory(tape, sizeof *x.node);
    *x.node = (qp_node){
        .value = x.value, .grad = qp_tape_memory(tape, count * sizeof(qp_real)), .count = count, .parameter = true};
    return x;
}

void op_refused(qp_tape *tape, qp_tensor y, const char *what)
{
    cr_expect_eq(qp_tape_status(tape), QP_ESHAPE, "%s was accepted", what);
    cr_expect_null(y.value, "%s", what);
    cr_expect_gt(strlen(qp_tape_message(tape)), 10, "%s", what);
    qp_tape_begin(tape, QP_TRAIN, 1);
}
