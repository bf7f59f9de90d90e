#ifndef QP_PARAMS_INTERNAL_H
#define QP_PARAMS_INTERNAL_H

#include "lib/base/files/map.h"
#include "lib/nn/params.h"
#include "lib/tensor/weight_panels.h"

/* params_internal — what params.c and params_stored.c share. */
struct qp_params {
    qp_parameter *parameter;
    int count;
    size_t capacity, size, elements;
    qp_real *block;
    qp_packed *packed; /* [count], or NULL; n is 0 where there is none */
    qp_real *packed_block;
    qp_real **merged;           /* [count] W + scale B A of adapted weights, while packed */
    qp_real *merged_block;      /* adapted weights as packed, one after another */
    qp_packed *stored;          /* [count], or NULL: no matrix is stored in fewer bits; row is NULL where it is not */
    qp_map *map;                /* of the model file where the weights lie; NULL: in the block */
    qp_real **mapped;           /* [count] each parameter's values in the map, or in memory of their own */
    bool *own;                  /* [count] in memory of their own */
    struct qp_late_panel *late; /* [count] */
    qp_status status;           /* first failure of qp_params_add */
};

/* qp_params_map_free — of params_mapped.c: all that qp_params_map took. */
void qp_params_map_free(qp_params *params);

#endif
