#ifndef QP_UPDATE_RULES_H
#define QP_UPDATE_RULES_H

#include <stddef.h>
#include <stdint.h>

#include "lib/train/optimizer.h"

/* update_rules — the rules themselves: what one update does to n consecutive weights, given the final gradient. One
 * row of the table per rule; optimizer.c does everything the rules have in common. */

enum { QP_RULE_STATES_MAX = 3 };

/* What is the same for all weights of one update; computed once, in double. */
typedef struct {
    qp_real rate, momentum, fresh; /* step size; memory of m; weight of the new gradient in m */
    qp_real beta2, epsilon;
    qp_real v_scale;       /* sqrt(v) * v_scale: bias correction of v */
    qp_real gradient_rate; /* nadam: share of the gradient itself */
    bool rectified;        /* radam: divide by sqrt(v) */
    bool amsgrad, centered;
} qp_rule_constants;

typedef void qp_rule_update(const qp_rule_constants *c, size_t n, const qp_real *g, qp_real *const *state, qp_real *w);

typedef struct {
    int states;
    const char *state_name[QP_RULE_STATES_MAX];
    void (*prepare)(const qp_optimizer_config *config, int64_t t, double lr, qp_rule_constants *c);
    qp_rule_update *update;
} qp_rule;

/* qp_rule_of — the row of config->optimizer; *states is how many of its states this configuration uses. */
const qp_rule *qp_rule_of(const qp_optimizer_config *config, int *states);

#endif
