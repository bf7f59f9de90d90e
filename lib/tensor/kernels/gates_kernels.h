#ifndef QP_GATES_KERNELS_H
#define QP_GATES_KERNELS_H

#include <stddef.h>

#include "lib/tensor/kernels/cpu.h"
#include "lib/tensor/kernels/kernel_types.h"

/* gates_kernels — the vector code of lib/tensor/gates.h, one set per level of cpu.h; equations there. */
typedef struct {
    void (*lstm_back)(size_t n, qp_real *a, const qp_real *before, const qp_real *c, const qp_real *dh, qp_real *dc);
    void (*gru_back)(size_t n, qp_real *a, qp_real *s, const qp_real *before, const qp_real *dh, qp_real *dh_before);
    qp_real (*score)(size_t n, const qp_real *query, const qp_real *key, const qp_real *energy);
    void (*score_back)(size_t n, const qp_real *query, const qp_real *key, const qp_real *energy, qp_real ds,
                       qp_real *d_query, qp_real *d_key, qp_real *d_energy);
    qp_real (*dot)(size_t n, const qp_real *x, const qp_real *y);
} qp_gates_kernels;

extern const qp_gates_kernels qp_gates_scalar;
#ifdef QP_VECTOR_KERNELS
extern const qp_gates_kernels qp_gates_avx2, qp_gates_avx512;
#endif

#endif
