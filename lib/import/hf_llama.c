#include <math.h>
#include <string.h>

#include "lib/import/hf_family.h"

/* hf_llama — llama, mistral, mixtral, qwen2, qwen3, gemma, gemma2, phi3: decoders with RMS norms, rotary positions and
 * gated feed-forward layers. Names and equations: the modeling_*.py files of transformers 5. */

static int switch_of(bool on) { return on ? QP_SWITCH_ON : QP_SWITCH_OFF; }

/* What the library takes for keys that config.json lacks. kv_heads, head_size 0: as many as heads, the width over them;
 * window 0: none. */
typedef struct {
    int kv_heads, head_size, window;
    double epsilon, rope_base;
    bool tied;
} usual_values;

/* Of a key that is there, even as null, what `usual` says does not count. */
static int64_t where_absent(const qp_hf_plan *plan, const char *key, int64_t value)
{
    return json_object_get(plan->json->root, key) ? 0 : value;
}

static void gated_decoder(qp_hf_plan *plan, const usual_values *usual)
{
    qp_model_config *m = plan->model;
    qp_json_config *json = plan->json;
    qp_hf_decoder(plan);
    m->emb_size = qp_json_config_need(json, "hidden_size", 1, 65536);
    m->dec_layers = qp_json_config_need(json, "num_hidden_layers", 0, 128);
    m->heads = qp_json_config_need(json, "num_attention_heads", 1, 1024);
    int64_t kv_heads = where_absent(plan, "num_key_value_heads", usual->kv_heads);
    if (kv_heads == 0 || m->heads % kv_heads != 0) kv_heads = m->heads;
    m->kv_heads = qp_json_config_whole(json, "num_key_value_heads", 1, 1024, kv_heads);
    m->ff_size = qp_json_config_need(json, "intermediate_size", 1, 1048576);
    m->tgt_vocab_size = qp_json_config_need(json, "vocab_size", 1, 16777216);
    m->max_length = qp_json_config_need(json, "max_position_embeddings", 1, 1048576);
    m->norm_epsilon = qp_json_config_real(json, "rms_norm_eps", usual->epsilon);
    m->head_size = qp_json_config_whole(json, "head_dim", 1, 65536, where_absent(plan, "head_dim", usual->head_size));
    if (!m->head_size && m->emb_size % m->heads != 0) qp_json_config_refuse(json, "num_attention_heads", "no divisor");
    m->norm_type = QP_NORM_RMS;
    m->gated_ff = true;
    m->activation = qp_hf_activation(json, "hidden_act|hidden_activation", "silu");
    bool bias = qp_json_config_flag(json, "attention_bias", false);
    m->bias = false;
    m->qkv_bias = m->attention_bias = switch_of(bias);
    m->ff_bias = switch_of(qp_json_config_flag(json, "mlp_bias", false));
    plan->rope_base = usual->rope_base;
    qp_hf_rotary(plan, qp_json_config_real(json, "rope_parameters.partial_rotary_factor|partial_rotary_factor", 1));
    m->tied_embeddings = qp_hf_tied(plan, "lm_head.weight", usual->tied);
}

static void llama(qp_hf_plan *plan)
{
    static const usual_values usual = {.epsilon = 1e-6, .rope_base = 1e4};
    gated_decoder(plan, &usual);
}

/* The layers that layer_types calls sliding_attention; without the list, those of `rule`. absent: the window of a
 * configuration that has no key for it. */
static void windows(qp_hf_plan *plan, int absent, bool (*rule)(const qp_hf_plan *plan, int layer))
{
    qp_model_config *m = plan->model;
    const json_t *types = qp_json_config_find(plan->json, "layer_types");
    absent = (int)where_absent(plan, "sliding_window", absent);
    m->attention_window = qp_json_config_whole(plan->json, "sliding_window", 1, 1048576, absent);
    if (types && json_array_size(types) != (size_t)m->dec_layers)
        qp_json_config_refuse(plan->json, "layer_types", "not a kind for every layer");
    if (!m->attention_window || plan->json->status != QP_OK) return;
    bool any = false;
    for (int i = 0; i < m->dec_layers; i++) {
        const json_t *type = json_array_get(types, (size_t)i);
        bool slides = type ? qp_hf_is_text(type, "sliding_attention") : rule(plan, i);
        if (type && !slides && !qp_hf_is_text(type, "full_attention"))
            qp_json_config_refuse(plan->json, "layer_types", "neither sliding_attention nor full_attention");
        m->window_layers[i] = slides ? '1' : '0';
        any = any || slides;
    }
    m->window_layers[m->dec_layers] = '\0';
    if (any) return;
    m->attention_window = 0;
    memset(m->window_layers, 0, sizeof m->window_layers);
}

static bool every_layer(const qp_hf_plan *plan, int layer)
{
    (void)plan;
    (void)layer;
    return true;
}

static bool every_other(const qp_hf_plan *plan, int layer)
{
    (void)plan;
    return layer % 2 == 0;
}

/* Qwen: layers from max_window_layers on. */
static bool upper_layers(const qp_hf_plan *plan, int layer)
{
    return layer >= qp_json_config_whole(plan->json, "max_window_layers", 0, 1048576, 28);
}

static void mistral(qp_hf_plan *plan)
{
    static const usual_values usual = {.kv_heads = 8, .window = 4096, .epsilon = 1e-6, .rope_base = 1e4};
    gated_decoder(plan, &usual);
    windows(plan, usual.window, every_layer);
}

static void phi3(qp_hf_plan *plan)
{
    static const usual_values usual = {.epsilon = 1e-5, .rope_base = 1e4};
    gated_decoder(plan, &usual);
    windows(plan, usual.window, every_layer);
}

static void mixtral(qp_hf_plan *plan)
{
    static const usual_values usual = {.kv_heads = 8, .epsilon = 1e-5, .rope_base = 1e6};
    gated_decoder(plan, &usual);
    windows(plan, usual.window, every_layer);
    plan->model->experts = qp_json_config_whole(plan->json, "num_local_experts", 1, 1024, 8);
    plan->model->experts_per_token = qp_json_config_whole(plan->json, "num_experts_per_tok", 2, 1024, 2);
}

static void qwen(qp_hf_plan *plan, int head_size)
{
    const usual_values usual = {
        .kv_heads = 32, .head_size = head_size, .window = 4096, .epsilon = 1e-6, .rope_base = 1e4};
    gated_decoder(plan, &usual);
    if (qp_json_config_flag(plan->json, "use_sliding_window", false)) windows(plan, usual.window, upper_layers);
}

static void qwen2(qp_hf_plan *plan)
{
    qwen(plan, 0);
    plan->model->qkv_bias = QP_SWITCH_ON;
}

static void qwen3(qp_hf_plan *plan)
{
    qwen(plan, 128);
    if (!plan->model->head_size) plan->model->head_size = 128; /* null */
    plan->model->qk_norm = true;
}

/* Gemma reads hidden_act since version 5, hidden_activation before, Gemma 2 hidden_activation. */
static void gemma_activation(qp_hf_plan *plan)
{
    static const char *const usual = "gelu_pytorch_tanh";
    qp_json_config *json = plan->json;
    bool second = strcmp(qp_json_config_text(json, "model_type", ""), "gemma2") == 0;
    plan->model->activation = qp_hf_activation(json, second ? "hidden_activation" : "hidden_act|hidden_activation",
                                               usual);
    bool two = !second && qp_json_config_has(json, "hidden_act") && qp_json_config_has(json, "hidden_activation");
    if (two && qp_hf_activation(json, "hidden_activation", usual) != plan->model->activation)
        qp_json_config_refuse(json, "hidden_act", "hidden_activation is another function; delete one of them");
}

static void any_gemma(qp_hf_plan *plan, int kv_heads)
{
    const usual_values usual = {
        .kv_heads = kv_heads, .head_size = 256, .epsilon = 1e-6, .rope_base = 1e4, .tied = true};
    gated_decoder(plan, &usual);
    plan->model->scale_embeddings = true;
    gemma_activation(plan);
    qp_json_config_same_flag(plan->json, "use_bidirectional_attention", false, false);
}

static void gemma(qp_hf_plan *plan) { any_gemma(plan, 16); }

static double softcap(qp_hf_plan *plan, const char *key, double fallback)
{
    const json_t *value = json_object_get(plan->json->root, key); /* null: none */
    double cap = json_is_null(value) ? 0 : qp_json_config_real(plan->json, key, fallback);
    if (cap < 0 || cap > 1e6) qp_json_config_refuse(plan->json, key, "out of range");
    return cap;
}

static void gemma2(qp_hf_plan *plan)
{
    qp_model_config *m = plan->model;
    any_gemma(plan, 4);
    m->norm = QP_NORM_BOTH;
    m->attention_softcap = softcap(plan, "attn_logit_softcapping", 50);
    m->output_softcap = softcap(plan, "final_logit_softcapping", 30);
    double scalar = qp_json_config_real(plan->json, "query_pre_attn_scalar", 256);
    if (!(scalar > 1e-6)) qp_json_config_refuse(plan->json, "query_pre_attn_scalar", "out of range");
    m->attention_scale = 1 / sqrt(scalar);
    windows(plan, 4096, every_other);
}

/* ---- describing ---- */

static void describe_llama(qp_text_buffer *json, const qp_model_config *m)
{
    bool dynamic = m->rope_scaling == QP_ROPE_DYNAMIC && m->rope_length;
    qp_json_put_integer(json, "hidden_size", m->emb_size);
    qp_json_put_integer(json, "num_hidden_layers", m->dec_layers);
    qp_json_put_integer(json, "num_attention_heads", m->heads);
    qp_json_put_integer(json, "num_key_value_heads", m->kv_heads ? m->kv_heads : m->heads);
    qp_json_put_integer(json, "intermediate_size", m->ff_size);
    qp_json_put_integer(json, "max_position_embeddings", dynamic ? m->rope_length : m->max_length);
    qp_json_put_integer(json, "vocab_size", m->tgt_vocab_size);
    qp_json_put_number(json, "rms_norm_eps", m->norm_epsilon);
    if (m->head_size) qp_json_put_integer(json, "head_dim", m->head_size);
    qp_hf_put_activation(json, "hidden_act", m->activation);
    qp_json_put_bool(json, "attention_bias", qp_model_switch(m->attention_bias, m->bias));
    qp_json_put_bool(json, "mlp_bias", qp_model_switch(m->ff_bias, m->bias));
    qp_json_put_bool(json, "tie_word_embeddings", m->tied_embeddings);
    qp_json_put_number(json, "attention_dropout", m->attention_dropout);
    qp_hf_put_rope(json, m);
}

static void describe_mistral(qp_text_buffer *json, const qp_model_config *m)
{
    describe_llama(json, m);
    if (m->attention_window) qp_json_put_integer(json, "sliding_window", m->attention_window);
    if (!m->attention_window) qp_json_key(json, "sliding_window");
    if (!m->attention_window) qp_json_null(json);
}

static void describe_qwen(qp_text_buffer *json, const qp_model_config *m)
{
    describe_mistral(json, m);
    qp_json_put_bool(json, "use_sliding_window", m->attention_window > 0);
    if (m->attention_window == 0) return;
    qp_json_key(json, "layer_types");
    qp_json_open(json, '[');
    for (int i = 0; i < m->dec_layers; i++) {
        const char *kind = qp_model_has_window(m, i) ? "sliding_attention" : "full_attention";
        qp_json_string(json, kind, strlen(kind));
    }
    qp_json_close(json, ']');
}

/* ---- the rows ---- */

#define BODY(norms)                                                                                                    \
    {"tgt_embed.weight", "embed_tokens.weight", QP_WEIGHT_PLAIN},                                                      \
        {"decoder.layers.#.norm1.weight", "layers.#.input_layernorm.weight", norms},                                   \
        {"decoder.layers.#.self_attn.out_proj.weight", "layers.#.self_attn.o_proj.weight", QP_WEIGHT_PLAIN},           \
        {"decoder.layers.#.self_attn.out_proj.bias", "layers.#.self_attn.o_proj.bias", QP_WEIGHT_PLAIN},               \
        {"decoder.norm.weight", "norm.weight", norms}, {"generator.weight", "/lm_head.weight", QP_WEIGHT_PLAIN},       \
        {NULL, "/lm_head.weight", QP_WEIGHT_UNUSED},                                                                   \
        {NULL, "layers.#.self_attn.rotary_emb.inv_freq", QP_WEIGHT_UNUSED}
#define SEPARATE                                                                                                       \
    {"decoder.layers.#.self_attn.in_proj_weight",                                                                      \
     "layers.#.self_attn.q_proj.weight|layers.#.self_attn.k_proj.weight|layers.#.self_attn.v_proj.weight",             \
     QP_WEIGHT_PLAIN},                                                                                                 \
        {"decoder.layers.#.self_attn.in_proj_bias",                                                                    \
         "layers.#.self_attn.q_proj.bias|layers.#.self_attn.k_proj.bias|layers.#.self_attn.v_proj.bias",               \
         QP_WEIGHT_PLAIN},                                                                                             \
        {"decoder.layers.#.self_attn.q_norm.weight", "layers.#.self_attn.q_norm.weight", QP_WEIGHT_PLAIN},             \
        {"decoder.layers.#.self_attn.k_norm.weight", "layers.#.self_attn.k_norm.weight", QP_WEIGHT_PLAIN}
#define GATED                                                                                                          \
    {"decoder.layers.#.linear1.weight", "layers.#.mlp.up_proj.weight", QP_WEIGHT_PLAIN},                               \
        {"decoder.layers.#.linear1.bias", "layers.#.mlp.up_proj.bias", QP_WEIGHT_PLAIN},                               \
        {"decoder.layers.#.linear_gate.weight", "layers.#.mlp.gate_proj.weight", QP_WEIGHT_PLAIN},                     \
        {"decoder.layers.#.linear_gate.bias", "layers.#.mlp.gate_proj.bias", QP_WEIGHT_PLAIN},                         \
        {"decoder.layers.#.linear2.weight", "layers.#.mlp.down_proj.weight", QP_WEIGHT_PLAIN},                         \
        {"decoder.layers.#.linear2.bias", "layers.#.mlp.down_proj.bias", QP_WEIGHT_PLAIN}
#define SECOND_NORM(norms) {"decoder.layers.#.norm2.weight", "layers.#.post_attention_layernorm.weight", norms}

static const qp_weight_map llama_rows[] = {BODY(QP_WEIGHT_PLAIN), SEPARATE, GATED, SECOND_NORM(QP_WEIGHT_PLAIN)};
static const qp_weight_map gemma_rows[] = {BODY(QP_WEIGHT_ADD_ONE), SEPARATE, GATED, SECOND_NORM(QP_WEIGHT_ADD_ONE)};
static const qp_weight_map gemma2_rows[] = {
    BODY(QP_WEIGHT_ADD_ONE),
    SEPARATE,
    GATED,
    {"decoder.layers.#.norm1_after.weight", "layers.#.post_attention_layernorm.weight", QP_WEIGHT_ADD_ONE},
    {"decoder.layers.#.norm2.weight", "layers.#.pre_feedforward_layernorm.weight", QP_WEIGHT_ADD_ONE},
    {"decoder.layers.#.norm2_after.weight", "layers.#.post_feedforward_layernorm.weight", QP_WEIGHT_ADD_ONE},
};
static const qp_weight_map phi3_rows[] = {
    BODY(QP_WEIGHT_PLAIN),
    SECOND_NORM(QP_WEIGHT_PLAIN),
    {"decoder.layers.#.self_attn.in_proj_weight", "layers.#.self_attn.qkv_proj.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.linear_gate.weight", "layers.#.mlp.gate_up_proj.weight", QP_WEIGHT_FIRST_HALF},
    {"decoder.layers.#.linear1.weight", "layers.#.mlp.gate_up_proj.weight", QP_WEIGHT_SECOND_HALF},
    {"decoder.layers.#.linear2.weight", "layers.#.mlp.down_proj.weight", QP_WEIGHT_PLAIN},
};
#define EXPERT "layers.#.block_sparse_moe.experts.#."
static const qp_weight_map mixtral_rows[] = {
    BODY(QP_WEIGHT_PLAIN),
    SEPARATE,
    SECOND_NORM(QP_WEIGHT_PLAIN),
    {"decoder.layers.#.router.weight", "layers.#.block_sparse_moe.gate.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.experts.#.linear_gate.weight", EXPERT "w1.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.experts.#.linear1.weight", EXPERT "w3.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.experts.#.linear2.weight", EXPERT "w2.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.expert_use", "", QP_WEIGHT_ZEROS},
};

/* ---- the table ---- */

QP_HF_TABLE(llama);
QP_HF_TABLE(gemma);
QP_HF_TABLE(gemma2);
QP_HF_TABLE(phi3);
QP_HF_TABLE(mixtral);

#define LANGUAGE_MODEL(name, prefix)                                                                                   \
    static const qp_hf_class name[] = {                                                                                \
        {prefix "ForCausalLM", QP_TASK_LM, NULL, NULL, true},                                                          \
        {prefix "Model", QP_TASK_LM, NULL, NULL, false},                                                               \
        {0}}
LANGUAGE_MODEL(llama_class, "Llama");
LANGUAGE_MODEL(mistral_class, "Mistral");
LANGUAGE_MODEL(mixtral_class, "Mixtral");
LANGUAGE_MODEL(qwen2_class, "Qwen2");
LANGUAGE_MODEL(qwen3_class, "Qwen3");
LANGUAGE_MODEL(gemma_class, "Gemma");
LANGUAGE_MODEL(gemma2_class, "Gemma2");
LANGUAGE_MODEL(phi3_class, "Phi3");

const qp_hf_family qp_hf_llama[] = {
    {"llama", "model.", llama, &llama_table, llama_class, describe_llama},
    {"mistral", "model.", mistral, &llama_table, mistral_class, describe_mistral},
    {"mixtral", "model.", mixtral, &mixtral_table, mixtral_class, NULL},
    {"qwen2", "model.", qwen2, &llama_table, qwen2_class, describe_qwen},
    {"qwen3", "model.", qwen3, &llama_table, qwen3_class, describe_qwen},
    {"gemma", "model.", gemma, &gemma_table, gemma_class, NULL},
    {"gemma2", "model.", gemma2, &gemma2_table, gemma2_class, NULL},
    {"phi3", "model.", phi3, &phi3_table, phi3_class, NULL},
    {0},
};
