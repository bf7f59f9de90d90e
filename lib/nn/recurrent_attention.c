#include "lib/nn/recurrent_attention.h"

#include "lib/grad/attention/op_additive.h"
#include "lib/grad/op_linear.h"

static bool is_additive(qp_attend_kind kind) { return kind == QP_ATTEND_BAHDANAU || kind == QP_ATTEND_LUONG_CONCAT; }

qp_recurrent_attention qp_recurrent_attention_add(qp_params *params, qp_attend_kind kind, qp_attend_sizes sizes,
                                                  const char *name)
{
    qp_recurrent_attention made = {.kind = kind, .query = -1, .key = -1, .energy = -1};
    const qp_init init = sizes.weight;
    if (is_additive(kind)) {
        made.query = qp_params_add(params, sizes.attention, sizes.query, init, "%s.query_layer.weight", name);
        made.key = qp_params_add(params, sizes.attention, sizes.key, init, "%s.key_layer.weight", name);
        made.energy = qp_params_add(params, 1, sizes.attention, init, "%s.energy_layer.weight", name);
    }
    if (kind == QP_ATTEND_LUONG_GENERAL)
        made.key = qp_params_add(params, sizes.query, sizes.key, init, "%s.general.weight", name);
    return made;
}

qp_tensor qp_recurrent_attention_keys(const qp_recurrent_attention *attention, qp_tape *tape, const qp_params *params,
                                      qp_tensor encoder_output)
{
    if (attention->key < 0) return encoder_output;
    return qp_linear(tape, encoder_output, qp_param(tape, params, attention->key), (qp_tensor){0});
}

qp_tensor qp_recurrent_attention_forward(const qp_recurrent_attention *attention, qp_tape *tape,
                                         const qp_params *params, qp_tensor query, qp_sequences qs,
                                         const qp_attend_source *source, qp_attention_map *map)
{
    if (is_additive(attention->kind)) {
        query = qp_linear(tape, query, qp_param(tape, params, attention->query), (qp_tensor){0});
        return qp_additive_attention(tape,
                                     &(qp_additive){query, qs, source->keys, source->encoder_output, source->sequences,
                                                    qp_param(tape, params, attention->energy)},
                                     map, NULL);
    }
    qp_attention_config config = {.heads = 1, .scale = 1};
    return qp_attention(tape, query, qs, source->keys, source->encoder_output, source->sequences, &config, map);
}
