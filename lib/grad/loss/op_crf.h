#ifndef QP_OP_CRF_H
#define QP_OP_CRF_H

#include "lib/base/batch.h"
#include "lib/grad/loss/crf_lattice.h"
#include "lib/grad/loss/op_loss.h"
#include "lib/grad/tape.h"

/* qp_crf_loss — negative log likelihood of a linear-chain conditional random field, one value per sequence
 *   loss = log sum over all y of exp(score(y))  -  log sum over the y that agree with `tag` of exp(score(y))
 * The score is defined in crf_lattice.h. Where every tag is known the second term is the score of the tags; a tag of
 * -1 is unknown, and all labels agree with it. A sequence without rows: 0.
 * emissions  [rows, K], the rows of all sequences
 * sequences  end to end from row 0
 * tag        [rows], from -1 to K - 1, borrowed until the backward
 * crf        transitions [K, K], start and end [1, K] or empty
 * returns    QP_SUM, QP_MEAN: over the sequences [1, 1]; QP_NONE: a column [sequences, 1]
 * Time     K*K multiply-adds and K exponentials per row; three times that in the backward.
 * Memory   the output; scratch: K*(2*K+5) + 2*K*(longest sequence) doubles.
 * Errors   QP_ESHAPE, QP_EMEMORY, remembered by the tape.
 * Source   Lafferty, McCallum & Pereira 2001; on top of a recurrent network: Lample et al. 2016. */
qp_tensor qp_crf_loss(qp_tape *tape, qp_tensor emissions, qp_sequences sequences, const int32_t *tag, const qp_crf *crf,
                      qp_reduction reduction);

#endif
