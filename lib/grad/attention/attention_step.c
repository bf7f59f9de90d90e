#include "lib/grad/attention/attention_step.h"

#include "lib/tensor/rows.h"

static qp_listed_rows head_rows(const qp_attention_step *step, qp_matrix all, int head, int width)
{
    const int group = step->heads / step->kv_heads;
    return (qp_listed_rows){all.value + (ptrdiff_t)(head / group) * width, all.stride, step->row, step->keys};
}

void qp_attention_step_scores(const qp_attention_step *step, qp_real *score)
{
    for (int h = 0; h < step->heads; h++) {
        const qp_listed_rows keys = head_rows(step, step->key, h, step->dk);
        qp_dot_rows(step->dk, step->query + (ptrdiff_t)h * step->dk, &keys, step->scale,
                    score + (ptrdiff_t)h * step->keys);
    }
}

void qp_attention_step_mix(const qp_attention_step *step, const qp_real *weight, qp_real *y)
{
    for (int h = 0; h < step->heads; h++) {
        const qp_listed_rows values = head_rows(step, step->value, h, step->dv);
        qp_mix_rows(step->dv, &values, weight + (ptrdiff_t)h * step->keys, y + (ptrdiff_t)h * step->dv);
    }
}
