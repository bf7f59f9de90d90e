#include "lib/export/hf_export.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/export/folder.h"
#include "lib/export/hf_tokenizer_files.h"
#include "lib/import/hf_decoding.h"
#include "lib/import/weight_save.h"
#include "lib/store/safetensors.h"

/* ---- the model ---- */

static qp_status save_weights(const qp_hf_written *w, const qp_hf_choice *c, const char *folder)
{
    char path[QP_PATH_BYTES];
    qp_weight_list list = {0};
    QP_TRY(qp_in_folder(folder, "model.safetensors", path));
    qp_status status =
        qp_weight_list_make(qp_model_params(w->model), c->table, c->tables, &c->shape, false, &list);
    qp_safetensors_writer *writer = status == QP_OK ? qp_safetensors_writer_new() : NULL;
    if (status == QP_OK && !writer) status = qp_fail(QP_EMEMORY, "%s: out of memory", path);
    if (writer) qp_safetensors_writer_metadata(writer, "format", "pt");
    for (size_t i = 0; writer && i < list.count; i++) {
        const qp_weight_written *a = &list.array[i];
        qp_safetensors_writer_add(writer, a->name, QP_DTYPE_REAL, a->dimensions, a->shape, a->value);
    }
    if (writer) status = qp_safetensors_writer_save(writer, path);
    qp_weight_list_free(&list);
    return status;
}

/* A model that generates nothing must not have the
 * file that another model left in the folder. */
static qp_status save_generation(const qp_hf_written *w, const char *folder)
{
    qp_text_buffer json = {0};
    char path[QP_PATH_BYTES];
    QP_TRY(qp_in_folder(folder, "generation_config.json", path));
    if (!qp_model_task_has_decoder(qp_model_config_of(w->model)->task)) return qp_file_remove_tree(path);
    qp_json_open(&json, '{');
    qp_status status = qp_hf_put_ids(&json, w);
    if (status == QP_OK) status = qp_hf_put_generation(&json, qp_model_config_of(w->model), w->decoding);
    qp_json_close(&json, '}');
    if (status != QP_OK) qp_text_free(&json);
    if (status != QP_OK) return status;
    return qp_folder_json(folder, "generation_config.json", &json);
}

qp_status qp_hf_export_model(const qp_hf_written *w, const char *folder, qp_hf_choice *choice)
{
    QP_TRY(qp_hf_choose(w, choice));
    qp_text_buffer config = {0};
    qp_text_add(&config, choice->config);
    qp_status status = qp_folder_make(folder);
    if (status == QP_OK) status = save_weights(w, choice, folder);
    if (status == QP_OK) status = save_generation(w, folder);
    if (status == QP_OK) status = qp_folder_json(folder, "config.json", &config);
    qp_text_free(&config);
    if (status == QP_OK) return QP_OK;
    free(choice->config);
    choice->config = NULL;
    return status;
}

/* ---- the card ---- */

/* The class that opens a model of each task, and what the site calls the task. */
static const struct {
    int task;
    const char *opens, *pipeline, *call;
} cards[] = {
    {QP_TASK_LM, "AutoModelForCausalLM", "text-generation", "model.generate(**tokens, max_new_tokens=40)"},
    {QP_TASK_TRANSLATE, "AutoModelForSeq2SeqLM", "translation", "model.generate(**tokens)"},
    {QP_TASK_CLASSIFY, "AutoModelForSequenceClassification", "text-classification", "model(**tokens).logits"},
    {QP_TASK_TAG, "AutoModelForTokenClassification", "token-classification", "model(**tokens).logits"},
    {QP_TASK_MLM, "AutoModelForMaskedLM", "fill-mask", "model(**tokens).logits"}};

static qp_status save_card(const qp_package *p, const qp_hf_choice *c, const char *folder)
{
    size_t card = 0;
    qp_text_buffer text = {0};
    while (cards[card].task != c->class->task) card++;
    qp_text_format(&text, "---\nlibrary_name: transformers\npipeline_tag: %s\n---\n\n# A model trained with quipu\n\n",
                   cards[card].pipeline);
    qp_text_format(&text, "Architecture `%s`, %zu parameters in float32.\n\n```python\n", c->class->name,
                   qp_params_elements(qp_model_params(p->model)));
    qp_text_format(&text, "from transformers import AutoTokenizer, %s\n\n"
                          "tokenizer = AutoTokenizer.from_pretrained(\".\")\n"
                          "model = %s.from_pretrained(\".\")\ntokens = tokenizer(\"TEXT\", return_tensors=\"pt\")\n"
                          "print(%s)\n```\n",
                   cards[card].opens, cards[card].opens, cards[card].call);
    qp_text_add(&text, "\nData, training and licence: to be filled in by its author.\n");
    return qp_folder_text(folder, "README.md", &text);
}

/* ---- all of it ---- */

qp_status qp_hf_export(const qp_package *p, const char *place, const char *folder)
{
    qp_hf_choice choice;
    char *labels = NULL;
    bool decodes = qp_model_task_has_decoder(qp_model_config_of(p->model)->task);
    if (p->labels.count) QP_TRY(qp_labels_json(&p->labels, &labels));
    const qp_hf_written written = {place, p->model, labels, p->decoding, qp_model_special(p->model, decodes)};
    qp_status status = qp_hf_choose(&written, &choice);
    if (status == QP_OK) free(choice.config);
    if (status == QP_OK) status = qp_folder_make(folder);
    if (status == QP_OK) status = qp_hf_save_tokenizers(p, folder);
    if (status == QP_OK) status = qp_hf_export_model(&written, folder, &choice);
    free(labels);
    if (status != QP_OK) return status;
    free(choice.config);
    return save_card(p, &choice, folder);
}
