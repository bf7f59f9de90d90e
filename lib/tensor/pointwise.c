#include "lib/tensor/pointwise.h"

#include "lib/base/random.h"
#include "lib/tensor/kernels/cpu.h"
#include "lib/tensor/kernels/pointwise_kernels.h"

static const qp_pointwise_kernels *kernels(void)
{
#ifdef QP_VECTOR_KERNELS
    static const qp_pointwise_kernels *const set[] = {&qp_pointwise_scalar, &qp_pointwise_avx2, &qp_pointwise_avx512};
    return set[qp_cpu_level()];
#else
    return &qp_pointwise_scalar;
#endif
}

void qp_activate(qp_activation_kind kind, size_t n, const qp_real *x, qp_real slope, qp_real *y)
{
    kernels()->activate(kind, n, x, slope, y);
}

void qp_activate_back(qp_activation_kind kind, size_t n, const qp_real *x, const qp_real *y, qp_real slope,
                      const qp_real *dy, qp_real beta, qp_real *dx)
{
    if (kind == QP_IDENTITY)
        qp_scale_add(n, 1, dy, beta, dx);
    else
        kernels()->activate_back(kind, n, x, y, slope, dy, beta, dx);
}

void qp_scale_add(size_t n, qp_real alpha, const qp_real *x, qp_real beta, qp_real *y)
{
    kernels()->scale_add(n, alpha, x, beta, y);
}

void qp_multiply_add(size_t n, const qp_real *x, const qp_real *y, qp_real beta, qp_real *z)
{
    kernels()->multiply_add(n, x, y, beta, z);
}

double qp_sum_squares(size_t n, const qp_real *x) { return kernels()->sum_squares(n, x); }

void qp_dropout_apply(size_t n, uint64_t key, uint64_t first, qp_real rate, const qp_real *x, qp_real beta, qp_real *y)
{
    if (!(rate > 0)) {
        qp_scale_add(n, 1, x, beta, y);
        return;
    }
    qp_dropout_piece piece = {.threshold = rate < 1 ? (uint32_t)((double)rate * 2147483648.0) : 0x7fffffffU,
                              .scale = rate < 1 ? 1 / (1 - rate) : 0};
    for (size_t done = 0; done < n;) {
        /* The hash sees 32 bits of the index; the upper ones pick its key. */
        uint64_t index = first + done, bits = qp_random_bits(key, index >> 32),
                 room = (1ULL << 32) - (index & 0xffffffffU);
        size_t count = n - done < room ? n - done : (size_t)room;
        piece.key[0] = (uint32_t)bits;
        piece.key[1] = (uint32_t)(bits >> 32);
        piece.first = (uint32_t)index;
        kernels()->dropout(count, &piece, x + done, beta, y + done);
        done += count;
    }
}

void qp_adam_update(size_t n, const qp_adam_constants *c, const qp_real *g, qp_real *m, qp_real *v, qp_real *w)
{
    kernels()->adam_update(n, c, g, m, v, w);
}
