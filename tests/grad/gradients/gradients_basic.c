#include "lib/grad/op_basic.h"
#include "lib/grad/op_dropout.h"
#include "tests/grad/gradients/gradient_table.h"

static void add(gradient_case *c)
{
    qp_tensor a = gradient_input(c, 3, 4), b = gradient_input(c, 3, 4);
    gradient_output(c, qp_add(c->tape, a, b));
}

static void add_bands(gradient_case *c)
{
    qp_tensor wide = gradient_input(c, 3, 9);
    gradient_output(c, qp_add(c->tape, qp_tensor_columns(wide, 1, 4), qp_tensor_columns(wide, 5, 4)));
}

static void add_twice(gradient_case *c)
{
    qp_tensor x = gradient_input(c, 3, 4);
    gradient_output(c, qp_add(c->tape, x, x));
}

static void scale(gradient_case *c) { gradient_output(c, qp_scale(c->tape, gradient_input(c, 3, 4), (qp_real)-1.7)); }

static void scale_band(gradient_case *c)
{
    gradient_output(c, qp_scale(c->tape, qp_tensor_columns(gradient_input(c, 3, 7), 2, 4), (qp_real)0.3));
}

static void multiply(gradient_case *c)
{
    qp_tensor a = gradient_input(c, 3, 5), b = gradient_input(c, 3, 5);
    gradient_output(c, qp_multiply(c->tape, a, b));
}

static void multiply_halves(gradient_case *c)
{
    qp_tensor wide = gradient_input(c, 3, 10);
    gradient_output(c, qp_multiply(c->tape, qp_tensor_columns(wide, 0, 5), qp_tensor_columns(wide, 5, 5)));
}

static void square(gradient_case *c)
{
    qp_tensor x = gradient_input(c, 3, 5);
    gradient_output(c, qp_multiply(c->tape, x, x));
}

static void activation(gradient_case *c)
{
    qp_tensor x = gradient_input_in(c, 5, 7, -4, 4);
    gradient_output(c, qp_activation(c->tape, x, (qp_activation_kind)c->option, (qp_real)0.2));
}

static void activation_band(gradient_case *c)
{
    qp_tensor x = qp_tensor_columns(gradient_input_in(c, 4, 9, -3, 3), 1, 5);
    gradient_output(c, qp_activation(c->tape, x, (qp_activation_kind)c->option, 0));
}

/* option: temperature in tenths */
static void softmax(gradient_case *c)
{
    qp_tensor x = gradient_input_in(c, 3, 6, -3, 3);
    gradient_output(c, qp_softmax(c->tape, x, (qp_real)c->option / 10));
}

static void softmax_band(gradient_case *c)
{
    gradient_output(c, qp_softmax(c->tape, qp_tensor_columns(gradient_input(c, 3, 8), 2, 5), 1));
}

static void log_softmax(gradient_case *c)
{
    qp_tensor x = gradient_input_in(c, 3, 6, -3, 3);
    gradient_output(c, qp_log_softmax(c->tape, x, (qp_real)c->option / 10));
}

static void gather(gradient_case *c)
{
    static const int32_t row[] = {4, 0, 4, 2, 4};
    gradient_output(c, qp_gather(c->tape, gradient_input(c, 5, 3), 5, row));
}

static void gather_band(gradient_case *c)
{
    static const int32_t row[] = {1, 1, 0};
    gradient_output(c, qp_gather(c->tape, qp_tensor_columns(gradient_input(c, 3, 6), 1, 4), 3, row));
}

static void dropout(gradient_case *c)
{
    gradient_output(c, qp_dropout(c->tape, gradient_input(c, 6, 5), (qp_real)0.4));
}

static void dropout_band(gradient_case *c)
{
    gradient_output(c, qp_dropout(c->tape, qp_tensor_columns(gradient_input(c, 6, 7), 1, 5), (qp_real)0.4));
}

static void residual(gradient_case *c)
{
    qp_tensor x = gradient_input(c, 4, 5), branch = gradient_input(c, 4, 5);
    gradient_output(c, qp_residual(c->tape, x, branch, (qp_real)c->option / 10));
}

static void residual_bands(gradient_case *c)
{
    qp_tensor wide = gradient_input(c, 4, 11);
    gradient_output(
        c, qp_residual(c->tape, qp_tensor_columns(wide, 0, 5), qp_tensor_columns(wide, 6, 5), (qp_real)c->option / 10));
}

const gradient_row gradient_rows_basic[] = {
    {"qp_add", "two matrices", add, 0},
    {"qp_add", "two bands of one matrix", add_bands, 0},
    {"qp_add", "x + x", add_twice, 0},
    {"qp_scale", "matrix", scale, 0},
    {"qp_scale", "band", scale_band, 0},
    {"qp_multiply", "two matrices", multiply, 0},
    {"qp_multiply", "two halves", multiply_halves, 0},
    {"qp_multiply", "x * x", square, 0},
    {"qp_activation", "identity", activation, QP_IDENTITY},
    {"qp_activation", "sigmoid", activation, QP_SIGMOID},
    {"qp_activation", "tanh", activation, QP_TANH},
    {"qp_activation", "relu", activation, QP_RELU},
    {"qp_activation", "leaky relu", activation, QP_LEAKY_RELU},
    {"qp_activation", "elu", activation, QP_ELU},
    {"qp_activation", "softplus", activation, QP_SOFTPLUS},
    {"qp_activation", "gelu", activation, QP_GELU},
    {"qp_activation", "gelu tanh", activation, QP_GELU_TANH},
    {"qp_activation", "silu", activation, QP_SILU},
    {"qp_activation", "silu of a band", activation_band, QP_SILU},
    {"qp_activation", "tanh of a band", activation_band, QP_TANH},
    {"qp_softmax", "temperature 1", softmax, 10},
    {"qp_softmax", "temperature 0.7", softmax, 7},
    {"qp_softmax", "band", softmax_band, 0},
    {"qp_log_softmax", "temperature 1", log_softmax, 10},
    {"qp_log_softmax", "temperature 2", log_softmax, 20},
    {"qp_gather", "rows repeat and are left out", gather, 0},
    {"qp_gather", "of a band", gather_band, 0},
    {"qp_dropout", "matrix", dropout, 0},
    {"qp_dropout", "band", dropout_band, 0},
    {"qp_residual", "no dropout", residual, 0},
    {"qp_residual", "dropout", residual, 3},
    {"qp_residual", "bands", residual_bands, 0},
    {"qp_residual", "bands, dropout", residual_bands, 5},
    {0},
};
