#include "lib/nn/noise.h"

#include "lib/base/random.h"
#include "lib/grad/op_basic.h"

qp_tensor qp_noise(qp_tape *tape, qp_tensor x, qp_real deviation)
{
    if (deviation <= 0 || !qp_tape_training(tape) || qp_tape_failed(tape)) return x;
    uint64_t key = qp_tape_next_key(tape);
    qp_tensor noise = qp_tape_constant(tape, x.rows, x.columns);
    if (!noise.value) return (qp_tensor){0};
    for (int r = 0; r < x.rows; r++)
        for (int c = 0; c < x.columns; c++)
            qp_tensor_row(noise, r)[c] =
                deviation * (qp_real)qp_random_normal(key, (uint64_t)r * (uint64_t)x.columns + (uint64_t)c);
    return qp_add(tape, x, noise);
}
