#include "lib/train/weight_noise.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"

qp_status qp_weight_noise_init(qp_weight_noise *noise, const qp_params *params, double deviation, int threads)
{
    *noise = (qp_weight_noise){.deviation = deviation, .threads = threads};
    if (deviation <= 0) return QP_OK;
    noise->clean = malloc((qp_params_size(params) + 1) * sizeof *noise->clean);
    return noise->clean ? QP_OK : qp_fail(QP_EMEMORY, "training: out of memory for --weight-noise");
}

void qp_weight_noise_free(qp_weight_noise *noise)
{
    free(noise->clean);
    noise->clean = NULL;
}

void qp_weight_noise_begin(qp_weight_noise *noise, qp_params *params, uint64_t key)
{
    if (!noise->clean) return;
    memcpy(noise->clean, qp_params_block(params), qp_params_size(params) * sizeof *noise->clean);
    for (int i = 0; i < qp_params_count(params); i++) {
        const qp_parameter *p = qp_params_at(params, i);
        if (!p->decay) continue;
        uint64_t own = qp_random_key(key, (uint64_t)i);
        qp_real *value = qp_params_value(params, i);
        size_t elements = (size_t)p->rows * (size_t)p->columns;
#pragma omp parallel for num_threads(noise->threads) schedule(static)
        for (size_t e = 0; e < elements; e++) value[e] += (qp_real)(noise->deviation * qp_random_normal(own, e));
    }
}

void qp_weight_noise_end(qp_weight_noise *noise, qp_params *params)
{
    if (noise->clean) memcpy(qp_params_block(params), noise->clean, qp_params_size(params) * sizeof *noise->clean);
}
