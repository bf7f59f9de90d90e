/* schedule_free — z -= lr g;  x += (z - x)/t;  w = (1-b1) z + b1 x
 * Gradients are taken at w; x is the model. z and x start as w.
 * Source  Defazio et al. 2024, "The Road Less Scheduled". */

#include "lib/train/rules/update_rule.h"

static void prepare_schedule_free(const qp_optimizer_config *config, int64_t t, double lr, qp_rule_constants *c)
{
    c->rate = (qp_real)lr;
    c->momentum = (qp_real)config->beta1;
    c->fresh = (qp_real)(1 / (double)t);
}

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

/* The rule recomputes the weights from its states, so EMA, lookahead, max-norm and decoupled decay would be lost. */
static qp_status check_schedule_free(const qp_optimizer_config *c)
{
    if (c->ema <= 0 && c->lookahead <= 0 && c->max_norm <= 0 && c->decoupled_decay <= 0) return QP_OK;
    return qp_fail(QP_EUSAGE, "--optimizer schedule-free cannot be combined with --ema, --lookahead, --max-norm or "
                              "--decoupled-decay; leave them out (--weight-decay is allowed)");
}

const qp_rule qp_rule_schedule_free = {.states = 2,
                                       .state_name = {"average", "fast"},
                                       .prepare = prepare_schedule_free,
                                       .update = update_schedule_free,
                                       .check = check_schedule_free,
                                       .from_weights = true};
