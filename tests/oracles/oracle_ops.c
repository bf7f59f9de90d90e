#include <math.h>
#include <string.h>

#include "lib/grad/op_basic.h"
#include "lib/grad/op_dropout.h"
#include "lib/grad/op_embedding.h"
#include "lib/grad/op_linear.h"
#include "lib/grad/op_norm.h"
#include "tests/oracles/oracle.h"
#include "tests/sinusoids.h"

/* Activations, layers and positions. */

static qp_tensor input_x(oracle *o)
{
    int rows, columns;
    oracle_matrix(o, "in.x", &rows, &columns);
    return oracle_input(o, "x", rows, columns, NULL);
}

static void activation(oracle *o)
{
    qp_tensor x = input_x(o);
    qp_real temperature = (qp_real)oracle_number_or(o, "temperature", 1);
    if (oracle_is(o, "kind", "softmax"))
        oracle_output(o, "y", qp_softmax(o->tape, x, temperature), NULL);
    else if (oracle_is(o, "kind", "log_softmax"))
        oracle_output(o, "y", qp_log_softmax(o->tape, x, temperature), NULL);
    else
        oracle_output(
            o, "y",
            qp_activation(o->tape, x, oracle_activation(o, "kind"), (qp_real)oracle_number_or(o, "negative_slope", 0)),
            NULL);
}

static void linear(oracle *o)
{
    oracle_output(o, "y", qp_linear(o->tape, input_x(o), oracle_param(o, "weight"), oracle_param_or_none(o, "bias")),
                  NULL);
}

/* Padding tokens have a row of y but are not part of a batch here: their row is a constant. */
static void embedding(oracle *o)
{
    int count = (int)oracle_array(o, "in.ids")->count, padding = (int)oracle_number_or(o, "padding_idx", -1);
    const int32_t *id = oracle_ints(o, "in.ids");
    int32_t *mask = oracle_memory(o, (size_t)count * sizeof *mask),
            *inverse = oracle_memory(o, (size_t)count * sizeof *mask);
    qp_tensor weight = oracle_param(o, "weight"), still = weight;
    still.node = NULL;
    for (int i = 0; i < count; i++) {
        mask[i] = id[i] == padding;
        inverse[i] = !mask[i];
    }
    oracle_ragged tokens = oracle_ragged_of(o, 1, count, mask), paddings = oracle_ragged_of(o, 1, count, inverse);
    const oracle_ragged *part[2] = {&tokens, &paddings};
    for (int k = 0; k < 2; k++) {
        int32_t *own = oracle_memory(o, (size_t)count * sizeof *own);
        for (int r = 0; r < part[k]->rows; r++) own[r] = id[part[k]->row[r]];
        qp_tensor y = qp_embedding(o->tape, k == 0 ? weight : still, part[k]->rows, own, 1, NULL, (qp_tensor){0});
        if (part[k]->rows == 0) continue;
        if (k == 1) y.node = NULL;
        oracle_output(o, "y", y, oracle_rows_map(o, part[k], weight.columns));
    }
}

static void layer_norm(oracle *o)
{
    oracle_output(o, "y",
                  qp_layer_norm(o->tape, input_x(o), oracle_param_or_none(o, "weight"), oracle_param_or_none(o, "bias"),
                                (qp_real)oracle_number(o, "eps")),
                  NULL);
}

static void rms_norm(oracle *o)
{
    oracle_output(o, "y", qp_rms_norm(o->tape, input_x(o), oracle_param(o, "weight"), (qp_real)oracle_number(o, "eps")),
                  NULL);
}

static qp_feed_forward_weights plain_block(oracle *o)
{
    return (qp_feed_forward_weights){.inner = oracle_param(o, "linear1.weight"),
                                     .inner_bias = oracle_param_or_none(o, "linear1.bias"),
                                     .outer = oracle_param(o, "linear2.weight"),
                                     .outer_bias = oracle_param_or_none(o, "linear2.bias"),
                                     .activation = oracle_activation(o, "activation")};
}

static void feed_forward(oracle *o)
{
    qp_tensor x = input_x(o);
    qp_feed_forward_weights w;
    if (oracle_flag(o, "gated"))
        w = (qp_feed_forward_weights){.inner = oracle_param(o, "up_proj.weight"),
                                      .inner_bias = oracle_param_or_none(o, "up_proj.bias"),
                                      .gate = oracle_param(o, "gate_proj.weight"),
                                      .gate_bias = oracle_param_or_none(o, "gate_proj.bias"),
                                      .outer = oracle_param(o, "down_proj.weight"),
                                      .outer_bias = oracle_param_or_none(o, "down_proj.bias"),
                                      .activation = oracle_activation(o, "activation")};
    else
        w = plain_block(o);
    oracle_output(o, "y", qp_feed_forward(o->tape, x, &w), NULL);
}

static void residual(oracle *o)
{
    qp_tensor x = input_x(o), z = x, weight = oracle_param_or_none(o, "norm.weight"),
              bias = oracle_param_or_none(o, "norm.bias");
    qp_real epsilon = (qp_real)oracle_number(o, "layer_norm_eps");
    qp_feed_forward_weights w = plain_block(o);
    if (oracle_is(o, "norm", "pre")) z = qp_layer_norm(o->tape, x, weight, bias, epsilon);
    qp_tensor y = qp_residual(o->tape, x, qp_feed_forward(o->tape, z, &w), 0);
    if (oracle_is(o, "norm", "post")) y = qp_layer_norm(o->tape, y, weight, bias, epsilon);
    oracle_output(o, "y", y, NULL);
}

static void positions_sinusoidal(oracle *o)
{
    int time = oracle_int(o, "time"), features = oracle_int(o, "features");
    bool halves = oracle_is(o, "layout", "halves");
    if (!halves && !oracle_is(o, "layout", "interleaved"))
        oracle_skip(o, "positions_sinusoidal layout %s", oracle_text(o, "layout"));
    qp_real *table = oracle_memory(o, (size_t)time * (size_t)features * sizeof *table);
    sinusoids(0, time, features, oracle_number(o, "base"), halves, table);
    if (oracle_find(o, "out.table")) oracle_compare(o, "out.table", (size_t)time * (size_t)features, table);
    if (!oracle_find(o, "in.x")) return;
    qp_tensor x = input_x(o), positions = qp_tensor_of(time, features, table);
    int32_t *row = oracle_memory(o, (size_t)x.rows * sizeof *row);
    for (int r = 0; r < x.rows; r++) row[r] = r % time;
    qp_tensor scaled = qp_scale(o->tape, x, (qp_real)oracle_number_or(o, "input_scale", 1));
    oracle_output(o, "y", qp_add(o->tape, scaled, qp_gather(o->tape, positions, x.rows, row)), NULL);
}

static void positions_learned(oracle *o)
{
    qp_tensor x = input_x(o), weight = oracle_param(o, "weight");
    int time = oracle_size(o, "in.x", 1), offset = oracle_int(o, "offset");
    int32_t *row = oracle_memory(o, (size_t)x.rows * sizeof *row);
    for (int r = 0; r < x.rows; r++) row[r] = offset + r % time;
    oracle_output(o, "y", qp_add(o->tape, x, qp_gather(o->tape, weight, x.rows, row)), NULL);
}

const oracle_row oracle_rows_ops[] = {
    {"activation", activation},
    {"linear", linear},
    {"embedding", embedding},
    {"layer_norm", layer_norm},
    {"rms_norm", rms_norm},
    {"feed_forward", feed_forward},
    {"residual", residual},
    {"positions_sinusoidal", positions_sinusoidal},
    {"positions_learned", positions_learned},
    {0},
};
