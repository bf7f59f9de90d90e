#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/grad/op_embedding.h"
#include "lib/nn/norm.h"
#include "lib/nn/transformer.h"
#include "tests/oracles/oracle_model.h"
#include "tests/sinusoids.h"

/* Transformer layers with PyTorch's parameters. Padding is removed: all rows are ragged. */

static qp_transformer_config config_of(oracle *o)
{
    return (qp_transformer_config){.width = oracle_int(o, "d_model"),
                                   .heads = oracle_int(o, "nhead"),
                                   .ff_size = oracle_int(o, "dim_feedforward"),
                                   .norm_first = oracle_flag(o, "norm_first"),
                                   .qkv_bias = true,
                                   .attention_bias = true,
                                   .ff_bias = true,
                                   .epsilon = oracle_number(o, "layer_norm_eps"),
                                   .weight = {.kind = QP_INIT_XAVIER_UNIFORM, .gain = 1},
                                   .activation = oracle_activation(o, "activation")};
}

/* in.NAME [B, T, d] without the padding of its mask. */
static qp_tensor ragged_input(oracle *o, const char *name, const char *mask, oracle_ragged *ragged)
{
    char full[64];
    snprintf(full, sizeof full, "in.%s", name);
    *ragged = oracle_ragged_mask(o, oracle_size(o, full, 0), oracle_size(o, full, 1), mask);
    int width = oracle_size(o, full, 2);
    return oracle_input(o, name, ragged->rows, width, oracle_rows_map(o, ragged, width));
}

static void encoder_layer(oracle *o)
{
    qp_transformer_config config = config_of(o);
    qp_params *params = oracle_params(o);
    qp_transformer_layer layer = qp_transformer_layer_add(params, &config, false, "layer");
    oracle_bind(o, "param.", oracle_split_layers);
    oracle_ragged rows;
    qp_tensor x = ragged_input(o, "x", "in.key_padding_mask", &rows);
    qp_transformer_pass pass = {
        .tape = o->tape, .params = params, .sequences = rows.sequences, .causal = oracle_flag(o, "causal")};
    oracle_output(o, "y", qp_transformer_layer_forward(&layer, &pass, x), oracle_rows_map(o, &rows, x.columns));
}

static void decoder_layer(oracle *o)
{
    qp_transformer_config config = config_of(o);
    qp_params *params = oracle_params(o);
    qp_transformer_layer layer = qp_transformer_layer_add(params, &config, true, "layer");
    oracle_bind(o, "param.", oracle_split_layers);
    oracle_ragged rows, memory_rows;
    qp_tensor x = ragged_input(o, "x", "in.key_padding_mask", &rows);
    qp_tensor memory = ragged_input(o, "memory", "in.memory_key_padding_mask", &memory_rows);
    qp_transformer_pass pass = {.tape = o->tape,
                                .params = params,
                                .sequences = rows.sequences,
                                .causal = true,
                                .encoder_output = memory,
                                .source_sequences = memory_rows.sequences};
    oracle_output(o, "y", qp_transformer_layer_forward(&layer, &pass, x), oracle_rows_map(o, &rows, x.columns));
}

typedef struct {
    qp_transformer_layer *layer;
    int layers;
    qp_norm norm;
} stack;

static stack stack_of(oracle *o, qp_params *params, const char *name, const char *layers, bool reads_source)
{
    qp_transformer_config config = config_of(o);
    stack s = {.layers = oracle_int(o, layers)};
    char full[64];
    s.layer = oracle_memory(o, (size_t)s.layers * sizeof *s.layer);
    for (int i = 0; i < s.layers; i++) {
        snprintf(full, sizeof full, "%s.layers.%d", name, i);
        s.layer[i] = qp_transformer_layer_add(params, &config, reads_source, full);
    }
    snprintf(full, sizeof full, "%s.norm", name);
    s.norm = qp_norm_add(params, config.width, QP_NORM_LAYER, config.epsilon, full);
    return s;
}

static qp_tensor stack_forward(const stack *s, qp_transformer_pass pass, qp_tensor x)
{
    for (int i = 0; i < s->layers; i++) {
        pass.layer = i;
        x = qp_transformer_layer_forward(&s->layer[i], &pass, x);
    }
    return qp_norm_forward(&s->norm, pass.tape, pass.params, x);
}

static void encoder_decoder(oracle *o)
{
    qp_params *params = oracle_params(o);
    stack encoder = stack_of(o, params, "encoder", "enc_layers", false);
    stack decoder = stack_of(o, params, "decoder", "dec_layers", true);
    oracle_bind(o, "param.", oracle_split_layers);
    oracle_ragged source_rows, target_rows;
    qp_tensor source = ragged_input(o, "source", "in.source_key_padding_mask", &source_rows);
    qp_tensor target = ragged_input(o, "target", "in.target_key_padding_mask", &target_rows);
    qp_transformer_pass pass = {.tape = o->tape, .params = params, .sequences = source_rows.sequences};
    qp_tensor memory = stack_forward(&encoder, pass, source);
    oracle_output(o, "memory", memory, oracle_rows_map(o, &source_rows, memory.columns));
    pass.sequences = target_rows.sequences;
    pass.causal = true;
    pass.encoder_output = memory;
    pass.source_sequences = source_rows.sequences;
    oracle_output(o, "y", stack_forward(&decoder, pass, target), oracle_rows_map(o, &target_rows, target.columns));
}

/* Padding counts for positions: a token keeps its position in the file. */
static int32_t *positions_of(oracle *o, const oracle_ragged *rows, int offset)
{
    int32_t *position = oracle_memory(o, (size_t)rows->rows * sizeof *position);
    for (int r = 0; r < rows->rows; r++) position[r] = offset + rows->row[r] % rows->time;
    return position;
}

static void llama_block(oracle *o)
{
    qp_transformer_config config = {.width = oracle_int(o, "hidden"),
                                    .heads = oracle_int(o, "heads"),
                                    .kv_heads = oracle_int(o, "kv_heads"),
                                    .ff_size = oracle_int(o, "inner"),
                                    .norm_first = true,
                                    .norm = QP_NORM_RMS,
                                    .gated = true,
                                    .epsilon = oracle_number(o, "eps"),
                                    .weight = {.kind = QP_INIT_XAVIER_UNIFORM, .gain = 1},
                                    .activation = QP_SILU};
    qp_params *params = oracle_params(o);
    qp_transformer_layer layer = qp_transformer_layer_add(params, &config, false, "layer");
    oracle_bind(o, "param.", oracle_split_llama);
    oracle_ragged rows;
    qp_tensor x = ragged_input(o, "x", "in.key_padding_mask", &rows);
    int width = config.width / config.heads, offset = (int)oracle_number_or(o, "offset", 0);
    qp_real *table = oracle_memory(o, (size_t)(offset + rows.time) * (size_t)width * sizeof *table);
    sinusoids(0, offset + rows.time, width, oracle_number(o, "base"), true, table);
    qp_transformer_pass pass = {.tape = o->tape, .params = params, .sequences = rows.sequences, .causal = true};
    pass.position.rotation = qp_tensor_of(offset + rows.time, width, table);
    pass.position.position = positions_of(o, &rows, offset);
    oracle_output(o, "y", qp_transformer_layer_forward(&layer, &pass, x), oracle_rows_map(o, &rows, x.columns));
}

const oracle_row oracle_rows_transformer[] = {
    {"transformer_encoder_layer", encoder_layer},
    {"transformer_decoder_layer", decoder_layer},
    {"transformer_encoder_decoder", encoder_decoder},
    {"llama_block", llama_block},
    {0},
};
