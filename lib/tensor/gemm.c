#define _GNU_SOURCE
#include "lib/tensor/gemm.h"

#include <assert.h>
#include <cblas.h>
#include <dlfcn.h>
#include <omp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "lib/base/tiles.h"
#include "lib/tensor/bf16/bf16_product.h"
#include "lib/tensor/kernels/gemm_kernels.h"

static bool transposes_a(qp_gemm_form form) { return form == QP_ATB || form == QP_ATBT; }

static bool transposes_b(qp_gemm_form form) { return form == QP_ABT || form == QP_ATBT; }

/* ---- OpenBLAS ---- */

/* Its path, from the Makefile; "": let the system find it. */
#ifndef QP_BLAS
#define QP_BLAS ""
#endif

/* The library is opened by the first product that needs it (the scalar level, or a machine without vector kernels), not
 * linked: what computes nothing starts without it. */
static struct {
    __typeof__(openblas_get_config) *config;
    __typeof__(openblas_get_parallel) *parallel;
    __typeof__(openblas_set_num_threads) *set_threads;
    __typeof__(cblas_sgemm) *sgemm;
    __typeof__(cblas_dgemm) *dgemm;
} blas;
static pthread_once_t blas_once = PTHREAD_ONCE_INIT;

/* OpenBLAS takes memory while it is loaded, and tries forever if there is none; so an address limit (ulimit -v) is
 * tried first. It took 300 MB with 2 threads. */
static bool is_room(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return true;
    size_t bytes = ((size_t)512 << 20) + ((size_t)omp_get_num_procs() << 26);
    void *space = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return space != MAP_FAILED && munmap(space, bytes) == 0;
}

#define FIND(member, name) (*(void **)&blas.member = dlsym(library, name))

/* OpenBLAS must not start threads of its own, because the shards already use all cores. The OpenMP build starts as many
 * as the calling thread may, so that thread is limited to one for each call; other builds are limited once. */
static void open_blas(void)
{
    static const char *const names[] = {QP_BLAS, "libopenblas.so.0", "libopenblas.so", "libopenblas.dylib"};
    void *library = NULL;
    if (!is_room()) return;
    for (size_t i = 0; !library && i < sizeof names / sizeof *names; i++)
        if (names[i][0]) library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    bool complete = FIND(config, "openblas_get_config") && FIND(parallel, "openblas_get_parallel") &&
                    FIND(set_threads, "openblas_set_num_threads") && FIND(sgemm, "cblas_sgemm") &&
                    FIND(dgemm, "cblas_dgemm");
    if (!complete) {
        blas.sgemm = NULL;
        dlclose(library);
        return;
    }
    if (blas.parallel() != OPENBLAS_OPENMP) blas.set_threads(1);
}

static void blas_gemm(qp_gemm_form form, qp_real alpha, qp_matrix a, qp_matrix b, qp_real beta, qp_matrix c)
{
    int threads = omp_get_max_threads(), k = transposes_a(form) ? a.rows : a.columns;
    if (threads > 1) omp_set_num_threads(1);
    const CBLAS_TRANSPOSE ta = transposes_a(form) ? CblasTrans : CblasNoTrans,
                          tb = transposes_b(form) ? CblasTrans : CblasNoTrans;
#ifdef QP_DOUBLE
    blas.dgemm(CblasRowMajor, ta, tb, c.rows, c.columns, k, alpha, a.value, a.stride, b.value, b.stride, beta, c.value,
               c.stride);
#else
    blas.sgemm(CblasRowMajor, ta, tb, c.rows, c.columns, k, alpha, a.value, a.stride, b.value, b.stride, beta, c.value,
               c.stride);
#endif
    if (threads > 1) omp_set_num_threads(threads);
}

const char *qp_gemm_library(void)
{
    pthread_once(&blas_once, open_blas);
    return blas.sgemm ? blas.config() : "none (OpenBLAS cannot be opened: plain loops replace it)";
}

/* ---- the product ---- */

/* C = beta*C */
static void scale_only(qp_real beta, qp_matrix c)
{
    for (int i = 0; i < c.rows; i++) {
        qp_real *row = qp_matrix_row(c, i);
        for (int j = 0; j < c.columns; j++) row[j] = beta != 0 ? beta * row[j] : 0;
    }
}

/* Without OpenBLAS: row by row of C, so that B is read in order unless it is transposed. */
static void plain_gemm(qp_gemm_form form, qp_real alpha, qp_matrix a, qp_matrix b, qp_real beta, qp_matrix c)
{
    const bool ta = transposes_a(form), tb = transposes_b(form);
    const int k = ta ? a.rows : a.columns;
    scale_only(beta, c);
    for (int i = 0; i < c.rows; i++) {
        qp_real *row = qp_matrix_row(c, i);
        for (int l = 0; l < k; l++) {
            const qp_real factor = alpha * (ta ? qp_matrix_row(a, l)[i] : qp_matrix_row(a, i)[l]);
            if (tb)
                for (int j = 0; j < c.columns; j++) row[j] += factor * qp_matrix_row(b, j)[l];
            else
                for (int j = 0; j < c.columns; j++) row[j] += factor * qp_matrix_row(b, l)[j];
        }
    }
}

static qp_product product_of(qp_gemm_form form, qp_real alpha, qp_matrix a, qp_matrix b, qp_real beta, qp_matrix c)
{
    const bool ta = transposes_a(form), tb = transposes_b(form);
    return (qp_product){.m = c.rows,
                        .n = c.columns,
                        .k = ta ? a.rows : a.columns,
                        .a = a.value,
                        .b = b.value,
                        .a_row = ta ? 1 : a.stride,
                        .a_step = ta ? a.stride : 1,
                        .b_step = tb ? 1 : b.stride,
                        .b_column = tb ? b.stride : 1,
                        .alpha = alpha,
                        .beta = beta,
                        .c = c.value,
                        .c_row = c.stride};
}

/* Subnormal sums are 0, whatever the thread does otherwise. */
static void run_bf16(const qp_product *p, qp_real *scratch)
{
    const unsigned long kept = qp_cpu_flush_begin();
    qp_bf16_product_chosen()(p, scratch);
    qp_cpu_flush_end(kept);
}

#ifdef QP_VECTOR_KERNELS
/* A product cut into `rows` times `columns` tiles of C. An element of C is summed in the same order in all of them. */
typedef struct {
    qp_product whole;
    int rows, columns;
    bool bf16;
} cut_product;

/* Where part i of `count` of `size` begins: a multiple of `grain`. */
static int cut_at(int size, int count, int i, int grain)
{
    int at = (int)((int64_t)size * i / count);
    return i == count ? size : at - at % grain;
}

/* Columns first, because every tile copies its part of B; tiles of about 100 microseconds, at most 64. */
static cut_product cut(const qp_product *p)
{
    enum { LEAST = 3000000, COLUMNS = 128, ROWS = 96, MOST = 64 };
    cut_product c = {*p, 1, 1, false};
    double work = (double)p->m * p->n * p->k;
    while (c.rows * c.columns < MOST && work / (c.rows * c.columns) > LEAST) {
        int m = p->m / c.rows, n = p->n / c.columns;
        if (n >= 2 * COLUMNS)
            c.columns *= 2;
        else if (m >= 2 * ROWS)
            c.rows *= 2;
        else if (n >= COLUMNS)
            c.columns *= 2;
        else
            break;
    }
    return c;
}

/* kernels NULL: there is no memory for their scratch. */
static void one_product(const qp_gemm_kernels *kernels, const qp_product *p, qp_real *scratch, bool bf16)
{
    if (bf16 && kernels == NULL)
        qp_bf16_product_plain(p, scratch);
    else if (bf16)
        run_bf16(p, scratch);
    else if (kernels == NULL)
        qp_gemm_without_memory(p, QP_GEMM_DEPTH);
    else
        kernels->product(p, scratch);
}

static void run_tile(void *self, int number, int worker)
{
    const cut_product *c = self;
    qp_product p = c->whole;
    const int row = number % c->rows, column = number / c->rows;
    const int m0 = cut_at(p.m, c->rows, row, 12), n0 = cut_at(p.n, c->columns, column, 32);
    qp_real *scratch;
    const qp_gemm_kernels *kernels = qp_gemm_vector_kernels(&scratch);
    (void)worker;
    p.m = cut_at(p.m, c->rows, row + 1, 12) - m0;
    p.n = cut_at(p.n, c->columns, column + 1, 32) - n0;
    p.a += m0 * p.a_row;
    p.b += n0 * p.b_column;
    p.c += m0 * p.c_row + n0;
    if (p.bias != NULL) p.bias += n0;
    one_product(kernels, &p, scratch, c->bf16);
}

static void run_product(const qp_product *p, bool bf16)
{
    qp_real *scratch;
    const qp_gemm_kernels *kernels = qp_gemm_vector_kernels(&scratch);
    const double nanoseconds = (double)p->m * p->n * p->k / (bf16 ? 80 : 40);
    if (kernels != NULL && nanoseconds >= 2 * QP_TILES_LEAST && qp_team_idle() > 0) {
        cut_product c = cut(p);
        c.bf16 = bf16;
        qp_tiles_run(&(qp_tiles){&c, run_tile, c.rows * c.columns, nanoseconds});
    } else {
        one_product(kernels, p, scratch, bf16);
    }
}
#endif

void qp_gemm(qp_gemm_form form, qp_real alpha, qp_matrix a, qp_matrix b, qp_real beta, qp_matrix c)
{
    const int m = transposes_a(form) ? a.columns : a.rows, k = transposes_a(form) ? a.rows : a.columns;
    const int n = transposes_b(form) ? b.rows : b.columns;
    assert(m == c.rows && n == c.columns && k == (transposes_b(form) ? b.columns : b.rows));
    if (m <= 0 || n <= 0) return;
    if (k <= 0) {
        scale_only(beta, c);
        return;
    }
#ifdef QP_VECTOR_KERNELS
    if (qp_cpu_level() != QP_CPU_SCALAR) {
        const qp_product p = product_of(form, alpha, a, b, beta, c);
        run_product(&p, false);
        return;
    }
#endif
    pthread_once(&blas_once, open_blas);
    if (blas.sgemm)
        blas_gemm(form, alpha, a, b, beta, c);
    else
        plain_gemm(form, alpha, a, b, beta, c);
}

void qp_gemm_bias(qp_matrix a, qp_matrix w, const qp_real *bias, qp_matrix c)
{
    assert(a.rows == c.rows && w.rows == c.columns && a.columns == w.columns);
#ifdef QP_VECTOR_KERNELS
    if (qp_cpu_level() != QP_CPU_SCALAR && c.rows > 0 && c.columns > 0 && a.columns > 0) {
        qp_product p = product_of(QP_ABT, 1, a, w, 0, c);
        p.bias = bias;
        run_product(&p, false);
        return;
    }
#endif
    for (int i = 0; i < c.rows; i++) memcpy(qp_matrix_row(c, i), bias, (size_t)c.columns * sizeof *bias);
    qp_gemm(QP_ABT, 1, a, w, 1, c);
}

void qp_gemm_bf16(qp_gemm_form form, qp_matrix a, qp_matrix b, qp_real beta, qp_matrix c)
{
    const qp_product p = product_of(form, 1, a, b, beta, c);
    assert(p.m == (transposes_a(form) ? a.columns : a.rows) && p.n == (transposes_b(form) ? b.rows : b.columns));
    if (p.m <= 0 || p.n <= 0) return;
    if (p.k <= 0) {
        scale_only(beta, c);
        return;
    }
#ifdef QP_VECTOR_KERNELS
    if (qp_cpu_level() != QP_CPU_SCALAR) {
        run_product(&p, true);
        return;
    }
#endif
    run_bf16(&p, NULL);
}

const char *qp_gemm_bf16_kernels(void)
{
    if (qp_bf16_has_instruction()) return "AVX512-BF16";
    return qp_cpu_level() == QP_CPU_SCALAR ? "none (emulated, many times slower than fp32)"
                                           : "none (emulated, slower than fp32)";
}
