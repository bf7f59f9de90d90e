#ifndef QP_MAMBA_H
#define QP_MAMBA_H

#include "lib/base/batch.h"
#include "lib/nn/params.h"
#include "lib/nn/state.h"

/* mamba — the mixing part of a layer of Mamba, which takes the place of self-attention: its state has the same size
 * however long the text is.
 *   [u; z] = x In'          u = silu(filter(u))                    a filter over the last `kernel` rows, by channel
 *   [d; b; c] = u P'        y = scan(u, d T', b, c, z) Out'        op_selective_scan.h
 * `both_ways` (encoders): y + the same read backwards, with weights of its own.
 *
 * Parameters  NAME.in_proj.weight [2*inner, width], NAME.conv1d.weight [inner, kernel], .conv1d.bias,
 *             NAME.x_proj.weight [rank + 2*states, inner], NAME.dt_proj.weight [inner, rank], .dt_proj.bias,
 *             NAME.A_log [inner, states], NAME.D [1, inner], NAME.out_proj.weight [width, inner]; the reading backwards
 *             under NAME.reverse. A_log starts as log(1 .. states); the steps between 0.001 and 0.1.
 * Source      Gu & Dao 2023; both ways: Zhu et al. 2024, "Vision Mamba". */
typedef struct {
    int width, inner, states, kernel, rank;
    bool both_ways;
    qp_init weight; /* first values of the matrices */
} qp_mamba_config;

enum { QP_MAMBA_PARTS = 9 };

typedef struct {
    qp_mamba_config config;
    int part[2][QP_MAMBA_PARTS]; /* parameters: forward, backward */
} qp_mamba;

qp_mamba qp_mamba_add(qp_params *params, const qp_mamba_config *config, const char *name);

/* qp_mamba_forward — x [rows, width] of sequences end to end -> [rows, width].
 *   state  NULL: whole sequences. Else one row a hypothesis: carries `slot` and slot+1 of the state are read and
 *          replaced (the filter's rows, the scan's state).
 * qp_mamba_start — sets these carries to zeros.
 * Memory  about 2*inner*states reals a row in QP_TRAIN.   Errors  QP_EMEMORY. */
enum { QP_MAMBA_CARRIES = 2 };
qp_tensor qp_mamba_forward(const qp_mamba *mamba, qp_tape *tape, const qp_params *params, qp_sequences sequences,
                           qp_tensor x, qp_state *state, int slot);
qp_status qp_mamba_start(const qp_mamba *mamba, qp_tape *tape, qp_state *state, int slot);

#endif
