#include "lib/package/embeddings.h"

#include <stdlib.h>

#include "lib/base/array.h"

enum { TEXTS_AT_ONCE = 32 };

typedef struct {
    const qp_package *package;
    const qp_line_ids *ids;
    int count, width;
    float *vector; /* [count, width] */
} job;

const qp_text_codec *qp_embedding_codec(const qp_package *package)
{
    return package->source ? &package->source_codec : &package->target_codec;
}

void qp_embeddings_free(qp_embeddings *embeddings)
{
    free(embeddings->value);
    *embeddings = (qp_embeddings){0};
}

/* The mean of a text's rows. */
static void mean_rows(qp_tensor states, int first, int rows, float *vector)
{
    for (int c = 0; c < states.columns; c++) {
        double sum = 0;
        for (int r = 0; r < rows; r++) sum += (double)qp_tensor_row(states, first + r)[c];
        vector[c] = (float)(rows ? sum / rows : 0);
    }
}

/* The rows to take the mean of, for each text. */
static qp_tensor states_of(const qp_package *package, qp_tape *tape, qp_ids text, qp_sequences *rows)
{
    const qp_model *model = package->model;
    if (qp_model_config_of(model)->task != QP_TASK_MATCH) return qp_model_states(model, tape, text, rows);
    int32_t *start = qp_tape_memory(tape, ((size_t)text.sequences.count + 1) * sizeof *start);
    if (!start) return (qp_tensor){0};
    for (int i = 0; i <= text.sequences.count; i++) start[i] = i;
    *rows = (qp_sequences){.count = text.sequences.count, .start = start};
    return qp_model_logits(model, tape, &(qp_batch){.source = text, .target = {*rows, NULL}}, NULL);
}

static qp_status embed_piece(void *self, qp_tape *tape, int number)
{
    const job *j = self;
    int first = number * TEXTS_AT_ONCE, count = j->count - first < TEXTS_AT_ONCE ? j->count - first : TEXTS_AT_ONCE;
    size_t tokens = 0;
    qp_sequences rows;
    int32_t pick[TEXTS_AT_ONCE], start[TEXTS_AT_ONCE + 1];
    for (int i = 0; i < count; i++) tokens += (size_t)j->ids[first + i].count;
    for (int i = 0; i < count; i++) pick[i] = first + i;
    qp_tape_begin(tape, QP_INFER, 0);
    int32_t *flat = qp_tape_memory(tape, (tokens + 1) * sizeof *flat);
    if (!flat) return qp_fail(QP_EMEMORY, "out of memory for %zu tokens", tokens);
    qp_tensor states = states_of(j->package, tape, qp_lines_gather(j->ids, pick, count, start, flat), &rows);
    if (qp_tape_failed(tape)) return qp_fail(qp_tape_status(tape), "%s", qp_tape_message(tape));
    for (int i = 0; i < count && states.columns == j->width; i++)
        mean_rows(states, rows.start[i], qp_sequence_length(rows, i),
                  j->vector + (ptrdiff_t)(first + i) * j->width);
    return states.columns == j->width ? QP_OK : qp_fail(QP_EBUG, "vectors of %d numbers, not %d", states.columns,
                                                        j->width);
}

/* The width of the vectors, found out with the first text. */
static qp_status find_width(const qp_package *package, const qp_line_ids *ids, int *width)
{
    int32_t start[] = {0, ids->count};
    qp_sequences rows;
    qp_tape *tape = qp_tape_new();
    if (!tape) return qp_fail(QP_EMEMORY, "out of memory for a tape");
    qp_tape_begin(tape, QP_INFER, 0);
    qp_tensor states = states_of(package, tape, (qp_ids){{.count = 1, .start = start}, ids->id}, &rows);
    qp_status status = QP_OK;
    if (qp_tape_failed(tape)) status = qp_fail(qp_tape_status(tape), "%s", qp_tape_message(tape));
    *width = states.columns;
    qp_tape_free(tape);
    return status;
}

qp_status qp_embed_ids(const qp_package *package, const qp_line_ids *ids, int count, int threads,
                       qp_embeddings *embeddings)
{
    if (count == 0) return QP_OK;
    if (embeddings->width == 0) QP_TRY(find_width(package, ids, &embeddings->width));
    size_t width = (size_t)embeddings->width, used = (size_t)embeddings->count * width;
    if (!QP_GROW(embeddings->value, embeddings->capacity, used + (size_t)count * width))
        return qp_fail(QP_EMEMORY, "out of memory for %lld vectors", (long long)embeddings->count + count);
    job j = {package, ids, count, embeddings->width, embeddings->value + used};
    QP_TRY(qp_lines_run((count + TEXTS_AT_ONCE - 1) / TEXTS_AT_ONCE, threads, embed_piece, &j));
    embeddings->count += count;
    return QP_OK;
}
