#include "lib/tensor/kernels/cpu.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

/* -1 until the first call. Threads that call at the same time find the same level, so a relaxed store is enough. */
static atomic_int chosen_level = -1;

const char *qp_cpu_name(qp_cpu level)
{
    static const char *const name[] = {"scalar", "avx2", "avx512"};
    return name[level];
}

bool qp_cpu_same_bits(qp_cpu a, qp_cpu b) { return a == b || (a != QP_CPU_SCALAR && b != QP_CPU_SCALAR); }

int qp_cpu_named(const char *name)
{
    for (int level = QP_CPU_SCALAR; level <= QP_CPU_AVX512; level++)
        if (strcmp(name, qp_cpu_name((qp_cpu)level)) == 0) return level;
    return -1;
}

bool qp_cpu_supports(qp_cpu level)
{
    if (level == QP_CPU_SCALAR) return true;
#ifdef QP_VECTOR_KERNELS
    __builtin_cpu_init();
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (level == QP_CPU_AVX2) return avx2;
    return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#else
    return false;
#endif
}

bool qp_cpu_check(const char **wanted)
{
    const char *name = getenv("QUIPU_CPU");
    if (wanted != NULL) *wanted = name;
    if (name == NULL || *name == '\0') return true;
    const int level = qp_cpu_named(name);
    return level >= 0 && qp_cpu_supports((qp_cpu)level);
}

static int find_level(void)
{
    const char *name;
    if (qp_cpu_check(&name) && name != NULL && *name != '\0') return qp_cpu_named(name);
    int widest = QP_CPU_AVX512;
    while (!qp_cpu_supports((qp_cpu)widest)) widest--;
    return widest;
}

qp_cpu qp_cpu_level(void)
{
    int level = atomic_load_explicit(&chosen_level, memory_order_relaxed);
    if (level < 0) {
        level = find_level();
        atomic_store_explicit(&chosen_level, level, memory_order_relaxed);
    }
    return (qp_cpu)level;
}

bool qp_cpu_force(qp_cpu level)
{
    if (!qp_cpu_supports(level)) return false;
    atomic_store_explicit(&chosen_level, (int)level, memory_order_relaxed);
    return true;
}

unsigned long qp_cpu_flush_begin(void)
{
    unsigned long kept = 0;
#if defined(__x86_64__)
    kept = _mm_getcsr();
    _mm_setcsr((unsigned)kept | 0x8040u); /* flush to zero, denormals are zero */
#elif defined(__aarch64__)
    __asm__ volatile("mrs %0, fpcr" : "=r"(kept));
    __asm__ volatile("msr fpcr, %0" : : "r"(kept | (1UL << 24)));
#endif
    return kept;
}

void qp_cpu_flush_end(unsigned long kept)
{
#if defined(__x86_64__)
    _mm_setcsr((unsigned)kept);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"(kept));
#else
    (void)kept;
#endif
}

void qp_cpu_flush_subnormals(void) { qp_cpu_flush_begin(); }
