#ifndef QP_GEMM_PACKED_H
#define QP_GEMM_PACKED_H

#include "lib/tensor/weight_panels.h"

/* gemm_packed — products with a weight that is packed once and used many times (decoding, the recurrent step), or is
 * stored in rows of 16 or 8 bits (gemm_stored.h). Row r of the result depends on row r of A and on the weight alone, to
 * the bit: never on the number of rows. */

/* qp_gemm_packed — C = beta*C + A W' + bias
 * a     [m, k]
 * bias  [n] or NULL
 * beta  0 (c is not read) or 1
 * c     [m, n], the result; does not overlap a
 * Blocks of columns are tiles, which idle threads of the team share (lib/base/tiles.h). */
void qp_gemm_packed(qp_matrix a, const qp_packed *w, const qp_real *bias, qp_real beta, qp_matrix c);

#endif
