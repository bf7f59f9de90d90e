#include <string.h>

#include "lib/import/hf_family.h"

/* hf_gpt — gpt2, gpt_neo, gptj, gpt_neox: decoders with layer norms and biases. Names and equations: the
 * modeling_*.py files of transformers 5. */

/* ---- gpt2 ---- */

static void gpt2(qp_hf_plan *plan)
{
    qp_model_config *m = plan->model;
    qp_hf_sizes(plan, "n_embd|hidden_size", "n_layer|num_hidden_layers", "n_head|num_attention_heads");
    qp_hf_inner(plan, "n_inner");
    qp_hf_learned(plan, "n_positions|n_ctx|max_position_embeddings", 0);
    m->activation = qp_hf_activation(plan->json, "activation_function", "gelu_new");
    m->attention_layer_scale = qp_json_config_flag(plan->json, "scale_attn_by_inverse_layer_idx", false);
    if (!qp_json_config_flag(plan->json, "scale_attn_weights", true)) m->attention_scale = 1;
    m->tied_embeddings = qp_hf_tied(plan, "lm_head.weight", true);
    m->output_bias = QP_SWITCH_OFF;
}

static void describe_gpt2(qp_text_buffer *json, const qp_model_config *m)
{
    qp_json_put_integer(json, "n_embd", m->emb_size);
    qp_json_put_integer(json, "n_layer", m->dec_layers);
    qp_json_put_integer(json, "n_head", m->heads);
    qp_json_put_integer(json, "n_inner", m->ff_size);
    qp_json_put_integer(json, "n_positions", m->max_length);
    qp_json_put_integer(json, "vocab_size", m->tgt_vocab_size);
    qp_json_put_number(json, "layer_norm_epsilon", m->norm_epsilon);
    qp_hf_put_activation(json, "activation_function", m->activation);
    qp_json_put_bool(json, "scale_attn_by_inverse_layer_idx", m->attention_layer_scale);
    qp_json_put_bool(json, "scale_attn_weights", m->attention_scale != 1);
    qp_json_put_bool(json, "tie_word_embeddings", m->tied_embeddings);
    qp_json_put_number(json, "resid_pdrop", m->dropout);
    qp_json_put_number(json, "embd_pdrop", m->dropout);
    qp_json_put_number(json, "attn_pdrop", m->attention_dropout);
}

static const qp_weight_map gpt2_rows[] = {
    {"tgt_embed.weight", "wte.weight", QP_WEIGHT_PLAIN},
    {"decoder.positions.weight", "wpe.weight", QP_WEIGHT_POSITIONS},
    {"decoder.layers.#.norm1.weight", "h.#.ln_1.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm1.bias", "h.#.ln_1.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.self_attn.in_proj_weight", "h.#.attn.c_attn.weight", QP_WEIGHT_TRANSPOSED},
    {"decoder.layers.#.self_attn.in_proj_bias", "h.#.attn.c_attn.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.self_attn.out_proj.weight", "h.#.attn.c_proj.weight", QP_WEIGHT_TRANSPOSED},
    {"decoder.layers.#.self_attn.out_proj.bias", "h.#.attn.c_proj.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm2.weight", "h.#.ln_2.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm2.bias", "h.#.ln_2.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear1.weight", "h.#.mlp.c_fc.weight", QP_WEIGHT_TRANSPOSED},
    {"decoder.layers.#.linear1.bias", "h.#.mlp.c_fc.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear2.weight", "h.#.mlp.c_proj.weight", QP_WEIGHT_TRANSPOSED},
    {"decoder.layers.#.linear2.bias", "h.#.mlp.c_proj.bias", QP_WEIGHT_PLAIN},
    {"decoder.norm.weight", "ln_f.weight", QP_WEIGHT_PLAIN},
    {"decoder.norm.bias", "ln_f.bias", QP_WEIGHT_PLAIN},
    {"generator.weight", "/lm_head.weight", QP_WEIGHT_PLAIN},
    {NULL, "/lm_head.weight", QP_WEIGHT_UNUSED},
    {NULL, "h.#.attn.bias", QP_WEIGHT_UNUSED},
    {NULL, "h.#.attn.masked_bias", QP_WEIGHT_UNUSED},
};

/* ---- gpt_neo: no scale, no biases of q, k, v; a window in layers that attention_types calls local ---- */

static void gpt_neo_windows(qp_hf_plan *plan)
{
    qp_model_config *m = plan->model;
    const json_t *layers = qp_json_config_find(plan->json, "attention_layers");
    const json_t *types = qp_json_config_find(plan->json, "attention_types");
    size_t room = sizeof m->window_layers - 1, used = 0;
    for (size_t i = 0; !layers && i < json_array_size(types); i++) {
        const json_t *kinds = json_array_get(json_array_get(types, i), 0);
        json_int_t times = json_integer_value(json_array_get(json_array_get(types, i), 1));
        for (json_int_t t = 0; t < times && t < 128 && used < room; t++)
            for (size_t k = 0; k < json_array_size(kinds) && used < room; k++)
                m->window_layers[used++] = qp_hf_is_text(json_array_get(kinds, k), "local") ? '1' : '0';
    }
    for (size_t i = 0; i < json_array_size(layers) && used < room; i++)
        m->window_layers[used++] = qp_hf_is_text(json_array_get(layers, i), "local") ? '1' : '0';
    m->window_layers[used] = '\0';
    if (used != (size_t)m->dec_layers)
        qp_json_config_refuse(plan->json, "attention_layers", "not a kind for every layer");
    m->attention_window = qp_json_config_whole(plan->json, "window_size", 1, 1048576, 256);
}

static void gpt_neo(qp_hf_plan *plan)
{
    qp_model_config *m = plan->model;
    qp_hf_sizes(plan, "hidden_size", "num_layers|num_hidden_layers", "num_heads|num_attention_heads");
    qp_hf_inner(plan, "intermediate_size");
    qp_hf_learned(plan, "max_position_embeddings", 0);
    gpt_neo_windows(plan);
    m->activation = qp_hf_activation(plan->json, "activation_function", "gelu_new");
    m->attention_scale = 1;
    m->qkv_bias = QP_SWITCH_OFF;
    m->tied_embeddings = qp_hf_tied(plan, "lm_head.weight", true);
    m->output_bias = QP_SWITCH_OFF;
}

static const qp_weight_map gpt_neo_rows[] = {
    {"tgt_embed.weight", "wte.weight", QP_WEIGHT_PLAIN},
    {"decoder.positions.weight", "wpe.weight", QP_WEIGHT_POSITIONS},
    {"decoder.layers.#.norm1.weight", "h.#.ln_1.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm1.bias", "h.#.ln_1.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.self_attn.in_proj_weight",
     "h.#.attn.attention.q_proj.weight|h.#.attn.attention.k_proj.weight|h.#.attn.attention.v_proj.weight",
     QP_WEIGHT_PLAIN},
    {"decoder.layers.#.self_attn.out_proj.weight", "h.#.attn.attention.out_proj.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.self_attn.out_proj.bias", "h.#.attn.attention.out_proj.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm2.weight", "h.#.ln_2.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm2.bias", "h.#.ln_2.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear1.weight", "h.#.mlp.c_fc.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear1.bias", "h.#.mlp.c_fc.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear2.weight", "h.#.mlp.c_proj.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear2.bias", "h.#.mlp.c_proj.bias", QP_WEIGHT_PLAIN},
    {"decoder.norm.weight", "ln_f.weight", QP_WEIGHT_PLAIN},
    {"decoder.norm.bias", "ln_f.bias", QP_WEIGHT_PLAIN},
    {"generator.weight", "/lm_head.weight", QP_WEIGHT_PLAIN},
    {NULL, "/lm_head.weight", QP_WEIGHT_UNUSED},
    {NULL, "h.#.attn.attention.bias", QP_WEIGHT_UNUSED},
    {NULL, "h.#.attn.attention.masked_bias", QP_WEIGHT_UNUSED},
};

/* ---- gptj: one norm for attention and feed-forward side by side, rotary pairs are neighbours ---- */

static void gptj(qp_hf_plan *plan)
{
    qp_model_config *m = plan->model;
    qp_hf_sizes(plan, "n_embd|hidden_size", "n_layer|num_hidden_layers", "n_head|num_attention_heads");
    qp_hf_inner(plan, "n_inner");
    m->max_length = qp_json_config_need(plan->json, "n_positions|max_position_embeddings", 1, 1048576);
    m->pos = QP_POS_ROPE;
    m->rope_size = qp_json_config_whole(plan->json, "rotary_dim", 2, 65536, 64);
    plan->shape.rotated = (int)m->rope_size;
    m->activation = qp_hf_activation(plan->json, "activation_function", "gelu_new");
    m->parallel = QP_PARALLEL_SHARED;
    m->qkv_bias = m->attention_bias = QP_SWITCH_OFF;
    m->tied_embeddings = qp_hf_tied(plan, "lm_head.weight", false);
    m->output_bias = QP_SWITCH_ON;
}

static const qp_weight_map gptj_rows[] = {
    {"tgt_embed.weight", "wte.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm1.weight", "h.#.ln_1.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm1.bias", "h.#.ln_1.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.self_attn.in_proj_weight",
     "h.#.attn.q_proj.weight|h.#.attn.k_proj.weight|h.#.attn.v_proj.weight", QP_WEIGHT_PAIRS},
    {"decoder.layers.#.self_attn.out_proj.weight", "h.#.attn.out_proj.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear1.weight", "h.#.mlp.fc_in.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear1.bias", "h.#.mlp.fc_in.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear2.weight", "h.#.mlp.fc_out.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear2.bias", "h.#.mlp.fc_out.bias", QP_WEIGHT_PLAIN},
    {"decoder.norm.weight", "ln_f.weight", QP_WEIGHT_PLAIN},
    {"decoder.norm.bias", "ln_f.bias", QP_WEIGHT_PLAIN},
    {"generator.weight", "/lm_head.weight", QP_WEIGHT_PLAIN},
    {"generator.bias", "/lm_head.bias", QP_WEIGHT_PLAIN},
    {NULL, "/lm_head.weight", QP_WEIGHT_UNUSED},
    {NULL, "h.#.attn.bias", QP_WEIGHT_UNUSED},
    {NULL, "h.#.attn.masked_bias", QP_WEIGHT_UNUSED},
    {NULL, "h.#.attn.embed_positions", QP_WEIGHT_UNUSED},
};

/* ---- gpt_neox: q, k, v of each head together; two norms for attention and feed-forward side by side ---- */

static void gpt_neox(qp_hf_plan *plan)
{
    qp_model_config *m = plan->model;
    qp_hf_sizes(plan, "hidden_size", "num_hidden_layers", "num_attention_heads");
    qp_hf_inner(plan, "intermediate_size");
    m->max_length = qp_json_config_need(plan->json, "max_position_embeddings", 1, 1048576);
    qp_hf_rotary(plan, qp_json_config_real(plan->json, "rope_parameters.partial_rotary_factor|rotary_pct", 0.25));
    m->activation = qp_hf_activation(plan->json, "hidden_act", "gelu");
    bool parallel = qp_json_config_flag(plan->json, "use_parallel_residual", true);
    m->parallel = parallel ? QP_PARALLEL_SEPARATE : QP_PARALLEL_NONE;
    bool bias = qp_json_config_flag(plan->json, "attention_bias", true);
    m->qkv_bias = m->attention_bias = bias ? QP_SWITCH_ON : QP_SWITCH_OFF;
    m->tied_embeddings = qp_hf_tied(plan, "embed_out.weight", false);
    m->output_bias = QP_SWITCH_OFF;
}

static const qp_weight_map gpt_neox_rows[] = {
    {"tgt_embed.weight", "embed_in.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm1.weight", "layers.#.input_layernorm.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm1.bias", "layers.#.input_layernorm.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.self_attn.in_proj_weight", "layers.#.attention.query_key_value.weight", QP_WEIGHT_GROUPED},
    {"decoder.layers.#.self_attn.in_proj_bias", "layers.#.attention.query_key_value.bias", QP_WEIGHT_GROUPED},
    {"decoder.layers.#.self_attn.out_proj.weight", "layers.#.attention.dense.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.self_attn.out_proj.bias", "layers.#.attention.dense.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm2.weight", "layers.#.post_attention_layernorm.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm2.bias", "layers.#.post_attention_layernorm.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear1.weight", "layers.#.mlp.dense_h_to_4h.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear1.bias", "layers.#.mlp.dense_h_to_4h.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear2.weight", "layers.#.mlp.dense_4h_to_h.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear2.bias", "layers.#.mlp.dense_4h_to_h.bias", QP_WEIGHT_PLAIN},
    {"decoder.norm.weight", "final_layer_norm.weight", QP_WEIGHT_PLAIN},
    {"decoder.norm.bias", "final_layer_norm.bias", QP_WEIGHT_PLAIN},
    {"generator.weight", "/embed_out.weight", QP_WEIGHT_PLAIN},
    {NULL, "/embed_out.weight", QP_WEIGHT_UNUSED},
    {NULL, "layers.#.attention.bias", QP_WEIGHT_UNUSED},
    {NULL, "layers.#.attention.masked_bias", QP_WEIGHT_UNUSED},
    {NULL, "layers.#.attention.rotary_emb.inv_freq", QP_WEIGHT_UNUSED},
};

/* ---- the table ---- */

QP_HF_TABLE(gpt2);
QP_HF_TABLE(gpt_neo);
QP_HF_TABLE(gptj);
QP_HF_TABLE(gpt_neox);

static const qp_hf_class gpt2_class[] = {{"GPT2LMHeadModel", QP_TASK_LM, NULL, NULL, true},
                                         {"GPT2Model", QP_TASK_LM, NULL, NULL, false},
                                         {0}};
static const qp_hf_class gpt_neo_class[] = {{"GPTNeoForCausalLM", QP_TASK_LM, NULL, NULL, false},
                                            {"GPTNeoModel", QP_TASK_LM, NULL, NULL, false},
                                            {0}};
static const qp_hf_class gptj_class[] = {{"GPTJForCausalLM", QP_TASK_LM, NULL, NULL, false}, {0}};
static const qp_hf_class gpt_neox_class[] = {{"GPTNeoXForCausalLM", QP_TASK_LM, NULL, NULL, false}, {0}};

const qp_hf_family qp_hf_gpt[] = {
    {"gpt2", "transformer.", gpt2, &gpt2_table, gpt2_class, describe_gpt2},
    {"gpt_neo", "transformer.", gpt_neo, &gpt_neo_table, gpt_neo_class, NULL},
    {"gptj", "transformer.", gptj, &gptj_table, gptj_class, NULL},
    {"gpt_neox", "gpt_neox.", gpt_neox, &gpt_neox_table, gpt_neox_class, NULL},
    {0},
};
