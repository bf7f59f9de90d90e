#ifndef QP_OP_LOSS_NCE_H
#define QP_OP_LOSS_NCE_H

#include "lib/grad/tape.h"

/* qp_info_nce — row r of a should be more similar to row r of b than to any other row of b, and the other way round
 *   s = unit(a) unit(b)' / temperature, unit(x): rows of length 1, a row of zeros stays
 *   loss = mean over r of -(log softmax(row r of s)_r + log softmax(column r of s)_r)/2
 * a, b         [rows, columns]; both receive gradients
 * temperature  above 0
 * returns      [1, 1]
 * Memory   rows^2 + 2*rows*columns reals on the tape.
 * Errors   QP_ESHAPE, QP_EMEMORY, remembered by the tape.
 * Source   van den Oord et al. 2018; both directions: Radford et al. 2021. */
qp_tensor qp_info_nce(qp_tape *tape, qp_tensor a, qp_tensor b, qp_real temperature);

#endif
