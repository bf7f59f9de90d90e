#include "cli/validation.h"

#include <stdlib.h>
#include <string.h>

#include "lib/metric/accuracy.h"
#include "lib/metric/bleu.h"
#include "lib/metric/chrf.h"

/* ---- reading ---- */

static qp_status choose_metrics(qp_validation *validation, const char *metrics)
{
    static const char *const names[] = {"loss", "bleu", "chrf", "accuracy"};
    while (*metrics) {
        size_t length = strcspn(metrics, ", ");
        char word[32];
        snprintf(word, sizeof word, "%.*s", (int)(length < 31 ? length : 31), metrics);
        if (strcmp(word, "bleu") == 0) validation->bleu = true;
        else if (strcmp(word, "chrf") == 0) validation->chrf = true;
        else if (strcmp(word, "accuracy") == 0) validation->accuracy = true;
        else if (length > 0 && strcmp(word, "loss") != 0) {
            const char *near = qp_config_suggest(word, names, 4);
            return qp_fail(QP_EUSAGE, "--valid-metrics: unknown metric %s; %s%s", word,
                           near ? "did you mean " : "choose from loss, bleu, chrf, accuracy", near ? near : "");
        }
        metrics += length;
        metrics += strspn(metrics, ", ");
    }
    return QP_OK;
}

static bool copy_line(const char *text, size_t bytes, qp_line *line)
{
    char *copy = malloc(bytes + 1);
    if (!copy) return false;
    memcpy(copy, text, bytes);
    copy[bytes] = '\0';
    *line = (qp_line){copy, bytes};
    return true;
}

static qp_status add_pair(qp_validation *validation, const qp_text_pair *pair, int *capacity)
{
    if (validation->count == *capacity) {
        int grown = *capacity ? 2 * *capacity : 1024;
        qp_line *source = realloc(validation->source, (size_t)grown * sizeof *source);
        if (source) validation->source = source;
        qp_line *reference = realloc(validation->reference, (size_t)grown * sizeof *reference);
        if (reference) validation->reference = reference;
        if (!source || !reference) return qp_fail(QP_EMEMORY, "out of memory for the validation text");
        *capacity = grown;
    }
    qp_line *source = &validation->source[validation->count], *reference = &validation->reference[validation->count];
    *reference = (qp_line){0};
    if (!copy_line(pair->source, pair->source_bytes, source)) return qp_fail(QP_EMEMORY, "out of memory for the validation text");
    validation->count++;
    if (!copy_line(pair->target, pair->target_bytes, reference)) return qp_fail(QP_EMEMORY, "out of memory for the validation text");
    return QP_OK;
}

qp_status qp_validation_init(qp_validation *validation, const qp_text_files *files, const char *metrics)
{
    *validation = (qp_validation){.beam_size = 1};
    QP_TRY(choose_metrics(validation, metrics));
    if (!validation->bleu && !validation->chrf && !validation->accuracy) return QP_OK;
    qp_parallel *parallel;
    QP_TRY(qp_parallel_open(files, &parallel));
    qp_text_pair pair;
    bool more;
    int capacity = 0;
    qp_status status;
    while ((status = qp_parallel_next(parallel, &pair, &more)) == QP_OK && more)
        if ((status = add_pair(validation, &pair, &capacity)) != QP_OK) break;
    qp_parallel_close(parallel);
    if (status != QP_OK) qp_validation_free(validation);
    return status;
}

void qp_validation_free(qp_validation *validation)
{
    for (int i = 0; i < validation->count; i++) {
        free((char *)validation->source[i].text);
        free((char *)validation->reference[i].text);
    }
    free(validation->source);
    free(validation->reference);
    *validation = (qp_validation){0};
}

/* ---- measuring ---- */

typedef struct {
    qp_bleu_config bleu_config;
    qp_bleu_sums bleu;
    qp_chrf_config chrf_config;
    qp_chrf_sums chrf;
    qp_accuracy_sums accuracy;
} sums;

static qp_status add_up(const qp_validation *validation, const qp_translation *translation, sums *s)
{
    for (int i = 0; i < validation->count; i++) {
        qp_segment hypothesis = {"", 0}, reference = {validation->reference[i].text, validation->reference[i].bytes};
        if (translation[i].search.count > 0)
            hypothesis = (qp_segment){translation[i].best[0].text, translation[i].best[0].bytes};
        if (validation->bleu) QP_TRY(qp_bleu_add(&s->bleu_config, hypothesis, &reference, 1, &s->bleu));
        if (validation->chrf) QP_TRY(qp_chrf_add(&s->chrf_config, hypothesis, &reference, 1, &s->chrf));
        if (validation->accuracy) QP_TRY(qp_accuracy_add(hypothesis, &reference, 1, &s->accuracy));
    }
    return QP_OK;
}

qp_status qp_validation_compare(const qp_validation *validation, const qp_translation *translation, qp_metrics *metrics)
{
    sums s = {.bleu_config = qp_bleu_config_default(), .chrf_config = qp_chrf_config_default()};
    s.bleu_config.lower_case = s.chrf_config.lower_case = validation->lower_case;
    QP_TRY(add_up(validation, translation, &s));
    if (validation->bleu) qp_metrics_add(metrics, "bleu", qp_bleu_finish(&s.bleu_config, &s.bleu).score);
    if (validation->chrf) qp_metrics_add(metrics, "chrf", qp_chrf_finish(&s.chrf_config, &s.chrf));
    if (validation->accuracy && s.accuracy.lines > 0)
        qp_metrics_add(metrics, "accuracy", 100 * (double)s.accuracy.exact_lines / (double)s.accuracy.lines);
    return QP_OK;
}

qp_status qp_validation_translate(const qp_validation *validation, int threads, qp_translation *translation)
{
    const qp_text_model *m = validation->text_model;
    QP_TRY(qp_params_pack(qp_model_params(m->model)));
    qp_translator translator = {.model = m->model, .source = &m->source_codec, .target = &m->target_codec,
                                .batch_size = 64, .threads = threads};
    qp_config_defaults(&qp_search_fields, &translator.search);
    translator.search.beam_size = validation->beam_size;
    return qp_translate(&translator, validation->source, validation->count, translation);
}

qp_status qp_validation_measure(void *self, int threads, qp_metrics *metrics)
{
    const qp_validation *validation = self;
    if (validation->count == 0) return QP_OK;
    qp_translation *translation = calloc((size_t)validation->count, sizeof *translation);
    if (!translation) return qp_fail(QP_EMEMORY, "out of memory for the validation's translations");
    qp_status status = qp_validation_translate(validation, threads, translation);
    if (status == QP_OK) status = qp_validation_compare(validation, translation, metrics);
    for (int i = 0; i < validation->count; i++) qp_translation_free(&translation[i]);
    free(translation);
    qp_params_unpack(qp_model_params(validation->text_model->model));   /* the weights are about to change */
    return status;
}
