#ifndef QP_TAPE_INTERNAL_H
#define QP_TAPE_INTERNAL_H

#include "lib/grad/tape.h"

/* tape_inside — what tape.c keeps for step_weights.c: the weights of this pass that are used step by step. */
typedef struct qp_step_entry qp_step_entry;
typedef struct {
    qp_step_entry *first;
    bool on; /* what is recorded now is a step */
} qp_steps;

qp_steps *qp_tape_steps(qp_tape *tape);

#endif
