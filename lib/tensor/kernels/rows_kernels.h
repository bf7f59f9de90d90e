#ifndef QP_ROWS_KERNELS_H
#define QP_ROWS_KERNELS_H

#include <stdint.h>

#include "lib/tensor/kernels/cpu.h"
#include "lib/tensor/kernels/kernel_types.h"

/* rows_kernels — the vector code of lib/tensor/rows.h, one set per level of cpu.h. Each works on one row of n columns
 * (column_sums: on the whole matrix); the loop over rows is in lib/tensor/rows.c. Equations: lib/tensor/rows.h. */

/* Cross-entropy of one row: loss = -sum_c q_c log p_c, q_c = smooth*w_c + (c == target ? main : 0). */
typedef struct {
    qp_real smooth; /* e/C */
    qp_real main;   /* (1-e)*w_target */
    qp_real total;  /* sum of all q_c */
    qp_real scale;  /* factor of the gradient */
} qp_loss_coefficients;

typedef struct {
    void (*softmax)(int n, const qp_real *x, qp_real inverse_temperature, qp_real *y);
    void (*softmax_back)(int n, const qp_real *y, const qp_real *dy, qp_real inverse_temperature, qp_real beta,
                         qp_real *dx);
    qp_real (*softmax_part)(int n, const qp_real *x, qp_softmax_row *row, qp_real *y);
    void (*softmax_again)(int n, const qp_real *x, qp_softmax_row row, qp_real *y);
    void (*softmax_part_back)(int n, const qp_real *y, qp_real mean, qp_real *dy);
    void (*log_softmax)(int n, const qp_real *x, qp_real inverse_temperature, qp_real *y);
    void (*log_softmax_back)(int n, const qp_real *y, const qp_real *dy, qp_real inverse_temperature, qp_real beta,
                             qp_real *dx);
    void (*norm)(int n, const qp_real *x, const qp_row_norm *norm, qp_real epsilon, qp_real *y);
    void (*norm_back)(int n, const qp_real *x, const qp_row_norm *norm, const qp_real *dy, qp_real beta, qp_real *dx);
    /* only dweight and dbias of it, in the same order; of any columns */
    void (*norm_weights_back)(int n, const qp_real *x, const qp_row_norm *norm, const qp_real *dy);
    void (*add_scaled)(int n, qp_real scale, const qp_real *x, qp_real *y); /* y += scale*x */
    void (*column_sums)(qp_matrix x, qp_real beta, qp_real *sum);
    /* y = scale*x + offset; offset may be NULL */
    void (*gather)(int n, qp_real scale, const qp_real *x, const qp_real *offset, qp_real *y);
    qp_real (*cross_entropy)(int n, const qp_real *x, int target, const qp_real *weight, const qp_loss_coefficients *c,
                             qp_real *dx);
    void (*top)(int n, const qp_real *x, int k, int32_t *index);
    void (*dot_rows)(int n, const qp_real *x, const qp_listed_rows *rows, qp_real scale, qp_real *y);
    void (*mix_rows)(int n, const qp_listed_rows *rows, const qp_real *weight, qp_real *y);
} qp_rows_kernels;

extern const qp_rows_kernels qp_rows_scalar;
#ifdef QP_VECTOR_KERNELS
extern const qp_rows_kernels qp_rows_avx2, qp_rows_avx512;
#endif

#endif
