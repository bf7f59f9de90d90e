#ifndef QP_TRANSFORMER_H
#define QP_TRANSFORMER_H

#include "lib/base/batch.h"
#include "lib/grad/attention/op_attention.h"
#include "lib/nn/experts.h"
#include "lib/nn/mamba.h"
#include "lib/nn/norm.h"
#include "lib/nn/params.h"
#include "lib/nn/position.h"
#include "lib/nn/state.h"
#include "lib/tensor/pointwise.h"

/* transformer — one layer of an encoder or a decoder, over whole sequences or one token at a time.
 *
 *   sublayers    A self-attention, X attention to the source (decoders of an encoder), F feed-forward
 *   norm after   x = N1(x + A(x));  x = N2(x + X(x));  x = N3(x + F(x))
 *   norm before  x = x + A(N1(x));  x = x + X(N2(x));  x = x + F(N3(x))          (without X, F has N2)
 *   norm both    x = x + M1(A(N1(x)));  x = x + M2(X(N2(x)));  x = x + M3(F(N3(x)))
 *   parallel     x + A(N1(x)) + F(N1(x))  shared;  x + A(N1(x)) + F(N2(x))  separate       (norm before, no X)
 * A layer of Mamba (`scans`) has the mixing of nn/mamba.h under NAME.mixer as A, and no F.
 * With experts, F is a mixture of feed-forward layers (experts.h), whose parameters are under NAME.
 * Dropout on every branch. Source  Vaswani et al. 2017; norm before: Xiong et al. 2020; both: Gemma Team 2024;
 * parallel: Wang & Komatsuzaki 2021 (GPT-J), Black et al. 2022 (GPT-NeoX).
 *
 * Parameters have PyTorch's names: NAME.self_attn.in_proj_weight [d + 2*kv, d] (rows q; k; v),
 * NAME.self_attn.out_proj.weight, NAME.linear1.weight ..., except that the attention to the source has its query and
 * its key-value part apart (NAME.multihead_attn.q_proj_weight [d, d], .kv_proj_weight [2*kv, d]), because the keys and
 * values of a source are computed once a decode; [2*kv, m] where the encoder output has another width m. The outputs of
 * the heads are as wide as heads * head_width together, d by default. Norms NAME.norm1 .., after a sublayer
 * NAME.norm1_after ..; of heads NAME.self_attn.q_norm, .k_norm. */
typedef struct {
    int width, ff_size, heads, kv_heads;
    int head_width;    /* 0: width / heads */
    int encoder_width; /* columns of the encoder output; 0: width */
    bool norm_first, norm_both, gated;
    qp_norm_kind norm;
    bool parallel, shared_norm;
    bool qkv_bias, attention_bias, ff_bias;
    bool qk_norm;
    double epsilon;
    qp_init weight; /* first values of the matrices */
    qp_activation_kind activation;
    qp_real dropout, attention_dropout, ff_dropout;
    int window, sinks; /* of self-attention, as softcap; see op_attention.h */
    qp_real softcap;
    qp_real scale;      /* of all attention scores; 0: op_attention.h */
    qp_real depth_drop; /* stochastic depth: share of the branches left out in training (noise.h) */
    bool depth_by_sequence;
    int experts, experts_per_token; /* 0 experts: one feed-forward layer */
    qp_real experts_balance, experts_z;
    bool scans; /* Mamba: no self-attention, no feed-forward */
    qp_mamba_config mamba;
} qp_transformer_config;

typedef struct {
    int heads, kv_heads, head_width, width, kv_width; /* width: of all heads */
    int in, in_bias;                                  /* self-attention: one product for q, k, v */
    int query, query_bias, key_value, key_value_bias; /* attention to the source */
    int out, out_bias;
    qp_norm query_norm, key_norm; /* of each head of self-attention, with qk_norm */
} qp_attention_module;

typedef struct {
    qp_transformer_config config;
    qp_attention_module self, cross;
    qp_norm norm_self, norm_cross, norm_ff;
    qp_norm after_self, after_cross, after_ff; /* norm both */
    bool reads_source;
    int inner, inner_bias, gate, gate_bias, outer, outer_bias; /* without experts */
    qp_experts experts;
    qp_mamba mamba;
} qp_transformer_layer;

/* qp_transformer_layer_add — a layer's parameters under `name`. */
qp_transformer_layer qp_transformer_layer_add(qp_params *params, const qp_transformer_config *config, bool reads_source,
                                              const char *name);

/* What a layer sees besides x. Whole sequences: `sequences` and, for a decoder, encoder_output [source rows, d] with
 * its sequences. The next tokens: state and layer number; keys and values come from the state's caches, what a
 * scan remembers from its carries. */
typedef struct {
    qp_tape *tape;
    const qp_params *params;
    qp_sequences sequences;
    bool causal;
    qp_position_pass position; /* of self-attention; empty: none */
    qp_tensor encoder_output;
    qp_sequences source_sequences;
    qp_state *state; /* NULL: whole sequences */
    int layer; /* number of the state's cache */
    qp_attention_map *self_map, *cross_map; /* NULL: not wanted */
} qp_transformer_pass;

/* qp_transformer_layer_forward — x [rows, d] -> [rows, d].
 * qp_transformer_layer_key_value — keys beside values of the source [source rows, 2*kv], for qp_state_source_set. */
qp_tensor qp_transformer_layer_forward(const qp_transformer_layer *layer, const qp_transformer_pass *pass, qp_tensor x);
qp_tensor qp_transformer_layer_key_value(const qp_transformer_layer *layer, qp_tape *tape, const qp_params *params,
                                         qp_tensor encoder_output);

#endif
