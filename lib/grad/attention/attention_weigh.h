#ifndef QP_ATTENTION_WEIGH_H
#define QP_ATTENTION_WEIGH_H

#include "lib/grad/attention/attention_span.h"

/* attention_weigh — from the scores of one query to its weights: cap, biases, mask, softmax. Inside of op_attention.c.
 *
 * qp_attention_weigh_row — in place, for the keys it may read among the first `keys`; 0 for the others up to `width`.
 * qp_attention_plain     — all read all, and nothing is done to the scores: a plain softmax.
 * qp_attention_cap_back  — ds *= 1 - tanh(score/cap)^2 for n scores before they were bent. */
void qp_attention_weigh_row(const qp_attention_call *a, const qp_attention_span *s, int head, int q, int keys,
                            int width, qp_real *row);
bool qp_attention_plain(const qp_attention_call *a);
void qp_attention_cap_back(size_t n, qp_real cap, const qp_real *score, qp_real *ds);

#endif
