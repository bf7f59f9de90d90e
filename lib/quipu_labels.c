#include <stdlib.h>
#include <string.h>

#include "lib/package/embeddings.h"
#include "lib/package/predictions.h"
#include "lib/quipu_internal.h"
#include "lib/run/train_series.h"

/* ---- labels ---- */

static qp_status classify(const qp_package *package, const char *const *text, int count, int threads,
                          qp_real *probability)
{
    int longest = (int)qp_model_config_of(package->model)->max_length;
    qp_line_ids *ids = NULL;
    qp_line *line = qp_quipu_lines(text, count);
    if (!line) return QP_EMEMORY;
    qp_status status = qp_lines_encode(&package->source_codec, line, count, longest, &ids);
    if (status == QP_OK) status = qp_classify_ids(package, ids, count, threads, probability);
    qp_lines_free(ids, count);
    free(line);
    return status;
}

quipu_status quipu_classify(const quipu_package *package, const char *const *text, int count,
                            const quipu_options *options, float *probability)
{
    static const int tasks[] = {QP_TASK_CLASSIFY, -1};
    size_t labels = (size_t)package->labels.count;
    int batch = qp_quipu_batch(options);
    qp_status status = qp_quipu_task(package, "classify", tasks);
    if (status == QP_OK && !package->source)
        status = qp_fail(QP_EUSAGE, "classify: this model reads numbers, not texts");
    if (status == QP_OK) status = qp_quipu_options(package, options, NULL, NULL, 0);
    qp_real *some = status == QP_OK ? malloc(((size_t)batch * labels + 1) * sizeof *some) : NULL;
    if (status == QP_OK && !some) status = qp_fail(QP_EMEMORY, "classify: out of memory");
    for (int first = 0; status == QP_OK && first < count; first += batch) {
        int here = count - first < batch ? count - first : batch;
        status = classify(package, text + first, here, qp_quipu_threads(options), some);
        for (size_t i = 0; status == QP_OK && i < (size_t)here * labels; i++)
            probability[(size_t)first * labels + i] = (float)some[i];
    }
    free(some);
    return (quipu_status)status;
}

/* The words of one sentence, in one text with spaces between them. */
static qp_status sentence_of(const char *const *word, int count, qp_conll *conll)
{
    size_t bytes = 0;
    for (int i = 0; i < count; i++) bytes += strlen(word[i]) + 1;
    *conll = (qp_conll){.text = malloc(bytes + 1),
                        .word = calloc((size_t)count + 1, sizeof *conll->word),
                        .start = calloc(2, sizeof *conll->start),
                        .sentences = 1,
                        .words = count};
    if (!conll->text || !conll->word || !conll->start) return qp_fail(QP_EMEMORY, "tag: out of memory");
    conll->start[1] = count;
    for (int i = 0; i < count; i++) {
        size_t length = strlen(word[i]);
        if (length == 0) return qp_fail(QP_EUSAGE, "tag: word %d is empty", i);
        memcpy(conll->text + conll->bytes, word[i], length);
        conll->word[i] = (qp_conll_word){.line = 1, .word = conll->bytes, .word_end = conll->bytes + length};
        conll->text[conll->bytes + length] = ' ';
        conll->bytes += length + 1;
    }
    return QP_OK;
}

static qp_status tag(const qp_package *package, const char *const *word, int count, int threads, int32_t *best,
                     qp_real *sure)
{
    qp_conll conll;
    qp_status status = sentence_of(word, count, &conll);
    if (status == QP_OK && count > 0) status = qp_tag_words(package, &conll, threads, best, sure);
    free(conll.text);
    free(conll.word);
    free(conll.start);
    return status;
}

quipu_status quipu_tag(const quipu_package *package, const char *const *word, int count, const quipu_options *options,
                       int *label, float *probability)
{
    static const int tasks[] = {QP_TASK_TAG, -1};
    qp_status status = qp_quipu_task(package, "tag", tasks);
    if (status == QP_OK) status = qp_quipu_options(package, options, NULL, NULL, 0);
    if (status != QP_OK) return (quipu_status)status;
    int32_t *best = malloc(((size_t)count + 1) * sizeof *best);
    qp_real *sure = malloc(((size_t)count + 1) * sizeof *sure);
    status = best && sure ? tag(package, word, count, qp_quipu_threads(options), best, sure)
                          : qp_fail(QP_EMEMORY, "tag: out of memory");
    for (int i = 0; status == QP_OK && i < count; i++) {
        label[i] = best[i];
        if (probability) probability[i] = (float)sure[i];
    }
    free(best);
    free(sure);
    return (quipu_status)status;
}

/* ---- numbers ---- */

quipu_status quipu_forecast_sizes(const quipu_package *package, int *columns, int *window, int *horizon)
{
    static const int tasks[] = {QP_TASK_REGRESS, -1};
    if (columns) *columns = package->scaling.columns;
    if (window) *window = package->scaling.window;
    if (horizon) *horizon = package->scaling.horizon;
    return (quipu_status)qp_quipu_task(package, "forecast", tasks);
}

quipu_status quipu_forecast(const quipu_package *package, const double *value, int rows, double *forecast)
{
    int columns, window;
    quipu_status status = quipu_forecast_sizes(package, &columns, &window, NULL);
    if (status != QUIPU_OK) return status;
    if (rows < window)
        return (quipu_status)qp_fail(QP_EDATA, "forecast: %d rows, but the model reads %d", rows, window);
    qp_series_range range = {.first = rows - window, .step = 1, .count = 1};
    qp_series series = {.columns = columns, .rows = rows, .value = (double *)(uintptr_t)value};
    return (quipu_status)qp_series_forecast(package, &series, range, 1, forecast);
}

/* ---- vectors ---- */

static qp_status embed(const qp_package *package, const char *const *text, int count, int batch, qp_embeddings *e)
{
    const qp_text_codec *codec = qp_embedding_codec(package);
    int longest = (int)qp_model_config_of(package->model)->max_length;
    qp_line_ids *ids = NULL;
    qp_line *line = qp_quipu_lines(text, count);
    qp_status status = line ? qp_lines_encode(codec, line, count, longest, &ids)
                            : qp_fail(QP_EMEMORY, "embed: out of memory");
    for (int first = 0; status == QP_OK && first < count; first += batch)
        status = qp_embed_ids(package, ids + first, count - first < batch ? count - first : batch, 1, e);
    if (ids) qp_lines_free(ids, count);
    free(line);
    return status;
}

quipu_status quipu_embed(const quipu_package *package, const char *const *text, int count, const quipu_options *options,
                         float **vector, int *width)
{
    qp_embeddings e = {0};
    *vector = NULL;
    *width = 0;
    qp_status status = qp_quipu_options(package, options, NULL, NULL, 0);
    if (status == QP_OK && !package->target && !package->source)
        status = qp_fail(QP_EUSAGE, "embed: not for a model of series");
    if (status == QP_OK) status = embed(package, text, count, qp_quipu_batch(options), &e);
    if (status != QP_OK) {
        qp_embeddings_free(&e);
        return (quipu_status)status;
    }
    *vector = e.value;
    *width = e.width;
    return QUIPU_OK;
}
