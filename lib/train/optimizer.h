#ifndef QP_OPTIMIZER_H
#define QP_OPTIMIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/config/config.h"
#include "lib/base/real.h"
#include "lib/base/status.h"

/* optimizer — one update of a flat block of weights from a flat block of gradients.
 *
 * Works on flat blocks and a table of spans, so that it knows neither models nor tapes. The blocks are cut into fixed
 * tiles; threads share the tiles, sums over tiles run in tile order: the bits do not depend on the number of threads.
 * X(kind, name, default, low, high, choices, help); see base/config.h */
#define QP_OPTIMIZER_FIELDS(X)                                                                                         \
    X(CHOICE, optimizer, "adam", 0, 0,                                                                                 \
      "sgd, momentum, nesterov, adagrad, adadelta, rmsprop, adam, adamw, nadam, radam, lion, adamax, adabelief, "      \
      "yogi, asgd, rprop, schedule-free, adafactor, lamb, lars, muon",                                                 \
      "rule of the update")                                                                                            \
    X(REAL, beta1, "0.9", 0, 0.999999, NULL, "adam family: memory of the mean gradient")                               \
    X(REAL, beta2, "0.98", 0, 0.999999, NULL, "adam family: memory of the mean squared gradient")                      \
    X(REAL, eps, "1e-8", 1e-30, 1, NULL, "adaptive rules: added to the root of the mean square")                       \
    X(BOOL, amsgrad, "false", 0, 0, NULL, "adam, adamw: divide by the largest mean square so far")                     \
    X(REAL, momentum_decay, "0.004", 0, 1, NULL, "nadam: how fast beta1 reaches its value")                            \
    X(REAL, momentum, "0.9", 0, 1, NULL, "momentum, nesterov, lars, muon: memory of the past updates")                 \
    X(REAL, dampening, "0", 0, 1, NULL, "momentum: share of the new gradient left out")                                \
    X(REAL, rmsprop_alpha, "0.99", 0, 1, NULL, "rmsprop: memory of the mean squared gradient")                         \
    X(REAL, rmsprop_momentum, "0", 0, 1, NULL, "rmsprop: memory of the past updates")                                  \
    X(BOOL, rmsprop_centered, "false", 0, 0, NULL, "rmsprop: divide by the variance, not the mean square")             \
    X(REAL, adadelta_rho, "0.9", 0, 1, NULL, "adadelta: memory of both mean squares")                                  \
    X(REAL, adagrad_decay, "0", 0, 1e9, NULL, "adagrad: rate divided by 1 + this * updates")                           \
    X(REAL, adagrad_start, "0", 0, 1e9, NULL, "adagrad: initial sum of squares")                                       \
    X(REAL, weight_decay, "0", 0, 1e9, NULL,                                                                           \
      "L2 on matrices; decoupled with adamw, lion, adafactor, muon; lamb, lars: in the step")                          \
    X(REAL, decoupled_decay, "0", 0, 1e9, NULL, "decoupled decay of matrices with any optimizer")                      \
    X(REAL, asgd_lambda, "1e-4", 0, 1e9, NULL, "asgd: decay of the weights, and of the rate with the updates")         \
    X(REAL, asgd_alpha, "0.75", 0, 10, NULL, "asgd: power of the decay of the rate")                                   \
    X(REAL, rprop_shrink, "0.5", 0, 1, NULL, "rprop: factor of a step whose gradient turned")                          \
    X(REAL, rprop_grow, "1.2", 1, 1e9, NULL, "rprop: factor of a step whose gradient did not")                         \
    X(REAL, rprop_min, "1e-6", 0, 1e9, NULL, "rprop: smallest step")                                                   \
    X(REAL, rprop_max, "50", 0, 1e9, NULL, "rprop: largest step")                                                      \
    X(REAL, adafactor_decay, "0.8", 0, 10, NULL, "adafactor: mean squares remember 1 - updates^-this")                 \
    X(REAL, adafactor_eps, "1e-30", 1e-37, 1, NULL, "adafactor: added to squared gradients")                           \
    X(REAL, adafactor_least, "1e-3", 0, 1e9, NULL, "adafactor: least size of a parameter its rate is relative to")     \
    X(REAL, adafactor_clip, "1", 1e-9, 1e30, NULL, "adafactor: largest root mean square of a step")                    \
    X(REAL, lars_trust, "0.001", 0, 1e9, NULL, "lars: share of its norm a parameter moves by")                         \
    X(BOOL, muon_nesterov, "true", 0, 0, NULL, "muon: look ahead by the momentum")                                     \
    X(INT, muon_steps, "5", 0, 100, NULL, "muon: iterations that make the step orthogonal")                            \
    X(INT, lookahead, "0", 0, 1000000, NULL, "any rule: every so many updates go back to slow weights; 0: off")        \
    X(REAL, lookahead_alpha, "0.5", 0, 1, NULL, "lookahead: share of the way the slow weights follow")                 \
    X(REAL, l1, "0", 0, 1e9, NULL, "L1 penalty: this * sign(weight) joins the gradient")                               \
    X(REAL, l2, "0", 0, 1e9, NULL, "L2 penalty of matrices with any optimizer: this * weight joins the gradient")      \
    X(REAL, clip_norm, "0", 0, 1e30, NULL, "scale gradients whose global norm is larger; 0: off")                      \
    X(REAL, clip_value, "0", 0, 1e30, NULL, "clamp every gradient to +- this; 0: off")                                 \
    X(REAL, max_norm, "0", 0, 1e30, NULL, "scale rows of matrices whose norm is larger; 0: off")                       \
    X(REAL, ema, "0", 0, 0.9999999, NULL, "keep an exponential mean of the weights with this memory; 0: off")

typedef struct {
    QP_OPTIMIZER_FIELDS(QP_FIELD_DECLARE)
} qp_optimizer_config;

enum {
    QP_SGD,
    QP_MOMENTUM,
    QP_NESTEROV,
    QP_ADAGRAD,
    QP_ADADELTA,
    QP_RMSPROP,
    QP_ADAM,
    QP_ADAMW,
    QP_NADAM,
    QP_RADAM,
    QP_LION,
    QP_ADAMAX,
    QP_ADABELIEF,
    QP_YOGI,
    QP_ASGD,
    QP_RPROP,
    QP_SCHEDULE_FREE,
    QP_ADAFACTOR, /* from here on: rules of whole parameters */
    QP_LAMB,
    QP_LARS,
    QP_MUON,
    QP_OPTIMIZER_COUNT
};

extern const qp_field_table qp_optimizer_fields;

/* One parameter [rows, columns] inside the flat block; what lies between spans is never read or written. */
typedef struct {
    size_t offset;
    int rows, columns;
    bool decay;  /* weight decay and decoupled decay apply */
    bool matrix; /* max_norm applies to its rows */
    bool frozen; /* neither updated nor counted in the norm */
} qp_optimizer_span;

typedef struct qp_optimizer qp_optimizer;

/* qp_optimizer_new — an optimizer for a block of `size` reals with `count` spans (copied).
 * Memory  one block of `size` reals per state of the rule (adam: 2), one more with ema, with lookahead; adafactor
 *         reserves a block, but touches rows + columns reals of each matrix alone; muon takes up to four times its
 *         largest matrix beside.
 * Errors  QP_EMEMORY; QP_EBUG for a span outside the block; QP_EUSAGE for options that schedule-free cannot have. */
qp_status qp_optimizer_new(const qp_optimizer_config *config, size_t size, const qp_optimizer_span *span, int count,
                           qp_optimizer **optimizer);
void qp_optimizer_free(qp_optimizer *optimizer);

/* qp_optimizer_step — update number t = 1, 2, ... in this order, options that are 0 are off:
 *   g = scale * (gradient[0] + gradient[1])          the last sum of the shards' tree is taken here
 *   g += l1 * sign(w)
 *   norm = sqrt(sum g^2)                             over all spans not frozen, in double
 *   clip_norm: g *= min(1, clip_norm/(norm + 1e-6))  clip_value: g = clamp(g)
 *   decoupled decay: w *= 1 - lr*decay               l2: g += l2*w
 *   weight_decay: as l2, or as the rule has it
 *   the rule (update_rules.c)
 *   max_norm: rows of matrices with a larger norm are scaled to it
 *   lookahead: after every k-th update slow += alpha*(w - slow), w = slow; slow starts as the weights before the first
 *   ema = ema_decay*ema + (1 - ema_decay)*w          ema starts as the weights before the first update
 * weight, gradient[i]  flat blocks of `size` reals; count 1 or 2
 * norm      receives the norm before clipping; may be NULL
 * threads   workers, exactly as given; the result does not depend on it
 * returns   QP_EDATA when the norm is not finite: with clip_norm the weights are untouched, without it they are not
 * Source    lookahead: Zhang et al. 2019
 * Cost      clipping by norm reads the gradients twice; everything else is one pass. */
qp_status qp_optimizer_step(qp_optimizer *optimizer, qp_real *weight, const qp_real *const *gradient, int count,
                            double scale, double lr, int threads, double *norm);

/* What a checkpoint keeps: the number of updates done and the state blocks (moments; slow weights, if any;
 * last the ema, if any), named. qp_optimizer_mean — the weights to validate and keep: ema, or the average of schedule-free;
 * NULL: those that are trained. */
int64_t qp_optimizer_updates(const qp_optimizer *optimizer);
void qp_optimizer_set_updates(qp_optimizer *optimizer, int64_t updates);
int qp_optimizer_states(const qp_optimizer *optimizer);
const char *qp_optimizer_state_name(const qp_optimizer *optimizer, int index);
qp_real *qp_optimizer_state(qp_optimizer *optimizer, int index);
size_t qp_optimizer_size(const qp_optimizer *optimizer);
qp_real *qp_optimizer_mean(qp_optimizer *optimizer);

#endif
