#include <criterion/criterion.h>
#include <math.h>

#include "lib/nn/norm.h"
#include "lib/nn/statistic.h"

enum { ROWS = 6, WIDTH = 2 };

static bool none_frozen(const void *self, const char *name) { return self && name; }

/* Training takes the statistics of the batch and remembers them; afterwards the running ones are used, whatever
 * rows there are. */
Test(norm, batch_norm_follows_its_batches)
{
    qp_params *params = qp_params_new();
    qp_norm norm = qp_norm_add(params, WIDTH, QP_NORM_BATCH, 0, "norm");
    cr_assert_eq(qp_params_finish(params), QP_OK);
    qp_params_initialise(params, 1);
    qp_tape *tape = qp_tape_new();
    qp_gradient gradient;
    cr_assert_eq(qp_gradient_init(&gradient, params), QP_OK);
    for (int update = 0; update < 200; update++) {
        qp_tape_begin(tape, QP_TRAIN, 1);
        qp_gradient_begin(&gradient, params);
        qp_tape_bind(tape, gradient.node);
        qp_real value[ROWS * WIDTH];
        for (int i = 0; i < ROWS * WIDTH; i++) value[i] = (qp_real)(i % WIDTH ? 10 + i : i % 4);
        qp_tensor y = qp_norm_forward(&norm, tape, params, qp_tensor_of(ROWS, WIDTH, value));
        double sum = 0, squares = 0;
        for (int r = 0; r < ROWS; r++) {
            sum += (double)qp_tensor_row(y, r)[1];
            squares += (double)qp_tensor_row(y, r)[1] * (double)qp_tensor_row(y, r)[1];
        }
        cr_assert_float_eq(sum, 0, 1e-4);
        cr_assert_float_eq(squares, ROWS, 1e-3);
        qp_gradient_finish(&gradient, params);
        const qp_real *block = gradient.block;
        qp_statistic_follow(params, &block, 1, none_frozen, NULL, NULL);
    }
    qp_tape_begin(tape, QP_INFER, 1);
    qp_real one[WIDTH] = {2, 20};
    qp_tensor y = qp_norm_forward(&norm, tape, params, qp_tensor_of(1, WIDTH, one));
    /* column 0: 0 2 0 2 0 2, column 1: 11 13 .. 21 */
    cr_expect_float_eq(y.value[0], 1 / sqrt(6.0 / 5), 1e-4);
    cr_expect_float_eq(y.value[1], 4 / sqrt(14), 1e-4);
    int sums = qp_params_find(params, "norm.running_sums");
    cr_assert_geq(sums, 0);
    qp_real *seen = qp_params_value(params, sums), rows = seen[0], keep = qp_params_at(params, sums)->keep;
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_gradient_begin(&gradient, params);
    qp_tape_bind(tape, gradient.node);
    y = qp_norm_forward(&norm, tape, params, qp_tensor_of(1, WIDTH, one));
    cr_expect_float_eq(y.value[1], 4 / sqrt(14), 1e-4, "one row has no variance of its own");
    qp_gradient_finish(&gradient, params);
    const qp_real *block = gradient.block;
    qp_statistic_follow(params, &block, 1, none_frozen, NULL, NULL);
    cr_expect_float_eq(seen[0], keep * rows, 1e-6, "and is not counted");
    qp_gradient_free(&gradient);
    qp_tape_free(tape);
    qp_params_free(params);
}
