#ifndef QP_ALIGNMENT_H
#define QP_ALIGNMENT_H

#include "lib/base/batch.h"
#include "lib/model/model.h"

/* qp_alignment — which source token each target token looked at: cross attention of one pair, teacher forced, mean over
 * the heads of one decoder layer: the last but one of three or more, else the last. (Reversed sequences of ten words,
 * where the truth is known: right for 94 % of the tokens with two layers and 91 % with three; the first layer 80 % and
 * 70 %, the last of three 82 %.)
 * source, target  one sequence each, as the model reads them
 * weight          [target tokens, source tokens], rows sum to 1; row t belongs to the making of target token t
 * Errors          QP_EUSAGE when the model has no cross attention; what the model says.
 * Source          Garg et al. 2019, "Jointly Learning to Align and Translate with Transformer Models": the last but
 *                 one is the best of six layers. */
qp_status qp_alignment(const qp_model *model, qp_tape *tape, const int32_t *source, int source_count,
                       const int32_t *target, int target_count, qp_real *weight);

/* qp_alignment_hard — the source token with the largest weight for target token t, EOS (the last) left out when there
 * is another; ties to the first. */
int qp_alignment_hard(const qp_real *weight, int source_count, int t);

#endif
