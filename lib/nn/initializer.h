#ifndef QP_INITIALIZER_H
#define QP_INITIALIZER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/real.h"

/* initializer — the first values of weights. fan_in = columns, fan_out = rows of a weight [out, in] unless a kernel
 * width multiplies both.
 *   XAVIER  std = gain*sqrt(2/(fan_in+fan_out))    HE  std = gain*sqrt(2/fan_in)    LECUN  std = gain*sqrt(1/fan_in)
 *           each either uniform on +-sqrt(3)*std or normal with mean 0
 *   NORMAL  std = gain      UNIFORM on +-gain      CONSTANT = gain
 *   FORGET_a_OF_b = gain in part a of b equal parts of the columns, 0 elsewhere: the bias of an LSTM's gates
 *           (Jozefowicz et al. 2015)
 *   ORTHOGONAL  W W' = gain^2 I if rows <= columns, else W' W = gain^2 I
 * Sources  Glorot & Bengio 2010; He et al. 2015; LeCun et al. 1998; Saxe et al. 2014. */
typedef enum {
    QP_INIT_CONSTANT,
    QP_INIT_UNIFORM,
    QP_INIT_NORMAL,
    QP_INIT_XAVIER_UNIFORM,
    QP_INIT_XAVIER_NORMAL,
    QP_INIT_HE_UNIFORM,
    QP_INIT_HE_NORMAL,
    QP_INIT_LECUN_UNIFORM,
    QP_INIT_LECUN_NORMAL,
    QP_INIT_ORTHOGONAL,
    QP_INIT_FORGET_2_OF_4,
    QP_INIT_FORGET_1_OF_3,
    QP_INIT_FORGET_2_OF_3
} qp_init_kind;
typedef struct {
    qp_init_kind kind;
    double gain;
} qp_init;

/* qp_init_is_vector — a first value that only vectors have (biases, gains): constant, or constant in parts.
 * qp_init_fill — draw value [rows, columns] by `init` from the random numbers of `key`.
 * qp_init_deviation — the standard deviation it draws with (0 for constant and orthogonal). */
bool qp_init_is_vector(qp_init init);
void qp_init_fill(qp_init init, int rows, int columns, int fan_in, int fan_out, uint64_t key, qp_real *value);
double qp_init_deviation(qp_init init, int fan_in, int fan_out);

#endif
