#include "lib/nn/position.h"

#include <stdlib.h>

#include "lib/grad/attention/op_attention.h"
#include "lib/grad/attention/op_relative.h"
#include "lib/grad/op_embedding.h"

enum { BUCKETS = 32 };

qp_status qp_position_init(qp_position *position, qp_params *params, qp_inner_kind kind, int heads, int head_width,
                           int positions, double base, bool both_ways, const char *name)
{
    *position = (qp_position){
        .kind = kind, .positions = positions, .head_width = head_width, .both_ways = both_ways, .weight = -1};
    if (kind == QP_INNER_RELATIVE)
        position->weight = qp_params_add(params, BUCKETS, heads, (qp_init){.kind = QP_INIT_NORMAL, .gain = 0.02},
                                         "%s.weight", name);
    if (kind != QP_INNER_ROPE && kind != QP_INNER_ALIBI) return QP_OK;
    size_t count = kind == QP_INNER_ROPE ? (size_t)positions * (size_t)head_width : (size_t)heads;
    position->table = malloc(count * sizeof *position->table + 1);
    if (!position->table)
        return qp_fail(QP_EMEMORY, "out of memory for %d positions; use a smaller --max-length", positions);
    if (kind == QP_INNER_ROPE)
        qp_positions_sinusoidal(positions, head_width, base, true, position->table);
    else
        qp_attention_slopes(heads, position->table);
    return QP_OK;
}

void qp_position_free(qp_position *position)
{
    free(position->table);
    position->table = NULL;
}

qp_position_pass qp_position_begin(const qp_position *position, qp_tape *tape, const qp_params *params,
                                   qp_sequences queries, qp_sequences keys, int rows, int offset)
{
    qp_position_pass pass = {0};
    if (position->kind == QP_INNER_ROPE) {
        pass.rotation = qp_tensor_of(position->positions, position->head_width, position->table);
        pass.position = qp_position_rows(tape, queries, rows, offset);
    }
    if (position->kind == QP_INNER_ALIBI) pass.slope = position->table;
    if (position->kind == QP_INNER_RELATIVE) {
        const qp_relative_config config = {.both_ways = position->both_ways};
        pass.bias = qp_relative_bias(tape, qp_param(tape, params, position->weight), queries, keys, &config);
    }
    return pass;
}

int32_t *qp_position_rows(qp_tape *tape, qp_sequences sequences, int rows, int offset)
{
    int32_t *position = qp_tape_memory(tape, (size_t)rows * sizeof *position);
    if (!position) return NULL;
    for (int i = 0; i < sequences.count; i++)
        for (int j = 0; j < qp_sequence_length(sequences, i); j++) position[sequences.start[i] + j] = offset + j;
    return position;
}
