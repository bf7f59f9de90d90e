#include "lib/run/train_match.h"

#include <limits.h>
#include <stdio.h>

#include "data/text/corpus_share.h"
#include "lib/package/match_metrics.h"
#include "lib/run/train_text.h"

qp_status qp_match_files(const qp_train_settings *settings, qp_train_data *data)
{
    QP_TRY(qp_pairs_files(settings, data));
    for (int part = 0; part < QP_PARTS; part++)
        if (data->files[part].kind == QP_TEXT_TABBED) data->files[part].kind = QP_TEXT_SCORED;
    return QP_OK;
}

qp_status qp_match_tokenizers(const qp_train_settings *settings, const char *folder, qp_train_data *data)
{
    qp_tokenizer_wish wish = qp_train_wish(settings, data, folder, "source", false);
    qp_tokenizer *both;
    QP_TRY(qp_text_tokenizer(&settings->job, data, &wish, true, true, &both));
    qp_package_set_tokenizers(data->package, both, NULL);
    data->package->target_codec = data->package->source_codec;
    return QP_OK;
}

static bool is_score(double score) { return score >= 0 && score <= 1; }

/* The corpus does not keep the line of a score: the file is read again for it, if it can be. */
static qp_status refuse_score(const qp_text_files *files, double score)
{
    qp_text_pairs *pairs;
    qp_text_pair pair = {0};
    bool more = true;
    QP_TRY(qp_text_pairs_open(files, &pairs));
    qp_status status = QP_OK;
    while (status == QP_OK && more && is_score(pair.score)) status = qp_text_pairs_next(pairs, &pair, &more);
    char place[PATH_MAX + 30] = "";
    if (status == QP_OK && more)
        snprintf(place, sizeof place, "%s:%lld", qp_text_pairs_path(pairs, false),
                 (long long)qp_text_pairs_line(pairs, false));
    qp_text_pairs_close(pairs);
    QP_TRY(status);
    return qp_fail(QP_EDATA, "%s: a score of %g; scale the scores to 0 (different) .. 1 (the same)",
                   *place ? place : files->source, score);
}

/* What the loss can read. */
static qp_status check_scores(const qp_train_settings *settings, const qp_text_files *files, const qp_corpus *corpus)
{
    const char *path = files->source;
    int loss = settings->model.loss;
    if (!corpus->score && loss == QP_OBJECTIVE_MSE)
        return qp_fail(QP_EUSAGE,
                       "%s: --loss mse compares with scores, and the pairs have none (text TAB text TAB "
                       "score); use --loss info-nce",
                       path);
    if (corpus->score && (loss == QP_OBJECTIVE_INFO_NCE || loss == QP_OBJECTIVE_TRIPLET))
        return qp_fail(QP_EUSAGE,
                       "%s: the pairs have scores, and --loss %s takes all pairs as matching; use --loss mse, cosine "
                       "or contrastive, or give only matching pairs, without scores",
                       path, loss == QP_OBJECTIVE_TRIPLET ? "triplet" : "info-nce");
    for (int64_t i = 0; corpus->score && i < corpus->sequences; i++)
        if (!is_score((double)corpus->score[i])) return refuse_score(files, (double)corpus->score[i]);
    return QP_OK;
}

qp_status qp_match_load(const qp_train_settings *settings, qp_train_data *data)
{
    for (int part = 0; part < (data->has_valid ? QP_PARTS : 1); part++) {
        qp_corpus_options options = {.files = data->files[part],
                                     .source_codec = &data->package->source_codec,
                                     .target_codec = &data->package->target_codec,
                                     .max_length = (int)settings->model.max_length,
                                     .when_longer = QP_LONG_CUT,
                                     .spread = part == QP_TRAINING};
        QP_TRY(qp_corpus_load_shared(&options, data->cluster, &data->corpus[part]));
        QP_TRY(check_scores(settings, &data->files[part], &data->corpus[part]));
        if (!data->corpus[part].score != !data->corpus[QP_TRAINING].score)
            return qp_fail(QP_EDATA, "%s: pairs %s scores, unlike those of the training data", data->files[part].source,
                           data->corpus[part].score ? "with" : "without");
    }
    return QP_OK;
}

qp_status qp_match_measure(qp_train_data *data, int threads, qp_metrics *metrics)
{
    qp_match_metrics m;
    QP_TRY(qp_match_metrics_measure(data->package->model, &data->corpus[QP_VALIDATION], threads, data->cluster, &m));
    if (m.scored) qp_metrics_add(metrics, "spearman", m.spearman);
    if (m.scored && m.binary) qp_metrics_add(metrics, "accuracy", m.accuracy);
    static const char *const name[QP_RECALLS] = {"recall@1", "recall@5", "recall@10"};
    for (int r = 0; !m.scored && r < QP_RECALLS; r++) qp_metrics_add(metrics, name[r], m.recall[r]);
    return QP_OK;
}

void qp_match_print(const qp_train_data *data, FILE *stream)
{
    fprintf(stream, "tokenizer  %d pieces, for both texts of a pair\n", qp_tokenizer_size(data->package->source));
    qp_train_print_special(data->package->source, stream);
    qp_text_print_corpora(data, stream);
}
