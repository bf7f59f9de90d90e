#ifndef QP_BENCH_FMA_H
#define QP_BENCH_FMA_H

/* fma_rate — the upper bound of every training step: 10^9 single-precision operations per second that `threads` threads
 * reach with multiply-adds on registers, with the widest vectors of the chosen kernels. */

#include <omp.h>
#include <string.h>

#include "lib/tensor/kernels/cpu.h"

enum { FMA_ROUNDS = 20000000, FMA_CHAINS = 12 }; /* enough independent chains to hide the latency */

#define FMA_LOOP(name, attribute, floats)                                                                              \
    attribute static float name(void)                                                                                  \
    {                                                                                                                  \
        typedef float vector __attribute__((vector_size(4 * (floats))));                                               \
        vector sum[FMA_CHAINS], factor, term;                                                                          \
        for (int i = 0; i < (floats); i++) factor[i] = 0.999f, term[i] = 0.001f;                                       \
        for (int c = 0; c < FMA_CHAINS; c++) sum[c] = term * (float)c;                                                 \
        for (int r = 0; r < FMA_ROUNDS; r++) {                                                                         \
            _Pragma("GCC unroll 12") for (int c = 0; c < FMA_CHAINS; c++) sum[c] = sum[c] * factor + term;             \
        }                                                                                                              \
        for (int c = 1; c < FMA_CHAINS; c++) sum[0] += sum[c];                                                         \
        return sum[0][0];                                                                                              \
    }

FMA_LOOP(fma_scalar, , 4)
#ifdef __x86_64__
FMA_LOOP(fma_avx2, __attribute__((target("avx2,fma"))), 8)
FMA_LOOP(fma_avx512, __attribute__((target("avx512f,fma"))), 16)
#endif

static double fma_rate(int threads)
{
    float (*loop)(void) = fma_scalar;
    int floats = 4;
#ifdef __x86_64__
    if (qp_cpu_level() == QP_CPU_AVX2) loop = fma_avx2, floats = 8;
    if (qp_cpu_level() == QP_CPU_AVX512) loop = fma_avx512, floats = 16;
#endif
    volatile float sink = 0;
    double best = 0;
    for (int time = 0; time < 3; time++) {
        double begun = omp_get_wtime();
#pragma omp parallel num_threads(threads)
        sink = loop();
        double rate = 2.0 * FMA_ROUNDS * FMA_CHAINS * floats * threads / (omp_get_wtime() - begun) / 1e9;
        if (rate > best) best = rate;
    }
    (void)sink;
    return best;
}

#endif
