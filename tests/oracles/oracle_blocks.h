#ifndef QP_ORACLE_BLOCKS_H
#define QP_ORACLE_BLOCKS_H

#include "lib/grad/op_experts.h"
#include "tests/oracles/oracle.h"

/* oracle_experts — the mixture of the experts that `routes` chose for the rows of x. `part` gives block `expert` of the
 * parameter w1, b1, w2 or b2; an empty tensor: there is none. */
typedef qp_tensor oracle_expert(oracle *o, qp_tape *tape, const char *name, int expert);
qp_tensor oracle_experts(oracle *o, qp_tape *tape, const qp_routes *routes, qp_tensor x, qp_activation_kind activation,
                         oracle_expert *part);

/* oracle_follow — running = (1 - momentum) * running + momentum * batch, for mean and variance [columns], as PyTorch
 * has it; the library keeps sums (nn/norm.h). */
void oracle_follow(int columns, qp_real momentum, const qp_real *mean, const qp_real *variance, qp_real *running_mean,
                   qp_real *running_variance);

#endif
