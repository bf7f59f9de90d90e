#ifndef QP_INITIALIZER_H
#define QP_INITIALIZER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/real.h"
#include "lib/config/config.h"

/* initializer — the first values of weights. fan_in = columns, fan_out = rows of a weight [out, in].
 *   XAVIER      std = gain*sqrt(2/(fan_in+fan_out))     uniform on +-sqrt(3)*std, or normal with mean 0
 *   HE          std = gain*sqrt(2/fan_in)               likewise
 *   LECUN       std = gain*sqrt(1/fan_in)               likewise
 *   NORMAL      std = gain        UNIFORM  on +-gain        CONSTANT  = gain
 *   GATE        = gain in gate `gate` of `gates` equal parts of the columns, 0 elsewhere: the bias of an LSTM's gates
 *   LOG_COUNT   = log(1 + column)    STEP_SIZE  softplus of it is log-uniform on 0.001 .. 0.1: both for nn/mamba.h
 *   ORTHOGONAL  W W' = gain^2 I if rows <= columns, else W' W = gain^2 I
 * Sources  Glorot & Bengio 2010; He et al. 2015; LeCun et al. 1998; Saxe et al. 2014; gates: Jozefowicz et al. 2015. */
#define QP_INITS(X)                                                                                                    \
    X(QP_INIT_UNIFORM, "uniform")                                                                                      \
    X(QP_INIT_NORMAL, "normal")                                                                                        \
    X(QP_INIT_XAVIER_UNIFORM, "xavier-uniform")                                                                        \
    X(QP_INIT_XAVIER_NORMAL, "xavier-normal")                                                                          \
    X(QP_INIT_HE_UNIFORM, "he-uniform")                                                                                \
    X(QP_INIT_HE_NORMAL, "he-normal")                                                                                  \
    X(QP_INIT_LECUN_UNIFORM, "lecun-uniform")                                                                          \
    X(QP_INIT_LECUN_NORMAL, "lecun-normal")                                                                            \
    X(QP_INIT_ORTHOGONAL, "orthogonal")
typedef enum {
    QP_INIT_CONSTANT,
    QP_INITS(QP_CHOICE_ID) QP_INIT_GATE,
    QP_INIT_LOG_COUNT,
    QP_INIT_STEP_SIZE
} qp_init_kind;

typedef struct {
    qp_init_kind kind;
    double gain;
    int gates, gate; /* of QP_INIT_GATE */
} qp_init;

/* qp_init_constant — every weight has this value. */
static inline qp_init qp_init_constant(double value) { return (qp_init){.kind = QP_INIT_CONSTANT, .gain = value}; }

/* qp_init_is_vector — true for the kinds of biases and gains, constant or constant by gate, and of the rates of a
 *   scan. */
bool qp_init_is_vector(qp_init init);

/* qp_init_fill — draw value [rows, columns] from the random numbers of `key`. */
void qp_init_fill(qp_init init, int rows, int columns, int fan_in, int fan_out, uint64_t key, qp_real *value);

/* qp_init_deviation — the standard deviation of what is drawn; 0 for constant, gate and orthogonal. */
double qp_init_deviation(qp_init init, int fan_in, int fan_out);

#endif
