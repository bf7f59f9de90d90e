#include "lib/grad/recurrent/recurrence.h"

/* Before its first token a sequence has zeros. */
void qp_recurrence_window(const qp_recurrent_run *run, qp_real *input)
{
    const qp_recurrence *order = &run->order;
    size_t in = (size_t)run->x.columns;
    for (int t = 0; t < order->steps; t++)
        for (int p = order->first[t]; p < order->first[t + 1]; p++) {
            const qp_real *now = qp_tensor_row(run->x, order->row[p]);
            const qp_real *old = t ? qp_tensor_row(run->x, order->row[order->first[t - 1] + p - order->first[t]])
                                   : NULL;
            qp_real *to = input + (size_t)p * 2 * in;
            for (size_t c = 0; c < in; c++) {
                to[2 * c] = old ? old[c] : 0;
                to[2 * c + 1] = now[c];
            }
        }
}

void qp_recurrence_window_back(const qp_recurrent_run *run, const qp_real *d, qp_real *dx)
{
    const qp_recurrence *order = &run->order;
    size_t in = (size_t)run->x.columns;
    for (int t = 0; t < order->steps; t++)
        for (int p = order->first[t]; p < order->first[t + 1]; p++) {
            const qp_real *own = d + (size_t)p * 2 * in, *next = NULL;
            int place = order->first[t + 1] + p - order->first[t];
            if (t + 1 < order->steps && place < order->first[t + 2]) next = d + (size_t)place * 2 * in;
            for (size_t c = 0; c < in; c++) dx[(size_t)p * in + c] = own[2 * c + 1] + (next ? next[2 * c] : 0);
        }
}
