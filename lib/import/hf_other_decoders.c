#include <string.h>

#include "lib/import/hf_family.h"

/* hf_other_decoders — opt, bloom, falcon, phi. Names and equations: the modeling_*.py files of transformers 5. */

/* ---- opt: positions begin in row 2; the small models put norms after the layers, with narrower words ---- */

static void opt(qp_hf_plan *plan)
{
    qp_model_config *m = plan->model;
    qp_json_config *json = plan->json;
    qp_hf_sizes(plan, "hidden_size", "num_hidden_layers", "num_attention_heads");
    qp_hf_inner(plan, "ffn_dim");
    qp_hf_learned(plan, "max_position_embeddings", 2);
    m->activation = qp_hf_activation(json, "activation_function", "relu");
    bool before = qp_json_config_flag(json, "do_layer_norm_before", true);
    m->norm = before ? QP_NORM_PRE : QP_NORM_POST;
    m->final_norm = before && !qp_json_config_flag(json, "_remove_final_layer_norm", false);
    m->bias = qp_json_config_flag(json, "enable_bias", true);
    int64_t words = qp_json_config_whole(json, "word_embed_proj_dim", 1, 65536, m->emb_size);
    m->word_size = words == m->emb_size ? 0 : words;
    m->tied_embeddings = qp_hf_tied(plan, "lm_head.weight", true);
    m->output_bias = QP_SWITCH_OFF;
    plan->shape.lacks = !qp_json_config_flag(json, "layer_norm_elementwise_affine", true);
}

#define NORM(ours, theirs)                                                                                             \
    {ours ".weight", theirs ".weight", QP_WEIGHT_PLAIN}, {ours ".bias", theirs ".bias", QP_WEIGHT_PLAIN},              \
        {ours ".weight", "", QP_WEIGHT_ONES}, {ours ".bias", "", QP_WEIGHT_ZEROS}

static const qp_weight_map opt_rows[] = {
    {"tgt_embed.weight", "decoder.embed_tokens.weight", QP_WEIGHT_PLAIN},
    {"decoder.positions.weight", "decoder.embed_positions.weight", QP_WEIGHT_POSITIONS},
    {"decoder.word_map.weight", "decoder.project_in.weight", QP_WEIGHT_PLAIN},
    NORM("decoder.layers.#.norm1", "decoder.layers.#.self_attn_layer_norm"),
    {"decoder.layers.#.self_attn.in_proj_weight",
     "decoder.layers.#.self_attn.q_proj.weight|decoder.layers.#.self_attn.k_proj.weight|"
     "decoder.layers.#.self_attn.v_proj.weight",
     QP_WEIGHT_PLAIN},
    {"decoder.layers.#.self_attn.in_proj_bias",
     "decoder.layers.#.self_attn.q_proj.bias|decoder.layers.#.self_attn.k_proj.bias|"
     "decoder.layers.#.self_attn.v_proj.bias",
     QP_WEIGHT_PLAIN},
    {"decoder.layers.#.self_attn.out_proj.weight", "decoder.layers.#.self_attn.out_proj.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.self_attn.out_proj.bias", "decoder.layers.#.self_attn.out_proj.bias", QP_WEIGHT_PLAIN},
    NORM("decoder.layers.#.norm2", "decoder.layers.#.final_layer_norm"),
    {"decoder.layers.#.linear1.weight", "decoder.layers.#.fc1.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear1.bias", "decoder.layers.#.fc1.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear2.weight", "decoder.layers.#.fc2.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear2.bias", "decoder.layers.#.fc2.bias", QP_WEIGHT_PLAIN},
    NORM("decoder.norm", "decoder.final_layer_norm"),
    {"generator.word_map.weight", "decoder.project_out.weight", QP_WEIGHT_PLAIN},
    {"generator.weight", "/lm_head.weight", QP_WEIGHT_PLAIN},
    {NULL, "/lm_head.weight", QP_WEIGHT_UNUSED},
};

/* ---- bloom: ALiBi, a norm on the embeddings, q, k, v of each head together ---- */

static void bloom(qp_hf_plan *plan)
{
    qp_model_config *m = plan->model;
    qp_hf_sizes(plan, "hidden_size|n_embed", "n_layer|num_hidden_layers", "n_head|num_attention_heads");
    m->pos = QP_POS_ALIBI;
    m->max_length = qp_json_config_whole(plan->json, "seq_length", 1, 1048576, 2048);
    m->embedding_norm = true;
    m->activation = QP_GELU_TANH;
    m->tied_embeddings = qp_hf_tied(plan, "lm_head.weight", true);
    m->output_bias = QP_SWITCH_OFF;
    qp_json_config_same_flag(plan->json, "apply_residual_connection_post_layernorm", false, false);
    if (qp_json_config_whole(plan->json, "pretraining_tp", 1, 1024, 1) > 1) /* sums of parts, without the biases */
        qp_json_config_same_flag(plan->json, "slow_but_exact", false, false);
}

static const qp_weight_map bloom_rows[] = {
    {"tgt_embed.weight", "word_embeddings.weight", QP_WEIGHT_PLAIN},
    {"decoder.embedding_norm.weight", "word_embeddings_layernorm.weight", QP_WEIGHT_PLAIN},
    {"decoder.embedding_norm.bias", "word_embeddings_layernorm.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm1.weight", "h.#.input_layernorm.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm1.bias", "h.#.input_layernorm.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.self_attn.in_proj_weight", "h.#.self_attention.query_key_value.weight", QP_WEIGHT_GROUPED},
    {"decoder.layers.#.self_attn.in_proj_bias", "h.#.self_attention.query_key_value.bias", QP_WEIGHT_GROUPED},
    {"decoder.layers.#.self_attn.out_proj.weight", "h.#.self_attention.dense.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.self_attn.out_proj.bias", "h.#.self_attention.dense.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm2.weight", "h.#.post_attention_layernorm.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm2.bias", "h.#.post_attention_layernorm.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear1.weight", "h.#.mlp.dense_h_to_4h.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear1.bias", "h.#.mlp.dense_h_to_4h.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear2.weight", "h.#.mlp.dense_4h_to_h.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear2.bias", "h.#.mlp.dense_4h_to_h.bias", QP_WEIGHT_PLAIN},
    {"decoder.norm.weight", "ln_f.weight", QP_WEIGHT_PLAIN},
    {"decoder.norm.bias", "ln_f.bias", QP_WEIGHT_PLAIN},
    {"generator.weight", "/lm_head.weight", QP_WEIGHT_PLAIN},
    {NULL, "/lm_head.weight", QP_WEIGHT_UNUSED},
};

/* ---- falcon: attention and feed-forward side by side, few key/value heads ---- */

static void falcon_layer(qp_hf_plan *plan)
{
    qp_model_config *m = plan->model;
    qp_json_config *json = plan->json;
    bool fresh = qp_json_config_flag(json, "new_decoder_architecture", false);
    bool one = qp_json_config_flag(json, "multi_query", true);
    m->kv_heads = fresh ? qp_json_config_whole(json, "num_kv_heads", 1, 1024, m->heads) : one ? 1 : m->heads;
    if (m->heads % m->kv_heads != 0) qp_json_config_refuse(json, "num_kv_heads", "does not divide the heads");
    plan->shape.kv_heads = (int)m->kv_heads;
    bool parallel = fresh || qp_json_config_flag(json, "parallel_attn", true);
    int64_t norms = qp_json_config_whole(json, "num_ln_in_parallel_attn", 1, 2, fresh ? 2 : 1);
    m->parallel = !parallel                ? QP_PARALLEL_NONE
                  : fresh && norms == 2 ? QP_PARALLEL_SEPARATE
                                           : QP_PARALLEL_SHARED;
}

static void falcon(qp_hf_plan *plan)
{
    qp_model_config *m = plan->model;
    qp_json_config *json = plan->json;
    qp_hf_sizes(plan, "hidden_size|n_embed", "num_hidden_layers|n_layer", "num_attention_heads|n_head");
    qp_hf_inner(plan, "ffn_hidden_size");
    m->max_length = qp_json_config_whole(json, "max_position_embeddings", 1, 1048576, 2048);
    falcon_layer(plan);
    qp_hf_rotary(plan, 1);
    m->activation = qp_hf_activation(json, "activation", "gelu");
    m->bias = qp_json_config_flag(json, "bias", false);
    m->tied_embeddings = qp_hf_tied(plan, "lm_head.weight", true);
    m->output_bias = QP_SWITCH_OFF;
    qp_json_config_same_flag(json, "alibi", false, false); /* its slopes are rounded to 8 bits */
}

static const qp_weight_map falcon_rows[] = {
    {"tgt_embed.weight", "word_embeddings.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm1.weight", "h.#.input_layernorm.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm1.weight", "h.#.ln_attn.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm1.bias", "h.#.input_layernorm.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm1.bias", "h.#.ln_attn.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.self_attn.in_proj_weight", "h.#.self_attention.query_key_value.weight", QP_WEIGHT_GROUPED},
    {"decoder.layers.#.self_attn.in_proj_bias", "h.#.self_attention.query_key_value.bias", QP_WEIGHT_GROUPED},
    {"decoder.layers.#.self_attn.out_proj.weight", "h.#.self_attention.dense.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.self_attn.out_proj.bias", "h.#.self_attention.dense.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm2.weight", "h.#.post_attention_layernorm.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm2.weight", "h.#.ln_mlp.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm2.bias", "h.#.post_attention_layernorm.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm2.bias", "h.#.ln_mlp.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear1.weight", "h.#.mlp.dense_h_to_4h.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear1.bias", "h.#.mlp.dense_h_to_4h.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear2.weight", "h.#.mlp.dense_4h_to_h.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear2.bias", "h.#.mlp.dense_4h_to_h.bias", QP_WEIGHT_PLAIN},
    {"decoder.norm.weight", "ln_f.weight", QP_WEIGHT_PLAIN},
    {"decoder.norm.bias", "ln_f.bias", QP_WEIGHT_PLAIN},
    {"generator.weight", "/lm_head.weight", QP_WEIGHT_PLAIN},
    {NULL, "/lm_head.weight", QP_WEIGHT_UNUSED},
};

/* ---- phi: one norm for attention and feed-forward side by side, half of each head turns ---- */

static void phi(qp_hf_plan *plan)
{
    qp_model_config *m = plan->model;
    qp_json_config *json = plan->json;
    qp_hf_sizes(plan, "hidden_size", "num_hidden_layers", "num_attention_heads");
    qp_hf_inner(plan, "intermediate_size");
    m->kv_heads = qp_json_config_whole(json, "num_key_value_heads", 1, 1024, m->heads);
    m->max_length = qp_json_config_need(json, "max_position_embeddings", 1, 1048576);
    qp_hf_rotary(plan, qp_json_config_real(json, "rope_parameters.partial_rotary_factor|partial_rotary_factor", 0.5));
    m->activation = qp_hf_activation(json, "hidden_act", "gelu_new");
    m->parallel = QP_PARALLEL_SHARED;
    m->qk_norm = qp_json_config_flag(json, "qk_layernorm", false);
    m->tied_embeddings = qp_hf_tied(plan, "lm_head.weight", false);
    m->output_bias = QP_SWITCH_ON;
}

static const qp_weight_map phi_rows[] = {
    {"tgt_embed.weight", "embed_tokens.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm1.weight", "layers.#.input_layernorm.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm1.bias", "layers.#.input_layernorm.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.self_attn.in_proj_weight",
     "layers.#.self_attn.q_proj.weight|layers.#.self_attn.k_proj.weight|layers.#.self_attn.v_proj.weight",
     QP_WEIGHT_PLAIN},
    {"decoder.layers.#.self_attn.in_proj_bias",
     "layers.#.self_attn.q_proj.bias|layers.#.self_attn.k_proj.bias|layers.#.self_attn.v_proj.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.self_attn.q_norm.weight", "layers.#.self_attn.q_layernorm.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.self_attn.q_norm.bias", "layers.#.self_attn.q_layernorm.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.self_attn.k_norm.weight", "layers.#.self_attn.k_layernorm.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.self_attn.k_norm.bias", "layers.#.self_attn.k_layernorm.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.self_attn.out_proj.weight", "layers.#.self_attn.dense.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.self_attn.out_proj.bias", "layers.#.self_attn.dense.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear1.weight", "layers.#.mlp.fc1.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear1.bias", "layers.#.mlp.fc1.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear2.weight", "layers.#.mlp.fc2.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear2.bias", "layers.#.mlp.fc2.bias", QP_WEIGHT_PLAIN},
    {"decoder.norm.weight", "final_layernorm.weight", QP_WEIGHT_PLAIN},
    {"decoder.norm.bias", "final_layernorm.bias", QP_WEIGHT_PLAIN},
    {"generator.weight", "/lm_head.weight", QP_WEIGHT_PLAIN},
    {"generator.bias", "/lm_head.bias", QP_WEIGHT_PLAIN},
    {NULL, "/lm_head.weight", QP_WEIGHT_UNUSED},
    {NULL, "layers.#.self_attn.rotary_emb.inv_freq", QP_WEIGHT_UNUSED},
};

/* ---- the table ---- */

QP_HF_TABLE(opt);
QP_HF_TABLE(bloom);
QP_HF_TABLE(falcon);
QP_HF_TABLE(phi);

#define LANGUAGE_MODEL(name, head, body)                                                                               \
    static const qp_hf_class name[] = {                                                                                \
        {head, QP_TASK_LM, NULL, NULL, false}, {body, QP_TASK_LM, NULL, NULL, false}, {0}}
LANGUAGE_MODEL(opt_class, "OPTForCausalLM", "OPTModel");
LANGUAGE_MODEL(bloom_class, "BloomForCausalLM", "BloomModel");
LANGUAGE_MODEL(falcon_class, "FalconForCausalLM", "FalconModel");
LANGUAGE_MODEL(phi_class, "PhiForCausalLM", "PhiModel");

const qp_hf_family qp_hf_other_decoders[] = {
    {"opt", "model.", opt, &opt_table, opt_class, NULL},
    {"bloom", "transformer.", bloom, &bloom_table, bloom_class, NULL},
    {"falcon", "transformer.", falcon, &falcon_table, falcon_class, NULL},
    {"phi", "model.", phi, &phi_table, phi_class, NULL},
    {0},
};
