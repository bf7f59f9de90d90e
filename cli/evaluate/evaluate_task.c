#include "cli/evaluate/evaluate_task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/text.h"
#include "cli/base/unread.h"
#include "cli/evaluate/evaluate_match.h"
#include "cli/evaluate/evaluate_tokens.h"
#include "cli/evaluate/forecast_table.h"
#include "cli/evaluate/label_report.h"
#include "cli/evaluate/perplexity.h"
#include "cli/predict/predict_tasks.h"
#include "data/batches/batcher.h"
#include "data/images/image_batches.h"
#include "data/text/labelled.h"
#include "lib/base/files/file_list.h"
#include "lib/metric/forecast.h"
#include "lib/package/predictions.h"
#include "lib/run/train_series.h"

QP_FIELD_TABLE(qp_evaluate_task_fields, "a model and one file", qp_evaluate_task_config, QP_EVALUATE_TASK_FIELDS);

typedef struct {
    const qp_package *m;
    const qp_evaluate_task_config *o;
    int threads;
    bool json;
} trial;

/* ---- language models ---- */

static qp_status try_language(const trial *t, const char *metrics)
{
    qp_perplexity sums;
    if (strcmp(metrics, "perplexity") != 0)
        return qp_fail(QP_EUSAGE, "evaluate: a language model has perplexity (and bits per character), not '%.60s'",
                       metrics);
    QP_TRY(qp_perplexity_measure(t->m, (char *)(uintptr_t)t->o->test, t->threads, &sums));
    if (sums.cut) qp_warn("%s: %lld lines have more tokens than the model reads; cut", t->o->test, (long long)sums.cut);
    if (sums.slid)
        qp_warn("%s: %lld lines have more than the %lld tokens the model reads at once; read in overlapping windows",
                t->o->test, (long long)sums.slid, (long long)sums.window);
    return qp_perplexity_print(&sums, t->json);
}

qp_status qp_evaluate_translator(const char *model, bool verify, const qp_text_files *files, int threads, bool json)
{
    static const int tasks[] = {QP_TASK_TRANSLATE, -1};
    qp_package *m;
    qp_perplexity sums;
    QP_TRY(qp_open_model(model, verify, tasks, &m));
    qp_status status = qp_perplexity_measure_pairs(m, files, threads, &sums);
    qp_package_free(m);
    QP_TRY(status);
    if (sums.cut)
        qp_warn("%s: %lld pairs have more tokens than the model reads; cut", files->source, (long long)sums.cut);
    return qp_perplexity_print(&sums, json);
}

/* ---- labels ---- */

static qp_status count_texts(const trial *t, qp_label_sets *sets, qp_label_metrics *sums)
{
    const qp_model_config *c = qp_model_config_of(t->m->model);
    qp_corpus corpus;
    qp_labels labels = t->m->labels;
    qp_labelled_options options = {.path = t->o->test,
                                   .codec = &t->m->source_codec,
                                   .max_length = (int)c->max_length,
                                   .when_longer = QP_LONG_CUT,
                                   .labels = &labels,
                                   .policy = QP_LABEL_IGNORE,
                                   .sets = c->multi_label ? sets : NULL};
    QP_TRY(qp_labelled_load(&options, &corpus));
    qp_batcher_options batches = {.kind = QP_BATCH_TOKENS, .size = 4096, .slots = 1};
    qp_batcher *batcher = NULL;
    qp_status status = qp_batcher_new(&corpus, &batches, &batcher);
    if (status == QP_OK) {
        qp_batch_source source = qp_batcher_source(batcher);
        status = qp_label_metrics_measure(t->m->model, &source, t->threads, NULL, sums);
    }
    if (status == QP_OK && corpus.statistics.cut)
        qp_warn("%s: %lld texts have more tokens than the model reads; cut", t->o->test,
                (long long)corpus.statistics.cut);
    if (status == QP_OK && corpus.statistics.empty)
        qp_warn("%s: %lld empty texts skipped", t->o->test, (long long)corpus.statistics.empty);
    qp_batcher_free(batcher);
    qp_corpus_free(&corpus);
    return status;
}

static qp_status count_images(const trial *t, qp_label_metrics *sums)
{
    qp_images images;
    qp_image_batches *made = NULL;
    QP_TRY(qp_read_images(t->m, t->o->test, t->o->test_labels, &images));
    int64_t size = (1 << 22) / (int64_t)qp_image_cells(images.size);
    qp_image_batches_options options = {
        .images = &images, .format = &t->m->images, .size = size < 1 ? 1 : size, .slots = 1};
    qp_status status = images.has_labels ? qp_image_batches_new(&options, &made)
                                         : qp_fail(QP_EDATA, "%s: has no labels to compare with", t->o->test);
    if (status == QP_OK) {
        qp_batch_source source = qp_image_batches_source(made);
        status = qp_label_metrics_measure(t->m->model, &source, t->threads, NULL, sums);
    }
    qp_image_batches_free(made);
    qp_images_free(&images);
    return status;
}

static qp_status count_sentences(const trial *t, const qp_conll *conll, const int32_t *best, qp_label_metrics *sums)
{
    int32_t *truth = malloc(((size_t)conll->words + 1) * sizeof *truth);
    if (!truth) return qp_fail(QP_EMEMORY, "out of memory for %lld words", (long long)conll->words);
    for (int64_t w = 0; w < conll->words; w++) {
        const qp_conll_word *word = &conll->word[w];
        truth[w] = qp_labels_find(&t->m->labels, conll->text + word->tag, word->tag_end - word->tag);
    }
    qp_status status = QP_OK;
    for (int64_t s = 0; status == QP_OK && s < conll->sentences; s++)
        status = qp_label_metrics_add(sums, truth + conll->start[s], best + conll->start[s],
                                      (int)(conll->start[s + 1] - conll->start[s]));
    free(truth);
    return status;
}

static qp_status count_words(const trial *t, qp_label_metrics *sums)
{
    qp_conll *conll;
    QP_TRY(qp_conll_read(t->o->test, (int)t->o->tag_column, &conll));
    int32_t *best = malloc(((size_t)conll->words + 1) * sizeof *best);
    qp_status status = best ? QP_OK : qp_fail(QP_EMEMORY, "out of memory for %lld words", (long long)conll->words);
    if (status == QP_OK && conll->tag_column == 0)
        status = qp_fail(QP_EDATA, "%s: one column, no tags to compare with; give the words with their tags",
                         t->o->test);
    if (status == QP_OK) status = qp_tag_words(t->m, conll, t->threads, best, NULL);
    if (status == QP_OK) status = count_sentences(t, conll, best, sums);
    free(best);
    qp_conll_free(conll);
    return status;
}

static qp_status count_labels(const trial *t, qp_label_metrics *sums)
{
    const qp_model_config *c = qp_model_config_of(t->m->model);
    bool tags = c->task == QP_TASK_TAG, images = qp_model_reads_numbers(c);
    qp_label_sets sets = {0};
    qp_status status = c->multi_label ? qp_label_metrics_init_sets(&t->m->labels, &sets, sums)
                                      : qp_label_metrics_init(&t->m->labels, tags, sums);
    if (status == QP_OK)
        status = tags ? count_words(t, sums) : images ? count_images(t, sums) : count_texts(t, &sets, sums);
    qp_label_sets_free(&sets);
    if (status != QP_OK) qp_label_metrics_free(sums);
    return status;
}

static qp_status try_labels(const trial *t, const char *metrics)
{
    qp_label_metrics sums;
    if (!metrics) metrics = qp_model_config_of(t->m->model)->multi_label ? "accuracy,f1,micro-f1" : "accuracy,f1";
    QP_TRY(qp_label_report_check(metrics));
    QP_TRY(count_labels(t, &sums));
    qp_status status = qp_label_report_print(&sums, metrics, t->json);
    qp_label_metrics_free(&sums);
    return status;
}

/* ---- series ---- */

static qp_status read_series(const trial *t, const char *path, qp_series *series)
{
    char *columns;
    QP_TRY(qp_scaling_columns(&t->m->scaling, &columns));
    qp_series_options options = {
        .path = path, .columns = columns, .holes = (qp_hole_policy)t->o->holes, .missing = t->o->missing};
    qp_status status = qp_series_read(&options, series);
    free(columns);
    return status;
}

static qp_status try_series(const trial *t, const char *metrics)
{
    qp_series test, training = {0};
    QP_TRY(qp_forecast_table_check(metrics));
    QP_TRY(read_series(t, t->o->test, &test));
    qp_status status = *t->o->train ? read_series(t, t->o->train, &training) : QP_OK;
    if (status == QP_OK)
        status = qp_forecast_table_print(t->m, &test, *t->o->train ? &training : NULL, (int)t->o->period, t->threads,
                                         metrics, t->json);
    qp_series_free(&test);
    qp_series_free(&training);
    return status;
}

/* ---- tokens ---- */

static qp_status try_masks(const trial *t, const char *metrics)
{
    return qp_evaluate_masks(t->m, t->o, t->threads, t->json, metrics);
}

static qp_status try_copies(const trial *t, const char *metrics)
{
    return qp_evaluate_copies(t->m, t->o, t->threads, t->json, metrics);
}

/* ---- pairs ---- */

static qp_status try_pairs(const trial *t, const char *metrics)
{
    qp_text_files files = {.kind = QP_TEXT_SCORED, .source = t->o->test};
    return qp_evaluate_match(t->m, &files, t->threads, t->json, metrics);
}

/* ---- the table ---- */

static const struct {
    int task;
    const char *metrics; /* the defaults; NULL: chosen by the task */
    qp_status (*run)(const trial *t, const char *metrics);
} rows[] = {
    {QP_TASK_LM, "perplexity", try_language},
    {QP_TASK_CLASSIFY, NULL, try_labels},
    {QP_TASK_TAG, NULL, try_labels},
    {QP_TASK_REGRESS, "mae,rmse,r2", try_series},
    {QP_TASK_MLM, "accuracy,loss,perplexity", try_masks},
    {QP_TASK_AUTOENCODE, NULL, try_copies},
    {QP_TASK_MATCH, NULL, try_pairs},
};

static qp_status run(const trial *t, const char *metrics)
{
    int task = qp_model_config_of(t->m->model)->task;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].task == task) return rows[i].run(t, metrics ? metrics : rows[i].metrics);
    return qp_fail(QP_EUSAGE, "evaluate: --test is for models of one text; give this one --src FILE and --ref FILE");
}

static qp_status measure_language(const trial *t, double *value)
{
    qp_perplexity sums;
    QP_TRY(qp_perplexity_measure(t->m, (char *)(uintptr_t)t->o->test, t->threads, &sums));
    *value = qp_perplexity_value(&sums);
    return QP_OK;
}

static qp_status measure_labels(const trial *t, double *value)
{
    qp_label_metrics sums;
    QP_TRY(count_labels(t, &sums));
    *value = qp_label_metrics_accuracy(&sums);
    qp_label_metrics_free(&sums);
    return QP_OK;
}

static qp_status measure_series(const trial *t, double *value)
{
    qp_series test;
    qp_forecast_sums sums = {0};
    QP_TRY(read_series(t, t->o->test, &test));
    qp_status status = qp_series_compare(t->m, &test, t->threads, &sums);
    if (status == QP_OK) *value = qp_forecast_mae(&sums);
    qp_series_free(&test);
    return status;
}

qp_status qp_evaluate_metric(const qp_package *m, const qp_evaluate_task_config *o, int threads, char *metric,
                             size_t bytes, double *value)
{
    static const struct {
        int task;
        const char *name;
        qp_status (*measure)(const trial *t, double *value);
    } table[] = {
        {QP_TASK_LM, "perplexity", measure_language},
        {QP_TASK_CLASSIFY, "accuracy", measure_labels},
        {QP_TASK_TAG, "accuracy", measure_labels},
        {QP_TASK_REGRESS, "mae", measure_series},
    };
    const int task = qp_model_config_of(m->model)->task;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (table[i].task != task) continue;
        snprintf(metric, bytes, "%s", table[i].name);
        return table[i].measure(&(trial){.m = m, .o = o, .threads = threads}, value);
    }
    return qp_fail(QP_EUSAGE, "--test measures models of tasks lm, classify, tag and regress; use quipu evaluate");
}

/* The options that belong to tasks. */
static qp_status check_uses(const qp_package *m, const qp_options *options)
{
    const qp_model_config *c = qp_model_config_of(m->model);
    bool series = c->task == QP_TASK_REGRESS, masks = c->task == QP_TASK_MLM;
    static const char forecasters[] = "forecasters", masked[] = "masked language models";
    const qp_unread row[] = {
        {"test_labels", c->task == QP_TASK_CLASSIFY && qp_model_reads_numbers(c), "classifiers of images"},
        {"tag_column", c->task == QP_TASK_TAG, "taggers"},
        {"train", series, forecasters},
        {"period", series, forecasters},
        {"holes", series, forecasters},
        {"missing", series, forecasters},
        {"mask_rate", masks, masked},
        {"whole_words", masks, masked},
        {"seed", masks, masked}};
    return qp_unread_check(options, row, sizeof row / sizeof *row);
}

qp_status qp_evaluate_task(const qp_options *options, const char *metrics, const char *model, bool verify,
                           const qp_evaluate_task_config *o, int threads, bool json)
{
    qp_package *m;
    QP_TRY(qp_file_list_whole(o->test));
    QP_TRY(qp_file_list_whole(o->train));
    QP_TRY(qp_package_open(model, verify, &m));
    qp_status status = check_uses(m, options);
    if (status == QP_OK) status = run(&(trial){.m = m, .o = o, .threads = threads, .json = json}, metrics);
    qp_package_free(m);
    return status;
}
