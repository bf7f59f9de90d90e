#include "cli/base/open_model.h"

#include "lib/model/model_file.h"
#include "lib/package/decoding.h"

qp_status qp_open_model(const char *path, bool verify, const int *task, qp_package **package)
{
    static const char *const what[] = {
        [QP_TASK_TRANSLATE] = "is a translator; use quipu translate",
        [QP_TASK_LM] = "is a language model; use quipu generate, or quipu score",
        [QP_TASK_CLASSIFY] = "is a classifier of texts; use quipu predict",
        [QP_TASK_TAG] = "is a tagger; use quipu predict",
        [QP_TASK_REGRESS] = "is a forecaster of series; use quipu predict",
        [QP_TASK_AUTOENCODE] = "is an autoencoder; use quipu translate, which gives the text back",
        [QP_TASK_MLM] = "is a masked language model; use quipu predict, which fills in [MASK]",
        [QP_TASK_MATCH] = "is a model of matching texts; use quipu embed, or quipu search",
    };
    QP_TRY(qp_package_open(path, verify, package));
    int is = qp_model_config_of((*package)->model)->task;
    for (; *task >= 0; task++)
        if (*task == is) return QP_OK;
    qp_package_free(*package);
    *package = NULL;
    return qp_fail(QP_EUSAGE, "%s: %s", path, what[is]);
}

qp_status qp_model_rules(const char *json, const qp_options *options)
{
    if (!json) return QP_OK;
    for (int g = 0; g < options->command->group_count; g++)
        QP_TRY(qp_decoding_apply(json, options->command->group[g].table, options->command->group[g].object));
    return qp_options_apply(options);
}

qp_status qp_model_file_rules(const char *path, const qp_options *options)
{
    qp_model_texts texts;
    qp_status status = *path ? qp_model_file_texts(path, &texts) : QP_EUSAGE;
    if (status != QP_OK) return status == QP_EMEMORY ? status : QP_OK;
    status = texts.decoding ? qp_decoding_check(path, texts.decoding, INT32_MAX) : QP_OK;
    if (status == QP_OK) status = qp_model_rules(texts.decoding, options);
    qp_model_texts_free(&texts);
    return status;
}
