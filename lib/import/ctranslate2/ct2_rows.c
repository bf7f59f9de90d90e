#include "lib/import/ctranslate2/ct2_rows.h"

#include "lib/tensor/kernels/kernel_types.h"

const int qp_ct2_activations[QP_CT2_ACTIVATIONS] = {QP_RELU, QP_GELU_TANH, QP_SILU,   QP_GELU,
                                                    -1,      QP_TANH,      QP_SIGMOID};

/* ---- the rows ---- */

#define NORM(ours, theirs)                                                                                             \
    {ours ".weight", theirs "/gamma", QP_WEIGHT_PLAIN}, {ours ".bias", theirs "/beta", QP_WEIGHT_PLAIN}
#define LINEAR(ours, theirs)                                                                                           \
    {ours "weight", theirs "/weight", QP_WEIGHT_PLAIN}, {ours "bias", theirs "/bias", QP_WEIGHT_PLAIN}
#define NUMBER(name) {NULL, name, QP_WEIGHT_UNUSED}
#define NUMBERS(attention)                                                                                             \
    NUMBER(attention "/queries_scale"), NUMBER(attention "/head_dim"), NUMBER(attention "/num_heads_kv"),              \
        NUMBER(attention "/rotary_dim"), NUMBER(attention "/rotary_base"), NUMBER(attention "/rotary_interleave"),     \
        NUMBER(attention "/rotary_scaling_type"), NUMBER(attention "/rotary_scaling_factor"),                          \
        NUMBER(attention "/relative_attention_max_distance"), NUMBER(attention "/relative_attention_bias")
/* In gated layers linear_0 is what the activation reads, and our linear_gate. */
#define SIDE(side)                                                                                                     \
    {side ".positions.weight", side "/position_encodings/encodings", QP_WEIGHT_PLAIN},                                 \
        {side ".relative.weight", side "/layer_0/self_attention/relative_attention_bias", QP_WEIGHT_PLAIN},            \
        NORM(side ".embedding_norm", side "/layernorm_embedding"), NORM(side ".norm", side "/layer_norm"),             \
        LINEAR(side ".layers.#.self_attn.in_proj_", side "/layer_#/self_attention/linear_0"),                          \
        LINEAR(side ".layers.#.self_attn.out_proj.", side "/layer_#/self_attention/linear_1"),                         \
        NORM(side ".layers.#.self_attn.q_norm", side "/layer_#/self_attention/q_norm"),                                \
        NORM(side ".layers.#.self_attn.k_norm", side "/layer_#/self_attention/k_norm"),                                \
        NORM(side ".layers.#.norm1", side "/layer_#/self_attention/layer_norm"),                                       \
        {side ".layers.#.linear1.weight", side "/layer_#/ffn/linear_0_noact/weight", QP_WEIGHT_GATED},                 \
        {side ".layers.#.linear1.bias", side "/layer_#/ffn/linear_0_noact/bias", QP_WEIGHT_GATED},                     \
        LINEAR(side ".layers.#.linear1.", side "/layer_#/ffn/linear_0"),                                               \
        LINEAR(side ".layers.#.linear_gate.", side "/layer_#/ffn/linear_0"),                                           \
        LINEAR(side ".layers.#.linear2.", side "/layer_#/ffn/linear_1"), NUMBER(side "/num_heads"),                    \
        NUMBER(side "/pre_norm"), NUMBER(side "/activation"), NUMBER(side "/scale_embeddings"),                        \
        NUMBER(side "/multi_query_attention"), NUMBERS(side "/layer_#/self_attention")

static const qp_weight_map body_rows[] = {
    SIDE("encoder"),
    SIDE("decoder"),
    NUMBERS("decoder/layer_#/attention"),
    NORM("encoder.layers.#.norm2", "encoder/layer_#/ffn/layer_norm"),
    NORM("decoder.layers.#.norm2", "decoder/layer_#/attention/layer_norm"),
    NORM("decoder.layers.#.norm3", "decoder/layer_#/ffn/layer_norm"),
    LINEAR("decoder.layers.#.multihead_attn.q_proj_", "decoder/layer_#/attention/linear_0"),
    LINEAR("decoder.layers.#.multihead_attn.kv_proj_", "decoder/layer_#/attention/linear_1"),
    LINEAR("decoder.layers.#.multihead_attn.out_proj.", "decoder/layer_#/attention/linear_2"),
    {"embed.weight", "decoder/embeddings/weight", QP_WEIGHT_FEWER},
    {"tgt_embed.weight", "decoder/embeddings/weight", QP_WEIGHT_FEWER},
    {"src_embed.weight", "encoder/embeddings_0/weight", QP_WEIGHT_PLAIN},
    {"generator.weight", "decoder/projection/weight", QP_WEIGHT_FEWER},
    {"generator.bias", "decoder/projection/bias", QP_WEIGHT_FEWER},
    NUMBER("decoder/projection/weight"),
    NUMBER("encoder/embeddings_0/weight"),
    NUMBER("encoder/embeddings_merge"), /* of one embedding */
    NUMBER("decoder/start_from_zero_embedding"),
    NUMBER("decoder/alignment_heads"),
    NUMBER("decoder/alignment_layer"),
    NUMBER("decoder/alibi"),
    NUMBER("decoder/alibi_use_positive_positions"), /* the softmax of a row does not see a constant in it */
    NUMBER("decoder/scale_alibi"),
    NUMBER("decoder/scale_outputs"),
    NUMBER("decoder/final_logit_softcapping"),
    NUMBER("encoder/alibi"),
    NUMBER("num_heads"),
};

/* A decoder without source has no second attention. */
static const qp_weight_map plain_rows[] = {NORM("decoder.layers.#.norm2", "decoder/layer_#/ffn/layer_norm")};
static const qp_weight_map shared_rows[] = {NORM("decoder.layers.#.norm1", "decoder/layer_#/shared_layer_norm")};
static const qp_weight_map separate_rows[] = {
    NORM("decoder.layers.#.norm1", "decoder/layer_#/input_layer_norm"),
    NORM("decoder.layers.#.norm2", "decoder/layer_#/post_attention_layer_norm"),
};
static const qp_weight_map both_rows[] = {
    NORM("decoder.layers.#.norm1", "decoder/layer_#/input_layer_norm"),
    NORM("decoder.layers.#.norm1_after", "decoder/layer_#/post_attention_layer_norm"),
    NORM("decoder.layers.#.norm2", "decoder/layer_#/pre_feedforward_layer_norm"),
    NORM("decoder.layers.#.norm2_after", "decoder/layer_#/post_feedforward_layer_norm"),
};

#define TABLE(rows) ((qp_weight_table){rows, (int)(sizeof rows / sizeof *(rows))})

int qp_ct2_tables(const qp_model_config *m, qp_weight_table table[QP_CT2_TABLES])
{
    int count = 0;
    if (m->norm == QP_NORM_BOTH) table[count++] = TABLE(both_rows);
    if (m->parallel == QP_PARALLEL_SHARED) table[count++] = TABLE(shared_rows);
    if (m->parallel == QP_PARALLEL_SEPARATE) table[count++] = TABLE(separate_rows);
    if (count == 0 && m->task == QP_TASK_LM) table[count++] = TABLE(plain_rows);
    table[count++] = TABLE(body_rows);
    return count;
}
