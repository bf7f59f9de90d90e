#ifndef QP_EXPERTS_H
#define QP_EXPERTS_H

#include "lib/nn/params.h"
#include "lib/tensor/pointwise.h"

/* experts — a mixture of feed-forward layers: each row is read by its `top` best of `experts` layers
 *   p = softmax(x R')     y = sum over the best k of p_k / (sum of the best p) * F_k(x)
 * F_k as qp_feed_forward. With top 1 the weight is p itself, as in a Switch layer; otherwise the router would learn
 * nothing. While training it adds balance * (load balance) + z * (z loss) to the step's penalty (op_experts.h).
 *
 * Parameters  NAME.router.weight [experts, width], NAME.experts.E.linear1.weight [ff_size, width], ...linear1.bias,
 *             ...linear_gate.*, ...linear2.*; NAME.expert_use [1, experts], a statistic: choices that went to each.
 * Source      Shazeer et al. 2017, "Outrageously Large Neural Networks"; Fedus et al. 2021; Jiang et al. 2024. */
typedef struct {
    int experts, top, width, ff_size;
    bool bias, gated;
    qp_init weight; /* first values of the matrices */
    qp_activation_kind activation;
    qp_real dropout;    /* inside each expert */
    qp_real balance, z; /* weights of the two penalties */
} qp_experts_config;

typedef struct {
    qp_experts_config config;
    int router, first, per_expert; /* parameters: those of expert e begin at first + e*per_expert */
    int use;
} qp_experts;

qp_experts qp_experts_add(qp_params *params, const qp_experts_config *config, const char *name);

/* qp_experts_forward — x [rows, width] -> [rows, width]
 * Memory  per row: 3*top*width reals, and `top` times those of qp_feed_forward.
 * Errors  QP_EMEMORY, remembered by the tape. */
qp_tensor qp_experts_forward(const qp_experts *experts, qp_tape *tape, const qp_params *params, qp_tensor x);

#endif
