#ifndef QP_GATES_KERNELS_H
#define QP_GATES_KERNELS_H

#include "lib/tensor/gates.h"
#include "lib/tensor/kernels/cpu.h"

/* gates_kernels — the kernels behind gates.h, one set per level of cpu.h, with the same arguments. */
typedef struct {
    void (*lstm_back)(size_t, qp_real *, const qp_real *, const qp_real *, const qp_real *, qp_real *);
    void (*gru_back)(size_t, qp_real *, qp_real *, const qp_real *, const qp_real *, qp_real *);
    qp_real (*score)(size_t, const qp_real *, const qp_real *, const qp_real *);
    void (*score_back)(size_t, const qp_real *, const qp_real *, const qp_real *, qp_real, qp_real *, qp_real *,
                       qp_real *);
    qp_real (*dot)(size_t, const qp_real *, const qp_real *);
} qp_gates_kernels;

extern const qp_gates_kernels qp_gates_scalar;
#ifdef QP_VECTOR_KERNELS
extern const qp_gates_kernels qp_gates_avx2, qp_gates_avx512;
#endif

#endif
