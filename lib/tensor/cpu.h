#ifndef QP_CPU_H
#define QP_CPU_H

#include <stdbool.h>

/* cpu — which kernels this process uses. Decided once, at the first question: the widest the CPU and the operating
 * system support, or what the environment variable QUIPU_CPU says. */
typedef enum { QP_CPU_SCALAR, QP_CPU_AVX2, QP_CPU_AVX512 } qp_cpu;

qp_cpu      qp_cpu_level(void);
const char *qp_cpu_name(qp_cpu level);          /* "scalar", "avx2", "avx512" */

/* qp_cpu_check — false when QUIPU_CPU names an unknown or unsupported level (the process then uses the widest);
 * *wanted is what it said. */
bool        qp_cpu_check(const char **wanted);

/* qp_cpu_flush_subnormals — flush subnormals to zero in the calling thread; every worker thread calls it (a training
 * step with subnormals takes 1.65 times as long). */
void        qp_cpu_flush_subnormals(void);

#endif
