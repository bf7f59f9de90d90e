#ifndef QP_OP_EXPERTS_H
#define QP_OP_EXPERTS_H

#include "lib/grad/tape.h"

/* op_experts — the routing of a mixture of experts. Every row goes to its best experts; no expert has a limit, so no
 * row is dropped, and a row's experts do not depend on the other rows.
 * Sources  Shazeer et al. 2017; balance: Fedus et al. 2021, "Switch Transformers"; z loss: Zoph et al. 2022, "ST-MoE".
 *
 * qp_route — chooses the `top` experts of every row by p = softmax(logits)
 *   logits   [rows, experts]
 *   weight_k = p of the chosen expert k, divided by the sum over the chosen ones if `normalize`
 *   balance  = experts * sum_e f_e P_e, f_e the share of all rows*top choices that are e (no gradient), P_e = mean p_e
 *   z        = mean over rows of (log sum exp(logits))^2
 * returns    the choices; .weight, .balance, .z have gradients. Empty tensors if the tape has failed.
 * Memory     rows*(experts + 4*top) numbers.   Errors  QP_ESHAPE, QP_EMEMORY, remembered by the tape. */
typedef struct {
    int experts, top, rows;
    int32_t *expert;    /* [rows, top] best first */
    int32_t *first;     /* [experts + 1] the choices of expert e are number first[e] .. first[e+1]-1, ordered by row */
    int32_t *row;       /* [rows * top] the row of each choice, in that order */
    int32_t *place;     /* [rows, top] the number of each choice */
    qp_tensor weight;   /* [rows, top] */
    qp_tensor balance;  /* [1, 1] */
    qp_tensor z;        /* [1, 1] */
} qp_routes;
qp_routes qp_route(qp_tape *tape, qp_tensor logits, int top, bool normalize);

/* qp_route_mix — the outputs of the chosen experts, weighted:  y[r] = sum_k weight[r, k] * out[place[r, k]]
 * out      [rows * top, columns], one row a choice, in the order of the choices
 * routes   borrowed until the backward
 * returns  [rows, columns]
 * Memory   the output.   Errors  QP_ESHAPE, QP_EMEMORY, remembered by the tape. */
qp_tensor qp_route_mix(qp_tape *tape, qp_tensor out, const qp_routes *routes);

#endif
