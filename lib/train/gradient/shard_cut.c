#include "lib/train/gradient/shard_cut.h"

#include <stdlib.h>

int64_t qp_batch_rows_before(const qp_batch *batch, int sequence)
{
    return qp_rows_before(batch->source.sequences, sequence) + qp_rows_before(batch->target.sequences, sequence);
}

int qp_shards_count(int64_t rows, int sequences, int64_t shard_rows)
{
    if (shard_rows <= 0) shard_rows = QP_SHARD_ROWS;
    int count = rows >= QP_SHARD_SPLIT_ROWS && shard_rows <= QP_SHARD_ROWS ? 2 : 1;
    while (count < QP_SHARDS_MAX && 2 * (int64_t)count * shard_rows <= rows) count *= 2;
    while (count > 1 && count > sequences) count /= 2;
    return count;
}

int qp_shard_pieces(int64_t rows, int sequences, int most)
{
    if (rows <= most) return 1;
    const int64_t each = most * (int64_t)sequences / rows;
    return each < 1 ? sequences : (int)((sequences + each - 1) / each);
}

int qp_shard_cut_end(const qp_batch *batch, int first, int end, int parts, int k, int from)
{
    if (k == parts) return end;
    int64_t base = qp_batch_rows_before(batch, first), rows = qp_batch_rows_before(batch, end) - base;
    int at = from + 1;
    while (at < end - (parts - k) && (qp_batch_rows_before(batch, at) - base) * parts < rows * k) at++;
    int64_t over = (qp_batch_rows_before(batch, at) - base) * parts - rows * k;
    int64_t under = rows * k - (qp_batch_rows_before(batch, at - 1) - base) * parts;
    return at - 1 > from && under < over ? at - 1 : at;
}

static qp_status check(const qp_batch *batch)
{
    qp_sequences source = batch->source.sequences, target = batch->target.sequences;
    if (source.length || target.length)
        return qp_fail(QP_ESHAPE, "training: the sequences of a batch must be contiguous; please report this");
    if (target.count <= 0 || target.start[target.count] <= target.start[0])
        return qp_fail(QP_ESHAPE, "training: a batch without target tokens; please report this");
    if (source.count && source.count != target.count)
        return qp_fail(QP_ESHAPE, "training: a batch of %d sources and %d targets; please report this", source.count,
                       target.count);
    return QP_OK;
}

static void cut_batch(qp_shard_list *list, const qp_batch *batch, int shards)
{
    int sequences = batch->target.sequences.count;
    for (int k = 1, from = 0; k <= shards; k++) {
        int end = qp_shard_cut_end(batch, 0, sequences, shards, k, from);
        list->shard[list->count++] = (qp_shard){batch, from, end, 1};
        from = end;
    }
}

qp_status qp_shard_list_cut(qp_shard_list *list, const qp_batch *batch, int count, int64_t shard_rows, bool whole)
{
    int most = count * QP_SHARDS_MAX;
    if (most > list->capacity) {
        qp_shard_list_free(list);
        list->shard = malloc((size_t)most * sizeof *list->shard);
        if (!list->shard)
            return qp_fail(QP_EMEMORY, "training: out of memory for the shards; use a smaller --batch-size");
        list->capacity = most;
    }
    list->count = 0;
    list->source_rows = list->target_rows = 0;
    for (int i = 0; i < count; i++) {
        QP_TRY(check(&batch[i]));
        int sequences = batch[i].target.sequences.count;
        list->target_rows += qp_rows_before(batch[i].target.sequences, sequences);
        if (batch[i].source.sequences.count)
            list->source_rows += qp_rows_before(batch[i].source.sequences, sequences);
        int64_t rows = qp_batch_rows_before(&batch[i], sequences);
        cut_batch(list, &batch[i], whole ? 1 : qp_shards_count(rows, sequences, shard_rows));
    }
    return QP_OK;
}

void qp_shard_list_weight_batches(qp_shard_list *list, int count)
{
    for (int i = 0; i < list->count; i++) {
        qp_sequences target = list->shard[i].batch->target.sequences;
        list->shard[i].weight =
            (qp_real)((double)list->target_rows / ((double)count * (double)qp_rows_before(target, target.count)));
    }
}

void qp_shard_list_free(qp_shard_list *list)
{
    free(list->shard);
    *list = (qp_shard_list){0};
}

/* `count` sequences from `first`, as a batch of their own; the list of starts is on the tape. */
static qp_ids view_ids(qp_tape *tape, qp_ids ids, int first, int count)
{
    if (ids.sequences.count == 0) return ids;
    int32_t *start = qp_tape_memory(tape, ((size_t)count + 1) * sizeof *start);
    if (!start) return (qp_ids){0};
    int32_t base = ids.sequences.start[first];
    for (int i = 0; i <= count; i++) start[i] = ids.sequences.start[first + i] - base;
    return (qp_ids){.sequences = {.count = count, .start = start}, .id = ids.id ? ids.id + base : NULL};
}

/* A piece of a batch, with everything that belongs to its rows. */
qp_batch qp_shard_view(qp_tape *tape, const qp_shard *piece)
{
    const qp_batch *whole = piece->batch;
    int count = piece->end - piece->first;
    qp_sequences from = whole->source.sequences;
    ptrdiff_t source = from.count ? from.start[piece->first] : 0, target = whole->target.sequences.start[piece->first];
    qp_batch view = {.source = view_ids(tape, whole->source, piece->first, count),
                     .target = view_ids(tape, whole->target, piece->first, count),
                     .features = whole->features,
                     .outputs = whole->outputs};
    if (whole->input) view.input = whole->input + target;
    if (whole->source_row) view.source_row = whole->source_row + target;
    if (whole->segment) view.segment = whole->segment + source;
    if (whole->source_value) view.source_value = whole->source_value + source * whole->features;
    if (whole->target_value) view.target_value = whole->target_value + target * whole->outputs;
    if (whole->score) view.score = whole->score + piece->first;
    if (whole->weight) view.weight = whole->weight + piece->first;
    view.noise_columns = whole->noise_columns;
    if (whole->noise) view.noise = whole->noise + (ptrdiff_t)piece->first * whole->noise_columns;
    view.carry = whole->carry;
    if (view.carry.row) view.carry.row += (ptrdiff_t)piece->first * view.carry.width;
    return view;
}
