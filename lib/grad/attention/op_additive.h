#ifndef QP_OP_ADDITIVE_H
#define QP_OP_ADDITIVE_H

#include "lib/grad/attention/attention_config.h"

/* qp_additive_attention — attention whose score is a small network, one head, as one tape entry
 *   score(i, j) = energy . tanh(query_i + key_j)     weight_ij = softmax over the keys j of i's sequence
 *   y_i = sum_j weight_ij value_j
 * map       receives the weights, a column [sum of Tq*Tk, 1] (heads 1); NULL: not wanted
 * score     [sum of Tq*Tk] receives the scores before the softmax; NULL: not wanted
 * returns   [query rows, d]
 * Memory    the output and Tq*Tk weights per sequence; the backward recomputes the tanh.
 * Errors    QP_ESHAPE, QP_EMEMORY, remembered by the tape.
 * Source    Bahdanau et al. 2015; Luong et al. 2015 (concat). Dot and general scores are qp_attention with one head. */
typedef struct {
    qp_tensor query;      /* [query rows, a], projected: Bahdanau's W q, or the query half of Luong's concat */
    qp_sequences queries; /* sequence i of queries reads sequence i of keys */
    qp_tensor key, value; /* [key rows, a], projected; [key rows, d] */
    qp_sequences keys;
    qp_tensor energy; /* [1, a] */
} qp_additive;
qp_tensor qp_additive_attention(qp_tape *tape, const qp_additive *input, qp_attention_map *map, qp_real *score);

#endif
