#include <criterion/criterion.h>
#include <math.h>

#include "lib/nn/highway.h"

enum { WIDTH = 5, LAYERS = 2, ROWS = 3 };

static void plain_layer(qp_params *params, int at, const double *x, double *y)
{
    const qp_real *h = qp_params_value(params, at), *hb = qp_params_value(params, at + 1);
    const qp_real *t = qp_params_value(params, at + 2), *tb = qp_params_value(params, at + 3);
    for (int o = 0; o < WIDTH; o++) {
        double a = (double)hb[o], b = (double)tb[o];
        for (int i = 0; i < WIDTH; i++) {
            a += (double)h[o * WIDTH + i] * x[i];
            b += (double)t[o * WIDTH + i] * x[i];
        }
        double gate = 1 / (1 + exp(-b));
        y[o] = gate * tanh(a) + (1 - gate) * x[o];
    }
}

Test(test_highway, it_is_a_plain_loop_and_begins_nearly_transparent)
{
    qp_params *params = qp_params_new();
    qp_highway highway = qp_highway_add(params, WIDTH, LAYERS, QP_TANH, "way");
    cr_assert_eq(qp_params_finish(params), QP_OK);
    cr_assert_eq(qp_params_find(params, "way.t.1.bias"), 7);
    qp_params_initialise(params, 3);
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_INFER, 1);
    qp_real value[ROWS * WIDTH];
    for (int i = 0; i < ROWS * WIDTH; i++) value[i] = (qp_real)sin(i + 1);
    qp_tensor y = qp_highway_forward(&highway, tape, params, qp_tensor_of(ROWS, WIDTH, value));
    cr_assert_eq(qp_tape_status(tape), QP_OK);
    for (int r = 0; r < ROWS; r++) {
        double x[WIDTH], middle[WIDTH], expected[WIDTH];
        for (int i = 0; i < WIDTH; i++) x[i] = (double)value[r * WIDTH + i];
        plain_layer(params, 0, x, middle);
        plain_layer(params, 4, middle, expected);
        for (int i = 0; i < WIDTH; i++) {
            cr_expect_float_eq((double)qp_tensor_row(y, r)[i], expected[i], 1e-5);
            cr_expect_lt(fabs(expected[i] - x[i]), 0.8, "a new layer changes too much");
        }
    }
    qp_tape_free(tape);
    qp_params_free(params);
}
