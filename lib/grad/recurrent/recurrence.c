#include "lib/grad/recurrent/recurrence.h"

#include <string.h>

static bool take(qp_tape *tape, int count, int32_t **made)
{
    *made = qp_tape_memory(tape, (size_t)count * sizeof **made);
    return *made != NULL;
}

/* Counting sort by length, longest first; equal lengths stay in batch order. */
static bool rank_by_length(qp_tape *tape, qp_sequences s, qp_recurrence *order)
{
    int32_t *next;
    if (!take(tape, order->steps + 2, &next)) return false;
    for (int length = 0; length <= order->steps + 1; length++) next[length] = 0;
    for (int i = 0; i < s.count; i++) next[order->steps - qp_sequence_length(s, i) + 1]++;
    for (int k = 1; k <= order->steps + 1; k++) next[k] += next[k - 1];
    for (int i = 0; i < s.count; i++) {
        int place = next[order->steps - qp_sequence_length(s, i)]++;
        order->rank[place] = i;
        order->length[place] = qp_sequence_length(s, i);
    }
    return true;
}

bool qp_recurrence_plan(qp_tape *tape, qp_sequences s, int rows, bool reverse, qp_recurrence *order)
{
    *order = (qp_recurrence){.rows = rows, .sequences = s.count, .steps = qp_sequence_longest(s)};
    if (!take(tape, s.count + 1, &order->rank) || !take(tape, s.count + 1, &order->length) ||
        !take(tape, order->steps + 1, &order->first) || !take(tape, rows + 1, &order->row))
        return false;
    if (!rank_by_length(tape, s, order)) return false;
    int place = 0, running = s.count;
    for (int t = 0; t < order->steps; t++) {
        order->first[t] = place;
        while (running > 0 && order->length[running - 1] <= t) running--;
        for (int i = 0; i < running; i++) {
            int token = reverse ? order->length[i] - 1 - t : t;
            order->row[place++] = s.start[order->rank[i]] + token;
        }
    }
    order->first[order->steps] = place;
    return true;
}

qp_real *qp_recurrence_reals(qp_tape *tape, int rows, int columns)
{
    return qp_tape_memory(tape, (size_t)rows * (size_t)columns * sizeof(qp_real));
}

void qp_recurrence_scatter(qp_matrix from, const int32_t *row, qp_real beta, qp_matrix to)
{
    for (int i = 0; i < from.rows; i++) {
        qp_real *target = qp_matrix_row(to, row[i]);
        const qp_real *source = qp_matrix_row(from, i);
        if (beta == 0)
            memcpy(target, source, (size_t)from.columns * sizeof *target);
        else
            for (int c = 0; c < from.columns; c++) target[c] += source[c];
    }
}

void qp_recurrence_collect(qp_matrix from, const int32_t *row, qp_matrix to)
{
    for (int i = 0; i < to.rows; i++)
        memcpy(qp_matrix_row(to, i), qp_matrix_row(from, row[i]), (size_t)to.columns * sizeof *to.value);
}

void qp_recurrence_state(const qp_recurrence *order, qp_tensor given, int columns, qp_real *by_rank)
{
    if (given.value)
        qp_recurrence_collect(qp_tensor_matrix(given), order->rank,
                              qp_matrix_dense(by_rank, order->sequences, columns));
    else
        memset(by_rank, 0, (size_t)order->sequences * (size_t)columns * sizeof *by_rank);
}

const qp_real *qp_recurrence_cell_before(const qp_recurrent_run *run, int t, int i)
{
    size_t width = (size_t)run->hidden;
    if (t == 0) return run->cell_first + (size_t)i * width;
    return run->cell_kept + (size_t)(run->order.first[t - 1] + i) * width;
}

/* p + offset; NULL stays NULL */
static qp_real *at(qp_real *p, size_t offset) { return p ? p + offset : NULL; }

qp_cell_row qp_recurrence_row(const qp_recurrent_run *run, const qp_recurrent_step *step, int i)
{
    const size_t hidden = (size_t)run->hidden, out = (size_t)run->out, gates = (size_t)run->gates_width;
    const size_t place = (size_t)(step->place + i), rank = (size_t)i;
    return (qp_cell_row){.width = hidden,
                         .gates = run->gates + place * gates,
                         .product = at(run->product, place * gates),
                         .before = run->before + place * out,
                         .read = run->read + place * out,
                         .gated = at(run->gated, place * out),
                         .cell_before = run->cell ? qp_recurrence_cell_before(run, step->t, i) : NULL,
                         .cell = at(run->cell, place * hidden),
                         .h = run->unprojected + place * hidden,
                         .extra = run->w.extra[0].value,
                         .d_extra = run->d_extra[0],
                         .dh = step->dh ? step->dh + rank * hidden : NULL,
                         .dh_before = at(step->dh_before, rank * out),
                         .d_cell = at(run->d_cell, rank * hidden),
                         .d_gated = at(run->d_gated, rank * out),
                         .d_partial = at(run->d_partial, rank * hidden),
                         .d_read = at(step->d_read, rank * out)};
}

void qp_recurrence_each_row(const qp_recurrent_run *run, const qp_recurrent_step *step, qp_cell_row_function *function)
{
    for (int i = 0; i < step->count; i++) {
        const qp_cell_row row = qp_recurrence_row(run, step, i);
        function(&row);
    }
}
