#include "lib/train/update_rules.h"

#include <math.h>
#include <string.h>

#include "lib/tensor/pointwise.h"

#ifdef QP_DOUBLE
#define ROOT sqrt
#else
#define ROOT sqrtf
#endif

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
        w[i] -= c->rate * g[i] / (ROOT(v[i]) + c->epsilon);
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
        qp_real d = ROOT(u[i] + c->epsilon) / ROOT(v[i] + c->epsilon) * g[i];
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
        m[i] = c->momentum * m[i] + g[i] / (ROOT(variance) + c->epsilon);
        w[i] -= c->rate * m[i];
    }
}

static void prepare_adam(const qp_optimizer_config *config, int64_t t, double lr, qp_rule_constants *c)
{
    /* the correction of the betas as they are rounded: 1 - 0.999 is another number by 1e-5 of itself in float */
    c->rate = (qp_real)(lr / (1 - pow((double)(qp_real)config->beta1, (double)t)));
    c->v_scale = (qp_real)(1 / sqrt(1 - pow((double)(qp_real)config->beta2, (double)t)));
    c->momentum = (qp_real)config->beta1;
    c->fresh = 1 - c->momentum;
    c->beta2 = (qp_real)config->beta2;
    c->epsilon = (qp_real)config->eps;
    c->amsgrad = config->amsgrad != 0;
}

/* adam: m = b1 m + (1-b1) g; v = b2 v + (1-b2) g^2; v' = v or its largest so far (amsgrad);
 * w -= lr * m/(1-b1^t) / (sqrt(v'/(1-b2^t)) + eps)                  Kingma & Ba 2015; amsgrad: Reddi et al. 2018 */
static void update_adam(const qp_rule_constants *c, size_t n, const qp_real *g, qp_real *const *state, qp_real *w)
{
    qp_real *m = state[0], *v = state[1], *top = state[2];
    if (!c->amsgrad) {
        const qp_adam_constants k = {.beta1 = c->momentum,
                                     .beta2 = c->beta2,
                                     .epsilon = c->epsilon,
                                     .rate = c->rate,
                                     .v_scale = c->v_scale,
                                     .l2 = 0,
                                     .shrink = 1};
        qp_adam_update(n, &k, g, m, v, w);
        return;
    }
    qp_real fresh2 = 1 - c->beta2;
    for (size_t i = 0; i < n; i++) {
        m[i] = c->momentum * m[i] + c->fresh * g[i];
        v[i] = c->beta2 * v[i] + fresh2 * g[i] * g[i];
        if (v[i] > top[i]) top[i] = v[i];
        w[i] -= c->rate * m[i] / (ROOT(top[i]) * c->v_scale + c->epsilon);
    }
}

static void prepare_nadam(const qp_optimizer_config *config, int64_t t, double lr, qp_rule_constants *c)
{
    prepare_adam(config, t, lr, c);
    double product = 1, mu = 0; /* P_t = mu_1 ... mu_t; its factors tend to beta1 < 1, so P is 0 before long */
    for (int64_t i = 1; i <= t; i++) {
        mu = config->beta1 * (1 - 0.5 * pow(0.96, (double)i * config->momentum_decay));
        product *= mu;
        if (product < 1e-300) {
            product = 0;
            mu = config->beta1 * (1 - 0.5 * pow(0.96, (double)t * config->momentum_decay));
            break;
        }
    }
    double next = config->beta1 * (1 - 0.5 * pow(0.96, (double)(t + 1) * config->momentum_decay));
    c->gradient_rate = (qp_real)(lr * (1 - mu) / (1 - product));
    c->rate = (qp_real)(lr * next / (1 - product * next));
}

/* nadam: w -= lr * ((1-mu_t)/(1-P_t) g + mu_{t+1}/(1-P_{t+1}) m) / (sqrt(v/(1-b2^t)) + eps)    Dozat 2016 */
static void update_nadam(const qp_rule_constants *c, size_t n, const qp_real *g, qp_real *const *state, qp_real *w)
{
    qp_real *m = state[0], *v = state[1], fresh2 = 1 - c->beta2;
    for (size_t i = 0; i < n; i++) {
        m[i] = c->momentum * m[i] + c->fresh * g[i];
        v[i] = c->beta2 * v[i] + fresh2 * g[i] * g[i];
        w[i] -= (c->gradient_rate * g[i] + c->rate * m[i]) / (ROOT(v[i]) * c->v_scale + c->epsilon);
    }
}

static void prepare_radam(const qp_optimizer_config *config, int64_t t, double lr, qp_rule_constants *c)
{
    prepare_adam(config, t, lr, c);
    double b2t = pow(config->beta2, (double)t), top = 2 / (1 - config->beta2) - 1;
    double r = top - 2 * (double)t * b2t / (1 - b2t);
    c->rectified = r > 5;
    if (c->rectified)
        c->rate =
            (qp_real)((double)c->rate * sqrt((r - 4) * (r - 2) * top / ((top - 4) * (top - 2) * r)) * sqrt(1 - b2t));
}

/* radam: while the variance is known too little w -= lr m/(1-b1^t), later adam with a rectified rate   Liu et al. 2020 */
static void update_radam(const qp_rule_constants *c, size_t n, const qp_real *g, qp_real *const *state, qp_real *w)
{
    qp_real *m = state[0], *v = state[1], fresh2 = 1 - c->beta2;
    for (size_t i = 0; i < n; i++) {
        m[i] = c->momentum * m[i] + c->fresh * g[i];
        v[i] = c->beta2 * v[i] + fresh2 * g[i] * g[i];
        w[i] -= c->rate * (c->rectified ? m[i] / (ROOT(v[i]) + c->epsilon) : m[i]);
    }
}

static void prepare_lion(const qp_optimizer_config *config, int64_t t, double lr, qp_rule_constants *c)
{
    (void)t;
    c->rate = (qp_real)lr;
    c->momentum = (qp_real)config->beta1;
    c->fresh = (qp_real)(1 - config->beta1);
    c->beta2 = (qp_real)config->beta2;
}

/* lion: w -= lr * sign(b1 m + (1-b1) g); m = b2 m + (1-b2) g                                  Chen et al. 2023 */
static void update_lion(const qp_rule_constants *c, size_t n, const qp_real *g, qp_real *const *state, qp_real *w)
{
    qp_real *m = state[0], fresh2 = 1 - c->beta2;
    for (size_t i = 0; i < n; i++) {
        qp_real way = c->momentum * m[i] + c->fresh * g[i];
        w[i] -= way > 0 ? c->rate : way < 0 ? -c->rate : 0;
        m[i] = c->beta2 * m[i] + fresh2 * g[i];
    }
}

static const qp_rule rules[QP_OPTIMIZER_COUNT] = {
    [QP_SGD] = {0, {NULL}, prepare_plain, update_sgd},
    [QP_MOMENTUM] = {1, {"momentum"}, prepare_momentum, update_momentum},
    [QP_NESTEROV] = {1, {"momentum"}, prepare_momentum, update_nesterov},
    [QP_ADAGRAD] = {1, {"square_sum"}, prepare_adagrad, update_adagrad},
    [QP_ADADELTA] = {2, {"square_mean", "update_square_mean"}, prepare_adadelta, update_adadelta},
    [QP_RMSPROP] = {3, {"square_mean", "momentum", "mean"}, prepare_rmsprop, update_rmsprop},
    [QP_ADAM] = {3, {"mean", "square_mean", "square_mean_max"}, prepare_adam, update_adam},
    [QP_ADAMW] = {3, {"mean", "square_mean", "square_mean_max"}, prepare_adam, update_adam},
    [QP_NADAM] = {2, {"mean", "square_mean"}, prepare_nadam, update_nadam},
    [QP_RADAM] = {2, {"mean", "square_mean"}, prepare_radam, update_radam},
    [QP_LION] = {1, {"mean"}, prepare_lion, update_lion},
    [QP_ADAFACTOR] = {1, {"factored_square_mean"}, prepare_plain, NULL}, /* adafactor.c */
};

const qp_rule *qp_rule_of(const qp_optimizer_config *config, int *states)
{
    int kind = config->optimizer;
    *states = rules[kind].states;
    if ((kind == QP_ADAM || kind == QP_ADAMW) && !config->amsgrad) *states = 2;
    if (kind == QP_RMSPROP && !config->rmsprop_centered) *states = 2;
    return &rules[kind];
}
