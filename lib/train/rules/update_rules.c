#include "lib/train/rules/update_rules.h"

#include <math.h>

#include "lib/tensor/pointwise.h"

static void prepare_plain(const qp_optimizer_config *config, int64_t t, double lr, qp_rule_constants *c)
{
    (void)config;
    (void)t;
    c->rate = (qp_real)lr;
}

/* sgd: w -= lr g */
static void update_sgd(const qp_rule_constants *c, size_t n, const qp_real *g, qp_real *const *state, qp_real *w)
{
    (void)state;
    qp_scale_add(n, -c->rate, g, 1, w);
}

/* The first gradient enters m whole, the later ones with weight 1 - dampening. */
static void prepare_momentum(const qp_optimizer_config *config, int64_t t, double lr, qp_rule_constants *c)
{
    c->rate = (qp_real)lr;
    c->momentum = (qp_real)config->momentum;
    c->fresh = t == 1 || config->optimizer == QP_NESTEROV ? 1 : (qp_real)(1 - config->dampening);
}

/* momentum: m = momentum*m + (1-dampening)*g; w -= lr m */
static void update_momentum(const qp_rule_constants *c, size_t n, const qp_real *g, qp_real *const *state, qp_real *w)
{
    qp_real *m = state[0];
    for (size_t i = 0; i < n; i++) {
        m[i] = c->momentum * m[i] + c->fresh * g[i];
        w[i] -= c->rate * m[i];
    }
}

/* nesterov: m as momentum, w -= lr (g + momentum*m)                                       Sutskever et al. 2013 */
static void update_nesterov(const qp_rule_constants *c, size_t n, const qp_real *g, qp_real *const *state, qp_real *w)
{
    qp_real *m = state[0];
    for (size_t i = 0; i < n; i++) {
        m[i] = c->momentum * m[i] + g[i];
        w[i] -= c->rate * (g[i] + c->momentum * m[i]);
    }
}

static void prepare_adagrad(const qp_optimizer_config *config, int64_t t, double lr, qp_rule_constants *c)
{
    c->rate = (qp_real)(lr / (1 + (double)(t - 1) * config->adagrad_decay));
    c->epsilon = (qp_real)config->eps;
}

/* adagrad: v += g^2; w -= rate g / (sqrt(v) + eps)                                        Duchi et al. 2011 */
static void update_adagrad(const qp_rule_constants *c, size_t n, const qp_real *g, qp_real *const *state, qp_real *w)
{
    qp_real *v = state[0];
    for (size_t i = 0; i < n; i++) {
        v[i] += g[i] * g[i];
        w[i] -= c->rate * g[i] / (QP_ROOT(v[i]) + c->epsilon);
    }
}

static void prepare_adadelta(const qp_optimizer_config *config, int64_t t, double lr, qp_rule_constants *c)
{
    (void)t;
    c->rate = (qp_real)lr;
    c->beta2 = (qp_real)config->adadelta_rho;
    c->fresh = (qp_real)(1 - config->adadelta_rho);
    c->epsilon = (qp_real)config->eps;
}

/* adadelta: v = rho v + (1-rho) g^2; d = sqrt(u+eps)/sqrt(v+eps) g; u = rho u + (1-rho) d^2; w -= lr d    Zeiler 2012 */
static void update_adadelta(const qp_rule_constants *c, size_t n, const qp_real *g, qp_real *const *state, qp_real *w)
{
    qp_real *v = state[0], *u = state[1];
    for (size_t i = 0; i < n; i++) {
        v[i] = c->beta2 * v[i] + c->fresh * g[i] * g[i];
        qp_real d = QP_ROOT(u[i] + c->epsilon) / QP_ROOT(v[i] + c->epsilon) * g[i];
        u[i] = c->beta2 * u[i] + c->fresh * d * d;
        w[i] -= c->rate * d;
    }
}

static void prepare_rmsprop(const qp_optimizer_config *config, int64_t t, double lr, qp_rule_constants *c)
{
    (void)t;
    c->rate = (qp_real)lr;
    c->momentum = (qp_real)config->rmsprop_momentum;
    c->beta2 = (qp_real)config->rmsprop_alpha;
    c->fresh = (qp_real)(1 - config->rmsprop_alpha);
    c->epsilon = (qp_real)config->eps;
    c->centered = config->rmsprop_centered != 0;
}

/* rmsprop: v = alpha v + (1-alpha) g^2; centered: a = alpha a + (1-alpha) g, v' = v - a^2, else v' = v;
 * m = momentum*m + g/(sqrt(v') + eps); w -= lr m                                          Hinton 2012, Graves 2013 */
static void update_rmsprop(const qp_rule_constants *c, size_t n, const qp_real *g, qp_real *const *state, qp_real *w)
{
    qp_real *v = state[0], *m = state[1], *a = state[2];
    for (size_t i = 0; i < n; i++) {
        v[i] = c->beta2 * v[i] + c->fresh * g[i] * g[i];
        qp_real variance = v[i];
        if (c->centered) {
            a[i] = c->beta2 * a[i] + c->fresh * g[i];
            variance -= a[i] * a[i];
            if (variance < 0) variance = 0;
        }
        m[i] = c->momentum * m[i] + g[i] / (QP_ROOT(variance) + c->epsilon);
        w[i] -= c->rate * m[i];
    }
}

static void prepare_asgd(const qp_optimizer_config *config, int64_t t, double lr, qp_rule_constants *c)
{
    double rate = lr / pow(1 + config->asgd_lambda * lr * (double)(t - 1), config->asgd_alpha);
    c->rate = (qp_real)rate;
    c->keep = (qp_real)(1 - config->asgd_lambda * rate);
}

/* asgd: eta = lr/(1 + lambda lr (t-1))^alpha; w = w (1 - lambda eta) - eta g
 * Polyak & Juditsky 1992, Bottou 2010; their mean of the weights is --ema. */
static void update_asgd(const qp_rule_constants *c, size_t n, const qp_real *g, qp_real *const *state, qp_real *w)
{
    (void)state;
    qp_scale_add(n, -c->rate, g, c->keep, w);
}

static void prepare_rprop(const qp_optimizer_config *config, int64_t t, double lr, qp_rule_constants *c)
{
    c->rate = (qp_real)lr;
    c->first = t == 1;
    c->shrink = (qp_real)config->rprop_shrink;
    c->grow = (qp_real)config->rprop_grow;
    c->low = (qp_real)config->rprop_min;
    c->high = (qp_real)config->rprop_max;
}

/* rprop: a step of its own for each weight, lr at first. g g' > 0 (g' the last one): step *= grow; g g' < 0: step *=
 * shrink and g = 0; step = clamp(step, min, max); w -= sign(g) step; g' = g              Riedmiller & Braun 1993 */
static void update_rprop(const qp_rule_constants *c, size_t n, const qp_real *g, qp_real *const *state, qp_real *w)
{
    qp_real *step = state[0], *last = state[1];
    for (size_t i = 0; i < n; i++) {
        if (c->first) step[i] = c->rate;
        bool agree = (g[i] > 0 && last[i] > 0) || (g[i] < 0 && last[i] < 0);
        bool turned = (g[i] > 0 && last[i] < 0) || (g[i] < 0 && last[i] > 0);
        if (agree) step[i] *= c->grow;
        if (turned) step[i] *= c->shrink;
        step[i] = step[i] < c->low ? c->low : step[i] > c->high ? c->high : step[i];
        last[i] = turned ? 0 : g[i];
        w[i] -= last[i] > 0 ? step[i] : last[i] < 0 ? -step[i] : 0;
    }
}

static void prepare_schedule_free(const qp_optimizer_config *config, int64_t t, double lr, qp_rule_constants *c)
{
    c->rate = (qp_real)lr;
    c->momentum = (qp_real)config->beta1;
    c->fresh = (qp_real)(1 / (double)t);
}

/* schedule-free: z -= lr g; x += (z - x)/t; w = (1-b1) z + b1 x: gradients are taken at w, x is the model. z and x start
 * as w.                                                                                     Defazio et al. 2024 */
static void update_schedule_free(const qp_rule_constants *c, size_t n, const qp_real *g, qp_real *const *state,
                                 qp_real *w)
{
    qp_real *x = state[0], *z = state[1];
    for (size_t i = 0; i < n; i++) {
        z[i] -= c->rate * g[i];
        x[i] += c->fresh * (z[i] - x[i]);
        w[i] = (1 - c->momentum) * z[i] + c->momentum * x[i];
    }
}

static const qp_rule
    sgd = {.prepare = prepare_plain, .update = update_sgd},
    momentum = {.states = 1, .state_name = {"momentum"}, .prepare = prepare_momentum, .update = update_momentum},
    nesterov = {.states = 1, .state_name = {"momentum"}, .prepare = prepare_momentum, .update = update_nesterov},
    adagrad = {.states = 1, .state_name = {"square_sum"}, .prepare = prepare_adagrad, .update = update_adagrad},
    adadelta = {.states = 2,
                .state_name = {"square_mean", "update_square_mean"},
                .prepare = prepare_adadelta,
                .update = update_adadelta},
    rmsprop = {.states = 3,
               .state_name = {"square_mean", "momentum", "mean"},
               .prepare = prepare_rmsprop,
               .update = update_rmsprop},
    asgd = {.prepare = prepare_asgd, .update = update_asgd},
    rprop = {.states = 2, .state_name = {"step", "last_gradient"}, .prepare = prepare_rprop, .update = update_rprop},
    schedule_free = {2, {"average", "fast"}, prepare_schedule_free, update_schedule_free, .from_weights = true};

static const qp_rule *const rules[QP_OPTIMIZER_COUNT] = {[QP_SGD] = &sgd,
                                                         [QP_MOMENTUM] = &momentum,
                                                         [QP_NESTEROV] = &nesterov,
                                                         [QP_ADAGRAD] = &adagrad,
                                                         [QP_ADADELTA] = &adadelta,
                                                         [QP_RMSPROP] = &rmsprop,
                                                         [QP_ADAM] = &qp_rule_adam,
                                                         [QP_ADAMW] = &qp_rule_adamw,
                                                         [QP_NADAM] = &qp_rule_nadam,
                                                         [QP_RADAM] = &qp_rule_radam,
                                                         [QP_LION] = &qp_rule_lion,
                                                         [QP_ADAMAX] = &qp_rule_adamax,
                                                         [QP_ADABELIEF] = &qp_rule_adabelief,
                                                         [QP_YOGI] = &qp_rule_yogi,
                                                         [QP_ASGD] = &asgd,
                                                         [QP_RPROP] = &rprop,
                                                         [QP_SCHEDULE_FREE] = &schedule_free,
                                                         [QP_ADAFACTOR] = &qp_rule_adafactor,
                                                         [QP_LAMB] = &qp_rule_lamb,
                                                         [QP_LARS] = &qp_rule_lars,
                                                         [QP_MUON] = &qp_rule_muon};

const qp_rule *qp_rule_of(const qp_optimizer_config *config, int *states)
{
    int kind = config->optimizer;
    *states = rules[kind]->states;
    if ((kind == QP_ADAM || kind == QP_ADAMW) && !config->amsgrad) *states = 2;
    if (kind == QP_RMSPROP && !config->rmsprop_centered) *states = 2;
    return rules[kind];
}
