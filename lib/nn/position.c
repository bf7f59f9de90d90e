#include "lib/nn/position.h"

#include <stdlib.h>

#include "lib/grad/attention/op_attention.h"

qp_status qp_position_init(qp_position *position, qp_params *params, const qp_position_config *config, const char *name)
{
    const qp_position_config *c = config;
    *position = (qp_position){.config = *c, .weight = -1};
    switch (c->kind) {
    case QP_INNER_NONE: return QP_OK;
    case QP_INNER_ROPE:
        return qp_position_table_new(&(qp_position_table_config){.positions = c->positions,
                                                                 .width = c->rotated,
                                                                 .base = c->base,
                                                                 .order = QP_SINUSOID_HALVES,
                                                                 .scaling = c->scaling},
                                     &position->angle);
    case QP_INNER_RELATIVE:
        position->weight = qp_params_add(params, c->buckets, c->heads, (qp_init){.kind = QP_INIT_NORMAL, .gain = 0.02},
                                         "%s.weight", name);
        return QP_OK;
    case QP_INNER_ALIBI: break;
    }
    position->slope = malloc((size_t)c->heads * sizeof *position->slope);
    if (!position->slope) return qp_fail(QP_EMEMORY, "out of memory for %d attention heads", c->heads);
    qp_attention_slopes(c->heads, position->slope);
    return QP_OK;
}

void qp_position_free(qp_position *position)
{
    qp_position_table_free(position->angle);
    free(position->slope);
    *position = (qp_position){.weight = -1};
}

/* Texts so long that they have their own angles: a row of the table for each token. */
static void stretch(const qp_position_table *table, qp_tape *tape, qp_sequences s, int rows, int offset,
                    qp_position_pass *pass)
{
    int32_t *own = qp_tape_memory(tape, ((size_t)rows + 1) * sizeof *own);
    pass->rotation = qp_tape_constant(tape, rows, qp_position_table_width(table));
    for (int i = 0; i < s.count && !qp_tape_failed(tape); i++) {
        int first = s.start[i], length = qp_sequence_length(s, i);
        for (int j = 0; j < length; j++) own[first + j] = first + j;
        qp_status status = qp_position_table_stretch(table, offset + length, offset, length,
                                                     qp_tensor_row(pass->rotation, first));
        if (status != QP_OK) qp_tape_fail(tape, status, "%s", qp_error_message());
    }
    pass->position = own;
}

qp_position_pass qp_position_begin(const qp_position *position, qp_tape *tape, const qp_params *params,
                                   qp_sequences queries, int rows, int offset)
{
    qp_position_pass pass = {.slope = position->slope};
    if (position->angle && qp_position_table_stretched(position->angle, qp_position_end(queries, offset))) {
        stretch(position->angle, tape, queries, rows, offset, &pass);
    } else if (position->angle) {
        pass.rotation = qp_position_table_rows(position->angle, qp_position_end(queries, offset));
        pass.position = qp_position_rows(tape, queries, rows, offset);
    }
    if (position->weight >= 0) {
        pass.distance = (qp_relative_config){.both_ways = position->config.both_ways, .far = position->config.far};
        pass.relative = qp_param(tape, params, position->weight);
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

int qp_position_end(qp_sequences sequences, int offset) { return offset + qp_sequence_longest(sequences); }
