#include <stdlib.h>
#include <string.h>

#include "lib/store/safetensors.h"
#include "lib/train/checkpoint.h"

static qp_status add_parameter(const qp_safetensors *file, const qp_parameter *p, qp_real *value, double *sum)
{
    size_t n = (size_t)p->rows * (size_t)p->columns;
    const qp_stored *stored = qp_safetensors_find(file, p->name);
    if (!stored || stored->count != n)
        return qp_fail(QP_EDATA,
                       "%s: parameter %s is missing or has another shape; the file is not a save of this model",
                       qp_safetensors_path(file), p->name);
    QP_TRY(qp_safetensors_reals(file, stored, value));
    for (size_t i = 0; i < n; i++) sum[i] += (double)value[i];
    return QP_OK;
}

static qp_status average_files(qp_safetensors *const *file, int count, qp_params *params, double *sum)
{
    for (int i = 0; i < qp_params_count(params); i++) {
        const qp_parameter *p = qp_params_at(params, i);
        size_t n = (size_t)p->rows * (size_t)p->columns;
        qp_real *value = qp_params_value(params, i);
        if (p->frozen && !qp_safetensors_find(file[0], p->name)) continue; /* an adapter's base: unchanged */
        memset(sum, 0, n * sizeof *sum);
        for (int k = 0; k < count; k++) QP_TRY(add_parameter(file[k], p, value, sum));
        for (size_t e = 0; e < n; e++) value[e] = (qp_real)(sum[e] / count);
    }
    return QP_OK;
}

qp_status qp_checkpoint_average(const char *const *path, int count, qp_params *params)
{
    size_t largest = 1;
    for (int i = 0; i < qp_params_count(params); i++) {
        size_t n = (size_t)qp_params_at(params, i)->rows * (size_t)qp_params_at(params, i)->columns;
        if (n > largest) largest = n;
    }
    qp_safetensors **file = calloc((size_t)count + 1, sizeof *file);
    double *sum = malloc(largest * sizeof *sum);
    qp_status status = file && sum ? QP_OK : qp_fail(QP_EMEMORY, "out of memory while averaging checkpoints");
    for (int k = 0; status == QP_OK && k < count; k++) {
        status = qp_safetensors_open(path[k], &file[k]);
        if (status == QP_OK) status = qp_safetensors_verify(file[k]);
    }
    if (status == QP_OK) status = average_files(file, count, params, sum);
    for (int k = 0; file && k < count; k++) qp_safetensors_close(file[k]);
    free(file);
    free(sum);
    return status;
}
