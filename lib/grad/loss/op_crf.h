#ifndef QP_OP_CRF_H
#define QP_OP_CRF_H

#include "lib/base/batch.h"
#include "lib/grad/loss/crf_lattice.h"
#include "lib/grad/loss/op_loss.h"
#include "lib/grad/tape.h"

/* qp_crf_loss — of a linear-chain conditional random field, one value a sequence:
 *   loss = log sum over all y of exp(score(y))  -  log sum over the y that agree with `tag` of exp(score(y))
 * (crf_lattice.h tells the score). Where every tag is known the second sum is the one score of the tags; a tag of -1 is
 * not known and counts no label out. A sequence without rows: 0.
 *   d loss / d e[t, j] = P(y_t = j) - P(y_t = j | tag), and so with pairs of labels for the transitions.
 * emissions  [rows, K], the rows of all sequences
 * sequences  end to end from row 0
 * tag        [rows], from -1 to K - 1
 * crf        transitions [K, K], start and end [1, K] or empty
 * reduction  QP_SUM, QP_MEAN over the sequences: [1, 1]; QP_NONE: [sequences, 1]
 * Memory   K*(2*K+5) + 2*K*(longest sequence) doubles while it runs; nothing but the value stays.
 * Time     K*K a row, and K exponentials; thrice that backward.
 * Errors   QP_ESHAPE, QP_EMEMORY, remembered by the tape.
 * Source   Lafferty, McCallum & Pereira 2001; above a recurrent network: Lample et al. 2016. */
qp_tensor qp_crf_loss(qp_tape *tape, qp_tensor emissions, qp_sequences sequences, const int32_t *tag, const qp_crf *crf,
                      qp_reduction reduction);

#endif
