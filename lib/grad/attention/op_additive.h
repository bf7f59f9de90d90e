#ifndef QP_OP_ADDITIVE_H
#define QP_OP_ADDITIVE_H

#include "lib/base/batch.h"
#include "lib/grad/attention/op_attention.h"
#include "lib/grad/tape.h"

/* qp_additive_attention — attention of recurrent decoders whose score is a small network, one head, one tape entry
 *   score(i, j) = energy . tanh(query_i + key_j)     weights_i = softmax over the keys of i's sequence
 *   y_i = sum_j weights_ij value_j
 * query [query rows, a], key [key rows, a]   already projected: Bahdanau's W q and U m, or the two halves of Luong's concat
 * value [key rows, d]; energy [1, a]; qs, ks as in op_attention.h
 * map       receives the weights as qp_attention's does (heads 1); NULL: not wanted
 * score     [sum of Tq*Tk] receives the scores before the softmax; NULL: not wanted
 * returns   [query rows, d]
 * Memory    the output and Tq*Tk weights a sequence; the tanh is made again in backward.
 * Errors    QP_ESHAPE, QP_EMEMORY, remembered by the tape.
 * Source    Bahdanau et al. 2015; Luong et al. 2015 (concat). Dot and general scores are qp_attention with one head. */
qp_tensor qp_additive_attention(qp_tape *tape, qp_tensor query, qp_sequences qs, qp_tensor key, qp_tensor value,
                                qp_sequences ks, qp_tensor energy, qp_attention_map *map, qp_real *score);

#endif
