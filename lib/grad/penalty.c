#include "lib/grad/penalty.h"

#include "lib/grad/op_basic.h"
#include "lib/grad/tape_internal.h"

void qp_penalty_add(qp_tape *tape, qp_tensor x, qp_real weight)
{
    qp_tensor *sum = qp_tape_penalty(tape);
    if (!qp_tape_training(tape) || qp_tape_failed(tape) || weight == 0) return;
    x = qp_scale(tape, x, weight);
    *sum = sum->value ? qp_add(tape, *sum, x) : x;
}

qp_tensor qp_penalty_take(qp_tape *tape)
{
    qp_tensor sum = *qp_tape_penalty(tape);
    *qp_tape_penalty(tape) = (qp_tensor){0};
    return sum;
}
