#include "lib/train/shard_cut.h"

int64_t qp_batch_rows_before(const qp_batch *batch, int sequence)
{
    return qp_rows_before(batch->source.sequences, sequence) + qp_rows_before(batch->target.sequences, sequence);
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

qp_status qp_shard_check(const qp_batch *batch)
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
