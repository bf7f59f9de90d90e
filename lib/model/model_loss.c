#include "lib/model/model_loss.h"

#include "lib/grad/loss/op_crf.h"
#include "lib/grad/loss/op_loss.h"
#include "lib/grad/loss/op_loss_element.h"
#include "lib/grad/op_basic.h"
#include "lib/model/augment.h"

static qp_tensor series_loss(const qp_model_config *config, qp_tape *tape, qp_tensor y, const qp_real *target)
{
    static const qp_element_loss_kind kind[] = {
        [QP_SERIES_MSE] = QP_LOSS_MSE, [QP_SERIES_MAE] = QP_LOSS_L1, [QP_SERIES_HUBER] = QP_LOSS_HUBER};
    qp_tensor loss = qp_element_loss(tape, kind[config->series_loss], y, target, 1, QP_SUM);
    return qp_scale(tape, loss, 1 / (qp_real)y.columns);
}

static bool has_answers(const qp_model_config *config, const qp_batch *batch, qp_tensor scores)
{
    if (scores.rows != qp_sequence_rows(batch->target.sequences)) return false;
    if (config->task == QP_TASK_REGRESS) return batch->target_value && batch->outputs == scores.columns;
    return batch->target.id != NULL;
}

qp_tensor qp_scores_loss(const qp_model_config *config, qp_tape *tape, qp_tensor scores, const qp_batch *batch,
                         const qp_crf *crf, qp_real smoothing)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (!has_answers(config, batch, scores))
        return qp_tape_fail(tape, QP_ESHAPE, "a batch without an answer for each of its %d rows", scores.rows);
    if (config->task == QP_TASK_REGRESS) return series_loss(config, tape, scores, batch->target_value);
    if (config->crf && smoothing > 0)
        return qp_tape_fail(tape, QP_EUSAGE, "label smoothing of a conditional random field");
    if (config->crf) return qp_crf_loss(tape, scores, batch->target.sequences, batch->target.id, crf, QP_SUM);
    qp_cross_entropy_config cross_entropy = {.reduction = QP_SUM, .smoothing = smoothing};
    return qp_mixup_loss(tape, scores, batch->target.id, config->mixup, &cross_entropy);
}
