#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/train/optimizer.h"

/* Two matrices and a bias, with holes between them as in qp_params. */
enum { SIZE = 50000, STEPS = 12 };
static const qp_optimizer_span spans[] = {
    {.offset = 0, .rows = 50, .columns = 600, .decay = true, .matrix = true},
    {.offset = 30016, .rows = 1, .columns = 37, .decay = false, .matrix = false},
    {.offset = 30064, .rows = 7, .columns = 11, .decay = true, .matrix = true},
};
enum { SPANS = sizeof spans / sizeof *spans };

static void fill(uint64_t key, double scale, qp_real *x)
{
    for (int i = 0; i < SIZE; i++) x[i] = (qp_real)(scale * qp_random_normal(key, (uint64_t)i));
}

/* The rules once more, in double, element by element, written from the text of the rules. */
typedef struct {
    double w[SIZE], m[SIZE], v[SIZE], a[SIZE], ema[SIZE], mu_product;
} reference;

static bool decoupled(const qp_optimizer_config *c)
{
    return c->optimizer == QP_ADAMW || c->optimizer == QP_LION || c->optimizer == QP_ADAFACTOR;
}

static double rule(const qp_optimizer_config *c, reference *r, int i, double g, int t, double lr)
{
    double *m = &r->m[i], *v = &r->v[i], *a = &r->a[i], b1 = c->beta1, b2 = c->beta2;
    switch (c->optimizer) {
    case QP_SGD: return lr * g;
    case QP_MOMENTUM: *m = t == 1 ? g : c->momentum * *m + (1 - c->dampening) * g; return lr * *m;
    case QP_NESTEROV: *m = t == 1 ? g : c->momentum * *m + g; return lr * (g + c->momentum * *m);
    case QP_ADAGRAD:
        if (t == 1) *v = c->adagrad_start;
        *v += g * g;
        return lr / (1 + (t - 1) * c->adagrad_decay) * g / (sqrt(*v) + c->eps);
    case QP_ADADELTA: {
        *v = c->adadelta_rho * *v + (1 - c->adadelta_rho) * g * g;
        double d = sqrt(*a + c->eps) / sqrt(*v + c->eps) * g;
        *a = c->adadelta_rho * *a + (1 - c->adadelta_rho) * d * d;
        return lr * d;
    }
    case QP_RMSPROP: {
        *v = c->rmsprop_alpha * *v + (1 - c->rmsprop_alpha) * g * g;
        *a = c->rmsprop_alpha * *a + (1 - c->rmsprop_alpha) * g;
        double variance = c->rmsprop_centered ? *v - *a * *a : *v;
        *m = c->rmsprop_momentum * *m + g / (sqrt(variance) + c->eps);
        return lr * *m;
    }
    }
    if (c->optimizer == QP_LION) {
        double way = b1 * *m + (1 - b1) * g;
        *m = b2 * *m + (1 - b2) * g;
        return way > 0 ? lr : way < 0 ? -lr : 0;
    }
    *m = b1 * *m + (1 - b1) * g;
    *v = b2 * *v + (1 - b2) * g * g;
    *a = fmax(*a, *v);
    double mean = *m / (1 - pow(b1, t));
    if (c->optimizer == QP_NADAM) {
        double mu = b1 * (1 - 0.5 * pow(0.96, t * c->momentum_decay)), product = 1;
        double next = b1 * (1 - 0.5 * pow(0.96, (t + 1) * c->momentum_decay));
        for (int k = 1; k <= t; k++) product *= b1 * (1 - 0.5 * pow(0.96, k * c->momentum_decay));
        return lr * ((1 - mu) / (1 - product) * g + next / (1 - product * next) * *m) /
               (sqrt(*v / (1 - pow(b2, t))) + c->eps);
    }
    if (c->optimizer == QP_RADAM) {
        double top = 2 / (1 - b2) - 1, q = top - 2 * t * pow(b2, t) / (1 - pow(b2, t));
        if (q <= 5) return lr * mean;
        return lr * mean * sqrt((q - 4) * (q - 2) * top / ((top - 4) * (top - 2) * q)) * sqrt(1 - pow(b2, t)) /
               (sqrt(*v) + c->eps);
    }
    return lr * mean / (sqrt((c->amsgrad ? *a : *v) / (1 - pow(b2, t))) + c->eps);
}

static void limit_rows(const qp_optimizer_config *c, reference *r)
{
    for (int s = 0; s < SPANS; s++)
        for (int row = 0; spans[s].matrix && c->max_norm > 0 && row < spans[s].rows; row++) {
            double *w = r->w + spans[s].offset + row * spans[s].columns, sum = 0;
            for (int i = 0; i < spans[s].columns; i++) sum += w[i] * w[i];
            for (int i = 0; i < spans[s].columns && sqrt(sum) > c->max_norm; i++) w[i] *= c->max_norm / sqrt(sum);
        }
}

static double reference_step(const qp_optimizer_config *c, reference *r, const qp_real *g1, const qp_real *g2, int t,
                             double lr)
{
    double decay = c->decoupled_decay + (decoupled(c) ? c->weight_decay : 0), norm = 0;
    static double g[SIZE];
    if (t == 1) memcpy(r->ema, r->w, sizeof r->w);
    for (int s = 0; s < SPANS; s++)
        for (int k = 0; k < spans[s].rows * spans[s].columns; k++) {
            size_t i = spans[s].offset + (size_t)k;
            g[i] = 0.5 * ((double)g1[i] + (double)g2[i]) + c->l1 * ((r->w[i] > 0) - (r->w[i] < 0));
            norm += g[i] * g[i];
        }
    norm = sqrt(norm);
    for (int s = 0; s < SPANS; s++)
        for (int k = 0; k < spans[s].rows * spans[s].columns; k++) {
            size_t i = spans[s].offset + (size_t)k;
            if (c->clip_norm > 0) g[i] *= fmin(1, c->clip_norm / (norm + 1e-6));
            if (c->clip_value > 0) g[i] = fmax(-c->clip_value, fmin(c->clip_value, g[i]));
            if (spans[s].decay) r->w[i] *= 1 - lr * decay;
            if (spans[s].decay && !decoupled(c)) g[i] += c->weight_decay * r->w[i];
            r->w[i] -= rule(c, r, (int)i, g[i], t, lr);
        }
    limit_rows(c, r);
    for (int i = 0; i < SIZE; i++) r->ema[i] = c->ema * r->ema[i] + (1 - c->ema) * r->w[i];
    return norm;
}

static void compare(const qp_optimizer_config *c, const char *name)
{
    static qp_real w[SIZE], g1[SIZE], g2[SIZE];
    static reference r;
    memset(&r, 0, sizeof r);
    fill(1, 1, w);
    for (int i = 0; i < SIZE; i++) r.w[i] = (double)w[i];
    qp_optimizer *o;
    cr_assert_eq(qp_optimizer_new(c, SIZE, spans, SPANS, &o), QP_OK);
    for (int t = 1; t <= STEPS; t++) {
        fill((uint64_t)t * 2, 0.3, g1);
        fill((uint64_t)t * 2 + 1, 0.3, g2);
        double norm, lr = 0.01 * t, expected = reference_step(c, &r, g1, g2, t, lr);
        const qp_real *g[] = {g1, g2};
        cr_assert_eq(qp_optimizer_step(o, w, g, 2, 0.5, lr, 2, &norm), QP_OK);
        cr_assert(fabs(norm - expected) <= 1e-5 * expected, "%s: norm %g, expected %g", name, norm, expected);
    }
    for (int i = 0; i < SIZE; i++) {
        double tolerance = 2e-5 + 2e-5 * fabs(r.w[i]);
        cr_assert(fabs((double)w[i] - r.w[i]) <= tolerance, "%s: w[%d] %.9g, expected %.9g", name, i, (double)w[i],
                  r.w[i]);
        if (c->ema > 0) cr_assert(fabs((double)qp_optimizer_ema(o)[i] - r.ema[i]) <= tolerance, "%s: ema[%d]", name, i);
    }
    cr_assert_eq(qp_optimizer_updates(o), STEPS);
    qp_optimizer_free(o);
}

static qp_optimizer_config defaults(int kind)
{
    qp_optimizer_config c;
    qp_config_defaults(&qp_optimizer_fields, &c);
    c.optimizer = kind;
    return c;
}

Test(optimizer, every_rule_equals_a_plain_loop)
{
    const char *const name[] = {"sgd",  "momentum", "nesterov", "adagrad", "adadelta", "rmsprop",
                                "adam", "adamw",    "nadam",    "radam",   "lion"};
    for (int kind = 0; kind < QP_ADAFACTOR; kind++) {
        qp_optimizer_config c = defaults(kind);
        c.eps = 1e-3;
        compare(&c, name[kind]);
    }
}

Test(optimizer, options_of_the_rules)
{
    qp_optimizer_config c = defaults(QP_ADAM);
    c.amsgrad = 1;
    c.eps = 1e-3;
    compare(&c, "amsgrad");
    c = defaults(QP_RMSPROP);
    c.rmsprop_centered = 1, c.rmsprop_momentum = 0.8, c.eps = 0.05, c.weight_decay = 0.1;
    compare(&c, "rmsprop centered");
    c = defaults(QP_MOMENTUM);
    c.dampening = 0.3;
    compare(&c, "dampening");
    c = defaults(QP_ADAGRAD);
    c.adagrad_decay = 0.1, c.adagrad_start = 0.2;
    compare(&c, "adagrad decay");
}

Test(optimizer, options_of_all_rules_in_their_order)
{
    for (int kind = 0; kind < QP_ADAFACTOR; kind++) {
        qp_optimizer_config c = defaults(kind);
        c.eps = 1e-2, c.l1 = 0.01, c.clip_norm = 20, c.clip_value = 0.5, c.weight_decay = 0.05;
        c.decoupled_decay = 0.1, c.max_norm = 3, c.ema = 0.9;
        if (kind == QP_LION) c.l1 = 0; /* its steps jump where a sign changes: rounding must not decide one */
        compare(&c, "all options");
    }
}

Test(optimizer, any_thread_count_gives_the_same_bits)
{
    static qp_real first[SIZE], w[SIZE], g1[SIZE], g2[SIZE];
    qp_optimizer_config c = defaults(QP_ADAMW);
    c.clip_norm = 1, c.weight_decay = 0.1, c.max_norm = 5, c.ema = 0.9;
    double first_norm = 0;
    for (int threads = 1; threads <= 4; threads++) {
        qp_optimizer *o;
        cr_assert_eq(qp_optimizer_new(&c, SIZE, spans, SPANS, &o), QP_OK);
        fill(1, 1, w);
        double norm;
        for (int t = 1; t <= 3; t++) {
            fill((uint64_t)t * 2, 0.3, g1);
            fill((uint64_t)t * 2 + 1, 0.3, g2);
            cr_assert_eq(qp_optimizer_step(o, w, (const qp_real *[]){g1, g2}, 2, 1, 0.01, threads, &norm), QP_OK);
        }
        if (threads == 1) {
            memcpy(first, w, sizeof w);
            first_norm = norm;
        }
        cr_assert_eq(memcmp(first, w, sizeof w), 0, "%d threads", threads);
        cr_assert_eq(memcmp(&first_norm, &norm, sizeof norm), 0, "%d threads: norm", threads);
        qp_optimizer_free(o);
    }
}

Test(optimizer, frozen_spans_and_holes_stay)
{
    static qp_real before[SIZE], w[SIZE], g[SIZE];
    qp_optimizer_span some[SPANS];
    memcpy(some, spans, sizeof spans);
    some[0].frozen = true;
    fill(1, 1, w);
    fill(2, 1, g);
    memcpy(before, w, sizeof w);
    qp_optimizer_config c = defaults(QP_ADAM);
    qp_optimizer *o;
    cr_assert_eq(qp_optimizer_new(&c, SIZE, some, SPANS, &o), QP_OK);
    cr_assert_eq(qp_optimizer_step(o, w, (const qp_real *[]){g}, 1, 1, 0.1, 1, NULL), QP_OK);
    cr_assert_eq(memcmp(before, w, 30016 * sizeof *w), 0);
    cr_assert_eq(memcmp(before + 30053, w + 30053, 11 * sizeof *w), 0);
    cr_assert_neq(memcmp(before + 30064, w + 30064, 77 * sizeof *w), 0);
    qp_optimizer_free(o);
}

Test(optimizer, a_norm_that_is_not_finite_is_refused_before_clipping)
{
    static qp_real before[SIZE], w[SIZE], g[SIZE];
    fill(1, 1, w);
    fill(2, 1, g);
    memcpy(before, w, sizeof w);
    g[17] = (qp_real)NAN;
    qp_optimizer_config c = defaults(QP_SGD);
    c.clip_norm = 1;
    qp_optimizer *o;
    cr_assert_eq(qp_optimizer_new(&c, SIZE, spans, SPANS, &o), QP_OK);
    cr_assert_eq(qp_optimizer_step(o, w, (const qp_real *[]){g}, 1, 1, 0.1, 2, NULL), QP_EDATA);
    cr_assert_not_null(strstr(qp_error_message(), "update 1"));
    cr_assert_eq(memcmp(before, w, sizeof w), 0);
    qp_optimizer_free(o);
}

Test(optimizer, a_span_outside_the_block_is_refused)
{
    qp_optimizer_span bad = {.offset = SIZE - 5, .rows = 2, .columns = 3};
    qp_optimizer_config c = defaults(QP_SGD);
    qp_optimizer *o;
    cr_assert_eq(qp_optimizer_new(&c, SIZE, &bad, 1, &o), QP_EBUG);
    cr_assert_null(o);
}
