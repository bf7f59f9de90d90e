#include "lib/tensor/gemm_stored.h"

#include "lib/base/half.h"
#include "lib/base/tiles.h"
#include "lib/tensor/gemm_packed.h"
#include "lib/tensor/stored/dot_kernels.h"
#include "tests/tensor/tensor_check.h"

TestSuite(gemm_stored);

static const qp_weight_type types[] = {QP_WEIGHT_BF16, QP_WEIGHT_FP16, QP_WEIGHT_INT8};

/* A weight [n, k] in a type, and the numbers that it stands for. */
typedef struct {
    qp_packed w;
    void *row;
    float *scale;
    qp_real *value;
} weight;

static weight new_weight(qp_weight_type type, int n, int k)
{
    weight made = {.row = malloc((size_t)n * (size_t)k * qp_weight_bytes(type)),
                   .scale = malloc((size_t)n * sizeof(float)),
                   .value = new_normal((size_t)n * (size_t)k, 5)};
    qp_weight_round(type, qp_matrix_dense(made.value, n, k), made.row, made.scale);
    made.w = (qp_packed){.n = n, .k = k, .type = type, .row = made.row, .scale = made.scale};
    qp_weight_reals(&made.w, qp_matrix_dense(made.value, n, k));
    return made;
}

static void free_weight(weight *w) { free(w->row), free(w->scale), free(w->value); }

/* the row as int8 products round it */
static void round_as_int8(int k, const qp_real *x, double *y)
{
    double most = 0;
    for (int i = 0; i < k; i++) most = fmax(most, fabs((double)x[i]));
    for (int i = 0; i < k; i++) y[i] = most > 0 ? rint((double)x[i] * 127 / most) * most / 127 : 0;
}

static void check_shape(qp_weight_type type, int m, int n, int k, bool biased, qp_real beta)
{
    weight w = new_weight(type, n, k);
    qp_real *a = new_normal((size_t)(m * k), 2), *bias = new_normal((size_t)n, 3), *c = new_normal((size_t)(m * n), 4),
            *old = new_normal((size_t)(m * n), 4), *row = new_reals((size_t)n);
    double *read = malloc((size_t)k * sizeof *read);
    qp_gemm_packed(qp_matrix_dense(a, m, k), &w.w, biased ? bias : NULL, beta, qp_matrix_dense(c, m, n));
    for (int r = 0; r < m; r++) {
        memcpy(row, old + r * n, (size_t)n * sizeof *row);
        qp_gemm_packed(qp_matrix_dense(a + r * k, 1, k), &w.w, biased ? bias : NULL, beta, qp_matrix_dense(row, 1, n));
        cr_assert_arr_eq(row, c + r * n, (size_t)n * sizeof *row, "row %d of %d alone, n %d, k %d", r, m, n, k);
        for (int i = 0; i < k; i++) read[i] = (double)a[r * k + i];
        if (type == QP_WEIGHT_INT8) round_as_int8(k, a + r * k, read);
        for (int o = 0; o < n; o++) {
            double wanted = (biased ? (double)bias[o] : 0) + (double)beta * (double)old[r * n + o];
            for (int i = 0; i < k; i++) wanted += read[i] * (double)w.value[o * k + i];
            cr_assert(fabs(wanted - (double)c[r * n + o]) <= 1e-4 * sqrt(k) + 1e-5, "type %d, %d x %d x %d: %g, not %g",
                      (int)type, m, n, k, (double)c[r * n + o], wanted);
        }
    }
    free_weight(&w);
    free(a), free(bias), free(c), free(old), free(row), free(read);
}

Test(gemm_stored, products_are_those_of_the_rounded_numbers_for_any_number_of_rows)
{
    const int n[] = {1, 3, 4, 40, 13, 70}, k[] = {1, 5, 31, 64, 65, 200}, m[] = {1, 2, 5, 4, 7, 66};
    FOR_EACH_LEVEL (level)
        for (size_t t = 0; t < 3; t++)
            for (size_t i = 0; i < 6; i++)
                for (size_t j = 0; j < 6; j++)
                    check_shape(types[t], m[i], n[j], k[(i + j) % 6], i % 2, (qp_real)(j % 2));
}

/* long rows come in blocks of few */
Test(gemm_stored, long_rows)
{
    FOR_EACH_LEVEL (level) check_shape(QP_WEIGHT_INT8, 5, 9, 40000, true, 0);
}

/* the extremes of hostile files: -128 times 127, the most columns; one row, and so many that W becomes a panel */
Test(gemm_stored, integers_are_exact_with_every_kernel)
{
    enum { N = 5, K = QP_INT8_COLUMNS, ROWS = 6 };
    int8_t *a = aligned_alloc(64, (size_t)ROWS * K), *w = malloc((size_t)N * K);
    int32_t sum[ROWS], got[ROWS * N], wanted[ROWS * N];
    memset(a, 127, (size_t)ROWS * K);
    memset(w, -128, (size_t)N * K);
    for (int r = 0; r < ROWS; r++) {
        a[(ptrdiff_t)r * K] = (int8_t)r;
        sum[r] = 127 * (K - 1) + r;
    }
    for (int i = 0; i < K; i += 3) w[3 * K + i] = (int8_t)(i % 251 - 125);
    for (int r = 0; r < ROWS; r++)
        for (int o = 0; o < N; o++) {
            wanted[r * N + o] = 0;
            for (int i = 0; i < K; i++) wanted[r * N + o] += a[(ptrdiff_t)r * K + i] * w[o * K + i];
        }
    for (int rows = 1; rows <= ROWS; rows += ROWS - 1) {
        const qp_int8_rows some = {a, K, sum, rows};
        FOR_EACH_LEVEL (level) {
            qp_dot_set()->int8(&some, w, N, K, got);
            cr_assert_arr_eq(got, wanted, (size_t)(rows * N) * sizeof *got, "%s", qp_cpu_name(level));
#ifdef QP_VECTOR_KERNELS
            if (level == QP_CPU_AVX512) qp_dot_avx512.int8(&some, w, N, K, got); /* without VNNI */
            cr_assert_arr_eq(got, wanted, (size_t)(rows * N) * sizeof *got);
#endif
        }
    }
    free(a), free(w);
}

Test(gemm_stored, int8_has_the_same_bits_on_every_level)
{
    enum { M = 9, N = 150, K = 333 };
    weight w = new_weight(QP_WEIGHT_INT8, N, K);
    qp_real *a = new_normal(M * K, 2), *bias = new_normal(N, 3), *first = new_reals(M * N), *c = new_reals(M * N);
    FOR_EACH_LEVEL (level) {
        qp_gemm_packed(qp_matrix_dense(a, M, K), &w.w, bias, 0, qp_matrix_dense(c, M, N));
        if (level == QP_CPU_SCALAR) memcpy(first, c, M * N * sizeof *c);
        cr_assert_arr_eq(c, first, M * N * sizeof *c, "%s", qp_cpu_name(level));
    }
    free_weight(&w);
    free(a), free(bias), free(first), free(c);
}

typedef struct {
    qp_matrix a, c;
    const qp_packed *w;
} shared_product;

static void multiply(void *self, int worker)
{
    const shared_product *p = self;
    if (worker == 0) qp_gemm_packed(p->a, p->w, NULL, 0, p->c);
}

Test(gemm_stored, bits_do_not_depend_on_the_threads)
{
    enum { M = 3, N = 1221, K = 301 };
    static const int teams[] = {1, 2, 3, 4, 7};
    qp_real *a = new_normal(M * K, 2), *one = new_reals(M * N), *many = new_reals(M * N);
    for (size_t t = 0; t < 3; t++) {
        weight w = new_weight(types[t], N, K);
        for (size_t i = 0; i < 5; i++) {
            shared_product p = {qp_matrix_dense(a, M, K), qp_matrix_dense(i ? many : one, M, N), &w.w};
            qp_team_run(teams[i], &(qp_team_work){&p, multiply});
            if (i) cr_assert_arr_eq(one, many, M * N * sizeof *one, "%d threads", teams[i]);
        }
        free_weight(&w);
    }
    free(a), free(one), free(many);
}

Test(gemm_stored, rows_that_are_not_finite_give_no_numbers)
{
    enum { K = 40 };
    weight w = new_weight(QP_WEIGHT_INT8, 3, K);
    qp_real bad[] = {(qp_real)NAN, (qp_real)INFINITY, (qp_real)-INFINITY}, a[2 * K], c[6];
    for (size_t b = 0; b < 3; b++) {
        for (int i = 0; i < 2 * K; i++) a[i] = (qp_real)0.5;
        a[7] = bad[b];
        qp_gemm_packed(qp_matrix_dense(a, 2, K), &w.w, NULL, 0, qp_matrix_dense(c, 2, 3));
        for (int o = 0; o < 3; o++) cr_assert(isnan(c[o]) && isfinite(c[3 + o]));
    }
    memset(a, 0, sizeof a);
    qp_gemm_packed(qp_matrix_dense(a, 2, K), &w.w, NULL, 0, qp_matrix_dense(c, 2, 3));
    for (int o = 0; o < 6; o++) cr_assert_eq(c[o], 0);
    free_weight(&w);
}

Test(gemm_stored, halves_round_to_the_nearest)
{
    const struct {
        float value, half, bfloat;
    } rows[] = {{1, 1, 1},
                {-2.5f, -2.5f, -2.5f},
                {1 + 0x1p-11f, 1, 1},
                {1 + 0x3p-11f, 1 + 0x1p-9f, 1},
                {1 + 0x1p-8f, 1 + 0x1p-8f, 1},
                {1 + 0x3p-8f, 1 + 0x3p-8f, 1 + 0x1p-6f},
                {65519, 65504, 65536},
                {65520, INFINITY, 65536},
                {0x1p-24f, 0x1p-24f, 0x1p-24f},
                {0x1p-25f, 0, 0x1p-25f},
                {0x3p-25f, 0x1p-23f, 0x3p-25f},
                {0x1.ffcp-15f, 0x1p-14f, 0x1p-14f},
                {-0.0f, -0.0f, -0.0f},
                {-INFINITY, -INFINITY, -INFINITY}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_assert_eq(qp_half_to_float(qp_half_of(rows[i].value)), rows[i].half, "%a", (double)rows[i].value);
        cr_assert_eq(qp_bfloat_to_float(qp_bfloat_of(rows[i].value)), rows[i].bfloat, "%a", (double)rows[i].value);
    }
    cr_assert(isnan(qp_half_to_float(qp_half_of(NAN))) && isnan(qp_bfloat_to_float(qp_bfloat_of(NAN))));
    for (uint32_t h = 0; h < 1 << 16; h++) {
        float x = qp_half_to_float((uint16_t)h), y = qp_bfloat_to_float((uint16_t)h);
        cr_assert(isnan(x) || qp_half_of(x) == h, "%x", h);
        cr_assert(isnan(y) || qp_bfloat_of(y) == h, "%x", h);
    }
    cr_assert(qp_weight_fits(QP_WEIGHT_INT8, QP_INT8_COLUMNS) && !qp_weight_fits(QP_WEIGHT_INT8, QP_INT8_COLUMNS + 1));
    cr_assert(qp_weight_fits(QP_WEIGHT_BF16, 1 << 30));
}
