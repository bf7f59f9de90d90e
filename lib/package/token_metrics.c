#include "lib/package/token_metrics.h"

#include <math.h>
#include <stdlib.h>

#include "lib/decode/predict.h"

/* -ln softmax(score)[target]; score[best] is the highest. */
static double loss_of(const qp_real *score, int count, int32_t target, int best)
{
    double sum = 0;
    for (int i = 0; i < count; i++) sum += exp((double)score[i] - (double)score[best]);
    return log(sum) - ((double)score[target] - (double)score[best]);
}

static qp_status add_batch(const qp_model *model, const qp_batch *batch, int threads, qp_token_metrics *metrics)
{
    int outputs = qp_model_outputs(qp_model_config_of(model));
    int rows = batch->target.sequences.start[batch->target.sequences.count];
    qp_real *score = malloc(((size_t)rows * (size_t)outputs + 1) * sizeof *score);
    qp_status status = score ? qp_predict(model, batch, threads, score)
                             : qp_fail(QP_EMEMORY, "out of memory for %d tokens", rows);
    for (int r = 0; status == QP_OK && r < rows; r++) {
        const qp_real *row = score + (size_t)r * (size_t)outputs;
        int best = qp_predict_best(row, outputs);
        metrics->loss += loss_of(row, outputs, batch->target.id[r], best);
        metrics->right += best == batch->target.id[r];
    }
    metrics->tokens += rows;
    free(score);
    return status;
}

qp_status qp_token_metrics_measure(const qp_model *model, qp_batch_source *source, int threads,
                                   qp_token_metrics *metrics)
{
    int64_t count;
    QP_TRY(source->begin(source->self, 0, &count));
    for (int64_t i = 0; i < count; i++) {
        qp_batch batch;
        QP_TRY(source->get(source->self, i, 0, &batch));
        QP_TRY(add_batch(model, &batch, threads, metrics));
    }
    return QP_OK;
}

double qp_token_metrics_loss(const qp_token_metrics *m) { return m->tokens ? m->loss / (double)m->tokens : 0; }

double qp_token_metrics_accuracy(const qp_token_metrics *m)
{
    return m->tokens ? 100 * (double)m->right / (double)m->tokens : 0;
}

qp_status qp_divergence_measure(const qp_model *model, qp_batch_source *source, double *mean)
{
    int64_t count, texts = 0;
    double sum = 0;
    qp_tape *tape = qp_tape_new();
    qp_status status = tape ? source->begin(source->self, 0, &count) : qp_fail(QP_EMEMORY, "out of memory for a tape");
    for (int64_t i = 0; status == QP_OK && i < count; i++) {
        qp_batch batch;
        if ((status = source->get(source->self, i, 0, &batch)) != QP_OK) break;
        qp_tape_begin(tape, QP_INFER, 0);
        qp_tensor divergence = qp_model_loss_parts(model, tape, &batch, 0).divergence;
        if (qp_tape_failed(tape)) status = qp_fail(qp_tape_status(tape), "%s", qp_tape_message(tape));
        if (status == QP_OK) sum += (double)divergence.value[0];
        texts += batch.target.sequences.count;
    }
    qp_tape_free(tape);
    *mean = texts ? sum / (double)texts : 0;
    return status;
}
