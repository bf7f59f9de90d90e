#include "lib/package/model_average.h"

#include <stdlib.h>
#include <string.h>

#include "lib/model/model_file.h"

/* The first model of an average. */
typedef struct {
    const char *path;
    const qp_model *model;
    const qp_model_texts *texts;
} averaged;

/* Fields that matter in training only; averaged models may differ in them. */
static bool is_of_training(const char *name)
{
    static const char *const names[] = {"dropout",
                                        "attention_dropout",
                                        "ff_dropout",
                                        "input_noise",
                                        "layer_drop",
                                        "stochastic_depth",
                                        "embedding_dropout",
                                        "variational_dropout",
                                        "mixup",
                                        "stochastic_depth_mode",
                                        "word_dropout_src",
                                        "word_drop",
                                        "word_swap",
                                        "word_dropout_tgt",
                                        "recurrent_dropout",
                                        "zoneout",
                                        "zoneout_cell",
                                        "init",
                                        "init_gain",
                                        "forget_bias",
                                        "kl_weight"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

static qp_status check_config(const char *path, const qp_model *model, const averaged *first)
{
    char a[600], b[600];
    for (int i = 0; i < qp_model_fields.count; i++) {
        const qp_field *field = &qp_model_fields.field[i];
        qp_config_get(field, qp_model_config_of(first->model), a, sizeof a);
        qp_config_get(field, qp_model_config_of(model), b, sizeof b);
        if (strcmp(a, b) != 0 && !is_of_training(field->name))
            return qp_fail(QP_EDATA, "%s: its %s is %s, that of %s is %s; average models of one run", path, field->name,
                           b, first->path, a);
    }
    return QP_OK;
}

static bool same_text(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }

/* Equal shapes do not make equal models: an id, a label or a number must mean the same in both. */
static qp_status check_alike(const char *path, const qp_model *model, const qp_model_texts *texts,
                             const averaged *first)
{
    QP_TRY(check_config(path, model, first));
    const char *other = !same_text(texts->source_tokenizer, first->texts->source_tokenizer)   ? "source tokenizer"
                        : !same_text(texts->target_tokenizer, first->texts->target_tokenizer) ? "target tokenizer"
                        : !same_text(texts->labels, first->texts->labels)   ? "list of labels, or its order,"
                        : !same_text(texts->scaling, first->texts->scaling) ? "scaling or list of columns"
                                                                            : NULL;
    if (!other) return QP_OK;
    return qp_fail(QP_EDATA, "%s: its %s is not that of %s; average models of one run", path, other, first->path);
}

static qp_status add_up(const char *path, const averaged *average, double *sum)
{
    qp_model *other;
    qp_model_texts texts;
    QP_TRY(qp_model_file_load(path, &other, &texts));
    const qp_params *first = qp_model_params(average->model);
    qp_params *params = qp_model_params(other);
    qp_status status = check_alike(path, other, &texts, average);
    bool same = qp_params_size(params) == qp_params_size(first); /* equal settings, checked above, make equal arrays */
    if (status == QP_OK && same)
        for (size_t i = 0; i < qp_params_size(first); i++) sum[i] += (double)qp_params_block(params)[i];
    qp_model_free(other);
    qp_model_texts_free(&texts);
    if (same || status != QP_OK) return status;
    return qp_fail(QP_EDATA, "%s: its arrays have other shapes than the first model's; average models of one run",
                   path);
}

static qp_status average(const char *const *from, int count, const averaged *first)
{
    if (qp_model_ngram(first->model, NULL))
        return qp_fail(QP_EUSAGE, "%s: n-grams cannot be averaged; learn them from all the text at once", from[0]);
    qp_params *params = qp_model_params(first->model);
    size_t size = qp_params_size(params);
    double *sum = calloc(size + 1, sizeof *sum);
    qp_status status = sum ? QP_OK : qp_fail(QP_EMEMORY, "out of memory for averaging %zu weights", size);
    for (int i = 0; status == QP_OK && i < count; i++) status = add_up(from[i], first, sum);
    for (size_t i = 0; status == QP_OK && i < size; i++) qp_params_block(params)[i] = (qp_real)(sum[i] / count);
    free(sum);
    return status;
}

qp_status qp_model_average(const char *path, const char *const *from, int count)
{
    qp_model *first;
    qp_model_texts texts;
    QP_TRY(qp_model_file_load(from[0], &first, &texts));
    qp_status status = average(from, count, &(averaged){from[0], first, &texts});
    free(texts.quantized);
    texts.quantized = NULL;
    qp_params_stored_free(qp_model_params(first));
    if (status == QP_OK) status = qp_model_file_save(path, first, &texts);
    qp_model_free(first);
    qp_model_texts_free(&texts);
    return status;
}
