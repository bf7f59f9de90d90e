#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/train/optimizer.h"

/* Rules of whole parameters: lamb, lars, muon. A matrix wider than a chunk, a tall one, a vector of zeros, a vector. */
enum { SIZE = 20000, STEPS = 5, LARGEST = 2 * 3000 };
static const qp_optimizer_span spans[] = {
    {.offset = 16, .rows = 2, .columns = 3000, .decay = true, .matrix = true},
    {.offset = 6048, .rows = 140, .columns = 20, .decay = true, .matrix = true},
    {.offset = 12064, .rows = 1, .columns = 37},
    {.offset = 12112, .rows = 1, .columns = 50},
};
enum { SPANS = sizeof spans / sizeof *spans };
static const int kinds[] = {QP_LAMB, QP_LARS, QP_MUON};

static void fill(uint64_t key, double scale, qp_real *x)
{
    for (int i = 0; i < SIZE; i++) x[i] = (qp_real)(scale * qp_random_normal(key, (uint64_t)i));
}

static void start(qp_real *x)
{
    fill(1, 0.5, x);
    for (int i = 0; i < 37; i++) x[spans[2].offset + (size_t)i] = 0;
}

static qp_optimizer_config config_of(int kind)
{
    qp_optimizer_config c;
    qp_config_defaults(&qp_optimizer_fields, &c);
    c.optimizer = kind;
    c.weight_decay = 0.1;
    c.eps = 1e-6;
    return c;
}

static double w[SIZE], m[SIZE], v[SIZE];

static double length(int n, const double *x)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += x[i] * x[i];
    return sqrt(sum);
}

/* Step t of one parameter of n weights. */
typedef struct {
    int n, t;
    double lr, decay;
} rule_step;

static void lamb(const qp_optimizer_config *c, rule_step s, const double *g, double *x, double *mean, double *square)
{
    int n = s.n;
    static double way[LARGEST];
    for (int i = 0; i < n; i++) {
        mean[i] = c->beta1 * mean[i] + (1 - c->beta1) * g[i];
        square[i] = c->beta2 * square[i] + (1 - c->beta2) * g[i] * g[i];
        way[i] = mean[i] / (1 - pow(c->beta1, s.t)) / (sqrt(square[i] / (1 - pow(c->beta2, s.t))) + c->eps) +
                 s.decay * x[i];
    }
    double of_weight = length(n, x), of_way = length(n, way);
    double ratio = of_weight > 0 && of_way > 0 ? of_weight / of_way : 1;
    for (int i = 0; i < n; i++) x[i] -= s.lr * ratio * way[i];
}

static void lars(const qp_optimizer_config *c, int n, const double *g, double *x, double *mean, double lr, double decay)
{
    double of_weight = length(n, x);
    double ratio = of_weight > 0 ? c->lars_trust * of_weight / (length(n, g) + decay * of_weight + c->eps) : 1;
    for (int i = 0; i < n; i++) {
        mean[i] = c->momentum * mean[i] + ratio * (g[i] + decay * x[i]);
        x[i] -= lr * mean[i];
    }
}

/* The polynomial by its definition, with loops: M = X X', X = a X + (b M + c M M) X. */
static void newton_schulz(int rows, int columns, double *x, int64_t steps)
{
    static double gram[140][140], x2[LARGEST], mix[140][140];
    double size = length(rows * columns, x);
    for (int i = 0; i < rows * columns; i++) x[i] /= fmax(size, 1e-7);
    for (int64_t step = 0; step < steps; step++) {
        memset(gram, 0, sizeof gram);
        memset(mix, 0, sizeof mix);
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < rows; j++)
                for (int k = 0; k < columns; k++) gram[i][j] += x[i * columns + k] * x[j * columns + k];
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < rows; j++) {
                for (int k = 0; k < rows; k++) mix[i][j] += 2.0315 * gram[i][k] * gram[k][j];
                mix[i][j] -= 4.775 * gram[i][j];
            }
        for (int i = 0; i < rows; i++)
            for (int k = 0; k < columns; k++) {
                double sum = 3.4445 * x[i * columns + k];
                for (int j = 0; j < rows; j++) sum += mix[i][j] * x[j * columns + k];
                x2[i * columns + k] = sum;
            }
        memcpy(x, x2, (size_t)(rows * columns) * sizeof *x);
    }
}

static void muon(const qp_optimizer_config *c, const qp_optimizer_span *p, const double *g, double *x, double *mean,
                 double lr, double decay)
{
    static double way[LARGEST];
    int n = p->rows * p->columns;
    for (int i = 0; i < n; i++) {
        mean[i] = c->momentum * mean[i] + (1 - c->momentum) * g[i];
        way[i] = c->muon_nesterov ? (1 - c->momentum) * g[i] + c->momentum * mean[i] : mean[i];
    }
    if (p->matrix) newton_schulz(p->rows, p->columns, way, c->muon_steps);
    for (int i = 0; i < n; i++) {
        x[i] *= 1 - lr * decay;
        x[i] -= lr * (p->matrix ? sqrt(fmax(1, (double)p->rows / p->columns)) : 1) * way[i];
    }
}

static void reference(const qp_optimizer_config *c, const qp_optimizer_span *p, const qp_real *gradient, int t,
                      double lr)
{
    static double g[LARGEST];
    int n = p->rows * p->columns;
    double decay = p->decay ? c->weight_decay : 0, *x = w + p->offset, *mean = m + p->offset;
    double shrink = c->optimizer == QP_MUON ? 1 - lr * decay : 1; /* the decay comes before the penalty */
    for (int i = 0; i < n; i++) g[i] = (double)gradient[p->offset + (size_t)i] + (p->decay ? c->l2 * shrink * x[i] : 0);
    if (c->optimizer == QP_LAMB) lamb(c, (rule_step){n, t, lr, decay}, g, x, mean, v + p->offset);
    if (c->optimizer == QP_LARS) lars(c, n, g, x, mean, lr, decay);
    if (c->optimizer == QP_MUON) muon(c, p, g, x, mean, lr, decay);
}

static void compare(const qp_optimizer_config *c)
{
    static qp_real ours[SIZE], gradient[SIZE];
    qp_optimizer *o;
    cr_assert_eq(qp_optimizer_new(c, SIZE, spans, SPANS, &o), QP_OK);
    start(ours);
    memset(m, 0, sizeof m);
    memset(v, 0, sizeof v);
    for (int i = 0; i < SIZE; i++) w[i] = (double)ours[i];
    for (int t = 1; t <= STEPS; t++) {
        double lr = 0.02 * t;
        fill((uint64_t)t + 9, 0.3 + t, gradient);
        cr_assert_eq(qp_optimizer_step(o, ours, (const qp_real *[]){gradient}, 1, 1, lr, 2, NULL), QP_OK);
        for (int s = 0; s < SPANS; s++) reference(c, &spans[s], gradient, t, lr);
    }
    for (int i = 0; i < SIZE; i++)
        cr_assert(fabs((double)ours[i] - w[i]) < 2e-5, "rule %d: w[%d] is %.9g, should be %.9g", c->optimizer, i,
                  (double)ours[i], w[i]);
    qp_optimizer_free(o);
}

Test(span_rules, they_are_plain_loops)
{
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        qp_optimizer_config c = config_of(kinds[k]);
        c.lars_trust = 0.05;
        c.muon_steps = 2;
        compare(&c);
        c.l2 = 0.5;
        compare(&c);
        c.muon_nesterov = 0;
        if (kinds[k] == QP_MUON) compare(&c);
    }
}

/* Five steps bring the singular values of the step between 0.68 and 1.14 (Jordan et al. 2024); the norm is checked. */
Test(span_rules, the_step_of_muon_is_nearly_orthogonal)
{
    static qp_real ours[SIZE], gradient[SIZE];
    qp_optimizer_config c = config_of(QP_MUON);
    c.weight_decay = 0;
    qp_optimizer *o;
    cr_assert_eq(qp_optimizer_new(&c, SIZE, spans, SPANS, &o), QP_OK);
    fill(3, 1e-3, gradient);
    cr_assert_eq(qp_optimizer_step(o, ours, (const qp_real *[]){gradient}, 1, 1, 1, 1, NULL), QP_OK);
    double sum = 0;
    for (int i = 0; i < 140 * 20; i++) sum += pow((double)ours[spans[1].offset + (size_t)i], 2);
    double mean = sum / 20 / (140.0 / 20); /* of the squares of 20 singular values, without the factor of a tall one */
    cr_assert(mean > 0.68 * 0.68 && mean < 1.2 * 1.2, "mean square %g", mean);
    qp_optimizer_free(o);
}

static double least_of(const char *name)
{
    for (int i = 0; i < qp_optimizer_fields.count; i++)
        if (strcmp(qp_optimizer_fields.field[i].name, name) == 0) return qp_optimizer_fields.field[i].low;
    cr_assert(false, "no option %s", name);
    return 0;
}

/* A word that no batch has: with nothing beside a mean square of 0 its step would be 0/0. */
Test(span_rules, weights_without_a_gradient_stay_numbers_under_every_rule)
{
    static qp_real x[SIZE], g[SIZE];
    const qp_real *block[] = {g};
    for (int kind = 0; kind < QP_OPTIMIZER_COUNT; kind++) {
        qp_optimizer_config c = config_of(kind);
        qp_optimizer *o;
        c.eps = least_of("eps");
        c.adafactor_eps = least_of("adafactor_eps");
        c.weight_decay = 0;
        start(x);
        cr_assert_eq(qp_optimizer_new(&c, SIZE, spans, SPANS, &o), QP_OK);
        for (int t = 0; t < 3; t++) cr_assert_eq(qp_optimizer_step(o, x, block, 1, 1, 0.1, 1, NULL), QP_OK);
        for (int i = 0; i < SIZE; i++) cr_assert(isfinite(x[i]), "rule %d: weight %d", kind, i);
        qp_optimizer_free(o);
    }
}

Test(span_rules, any_thread_count_gives_the_same_bits)
{
    static qp_real first[SIZE], ours[SIZE], gradient[SIZE];
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        qp_optimizer_config c = config_of(kinds[k]);
        c.clip_norm = 1;
        for (int threads = 1; threads <= 4; threads++) {
            qp_optimizer *o;
            cr_assert_eq(qp_optimizer_new(&c, SIZE, spans, SPANS, &o), QP_OK);
            start(ours);
            for (int t = 1; t <= 3; t++) {
                fill((uint64_t)t, 0.3, gradient);
                cr_assert_eq(qp_optimizer_step(o, ours, (const qp_real *[]){gradient}, 1, 1, 0.01, threads, NULL),
                             QP_OK);
            }
            if (threads == 1) memcpy(first, ours, sizeof ours);
            cr_assert_eq(memcmp(first, ours, sizeof ours), 0, "rule %d, %d threads", c.optimizer, threads);
            qp_optimizer_free(o);
        }
    }
}
