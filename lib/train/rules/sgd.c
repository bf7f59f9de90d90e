/* sgd — stochastic gradient descent: plain, with momentum, Nesterov, ASGD. */

#include <math.h>

#include "lib/tensor/pointwise.h"
#include "lib/train/rules/update_rule.h"

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

/* The first gradient enters m undampened. */
static void prepare_momentum(const qp_optimizer_config *config, int64_t t, double lr, qp_rule_constants *c)
{
    c->rate = (qp_real)lr;
    c->momentum = (qp_real)config->momentum;
    c->fresh = t == 1 ? 1 : (qp_real)(1 - config->dampening);
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

static void prepare_nesterov(const qp_optimizer_config *config, int64_t t, double lr, qp_rule_constants *c)
{
    (void)t;
    c->rate = (qp_real)lr;
    c->momentum = (qp_real)config->momentum;
}

/* nesterov: m = momentum*m + g; w -= lr (g + momentum*m)                                       Sutskever et al. 2013 */
static void update_nesterov(const qp_rule_constants *c, size_t n, const qp_real *g, qp_real *const *state, qp_real *w)
{
    qp_real *m = state[0];
    for (size_t i = 0; i < n; i++) {
        m[i] = c->momentum * m[i] + g[i];
        w[i] -= c->rate * (g[i] + c->momentum * m[i]);
    }
}

static void prepare_asgd(const qp_optimizer_config *config, int64_t t, double lr, qp_rule_constants *c)
{
    double rate = lr / pow(1 + config->asgd_lambda * lr * (double)(t - 1), config->asgd_alpha);
    c->rate = (qp_real)rate;
    c->keep = (qp_real)(1 - config->asgd_lambda * rate);
}

/* asgd: eta = lr/(1 + lambda lr (t-1))^alpha; w = w (1 - lambda eta) - eta g
 * Polyak & Juditsky 1992, Bottou 2010; use --ema for the average of the weights. */
static void update_asgd(const qp_rule_constants *c, size_t n, const qp_real *g, qp_real *const *state, qp_real *w)
{
    (void)state;
    qp_scale_add(n, -c->rate, g, c->keep, w);
}

const qp_rule qp_rule_sgd = {.prepare = prepare_plain, .update = update_sgd};
const qp_rule qp_rule_momentum = {
    .states = 1, .state_name = {"momentum"}, .prepare = prepare_momentum, .update = update_momentum};
const qp_rule qp_rule_nesterov = {
    .states = 1, .state_name = {"momentum"}, .prepare = prepare_nesterov, .update = update_nesterov};
const qp_rule qp_rule_asgd = {.prepare = prepare_asgd, .update = update_asgd};
