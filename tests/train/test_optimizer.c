#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/memory.h"
#include "lib/base/random.h"
#include "lib/train/optimizer.h"

/* Two matrices and a bias, with holes between them as in qp_params. */
enum { SIZE = 50000, STEPS = 8 };
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
    double w[SIZE], m[SIZE], v[SIZE], a[SIZE], slow[SIZE], ema[SIZE];
    double beta1_power, beta2_power; /* beta^t */
} reference;

static bool decoupled(const qp_optimizer_config *c) { return c->optimizer == QP_ADAMW || c->optimizer == QP_LION; }

/* The rules that change the weight itself, or have no mean gradient; returns the decrement. */
static double other_rule(const qp_optimizer_config *c, reference *r, int i, double g, int t, double lr)
{
    double *m = &r->m[i], *v = &r->v[i], w = r->w[i];
    if (c->optimizer == QP_ASGD) {
        double eta = lr / pow(1 + c->asgd_lambda * lr * (t - 1), c->asgd_alpha);
        return w - (w * (1 - c->asgd_lambda * eta) - eta * g);
    }
    if (c->optimizer == QP_RPROP) { /* m the step, v the last gradient */
        if (t == 1) *m = lr;
        *m *= g * *v > 0 ? c->rprop_grow : g * *v < 0 ? c->rprop_shrink : 1;
        if (g * *v < 0) g = 0;
        *m = fmax(c->rprop_min, fmin(c->rprop_max, *m));
        *v = g;
        return ((g > 0) - (g < 0)) * *m;
    }
    if (t == 1) *m = *v = w; /* schedule-free: m is x, v is z */
    *v -= lr * g;
    *m += (*v - *m) / t;
    return w - (1 - c->beta1) * *v - c->beta1 * *m;
}

/* The newer ones of adam's family; m is the new mean already. */
static double newer_rule(const qp_optimizer_config *c, reference *r, int i, double g, double lr)
{
    double m = r->m[i], *v = &r->v[i], b2 = c->beta2, rate = lr / (1 - r->beta1_power);
    if (c->optimizer == QP_ADAMAX) {
        *v = fmax(b2 * *v, fabs(g) + c->eps);
        return rate * m / *v;
    }
    if (c->optimizer == QP_ADABELIEF)
        *v = b2 * *v + (1 - b2) * (g - m) * (g - m) + c->eps;
    else
        *v -= (1 - b2) * ((*v > g * g) - (*v < g * g)) * g * g;
    return rate * m / (sqrt(*v / (1 - r->beta2_power)) + c->eps);
}

static double rule(const qp_optimizer_config *c, reference *r, int i, double g, int t, double lr)
{
    double *m = &r->m[i], *v = &r->v[i], *a = &r->a[i], b1 = c->beta1, b2 = c->beta2;
    if (c->optimizer >= QP_ASGD) return other_rule(c, r, i, g, t, lr);
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
    if (c->optimizer >= QP_ADAMAX) return newer_rule(c, r, i, g, lr);
    *v = b2 * *v + (1 - b2) * g * g;
    *a = fmax(*a, *v);
    double mean = *m / (1 - r->beta1_power);
    if (c->optimizer == QP_NADAM) {
        double mu = b1 * (1 - 0.5 * pow(0.96, t * c->momentum_decay)), product = 1;
        double next = b1 * (1 - 0.5 * pow(0.96, (t + 1) * c->momentum_decay));
        for (int k = 1; k <= t; k++) product *= b1 * (1 - 0.5 * pow(0.96, k * c->momentum_decay));
        return lr * ((1 - mu) / (1 - product) * g + next / (1 - product * next) * *m) /
               (sqrt(*v / (1 - r->beta2_power)) + c->eps);
    }
    if (c->optimizer == QP_RADAM) {
        double top = 2 / (1 - b2) - 1, q = top - 2 * t * r->beta2_power / (1 - r->beta2_power);
        if (q <= 5) return lr * mean;
        return lr * mean * sqrt((q - 4) * (q - 2) * top / ((top - 4) * (top - 2) * q)) * sqrt(1 - r->beta2_power) /
               (sqrt(*v) + c->eps);
    }
    return lr * mean / (sqrt((c->amsgrad ? *a : *v) / (1 - r->beta2_power)) + c->eps);
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
    r->beta1_power = pow(c->beta1, t);
    r->beta2_power = pow(c->beta2, t);
    if (t == 1) memcpy(r->ema, r->w, sizeof r->w);
    if (t == 1) memcpy(r->slow, r->w, sizeof r->w);
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
            if (spans[s].decay) g[i] += (c->l2 + (decoupled(c) ? 0 : c->weight_decay)) * r->w[i];
            r->w[i] -= rule(c, r, (int)i, g[i], t, lr);
        }
    limit_rows(c, r);
    for (int i = 0; i < SIZE && c->lookahead > 0 && t % c->lookahead == 0; i++)
        r->w[i] = r->slow[i] += c->lookahead_alpha * (r->w[i] - r->slow[i]);
    for (int i = 0; i < SIZE; i++) r->ema[i] = c->ema * r->ema[i] + (1 - c->ema) * r->w[i];
    return norm;
}

static void compare(const qp_optimizer_config *c, const char *name)
{
    static qp_real w[SIZE], given[STEPS][2][SIZE];
    static bool filled;
    static reference r;
    memset(&r, 0, sizeof r);
    fill(1, 1, w);
    for (int i = 0; i < SIZE; i++) r.w[i] = (double)w[i];
    qp_optimizer *o;
    cr_assert_eq(qp_optimizer_new(c, SIZE, spans, SPANS, &o), QP_OK);
    for (int t = 1; t <= STEPS; t++) {
        qp_real *g1 = given[t - 1][0], *g2 = given[t - 1][1];
        if (!filled) {
            fill((uint64_t)t * 2, 0.3, g1);
            fill((uint64_t)t * 2 + 1, 0.3, g2);
        }
        double norm, lr = 0.01 * t, expected = reference_step(c, &r, g1, g2, t, lr);
        const qp_real *g[] = {g1, g2};
        cr_assert_eq(qp_optimizer_step(o, w, g, 2, 0.5, lr, 2, &norm), QP_OK);
        cr_assert(fabs(norm - expected) <= 1e-5 * expected, "%s: norm %g, expected %g", name, norm, expected);
    }
    filled = true;
    for (int i = 0; i < SIZE; i++) {
        double tolerance = 2e-5 + 2e-5 * fabs(r.w[i]);
        cr_assert(fabs((double)w[i] - r.w[i]) <= tolerance, "%s: w[%d] %.9g, expected %.9g", name, i, (double)w[i],
                  r.w[i]);
        if (c->ema > 0)
            cr_assert(fabs((double)qp_optimizer_mean(o)[i] - r.ema[i]) <= tolerance, "%s: ema[%d]", name, i);
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

static const char *rule_name(int kind)
{
    static char text[32];
    qp_optimizer_config c = defaults(kind);
    return qp_config_get(qp_config_find(&qp_optimizer_fields, "optimizer"), &c, text, sizeof text);
}

Test(optimizer, every_rule_equals_a_plain_loop)
{
    for (int kind = 0; kind < QP_ADAFACTOR; kind++) {
        qp_optimizer_config c = defaults(kind);
        c.eps = 1e-3;
        compare(&c, rule_name(kind));
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
        c.eps = 1e-2, c.l1 = 0.01, c.clip_norm = 20, c.clip_value = 0.5, c.weight_decay = 0.05, c.l2 = 0.03;
        c.decoupled_decay = 0.1, c.max_norm = 3, c.ema = 0.9;
        /* their steps jump where a sign changes: rounding must not decide one */
        if (kind == QP_LION || kind == QP_RPROP) c.l1 = c.l2 = c.weight_decay = 0;
        if (kind == QP_SCHEDULE_FREE) c.decoupled_decay = c.max_norm = c.ema = 0;
        compare(&c, rule_name(kind));
    }
}

Test(optimizer, slow_weights_follow_fast_ones)
{
    static const int some[] = {QP_SGD, QP_ADAM, QP_RMSPROP};
    for (size_t k = 0; k < sizeof some / sizeof *some; k++) {
        qp_optimizer_config c = defaults(some[k]);
        c.lookahead = 4, c.lookahead_alpha = 0.3, c.eps = 1e-2, c.ema = 0.9;
        compare(&c, rule_name(some[k]));
    }
}

Test(optimizer, any_thread_count_gives_the_same_bits)
{
    static qp_real first[SIZE], w[SIZE], g1[SIZE], g2[SIZE];
    qp_optimizer_config c = defaults(QP_ADAMW);
    c.clip_norm = 1, c.weight_decay = 0.1, c.max_norm = 5, c.ema = 0.9, c.lookahead = 2;
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

/* Schedule-free trains one set of weights and keeps another: the mean of the fast ones, whole with what is frozen. */
Test(optimizer, schedule_free_keeps_the_mean)
{
    static qp_real w[SIZE], g[SIZE];
    qp_optimizer_span some[SPANS];
    memcpy(some, spans, sizeof spans);
    some[2].frozen = true;
    fill(1, 1, w);
    double z = (double)w[5], x = z;
    qp_real frozen = w[30070];
    qp_optimizer_config c = defaults(QP_SCHEDULE_FREE);
    qp_optimizer *o;
    cr_assert_eq(qp_optimizer_new(&c, SIZE, some, SPANS, &o), QP_OK);
    for (int t = 1; t <= 4; t++) {
        fill((uint64_t)t, 1, g);
        cr_assert_eq(qp_optimizer_step(o, w, (const qp_real *[]){g}, 1, 1, 0.1, 1, NULL), QP_OK);
        z -= 0.1 * (double)g[5];
        x += (z - x) / t;
    }
    cr_assert_float_eq((double)qp_optimizer_mean(o)[5], x, 1e-5);
    cr_assert_float_eq((double)w[5], 0.1 * z + 0.9 * x, 1e-5);
    cr_assert_eq(qp_optimizer_mean(o)[30070], frozen);
    qp_optimizer_free(o);
    c.lookahead = 5;
    cr_assert_eq(qp_optimizer_new(&c, SIZE, some, SPANS, &o), QP_EUSAGE);
    cr_assert_null(o);
}

Test(optimizer, bounds_of_a_step_the_wrong_way_round_are_refused)
{
    qp_optimizer_config c = defaults(QP_RPROP);
    qp_optimizer *o;
    c.rprop_min = 2 * c.rprop_max;
    cr_assert_eq(qp_optimizer_new(&c, SIZE, spans, SPANS, &o), QP_EUSAGE);
    cr_assert_null(o);
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

/* However large a gradient is, the step is no longer than the rate times --clip-norm; the norm that is reported is that
 * before clipping, so that the log shows the explosion. */
Test(optimizer, an_exploding_gradient_makes_a_step_of_the_clip)
{
    static qp_real before[SIZE], w[SIZE], g[SIZE];
    double norm, moved = 0, length = 0;
    fill(1, 1, before);
    fill(2, 1e15, g);
    memcpy(w, before, sizeof w);
    for (int k = 0; k < SPANS; k++)
        for (size_t i = spans[k].offset; i < spans[k].offset + (size_t)(spans[k].rows * spans[k].columns); i++)
            length += (double)g[i] * (double)g[i];
    qp_optimizer_config c = defaults(QP_SGD);
    c.clip_norm = 2;
    qp_optimizer *o;
    cr_assert_eq(qp_optimizer_new(&c, SIZE, spans, SPANS, &o), QP_OK);
    cr_assert_eq(qp_optimizer_step(o, w, (const qp_real *[]){g}, 1, 1, 0.1, 2, &norm), QP_OK, "%s", qp_error_message());
    for (int i = 0; i < SIZE; i++) moved += ((double)w[i] - (double)before[i]) * ((double)w[i] - (double)before[i]);
    cr_assert(norm > 1e17 && fabs(norm / sqrt(length) - 1) < 1e-3, "%g of %g", norm, sqrt(length));
    cr_assert_float_eq(sqrt(moved), 0.1 * 2, 0.01);
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

Test(optimizer, refuses_what_the_machine_cannot_hold)
{
    qp_optimizer_config config;
    qp_optimizer *optimizer;
    qp_config_defaults(&qp_optimizer_fields, &config);
    size_t most = qp_memory_bytes() / sizeof(qp_real);
    cr_assert_eq(qp_optimizer_new(&config, most / 3, spans, SPANS, &optimizer), QP_EMEMORY);
    cr_assert(strstr(qp_error_message(), "use a smaller model"), "%s", qp_error_message());
}

/* A span with a factor on its rate moves as it does alone with that rate; the others do not notice. */
Test(optimizer, a_span_may_have_a_rate_of_its_own)
{
    static qp_real both[SIZE], first[SIZE], second[SIZE], gradient[SIZE];
    qp_optimizer_span slow[SPANS], alone[SPANS];
    static const int kinds[] = {QP_ADAMW, QP_MOMENTUM, QP_MUON, QP_LAMB};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        qp_optimizer_config config;
        qp_config_defaults(&qp_optimizer_fields, &config);
        config.optimizer = kinds[k];
        config.weight_decay = 0.1;
        memcpy(slow, spans, sizeof slow);
        memcpy(alone, spans, sizeof alone);
        slow[2].rate = 0.25;
        for (int s = 0; s < 2; s++) alone[s].frozen = true;
        qp_optimizer *a, *b, *c;
        cr_assert_eq(qp_optimizer_new(&config, SIZE, slow, SPANS, &a), QP_OK);
        cr_assert_eq(qp_optimizer_new(&config, SIZE, spans, SPANS, &b), QP_OK);
        cr_assert_eq(qp_optimizer_new(&config, SIZE, alone, SPANS, &c), QP_OK);
        fill(5, 1, both);
        memcpy(first, both, sizeof both);
        memcpy(second, both, sizeof both);
        for (int t = 0; t < 3; t++) {
            const qp_real *g[] = {gradient};
            fill((uint64_t)(20 + t), 1, gradient);
            cr_assert_eq(qp_optimizer_step(a, both, g, 1, 1, 0.01, 2, NULL), QP_OK);
            cr_assert_eq(qp_optimizer_step(b, first, g, 1, 1, 0.01, 2, NULL), QP_OK);
            cr_assert_eq(qp_optimizer_step(c, second, g, 1, 1, 0.01 * 0.25, 2, NULL), QP_OK);
        }
        cr_expect_arr_eq(both, first, 30064 * sizeof *both, "optimizer %d", kinds[k]);
        cr_expect_arr_eq(both + 30064, second + 30064, 77 * sizeof *both, "optimizer %d", kinds[k]);
        qp_optimizer_free(a);
        qp_optimizer_free(b);
        qp_optimizer_free(c);
    }
}

/* Every element of parameters of any size is updated, once. */
Test(optimizer, parameters_of_any_size)
{
    static const int size[] = {1, 2, 2047, 2048, 2049, 1, 6145};
    enum { COUNT = sizeof size / sizeof *size, ALL = 20000 };
    static qp_real weight[ALL], gradient[ALL];
    for (int run = 0; run < 4; run++) { /* by one thread and two; the norm before the update, and in it */
        const int threads = 1 + run % 2;
        qp_optimizer_span span[COUNT];
        qp_optimizer_config config;
        qp_optimizer *o;
        size_t at = 0;
        double norm;
        qp_config_defaults(&qp_optimizer_fields, &config);
        config.optimizer = QP_SGD;
        config.momentum = 0;
        config.clip_norm = run < 2 ? 0 : 1e6;
        for (int s = 0; s < COUNT; s++) {
            span[s] = (qp_optimizer_span){.offset = at, .rows = 1, .columns = size[s], .rate = 1};
            at += ((size_t)size[s] + 15) / 16 * 16;
        }
        for (size_t i = 0; i < ALL; i++) weight[i] = 3, gradient[i] = (qp_real)(i % 7);
        cr_assert_eq(qp_optimizer_new(&config, at, span, COUNT, &o), QP_OK, "%s", qp_error_message());
        cr_assert_eq(qp_optimizer_step(o, weight, (const qp_real *[]){gradient}, 1, 1, 0.5, threads, &norm), QP_OK);
        double squares = 0;
        for (int s = 0; s < COUNT; s++)
            for (size_t i = span[s].offset; i < span[s].offset + (size_t)size[s]; i++) {
                cr_assert_eq(weight[i], 3 - (qp_real)0.5 * (qp_real)(i % 7), "element %zu", i);
                squares += (double)(i % 7) * (double)(i % 7);
            }
        cr_expect_float_eq(norm, sqrt(squares), 1e-3);
        qp_optimizer_free(o);
    }
}

/* Rounding makes the variance of a constant gradient a little negative: then it counts as none. */
Test(optimizer, a_constant_gradient_has_no_variance)
{
    enum { COUNT = 64 };
    static const qp_optimizer_span span = {.rows = 1, .columns = COUNT};
    qp_real weight[COUNT] = {0}, gradient[COUNT], before[COUNT];
    qp_optimizer_config c = defaults(QP_RMSPROP);
    c.rmsprop_centered = 1, c.rmsprop_momentum = 0, c.rmsprop_alpha = 0.5, c.eps = 1e-3;
    qp_optimizer *o;
    for (int i = 0; i < COUNT; i++) gradient[i] = (qp_real)(0.1 + 0.013 * i);
    cr_assert_eq(qp_optimizer_new(&c, COUNT, &span, 1, &o), QP_OK, "%s", qp_error_message());
    for (int t = 0; t < 60; t++) {
        memcpy(before, weight, sizeof before);
        cr_assert_eq(qp_optimizer_step(o, weight, (const qp_real *[]){gradient}, 1, 1, 1e-3, 1, NULL), QP_OK);
    }
    for (int i = 0; i < COUNT; i++) /* lr g / (sqrt(0) + eps), or a root of what rounding leaves */
        cr_expect(before[i] - weight[i] > (qp_real)0.5 * gradient[i], "%d: %g", i, (double)(before[i] - weight[i]));
    qp_optimizer_free(o);
}
