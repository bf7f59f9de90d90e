#include <stdlib.h>

#include "lib/base/memory.h"
#include "lib/nn/params_internal.h"

/* Weights in a mapped file. */

static qp_status no_memory(const qp_params *params)
{
    return qp_fail(QP_EMEMORY, "out of memory for %d parameters", params->count);
}

qp_status qp_params_map(qp_params *params, qp_map *map)
{
    const size_t count = (size_t)params->count + 1;
    if (params->status != QP_OK) return params->status;
    params->map = qp_map_share(map);
    params->mapped = calloc(count, sizeof *params->mapped);
    params->own = calloc(count, sizeof *params->own);
    params->stored = calloc(count, sizeof *params->stored);
    return params->mapped && params->own && params->stored ? QP_OK : no_memory(params);
}

void qp_params_map_reals(qp_params *params, int index, const void *value)
{
    params->mapped[index] = (qp_real *)(uintptr_t)value;
}

qp_status qp_params_map_own(qp_params *params, int index, qp_real **value)
{
    const qp_parameter *p = &params->parameter[index];
    *value = qp_memory_large((size_t)p->rows * (size_t)p->columns * sizeof **value);
    params->mapped[index] = *value;
    params->own[index] = *value != NULL;
    return *value ? QP_OK : no_memory(params);
}

/* The values of a matrix that has none are never read: they begin where the stored ones do. */
qp_status qp_params_map_stored(qp_params *params, int index, qp_weight_type type, const void *row, const float *scale)
{
    const qp_parameter *p = &params->parameter[index];
    params->stored[index] =
        (qp_packed){.n = p->rows, .k = p->columns, .type = type, .row = row, .scale = scale};
    params->mapped[index] = (qp_real *)(uintptr_t)row;
    if (p->product || p->looked_up) return QP_OK;
    qp_real *value;
    QP_TRY(qp_params_map_own(params, index, &value));
    qp_weight_reals(&params->stored[index], qp_matrix_dense(value, p->rows, p->columns));
    return QP_OK;
}

qp_status qp_params_map_finish(qp_params *params)
{
    if (params->packed) return QP_OK;
    params->packed = calloc((size_t)params->count + 1, sizeof *params->packed);
    if (!params->packed) return no_memory(params);
    for (int i = 0; i < params->count; i++) {
        const qp_parameter *p = &params->parameter[i];
        if (params->stored[i].row)
            params->packed[i] = params->stored[i];
        else if (p->rows > 1)
            params->packed[i] = (qp_packed){.n = p->rows, .k = p->columns, .row = params->mapped[i]};
    }
    qp_params_pack_late(params);
    return QP_OK;
}

void qp_params_map_free(qp_params *params)
{
    for (int i = 0; params->mapped && params->own && i < params->count; i++)
        if (params->own[i]) free(params->mapped[i]);
    free(params->mapped);
    free(params->own);
    qp_map_close(params->map);
}
