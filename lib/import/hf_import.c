#include "lib/import/hf_import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/import/hf_family.h"
#include "lib/import/safetensors_source.h"
#include "lib/import/weight_map.h"

enum { PATH_BYTES = 4096 };

static const qp_hf_family *const families[] = {qp_hf_gpt,  qp_hf_other_decoders, qp_hf_llama, qp_hf_bert,
                                               qp_hf_bart, qp_hf_t5,             qp_hf_mamba, qp_hf_vit};

/* ---- which architecture ---- */

const qp_hf_family *qp_hf_family_at(int index)
{
    for (size_t f = 0; f < sizeof families / sizeof *families; f++)
        for (const qp_hf_family *row = families[f]; row->model_type; row++)
            if (index-- == 0) return row;
    return NULL;
}

static const qp_hf_family *family_of(qp_json_config *json)
{
    const char *type = qp_json_config_text(json, "model_type", "");
    const qp_hf_family *row;
    for (int i = 0; (row = qp_hf_family_at(i)); i++)
        if (strcmp(row->model_type, type) == 0) return row;
    if (json->status == QP_OK) json->status = qp_fail(QP_EDATA, "%s: model_type '%.40s' is not one that can be read",
                                                      json->place, type);
    return NULL;
}

static bool is_task(const qp_hf_class *class, const char *task)
{
    return !task || !*task || strcmp(qp_model_task_name(class->task), task) == 0;
}

/* The class that config.json names, in the row of the wanted task. */
static const qp_hf_class *class_of(qp_json_config *json, const qp_hf_family *family, const char *task)
{
    const json_t *name = json_array_get(qp_json_config_find(json, "architectures"), 0);
    const char *wanted = json_string_value(name);
    bool known = false;
    for (const qp_hf_class *class = family->class; class->name; class++) {
        if (wanted && strcmp(class->name, wanted) != 0) continue;
        if (is_task(class, task)) return class;
        known = true;
    }
    if (json->status != QP_OK) return NULL;
    if (known)
        json->status = qp_fail(QP_EUSAGE, "%s: %.60s is not for --task %.20s", json->place, wanted ? wanted : "it",
                               task);
    else
        json->status = qp_fail(QP_EDATA, "%s: %.60s cannot be read as a class of %s", json->place,
                               wanted ? wanted : "?", family->model_type);
    return NULL;
}

/* ---- special ids ---- */

/* An id, or the first of a list of them. */
static int32_t id_of(qp_json_config *json, const char *key, int64_t vocabulary, int32_t fallback)
{
    const json_t *value = qp_json_config_find(json, key);
    if (json_is_array(value)) value = json_array_get(value, 0);
    if (!json_is_integer(value)) return fallback;
    json_int_t id = json_integer_value(value);
    if (id >= -1 && id < vocabulary) return (int32_t)id;
    qp_json_config_refuse(json, key, "not an id of the vocabulary");
    return fallback;
}

static void read_ids(qp_json_config *json, int64_t vocabulary, qp_hf_ids *ids)
{
    ids->pad = id_of(json, "pad_token_id", vocabulary, ids->pad);
    ids->begin = id_of(json, "bos_token_id", vocabulary, ids->begin);
    ids->end = id_of(json, "eos_token_id", vocabulary, ids->end);
    ids->unknown = id_of(json, "unk_token_id", vocabulary, ids->unknown);
    ids->start = id_of(json, "decoder_start_token_id", vocabulary, ids->start);
}

/* generation_config.json overrides what config.json says. */
static qp_status read_generation(const char *folder, int64_t vocabulary, qp_hf_ids *ids)
{
    char path[PATH_BYTES];
    qp_json_config json;
    if (!folder) return QP_OK;
    if (snprintf(path, sizeof path, "%s/generation_config.json", folder) >= PATH_BYTES || !qp_file_exists(path))
        return QP_OK;
    QP_TRY(qp_json_config_open(path, &json));
    read_ids(&json, vocabulary, ids);
    qp_status status = json.status;
    qp_json_config_close(&json);
    return status;
}

/* ---- the model ---- */

static void no_dropout(qp_model_config *m)
{
    m->dropout = m->attention_dropout = m->ff_dropout = 0;
}

/* A token before the texts of an encoder takes a position. A prompt without one begins with its own first token. */
static void set_frame(qp_model_config *m, const qp_hf_wish *wish)
{
    if (m->task == QP_TASK_LM && wish->before < 0) m->start_id = QP_START_NONE;
    if (m->task == QP_TASK_LM || wish->before < 0 || qp_model_reads_numbers(m)) return;
    m->begin_token = true;
    if (!qp_model_task_has_decoder(m->task) && m->max_length > 1) m->max_length--;
}

qp_status qp_hf_configure(qp_hf_plan *plan, const qp_hf_family *family, const char *folder, const qp_hf_wish *wish)
{
    qp_json_config *json = plan->json;
    qp_model_config *m = plan->model;
    qp_config_defaults(&qp_model_fields, m);
    no_dropout(m);
    plan->ids = (qp_hf_ids){-1, -1, -1, -1, -1};
    plan->shape.prefix = family->prefix;
    plan->folder = folder;
    family->configure(plan);
    if (json->status == QP_OK && plan->class->configure) plan->class->configure(plan);
    int64_t vocabulary = m->tgt_vocab_size > m->src_vocab_size ? m->tgt_vocab_size : m->src_vocab_size;
    if (json->status == QP_OK) read_ids(json, vocabulary, &plan->ids);
    QP_TRY(json->status);
    QP_TRY(read_generation(folder, vocabulary, &plan->ids));
    m->start_id = m->task == QP_TASK_TRANSLATE ? plan->ids.start : -1;
    if (wish->framed) set_frame(m, wish);
    qp_status status = qp_model_config_check(m);
    return status == QP_OK ? QP_OK : qp_fail_in(QP_EDATA, json->place);
}

static qp_status read_model(const char *folder, const qp_hf_wish *wish, qp_json_config *json,
                            const qp_weight_source *source,
                            qp_hf_model *made)
{
    qp_model_config config;
    const qp_hf_family *family = family_of(json);
    QP_TRY(json->status);
    qp_hf_plan plan = {.json = json, .source = source, .model = &config, .class = class_of(json, family, wish->task)};
    QP_TRY(json->status);
    qp_status status = qp_hf_configure(&plan, family, folder, wish);
    made->labels = plan.labels;
    made->ids = plan.ids;
    made->images = plan.images;
    if (status != QP_OK) return status;
    status = qp_model_plan(&config, &made->model);
    if (status != QP_OK) return qp_fail_in(status == QP_EUSAGE ? QP_EDATA : status, json->place);
    qp_weight_table table[2];
    int tables = 0;
    if (plan.class->head) table[tables++] = *plan.class->head;
    table[tables++] = *family->body;
    QP_TRY(qp_weights_load(source, table, tables, &plan.shape, qp_model_params(made->model)));
    return qp_params_check_finite(qp_model_params(made->model), source->place);
}

static qp_status read_folder(const char *folder, const qp_hf_wish *wish, qp_json_config *json, qp_hf_model *made)
{
    qp_safetensors_source *files;
    QP_TRY(qp_safetensors_source_open(folder, &files));
    const qp_weight_source source = qp_safetensors_source_arrays(files);
    qp_status status = read_model(folder, wish, json, &source, made);
    qp_safetensors_source_close(files);
    return status;
}

/* The path of a folder's config.json. */
static qp_status find_config(const char *folder, char path[PATH_BYTES])
{
    if (snprintf(path, PATH_BYTES, "%s/config.json", folder) < PATH_BYTES) return QP_OK;
    return qp_fail(QP_ENOINPUT, "%.100s...: the name of this folder is too long", folder);
}

qp_status qp_hf_is(const char *folder, const char *model_type, bool *is)
{
    char path[PATH_BYTES];
    qp_json_config json;
    QP_TRY(find_config(folder, path));
    QP_TRY(qp_json_config_open(path, &json));
    const qp_hf_family *family = family_of(&json);
    *is = family && strcmp(family->model_type, model_type) == 0;
    qp_json_config_close(&json);
    return QP_OK;
}

void qp_hf_model_free(qp_hf_model *made)
{
    qp_model_free(made->model);
    free(made->labels);
    *made = (qp_hf_model){0};
}

qp_status qp_hf_import_model(const char *folder, const qp_hf_wish *wish, qp_hf_model *made)
{
    char path[PATH_BYTES];
    qp_json_config json;
    *made = (qp_hf_model){0};
    QP_TRY(find_config(folder, path));
    QP_TRY(qp_json_config_open(path, &json));
    qp_status status = read_folder(folder, wish, &json, made);
    qp_json_config_close(&json);
    if (status != QP_OK) qp_hf_model_free(made);
    return status;
}
