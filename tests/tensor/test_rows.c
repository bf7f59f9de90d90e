#include "lib/tensor/rows.h"

#include "tests/tensor/tensor_check.h"

TestSuite(rows);

enum { ROWS = 3, MANY = 150, STRIDE = 160, SIZE = ROWS * STRIDE };

/* column counts: every length of a partial vector, and a few long rows */
#define FOR_COLUMNS(n) for (int n = 1; n <= MANY; n = n < 70 ? n + 1 : n + 40)

static void softmax_reference(int n, const qp_real *x, double temperature, double *y)
{
    double largest = -INFINITY, sum = 0;
    for (int i = 0; i < n; i++) largest = fmax(largest, (double)x[i] / temperature);
    for (int i = 0; i < n; i++) sum += exp((double)x[i] / temperature - largest);
    for (int i = 0; i < n; i++) y[i] = exp((double)x[i] / temperature - largest) / sum;
}

Test(rows, softmax_and_log_softmax)
{
    FOR_EACH_LEVEL (level) FOR_COLUMNS(n)
        {
            qp_real *x = new_normal(SIZE, 1), *y = new_reals(SIZE), *log_y = new_reals(SIZE);
            for (int i = 0; i < SIZE; i++) x[i] = 10 * x[i] + 500;
            if (n > 1) x[0] = -(qp_real)INFINITY;
            if (n > 20) x[STRIDE + n - 1] = -(qp_real)INFINITY;
            double wanted[MANY];
            qp_softmax_rows(qp_matrix_of(x, ROWS, n, STRIDE), 2, qp_matrix_of(y, ROWS, n, STRIDE));
            qp_log_softmax_rows(qp_matrix_of(x, ROWS, n, STRIDE), 2, qp_matrix_of(log_y, ROWS, n, STRIDE));
            for (int r = 0; r < ROWS; r++) {
                softmax_reference(n, x + r * STRIDE, 2, wanted);
                for (int i = 0; i < n; i++) {
                    check_near((double)y[r * STRIDE + i], wanted[i], 1, EPSILON, "softmax", (int)level, (size_t)n,
                               (size_t)i);
                    if (x[r * STRIDE + i] == -(qp_real)INFINITY) {
                        cr_assert_eq(y[r * STRIDE + i], 0);
                        continue;
                    }
                    check_near((double)log_y[r * STRIDE + i], log(wanted[i]), 30, EPSILON, "log_softmax", (int)level,
                               (size_t)n, (size_t)i);
                }
                cr_assert_eq(y[r * STRIDE + n], GUARD);
                cr_assert_eq(log_y[r * STRIDE + n], GUARD);
            }
            free(x), free(y), free(log_y);
        }
}

Test(rows, softmax_backward)
{
    FOR_EACH_LEVEL (level) FOR_COLUMNS(n) for (int beta = 0; beta < 2; beta++)
        {
            qp_real *x = new_normal(SIZE, 1), *dy = new_normal(SIZE, 2), *dx = new_normal(SIZE, 3),
                    *dx_log = new_normal(SIZE, 3);
            qp_real *y = new_reals(SIZE), *log_y = new_reals(SIZE), *old = new_normal(SIZE, 3);
            qp_softmax_rows(qp_matrix_of(x, ROWS, n, STRIDE), 2, qp_matrix_of(y, ROWS, n, STRIDE));
            qp_log_softmax_rows(qp_matrix_of(x, ROWS, n, STRIDE), 2, qp_matrix_of(log_y, ROWS, n, STRIDE));
            qp_softmax_rows_back(qp_matrix_of(y, ROWS, n, STRIDE), qp_matrix_of(dy, ROWS, n, STRIDE), 2, (qp_real)beta,
                                 qp_matrix_of(dx, ROWS, n, STRIDE));
            qp_log_softmax_rows_back(qp_matrix_of(log_y, ROWS, n, STRIDE), qp_matrix_of(dy, ROWS, n, STRIDE), 2,
                                     (qp_real)beta, qp_matrix_of(dx_log, ROWS, n, STRIDE));
            for (int r = 0; r < ROWS; r++) {
                double product = 0, sum = 0;
                for (int i = r * STRIDE; i < r * STRIDE + n; i++) {
                    product += (double)y[i] * (double)dy[i];
                    sum += (double)dy[i];
                }
                for (int i = r * STRIDE; i < r * STRIDE + n; i++) {
                    double base = beta * (double)old[i];
                    check_near((double)dx[i], base + (double)y[i] * ((double)dy[i] - product) / 2, 4, EPSILON,
                               "softmax back", (int)level, (size_t)n, (size_t)i);
                    check_near((double)dx_log[i], base + ((double)dy[i] - exp((double)log_y[i]) * sum) / 2, 10, EPSILON,
                               "log_softmax back", (int)level, (size_t)n, (size_t)i);
                }
                cr_assert_eq(dx[r * STRIDE + n], old[r * STRIDE + n]);
            }
            free(x), free(dy), free(dx), free(dx_log), free(y), free(log_y), free(old);
        }
}

typedef struct {
    qp_real *x, *weight, *bias, *dy, *y, *dx, *dweight, *dbias, mean[ROWS], inverse[ROWS];
} norm_case;

/* forward and backward against the textbook formulas; `kind` 0: all, 1: no weight and bias, 2: RMS norm */
static void check_norm(qp_cpu level, int n, int kind, int beta)
{
    norm_case c = {.x = new_normal(SIZE, 1),
                   .weight = new_normal(MANY, 2),
                   .bias = new_normal(MANY, 3),
                   .dy = new_normal(SIZE, 4),
                   .y = new_reals(SIZE),
                   .dx = new_normal(SIZE, 5),
                   .dweight = new_normal((size_t)n, 6),
                   .dbias = new_normal((size_t)n, 7)};
    qp_real *old = new_normal(SIZE, 5), *old_dweight = new_normal((size_t)n, 6), *old_dbias = new_normal((size_t)n, 7);
    for (int i = 0; i < SIZE; i++) c.x[i] += 3;
    qp_real *weight = kind == 1 ? NULL : c.weight, *bias = kind >= 1 ? NULL : c.bias, *mean = kind == 2 ? NULL : c.mean;
    qp_norm_rows(qp_matrix_of(c.x, ROWS, n, STRIDE),
                 &(qp_row_norm){.weight = weight, .bias = bias, .mean = mean, .inverse = c.inverse}, (qp_real)1e-5,
                 qp_matrix_of(c.y, ROWS, n, STRIDE));
    qp_norm_rows_back(qp_matrix_of(c.x, ROWS, n, STRIDE),
                      &(qp_row_norm){.weight = weight,
                                     .mean = mean,
                                     .inverse = c.inverse,
                                     .dweight = kind == 1 ? NULL : c.dweight,
                                     .dbias = kind == 1 ? NULL : c.dbias},
                      qp_matrix_of(c.dy, ROWS, n, STRIDE), (qp_real)beta, qp_matrix_of(c.dx, ROWS, n, STRIDE));
    double dweight[MANY] = {0}, dbias[MANY] = {0};
    for (int r = 0; r < ROWS; r++) {
        const qp_real *x = c.x + r * STRIDE, *dy = c.dy + r * STRIDE;
        double center = 0, square = 0, average_g = 0, average_gh = 0;
        for (int i = 0; i < n && kind != 2; i++) center += (double)x[i] / n;
        for (int i = 0; i < n; i++) square += ((double)x[i] - center) * ((double)x[i] - center) / n;
        double inverse = 1 / sqrt(square + 1e-5), tolerance = EPSILON * (4 + inverse);
        for (int i = 0; i < n; i++) {
            double h = ((double)x[i] - center) * inverse, g = (double)dy[i] * (weight ? (double)weight[i] : 1);
            average_g += kind == 2 ? 0 : g / n;
            average_gh += g * h / n;
            dweight[i] += (double)dy[i] * h;
            dbias[i] += (double)dy[i];
            double wanted = h * (weight ? (double)weight[i] : 1) + (bias ? (double)bias[i] : 0);
            check_near((double)c.y[r * STRIDE + i], wanted, 10, tolerance, "norm", (int)level, (size_t)n, (size_t)i);
        }
        for (int i = 0; i < n; i++) {
            double h = ((double)x[i] - center) * inverse, g = (double)dy[i] * (weight ? (double)weight[i] : 1);
            double wanted = inverse * (g - average_g - h * average_gh) + beta * (double)old[r * STRIDE + i];
            check_near((double)c.dx[r * STRIDE + i], wanted, 10 * (1 + inverse), tolerance, "norm back", (int)level,
                       (size_t)n, (size_t)i);
        }
        cr_assert_eq(c.y[r * STRIDE + n], GUARD);
        cr_assert_eq(c.dx[r * STRIDE + n], old[r * STRIDE + n]);
    }
    for (int i = 0; i < n && kind != 1; i++) {
        check_near((double)c.dweight[i], dweight[i] + (double)old_dweight[i], 100, EPSILON * 30, "norm dweight",
                   (int)level, (size_t)n, (size_t)i);
        check_near((double)c.dbias[i], dbias[i] + (double)old_dbias[i], 10, EPSILON, "norm dbias", (int)level,
                   (size_t)n, (size_t)i);
    }
    cr_assert(c.dweight[n] == GUARD && c.dbias[n] == GUARD);
    free(c.x), free(c.weight), free(c.bias), free(c.dy), free(c.y), free(c.dx), free(c.dweight), free(c.dbias);
    free(old), free(old_dweight), free(old_dbias);
}

Test(rows, norm_forward_and_backward)
{
    FOR_EACH_LEVEL (level) FOR_COLUMNS(n) for (int kind = 0; kind < 3; kind++)
        {
            if (n < 2 && kind != 2) continue; /* one column: the variance is 0 and the inverse 316 */
            check_norm(level, n, kind, 0);
            check_norm(level, n, kind, 1);
        }
}

Test(rows, bias_and_column_sums)
{
    FOR_EACH_LEVEL (level) FOR_COLUMNS(n) for (int beta = 0; beta < 2; beta++)
        {
            qp_real *x = new_normal(SIZE, 1), *bias = new_normal((size_t)n, 2), *sum = new_normal((size_t)n, 3),
                    *old = new_normal(SIZE, 1);
            qp_real *old_sum = new_normal((size_t)n, 3);
            if (beta == 0) sum[n - 1] = (qp_real)NAN;
            qp_column_sums(qp_matrix_of(x, ROWS, n, STRIDE), (qp_real)beta, sum);
            qp_bias_rows(bias, qp_matrix_of(x, ROWS, n, STRIDE));
            for (int i = 0; i < n; i++) {
                double wanted = beta != 0 ? (double)old_sum[i] : 0;
                for (int r = 0; r < ROWS; r++) {
                    wanted += (double)old[r * STRIDE + i];
                    cr_assert_eq(x[r * STRIDE + i], old[r * STRIDE + i] + bias[i]);
                }
                check_near((double)sum[i], wanted, 5, EPSILON, "column_sums", (int)level, (size_t)n, (size_t)i);
            }
            cr_assert_eq(sum[n], GUARD);
            cr_assert_eq(x[n], old[n]);
            free(x), free(bias), free(sum), free(old), free(old_sum);
        }
}

Test(rows, gather_and_scatter)
{
    enum { IDS = 5, TABLE = 4 };
    const int32_t id[IDS] = {3, 0, 3, 1, 3}, position[IDS] = {0, 1, 2, 0, 1};
    FOR_EACH_LEVEL (level) FOR_COLUMNS(n)
        {
            qp_real *table = new_normal((size_t)(TABLE * n), 1), *offset = new_normal((size_t)(3 * n), 2),
                    *y = new_reals(IDS * STRIDE);
            qp_gather_rows(id, qp_matrix_dense(table, TABLE, n), 3, position, qp_matrix_dense(offset, 3, n),
                           qp_matrix_of(y, IDS, n, STRIDE));
            for (int r = 0; r < IDS; r++) {
                for (int i = 0; i < n; i++)
                    check_near((double)y[r * STRIDE + i],
                               3 * (double)table[id[r] * n + i] + (double)offset[position[r] * n + i], 10, EPSILON,
                               "gather", (int)level, (size_t)n, (size_t)i);
                cr_assert_eq(y[r * STRIDE + n], GUARD);
            }
            qp_gather_rows(id, qp_matrix_dense(table, TABLE, n), 1, NULL, (qp_matrix){0},
                           qp_matrix_of(y, IDS, n, STRIDE));
            cr_assert_arr_eq(y + 2 * STRIDE, table + 3 * n, (size_t)n * sizeof *y);
            qp_real *sum = new_normal((size_t)(TABLE * n), 9), *old = new_normal((size_t)(TABLE * n), 9);
            qp_scatter_add_rows(id, 2, qp_matrix_of(y, IDS, n, STRIDE), qp_matrix_dense(sum, TABLE, n));
            for (int t = 0; t < TABLE; t++)
                for (int i = 0; i < n; i++) {
                    double wanted = (double)old[t * n + i];
                    for (int r = 0; r < IDS; r++) wanted += id[r] == t ? 2 * (double)y[r * STRIDE + i] : 0;
                    check_near((double)sum[t * n + i], wanted, 30, EPSILON, "scatter", (int)level, (size_t)n,
                               (size_t)i);
                }
            cr_assert_eq(sum[TABLE * n], GUARD);
            free(table), free(offset), free(y), free(sum), free(old);
        }
}

static void check_cross_entropy(qp_cpu level, int n, double smoothing, bool weighted, bool in_place)
{
    qp_real *x = new_normal(SIZE, 1), *old = new_normal(SIZE, 1), *weight = new_normal(MANY, 2), loss[ROWS];
    qp_real *dx = in_place ? x : new_reals(SIZE), scale[ROWS] = {1, (qp_real)0.25, -3};
    const int32_t target[ROWS] = {n - 1, -1, n / 2};
    for (int i = 0; i < MANY; i++) weight[i] = (qp_real)fabs((double)weight[i]);
    qp_cross_entropy_rows(
        qp_matrix_of(x, ROWS, n, STRIDE),
        &(qp_cross_entropy_terms){
            .target = target, .smoothing = (qp_real)smoothing, .weight = weighted ? weight : NULL, .row_scale = scale},
        loss, qp_matrix_of(dx, ROWS, n, STRIDE));
    for (int r = 0; r < ROWS; r++) {
        double p[MANY], wanted = 0, total = 0;
        softmax_reference(n, old + r * STRIDE, 1, p);
        for (int pass = 0; pass < 2; pass++)
            for (int i = 0; i < n; i++) {
                double q = (smoothing / n + (i == target[r] ? 1 - smoothing : 0));
                if (weighted)
                    q = smoothing / n * (double)weight[i] + (i == target[r] ? (1 - smoothing) * (double)weight[i] : 0);
                if (target[r] < 0) q = 0;
                if (pass == 0)
                    wanted -= q * log(p[i]), total += q;
                else
                    check_near((double)dx[r * STRIDE + i], (double)scale[r] * (total * p[i] - q), 10, EPSILON,
                               "cross entropy gradient", (int)level, (size_t)n, (size_t)i);
            }
        check_near((double)loss[r], wanted, 10 + wanted, EPSILON, "cross entropy", (int)level, (size_t)n, (size_t)r);
        cr_assert_eq(dx[r * STRIDE + n], in_place ? old[r * STRIDE + n] : GUARD);
    }
    if (!in_place) free(dx);
    free(x), free(old), free(weight);
}

Test(rows, cross_entropy)
{
    FOR_EACH_LEVEL (level) FOR_COLUMNS(n)
    for (int variant = 0; variant < 8; variant++)
        check_cross_entropy(level, n, variant & 1 ? 0.1 : 0, variant & 2, variant & 4);
}

Test(rows, cross_entropy_without_gradient_leaves_the_logits)
{
    FOR_EACH_LEVEL (level) {
        qp_real *x = new_normal(100, 1), *old = new_normal(100, 1), loss, with_gradient, dx[100];
        const int32_t target = 50;
        qp_cross_entropy_rows(
            qp_matrix_dense(x, 1, 100),
            &(qp_cross_entropy_terms){.target = &target, .smoothing = (qp_real)0.1, .weight = NULL, .row_scale = NULL},
            &loss, (qp_matrix){0});
        cr_assert_arr_eq(x, old, 100 * sizeof *x);
        qp_cross_entropy_rows(
            qp_matrix_dense(x, 1, 100),
            &(qp_cross_entropy_terms){.target = &target, .smoothing = (qp_real)0.1, .weight = NULL, .row_scale = NULL},
            &with_gradient, qp_matrix_dense(dx, 1, 100));
        cr_assert_eq(loss, with_gradient);
        free(x), free(old);
    }
}

/* large k: a heap instead of a list, with the same order */
Test(rows, top_many)
{
    enum { N = 700 };
    for (int k = 47; k <= N; k = k < 52 ? k + 1 : k + 81)
        for (int kind = 0; kind < 4; kind++) {
            qp_real *x = new_normal(N, (uint64_t)k);
            for (int i = 0; i < N; i++) {
                if (kind == 1) x[i] = (qp_real)(i % 5);
                if (kind == 2) x[i] = (qp_real)i;
                if (kind == 3 && i % 2 == 0) x[i] = -(qp_real)INFINITY;
            }
            int32_t index[N + 1];
            bool taken[N] = {false};
            index[k] = -77;
            qp_top_rows(qp_matrix_dense(x, 1, N), k, index);
            for (int j = 0; j < k; j++) {
                int best = -1;
                for (int i = 0; i < N; i++)
                    if (!taken[i] && (best < 0 || x[i] > x[best])) best = i;
                taken[best] = true;
                cr_assert_eq(index[j], best, "k %d, kind %d, place %d: %d instead of %d", k, kind, j, index[j], best);
            }
            cr_assert_eq(index[k], -77);
            free(x);
        }
}

/* the k largest by repeated search */
Test(rows, top)
{
    FOR_EACH_LEVEL (level) FOR_COLUMNS(n) for (int k = 1; k <= n && k <= 9; k++) for (int kind = 0; kind < 4; kind++)
        {
            qp_real *x = new_normal(SIZE, (uint64_t)n);
            for (int i = 0; i < SIZE; i++) {
                if (kind == 1) x[i] = (qp_real)(i % 3); /* many ties */
                if (kind == 2) x[i] = (qp_real)i;       /* ascending */
                if (kind == 3 && i % 2 == 0) x[i] = -(qp_real)INFINITY;
            }
            int32_t index[ROWS * 9 + 1];
            index[ROWS * k] = -77;
            qp_top_rows(qp_matrix_of(x, ROWS, n, STRIDE), k, index);
            for (int r = 0; r < ROWS; r++) {
                bool taken[MANY] = {false};
                for (int j = 0; j < k; j++) {
                    int best = -1;
                    for (int i = 0; i < n; i++)
                        if (!taken[i] && (best < 0 || x[r * STRIDE + i] > x[r * STRIDE + best])) best = i;
                    taken[best] = true;
                    cr_assert_eq(index[r * k + j], best, "level %d, n %d, k %d, kind %d: %d instead of %d", level, n, k,
                                 kind, index[r * k + j], best);
                }
            }
            cr_assert_eq(index[ROWS * k], -77);
            free(x);
        }
}

/* 1 to 6 rows in any order, also of the whole matrix; a row's dot product has the same bits alone. */
Test(rows, chosen_rows_are_multiplied_and_mixed)
{
    enum { CHOSEN = 6 };
    const int32_t row[CHOSEN] = {2, 0, 1, 2, 1, 0};
    FOR_EACH_LEVEL (level) FOR_COLUMNS(n) for (int count = 1; count <= CHOSEN; count++)
        {
            qp_real *table = new_normal(SIZE, 1), *x = new_normal(MANY, 2), *weight = new_normal(CHOSEN, 3);
            qp_real *y = new_reals(CHOSEN + 1), *mixed = new_reals(MANY + 1), alone;
            const bool listed = count > ROWS || n % 2;
            qp_listed_rows rows = {table, STRIDE, listed ? row : NULL, count};
            qp_dot_rows(n, x, &rows, 3, y);
            qp_mix_rows(n, &rows, weight, mixed);
            for (int j = 0; j < count; j++) {
                const qp_real *from = table + (listed ? row[j] : j) * STRIDE;
                double dot = 0, size = 1;
                for (int i = 0; i < n; i++) {
                    dot += 3 * (double)x[i] * (double)from[i];
                    size += 3 * fabs((double)x[i] * (double)from[i]);
                }
                check_near((double)y[j], dot, size, EPSILON, "dot", (int)level, (size_t)n, (size_t)j);
                qp_dot_rows(n, x, &(qp_listed_rows){from, STRIDE, NULL, 1}, 3, &alone);
                cr_assert_eq(alone, y[j]);
            }
            for (int i = 0; i < n; i++) {
                double sum = 0;
                for (int j = 0; j < count; j++)
                    sum += (double)weight[j] * (double)table[(listed ? row[j] : j) * STRIDE + i];
                check_near((double)mixed[i], sum, 10, EPSILON, "mix", (int)level, (size_t)n, (size_t)i);
            }
            cr_assert_eq(y[count], GUARD);
            cr_assert_eq(mixed[n], GUARD);
            free(table), free(x), free(weight), free(y), free(mixed);
        }
}
