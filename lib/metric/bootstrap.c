#include "lib/metric/bootstrap.h"

#include <math.h>
#include <stdlib.h>

#include "lib/base/random.h"

static double score_of(const qp_scores *scores, const qp_score_sums *sums, int metric)
{
    qp_scores one = *scores;
    one.sums = *sums;
    return qp_scores_value(&one, metric);
}

/* difference [metrics, samples] at column `sample`. */
static void compare_sums(const qp_scores *scores, const qp_score_sums sums[2], int sample, double *difference)
{
    for (int m = 0; m < scores->count; m++)
        difference[m * QP_BOOTSTRAP_SAMPLES + sample] = score_of(scores, &sums[1], m) - score_of(scores, &sums[0], m);
}

static void draw(const qp_scores *scores, const qp_score_sums *baseline, const qp_score_sums *text, int64_t lines,
                 double *difference)
{
    for (int s = 0; s < QP_BOOTSTRAP_SAMPLES; s++) {
        uint64_t key = qp_random_key(QP_BOOTSTRAP_SEED, (uint64_t)s);
        qp_score_sums sums[2] = {0};
        for (int64_t i = 0; i < lines; i++) {
            uint64_t drawn = qp_random_below(key, (uint64_t)i, (uint64_t)lines);
            qp_score_sums_add(&sums[0], &baseline[drawn]);
            qp_score_sums_add(&sums[1], &text[drawn]);
        }
        compare_sums(scores, sums, s, difference);
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Interval and p of one metric; sorts its differences. */
static void judge(double *difference, qp_bootstrap *result)
{
    double mean = 0;
    int as_extreme = 0;
    for (int s = 0; s < QP_BOOTSTRAP_SAMPLES; s++) mean += fabs(difference[s]) / QP_BOOTSTRAP_SAMPLES;
    for (int s = 0; s < QP_BOOTSTRAP_SAMPLES; s++)
        as_extreme += fabs(difference[s]) - mean >= fabs(result->difference);
    qsort(difference, QP_BOOTSTRAP_SAMPLES, sizeof *difference, by_value);
    result->low = difference[QP_BOOTSTRAP_SAMPLES / 40];
    result->high = difference[QP_BOOTSTRAP_SAMPLES - QP_BOOTSTRAP_SAMPLES / 40 - 1];
    result->p = (1.0 + as_extreme) / (1.0 + QP_BOOTSTRAP_SAMPLES);
}

qp_status qp_bootstrap_compare(const qp_scores *scores, const qp_score_sums *baseline, const qp_score_sums *text,
                               int64_t lines, qp_bootstrap *result)
{
    if (lines <= 0) return qp_fail(QP_EDATA, "bootstrap: no lines to compare");
    double *difference = malloc((size_t)scores->count * QP_BOOTSTRAP_SAMPLES * sizeof *difference);
    if (!difference) return qp_fail(QP_EMEMORY, "bootstrap: out of memory");
    qp_score_sums all[2] = {0};
    for (int64_t i = 0; i < lines; i++) {
        qp_score_sums_add(&all[0], &baseline[i]);
        qp_score_sums_add(&all[1], &text[i]);
    }
    draw(scores, baseline, text, lines, difference);
    for (int m = 0; m < scores->count; m++) {
        result[m].difference = score_of(scores, &all[1], m) - score_of(scores, &all[0], m);
        judge(difference + (ptrdiff_t)m * QP_BOOTSTRAP_SAMPLES, &result[m]);
    }
    free(difference);
    return QP_OK;
}
