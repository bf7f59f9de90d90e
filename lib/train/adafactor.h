#ifndef QP_ADAFACTOR_H
#define QP_ADAFACTOR_H

#include "lib/train/optimizer.h"

/* adafactor — the rule that keeps the mean squares of a matrix's gradients as one number a row and one a column
 *   b = 1 - t^-0.8                                     s = g^2 + 1e-30
 *   R_i = b R_i + (1-b) mean_j s_ij                    C_j = b C_j + (1-b) mean_i s_ij
 *   u_ij = g_ij / sqrt(R_i C_j / mean_i R_i)           vectors: v = b v + (1-b) s, u = g / sqrt(v)
 *   u = u / max(1, rms(u))                             w -= lr * max(1e-3, rms(w)) * u
 * Without a mean gradient. A rule of whole matrices, not of single weights, hence apart from update_rules.
 * Source  Shazeer & Stern 2018. */

/* What the rule reads: the final gradient (clipped, decayed) of n weights from place `at` of the flat block. */
typedef void qp_adafactor_gradient(const void *context, size_t at, size_t n, bool decay, qp_real *g);

/* qp_adafactor_update — update number t of one parameter.
 * state    the parameter's stretch of the state block: a matrix's R [rows] then C [columns]; a vector's v
 * weight   the parameter's stretch of the weights
 * scratch  2*rows doubles
 * The bits do not depend on `threads`. */
void qp_adafactor_update(const qp_optimizer_span *span, int64_t t, double lr, qp_adafactor_gradient *gradient,
                         const void *context, qp_real *state, qp_real *weight, double *scratch, int threads);

#endif
