#include "lib/grad/loss/crf_lattice.h"

#include <math.h>

/* A sum below this may consist of terms that underflowed. */
static const double least_sum = 1e-200;

/* The labels first .. end-1 that a row may have. */
typedef struct {
    int first, end;
} range;

static range allowed(const qp_crf_lattice *l, const int32_t *tag, int t)
{
    if (!tag || tag[t] < 0) return (range){0, l->labels};
    return (range){tag[t], tag[t] + 1};
}

static double transition(const qp_crf *crf, int from, int to)
{
    return (double)qp_tensor_row(crf->transitions, from)[to];
}

static double boundary(qp_tensor x, int label) { return x.value ? (double)x.value[label] : 0; }

size_t qp_crf_lattice_doubles(int labels) { return (size_t)labels * ((size_t)labels + 3); }

void qp_crf_lattice_init(qp_crf_lattice *lattice, const qp_crf *crf, double *memory)
{
    int labels = crf->transitions.rows;
    *lattice = (qp_crf_lattice){.crf = *crf, .labels = labels, .highest = transition(crf, 0, 0), .from = memory};
    lattice->to = lattice->from + labels;
    lattice->expected = lattice->to + labels;
    lattice->relative = lattice->expected + labels;
    for (int i = 0; i < labels; i++)
        for (int j = 0; j < labels; j++) lattice->highest = fmax(lattice->highest, transition(crf, i, j));
    for (int i = 0; i < labels; i++)
        for (int j = 0; j < labels; j++)
            lattice->relative[(ptrdiff_t)i * labels + j] = exp(transition(crf, i, j) - lattice->highest);
}

static double highest_of(range r, const double *x)
{
    double highest = x[r.first];
    for (int i = r.first + 1; i < r.end; i++) highest = fmax(highest, x[i]);
    return highest;
}

static double log_sum_exp(range r, const double *x)
{
    double highest = highest_of(r, x), sum = 0;
    if (!isfinite(highest)) return highest;
    for (int i = r.first; i < r.end; i++) sum += exp(x[i] - highest);
    return highest + log(sum);
}

/* y = exp(x - highest), highest the largest x, which is returned. */
static double relative_to_highest(range r, const double *x, double *y)
{
    double highest = highest_of(r, x), shift = isfinite(highest) ? highest : 0;
    for (int i = r.first; i < r.end; i++) y[i] = exp(x[i] - shift);
    return shift;
}

/* ---- forward ---- */

/* log sum_i exp(alpha[i] + transitions[i, j]) */
static double into_exactly(const qp_crf_lattice *l, range from, const double *alpha, int j)
{
    for (int i = from.first; i < from.end; i++) l->expected[i] = alpha[i] + transition(&l->crf, i, j);
    return log_sum_exp(from, l->expected);
}

double qp_crf_forward(const qp_crf_lattice *l, qp_tensor emissions, const int32_t *tag, double *alpha)
{
    range before = allowed(l, tag, 0);
    const qp_real *e = emissions.value;
    for (int j = before.first; j < before.end; j++) alpha[j] = boundary(l->crf.start, j) + (double)e[j];
    for (int t = 1; t < emissions.rows; t++) {
        const double *last = alpha + (ptrdiff_t)(t - 1) * l->labels;
        double *next = alpha + (ptrdiff_t)t * l->labels;
        range here = allowed(l, tag, t);
        double shift = relative_to_highest(before, last, l->from);
        for (int j = here.first; j < here.end; j++) l->to[j] = 0;
        for (int i = before.first; i < before.end; i++)
            for (int j = here.first; j < here.end; j++)
                l->to[j] += l->from[i] * l->relative[(ptrdiff_t)i * l->labels + j];
        e = qp_tensor_row(emissions, t);
        for (int j = here.first; j < here.end; j++) {
            double sum = l->to[j];
            next[j] = (double)e[j] +
                      (sum > least_sum ? shift + l->highest + log(sum) : into_exactly(l, before, last, j));
        }
        before = here;
    }
    const double *last = alpha + (ptrdiff_t)(emissions.rows - 1) * l->labels;
    for (int i = before.first; i < before.end; i++) l->to[i] = last[i] + boundary(l->crf.end, i);
    return log_sum_exp(before, l->to);
}

/* ---- backward ---- */

/* log sum_j exp(transitions[i, j] + after[j]) */
static double out_of_exactly(const qp_crf_lattice *l, range to, const double *after, int i)
{
    for (int j = to.first; j < to.end; j++) l->expected[j] = after[j] + transition(&l->crf, i, j);
    return log_sum_exp(to, l->expected);
}

/* The score after a transition into row t: after[j] = e[t, j] + beta[t, j]. */
static void score_after(qp_tensor emissions, int labels, const double *beta, int t, range r, double *after)
{
    const qp_real *e = qp_tensor_row(emissions, t);
    for (int j = r.first; j < r.end; j++) after[j] = (double)e[j] + beta[(ptrdiff_t)t * labels + j];
}

void qp_crf_backward(const qp_crf_lattice *l, qp_tensor emissions, const int32_t *tag, double *beta)
{
    int t = emissions.rows - 1;
    range after = allowed(l, tag, t);
    for (int i = after.first; i < after.end; i++) beta[(ptrdiff_t)t * l->labels + i] = boundary(l->crf.end, i);
    while (--t >= 0) {
        range here = allowed(l, tag, t);
        double *row = beta + (ptrdiff_t)t * l->labels;
        score_after(emissions, l->labels, beta, t + 1, after, l->from);
        double shift = relative_to_highest(after, l->from, l->to);
        for (int i = here.first; i < here.end; i++) {
            const double *out = l->relative + (ptrdiff_t)i * l->labels;
            double sum = 0;
            for (int j = after.first; j < after.end; j++) sum += out[j] * l->to[j];
            row[i] = sum > least_sum ? shift + l->highest + log(sum) : out_of_exactly(l, after, l->from, i);
        }
        after = here;
    }
}

/* ---- probabilities ---- */

double qp_crf_marginal(int labels, const qp_crf_tables *tables, int t, int j)
{
    ptrdiff_t at = (ptrdiff_t)t * labels + j;
    return exp(tables->alpha[at] + tables->beta[at] - tables->total);
}

/* pair += factor * P(y_{t-1} = i, y_t = j), with P = exp(alpha[i] + transitions[i, j] + after[j] - total), computed
 * as a product of three numbers up to 1 and one factor of the whole row; where that factor would overflow, as
 * written. */
static void pairs_of_row(const qp_crf_lattice *l, range before, range here, const double *alpha, double total,
                         double factor, double *pair)
{
    const double *after = l->expected;
    double shift = relative_to_highest(before, alpha, l->from) + relative_to_highest(here, after, l->to);
    double exponent = shift + l->highest - total;
    bool exactly = !(exponent < 300);
    double whole = exactly ? 0 : factor * exp(exponent);
    for (int i = before.first; i < before.end; i++) {
        double *sum = pair + (ptrdiff_t)i * l->labels, share = whole * l->from[i];
        const double *relative = l->relative + (ptrdiff_t)i * l->labels;
        for (int j = here.first; j < here.end; j++)
            sum[j] += exactly ? factor * exp(alpha[i] + transition(&l->crf, i, j) + after[j] - total)
                              : share * relative[j] * l->to[j];
    }
}

void qp_crf_pair_counts(const qp_crf_lattice *l, qp_tensor emissions, const int32_t *tag, const qp_crf_tables *tables,
                        double factor, double *pair)
{
    for (int t = 1; t < emissions.rows; t++) {
        range here = allowed(l, tag, t);
        score_after(emissions, l->labels, tables->beta, t, here, l->expected);
        pairs_of_row(l, allowed(l, tag, t - 1), here, tables->alpha + (ptrdiff_t)(t - 1) * l->labels, tables->total,
                     factor, pair);
    }
}

/* ---- Viterbi ---- */

/* The label before `to` on the best path there; recomputed rather than stored. */
static int best_before(const qp_crf *crf, const double *best, int to, double *score)
{
    int found = 0;
    for (int i = 0; i < crf->transitions.rows; i++) {
        double s = best[i] + transition(crf, i, to);
        if (i == 0 || s > *score) *score = s, found = i;
    }
    return found;
}

double qp_crf_viterbi(const qp_crf *crf, qp_tensor emissions, double *best, int32_t *label)
{
    int labels = crf->transitions.rows, last = emissions.rows - 1;
    if (last < 0) return 0;
    for (int j = 0; j < labels; j++) best[j] = boundary(crf->start, j) + (double)emissions.value[j];
    for (int t = 1; t <= last; t++)
        for (int j = 0; j < labels; j++) {
            double score;
            best_before(crf, best + (ptrdiff_t)(t - 1) * labels, j, &score);
            best[(ptrdiff_t)t * labels + j] = score + (double)qp_tensor_row(emissions, t)[j];
        }
    double highest = 0, score;
    for (int j = 0; j < labels; j++) {
        double s = best[(ptrdiff_t)last * labels + j] + boundary(crf->end, j);
        if (j == 0 || s > highest) highest = s, label[last] = j;
    }
    for (int t = last; t > 0; t--)
        label[t - 1] = best_before(crf, best + (ptrdiff_t)(t - 1) * labels, label[t], &score);
    return highest;
}
