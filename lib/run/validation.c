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

static qp_status compare(const qp_validation *validation, const qp_text *hypothesis, qp_metrics *metrics)
{
    qp_scores scores = validation->scores;
    scores.bleu.lower_case = scores.chrf.lower_case = validation->lower_case;
    for (int i = 0; i < validation->count; i++) {
        qp_text reference = {validation->reference[i].text, validation->reference[i].bytes};
        QP_TRY(qp_scores_add(&scores, hypothesis[i], &reference, 1));
    }
    for (int i = 0; i < scores.count && scores.segments > 0; i++)
        qp_metrics_add(metrics, qp_score_name(scores.kind[i]), qp_scores_value(&scores, i));
    return QP_OK;
}

static qp_text text_of(const qp_translation *translation)
{
    if (translation->search.count == 0) return (qp_text){"", 0};
    return (qp_text){translation->best[0].text, translation->best[0].bytes};
}

static qp_status out_of_memory(void) { return qp_fail(QP_EMEMORY, "out of memory for the validation's translations"); }

qp_status qp_validation_compare(const qp_validation *validation, const qp_translation *translation, qp_metrics *metrics)
{
    qp_text *hypothesis = malloc(((size_t)validation->count + 1) * sizeof *hypothesis);
    if (!hypothesis) return out_of_memory();
    for (int i = 0; i < validation->count; i++) hypothesis[i] = text_of(&translation[i]);
    qp_status status = compare(validation, hypothesis, metrics);
    free(hypothesis);
    return status;
}

static qp_status translate_lines(const qp_validation *validation, int threads, int first, int end,
                                 qp_translation *translation)
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
    return qp_translate(&translator, validation->source + first, end - first, translation + first);
}

qp_status qp_validation_translate(const qp_validation *validation, int threads, qp_translation *translation)
{
    return translate_lines(validation, threads, 0, validation->count, translation);
}

/* The bytes of all ranks' texts, [count]; start [ranks+1]. */
static qp_status gather_bytes(const qp_validation *v, int64_t *bytes, size_t *start)
{
    for (int r = 0; r <= qp_cluster_ranks(v->cluster); r++)
        start[r] = (size_t)qp_cluster_share(v->cluster, v->count, r) * sizeof *bytes;
    return qp_cluster_gather(v->cluster, start, 1, bytes);
}

/* Every rank's texts, to all; *memory holds them. */
static qp_status gather_texts(const qp_validation *v, const int64_t *bytes, size_t *start, qp_text *hypothesis,
                              char **memory)
{
    int ranks = qp_cluster_ranks(v->cluster), rank = qp_cluster_rank(v->cluster);
    size_t total = 0;
    for (int i = 0; i < v->count; i++) total += (size_t)bytes[i];
    *memory = malloc(total + 1);
    QP_TRY(qp_cluster_agree(v->cluster, *memory ? QP_OK : out_of_memory()));
    char *at = *memory;
    for (int r = 0; r < ranks; r++) {
        start[r] = (size_t)(at - *memory);
        for (int i = qp_cluster_share(v->cluster, v->count, r); i < qp_cluster_share(v->cluster, v->count, r + 1);
             i++, at += bytes[i - 1]) {
            if (r == rank) memcpy(at, hypothesis[i].text, (size_t)bytes[i]);
            hypothesis[i] = (qp_text){at, (size_t)bytes[i]};
        }
    }
    start[ranks] = total;
    return qp_cluster_gather(v->cluster, start, 1, *memory);
}

/* Compares what all ranks have translated. */
static qp_status compare_all(const qp_validation *v, const qp_translation *translation, qp_metrics *metrics)
{
    size_t count = (size_t)v->count;
    qp_text *hypothesis = calloc(count, sizeof *hypothesis);
    int64_t *bytes = calloc(count, sizeof *bytes);
    size_t *start = malloc(((size_t)qp_cluster_ranks(v->cluster) + 1) * sizeof *start);
    char *memory = NULL;
    qp_status status = qp_cluster_agree(v->cluster, hypothesis && bytes && start ? QP_OK : out_of_memory());
    if (status == QP_OK) {
        for (size_t i = 0; i < count; i++) {
            hypothesis[i] = text_of(&translation[i]);
            bytes[i] = (int64_t)hypothesis[i].bytes;
        }
        status = gather_bytes(v, bytes, start);
        if (status == QP_OK) status = gather_texts(v, bytes, start, hypothesis, &memory);
        if (status == QP_OK) status = compare(v, hypothesis, metrics);
    }
    free(hypothesis);
    free(bytes);
    free(start);
    free(memory);
    return status;
}

qp_status qp_validation_measure(void *self, int threads, qp_metrics *metrics)
{
    const qp_validation *v = self;
    if (v->count == 0) return QP_OK;
    int rank = qp_cluster_rank(v->cluster);
    int first = qp_cluster_share(v->cluster, v->count, rank), end = qp_cluster_share(v->cluster, v->count, rank + 1);
    qp_translation *translation = calloc((size_t)v->count, sizeof *translation);
    qp_status status = translation ? QP_OK : out_of_memory();
    if (status == QP_OK && first < end) status = translate_lines(v, threads, first, end, translation);
    status = qp_cluster_agree(v->cluster, status);
    if (status == QP_OK)
        status = v->cluster ? compare_all(v, translation, metrics) : qp_validation_compare(v, translation, metrics);
    for (int i = first; translation && i < end; i++) qp_translation_free(&translation[i]);
    free(translation);
    qp_params_unpack(qp_model_params(v->package->model)); /* training changes the weights next */
    return status;
}
