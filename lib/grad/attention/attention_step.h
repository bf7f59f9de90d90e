#ifndef QP_ATTENTION_STEP_H
#define QP_ATTENTION_STEP_H

#include <stdint.h>

#include "lib/base/real.h"

/* attention_step — the two products of attention for a single query, as decoding asks for them: all heads in one walk
 * over the key rows, wherever the cache keeps them. A query's bits depend on its own rows alone. */
typedef struct {
    int heads, kv_heads, dk, dv;
    qp_real scale;
    const qp_real *query;       /* [heads*dk] */
    const qp_real *key, *value; /* [rows, kv_heads*dk], [rows, kv_heads*dv] */
    int key_stride, value_stride;
    int keys;           /* how many rows are read */
    const int32_t *row; /* key j is row row[j] of key and value; NULL: row j */
} qp_attention_step;

/* score[h*keys + j] = scale * query of head h . key j          weight likewise -> y [heads*dv] */
void qp_attention_step_scores(const qp_attention_step *step, qp_real *score);
void qp_attention_step_mix(const qp_attention_step *step, const qp_real *weight, qp_real *y);

#endif
