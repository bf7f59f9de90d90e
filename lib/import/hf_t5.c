#include <string.h>

#include "lib/import/hf_family.h"

/* hf_t5 — t5 of all kinds: RMS norms, no biases, unscaled scores with relative positions. mamba: layers of scans. Names
 * and equations: the modeling_*.py files of transformers 5. */

static bool is_first(const qp_hf_plan *plan)
{
    return strcmp(qp_json_config_text(plan->json, "model_type", ""), "t5") == 0;
}

/* "relu", "gated-silu", ...: an activation, alone or gated; the first T5 that is gated means the approximation by
 * gelu. */
static void t5_inner(qp_hf_plan *plan)
{
    static const char key[] = "feed_forward_proj";
    const char *inner = qp_json_config_text(plan->json, key, is_first(plan) ? "relu" : "gated-gelu");
    plan->model->gated_ff = strncmp(inner, "gated-", 6) == 0;
    plan->model->activation = strcmp(inner, "gated-gelu") == 0
                                  ? QP_GELU_TANH
                                  : qp_hf_activation_named(plan->json, key, inner + (plan->model->gated_ff ? 6 : 0));
}

/* T5 1.1 has an output layer of its own, and does not scale what it reads; mT5 never does. */
static void t5_output(qp_hf_plan *plan)
{
    qp_json_config *json = plan->json;
    bool said = qp_json_config_flag(json, "tie_word_embeddings", true);
    bool first = is_first(plan);
    bool there = qp_weights_have(plan->source, &plan->shape, "lm_head.weight");
    plan->model->untied_output = there && (!said || !qp_hf_same_array(plan, "lm_head.weight", "shared.weight"));
    plan->model->scale_output = first && qp_json_config_flag(json, "scale_decoder_outputs", said);
}

static void t5(qp_hf_plan *plan)
{
    qp_model_config *m = plan->model;
    qp_json_config *json = plan->json;
    m->task = plan->class->task;
    m->encoder = m->decoder = QP_KIND_TRANSFORMER;
    m->emb_size = qp_json_config_need(json, "d_model", 1, 65536);
    m->head_size = qp_json_config_need(json, "d_kv", 1, 65536);
    m->ff_size = qp_json_config_need(json, "d_ff", 1, 1048576);
    m->heads = qp_json_config_need(json, "num_heads", 1, 1024);
    m->enc_layers = qp_json_config_need(json, "num_layers", 0, 128);
    m->dec_layers = qp_json_config_whole(json, "num_decoder_layers", 0, 128, m->enc_layers);
    m->src_vocab_size = m->tgt_vocab_size = qp_json_config_need(json, "vocab_size", 1, 16777216);
    m->max_length = qp_json_config_whole(json, "n_positions", 1, 1048576, 512);
    m->norm_type = QP_NORM_RMS;
    m->norm_epsilon = qp_json_config_real(json, "layer_norm_epsilon", 1e-6);
    m->bias = m->scale_embeddings = false;
    m->attention_scale = 1;
    m->pos = QP_POS_RELATIVE;
    m->relative_buckets = qp_json_config_whole(json, "relative_attention_num_buckets", 2, 65536, 32);
    m->relative_far = qp_json_config_whole(json, "relative_attention_max_distance", 1, 1048576, 128);
    t5_inner(plan);
    plan->shape.gated = m->gated_ff;
    if (m->task != QP_TASK_TRANSLATE) return; /* the encoder alone */
    m->tied_embeddings_all = true;
    t5_output(plan);
}

static void t5_encoder(qp_hf_plan *plan)
{
    plan->model->decoder = QP_KIND_NONE;
    qp_hf_vectors(plan, NULL);
}

static void describe_t5(qp_text_buffer *json, const qp_model_config *m)
{
    const char *plain = m->activation == QP_SILU ? "silu" : m->activation == QP_GELU ? "gelu" : "relu";
    const char *gated = m->activation == QP_SILU ? "gated-silu" : "gated-gelu";
    qp_json_put_integer(json, "d_model", m->emb_size);
    qp_json_put_integer(json, "d_kv", qp_model_head_size(m));
    qp_json_put_integer(json, "d_ff", m->ff_size);
    qp_json_put_integer(json, "num_heads", m->heads);
    qp_json_put_integer(json, "num_layers", m->enc_layers);
    qp_json_put_integer(json, "num_decoder_layers", m->dec_layers);
    qp_json_put_integer(json, "vocab_size", m->src_vocab_size);
    qp_json_put_integer(json, "n_positions", m->max_length);
    qp_json_put_number(json, "layer_norm_epsilon", m->norm_epsilon);
    qp_json_put_integer(json, "relative_attention_num_buckets", m->relative_buckets);
    qp_json_put_integer(json, "relative_attention_max_distance", m->relative_far);
    qp_json_put_text(json, "feed_forward_proj", m->gated_ff ? gated : plain);
    qp_json_put_bool(json, "tie_word_embeddings", !m->untied_output);
    qp_json_put_bool(json, "scale_decoder_outputs", m->scale_output);
    qp_json_put_number(json, "dropout_rate", m->dropout);
}

/* ---- the rows ---- */

#define SIDE(side)                                                                                                     \
    {side ".relative.weight", side ".block.0.layer.0.SelfAttention.relative_attention_bias.weight", QP_WEIGHT_PLAIN},  \
        {side ".norm.weight", side ".final_layer_norm.weight", QP_WEIGHT_PLAIN},                                       \
        {NULL, side ".embed_tokens.weight", QP_WEIGHT_UNUSED},                                                         \
        {side ".layers.#.self_attn.in_proj_weight",                                                                    \
         side ".block.#.layer.0.SelfAttention.q.weight|" side ".block.#.layer.0.SelfAttention.k.weight|" side          \
              ".block.#.layer.0.SelfAttention.v.weight",                                                               \
         QP_WEIGHT_PLAIN},                                                                                             \
        {side ".layers.#.self_attn.out_proj.weight", side ".block.#.layer.0.SelfAttention.o.weight", QP_WEIGHT_PLAIN}, \
    {                                                                                                                  \
        side ".layers.#.norm1.weight", side ".block.#.layer.0.layer_norm.weight", QP_WEIGHT_PLAIN                      \
    }
/* Gated layers have wi_0, which is activated, and wi_1; plain ones wi. */
#define INNER(side, number)                                                                                            \
    {side ".layers.#.linear1.weight", side ".block.#.layer." number ".DenseReluDense.wi_1.weight", QP_WEIGHT_GATED},   \
        {side ".layers.#.linear1.weight", side ".block.#.layer." number ".DenseReluDense.wi.weight", QP_WEIGHT_PLAIN}, \
        {side ".layers.#.linear_gate.weight", side ".block.#.layer." number ".DenseReluDense.wi_0.weight",             \
         QP_WEIGHT_PLAIN},                                                                                             \
    {                                                                                                                  \
        side ".layers.#.linear2.weight", side ".block.#.layer." number ".DenseReluDense.wo.weight", QP_WEIGHT_PLAIN    \
    }
#define CROSS "decoder.block.#.layer.1.EncDecAttention."

static const qp_weight_map t5_rows[] = {
    {"embed.weight", "shared.weight", QP_WEIGHT_PLAIN},
    {"embed.weight", "encoder.embed_tokens.weight", QP_WEIGHT_PLAIN},
    {"src_embed.weight", "shared.weight", QP_WEIGHT_PLAIN},
    {"src_embed.weight", "encoder.embed_tokens.weight", QP_WEIGHT_PLAIN},
    SIDE("encoder"),
    SIDE("decoder"),
    INNER("encoder", "1"),
    INNER("decoder", "2"),
    {"encoder.layers.#.norm2.weight", "encoder.block.#.layer.1.layer_norm.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.multihead_attn.q_proj_weight", CROSS "q.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.multihead_attn.kv_proj_weight", CROSS "k.weight|" CROSS "v.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.multihead_attn.out_proj.weight", CROSS "o.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm2.weight", "decoder.block.#.layer.1.layer_norm.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm3.weight", "decoder.block.#.layer.2.layer_norm.weight", QP_WEIGHT_PLAIN},
    {NULL, CROSS "relative_attention_bias.weight", QP_WEIGHT_UNUSED},
    {"generator.weight", "/lm_head.weight", QP_WEIGHT_PLAIN},
    {NULL, "/lm_head.weight", QP_WEIGHT_UNUSED},
};
QP_HF_TABLE(t5);

static const qp_hf_class t5_class[] = {{"T5ForConditionalGeneration", QP_TASK_TRANSLATE, NULL, NULL, true},
                                       {"T5EncoderModel", QP_TASK_MATCH, NULL, t5_encoder, false},
                                       {0}};
static const qp_hf_class mt5_class[] = {{"MT5ForConditionalGeneration", QP_TASK_TRANSLATE, NULL, NULL, false},
                                        {"MT5EncoderModel", QP_TASK_MATCH, NULL, t5_encoder, false},
                                        {0}};

const qp_hf_family qp_hf_t5[] = {
    {"t5", NULL, t5, &t5_table, t5_class, describe_t5}, {"mt5", NULL, t5, &t5_table, mt5_class, NULL}, {0}};

/* ---- mamba ---- */

static void mamba(qp_hf_plan *plan)
{
    qp_model_config *m = plan->model;
    qp_json_config *json = plan->json;
    qp_hf_decoder(plan);
    m->decoder = QP_KIND_MAMBA;
    m->pos = QP_POS_NONE;
    m->emb_size = qp_json_config_need(json, "hidden_size", 1, 65536);
    m->dec_layers = qp_json_config_need(json, "num_hidden_layers", 0, 128);
    m->tgt_vocab_size = qp_json_config_need(json, "vocab_size", 1, 16777216);
    m->mamba_state = qp_json_config_whole(json, "state_size", 1, 4096, 16);
    m->mamba_expand = qp_json_config_whole(json, "expand", 1, 16, 2);
    m->mamba_kernel = qp_json_config_whole(json, "conv_kernel", 2, 1024, 4);
    m->mamba_rank = qp_json_config_whole(json, "time_step_rank", 1, 65536, (m->emb_size + 15) / 16);
    m->max_length = 1048576;
    m->norm_type = QP_NORM_RMS;
    m->norm_epsilon = qp_json_config_real(json, "layer_norm_epsilon", 1e-5);
    m->bias = false;
    m->tied_embeddings = qp_hf_tied(plan, "lm_head.weight", true);
    if (qp_json_config_whole(json, "intermediate_size", 1, 1048576, m->emb_size * m->mamba_expand) !=
        m->emb_size * m->mamba_expand)
        qp_json_config_refuse(json, "intermediate_size", "not expand times hidden_size");
    qp_json_config_same_flag(json, "use_bias", false, false);
    plan->shape.lacks = !qp_json_config_flag(json, "use_conv_bias", true);
    qp_json_config_same_text(json, "hidden_act", "silu");
}

#define MIXER(part)                                                                                                    \
    {                                                                                                                  \
        "decoder.layers.#.mixer." part, "layers.#.mixer." part, QP_WEIGHT_PLAIN                                        \
    }
static const qp_weight_map mamba_rows[] = {
    {"tgt_embed.weight", "embeddings.weight", QP_WEIGHT_PLAIN},
    {"tgt_embed.weight", "embedding.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm1.weight", "layers.#.norm.weight", QP_WEIGHT_PLAIN},
    MIXER("in_proj.weight"),
    MIXER("conv1d.weight"),
    MIXER("conv1d.bias"),
    {"decoder.layers.#.mixer.conv1d.bias", "", QP_WEIGHT_ZEROS},
    MIXER("x_proj.weight"),
    MIXER("dt_proj.weight"),
    MIXER("dt_proj.bias"),
    MIXER("A_log"),
    MIXER("D"),
    MIXER("out_proj.weight"),
    {"decoder.norm.weight", "norm_f.weight", QP_WEIGHT_PLAIN},
    {"generator.weight", "/lm_head.weight", QP_WEIGHT_PLAIN},
    {NULL, "/lm_head.weight", QP_WEIGHT_UNUSED},
};
QP_HF_TABLE(mamba);

static const qp_hf_class mamba_class[] = {
    {"MambaForCausalLM", QP_TASK_LM, NULL, NULL, false}, {"MambaModel", QP_TASK_LM, NULL, NULL, false}, {0}};

const qp_hf_family qp_hf_mamba[] = {{"mamba", "backbone.", mamba, &mamba_table, mamba_class, NULL}, {0}};
