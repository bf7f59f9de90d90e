#ifndef QP_ATTENTION_WEIGH_H
#define QP_ATTENTION_WEIGH_H

#include "lib/grad/attention/attention_span.h"

/* attention_weigh — from scores to weights: softcap, biases, masks, softmax.
 *
 * qp_attention_weigh_row — query q of one head, in place: `row` holds its scores and receives its weights, `keys` of
 *   them; the elements after that, up to `width`, become 0.
 * qp_attention_plain — every query reads every key and nothing is added to the scores: a plain softmax will do.
 * qp_attention_softcap_back — softcap backward, for n raw scores s: ds *= 1 - tanh(s/cap)^2. */
void qp_attention_weigh_row(const qp_attention_call *a, const qp_attention_span *s, int head, int q, int keys,
                            int width, qp_real *row);
bool qp_attention_plain(const qp_attention_call *a);
void qp_attention_softcap_back(size_t n, qp_real cap, const qp_real *score, qp_real *ds);

#endif
