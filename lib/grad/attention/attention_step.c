#include "lib/grad/attention/attention_step.h"

#include <stddef.h>
#include <string.h>

static qp_real dot(int n, const qp_real *a, const qp_real *b)
{
    qp_real sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

static void add_scaled(int n, qp_real factor, const qp_real *restrict x, qp_real *restrict y)
{
#pragma omp simd
    for (int i = 0; i < n; i++) y[i] += factor * x[i];
}

static int row_of(const qp_attention_step *step, int j) { return step->row ? step->row[j] : j; }

void qp_attention_step_scores(const qp_attention_step *step, qp_real *score)
{
    int group = step->heads / step->kv_heads, dk = step->dk;
    for (int j = 0; j < step->keys; j++) {
        const qp_real *key = qp_matrix_row(step->key, row_of(step, j));
        for (int h = 0; h < step->heads; h++)
            score[(ptrdiff_t)h * step->keys + j] = step->scale * dot(dk, step->query + (ptrdiff_t)h * dk,
                                                                     key + (ptrdiff_t)(h / group) * dk);
    }
}

void qp_attention_step_mix(const qp_attention_step *step, const qp_real *weight, qp_real *y)
{
    int group = step->heads / step->kv_heads, dv = step->dv;
    memset(y, 0, (size_t)step->heads * (size_t)dv * sizeof *y);
    for (int j = 0; j < step->keys; j++) {
        const qp_real *value = qp_matrix_row(step->value, row_of(step, j));
        for (int h = 0; h < step->heads; h++)
            add_scaled(dv, weight[(ptrdiff_t)h * step->keys + j], value + (ptrdiff_t)(h / group) * dv,
                       y + (ptrdiff_t)h * dv);
    }
}
