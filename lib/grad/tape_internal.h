#ifndef QP_TAPE_INTERNAL_H
#define QP_TAPE_INTERNAL_H

#include "lib/grad/tape.h"

/* tape_internal — the state that the tape keeps for step_weights.c and penalty.c. */
typedef struct qp_step_entry qp_step_entry;
typedef struct {
    qp_step_entry *first;          /* weights of this pass used by steps */
    bool on;                       /* operations recorded now are steps */
    void (*finish)(qp_tape *tape); /* called at the end of the backward pass; NULL: nothing to do */
} qp_steps;

qp_steps *qp_tape_steps(qp_tape *tape);
qp_tensor *qp_tape_penalty(qp_tape *tape); /* the sum so far; empty at the beginning of a step */

#endif
