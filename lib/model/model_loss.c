#include "lib/model/model_loss.h"

#include <string.h>

#include "lib/grad/loss/op_crf.h"
#include "lib/grad/loss/op_loss.h"
#include "lib/grad/loss/op_loss_class.h"
#include "lib/grad/loss/op_loss_element.h"
#include "lib/grad/loss/op_loss_nce.h"
#include "lib/grad/loss/op_loss_pair.h"
#include "lib/grad/loss/op_output_loss.h"
#include "lib/grad/op_basic.h"
#include "lib/grad/op_linear.h"
#include "lib/model/augment.h"
#include "lib/tensor/gemm.h"

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

/* ---- pairs of texts ---- */

static qp_tensor rows_of(qp_tape *tape, qp_tensor x, int first, int count)
{
    int32_t *row = qp_tape_memory(tape, ((size_t)count + 1) * sizeof *row);
    if (!row) return (qp_tensor){0};
    for (int i = 0; i < count; i++) row[i] = first + i;
    return qp_gather(tape, x, count, row);
}

/* For each of n sources the target of another pair that is hardest to tell from its own: of those less similar than
 * its own the most similar one, else the least similar (semi-hard negatives, Schroff et al. 2015). With one pair, its
 * own. cosine [n, n] of rows of length 1. */
static const int32_t *hard_targets(qp_tape *tape, qp_tensor a, qp_tensor b)
{
    int n = a.rows;
    int32_t *hard = qp_tape_memory(tape, ((size_t)n + 1) * sizeof *hard);
    qp_tensor cosine = qp_tape_constant(tape, n, n);
    if (qp_tape_failed(tape)) return NULL;
    qp_gemm(QP_ABT, 1, qp_tensor_matrix(a), qp_tensor_matrix(b), 0, qp_tensor_matrix(cosine));
    for (int i = 0; i < n; i++) {
        const qp_real *row = qp_tensor_row(cosine, i);
        int best = -1, least = i;
        for (int k = 0; k < n; k++) {
            if (k == i) continue;
            if (row[k] < row[i] && (best < 0 || row[k] > row[best])) best = k;
            if (least == i || row[k] < row[least]) least = k;
        }
        hard[i] = best >= 0 ? best : least;
    }
    return hard;
}

/* (cosine - score)^2 of each pair. */
static qp_tensor score_loss(qp_tape *tape, qp_tensor a, qp_tensor b, const qp_real *score)
{
    qp_tensor ones = qp_tape_constant(tape, 1, a.columns);
    if (!ones.value) return ones;
    for (int k = 0; k < ones.columns; k++) ones.value[k] = 1;
    qp_tensor cosine = qp_linear(tape, qp_multiply(tape, a, b), ones, (qp_tensor){0});
    return qp_element_loss(tape, QP_LOSS_MSE, cosine, score, 1, QP_MEAN);
}

/* The pairs with their scores, above 0.5: the same; without scores the pairs as the same, and each source with its
 * hardest other target as different. */
static qp_tensor pair_loss(const qp_model_config *config, qp_tape *tape, qp_tensor a, qp_tensor b, const qp_real *score)
{
    qp_pair_loss_kind kind = config->loss == QP_OBJECTIVE_CONTRASTIVE ? QP_PAIR_CONTRASTIVE : QP_PAIR_COSINE;
    qp_real *same = qp_tape_memory(tape, 2 * ((size_t)a.rows + 1) * sizeof *same);
    if (!same) return (qp_tensor){0};
    for (int i = 0; i < a.rows; i++) same[i] = !score || score[i] > 0.5, same[a.rows + i] = 0;
    qp_tensor loss = qp_pair_loss(tape, kind, a, b, same, (qp_real)config->margin, QP_MEAN);
    if (score || a.rows < 2 || qp_tape_failed(tape)) return loss;
    const int32_t *hard = hard_targets(tape, a, b);
    if (!hard) return (qp_tensor){0};
    qp_tensor other = qp_gather(tape, b, b.rows, hard);
    return qp_add(tape, loss, qp_pair_loss(tape, kind, a, other, same + a.rows, (qp_real)config->margin, QP_MEAN));
}

static qp_tensor match_loss(const qp_model_config *config, qp_tape *tape, qp_tensor vectors, const qp_batch *batch)
{
    int pairs = batch->source.sequences.count, loss = config->loss;
    if (vectors.rows != 2 * pairs || batch->target.sequences.count != pairs)
        return qp_tape_fail(tape, QP_ESHAPE, "a batch of %d sources and %d targets, %d vectors", pairs,
                            batch->target.sequences.count, vectors.rows);
    qp_tensor a = rows_of(tape, vectors, 0, pairs), b = rows_of(tape, vectors, pairs, pairs);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (loss == QP_OBJECTIVE_AUTO) loss = batch->score ? QP_OBJECTIVE_MSE : QP_OBJECTIVE_INFO_NCE;
    if (loss == QP_OBJECTIVE_MSE && !batch->score)
        return qp_tape_fail(tape, QP_EUSAGE,
                            "--loss mse compares with the scores of pairs, and there are none; use "
                            "--loss info-nce");
    if (loss == QP_OBJECTIVE_MSE) return score_loss(tape, a, b, batch->score);
    if (loss == QP_OBJECTIVE_INFO_NCE) return qp_info_nce(tape, a, b, (qp_real)config->temperature);
    if (loss != QP_OBJECTIVE_TRIPLET) return pair_loss(config, tape, a, b, batch->score);
    const int32_t *hard = hard_targets(tape, a, b);
    if (!hard) return (qp_tensor){0};
    return qp_triplet_loss(tape, a, b, qp_gather(tape, b, pairs, hard), (qp_real)config->margin, true, QP_MEAN);
}

/* ---- all ---- */

/* The weight of each target row's sequence; NULL: they have none. */
static const qp_real *row_weights(qp_tape *tape, const qp_batch *batch)
{
    qp_sequences s = batch->target.sequences;
    if (!batch->weight) return NULL;
    qp_real *weight = qp_tape_memory(tape, ((size_t)qp_sequence_rows(s) + 1) * sizeof *weight);
    for (int i = 0; weight && i < s.count; i++)
        for (int r = s.start[i]; r < s.start[i + 1]; r++) weight[r] = batch->weight[i];
    return weight;
}

static bool has_answers(const qp_model_config *config, const qp_batch *batch, qp_tensor scores)
{
    if (scores.rows != qp_sequence_rows(batch->target.sequences)) return false;
    if (config->task == QP_TASK_REGRESS)
        return batch->target_value && batch->outputs == config->horizon && scores.columns == qp_model_outputs(config);
    return batch->target.id != NULL;
}

static bool is_other(const qp_model_config *config)
{
    return config->loss != QP_OBJECTIVE_AUTO && config->loss != QP_OBJECTIVE_CROSS_ENTROPY;
}

/* The targets of rows whose answers are sets [rows, labels]. */
static qp_tensor sets_loss(qp_tape *tape, qp_tensor scores, const int32_t *number, const qp_loss_terms *terms)
{
    const qp_target_sets *sets = terms->sets;
    qp_real *target = qp_tape_memory(tape, ((size_t)scores.rows * (size_t)scores.columns + 1) * sizeof *target);
    if (!target) return (qp_tensor){0};
    for (ptrdiff_t i = 0; i < (ptrdiff_t)scores.rows * scores.columns; i++) target[i] = terms->smoothing / 2;
    for (int r = 0; r < scores.rows; r++) {
        if (number[r] < 0 || number[r] >= sets->count)
            return qp_tape_fail(tape, QP_ESHAPE, "set of labels %d of %d", number[r], sets->count);
        for (int64_t i = sets->start[number[r]]; i < sets->start[number[r] + 1]; i++)
            if (sets->label[i] >= 0 && sets->label[i] < scores.columns)
                target[(ptrdiff_t)r * scores.columns + sets->label[i]] += 1 - terms->smoothing;
    }
    return qp_element_loss(tape, QP_LOSS_BCE, scores, target, 1, QP_SUM);
}

qp_tensor qp_scores_loss(const qp_model_config *config, qp_tape *tape, qp_tensor scores, const qp_batch *batch,
                         const qp_loss_terms *terms)
{
    const qp_real smoothing = terms->smoothing;
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (config->task == QP_TASK_MATCH) {
        qp_tensor loss = match_loss(config, tape, scores, batch);
        return qp_tape_failed(tape) ? loss : qp_scale(tape, loss, (qp_real)qp_sequence_rows(batch->target.sequences));
    }
    if (!has_answers(config, batch, scores))
        return qp_tape_fail(tape, QP_ESHAPE, "a batch without an answer for each of its %d rows", scores.rows);
    if (config->task == QP_TASK_REGRESS) return series_loss(config, tape, scores, batch->target_value);
    if (config->multi_label) return sets_loss(tape, scores, batch->target.id, terms);
    if (config->crf && smoothing > 0)
        return qp_tape_fail(tape, QP_EUSAGE, "label smoothing of a conditional random field");
    if (config->crf) return qp_crf_loss(tape, scores, batch->target.sequences, batch->target.id, terms->crf, QP_SUM);
    if (terms->teacher) {
        qp_class_loss_config distillation = {.kind = QP_CLASS_DISTILLATION,
                                             .reduction = QP_SUM,
                                             .strength = terms->teacher_weight,
                                             .temperature = terms->temperature,
                                             .beside = terms->teacher};
        return qp_class_loss(tape, scores, batch->target.id, &distillation);
    }
    if (is_other(config) && qp_tape_training(tape)) return class_loss(config, tape, scores, batch);
    qp_cross_entropy_config cross_entropy = {.reduction = QP_SUM, .smoothing = smoothing};
    if (qp_tape_training(tape)) {
        cross_entropy.weight = terms->class_weight;
        cross_entropy.row_weight = row_weights(tape, batch);
    }
    return qp_mixup_loss(tape, scores, batch->target.id, config->mixup, &cross_entropy);
}

bool qp_loss_is_plain(const qp_model_config *config, const qp_tape *tape, const qp_batch *batch,
                      const qp_loss_terms *terms)
{
    if (config->task == QP_TASK_MATCH || config->task == QP_TASK_REGRESS || config->crf) return false;
    if (config->multi_label || batch->weight) return false;
    if (config->output_softcap > 0 || terms->teacher) return false;
    if (!qp_tape_training(tape)) return true;
    return qp_tape_expected_scale(tape) != 0 && !is_other(config) && config->mixup <= 0;
}

qp_tensor qp_output_layer_loss(const qp_model_config *config, qp_tape *tape, const qp_tensor layer[3],
                               const qp_batch *batch, const qp_loss_terms *terms)
{
    const qp_output_loss_terms plain = {terms->smoothing, qp_tape_training(tape) ? terms->class_weight : NULL};
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (!has_answers(config, batch, layer[0]))
        return qp_tape_fail(tape, QP_ESHAPE, "a batch without an answer for each of its %d rows", layer[0].rows);
    return qp_output_loss(tape, layer[0], layer[1], layer[2], batch->target.id, &plain);
}
