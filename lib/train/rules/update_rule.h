#ifndef QP_UPDATE_RULE_H
#define QP_UPDATE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/real.h"
#include "lib/base/status.h"
#include "lib/train/rules/optimizer_config.h"

/* update_rule — the interface of an update rule: what one update does to the weights, given the final gradient.
 *
 * Each family of rules is a file of this folder; optimizer.c does what all rules share (clipping, penalties, decoupled
 * decay, lookahead, EMA). Most rules are elementwise (`update`: n consecutive weights). Rules that need norms or
 * products of a whole parameter have `update_span` instead: adafactor.c, trust_ratio.c, muon.c. */

#ifdef QP_DOUBLE
#define QP_ROOT sqrt
#define QP_ABS fabs
#else
#define QP_ROOT sqrtf
#define QP_ABS fabsf
#endif

enum { QP_RULE_STATES_MAX = 3, QP_RULE_CHUNK = 2048 };

/* One parameter [rows, columns] in the flat block of weights; the gaps between spans are never read or written. */
typedef struct {
    size_t offset;
    int rows, columns;
    bool decay;  /* weight decay and decoupled decay apply */
    bool matrix; /* max_norm applies to its rows; muon orthogonalises its step */
    bool frozen; /* neither updated nor counted in the norm */
    double rate; /* factor on the learning rate; 0 means 1 */
} qp_optimizer_span;

/* Constants of one update, the same for all weights; computed once, in double. */
typedef struct {
    qp_real rate, momentum, fresh; /* step size; decay of m; weight of the new gradient in m */
    qp_real beta2, epsilon;
    qp_real v_scale;                 /* sqrt(v) * v_scale: bias correction of v */
    qp_real gradient_rate;           /* nadam: rate of the gradient itself */
    qp_real keep;                    /* asgd: factor of the weight */
    qp_real shrink, grow, low, high; /* rprop */
    bool first;                      /* rprop: the first update */
    bool rectified;                  /* radam: divide by sqrt(v) */
    bool amsgrad, centered;
} qp_rule_constants;

typedef void qp_rule_update(const qp_rule_constants *c, size_t n, const qp_real *g, qp_real *const *state, qp_real *w);

/* Update number t = 1, 2, ... of one parameter.
 * gradient  writes the final gradients of the n weights from index `at` of the flat block to g
 * state     this parameter's part of each state block;   weight  its part of the weights
 * row_sums  2*rows doubles;   scratch  as many reals as the rule's `scratch` returns
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

/* What weight_decay does: adds to the gradient (L2); shrinks the weights first; is part of the rule's own equation. */
typedef enum { QP_DECAY_L2, QP_DECAY_DECOUPLED, QP_DECAY_INSIDE } qp_decay_kind;

typedef struct {
    int states;
    const char *state_name[QP_RULE_STATES_MAX];
    void (*prepare)(const qp_optimizer_config *config, int64_t t, double lr, qp_rule_constants *c);
    qp_rule_update *update;
    qp_span_rule *update_span;
    qp_status (*check)(const qp_optimizer_config *config); /* refuses options the rule cannot have; NULL: takes all */
    bool (*last_state)(const qp_optimizer_config *config); /* whether the last state is used; NULL: always */
    double (*first_value)(const qp_optimizer_config *config); /* initial value of state 0; NULL: 0 */
    size_t (*scratch)(const qp_optimizer_span *span);         /* reals that update_span needs; NULL: none */
    qp_decay_kind decay;
    bool sparse_state; /* most of the state blocks is never touched */
    bool from_weights; /* the states start as the weights; state 0 is the model that is validated and saved */
} qp_rule;

/* One qp_rule for each optimizer. */
#define QP_RULE_DECLARE(id, text, symbol) extern const qp_rule qp_rule_##symbol;
QP_OPTIMIZERS(QP_RULE_DECLARE)

#endif
