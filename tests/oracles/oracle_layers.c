#include <stdio.h>
#include <string.h>

#include "lib/grad/op_basic.h"
#include "lib/grad/op_batch_norm.h"
#include "lib/grad/op_convolution.h"
#include "lib/grad/op_dropout.h"
#include "lib/grad/op_embedding.h"
#include "lib/grad/op_glu.h"
#include "lib/grad/op_linear.h"
#include "lib/grad/op_pool.h"
#include "lib/grad/attention/op_rope.h"
#include "lib/grad/op_sequence.h"
#include "lib/nn/highway.h"
#include "tests/oracles/oracle_blocks.h"
#include "tests/sinusoids.h"

/* Gating, convolution, pooling, batch normalization, rotary positions. */

static qp_tensor input_x(oracle *o)
{
    int rows, columns;
    oracle_matrix(o, "in.x", &rows, &columns);
    return oracle_input(o, "x", rows, columns, NULL);
}

static void glu(oracle *o) { oracle_output(o, "y", qp_glu(o->tape, input_x(o), QP_SIGMOID), NULL); }

void oracle_follow(int columns, qp_real momentum, const qp_real *mean, const qp_real *variance, qp_real *running_mean,
                   qp_real *running_variance)
{
    for (int k = 0; k < columns; k++) {
        running_mean[k] = (1 - momentum) * running_mean[k] + momentum * mean[k];
        running_variance[k] = (1 - momentum) * running_variance[k] + momentum * variance[k];
    }
}

static void batch_norm(oracle *o)
{
    qp_tensor x = input_x(o);
    size_t bytes = (size_t)x.columns * sizeof(qp_real);
    qp_real *mean = oracle_memory(o, bytes), *variance = oracle_memory(o, bytes);
    qp_real *running_mean = oracle_reals(o, "in.running_mean"), *running_variance = oracle_reals(o, "in.running_var");
    bool training = oracle_flag(o, "training");
    qp_batch_norm_config config = {.epsilon = (qp_real)oracle_number(o, "eps"), .mean = mean, .variance = variance};
    if (!training) {
        config.running_mean = running_mean;
        config.running_variance = running_variance;
    }
    qp_tensor y = qp_batch_norm(o->tape, x, oracle_param_or_none(o, "weight"), oracle_param_or_none(o, "bias"),
                                &config);
    oracle_output(o, "y", y, NULL);
    if (training)
        oracle_follow(x.columns, (qp_real)oracle_number(o, "momentum"), mean, variance, running_mean,
                             running_variance);
    oracle_compare(o, "out.running_mean", (size_t)x.columns, running_mean);
    oracle_compare(o, "out.running_var", (size_t)x.columns, running_variance);
}

static int split_highway(const qp_parameter *ours, oracle_piece *piece)
{
    snprintf(piece->name, sizeof piece->name, "%s", strchr(ours->name, '.') + 1);
    piece->count = (size_t)ours->rows * (size_t)ours->columns;
    return 1;
}

static void highway(oracle *o)
{
    qp_tensor x = input_x(o);
    qp_params *params = oracle_params(o);
    const qp_highway_config config = {
        .width = x.columns, .layers = oracle_int(o, "layers"), .activation = oracle_activation(o, "activation")};
    qp_highway made = qp_highway_add(params, &config, "highway");
    oracle_bind(o, "param.", split_highway);
    oracle_output(o, "y", qp_highway_forward(&made, o->tape, params, x), NULL);
}

/* [B, C, T] in the file, rows b*T + t of C columns here: one sequence per batch entry. */
static qp_tensor channels_first(oracle *o, qp_sequences *sequences)
{
    int batch = oracle_size(o, "in.x", 0), channels = oracle_size(o, "in.x", 1), time = oracle_size(o, "in.x", 2);
    *sequences = oracle_ragged_of(o, batch, time, NULL).sequences;
    return oracle_input(o, "x", batch * time, channels, oracle_heads_map(o, batch, channels, time, 1));
}

static void output_channels_first(oracle *o, qp_tensor y, qp_sequences frames)
{
    int time = frames.count > 0 ? y.rows / frames.count : 0;
    oracle_output(o, "y", y, oracle_heads_map(o, frames.count, y.columns, time, 1));
}

/* The weight [out, in/groups, k] as a matrix [out, in/groups*k]. */
static void conv1d(oracle *o)
{
    qp_sequences s, frames;
    qp_tensor x = channels_first(o, &s), weight = oracle_param(o, "weight");
    weight.rows = oracle_size(o, "param.weight", 0);
    weight.columns = weight.stride = oracle_size(o, "param.weight", 1) * oracle_size(o, "param.weight", 2);
    qp_window window = {.size = oracle_size(o, "param.weight", 2),
                        .stride = oracle_int(o, "stride"),
                        .dilation = oracle_int(o, "dilation"),
                        .pad_left = oracle_int(o, "pad_left"),
                        .pad_right = oracle_int(o, "pad_right")};
    qp_tensor y = qp_convolution(o->tape, x, s, weight, oracle_param_or_none(o, "bias"), &window,
                                 oracle_int(o, "groups"), &frames);
    if (qp_tape_failed(o->tape)) oracle_stop(o, "%s", qp_tape_message(o->tape));
    output_channels_first(o, y, frames);
}

static void pool1d(oracle *o)
{
    qp_sequences s, frames;
    qp_tensor x = channels_first(o, &s);
    bool largest = oracle_is(o, "kind", "max");
    if (!largest && !oracle_is(o, "kind", "avg")) oracle_skip(o, "pool1d %s", oracle_text(o, "kind"));
    int padding = oracle_int(o, "padding");
    qp_window window = {.size = oracle_int(o, "kernel_size"),
                        .stride = oracle_int(o, "stride"),
                        .pad_left = padding,
                        .pad_right = padding};
    qp_tensor y = qp_pool(o->tape, x, s, largest ? QP_POOL_MAX : QP_POOL_MEAN, &window,
                          oracle_flag_or(o, "count_include_pad", true), &frames);
    if (qp_tape_failed(o->tape)) oracle_stop(o, "%s", qp_tape_message(o->tape));
    output_channels_first(o, y, frames);
}

static void rope(oracle *o)
{
    int batch = oracle_size(o, "in.x", 0), heads = oracle_size(o, "in.x", 1), time = oracle_size(o, "in.x", 2),
        width = oracle_size(o, "in.x", 3), places = 0;
    const int32_t *given = oracle_find(o, "in.positions") ? oracle_ints(o, "in.positions") : NULL;
    int offset = given ? 0 : oracle_int(o, "offset");
    int32_t *position = oracle_memory(o, (size_t)batch * (size_t)time * sizeof *position);
    for (int r = 0; r < batch * time; r++) {
        position[r] = given ? given[r % time] : offset + r % time;
        places = position[r] >= places ? position[r] + 1 : places;
    }
    qp_real *table = oracle_memory(o, (size_t)places * (size_t)width * sizeof *table);
    sinusoids(0, places, width, oracle_number(o, "base"), true, table);
    int32_t *map = oracle_heads_map(o, batch, heads, time, width);
    qp_tensor x = oracle_input(o, "x", batch * time, heads * width, map);
    oracle_output(o, "y", qp_rope(o->tape, x, heads, width, position, qp_tensor_of(places, width, table)), map);
}

/* coin [layers, 1 or batch]: 1 keeps the branch. Outside training every branch is kept, unscaled. */
static void stochastic_depth(oracle *o)
{
    int batch = oracle_size(o, "in.x", 0), time = oracle_size(o, "in.x", 1), columns = oracle_size(o, "in.x", 2);
    int coins = oracle_size(o, "in.coin", 1), layers = oracle_int(o, "layers");
    const qp_real *coin = oracle_reals(o, "in.coin");
    qp_real keep = (qp_real)oracle_number(o, "keep");
    bool training = oracle_flag(o, "training");
    qp_sequences sequences = oracle_ragged_of(o, batch, time, NULL).sequences;
    if (coins != (oracle_is(o, "mode", "row") ? batch : 1)) oracle_stop(o, "%d coins", coins);
    qp_tensor y = oracle_input(o, "x", batch * time, columns, NULL);
    for (int i = 0; i < layers; i++) {
        char name[2][48];
        qp_real *factor = oracle_memory(o, (size_t)batch * sizeof *factor);
        for (int k = 0; k < 2; k++) snprintf(name[k], sizeof name[k], "%d.linear%d.weight", i, k + 1);
        for (int b = 0; b < batch; b++) factor[b] = training ? coin[i * coins + b % coins] / keep : 1;
        qp_tensor inner = qp_linear(o->tape, y, oracle_param(o, name[0]), (qp_tensor){0});
        inner = qp_activation(o->tape, inner, QP_RELU, 0);
        qp_tensor branch = qp_linear(o->tape, inner, oracle_param(o, name[1]), (qp_tensor){0});
        y = qp_residual(o->tape, y, qp_sequence_scale(o->tape, branch, sequences, factor), 0);
    }
    oracle_output(o, "y", y, NULL);
}

const oracle_row oracle_rows_layers[] = {{"stochastic_depth", stochastic_depth},
                                         {"glu", glu},
                                         {"batch_norm", batch_norm},
                                         {"highway", highway},
                                         {"conv1d", conv1d},
                                         {"pool1d", pool1d},
                                         {"rope", rope},
                                         {0}};
