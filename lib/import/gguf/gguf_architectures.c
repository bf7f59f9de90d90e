#include "lib/import/gguf/gguf_plan.h"

static bool has(const qp_gguf_plan *p, const char *name) { return qp_gguf_array_index(p, name) >= 0; }

/* ---- what they have in common ---- */

void qp_gguf_decoder(qp_model_config *m)
{
    qp_config_defaults(&qp_model_fields, m);
    m->task = QP_TASK_LM;
    m->encoder = QP_KIND_NONE;
    m->decoder = QP_KIND_TRANSFORMER;
    m->scale_embeddings = false;
    m->dropout = m->attention_dropout = m->ff_dropout = 0;
}

void qp_gguf_gated(qp_model_config *m)
{
    m->norm_type = QP_NORM_RMS;
    m->gated_ff = true;
    m->activation = QP_SILU;
    m->bias = false;
}

/* Width, layers, heads, vocabulary: those of every language model. */
static void sizes(qp_gguf_plan *p)
{
    qp_model_config *m = p->model;
    int words = qp_gguf_array_index(p, "token_embd.weight");
    qp_gguf_decoder(m);
    m->max_length = qp_gguf_need(p, "context_length", 1048576);
    m->emb_size = qp_gguf_need(p, "embedding_length", 65536);
    m->dec_layers = qp_gguf_need(p, "block_count", 128);
    m->ff_size = qp_gguf_need(p, "feed_forward_length", 1048576);
    m->heads = qp_gguf_need(p, "attention.head_count", 1024);
    m->kv_heads = qp_gguf_whole(p, "attention.head_count_kv", 1024, 0);
    m->head_size = qp_gguf_whole(p, "attention.key_length", 65536, 0);
    if (qp_gguf_whole(p, "attention.value_length", 65536, m->head_size) != m->head_size)
        qp_gguf_refuse(p, "attention.value_length", "not the width of keys");
    if (!m->head_size && m->emb_size % m->heads != 0)
        qp_gguf_refuse(p, "attention.head_count", "does not divide the width");
    int64_t rows = words < 0 ? 0 : p->source->at(p->source->self, words).shape[0];
    if (rows < 1 || rows > 16777216) qp_json_config_refuse(&p->json, "token_embd.weight", "missing, or too many rows");
    m->tgt_vocab_size = rows;
    m->tied_embeddings = !has(p, "output.weight");
    p->shape = (qp_weight_shape){.heads = (int)m->heads, .kv_heads = (int)(m->kv_heads ? m->kv_heads : m->heads)};
    if (p->json.status == QP_OK) p->shape.head_width = p->shape.rotated = qp_model_head_size(m);
}

static int switch_of(bool on) { return on ? QP_SWITCH_ON : QP_SWITCH_OFF; }

static void llama(qp_gguf_plan *p)
{
    qp_model_config *m = p->model;
    sizes(p);
    qp_gguf_gated(m);
    m->norm_epsilon = qp_gguf_real(p, "attention.layer_norm_rms_epsilon", 1e-6);
    m->qkv_bias = switch_of(has(p, "blk.0.attn_q.bias"));
    m->attention_bias = switch_of(has(p, "blk.0.attn_output.bias"));
    m->ff_bias = switch_of(has(p, "blk.0.ffn_up.bias"));
    qp_gguf_rope(p);
}

static void gemma(qp_gguf_plan *p)
{
    llama(p);
    p->model->scale_embeddings = true;
    p->model->activation = QP_GELU_TANH;
}

static void gpt2(qp_gguf_plan *p)
{
    qp_model_config *m = p->model;
    sizes(p);
    m->norm_epsilon = qp_gguf_real(p, "attention.layer_norm_epsilon", 1e-5);
    m->pos = QP_POS_LEARNED;
    m->activation = QP_GELU_TANH;
    m->output_bias = QP_SWITCH_OFF;
}

/* ---- the rows ----
 * The names of gguf-py's tensor_mapping.py. The converters of llama.cpp store queries and keys of llama with the rows
 * of a rotary pair as neighbors, and the norms of gemma with their 1 added. */
#define BODY                                                                                                           \
    {"tgt_embed.weight", "token_embd.weight", QP_WEIGHT_PLAIN},                                                        \
        {"decoder.layers.#.norm1.weight", "blk.#.attn_norm.weight", QP_WEIGHT_PLAIN},                                  \
        {"decoder.layers.#.self_attn.out_proj.weight", "blk.#.attn_output.weight", QP_WEIGHT_PLAIN},                   \
        {"decoder.layers.#.self_attn.out_proj.bias", "blk.#.attn_output.bias", QP_WEIGHT_PLAIN},                       \
        {"decoder.layers.#.norm2.weight", "blk.#.ffn_norm.weight", QP_WEIGHT_PLAIN},                                   \
        {"decoder.layers.#.linear1.weight", "blk.#.ffn_up.weight", QP_WEIGHT_PLAIN},                                   \
        {"decoder.layers.#.linear1.bias", "blk.#.ffn_up.bias", QP_WEIGHT_PLAIN},                                       \
        {"decoder.layers.#.linear2.weight", "blk.#.ffn_down.weight", QP_WEIGHT_PLAIN},                                 \
        {"decoder.layers.#.linear2.bias", "blk.#.ffn_down.bias", QP_WEIGHT_PLAIN},                                     \
        {"decoder.norm.weight", "output_norm.weight", QP_WEIGHT_PLAIN},                                                \
        {"generator.weight", "output.weight", QP_WEIGHT_PLAIN}
#define GATED(pairs)                                                                                                   \
    {"decoder.layers.#.self_attn.in_proj_weight", "blk.#.attn_q.weight|blk.#.attn_k.weight|blk.#.attn_v.weight",       \
     pairs},                                                                                                           \
        {"decoder.layers.#.self_attn.in_proj_bias", "blk.#.attn_q.bias|blk.#.attn_k.bias|blk.#.attn_v.bias", pairs},   \
        {"decoder.layers.#.linear_gate.weight", "blk.#.ffn_gate.weight", QP_WEIGHT_PLAIN},                             \
        {"decoder.layers.#.linear_gate.bias", "blk.#.ffn_gate.bias", QP_WEIGHT_PLAIN},                                 \
        {NULL, "rope_freqs.weight", QP_WEIGHT_UNUSED}

static const qp_weight_map llama_rows[] = {BODY, GATED(QP_WEIGHT_PAIRS)};
static const qp_weight_map qwen2_rows[] = {BODY, GATED(QP_WEIGHT_PLAIN)};
static const qp_weight_map gpt2_rows[] = {
    BODY,
    {"decoder.positions.weight", "position_embd.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm1.bias", "blk.#.attn_norm.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.norm2.bias", "blk.#.ffn_norm.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.self_attn.in_proj_weight", "blk.#.attn_qkv.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.self_attn.in_proj_bias", "blk.#.attn_qkv.bias", QP_WEIGHT_PLAIN},
    {"decoder.norm.bias", "output_norm.bias", QP_WEIGHT_PLAIN},
};
#define ROWS(name) {name##_rows, (int)(sizeof name##_rows / sizeof *name##_rows)}
const qp_gguf_architecture qp_gguf_architectures[] = {
    [QP_GGUF_LLAMA] = {"llama", ROWS(llama), llama}, {"qwen2", ROWS(qwen2), llama}, {"gemma", ROWS(qwen2), gemma},
    {"gpt2", ROWS(gpt2), gpt2},    {0},
};
