#include "lib/grad/recurrent/recurrence.h"

void qp_recurrence_read(qp_recurrent_run *run, int place, int count)
{
    if (!run->w.masks.recurrent) return;
    size_t out = (size_t)run->out;
    for (int i = 0; i < count; i++) {
        const qp_real *mask = run->w.masks.recurrent + (size_t)run->order.rank[i] * out;
        const qp_real *before = run->before + (size_t)(place + i) * out;
        qp_real *read = run->read + (size_t)(place + i) * out;
        for (size_t k = 0; k < out; k++) read[k] = mask[k] * before[k];
    }
}

void qp_recurrence_read_back(const qp_recurrent_run *run, int count, qp_real *dh_before)
{
    if (!run->w.masks.recurrent) return;
    size_t out = (size_t)run->out;
    for (int i = 0; i < count; i++) {
        const qp_real *mask = run->w.masks.recurrent + (size_t)run->order.rank[i] * out;
        const qp_real *d = run->d_read + (size_t)i * out;
        qp_real *to = dh_before + (size_t)i * out;
        for (size_t k = 0; k < out; k++) to[k] += mask[k] * d[k];
    }
}

/* y = m*old + (1 - m)*made */
static void mix(size_t n, const qp_real *m, const qp_real *old, const qp_real *made, qp_real *y)
{
    for (size_t k = 0; k < n; k++) y[k] = made[k] + m[k] * (old[k] - made[k]);
}

void qp_recurrence_keep(qp_recurrent_run *run, int t, int place, int count)
{
    const qp_recurrent_masks *masks = &run->w.masks;
    size_t out = (size_t)run->out, hidden = (size_t)run->hidden;
    for (int i = 0; i < count; i++) {
        size_t p = (size_t)(place + i), row = (size_t)run->order.row[p];
        const qp_real *made = run->w.projection.value ? run->after : run->unprojected;
        if (masks->keep_hidden)
            mix(out, masks->keep_hidden + row * out, run->before + p * out, made + p * out, run->after + p * out);
        if (masks->keep_cell && run->cell)
            mix(hidden, masks->keep_cell + row * hidden, qp_recurrence_cell_before(run, t, i), run->cell + p * hidden,
                run->cell_kept + p * hidden);
    }
}

/* The gradient d is split: m*d goes to the old state (added to `old`, or stored there), d becomes (1 - m)*d. */
static void split(size_t n, const qp_real *m, qp_real *d, bool add, qp_real *old)
{
    for (size_t k = 0; k < n; k++) {
        qp_real kept = m[k] * d[k];
        old[k] = add ? old[k] + kept : kept;
        d[k] -= kept;
    }
}

void qp_recurrence_keep_back(qp_recurrent_run *run, int place, int count, qp_real *dh, qp_real *dh_before)
{
    const qp_recurrent_masks *masks = &run->w.masks;
    size_t out = (size_t)run->out, hidden = (size_t)run->hidden;
    for (int i = 0; i < count; i++) {
        size_t row = (size_t)run->order.row[place + i], r = (size_t)i;
        if (masks->keep_hidden) split(out, masks->keep_hidden + row * out, dh + r * out, true, dh_before + r * out);
        if (masks->keep_cell && run->cell)
            split(hidden, masks->keep_cell + row * hidden, run->d_cell + r * hidden, false, run->d_kept + r * hidden);
    }
}

void qp_recurrence_keep_cell_back(qp_recurrent_run *run, int count)
{
    if (!run->w.masks.keep_cell || !run->cell) return;
    for (size_t k = 0; k < (size_t)count * (size_t)run->hidden; k++) run->d_cell[k] += run->d_kept[k];
}
