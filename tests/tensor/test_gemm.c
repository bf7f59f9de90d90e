#include "lib/tensor/gemm.h"

#include "lib/tensor/gemm_packed.h"
#include "lib/tensor/kernels/gemm_kernels.h"
#include "lib/tensor/weight_panels.h"
#include "tests/tensor/tensor_check.h"

TestSuite(gemm);

typedef struct {
    bool ta, tb;
    int m, n, k, pad;
    qp_real alpha, beta;
} product;

/* against a plain loop in double; the padding of every stride must not change */
static void check_product(qp_cpu level, product p)
{
    int a_stride = (p.ta ? p.m : p.k) + p.pad, b_stride = (p.tb ? p.k : p.n) + p.pad, c_stride = p.n + p.pad;
    size_t c_size = (size_t)p.m * (size_t)c_stride;
    qp_real *a = new_normal((size_t)((p.ta ? p.k : p.m) * a_stride), 1),
            *b = new_normal((size_t)((p.tb ? p.n : p.k) * b_stride), 2);
    qp_real *c = new_normal(c_size, 3), *old = new_normal(c_size, 3);
    if (p.beta == 0)
        for (int i = 0; i < p.m; i++) c[i * c_stride] = (qp_real)NAN;
    const qp_gemm_form form = p.ta ? p.tb ? QP_ATBT : QP_ATB : p.tb ? QP_ABT : QP_AB;
    qp_gemm(form, p.alpha, qp_matrix_of(a, p.ta ? p.k : p.m, p.ta ? p.m : p.k, a_stride),
            qp_matrix_of(b, p.tb ? p.n : p.k, p.tb ? p.k : p.n, b_stride), p.beta, qp_matrix_of(c, p.m, p.n, c_stride));
    for (int i = 0; i < p.m; i++) {
        for (int j = 0; j < p.n; j++) {
            double sum = 0;
            for (int l = 0; l < p.k; l++)
                sum += (double)(p.ta ? a[l * a_stride + i] : a[i * a_stride + l]) *
                       (double)(p.tb ? b[j * b_stride + l] : b[l * b_stride + j]);
            double wanted = (double)p.alpha * sum + (p.beta != 0 ? (double)p.beta * (double)old[i * c_stride + j] : 0);
            cr_assert(fabs((double)c[i * c_stride + j] - wanted) <= EPSILON * (4 + 4 * sqrt(p.k)),
                      "%s %c%c %d x %d x %d pad %d alpha %g beta %g at %d, %d: %g instead of %g", qp_cpu_name(level),
                      p.ta ? 'T' : 'N', p.tb ? 'T' : 'N', p.m, p.n, p.k, p.pad, (double)p.alpha, (double)p.beta, i, j,
                      (double)c[i * c_stride + j], wanted);
        }
        for (int j = p.n; j < c_stride; j++) cr_assert_eq(c[i * c_stride + j], old[i * c_stride + j]);
    }
    cr_assert_eq(c[c_size], GUARD);
    free(a), free(b), free(c), free(old);
}

static void check_forms(qp_cpu level, int m, int n, int k)
{
    for (int form = 0; form < 4; form++) {
        product p = {.ta = form & 1, .tb = form & 2, .m = m, .n = n, .k = k, .alpha = 1, .beta = 0};
        check_product(level, p);
        p.pad = 5, p.beta = 1;
        check_product(level, p);
        p.pad = 16, p.beta = (qp_real)0.5, p.alpha = (qp_real)-0.75;
        check_product(level, p);
    }
}

Test(gemm, small_shapes)
{
    FOR_EACH_LEVEL (level)
        for (int m = 1; m <= 33; m += m < 9 ? 1 : 5)
            for (int n = 1; n <= 70; n += n < 4 ? 1 : 7)
                for (int k = 1; k <= 40; k += k < 3 ? 1 : 9) check_forms(level, m, n, k);
}

Test(gemm, shapes_across_every_block_edge)
{
    const int shape[][3] = {{1, 300, 600}, {300, 1, 600}, {65, 33, 700},   {130, 257, 65}, {97, 100, 513},
                            {5, 700, 64},  {700, 6, 64},  {256, 256, 256}, {49, 530, 300}, {300, 70, 1030}};
    FOR_EACH_LEVEL (level)
        for (size_t i = 0; i < sizeof shape / sizeof *shape; i++)
            check_forms(level, shape[i][0], shape[i][1], shape[i][2]);
}

Test(gemm, no_terms_and_no_elements)
{
    FOR_EACH_LEVEL (level) {
        qp_real a[4] = {1, 1, 1, 1}, b[4] = {1, 1, 1, 1}, c[4] = {2, 4, 6, 8};
        qp_gemm(QP_AB, 1, qp_matrix_of(a, 2, 0, 2), qp_matrix_dense(b, 0, 2), (qp_real)0.5, qp_matrix_dense(c, 2, 2));
        cr_assert(c[0] == 1 && c[3] == 4);
        qp_gemm(QP_AB, 1, qp_matrix_dense(a, 0, 2), qp_matrix_dense(b, 2, 2), 0, qp_matrix_dense(c, 0, 2));
        qp_gemm(QP_AB, 1, qp_matrix_dense(a, 2, 2), qp_matrix_of(b, 2, 0, 2), 0, qp_matrix_of(c, 2, 0, 2));
        cr_assert(c[0] == 1 && c[3] == 4);
        qp_gemm(QP_AB, 1, qp_matrix_of(a, 2, 0, 2), qp_matrix_dense(b, 0, 2), 0, qp_matrix_dense(c, 2, 2));
        cr_assert(c[0] == 0 && c[3] == 0);
    }
}

Test(gemm, same_shape_same_bits_at_any_address)
{
    enum { M = 70, N = 90, K = 130 };
    FOR_EACH_LEVEL (level) {
        qp_real *a = new_normal(M * K, 1), *b = new_normal(K * N, 2), *first = new_reals(M * N),
                *c = new_reals(M * N + 16);
        qp_real *moved = new_reals(M * K + 16);
        qp_gemm(QP_ABT, 1, qp_matrix_dense(a, M, K), qp_matrix_dense(b, N, K), 0, qp_matrix_dense(first, M, N));
        for (int shift = 0; shift < 16; shift += 3) {
            memcpy(moved + shift, a, M * K * sizeof *a);
            qp_gemm(QP_ABT, 1, qp_matrix_dense(moved + shift, M, K), qp_matrix_dense(b, N, K), 0,
                    qp_matrix_dense(c + shift, M, N));
            cr_assert_arr_eq(c + shift, first, M * N * sizeof *c);
        }
        free(a), free(b), free(first), free(c), free(moved);
    }
}

/* The bits of a product that is added to copies of the bias, at every depth and edge. */
Test(gemm, a_bias_is_added_to_every_row)
{
    const int shape[][3] = {{1, 1, 1}, {3, 70, 5}, {30, 33, 384}, {70, 530, 900}, {5, 4, 0}};
    FOR_EACH_LEVEL (level)
        for (size_t s = 0; s < sizeof shape / sizeof *shape; s++) {
            const int m = shape[s][0], n = shape[s][1], k = shape[s][2];
            qp_real *a = new_normal((size_t)(m * k + 1), 1), *w = new_normal((size_t)(n * k + 1), 2);
            qp_real *bias = new_normal((size_t)n, 3), *c = new_normal((size_t)(m * n), 4);
            qp_real *wanted = new_reals((size_t)(m * n));
            for (int i = 0; i < m * n; i++) wanted[i] = bias[i % n];
            qp_gemm(QP_ABT, 1, qp_matrix_dense(a, m, k), qp_matrix_dense(w, n, k), 1, qp_matrix_dense(wanted, m, n));
            qp_gemm_bias(qp_matrix_dense(a, m, k), qp_matrix_dense(w, n, k), bias, qp_matrix_dense(c, m, n));
            cr_assert_arr_eq(c, wanted, (size_t)(m * n) * sizeof *c);
            free(a), free(w), free(bias), free(c), free(wanted);
        }
}

/* What happens where there is no memory for a kernel's scratch. */
Test(gemm, vectors_of_any_length_and_no_memory_make_the_same_bits)
{
    enum { M = 13, N = 70, K = 800, STRIDE = 807 };
    qp_real *a = new_normal((size_t)M * STRIDE, 1), *b = new_normal((size_t)N * STRIDE, 2);
    qp_real *wanted = new_normal((size_t)M * N, 3), *c = new_normal((size_t)M * N, 3);
    const qp_product p = {M, N, K, a, b, STRIDE, 1, 1, STRIDE, (qp_real)0.7, (qp_real)0.5, wanted, N, NULL};
    qp_gemm_without_memory(&p, QP_GEMM_DEPTH);
    FOR_EACH_LEVEL (level) {
        if (level == QP_CPU_SCALAR) continue;
        qp_real *again = new_normal((size_t)M * N, 3);
        qp_gemm(QP_ABT, p.alpha, qp_matrix_of(a, M, K, STRIDE), qp_matrix_of(b, N, K, STRIDE), p.beta,
                qp_matrix_dense(again, M, N));
        cr_assert_arr_eq(again, wanted, (size_t)M * N * sizeof *wanted);
        free(again);
    }
    qp_matrix bias = qp_matrix_dense(new_normal(N, 4), 1, N);
    qp_real *memory = new_normal(qp_packed_count(N, K), 5);
    const qp_product whole = {M, N, K, a, b, STRIDE, 1, 1, STRIDE, 1, 1, c, N, bias.value};
    qp_gemm_without_memory(&whole, K);
    FOR_EACH_LEVEL (level) {
        if (level == QP_CPU_SCALAR) continue;
        qp_real *again = new_normal((size_t)M * N, 3);
        const qp_packed w = qp_packed_init(memory, qp_matrix_of(b, N, K, STRIDE), false);
        qp_gemm_packed(qp_matrix_of(a, M, K, STRIDE), &w, bias.value, 1, qp_matrix_dense(again, M, N));
        cr_assert_arr_eq(again, c, (size_t)M * N * sizeof *c);
        free(again);
    }
    free(a), free(b), free(c), free(wanted), free(bias.value), free(memory);
}
