#ifndef QP_POINTWISE_H
#define QP_POINTWISE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/tensor/kernels/kernel_types.h"

/* pointwise — vector kernels over n elements; the vector code is chosen when the process starts (cpu.h). Pointers may
 * be equal (in place) but not overlap otherwise; no alignment is needed. */

/* qp_activate       y = f(x)
 * qp_activate_back  dx = beta*dx + dy*f'(x), from x and y = f(x); f'(0) is 0 for relu and `slope` for leaky relu
 *   sigmoid 1/(1+e^-x)  tanh  relu max(x,0)  leaky_relu x<0 ? slope*x : x  elu x<0 ? slope*(e^x-1) : x
 *   softplus log(1+e^x)  gelu x*Phi(x) (erf)  gelu_tanh 0.5x(1+tanh(sqrt(2/pi)(x+0.044715x^3)))  silu x*sigmoid(x)
 * x         may be NULL for identity, relu, leaky_relu, sigmoid and tanh, whose derivative is computed from y
 * Accuracy  over the whole float range, relative error below 4e-7 (gelu 6e-7; gelu_tanh for x < -1: 2e-5) where the
 *           result is above 1e-36 in size; smaller results may be 0 */
void qp_activate(qp_activation_kind kind, size_t n, const qp_real *x, qp_real slope, qp_real *y);
void qp_activate_back(qp_activation_kind kind, size_t n, const qp_real *x, const qp_real *y, qp_real slope,
                      const qp_real *dy, qp_real beta, qp_real *dx);

/* qp_activation_slope — the slope of leaky relu (0.01) and elu (1) where no option gives one. */
qp_real qp_activation_slope(qp_activation_kind kind);

/* qp_scale_add     y = alpha*x + beta*y
 * qp_multiply_add  z = x*y + beta*z          with beta 0 the result is not read */
void qp_scale_add(size_t n, qp_real alpha, const qp_real *x, qp_real beta, qp_real *y);
void qp_multiply_add(size_t n, const qp_real *x, const qp_real *y, qp_real beta, qp_real *z);

/* qp_sum_squares — sum of x_i^2 in double, in a fixed order. */
double qp_sum_squares(size_t n, const qp_real *x);

/* qp_dropout_apply — y_i = beta*y_i + (keep(i) ? x_i/(1-rate) : 0), keep(i) a pure function of key and first + i,
 * P(keep) = 1 - rate. The backward is the same call: no mask is stored. The mask is the same at every
 * level of cpu.h. */
void qp_dropout_apply(size_t n, uint64_t key, uint64_t first, qp_real rate, const qp_real *x, qp_real beta, qp_real *y);

/* qp_adam_update — one fused pass over n elements: gradient g (already scaled), moments m, v, weight w
 *   g += l2*w;  m = b1 m + (1-b1) g;  v = b2 v + (1-b2) g^2;  w = w*(1 - lr*decay) - rate * m / (sqrt(v)*v_scale + eps)
 * rate = lr/(1-b1^t), v_scale = 1/sqrt(1-b2^t), both computed by the caller in double.
 * Source  Kingma & Ba 2015; decoupled decay: Loshchilov & Hutter 2019 */
void qp_adam_update(size_t n, const qp_adam_constants *c, const qp_real *g, qp_real *m, qp_real *v, qp_real *w);

#endif
