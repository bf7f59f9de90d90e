/* rows_kernels.inc.h — the kernels of lib/tensor/rows.h, written with the operations of vector_*.h.
 * Included once by each of rows_scalar.c, rows_avx2.c and rows_avx512.c. */
#include <string.h>

#include "lib/tensor/kernels/rows_kernels.h"
#include "lib/tensor/kernels/vector_part.inc.h"

static qp_real row_largest(size_t n, const qp_real *x)
{
    const vreal least = v_set(V_MOST_NEGATIVE);
    vreal a = least, b = least;
    size_t i = 0;
    for (; i + 2 * V_LANES <= n; i += 2 * V_LANES) {
        a = v_max(v_load(x + i), a);
        b = v_max(v_load(x + i + V_LANES), b);
    }
    for (; i < n; i += V_LANES) a = v_max(v_keep(load_at(x + i, n - i), n - i, least), a);
    return v_largest(v_max(a, b));
}

/* y = exp((x - largest)*scale); returns its sum. y may be NULL. */
static qp_real exp_and_sum(size_t n, const qp_real *x, qp_real largest, qp_real scale, qp_real *y)
{
    const vreal top = v_set(largest), scales = v_set(scale), zero = v_set(0);
    vsum a = v_sum_zero(), b = v_sum_zero();
    size_t i = 0;
    for (; i + 2 * V_LANES <= n; i += 2 * V_LANES) {
        vreal p = v_exp(v_mul(v_sub(v_load(x + i), top), scales));
        vreal q = v_exp(v_mul(v_sub(v_load(x + i + V_LANES), top), scales));
        if (y != NULL) {
            v_store(y + i, p);
            v_store(y + i + V_LANES, q);
        }
        a = v_sum_add(a, p);
        b = v_sum_add(b, q);
    }
    for (; i < n; i += V_LANES) {
        vreal p = v_keep(v_exp(v_mul(v_sub(load_at(x + i, n - i), top), scales)), n - i, zero);
        if (y != NULL) store_at(y + i, p, n - i);
        a = v_sum_add(a, p);
    }
    return v_sum_total(v_sum_join(a, b));
}

static qp_real dot(size_t n, const qp_real *x, const qp_real *y)
{
    vsum a = v_sum_zero(), b = v_sum_zero();
    size_t i = 0;
    for (; i + 2 * V_LANES <= n; i += 2 * V_LANES) {
        a = v_sum_add_product(a, v_load(x + i), v_load(y + i));
        b = v_sum_add_product(b, v_load(x + i + V_LANES), v_load(y + i + V_LANES));
    }
    for (; i < n; i += V_LANES) a = v_sum_add_product(a, load_at(x + i, n - i), load_at(y + i, n - i));
    return v_sum_total(v_sum_join(a, b));
}

static qp_real row_sum(size_t n, const qp_real *x)
{
    vsum a = v_sum_zero(), b = v_sum_zero();
    size_t i = 0;
    for (; i + 2 * V_LANES <= n; i += 2 * V_LANES) {
        a = v_sum_add(a, v_load(x + i));
        b = v_sum_add(b, v_load(x + i + V_LANES));
    }
    for (; i < n; i += V_LANES) a = v_sum_add(a, load_at(x + i, n - i));
    return v_sum_total(v_sum_join(a, b));
}

static void softmax(int columns, const qp_real *x, qp_real inverse_temperature, qp_real *y)
{
    size_t n = (size_t)columns;
    qp_real sum = exp_and_sum(n, x, row_largest(n, x), inverse_temperature, y);
    const vreal scale = v_set(1 / sum);
    for (size_t i = 0; i < n; i += V_LANES) store_at(y + i, v_mul(scale, load_at(y + i, n - i)), n - i);
}

static void softmax_back(int columns, const qp_real *y, const qp_real *dy, qp_real inverse_temperature, qp_real beta,
                         qp_real *dx)
{
    size_t n = (size_t)columns;
    const vreal mean = v_set(dot(n, y, dy)), scale = v_set(inverse_temperature), betas = v_set(beta);
    for (size_t i = 0; i < n; i += V_LANES) {
        vreal g = v_mul(v_mul(load_at(y + i, n - i), scale), v_sub(load_at(dy + i, n - i), mean));
        if (beta != 0) g = v_fma(betas, load_at(dx + i, n - i), g);
        store_at(dx + i, g, n - i);
    }
}

static qp_real softmax_part(int columns, const qp_real *x, qp_softmax_row *row, qp_real *y)
{
    size_t n = (size_t)columns;
    qp_real largest = row_largest(n, x);
    if (row->largest > largest) largest = row->largest;
    qp_real factor = v_largest(v_exp(v_set(row->largest - largest)));
    *row = (qp_softmax_row){largest, factor * row->sum + exp_and_sum(n, x, largest, 1, y)};
    return factor;
}

static void softmax_again(int columns, const qp_real *x, qp_softmax_row row, qp_real *y)
{
    size_t n = (size_t)columns;
    const vreal top = v_set(row.largest), scale = v_set(1 / row.sum);
    for (size_t i = 0; i < n; i += V_LANES)
        store_at(y + i, v_mul(scale, v_exp(v_sub(load_at(x + i, n - i), top))), n - i);
}

static void softmax_part_back(int columns, const qp_real *y, qp_real mean, qp_real *dy)
{
    size_t n = (size_t)columns;
    const vreal means = v_set(mean);
    for (size_t i = 0; i < n; i += V_LANES)
        store_at(dy + i, v_mul(load_at(y + i, n - i), v_sub(load_at(dy + i, n - i), means)), n - i);
}

static void log_softmax(int columns, const qp_real *x, qp_real inverse_temperature, qp_real *y)
{
    size_t n = (size_t)columns;
    qp_real largest = row_largest(n, x);
    qp_real log_sum = V_LOG(exp_and_sum(n, x, largest, inverse_temperature, NULL));
    const vreal top = v_set(largest), scale = v_set(inverse_temperature), minus_logs = v_set(-log_sum);
    for (size_t i = 0; i < n; i += V_LANES)
        store_at(y + i, v_fma(v_sub(load_at(x + i, n - i), top), scale, minus_logs), n - i);
}

static void log_softmax_back(int columns, const qp_real *y, const qp_real *dy, qp_real inverse_temperature,
                             qp_real beta, qp_real *dx)
{
    size_t n = (size_t)columns;
    const vreal sum = v_set(row_sum(n, dy)), scale = v_set(inverse_temperature), betas = v_set(beta);
    for (size_t i = 0; i < n; i += V_LANES) {
        vreal g = v_mul(scale, v_fnma(v_exp(load_at(y + i, n - i)), sum, load_at(dy + i, n - i)));
        if (beta != 0) g = v_fma(betas, load_at(dx + i, n - i), g);
        store_at(dx + i, g, n - i);
    }
}

static qp_real sum_of_squares_around(size_t n, const qp_real *x, qp_real mean)
{
    const vreal center = v_set(mean);
    vsum a = v_sum_zero(), b = v_sum_zero();
    size_t i = 0;
    for (; i + 2 * V_LANES <= n; i += 2 * V_LANES) {
        vreal p = v_sub(v_load(x + i), center), q = v_sub(v_load(x + i + V_LANES), center);
        a = v_sum_add_product(a, p, p);
        b = v_sum_add_product(b, q, q);
    }
    for (; i < n; i += V_LANES) {
        vreal p = v_keep(v_sub(load_at(x + i, n - i), center), n - i, v_set(0));
        a = v_sum_add_product(a, p, p);
    }
    return v_sum_total(v_sum_join(a, b));
}

/* y = (x - mean)*inverse*weight + bias; RMS norm (no mean): y = x*inverse*weight. `norm` is at this row. */
static void norm(int columns, const qp_real *x, const qp_row_norm *norm, qp_real epsilon, qp_real *y)
{
    size_t n = (size_t)columns;
    const qp_real *weight = norm->weight, *bias = norm->bias;
    qp_real center = norm->mean != NULL ? row_sum(n, x) / (qp_real)n : 0;
    qp_real factor = 1 / v_first(v_sqrt(v_set(sum_of_squares_around(n, x, center) / (qp_real)n + epsilon)));
    if (norm->mean != NULL) *norm->mean = center;
    *norm->inverse = factor;
    const vreal centers = v_set(center), factors = v_set(factor);
    for (size_t i = 0; i < n; i += V_LANES) {
        size_t left = n - i;
        vreal away = v_sub(load_at(x + i, left), centers), scale = factors;
        if (weight != NULL) {
            away = v_mul(away, factors);
            scale = load_at(weight + i, left);
        }
        store_at(y + i, bias != NULL ? v_fma(away, scale, load_at(bias + i, left)) : v_mul(away, scale), left);
    }
}

/* With h = (x - mean)*inverse and g = dy*weight:
 *   dx = beta*dx + inverse*(g - average(g) - h*average(g*h))      RMS norm: without average(g)
 *   dweight += dy*h      dbias += dy */
static void norm_back(int columns, const qp_real *x, const qp_row_norm *norm, const qp_real *dy, qp_real beta,
                      qp_real *dx)
{
    size_t n = (size_t)columns;
    const qp_real *weight = norm->weight;
    qp_real *dweight = norm->dweight, *dbias = norm->dbias;
    const bool centered = norm->mean != NULL;
    const vreal center = v_set(centered ? *norm->mean : 0), factor = v_set(*norm->inverse);
    const vreal betas = v_set(beta), one = v_set(1);
    vsum sum_g = v_sum_zero(), sum_gh = v_sum_zero();
    for (size_t i = 0; i < n; i += V_LANES) {
        size_t left = n - i;
        vreal out = load_at(dy + i, left), h = v_mul(v_sub(load_at(x + i, left), center), factor);
        vreal g = v_mul(out, weight != NULL ? load_at(weight + i, left) : one);
        sum_g = v_sum_add(sum_g, g);
        sum_gh = v_sum_add_product(sum_gh, g, h); /* beyond the row g is 0 */
        if (dweight != NULL) store_at(dweight + i, v_fma(out, h, load_at(dweight + i, left)), left);
        if (dbias != NULL) store_at(dbias + i, v_add(out, load_at(dbias + i, left)), left);
    }
    const vreal average_g = v_set(centered ? v_sum_total(sum_g) / (qp_real)n : 0);
    const vreal average_gh = v_set(v_sum_total(sum_gh) / (qp_real)n);
    for (size_t i = 0; i < n; i += V_LANES) {
        size_t left = n - i;
        vreal h = v_mul(v_sub(load_at(x + i, left), center), factor);
        vreal g = load_at(dy + i, left);
        if (weight != NULL) g = v_mul(g, load_at(weight + i, left));
        vreal result = v_mul(factor, v_sub(v_fnma(h, average_gh, g), average_g));
        if (beta != 0) result = v_fma(betas, load_at(dx + i, left), result);
        store_at(dx + i, result, left);
    }
}

static void norm_weights_back(int columns, const qp_real *x, const qp_row_norm *norm, const qp_real *dy)
{
    size_t n = (size_t)columns;
    qp_real *dweight = norm->dweight, *dbias = norm->dbias;
    const vreal center = v_set(norm->mean != NULL ? *norm->mean : 0), factor = v_set(*norm->inverse);
    for (size_t i = 0; i < n; i += V_LANES) {
        size_t left = n - i;
        vreal out = load_at(dy + i, left), h = v_mul(v_sub(load_at(x + i, left), center), factor);
        if (dweight != NULL) store_at(dweight + i, v_fma(out, h, load_at(dweight + i, left)), left);
        if (dbias != NULL) store_at(dbias + i, v_add(out, load_at(dbias + i, left)), left);
    }
}

static void add_scaled(int columns, qp_real scale, const qp_real *x, qp_real *y)
{
    size_t n = (size_t)columns;
    const vreal scales = v_set(scale);
    for (size_t i = 0; i < n; i += V_LANES)
        store_at(y + i, v_fma(scales, load_at(x + i, n - i), load_at(y + i, n - i)), n - i);
}

/* sum = beta*sum + sum over rows of x: four vectors of columns at a time, whose sums stay in registers. */
static void column_sums(qp_matrix x, qp_real beta, qp_real *sum)
{
    size_t n = (size_t)x.columns, i = 0;
    const vreal betas = v_set(beta);
    for (; i + 4 * V_LANES <= n; i += 4 * V_LANES) {
        vreal s[4];
        for (size_t j = 0; j < 4; j++) s[j] = beta != 0 ? v_mul(betas, v_load(sum + i + j * V_LANES)) : v_set(0);
        for (int r = 0; r < x.rows; r++)
            for (size_t j = 0; j < 4; j++) s[j] = v_add(s[j], v_load(qp_matrix_row(x, r) + i + j * V_LANES));
        for (size_t j = 0; j < 4; j++) v_store(sum + i + j * V_LANES, s[j]);
    }
    for (; i < n; i += V_LANES) {
        vreal s = beta != 0 ? v_mul(betas, load_at(sum + i, n - i)) : v_set(0);
        for (int r = 0; r < x.rows; r++) s = v_add(s, load_at(qp_matrix_row(x, r) + i, n - i));
        store_at(sum + i, s, n - i);
    }
}

static void gather(int columns, qp_real scale, const qp_real *x, const qp_real *offset, qp_real *y)
{
    size_t n = (size_t)columns;
    const vreal scales = v_set(scale);
    for (size_t i = 0; i < n; i += V_LANES) {
        vreal value = load_at(x + i, n - i);
        value = offset != NULL ? v_fma(scales, value, load_at(offset + i, n - i)) : v_mul(scales, value);
        store_at(y + i, value, n - i);
    }
}

/* sum over c of weight[c]*(x[c] - largest) */
static qp_real weighted_distance(size_t n, const qp_real *x, const qp_real *weight, qp_real largest)
{
    const vreal top = v_set(largest);
    vsum sum = v_sum_zero();
    for (size_t i = 0; i < n; i += V_LANES) {
        vreal one_or_weight = weight != NULL ? load_at(weight + i, n - i) : v_keep(v_set(1), n - i, v_set(0));
        sum = v_sum_add_product(sum, v_sub(load_at(x + i, n - i), top), one_or_weight);
    }
    return v_sum_total(sum);
}

/* With the coefficients q (rows_kernels.h), whose sum is c->total: loss = -sum q log p,  dx = scale*(total*p - q). */
static qp_real cross_entropy(int columns, const qp_real *x, int target, const qp_real *weight,
                             const qp_loss_coefficients *c, qp_real *dx)
{
    size_t n = (size_t)columns;
    qp_real largest = row_largest(n, x), to_target = largest - x[target], distance = 0;
    if (c->smooth != 0) distance = weighted_distance(n, x, weight, largest); /* before dx overwrites x */
    qp_real sum = exp_and_sum(n, x, largest, 1, dx), log_sum = V_LOG(sum);
    qp_real loss = V_FMA(-c->smooth, distance, V_FMA(c->total, log_sum, c->main * to_target));
    if (dx == NULL) return loss;
    const vreal scale = v_set(c->scale * c->total / sum), minus_smooth = v_set(-c->scale * c->smooth);
    for (size_t i = 0; i < n; i += V_LANES) {
        vreal minus_q = weight != NULL ? v_mul(minus_smooth, load_at(weight + i, n - i)) : minus_smooth;
        store_at(dx + i, v_fma(scale, load_at(dx + i, n - i), minus_q), n - i);
    }
    dx[target] = V_FMA(-c->scale, c->main, dx[target]);
    return loss;
}

/* index[0..found) holds the best so far, sorted; a vector without a value above the last of them is skipped. */
static void top(int columns, const qp_real *x, int k, int32_t *index)
{
    size_t n = (size_t)columns;
    int found = 0;
    for (size_t i = 0; i < n; i += V_LANES) {
        if (found == k &&
            !v_any(v_greater(v_keep(load_at(x + i, n - i), n - i, v_set(V_MOST_NEGATIVE)), v_set(x[index[k - 1]]))))
            continue;
        for (size_t j = i; j < n && j < i + V_LANES; j++) {
            if (found == k && !(x[j] > x[index[k - 1]])) continue;
            int place = found < k ? found++ : k - 1;
            for (; place > 0 && x[j] > x[index[place - 1]]; place--) index[place] = index[place - 1];
            index[place] = (int32_t)j;
        }
    }
}

/* Four rows at a time, so that their sums need not wait for each other; each is summed as it would be alone. */
static void dot_rows(int columns, const qp_real *x, const qp_listed_rows *rows, qp_real scale, qp_real *y)
{
    const size_t n = (size_t)columns;
    for (int j = 0; j < rows->count; j += 4) {
        const int count = rows->count - j < 4 ? rows->count - j : 4;
        const qp_real *row[4];
        vsum sum[4];
        for (int r = 0; r < 4; r++) {
            row[r] = qp_listed_row(rows, j + (r < count ? r : 0));
            sum[r] = v_sum_zero();
        }
        for (size_t i = 0; i < n; i += V_LANES) {
            const vreal a = load_at(x + i, n - i);
            for (int r = 0; r < 4; r++) sum[r] = v_sum_add_product(sum[r], a, load_at(row[r] + i, n - i));
        }
        for (int r = 0; r < count; r++) y[j + r] = scale * (qp_real)v_sum_total(sum[r]);
    }
}

/* Four vectors of y at a time stay in registers; each element is summed in the order of the rows. */
static void mix_rows(int columns, const qp_listed_rows *rows, const qp_real *weight, qp_real *y)
{
    enum { TOGETHER = 4 * V_LANES };
    const size_t n = (size_t)columns;
    size_t i = 0;
    for (; i + TOGETHER <= n; i += TOGETHER) {
        vreal sum[4] = {v_set(0), v_set(0), v_set(0), v_set(0)};
        for (int j = 0; j < rows->count; j++) {
            const qp_real *row = qp_listed_row(rows, j) + i;
            const vreal w = v_set(weight[j]);
            for (int v = 0; v < 4; v++) sum[v] = v_fma(w, v_load(row + v * V_LANES), sum[v]);
        }
        for (int v = 0; v < 4; v++) v_store(y + i + v * V_LANES, sum[v]);
    }
    for (; i < n; i += V_LANES) {
        vreal sum = v_set(0);
        for (int j = 0; j < rows->count; j++)
            sum = v_fma(v_set(weight[j]), load_at(qp_listed_row(rows, j) + i, n - i), sum);
        store_at(y + i, sum, n - i);
    }
}

#define QP_ROWS_SET                                                                                                    \
    {                                                                                                                  \
        .softmax = softmax, .softmax_back = softmax_back, .softmax_part = softmax_part,                                \
        .softmax_again = softmax_again, .softmax_part_back = softmax_part_back, .log_softmax = log_softmax,            \
        .log_softmax_back = log_softmax_back, .norm = norm, .norm_back = norm_back,                                    \
        .norm_weights_back = norm_weights_back, .add_scaled = add_scaled, .column_sums = column_sums,                  \
        .gather = gather, .cross_entropy = cross_entropy, .top = top, .dot_rows = dot_rows, .mix_rows = mix_rows       \
    }
