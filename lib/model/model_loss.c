#include "lib/model/model_loss.h"

#include <string.h>

#include "lib/grad/loss/op_crf.h"
#include "lib/grad/loss/op_loss.h"
#include "lib/grad/loss/op_loss_class.h"
#include "lib/grad/loss/op_loss_element.h"
#include "lib/grad/op_basic.h"
#include "lib/model/augment.h"

static qp_tensor series_loss(const qp_model_config *config, qp_tape *tape, qp_tensor y, const qp_real *target)
{
    static const qp_element_loss_kind kind[QP_OBJECTIVE_COUNT] = {[QP_OBJECTIVE_AUTO] = QP_LOSS_MSE,
                                                                  [QP_OBJECTIVE_MSE] = QP_LOSS_MSE,
                                                                  [QP_OBJECTIVE_MAE] = QP_LOSS_L1,
                                                                  [QP_OBJECTIVE_HUBER] = QP_LOSS_HUBER,
                                                                  [QP_OBJECTIVE_LOG_COSH] = QP_LOSS_LOG_COSH};
    double quantile[QP_QUANTILES_MAX];
    int quantiles = qp_model_quantiles(config, quantile);
    qp_tensor loss = quantiles ? qp_quantile_loss(tape, y, target, quantiles, quantile, QP_SUM)
                               : qp_element_loss(tape, kind[config->loss], y, target, 1, QP_SUM);
    return qp_scale(tape, loss, 1 / (qp_real)y.columns);
}

/* For each row the words before it in its target: [rows, classes] of 0 and 1. */
static const qp_real *words_before(qp_tape *tape, qp_ids target, int rows, int classes)
{
    size_t width = (size_t)classes;
    qp_real *before = qp_tape_memory(tape, ((size_t)rows * width + 1) * sizeof *before);
    if (!before) return NULL;
    for (int i = 0; i < target.sequences.count; i++)
        for (int r = target.sequences.start[i]; r < target.sequences.start[i + 1]; r++) {
            qp_real *row = before + (size_t)r * width;
            if (r == target.sequences.start[i]) {
                memset(row, 0, width * sizeof *row);
                continue;
            }
            memcpy(row, row - width, width * sizeof *row);
            int32_t last = target.id[r - 1];
            if (last >= 0 && last < classes) row[last] = 1;
        }
    return before;
}

/* Losses other than cross-entropy; the constants that papers use where --loss-weight gives none. */
static qp_tensor class_loss(const qp_model_config *config, qp_tape *tape, qp_tensor scores, const qp_batch *batch)
{
    static const struct {
        qp_class_loss_kind kind;
        double usual;
    } loss[QP_OBJECTIVE_COUNT] = {[QP_OBJECTIVE_FOCAL] = {QP_CLASS_FOCAL, 0},
                                  [QP_OBJECTIVE_HINGE] = {QP_CLASS_HINGE, 1},
                                  [QP_OBJECTIVE_POLY1] = {QP_CLASS_POLY1, 1},
                                  [QP_OBJECTIVE_Z] = {QP_CLASS_Z, 1e-4},
                                  [QP_OBJECTIVE_CONFIDENCE] = {QP_CLASS_CONFIDENCE, 0.1},
                                  [QP_OBJECTIVE_UNLIKELIHOOD] = {QP_CLASS_UNLIKELIHOOD, 1}};
    qp_class_loss_config c = {.kind = loss[config->loss].kind, .reduction = QP_SUM};
    c.strength = (qp_real)(config->loss_weight > 0 ? config->loss_weight : loss[config->loss].usual);
    if (config->loss == QP_OBJECTIVE_FOCAL) c.strength = (qp_real)config->focal_gamma;
    if (config->loss == QP_OBJECTIVE_UNLIKELIHOOD) {
        c.beside = words_before(tape, batch->target, scores.rows, scores.columns);
        if (!c.beside) return (qp_tensor){0};
    }
    return qp_class_loss(tape, scores, batch->target.id, &c);
}

static bool has_answers(const qp_model_config *config, const qp_batch *batch, qp_tensor scores)
{
    if (scores.rows != qp_sequence_rows(batch->target.sequences)) return false;
    if (config->task == QP_TASK_REGRESS)
        return batch->target_value && batch->outputs == config->horizon && scores.columns == qp_model_outputs(config);
    return batch->target.id != NULL;
}

qp_tensor qp_scores_loss(const qp_model_config *config, qp_tape *tape, qp_tensor scores, const qp_batch *batch,
                         const qp_loss_terms *terms)
{
    const qp_real smoothing = terms->smoothing;
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (!has_answers(config, batch, scores))
        return qp_tape_fail(tape, QP_ESHAPE, "a batch without an answer for each of its %d rows", scores.rows);
    if (config->task == QP_TASK_REGRESS) return series_loss(config, tape, scores, batch->target_value);
    if (config->crf && smoothing > 0)
        return qp_tape_fail(tape, QP_EUSAGE, "label smoothing of a conditional random field");
    if (config->crf) return qp_crf_loss(tape, scores, batch->target.sequences, batch->target.id, terms->crf, QP_SUM);
    bool other = config->loss != QP_OBJECTIVE_AUTO && config->loss != QP_OBJECTIVE_CROSS_ENTROPY;
    if (other && qp_tape_training(tape)) return class_loss(config, tape, scores, batch);
    qp_cross_entropy_config cross_entropy = {.reduction = QP_SUM, .smoothing = smoothing};
    if (qp_tape_training(tape)) cross_entropy.weight = terms->class_weight;
    return qp_mixup_loss(tape, scores, batch->target.id, config->mixup, &cross_entropy);
}
