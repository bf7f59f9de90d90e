#include "lib/export/ct2_variables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/export/ct2_writer.h"
#include "lib/export/folder.h"
#include "lib/import/ctranslate2/ct2_config.h"
#include "lib/import/ctranslate2/ct2_rows.h"
#include "lib/nn/position_table.h"

enum { SPEC_REVISION = 7, DECODER_REVISION = 8 };
static const char *const sides[] = {"encoder", "decoder"};

typedef struct {
    const qp_model_config *model;
    int first; /* side: 0 of a translator, 1 of a language model */
    qp_ct2_entries entries;
    qp_weight_list list;
} output;

bool qp_ct2_writes_zero(const qp_model *model)
{
    const qp_model_config *m = qp_model_config_of(model);
    qp_params *params = qp_model_params(model);
    int words = qp_params_find(params, m->tied_embeddings_all ? "embed.weight" : "tgt_embed.weight");
    int bias = qp_params_find(params, "generator.bias");
    int64_t last = m->tgt_vocab_size - 1;
    if (m->task != QP_TASK_TRANSLATE || m->start_id != last || words < 0 || bias < 0) return false;
    const qp_real *row = qp_params_value(params, words) + last * m->emb_size;
    for (int64_t i = 0; i < m->emb_size; i++)
        if (row[i] != 0) return false;
    return qp_params_value(params, bias)[last] == QP_CT2_NEVER;
}

/* ---- numbers ---- */

static void put_side(output *o, int side, const char *name, int type, double value)
{
    char full[QP_CT2_NAME_BYTES];
    snprintf(full, sizeof full, "%s/%s", sides[side], name);
    qp_ct2_put(&o->entries, full, type, value);
}

static void put_attention(output *o, const char *attention, bool inside)
{
    const qp_model_config *m = o->model;
    char name[QP_CT2_NAME_BYTES];
    const struct {
        const char *name;
        bool there;
        int type;
        double value;
    } number[] = {
        {"queries_scale", m->attention_scale > 0, QP_CT2_FLOAT32, m->attention_scale},
        {"head_dim", m->head_size > 0, QP_CT2_INT32, (double)m->head_size},
        {"num_heads_kv", inside && m->kv_heads && m->kv_heads != m->heads, QP_CT2_INT32, (double)m->kv_heads},
        {"rotary_dim", inside && m->pos == QP_POS_ROPE, QP_CT2_INT32,
         (double)(m->rope_size ? m->rope_size : qp_model_head_size(m))},
        {"rotary_interleave", inside && m->pos == QP_POS_ROPE, QP_CT2_INT8, 0},
        {"rotary_base", inside && m->pos == QP_POS_ROPE, QP_CT2_FLOAT32, m->rope_base},
        {"rotary_scaling_type", inside && m->rope_scaling == QP_ROPE_LINEAR, QP_CT2_INT8, 0},
        {"rotary_scaling_factor", inside && m->rope_scaling == QP_ROPE_LINEAR, QP_CT2_FLOAT32, m->rope_factor},
        {"relative_attention_max_distance", inside && m->pos == QP_POS_RELATIVE, QP_CT2_INT32,
         (double)m->relative_far},
    };
    for (size_t i = 0; i < sizeof number / sizeof *number; i++) {
        if (!number[i].there) continue;
        snprintf(name, sizeof name, "%.70s/%s", attention, number[i].name);
        qp_ct2_put(&o->entries, name, number[i].type, number[i].value);
    }
}

static void put_layers(output *o, int side)
{
    const qp_model_config *m = o->model;
    char name[QP_CT2_NAME_BYTES], first[QP_CT2_NAME_BYTES];
    for (int64_t n = 0; n < (side ? m->dec_layers : m->enc_layers); n++) {
        snprintf(name, sizeof name, "%s/layer_%d/self_attention", sides[side], (int)n);
        put_attention(o, name, true);
        if (m->pos == QP_POS_RELATIVE && n > 0) {
            snprintf(first, sizeof first, "%s/layer_0/self_attention/relative_attention_bias", sides[side]);
            snprintf(name, sizeof name, "%s/layer_%d/self_attention/relative_attention_bias", sides[side], (int)n);
            qp_ct2_alias(&o->entries, name, first);
        }
        if (!side || o->first == 1) continue;
        snprintf(name, sizeof name, "%s/layer_%d/attention", sides[side], (int)n);
        put_attention(o, name, false);
    }
}

static void put_sides(output *o)
{
    const qp_model_config *m = o->model;
    int activation = 0;
    while (activation < QP_CT2_ACTIVATIONS && qp_ct2_activations[activation] != m->activation) activation++;
    for (int side = o->first; side < 2; side++) {
        put_side(o, side, "num_heads", QP_CT2_INT16, (double)m->heads);
        put_side(o, side, "pre_norm", QP_CT2_INT8, m->norm != QP_NORM_POST);
        put_side(o, side, "activation", QP_CT2_INT8, activation);
        put_side(o, side, "scale_embeddings", QP_CT2_INT8, m->scale_embeddings);
        put_layers(o, side);
    }
}

static void put_numbers(output *o, bool zero)
{
    const qp_model_config *m = o->model;
    put_sides(o);
    if (o->first == 0) put_side(o, 0, "embeddings_merge", QP_CT2_INT8, 0);
    if (o->first == 0) put_side(o, 0, "multi_query_attention", QP_CT2_INT8, 0);
    put_side(o, 1, "alibi", QP_CT2_INT8, m->pos == QP_POS_ALIBI);
    put_side(o, 1, "alibi_use_positive_positions", QP_CT2_INT8, m->pos == QP_POS_ALIBI);
    put_side(o, 1, "scale_alibi", QP_CT2_INT8, 0);
    put_side(o, 1, "alignment_heads", QP_CT2_INT16, 1);
    put_side(o, 1, "alignment_layer", QP_CT2_INT16, -1);
    put_side(o, 1, "start_from_zero_embedding", QP_CT2_INT8, zero);
    if (m->scale_output) put_side(o, 1, "scale_outputs", QP_CT2_FLOAT32, 1 / sqrt((double)m->emb_size));
    if (m->output_softcap > 0) put_side(o, 1, "final_logit_softcapping", QP_CT2_FLOAT32, m->output_softcap);
    if (m->tied_embeddings || m->tied_embeddings_all)
        qp_ct2_alias(&o->entries, "decoder/projection/weight", "decoder/embeddings/weight");
    if (m->tied_embeddings_all)
        qp_ct2_alias(&o->entries, "encoder/embeddings_0/weight", "decoder/embeddings/weight");
}

/* ---- arrays ---- */

/* The sines and cosines as a table, which both sides have. */
static qp_status add_table(output *o)
{
    static const char encoder[] = "encoder/position_encodings/encodings",
                      decoder[] = "decoder/position_encodings/encodings";
    const qp_model_config *m = o->model;
    const qp_position_table_config config = {.positions = (int)m->max_length, .width = (int)m->emb_size,
                                             .first = (int)m->first_position, .base = 10000,
                                             .order = (qp_sinusoid)m->sinusoid};
    qp_weight_written a = {.dimensions = 2, .shape = {m->max_length, m->emb_size}};
    const size_t count = (size_t)m->max_length * (size_t)m->emb_size;
    qp_position_table *table;
    snprintf(a.name, sizeof a.name, "%s", decoder);
    QP_TRY(qp_position_table_new(&config, &table));
    const qp_tensor rows = qp_position_table_rows(table, (int)m->max_length);
    a.made = rows.value ? malloc(count * sizeof *a.made) : NULL;
    if (a.made) memcpy(a.made, rows.value, count * sizeof *a.made);
    qp_position_table_free(table);
    if (!a.made) return qp_fail(QP_EMEMORY, "out of memory for a table of positions");
    a.value = a.made;
    if (o->first == 0) qp_ct2_alias(&o->entries, encoder, decoder);
    return qp_weight_list_add(&o->list, &a);
}

static qp_status make_arrays(output *o, qp_model *model, bool zero)
{
    qp_weight_table table[QP_CT2_TABLES];
    int tables = qp_ct2_tables(o->model, table);
    const qp_weight_shape shape = {.gated = o->model->gated_ff, .unwritten = zero};
    QP_TRY(qp_weight_list_make(qp_model_params(model), table, tables, &shape, false, &o->list));
    if (o->list.without) return qp_fail(QP_EBUG, "CTranslate2 has no %s", o->list.without);
    return o->model->pos == QP_POS_SINUSOIDAL ? add_table(o) : QP_OK;
}

qp_status qp_ct2_save_model(qp_model *model, const char *folder, int type)
{
    char path[QP_PATH_BYTES];
    bool zero = qp_ct2_writes_zero(model);
    output o = {.model = qp_model_config_of(model)};
    o.first = o.model->task == QP_TASK_LM;
    QP_TRY(qp_in_folder(folder, "model.bin", path));
    put_numbers(&o, zero);
    qp_status status = make_arrays(&o, model, zero);
    if (status == QP_OK)
        status = qp_ct2_save(path, o.first ? "TransformerDecoderSpec" : "TransformerSpec",
                             o.first ? DECODER_REVISION : SPEC_REVISION, &o.entries, &o.list, type);
    qp_weight_list_free(&o.list);
    free(o.entries.entry);
    return status;
}
