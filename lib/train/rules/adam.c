/* adam — rules with bias-corrected means of the gradient and its square: adam, adamw, nadam, radam, adamax, adabelief,
 * yogi. b1 = beta1, b2 = beta2; t counts updates from 1. */

#include <math.h>

#include "lib/tensor/pointwise.h"
#include "lib/train/rules/update_rule.h"

static void prepare_adam(const qp_optimizer_config *config, int64_t t, double lr, qp_rule_constants *c)
{
    /* bias correction with the betas as rounded to qp_real: in float 1 - 0.999 differs by a factor 1 + 1e-5 */
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
        w[i] -= c->rate * m[i] / (QP_ROOT(top[i]) * c->v_scale + c->epsilon);
    }
}

static double nadam_momentum(const qp_optimizer_config *config, int64_t t)
{
    return config->beta1 * (1 - 0.5 * pow(0.96, (double)t * config->momentum_decay));
}

static void prepare_nadam(const qp_optimizer_config *config, int64_t t, double lr, qp_rule_constants *c)
{
    prepare_adam(config, t, lr, c);
    const double mu = nadam_momentum(config, t), next = nadam_momentum(config, t + 1);
    double product = 1; /* P_t = mu_1 ... mu_t; the factors tend to beta1 < 1, so P soon is nothing beside 1 */
    for (int64_t i = 1; i <= t && product > 1e-300; i++) product *= nadam_momentum(config, i);
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
        w[i] -= (c->gradient_rate * g[i] + c->rate * m[i]) / (QP_ROOT(v[i]) * c->v_scale + c->epsilon);
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

/* radam: w -= lr m/(1-b1^t) until the variance of v is tractable (r > 5), then adam with a rectified rate
 * Liu et al. 2020 */
static void update_radam(const qp_rule_constants *c, size_t n, const qp_real *g, qp_real *const *state, qp_real *w)
{
    qp_real *m = state[0], *v = state[1], fresh2 = 1 - c->beta2;
    for (size_t i = 0; i < n; i++) {
        m[i] = c->momentum * m[i] + c->fresh * g[i];
        v[i] = c->beta2 * v[i] + fresh2 * g[i] * g[i];
        w[i] -= c->rate * (c->rectified ? m[i] / (QP_ROOT(v[i]) + c->epsilon) : m[i]);
    }
}

/* adamax: m as in adam; u = max(b2 u, |g| + eps); w -= lr/(1-b1^t) m/u                          Kingma & Ba 2015 */
static void update_adamax(const qp_rule_constants *c, size_t n, const qp_real *g, qp_real *const *state, qp_real *w)
{
    qp_real *m = state[0], *u = state[1];
    for (size_t i = 0; i < n; i++) {
        qp_real size = QP_ABS(g[i]) + c->epsilon;
        m[i] = c->momentum * m[i] + c->fresh * g[i];
        u[i] = c->beta2 * u[i] > size ? c->beta2 * u[i] : size;
        w[i] -= c->rate * m[i] / u[i];
    }
}

/* adabelief: m as in adam; s = b2 s + (1-b2) (g-m)^2 + eps; w -= lr m^/(sqrt(s^) + eps)          Zhuang et al. 2020 */
static void update_adabelief(const qp_rule_constants *c, size_t n, const qp_real *g, qp_real *const *state, qp_real *w)
{
    qp_real *m = state[0], *s = state[1], fresh2 = 1 - c->beta2;
    for (size_t i = 0; i < n; i++) {
        m[i] = c->momentum * m[i] + c->fresh * g[i];
        qp_real surprise = g[i] - m[i];
        s[i] = c->beta2 * s[i] + fresh2 * surprise * surprise + c->epsilon;
        w[i] -= c->rate * m[i] / (QP_ROOT(s[i]) * c->v_scale + c->epsilon);
    }
}

/* yogi: m as in adam; v -= (1-b2) sign(v - g^2) g^2; w -= lr m^/(sqrt(v^) + eps)                  Zaheer et al. 2018 */
static void update_yogi(const qp_rule_constants *c, size_t n, const qp_real *g, qp_real *const *state, qp_real *w)
{
    qp_real *m = state[0], *v = state[1], fresh2 = 1 - c->beta2;
    for (size_t i = 0; i < n; i++) {
        qp_real square = g[i] * g[i];
        m[i] = c->momentum * m[i] + c->fresh * g[i];
        v[i] -= v[i] > square ? fresh2 * square : v[i] < square ? -fresh2 * square : 0;
        w[i] -= c->rate * m[i] / (QP_ROOT(v[i]) * c->v_scale + c->epsilon);
    }
}

static bool keeps_largest(const qp_optimizer_config *config) { return config->amsgrad; }

const qp_rule qp_rule_adam = {.states = 3,
                              .state_name = {"mean", "square_mean", "square_mean_max"},
                              .prepare = prepare_adam,
                              .update = update_adam,
                              .last_state = keeps_largest};
const qp_rule qp_rule_adamw = {.states = 3,
                               .state_name = {"mean", "square_mean", "square_mean_max"},
                               .prepare = prepare_adam,
                               .update = update_adam,
                               .last_state = keeps_largest,
                               .decay = QP_DECAY_DECOUPLED};
const qp_rule qp_rule_nadam = {
    .states = 2, .state_name = {"mean", "square_mean"}, .prepare = prepare_nadam, .update = update_nadam};
const qp_rule qp_rule_radam = {
    .states = 2, .state_name = {"mean", "square_mean"}, .prepare = prepare_radam, .update = update_radam};
const qp_rule qp_rule_adamax = {
    .states = 2, .state_name = {"mean", "largest"}, .prepare = prepare_adam, .update = update_adamax};
const qp_rule qp_rule_adabelief = {
    .states = 2, .state_name = {"mean", "surprise_mean"}, .prepare = prepare_adam, .update = update_adabelief};
const qp_rule qp_rule_yogi = {
    .states = 2, .state_name = {"mean", "square_mean"}, .prepare = prepare_adam, .update = update_yogi};
