#include "lib/grad/op_basic.h"
#include "lib/grad/op_batch_norm.h"
#include "lib/grad/op_embedding.h"
#include "lib/grad/op_experts.h"
#include "lib/grad/op_glu.h"
#include "lib/grad/op_linear.h"
#include "lib/grad/op_lora.h"
#include "lib/grad/op_norm.h"
#include "tests/grad/gradients/gradient_table.h"

static const qp_tensor none = {0};

static void linear(gradient_case *c)
{
    qp_tensor x = gradient_input(c, 5, 3), weight = gradient_input(c, 4, 3), bias = gradient_input(c, 1, 4);
    gradient_output(c, qp_linear(c->tape, x, weight, bias));
}

static void linear_plain(gradient_case *c)
{
    qp_tensor x = gradient_input(c, 5, 3), weight = gradient_input(c, 4, 3);
    gradient_output(c, qp_linear(c->tape, x, weight, none));
}

/* A band of x, and the lower rows of a fused weight and bias. */
static void linear_views(gradient_case *c)
{
    qp_tensor x = qp_tensor_columns(gradient_input(c, 5, 6), 2, 3), weight = gradient_input(c, 7, 3);
    qp_tensor bias = qp_tensor_columns(gradient_input(c, 1, 7), 3, 4);
    weight.value += 3 * 3;
    weight.rows = 4;
    gradient_output(c, qp_linear(c->tape, x, weight, bias));
}

/* Tied: one weight is both inner and outer. */
static void linear_twice(gradient_case *c)
{
    qp_tensor x = gradient_input(c, 5, 3), weight = gradient_input(c, 3, 3);
    gradient_output(c, qp_linear(c->tape, qp_linear(c->tape, x, weight, none), weight, none));
}

static void lora(gradient_case *c)
{
    qp_tensor x = gradient_input(c, 5, 3), y = gradient_input(c, 5, 4);
    qp_tensor a = gradient_input(c, 2, 3), b = gradient_input(c, 4, 2);
    gradient_output(c, qp_lora(c->tape, y, x, a, b, (qp_real)1.5));
}

/* A frozen weight with an adapter, read by two maps. */
static void lora_weight(gradient_case *c)
{
    static qp_real frozen[] = {1, -2, 3, 4, 0, 1, 2, -1, 1, 3, 2, 1};
    qp_tensor x = gradient_input(c, 5, 3), a = gradient_input(c, 2, 3), b = gradient_input(c, 4, 2);
    qp_tensor w = qp_lora_weight(c->tape, qp_tensor_of(4, 3, frozen), a, b, (qp_real)1.5);
    gradient_output(c, qp_linear(c->tape, x, w, none));
    gradient_output(c, qp_linear(c->tape, x, w, none));
}

/* Over the output of a map that reads the same band of x. */
static void lora_map(gradient_case *c)
{
    qp_tensor x = qp_tensor_columns(gradient_input(c, 5, 6), 2, 3), weight = gradient_input(c, 4, 3);
    qp_tensor a = gradient_input(c, 2, 3), b = gradient_input(c, 4, 2);
    gradient_output(c, qp_lora(c->tape, qp_linear(c->tape, x, weight, none), x, a, b, (qp_real)0.5));
}

static void feed_forward(gradient_case *c, bool gated, bool biased, double dropout)
{
    qp_tensor x = gradient_input(c, 5, 3);
    qp_feed_forward_weights w = {.activation = (qp_activation_kind)c->option, .dropout = (qp_real)dropout};
    w.inner = gradient_input(c, 6, 3);
    w.outer = gradient_input(c, 3, 6);
    if (gated) w.gate = gradient_input(c, 6, 3);
    if (biased) {
        w.inner_bias = gradient_input(c, 1, 6);
        w.outer_bias = gradient_input(c, 1, 3);
        if (gated) w.gate_bias = gradient_input(c, 1, 6);
    }
    gradient_output(c, qp_feed_forward(c->tape, x, &w));
}

static void feed_forward_plain(gradient_case *c) { feed_forward(c, false, true, 0); }
static void feed_forward_no_bias(gradient_case *c) { feed_forward(c, false, false, 0); }
static void feed_forward_dropout(gradient_case *c) { feed_forward(c, false, true, 0.3); }
static void feed_forward_gated(gradient_case *c) { feed_forward(c, true, true, 0); }
static void feed_forward_gated_no_bias(gradient_case *c) { feed_forward(c, true, false, 0); }
static void feed_forward_gated_dropout(gradient_case *c) { feed_forward(c, true, true, 0.3); }

/* More rows than run at a time: three of them, many times. */
static void feed_forward_long(gradient_case *c)
{
    enum { LONG = QP_FEED_FORWARD_ROWS + 70 };
    static int32_t row[LONG];
    for (int r = 0; r < LONG; r++) row[r] = r % 3;
    qp_feed_forward_weights w = {.activation = (qp_activation_kind)c->option, .dropout = (qp_real)0.3};
    qp_tensor x = qp_gather(c->tape, gradient_input(c, 3, 2), LONG, row);
    w.inner = gradient_input(c, 2, 2), w.inner_bias = gradient_input(c, 1, 2);
    w.outer = gradient_input(c, 1, 2), w.outer_bias = gradient_input(c, 1, 1);
    if (c->option == QP_SILU) w.gate = gradient_input(c, 2, 2), w.gate_bias = gradient_input(c, 1, 2);
    gradient_output(c, qp_feed_forward(c->tape, x, &w));
}

/* The choices stay the same under the checker's small moves. */
static void route(gradient_case *c)
{
    qp_routes r = qp_route(c->tape, gradient_input_in(c, 5, 4, -2, 2), 2, c->option != 0);
    gradient_output(c, r.weight);
    gradient_output(c, r.balance);
    gradient_output(c, r.z);
}

static void route_one(gradient_case *c)
{
    gradient_output(c, qp_route(c->tape, gradient_input_in(c, 5, 4, -2, 2), 1, false).weight);
}

static void route_mix(gradient_case *c)
{
    qp_routes *r = qp_tape_memory(c->tape, sizeof *r);
    *r = qp_route(c->tape, gradient_input_in(c, 5, 4, -2, 2), 2, c->option != 0);
    gradient_output(c, qp_route_mix(c->tape, gradient_input(c, 10, 3), r));
}

static void embedding(gradient_case *c)
{
    static const int32_t id[] = {3, 0, 3, 5};
    gradient_output(c, qp_embedding(c->tape, gradient_input(c, 6, 3), 4, id, (qp_real)1.7, NULL, none));
}

static void embedding_positions(gradient_case *c)
{
    static const int32_t id[] = {3, 0, 3, 5}, position[] = {0, 1, 2, 0};
    qp_tensor weight = gradient_input(c, 6, 3), table = gradient_input(c, 4, 3);
    gradient_output(c, qp_embedding(c->tape, weight, 4, id, (qp_real)1.7, position, table));
}

static void layer_norm(gradient_case *c)
{
    qp_tensor x = gradient_input(c, 4, 6), weight = gradient_input(c, 1, 6), bias = gradient_input(c, 1, 6);
    gradient_output(c, qp_layer_norm(c->tape, x, weight, bias, (qp_real)1e-3));
}

static void layer_norm_plain(gradient_case *c)
{
    gradient_output(c, qp_layer_norm(c->tape, gradient_input(c, 4, 6), none, none, (qp_real)1e-5));
}

static void layer_norm_band(gradient_case *c)
{
    qp_tensor x = qp_tensor_columns(gradient_input(c, 4, 9), 2, 6), weight = gradient_input(c, 1, 6);
    gradient_output(c, qp_layer_norm(c->tape, x, weight, none, (qp_real)1e-5));
}

/* x needs no gradient, weight and bias do */
static void layer_norm_constant(gradient_case *c)
{
    static qp_real still[] = {1, 2, -1, 0.5, 3, -2, 0.25, 1};
    qp_tensor weight = gradient_input(c, 1, 4), bias = gradient_input(c, 1, 4);
    gradient_output(c, qp_layer_norm(c->tape, qp_tensor_of(2, 4, still), weight, bias, (qp_real)1e-5));
}

static void rms_norm(gradient_case *c)
{
    qp_tensor x = gradient_input(c, 4, 6), weight = gradient_input(c, 1, 6);
    gradient_output(c, qp_rms_norm(c->tape, x, weight, (qp_real)1e-3));
}

static void rms_norm_plain(gradient_case *c)
{
    gradient_output(c, qp_rms_norm(c->tape, gradient_input(c, 4, 6), none, (qp_real)1e-5));
}

static void batch_norm(gradient_case *c)
{
    qp_batch_norm_config config = {.epsilon = (qp_real)1e-3};
    qp_tensor x = gradient_input(c, 5, 4), weight = gradient_input(c, 1, 4), bias = gradient_input(c, 1, 4);
    gradient_output(c, qp_batch_norm(c->tape, x, weight, bias, &config));
}

static void batch_norm_plain(gradient_case *c)
{
    qp_batch_norm_config config = {.epsilon = (qp_real)1e-3};
    gradient_output(c, qp_batch_norm(c->tape, qp_tensor_columns(gradient_input(c, 5, 6), 1, 4), none, none, &config));
}

static void batch_norm_running(gradient_case *c)
{
    static const qp_real mean[] = {1, (qp_real)-0.5, 0}, variance[] = {2, (qp_real)0.3, 1};
    qp_batch_norm_config config = {.epsilon = (qp_real)1e-3, .running_mean = mean, .running_variance = variance};
    qp_tensor x = gradient_input(c, 1, 3), weight = gradient_input(c, 1, 3), bias = gradient_input(c, 1, 3);
    gradient_output(c, qp_batch_norm(c->tape, x, weight, bias, &config));
}

static void glu(gradient_case *c)
{
    gradient_output(c, qp_glu(c->tape, gradient_input(c, 3, 8), (qp_activation_kind)c->option));
}

static void glu_band(gradient_case *c)
{
    gradient_output(c,
                    qp_glu(c->tape, qp_tensor_columns(gradient_input(c, 3, 9), 2, 6), (qp_activation_kind)c->option));
}

/* Two heads of queries, one of keys, a column that stays; option: layer norm of a band of a wider matrix. */
static void norm_heads(gradient_case *c)
{
    qp_tensor x = gradient_input(c, 4, c->option ? 12 : 10);
    qp_head_norms norms = {.heads = {2, 1}, .width = 3, .epsilon = (qp_real)1e-3, .centred = c->option != 0};
    if (c->option) x = qp_tensor_columns(x, 1, 10);
    for (int i = 0; i < 2; i++) {
        norms.weight[i] = gradient_input(c, 1, 3);
        if (c->option) norms.bias[i] = gradient_input(c, 1, 3);
    }
    gradient_output(c, qp_norm_heads(c->tape, x, &norms));
}

const gradient_row gradient_rows_layers[] = {
    {"qp_linear", "bias", linear, 0},
    {"qp_linear", "no bias", linear_plain, 0},
    {"qp_linear", "band of x, rows of the weight", linear_views, 0},
    {"qp_linear", "one weight twice", linear_twice, 0},
    {"qp_lora", "beside a matrix", lora, 0},
    {"qp_lora", "over a linear map, in place", lora_map, 0},
    {"qp_lora_weight", "read twice", lora_weight, 0},
    {"qp_feed_forward", "relu", feed_forward_plain, QP_RELU},
    {"qp_feed_forward", "leaky relu", feed_forward_plain, QP_LEAKY_RELU},
    {"qp_feed_forward", "elu", feed_forward_plain, QP_ELU},
    {"qp_feed_forward", "gelu", feed_forward_plain, QP_GELU},
    {"qp_feed_forward", "gelu tanh, no bias", feed_forward_no_bias, QP_GELU_TANH},
    {"qp_feed_forward", "relu, dropout", feed_forward_dropout, QP_RELU},
    {"qp_feed_forward", "gelu, dropout", feed_forward_dropout, QP_GELU},
    {"qp_feed_forward", "SwiGLU", feed_forward_gated_no_bias, QP_SILU},
    {"qp_feed_forward", "GLU", feed_forward_gated, QP_SIGMOID},
    {"qp_feed_forward", "GEGLU, dropout", feed_forward_gated_dropout, QP_GELU_TANH},
    {"qp_feed_forward", "GLU, dropout", feed_forward_gated_dropout, QP_SIGMOID},
    {"qp_feed_forward", "many rows, gelu, dropout", feed_forward_long, QP_GELU},
    {"qp_feed_forward", "many rows, SwiGLU, dropout", feed_forward_long, QP_SILU},
    {"qp_route", "raw", route, 0},
    {"qp_route", "normalized", route, 1},
    {"qp_route", "one", route_one, 0},
    {"qp_route_mix", "raw", route_mix, 0},
    {"qp_route_mix", "normalized", route_mix, 1},
    {"qp_embedding", "repeated ids, scale", embedding, 0},
    {"qp_embedding", "learned positions", embedding_positions, 0},
    {"qp_layer_norm", "weight and bias", layer_norm, 0},
    {"qp_layer_norm", "neither", layer_norm_plain, 0},
    {"qp_layer_norm", "band, weight", layer_norm_band, 0},
    {"qp_layer_norm", "constant x", layer_norm_constant, 0},
    {"qp_norm_heads", "layer norm, a band", norm_heads, 1},
    {"qp_norm_heads", "RMS norm", norm_heads, 0},
    {"qp_rms_norm", "weight", rms_norm, 0},
    {"qp_rms_norm", "no weight", rms_norm_plain, 0},
    {"qp_batch_norm", "the batch's statistics", batch_norm, 0},
    {"qp_batch_norm", "the batch's statistics, band, no weight", batch_norm_plain, 0},
    {"qp_batch_norm", "running statistics", batch_norm_running, 0},
    {"qp_glu", "GLU", glu, QP_SIGMOID},
    {"qp_glu", "SwiGLU", glu, QP_SILU},
    {"qp_glu", "GEGLU, band", glu_band, QP_GELU},
    {"qp_glu", "bilinear", glu, QP_IDENTITY},
    {0},
};
