#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/train/optimizer.h"

/* A matrix of a chunk and one column, a vector, a column, and holes between them. */
enum { SIZE = 20000, STEPS = 6 };
static const qp_optimizer_span spans[] = {
    {.offset = 16, .rows = 5, .columns = 2049, .decay = true, .matrix = true},
    {.offset = 15040, .rows = 1, .columns = 37},
    {.offset = 15104, .rows = 41, .columns = 1, .decay = true, .matrix = true},
    {.offset = 15200, .rows = 40, .columns = 7, .decay = true, .matrix = true},
};
enum { SPANS = sizeof spans / sizeof *spans };

static void fill(uint64_t key, double scale, qp_real *x)
{
    for (int i = 0; i < SIZE; i++) x[i] = (qp_real)(scale * qp_random_normal(key, (uint64_t)i));
}

/* The mean squares of every weight: those of a matrix from its row and column, as the paper writes them. */
static double w[SIZE], v[SIZE], row[SPANS][64], column[SPANS][3000];

static void mean_squares(int s, const double *g, double keep)
{
    const qp_optimizer_span *p = &spans[s];
    double row_mean = 0;
    if (p->rows == 1 || p->columns == 1) {
        for (int i = 0; i < p->rows * p->columns; i++)
            v[p->offset + (size_t)i] = keep * v[p->offset + (size_t)i] + (1 - keep) * (g[i] * g[i] + 1e-30);
        return;
    }
    for (int r = 0; r < p->rows; r++) {
        double sum = 0;
        for (int c = 0; c < p->columns; c++) sum += g[r * p->columns + c] * g[r * p->columns + c] + 1e-30;
        row[s][r] = keep * row[s][r] + (1 - keep) * sum / p->columns;
        row_mean += row[s][r] / p->rows;
    }
    for (int c = 0; c < p->columns; c++) {
        double sum = 0;
        for (int r = 0; r < p->rows; r++) sum += g[r * p->columns + c] * g[r * p->columns + c] + 1e-30;
        column[s][c] = keep * column[s][c] + (1 - keep) * sum / p->rows;
        for (int r = 0; r < p->rows; r++)
            v[p->offset + (size_t)(r * p->columns + c)] = row[s][r] * column[s][c] / row_mean;
    }
}

static void reference(int s, const qp_real *gradient, int t, double lr, double decay)
{
    const qp_optimizer_span *p = &spans[s];
    int n = p->rows * p->columns;
    static double g[15000];
    double steps = 0, weights = 0;
    for (int i = 0; i < n; i++) {
        size_t at = p->offset + (size_t)i;
        g[i] = (double)gradient[at];
        weights += w[at] * w[at];
    }
    mean_squares(s, g, 1 - pow(t, -0.8));
    for (int i = 0; i < n; i++) steps += g[i] * g[i] / v[p->offset + (size_t)i];
    double rate = fmin(lr, 1 / sqrt(t)) * fmax(1e-3, sqrt(weights / n)) / fmax(1, sqrt(steps / n));
    for (int i = 0; i < n && p->decay; i++) w[p->offset + (size_t)i] *= 1 - lr * decay;
    for (int i = 0; i < n; i++) w[p->offset + (size_t)i] -= rate * g[i] / sqrt(v[p->offset + (size_t)i]);
}

static qp_optimizer_config config_of(void)
{
    qp_optimizer_config c;
    qp_config_defaults(&qp_optimizer_fields, &c);
    c.optimizer = QP_ADAFACTOR;
    c.weight_decay = 0.1;
    return c;
}

Test(adafactor, it_is_a_plain_loop)
{
    static qp_real ours[SIZE], gradient[SIZE];
    qp_optimizer_config c = config_of();
    qp_optimizer *o;
    cr_assert_eq(qp_optimizer_new(&c, SIZE, spans, SPANS, &o), QP_OK);
    fill(1, 0.5, ours);
    for (int i = 0; i < SIZE; i++) w[i] = (double)ours[i];
    for (int t = 1; t <= STEPS; t++) {
        double lr = 0.1 * t, norm; /* the last ones above t^-1/2 */
        fill((uint64_t)t + 9, 0.3 + t, gradient);
        cr_assert_eq(qp_optimizer_step(o, ours, (const qp_real *[]){gradient}, 1, 1, lr, 2, &norm), QP_OK);
        for (int s = 0; s < SPANS; s++) reference(s, gradient, t, lr, 0.1);
    }
    for (int i = 0; i < SIZE; i++)
        cr_assert(fabs((double)ours[i] - w[i]) < 1e-5, "w[%d] is %.9g, should be %.9g", i, (double)ours[i], w[i]);
    qp_optimizer_free(o);
}

Test(adafactor, any_thread_count_gives_the_same_bits)
{
    static qp_real first[SIZE], ours[SIZE], gradient[SIZE];
    qp_optimizer_config c = config_of();
    c.clip_norm = 1;
    for (int threads = 1; threads <= 4; threads++) {
        qp_optimizer *o;
        cr_assert_eq(qp_optimizer_new(&c, SIZE, spans, SPANS, &o), QP_OK);
        fill(1, 1, ours);
        for (int t = 1; t <= 3; t++) {
            fill((uint64_t)t, 0.3, gradient);
            cr_assert_eq(qp_optimizer_step(o, ours, (const qp_real *[]){gradient}, 1, 1, 0.01, threads, NULL), QP_OK);
        }
        if (threads == 1) memcpy(first, ours, sizeof ours);
        cr_assert_eq(memcmp(first, ours, sizeof ours), 0, "%d threads", threads);
        qp_optimizer_free(o);
    }
}

Test(adafactor, zero_gradients_move_nothing)
{
    static qp_real ours[SIZE], before[SIZE], gradient[SIZE];
    qp_optimizer_config c = config_of();
    c.weight_decay = 0;
    qp_optimizer *o;
    cr_assert_eq(qp_optimizer_new(&c, SIZE, spans, SPANS, &o), QP_OK);
    fill(1, 1, ours);
    memcpy(before, ours, sizeof ours);
    cr_assert_eq(qp_optimizer_step(o, ours, (const qp_real *[]){gradient}, 1, 1, 0.01, 2, NULL), QP_OK);
    cr_expect_eq(memcmp(ours, before, sizeof ours), 0);
    qp_optimizer_free(o);
}
