/* dot_int8_rows.inc.h — rows of numbers to 8-bit integers, and sums of integers to outputs. Plain loops, which the
 * compiler turns into vectors of the level of the file that includes this; the bits are the same at each. */
#include <string.h>

/* Floats without their sign are ordered as their bits are. */
static uint32_t int8_largest(int n, const qp_real *x)
{
    int32_t most = 0;
    for (int i = 0; i < n; i++) {
        const float value = (float)x[i];
        int32_t bits;
        memcpy(&bits, &value, sizeof bits);
        bits &= 0x7FFFFFFF;
        most = bits > most ? bits : most;
    }
    return (uint32_t)most;
}

/* Adding 1.5 * 2^23 leaves the integer in the low bits. */
static int32_t int8_round(int n, const qp_real *x, float inverse, int8_t *y)
{
    int32_t sum = 0;
    for (int i = 0; i < n; i++) {
        float shifted = (float)x[i] * inverse;
        shifted += 12582912.0f;
        int32_t bits;
        memcpy(&bits, &shifted, sizeof bits);
        bits -= 0x4B400000;
        y[i] = (int8_t)bits;
        sum += bits;
    }
    return sum;
}

static void int8_finish(const qp_int8_outputs *out, const int32_t *sum, qp_real *restrict c)
{
    const float *scale = out->scale, t = out->t;
    const qp_real *bias = out->bias;
    if (bias != NULL && out->beta == 0)
        for (int o = 0; o < out->n; o++) c[o] = (qp_real)((float)sum[o] * (t * scale[o])) + bias[o];
    else if (out->beta == 0)
        for (int o = 0; o < out->n; o++) c[o] = (qp_real)((float)sum[o] * (t * scale[o]));
    else
        for (int o = 0; o < out->n; o++) {
            qp_real value = (qp_real)((float)sum[o] * (t * scale[o]));
            c[o] = out->beta * c[o] + (bias != NULL ? value + bias[o] : value);
        }
}
