#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/import/hf_family.h"

/* hf_bart — bart, mbart, marian, m2m_100, pegasus: encoder and decoder with one embedding. Names and equations: the
 * modeling_*.py files of transformers 5. */

/* Our widths are those of both sides. */
static int64_t equal_sides(qp_hf_plan *plan, const char *encoder, const char *decoder, int64_t high)
{
    int64_t first = qp_json_config_need(plan->json, encoder, 1, high);
    if (qp_json_config_need(plan->json, decoder, 1, high) != first)
        qp_json_config_refuse(plan->json, decoder, "not that of the encoder");
    return first;
}

static void both_sides(qp_hf_plan *plan)
{
    qp_model_config *m = plan->model;
    qp_json_config *json = plan->json;
    m->task = QP_TASK_TRANSLATE;
    m->encoder = m->decoder = QP_KIND_TRANSFORMER;
    m->emb_size = qp_json_config_need(json, "d_model", 1, 65536);
    m->enc_layers = qp_json_config_need(json, "encoder_layers", 0, 128);
    m->dec_layers = qp_json_config_need(json, "decoder_layers", 0, 128);
    m->heads = equal_sides(plan, "encoder_attention_heads", "decoder_attention_heads", 1024);
    m->ff_size = equal_sides(plan, "encoder_ffn_dim", "decoder_ffn_dim", 1048576);
    m->src_vocab_size = m->tgt_vocab_size = qp_json_config_need(json, "vocab_size", 1, 16777216);
    m->max_length = qp_json_config_need(json, "max_position_embeddings", 1, 1048576);
    bool m2m100 = strcmp(qp_json_config_text(json, "model_type", ""), "m2m_100") == 0;
    m->scale_embeddings = qp_json_config_flag(json, "scale_embedding", m2m100);
    m->activation = qp_hf_activation(json, "activation_function", m2m100 ? "relu" : "gelu");
    m->norm = QP_NORM_POST;
    m->final_norm = false;
    m->tied_embeddings_all = true;
    m->output_bias = QP_SWITCH_ON;
    qp_json_config_same_flag(json, "tie_word_embeddings", true, true);
}

/* Learned positions from row 2 on. */
static void bart(qp_hf_plan *plan)
{
    both_sides(plan);
    plan->model->pos = QP_POS_LEARNED;
    plan->shape.skipped = 2;
    plan->model->embedding_norm = qp_json_config_flag(plan->json, "normalize_embedding", true);
    qp_json_config_same_flag(plan->json, "normalize_before", false, false);
    qp_json_config_same_flag(plan->json, "add_final_layer_norm", false, false);
}

static void mbart(qp_hf_plan *plan)
{
    both_sides(plan);
    plan->model->pos = QP_POS_LEARNED;
    plan->shape.skipped = 2;
    plan->model->embedding_norm = true;
    plan->model->norm = QP_NORM_PRE;
    plan->model->final_norm = true;
}

/* Files may hold the table of sines; where it is another (rounded to 16 bits), it is read as learned positions. */
static void stored_positions(qp_hf_plan *plan)
{
    qp_model_config *m = plan->model;
    const qp_position_table_config config = {.positions = (int)m->max_length,
                                             .width = (int)m->emb_size,
                                             .first = (int)m->first_position,
                                             .base = 10000,
                                             .order = (qp_sinusoid)m->sinusoid};
    qp_position_table *table;
    size_t count = 0, wanted = (size_t)m->max_length * (size_t)m->emb_size;
    qp_real *stored = plan->json->status == QP_OK ? qp_hf_array(plan, "model.encoder.embed_positions.weight", &count)
                                                  : NULL;
    if (!stored || count < wanted || qp_position_table_new(&config, &table) != QP_OK) {
        free(stored);
        return;
    }
    const qp_real *from = stored + (count - wanted);
    qp_tensor usual = qp_position_table_rows(table, (int)m->max_length);
    double most = 0;
    for (size_t i = 0; usual.value && i < wanted; i++) most = fmax(most, fabs((double)(from[i] - usual.value[i])));
    if (most > 1e-6) {
        m->pos = QP_POS_LEARNED;
        plan->shape.skipped = (int)(count / (size_t)m->emb_size - (size_t)m->max_length);
    }
    qp_position_table_free(table);
    free(stored);
}

static void marian(qp_hf_plan *plan)
{
    qp_model_config *m = plan->model;
    both_sides(plan);
    m->pos = QP_POS_SINUSOIDAL;
    m->sinusoid = QP_SINUSOID_HALVES;
    qp_json_config_same_flag(plan->json, "static_position_embeddings", true, true);
    qp_json_config_same_flag(plan->json, "normalize_before", false, false);
    qp_json_config_same_flag(plan->json, "normalize_embedding", false, false);
    qp_json_config_same_flag(plan->json, "add_final_layer_norm", false, false);
    m->tgt_vocab_size = qp_json_config_whole(plan->json, "decoder_vocab_size", 1, 16777216, m->src_vocab_size);
    stored_positions(plan);
    if (qp_json_config_flag(plan->json, "share_encoder_decoder_embeddings", true)) return;
    m->tied_embeddings_all = false;
    m->tied_embeddings = true;
}

static void m2m100(qp_hf_plan *plan)
{
    qp_model_config *m = plan->model;
    both_sides(plan);
    m->pos = QP_POS_SINUSOIDAL;
    m->sinusoid = QP_SINUSOID_FAIRSEQ;
    m->first_position = qp_json_config_whole(plan->json, "pad_token_id", 0, 65535, 1) + 1;
    m->norm = QP_NORM_PRE;
    m->final_norm = true;
    m->output_bias = QP_SWITCH_OFF;
    stored_positions(plan);
}

static void pegasus(qp_hf_plan *plan)
{
    both_sides(plan);
    plan->model->pos = QP_POS_SINUSOIDAL;
    plan->model->sinusoid = QP_SINUSOID_HALVES;
    plan->model->norm = QP_NORM_PRE;
    plan->model->final_norm = true;
    stored_positions(plan);
}

/* ---- describing ---- */

static void describe_bart(qp_text_buffer *json, const qp_model_config *m)
{
    qp_json_put_integer(json, "d_model", m->emb_size);
    qp_json_put_integer(json, "encoder_layers", m->enc_layers);
    qp_json_put_integer(json, "decoder_layers", m->dec_layers);
    qp_json_put_integer(json, "encoder_attention_heads", m->heads);
    qp_json_put_integer(json, "decoder_attention_heads", m->heads);
    qp_json_put_integer(json, "encoder_ffn_dim", m->ff_size);
    qp_json_put_integer(json, "decoder_ffn_dim", m->ff_size);
    qp_json_put_integer(json, "vocab_size", m->src_vocab_size);
    qp_json_put_integer(json, "max_position_embeddings", m->max_length);
    qp_json_put_bool(json, "scale_embedding", m->scale_embeddings);
    qp_hf_put_activation(json, "activation_function", m->activation);
    qp_json_put_bool(json, "tie_word_embeddings", true);
    qp_json_put_number(json, "dropout", m->dropout);
    qp_json_put_number(json, "attention_dropout", m->attention_dropout);
    qp_json_put_number(json, "activation_dropout", m->ff_dropout);
}

static void describe_marian(qp_text_buffer *json, const qp_model_config *m)
{
    describe_bart(json, m);
    qp_json_put_integer(json, "decoder_vocab_size", m->tgt_vocab_size);
    qp_json_put_bool(json, "share_encoder_decoder_embeddings", m->tied_embeddings_all);
    qp_json_put_bool(json, "static_position_embeddings", true);
}

/* ---- the rows ---- */

#define SAME(ours, theirs)                                                                                             \
    {ours ".weight", theirs ".weight", QP_WEIGHT_PLAIN}, { ours ".bias", theirs ".bias", QP_WEIGHT_PLAIN }
#define JOINED(ours, q, k, v)                                                                                          \
    {ours "_weight", q ".weight|" k ".weight|" v ".weight", QP_WEIGHT_PLAIN},                                          \
    {                                                                                                                  \
        ours "_bias", q ".bias|" k ".bias|" v ".bias", QP_WEIGHT_PLAIN                                                 \
    }
#define SIDE(side)                                                                                                     \
    SAME(side ".embedding_norm", side ".layernorm_embedding"), SAME(side ".norm", side ".layer_norm"),                 \
        {side ".positions.weight", side ".embed_positions.weight", QP_WEIGHT_POSITIONS},                               \
        {NULL, side ".embed_positions.weight", QP_WEIGHT_UNUSED},                                                      \
        {NULL, side ".embed_positions.weights", QP_WEIGHT_UNUSED},                                                     \
        {NULL, side ".embed_tokens.weight", QP_WEIGHT_UNUSED},                                                         \
        JOINED(side ".layers.#.self_attn.in_proj", side ".layers.#.self_attn.q_proj",                                  \
               side ".layers.#.self_attn.k_proj", side ".layers.#.self_attn.v_proj"),                                  \
        SAME(side ".layers.#.self_attn.out_proj", side ".layers.#.self_attn.out_proj"),                                \
        SAME(side ".layers.#.norm1", side ".layers.#.self_attn_layer_norm"),                                           \
        SAME(side ".layers.#.linear1", side ".layers.#.fc1"), SAME(side ".layers.#.linear2", side ".layers.#.fc2")
#define CROSS "decoder.layers.#.encoder_attn."

static const qp_weight_map bart_rows[] = {
    {"embed.weight", "shared.weight", QP_WEIGHT_PLAIN},
    {"embed.weight", "encoder.embed_tokens.weight", QP_WEIGHT_PLAIN},
    {"embed.weight", "decoder.embed_tokens.weight", QP_WEIGHT_PLAIN},
    {"src_embed.weight", "encoder.embed_tokens.weight", QP_WEIGHT_PLAIN},
    {"tgt_embed.weight", "decoder.embed_tokens.weight", QP_WEIGHT_PLAIN},
    {"generator.bias", "/final_logits_bias", QP_WEIGHT_ROW},
    SIDE("encoder"),
    SIDE("decoder"),
    SAME("encoder.layers.#.norm2", "encoder.layers.#.final_layer_norm"),
    {"decoder.layers.#.multihead_attn.q_proj_weight", CROSS "q_proj.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.multihead_attn.q_proj_bias", CROSS "q_proj.bias", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.multihead_attn.kv_proj_weight", CROSS "k_proj.weight|" CROSS "v_proj.weight", QP_WEIGHT_PLAIN},
    {"decoder.layers.#.multihead_attn.kv_proj_bias", CROSS "k_proj.bias|" CROSS "v_proj.bias", QP_WEIGHT_PLAIN},
    SAME("decoder.layers.#.multihead_attn.out_proj", CROSS "out_proj"),
    SAME("decoder.layers.#.norm2", "decoder.layers.#.encoder_attn_layer_norm"),
    SAME("decoder.layers.#.norm3", "decoder.layers.#.final_layer_norm"),
    {NULL, "/lm_head.weight", QP_WEIGHT_UNUSED},
    {NULL, "shared.weight", QP_WEIGHT_UNUSED},
};
QP_HF_TABLE(bart);

#define TRANSLATOR(name, class) static const qp_hf_class name[] = {{class, QP_TASK_TRANSLATE, NULL, NULL, true}, {0}}
TRANSLATOR(bart_class, "BartForConditionalGeneration");
TRANSLATOR(mbart_class, "MBartForConditionalGeneration");
TRANSLATOR(marian_class, "MarianMTModel");
TRANSLATOR(m2m100_class, "M2M100ForConditionalGeneration");
TRANSLATOR(pegasus_class, "PegasusForConditionalGeneration");

const qp_hf_family qp_hf_bart[] = {
    {"bart", "model.", bart, &bart_table, bart_class, describe_bart},
    {"mbart", "model.", mbart, &bart_table, mbart_class, describe_bart},
    {"marian", "model.", marian, &bart_table, marian_class, describe_marian},
    {"m2m_100", "model.", m2m100, &bart_table, m2m100_class, describe_bart},
    {"pegasus", "model.", pegasus, &bart_table, pegasus_class, describe_bart},
    {0},
};
