#ifndef QP_OP_OVERLAP_H
#define QP_OP_OVERLAP_H

#include "lib/grad/tape.h"

/* qp_attention_overlap — y = sum of min(a, b) over all elements: how much of the attention a goes where attention went
 * before, b
 * a, b     [rows, columns] without gaps
 * returns  [1, 1]; where a = b each receives half of the gradient
 * Errors   QP_ESHAPE, QP_EMEMORY, remembered by the tape.
 * Source   coverage loss: See et al. 2017, "Get To The Point". */
qp_tensor qp_attention_overlap(qp_tape *tape, qp_tensor a, qp_tensor b);

#endif
