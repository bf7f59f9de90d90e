#include "lib/tensor/weight_panels.h"

#include <limits.h>

#include "lib/base/tiles.h"
#include "lib/tensor/gemm_packed.h"
#include "lib/tensor/gemm_stored.h"
#include "lib/tensor/stored/dot_kernels.h"
#include "tests/tensor/tensor_check.h"

TestSuite(weight_panels);

/* rows of a weight give the bits of its panels, before and after they are packed; without memory they
 * never are */
static void check_rows(qp_cpu level, int n, int k, int m, qp_real beta)
{
    qp_real *w = new_normal((size_t)n * (size_t)k, 1), *a = new_normal((size_t)m * (size_t)k, 2);
    qp_real *bias = new_normal((size_t)n, 3), *wanted = new_normal((size_t)m * (size_t)n, 4), *c;
    qp_real *memory = aligned_alloc(64, (qp_packed_count(n, k) * sizeof(qp_real) + 127) / 64 * 64);
    qp_real *late_memory = aligned_alloc(64, (qp_packed_count(n, k) * sizeof(qp_real) + 127) / 64 * 64);
    struct qp_late_panel late = {.memory = late_memory};
    const qp_packed packed = qp_packed_init(memory, qp_matrix_dense(w, n, k), false);
    const qp_packed rows = {.n = n, .k = k, .row = w, .late = &late};
    qp_gemm_packed(qp_matrix_dense(a, m, k), &packed, bias, beta, qp_matrix_dense(wanted, m, n));
    for (int use = 0; use < QP_LATE_USES + 2; use++) {
        c = new_normal((size_t)m * (size_t)n, 4);
        cr_expect_eq(atomic_load(&late.panel) != NULL, use >= QP_LATE_USES, "use %d", use);
        qp_gemm_packed(qp_matrix_dense(a, m, k), &rows, bias, beta, qp_matrix_dense(c, m, n));
        cr_assert_arr_eq(c, wanted, (size_t)m * (size_t)n * sizeof *c, "%s: n %d, k %d, m %d, use %d",
                         qp_cpu_name(level), n, k, m, use);
        free(c);
    }
    late = (struct qp_late_panel){0};
    for (int use = 0; use <= QP_LATE_USES; use++) cr_expect_null(qp_late_panels_of(&rows));
    free(w), free(a), free(bias), free(wanted), free(memory), free(late_memory);
}

Test(weight_panels, rows_give_the_bits_of_panels)
{
    const int n[] = {1, 31, 32, 100, 300}, k[] = {1, 13, 100}, m[] = {1, 2, 3, 20};
    FOR_EACH_LEVEL (level)
        for (size_t i = 0; i < sizeof n / sizeof *n; i++)
            for (size_t j = 0; j < sizeof k / sizeof *k; j++)
                for (size_t l = 0; l < sizeof m / sizeof *m; l++) check_rows(level, n[i], k[j], m[l], (qp_real)(l % 2));
}

/* more columns than a block of panels has, and rows at a distance that makes the kernel copy them */
Test(weight_panels, long_rows)
{
    FOR_EACH_LEVEL (level) check_rows(level, 70, 4096, 20, 0);
    FOR_EACH_LEVEL (level) check_rows(level, 40, 6000, 2, 1);
}

/* 8 bits: products of many rows pack, where there is a kernel for panels, and give the same bits before and after */
static void check_int8(int n, int k, int m)
{
    const int packs_at = qp_dot_set()->int8_pack != NULL && m >= qp_dot_set()->int8_wide ? QP_LATE_WIDE_USES : INT_MAX;
    qp_real *value = new_normal((size_t)n * (size_t)k, 1), *a = new_normal((size_t)m * (size_t)k, 2);
    qp_real *wanted = new_reals((size_t)m * (size_t)n), *c = new_reals((size_t)m * (size_t)n);
    int8_t *row = malloc((size_t)n * (size_t)k);
    float *scale = malloc((size_t)n * sizeof *scale);
    qp_packed w = {.n = n, .k = k, .type = QP_WEIGHT_INT8, .row = row, .scale = scale};
    qp_weight_round(QP_WEIGHT_INT8, qp_matrix_dense(value, n, k), row, scale);
    qp_gemm_packed(qp_matrix_dense(a, m, k), &w, NULL, 0, qp_matrix_dense(wanted, m, n));
    struct qp_late_panel late = {.memory = aligned_alloc(64, qp_late_bytes(&w) + 64)};
    w.late = &late;
    for (int use = 0; use < QP_LATE_WIDE_USES + 2; use++) {
        cr_expect_eq(atomic_load(&late.panel) != NULL, use >= packs_at, "%d rows, use %d", m, use);
        qp_gemm_packed(qp_matrix_dense(a, m, k), &w, NULL, 0, qp_matrix_dense(c, m, n));
        cr_assert_arr_eq(c, wanted, (size_t)m * (size_t)n * sizeof *c, "n %d, k %d, m %d, use %d", n, k, m, use);
    }
    free(value), free(a), free(wanted), free(c), free(row), free(scale), free(late.memory);
}

Test(weight_panels, int8_panels_give_the_bits_of_rows)
{
    const int n[] = {1, 17, 64, 200, 600}, k[] = {1, 63, 64, 130, 1100}, m[] = {QP_INT8_WIDE - 1, QP_INT8_WIDE, 6, 33};
    FOR_EACH_LEVEL (level)
        for (int i = 0; i < 5; i++)
            for (int j = 0; j < 5; j++) check_int8(n[i], k[j], m[(i + j) % 4]);
}

typedef struct {
    qp_matrix a, c;
    const qp_packed *w;
} many_uses;

static void use_often(void *self, int worker)
{
    const many_uses *u = self;
    for (int i = 0; worker == 0 && i < 2 * QP_LATE_USES; i++) qp_gemm_packed(u->a, u->w, NULL, 1, u->c);
}

/* threads share the packing too */
Test(weight_panels, threads_pack_together)
{
    enum { N = 3000, K = 300 };
    qp_real *w = new_normal((size_t)N * K, 1), *a = new_normal(K, 2), *one = new_normal(N, 3), *two = new_normal(N, 3);
    qp_real *memory = aligned_alloc(64, qp_packed_count(N, K) * sizeof *memory);
    for (int threads = 1; threads <= 3; threads += 2) {
        struct qp_late_panel late = {.memory = memory};
        const qp_packed rows = {.n = N, .k = K, .row = w, .late = &late};
        many_uses uses = {qp_matrix_dense(a, 1, K), qp_matrix_dense(threads == 1 ? one : two, 1, N), &rows};
        qp_team_run(threads, &(qp_team_work){&uses, use_often});
        cr_expect_eq(atomic_load(&late.panel), memory);
    }
    cr_assert_arr_eq(one, two, N * sizeof *one);
    free(w), free(a), free(one), free(two), free(memory);
}
