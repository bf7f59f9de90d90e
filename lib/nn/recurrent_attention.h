#ifndef QP_RECURRENT_ATTENTION_H
#define QP_RECURRENT_ATTENTION_H

#include "lib/base/batch.h"
#include "lib/config/config.h"
#include "lib/grad/attention/op_attention.h"
#include "lib/nn/params.h"

/* recurrent_attention — attention of a recurrent decoder to its source, with one head.
 *   bahdanau       score = energy . tanh(W q + U m)         q the state before the step
 *   coverage       score = energy . tanh(W q + U m + v s)   as bahdanau; s the sum of the weights of all earlier steps
 *   luong dot      score = q . m                            q the state after the step
 *   luong general  score = q' G m
 *   luong concat   score = energy . tanh(W q + U m), W and U the two halves of the paper's C [q; m]
 *   weights = softmax over the source's rows,  context = sum of weights * m
 * The keys (U m or G m) do not depend on the query and are computed once a source.
 * Parameters  NAME.query_layer.weight [a, q], NAME.key_layer.weight [a, m], NAME.energy_layer.weight [1, a],
 * NAME.coverage_layer.weight [a, 1], NAME.general.weight [q, m]. No biases.
 * Source  Bahdanau et al. 2015; Luong et al. 2015; coverage: Tu et al. 2016, See et al. 2017. */
#define QP_ATTEND_KINDS(X)                                                                                             \
    X(QP_ATTEND_NONE, "none")                                                                                          \
    X(QP_ATTEND_BAHDANAU, "bahdanau")                                                                                  \
    X(QP_ATTEND_LUONG_DOT, "luong-dot")                                                                                \
    X(QP_ATTEND_LUONG_GENERAL, "luong-general")                                                                        \
    X(QP_ATTEND_LUONG_CONCAT, "luong-concat")                                                                          \
    X(QP_ATTEND_COVERAGE, "coverage")
typedef enum { QP_ATTEND_KINDS(QP_CHOICE_ID) QP_ATTEND_COUNT } qp_attend_kind;

typedef struct {
    qp_attend_kind kind;
    int query, key, energy, coverage; /* parameters, or -1; `key` is U, or G; `coverage` v */
} qp_recurrent_attention;

typedef struct {
    int query, key, attention; /* widths of q, m and of the score's hidden layer */
    qp_init weight;            /* first values of the matrices */
} qp_attend_sizes;

/* qp_recurrent_attention_add — the parameters of `kind` under `name`. luong-dot needs
 *   sizes.query = sizes.key. */
qp_recurrent_attention qp_recurrent_attention_add(qp_params *params, qp_attend_kind kind, qp_attend_sizes sizes,
                                                  const char *name);

/* The attention so far, of the `coverage` kind: seen [sum of the source rows of all sequences, 1] the sum of the
 * weights before this step, empty at first; overlap [1, 1] in QP_TRAIN: the sum of min(weight, seen) of the last
 * step. */
typedef struct {
    qp_tensor seen, overlap;
} qp_coverage;

/* The sources, encoded: the keys are computed once a source. */
typedef struct {
    qp_tensor keys, encoder_output; /* [source rows, .], [source rows, m] */
    qp_sequences sequences;         /* the rows that sequence i of the queries reads */
    qp_coverage *coverage;          /* of the coverage kind, which needs one query a sequence; moves one step */
} qp_attend_source;

/* qp_recurrent_attention_keys — encoder_output [source rows, m] -> keys [source rows, .].
 * qp_recurrent_attention_forward — query [query rows, q] of sequences qs -> context [query rows, m].
 *   map  receives the weights as qp_attention's (one head), or NULL.    Errors  remembered by the tape. */
qp_tensor qp_recurrent_attention_keys(const qp_recurrent_attention *attention, qp_tape *tape, const qp_params *params,
                                      qp_tensor encoder_output);
qp_tensor qp_recurrent_attention_forward(const qp_recurrent_attention *attention, qp_tape *tape,
                                         const qp_params *params, qp_tensor query, qp_sequences qs,
                                         const qp_attend_source *source, qp_attention_map *map);

#endif
