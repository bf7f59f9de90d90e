/* sign — rules that use the sign of the gradient only: lion, rprop. */

#include "lib/train/rules/update_rule.h"

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

static void prepare_rprop(const qp_optimizer_config *config, int64_t t, double lr, qp_rule_constants *c)
{
    c->rate = (qp_real)lr;
    c->first = t == 1;
    c->shrink = (qp_real)config->rprop_shrink;
    c->grow = (qp_real)config->rprop_grow;
    c->low = (qp_real)config->rprop_min;
    c->high = (qp_real)config->rprop_max;
}

/* rprop: each weight has its own step, lr at first; g' is the last gradient. g g' > 0: step *= grow; g g' < 0: step *=
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

/* The step cannot be kept between bounds in the wrong order. */
static qp_status check_rprop(const qp_optimizer_config *config)
{
    if (config->rprop_min <= config->rprop_max) return QP_OK;
    return qp_fail(QP_EUSAGE, "--rprop-min %g is above --rprop-max %g; give the smaller one to --rprop-min",
                   config->rprop_min, config->rprop_max);
}

const qp_rule qp_rule_lion = {
    .states = 1, .state_name = {"mean"}, .prepare = prepare_lion, .update = update_lion, .decay = QP_DECAY_DECOUPLED};
const qp_rule qp_rule_rprop = {.states = 2,
                               .state_name = {"step", "last_gradient"},
                               .prepare = prepare_rprop,
                               .update = update_rprop,
                               .check = check_rprop};
