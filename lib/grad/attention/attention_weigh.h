#ifndef QP_ATTENTION_WEIGH_H
#define QP_ATTENTION_WEIGH_H

#include "lib/grad/attention/attention_span.h"

/* attention_weigh — from scores to weights: softcap, biases, masks, softmax. A row holds the scores of query q of a
 * block and receives its weights, in place; elements after the keys that it may read, up to `width`, become 0.
 *
 * qp_attention_weigh_row   — all keys of the query are in the block: the weights, and how they were made in `softmax`
 * qp_attention_weigh_part  — some of them are: weights that are not divided by their sum yet; returns a factor, see
 *                            qp_softmax_part
 * qp_attention_weigh_again — the weights, with the finished `softmax` of the forward */
typedef struct {
    const qp_attention_call *call;
    const qp_attention_span *span;
    const qp_attention_block *block;
    int q, width;
} qp_attention_row;
void qp_attention_weigh_row(const qp_attention_row *of, qp_softmax_row *softmax, qp_real *row);
qp_real qp_attention_weigh_part(const qp_attention_row *of, qp_softmax_row *softmax, qp_real *row);
void qp_attention_weigh_again(const qp_attention_row *of, qp_softmax_row softmax, qp_real *row);

/* qp_attention_softcap_back — softcap backward, for n raw scores s: ds *= 1 - tanh(s/cap)^2. */
void qp_attention_softcap_back(size_t n, qp_real cap, const qp_real *score, qp_real *ds);

#endif
