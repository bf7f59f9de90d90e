#ifndef QP_PARAMS_INTERNAL_H
#define QP_PARAMS_INTERNAL_H

#include "lib/base/files/map.h"
#include "lib/nn/params.h"
#include "lib/tensor/weight_panels.h"

/* params_internal — what the files params_*.c share. */
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
    struct qp_late_panel *late; /* [count], or NULL */
    void *late_block;           /* memory of the late panels */
    qp_status status;           /* first failure of qp_params_add */
};

/* qp_params_pack_late — of params_late.c: memory for the late panels of the packed weights whose rows are read, in one
 *   block that is not touched before: of matrices apart, the large pages would not be full. Without it the rows are
 *   used for good. After all of `packed` is set.
 * qp_params_late_free — no weight has late panels any more.
 * qp_params_map_free — of params_mapped.c: all that qp_params_map took. */
void qp_params_pack_late(qp_params *params);
void qp_params_late_free(qp_params *params);
void qp_params_map_free(qp_params *params);

#endif
