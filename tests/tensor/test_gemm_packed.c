#include "lib/tensor/gemm_packed.h"

#include "lib/base/tiles.h"
#include "tests/tensor/tensor_check.h"

TestSuite(gemm_packed);

enum { M = 70, PAD = 3 };

static void check_shape(qp_cpu level, int n, int k, bool transposed, bool with_bias, qp_real beta)
{
    int stride = (transposed ? n : k) + PAD, a_stride = k + PAD, c_stride = n + PAD;
    qp_real *w = new_normal((size_t)((transposed ? k : n) * stride), 1), *a = new_normal((size_t)(M * a_stride), 2);
    qp_real *bias = new_normal((size_t)n, 3), *c = new_reals((size_t)(M * c_stride)),
            *old = new_normal((size_t)(M * c_stride), 4);
    qp_real *row = new_reals((size_t)n),
            *memory = aligned_alloc(64, (qp_packed_count(n, k) * sizeof(qp_real) + 127) / 64 * 64);
    qp_packed packed = qp_packed_init(memory, qp_matrix_of(w, transposed ? k : n, transposed ? n : k, stride),
                                      transposed);
    cr_assert(packed.n == n && packed.k == k);
    for (int m = 1; m <= M; m++) {
        memcpy(c, old, (size_t)(M * c_stride) * sizeof *c);
        if (beta == 0) c[0] = (qp_real)NAN;
        qp_gemm_packed(qp_matrix_of(a, m, k, a_stride), &packed, with_bias ? bias : NULL, beta,
                       qp_matrix_of(c, m, n, c_stride));
        for (int r = 0; r < m; r++) {
            memcpy(row, old + r * c_stride, (size_t)n * sizeof *row);
            qp_gemm_packed(qp_matrix_dense(a + r * a_stride, 1, k), &packed, with_bias ? bias : NULL, beta,
                           qp_matrix_dense(row, 1, n));
            cr_assert_arr_eq(c + r * c_stride, row, (size_t)n * sizeof *row, "%s: row %d of %d, n %d, k %d",
                             qp_cpu_name(level), r, m, n, k);
            cr_assert_eq(row[n], GUARD);
            cr_assert_arr_eq(c + r * c_stride + n, old + r * c_stride + n, PAD * sizeof *c);
        }
        cr_assert_arr_eq(c + m * c_stride, old + m * c_stride, (size_t)((M - m) * c_stride) * sizeof *c);
    }
    for (int r = 0; r < M; r += 23)
        for (int j = 0; j < n; j++) {
            double wanted = (with_bias ? (double)bias[j] : 0) + (beta != 0 ? (double)old[r * c_stride + j] : 0);
            for (int i = 0; i < k; i++)
                wanted += (double)a[r * a_stride + i] * (double)(transposed ? w[i * stride + j] : w[j * stride + i]);
            check_near((double)c[r * c_stride + j], wanted, 4 + 10 * sqrt(k), EPSILON, "gemm_packed", (int)level,
                       (size_t)n, (size_t)j);
        }
    free(w), free(a), free(bias), free(c), free(old), free(row), free(memory);
}

/* a row alone and among 1..70 rows has the same bits */
Test(gemm_packed, rows_do_not_depend_on_their_number)
{
    const int n[] = {1, 7, 16, 17, 31, 32, 48, 65, 100, 129}, k[] = {1, 2, 13, 64, 100};
    FOR_EACH_LEVEL (level)
        for (size_t i = 0; i < sizeof n / sizeof *n; i++)
            for (size_t j = 0; j < sizeof k / sizeof *k; j++) {
                check_shape(level, n[i], k[j], false, true, 0);
                check_shape(level, n[i], k[j], true, j % 2 == 0, (qp_real)(i % 2));
            }
}

Test(gemm_packed, long_rows)
{
    FOR_EACH_LEVEL (level) check_shape(level, 50, 1500, false, true, 1);
}

typedef struct {
    qp_matrix a, c;
    const qp_packed *w;
    const qp_real *bias;
} shared_product;

static void multiply(void *self, int worker)
{
    const shared_product *p = self;
    if (worker == 0) qp_gemm_packed(p->a, p->w, p->bias, 0, p->c);
}

/* large enough that the threads share its columns */
Test(gemm_packed, bits_do_not_depend_on_the_threads)
{
    enum { N = 1221, K = 301, ROWS = 3 };
    qp_real *w = new_normal(N * K, 1), *a = new_normal(ROWS * K, 2), *bias = new_normal(N, 3);
    qp_real *memory = aligned_alloc(64, (qp_packed_count(N, K) * sizeof(qp_real) + 127) / 64 * 64);
    qp_real *one = new_reals(ROWS * N), *many = new_reals(ROWS * N);
    FOR_EACH_LEVEL (level) {
        qp_packed packed = qp_packed_init(memory, qp_matrix_dense(w, N, K), false);
        for (int rows = 1; rows <= ROWS; rows++)
            for (int threads = 1; threads <= 7; threads++) {
                shared_product p = {qp_matrix_dense(a, rows, K), qp_matrix_dense(threads == 1 ? one : many, rows, N),
                                    &packed, bias};
                qp_team_run(threads, &(qp_team_work){&p, multiply});
                if (threads > 1) cr_assert_arr_eq(one, many, (size_t)(rows * N) * sizeof *one, "%d threads", threads);
            }
    }
    free(w), free(a), free(bias), free(memory), free(one), free(many);
}
