#include <stdio.h>
#include <string.h>

#include "lib/import/hf_family.h"

/* hf_bert — bert, roberta, xlm-roberta, distilbert, electra, albert: encoders with a norm after each sublayer, learned
 * positions, and a head. Names and equations: the modeling_*.py files of transformers 5. */

/* ---- the encoders ---- */

/* segments: where the configuration does not say. */
static void encoder(qp_hf_plan *plan, const char *width, const char *layers, const char *heads, const char *inner,
                    int segments)
{
    qp_model_config *m = plan->model;
    qp_json_config *json = plan->json;
    m->task = plan->class->task;
    m->encoder = QP_KIND_TRANSFORMER;
    m->decoder = QP_KIND_NONE;
    m->emb_size = qp_json_config_need(json, width, 1, 65536);
    m->enc_layers = qp_json_config_need(json, layers, 0, 128);
    m->heads = qp_json_config_need(json, heads, 1, 1024);
    m->ff_size = qp_json_config_need(json, inner, 1, 1048576);
    m->src_vocab_size = qp_json_config_need(json, "vocab_size", 1, 16777216);
    m->max_length = qp_json_config_need(json, "max_position_embeddings", 1, 1048576);
    m->segments = qp_json_config_whole(json, "type_vocab_size", 0, 65536, segments);
    m->norm = QP_NORM_POST;
    m->norm_epsilon = qp_json_config_real(json, "layer_norm_eps", 1e-12);
    m->final_norm = false;
    m->embedding_norm = true;
    m->scale_embeddings = false;
    m->pos = QP_POS_LEARNED;
    m->activation = qp_hf_activation(json, "hidden_act|activation", "gelu");
    m->tied_embeddings = qp_json_config_flag(json, "tie_word_embeddings", true);
    plan->shape.twice = !m->tied_embeddings;
    qp_json_config_same_text(json, "position_embedding_type", "absolute");
    qp_json_config_same_flag(json, "is_decoder", false, false);
}

static void bert(qp_hf_plan *plan)
{
    encoder(plan, "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", 2);
}

/* A token before every text has a position, which --max-length does not count. */
static void describe_bert(qp_text_buffer *json, const qp_model_config *m)
{
    qp_json_put_integer(json, "hidden_size", m->emb_size);
    qp_json_put_integer(json, "num_hidden_layers", m->enc_layers);
    qp_json_put_integer(json, "num_attention_heads", m->heads);
    qp_json_put_integer(json, "intermediate_size", m->ff_size);
    qp_json_put_integer(json, "vocab_size", m->src_vocab_size);
    qp_json_put_integer(json, "max_position_embeddings", m->max_length + m->begin_token);
    qp_json_put_integer(json, "type_vocab_size", m->segments ? m->segments : 1); /* one at least */
    qp_json_put_number(json, "layer_norm_eps", m->norm_epsilon);
    qp_hf_put_activation(json, "hidden_act", m->activation);
    qp_json_put_bool(json, "tie_word_embeddings", m->tied_embeddings);
    qp_json_put_number(json, "hidden_dropout_prob", m->dropout);
    qp_json_put_number(json, "attention_probs_dropout_prob", m->attention_dropout);
}

/* Positions begin after the row of the padding token. */
static void roberta(qp_hf_plan *plan)
{
    bert(plan);
    int64_t skipped = qp_json_config_whole(plan->json, "pad_token_id", 0, 1048576, 1) + 1;
    plan->shape.skipped = (int)skipped;
    plan->model->max_length -= skipped;
    if (plan->model->max_length < 1) qp_json_config_refuse(plan->json, "max_position_embeddings", "no positions left");
}

static void distilbert(qp_hf_plan *plan)
{
    encoder(plan, "dim|hidden_size", "n_layers|num_hidden_layers", "n_heads|num_attention_heads", "hidden_dim", 0);
    plan->model->norm_epsilon = 1e-12;
}

static void narrow_words(qp_hf_plan *plan, int64_t fallback)
{
    qp_model_config *m = plan->model;
    int64_t words = qp_json_config_whole(plan->json, "embedding_size", 1, 65536, fallback);
    m->word_map = QP_WORD_MAP_SUM;
    m->word_size = words;
}

static void electra(qp_hf_plan *plan)
{
    bert(plan);
    narrow_words(plan, 128);
    if (plan->model->word_size == plan->model->emb_size) plan->model->word_size = 0; /* no map then */
}

static void albert(qp_hf_plan *plan)
{
    bert(plan);
    plan->model->activation = qp_hf_activation(plan->json, "hidden_act", "gelu_new");
    narrow_words(plan, 128);
    plan->model->layer_groups = qp_json_config_whole(plan->json, "num_hidden_groups", 1, 128, 1);
    if (qp_json_config_whole(plan->json, "inner_group_num", 1, 128, 1) != 1)
        qp_json_config_refuse(plan->json, "inner_group_num", "only 1 is supported");
}

#define BOTH(ours, theirs, rule) {ours ".weight", theirs ".weight", rule}, {ours ".bias", theirs ".bias", rule}
#define SAME(ours, theirs) BOTH(ours, theirs, QP_WEIGHT_PLAIN)
#define THREE(ours, q, k, v)                                                                                           \
    {ours "_weight", q ".weight|" k ".weight|" v ".weight", QP_WEIGHT_PLAIN},                                          \
        {ours "_bias", q ".bias|" k ".bias|" v ".bias", QP_WEIGHT_PLAIN}
#define EMBEDDINGS                                                                                                     \
    {"src_embed.weight", "embeddings.word_embeddings.weight", QP_WEIGHT_PLAIN},                                        \
        {"encoder.positions.weight", "embeddings.position_embeddings.weight", QP_WEIGHT_POSITIONS},                    \
        {"encoder.segments.weight", "embeddings.token_type_embeddings.weight", QP_WEIGHT_PLAIN},                       \
        SAME("encoder.embedding_norm", "embeddings.LayerNorm"), {NULL, "embeddings.position_ids", QP_WEIGHT_UNUSED},   \
        {NULL, "embeddings.token_type_ids", QP_WEIGHT_UNUSED}
#define ENCODER "encoder.layers.#."
#define BERT "encoder.layer.#."

/* A pooler is not part of every head; a head that uses it names it before these rows. */
static const qp_weight_map bert_rows[] = {
    EMBEDDINGS,
    THREE(ENCODER "self_attn.in_proj", BERT "attention.self.query", BERT "attention.self.key",
          BERT "attention.self.value"),
    SAME(ENCODER "self_attn.out_proj", BERT "attention.output.dense"),
    SAME(ENCODER "norm1", BERT "attention.output.LayerNorm"),
    SAME(ENCODER "linear1", BERT "intermediate.dense"),
    SAME(ENCODER "linear2", BERT "output.dense"),
    SAME(ENCODER "norm2", BERT "output.LayerNorm"),
    SAME("encoder.word_map", "embeddings_project"),
    {NULL, "pooler.dense.weight", QP_WEIGHT_UNUSED},
    {NULL, "pooler.dense.bias", QP_WEIGHT_UNUSED},
};

#define DISTIL "transformer.layer.#."
static const qp_weight_map distilbert_rows[] = {
    EMBEDDINGS,
    THREE(ENCODER "self_attn.in_proj", DISTIL "attention.q_lin", DISTIL "attention.k_lin", DISTIL "attention.v_lin"),
    SAME(ENCODER "self_attn.out_proj", DISTIL "attention.out_lin"),
    SAME(ENCODER "norm1", DISTIL "sa_layer_norm"),
    SAME(ENCODER "linear1", DISTIL "ffn.lin1"),
    SAME(ENCODER "linear2", DISTIL "ffn.lin2"),
    SAME(ENCODER "norm2", DISTIL "output_layer_norm"),
};

#define ALBERT "encoder.albert_layer_groups.#.albert_layers.0."
static const qp_weight_map albert_rows[] = {
    EMBEDDINGS,
    THREE(ENCODER "self_attn.in_proj", ALBERT "attention.query", ALBERT "attention.key", ALBERT "attention.value"),
    SAME(ENCODER "self_attn.out_proj", ALBERT "attention.dense"),
    SAME(ENCODER "norm1", ALBERT "attention.LayerNorm"),
    SAME(ENCODER "linear1", ALBERT "ffn"),
    SAME(ENCODER "linear2", ALBERT "ffn_output"),
    SAME(ENCODER "norm2", ALBERT "full_layer_layer_norm"),
    SAME("encoder.word_map", "encoder.embedding_hidden_mapping_in"),
    {NULL, "pooler.weight", QP_WEIGHT_UNUSED},
    {NULL, "pooler.bias", QP_WEIGHT_UNUSED},
};

/* ---- the heads ---- */

static const qp_weight_map bert_mlm_rows[] = {
    SAME("head.dense", "/cls.predictions.transform.dense"),
    SAME("head.norm", "/cls.predictions.transform.LayerNorm"),
    {"head.bias", "/cls.predictions.decoder.bias", QP_WEIGHT_TWICE},
    {"head.bias", "/cls.predictions.bias", QP_WEIGHT_PLAIN},
    {NULL, "/cls.predictions.bias", QP_WEIGHT_UNUSED},
    {"head.weight", "/cls.predictions.decoder.weight", QP_WEIGHT_PLAIN},
    {NULL, "/cls.predictions.decoder.weight", QP_WEIGHT_UNUSED},
    {NULL, "/cls.predictions.decoder.bias", QP_WEIGHT_UNUSED},
    {NULL, "/cls.seq_relationship.weight", QP_WEIGHT_UNUSED},
    {NULL, "/cls.seq_relationship.bias", QP_WEIGHT_UNUSED},
};
static const qp_weight_map bert_next_rows[] = {
    SAME("head.dense", "pooler.dense"),
    SAME("head", "/cls.seq_relationship"),
    {NULL, "/cls.predictions.bias", QP_WEIGHT_UNUSED},
    {NULL, "/cls.predictions.decoder.weight", QP_WEIGHT_UNUSED},
    {NULL, "/cls.predictions.decoder.bias", QP_WEIGHT_UNUSED},
    {NULL, "/cls.predictions.transform.dense.weight", QP_WEIGHT_UNUSED},
    {NULL, "/cls.predictions.transform.dense.bias", QP_WEIGHT_UNUSED},
    {NULL, "/cls.predictions.transform.LayerNorm.weight", QP_WEIGHT_UNUSED},
    {NULL, "/cls.predictions.transform.LayerNorm.bias", QP_WEIGHT_UNUSED},
};
static const qp_weight_map bert_classify_rows[] = {SAME("head.dense", "pooler.dense"), SAME("head", "/classifier")};
static const qp_weight_map bert_body_rows[] = {SAME("head.dense", "pooler.dense")};
static const qp_weight_map albert_body_rows[] = {SAME("head.dense", "pooler")};
static const qp_weight_map tag_rows[] = {SAME("head", "/classifier")};
static const qp_weight_map answer_rows[] = {SAME("head", "/qa_outputs")};
static const qp_weight_map roberta_mlm_rows[] = {
    SAME("head.dense", "/lm_head.dense"),
    SAME("head.norm", "/lm_head.layer_norm"),
    {"head.bias", "/lm_head.decoder.bias", QP_WEIGHT_READ},
    {"head.bias", "/lm_head.bias", QP_WEIGHT_PLAIN},
    {NULL, "/lm_head.bias", QP_WEIGHT_UNUSED},
    {"head.weight", "/lm_head.decoder.weight", QP_WEIGHT_PLAIN},
    {NULL, "/lm_head.decoder.weight", QP_WEIGHT_UNUSED},
    {NULL, "/lm_head.decoder.bias", QP_WEIGHT_UNUSED},
};
static const qp_weight_map roberta_classify_rows[] = {SAME("head.dense", "/classifier.dense"),
                                                      SAME("head", "/classifier.out_proj")};
static const qp_weight_map distilbert_mlm_rows[] = {
    SAME("head.dense", "/vocab_transform"),
    SAME("head.norm", "/vocab_layer_norm"),
    {"head.bias", "/vocab_projector.bias", QP_WEIGHT_PLAIN},
    {"head.weight", "/vocab_projector.weight", QP_WEIGHT_PLAIN},
    {NULL, "/vocab_projector.weight", QP_WEIGHT_UNUSED},
};
static const qp_weight_map distilbert_classify_rows[] = {SAME("head.dense", "/pre_classifier"),
                                                         SAME("head", "/classifier")};
static const qp_weight_map electra_mlm_rows[] = {
    SAME("head.dense", "/generator_predictions.dense"),
    SAME("head.norm", "/generator_predictions.LayerNorm"),
    {"head.bias", "/generator_lm_head.bias", QP_WEIGHT_PLAIN},
    {"head.weight", "/generator_lm_head.weight", QP_WEIGHT_PLAIN},
    {NULL, "/generator_lm_head.weight", QP_WEIGHT_UNUSED},
};
static const qp_weight_map electra_found_rows[] = {
    SAME("head.dense", "/discriminator_predictions.dense"),
    BOTH("head", "/discriminator_predictions.dense_prediction", QP_WEIGHT_LAST_ROW),
};
static const qp_weight_map albert_mlm_rows[] = {
    SAME("head.dense", "/predictions.dense"),
    SAME("head.norm", "/predictions.LayerNorm"),
    {"head.bias", "/predictions.decoder.bias", QP_WEIGHT_READ},
    {"head.bias", "/predictions.bias", QP_WEIGHT_PLAIN},
    {NULL, "/predictions.bias", QP_WEIGHT_UNUSED},
    {"head.weight", "/predictions.decoder.weight", QP_WEIGHT_PLAIN},
    {NULL, "/predictions.decoder.weight", QP_WEIGHT_UNUSED},
    {NULL, "/predictions.decoder.bias", QP_WEIGHT_UNUSED},
    {NULL, "/sop_classifier.classifier.weight", QP_WEIGHT_UNUSED},
    {NULL, "/sop_classifier.classifier.bias", QP_WEIGHT_UNUSED},
};
static const qp_weight_map albert_order_rows[] = {
    SAME("head.dense", "pooler"),
    SAME("head", "/sop_classifier.classifier"),
    {NULL, "/predictions.bias", QP_WEIGHT_UNUSED},
    {NULL, "/predictions.dense.weight", QP_WEIGHT_UNUSED},
    {NULL, "/predictions.dense.bias", QP_WEIGHT_UNUSED},
    {NULL, "/predictions.LayerNorm.weight", QP_WEIGHT_UNUSED},
    {NULL, "/predictions.LayerNorm.bias", QP_WEIGHT_UNUSED},
    {NULL, "/predictions.decoder.weight", QP_WEIGHT_UNUSED},
    {NULL, "/predictions.decoder.bias", QP_WEIGHT_UNUSED},
};
static const qp_weight_map albert_classify_rows[] = {SAME("head.dense", "pooler"), SAME("head", "/classifier")};

QP_HF_TABLE(bert);
QP_HF_TABLE(distilbert);
QP_HF_TABLE(albert);
QP_HF_TABLE(bert_mlm);
QP_HF_TABLE(bert_next);
QP_HF_TABLE(bert_classify);
QP_HF_TABLE(bert_body);
QP_HF_TABLE(albert_body);
QP_HF_TABLE(tag);
QP_HF_TABLE(answer);
QP_HF_TABLE(roberta_mlm);
QP_HF_TABLE(roberta_classify);
QP_HF_TABLE(distilbert_mlm);
QP_HF_TABLE(distilbert_classify);
QP_HF_TABLE(electra_mlm);
QP_HF_TABLE(electra_found);
QP_HF_TABLE(albert_mlm);
QP_HF_TABLE(albert_order);
QP_HF_TABLE(albert_classify);

static void pooled(qp_hf_plan *plan, int pooler)
{
    plan->model->pooling = QP_POOLING_FIRST;
    plan->model->pooler = pooler;
}

static void classify_tanh(qp_hf_plan *plan)
{
    pooled(plan, QP_POOLER_TANH);
    qp_hf_labels(plan);
}

static void classify_relu(qp_hf_plan *plan)
{
    pooled(plan, QP_POOLER_RELU);
    qp_hf_labels(plan);
}

static void classify_gelu(qp_hf_plan *plan)
{
    pooled(plan, QP_POOLER_GELU);
    qp_hf_labels(plan);
}

/* bert, roberta ... without a head; albert's pooler has another name. */
static void body(qp_hf_plan *plan) { qp_hf_vectors(plan, "pooler.dense.weight"); }

static void albert_body(qp_hf_plan *plan) { qp_hf_vectors(plan, "pooler.weight"); }

static void next_sentence(qp_hf_plan *plan)
{
    pooled(plan, QP_POOLER_TANH);
    qp_hf_two_labels(plan, "next", "other");
}

static void order(qp_hf_plan *plan)
{
    pooled(plan, QP_POOLER_TANH);
    qp_hf_two_labels(plan, "in order", "swapped");
}

static void answers(qp_hf_plan *plan) { qp_hf_two_labels(plan, "start", "end"); }

/* Class 1 has the score that the file gives, class 0 has 0: together the sigmoid of it. */
static void replaced(qp_hf_plan *plan)
{
    int64_t f = plan->model->activation;
    plan->model->pooler = f == QP_GELU ? QP_POOLER_GELU : f == QP_RELU ? QP_POOLER_RELU : QP_POOLER_TANH;
    if (f != QP_GELU && f != QP_RELU && f != QP_TANH)
        qp_json_config_refuse(plan->json, "hidden_act", "not one of gelu, relu, tanh");
    qp_hf_two_labels(plan, "original", "replaced");
}

/* Its head has GELU whatever the layers have. */
static void mlm_gelu(qp_hf_plan *plan)
{
    if (plan->model->activation != QP_GELU)
        qp_json_config_refuse(plan->json, "hidden_act", "the head has gelu, and ours has what the layers have");
}

static const qp_hf_class bert_class[] = {
    {"BertForMaskedLM", QP_TASK_MLM, &bert_mlm_table, NULL, true},
    {"BertForPreTraining", QP_TASK_MLM, &bert_mlm_table, NULL, false},
    {"BertForPreTraining", QP_TASK_CLASSIFY, &bert_next_table, next_sentence, false},
    {"BertForNextSentencePrediction", QP_TASK_CLASSIFY, &bert_next_table, next_sentence, true},
    {"BertForSequenceClassification", QP_TASK_CLASSIFY, &bert_classify_table, classify_tanh, true},
    {"BertForQuestionAnswering", QP_TASK_TAG, &answer_table, answers, true},
    {"BertForTokenClassification", QP_TASK_TAG, &tag_table, qp_hf_labels, true},
    {"BertModel", QP_TASK_MATCH, &bert_body_table, body, false},
    {0}};
#define ROBERTA_CLASSES(name, prefix)                                                                                  \
    static const qp_hf_class name[] = {                                                                                \
        {prefix "ForMaskedLM", QP_TASK_MLM, &roberta_mlm_table, mlm_gelu, false},                                      \
        {prefix "ForSequenceClassification", QP_TASK_CLASSIFY, &roberta_classify_table, classify_tanh, false},         \
        {prefix "ForTokenClassification", QP_TASK_TAG, &tag_table, qp_hf_labels, false},                               \
        {prefix "ForQuestionAnswering", QP_TASK_TAG, &answer_table, answers, false},                                   \
        {prefix "Model", QP_TASK_MATCH, &bert_body_table, body, false},                                                \
        {0}}
ROBERTA_CLASSES(roberta_class, "Roberta");
ROBERTA_CLASSES(xlm_roberta_class, "XLMRoberta");
static const qp_hf_class distilbert_class[] = {
    {"DistilBertForMaskedLM", QP_TASK_MLM, &distilbert_mlm_table, NULL, false},
    {"DistilBertForSequenceClassification", QP_TASK_CLASSIFY, &distilbert_classify_table, classify_relu, false},
    {"DistilBertForTokenClassification", QP_TASK_TAG, &tag_table, qp_hf_labels, false},
    {"DistilBertForQuestionAnswering", QP_TASK_TAG, &answer_table, answers, false},
    {"DistilBertModel", QP_TASK_MATCH, NULL, body, false},
    {0}};
static const qp_hf_class electra_class[] = {
    {"ElectraForPreTraining", QP_TASK_TAG, &electra_found_table, replaced, false},
    {"ElectraForMaskedLM", QP_TASK_MLM, &electra_mlm_table, mlm_gelu, false},
    {"ElectraForSequenceClassification", QP_TASK_CLASSIFY, &roberta_classify_table, classify_gelu, false},
    {"ElectraForTokenClassification", QP_TASK_TAG, &tag_table, qp_hf_labels, false},
    {"ElectraForQuestionAnswering", QP_TASK_TAG, &answer_table, answers, false},
    {"ElectraModel", QP_TASK_MATCH, NULL, body, false},
    {0}};
static const qp_hf_class albert_class[] = {
    {"AlbertForMaskedLM", QP_TASK_MLM, &albert_mlm_table, NULL, false},
    {"AlbertForPreTraining", QP_TASK_MLM, &albert_mlm_table, NULL, false},
    {"AlbertForPreTraining", QP_TASK_CLASSIFY, &albert_order_table, order, false},
    {"AlbertForSequenceClassification", QP_TASK_CLASSIFY, &albert_classify_table, classify_tanh, false},
    {"AlbertForTokenClassification", QP_TASK_TAG, &tag_table, qp_hf_labels, false},
    {"AlbertForQuestionAnswering", QP_TASK_TAG, &answer_table, answers, false},
    {"AlbertModel", QP_TASK_MATCH, &albert_body_table, albert_body, false},
    {0}};

const qp_hf_family qp_hf_bert[] = {
    {"bert", "bert.", bert, &bert_table, bert_class, describe_bert},
    {"roberta", "roberta.", roberta, &bert_table, roberta_class, NULL},
    {"xlm-roberta", "roberta.", roberta, &bert_table, xlm_roberta_class, NULL},
    {"distilbert", "distilbert.", distilbert, &distilbert_table, distilbert_class, NULL},
    {"electra", "electra.", electra, &bert_table, electra_class, NULL},
    {"albert", "albert.", albert, &albert_table, albert_class, NULL},
    {0},
};
