#include <math.h>
#include <stdlib.h>

#include "lib/base/memory.h"
#include "lib/nn/params_internal.h"

/* Matrices stored in fewer bits. */

static void free_one(qp_packed *stored)
{
    free((void *)(uintptr_t)stored->row);
    free((void *)(uintptr_t)stored->scale);
    *stored = (qp_packed){0};
}

void qp_params_stored_free(qp_params *params)
{
    for (int i = 0; params->stored && !params->map && i < params->count; i++) free_one(&params->stored[i]);
    free(params->stored);
    params->stored = NULL;
}

qp_status qp_params_store(qp_params *params, int index, qp_weight_type type, void **row, float **scale)
{
    const qp_parameter *p = &params->parameter[index];
    const size_t bytes = (size_t)p->rows * (size_t)p->columns * qp_weight_bytes(type);
    if (!params->stored) params->stored = calloc((size_t)params->count, sizeof *params->stored);
    *row = qp_memory_large(bytes);
    *scale = calloc((size_t)p->rows, sizeof **scale);
    if (!params->stored || !*row || !*scale) {
        free(*row);
        free(*scale);
        return qp_fail(QP_EMEMORY, "out of memory for the stored weights of %s (%zu MB)", p->name, bytes >> 20);
    }
    free_one(&params->stored[index]);
    params->stored[index] = (qp_packed){.n = p->rows, .k = p->columns, .type = type, .row = *row, .scale = *scale};
    return QP_OK;
}

const qp_packed *qp_params_stored(const qp_params *params, int index)
{
    return params->stored && params->stored[index].row ? &params->stored[index] : NULL;
}

static qp_matrix values_of(const qp_params *params, int index)
{
    const qp_parameter *p = &params->parameter[index];
    return qp_matrix_dense(params->block + p->offset, p->rows, p->columns);
}

void qp_params_restore(qp_params *params, int index)
{
    qp_weight_reals(&params->stored[index], values_of(params, index));
}

static qp_status check_finite(const qp_parameter *p, qp_matrix value)
{
    for (int o = 0; o < value.rows; o++)
        for (int i = 0; i < value.columns; i++)
            if (!isfinite(qp_matrix_row(value, o)[i]))
                return qp_fail(QP_EDATA,
                               "%s: a weight is not a number, or too large for the type; use bf16, which has the "
                               "range of fp32",
                               p->name);
    return QP_OK;
}

static qp_status quantize_one(qp_params *params, int index, qp_weight_type type)
{
    void *row;
    float *scale;
    QP_TRY(qp_params_store(params, index, type, &row, &scale));
    qp_weight_round(type, values_of(params, index), row, scale);
    qp_params_restore(params, index);
    return check_finite(&params->parameter[index], values_of(params, index));
}

qp_status qp_params_quantize(qp_params *params, qp_weight_type type)
{
    for (int i = 0; i < params->count; i++) {
        const qp_parameter *p = &params->parameter[i];
        bool wanted = type == QP_WEIGHT_INT8 ? p->product : p->rows > 1;
        if (wanted && qp_weight_fits(type, p->columns)) QP_TRY(quantize_one(params, i, type));
    }
    return QP_OK;
}
