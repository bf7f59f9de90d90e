#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/tensor/gates.h"

enum { MOST = 67 };

/* Lengths with and without a partial vector at the end. */
static const size_t widths[] = {1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 48, MOST};
enum { WIDTHS = sizeof widths / sizeof *widths };

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

static void fill(qp_real *x, size_t count, uint64_t seed)
{
    for (size_t i = 0; i < count; i++) x[i] = (qp_real)(4 * qp_random_uniform(qp_random_key(5, seed), i) - 2);
}

static void near(double said, double expected, const char *what, size_t n, size_t k)
{
    cr_expect_lt(fabs(said - expected), 1e-5 * fmax(1, fabs(expected)), "%s, width %zu, element %zu: %g, not %g", what,
                 n, k, said, expected);
}

Test(test_gates, lstm_rows)
{
    qp_real a[4 * MOST], acts[4 * MOST], before[MOST], c[MOST], dh[MOST], dc[MOST + 1], dc_in[MOST];
    for (int w = 0; w < WIDTHS; w++) {
        size_t n = widths[w];
        fill(a, 4 * n, 1), fill(before, n, 2), fill(dh, n, 3), fill(dc_in, n, 4);
        for (size_t k = 0; k < 4 * n; k++) acts[k] = (qp_real)(k / n == 2 ? tanh((double)a[k]) : sigmoid((double)a[k]));
        for (size_t k = 0; k < n; k++) c[k] = acts[n + k] * before[k] + acts[k] * acts[2 * n + k];
        memcpy(dc, dc_in, n * sizeof *dc);
        dc[n] = 77;
        qp_real back[4 * MOST];
        memcpy(back, acts, 4 * n * sizeof *back);
        qp_lstm_row_back(n, back, before, c, dh, dc);
        cr_expect(dc[n] == 77, "width %zu: written behind the end", n);
        for (size_t k = 0; k < n; k++) {
            double i = sigmoid((double)a[k]), f = sigmoid((double)a[n + k]), g = tanh((double)a[2 * n + k]);
            double o = sigmoid((double)a[3 * n + k]), cell = f * (double)before[k] + i * g, u = tanh(cell),
                   up = (double)dh[k];
            double d = (double)dc_in[k] + up * o * (1 - u * u);
            near((double)back[k], d * g * i * (1 - i), "di", n, k);
            near((double)back[n + k], d * (double)before[k] * f * (1 - f), "df", n, k);
            near((double)back[2 * n + k], d * i * (1 - g * g), "dg", n, k);
            near((double)back[3 * n + k], up * u * o * (1 - o), "do", n, k);
            near((double)dc[k], d * f, "dc", n, k);
        }
    }
}

Test(test_gates, gru_rows)
{
    qp_real a[3 * MOST], acts[3 * MOST], s[3 * MOST], ds[3 * MOST], before[MOST], dh[MOST], dbefore[MOST + 1];
    for (int w = 0; w < WIDTHS; w++) {
        size_t n = widths[w];
        fill(a, 3 * n, 1), fill(s, 3 * n, 2), fill(before, n, 3), fill(dh, n, 4), fill(dbefore, n, 5);
        memcpy(ds, s, 3 * n * sizeof *ds);
        for (size_t k = 0; k < 2 * n; k++) acts[k] = (qp_real)sigmoid((double)a[k] + (double)s[k]);
        for (size_t k = 2 * n; k < 3 * n; k++)
            acts[k] = (qp_real)tanh((double)a[k] + (double)acts[k - 2 * n] * (double)s[k]);
        qp_real given[MOST];
        memcpy(given, dbefore, n * sizeof *given);
        dbefore[n] = 77;
        qp_gru_row_back(n, acts, ds, before, dh, dbefore);
        cr_expect(dbefore[n] == 77, "width %zu: written behind the end", n);
        for (size_t k = 0; k < n; k++) {
            double r = sigmoid((double)a[k] + (double)s[k]), z = sigmoid((double)a[n + k] + (double)s[n + k]);
            double state = (double)s[2 * n + k], t = tanh((double)a[2 * n + k] + r * state), up = (double)dh[k];
            double dn = up * (1 - z) * (1 - t * t), dz = up * ((double)before[k] - t) * z * (1 - z);
            near((double)acts[k], dn * state * r * (1 - r), "dr", n, k),
                near((double)ds[k], (double)acts[k], "dr of s", n, k);
            near((double)acts[n + k], dz, "dz", n, k), near((double)ds[n + k], dz, "dz of s", n, k);
            near((double)acts[2 * n + k], dn, "dn", n, k), near((double)ds[2 * n + k], dn * r, "dn of s", n, k);
            near((double)dbefore[k], (double)given[k] + up * z, "dh'", n, k);
        }
    }
}

Test(test_gates, additive_scores)
{
    qp_real query[MOST], key[MOST], energy[MOST], given[MOST], out[3][MOST];
    for (int w = 0; w < WIDTHS; w++) {
        size_t n = widths[w];
        fill(query, n, 1), fill(key, n, 2), fill(energy, n, 3), fill(given, n, 4);
        for (int i = 0; i < 3; i++) memcpy(out[i], given, n * sizeof *given);
        double score = 0, dot = 0, ds = -0.7;
        qp_additive_score_back(n, query, key, energy, (qp_real)ds, out[0], out[1], out[2]);
        qp_additive_score_back(n, query, key, energy, 1, NULL, NULL, NULL);
        for (size_t k = 0; k < n; k++) {
            double u = tanh((double)query[k] + (double)key[k]), d = ds * (double)energy[k] * (1 - u * u);
            score += (double)energy[k] * u;
            dot += (double)query[k] * (double)key[k];
            near((double)out[0][k], (double)given[k] + d, "d query", n, k);
            near((double)out[1][k], (double)given[k] + d, "d key", n, k);
            near((double)out[2][k], (double)given[k] + ds * u, "d energy", n, k);
        }
        near((double)qp_additive_score(n, query, key, energy), score, "score", n, 0);
        near((double)qp_dot(n, query, key), dot, "dot", n, 0);
    }
}
