#include "lib/nn/embedding.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/grad/op_basic.h"
#include "lib/grad/op_dropout.h"
#include "lib/grad/op_embedding.h"
#include "lib/grad/op_linear.h"
#include "lib/nn/noise.h"
#include "lib/nn/position.h"

int qp_embedding_add_weight(qp_params *params, int vocabulary, int width, bool scaled, const char *name)
{
    double deviation = scaled ? 1 / sqrt(width) : 0.02;
    return qp_params_add(params, vocabulary, width, (qp_init){.kind = QP_INIT_NORMAL, .gain = deviation}, "%s.weight",
                         name);
}

qp_status qp_embedding_init(qp_embedding_module *embedding, qp_params *params, int weight, int width, bool scaled,
                            qp_position_kind kind, int positions, double dropout, const char *position_name)
{
    *embedding = (qp_embedding_module){.weight = weight,
                                       .position_weight = -1,
                                       .segment_weight = -1,
                                       .positions = positions,
                                       .width = width,
                                       .scale = scaled ? (qp_real)sqrt(width) : 1,
                                       .dropout = (qp_real)dropout};
    if (kind == QP_POSITION_LEARNED)
        embedding->position_weight = qp_params_add(
            params, positions, width, (qp_init){.kind = QP_INIT_NORMAL, .gain = 0.02}, "%s.weight", position_name);
    if (kind != QP_POSITION_SINUSOIDAL) return QP_OK;
    embedding->sinusoid = malloc((size_t)positions * (size_t)width * sizeof *embedding->sinusoid);
    if (!embedding->sinusoid)
        return qp_fail(QP_EMEMORY, "out of memory for %d positions; use a smaller --max-length", positions);
    qp_positions_sinusoidal(positions, width, 10000, false, embedding->sinusoid);
    return QP_OK;
}

void qp_embedding_add_segments(qp_embedding_module *embedding, qp_params *params, int kinds, const char *name)
{
    embedding->segment_weight = qp_params_add(params, kinds, embedding->width,
                                              (qp_init){.kind = QP_INIT_NORMAL, .gain = 0.02}, "%s.weight", name);
}

void qp_embedding_add_norm(qp_embedding_module *embedding, qp_params *params, bool rms, double epsilon,
                           const char *name)
{
    embedding->norm = qp_norm_add(params, embedding->width, rms, epsilon, name);
    embedding->has_norm = true;
}

void qp_embedding_free(qp_embedding_module *embedding)
{
    free(embedding->sinusoid);
    embedding->sinusoid = NULL;
}

/* The positions' table, if there is one, and each row's place in it. */
static qp_tensor positions_of(const qp_embedding_module *embedding, qp_tape *tape, const qp_params *params,
                              qp_sequences sequences, int rows, int offset, int32_t **position)
{
    qp_tensor table = {0};
    *position = NULL;
    if (embedding->position_weight >= 0) table = qp_param(tape, params, embedding->position_weight);
    if (embedding->sinusoid) table = qp_tensor_of(embedding->positions, embedding->width, embedding->sinusoid);
    if (table.value) *position = qp_position_rows(tape, sequences, rows, offset);
    return table;
}

/* x_r + P[position_r] */
static qp_tensor add_positions(qp_tape *tape, qp_tensor x, const int32_t *position, qp_tensor table)
{
    int32_t *own = qp_tape_memory(tape, ((size_t)x.rows + 1) * sizeof *own);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    for (int r = 0; r < x.rows; r++) own[r] = r;
    return qp_embedding(tape, x, x.rows, own, 1, position, table);
}

/* What every kind of row ends with. */
static qp_tensor finish(const qp_embedding_module *embedding, qp_tape *tape, const qp_params *params, qp_tensor x)
{
    if (embedding->has_norm) x = qp_norm_forward(&embedding->norm, tape, params, x);
    return qp_dropout(tape, qp_noise(tape, x, embedding->noise), embedding->dropout);
}

static qp_tensor look_up(const qp_embedding_module *embedding, qp_tape *tape, const qp_params *params,
                         qp_sequences sequences, int rows, const int32_t *id, int offset)
{
    int32_t *position;
    qp_tensor table = positions_of(embedding, tape, params, sequences, rows, offset, &position);
    qp_tensor weight = qp_param(tape, params, embedding->weight);
    if (embedding->type_dropout <= 0 || !qp_tape_training(tape))
        return qp_embedding(tape, weight, rows, id, embedding->scale, position, table);
    qp_tensor x = qp_embedding(tape, weight, rows, id, embedding->scale, NULL, (qp_tensor){0});
    x = qp_type_drop(tape, x, id, embedding->type_dropout);
    return table.value ? add_positions(tape, x, position, table) : x;
}

qp_tensor qp_embedding_forward(const qp_embedding_module *embedding, qp_tape *tape, const qp_params *params,
                               qp_sequences sequences, int rows, const int32_t *id, int offset)
{
    return finish(embedding, tape, params, look_up(embedding, tape, params, sequences, rows, id, offset));
}

qp_tensor qp_embedding_forward_segments(const qp_embedding_module *embedding, qp_tape *tape, const qp_params *params,
                                        qp_sequences sequences, int rows, const int32_t *id, const int32_t *segment)
{
    qp_tensor x = look_up(embedding, tape, params, sequences, rows, id, 0);
    if (embedding->segment_weight >= 0) {
        int32_t *first = segment ? NULL : qp_tape_memory(tape, ((size_t)rows + 1) * sizeof *first);
        if (!segment && !first) return (qp_tensor){0};
        if (first) memset(first, 0, ((size_t)rows + 1) * sizeof *first);
        x = qp_add(tape, x,
                   qp_embedding(tape, qp_param(tape, params, embedding->segment_weight), rows,
                                segment ? segment : first, 1, NULL, (qp_tensor){0}));
    }
    return finish(embedding, tape, params, x);
}

qp_tensor qp_embedding_forward_values(const qp_embedding_module *embedding, qp_tape *tape, const qp_params *params,
                                      qp_sequences sequences, qp_tensor value, int bias)
{
    int32_t *position;
    qp_tensor table = positions_of(embedding, tape, params, sequences, value.rows, 0, &position);
    qp_tensor x = qp_linear(tape, value, qp_param(tape, params, embedding->weight), qp_param(tape, params, bias));
    if (table.value) x = add_positions(tape, x, position, table);
    return finish(embedding, tape, params, x);
}
