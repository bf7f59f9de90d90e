#ifndef QP_POSITION_H
#define QP_POSITION_H

#include "lib/base/batch.h"
#include "lib/grad/attention/relative_bucket.h"
#include "lib/nn/params.h"
#include "lib/nn/position_table.h"

/* position — positions inside self-attention rather than in the embedding; one for all layers of a stack
 *   ROPE      queries and keys are rotated by angles proportional to the position (op_rope.h)      Su et al. 2021
 *   ALIBI     every head subtracts slope*distance from its scores (op_attention.h)             Press et al. 2022
 *   RELATIVE  learned scores of distances NAME.weight [buckets, heads] (relative_bucket.h); causal in decoders, both
 *             directions in encoders                                                             Raffel et al. 2020 */
typedef enum { QP_INNER_NONE, QP_INNER_ROPE, QP_INNER_ALIBI, QP_INNER_RELATIVE } qp_inner_kind;

typedef struct {
    qp_inner_kind kind;
    int heads;
    int rotated;   /* ROPE: columns of a head that turn, even */
    int positions; /* the longest sequence */
    double base;   /* of the angles of ROPE */
    qp_rope_scaling scaling;
    int buckets, far; /* RELATIVE: relative_bucket.h */
    bool both_ways;   /* RELATIVE: keys after the query are read, too */
} qp_position_config;

typedef struct {
    qp_position_config config;
    qp_position_table *angle; /* ROPE [positions, rotated]; owned */
    qp_real *slope;           /* ALIBI [heads]; owned */
    int weight;               /* RELATIVE: parameter */
} qp_position;

/* What self-attention needs in one pass; empty where a kind has no use for it. */
typedef struct {
    qp_tensor rotation;      /* [positions, rotated] */
    const int32_t *position; /* [rows] */
    const qp_real *slope;    /* [heads] */
    qp_tensor relative;      /* [buckets, heads], with its buckets, as qp_attention takes them */
    qp_relative_config distance;
} qp_position_pass;

/* qp_position_init — add the parameter `NAME.weight` of RELATIVE.   Errors  QP_EMEMORY. */
qp_status qp_position_init(qp_position *position, qp_params *params, const qp_position_config *config,
                           const char *name);
void qp_position_free(qp_position *position);

/* qp_position_begin — for `rows` tokens of `queries`, the first of each sequence at position `offset`. */
qp_position_pass qp_position_begin(const qp_position *position, qp_tape *tape, const qp_params *params,
                                   qp_sequences queries, int rows, int offset);

/* qp_position_rows — the position of each row: offset, offset + 1, ... in every sequence. Memory of the tape.
 * qp_position_end — the position after the last one: offset + the longest sequence. */
int32_t *qp_position_rows(qp_tape *tape, qp_sequences sequences, int rows, int offset);
int qp_position_end(qp_sequences sequences, int offset);

#endif
