#ifndef QP_DOT_KERNELS_H
#define QP_DOT_KERNELS_H

#include <stdint.h>

#include "lib/tensor/kernels/cpu.h"
#include "lib/tensor/kernels/kernel_types.h"

/* dot_kernels — products of rows with a weight stored in rows, W [n, k], of 16 or 8 bits: every output is one dot
 * product over k. One set per level of cpu.h. How many rows are multiplied at once changes no bit of a row. */

/* Rows of 8-bit integers, -127 .. 127, and the sum of each. */
#define QP_INT8_STEP 64
static inline size_t qp_int8_stride(int k) { return ((size_t)k + QP_INT8_STEP - 1) / QP_INT8_STEP * QP_INT8_STEP; }
typedef struct {
    const int8_t *value; /* [rows, stride], zeros from column k on; stride a multiple of QP_INT8_STEP */
    ptrdiff_t stride;
    const int32_t *sum; /* [rows] */
    int rows;
} qp_int8_rows;

/* From sums of integers to outputs: C[o] = beta*C[o] + (sum[o] * (t * scale[o]) + bias[o]), o < n; t: scale of the row
 * of A; bias NULL: none; beta 0 (C is not read) or 1. */
typedef struct {
    int n;
    float t;
    const float *scale;
    const qp_real *bias;
    qp_real beta;
} qp_int8_outputs;

typedef struct {
    /* sum [a.rows, n] = A W', exact: k is at most QP_INT8_COLUMNS */
    void (*int8)(const qp_int8_rows *a, const int8_t *w, int n, int k, int32_t *sum);
    /* W in panels of QP_INT8_PANEL outputs x qp_int8_stride(k) bytes, and the same product with one of them, faster for
     * int8_wide rows of A and more; NULL: there is no such kernel */
    void (*int8_pack)(const int8_t *w, int n, int k, int8_t *panel);
    void (*int8_panel)(const qp_int8_rows *a, const int8_t *panel, int n, int k, int32_t *sum);
    int int8_wide;
    /* the largest |x| without its sign bit; above the bits of infinity if one is NaN */
    uint32_t (*int8_largest)(int n, const qp_real *x);
    /* y = round(x * inverse), ties to even, |x * inverse| < 2^22; returns the sum of y */
    int32_t (*int8_round)(int n, const qp_real *x, float inverse, int8_t *y);
    void (*int8_finish)(const qp_int8_outputs *out, const int32_t *sum, qp_real *c);
    /* sum [a.rows, n] = A W', k = a.columns */
    void (*bf16)(qp_matrix a, const uint16_t *w, int n, qp_real *sum);
    void (*fp16)(qp_matrix a, const uint16_t *w, int n, qp_real *sum);
} qp_dot_kernels;

/* QP_INT8_WIDE: rows of A from which a panel is filled in the cache for a product without one. */
enum { QP_INT8_PANEL = 64, QP_INT8_WIDE = 5 };

/* The most columns of a weight of 8 bits: 2^17 products of 127 and 128 fit into 32 bits. */
#define QP_INT8_COLUMNS (1 << 17)

extern const qp_dot_kernels qp_dot_scalar;
#ifdef QP_VECTOR_KERNELS
extern const qp_dot_kernels qp_dot_avx2, qp_dot_avx512, qp_dot_vnni;
void qp_dot_int8_vnni(const qp_int8_rows *a, const int8_t *w, int n, int k, int32_t *sum);
/* The same for many rows and n <= QP_INT8_PANEL; int8_pack and int8_panel. */
void qp_dot_int8_vnni_many(const qp_int8_rows *a, const int8_t *w, int n, int k, int32_t *sum);
void qp_dot_int8_vnni_pack(const int8_t *w, int n, int k, int8_t *panel);
void qp_dot_int8_vnni_panel(const qp_int8_rows *a, const int8_t *panel, int n, int k, int32_t *sum);
#endif

/* qp_dot_set — the kernels of the chosen level. At the level avx512 `int8` uses VNNI where the CPU has it. */
const qp_dot_kernels *qp_dot_set(void);

#endif
