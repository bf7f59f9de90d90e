#include "lib/tensor/gates.h"

#include "lib/tensor/kernels/cpu.h"
#include "lib/tensor/kernels/gates_kernels.h"

static const qp_gates_kernels *kernels(void)
{
#ifdef QP_VECTOR_KERNELS
    static const qp_gates_kernels *const set[] = {&qp_gates_scalar, &qp_gates_avx2, &qp_gates_avx512};
    return set[qp_cpu_level()];
#else
    return &qp_gates_scalar;
#endif
}

void qp_lstm_row_back(size_t n, qp_real *a, const qp_real *before, const qp_real *c, const qp_real *dh, qp_real *dc)
{
    kernels()->lstm_back(n, a, before, c, dh, dc);
}

void qp_gru_row_back(size_t n, qp_real *a, qp_real *s, const qp_real *before, const qp_real *dh, qp_real *dh_before)
{
    kernels()->gru_back(n, a, s, before, dh, dh_before);
}

qp_real qp_additive_score(size_t n, const qp_real *query, const qp_real *key, const qp_real *energy)
{
    return kernels()->score(n, query, key, energy);
}

void qp_additive_score_back(size_t n, const qp_real *query, const qp_real *key, const qp_real *energy, qp_real ds,
                            qp_real *d_query, qp_real *d_key, qp_real *d_energy)
{
    kernels()->score_back(n, query, key, energy, ds, d_query, d_key, d_energy);
}

qp_real qp_dot(size_t n, const qp_real *x, const qp_real *y) { return kernels()->dot(n, x, y); }
