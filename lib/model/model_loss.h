#ifndef QP_MODEL_LOSS_H
#define QP_MODEL_LOSS_H

#include "lib/base/batch.h"
#include "lib/grad/loss/crf_lattice.h"
#include "lib/model/config/model_config.h"
#include "lib/model/model.h"

typedef struct {
    const qp_crf *crf; /* of taggers with one */
    const qp_target_sets *sets; /* of --multi-label: a row's answer is the number of one */
    qp_real smoothing;
    const qp_real *class_weight;
    const qp_real *teacher; /* [target rows, classes] the teacher's scores; NULL: no distillation */
    qp_real teacher_weight, temperature;
} qp_loss_terms;

/* qp_scores_loss — the loss of a model's scores against a batch's answers, summed over the rows [1, 1]
 *   regress      --loss mse to quantile: the mean over a row's columns, summed over the rows
 *   tag --crf    -ln P of each sentence's tags under the conditional random field `crf`
 *   match        the mean over the pairs, times the target rows; --loss info-nce, triplet: against the other targets of
 *                the batch; cosine, contrastive, mse: against the pairs' scores, the first two else as triplet
 *   multi-label  the sum over the labels of -t ln p - (1-t) ln(1-p), p = sigmoid(score), t = 1 for those of the row's
 *                set, else 0; label smoothing e: t becomes (1-e) t + e/2
 *   the others   cross-entropy with label smoothing, with --mixup between two texts; while training, --loss focal to
 *                unlikelihood (the words to avoid are the earlier ones of the target, Welleck et al. 2020)
 *   teacher      distillation: (1-w)*cross-entropy + w*T^2*KL(softmax(teacher/T) || softmax(scores/T)), w the
 *                teacher's weight and T the temperature, instead of the above (op_loss_class.h)
 *   class_weight [labels]: in training the cross-entropy of a row counts so many times, NULL: once
 *   batch->weight in training the cross-entropy of all rows of a sequence counts so many times
 * Errors  QP_ESHAPE: a batch without an answer for each row; QP_EUSAGE: label smoothing of a CRF. Remembered by the
 *         tape. */
qp_tensor qp_scores_loss(const qp_model_config *config, qp_tape *tape, qp_tensor scores, const qp_batch *batch,
                         const qp_loss_terms *terms);

/* qp_output_layer_loss — the same from what the output layer reads, x [rows, d], and its weight and bias, without the
 *   matrix of scores (op_output_loss.h).
 * qp_loss_is_plain — whether it can be used: the loss is the cross-entropy, and in training the tape knows its scale
 *   and nothing reads or mixes the scores (no other --loss, teacher, --mixup, sets of labels,
 *   weights of sequences). The scores must be x W' + b: no softcap.
 */
bool qp_loss_is_plain(const qp_model_config *config, const qp_tape *tape, const qp_batch *batch,
                      const qp_loss_terms *terms);
qp_tensor qp_output_layer_loss(const qp_model_config *config, qp_tape *tape, const qp_tensor layer[3],
                               const qp_batch *batch, const qp_loss_terms *terms);

#endif
