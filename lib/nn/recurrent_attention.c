#include "lib/nn/recurrent_attention.h"

#include <string.h>

#include "lib/grad/attention/op_additive.h"
#include "lib/grad/attention/op_overlap.h"
#include "lib/grad/op_basic.h"
#include "lib/grad/op_linear.h"

static bool is_additive(qp_attend_kind kind)
{
    return kind == QP_ATTEND_BAHDANAU || kind == QP_ATTEND_LUONG_CONCAT || kind == QP_ATTEND_COVERAGE;
}

qp_recurrent_attention qp_recurrent_attention_add(qp_params *params, qp_attend_kind kind, qp_attend_sizes sizes,
                                                  const char *name)
{
    qp_recurrent_attention made = {.kind = kind, .query = -1, .key = -1, .energy = -1, .coverage = -1};
    const qp_init init = sizes.weight;
    if (is_additive(kind)) {
        made.query = qp_params_add(params, sizes.attention, sizes.query, init, "%s.query_layer.weight", name);
        made.key = qp_params_add(params, sizes.attention, sizes.key, init, "%s.key_layer.weight", name);
        made.energy = qp_params_add(params, 1, sizes.attention, init, "%s.energy_layer.weight", name);
    }
    if (kind == QP_ATTEND_COVERAGE)
        made.coverage = qp_params_add(params, sizes.attention, 1, init, "%s.coverage_layer.weight", name);
    if (kind == QP_ATTEND_LUONG_GENERAL)
        made.key = qp_params_add(params, sizes.query, sizes.key, init, "%s.general.weight", name);
    qp_params_multiply(params, made.query);
    qp_params_multiply(params, made.key);
    return made;
}

qp_tensor qp_recurrent_attention_keys(const qp_recurrent_attention *attention, qp_tape *tape, const qp_params *params,
                                      qp_tensor encoder_output)
{
    if (attention->key < 0) return encoder_output;
    return qp_linear(tape, encoder_output, qp_param(tape, params, attention->key), (qp_tensor){0});
}

/* Sequences that follow one another, with the rows of `source`: one copy a query, for each has its own coverage. */
static qp_sequences copy_rows(qp_tape *tape, qp_sequences source, int32_t **row)
{
    int32_t *start = qp_tape_memory(tape, ((size_t)source.count + 1) * sizeof *start), total = 0;
    for (int i = 0; i < source.count; i++) total += qp_sequence_length(source, i);
    *row = qp_tape_memory(tape, ((size_t)total + 1) * sizeof **row);
    if (qp_tape_failed(tape)) return (qp_sequences){0};
    start[0] = 0;
    for (int i = 0; i < source.count; i++) {
        int length = qp_sequence_length(source, i);
        for (int j = 0; j < length; j++) (*row)[start[i] + j] = source.start[i] + j;
        start[i + 1] = start[i] + length;
    }
    return (qp_sequences){.count = source.count, .start = start};
}

static qp_tensor attend_covered(const qp_recurrent_attention *attention, qp_tape *tape, const qp_params *params,
                                const qp_additive *all, qp_coverage *coverage, qp_attention_map *map)
{
    int32_t *row;
    qp_attention_map weights = {0};
    qp_additive own = *all;
    own.keys = copy_rows(tape, all->keys, &row);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    int rows = qp_sequence_rows(own.keys);
    if (!coverage->seen.value) {
        coverage->seen = qp_tape_constant(tape, rows, 1);
        if (coverage->seen.value) memset(coverage->seen.value, 0, (size_t)rows * sizeof(qp_real));
    }
    qp_tensor seen = qp_linear(tape, coverage->seen, qp_param(tape, params, attention->coverage), (qp_tensor){0});
    own.key = qp_add(tape, qp_gather(tape, all->key, rows, row), seen);
    own.value = qp_gather(tape, all->value, rows, row);
    qp_tensor context = qp_additive_attention(tape, &own, &weights, NULL);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (qp_tape_training(tape)) coverage->overlap = qp_attention_overlap(tape, weights.weights, coverage->seen);
    coverage->seen = qp_add(tape, coverage->seen, weights.weights);
    if (map) *map = weights;
    return context;
}

qp_tensor qp_recurrent_attention_forward(const qp_recurrent_attention *attention, qp_tape *tape,
                                         const qp_params *params, qp_tensor query, qp_sequences qs,
                                         const qp_attend_source *source, qp_attention_map *map)
{
    if (is_additive(attention->kind)) {
        query = qp_linear(tape, query, qp_param(tape, params, attention->query), (qp_tensor){0});
        const qp_additive all = {query,
                                 qs,
                                 source->keys,
                                 source->encoder_output,
                                 source->sequences,
                                 qp_param(tape, params, attention->energy)};
        if (attention->coverage >= 0) return attend_covered(attention, tape, params, &all, source->coverage, map);
        return qp_additive_attention(tape, &all, map, NULL);
    }
    qp_attention_config config = {.heads = 1, .scale = 1};
    return qp_attention(tape, query, qs, source->keys, source->encoder_output, source->sequences, &config, map);
}
