#include "cli/evaluate/evaluate_match.h"

#include <stdio.h>

#include "cli/base/json_text.h"
#include "cli/base/metric_names.h"
#include "cli/base/text.h"
#include "lib/package/match_metrics.h"

enum { METRICS = 2 + QP_RECALLS };

typedef struct {
    const char *name;
    bool has; /* these pairs have it */
    double value;
    int decimals;
    char what[100];
} row;

static void fill(const qp_match_metrics *m, row rows[METRICS])
{
    static const char *const name[METRICS] = {"spearman", "accuracy", "recall@1", "recall@5", "recall@10"};
    rows[0] = (row){name[0], m->scored, m->spearman, 4, "rank correlation of cosine and score"};
    rows[1] = (row){name[1], m->scored && m->binary, m->accuracy, 2, ""};
    snprintf(rows[1].what, sizeof rows[1].what,
             "answers that are right, the same from a cosine of %.3f on (the best cut)", m->cut);
    for (int r = 0; r < QP_RECALLS; r++) {
        rows[2 + r] = (row){name[2 + r], !m->scored, m->recall[r], 2, ""};
        snprintf(rows[2 + r].what, sizeof rows[2 + r].what,
                 qp_recall_at[r] == 1 ? "own text is the most similar one of all"
                                      : "own text is among the %d most similar of all",
                 qp_recall_at[r]);
    }
}

static qp_status print(const row rows[METRICS], int64_t pairs, const char *metrics, bool json)
{
    qp_text_buffer out = {0};
    qp_json_open(&out, '{');
    for (int i = 0; i < METRICS; i++) {
        if (metrics ? !qp_metric_listed(metrics, rows[i].name) : !rows[i].has) continue;
        if (json) {
            qp_json_key(&out, rows[i].name);
            qp_json_open(&out, '{');
            qp_json_put_real(&out, "score", rows[i].value);
            qp_json_close(&out, '}');
        } else {
            printf("%-12s%8.*f  %s\n", rows[i].name, rows[i].decimals, rows[i].value, rows[i].what);
        }
    }
    qp_json_put_integer(&out, "pairs", pairs);
    qp_json_close(&out, '}');
    if (json) return qp_json_line(stdout, &out);
    printf("%lld pairs\n", (long long)pairs);
    qp_text_free(&out);
    return QP_OK;
}

/* Every metric of the list exists, and the pairs have it. */
static qp_status check(const row rows[METRICS], const char *metrics, const char *path)
{
    const char *known[METRICS];
    for (int i = 0; i < METRICS; i++) known[i] = rows[i].name;
    if (!metrics) return QP_OK;
    QP_TRY(qp_metric_names_check(metrics, known, METRICS, "pairs of texts",
                                 "spearman, accuracy, recall@1, recall@5, recall@10"));
    for (int i = 0; i < METRICS; i++)
        if (!rows[i].has && qp_metric_listed(metrics, rows[i].name))
            return qp_fail(QP_EUSAGE, "evaluate: %s is of pairs with%s, which %s does not have", rows[i].name,
                           i > 1    ? "out scores"
                           : i == 1 ? " scores 0 and 1"
                                    : " scores",
                           path);
    return QP_OK;
}

qp_status qp_evaluate_match(const qp_package *m, const qp_text_files *files, int threads, bool json,
                            const char *metrics)
{
    qp_corpus corpus;
    qp_corpus_options options = {.files = *files,
                                 .source_codec = &m->source_codec,
                                 .target_codec = &m->source_codec,
                                 .max_length = (int)qp_model_config_of(m->model)->max_length,
                                 .when_longer = QP_LONG_CUT};
    QP_TRY(qp_corpus_load(&options, &corpus));
    if (corpus.statistics.cut)
        qp_warn("%s: %lld texts have more tokens than the model reads; cut", files->source,
                (long long)corpus.statistics.cut);
    if (corpus.statistics.empty)
        qp_warn("%s: %lld pairs with an empty text skipped", files->source, (long long)corpus.statistics.empty);
    qp_match_metrics measured;
    row rows[METRICS];
    qp_status status = qp_match_metrics_measure(m->model, &corpus, threads, NULL, &measured);
    if (status == QP_OK) fill(&measured, rows);
    if (status == QP_OK) status = check(rows, metrics, files->source);
    if (status == QP_OK) status = print(rows, measured.pairs, metrics, json);
    qp_corpus_free(&corpus);
    return status;
}
