#include <criterion/criterion.h>
#include <math.h>

#include "lib/nn/highway.h"
#include "lib/nn/recurrent.h"

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

Test(highway, it_is_a_plain_loop_and_begins_nearly_transparent)
{
    qp_params *params = qp_params_new();
    qp_highway highway = qp_highway_add(params,
                                        &(qp_highway_config){.width = WIDTH,
                                                             .layers = LAYERS,
                                                             .activation = QP_TANH,
                                                             .weight = {.kind = QP_INIT_XAVIER_UNIFORM, .gain = 1}},
                                        "way");
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

/* The recurrent layer alone, and with a gate around it whose weights are drawn after those of the layer. */
Test(highway, a_gate_mixes_input_and_output_of_a_recurrent_layer)
{
    static const int32_t start[] = {0, 2, ROWS};
    qp_real value[ROWS * WIDTH], y[2][ROWS * WIDTH];
    double gate[WIDTH * WIDTH];
    for (int i = 0; i < ROWS * WIDTH; i++) value[i] = (qp_real)sin(i + 1);
    for (int highway = 0; highway < 2; highway++) {
        qp_params *params = qp_params_new();
        const qp_recurrent_config config = {.cell = QP_CELL_GRU,
                                            .input = WIDTH,
                                            .hidden = WIDTH,
                                            .layers = 1,
                                            .bias = true,
                                            .highway = highway,
                                            .weight = {.kind = QP_INIT_XAVIER_UNIFORM, .gain = 1}};
        qp_recurrent_module module;
        cr_assert_eq(qp_recurrent_init(&module, params, &config, "layers"), QP_OK);
        cr_assert_eq(qp_params_finish(params), QP_OK);
        qp_params_initialise(params, 3);
        qp_tape *tape = qp_tape_new();
        qp_tape_begin(tape, QP_INFER, 1);
        qp_recurrent_pass pass = {.tape = tape, .params = params, .sequences = {.count = 2, .start = start}};
        qp_tensor made = qp_recurrent_forward(&module, &pass, qp_tensor_of(ROWS, WIDTH, value));
        cr_assert_eq(qp_tape_status(tape), QP_OK);
        for (int i = 0; i < ROWS * WIDTH; i++) y[highway][i] = qp_tensor_row(made, i / WIDTH)[i % WIDTH];
        for (int i = 0; highway && i < WIDTH * WIDTH; i++)
            gate[i] = (double)qp_params_value(params, qp_params_find(params, "layers.highway_l0.weight"))[i];
        qp_tape_free(tape);
        qp_recurrent_free(&module);
        qp_params_free(params);
    }
    for (int i = 0; i < ROWS * WIDTH; i++) {
        double sum = -2, x = (double)value[i];
        for (int k = 0; k < WIDTH; k++) sum += gate[i % WIDTH * WIDTH + k] * (double)value[i / WIDTH * WIDTH + k];
        double t = 1 / (1 + exp(-sum));
        cr_expect_float_eq((double)y[1][i], t * (double)y[0][i] + (1 - t) * x, 1e-5);
    }
}
