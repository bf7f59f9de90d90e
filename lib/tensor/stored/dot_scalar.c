/* Dot products for any CPU, and in double. */
#include "lib/base/half.h"
#include "lib/tensor/kernels/vector_scalar.h"
#include "lib/tensor/stored/dot_kernels.h"

#include "lib/tensor/stored/dot_rows.inc.h"

static inline vreal load_bf16(const uint16_t *p, size_t left)
{
    (void)left;
    return (vreal)qp_bfloat_to_float(*p);
}

static inline vreal load_fp16(const uint16_t *p, size_t left)
{
    (void)left;
    return (vreal)qp_half_to_float(*p);
}

#include "lib/tensor/stored/dot_half.inc.h"

#include "lib/tensor/stored/dot_int8_rows.inc.h"

static void int8_products(const qp_int8_rows *a, const int8_t *w, int n, int k, int32_t *sum)
{
    for (int o = 0; o < n; o++)
        for (int r = 0; r < a->rows; r++) {
            const int8_t *x = a->value + r * a->stride, *y = w + (ptrdiff_t)o * k;
            int32_t total = 0;
            for (int i = 0; i < k; i++) total += x[i] * y[i];
            sum[(ptrdiff_t)r * n + o] = total;
        }
}

const qp_dot_kernels qp_dot_scalar = {.int8 = int8_products,
                                       .int8_largest = int8_largest,
                                       .int8_round = int8_round,
                                       .int8_finish = int8_finish,
                                       .bf16 = bf16_products,
                                       .fp16 = fp16_products};
