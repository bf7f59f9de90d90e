#ifndef QP_CELL_POSITIVE_H
#define QP_CELL_POSITIVE_H

#include <stddef.h>

#include "lib/tensor/pointwise.h"

/* cell_positive — the positive function of min_gru and min_lstm:  g(a) = a + 1/2 if a >= 0, else sigmoid(a)
 * qp_cell_positive        s = g(s), in place; scratch [n]
 * qp_cell_positive_slope  g'(a), computed from g(a): both pieces meet at g = 1/2 */
static inline void qp_cell_positive(size_t n, qp_real *s, qp_real *scratch)
{
    qp_activate(QP_SIGMOID, n, s, 0, scratch);
    for (size_t k = 0; k < n; k++) s[k] = s[k] >= 0 ? s[k] + (qp_real)0.5 : scratch[k];
}

static inline qp_real qp_cell_positive_slope(qp_real g) { return g >= (qp_real)0.5 ? 1 : g * (1 - g); }

#endif
