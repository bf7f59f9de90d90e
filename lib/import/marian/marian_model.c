#include "lib/import/marian/marian_model.h"

#include <stdlib.h>
#include <string.h>

#include "lib/import/marian/marian_yaml.h"
#include "lib/import/weight_map.h"
#include "lib/tensor/kernels/kernel_types.h"

enum { OPTIONS_LIMIT = 1048576, POSITIONS = 2048 };
static const char options_name[] = "special:model.yml";

/* ---- the rows ---- */

#define LINEAR(ours, theirs, w, b)                                                                                     \
    {ours "weight", theirs w, QP_WEIGHT_TRANSPOSED}, {ours "bias", theirs b, QP_WEIGHT_PLAIN}
#define NORM(ours, theirs)                                                                                             \
    {ours ".weight", theirs "_ln_scale", QP_WEIGHT_PLAIN}, {ours ".bias", theirs "_ln_bias", QP_WEIGHT_PLAIN}
#define SIDE(side)                                                                                                     \
    {side ".layers.#.self_attn.in_proj_weight", side "_l+_self_Wq|" side "_l+_self_Wk|" side "_l+_self_Wv",            \
     QP_WEIGHT_TRANSPOSED},                                                                                            \
        {side ".layers.#.self_attn.in_proj_bias", side "_l+_self_bq|" side "_l+_self_bk|" side "_l+_self_bv",          \
         QP_WEIGHT_PLAIN},                                                                                             \
        LINEAR(side ".layers.#.self_attn.out_proj.", side "_l+_self_", "Wo", "bo"),                                    \
        NORM(side ".layers.#.norm1", side "_l+_self_Wo"),                                                              \
        LINEAR(side ".layers.#.linear1.", side "_l+_ffn_", "W1", "b1"),                                                \
        LINEAR(side ".layers.#.linear2.", side "_l+_ffn_", "W2", "b2")
#define CROSS "decoder_l+_context_"

static const qp_weight_map rows[] = {
    SIDE("encoder"),
    SIDE("decoder"),
    NORM("encoder.layers.#.norm2", "encoder_l+_ffn_ffn"),
    NORM("decoder.layers.#.norm2", CROSS "Wo"),
    NORM("decoder.layers.#.norm3", "decoder_l+_ffn_ffn"),
    LINEAR("decoder.layers.#.multihead_attn.q_proj_", CROSS, "Wq", "bq"),
    {"decoder.layers.#.multihead_attn.kv_proj_weight", CROSS "Wk|" CROSS "Wv", QP_WEIGHT_TRANSPOSED},
    {"decoder.layers.#.multihead_attn.kv_proj_bias", CROSS "bk|" CROSS "bv", QP_WEIGHT_PLAIN},
    LINEAR("decoder.layers.#.multihead_attn.out_proj.", CROSS, "Wo", "bo"),
    {"embed.weight", "Wemb", QP_WEIGHT_FEWER},
    {"src_embed.weight", "encoder_Wemb", QP_WEIGHT_FEWER},
    {"tgt_embed.weight", "decoder_Wemb", QP_WEIGHT_FEWER},
    {"generator.bias", "decoder_ff_logit_out_b", QP_WEIGHT_FEWER},
    {NULL, "special:model.yml", QP_WEIGHT_UNUSED},
};
static const qp_weight_table table = {rows, (int)(sizeof rows / sizeof *rows)};

/* ---- the arrays ---- */

static qp_weight_array array_at(const void *self, int index)
{
    const qp_npz_array *stored = qp_npz_at(self, index);
    qp_weight_array a = {.name = stored->name, .dimensions = stored->dimensions, .count = stored->count};
    memcpy(a.shape, stored->shape, sizeof stored->shape);
    return a;
}

static qp_status read_array(const void *self, int index, qp_real *value)
{
    const qp_npz_array *stored = qp_npz_at(self, index);
    if (stored->type != QP_NPZ_FLOAT)
        return qp_fail(QP_EDATA, "%s: its array %.60s is not of float32", qp_npz_path(self), stored->name);
    if (sizeof(qp_real) == sizeof(float)) return qp_npz_values(self, index, value);
    float *single = malloc(stored->count * sizeof *single + 1);
    if (!single) return qp_fail(QP_EMEMORY, "%s: out of memory for %.60s", qp_npz_path(self), stored->name);
    qp_status status = qp_npz_values(self, index, single);
    for (size_t i = 0; status == QP_OK && i < stored->count; i++) value[i] = (qp_real)single[i];
    free(single);
    return status;
}

/* ---- the configuration ---- */

static void refuse_list(qp_json_config *o, const char *key, const char *allowed)
{
    const json_t *list = qp_json_config_find(o, key);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (!text || strcmp(text, allowed) != 0) qp_json_config_refuse(o, key, "this value is not supported");
    }
}

static void refuse_number(qp_json_config *o, const char *key, int64_t first, int64_t second)
{
    int64_t value = qp_json_config_whole(o, key, 0, INT32_MAX, first);
    if (value != first && value != second) qp_json_config_refuse(o, key, "this value is not supported");
}

/* Everything that changes the computation of a transformer. */
static void refuse_others(qp_json_config *o, int64_t inner)
{
    static const char *const off[] = {
        "right-left", "transformer-no-projection", "transformer-pool", "output-omit-bias", "ulr",
        "transformer-train-position-embeddings", "transformer-train-positions"};
    qp_json_config_same_text(o, "type", "transformer");
    qp_json_config_same_text(o, "transformer-preprocess", "");
    qp_json_config_same_text(o, "transformer-postprocess", "dan");
    qp_json_config_same_text(o, "transformer-postprocess-top", "");
    qp_json_config_same_text(o, "transformer-decoder-autoreg", "self-attention");
    if (*qp_json_config_text(o, "transformer-postprocess-emb", "d")) /* dropout */
        qp_json_config_same_text(o, "transformer-postprocess-emb", "d");
    for (size_t i = 0; i < sizeof off / sizeof *off; i++) qp_json_config_same_flag(o, off[i], false, false);
    refuse_number(o, "transformer-ffn-depth", 2, 2);
    refuse_number(o, "transformer-decoder-ffn-depth", 0, 2);
    refuse_number(o, "transformer-decoder-dim-ffn", 0, inner);
    refuse_number(o, "lemma-dim-emb", 0, 0);
    refuse_list(o, "transformer-tied-layers", "");
    refuse_list(o, "input-types", "sequence");
}

/* Marian's gelu is x sigmoid(1.702 x), which we do not have. */
static int activation(qp_json_config *o)
{
    const char *name = qp_json_config_text(o, "transformer-ffn-activation", "swish");
    if (strcmp(name, "relu") == 0) return QP_RELU;
    if (strcmp(name, "swish") != 0) qp_json_config_refuse(o, "transformer-ffn-activation", "neither relu nor swish");
    return QP_SILU;
}

static void configure(qp_json_config *o, const qp_marian_facts *facts, qp_model_config *m)
{
    bool all = qp_json_config_flag(o, "tied-embeddings-all", false);
    bool source = qp_json_config_flag(o, "tied-embeddings-src", false);
    qp_config_defaults(&qp_model_fields, m);
    m->dropout = m->attention_dropout = m->ff_dropout = 0;
    m->task = QP_TASK_TRANSLATE;
    m->encoder = m->decoder = QP_KIND_TRANSFORMER;
    m->emb_size = qp_json_config_need(o, "dim-emb", 1, 65536);
    m->heads = qp_json_config_need(o, "transformer-heads", 1, 1024);
    m->enc_layers = qp_json_config_need(o, "enc-depth", 1, 128);
    m->dec_layers = qp_json_config_need(o, "dec-depth", 1, 128);
    m->ff_size = qp_json_config_need(o, "transformer-dim-ffn", 1, 1048576);
    m->activation = activation(o);
    m->norm = QP_NORM_POST;
    m->final_norm = false;
    m->scale_embeddings = true;
    m->output_bias = QP_SWITCH_ON;
    m->pos = QP_POS_SINUSOIDAL;
    m->max_length = POSITIONS;
    m->sinusoid = facts->maths == QP_MARIAN_AS_MARIAN ? QP_SINUSOID_FAIRSEQ : QP_SINUSOID_HALVES;
    m->norm_epsilon = facts->maths == QP_MARIAN_AS_MARIAN ? 1e-9 : 1e-5;
    m->tied_embeddings = qp_json_config_flag(o, "tied-embeddings", false);
    m->tied_embeddings_all = all || (source && m->tied_embeddings);
    if (!m->tied_embeddings_all && (source || !m->tied_embeddings))
        qp_json_config_refuse(o, "tied-embeddings", "an output layer that is not the embedding is not supported");
    m->src_vocab_size = facts->source_words + (facts->shared || m->tied_embeddings_all);
    m->tgt_vocab_size = facts->target_words + 1;
    m->start_id = facts->target_words;
    refuse_others(o, m->ff_size);
}

static qp_status read_options(const qp_npz_file *file, const qp_marian_facts *facts, qp_model_config *m)
{
    qp_json_config options;
    int index = qp_npz_find(file, options_name);
    const qp_npz_array *a = index >= 0 ? qp_npz_at(file, index) : NULL;
    if (!a || a->type != QP_NPZ_BYTE)
        return qp_fail(QP_EDATA, "%s: no array %s, the options of a Marian model; give a model of Marian",
                       qp_npz_path(file), options_name);
    if (a->count > OPTIONS_LIMIT)
        return qp_fail(QP_EDATA, "%s: %s: more than %d bytes", qp_npz_path(file), options_name, OPTIONS_LIMIT);
    char *text = calloc(a->count + 1, 1);
    if (!text) return qp_fail(QP_EMEMORY, "%s: out of memory", qp_npz_path(file));
    qp_status status = qp_npz_values(file, index, text); /* ends with a NUL */
    if (status == QP_OK) status = qp_marian_yaml(qp_npz_path(file), text, strlen(text), &options);
    free(text);
    if (status != QP_OK) return status;
    configure(&options, facts, m);
    status = options.status;
    qp_json_config_close(&options);
    return status;
}

/* ---- the model ---- */

static qp_status check_rows(const qp_npz_file *file, const char *name, int words)
{
    int index = qp_npz_find(file, name);
    const qp_npz_array *a = index >= 0 ? qp_npz_at(file, index) : NULL;
    if (!a || a->dimensions != 2)
        return qp_fail(QP_EDATA, "%s: array %s is missing, or no matrix", qp_npz_path(file), name);
    if (a->shape[0] == words) return QP_OK;
    return qp_fail(QP_EDATA, "%s: array %s has %lld rows, its vocabulary %d words; they do not fit each other",
                   qp_npz_path(file), name, (long long)a->shape[0], words);
}

static qp_status check_arrays(const qp_npz_file *file, const qp_marian_facts *facts, bool shared)
{
    for (int i = 0; i < qp_npz_count(file); i++) QP_TRY(qp_npz_readable(file, i));
    QP_TRY(check_rows(file, shared ? "Wemb" : "encoder_Wemb", facts->source_words));
    return check_rows(file, shared ? "Wemb" : "decoder_Wemb", facts->target_words);
}

qp_status qp_marian_model(const qp_npz_file *file, const qp_marian_facts *facts, qp_model **model)
{
    const qp_weight_shape shape = {.missing = -100};
    const qp_weight_source source = {(void *)file, qp_npz_path(file), qp_npz_count(file), array_at, read_array};
    qp_model_config config;
    *model = NULL;
    QP_TRY(read_options(file, facts, &config));
    QP_TRY(check_arrays(file, facts, config.tied_embeddings_all));
    qp_status status = qp_model_plan(&config, model);
    if (status != QP_OK) return qp_fail_in(status == QP_EUSAGE ? QP_EDATA : status, source.place);
    status = qp_weights_load(&source, &table, 1, &shape, qp_model_params(*model));
    if (status == QP_OK) status = qp_params_check_finite(qp_model_params(*model), source.place);
    if (status == QP_OK) return QP_OK;
    qp_model_free(*model);
    *model = NULL;
    return status;
}
