#ifndef QP_OPTIMIZER_CONFIG_H
#define QP_OPTIMIZER_CONFIG_H

#include "lib/config/config.h"

/* optimizer_config — the optimizers that can be chosen, and their options.
 *
 * X(id, name, rule): the id in the enum, the name in --optimizer, and the variable qp_rule_<rule> that implements it.
 * */
#define QP_OPTIMIZERS(X)                                                                                               \
    X(QP_SGD, "sgd", sgd)                                                                                              \
    X(QP_MOMENTUM, "momentum", momentum)                                                                               \
    X(QP_NESTEROV, "nesterov", nesterov)                                                                               \
    X(QP_ADAGRAD, "adagrad", adagrad)                                                                                  \
    X(QP_ADADELTA, "adadelta", adadelta)                                                                               \
    X(QP_RMSPROP, "rmsprop", rmsprop)                                                                                  \
    X(QP_ADAM, "adam", adam)                                                                                           \
    X(QP_ADAMW, "adamw", adamw)                                                                                        \
    X(QP_NADAM, "nadam", nadam)                                                                                        \
    X(QP_RADAM, "radam", radam)                                                                                        \
    X(QP_LION, "lion", lion)                                                                                           \
    X(QP_ADAMAX, "adamax", adamax)                                                                                     \
    X(QP_ADABELIEF, "adabelief", adabelief)                                                                            \
    X(QP_YOGI, "yogi", yogi)                                                                                           \
    X(QP_ASGD, "asgd", asgd)                                                                                           \
    X(QP_RPROP, "rprop", rprop)                                                                                        \
    X(QP_SCHEDULE_FREE, "schedule-free", schedule_free)                                                                \
    X(QP_ADAFACTOR, "adafactor", adafactor)                                                                            \
    X(QP_LAMB, "lamb", lamb)                                                                                           \
    X(QP_LARS, "lars", lars)                                                                                           \
    X(QP_MUON, "muon", muon)

/* X(kind, name, default, low, high, choices, help); see lib/config/config.h */
#define QP_OPTIMIZER_FIELDS(X)                                                                                         \
    X(CHOICE, optimizer, "adam", 0, 0, QP_CHOICES(QP_OPTIMIZERS), "rule of the update")                                \
    X(REAL, beta1, "0.9", 0, 0.999999, NULL, "adam family: decay of the mean gradient")                                \
    X(REAL, beta2, "0.98", 0, 0.999999, NULL, "adam family: decay of the mean squared gradient")                       \
    X(REAL, eps, "1e-8", 1e-30, 1, NULL, "adaptive rules: added to the root of the mean square")                       \
    X(BOOL, amsgrad, "false", 0, 0, NULL, "adam, adamw: divide by the largest mean square so far")                     \
    X(REAL, momentum_decay, "0.004", 0, 1, NULL, "nadam: how fast beta1 reaches its value")                            \
    X(REAL, momentum, "0.9", 0, 1, NULL, "momentum, nesterov, lars, muon: momentum")                                   \
    X(REAL, dampening, "0", 0, 1, NULL, "momentum: fraction of the new gradient left out")                             \
    X(REAL, rmsprop_alpha, "0.99", 0, 1, NULL, "rmsprop: decay of the mean squared gradient")                          \
    X(REAL, rmsprop_momentum, "0", 0, 1, NULL, "rmsprop: momentum")                                                    \
    X(BOOL, rmsprop_centered, "false", 0, 0, NULL, "rmsprop: divide by the variance, not the mean square")             \
    X(REAL, adadelta_rho, "0.9", 0, 1, NULL, "adadelta: decay of both mean squares")                                   \
    X(REAL, adagrad_decay, "0", 0, 1e9, NULL, "adagrad: divides the rate by 1 + this * updates")                       \
    X(REAL, adagrad_start, "0", 0, 1e9, NULL, "adagrad: initial sum of squares")                                       \
    X(REAL, weight_decay, "0", 0, 1e9, NULL,                                                                           \
      "L2 on matrices; decoupled with adamw, lion, adafactor, muon; lamb, lars: in the step")                          \
    X(REAL, decoupled_decay, "0", 0, 1e9, NULL, "decoupled decay of matrices with any optimizer")                      \
    X(REAL, asgd_lambda, "1e-4", 0, 1e9, NULL, "asgd: decay of the weights and of the rate")                           \
    X(REAL, asgd_alpha, "0.75", 0, 10, NULL, "asgd: exponent of the decay of the rate")                                \
    X(REAL, rprop_shrink, "0.5", 0, 1, NULL, "rprop: factor of a step whose gradient changed sign")                    \
    X(REAL, rprop_grow, "1.2", 1, 1e9, NULL, "rprop: factor of a step whose gradient did not")                         \
    X(REAL, rprop_min, "1e-6", 0, 1e9, NULL, "rprop: smallest step")                                                   \
    X(REAL, rprop_max, "50", 0, 1e9, NULL, "rprop: largest step")                                                      \
    X(REAL, adafactor_decay, "0.8", 0, 10, NULL, "adafactor: mean squares decay by 1 - updates^-this")                 \
    X(REAL, adafactor_eps, "1e-30", 1e-37, 1, NULL, "adafactor: added to squared gradients")                           \
    X(REAL, adafactor_least, "1e-3", 0, 1e9, NULL, "adafactor: smallest parameter scale that multiplies the rate")     \
    X(REAL, adafactor_clip, "1", 1e-9, 1e30, NULL, "adafactor: largest root mean square of a step")                    \
    X(REAL, lars_trust, "0.001", 0, 1e9, NULL, "lars: trust coefficient")                                              \
    X(BOOL, muon_nesterov, "true", 0, 0, NULL, "muon: Nesterov momentum")                                              \
    X(INT, muon_steps, "5", 0, 100, NULL, "muon: Newton-Schulz iterations")                                            \
    X(INT, lookahead, "0", 0, 1000000, NULL, "any optimizer: updates between lookahead steps; 0: off")                 \
    X(REAL, lookahead_alpha, "0.5", 0, 1, NULL, "lookahead: step size of the slow weights")                            \
    X(REAL, l1, "0", 0, 1e9, NULL, "L1 penalty: adds this * sign(weight) to the gradient")                             \
    X(REAL, l2, "0", 0, 1e9, NULL, "L2 penalty of matrices, any optimizer: adds this * weight to the gradient")        \
    X(REAL, clip_norm, "0", 0, 1e30, NULL, "scale gradients whose global norm is larger; 0: off")                      \
    X(REAL, clip_value, "0", 0, 1e30, NULL, "clamp every gradient to +- this; 0: off")                                 \
    X(REAL, max_norm, "0", 0, 1e30, NULL, "scale rows of matrices whose norm is larger; 0: off")                       \
    X(REAL, ema, "0", 0, 0.9999999, NULL, "decay of an exponential moving average of the weights; 0: off")

typedef struct {
    QP_OPTIMIZER_FIELDS(QP_FIELD_DECLARE)
} qp_optimizer_config;

enum { QP_OPTIMIZERS(QP_CHOICE_ID) QP_OPTIMIZER_COUNT };

extern const qp_field_table qp_optimizer_fields;

#endif
