#ifndef QP_OP_POOL_H
#define QP_OP_POOL_H

#include "lib/grad/window.h"

/* qp_pool — the largest or the mean element of every column in each frame of a window (window.h)
 * qp_pool_sequence — the same with each whole sequence as one frame
 *   QP_POOL_MAX   padding is ignored; of equal elements the first receives the gradient
 *   QP_POOL_MEAN  the sum divided by the number of real rows in the frame or, with count_padding, by the window's size
 * A frame without a real row gives 0.
 * x        [rows, columns];  s its sequences
 * frames   receives the sequences of the result, in the tape's memory; may be NULL
 * returns  [frames, columns]; qp_pool_sequence: [sequences, columns]
 * Memory   the output; QP_POOL_MAX: also one integer per element.
 * Errors   QP_ESHAPE, QP_EMEMORY, remembered by the tape. */
typedef enum { QP_POOL_MAX, QP_POOL_MEAN } qp_pool_kind;
qp_tensor qp_pool(qp_tape *tape, qp_tensor x, qp_sequences s, qp_pool_kind kind, const qp_window *window,
                  bool count_padding, qp_sequences *frames);
qp_tensor qp_pool_sequence(qp_tape *tape, qp_tensor x, qp_sequences s, qp_pool_kind kind);

#endif
