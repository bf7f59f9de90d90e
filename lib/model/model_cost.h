#ifndef QP_MODEL_COST_H
#define QP_MODEL_COST_H

#include "lib/model/model.h"

/* model_cost — the modules of a model, their weights and their floating-point operations, from its configuration and
 * parameters alone.
 *
 * A floating-point operation (FLOP) is a multiplication or an addition. A weight matrix costs 2 operations per
 * element and token; an embedding lookup costs nothing, an output layer tied to it does.
 * Attention costs 2 * width * keys for the scores and as much for the mean, where keys is how many tokens a query sees
 * (half of the sequence in a causal layer). Norms, activations and the softmax are left out: below 2 % of the total in
 * usual sizes. The backward pass computes twice what the forward pass does: training = 3 * forward. */
typedef struct {
    char name[128]; /* "encoder.layers.0-5.linear1": one row for the equal layers of a stack */
    int copies;
    int rows, columns; /* of its weight; rows 1: a vector; both 0: no weights (attention's products) */
    size_t weights;    /* of all copies, biases included */
    double forward;    /* FLOPs of all copies per token of its side */
} qp_module_cost;

typedef struct {
    qp_module_cost *module; /* [count], in the order of the model */
    int count;
    size_t weights;
    double forward; /* FLOPs per target token, its share of the source's included */
} qp_model_cost;

/* qp_model_cost_of — source_length, target_length: tokens of a sequence (source unused without encoder; target unused
 *   where the encoder's tokens are what is counted: no decoder).
 * Errors  QP_EMEMORY. */
qp_status qp_model_cost_of(const qp_model *model, double source_length, double target_length, qp_model_cost *cost);
void qp_model_cost_free(qp_model_cost *cost);

#endif
