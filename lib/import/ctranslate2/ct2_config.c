#include "lib/import/ctranslate2/ct2_config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/import/ctranslate2/ct2_rows.h"
#include "lib/tensor/kernels/kernel_types.h"

typedef struct {
    const qp_ct2_file *file;
    qp_weight_source arrays;
    qp_model_config *model;
    bool zero;
    qp_status status;
} reader;

enum { NAME_BYTES = 128 };
static const char *const sides[] = {"encoder", "decoder"};

static void refuse(reader *r, const char *name, const char *why)
{
    if (r->status == QP_OK)
        r->status = qp_fail(QP_EDATA, "%s: %s: %s; a model of this kind cannot be read", r->arrays.place, name, why);
}

static bool has(const reader *r, const char *name)
{
    static const qp_weight_shape no_prefix;
    return qp_weights_have(&r->arrays, &no_prefix, name);
}

static qp_weight_array shape_of(reader *r, const char *name, int dimensions)
{
    for (int i = 0; i < r->arrays.count; i++) {
        qp_weight_array a = r->arrays.at(r->arrays.self, i);
        if (strcmp(a.name, name) == 0 && a.dimensions == dimensions) return a;
    }
    refuse(r, name, "missing, or of another shape");
    return (qp_weight_array){.name = name, .shape = {1, 1, 1, 1}};
}

static int first_side(const reader *r) { return r->model->task == QP_TASK_TRANSLATE ? 0 : 1; }

static int64_t layers_of(const reader *r, int side) { return side ? r->model->dec_layers : r->model->enc_layers; }

static double read_number(reader *r, const char *name, double fallback)
{
    double value = fallback;
    if (r->status == QP_OK) r->status = qp_ct2_number(r->file, name, fallback, &value);
    return value;
}

/* A number that all sides have, or the fallback. */
static double number(reader *r, const char *name, double fallback)
{
    char full[NAME_BYTES];
    double value[2] = {fallback, fallback};
    int first = first_side(r);
    for (int i = first; i < 2; i++) {
        snprintf(full, sizeof full, "%s/%s", sides[i], name);
        value[i] = read_number(r, full, fallback);
    }
    if (value[first] != value[1]) refuse(r, name, "not the same in encoder and decoder");
    return value[1];
}

/* A number of every attention of every layer: "self_attention/NAME", and of both attentions where `cross`. */
static double attention_number(reader *r, const char *name, bool cross, double fallback)
{
    char full[NAME_BYTES];
    double value = 0;
    bool any = false;
    for (int i = first_side(r); i < 2; i++)
        for (int64_t n = 0; n < layers_of(r, i) && r->status == QP_OK; n++)
            for (int k = 0; k < (i && cross && first_side(r) == 0 ? 2 : 1); k++) {
                snprintf(full, sizeof full, "%s/layer_%d/%s/%s", sides[i], (int)n, k ? "attention" : "self_attention",
                         name);
                double next = read_number(r, full, fallback);
                if (any && next != value) refuse(r, full, "not the same in all layers");
                value = next;
                any = true;
            }
    return any ? value : fallback;
}

/* Every layer of every side has an array of this name, or none has. */
static bool in_layers(reader *r, const char *name)
{
    char full[NAME_BYTES];
    int there = 0, missing = 0;
    for (int i = first_side(r); i < 2; i++)
        for (int64_t n = 0; n < layers_of(r, i); n++) {
            snprintf(full, sizeof full, "%s/layer_%d/%s", sides[i], (int)n, name);
            if (has(r, full)) there++;
            else missing++;
        }
    if (there && missing) refuse(r, name, "not in all layers");
    return there > 0;
}

/* All sides have an array of this name, or none has. */
static bool in_sides(reader *r, const char *name)
{
    char encoder[NAME_BYTES], decoder[NAME_BYTES];
    snprintf(encoder, sizeof encoder, "encoder/%s", name);
    snprintf(decoder, sizeof decoder, "decoder/%s", name);
    if (first_side(r) == 0 && has(r, encoder) != has(r, decoder))
        refuse(r, encoder, "only one of encoder and decoder has it");
    return has(r, decoder);
}

/* ---- sizes ---- */

static int64_t count_layers(const reader *r, const char *side)
{
    char name[NAME_BYTES];
    int64_t count = 0;
    do snprintf(name, sizeof name, "%s/layer_%d/self_attention/linear_0/weight", side, (int)count++);
    while (count <= 129 && has(r, name));
    return count - 1;
}

static int64_t whole(reader *r, const char *name, double value, double low, double high)
{
    if (value >= low && value <= high && value == floor(value)) return (int64_t)value;
    refuse(r, name, "out of range");
    return (int64_t)low;
}

/* The rows of queries, keys and values say it; 0: the width over the heads. */
static int64_t head_size(reader *r)
{
    const qp_model_config *m = r->model;
    int64_t rows = shape_of(r, "decoder/layer_0/self_attention/linear_0/weight", 2).shape[0];
    int64_t parts = m->heads + 2 * m->kv_heads, size = rows / parts;
    if (rows % parts != 0 || size > 65536 || attention_number(r, "head_dim", true, (double)size) != (double)size)
        refuse(r, "head_dim", "not that of the matrices");
    return size * m->heads == m->emb_size ? 0 : size;
}

static void sizes(reader *r)
{
    qp_model_config *m = r->model;
    double heads = number(r, "num_heads", read_number(r, "num_heads", 8));
    m->emb_size = shape_of(r, "decoder/embeddings/weight", 2).shape[1];
    m->dec_layers = count_layers(r, "decoder");
    m->enc_layers = first_side(r) ? m->enc_layers : count_layers(r, "encoder");
    m->ff_size = shape_of(r, "decoder/layer_0/ffn/linear_0/weight", 2).shape[0];
    m->heads = whole(r, "num_heads", heads, 1, 1024);
    m->kv_heads = whole(r, "num_heads_kv", attention_number(r, "num_heads_kv", false, (double)m->heads), 1, 1024);
    m->head_size = head_size(r);
    if (m->kv_heads == m->heads) m->kv_heads = 0;
    if (m->kv_heads && first_side(r) == 0) refuse(r, "num_heads_kv", "fewer than num_heads");
    if (m->kv_heads == 0 && number(r, "multi_query_attention", 0) != 0) refuse(r, "multi_query_attention", "true");
    m->attention_scale = attention_number(r, "queries_scale", true, 0);
    if (!(m->attention_scale >= 0 && m->attention_scale <= 1e6)) refuse(r, "queries_scale", "out of range");
}

/* ---- layers ---- */

static int activation(reader *r)
{
    double id = number(r, "activation", 0);
    for (int i = 0; i < QP_CT2_ACTIVATIONS; i++)
        if (id == i && qp_ct2_activations[i] >= 0) return qp_ct2_activations[i];
    refuse(r, "activation", "not relu, gelu, swish, tanh or sigmoid");
    return QP_RELU;
}

static void biases(reader *r)
{
    qp_model_config *m = r->model;
    bool qkv = in_layers(r, "self_attention/linear_0/bias"), out = in_layers(r, "self_attention/linear_1/bias");
    bool inner = in_layers(r, "ffn/linear_0/bias");
    m->bias = qkv && out && inner;
    if (m->bias) return;
    m->qkv_bias = qkv ? QP_SWITCH_ON : QP_SWITCH_OFF;
    m->attention_bias = out ? QP_SWITCH_ON : QP_SWITCH_OFF;
    m->ff_bias = inner ? QP_SWITCH_ON : QP_SWITCH_OFF;
}

/* The norms of a layer of a language model may have places of their own. */
static const char *norms(reader *r)
{
    qp_model_config *m = r->model;
    bool pre = number(r, "pre_norm", 1) != 0;
    m->norm = pre ? QP_NORM_PRE : QP_NORM_POST;
    if (first_side(r) == 0 || !pre) return "self_attention/layer_norm";
    if (in_layers(r, "shared_layer_norm/gamma")) {
        m->parallel = QP_PARALLEL_SHARED;
        return "shared_layer_norm";
    }
    if (!in_layers(r, "input_layer_norm/gamma")) return "self_attention/layer_norm";
    if (in_layers(r, "pre_feedforward_layer_norm/gamma"))
        m->norm = QP_NORM_BOTH;
    else
        m->parallel = QP_PARALLEL_SEPARATE;
    return "input_layer_norm";
}

static void layers(reader *r)
{
    qp_model_config *m = r->model;
    char beta[NAME_BYTES];
    snprintf(beta, sizeof beta, "%s/beta", norms(r));
    m->norm_type = in_layers(r, beta) ? QP_NORM_LAYER : QP_NORM_RMS;
    m->final_norm = in_sides(r, "layer_norm/gamma");
    m->embedding_norm = in_sides(r, "layernorm_embedding/gamma");
    m->qk_norm = in_layers(r, "self_attention/q_norm/gamma");
    m->gated_ff = in_layers(r, "ffn/linear_0_noact/weight");
    m->activation = activation(r);
    biases(r);
}

/* ---- positions ---- */

static void rotary(reader *r, double columns)
{
    qp_model_config *m = r->model;
    m->pos = QP_POS_ROPE;
    m->rope_size = whole(r, "rotary_dim", columns, 0, 65536);
    if (m->rope_size == 0) m->rope_size = qp_model_head_size(m);
    m->rope_base = attention_number(r, "rotary_base", false, 10000);
    if (!(m->rope_base >= 1 && m->rope_base <= 1e12)) refuse(r, "rotary_base", "out of range");
    if (attention_number(r, "rotary_interleave", false, 1) != 0) refuse(r, "rotary_interleave", "true");
    double scaling = attention_number(r, "rotary_scaling_type", false, -1);
    if (scaling < 0) return;
    if (scaling != 0) refuse(r, "rotary_scaling_type", "not linear");
    m->rope_scaling = QP_ROPE_LINEAR;
    m->rope_factor = attention_number(r, "rotary_scaling_factor", false, 1);
    if (!(m->rope_factor >= 1 && m->rope_factor <= 1e6)) refuse(r, "rotary_scaling_factor", "out of range");
}

/* The layers above the first have the table of the first. */
static void relative(reader *r)
{
    qp_model_config *m = r->model;
    char first[NAME_BYTES], other[NAME_BYTES];
    m->pos = QP_POS_RELATIVE;
    m->relative_buckets = shape_of(r, "decoder/layer_0/self_attention/relative_attention_bias", 2).shape[0];
    m->relative_far = whole(r, "relative_attention_max_distance",
                            attention_number(r, "relative_attention_max_distance", false, 128), 1, 1048576);
    for (int i = first_side(r); i < 2; i++)
        for (int64_t n = 1; n < layers_of(r, i); n++) {
            snprintf(first, sizeof first, "%s/layer_0/self_attention/relative_attention_bias", sides[i]);
            snprintf(other, sizeof other, "%s/layer_%d/self_attention/relative_attention_bias", sides[i], (int)n);
            if (!qp_ct2_same(r->file, first, other)) refuse(r, other, "not that of the first layer");
        }
}

static void positions(reader *r, const qp_ct2_facts *facts)
{
    qp_model_config *m = r->model;
    double columns = attention_number(r, "rotary_dim", false, -1);
    bool alibi = first_side(r) == 1 && read_number(r, "decoder/alibi", 0) != 0;
    m->max_length = facts->length;
    if (first_side(r) == 0 && number(r, "alibi", 0) != 0) refuse(r, "alibi", "true");
    if (columns >= 0) rotary(r, columns);
    else if (in_layers(r, "self_attention/relative_attention_bias")) relative(r);
    else if (alibi) m->pos = QP_POS_ALIBI;
    if (alibi && read_number(r, "decoder/scale_alibi", 0) != 0) refuse(r, "decoder/scale_alibi", "true");
    if (columns >= 0 || m->pos != QP_POS_LEARNED) return;
    m->max_length = shape_of(r, "decoder/position_encodings/encodings", 2).shape[0];
    if (first_side(r) == 0 && shape_of(r, "encoder/position_encodings/encodings", 2).shape[0] != m->max_length)
        refuse(r, "encoder/position_encodings/encodings", "another length than that of the decoder");
}

/* ---- embeddings ---- */

/* A whole number says whether they are scaled, a real one says by what. */
static bool scaled(reader *r, const char *side)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "%s/scale_embeddings", side);
    double scale = read_number(r, name, 1), root = sqrt((double)r->model->emb_size);
    if (!has(r, name) || !qp_ct2_is_real(r->file, name)) return scale != 0;
    bool is_root = fabs(scale - root) < 1e-4 * root;
    if (scale != 1 && !is_root) refuse(r, name, "neither 1 nor the root of the width");
    return is_root && scale != 1;
}

static void output(reader *r)
{
    qp_model_config *m = r->model;
    double scale = read_number(r, "decoder/scale_outputs", 1), root = sqrt((double)m->emb_size);
    m->output_bias = has(r, "decoder/projection/bias") ? QP_SWITCH_ON : QP_SWITCH_OFF;
    m->scale_output = scale != 1;
    if (m->scale_output && !(fabs(scale * root - 1) < 1e-4))
        refuse(r, "decoder/scale_outputs", "not 1 over the root of the width");
    m->output_softcap = read_number(r, "decoder/final_logit_softcapping", 0);
    if (!(m->output_softcap >= 0 && m->output_softcap <= 1e6))
        refuse(r, "decoder/final_logit_softcapping", "out of range");
    if (r->zero && m->output_bias == QP_SWITCH_OFF) refuse(r, "decoder/projection/bias", "missing");
}

static void embeddings(reader *r, const qp_ct2_facts *facts)
{
    static const char source[] = "encoder/embeddings_0/weight", target[] = "decoder/embeddings/weight";
    qp_model_config *m = r->model;
    bool translates = first_side(r) == 0;
    m->tied_embeddings = qp_ct2_same(r->file, target, "decoder/projection/weight");
    m->tied_embeddings_all = translates && m->tied_embeddings && qp_ct2_same(r->file, target, source);
    m->tgt_vocab_size = facts->target_words + r->zero;
    m->src_vocab_size = translates ? facts->source_words + (m->tied_embeddings_all && r->zero) : 0;
    m->scale_embeddings = scaled(r, "decoder");
    if (translates && scaled(r, "encoder") != m->scale_embeddings)
        refuse(r, "scale_embeddings", "not the same in encoder and decoder");
    if (shape_of(r, target, 2).shape[0] != facts->target_words) refuse(r, target, "not a row for each word");
    if (translates && shape_of(r, source, 2).shape[0] != facts->source_words)
        refuse(r, source, "not a row for each word");
}

/* ---- all of it ---- */

qp_status qp_ct2_kind(const qp_ct2_file *file, bool *translates)
{
    *translates = strcmp(qp_ct2_spec(file), "TransformerSpec") == 0;
    if (*translates || strcmp(qp_ct2_spec(file), "TransformerDecoderSpec") == 0) return QP_OK;
    return qp_fail(QP_EDATA, "%s: a %s; only TransformerSpec, an encoder and a decoder, and TransformerDecoderSpec, a "
                             "language model, can be read",
                   qp_ct2_arrays(file).place, qp_ct2_spec(file));
}

qp_status qp_ct2_starts_from_zero(const qp_ct2_file *file, bool *zero)
{
    double value;
    QP_TRY(qp_ct2_number(file, "decoder/start_from_zero_embedding", 0, &value));
    *zero = value != 0;
    return QP_OK;
}

qp_status qp_ct2_configure(const qp_ct2_file *file, const qp_ct2_facts *facts, qp_model_config *m)
{
    reader r = {.file = file, .arrays = qp_ct2_arrays(file), .model = m};
    bool translates;
    QP_TRY(qp_ct2_kind(file, &translates));
    qp_config_defaults(&qp_model_fields, m);
    QP_TRY(qp_ct2_starts_from_zero(file, &r.zero));
    m->dropout = m->attention_dropout = m->ff_dropout = 0;
    m->task = translates ? QP_TASK_TRANSLATE : QP_TASK_LM;
    if (!translates) m->encoder = QP_KIND_NONE; /* transformers are the default */
    m->norm_epsilon = facts->epsilon;
    m->pos = QP_POS_LEARNED;
    m->begin_token = facts->begins;
    m->start_id = r.zero ? facts->target_words : facts->start;
    if (r.zero && !translates) refuse(&r, "decoder/start_from_zero_embedding", "of a language model");
    sizes(&r);
    layers(&r);
    positions(&r, facts);
    embeddings(&r, facts);
    output(&r);
    return r.status;
}
