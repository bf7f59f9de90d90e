/* kernels — speed of matrix products and vector kernels on this machine.
 *   kernels [gemm|packed|rows] [seconds per measurement]
 * Products: GFLOP/s of qp_gemm and of OpenBLAS, one thread each, interleaved, medians; and the peak rate of
 * multiply-adds measured at the same time. Other kernels: ns per element with every instruction set of this CPU. */
#include <cblas.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "lib/base/random.h"
#include "lib/tensor/gemm.h"
#include "lib/tensor/gemm_packed.h"
#include "lib/tensor/kernels/cpu.h"
#include "lib/tensor/pointwise.h"
#include "lib/tensor/rows.h"

static double budget = 0.05; /* seconds per measurement */

/* CPU time of this thread: less sensitive to other processes */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

enum { SAMPLES = 9 };

static double median(double *sample)
{
    qsort(sample, SAMPLES, sizeof *sample, by_size);
    return sample[SAMPLES / 2];
}

static qp_real *normal(size_t count)
{
    qp_real *p = aligned_alloc(64, (count * sizeof *p + 63) / 64 * 64);
    if (p == NULL) abort();
    for (size_t i = 0; i < count; i++) p[i] = (qp_real)qp_random_normal(7, i & 0xffff);
    return p;
}

#if defined(__x86_64__)
#ifdef __clang__
#define UNROLL_ALL _Pragma("clang loop unroll(full)")
#else
#define UNROLL_ALL _Pragma("GCC unroll 24")
#endif
/* independent chains, enough for two units of latency 4 or 5 */
#define CHAINS(VECTOR, FMA, SET1, LANES, N)                                                                            \
    VECTOR s[N], x = SET1(1.0001f), y = SET1(0.9999f);                                                                 \
    UNROLL_ALL for (int i = 0; i < N; i++) s[i] = SET1((float)i);                                                      \
    double start = now();                                                                                              \
    for (int l = 0; l < 200000; l++) UNROLL_ALL for (int i = 0; i < N; i++) s[i] = FMA(s[i], x, y);                    \
    double seconds = now() - start;                                                                                    \
    UNROLL_ALL for (int i = 1; i < N; i++) s[0] = FMA(s[0], x, s[i]);                                                  \
    volatile float keep[LANES];                                                                                        \
    memcpy((void *)(uintptr_t)keep, &s[0], sizeof keep);                                                               \
    return 2.0 * 200000 * N * LANES / seconds * 1e-9

__attribute__((target("avx2,fma"))) static double peak_avx2(void)
{
    CHAINS(__m256, _mm256_fmadd_ps, _mm256_set1_ps, 8, 12);
}
__attribute__((target("avx512f"))) static double peak_avx512(void)
{
    CHAINS(__m512, _mm512_fmadd_ps, _mm512_set1_ps, 16, 24);
}
#endif

static void print_peaks(void)
{
#if defined(__x86_64__)
    for (qp_cpu level = QP_CPU_AVX2; level <= QP_CPU_AVX512; level = (qp_cpu)(level + 1)) {
        if (!qp_cpu_supports(level)) continue;
        double best = 0;
        for (int i = 0; i < SAMPLES; i++) {
            double peak = level == QP_CPU_AVX2 ? peak_avx2() : peak_avx512();
            if (peak > best) best = peak;
        }
        printf("multiply-add peak %-6s %6.1f GF/s, one thread\n", qp_cpu_name(level), best);
    }
#endif
}

typedef struct {
    const char *name;
    int ta, tb, m, n, k;
} shape;

static void call_ours(const shape *s, const qp_real *a, const qp_real *b, qp_real *c)
{
    const qp_matrix first = s->ta ? qp_matrix_dense(a, s->k, s->m) : qp_matrix_dense(a, s->m, s->k);
    const qp_matrix second = s->tb ? qp_matrix_dense(b, s->n, s->k) : qp_matrix_dense(b, s->k, s->n);
    const qp_gemm_form form = s->ta ? s->tb ? QP_ATBT : QP_ATB : s->tb ? QP_ABT : QP_AB;
    qp_gemm(form, 1, first, second, 0, qp_matrix_dense(c, s->m, s->n));
}

static void call_blas(const shape *s, const qp_real *a, const qp_real *b, qp_real *c)
{
    cblas_sgemm(CblasRowMajor, s->ta ? CblasTrans : CblasNoTrans, s->tb ? CblasTrans : CblasNoTrans, s->m, s->n, s->k,
                1, a, s->ta ? s->m : s->k, b, s->tb ? s->k : s->n, 0, c, s->n);
}

typedef void (*product_call)(const shape *, const qp_real *, const qp_real *, qp_real *);

static double seconds_of(product_call call, const shape *s, int times, const qp_real *a, const qp_real *b, qp_real *c)
{
    double start = now();
    for (int i = 0; i < times; i++) call(s, a, b, c);
    return (now() - start) / times;
}

static void bench_shape(const shape *s)
{
    qp_real *a = normal((size_t)s->m * (size_t)s->k), *b = normal((size_t)s->n * (size_t)s->k);
    qp_real *c = normal((size_t)s->m * (size_t)s->n);
    const double flops = 2.0 * s->m * s->n * s->k;
    int times = (int)(budget / SAMPLES / 4 * 60e9 / flops) + 1;
    double blas[SAMPLES], ours[QP_CPU_AVX512 + 1][SAMPLES];
    for (int i = -1; i < SAMPLES; i++) {
        double t = seconds_of(call_blas, s, times, a, b, c);
        if (i >= 0) blas[i] = t;
        for (qp_cpu level = QP_CPU_AVX2; level <= QP_CPU_AVX512; level = (qp_cpu)(level + 1))
            if (qp_cpu_force(level)) {
                t = seconds_of(call_ours, s, times, a, b, c);
                if (i >= 0) ours[level][i] = t;
            }
    }
    double base = flops / median(blas) * 1e-9;
    printf("%-10s %c%c %5d x %5d x %5d   OpenBLAS %6.1f", s->name, s->ta ? 'T' : 'N', s->tb ? 'T' : 'N', s->m, s->n,
           s->k, base);
    for (qp_cpu level = QP_CPU_AVX2; level <= QP_CPU_AVX512; level = (qp_cpu)(level + 1))
        if (qp_cpu_supports(level)) {
            double rate = flops / median(ours[level]) * 1e-9;
            printf("   %s %6.1f (%.2f)", qp_cpu_name(level), rate, rate / base);
        }
    printf("\n");
    free(a), free(b), free(c);
}

static void bench_gemm(void)
{
    static const shape shapes[] = {{"forward", 0, 1, 768, 256, 256},
                                   {"forward", 0, 1, 1024, 768, 256},
                                   {"forward", 0, 1, 1024, 1024, 256},
                                   {"forward", 0, 1, 1024, 256, 1024},
                                   {"forward", 0, 1, 2048, 512, 128},
                                   {"forward", 0, 1, 2048, 512, 512},
                                   {"logits", 0, 1, 1024, 8000, 256},
                                   {"dX", 0, 0, 1024, 256, 256},
                                   {"dX", 0, 0, 1024, 256, 768},
                                   {"dX", 0, 0, 1024, 256, 1024},
                                   {"dX", 0, 0, 1024, 1024, 256},
                                   {"dX", 0, 0, 2048, 128, 512},
                                   {"dX logits", 0, 0, 1024, 256, 8000},
                                   {"dW", 1, 0, 256, 256, 1024},
                                   {"dW", 1, 0, 768, 256, 1024},
                                   {"dW", 1, 0, 1024, 256, 1024},
                                   {"dW", 1, 0, 256, 1024, 1024},
                                   {"dW", 1, 0, 512, 128, 2048},
                                   {"dW logits", 1, 0, 8000, 256, 1024},
                                   {"square", 0, 0, 1024, 1024, 1024},
                                   {"step", 0, 1, 64, 2048, 512},
                                   {"step dX", 0, 0, 64, 512, 2048},
                                   {"step", 0, 1, 16, 1024, 256},
                                   {"scores", 0, 1, 24, 24, 32},
                                   {"context", 0, 0, 24, 32, 24},
                                   {"dK", 1, 0, 24, 32, 24},
                                   {"scores", 0, 1, 64, 64, 32},
                                   {"context", 0, 0, 64, 32, 64},
                                   {"scores", 0, 1, 256, 256, 64},
                                   {"context", 0, 0, 256, 64, 256},
                                   {"dK", 1, 0, 256, 64, 256}};
    openblas_set_num_threads(1);
    print_peaks();
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) bench_shape(&shapes[i]);
    print_peaks();
}

static void bench_packed(void)
{
    static const int weight[][2] = {{256, 256}, {1024, 256}, {256, 1024}, {2048, 512}, {8000, 256}, {32000, 512}};
    static const int rows[] = {1, 2, 4, 8, 16, 32, 64, 256};
    for (size_t i = 0; i < sizeof weight / sizeof *weight; i++) {
        const int n = weight[i][0], k = weight[i][1];
        qp_real *w = normal((size_t)n * (size_t)k), *memory = normal(qp_packed_count(n, k)),
                *a = normal((size_t)(256 * k));
        qp_real *c = normal((size_t)256 * (size_t)n);
        qp_packed packed = qp_packed_init(memory, qp_matrix_dense(w, n, k), false);
        for (qp_cpu level = QP_CPU_AVX2; level <= QP_CPU_AVX512; level = (qp_cpu)(level + 1)) {
            if (!qp_cpu_force(level)) continue;
            printf("packed %5d x %4d %-6s ", n, k, qp_cpu_name(level));
            for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
                const double flops = 2.0 * rows[r] * n * k;
                int times = (int)(budget / SAMPLES * 40e9 / flops) + 1;
                double sample[SAMPLES];
                for (int s = 0; s < SAMPLES; s++) {
                    double start = now();
                    for (int t = 0; t < times; t++)
                        qp_gemm_packed(qp_matrix_dense(a, rows[r], k), &packed, NULL, 0,
                                       qp_matrix_dense(c, rows[r], n));
                    sample[s] = (now() - start) / times;
                }
                double seconds = median(sample);
                if (rows[r] == 1) printf(" m1 %.0f GB/s;", (double)n * k * sizeof(qp_real) / seconds * 1e-9);
                printf(" m%d %.1f", rows[r], flops / seconds * 1e-9);
            }
            printf(" GF/s\n");
        }
        free(w), free(memory), free(a), free(c);
    }
}

enum { ROWS = 64, COLUMNS = 512, COUNT = ROWS * COLUMNS, CLASSES = 8000 };
static qp_real *x, *y, *z, *w, *v;
static int32_t ids[ROWS];

#define KERNEL(NAME, ...)                                                                                              \
    static void run_##NAME(void) { __VA_ARGS__; }
KERNEL(exp_softmax, qp_softmax_rows(qp_matrix_dense(x, ROWS, COLUMNS), 1, qp_matrix_dense(y, ROWS, COLUMNS)))
KERNEL(softmax_back, qp_softmax_rows_back(qp_matrix_dense(y, ROWS, COLUMNS), qp_matrix_dense(x, ROWS, COLUMNS), 1, 0,
                                          qp_matrix_dense(z, ROWS, COLUMNS)))
KERNEL(norm, qp_norm_rows(qp_matrix_dense(x, ROWS, COLUMNS),
                          &(qp_row_norm){.weight = w, .bias = v, .mean = z, .inverse = z + ROWS}, 1e-5f,
                          qp_matrix_dense(y, ROWS, COLUMNS)))
KERNEL(norm_back,
       qp_norm_rows_back(qp_matrix_dense(x, ROWS, COLUMNS),
                         &(qp_row_norm){
                             .weight = w, .mean = z, .inverse = z + ROWS, .dweight = v, .dbias = v + COLUMNS},
                         qp_matrix_dense(y, ROWS, COLUMNS), 0, qp_matrix_dense(z + 1024, ROWS, COLUMNS)))
KERNEL(relu, qp_activate(QP_RELU, COUNT, x, 0, y))
KERNEL(relu_back, qp_activate_back(QP_RELU, COUNT, NULL, y, 0, x, 0, z))
KERNEL(gelu, qp_activate(QP_GELU, COUNT, x, 0, y))
KERNEL(gelu_back, qp_activate_back(QP_GELU, COUNT, x, y, 0, x, 0, z))
KERNEL(gelu_tanh, qp_activate(QP_GELU_TANH, COUNT, x, 0, y))
KERNEL(tanh, qp_activate(QP_TANH, COUNT, x, 0, y))
KERNEL(sigmoid, qp_activate(QP_SIGMOID, COUNT, x, 0, y))
KERNEL(dropout, qp_dropout_apply(COUNT, 1, 0, 0.1f, x, 0, y))
KERNEL(scale_add, qp_scale_add(COUNT, 2, x, 0.5f, y))
KERNEL(sum_squares, z[0] = (qp_real)qp_sum_squares(COUNT, x))
KERNEL(adam, qp_adam_update(COUNT, (&(qp_adam_constants){0.9f, 0.98f, 1e-8f, 1e-3f, 1, 0, 1}), x, y, w, z))
KERNEL(column_sums, qp_column_sums(qp_matrix_dense(x, ROWS, COLUMNS), 1, y))
KERNEL(bias, qp_bias_rows(w, qp_matrix_dense(y, ROWS, COLUMNS)))
KERNEL(gather, qp_gather_rows(ids, qp_matrix_dense(x, ROWS, COLUMNS), 2, NULL, (qp_matrix){0},
                              qp_matrix_dense(y, ROWS, COLUMNS)))
KERNEL(scatter, qp_scatter_add_rows(ids, 1, qp_matrix_dense(x, ROWS, COLUMNS), qp_matrix_dense(y, ROWS, COLUMNS)))
KERNEL(cross_entropy, qp_cross_entropy_rows(qp_matrix_dense(x, 4, CLASSES),
                                            &(qp_cross_entropy_terms){
                                                .target = ids, .smoothing = 0.1f, .weight = NULL, .row_scale = NULL},
                                            z, qp_matrix_dense(y, 4, CLASSES)))
KERNEL(top, qp_top_rows(qp_matrix_dense(x, 4, CLASSES), 8, ids))

static const struct {
    const char *name;
    void (*run)(void);
    int count;
} kernel[] = {
#define ENTRY(NAME, COUNT_)                                                                                            \
    {                                                                                                                  \
#NAME, run_##NAME, COUNT_                                                                                      \
    }
    ENTRY(exp_softmax, COUNT), ENTRY(softmax_back, COUNT), ENTRY(norm, COUNT),    ENTRY(norm_back, COUNT),
    ENTRY(relu, COUNT),        ENTRY(relu_back, COUNT),    ENTRY(gelu, COUNT),    ENTRY(gelu_back, COUNT),
    ENTRY(gelu_tanh, COUNT),   ENTRY(tanh, COUNT),         ENTRY(sigmoid, COUNT), ENTRY(dropout, COUNT),
    ENTRY(scale_add, COUNT),   ENTRY(sum_squares, COUNT),  ENTRY(adam, COUNT),    ENTRY(column_sums, COUNT),
    ENTRY(bias, COUNT),        ENTRY(gather, COUNT),       ENTRY(scatter, COUNT), ENTRY(cross_entropy, 4 * CLASSES),
    ENTRY(top, 4 * CLASSES)};

static void bench_rows(void)
{
    x = normal(COUNT), y = normal(COUNT), z = normal(COUNT + 2048), w = normal(COUNT), v = normal(COUNT);
    for (int i = 0; i < ROWS; i++) ids[i] = (i * 37) % ROWS;
    for (int i = 0; i < COUNT; i++) w[i] = w[i] < 0 ? -w[i] : w[i];
    printf("%-14s ns an element, operands in the second-level cache\n", "");
    for (size_t i = 0; i < sizeof kernel / sizeof *kernel; i++) {
        printf("%-14s", kernel[i].name);
        for (qp_cpu level = QP_CPU_SCALAR; level <= QP_CPU_AVX512; level = (qp_cpu)(level + 1)) {
            if (!qp_cpu_force(level)) continue;
            double sample[SAMPLES];
            for (int s = -1; s < SAMPLES; s++) {
                int times = 0;
                double start = now(), end;
                do {
                    kernel[i].run();
                    times++;
                } while ((end = now()) - start < budget / SAMPLES);
                if (s >= 0) sample[s] = (end - start) / times;
            }
            printf("  %s %7.3f", qp_cpu_name(level), median(sample) * 1e9 / kernel[i].count);
        }
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "all";
    if (argc > 2) budget = atof(argv[2]);
    if (budget <= 0) return 2;
    qp_cpu_flush_subnormals();
    if (strcmp(what, "all") == 0 || strcmp(what, "gemm") == 0) bench_gemm();
    if (strcmp(what, "all") == 0 || strcmp(what, "packed") == 0) bench_packed();
    if (strcmp(what, "all") == 0 || strcmp(what, "rows") == 0) bench_rows();
    return 0;
}
