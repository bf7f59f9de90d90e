#include "lib/nn/statistic.h"

#include "lib/tensor/pointwise.h"

int qp_statistic_add(qp_params *params, int rows, int columns, double keep, const char *name)
{
    int index = qp_params_add(params, rows, columns, qp_init_constant(0), "%s", name);
    if (index >= 0) qp_params_set_statistic(params, index, (qp_real)keep);
    return index;
}

void qp_statistic_observe(qp_tape *tape, const qp_params *params, int index, const qp_real *sum)
{
    qp_real beta, *seen = qp_tape_grad(tape, qp_param(tape, params, index), &beta);
    const qp_parameter *p = qp_params_at(params, index);
    if (seen) qp_scale_add((size_t)p->rows * (size_t)p->columns, 1, sum, beta, seen);
}

void qp_statistic_follow(qp_params *params, const qp_real *const *gradient, int count,
                         bool (*frozen)(const void *self, const char *name), const void *self, qp_real *copy)
{
    for (int i = 0; i < qp_params_count(params); i++) {
        const qp_parameter *p = qp_params_at(params, i);
        if (p->keep == 0 || frozen(self, p->name)) continue;
        qp_real *value = qp_params_value(params, i);
        size_t n = (size_t)p->rows * (size_t)p->columns;
        for (int k = 0; k < count; k++)
            qp_scale_add(n, 1 - p->keep, gradient[k] + p->offset, k == 0 ? p->keep : 1, value);
        if (copy) qp_scale_add(n, 1, value, 0, copy + p->offset);
    }
}
