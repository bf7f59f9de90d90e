#include "lib/nn/embedding.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/grad/op_basic.h"
#include "lib/grad/op_dropout.h"
#include "lib/grad/op_embedding.h"
#include "lib/grad/op_join.h"
#include "lib/grad/op_linear.h"
#include "lib/nn/noise.h"
#include "lib/nn/position.h"

int qp_embedding_add_weight(qp_params *params, int vocabulary, int width, bool scaled, const char *name)
{
    double deviation = scaled ? 1 / sqrt(width) : 0.02;
    return qp_params_add(params, vocabulary, width, (qp_init){.kind = QP_INIT_NORMAL, .gain = deviation}, "%s.weight",
                         name);
}

static int add_table(qp_params *params, int rows, int width, const char *name, const char *part)
{
    return qp_params_add(params, rows, width, (qp_init){.kind = QP_INIT_NORMAL, .gain = 0.02}, "%s.%s.weight", name,
                         part);
}

qp_status qp_embedding_init(qp_embedding_module *embedding, qp_params *params, const qp_embedding_config *config,
                            int weight, const char *name)
{
    const qp_embedding_config *c = config;
    char norm[64];
    qp_params_look_up(params, weight);
    *embedding = (qp_embedding_module){
        .config = *c, .weight = weight, .position_weight = -1, .segment_weight = -1, .map = -1, .map_bias = -1};
    int width = c->words && c->sum_first ? c->words : c->width; /* of the sum */
    if (c->position_kind == QP_POSITION_LEARNED)
        embedding->position_weight = add_table(params, c->positions, width, name, "positions");
    if (c->position_kind == QP_POSITION_SINUSOIDAL)
        QP_TRY(qp_position_table_new(&(qp_position_table_config){.positions = c->positions,
                                                                 .width = width,
                                                                 .first = c->first_position,
                                                                 .base = 10000,
                                                                 .order = c->order},
                                     &embedding->sinusoid));
    if (c->segments > 0) embedding->segment_weight = add_table(params, c->segments, width, name, "segments");
    snprintf(norm, sizeof norm, "%s.embedding_norm", name);
    if (c->norm) embedding->norm = qp_norm_add(params, width, c->norm_kind, c->epsilon, norm);
    if (!c->words) return QP_OK;
    embedding->map = qp_params_add(params, c->width, c->words, (qp_init){.kind = QP_INIT_XAVIER_UNIFORM, .gain = 1},
                                   "%s.word_map.weight", name);
    if (c->sum_first)
        embedding->map_bias = qp_params_add(params, 1, c->width, qp_init_constant(0), "%s.word_map.bias", name);
    return QP_OK;
}

void qp_embedding_free(qp_embedding_module *embedding)
{
    qp_position_table_free(embedding->sinusoid);
    embedding->sinusoid = NULL;
}

/* P, if there is one, and each row's place in it. */
static qp_tensor positions_of(const qp_embedding_module *embedding, qp_tape *tape, const qp_params *params,
                              qp_sequences sequences, int rows, int offset, int32_t **position)
{
    qp_tensor table = {0};
    *position = NULL;
    if (embedding->position_weight >= 0) table = qp_param(tape, params, embedding->position_weight);
    if (embedding->sinusoid) table = qp_position_table_rows(embedding->sinusoid, qp_position_end(sequences, offset));
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

static qp_tensor map_words(const qp_embedding_module *embedding, qp_tape *tape, const qp_params *params, qp_tensor x)
{
    return qp_linear(tape, x, qp_param(tape, params, embedding->map), qp_param(tape, params, embedding->map_bias));
}

/* Norm, noise and dropout of the sum. */
static qp_tensor finish(const qp_embedding_module *embedding, qp_tape *tape, const qp_params *params, qp_tensor x)
{
    if (embedding->config.norm) x = qp_norm_forward(&embedding->norm, tape, params, x);
    if (embedding->config.words && embedding->config.sum_first) x = map_words(embedding, tape, params, x);
    return qp_dropout(tape, qp_noise(tape, x, embedding->config.noise), embedding->config.dropout);
}

static qp_tensor look_up(const qp_embedding_module *embedding, qp_tape *tape, const qp_params *params,
                         qp_sequences sequences, int rows, const int32_t *id, int offset)
{
    int32_t *position;
    qp_tensor table = positions_of(embedding, tape, params, sequences, rows, offset, &position);
    qp_tensor weight = qp_param(tape, params, embedding->weight);
    qp_real scale = embedding->config.scaled ? (qp_real)sqrt(embedding->config.width) : 1;
    bool drops = embedding->config.type_dropout > 0 && qp_tape_training(tape);
    bool maps = embedding->config.words && !embedding->config.sum_first;
    if (!drops && !maps) return qp_embedding(tape, weight, rows, id, scale, position, table);
    qp_tensor x = qp_embedding(tape, weight, rows, id, scale, NULL, (qp_tensor){0});
    if (drops) x = qp_type_drop(tape, x, id, embedding->config.type_dropout);
    if (maps) x = map_words(embedding, tape, params, x);
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

/* The class token, then the rows of each sequence: sequences have a row for the token, x has none. */
static qp_tensor put_class_token(qp_tape *tape, qp_tensor token, qp_sequences sequences, qp_tensor x)
{
    int rows = qp_sequence_rows(sequences), next = 1;
    int32_t *row = qp_tape_memory(tape, ((size_t)rows + 1) * sizeof *row);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    for (int i = 0; i < sequences.count; i++)
        for (int r = sequences.start[i]; r < sequences.start[i + 1]; r++) row[r] = r == sequences.start[i] ? 0 : next++;
    return qp_gather(tape, qp_join_rows(tape, 2, (const qp_tensor[]){token, x}), rows, row);
}

qp_tensor qp_embedding_forward_values(const qp_embedding_module *embedding, qp_tape *tape, const qp_params *params,
                                      qp_sequences sequences, qp_tensor value, qp_embedding_values with)
{
    int32_t *position;
    qp_tensor table = positions_of(embedding, tape, params, sequences, qp_sequence_rows(sequences), 0, &position);
    qp_tensor x = qp_linear(tape, value, qp_param(tape, params, embedding->weight), qp_param(tape, params, with.bias));
    if (with.class_token >= 0)
        x = put_class_token(tape, qp_param(tape, params, with.class_token), sequences, x);
    if (table.value) x = add_positions(tape, x, position, table);
    return finish(embedding, tape, params, x);
}
