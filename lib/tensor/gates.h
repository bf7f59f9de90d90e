#ifndef QP_GATES_H
#define QP_GATES_H

#include <stddef.h>

#include "lib/base/real.h"

/* gates — one row of a recurrent cell's backward or of additive attention, each in one pass; the vector code is chosen
 * when the process starts (cpu.h). Pointers do not overlap. n is the width of one gate block; the blocks of a row are
 * side by side. */

/* qp_lstm_row_back — a [4n] = i f g o, the activations, becomes the gradient of the sums before them. `before` is
 *   c_{t-1}; dc comes in as dL/dc_t and goes out as dL/dc_{t-1}. With u = tanh(c) and d = dc + dh*o*(1-u^2):
 *   di = d*g*i*(1-i)   df = d*before*f*(1-f)   dg = d*i*(1-g^2)   do = dh*u*o*(1-o)   dc = d*f
 * qp_gru_row_back — a [3n] = r z n, the activations, and s [3n], the products with h_{t-1}, become their gradients.
 *   `before` is h_{t-1}.
 *   dn = dh*(1-z)*(1-n^2)   dz = dh*(before-n)*z*(1-z)   dr = dn*s_n*r*(1-r)   ds = dr dz dn*r   dh_before += dh*z */
void qp_lstm_row_back(size_t n, qp_real *a, const qp_real *before, const qp_real *c, const qp_real *dh, qp_real *dc);
void qp_gru_row_back(size_t n, qp_real *a, qp_real *s, const qp_real *before, const qp_real *dh, qp_real *dh_before);

/* qp_additive_score       sum of energy*tanh(query + key)
 * qp_additive_score_back  for ds = dL/d score, with u = tanh(query + key) and d = ds*energy*(1-u^2):
 *                         d_query += d   d_key += d   d_energy += ds*u; each of the three may be NULL
 * qp_dot                  sum of x*y */
qp_real qp_additive_score(size_t n, const qp_real *query, const qp_real *key, const qp_real *energy);
void qp_additive_score_back(size_t n, const qp_real *query, const qp_real *key, const qp_real *energy, qp_real ds,
                            qp_real *d_query, qp_real *d_key, qp_real *d_energy);
qp_real qp_dot(size_t n, const qp_real *x, const qp_real *y);

#endif
