#include "lib/model/pooling.h"

#include "lib/grad/attention/op_additive.h"
#include "lib/grad/op_basic.h"
#include "lib/grad/op_linear.h"
#include "lib/grad/op_pool.h"
#include "lib/grad/op_sequence.h"

qp_pooling qp_pooling_add(qp_params *params, const qp_model_config *config, const qp_encoder *encoder)
{
    qp_pooling made = {.kind = qp_model_pooling(config), .params = params, .query = -1, .key = -1, .energy = -1};
    made.from_states = made.kind == QP_POOLING_LAST && encoder->has_states;
    made.width = made.from_states ? encoder->summary_width : encoder->output_width;
    if (made.kind != QP_POOLING_ATTENTION) return made;
    int size = config->attention_size ? (int)config->attention_size : encoder->output_width;
    qp_init init = qp_model_weight_init(config, 0);
    made.query = qp_params_add(params, 1, size, qp_init_constant(0), "pooling.query");
    made.key = qp_params_add(params, size, encoder->output_width, init, "pooling.key.weight");
    qp_params_multiply(params, made.key);
    made.energy = qp_params_add(params, 1, size, init, "pooling.energy.weight");
    return made;
}

static qp_tensor attend(const qp_pooling *p, qp_tape *tape, const qp_encoded *encoded, qp_model_maps *maps)
{
    int count = encoded->sequences.count;
    qp_sequences each = qp_rows_one_each(tape, count);
    int32_t *zero = qp_tape_memory(tape, ((size_t)count + 1) * sizeof *zero);
    if (!each.start || !zero) return (qp_tensor){0};
    for (int i = 0; i < count; i++) zero[i] = 0;
    qp_tensor query = qp_gather(tape, qp_param(tape, p->params, p->query), count, zero);
    qp_tensor key = qp_linear(tape, encoded->output, qp_param(tape, p->params, p->key), (qp_tensor){0});
    return qp_additive_attention(
        tape,
        &(qp_additive){query, each, key, encoded->output, encoded->sequences, qp_param(tape, p->params, p->energy)},
        qp_model_maps_add(maps, QP_MAP_CROSS, 0), NULL);
}

/* The first or the last row of each source. */
static qp_tensor end_rows(qp_tape *tape, const qp_encoded *encoded, bool last)
{
    qp_sequences s = encoded->sequences;
    int32_t *row = qp_tape_memory(tape, ((size_t)s.count + 1) * sizeof *row);
    if (!row) return (qp_tensor){0};
    for (int i = 0; i < s.count; i++) row[i] = s.start[i] + (last ? qp_sequence_length(s, i) - 1 : 0);
    return qp_gather(tape, encoded->output, s.count, row);
}

qp_tensor qp_pooling_forward(const qp_pooling *pooling, qp_tape *tape, const qp_encoded *encoded, qp_model_maps *maps)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    for (int i = 0; i < encoded->sequences.count; i++)
        if (qp_sequence_length(encoded->sequences, i) < 1)
            return qp_tape_fail(tape, QP_ESHAPE, "pooling: source %d of the batch is empty", i);
    switch (pooling->kind) {
    case QP_POOLING_LAST: return pooling->from_states ? encoded->summary : end_rows(tape, encoded, true);
    case QP_POOLING_MAX: return qp_pool_sequence(tape, encoded->output, encoded->sequences, QP_POOL_MAX);
    case QP_POOLING_ATTENTION: return attend(pooling, tape, encoded, maps);
    case QP_POOLING_FIRST:
    case QP_POOLING_CLASS_TOKEN: return end_rows(tape, encoded, false);
    default: return qp_sequence_mean(tape, encoded->output, encoded->sequences);
    }
}
