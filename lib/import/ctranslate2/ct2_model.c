#include "lib/import/ctranslate2/ct2_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/import/weight_map.h"
#include "lib/tensor/kernels/kernel_types.h"

/* ---- the rows ---- */

#define NORM(ours, theirs)                                                                                             \
    {ours ".weight", theirs "/gamma", QP_WEIGHT_PLAIN}, {ours ".bias", theirs "/beta", QP_WEIGHT_PLAIN}
#define LINEAR(ours, theirs)                                                                                           \
    {ours "weight", theirs "/weight", QP_WEIGHT_PLAIN}, {ours "bias", theirs "/bias", QP_WEIGHT_PLAIN}
#define SIDE(side)                                                                                                     \
    {side ".positions.weight", side "/position_encodings/encodings", QP_WEIGHT_PLAIN},                                 \
        NORM(side ".embedding_norm", side "/layernorm_embedding"), NORM(side ".norm", side "/layer_norm"),             \
        LINEAR(side ".layers.#.self_attn.in_proj_", side "/layer_#/self_attention/linear_0"),                          \
        LINEAR(side ".layers.#.self_attn.out_proj.", side "/layer_#/self_attention/linear_1"),                         \
        NORM(side ".layers.#.norm1", side "/layer_#/self_attention/layer_norm"),                                       \
        LINEAR(side ".layers.#.linear1.", side "/layer_#/ffn/linear_0"),                                               \
        LINEAR(side ".layers.#.linear2.", side "/layer_#/ffn/linear_1"),                                               \
        {NULL, side "/num_heads", QP_WEIGHT_UNUSED}, {NULL, side "/pre_norm", QP_WEIGHT_UNUSED},                       \
        {NULL, side "/activation", QP_WEIGHT_UNUSED}, {NULL, side "/scale_embeddings", QP_WEIGHT_UNUSED},              \
        {NULL, side "/multi_query_attention", QP_WEIGHT_UNUSED}, {NULL, side "/alibi", QP_WEIGHT_UNUSED}

static const qp_weight_map rows[] = {
    SIDE("encoder"),
    SIDE("decoder"),
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
    {NULL, "decoder/projection/weight", QP_WEIGHT_UNUSED},
    {NULL, "encoder/embeddings_0/weight", QP_WEIGHT_UNUSED},
    {NULL, "encoder/embeddings_merge", QP_WEIGHT_UNUSED}, /* of one embedding */
    {NULL, "decoder/start_from_zero_embedding", QP_WEIGHT_UNUSED},
    {NULL, "decoder/alignment_heads", QP_WEIGHT_UNUSED},
    {NULL, "decoder/alignment_layer", QP_WEIGHT_UNUSED},
    {NULL, "decoder/alibi_use_positive_positions", QP_WEIGHT_UNUSED},
    {NULL, "decoder/scale_alibi", QP_WEIGHT_UNUSED},
    {NULL, "num_heads", QP_WEIGHT_UNUSED},
};
static const qp_weight_table table = {rows, (int)(sizeof rows / sizeof *rows)};

/* ---- the configuration ---- */

typedef struct {
    const qp_ct2_file *file;
    qp_weight_source arrays;
    qp_status status;
} reader;

static void refuse(reader *r, const char *name, const char *why)
{
    if (r->status == QP_OK)
        r->status = qp_fail(QP_EDATA, "%s: %s: %s; a model of this kind cannot be read", r->arrays.place, name, why);
}

static const qp_weight_shape no_prefix;

static bool has(const reader *r, const char *name) { return qp_weights_have(&r->arrays, &no_prefix, name); }

static qp_weight_array shape_of(reader *r, const char *name, int dimensions)
{
    for (int i = 0; i < r->arrays.count; i++) {
        qp_weight_array a = r->arrays.at(r->arrays.self, i);
        if (strcmp(a.name, name) == 0 && a.dimensions == dimensions) return a;
    }
    refuse(r, name, "missing, or of another shape");
    return (qp_weight_array){.name = name, .shape = {1, 1, 1, 1}};
}

/* A number that both sides have, or the fallback. */
static double number(reader *r, const char *name, double fallback)
{
    char full[2][64];
    double value[2] = {fallback, fallback};
    static const char *const side[] = {"encoder", "decoder"};
    for (int i = 0; i < 2 && r->status == QP_OK; i++) {
        snprintf(full[i], sizeof full[i], "%s/%s", side[i], name);
        r->status = qp_ct2_number(r->file, full[i], fallback, &value[i]);
    }
    if (r->status == QP_OK && value[0] != value[1]) refuse(r, name, "not the same in encoder and decoder");
    return value[0];
}

static int64_t layers(const reader *r, const char *side)
{
    char name[80];
    int64_t count = 0;
    do snprintf(name, sizeof name, "%s/layer_%d/self_attention/linear_0/weight", side, (int)count++);
    while (count <= 129 && has(r, name));
    return count - 1;
}

static int activation(reader *r)
{
    static const int function[] = {QP_RELU, QP_GELU_TANH, QP_SILU, QP_GELU, -1, QP_TANH, QP_SIGMOID};
    double id = number(r, "activation", 0);
    for (int i = 0; i < (int)(sizeof function / sizeof *function); i++)
        if (id == i && function[i] >= 0) return function[i];
    refuse(r, "activation", "not relu, gelu, swish, tanh or sigmoid");
    return QP_RELU;
}

/* Both sides have an array of this name, or neither has. */
static bool both(reader *r, const char *encoder, const char *decoder)
{
    if (has(r, encoder) != has(r, decoder)) refuse(r, encoder, "only one of encoder and decoder has it");
    return has(r, encoder);
}

static void embeddings(reader *r, const qp_ct2_facts *facts, bool zero, qp_model_config *m)
{
    static const char target[] = "decoder/embeddings/weight";
    double scale = number(r, "scale_embeddings", 1), root = sqrt((double)m->emb_size);
    m->tied_embeddings = qp_ct2_same(r->file, target, "decoder/projection/weight");
    m->tied_embeddings_all = m->tied_embeddings && qp_ct2_same(r->file, target, "encoder/embeddings_0/weight");
    m->tgt_vocab_size = facts->target_words + zero;
    m->src_vocab_size = facts->source_words + (m->tied_embeddings_all && zero);
    m->output_bias = has(r, "decoder/projection/bias") ? QP_SWITCH_ON : QP_SWITCH_OFF;
    m->scale_embeddings = scale == 1 || fabs(scale - root) < 1e-4 * root;
    if (!m->scale_embeddings && scale != 0) refuse(r, "scale_embeddings", "neither 0 nor the root of the width");
    if (zero && m->output_bias == QP_SWITCH_OFF) refuse(r, "decoder/projection/bias", "missing");
    if (shape_of(r, target, 2).shape[0] != facts->target_words) refuse(r, target, "not a row for each word");
    if (shape_of(r, "encoder/embeddings_0/weight", 2).shape[0] != facts->source_words)
        refuse(r, "encoder/embeddings_0/weight", "not a row for each word");
}

static void configure(reader *r, const qp_ct2_facts *facts, bool zero, qp_model_config *m)
{
    double root_heads = 0;
    qp_config_defaults(&qp_model_fields, m);
    m->dropout = m->attention_dropout = m->ff_dropout = 0;
    m->task = QP_TASK_TRANSLATE;
    m->encoder = m->decoder = QP_KIND_TRANSFORMER;
    m->emb_size = shape_of(r, "decoder/embeddings/weight", 2).shape[1];
    m->ff_size = shape_of(r, "encoder/layer_0/ffn/linear_0/weight", 2).shape[0];
    m->enc_layers = layers(r, "encoder");
    m->dec_layers = layers(r, "decoder");
    if (r->status == QP_OK) r->status = qp_ct2_number(r->file, "num_heads", 8, &root_heads);
    double heads = number(r, "num_heads", root_heads);
    if (!(heads >= 1 && heads <= 1024)) refuse(r, "num_heads", "not from 1 to 1024");
    m->heads = r->status == QP_OK ? (int64_t)heads : 1;
    m->norm = number(r, "pre_norm", 1) != 0 ? QP_NORM_PRE : QP_NORM_POST;
    m->norm_epsilon = facts->epsilon;
    m->final_norm = both(r, "encoder/layer_norm/gamma", "decoder/layer_norm/gamma");
    m->embedding_norm = both(r, "encoder/layernorm_embedding/gamma", "decoder/layernorm_embedding/gamma");
    m->activation = activation(r);
    m->pos = QP_POS_LEARNED;
    m->max_length = shape_of(r, "encoder/position_encodings/encodings", 2).shape[0];
    if (shape_of(r, "decoder/position_encodings/encodings", 2).shape[0] != m->max_length)
        refuse(r, "decoder/position_encodings/encodings", "another length than that of the encoder");
    if (number(r, "multi_query_attention", 0) != 0) refuse(r, "multi_query_attention", "true");
    if (number(r, "alibi", 0) != 0) refuse(r, "alibi", "true");
    m->begin_token = facts->begins;
    m->start_id = zero ? facts->target_words : facts->start;
    embeddings(r, facts, zero, m);
}

qp_status qp_ct2_starts_from_zero(const qp_ct2_file *file, bool *zero)
{
    double value;
    QP_TRY(qp_ct2_number(file, "decoder/start_from_zero_embedding", 0, &value));
    *zero = value != 0;
    return QP_OK;
}

qp_status qp_ct2_model(const qp_ct2_file *file, const qp_ct2_facts *facts, qp_model **model)
{
    reader r = {.file = file, .arrays = qp_ct2_arrays(file)};
    const qp_weight_shape shape = {.missing = -100};
    qp_model_config config;
    bool zero;
    *model = NULL;
    if (strcmp(qp_ct2_spec(file), "TransformerSpec") != 0)
        return qp_fail(QP_EDATA, "%s: a %s; only TransformerSpec, an encoder and a decoder, can be read",
                       r.arrays.place, qp_ct2_spec(file));
    QP_TRY(qp_ct2_starts_from_zero(file, &zero));
    configure(&r, facts, zero, &config);
    QP_TRY(r.status);
    qp_status status = qp_model_plan(&config, model);
    if (status != QP_OK) return qp_fail_in(status == QP_EUSAGE ? QP_EDATA : status, r.arrays.place);
    status = qp_weights_load(&r.arrays, &table, 1, &shape, qp_model_params(*model));
    if (status == QP_OK) return QP_OK;
    qp_model_free(*model);
    *model = NULL;
    return status;
}
