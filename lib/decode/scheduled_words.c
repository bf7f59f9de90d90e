#include "lib/decode/scheduled_words.h"

#include <stdlib.h>

#include "lib/decode/lines.h"
#include "lib/decode/predict.h"

enum { PIECE = 32 }; /* sequences decoded together */

typedef struct {
    const qp_model *model;
    const qp_batch *batch;
    const uint8_t *coin;
    int32_t *input;
} job;

/* Sequences first .. first+count-1. */
typedef struct {
    const job *j;
    int first, count, longest;
    int32_t start[PIECE + 1]; /* of the sources, from 0 */
    int32_t last[PIECE], best[PIECE];
} piece;

static int length_of(const piece *p, int i) { return qp_sequence_length(p->j->batch->target.sequences, p->first + i); }

/* The tokens read at time t. A finished sequence keeps its row and rereads the end; its output is ignored. */
static void choose(piece *p, int t)
{
    const qp_ids target = p->j->batch->target;
    int32_t end = qp_model_special(p->j->model, true).end;
    for (int i = 0; i < p->count; i++) {
        ptrdiff_t row = target.sequences.start[p->first + i] + t;
        p->last[i] = end;
        if (t >= length_of(p, i)) continue;
        if (t == 0)
            p->last[i] = qp_model_first_token(p->j->model);
        else
            p->last[i] = p->j->coin[row] ? p->best[i] : target.id[row - 1];
        p->j->input[row] = p->last[i];
    }
}

static qp_status start(piece *p, qp_tape *tape, qp_state **state)
{
    const qp_ids source = p->j->batch->source;
    int32_t base = source.sequences.start[p->first];
    for (int i = 0; i <= p->count; i++) p->start[i] = source.sequences.start[p->first + i] - base;
    qp_tape_begin(tape, QP_INFER, 0);
    return qp_model_start(p->j->model, tape, (qp_ids){{.count = p->count, .start = p->start}, source.id + base}, state);
}

static qp_status walk(piece *p, qp_tape *tape, qp_state *state)
{
    choose(p, 0);
    for (int t = 1; t < p->longest; t++) {
        qp_tape_begin(tape, QP_INFER, 0);
        qp_tensor scores = qp_model_step(p->j->model, tape, p->last, state, NULL);
        if (qp_tape_failed(tape)) return qp_fail(qp_tape_status(tape), "%s", qp_tape_message(tape));
        for (int i = 0; i < p->count; i++)
            p->best[i] = (int32_t)qp_predict_best(qp_tensor_row(scores, i), scores.columns);
        choose(p, t);
    }
    return QP_OK;
}

static qp_status run_piece(void *self, qp_tape *tape, int number)
{
    const job *j = self;
    int sequences = j->batch->target.sequences.count;
    piece p = {.j = j, .first = number * PIECE};
    p.count = sequences - p.first < PIECE ? sequences - p.first : PIECE;
    for (int i = 0; i < p.count; i++)
        if (length_of(&p, i) > p.longest) p.longest = length_of(&p, i);
    qp_state *state = NULL;
    qp_status status = start(&p, tape, &state);
    if (status == QP_OK) status = walk(&p, tape, state);
    qp_state_free(state);
    return status;
}

qp_status qp_scheduled_words(const qp_model *model, const qp_batch *batch, const uint8_t *coin, int threads,
                             int32_t *input)
{
    int sequences = batch->target.sequences.count;
    if (batch->source.sequences.count != sequences || batch->source.sequences.length || batch->target.sequences.length)
        return qp_fail(QP_ESHAPE, "a batch of %d sources and %d targets cannot be decoded; please report this",
                       batch->source.sequences.count, sequences);
    job j = {model, batch, coin, input};
    return qp_lines_run((sequences + PIECE - 1) / PIECE, threads, run_piece, &j);
}
