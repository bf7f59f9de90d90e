#include "lib/decode/sample.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/tensor/rows.h"

/* A token that is still in the draw: its score, later its probability, and its sort key. */
typedef struct {
    double value, key;
    int32_t id;
} candidate;

struct qp_sampler {
    qp_sample_config config;
    int columns, kept;
    candidate *left; /* [columns], the first `kept` are in the draw */
    int32_t *index;  /* [columns] */
};

QP_FIELD_TABLE(qp_sample_fields, "sampling", qp_sample_config, QP_SAMPLE_FIELDS);

qp_status qp_sampler_new(const qp_sample_config *config, int columns, qp_sampler **sampler)
{
    *sampler = NULL;
    qp_sampler *s = calloc(1, sizeof *s);
    if (s) {
        s->config = *config;
        s->columns = columns;
        s->left = malloc((size_t)columns * sizeof *s->left + 1);
        s->index = malloc((size_t)columns * sizeof *s->index + 1);
    }
    if (!s || !s->left || !s->index) {
        qp_sampler_free(s);
        return qp_fail(QP_EMEMORY, "out of memory for sampling among %d tokens", columns);
    }
    *sampler = s;
    return QP_OK;
}

void qp_sampler_free(qp_sampler *sampler)
{
    if (!sampler) return;
    free(sampler->left);
    free(sampler->index);
    free(sampler);
}

/* ---- filters ---- */

/* index marks the ids already punished: each is punished once. */
static void punish_repeats(qp_sampler *s, qp_real *row, const int32_t *history, int count)
{
    qp_real r = (qp_real)s->config.repeat_penalty;
    int64_t last = s->config.repeat_last_n;
    if (r == 1 || last == 0) return;
    int first = last > 0 && last < count ? count - (int)last : 0;
    memset(s->index, 0, (size_t)s->columns * sizeof *s->index);
    for (int i = first; i < count; i++) {
        int32_t id = history[i];
        if (id < 0 || id >= s->columns || s->index[id]) continue;
        s->index[id] = 1;
        row[id] = row[id] > 0 ? row[id] / r : row[id] * r;
    }
}

/* Collect the tokens in the draw: the top_k largest, largest first, or all that are not forbidden. */
static void collect(qp_sampler *s, const qp_real *row)
{
    double temp = s->config.temp > 0 ? s->config.temp : 1;
    int64_t k = s->config.temp > 0 ? s->config.top_k : 1;
    bool chosen = k > 0 && k < s->columns;
    if (chosen) qp_top_rows(qp_matrix_dense(row, 1, s->columns), (int)k, s->index);
    s->kept = 0;
    for (int i = 0; i < (chosen ? (int)k : s->columns); i++) {
        int32_t id = chosen ? s->index[i] : i;
        if (row[id] > -(qp_real)INFINITY) s->left[s->kept++] = (candidate){(double)row[id] / temp, 0, id};
    }
}

static double largest_of(const qp_sampler *s)
{
    double largest = s->left[0].value;
    for (int i = 1; i < s->kept; i++) largest = fmax(largest, s->left[i].value);
    return largest;
}

/* Rescale the probabilities to sum to 1. */
static void normalise(qp_sampler *s)
{
    double sum = 0;
    for (int i = 0; i < s->kept; i++) sum += s->left[i].value;
    for (int i = 0; i < s->kept; i++) s->left[i].value /= sum;
}

static void make_probabilities(qp_sampler *s)
{
    double largest = largest_of(s);
    for (int i = 0; i < s->kept; i++) s->left[i].value = exp(s->left[i].value - largest);
    normalise(s);
}

static int by_key(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* Sort by key and keep tokens while the mass before them is below the limit. */
static void keep_mass(qp_sampler *s, double limit)
{
    qsort(s->left, (size_t)s->kept, sizeof *s->left, by_key);
    double before = 0;
    int n = 0;
    while (n < s->kept && (n == 0 || before < limit)) before += s->left[n++].value;
    s->kept = n;
    normalise(s);
}

static void filter_top_p(qp_sampler *s)
{
    if (s->config.top_p >= 1) return;
    for (int i = 0; i < s->kept; i++) s->left[i].key = -s->left[i].value;
    keep_mass(s, s->config.top_p);
}

static void filter_min_p(qp_sampler *s)
{
    if (s->config.min_p <= 0) return;
    double least = s->config.min_p * largest_of(s);
    int n = 0;
    for (int i = 0; i < s->kept; i++)
        if (s->left[i].value >= least) s->left[n++] = s->left[i];
    s->kept = n;
    normalise(s);
}

static double surprise(double p) { return p > 0 ? -log(p) : (double)INFINITY; }

static double entropy_of(const qp_sampler *s)
{
    double entropy = 0;
    for (int i = 0; i < s->kept; i++)
        if (s->left[i].value > 0) entropy += s->left[i].value * surprise(s->left[i].value);
    return entropy;
}

static void filter_typical(qp_sampler *s)
{
    if (s->config.typical >= 1) return;
    double entropy = entropy_of(s);
    for (int i = 0; i < s->kept; i++) s->left[i].key = fabs(surprise(s->left[i].value) - entropy);
    keep_mass(s, s->config.typical);
}

/* Keep the tokens that are at least this probable, and always the most probable one. */
static void keep_probable(qp_sampler *s, double least)
{
    least = fmin(least, largest_of(s));
    int n = 0;
    for (int i = 0; i < s->kept; i++)
        if (s->left[i].value >= least) s->left[n++] = s->left[i];
    s->kept = n;
    normalise(s);
}

static void filter_epsilon(qp_sampler *s)
{
    if (s->config.epsilon_cutoff > 0) keep_probable(s, s->config.epsilon_cutoff);
}

static void filter_eta(qp_sampler *s)
{
    double eta = s->config.eta_cutoff;
    if (eta > 0) keep_probable(s, fmin(eta, sqrt(eta) * exp(-entropy_of(s))));
}

/* ---- one row ---- */

qp_status qp_sampler_weigh(qp_sampler *sampler, qp_real *row, const int32_t *history, int count)
{
    for (int i = 0; i < sampler->columns; i++)
        if (isnan(row[i]) || row[i] == (qp_real)INFINITY)
            return qp_fail(QP_EDATA, "model: its scores are not numbers; use an earlier checkpoint or train with a "
                                     "lower --lr");
    punish_repeats(sampler, row, history, count);
    collect(sampler, row);
    if (sampler->kept == 0) return qp_fail(QP_EDATA, "sampling: every token is forbidden; allow one");
    make_probabilities(sampler);
    filter_top_p(sampler);
    filter_min_p(sampler);
    filter_typical(sampler);
    filter_epsilon(sampler);
    filter_eta(sampler);
    memset(row, 0, (size_t)sampler->columns * sizeof *row);
    for (int i = 0; i < sampler->kept; i++) row[sampler->left[i].id] = (qp_real)sampler->left[i].value;
    return QP_OK;
}

int32_t qp_sample_draw(int columns, const qp_real *probability, double uniform)
{
    double sum = 0;
    int32_t last = 0;
    for (int32_t id = 0; id < columns; id++) {
        if (!(probability[id] > 0)) continue;
        sum += (double)probability[id];
        last = id;
        if (sum > uniform) return id;
    }
    return last; /* rounding left the sum below 1 */
}
