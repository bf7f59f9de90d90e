#include "lib/package/match_metrics.h"

#include <stdlib.h>
#include <string.h>

#include "lib/decode/lines.h"
#include "lib/decode/predict.h"
#include "lib/metric/ranking.h"
#include "lib/tensor/gemm.h"

const int qp_recall_at[QP_RECALLS] = {1, 5, 10};

enum { TEXTS_AT_ONCE = 1024, SOURCES_AT_ONCE = 64 };

typedef struct {
    const qp_corpus *corpus;
    qp_cluster *cluster;
    qp_real *source, *target; /* [pairs, width] */
    int pairs, width;
    int *rank; /* of each source's own target, from 0 */
} search;

static int blocks_of(int count, int size) { return (count + size - 1) / size; }

/* What each rank has made, to all: of `count` items of `bytes` it made whole blocks of `size`. */
static qp_status gather(qp_cluster *cluster, int count, int size, size_t bytes, void *item)
{
    int ranks = qp_cluster_ranks(cluster), blocks = blocks_of(count, size);
    size_t *start = malloc(((size_t)ranks + 1) * sizeof *start);
    qp_status status = start ? QP_OK : qp_fail(QP_EMEMORY, "out of memory for the parts of %d ranks", ranks);
    for (int r = 0; start && r <= ranks; r++) {
        int64_t first = (int64_t)qp_cluster_share(cluster, blocks, r) * size;
        start[r] = (size_t)(first < count ? first : count) * bytes;
    }
    status = qp_cluster_agree(cluster, status);
    if (status == QP_OK) status = qp_cluster_gather(cluster, start, 1, item);
    free(start);
    return status;
}

/* ---- vectors ---- */

/* The vectors of block `number` of one side's texts. */
static qp_status block_vectors(const search *s, const qp_model *model, int number, int threads, bool target)
{
    const qp_corpus_side *side = target ? &s->corpus->target : &s->corpus->source;
    int32_t start[TEXTS_AT_ONCE + 1], answer[TEXTS_AT_ONCE + 1];
    int64_t first = (int64_t)number * TEXTS_AT_ONCE, left = s->pairs - first;
    int count = (int)(left < TEXTS_AT_ONCE ? left : TEXTS_AT_ONCE);
    for (int i = 0; i <= count; i++) {
        answer[i] = i;
        start[i] = (int32_t)(side->start[first + i] - side->start[first]);
    }
    qp_batch batch = {.source = {{.count = count, .start = start}, side->id + side->start[first]},
                      .target = {{.count = count, .start = answer}, NULL}};
    return qp_predict(model, &batch, threads, (target ? s->target : s->source) + first * s->width);
}

static qp_status side_vectors(const search *s, const qp_model *model, int threads, bool target)
{
    int blocks = blocks_of(s->pairs, TEXTS_AT_ONCE), rank = qp_cluster_rank(s->cluster);
    int first = qp_cluster_share(s->cluster, blocks, rank), end = qp_cluster_share(s->cluster, blocks, rank + 1);
    qp_status status = QP_OK;
    for (int i = first; status == QP_OK && i < end; i++) status = block_vectors(s, model, i, threads, target);
    QP_TRY(qp_cluster_agree(s->cluster, status));
    return gather(s->cluster, s->pairs, TEXTS_AT_ONCE, (size_t)s->width * sizeof *s->source,
                  target ? s->target : s->source);
}

/* ---- recall ---- */

static bool same_text(const qp_corpus_side *side, int64_t i, int64_t k)
{
    size_t length = (size_t)qp_corpus_length(side, i);
    return qp_corpus_length(side, k) == (int32_t)length &&
           memcmp(side->id + side->start[i], side->id + side->start[k], length * sizeof *side->id) == 0;
}

static qp_status rank_block(void *self, qp_tape *tape, int number)
{
    const search *s = self;
    int blocks = blocks_of(s->pairs, SOURCES_AT_ONCE);
    int first = (qp_cluster_share(s->cluster, blocks, qp_cluster_rank(s->cluster)) + number) * SOURCES_AT_ONCE;
    int count = s->pairs - first < SOURCES_AT_ONCE ? s->pairs - first : SOURCES_AT_ONCE;
    qp_tape_begin(tape, QP_INFER, 0);
    qp_tensor cosine = qp_tape_constant(tape, count, s->pairs);
    if (!cosine.value) return qp_fail(QP_EMEMORY, "out of memory for the similarities of %d texts", s->pairs);
    qp_gemm(QP_ABT, 1, qp_matrix_of(s->source + (ptrdiff_t)first * s->width, count, s->width, s->width),
            qp_matrix_of(s->target, s->pairs, s->width, s->width), 0, qp_tensor_matrix(cosine));
    for (int i = 0; i < count; i++) {
        const qp_real *row = qp_tensor_row(cosine, i), own = row[first + i];
        int rank = 0;
        for (int k = 0; k < s->pairs; k++) {
            if (k == first + i || !(row[k] >= own)) continue;
            rank += row[k] > own || !same_text(&s->corpus->target, first + i, k);
        }
        s->rank[first + i] = rank;
    }
    return QP_OK;
}

static qp_status measure_recall(search *s, int threads, qp_match_metrics *metrics)
{
    s->rank = malloc(((size_t)s->pairs + 1) * sizeof *s->rank);
    int blocks = blocks_of(s->pairs, SOURCES_AT_ONCE), rank = qp_cluster_rank(s->cluster);
    int own = qp_cluster_share(s->cluster, blocks, rank + 1) - qp_cluster_share(s->cluster, blocks, rank);
    qp_status status = s->rank ? qp_lines_run(own, threads, rank_block, s)
                               : qp_fail(QP_EMEMORY, "out of memory for %d pairs", s->pairs);
    status = qp_cluster_agree(s->cluster, status);
    if (status == QP_OK) status = gather(s->cluster, s->pairs, SOURCES_AT_ONCE, sizeof *s->rank, s->rank);
    for (int r = 0; status == QP_OK && r < QP_RECALLS; r++) {
        int found = 0;
        for (int i = 0; i < s->pairs; i++) found += s->rank[i] < qp_recall_at[r];
        metrics->recall[r] = 100.0 * found / s->pairs;
    }
    free(s->rank);
    return status;
}

/* ---- scores ---- */

static qp_status measure_scores(const search *s, qp_match_metrics *metrics)
{
    size_t pairs = (size_t)s->pairs;
    double *cosine = calloc(2 * pairs + 1, sizeof *cosine), *score = cosine ? cosine + pairs : NULL;
    if (!cosine) return qp_fail(QP_EMEMORY, "out of memory for %d pairs", s->pairs);
    metrics->binary = true;
    for (int i = 0; i < s->pairs; i++) {
        const qp_real *a = s->source + (ptrdiff_t)i * s->width, *b = s->target + (ptrdiff_t)i * s->width;
        for (int k = 0; k < s->width; k++) cosine[i] += (double)a[k] * (double)b[k];
        score[i] = (double)s->corpus->score[i];
        metrics->binary = metrics->binary && (score[i] == 0 || score[i] == 1);
    }
    qp_status status = qp_spearman(cosine, score, s->pairs, &metrics->spearman);
    if (status == QP_OK && metrics->binary)
        status = qp_best_cut(cosine, score, s->pairs, &metrics->cut, &metrics->accuracy);
    metrics->accuracy *= 100;
    free(cosine);
    return status;
}

qp_status qp_match_metrics_measure(const qp_model *model, const qp_corpus *corpus, int threads, qp_cluster *cluster,
                                   qp_match_metrics *metrics)
{
    int width = qp_model_outputs(qp_model_config_of(model));
    size_t side = (size_t)corpus->sequences * (size_t)width;
    qp_real *vector = malloc((2 * side + 1) * sizeof *vector);
    search s = {corpus, cluster, vector, vector ? vector + side : NULL, (int)corpus->sequences, width, NULL};
    *metrics = (qp_match_metrics){.pairs = corpus->sequences, .scored = corpus->score != NULL};
    qp_status status = vector ? QP_OK : qp_fail(QP_EMEMORY, "out of memory for the vectors of %d pairs", s.pairs);
    status = qp_cluster_agree(cluster, status);
    if (status == QP_OK) status = side_vectors(&s, model, threads, false);
    if (status == QP_OK) status = side_vectors(&s, model, threads, true);
    if (status == QP_OK) status = corpus->score ? measure_scores(&s, metrics) : measure_recall(&s, threads, metrics);
    free(vector);
    return status;
}
