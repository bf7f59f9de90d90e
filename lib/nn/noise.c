#include "lib/nn/noise.h"

#include "lib/base/random.h"
#include "lib/grad/op_basic.h"
#include "lib/grad/op_sequence.h"

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

qp_tensor qp_branch_drop(qp_tape *tape, qp_tensor x, qp_sequences sequences, qp_real rate, bool by_sequence)
{
    if (rate <= 0 || !qp_tape_training(tape) || qp_tape_failed(tape)) return x;
    uint64_t key = qp_tape_next_key(tape);
    qp_real *factor = qp_tape_memory(tape, ((size_t)sequences.count + 1) * sizeof *factor);
    for (int i = 0; factor && i < sequences.count; i++)
        factor[i] = qp_random_uniform(key, by_sequence ? (uint64_t)i : 0) < (double)rate ? 0 : 1 / (1 - rate);
    return factor ? qp_sequence_scale(tape, x, sequences, factor) : (qp_tensor){0};
}

qp_tensor qp_type_drop(qp_tape *tape, qp_tensor x, const int32_t *id, qp_real rate)
{
    if (rate <= 0 || !qp_tape_training(tape) || qp_tape_failed(tape)) return x;
    uint64_t key = qp_tape_next_key(tape);
    qp_real *factor = qp_tape_memory(tape, ((size_t)x.rows + 1) * sizeof *factor);
    qp_sequences rows = qp_rows_one_each(tape, x.rows);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    for (int r = 0; r < x.rows; r++)
        factor[r] = qp_random_uniform(key, (uint64_t)id[r]) < (double)rate ? 0 : 1 / (1 - rate);
    return qp_sequence_scale(tape, x, rows, factor);
}
