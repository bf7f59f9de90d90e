#include "lib/model/model_internal.h"

qp_status qp_model_start(const qp_model *model, qp_tape *tape, qp_ids source, qp_state **state)
{
    *state = NULL;
    if (!model->has_decoder)
        return qp_fail(QP_EUSAGE, "this model makes no text; it was trained for --task %s",
                       qp_model_task_name(model->config.task));
    if (!model->has_encoder) return qp_decoder_start(&model->decoder, tape, NULL, source.sequences, state);
    qp_encoded encoded;
    if (model->reads_codes)
        return qp_model_start_code(
            model, tape, qp_codebook_vectors(&model->bottleneck.codebook, tape, model->params, source), state);
    if (!qp_model_encode(model, tape, (qp_encoder_input){.sequences = source.sequences, .id = source.id}, NULL, NULL,
                         &encoded))
        return qp_tape_status(tape);
    return qp_decoder_start(&model->decoder, tape, &encoded, encoded.sequences, state);
}

qp_status qp_model_start_code(const qp_model *model, qp_tape *tape, qp_tensor code, qp_state **state)
{
    *state = NULL;
    if (qp_tape_failed(tape)) return qp_tape_status(tape);
    if (!model->has_bottleneck || code.columns != model->bottleneck.as_encoder.output_width)
        return qp_fail(QP_EUSAGE, "vectors of %d columns do not fit this model; use those of its own bottleneck",
                       code.columns);
    qp_encoded encoded = qp_bottleneck_code(tape, code);
    if (qp_tape_failed(tape)) return qp_tape_status(tape);
    return qp_decoder_start(&model->decoder, tape, &encoded, encoded.sequences, state);
}

const int32_t *qp_model_codes(const qp_model *model, qp_tape *tape, qp_ids source)
{
    qp_encoded encoded;
    if (!model->has_bottleneck || !model->bottleneck.coded) {
        qp_tape_fail(tape, QP_EUSAGE, "this model has no codes; use quipu translate, or train one with --codebook 256");
        return NULL;
    }
    if (!qp_model_encode(model, tape, (qp_encoder_input){.sequences = source.sequences, .id = source.id}, NULL, NULL,
                         &encoded))
        return NULL;
    if (!encoded.code) qp_tape_fail(tape, QP_EDATA, "this model has no codes yet; train it first");
    return encoded.code;
}

qp_status qp_model_read_codes(qp_model *model)
{
    if (!model->has_bottleneck || !model->bottleneck.coded)
        return qp_fail(QP_EUSAGE, "this model has no codes; train it with --task autoencode --codebook 256");
    model->reads_codes = true;
    return QP_OK;
}

bool qp_model_has_attention(const qp_model *model)
{
    return model->has_decoder && model->decoder.has_attention && !model->has_bottleneck;
}

qp_tensor qp_model_step(const qp_model *model, qp_tape *tape, const int32_t *last_id, qp_state *state,
                        qp_attention_map *attention)
{
    return qp_model_output(model, tape, qp_decoder_step(&model->decoder, tape, last_id, state, attention), NULL);
}

qp_tensor qp_model_read(const qp_model *model, qp_tape *tape, const int32_t *id, int count, qp_state *state)
{
    return qp_model_output(model, tape, qp_decoder_read(&model->decoder, tape, id, count, state), NULL);
}
