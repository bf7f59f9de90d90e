#include "lib/run/validation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

/* The list for scores.h: without "loss", which the trainer measures. */
static qp_status choose_metrics(qp_validation *validation, const char *metrics)
{
    char names[512] = "";
    size_t used = 0;
    while (*metrics) {
        size_t length = strcspn(metrics, ", ");
        bool is_loss = length == 4 && !strncmp(metrics, "loss", 4);
        if (length > 0 && !is_loss && used + length + 2 < sizeof names)
            used += (size_t)sprintf(names + used, "%.*s,", (int)length, metrics);
        metrics += length;
        metrics += strspn(metrics, ", ");
    }
    if (!used || qp_scores_init(&validation->scores, names) == QP_OK) return QP_OK;
    char reason[400];
    snprintf(reason, sizeof reason, "%s", qp_error_message());
    return qp_fail(QP_EUSAGE, "--valid-metrics: %s%s", reason, strchr(reason, '?') ? "" : ", or loss");
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
    bool itself = !pair->source; /* autoencoder: the text is its own reference */
    if (!copy_line(itself ? pair->target : pair->source, itself ? pair->target_bytes : pair->source_bytes, source))
        return qp_fail(QP_EMEMORY, "out of memory for the validation text");
    validation->count++;
    if (!copy_line(pair->target, pair->target_bytes, reference))
        return qp_fail(QP_EMEMORY, "out of memory for the validation text");
    return QP_OK;
}

qp_status qp_validation_init(qp_validation *validation, const qp_text_files *files, const char *metrics)
{
    *validation = (qp_validation){.beam_size = 1};
    QP_TRY(choose_metrics(validation, metrics));
    if (!validation->scores.count) return QP_OK;
    QP_TRY(qp_text_pairs_twice(files, "for the loss and for --valid-metrics; name a file"));
    qp_text_pairs *pairs;
    QP_TRY(qp_text_pairs_open(files, &pairs));
    qp_text_pair pair;
    bool more;
    int capacity = 0;
    qp_status status;
    while ((status = qp_text_pairs_next(pairs, &pair, &more)) == QP_OK && more)
        if ((status = add_pair(validation, &pair, &capacity)) != QP_OK) break;
    qp_text_pairs_close(pairs);
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

qp_status qp_validation_compare(const qp_validation *validation, const qp_translation *translation, qp_metrics *metrics)
{
    qp_scores scores = validation->scores;
    scores.bleu.lower_case = scores.chrf.lower_case = validation->lower_case;
    for (int i = 0; i < validation->count; i++) {
        qp_text hypothesis = {"", 0}, reference = {validation->reference[i].text, validation->reference[i].bytes};
        if (translation[i].search.count > 0)
            hypothesis = (qp_text){translation[i].best[0].text, translation[i].best[0].bytes};
        QP_TRY(qp_scores_add(&scores, hypothesis, &reference, 1));
    }
    for (int i = 0; i < scores.count && scores.segments > 0; i++)
        qp_metrics_add(metrics, qp_score_name(scores.kind[i]), qp_scores_value(&scores, i));
    return QP_OK;
}

qp_status qp_validation_translate(const qp_validation *validation, int threads, qp_translation *translation)
{
    const qp_package *m = validation->package;
    QP_TRY(qp_params_pack(qp_model_params(m->model)));
    qp_translator translator = {.model = m->model,
                                .source = &m->source_codec,
                                .target = &m->target_codec,
                                .batch_size = 64,
                                .threads = threads};
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
    qp_params_unpack(qp_model_params(validation->package->model)); /* training changes the weights next */
    return status;
}
