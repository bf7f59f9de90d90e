#include "lib/nn/initializer.h"

#include <criterion/criterion.h>
#include <math.h>

/* First values of weights that are no plain distribution; the others are in test_params.c. */

enum { ROWS = 60, COLUMNS = 50, COUNT = ROWS * COLUMNS };

static qp_real value[COUNT];

/* softplus of a step size is between 0.001 and 0.1, half of them below their geometric mean 0.01. */
Test(initializer, step_sizes_and_counts)
{
    int below = 0;
    double least = 1, most = 0;
    qp_init_fill((qp_init){.kind = QP_INIT_STEP_SIZE}, ROWS, COLUMNS, COLUMNS, ROWS, 7, value);
    for (int i = 0; i < COUNT; i++) {
        double step = log1p(exp((double)value[i]));
        below += step < 0.01;
        least = fmin(least, step), most = fmax(most, step);
    }
    cr_expect(least >= 0.00099 && least < 0.0011 && most > 0.095 && most <= 0.1001, "%g to %g", least, most);
    cr_expect(below > 0.46 * COUNT && below < 0.54 * COUNT, "%d", below);
    qp_init_fill((qp_init){.kind = QP_INIT_LOG_COUNT}, ROWS, COLUMNS, COLUMNS, ROWS, 7, value);
    for (int i = 0; i < COUNT; i++) cr_expect_float_eq((double)value[i], log(1 + i % COLUMNS), 1e-6);
}

Test(initializer, gates)
{
    qp_init_fill((qp_init){.kind = QP_INIT_GATE, .gain = 2, .gate = 1, .gates = 5}, ROWS, COLUMNS, COLUMNS, ROWS, 7,
                 value);
    for (int i = 0; i < COUNT; i++) cr_expect_eq(value[i], i % COLUMNS / 10 == 1 ? 2 : 0, "%d", i);
}

/* Every kind sets every number, of a single row or column too, and nothing after them. */
Test(initializer, every_number_is_set)
{
    static const int shape[][2] = {{1, 1}, {1, 7}, {7, 1}, {3, 5}, {5, 3}, {6, 6}};
    for (int kind = QP_INIT_CONSTANT; kind <= QP_INIT_STEP_SIZE; kind++)
        for (size_t k = 0; k < sizeof shape / sizeof *shape; k++) {
            const int rows = shape[k][0], columns = shape[k][1];
            qp_real made[40];
            for (int i = 0; i < 40; i++) made[i] = (qp_real)NAN;
            qp_init_fill((qp_init){.kind = (qp_init_kind)kind, .gain = 2, .gates = 1}, rows, columns, columns, rows, 3,
                         made);
            for (int i = 0; i < 40; i++)
                cr_expect_eq(isfinite(made[i]), i < rows * columns, "kind %d, %d x %d, number %d: %g", kind, rows,
                             columns, i, (double)made[i]);
        }
}
