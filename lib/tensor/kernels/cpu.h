#ifndef QP_CPU_H
#define QP_CPU_H

#include <stdbool.h>

/* Vector kernels exist for this instruction set and number type. */
#if defined(__x86_64__) && !defined(QP_DOUBLE)
#define QP_VECTOR_KERNELS 1
#endif

/* cpu — which kernels this process uses. Chosen once, at the first call: the widest that the CPU and the operating
 * system support, or the level that the environment variable QUIPU_CPU names. */
typedef enum { QP_CPU_SCALAR, QP_CPU_AVX2, QP_CPU_AVX512 } qp_cpu;

qp_cpu qp_cpu_level(void);
const char *qp_cpu_name(qp_cpu level); /* "scalar", "avx2", "avx512" */

/* qp_cpu_same_bits — whether the kernels of two levels make the same bits: those of AVX2 and AVX-512 sum in the same
 * order (but for products with weights of 16 bits, lib/tensor/stored); the scalar ones in another, and with libm. */
bool qp_cpu_same_bits(qp_cpu a, qp_cpu b);

/* qp_cpu_named — the level of this name, or -1. */
int qp_cpu_named(const char *name);

/* qp_cpu_check — false when QUIPU_CPU names an unknown or unsupported level (the process then uses the widest).
 * wanted  receives the variable's value, NULL if it is not set; may be NULL */
bool qp_cpu_check(const char **wanted);

/* qp_cpu_supports — whether this build on this machine can run a level's kernels. In double there is only the scalar
 *   one. */
bool qp_cpu_supports(qp_cpu level);

/* qp_cpu_force — use the kernels of `level` from now on; false, and no change, if it is not supported. For tests and
 * benchmarks. */
bool qp_cpu_force(qp_cpu level);

/* qp_cpu_flush_subnormals — flush subnormal numbers to zero in the calling thread; every worker thread calls it. (A
 * training step with subnormals takes 1.65 times as long.) */
void qp_cpu_flush_subnormals(void);

/* qp_cpu_flush_begin — the same until qp_cpu_flush_end, which gets what begin returned. */
unsigned long qp_cpu_flush_begin(void);
void qp_cpu_flush_end(unsigned long kept);

#endif
