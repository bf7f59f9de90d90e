#ifndef QP_HEAD_H
#define QP_HEAD_H

#include "lib/grad/loss/crf_lattice.h"
#include "lib/model/encoder.h"
#include "lib/model/pooling.h"
#include "lib/nn/norm.h"
#include "lib/nn/recurrent.h"

/* head — the output of a model without decoder, on top of its encoder. A task is one row in head.c.
 *   classify   W dropout(g(pooled states)) + b                            [sources, labels]     one row a source
 *   regress    the same                                                   [sources, horizon]
 *              g(x) = x, or with a pooler f(D x + d), D as wide as x, f the function it names
 *   match      u(W dropout(g(pooled states)) + b), u(x) = x/|x|; W only with --vector-size
 *                                                               [sources, vector]     one row a source
 *   tag        W dropout(g(m_r)) + b, r the source row that a target row reads    [target rows, labels]
 *              with word layers w: m_r is output r of these layers over [m_first | m_last] of every word, its first and
 *              its last piece (the one before the next word's first)           Ling et al. 2015; Lample et al. 2016
 *              with crf: these are the emissions of a conditional random field over the target rows of a source,
 *              with scores from label to label and for the first and the last      Lample et al. 2016
 *   mlm        E norm(f(D m_r + d)) + b, E the source embedding or, untied, a matrix of its own, f --activation
 *                                                           [target rows, vocabulary]   Devlin et al. 2019
 * Parameters head.weight [outputs, .], head.bias; a pooler and mlm also head.dense.weight, head.dense.bias; mlm
 * head.norm; word layers head.words. and as nn/recurrent.h says: those of the encoder's kind, or lstm; crf
 * head.transitions [from, to], head.start, head.end, zeros at first. */
typedef struct qp_head qp_head;

typedef struct {
    qp_status (*add)(qp_head *head, qp_params *params, const qp_model_config *config, const qp_encoder *encoder,
                     int embedding);
    qp_tensor (*features)(const qp_head *head, qp_tape *tape, const qp_encoded *encoded, const qp_batch *batch,
                          qp_model_maps *maps); /* what the last linear map reads */
} qp_head_kind;

struct qp_head {
    const qp_head_kind *kind; /* NULL: the task has a decoder */
    const qp_params *params;
    qp_pooling pooling;
    qp_norm norm;
    qp_recurrent_module words;
    bool has_words;
    int dense, dense_bias, output, output_bias; /* parameters, or -1 */
    int transitions, start, end;                /* likewise */
    int activation, pooler;                     /* QP_POOLER_... */
    bool unit;                                  /* rows of the result have length 1 */
    qp_real dropout;
};

/* qp_head_init — the head of config->task; embedding: the index of the source's embedding matrix.
 * qp_head_wants_summary — of the encoder.
 * qp_head_features — what the last linear map reads, or, where head.output is -1, the encoder's scores. Of the batch it
 *   reads the target's sequences and `read` (tag, mlm); the rows of a target sequence are counted from the first row of
 *   its source in `encoded`. maps may be NULL.
 * qp_head_scores — the scores of these features, as above.
 * qp_head_crf — the field's weights, for the operations of this tape; without a field: empty.
 *   Errors  (init) QP_EMEMORY; (forward) QP_ESHAPE for a row outside its source; remembered by the tape. */
qp_status qp_head_init(qp_head *head, qp_params *params, const qp_model_config *config, const qp_encoder *encoder,
                       int embedding);
void qp_head_free(qp_head *head);
bool qp_head_wants_summary(const qp_head *head);
qp_crf qp_head_crf(const qp_head *head, qp_tape *tape);
qp_tensor qp_head_features(const qp_head *head, qp_tape *tape, const qp_encoded *encoded, const qp_batch *batch,
                           qp_model_maps *maps);
qp_tensor qp_head_scores(const qp_head *head, qp_tape *tape, qp_tensor features);

#endif
