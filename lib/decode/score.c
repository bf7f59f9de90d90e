#include "lib/decode/score.h"

#include <stdlib.h>

#include "lib/decode/logits.h"

/* Most reals for the scores of one batch, rows * vocabulary (16 MB). */
enum { SCORES_AT_ONCE = 4 << 20 };

qp_status qp_score(const qp_model *model, qp_tape *tape, const qp_batch *batch, qp_real *log_probability)
{
    qp_tape_begin(tape, QP_INFER, 0);
    qp_tensor scores = qp_model_logits(model, tape, batch, NULL);
    QP_TRY(qp_tape_status(tape));
    for (int r = 0; r < scores.rows; r++) {
        qp_real *row = qp_tensor_row(scores, r);
        QP_TRY(qp_logits_normalise(scores.columns, row));
        log_probability[r] = row[batch->target.id[r]];
    }
    return QP_OK;
}

/* What the threads of one qp_score_lines share. */
typedef struct {
    const qp_scorer *scorer;
    const qp_line_ids *source, *target; /* source NULL: a language model */
    const qp_line_batches *batches;
    qp_scored *scored;
} job;

/* Memory of one batch: ids and starts of both sides, and the log-probabilities. */
typedef struct {
    int32_t *source_start, *source_id, *target_start, *target_id;
    qp_real *log_probability;
} scratch;

static size_t tokens_of(const qp_line_ids *ids, const int32_t *pick, int count)
{
    size_t tokens = 0;
    for (int i = 0; ids && i < count; i++) tokens += (size_t)ids[pick[i]].count;
    return tokens;
}

static bool scratch_take(scratch *s, const job *j, const int32_t *pick, int count)
{
    size_t starts = (size_t)count + 1, target = tokens_of(j->target, pick, count);
    s->source_start = calloc(starts, sizeof *s->source_start);
    s->source_id = malloc((tokens_of(j->source, pick, count) + 1) * sizeof *s->source_id);
    s->target_start = malloc(starts * sizeof *s->target_start);
    s->target_id = malloc(target * sizeof *s->target_id);
    s->log_probability = malloc(target * sizeof *s->log_probability);
    return s->source_start && s->source_id && s->target_start && s->target_id && s->log_probability;
}

static void scratch_free(scratch *s)
{
    free(s->source_start);
    free(s->source_id);
    free(s->target_start);
    free(s->target_id);
    free(s->log_probability);
}

static qp_status score_batch(void *self, qp_tape *tape, int number)
{
    const job *j = self;
    const int32_t *pick = j->batches->order + j->batches->start[number];
    int count = j->batches->start[number + 1] - j->batches->start[number];
    scratch s = {0};
    qp_status status;
    if (!scratch_take(&s, j, pick, count)) {
        status = qp_fail(QP_EMEMORY, "score: out of memory for %d lines; use a smaller --batch-size", count);
    } else {
        qp_batch batch = {.target = qp_lines_gather(j->target, pick, count, s.target_start, s.target_id)};
        if (j->source) batch.source = qp_lines_gather(j->source, pick, count, s.source_start, s.source_id);
        status = qp_score(j->scorer->model, tape, &batch, s.log_probability);
    }
    for (int i = 0; i < count && status == QP_OK; i++) {
        qp_scored *scored = &j->scored[pick[i]];
        for (int t = 0; t < scored->count; t++) {
            scored->log_probability[t] = s.log_probability[s.target_start[i] + t];
            scored->total += (double)scored->log_probability[t];
        }
    }
    scratch_free(&s);
    return status;
}

static qp_status run_batches(job *j, int count)
{
    int32_t *length = malloc(((size_t)count + 1) * sizeof *length);
    if (!length) return qp_fail(QP_EMEMORY, "score: out of memory for %d lines", count);
    for (int i = 0; i < count; i++) length[i] = j->target[i].count;
    const qp_scorer *scorer = j->scorer;
    int64_t tokens = SCORES_AT_ONCE / (qp_model_config_of(scorer->model)->tgt_vocab_size + 1) + 1;
    qp_line_batches batches = {0};
    qp_status status = qp_lines_batch(length, count, scorer->batch_size, tokens, scorer->threads, &batches);
    j->batches = &batches;
    if (status == QP_OK) status = qp_lines_run(batches.count, scorer->threads, score_batch, j);
    qp_line_batches_free(&batches);
    free(length);
    return status;
}

/* Allocate the results. The ids are moved into them at the end: score_batch still reads them. */
static qp_status prepare(const qp_line_ids *source, const qp_line_ids *target, int count, qp_scored *scored)
{
    for (int i = 0; i < count; i++) {
        scored[i].count = target[i].count;
        scored[i].tokens = target[i].tokens;
        scored[i].source_count = source ? source[i].count : 0;
        scored[i].source_tokens = source ? source[i].tokens : 0;
        scored[i].log_probability = malloc((size_t)target[i].count * sizeof *scored[i].log_probability);
        if (!scored[i].log_probability) return qp_fail(QP_EMEMORY, "score: out of memory for %d lines", count);
    }
    return QP_OK;
}

qp_status qp_score_lines(const qp_scorer *scorer, const qp_line *source, const qp_line *target, int count,
                         qp_scored *scored)
{
    for (int i = 0; i < count; i++) scored[i] = (qp_scored){0};
    qp_line_ids *source_ids = NULL, *target_ids = NULL;
    int longest = (int)qp_model_config_of(scorer->model)->max_length;
    qp_status status = source ? qp_lines_encode(scorer->source, source, count, longest, &source_ids) : QP_OK;
    if (status == QP_OK) status = qp_lines_encode(scorer->target, target, count, longest, &target_ids);
    if (status == QP_OK) status = prepare(source_ids, target_ids, count, scored);
    job j = {.scorer = scorer, .source = source_ids, .target = target_ids, .scored = scored};
    if (status == QP_OK) status = run_batches(&j, count);
    for (int i = 0; i < count && status == QP_OK; i++) {
        scored[i].id = target_ids[i].id;
        target_ids[i].id = NULL;
    }
    qp_lines_free(source_ids, count);
    qp_lines_free(target_ids, count);
    return status;
}

void qp_scored_free(qp_scored *scored)
{
    free(scored->id);
    free(scored->log_probability);
    *scored = (qp_scored){0};
}
