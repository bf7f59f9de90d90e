#include "lib/nn/initializer.h"

#include <math.h>
#include <stdlib.h>

#include "lib/base/random.h"

/* Make the rows of `unit` orthonormal by modified Gram-Schmidt, twice and in double: as accurate as a Householder QR
 * for the sizes of a layer. */
static void orthonormalise(int rows, int columns, double *unit)
{
    for (int pass = 0; pass < 2; pass++)
        for (int r = 0; r < rows; r++) {
            double *row = unit + (size_t)r * (size_t)columns;
            for (int other = 0; other < r; other++) {
                const double *done = unit + (size_t)other * (size_t)columns;
                double product = 0;
                for (int c = 0; c < columns; c++) product += row[c] * done[c];
                for (int c = 0; c < columns; c++) row[c] -= product * done[c];
            }
            double squares = 0;
            for (int c = 0; c < columns; c++) squares += row[c] * row[c];
            double inverse = 1 / sqrt(squares);
            for (int c = 0; c < columns; c++) row[c] *= inverse;
        }
}

static void fill_orthogonal(double gain, int rows, int columns, uint64_t key, qp_real *value)
{
    int shorter = rows < columns ? rows : columns, longer = rows < columns ? columns : rows;
    double *unit = malloc((size_t)shorter * (size_t)longer * sizeof *unit);
    if (!unit) return;
    for (size_t i = 0; i < (size_t)shorter * (size_t)longer; i++) unit[i] = qp_random_normal(key, i);
    orthonormalise(shorter, longer, unit);
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) {
            size_t from = rows < columns ? (size_t)r * (size_t)longer + (size_t)c
                                         : (size_t)c * (size_t)longer + (size_t)r;
            value[(size_t)r * (size_t)columns + (size_t)c] = (qp_real)(gain * unit[from]);
        }
    free(unit);
}

static void fill_gate(qp_init init, int rows, int columns, qp_real *value)
{
    int width = columns / init.gates;
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++)
            value[(size_t)r * (size_t)columns + (size_t)c] = (qp_real)(c / width == init.gate ? init.gain : 0);
}

/* softplus(x) = step for a step between 0.001 and 0.1, uniform in its logarithm. */
static double step_size(uint64_t key, size_t i)
{
    double step = exp(log(0.001) + qp_random_uniform(key, i) * (log(0.1) - log(0.001)));
    return log(expm1(step));
}

double qp_init_deviation(qp_init init, int fan_in, int fan_out)
{
    switch (init.kind) {
    case QP_INIT_XAVIER_UNIFORM:
    case QP_INIT_XAVIER_NORMAL: return init.gain * sqrt(2.0 / ((double)fan_in + fan_out));
    case QP_INIT_HE_UNIFORM:
    case QP_INIT_HE_NORMAL: return init.gain * sqrt(2.0 / fan_in);
    case QP_INIT_LECUN_UNIFORM:
    case QP_INIT_LECUN_NORMAL: return init.gain * sqrt(1.0 / fan_in);
    case QP_INIT_UNIFORM: return init.gain / sqrt(3.0);
    case QP_INIT_NORMAL: return init.gain;
    case QP_INIT_CONSTANT:
    case QP_INIT_GATE:
    case QP_INIT_LOG_COUNT:
    case QP_INIT_STEP_SIZE:
    case QP_INIT_ORTHOGONAL: break;
    }
    return 0;
}

bool qp_init_is_vector(qp_init init) { return init.kind == QP_INIT_CONSTANT || init.kind >= QP_INIT_GATE; }

static bool is_normal(qp_init_kind kind)
{
    return kind == QP_INIT_NORMAL || kind == QP_INIT_XAVIER_NORMAL || kind == QP_INIT_HE_NORMAL ||
           kind == QP_INIT_LECUN_NORMAL;
}

void qp_init_fill(qp_init init, int rows, int columns, int fan_in, int fan_out, uint64_t key, qp_real *value)
{
    size_t count = (size_t)rows * (size_t)columns;
    double deviation = qp_init_deviation(init, fan_in, fan_out), bound = sqrt(3.0) * deviation;
    if (init.kind == QP_INIT_ORTHOGONAL)
        fill_orthogonal(init.gain, rows, columns, key, value);
    else if (init.kind == QP_INIT_CONSTANT)
        for (size_t i = 0; i < count; i++) value[i] = (qp_real)init.gain;
    else if (init.kind == QP_INIT_GATE)
        fill_gate(init, rows, columns, value);
    else if (init.kind == QP_INIT_LOG_COUNT)
        for (size_t i = 0; i < count; i++) value[i] = (qp_real)log(1 + (double)(i % (size_t)columns));
    else if (init.kind == QP_INIT_STEP_SIZE)
        for (size_t i = 0; i < count; i++) value[i] = (qp_real)step_size(key, i);
    else if (is_normal(init.kind))
        for (size_t i = 0; i < count; i++) value[i] = (qp_real)(deviation * qp_random_normal(key, i));
    else
        for (size_t i = 0; i < count; i++) value[i] = (qp_real)(bound * (2 * qp_random_uniform(key, i) - 1));
}
