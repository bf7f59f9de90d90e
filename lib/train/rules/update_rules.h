#ifndef QP_UPDATE_RULES_H
#define QP_UPDATE_RULES_H

#include <stddef.h>
#include <stdint.h>

#include "lib/train/optimizer.h"

/* update_rules — the rules themselves: what one update does, given the final gradient. One row per rule; optimizer.c
 * does everything the rules have in common. Most rules know single weights (`update`: n consecutive ones); those that
 * need norms or products of a whole parameter have `update_span` instead: adafactor.c, rules_norm.c, muon.c. */

#ifdef QP_DOUBLE
#define QP_ROOT sqrt
#define QP_ABS fabs
#else
#define QP_ROOT sqrtf
#define QP_ABS fabsf
#endif

enum { QP_RULE_STATES_MAX = 3, QP_RULE_CHUNK = 2048 };

/* What is the same for all weights of one update; computed once, in double. */
typedef struct {
    qp_real rate, momentum, fresh; /* step size; memory of m; weight of the new gradient in m */
    qp_real beta2, epsilon;
    qp_real v_scale;                 /* sqrt(v) * v_scale: bias correction of v */
    qp_real gradient_rate;           /* nadam: share of the gradient itself */
    qp_real keep;                    /* asgd: of the weight */
    qp_real shrink, grow, low, high; /* rprop */
    bool first;                      /* rprop: the first update */
    bool rectified;                  /* radam: divide by sqrt(v) */
    bool amsgrad, centered;
} qp_rule_constants;

typedef void qp_rule_update(const qp_rule_constants *c, size_t n, const qp_real *g, qp_real *const *state, qp_real *w);

/* One update of one parameter, number t = 1, 2, ...
 * gradient  puts the final gradients of n weights from place `at` of the flat block into g
 * state     the parameter's stretch of each state block;   weight  of the weights
 * row_sums  2*rows doubles;   scratch  what the rule's `scratch` asks for
 * The bits must not depend on `threads`. */
typedef struct {
    const qp_optimizer_config *config;
    const qp_optimizer_span *span;
    int64_t t;
    double lr;
    void (*gradient)(const void *context, size_t at, size_t n, bool decay, qp_real *g);
    const void *context;
    qp_real *state[QP_RULE_STATES_MAX];
    qp_real *weight;
    double *row_sums;
    qp_real *scratch;
    int threads;
} qp_span_update;

typedef void qp_span_rule(const qp_span_update *u);

/* What weight_decay means: joins the gradient; shrinks the weights first; is in the rule's own equation. */
typedef enum { QP_DECAY_L2, QP_DECAY_DECOUPLED, QP_DECAY_INSIDE } qp_decay_kind;

typedef struct {
    int states;
    const char *state_name[QP_RULE_STATES_MAX];
    void (*prepare)(const qp_optimizer_config *config, int64_t t, double lr, qp_rule_constants *c);
    qp_rule_update *update;
    qp_span_rule *update_span;
    size_t (*scratch)(const qp_optimizer_span *span); /* reals that update_span needs; NULL: none */
    qp_decay_kind decay;
    bool sparse_state; /* most of the state blocks is never touched */
    bool from_weights; /* the states start as the weights; the first one is the model */
} qp_rule;

/* qp_rule_of — the row of config->optimizer; *states is how many of its states this configuration uses.
 * The others are the rows that have files of their own. */
const qp_rule *qp_rule_of(const qp_optimizer_config *config, int *states);
extern const qp_rule qp_rule_adam, qp_rule_adamw, qp_rule_nadam, qp_rule_radam, qp_rule_lion, qp_rule_adamax,
    qp_rule_adabelief, qp_rule_yogi, qp_rule_adafactor, qp_rule_lamb, qp_rule_lars, qp_rule_muon;

#endif
