#ifndef QP_TEST_SINUSOIDS_H
#define QP_TEST_SINUSOIDS_H

#include <math.h>
#include <stdlib.h>

#include "lib/grad/op_embedding.h"

/* sinusoids — the table of Vaswani et al. 2017, frequencies base^(-2i/d). */
static inline void sinusoids(int first, int count, int d, double base, bool halves, qp_real *table)
{
    double *frequency = malloc((size_t)(d + 1) / 2 * sizeof *frequency + 1);
    for (int i = 0; frequency && i < (d + 1) / 2; i++) frequency[i] = pow(base, -2.0 * i / d);
    const qp_waves waves = {frequency, 1, halves};
    if (frequency) qp_positions_waves(first, count, d, &waves, table);
    free(frequency);
}

#endif
