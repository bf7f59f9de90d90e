#ifndef QP_PREDICT_H
#define QP_PREDICT_H

#include "lib/model/model.h"

/* qp_predict — the scores of a whole batch (qp_model_logits), computed in pieces by threads. The pieces depend on the
 * batch alone, so the bits do not depend on the number of threads.
 * batch     as for qp_model_logits, without need of answers
 * score     [target rows, qp_model_outputs], the caller's
 * Errors    those of the model; QP_EMEMORY. */
qp_status qp_predict(const qp_model *model, const qp_batch *batch, int threads, qp_real *score);

/* qp_predict_answers — the answer to every target row: the label with the highest score; for a tagger with --crf the
 * labels of the sentence's best path (Viterbi).
 * score        [target rows, qp_model_outputs], from qp_predict
 * best         [target rows]
 * probability  [target rows] of `best`: its softmax, or its marginal under the CRF; may be NULL
 * Errors       QP_EMEMORY. */
qp_status qp_predict_answers(const qp_model *model, qp_sequences sequences, const qp_real *score, int32_t *best,
                             qp_real *probability);

/* qp_predict_probabilities — softmax of one row of `count` scores, in place.
 * qp_predict_best — the index of the highest score, the first of equal ones. */
void qp_predict_probabilities(qp_real *score, int count);
int qp_predict_best(const qp_real *score, int count);

#endif
