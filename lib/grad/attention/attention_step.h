#ifndef QP_ATTENTION_STEP_H
#define QP_ATTENTION_STEP_H

#include <stdint.h>

#include "lib/tensor/kernels/kernel_types.h"

/* attention_step — the two products of attention for a single query, for decoding, with the rows where they are in the
 * cache. The bits of a query depend on its own rows alone. */
typedef struct {
    int heads, kv_heads, dk, dv;
    qp_real scale;
    const qp_real *query; /* [heads*dk] */
    qp_matrix key, value; /* [rows, kv_heads*dk], [rows, kv_heads*dv] */
    int keys;             /* how many rows are read */
    const int32_t *row;   /* [keys]: key j is row row[j] of key and value; NULL: row j */
} qp_attention_step;

/* qp_attention_step_scores  score[h*keys + j] = scale * query of head h . key j
 * qp_attention_step_mix     y of head h = sum over j of weight[h*keys + j] * value j, y [heads*dv] */
void qp_attention_step_scores(const qp_attention_step *step, qp_real *score);
void qp_attention_step_mix(const qp_attention_step *step, const qp_real *weight, qp_real *y);

#endif
