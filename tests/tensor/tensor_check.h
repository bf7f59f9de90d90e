#ifndef TENSOR_CHECK_H
#define TENSOR_CHECK_H

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/base/real.h"
#include "lib/tensor/kernels/cpu.h"

/* Helpers of the kernel tests. Every test runs at each level this CPU has, the scalar one first. */
#define FOR_EACH_LEVEL(level)                                                                                          \
    for (qp_cpu level = QP_CPU_SCALAR; level <= QP_CPU_AVX512; level = (qp_cpu)(level + 1))                            \
        if (qp_cpu_force(level))

#ifdef QP_DOUBLE
#define EPSILON 1e-12
#else
#define EPSILON 1e-6
#endif

#define GUARD ((qp_real)12345.25) /* follows every output; a kernel must not overwrite it */

static inline qp_real *new_reals(size_t count)
{
    qp_real *p = malloc((count + 1) * sizeof *p);
    cr_assert_not_null(p);
    for (size_t i = 0; i <= count; i++) p[i] = GUARD;
    return p;
}

static inline qp_real *new_normal(size_t count, uint64_t key)
{
    qp_real *p = new_reals(count);
    for (size_t i = 0; i < count; i++) p[i] = (qp_real)qp_random_normal(key, i);
    return p;
}

static inline void check_near(double got, double wanted, double size, double tolerance, const char *what, int level,
                              size_t n, size_t place)
{
    cr_assert(fabs(got - wanted) <= tolerance * size || (isnan(got) && isnan(wanted)) || got == wanted,
              "%s, %s, n %zu, element %zu: %.9g instead of %.9g", what, qp_cpu_name((qp_cpu)level), n, place, got,
              wanted);
}

#endif
