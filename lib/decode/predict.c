#include "lib/decode/predict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/decode/lines.h"

/* Source and target rows of a piece; a single sequence may have more. */
enum { PIECE_ROWS = 1024 };

typedef struct {
    const qp_model *model;
    const qp_batch *batch;
    qp_real *score;
    int *first; /* [pieces + 1] sequences */
    int pieces;
} job;

static int rows_between(qp_sequences s, int first, int end) { return s.count ? s.start[end] - s.start[first] : 0; }

static qp_status cut(job *j)
{
    const qp_batch *b = j->batch;
    int count = b->target.sequences.count;
    j->first = malloc(((size_t)count + 1) * sizeof *j->first);
    if (!j->first) return qp_fail(QP_EMEMORY, "out of memory for a batch of %d sequences", count);
    j->first[0] = 0;
    for (int i = 1, first = 0; i <= count; i++) {
        int rows = i == count ? 0
                              : rows_between(b->source.sequences, first, i + 1) +
                                    rows_between(b->target.sequences, first, i + 1);
        if (i < count && rows <= PIECE_ROWS) continue;
        j->first[++j->pieces] = first = i;
    }
    return QP_OK;
}

/* Sequences first .. end-1, renumbered from row 0; fills start [end - first + 1]. */
static qp_ids view(qp_ids ids, int first, int end, int32_t *start)
{
    if (ids.sequences.count == 0) return (qp_ids){0};
    int32_t base = ids.sequences.start[first];
    for (int i = first; i <= end; i++) start[i - first] = ids.sequences.start[i] - base;
    return (qp_ids){{.count = end - first, .start = start}, ids.id ? ids.id + base : NULL};
}

static qp_status run_piece(void *self, qp_tape *tape, int number)
{
    const job *j = self;
    const qp_batch *whole = j->batch;
    int first = j->first[number], end = j->first[number + 1];
    size_t starts = (size_t)(end - first) + 1;
    ptrdiff_t source = whole->source.sequences.count ? whole->source.sequences.start[first] : 0;
    ptrdiff_t target = whole->target.sequences.start[first];
    int32_t *start = malloc(2 * starts * sizeof *start);
    if (!start) return qp_fail(QP_EMEMORY, "out of memory for %d sequences", end - first);
    qp_batch piece = {.source = view(whole->source, first, end, start),
                      .target = view(whole->target, first, end, start + starts),
                      .features = whole->features,
                      .outputs = whole->outputs};
    if (whole->input) piece.input = whole->input + target;
    if (whole->source_row) piece.source_row = whole->source_row + target;
    if (whole->segment) piece.segment = whole->segment + source;
    if (whole->source_value) piece.source_value = whole->source_value + source * whole->features;
    qp_status status = QP_OK;
    if (rows_between(whole->target.sequences, first, end) > 0) {
        qp_tape_begin(tape, QP_INFER, 0);
        qp_tensor scores = qp_model_logits(j->model, tape, &piece, NULL);
        status = qp_tape_status(tape);
        for (int r = 0; status == QP_OK && r < scores.rows; r++)
            memcpy(j->score + (target + r) * scores.columns, qp_tensor_row(scores, r),
                   (size_t)scores.columns * sizeof(qp_real));
        if (status != QP_OK) status = qp_fail(status, "%s", qp_tape_message(tape));
    }
    free(start);
    return status;
}

qp_status qp_predict(const qp_model *model, const qp_batch *batch, int threads, qp_real *score)
{
    job j = {.model = model, .batch = batch, .score = score};
    if (batch->target.sequences.count == 0) return QP_OK;
    qp_status status = cut(&j);
    if (status == QP_OK) status = qp_lines_run(j.pieces, threads, run_piece, &j);
    free(j.first);
    return status;
}

void qp_predict_probabilities(qp_real *score, int count)
{
    qp_real highest = score[qp_predict_best(score, count)];
    double sum = 0;
    for (int i = 0; i < count; i++) sum += score[i] = (qp_real)exp((double)(score[i] - highest));
    for (int i = 0; i < count; i++) score[i] = (qp_real)((double)score[i] / sum);
}

int qp_predict_best(const qp_real *score, int count)
{
    int best = 0;
    for (int i = 1; i < count; i++)
        if (score[i] > score[best]) best = i;
    return best;
}

/* ---- answers ---- */

/* The softmax of the highest score. */
static qp_real probability_of(const qp_real *score, int count, int best)
{
    double sum = 0;
    for (int i = 0; i < count; i++) sum += exp((double)(score[i] - score[best]));
    return (qp_real)(1 / sum);
}

/* Sequence i of a conditional random field; memory: the lattice's and two tables [rows, labels]. */
static void crf_sequence(const qp_crf *crf, qp_tensor emissions, double *memory, int32_t *best, qp_real *probability)
{
    int labels = emissions.columns;
    double *alpha = memory + qp_crf_lattice_doubles(labels), *beta = alpha + (ptrdiff_t)emissions.rows * labels;
    qp_crf_viterbi(crf, emissions, alpha, best);
    if (!probability) return;
    qp_crf_lattice lattice;
    qp_crf_lattice_init(&lattice, crf, memory);
    double total = qp_crf_forward(&lattice, emissions, NULL, alpha);
    qp_crf_backward(&lattice, emissions, NULL, beta);
    for (int t = 0; t < emissions.rows; t++)
        probability[t] = (qp_real)qp_crf_marginal(labels, &(qp_crf_tables){alpha, beta, total}, t, best[t]);
}

static qp_status crf_answers(const qp_crf *crf, qp_sequences s, const qp_real *score, int32_t *best,
                             qp_real *probability)
{
    int labels = crf->transitions.rows, longest = qp_sequence_longest(s);
    size_t doubles = qp_crf_lattice_doubles(labels) + 2 * (size_t)longest * (size_t)labels;
    double *memory = malloc(doubles * sizeof *memory);
    if (!memory) return qp_fail(QP_EMEMORY, "out of memory for a sentence of %d words", longest);
    for (int i = 0; i < s.count; i++) {
        int first = s.start[i], rows = qp_sequence_length(s, i);
        qp_tensor emissions = qp_tensor_of(rows, labels, (qp_real *)score + (ptrdiff_t)first * labels);
        if (rows > 0) crf_sequence(crf, emissions, memory, best + first, probability ? probability + first : NULL);
    }
    free(memory);
    return QP_OK;
}

qp_status qp_predict_answers(const qp_model *model, qp_sequences sequences, const qp_real *score, int32_t *best,
                             qp_real *probability)
{
    qp_crf crf = qp_model_crf(model);
    int outputs = qp_model_outputs(qp_model_config_of(model)), rows = qp_sequence_rows(sequences);
    if (crf.transitions.value) return crf_answers(&crf, sequences, score, best, probability);
    for (int r = 0; r < rows; r++) {
        const qp_real *row = score + (ptrdiff_t)r * outputs;
        best[r] = qp_predict_best(row, outputs);
        if (probability) probability[r] = probability_of(row, outputs, best[r]);
    }
    return QP_OK;
}
