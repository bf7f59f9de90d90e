#ifndef QP_POSITION_H
#define QP_POSITION_H

#include "lib/base/batch.h"
#include "lib/nn/params.h"

/* position — positions that live inside self-attention, not in the embedding; one for all layers of a stack
 *   ROPE      queries and keys turn by angles that grow with the position (grad/op_rope.h)        Su et al. 2021
 *   ALIBI     every head takes off slope*distance from its scores (grad/op_attention.h)           Press et al. 2022
 *   RELATIVE  learned scores of distances NAME.weight [32, heads] (grad/op_relative.h); one way in decoders, both ways
 *             in encoders                                                                          Raffel et al. 2020 */
typedef enum { QP_INNER_NONE, QP_INNER_ROPE, QP_INNER_ALIBI, QP_INNER_RELATIVE } qp_inner_kind;

typedef struct {
    qp_inner_kind kind;
    int positions, head_width;
    bool both_ways;
    qp_real *table; /* ROPE [positions, head_width], ALIBI [heads]; owned */
    int weight;     /* RELATIVE: parameter */
} qp_position;

/* What self-attention needs in one pass; empty where nothing is to be done. */
typedef struct {
    qp_tensor rotation;      /* [positions, head_width] */
    const int32_t *position; /* [rows] */
    const qp_real *slope;    /* [heads] */
    qp_tensor bias;          /* as qp_attention wants it */
} qp_position_pass;

/* qp_position_init — head_width columns of a head, even for ROPE; positions: as many as a sequence may have; base of the
 * angles.   Errors  QP_EMEMORY. */
qp_status qp_position_init(qp_position *position, qp_params *params, qp_inner_kind kind, int heads, int head_width,
                           int positions, double base, bool both_ways, const char *name);
void qp_position_free(qp_position *position);

/* qp_position_begin — for `rows` tokens of `queries`, the first of each at position `offset`, that read `keys`. */
qp_position_pass qp_position_begin(const qp_position *position, qp_tape *tape, const qp_params *params,
                                   qp_sequences queries, qp_sequences keys, int rows, int offset);

/* qp_position_rows — the position of each row: offset, offset + 1, ... in every sequence. Memory of the tape. */
int32_t *qp_position_rows(qp_tape *tape, qp_sequences sequences, int rows, int offset);

#endif
