/* adagrad — rules that divide the gradient by the root of its accumulated squares: adagrad, adadelta, rmsprop. */

#include <math.h>

#include "lib/train/rules/update_rule.h"

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

/* adadelta: v = rho v + (1-rho) g^2; d = sqrt(u+eps)/sqrt(v+eps) g; u = rho u + (1-rho) d^2; w -= lr d    Zeiler 2012
 * */
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

static double adagrad_start(const qp_optimizer_config *config) { return config->adagrad_start; }

static bool rmsprop_centered(const qp_optimizer_config *config) { return config->rmsprop_centered; }

const qp_rule qp_rule_adagrad = {.states = 1,
                                 .state_name = {"square_sum"},
                                 .prepare = prepare_adagrad,
                                 .update = update_adagrad,
                                 .first_value = adagrad_start};
const qp_rule qp_rule_adadelta = {.states = 2,
                                  .state_name = {"square_mean", "update_square_mean"},
                                  .prepare = prepare_adadelta,
                                  .update = update_adadelta};
const qp_rule qp_rule_rmsprop = {.states = 3,
                                 .state_name = {"square_mean", "momentum", "mean"},
                                 .prepare = prepare_rmsprop,
                                 .update = update_rmsprop,
                                 .last_state = rmsprop_centered};
