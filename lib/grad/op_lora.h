#ifndef QP_OP_LORA_H
#define QP_OP_LORA_H

#include "lib/grad/tape.h"

/* qp_lora — a low-rank adapter beside a linear map:  z = y + scale * (x A') B'
 * y        [rows, out], the output of the map, x W' + b; not read again elsewhere
 * x        [rows, in], its input
 * a, b     A [rank, in], B [out, rank]
 * scale    alpha / rank
 * returns  [rows, out]
 * Memory   the output and rank reals a row.   Errors  QP_ESHAPE, QP_EMEMORY, remembered by the tape.
 * Source   Hu et al. 2022, "LoRA: Low-Rank Adaptation of Large Language Models".
 *
 * qp_lora_weight — the weight itself, for operations that are no linear map:  W' = W + scale * B A
 * w        [out, in]; receives no gradient, the matrix is frozen;   returns  [out, in], memory of the tape
 *
 * qp_lora_merge — the weight that does the same alone: W += scale * B A, W [out, in]. */
qp_tensor qp_lora(qp_tape *tape, qp_tensor y, qp_tensor x, qp_tensor a, qp_tensor b, qp_real scale);
qp_tensor qp_lora_weight(qp_tape *tape, qp_tensor w, qp_tensor a, qp_tensor b, qp_real scale);
void qp_lora_merge(qp_tensor weight, qp_tensor a, qp_tensor b, qp_real scale);

#endif
