#include "lib/grad/attention/op_relative.h"

#include <math.h>
#include <stdlib.h>

typedef struct {
    qp_tensor table, y;
    qp_sequences qs, ks;
    qp_relative_config config;
} relative_context;

int qp_relative_bucket(int distance, int buckets, const qp_relative_config *config)
{
    int first = 0, far = config->far > 0 ? config->far : 128;
    if (config->both_ways) {
        buckets /= 2;
        first = distance > 0 ? buckets : 0;
        distance = abs(distance);
    } else {
        distance = distance < 0 ? -distance : 0;
    }
    int near = buckets / 2;
    if (distance < near || buckets < 2) return first + (distance < buckets ? distance : buckets - 1);
    if (far <= near || near < 1) return first + buckets - 1;
    double part = log((double)distance / near) / log((double)far / near);
    int bucket = near + (int)(part * (buckets - near));
    return first + (bucket < buckets ? bucket : buckets - 1);
}

/* Visits the blocks in order. Forward: column = the table's numbers. Backward: table (its gradient) += column (its
 * gradient). The rows of the table are `stride` apart; `row` is scratch: the bucket of every distance from -(keys-1) to
 * queries-1. */
static void walk(const relative_context *c, qp_real *table, int stride, qp_real *column, int32_t *row, bool back)
{
    for (int s = 0; s < c->qs.count; s++) {
        int queries = qp_sequence_length(c->qs, s), keys = qp_sequence_length(c->ks, s);
        for (int d = 0; d < keys + queries - 1; d++)
            row[d] = qp_relative_bucket(d - keys + 1, c->table.rows, &c->config);
        for (int h = 0; h < c->table.columns; h++)
            for (int q = 0; q < queries; q++)
                for (int k = 0; k < keys; k++, column++) {
                    qp_real *entry = table + (ptrdiff_t)row[k - q + queries - 1] * stride + h;
                    if (back)
                        *entry += *column;
                    else
                        *column = *entry;
                }
    }
}

static int32_t *scratch_of(qp_tape *tape, const relative_context *c)
{
    int longest = 0;
    for (int s = 0; s < c->qs.count; s++) {
        int both = qp_sequence_length(c->qs, s) + qp_sequence_length(c->ks, s);
        longest = both > longest ? both : longest;
    }
    return qp_tape_memory(tape, (size_t)longest * sizeof(int32_t));
}

/* dtable[bucket, head] += dbias of all pairs in the bucket, in the order of the blocks */
static void relative_back(qp_tape *tape, void *context)
{
    const relative_context *c = context;
    qp_real *d = qp_tape_grad_zeroed(tape, c->table);
    size_t mark = qp_tape_mark(tape);
    int32_t *row = d ? scratch_of(tape, c) : NULL;
    if (row) walk(c, d, c->table.stride, c->y.node->grad, row, true);
    qp_tape_rewind(tape, mark);
}

qp_tensor qp_relative_bias(qp_tape *tape, qp_tensor table, qp_sequences qs, qp_sequences ks,
                           const qp_relative_config *config)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (qs.count != ks.count || table.rows < 2 || table.rows % 2 != 0 || table.columns < 1)
        return qp_tape_fail(tape, QP_ESHAPE, "relative bias: table [%d, %d], %d sequences of queries, %d of keys",
                            table.rows, table.columns, qs.count, ks.count);
    int64_t count = 0;
    for (int s = 0; s < qs.count; s++)
        count += (int64_t)table.columns * qp_sequence_length(qs, s) * qp_sequence_length(ks, s);
    if (count > INT32_MAX)
        return qp_tape_fail(tape, QP_ESHAPE, "relative bias: %lld scores; use a smaller --batch-size",
                            (long long)count);
    relative_context c = {.table = table, .qs = qs, .ks = ks, .config = *config};
    c.y = qp_tape_tensor(tape, (int)count, 1);
    size_t mark = qp_tape_mark(tape);
    int32_t *row = scratch_of(tape, &c);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    walk(&c, table.value, table.stride, c.y.value, row, false);
    qp_tape_rewind(tape, mark);
    qp_tape_record(tape, c.y, relative_back, &c, sizeof c);
    return c.y;
}
