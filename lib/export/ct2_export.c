#include "lib/export/ct2_export.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/export/ct2_variables.h"
#include "lib/export/folder.h"
#include "lib/export/hf_tokenizer_files.h"
#include "lib/export/misfit.h"
#include "lib/import/ctranslate2/ct2_config.h"
#include "lib/import/ctranslate2/ct2_rows.h"
#include "lib/import/hf_tokenizers.h"

typedef struct {
    const qp_package *package;
    const qp_model_config *model;
    const char *folder;
    qp_tokenizer *source, *target; /* as the files of the folder have them */
} output;

/* ---- whether it fits ---- */

static void take_sizes(const qp_model_config *o, qp_model_config *t)
{
    bool lm = o->task == QP_TASK_LM;
    t->task = o->task;
    t->encoder = lm ? QP_KIND_NONE : QP_KIND_TRANSFORMER;
    t->decoder = QP_KIND_TRANSFORMER;
    t->enc_layers = lm || o->enc_layers ? o->enc_layers : 1;
    t->dec_layers = o->dec_layers ? o->dec_layers : 1;
    t->emb_size = o->emb_size;
    t->ff_size = o->ff_size;
    t->heads = o->heads;
    t->kv_heads = lm ? o->kv_heads : 0;
    t->head_size = o->head_size;
    t->max_length = o->max_length;
    t->src_vocab_size = o->src_vocab_size;
    t->tgt_vocab_size = o->tgt_vocab_size;
    t->begin_token = o->begin_token;
    t->start_id = o->start_id;
}

static void take_layers(const qp_model_config *o, qp_model_config *t)
{
    bool lm = o->task == QP_TASK_LM, known = false;
    for (int i = 0; i < QP_CT2_ACTIVATIONS; i++) known = known || qp_ct2_activations[i] == o->activation;
    if (known) t->activation = o->activation;
    t->norm = lm || o->norm != QP_NORM_BOTH ? o->norm : QP_NORM_PRE;
    t->norm_type = o->norm_type == QP_NORM_BATCH ? QP_NORM_LAYER : o->norm_type;
    t->parallel = lm && o->norm == QP_NORM_PRE ? o->parallel : QP_PARALLEL_NONE;
    t->norm_epsilon = o->norm_epsilon;
    t->final_norm = o->final_norm;
    t->embedding_norm = o->embedding_norm;
    t->qk_norm = o->qk_norm;
    t->attention_scale = o->attention_scale;
    t->gated_ff = o->gated_ff;
    t->bias = o->bias;
    t->qkv_bias = o->qkv_bias;
    t->attention_bias = o->attention_bias;
    t->ff_bias = o->ff_bias;
    t->output_bias = o->output_bias;
    t->scale_embeddings = o->scale_embeddings;
    t->tied_embeddings = o->tied_embeddings;
    t->tied_embeddings_all = o->tied_embeddings_all;
    t->scale_output = o->scale_output;
    t->output_softcap = o->output_softcap;
}

static void take_positions(const qp_model_config *o, qp_model_config *t)
{
    bool inside = o->pos == QP_POS_ROPE || o->pos == QP_POS_RELATIVE;
    if (o->pos == QP_POS_ALIBI) inside = o->task == QP_TASK_LM;
    t->pos = inside || o->pos == QP_POS_SINUSOIDAL ? o->pos : QP_POS_LEARNED;
    t->sinusoid = o->sinusoid;
    t->first_position = o->first_position;
    t->rope_base = o->rope_base;
    t->rope_size = o->rope_size;
    t->relative_buckets = o->relative_buckets;
    t->relative_far = o->relative_far;
    if (o->rope_scaling != QP_ROPE_LINEAR) return;
    t->rope_scaling = o->rope_scaling;
    t->rope_factor = o->rope_factor;
    t->rope_length = o->rope_length;
    t->rope_slow = o->rope_slow;
    t->rope_fast = o->rope_fast;
    t->rope_magnitude = o->rope_magnitude;
}

/* The nearest model that CTranslate2 has: what it can vary is ours, everything else is theirs. */
static qp_status check_fit(const qp_package *p, const char *place)
{
    qp_model_config ours = *qp_model_config_of(p->model), theirs;
    qp_misfit misfit = {0};
    if (ours.task != QP_TASK_TRANSLATE && ours.task != QP_TASK_LM)
        return qp_fail(QP_EUSAGE, "%s: CTranslate2 has no model for --task %s; it has some for translate and lm", place,
                       qp_model_task_name(ours.task));
    qp_config_defaults(&qp_model_fields, &theirs);
    take_sizes(&ours, &theirs);
    take_layers(&ours, &theirs);
    take_positions(&ours, &theirs);
    qp_misfit_find(&ours, &theirs, qp_model_first_token(p->model), &misfit);
    if (misfit.count == 0) return QP_OK;
    return qp_fail(QP_EUSAGE, "%s: no model of CTranslate2 is this model; it needs %s", place, misfit.list);
}

/* ---- the small files ---- */

/* Rows that have no piece get names of their own. */
typedef struct {
    char text[40];
} spare_name;
static const char *name_of(const qp_tokenizer *t, int32_t id, spare_name *spare)
{
    const char *piece = qp_tokenizer_piece(t, id);
    snprintf(spare->text, sizeof spare->text, "<extra_id_%d>", (int)id);
    return *piece ? piece : spare->text;
}

static qp_status save_list(const output *o, const char *name, const qp_tokenizer *t, int rows)
{
    qp_text_buffer json = {0};
    spare_name spare;
    qp_json_open(&json, '[');
    for (int32_t id = 0; id < rows; id++) {
        const char *piece = name_of(t, id, &spare);
        qp_json_string(&json, piece, strlen(piece));
    }
    qp_json_close(&json, ']');
    return qp_folder_text(o->folder, name, &json);
}

static qp_status save_lists(const output *o, bool zero)
{
    int source = (int)o->model->src_vocab_size, target = (int)o->model->tgt_vocab_size - zero;
    if (o->model->task == QP_TASK_LM) return save_list(o, "vocabulary.json", o->target, target);
    if (o->model->tied_embeddings_all || o->source == o->target)
        return save_list(o, "shared_vocabulary.json", o->target, target);
    QP_TRY(save_list(o, "source_vocabulary.json", o->source, source));
    return save_list(o, "target_vocabulary.json", o->target, target);
}

static void put_piece(qp_text_buffer *json, const char *key, const qp_tokenizer *t, int32_t id)
{
    spare_name spare;
    qp_json_put_text(json, key, id >= 0 ? name_of(t, id, &spare) : "");
}

/* The tokens around a source are those that the folder's tokenizer puts there. */
static qp_status save_config(const output *o, bool zero)
{
    const qp_model_config *m = o->model;
    const qp_special_ids s = qp_model_special(o->package->model, true);
    bool lm = m->task == QP_TASK_LM;
    int32_t first = zero ? s.end : qp_model_first_token(o->package->model); /* zero: any, it is not read */
    qp_text_buffer json = {0};
    qp_json_open(&json, '{');
    if (!lm) qp_json_put_bool(&json, "add_source_bos", false);
    if (!lm) qp_json_put_bool(&json, "add_source_eos", false);
    put_piece(&json, "bos_token", o->target, lm ? first : s.begin);
    if (!lm) put_piece(&json, "decoder_start_token", o->target, first);
    put_piece(&json, "eos_token", o->target, s.end);
    put_piece(&json, "unk_token", o->target, s.unknown);
    if (s.pad >= 0 && !zero) put_piece(&json, "pad_token", o->target, s.pad);
    qp_json_put_number(&json, "layer_norm_epsilon", m->norm_epsilon);
    qp_json_put_integer(&json, "max_length", m->max_length);
    qp_json_put_bool(&json, "multi_query_attention", m->kv_heads && m->kv_heads != m->heads);
    qp_json_close(&json, '}');
    return qp_folder_json(o->folder, "config.json", &json);
}

/* ---- all of it ---- */

static qp_status save_all(output *o, int type)
{
    bool zero = qp_ct2_writes_zero(o->package->model);
    QP_TRY(qp_hf_tokenizers(o->folder, false, &o->source, &o->target));
    QP_TRY(save_lists(o, zero));
    QP_TRY(qp_ct2_save_model(o->package->model, o->folder, type));
    return save_config(o, zero);
}

qp_status qp_ct2_export(const qp_package *p, const char *place, const char *folder, int type)
{
    output o = {.package = p, .model = qp_model_config_of(p->model), .folder = folder};
    QP_TRY(check_fit(p, place));
    QP_TRY(qp_folder_make(folder));
    QP_TRY(qp_hf_save_tokenizers(p, folder));
    qp_status status = save_all(&o, type);
    if (o.source != o.target) qp_tokenizer_free(o.source);
    qp_tokenizer_free(o.target);
    return status;
}
