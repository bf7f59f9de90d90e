/* trust_ratio — rules that scale the step of each parameter (tensor) by the ratio of its norm to that of its update
 *
 * lamb  m, v as in adam, bias-corrected;  u = m/(sqrt(v) + eps) + weight_decay*w;  w -= lr * |w|/|u| * u
 *       the ratio is 1 where a norm is 0                                                       You et al. 2020
 * lars  u = trust*|w| / (|g| + weight_decay*|w| + eps) * (g + weight_decay*w);  m = momentum*m + u;  w -= lr m
 *       the ratio is 1 where |w| is 0, so that a parameter can leave 0; trust: lars_trust        You et al. 2017 */

#include <math.h>

#include "lib/train/rules/update_rule.h"

enum { CHUNK = QP_RULE_CHUNK };

typedef struct {
    qp_real momentum, beta2, mean_scale, v_scale, epsilon, decay;
    double ratio, lr;
} measured;

/* The two passes of a rule over n weights: `measure` updates the states and adds to two sums of squares (of the update,
 * of the weights); `move` applies the step once the ratio is known. */
typedef struct {
    void (*measure)(const measured *k, int n, const qp_real *g, qp_real *const *state, const qp_real *w, double *sum);
    void (*move)(const measured *k, int n, const qp_real *g, qp_real *const *state, qp_real *w);
    bool move_needs_gradient;
} norm_rule;

static qp_real lamb_update(const measured *k, qp_real m, qp_real v, qp_real w)
{
    return m * k->mean_scale / (QP_ROOT(v) * k->v_scale + k->epsilon) + k->decay * w;
}

static void lamb_measure(const measured *k, int n, const qp_real *g, qp_real *const *state, const qp_real *w,
                         double *sum)
{
    qp_real *m = state[0], *v = state[1];
    for (int i = 0; i < n; i++) {
        m[i] = k->momentum * m[i] + (1 - k->momentum) * g[i];
        v[i] = k->beta2 * v[i] + (1 - k->beta2) * g[i] * g[i];
        double step = (double)lamb_update(k, m[i], v[i], w[i]);
        sum[0] += step * step;
        sum[1] += (double)w[i] * (double)w[i];
    }
}

static void lamb_move(const measured *k, int n, const qp_real *g, qp_real *const *state, qp_real *w)
{
    qp_real rate = (qp_real)(k->lr * k->ratio);
    (void)g;
    for (int i = 0; i < n; i++) w[i] -= rate * lamb_update(k, state[0][i], state[1][i], w[i]);
}

static void lars_measure(const measured *k, int n, const qp_real *g, qp_real *const *state, const qp_real *w,
                         double *sum)
{
    (void)k;
    (void)state;
    for (int i = 0; i < n; i++) {
        sum[0] += (double)g[i] * (double)g[i];
        sum[1] += (double)w[i] * (double)w[i];
    }
}

static void lars_move(const measured *k, int n, const qp_real *g, qp_real *const *state, qp_real *w)
{
    qp_real *m = state[0], ratio = (qp_real)k->ratio, rate = (qp_real)k->lr;
    for (int i = 0; i < n; i++) {
        m[i] = k->momentum * m[i] + ratio * (g[i] + k->decay * w[i]);
        w[i] -= rate * m[i];
    }
}

/* One pass over the rows: measures into `sums` [2*rows]; sums NULL: moves. */
static void pass(const qp_span_update *u, const norm_rule *rule, const measured *k, double *sums)
{
    int columns = u->span->columns;
#pragma omp parallel for schedule(static) num_threads(u->threads)
    for (int r = 0; r < u->span->rows; r++) {
        qp_real g[CHUNK] = {0};
        double sum[2] = {0, 0};
        for (int c = 0, n; c < columns; c += n) {
            size_t at = (size_t)r * (size_t)columns + (size_t)c;
            qp_real *state[QP_RULE_STATES_MAX];
            n = columns - c < CHUNK ? columns - c : CHUNK;
            for (int i = 0; i < QP_RULE_STATES_MAX; i++) state[i] = u->state[i] ? u->state[i] + at : NULL;
            if (sums || rule->move_needs_gradient)
                u->gradient(u->context, u->span->offset + at, (size_t)n, u->span->decay, g);
            if (sums)
                rule->measure(k, n, g, state, u->weight + at, sum);
            else
                rule->move(k, n, g, state, u->weight + at);
        }
        if (sums) sums[2 * (ptrdiff_t)r] = sum[0], sums[2 * (ptrdiff_t)r + 1] = sum[1];
    }
}

/* The norms of the update and of the weights, summed in row order. */
static void norms(const qp_span_update *u, const norm_rule *rule, const measured *k, double *of_update,
                  double *of_weight)
{
    double update = 0, weight = 0;
    pass(u, rule, k, u->row_sums);
    for (int r = 0; r < u->span->rows; r++) {
        update += u->row_sums[2 * (ptrdiff_t)r];
        weight += u->row_sums[2 * (ptrdiff_t)r + 1];
    }
    *of_update = sqrt(update);
    *of_weight = sqrt(weight);
}

static measured constants_of(const qp_span_update *u)
{
    return (measured){.epsilon = (qp_real)u->config->eps,
                      .decay = u->span->decay ? (qp_real)u->config->weight_decay : 0,
                      .lr = u->lr};
}

static void update_lamb(const qp_span_update *u)
{
    static const norm_rule rule = {lamb_measure, lamb_move, false};
    measured k = constants_of(u);
    double update, weight;
    k.momentum = (qp_real)u->config->beta1;
    k.beta2 = (qp_real)u->config->beta2;
    k.mean_scale = (qp_real)(1 / (1 - pow((double)k.momentum, (double)u->t)));
    k.v_scale = (qp_real)(1 / sqrt(1 - pow((double)k.beta2, (double)u->t)));
    norms(u, &rule, &k, &update, &weight);
    k.ratio = update > 0 && weight > 0 ? weight / update : 1;
    pass(u, &rule, &k, NULL);
}

static void update_lars(const qp_span_update *u)
{
    static const norm_rule rule = {lars_measure, lars_move, true};
    measured k = constants_of(u);
    double gradient, weight;
    k.momentum = (qp_real)u->config->momentum;
    norms(u, &rule, &k, &gradient, &weight);
    k.ratio = weight > 0 ? u->config->lars_trust * weight / (gradient + (double)k.decay * weight + u->config->eps) : 1;
    pass(u, &rule, &k, NULL);
}

const qp_rule qp_rule_lamb = {
    .states = 2, .state_name = {"mean", "square_mean"}, .update_span = update_lamb, .decay = QP_DECAY_INSIDE};
const qp_rule qp_rule_lars = {
    .states = 1, .state_name = {"momentum"}, .update_span = update_lars, .decay = QP_DECAY_INSIDE};
