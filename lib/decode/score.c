#include "lib/decode/score.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/decode/context.h"
#include "lib/decode/logits.h"

/* Most reals for the scores of one batch, rows * vocabulary (16 MB). */
enum { SCORES_AT_ONCE = 4 << 20 };

/* Tokens that a recurrent decoder reads before its state is carried to the next stretch. */
enum { CARRY_AFTER = 1024 };

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

/* A stretch of a line that is read in one pass: targets first .. first+count-1. The first `again` of them were targets
 * of the stretch before and are only read. */
typedef struct {
    int32_t line, first, count, again;
} stretch;

/* What the threads of one qp_score_lines share. */
typedef struct {
    const qp_scorer *scorer;
    const qp_line_ids *source, *target; /* source NULL: a language model */
    const stretch *stretch;
    const qp_line_batches *batches; /* of stretches */
    qp_scored *scored;
} job;

/* Memory of one batch: ids and starts of both sides, and the log-probabilities. */
typedef struct {
    int32_t *line, *source_start, *source_id, *target_start, *target_id, *input;
    qp_real *log_probability;
} scratch;

static bool scratch_take(scratch *s, const job *j, const int32_t *pick, int count)
{
    size_t starts = (size_t)count + 1, source = 1, target = 1;
    for (int i = 0; i < count; i++) {
        target += (size_t)j->stretch[pick[i]].count;
        if (j->source) source += (size_t)j->source[j->stretch[pick[i]].line].count;
    }
    s->line = malloc(starts * sizeof *s->line);
    s->source_start = calloc(starts, sizeof *s->source_start);
    s->source_id = malloc(source * sizeof *s->source_id);
    s->target_start = malloc(starts * sizeof *s->target_start);
    s->target_id = malloc(target * sizeof *s->target_id);
    s->input = malloc(target * sizeof *s->input);
    s->log_probability = malloc(target * sizeof *s->log_probability);
    return s->line && s->source_start && s->source_id && s->target_start && s->target_id && s->input &&
           s->log_probability;
}

static void scratch_free(scratch *s)
{
    free(s->line);
    free(s->source_start);
    free(s->source_id);
    free(s->target_start);
    free(s->target_id);
    free(s->input);
    free(s->log_probability);
}

/* The batch of `count` stretches. */
static qp_batch gather(const job *j, const int32_t *pick, int count, scratch *s)
{
    int32_t rows = 0;
    for (int i = 0; i < count; i++) {
        const stretch *t = &j->stretch[pick[i]];
        const int32_t *id = j->target[t->line].id + t->first;
        s->line[i] = t->line;
        s->target_start[i] = rows;
        memcpy(s->target_id + rows, id, (size_t)t->count * sizeof *id);
        s->input[rows] = t->first ? id[-1] : qp_model_first_token(j->scorer->model);
        memcpy(s->input + rows + 1, id, (size_t)(t->count - 1) * sizeof *id);
        rows += t->count;
    }
    s->target_start[count] = rows;
    qp_batch batch = {.target = {{.count = count, .start = s->target_start}, s->target_id}, .input = s->input};
    if (j->source) batch.source = qp_lines_gather(j->source, s->line, count, s->source_start, s->source_id);
    return batch;
}

static void keep_scores(const job *j, const stretch *t, const qp_real *log_probability)
{
    memcpy(j->scored[t->line].log_probability + t->first + t->again, log_probability + t->again,
           (size_t)(t->count - t->again) * sizeof *log_probability);
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
        qp_batch batch = gather(j, pick, count, &s);
        status = qp_score(j->scorer->model, tape, &batch, s.log_probability);
    }
    for (int i = 0; i < count && status == QP_OK; i++)
        keep_scores(j, &j->stretch[pick[i]], s.log_probability + s.target_start[i]);
    scratch_free(&s);
    return status;
}

/* ---- stretches ---- */

/* Whether a line is read by one state that is carried along; its stretches must then be read in order. */
static bool carries(const job *j, int line)
{
    return !j->source && !qp_context_of(j->scorer->model) && j->target[line].count > CARRY_AFTER &&
           qp_model_carry_width(qp_model_config_of(j->scorer->model)) > 0;
}

/* The next stretch after targets 0 .. first-1 of a line of `count`. */
static stretch stretch_at(const job *j, int32_t line, int32_t first)
{
    int32_t count = j->target[line].count;
    int64_t context = j->source ? 0 : qp_context_of(j->scorer->model), size = context ? context : count;
    if (carries(j, line)) size = CARRY_AFTER;
    stretch t = {.line = line, .first = first};
    if (context) {
        t.first = (int32_t)qp_context_start(context, first);
        t.again = first - t.first;
    }
    t.count = count - t.first < size ? count - t.first : (int32_t)size;
    return t;
}

/* All stretches of all lines, in order: made [count], or only counted if made is NULL. */
static int64_t cut_lines(const job *j, int lines, stretch *made)
{
    int64_t count = 0;
    for (int line = 0; line < lines; line++)
        for (int32_t at = 0; at < j->target[line].count;) {
            stretch t = stretch_at(j, line, at);
            if (made) made[count] = t;
            count++;
            at = t.first + t.count;
        }
    return count;
}

/* Reads the stretches [count] of one line in order, each from the state after the one before. */
static qp_status score_carried(job *j, const stretch *first, int count)
{
    int width = qp_model_carry_width(qp_model_config_of(j->scorer->model));
    qp_real *state = malloc((size_t)width * sizeof *state);
    qp_tape *tape = qp_tape_new();
    scratch s = {0};
    int32_t number = (int32_t)(first - j->stretch); /* no later stretch is longer */
    qp_status status = state && tape && scratch_take(&s, j, &number, 1)
                           ? QP_OK
                           : qp_fail(QP_EMEMORY, "score: out of memory for a line");
    for (int i = 0; i < count && status == QP_OK; i++) {
        int32_t pick = number + i;
        qp_batch batch = gather(j, &pick, 1, &s);
        batch.carry = (qp_batch_carry){.row = state, .width = width, .empty = i == 0};
        status = qp_score(j->scorer->model, tape, &batch, s.log_probability);
        if (status == QP_OK) keep_scores(j, &first[i], s.log_probability);
    }
    scratch_free(&s);
    qp_tape_free(tape);
    free(state);
    return status;
}

static qp_status run_stretches(job *j, int count, int32_t *length)
{
    const qp_scorer *scorer = j->scorer;
    int64_t tokens = SCORES_AT_ONCE / (qp_model_config_of(scorer->model)->tgt_vocab_size + 1) + 1;
    qp_line_batches batches = {0};
    /* length 0 keeps a stretch out of the batches: lines whose state is carried are read after them */
    for (int i = 0; i < count; i++) length[i] = carries(j, j->stretch[i].line) ? 0 : j->stretch[i].count;
    qp_status status = qp_lines_batch(length, count, scorer->batch_size, tokens, scorer->threads, &batches);
    j->batches = &batches;
    if (status == QP_OK) status = qp_lines_run(batches.count, scorer->threads, score_batch, j);
    qp_line_batches_free(&batches);
    for (int i = 0, end; i < count && status == QP_OK; i = end) {
        for (end = i + 1; end < count && j->stretch[end].line == j->stretch[i].line;) end++;
        if (length[i] == 0) status = score_carried(j, &j->stretch[i], end - i);
    }
    return status;
}

static qp_status run(job *j, int lines)
{
    int64_t count = cut_lines(j, lines, NULL);
    if (count >= INT_MAX) return qp_fail(QP_EDATA, "score: the text is too long; cut it");
    stretch *made = malloc(((size_t)count + 1) * sizeof *made);
    int32_t *length = malloc(((size_t)count + 1) * sizeof *length);
    qp_status status = QP_EMEMORY;
    if (made && length) {
        j->stretch = made;
        cut_lines(j, lines, made);
        status = run_stretches(j, (int)count, length);
    } else {
        qp_fail(QP_EMEMORY, "score: out of memory for %d lines", lines);
    }
    for (int i = 0; status == QP_OK && i < lines; i++)
        for (int t = 0; t < j->scored[i].count; t++) j->scored[i].total += (double)j->scored[i].log_probability[t];
    free(made);
    free(length);
    return status;
}

/* ---- lines ---- */

/* Allocate the results. The ids are moved into them at the end: score_batch still reads them. */
static qp_status prepare(const job *j, int count)
{
    int64_t context = j->source ? 0 : qp_context_of(j->scorer->model);
    for (int i = 0; i < count; i++) {
        qp_scored *scored = &j->scored[i];
        const qp_line_ids *target = &j->target[i];
        *scored = (qp_scored){.count = target->count, .tokens = target->tokens};
        if (context && target->count > context) scored->window = (int)context;
        if (j->source) scored->source_count = j->source[i].count;
        if (j->source) scored->source_tokens = j->source[i].tokens;
        scored->log_probability = malloc((size_t)target->count * sizeof *scored->log_probability);
        if (!scored->log_probability) return qp_fail(QP_EMEMORY, "score: out of memory for %d lines", count);
    }
    return QP_OK;
}

qp_status qp_score_lines(const qp_scorer *scorer, const qp_line *source, const qp_line *target, int count,
                         qp_scored *scored)
{
    for (int i = 0; i < count; i++) scored[i] = (qp_scored){0};
    qp_line_ids *source_ids = NULL, *target_ids = NULL;
    const qp_model_config *config = qp_model_config_of(scorer->model);
    int longest = (int)config->max_length, whole = source || config->decoder == QP_KIND_NGRAM ? longest : INT_MAX;
    qp_status status = source ? qp_lines_encode(scorer->source, source, count, longest, &source_ids) : QP_OK;
    if (status == QP_OK) status = qp_lines_encode(scorer->target, target, count, whole, &target_ids);
    job j = {.scorer = scorer, .source = source_ids, .target = target_ids, .scored = scored};
    if (status == QP_OK) status = prepare(&j, count);
    if (status == QP_OK) status = run(&j, count);
    for (int i = 0; i < count && status == QP_OK; i++) {
        scored[i].id = target_ids[i].id;
        target_ids[i].id = NULL;
    }
    qp_lines_free(source_ids, count);
    qp_lines_free(target_ids, count);
    return status;
}

qp_status qp_score_ids(const qp_scorer *scorer, const int32_t *id, int count, qp_real *log_probability)
{
    qp_line_ids target = {.id = (int32_t *)(uintptr_t)id, .count = count, .tokens = count};
    qp_scored scored = {.count = count, .log_probability = log_probability};
    job j = {.scorer = scorer, .target = &target, .scored = &scored};
    return run(&j, 1);
}

void qp_scored_free(qp_scored *scored)
{
    free(scored->id);
    free(scored->log_probability);
    *scored = (qp_scored){0};
}
