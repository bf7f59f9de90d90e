#include "lib/tensor/pointwise.h"

#include "tests/tensor/tensor_check.h"

TestSuite(pointwise);

#define TINY 1e-36 /* smaller results may be 0 */

static double reference(qp_activation_kind kind, double x, double slope)
{
    double cube = sqrt(2 / M_PI) * (x + 0.044715 * x * x * x);
    switch (kind) {
    case QP_SIGMOID: return 1 / (1 + exp(-x));
    case QP_TANH: return tanh(x);
    case QP_RELU: return x > 0 ? x : 0;
    case QP_LEAKY_RELU: return x < 0 ? slope * x : x;
    case QP_ELU: return x < 0 ? slope * expm1(x) : x;
    case QP_SOFTPLUS: return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
    case QP_GELU: return x * erfc(-x / sqrt(2)) / 2;
    case QP_GELU_TANH: return x / (1 + exp(-2 * cube));
    case QP_SILU: return x / (1 + exp(-x));
    default: return x;
    }
}

static double reference_derivative(qp_activation_kind kind, double x, double slope)
{
    double s = 1 / (1 + exp(-x)), t;
    switch (kind) {
    case QP_SIGMOID: return s * (1 - s);
    case QP_TANH: return 1 - tanh(x) * tanh(x);
    case QP_RELU: return x > 0;
    case QP_LEAKY_RELU: return x > 0 ? 1 : slope;
    case QP_ELU: return x > 0 ? 1 : slope * exp(x);
    case QP_SOFTPLUS: return s;
    case QP_GELU: return erfc(-x / sqrt(2)) / 2 + x * exp(-x * x / 2) / sqrt(2 * M_PI);
    case QP_GELU_TANH:
        if (fabs(x) > 30) return x > 0;
        t = tanh(sqrt(2 / M_PI) * (x + 0.044715 * x * x * x));
        return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * sqrt(2 / M_PI) * (1 + 3 * 0.044715 * x * x);
    case QP_SILU: return s * (1 + x * (1 - s));
    default: return 1;
    }
}

/* a dense grid, tiny values of both signs, and the ends of the range */
static size_t grid(qp_real *x)
{
    size_t n = 0;
    for (int i = -120000; i <= 120000; i += 3) x[n++] = (qp_real)i / 1000;
    for (int e = -30; e <= 4; e++)
        for (int i = 0; i < 20; i++)
            for (int sign = -1; sign <= 1; sign += 2) x[n++] = (qp_real)(sign * (1 + i / 20.0) * pow(10, e));
    const double edge[] = {0, -0.0, 88.7, -88.7, 89.5, -89.5, 104, -104, 1e4, -1e4, 1e30, -1e30, -13.9, -14.2, -87.33};
    for (size_t i = 0; i < sizeof edge / sizeof *edge; i++) x[n++] = (qp_real)edge[i];
    return n;
}

Test(pointwise, activations_over_the_whole_range)
{
    qp_real *x = new_reals(100000), *y = new_reals(100000);
    size_t n = grid(x);
    FOR_EACH_LEVEL (level)
        for (int kind = 0; kind < QP_ACTIVATION_COUNT; kind++) {
            qp_activate((qp_activation_kind)kind, n, x, (qp_real)0.3, y);
            double worst = 0;
            for (size_t i = 0; i < n; i++) {
                double wanted = reference((qp_activation_kind)kind, (double)x[i], (double)(qp_real)0.3);
                if (fabs(wanted) < TINY) {
                    cr_assert_leq(fabs((double)y[i]), TINY * 1.001, "kind %d of %g", kind, (double)x[i]);
                    continue;
                }
                double error = fabs((double)y[i] - wanted) / fabs(wanted);
                double allowed = kind == QP_GELU ? 6e-7 : 4e-7;
                if (kind == QP_GELU_TANH && x[i] < -1) allowed = 2e-5; /* stated in the header */
                cr_assert_leq(error, allowed, "kind %d of %.9g: %.9g instead of %.9g, %s", kind, (double)x[i],
                              (double)y[i], wanted, qp_cpu_name(level));
                if (error > worst) worst = error;
            }
            cr_log_info("%s kind %d: largest relative error %.2g\n", qp_cpu_name(level), kind, worst);
            cr_assert_eq(y[n], GUARD);
        }
    free(x), free(y);
}

Test(pointwise, activation_of_a_nan_is_a_nan)
{
    FOR_EACH_LEVEL (level)
        for (int kind = 0; kind < QP_ACTIVATION_COUNT; kind++) {
            qp_real x[20], y[20];
            for (int i = 0; i < 20; i++) x[i] = i % 7 == 3 ? (qp_real)NAN : 1;
            qp_activate((qp_activation_kind)kind, 20, x, 1, y);
            for (int i = 0; i < 20; i++)
                cr_assert_eq(!!isnan(y[i]), i % 7 == 3, "kind %d at %d, level %d", kind, i, level);
        }
}

static void check_back(qp_cpu level, qp_activation_kind kind, size_t n, bool with_x, qp_real beta)
{
    const qp_real slope = (qp_real)0.2;
    qp_real *x = new_normal(n, 1), *dy = new_normal(n, 2), *dx = new_normal(n, 3), *y = new_reals(n),
            *old = new_normal(n, 3);
    for (size_t i = 0; i < n; i++) x[i] *= i % 5 == 0 ? 30 : 2;
    if (n > 3) x[2] = 0;
    if (beta == 0) dx[0] = (qp_real)NAN;
    qp_activate(kind, n, x, slope, y);
    qp_activate_back(kind, n, with_x ? x : NULL, y, slope, dy, beta, dx);
    for (size_t i = 0; i < n; i++) {
        double wanted = (double)dy[i] * reference_derivative(kind, (double)x[i], (double)slope);
        if (beta != 0) wanted += (double)beta * (double)old[i];
        check_near((double)dx[i], wanted, 1 + fabs((double)dy[i]) + fabs((double)old[i]), 2 * EPSILON, "activate_back",
                   (int)level, n, i);
    }
    cr_assert_eq(dx[n], GUARD);
    free(x), free(dy), free(dx), free(y), free(old);
}

Test(pointwise, activation_derivatives)
{
    FOR_EACH_LEVEL (level)
        for (int kind = 0; kind < QP_ACTIVATION_COUNT; kind++)
            for (size_t n = 1; n < 70; n++) {
                bool from_y = kind == QP_IDENTITY || kind == QP_SIGMOID || kind == QP_TANH || kind == QP_RELU ||
                              kind == QP_LEAKY_RELU;
                check_back(level, (qp_activation_kind)kind, n, true, 0);
                check_back(level, (qp_activation_kind)kind, n, !from_y, 1);
                check_back(level, (qp_activation_kind)kind, n, !from_y, (qp_real)0.5);
            }
}

Test(pointwise, scale_add_and_multiply_add)
{
    FOR_EACH_LEVEL (level)
        for (size_t n = 0; n < 100; n++)
            for (int b = 0; b < 3; b++) {
                const qp_real beta = (qp_real)b / 2;
                qp_real *x = new_normal(n, 1), *y = new_normal(n, 2), *z = new_normal(n, 3), *old = new_normal(n, 3);
                if (b == 0 && n > 0) z[n / 2] = (qp_real)NAN;
                qp_multiply_add(n, x, y, beta, z);
                for (size_t i = 0; i < n; i++)
                    check_near((double)z[i], (double)x[i] * (double)y[i] + (double)beta * (double)old[i], 4, EPSILON,
                               "multiply_add", (int)level, n, i);
                memcpy(z, old, n * sizeof *z);
                if (b == 0 && n > 0) z[n / 2] = (qp_real)NAN;
                qp_scale_add(n, (qp_real)-1.5, x, beta, z);
                for (size_t i = 0; i < n; i++)
                    check_near((double)z[i], -1.5 * (double)x[i] + (double)beta * (double)old[i], 4, EPSILON,
                               "scale_add", (int)level, n, i);
                cr_assert_eq(z[n], GUARD);
                free(x), free(y), free(z), free(old);
            }
}

Test(pointwise, sum_squares_in_double)
{
    FOR_EACH_LEVEL (level)
        for (size_t n = 0; n < 3000; n = n < 100 ? n + 1 : n * 3) {
            qp_real *x = new_normal(n, 5);
            double wanted = 0;
            for (size_t i = 0; i < n; i++) wanted += (double)x[i] * (double)x[i];
            check_near(qp_sum_squares(n, x), wanted, wanted, 1e-13, "sum_squares", (int)level, n, 0);
            free(x);
        }
}

Test(pointwise, dropout_mask_is_a_function_of_key_and_index)
{
    enum { N = 1000 };
    qp_real x[N], whole[N], y[N + 1];
    for (int i = 0; i < N; i++) x[i] = 1;
    const uint64_t first[] = {0, 77, (1ULL << 32) - 500, (5ULL << 32) - 3};
    for (size_t f = 0; f < 4; f++) {
        qp_cpu_force(QP_CPU_SCALAR);
        qp_dropout_apply(N, 42, first[f], (qp_real)0.25, x, 0, whole);
        FOR_EACH_LEVEL (level)
            for (size_t start = 0; start < 40; start++) {
                size_t n = 1 + start * 20;
                y[n] = GUARD;
                qp_dropout_apply(n, 42, first[f] + start, (qp_real)0.25, x, 0, y);
                cr_assert_arr_eq(y, whole + start, n * sizeof *y, "level %d, start %zu", level, start);
                cr_assert_eq(y[n], GUARD);
            }
    }
}

Test(pointwise, dropout_rate_scale_and_sum)
{
    enum { N = 200000 };
    qp_real *x = new_normal(N, 9), *y = new_reals(N), *z = new_reals(N);
    const double rate[] = {0.1, 0.5, 0.9};
    FOR_EACH_LEVEL (level)
        for (int r = 0; r < 3; r++) {
            qp_dropout_apply(N, (uint64_t)r, 1, (qp_real)rate[r], x, 0, y);
            size_t kept = 0, pairs = 0, agree = 0;
            qp_dropout_apply(N, (uint64_t)r + 1000, 1, (qp_real)rate[r], x, 0, z);
            for (size_t i = 0; i < N; i++) {
                if (y[i] != 0)
                    kept++,
                        check_near((double)y[i], (double)x[i] / (1 - rate[r]), 10, 1e-5, "dropout", (int)level, N, i);
                if (i > 0 && y[i] != 0 && y[i - 1] != 0) pairs++;
                if ((y[i] != 0) == (z[i] != 0)) agree++;
            }
            const double keep = 1 - rate[r], deviation = 5 / sqrt((double)N);
            cr_assert_float_eq((double)kept / N, keep, deviation);
            cr_assert_float_eq((double)pairs / N, keep * keep, deviation);
            cr_assert_float_eq((double)agree / N, keep * keep + (1 - keep) * (1 - keep), deviation);
            memcpy(z, x, N * sizeof *z);
            qp_dropout_apply(N, (uint64_t)r, 1, (qp_real)rate[r], x, 1, z);
            for (size_t i = 0; i < N; i++)
                check_near((double)z[i], (double)x[i] + (double)y[i], 20, EPSILON, "dropout sum", (int)level, N, i);
        }
    qp_dropout_apply(N, 3, 1, 0, x, 0, y);
    cr_assert_arr_eq(x, y, N * sizeof *x);
    free(x), free(y), free(z);
}

Test(pointwise, adam_update)
{
    const qp_adam_constants c = {.beta1 = (qp_real)0.9,
                                 .beta2 = (qp_real)0.98,
                                 .epsilon = (qp_real)1e-8,
                                 .rate = (qp_real)1e-2,
                                 .v_scale = (qp_real)1.7,
                                 .l2 = (qp_real)0.01,
                                 .shrink = (qp_real)0.999};
    FOR_EACH_LEVEL (level)
        for (size_t n = 1; n < 60; n++) {
            qp_real *g = new_normal(n, 1), *m = new_normal(n, 2), *v = new_normal(n, 3), *w = new_normal(n, 4);
            for (size_t i = 0; i < n; i++) v[i] *= v[i];
            if (n > 2) g[1] = m[1] = v[1] = w[1] = 0; /* a row without gradient: no division by zero */
            qp_real *m0 = new_reals(n), *v0 = new_reals(n), *w0 = new_reals(n);
            memcpy(m0, m, n * sizeof *m), memcpy(v0, v, n * sizeof *v), memcpy(w0, w, n * sizeof *w);
            qp_adam_update(n, &c, g, m, v, w);
            for (size_t i = 0; i < n; i++) {
                double gi = (double)g[i] + (double)c.l2 * (double)w0[i];
                double mi = (double)c.beta1 * (double)m0[i] + (1 - (double)c.beta1) * gi;
                double vi = (double)c.beta2 * (double)v0[i] + (1 - (double)c.beta2) * gi * gi;
                double wi = (double)w0[i] * (double)c.shrink -
                            (double)c.rate * mi / (sqrt(vi) * (double)c.v_scale + (double)c.epsilon);
                check_near((double)m[i], mi, 3, EPSILON, "adam m", (int)level, n, i);
                check_near((double)v[i], vi, 6, EPSILON, "adam v", (int)level, n, i);
                check_near((double)w[i], wi, 3, EPSILON, "adam w", (int)level, n, i);
            }
            cr_assert(m[n] == GUARD && v[n] == GUARD && w[n] == GUARD);
            free(g), free(m), free(v), free(w), free(m0), free(v0), free(w0);
        }
}
